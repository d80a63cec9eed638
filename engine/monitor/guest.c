/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Page tables and stacks of a guest, read from outside.
 */
#include "engine/monitor/guest.h"

#include <string.h>

#define PRESENT      1u
#define ACCESSED     (1u << 5)
#define DIRTY        (1u << 6)
#define LARGE        (1u << 7)
#define ADDRESS_BITS (((guint64) 1 << 52) - 1)
#define CR0_PE       1u
#define CR0_PG       (1u << 31)
#define CR4_PSE      (1u << 4)
#define CR4_PAE      (1u << 5)
#define CR4_LA57     (1u << 12)
#define EFER_LMA     (1u << 10)
#define RFLAGS_VM    (1u << 17)
#define HEAT_SHIFT   21u
/* A guest whose tables are a maze is left after so many tables. */
#define MAX_TABLES 65536u
/* A stack frame larger than this is none. */
#define MAX_FRAME_BYTES (1u << 20)

typedef struct {
  guint64 table;
  guint   level; /* 1 is the last */
  guint   size;  /* bytes of an entry */
} Root;

static gboolean
read_memory (MosMemoryMap *memory, guint64 gpa, void *data, guint size)
{
  MosMemoryRange range;

  if (!mos_memory_map_find (memory, gpa, &range) ||
      range.kind == MOS_MEMORY_IO || range.gpa + range.size - gpa < size)
    return FALSE;
  memcpy (data, range.hva + (gpa - range.gpa), size);
  return TRUE;
}

static guint64
read_entry (MosMemoryMap *memory, guint64 gpa, guint size)
{
  guint64 entry = 0;

  return read_memory (memory, gpa, &entry, size) ? entry : 0;
}

/* FALSE without paging, or when a PAE root is absent. */
static gboolean
find_root (const MosCpuState *state, guint64 gva, Root *root)
{
  root->size = 8;
  if ((state->cr4 & CR4_PAE) == 0) {
    *root = (Root){ state->cr3 & 0xfffff000u, 2, 4 };
    return TRUE;
  }
  if ((state->efer & EFER_LMA) != 0) {
    root->level = (state->cr4 & CR4_LA57) != 0 ? 5 : 4;
    root->table = state->cr3 & ADDRESS_BITS & ~(guint64) 0xfff;
    return TRUE;
  }
  root->level = 2;
  root->table = state->pdptr[(gva >> 30) & 3] & ADDRESS_BITS & ~(guint64) 0xfff;
  return (state->pdptr[(gva >> 30) & 3] & PRESENT) != 0;
}

static guint
shift_of (const Root *root)
{
  return root->size == 4 ? 12 + 10 * (root->level - 1)
                         : 12 + 9 * (root->level - 1);
}

static gboolean
is_leaf (const MosCpuState *state, const Root *root, guint64 entry)
{
  if (root->level == 1)
    return TRUE;
  return root->level <= 3 && (entry & LARGE) != 0 &&
         (root->size == 8 || (state->cr4 & CR4_PSE) != 0);
}

static guint64
leaf_address (const Root *root, guint64 entry)
{
  guint64 mask = ((guint64) 1 << shift_of (root)) - 1;

  if (root->size == 4 && root->level == 2)
    return (entry & 0xffc00000u) | (entry & 0x1fe000u) << 19;
  return (root->size == 4 ? entry & 0xfffff000u : entry & ADDRESS_BITS) & ~mask;
}

gboolean
mos_guest_translate (const MosCpuState *state,
                     MosMemoryMap      *memory,
                     guint64            gva,
                     guint64           *gpa)
{
  Root root;

  if ((state->cr0 & CR0_PG) == 0) {
    *gpa = gva;
    return TRUE;
  }
  if (!find_root (state, gva, &root))
    return FALSE;
  for (;; root.level--) {
    guint   shift = shift_of (&root);
    guint   bits = root.size == 4 ? 10 : 9;
    guint64 index = (gva >> shift) & ((1u << bits) - 1);
    guint64 entry =
        read_entry (memory, root.table + index * root.size, root.size);

    if ((entry & PRESENT) == 0)
      return FALSE;
    if (is_leaf (state, &root, entry)) {
      *gpa = leaf_address (&root, entry) | (gva & (((guint64) 1 << shift) - 1));
      return TRUE;
    }
    root.table = (root.size == 4 ? entry & 0xfffff000u
                                 : entry & ADDRESS_BITS & ~(guint64) 0xfff);
  }
}

gboolean
mos_guest_read (const MosCpuState *state,
                MosMemoryMap      *memory,
                guint64            gva,
                void              *data,
                gsize              size)
{
  guint8 *to = data;

  while (size > 0) {
    guint   part = (guint) MIN (size, 4096 - (gva & 4095));
    guint64 gpa;

    if (!mos_guest_translate (state, memory, gva, &gpa) ||
        !read_memory (memory, gpa, to, part))
      return FALSE;
    gva += part;
    to += part;
    size -= part;
  }
  return TRUE;
}

/* -- stacks -------------------------------------------------------------- */

guint
mos_guest_stack (const MosCpuState *state,
                 MosMemoryMap      *memory,
                 guint64           *frames)
{
  gboolean wide = (state->efer & EFER_LMA) != 0 && state->seg[MOS_SEG_CS].l;
  guint    bytes = wide ? 8 : 4;
  guint64  base = wide ? 0 : state->seg[MOS_SEG_SS].base;
  guint64  frame = state->gpr[MOS_RBP];
  guint    n = 0;

  frames[n++] = wide ? state->rip : state->seg[MOS_SEG_CS].base + state->rip;
  if ((state->cr0 & CR0_PE) == 0 || (state->rflags & RFLAGS_VM) != 0 ||
      (!wide && !state->seg[MOS_SEG_CS].db))
    return n;
  while (n < MOS_GUEST_MAX_FRAMES) {
    guint64 words[2] = { 0, 0 };
    guint64 next;

    if (frame == 0 || (frame & (bytes - 1)) != 0 ||
        !mos_guest_read (state, memory, base + frame, &words[0], bytes) ||
        !mos_guest_read (state, memory, base + frame + bytes, &words[1], bytes))
      break;
    next = words[0];
    if (words[1] == 0)
      break;
    frames[n++] = words[1];
    if (next <= frame || next - frame > MAX_FRAME_BYTES)
      break;
    frame = next;
  }
  return n;
}

/* -- heat ---------------------------------------------------------------- */

typedef struct {
  const MosCpuState *state;
  MosMemoryMap      *memory;
  MosHeatCell       *cells;
  guint              n_cells;
  guint              n_tables;
} Heat;

static void
heat_leaf (Heat *heat, const Root *root, guint64 entry)
{
  guint64 gpa = leaf_address (root, entry);
  guint64 bytes = (guint64) 1 << shift_of (root);

  for (guint64 at = gpa; at < gpa + bytes; at += (guint64) 1 << HEAT_SHIFT) {
    guint64 cell = at >> HEAT_SHIFT;
    guint32 pages = (guint32) (MIN (bytes, (guint64) 1 << HEAT_SHIFT) >> 12);

    if (cell >= heat->n_cells)
      return;
    heat->cells[cell].present += pages;
    if ((entry & ACCESSED) != 0)
      heat->cells[cell].accessed += pages;
    if ((entry & DIRTY) != 0)
      heat->cells[cell].dirty += pages;
  }
}

static void
heat_table (Heat *heat, Root root)
{
  guint  n = root.size == 4 ? 1024 : 512;
  guint8 bytes[4096];

  if (++heat->n_tables > MAX_TABLES ||
      !read_memory (heat->memory, root.table, bytes, sizeof bytes))
    return;
  for (guint i = 0; i < n; i++) {
    guint64 entry = 0;
    Root    next = root;

    memcpy (&entry, bytes + i * root.size, root.size);
    if ((entry & PRESENT) == 0)
      continue;
    if (is_leaf (heat->state, &root, entry)) {
      heat_leaf (heat, &root, entry);
      continue;
    }
    next.level--;
    next.table = root.size == 4 ? entry & 0xfffff000u
                                : entry & ADDRESS_BITS & ~(guint64) 0xfff;
    heat_table (heat, next); /* at most five deep */
  }
}

void
mos_guest_heat (const MosCpuState *state,
                MosMemoryMap      *memory,
                MosHeatCell       *cells,
                guint              n_cells)
{
  Heat    heat = { state, memory, cells, n_cells, 0 };
  guint64 step = (guint64) 1 << 30;
  Root    root;

  if ((state->cr0 & CR0_PG) == 0)
    return;
  if ((state->cr4 & CR4_PAE) == 0 || (state->efer & EFER_LMA) != 0) {
    if (find_root (state, 0, &root))
      heat_table (&heat, root);
    return;
  }
  for (guint i = 0; i < 4; i++)
    if (find_root (state, i * step, &root))
      heat_table (&heat, root);
}
