/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Page walks: 32-bit, PAE and 4-level paging, and the second dimension.
 *
 * One loop serves all three: a format says how many levels there are, how
 * wide an entry is and where large pages may stand. Rights are gathered on
 * the way down and judged at the end, as the manual does. In a guest with
 * nested paging the tables themselves and the page at the end lie at
 * guest-physical addresses, which the vendor's tables translate.
 *
 * Intel SDM volume 3, "Paging".
 */
#include "engine/cpu/soft/walk.h"

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/guest.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/watch.h"

#define ADDRESS_BITS   (((guint64) 1 << 52) - 1)
#define PDPTE_RESERVED (MOS_PTE_XD | 0x1e6)

/* The host address of a table entry, and its page's flags; NULL: no memory. */
static gpointer
host_pointer (MosSoftCpu *cpu, guint64 gpa, guint8 **flags)
{
  const MosMemoryRange *range;
  guint64               offset;

  gpa &= __atomic_load_n (&cpu->cpus->a20_mask, __ATOMIC_RELAXED);
  range = mos_phys_find (cpu, gpa);
  if (range == NULL || range->kind == MOS_MEMORY_IO)
    return NULL;
  offset = gpa - range->gpa;
  *flags = range->kind == MOS_MEMORY_RAM
               ? range->page_flags + (offset >> MOS_PAGE_SHIFT)
               : NULL;
  return range->hva + offset;
}

/* The same for an entry of the guest's own tables. */
static gboolean
table_pointer (MosSoftCpu    *cpu,
               guint64        gpa,
               guint64        lin,
               guint          access,
               MosTableEntry *entry)
{
  MosNestedPage page = { .address = gpa };

  entry->flags = NULL;
  if (G_UNLIKELY (cpu->guest.paging) &&
      !cpu->guest.ops->translate (cpu, gpa, lin, access | MOS_NESTED_TABLE,
                                  &page))
    return FALSE;
  entry->host = host_pointer (cpu, page.address, &entry->flags);
  return TRUE;
}

static guint64
read_entry (gpointer host, guint size)
{
  if (host == NULL)
    return size == 4 ? G_MAXUINT32 : G_MAXUINT64;
  if (size == 4)
    return __atomic_load_n ((guint32 *) host, __ATOMIC_RELAXED);
  return __atomic_load_n ((guint64 *) host, __ATOMIC_RELAXED);
}

void
mos_table_read (MosSoftCpu *cpu, guint64 address, MosTableEntry *entry)
{
  entry->flags = NULL;
  entry->host = host_pointer (cpu, address, &entry->flags);
  entry->value = read_entry (entry->host, entry->size);
}

gboolean
mos_table_mark (MosSoftCpu *cpu, const MosTableEntry *entry, guint64 bits)
{
  guint64  old = entry->value;
  gpointer host = entry->host;
  gboolean done;

  if (entry->flags == NULL)
    return TRUE; /* in ROM */
  if (entry->size == 4) {
    guint32 expected = (guint32) old;

    done = __atomic_compare_exchange_n ((guint32 *) host, &expected,
                                        (guint32) (old | bits), FALSE,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
  } else {
    done =
        __atomic_compare_exchange_n ((guint64 *) host, &old, old | bits, FALSE,
                                     __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
  }
  if (done && *entry->flags != 0)
    mos_store_note (cpu, entry->flags, 0, MOS_PAGE_SIZE);
  return done;
}

/* Whether rights gathered in @rights (W, U, NX) allow @access. */
static gboolean
allowed (MosSoftCpu *cpu, guint64 rights, guint access, MosTlbMode mode)
{
  gboolean user_page = (rights & MOS_PTE_US) != 0;

  if ((access & MOS_PF_U) != 0) {
    if (!user_page)
      return FALSE;
    if ((access & MOS_PF_W) != 0 && (rights & MOS_PTE_RW) == 0)
      return FALSE;
  } else {
    if ((access & MOS_PF_W) != 0 && (rights & MOS_PTE_RW) == 0 &&
        (cpu->cr0 & MOS_CR0_WP) != 0)
      return FALSE;
    if (user_page && (access & MOS_PF_I) != 0 && (cpu->cr4 & MOS_CR4_SMEP) != 0)
      return FALSE;
    if (user_page && (access & MOS_PF_I) == 0 &&
        (cpu->cr4 & MOS_CR4_SMAP) != 0 && mode != MOS_TLB_SUPERVISOR_AC)
      return FALSE;
  }
  return (access & MOS_PF_I) == 0 || (rights & MOS_PTE_XD) == 0;
}

static gboolean
fail (MosSoftCpu *cpu, MosWalk *walk, guint access, guint32 error)
{
  error |= access & (MOS_PF_W | MOS_PF_U);
  if ((access & MOS_PF_I) != 0 &&
      ((cpu->cr4 & MOS_CR4_SMEP) != 0 ||
       ((cpu->efer & MOS_EFER_NXE) != 0 && (cpu->cr4 & MOS_CR4_PAE) != 0)))
    error |= MOS_PF_I;
  walk->error = error;
  return FALSE;
}

/* Bits that must be 0 in an entry of @level (1 is the last). */
static guint64
reserved_bits (MosSoftCpu *cpu, guint level, gboolean large, gboolean lma)
{
  guint64 bits = cpu->phys_reserved;

  if ((cpu->efer & MOS_EFER_NXE) == 0)
    bits |= MOS_PTE_XD;
  if (!lma)
    bits |= G_GUINT64_CONSTANT (0x7ff0000000000000);
  if (level == 4 || (level == 3 && (!lma || !mos_cpu_has_1g (cpu))))
    bits |= MOS_PTE_PS;
  if (large && level == 2)
    bits |= 0x1fe000;
  if (large && level == 3)
    bits |= 0x3fffe000;
  return bits;
}

/* One page walk. */
typedef struct {
  MosSoftCpu *cpu;
  guint64     lin;
  guint       access; /* MOS_PF_… */
  MosTlbMode  mode;
  gboolean    peek;
  gboolean    again;  /* an entry changed under our hands */
  guint       nested; /* MOS_NESTED_… that all its accesses share */
  MosWalk    *walk;
} Walk;

static gboolean
fail_nested (Walk *w)
{
  w->walk->nested = TRUE;
  w->walk->error = 0;
  return FALSE;
}

/* PAE where no registers hold the top level: AMD-V with nested paging. */
static gboolean
read_pdpte (Walk *w, guint64 *pdpte)
{
  MosTableEntry entry = { .size = 8 };
  guint64       gpa = (w->cpu->cr3 & 0xffffffe0) + 8 * ((w->lin >> 30) & 3);

  if (!table_pointer (w->cpu, gpa, w->lin, w->nested | MOS_NESTED_READ, &entry))
    return fail_nested (w);
  *pdpte = read_entry (entry.host, 8);
  if ((*pdpte & MOS_PTE_P) != 0 &&
      (*pdpte & (w->cpu->phys_reserved | PDPTE_RESERVED)) != 0)
    return fail (w->cpu, w->walk, w->access, MOS_PF_P | MOS_PF_R);
  return TRUE;
}

/* Where the walk starts: table, levels, width of an entry. */
static gboolean
start (Walk *w, guint64 *table, guint *level, guint *size)
{
  MosSoftCpu *cpu = w->cpu;

  *size = 8;
  if ((cpu->cr4 & MOS_CR4_PAE) == 0) {
    *size = 4;
    *level = 2;
    *table = cpu->cr3 & 0xfffff000;
  } else if ((cpu->efer & MOS_EFER_LMA) != 0) {
    *level = 4;
    *table = cpu->cr3 & ADDRESS_BITS & MOS_PAGE_MASK;
  } else {
    guint64 pdpte = cpu->pdptr[(w->lin >> 30) & 3];

    if (G_UNLIKELY (cpu->guest.lazy_pdptes) && !read_pdpte (w, &pdpte))
      return FALSE;
    *level = 2;
    *table = pdpte & ADDRESS_BITS & MOS_PAGE_MASK;
    if ((pdpte & MOS_PTE_P) == 0)
      return fail (cpu, w->walk, w->access, 0);
  }
  return TRUE;
}

/* Address of the page that the last entry maps. */
static guint64
page_address (guint64 entry, guint level, guint size, guint64 lin)
{
  guint   bits = size == 4 ? (level == 2 ? 22 : 12) : 12 + 9 * (level - 1);
  guint64 offset = ((guint64) 1 << bits) - 1;

  if (size == 4 && level == 2) /* PSE-36 */
    return (entry & 0xffc00000) | ((entry & 0x1fe000) << 19) | (lin & offset);
  return (entry & ADDRESS_BITS & ~offset) | (lin & offset);
}

/* Sets @bits in the entry at @gpa if they are not set yet. */
static gboolean
mark (Walk *w, guint64 gpa, MosTableEntry *entry, guint64 bits)
{
  if (w->peek || (entry->value & bits) == bits)
    return TRUE;
  if (G_UNLIKELY (w->cpu->guest.paging) &&
      !table_pointer (w->cpu, gpa, w->lin, w->nested | MOS_NESTED_WRITE, entry))
    return fail_nested (w);
  if (mos_table_mark (w->cpu, entry, bits))
    return TRUE;
  w->again = TRUE;
  return FALSE;
}

/* From the page to where it really is. */
static gboolean
finish (Walk *w, guint64 gpa, gboolean writable)
{
  MosWalk      *walk = w->walk;
  MosNestedPage page = { 0 };
  guint         access = w->nested;

  walk->gpa = gpa;
  walk->writable = writable;
  if (G_LIKELY (!w->cpu->guest.paging))
    return TRUE;
  if ((w->access & MOS_PF_U) != 0)
    access |= MOS_NESTED_USER;
  access |= (w->access & MOS_PF_I) != 0   ? MOS_NESTED_FETCH
            : (w->access & MOS_PF_W) != 0 ? MOS_NESTED_WRITE
                                          : MOS_NESTED_READ;
  if (!w->cpu->guest.ops->translate (w->cpu, gpa, w->lin, access, &page))
    return fail_nested (w);
  walk->gpa = page.address;
  walk->writable = writable && page.writable;
  walk->apic = page.virtual_apic;
  return TRUE;
}

static gboolean
walk_tables (Walk *w)
{
  MosSoftCpu   *cpu = w->cpu;
  guint         access = w->access;
  gboolean      lma = (cpu->efer & MOS_EFER_LMA) != 0;
  guint64       rights = MOS_PTE_RW | MOS_PTE_US;
  guint64       table;
  MosTableEntry entry;
  guint         level, size;

  if (!start (w, &table, &level, &size))
    return FALSE;
  entry.size = size;
  for (;; level--) {
    guint    index_bits = size == 4 ? 10 : 9;
    guint    shift = 12 + index_bits * (level - 1);
    guint64  index = (w->lin >> shift) & ((1u << index_bits) - 1);
    guint64  gpa = table + index * size;
    guint64  value, bits = MOS_PTE_A;
    gboolean large, writable;

    if (!table_pointer (cpu, gpa, w->lin, w->nested | MOS_NESTED_READ, &entry))
      return fail_nested (w);
    entry.value = value = read_entry (entry.host, size);
    large = level > 1 && (value & MOS_PTE_PS) != 0 &&
            (size == 8 || (cpu->cr4 & MOS_CR4_PSE) != 0);
    if ((value & MOS_PTE_P) == 0)
      return fail (cpu, w->walk, access, 0);
    if (size == 8 && (value & reserved_bits (cpu, level, large, lma)) != 0)
      return fail (cpu, w->walk, access, MOS_PF_P | MOS_PF_R);
    if (size == 4 && large && (value & 0x200000) != 0)
      return fail (cpu, w->walk, access, MOS_PF_P | MOS_PF_R);
    rights = (rights & value & (MOS_PTE_RW | MOS_PTE_US)) |
             (rights & MOS_PTE_XD) | (size == 8 ? value & MOS_PTE_XD : 0);
    if (level > 1 && !large) {
      if (!mark (w, gpa, &entry, bits))
        return FALSE;
      table =
          size == 4 ? value & 0xfffff000 : value & ADDRESS_BITS & MOS_PAGE_MASK;
      continue;
    }
    if (!allowed (cpu, rights, access, w->mode))
      return fail (cpu, w->walk, access, MOS_PF_P);
    if ((access & MOS_PF_W) != 0)
      bits |= MOS_PTE_D;
    if (!mark (w, gpa, &entry, bits))
      return FALSE;
    writable = ((value | bits) & MOS_PTE_D) != 0 &&
               allowed (cpu, rights, (access & ~MOS_PF_I) | MOS_PF_W, w->mode);
    return finish (w, page_address (value, level, size, w->lin), writable);
  }
}

gboolean
mos_walk (MosSoftCpu *cpu,
          guint64     lin,
          guint       access,
          MosTlbMode  mode,
          gboolean    peek,
          MosWalk    *walk)
{
  Walk     w = { .cpu = cpu,
                 .lin = lin,
                 .access = access,
                 .mode = mode,
                 .peek = peek,
                 .nested = peek ? MOS_NESTED_PEEK : 0,
                 .walk = walk };
  gboolean found;

  walk->nested = FALSE;
  walk->apic = FALSE;
  if ((cpu->cr0 & MOS_CR0_PG) == 0)
    return finish (&w, lin, TRUE);
  mos_cpu_bump (&cpu->counters.page_walks);
  /* Another processor that changes the entry in our hands makes us look
   * again; it cannot go on doing so for long. */
  do {
    w.again = FALSE;
    found = walk_tables (&w);
  } while (w.again);
  return found;
}

gboolean
mos_mmu_load_pdptrs (MosSoftCpu *cpu, guint64 cr3)
{
  guint64 entries[4];

  if (cpu->guest.lazy_pdptes)
    return TRUE;
  for (guint i = 0; i < 4; i++) {
    MosTableEntry entry;

    if (!table_pointer (cpu, (cr3 & 0xffffffe0) + 8 * i, 0,
                        MOS_NESTED_READ | MOS_NESTED_NO_LINEAR, &entry))
      mos_guest_fault (cpu, cpu->guest.op);
    entries[i] = read_entry (entry.host, 8);
    if ((entries[i] & MOS_PTE_P) != 0 &&
        (entries[i] & (cpu->phys_reserved | PDPTE_RESERVED)) != 0)
      return FALSE;
  }
  for (guint i = 0; i < 4; i++)
    cpu->pdptr[i] = entries[i];
  return TRUE;
}

gboolean
mos_mmu_peek (MosSoftCpu *cpu, guint64 lin, guint64 *gpa)
{
  MosWalk walk;

  if (!mos_walk (cpu, lin, 0, MOS_TLB_SUPERVISOR_AC, TRUE, &walk))
    return FALSE;
  *gpa = walk.gpa;
  return TRUE;
}
