/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The walk: depth first, each table copied before it is looked at, so that a
 * guest that changes it in between cannot confuse us. Tables that contain
 * themselves are only walked until the budget is used up.
 */
#include "engine/nested/working-set.h"

#include <string.h>

#define ENTRIES      512
#define ADDRESS_MASK 0x000ffffffffff000

/* NPT: as a long-mode page table. EPT: present is any right to access. */
#define NPT_PRESENT  (1u << 0)
#define NPT_ACCESSED (1u << 5)
#define EPT_PRESENT  (7u << 0)
#define EPT_ACCESSED (1u << 8)
#define LARGE        (1u << 7)

typedef struct {
  MosWorkingSet *out;
  MosMemoryMap  *memory;
  guint64        present;
  guint64        accessed;
  guint          budget;
} Walk;

static gboolean
read_table (Walk *walk, guint64 gpa, guint64 *table)
{
  guint64       size = ENTRIES * sizeof *table;
  const guint8 *hva = mos_memory_map_pointer (walk->memory, gpa, &size, FALSE);

  if (hva == NULL || size < ENTRIES * sizeof *table)
    return FALSE;
  memcpy (table, hva, ENTRIES * sizeof *table);
  return TRUE;
}

/* @level 4 holds entries of 512 GiB each, 1 of 4 KiB. */
static void
walk_table (Walk *walk, guint64 gpa, guint level)
{
  guint64 table[ENTRIES];
  guint64 bytes = (guint64) 4096 << (9 * (level - 1));

  if (walk->budget == 0) {
    walk->out->complete = FALSE;
    return;
  }
  walk->budget--;
  if (!read_table (walk, gpa, table))
    return;
  for (guint i = 0; i < ENTRIES; i++) {
    guint64 entry = table[i];

    if ((entry & walk->present) == 0)
      continue;
    if (level > 1 && (level == 4 || (entry & LARGE) == 0)) {
      walk_table (walk, entry & ADDRESS_MASK, level - 1);
      continue;
    }
    walk->out->mapped_bytes += bytes;
    if ((entry & walk->accessed) != 0) {
      walk->out->accessed_bytes += bytes;
      walk->out->has_accessed = TRUE;
    }
  }
}

void
mos_working_set_read (MosWorkingSet *self,
                      MosMemoryMap  *memory,
                      MosCpuVendor   vendor,
                      guint64        root,
                      guint          max_tables)
{
  Walk walk = { .out = self,
                .memory = memory,
                .present = vendor == MOS_VENDOR_AMD ? NPT_PRESENT : EPT_PRESENT,
                .accessed =
                    vendor == MOS_VENDOR_AMD ? NPT_ACCESSED : EPT_ACCESSED,
                .budget = max_tables };

  g_return_if_fail (self != NULL && memory != NULL);

  *self = (MosWorkingSet){ .complete = TRUE };
  walk_table (&walk, root & ADDRESS_MASK, 4);
}
