/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * From guest clusters to host clusters: the L1 and L2 tables of qcow2.
 *
 * "Cluster mapping". The L1 table stays in memory; L2 tables are cached and
 * written through, entry by entry. A table that a snapshot shares is copied
 * before its first change, as a data cluster is.
 */
#include <errno.h>
#include <string.h>

#include "devices/storage/qcow2-internal.h"

#define CACHE_BYTES (16u << 20)

static void
cache_table (MosQcow2 *self, guint64 offset, guint64 *table)
{
  if (g_hash_table_size (self->l2_cache) * self->cluster_bytes >= CACHE_BYTES)
    g_hash_table_remove_all (self->l2_cache);
  g_hash_table_insert (self->l2_cache, g_memdup2 (&offset, sizeof offset),
                       table);
}

/* The table at @offset, as in the file; valid until the next is loaded. */
static int
load_table (MosQcow2 *self, guint64 offset, guint64 **table)
{
  int result;

  if ((offset & (self->cluster_bytes - 1)) != 0)
    return -EIO;
  *table = g_hash_table_lookup (self->l2_cache, &offset);
  if (*table != NULL)
    return 0;
  *table = g_malloc (self->cluster_bytes);
  result =
      mos_image_file_read (&self->file, offset, *table, self->cluster_bytes);
  if (result != 0) {
    g_clear_pointer (table, g_free);
    return result;
  }
  cache_table (self, offset, *table);
  return 0;
}

int
mos_qcow2_lookup (MosQcow2 *self, guint64 guest_cluster, guint64 *entry)
{
  guint    per_table = mos_qcow2_l2_entries (self);
  guint64  l1_index = guest_cluster / per_table;
  guint64  offset;
  guint64 *table;
  int      result;

  *entry = 0;
  if (l1_index >= self->l1_entries)
    return -EINVAL;
  offset = self->l1[l1_index] & MOS_QCOW2_OFFSET;
  if (offset == 0)
    return 0;
  result = load_table (self, offset, &table);
  if (result == 0)
    *entry = GUINT64_FROM_BE (table[guest_cluster % per_table]);
  return result;
}

void
mos_qcow2_compressed_place (const MosQcow2 *self,
                            guint64         entry,
                            guint64        *offset,
                            guint64        *bytes)
{
  guint   split = 62 - (self->cluster_bits - 8);
  guint64 sectors = (entry & (MOS_QCOW2_COMPRESSED - 1)) >> split;

  *offset = entry & ((G_GUINT64_CONSTANT (1) << split) - 1);
  *bytes = (sectors + 1) * 512 - (*offset & 511);
}

int
mos_qcow2_release_entry (MosQcow2 *self, guint64 entry)
{
  guint64 offset = entry & MOS_QCOW2_OFFSET;
  guint64 bytes = self->cluster_bytes;

  if (entry & MOS_QCOW2_COMPRESSED)
    mos_qcow2_compressed_place (self, entry, &offset, &bytes);
  if (offset == 0)
    return 0;
  if (self->inflated_entry == entry)
    self->inflated_entry = 0;
  return mos_qcow2_release (self, offset, bytes);
}

/* -- changing ------------------------------------------------------------ */

/* Puts a table of our own behind L1 entry @index: new, or a copy of @old. */
static int
replace_table (MosQcow2 *self, guint64 index, guint64 old)
{
  guint64 *table = g_malloc0 (self->cluster_bytes);
  guint64 *shared;
  guint64  offset = 0;
  int      result = 0;

  if (old != 0) {
    result = load_table (self, old, &shared);
    if (result == 0)
      memcpy (table, shared, self->cluster_bytes);
  }
  if (result == 0)
    result = mos_qcow2_allocate (self, self->cluster_bytes, &offset);
  if (result == 0)
    result = mos_qcow2_write (self, offset, table, self->cluster_bytes);
  if (result == 0)
    result = mos_qcow2_barrier (self);
  if (result == 0)
    result = mos_qcow2_put_u64 (self, self->l1_offset + index * 8,
                                offset | MOS_QCOW2_COPIED);
  if (result != 0) {
    g_free (table);
    return result;
  }
  self->l1[index] = offset | MOS_QCOW2_COPIED;
  cache_table (self, offset, table);
  return old != 0 ? mos_qcow2_release (self, old, self->cluster_bytes) : 0;
}

int
mos_qcow2_set_entries (MosQcow2      *self,
                       guint64        guest_cluster,
                       const guint64 *entries,
                       guint          n)
{
  guint    per_table = mos_qcow2_l2_entries (self);
  guint64  index = guest_cluster / per_table;
  guint64  first = guest_cluster % per_table;
  guint64  offset;
  guint64 *table;
  int      result = mos_qcow2_mark (self);

  if (index >= self->l1_entries || first + n > per_table)
    return -EINVAL;
  if (result == 0 && (self->l1[index] & MOS_QCOW2_COPIED) == 0)
    result = replace_table (self, index, self->l1[index] & MOS_QCOW2_OFFSET);
  offset = self->l1[index] & MOS_QCOW2_OFFSET;
  if (result == 0)
    result = load_table (self, offset, &table);
  if (result != 0)
    return result;
  for (guint i = 0; i < n; i++)
    table[first + i] = GUINT64_TO_BE (entries[i]);
  result = mos_qcow2_write (self, offset + first * 8, table + first, n * 8ul);
  /* What is in memory must not differ from the file. */
  if (result != 0)
    g_hash_table_remove_all (self->l2_cache);
  return result;
}

/* Moves the L1 table to where it has room for @entries. */
int
mos_qcow2_grow_l1 (MosQcow2 *self, guint64 entries)
{
  guint64  old_offset = self->l1_offset;
  guint64  old_bytes = (guint64) self->l1_entries * 8;
  guint64  offset;
  guint64 *table, *swapped;
  guint8   numbers[12];
  guint32  count = GUINT32_TO_BE ((guint32) entries);
  int      result;

  if (entries <= self->l1_entries)
    return 0;
  if (entries * 8 > 32u << 20)
    return -EFBIG;
  result = mos_qcow2_allocate (self, entries * 8, &offset);
  if (result != 0)
    return result;
  table = g_new0 (guint64, entries);
  swapped = g_new0 (guint64, entries);
  memcpy (table, self->l1, old_bytes);
  for (guint64 i = 0; i < self->l1_entries; i++)
    swapped[i] = GUINT64_TO_BE (table[i]);
  result = mos_qcow2_write (self, offset, swapped, entries * 8);
  if (result == 0)
    result = mos_image_file_flush (&self->file);
  memcpy (numbers, &count, 4);
  offset = GUINT64_TO_BE (offset);
  memcpy (numbers + 4, &offset, 8);
  if (result == 0)
    result = mos_qcow2_write (self, MOS_QCOW2_AT_L1_ENTRIES, numbers,
                              sizeof numbers);
  g_free (swapped);
  if (result != 0) {
    g_free (table);
    return result;
  }
  g_free (self->l1);
  self->l1 = table;
  self->l1_entries = (guint32) entries;
  self->l1_offset = GUINT64_FROM_BE (offset);
  return old_bytes > 0 ? mos_qcow2_release (self, old_offset, old_bytes) : 0;
}
