/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the files of the qcow2 reader share.
 *
 * After the format's specification ("qcow2 Image File Format"). A guest
 * cluster is found through two levels of tables (L1, L2); every cluster of the
 * file has a use count (refcount), found through a table and blocks. Numbers
 * in the file are big-endian; the L1 and refcount tables are kept in the
 * host's order, cached L2 tables and blocks as they are in the file.
 *
 * All of it runs on one thread at a time: the store's worker, or whoever opens
 * it. Functions that return int give 0 or a negative errno.
 */
#pragma once

#include "devices/storage/file.h"
#include "devices/storage/qcow2.h"

G_BEGIN_DECLS

/* Bits of L1 and L2 entries. */
#define MOS_QCOW2_COPIED     (G_GUINT64_CONSTANT (1) << 63)
#define MOS_QCOW2_COMPRESSED (G_GUINT64_CONSTANT (1) << 62)
#define MOS_QCOW2_ZERO       G_GUINT64_CONSTANT (1)
#define MOS_QCOW2_OFFSET     G_GUINT64_CONSTANT (0x00fffffffffffe00)

/* Incompatible, compatible and autoclear features. */
enum {
  MOS_QCOW2_DIRTY = 1u << 0,
  MOS_QCOW2_CORRUPT = 1u << 1,
  MOS_QCOW2_EXTERNAL_DATA = 1u << 2,
  MOS_QCOW2_COMPRESSION = 1u << 3,
  MOS_QCOW2_EXTENDED_L2 = 1u << 4,
  MOS_QCOW2_LAZY = 1u << 0
};

/* Where numbers are in the header. */
enum {
  MOS_QCOW2_AT_SIZE = 24,
  MOS_QCOW2_AT_L1_ENTRIES = 36,
  MOS_QCOW2_AT_L1_OFFSET = 40,
  MOS_QCOW2_AT_REFCOUNT_OFFSET = 48,
  MOS_QCOW2_AT_REFCOUNT_CLUSTERS = 56,
  MOS_QCOW2_AT_INCOMPATIBLE = 72,
  MOS_QCOW2_AT_AUTOCLEAR = 88
};

typedef struct {
  char   *id;
  char   *name;
  guint64 l1_offset;
  guint32 l1_entries;
  guint64 size;
  gint64  time_s;
} MosQcow2Snapshot;

typedef struct {
  MosImageFile file;
  char        *path;
  gboolean     read_only;
  guint64      end; /* of the file, as far as we know */

  guint   version;
  guint   cluster_bits;
  guint64 cluster_bytes;
  guint64 size; /* of the disk */
  guint32 header_bytes;
  guint64 incompatible, compatible, autoclear;
  guint8  compression; /* 0 deflate, 1 zstd */

  guint64  l1_offset;
  guint32  l1_entries;
  guint64 *l1;

  guint64  refcount_offset;
  guint32  refcount_clusters; /* of the table */
  guint64 *refcount_table;
  guint    refcount_order; /* counts have 1 << order bits */
  guint64  free_hint;      /* clusters below are in use */

  char          *backing_path; /* as written, or NULL */
  char          *backing_format;
  MosBlockStore *backing;

  guint64    snapshots_offset;
  guint32    n_snapshots;
  guint64    snapshots_bytes;
  GPtrArray *snapshots; /* of MosQcow2Snapshot */

  GHashTable *l2_cache;     /* offset -> table; nothing in it is dirty */
  GHashTable *blocks_cache; /* offset -> refcount block */
  GArray     *slice;        /* of struct iovec; scratch */
  guint8     *inflated;     /* the last compressed cluster that was read */
  guint64     inflated_entry;
  gboolean    is_marked; /* dirty is set in the file because of us */
} MosQcow2;

static inline guint64
mos_qcow2_round_up (const MosQcow2 *self, guint64 bytes)
{
  return (bytes + self->cluster_bytes - 1) & ~(self->cluster_bytes - 1);
}

static inline guint
mos_qcow2_l2_entries (const MosQcow2 *self)
{
  return (guint) (self->cluster_bytes / 8);
}

/* Refcounts in one block. */
static inline guint64
mos_qcow2_block_entries (const MosQcow2 *self)
{
  return (self->cluster_bytes * 8) >> self->refcount_order;
}

static inline guint64
mos_qcow2_n_blocks (const MosQcow2 *self)
{
  return self->refcount_clusters * (self->cluster_bytes / 8);
}

/* L1 entries that a disk of @size bytes needs. */
static inline guint64
mos_qcow2_l1_needed (const MosQcow2 *self, guint64 size)
{
  guint shift = self->cluster_bits * 2 - 3;

  return (size >> shift) +
         ((size & ((G_GUINT64_CONSTANT (1) << shift) - 1)) != 0);
}

/* qcow2-header.c: opens, without the backing image. */
MosQcow2 *mos_qcow2_open (const char *path, gboolean read_only, GError **error);
/* Closes; a marked image is brought to its disk and unmarked. */
void mos_qcow2_close (MosQcow2 *self);
int  mos_qcow2_put_u32 (MosQcow2 *self, guint64 offset, guint32 value);
int  mos_qcow2_put_u64 (MosQcow2 *self, guint64 offset, guint64 value);
int
mos_qcow2_write (MosQcow2 *self, guint64 offset, const void *data, gsize size);
/* Before metadata changes: says in the file that counts may be wrong. */
int mos_qcow2_mark (MosQcow2 *self);
/* What has been written is on the disk before what will be. Version 2 has no
 * mark, so there it waits. */
int mos_qcow2_barrier (MosQcow2 *self);

/* qcow2-refcount.c */
guint64
mos_qcow2_block_get (const MosQcow2 *self, const guint8 *block, guint64 index);
void mos_qcow2_block_set (const MosQcow2 *self,
                          guint8         *block,
                          guint64         index,
                          guint64         value);
int  mos_qcow2_refcount (MosQcow2 *self, guint64 cluster, guint64 *value);
int  mos_qcow2_set_refcount (MosQcow2 *self, guint64 cluster, guint64 value);
/* Finds up to @wanted free clusters in a row; nothing is written about them.
 * *@got is at least 1. */
int mos_qcow2_find_free (MosQcow2 *self,
                         guint64   wanted,
                         guint64  *cluster,
                         guint64  *got);
/* Takes @n clusters that were found free. */
int mos_qcow2_take (MosQcow2 *self, guint64 cluster, guint64 n);
/* Gives a use of the clusters that @bytes at @offset lie in back. */
int mos_qcow2_release (MosQcow2 *self, guint64 offset, guint64 bytes);
/* @bytes in a row, taken. */
int mos_qcow2_allocate (MosQcow2 *self, guint64 bytes, guint64 *offset);

/* qcow2-table.c: the L2 entry of a guest cluster, in the host's order. */
int mos_qcow2_lookup (MosQcow2 *self, guint64 guest_cluster, guint64 *entry);
/* Sets @n entries from @guest_cluster, all in one table. */
int mos_qcow2_set_entries (MosQcow2      *self,
                           guint64        guest_cluster,
                           const guint64 *entries,
                           guint          n);
/* Gives back what an L2 entry pointed to. */
int  mos_qcow2_release_entry (MosQcow2 *self, guint64 entry);
void mos_qcow2_compressed_place (const MosQcow2 *self,
                                 guint64         entry,
                                 guint64        *offset,
                                 guint64        *bytes);
int  mos_qcow2_grow_l1 (MosQcow2 *self, guint64 entries);

/* qcow2-data.c */
int mos_qcow2_read_data (MosQcow2           *self,
                         guint64             offset,
                         guint64             size,
                         const struct iovec *iov,
                         guint               n_iov);
int mos_qcow2_write_data (MosQcow2           *self,
                          guint64             offset,
                          guint64             size,
                          const struct iovec *iov,
                          guint               n_iov);
/* @keep_zero: must read as zeros afterwards; otherwise it is advice. */
int mos_qcow2_drop_data (MosQcow2 *self,
                         guint64   offset,
                         guint64   size,
                         gboolean  keep_zero);

/* qcow2-check.c */
int mos_qcow2_check (MosQcow2 *self, gboolean repair, MosImageCheck *check);

G_END_DECLS
