/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * How often each cluster of a qcow2 image is used, and which are free.
 *
 * "Host cluster management". A cluster is taken in this order: data into it,
 * its count into the block, then the entry that points to it; given back in
 * the other. Whoever is killed in between loses a cluster and never data.
 */
#include <errno.h>
#include <string.h>

#include "devices/storage/qcow2-internal.h"

#define CACHE_BYTES (8u << 20)

guint64
mos_qcow2_block_get (const MosQcow2 *self, const guint8 *block, guint64 index)
{
  guint order = self->refcount_order;

  if (order < 3) {
    guint per_byte = 8u >> order;
    guint shift = (guint) (index % per_byte) << order;

    return (block[index / per_byte] >> shift) & ((1u << (1u << order)) - 1);
  }
  switch (order) {
  case 3:
    return block[index];
  case 4:
    return GUINT16_FROM_BE (((const guint16 *) block)[index]);
  case 5:
    return GUINT32_FROM_BE (((const guint32 *) block)[index]);
  default:
    return GUINT64_FROM_BE (((const guint64 *) block)[index]);
  }
}

void
mos_qcow2_block_set (const MosQcow2 *self,
                     guint8         *block,
                     guint64         index,
                     guint64         value)
{
  guint order = self->refcount_order;

  if (order < 3) {
    guint   per_byte = 8u >> order;
    guint   shift = (guint) (index % per_byte) << order;
    guint   mask = ((1u << (1u << order)) - 1) << shift;
    guint8 *byte = &block[index / per_byte];

    *byte = (guint8) ((*byte & ~mask) | ((value << shift) & mask));
    return;
  }
  switch (order) {
  case 3:
    block[index] = (guint8) value;
    break;
  case 4:
    ((guint16 *) block)[index] = GUINT16_TO_BE ((guint16) value);
    break;
  case 5:
    ((guint32 *) block)[index] = GUINT32_TO_BE ((guint32) value);
    break;
  default:
    ((guint64 *) block)[index] = GUINT64_TO_BE (value);
    break;
  }
}

static guint64
max_count (const MosQcow2 *self)
{
  guint bits = 1u << self->refcount_order;

  return bits >= 64 ? G_MAXUINT64 : (G_GUINT64_CONSTANT (1) << bits) - 1;
}

/* -- blocks -------------------------------------------------------------- */

static void
cache_block (MosQcow2 *self, guint64 offset, guint8 *block)
{
  if (g_hash_table_size (self->blocks_cache) * self->cluster_bytes >=
      CACHE_BYTES)
    g_hash_table_remove_all (self->blocks_cache);
  g_hash_table_insert (self->blocks_cache, g_memdup2 (&offset, sizeof offset),
                       block);
}

/* The block that has the count of @cluster; NULL (and 0) if there is none, so
 * that it counts as unused. */
static int
load_block (MosQcow2 *self, guint64 cluster, guint8 **block)
{
  guint64 index = cluster / mos_qcow2_block_entries (self);
  guint64 offset;
  int     result;

  *block = NULL;
  if (index >= mos_qcow2_n_blocks (self))
    return 0;
  offset = self->refcount_table[index] & MOS_QCOW2_OFFSET;
  if (offset == 0)
    return 0;
  if ((offset & (self->cluster_bytes - 1)) != 0)
    return -EIO;
  *block = g_hash_table_lookup (self->blocks_cache, &offset);
  if (*block != NULL)
    return 0;
  *block = g_malloc (self->cluster_bytes);
  result =
      mos_image_file_read (&self->file, offset, *block, self->cluster_bytes);
  if (result != 0) {
    g_clear_pointer (block, g_free);
    return result;
  }
  cache_block (self, offset, *block);
  return 0;
}

int
mos_qcow2_refcount (MosQcow2 *self, guint64 cluster, guint64 *value)
{
  guint8 *block;
  int     result = load_block (self, cluster, &block);

  *value = block != NULL
               ? mos_qcow2_block_get (self, block,
                                      cluster % mos_qcow2_block_entries (self))
               : 0;
  return result;
}

/* Writes the counts @first to @last of @cluster's block to the file. */
static int
write_counts (MosQcow2     *self,
              guint64       cluster,
              const guint8 *block,
              guint64       first,
              guint64       last)
{
  guint64 table_index = cluster / mos_qcow2_block_entries (self);
  guint64 offset = self->refcount_table[table_index] & MOS_QCOW2_OFFSET;
  guint64 from = (first << self->refcount_order) / 8;
  guint64 to = (((last + 1) << self->refcount_order) + 7) / 8;

  return mos_qcow2_write (self, offset + from, block + from, to - from);
}

int
mos_qcow2_set_refcount (MosQcow2 *self, guint64 cluster, guint64 value)
{
  guint64 index = cluster % mos_qcow2_block_entries (self);
  guint8 *block;
  int     result = load_block (self, cluster, &block);

  if (result != 0)
    return result;
  if (block == NULL || value > max_count (self))
    return -EINVAL;
  mos_qcow2_block_set (self, block, index, value);
  if (value == 0)
    self->free_hint = MIN (self->free_hint, cluster);
  return write_counts (self, cluster, block, index, index);
}

/* A block for counts that have none: it lies in the first of the clusters that
 * it counts, which are all free, and so counts itself. */
static int
create_block (MosQcow2 *self, guint64 index)
{
  guint64 cluster = index * mos_qcow2_block_entries (self);
  guint64 offset = cluster << self->cluster_bits;
  guint8 *block = g_malloc0 (self->cluster_bytes);
  int     result = mos_qcow2_mark (self);

  mos_qcow2_block_set (self, block, 0, 1);
  if (result == 0)
    result = mos_qcow2_write (self, offset, block, self->cluster_bytes);
  if (result == 0)
    result = mos_qcow2_barrier (self);
  if (result == 0)
    result =
        mos_qcow2_put_u64 (self, self->refcount_offset + index * 8, offset);
  if (result != 0) {
    g_free (block);
    return result;
  }
  self->refcount_table[index] = offset;
  cache_block (self, offset, block);
  return 0;
}

/* -- a larger table ------------------------------------------------------ */

/* The parts of a new table and the blocks for its own area, which begins
 * where the old table ends. */
typedef struct {
  guint64 first_cluster;
  guint64 table_clusters;
  guint64 n_blocks; /* for the area, and in it after the table */
} Growth;

static Growth
plan_growth (const MosQcow2 *self)
{
  guint64 per_block = mos_qcow2_block_entries (self);
  Growth  plan = { .first_cluster = mos_qcow2_n_blocks (self) * per_block,
                   .table_clusters = (guint64) self->refcount_clusters * 2 };
  guint64 area;

  do {
    plan.n_blocks++;
    area = plan.table_clusters + plan.n_blocks;
  } while (plan.n_blocks * per_block < area);
  return plan;
}

static int
write_growth (MosQcow2 *self, const Growth *plan, guint64 *table)
{
  guint64             per_block = mos_qcow2_block_entries (self);
  guint64             n_old = mos_qcow2_n_blocks (self);
  guint64             area = plan->table_clusters + plan->n_blocks;
  g_autofree guint8  *block = g_malloc (self->cluster_bytes);
  g_autofree guint64 *swapped = NULL;
  guint64 n_entries = plan->table_clusters * (self->cluster_bytes / 8);

  for (guint64 i = 0; i < plan->n_blocks; i++) {
    guint64 place = plan->first_cluster + plan->table_clusters + i;
    int     result;

    memset (block, 0, self->cluster_bytes);
    for (guint64 j = 0; j < per_block && i * per_block + j < area; j++)
      mos_qcow2_block_set (self, block, j, 1);
    table[n_old + i] = place << self->cluster_bits;
    result =
        mos_qcow2_write (self, table[n_old + i], block, self->cluster_bytes);
    if (result != 0)
      return result;
  }
  swapped = g_new (guint64, n_entries);
  for (guint64 i = 0; i < n_entries; i++)
    swapped[i] = GUINT64_TO_BE (table[i]);
  return mos_qcow2_write (self, plan->first_cluster << self->cluster_bits,
                          swapped, n_entries * 8);
}

/* Both numbers stand side by side and are written as one. */
static int
switch_table (MosQcow2 *self, const Growth *plan)
{
  guint8  bytes[12];
  guint64 offset = GUINT64_TO_BE (plan->first_cluster << self->cluster_bits);
  guint32 clusters = GUINT32_TO_BE ((guint32) plan->table_clusters);
  int     result = mos_image_file_flush (&self->file);

  memcpy (bytes, &offset, 8);
  memcpy (bytes + 8, &clusters, 4);
  if (result == 0)
    result = mos_qcow2_write (self, MOS_QCOW2_AT_REFCOUNT_OFFSET, bytes,
                              sizeof bytes);
  if (result == 0)
    result = mos_image_file_flush (&self->file);
  return result;
}

static int
grow_table (MosQcow2 *self)
{
  Growth   plan = plan_growth (self);
  guint64  n_entries = plan.table_clusters * (self->cluster_bytes / 8);
  guint64  old_offset = self->refcount_offset;
  guint64  old_bytes = self->refcount_clusters * self->cluster_bytes;
  guint64 *table = g_try_new0 (guint64, n_entries);
  int      result;

  if (table == NULL)
    return -ENOMEM;
  memcpy (table, self->refcount_table, old_bytes);
  result = mos_qcow2_mark (self);
  if (result == 0)
    result = write_growth (self, &plan, table);
  if (result == 0)
    result = switch_table (self, &plan);
  if (result != 0) {
    g_free (table);
    return result;
  }
  g_free (self->refcount_table);
  self->refcount_table = table;
  self->refcount_offset = plan.first_cluster << self->cluster_bits;
  self->refcount_clusters = (guint32) plan.table_clusters;
  return mos_qcow2_release (self, old_offset, old_bytes);
}

/* -- taking and giving back ---------------------------------------------- */

/* Is @cluster free, with a block to count it? Makes the block if not. */
static int
probe_free (MosQcow2 *self, guint64 cluster, gboolean *is_free)
{
  guint64 index = cluster / mos_qcow2_block_entries (self);
  guint64 value;
  int     result = 0;

  while (result == 0 && index >= mos_qcow2_n_blocks (self))
    result = grow_table (self);
  if (result == 0 && (self->refcount_table[index] & MOS_QCOW2_OFFSET) == 0)
    result = create_block (self, index);
  if (result == 0)
    result = mos_qcow2_refcount (self, cluster, &value);
  *is_free = result == 0 && value == 0;
  return result;
}

int
mos_qcow2_find_free (MosQcow2 *self,
                     guint64   wanted,
                     guint64  *cluster,
                     guint64  *got)
{
  guint64  at = MAX (self->free_hint, 1);
  gboolean is_free = FALSE;
  int      result;

  for (;; at++) {
    if (at >> (56 - self->cluster_bits) != 0)
      return -EFBIG;
    result = probe_free (self, at, &is_free);
    if (result != 0)
      return result;
    if (is_free)
      break;
  }
  *cluster = at;
  self->free_hint = at;
  for (*got = 1; *got < wanted; (*got)++) {
    result = probe_free (self, at + *got, &is_free);
    if (result != 0 || !is_free)
      break;
  }
  return 0;
}

int
mos_qcow2_take (MosQcow2 *self, guint64 cluster, guint64 n)
{
  guint64 per_block = mos_qcow2_block_entries (self);
  int     result = mos_qcow2_mark (self);

  while (result == 0 && n > 0) {
    guint64 first = cluster % per_block;
    guint64 count = MIN (n, per_block - first);
    guint8 *block;

    result = load_block (self, cluster, &block);
    if (result != 0 || block == NULL)
      return result != 0 ? result : -EIO;
    for (guint64 i = 0; i < count; i++)
      mos_qcow2_block_set (self, block, first + i, 1);
    result = write_counts (self, cluster, block, first, first + count - 1);
    if (self->free_hint == cluster)
      self->free_hint = cluster + count;
    cluster += count;
    n -= count;
  }
  return result;
}

static int
release_one (MosQcow2 *self, guint64 cluster)
{
  guint64 value;
  int     result = mos_qcow2_refcount (self, cluster, &value);

  if (result != 0)
    return result;
  if (value == 0)
    return -EIO; /* it was not taken: the tables lie */
  result = mos_qcow2_set_refcount (self, cluster, value - 1);
  if (result == 0 && value == 1)
    mos_image_file_discard (&self->file, cluster << self->cluster_bits,
                            self->cluster_bytes);
  return result;
}

int
mos_qcow2_release (MosQcow2 *self, guint64 offset, guint64 bytes)
{
  guint64 first = offset >> self->cluster_bits;
  guint64 last = (offset + bytes - 1) >> self->cluster_bits;
  int     result = mos_qcow2_mark (self);

  for (guint64 cluster = first; result == 0 && bytes > 0 && cluster <= last;
       cluster++)
    result = release_one (self, cluster);
  return result;
}

/* Looks on behind where too few lie in a row. */
int
mos_qcow2_allocate (MosQcow2 *self, guint64 bytes, guint64 *offset)
{
  guint64 wanted = mos_qcow2_round_up (self, bytes) >> self->cluster_bits;
  guint64 hint = self->free_hint;
  guint64 cluster = 0, got;
  int     result;

  for (;;) {
    result = mos_qcow2_find_free (self, wanted, &cluster, &got);
    if (result != 0 || got >= wanted)
      break;
    self->free_hint = cluster + got;
  }
  if (result == 0)
    result = mos_qcow2_take (self, cluster, wanted);
  if (cluster != hint)
    self->free_hint = MIN (self->free_hint, hint);
  *offset = cluster << self->cluster_bits;
  return result;
}
