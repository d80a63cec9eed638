/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Guest memory as instructions see it.
 *
 * Fast paths are inline: one look into the TLB and a host access. All else
 * (a miss, a page crossing, device memory, a fault) is one call. Functions
 * take the operation, so that a fault can tell where it happened; addresses
 * are linear, made by mos_ea() from the operation's memory operand.
 *
 * A store looks at the page's flags *after* it wrote: whoever starts watching
 * a page sets the flag, lets all processors pass a barrier, then reads, so
 * either it sees our bytes or we see its flag.
 *
 * Aligned accesses up to 8 bytes are single host accesses, so the guest's
 * atomicity and memory order are the host's.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"
#include "engine/cpu/soft/fault.h"
#include "engine/cpu/soft/host-access.h"

G_BEGIN_DECLS

typedef struct MosMmu MosMmu;

MosMmu *mos_mmu_new (void);
void    mos_mmu_free (MosMmu *self);

/* Another address space: nothing cached before holds any more. */
void mos_mmu_switch (MosSoftCpu *cpu);
/* The same for CR3 with process-context identifiers: @pcid may have cached
 * translations; @keep says whether they still hold. */
void mos_mmu_switch_pcid (MosSoftCpu *cpu, guint pcid, gboolean keep);
void mos_mmu_flush (MosSoftCpu *cpu);
void mos_mmu_flush_page (MosSoftCpu *cpu, guint64 lin);
/* The board's address map changed. */
void mos_mmu_flush_map (MosSoftCpu *cpu);

/*
 * Worlds: the host's address space and those of guests, by their number (ASID
 * or VPID, not 0). Before control registers and cpu->guest change, the present
 * one is put away; after that the other is entered, or the host's by leaving.
 * What was cached there still holds if neither roots nor modes changed and
 * nobody forgot it since.
 */
void mos_world_put_away (MosSoftCpu *cpu);
void mos_world_enter (MosSoftCpu *cpu, guint32 id);
void mos_world_leave (MosSoftCpu *cpu);
/* Changes when what is known of the nested tables of the guest that runs holds
 * no longer; 0: none runs. */
guint64 mos_world_stamp (MosSoftCpu *cpu);
/* Forgets what guest @id, or all guests, had cached. */
void mos_world_forget (MosSoftCpu *cpu, guint32 id);
void mos_worlds_forget (MosSoftCpu *cpu);
/* Those that nested tables @root belong to. */
void mos_worlds_forget_root (MosSoftCpu *cpu, guint64 root);

/* Loads the four PDPTEs of PAE paging; FALSE: reserved bits are set (#GP). */
gboolean mos_mmu_load_pdptrs (MosSoftCpu *cpu, guint64 cr3);

/* Host address of the code byte at @lin for the current CPL, and the flags of
 * its page; NULL if it is not in RAM or ROM. Page faults have op NULL. */
const guint8 *mos_mmu_fetch (MosSoftCpu *cpu, guint64 lin, guint8 **page_flags);
/* One byte of code that is neither in RAM nor in ROM. */
guint8 mos_mmu_fetch_io (MosSoftCpu *cpu, guint64 lin);

/* Linear to guest-physical without side effects, as a debugger looks; FALSE:
 * not mapped. */
gboolean mos_mmu_peek (MosSoftCpu *cpu, guint64 lin, guint64 *gpa);

/* Linear address of @op's memory operand of @size bytes; faults if the segment
 * does not allow it. */
guint64
mos_ea_general (MosSoftCpu *cpu, const MosUop *op, guint size, gboolean write);

/* Sum of base, index and displacement, cut to the address size: LEA. */
guint64 mos_ea_offset (MosSoftCpu *cpu, const MosUop *op);

/* The same for operands that code computes: @seg is a MosSegIndex. */
guint64 mos_linear (MosSoftCpu   *cpu,
                    const MosUop *op,
                    guint         seg,
                    guint64       offset,
                    guint         size,
                    gboolean      write);

static inline __attribute__ ((always_inline)) guint64
mos_ea_form (MosSoftCpu   *cpu,
             const MosUop *op,
             guint         size,
             gboolean      write,
             MosEaForm     form)
{
  guint64 sum;

  if (form == MOS_EA_GENERAL)
    return mos_ea_general (cpu, op, size, write);
  sum = *mos_r64 (cpu, op->base) + (*mos_r64 (cpu, op->index) << op->scale) +
        (guint64) (gint64) op->disp;
  if (form == MOS_EA_FLAT64)
    return sum + cpu->seg_base[op->seg];
  return (guint32) ((guint32) sum + cpu->seg_base[op->seg]);
}

static inline guint64
mos_ea (MosSoftCpu *cpu, const MosUop *op, guint size, gboolean write)
{
  return mos_ea_form (cpu, op, size, write, op->ea);
}

/* Out of line; any page, any kind of memory. @seg decides between #GP and #SS
 * for a non-canonical address. */
guint64
     mos_load_slow (MosSoftCpu *cpu, const MosUop *op, guint64 lin, guint size);
void mos_store_slow (MosSoftCpu   *cpu,
                     const MosUop *op,
                     guint64       lin,
                     guint64       value,
                     guint         size);
/* After a store of @size bytes to a page with flags. */
void
mos_store_note (MosSoftCpu *cpu, guint8 *page_flags, guint64 lin, guint size);

static inline MosTlbEntry *
mos_tlb_slot (MosSoftCpu *cpu, guint64 lin)
{
  return &cpu->tlb[(lin >> MOS_PAGE_SHIFT) & (MOS_TLB_SIZE - 1)];
}

/* The tag that an access of @size bytes at @lin needs. */
static inline guint64
mos_tlb_want (MosSoftCpu *cpu, guint64 lin, guint size)
{
  return ((lin + size - 1) & MOS_PAGE_MASK) | cpu->tlb_tag;
}

static inline __attribute__ ((always_inline)) guint64
mos_load (MosSoftCpu *cpu, const MosUop *op, guint64 lin, guint size)
{
  const MosTlbEntry *entry = mos_tlb_slot (cpu, lin);
  gpointer           p = (gpointer) (guintptr) (entry->addend + lin);

  if (G_UNLIKELY (entry->read != mos_tlb_want (cpu, lin, size)))
    return mos_load_slow (cpu, op, lin, size);
  return mos_host_read (p, size);
}

static inline __attribute__ ((always_inline)) void
mos_store (MosSoftCpu   *cpu,
           const MosUop *op,
           guint64       lin,
           guint64       value,
           guint         size)
{
  const MosTlbEntry *entry = mos_tlb_slot (cpu, lin);
  gpointer           p = (gpointer) (guintptr) (entry->addend + lin);

  if (G_UNLIKELY (entry->write != mos_tlb_want (cpu, lin, size))) {
    mos_store_slow (cpu, op, lin, value, size);
    return;
  }
  mos_host_write (p, value, size);
  if (G_UNLIKELY (*(volatile guint8 *) entry->page_flags != 0))
    mos_store_note (cpu, entry->page_flags, lin, size);
}

/*
 * Any number of bytes up to a page, for vectors, XSAVE areas and the like.
 * Both check the whole range before they copy, so a fault has no effect.
 */
void mos_load_bytes (MosSoftCpu   *cpu,
                     const MosUop *op,
                     guint64       lin,
                     gpointer      data,
                     guint         size);
void mos_store_bytes (MosSoftCpu   *cpu,
                      const MosUop *op,
                      guint64       lin,
                      gconstpointer data,
                      guint         size);
/* Faults unless all of the range may be written (or read). */
void mos_check_range (MosSoftCpu   *cpu,
                      const MosUop *op,
                      guint64       lin,
                      guint         size,
                      gboolean      write);

/* The same for what the processor itself reads and writes: descriptors, task
 * state segments, the interrupt stack frame. Supervisor rights at any CPL. */
guint64
mos_load_system (MosSoftCpu *cpu, const MosUop *op, guint64 lin, guint size);
void mos_store_system (MosSoftCpu   *cpu,
                       const MosUop *op,
                       guint64       lin,
                       guint64       value,
                       guint         size);
void mos_check_system (MosSoftCpu   *cpu,
                       const MosUop *op,
                       guint64       lin,
                       guint         size,
                       gboolean      write);

/*
 * Host address of @size bytes at @lin in one page for long copies, or NULL if
 * they cross a page or are a device's. For writes the caller ends with
 * mos_store_note() if *@page_flags.
 */
gpointer mos_host_range (MosSoftCpu   *cpu,
                         const MosUop *op,
                         guint64       lin,
                         guint         size,
                         gboolean      write,
                         guint8      **page_flags);

/* A 16-byte operand that must be aligned (#GP), and one that need not be. */
static inline void
mos_load_aligned (MosSoftCpu   *cpu,
                  const MosUop *op,
                  guint64       lin,
                  gpointer      data,
                  guint         size)
{
  if ((lin & (size - 1)) != 0)
    mos_fault_gp (cpu, op);
  mos_load_bytes (cpu, op, lin, data, size);
}

static inline void
mos_store_aligned (MosSoftCpu   *cpu,
                   const MosUop *op,
                   guint64       lin,
                   gconstpointer data,
                   guint         size)
{
  if ((lin & (size - 1)) != 0)
    mos_fault_gp (cpu, op);
  mos_store_bytes (cpu, op, lin, data, size);
}

/*
 * Read-modify-write: host address of @size bytes that may be written, or NULL
 * if they cross a page or lie in device memory (then load and store, which
 * both work). The caller ends with mos_rmw_done().
 */
gpointer
mos_rmw_slow (MosSoftCpu *cpu, const MosUop *op, guint64 lin, guint size);

static inline gpointer
mos_rmw (MosSoftCpu *cpu, const MosUop *op, guint64 lin, guint size)
{
  const MosTlbEntry *entry = mos_tlb_slot (cpu, lin);

  if (G_LIKELY (entry->write == mos_tlb_want (cpu, lin, size)))
    return (gpointer) (guintptr) (entry->addend + lin);
  return mos_rmw_slow (cpu, op, lin, size);
}

/* Around a locked access that mos_rmw() could not give a host address for. A
 * fault in between ends it too. */
void mos_split_begin (MosSoftCpu *cpu);
void mos_split_end (MosSoftCpu *cpu);

/* Out of line, of mos_io_end(). */
void mos_io_map_changed (MosSoftCpu *cpu);

static inline void
mos_rmw_done (MosSoftCpu *cpu, guint64 lin)
{
  const MosTlbEntry *entry = mos_tlb_slot (cpu, lin);

  if (G_UNLIKELY (*(volatile guint8 *) entry->page_flags != 0))
    mos_store_note (cpu, entry->page_flags, lin, 16); /* or fewer */
}

G_END_DECLS
