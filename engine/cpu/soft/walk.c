/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Page walks: 32-bit, PAE and 4-level paging.
 *
 * One loop serves all three: a format says how many levels there are, how
 * wide an entry is and where large pages may stand. Rights are gathered on
 * the way down and judged at the end, as the manual does.
 *
 * Intel SDM volume 3, "Paging".
 */
#include "engine/cpu/soft/walk.h"

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/watch.h"

#define ADDRESS_BITS (((guint64) 1 << 52) - 1)

/* The host address of a table entry, and its page's flags; NULL: no memory. */
static gpointer
table_pointer (MosSoftCpu *cpu, guint64 gpa, guint8 **flags)
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

static guint64
read_entry (gpointer host, guint size)
{
  if (host == NULL)
    return size == 4 ? G_MAXUINT32 : G_MAXUINT64;
  if (size == 4)
    return __atomic_load_n ((guint32 *) host, __ATOMIC_RELAXED);
  return __atomic_load_n ((guint64 *) host, __ATOMIC_RELAXED);
}

/* Sets @bits unless somebody changed the entry meanwhile. */
static gboolean
set_bits (MosSoftCpu *cpu,
          gpointer    host,
          guint8     *flags,
          guint       size,
          guint64     old,
          guint64     bits)
{
  gboolean done;

  if ((old & bits) == bits || flags == NULL)
    return TRUE; /* already, or in ROM */
  if (size == 4) {
    guint32 expected = (guint32) old;

    done = __atomic_compare_exchange_n ((guint32 *) host, &expected,
                                        (guint32) (old | bits), FALSE,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
  } else {
    done =
        __atomic_compare_exchange_n ((guint64 *) host, &old, old | bits, FALSE,
                                     __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
  }
  if (done && *flags != 0)
    mos_store_note (cpu, flags, 0);
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

/* Where the walk starts: table, levels, width of an entry. */
static gboolean
start (MosSoftCpu *cpu, guint64 lin, guint64 *table, guint *level, guint *size)
{
  *size = 8;
  if ((cpu->cr4 & MOS_CR4_PAE) == 0) {
    *size = 4;
    *level = 2;
    *table = cpu->cr3 & 0xfffff000;
  } else if ((cpu->efer & MOS_EFER_LMA) != 0) {
    *level = 4;
    *table = cpu->cr3 & ADDRESS_BITS & MOS_PAGE_MASK;
  } else {
    guint64 pdpte = cpu->pdptr[(lin >> 30) & 3];

    *level = 2;
    *table = pdpte & ADDRESS_BITS & MOS_PAGE_MASK;
    return (pdpte & MOS_PTE_P) != 0;
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

static gboolean
walk_tables (MosSoftCpu *cpu,
             guint64     lin,
             guint       access,
             MosTlbMode  mode,
             gboolean    peek,
             MosWalk    *walk,
             gboolean   *again)
{
  gboolean lma = (cpu->efer & MOS_EFER_LMA) != 0;
  guint64  rights = MOS_PTE_RW | MOS_PTE_US;
  guint64  table;
  guint    level, size;

  if (!start (cpu, lin, &table, &level, &size))
    return fail (cpu, walk, access, 0);
  for (;; level--) {
    guint    index_bits = size == 4 ? 10 : 9;
    guint    shift = 12 + index_bits * (level - 1);
    guint64  index = (lin >> shift) & ((1u << index_bits) - 1);
    guint8  *flags = NULL;
    gpointer host = table_pointer (cpu, table + index * size, &flags);
    guint64  entry = read_entry (host, size);
    gboolean large = level > 1 && (entry & MOS_PTE_PS) != 0 &&
                     (size == 8 || (cpu->cr4 & MOS_CR4_PSE) != 0);
    guint64 bits = MOS_PTE_A;

    if ((entry & MOS_PTE_P) == 0)
      return fail (cpu, walk, access, 0);
    if (size == 8 && (entry & reserved_bits (cpu, level, large, lma)) != 0)
      return fail (cpu, walk, access, MOS_PF_P | MOS_PF_R);
    if (size == 4 && large && (entry & 0x200000) != 0)
      return fail (cpu, walk, access, MOS_PF_P | MOS_PF_R);
    rights = (rights & entry & (MOS_PTE_RW | MOS_PTE_US)) |
             (rights & MOS_PTE_XD) | (size == 8 ? entry & MOS_PTE_XD : 0);
    if (level == 1 || large) {
      if (!allowed (cpu, rights, access, mode))
        return fail (cpu, walk, access, MOS_PF_P);
      if ((access & MOS_PF_W) != 0)
        bits |= MOS_PTE_D;
      if (!peek && !set_bits (cpu, host, flags, size, entry, bits)) {
        *again = TRUE;
        return FALSE;
      }
      walk->gpa = page_address (entry, level, size, lin);
      walk->writable =
          ((entry | bits) & MOS_PTE_D) != 0 &&
          allowed (cpu, rights, (access & ~MOS_PF_I) | MOS_PF_W, mode);
      return TRUE;
    }
    if (!peek && !set_bits (cpu, host, flags, size, entry, bits)) {
      *again = TRUE;
      return FALSE;
    }
    table =
        size == 4 ? entry & 0xfffff000 : entry & ADDRESS_BITS & MOS_PAGE_MASK;
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
  gboolean again, found;

  if ((cpu->cr0 & MOS_CR0_PG) == 0) {
    walk->gpa = lin;
    walk->writable = TRUE;
    return TRUE;
  }
  mos_cpu_bump (&cpu->counters.page_walks);
  /* Another processor that changes the entry in our hands makes us look
   * again; it cannot go on doing so for long. */
  do {
    again = FALSE;
    found = walk_tables (cpu, lin, access, mode, peek, walk, &again);
  } while (again);
  return found;
}

gboolean
mos_mmu_load_pdptrs (MosSoftCpu *cpu, guint64 cr3)
{
  guint64 entries[4];

  for (guint i = 0; i < 4; i++) {
    guint8  *flags;
    gpointer host = table_pointer (cpu, (cr3 & 0xffffffe0) + 8 * i, &flags);

    entries[i] = read_entry (host, 8);
    if ((entries[i] & MOS_PTE_P) != 0 &&
        (entries[i] & (cpu->phys_reserved | MOS_PTE_XD | 0x1e6)) != 0)
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
