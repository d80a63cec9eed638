/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V's nested paging: the second dimension of a page walk.
 *
 * Nested tables have the format of the host's paging mode at VMRUN. All
 * accesses are user accesses to them; those to the guest's own tables are
 * writes as well, whether they set a bit or not.
 *
 * AMD64 APM volume 2, "Nested Paging".
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/svm-private.h"
#include "engine/cpu/soft/walk.h"

#define ADDRESS_BITS (((guint64) 1 << 52) - 1)

typedef struct {
  MosSoftCpu       *cpu;
  const MosSvmHost *host; /* its modes are those of the tables */
  guint64           gpa;
  guint             access; /* MOS_NESTED_… */
  guint32           error;  /* MOS_PF_… so far */
  gboolean          again;
  gboolean          executable; /* the page is */
} Walk;

static gboolean
fail (Walk *w, guint32 error)
{
  w->error = error;
  return FALSE;
}

static guint64
reserved (const Walk *w, guint level, gboolean large, gboolean lma)
{
  guint64 bits = w->cpu->phys_reserved;

  if ((w->host->efer & MOS_EFER_NXE) == 0)
    bits |= MOS_PTE_XD;
  if (!lma)
    bits |= G_GUINT64_CONSTANT (0x7ff0000000000000);
  if (level == 4 || (level == 3 && (!lma || !mos_cpu_has_1g (w->cpu))))
    bits |= MOS_PTE_PS;
  if (level == 3 && !lma) /* a PDPTE of PAE has no rights */
    bits |= MOS_PTE_XD | 0x1e6;
  if (large && level == 2)
    bits |= 0x1fe000;
  if (large && level == 3)
    bits |= 0x3fffe000;
  return bits;
}

/* Whether rights (P, W, U, NX of all levels) allow the access. */
static gboolean
allowed (const Walk *w, guint64 rights)
{
  if ((rights & MOS_PTE_US) == 0)
    return FALSE;
  if ((w->access & MOS_NESTED_WRITE) != 0 && (rights & MOS_PTE_RW) == 0)
    return FALSE;
  return (w->access & MOS_NESTED_FETCH) == 0 || (rights & MOS_PTE_XD) == 0;
}

static guint64
page_address (guint64 entry, guint level, guint size, guint64 gpa)
{
  guint   bits = size == 4 ? (level == 2 ? 22 : 12) : 12 + 9 * (level - 1);
  guint64 offset = ((guint64) 1 << bits) - 1;

  if (size == 4 && level == 2)
    return (entry & 0xffc00000) | ((entry & 0x1fe000) << 19) | (gpa & offset);
  return (entry & ADDRESS_BITS & ~offset) | (gpa & offset);
}

static gboolean
mark (Walk *w, const MosTableEntry *entry, guint64 bits)
{
  if ((w->access & MOS_NESTED_PEEK) != 0 || (entry->value & bits) == bits ||
      mos_table_mark (w->cpu, entry, bits))
    return TRUE;
  w->again = TRUE;
  return FALSE;
}

static gboolean
walk (Walk *w, MosNestedPage *page)
{
  gboolean      pae = (w->host->cr4 & MOS_CR4_PAE) != 0;
  gboolean      lma = (w->host->efer & MOS_EFER_LMA) != 0;
  guint         level = lma ? 4 : pae ? 3 : 2;
  guint         index_bits = pae ? 9 : 10;
  guint64       rights = MOS_PTE_RW | MOS_PTE_US;
  guint64       table = w->cpu->guest.root & ADDRESS_BITS & MOS_PAGE_MASK;
  MosTableEntry entry = { .size = pae ? 8 : 4 };

  if (!lma)
    table = w->cpu->guest.root & (pae ? 0xffffffe0 : 0xfffff000);
  if ((w->gpa >> (lma ? 48 : 32)) != 0)
    return fail (w, 0);
  for (;; level--) {
    guint    shift = 12 + index_bits * (level - 1);
    guint64  index = (w->gpa >> shift) & ((1u << index_bits) - 1);
    guint64  bits = MOS_PTE_A;
    gboolean large;

    mos_table_read (w->cpu, table + index * entry.size, &entry);
    large = level > 1 && (entry.value & MOS_PTE_PS) != 0 &&
            (pae || (w->host->cr4 & MOS_CR4_PSE) != 0);
    if ((entry.value & MOS_PTE_P) == 0)
      return fail (w, 0);
    if (pae ? (entry.value & reserved (w, level, large, lma)) != 0
            : large && (entry.value & 0x200000) != 0)
      return fail (w, MOS_PF_P | MOS_PF_R);
    if (lma || level < 3)
      rights = (rights & entry.value & (MOS_PTE_RW | MOS_PTE_US)) |
               (rights & MOS_PTE_XD) | (pae ? entry.value & MOS_PTE_XD : 0);
    if (level > 1 && !large) {
      if ((lma || level < 3) && !mark (w, &entry, bits))
        return FALSE;
      table = pae ? entry.value & ADDRESS_BITS & MOS_PAGE_MASK
                  : entry.value & 0xfffff000;
      continue;
    }
    if (!allowed (w, rights))
      return fail (w, MOS_PF_P);
    if ((w->access & MOS_NESTED_WRITE) != 0)
      bits |= MOS_PTE_D;
    if (!mark (w, &entry, bits))
      return FALSE;
    page->address = page_address (entry.value, level, entry.size, w->gpa);
    w->executable = (rights & MOS_PTE_XD) == 0;
    page->writable =
        (rights & MOS_PTE_RW) != 0 && ((entry.value | bits) & MOS_PTE_D) != 0;
    return TRUE;
  }
}

/* EXITINFO1. */
static guint64
fault_code (const Walk *w)
{
  guint64 code = w->error | MOS_PF_U;

  if ((w->access & MOS_NESTED_WRITE) != 0)
    code |= MOS_PF_W;
  if ((w->access & MOS_NESTED_FETCH) != 0 &&
      (w->host->efer & MOS_EFER_NXE) != 0)
    code |= MOS_PF_I;
  return code |
         ((w->access & MOS_NESTED_TABLE) != 0 ? MOS_NPF_WALK : MOS_NPF_FINAL);
}

gboolean
mos_svm_translate (MosSoftCpu    *cpu,
                   guint64        gpa,
                   guint64        linear,
                   guint          access,
                   MosNestedPage *page)
{
  Walk w = {
    .cpu = cpu, .host = &mos_svm (cpu)->host, .gpa = gpa, .access = access
  };
  guint64     stamp = mos_world_stamp (cpu);
  MosSvmPage *known =
      &mos_svm (cpu)->pages[(gpa >> MOS_PAGE_SHIFT) & (MOS_SVM_PAGES - 1)];
  gboolean found;

  if ((access & MOS_NESTED_TABLE) != 0 && (access & MOS_NESTED_PEEK) == 0)
    w.access |= MOS_NESTED_WRITE;
  if (stamp != 0 && known->stamp == stamp &&
      known->page == (gpa & MOS_PAGE_MASK) &&
      (known->writable || (w.access & MOS_NESTED_WRITE) == 0) &&
      (known->executable || (w.access & MOS_NESTED_FETCH) == 0)) {
    page->address = known->address | (gpa & ~MOS_PAGE_MASK);
    page->writable = known->writable;
    return TRUE;
  }
  do {
    w.again = FALSE;
    found = walk (&w, page);
  } while (w.again);
  if ((access & MOS_NESTED_PEEK) != 0)
    return found;
  if (found) {
    *known = (MosSvmPage){ .page = gpa & MOS_PAGE_MASK,
                           .stamp = stamp,
                           .address = page->address & MOS_PAGE_MASK,
                           .writable = page->writable,
                           .executable = w.executable };
    return TRUE;
  }
  cpu->guest.fault = (MosNestedFault){
    .gpa = gpa, .linear = linear, .access = access, .code = fault_code (&w)
  };
  return FALSE;
}
