/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The beginning of a qcow2 image, and its opening and closing.
 *
 * "Header", "Header extensions", "Snapshots". Everything in the file may be a
 * lie: sizes and offsets are checked against the file and against limits that
 * we set ourselves before a byte is allocated for them.
 */
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/storage/qcow2-internal.h"
#include "engine/base/error.h"

#define HEADER_V2_BYTES    72u
#define HEADER_V3_BYTES    104u
#define MAX_HEADER_BYTES   65536u
#define MIN_CLUSTER_BITS   9u
#define MAX_CLUSTER_BITS   21u
#define MAX_L1_BYTES       (32u << 20)
#define MAX_REFTABLE_BYTES (8u << 20)
#define MAX_SNAPSHOTS      65536u
#define MAX_SNAPSHOT_BYTES (16u << 20)
#define SNAPSHOT_BYTES     40u
#define MAX_BACKING_NAME   1023u
#define FEATURE_BYTES      48u

/* Header extensions. */
#define EXTENSION_END            0u
#define EXTENSION_BACKING_FORMAT 0xe2792acau
#define EXTENSION_FEATURE_NAMES  0x6803f857u

static guint32
get_u32 (const guint8 *bytes)
{
  guint32 value;

  memcpy (&value, bytes, sizeof value);
  return GUINT32_FROM_BE (value);
}

static guint64
get_u64 (const guint8 *bytes)
{
  guint64 value;

  memcpy (&value, bytes, sizeof value);
  return GUINT64_FROM_BE (value);
}

static gboolean
damaged (MosQcow2 *self, GError **error, const char *why)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
               _ ("The qcow2 image “%s” is damaged: %s"), self->path, why);
  return FALSE;
}

static gboolean
unsupported (MosQcow2 *self, GError **error, const char *what)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("The qcow2 image “%s” uses %s, which we cannot read: convert "
                  "it with the program that made it"),
               self->path, what);
  return FALSE;
}

static gboolean
set_io_error (MosQcow2 *self, GError **error, int result)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
               _ ("Cannot read the qcow2 image “%s”: %s"), self->path,
               g_strerror (-result));
  return FALSE;
}

/* Does a table of @bytes at @offset lie in the file, on a cluster? */
static gboolean
table_is_inside (const MosQcow2 *self, guint64 offset, guint64 bytes)
{
  return (offset & (self->cluster_bytes - 1)) == 0 && offset <= self->end &&
         bytes <= self->end - offset;
}

/* -- features ------------------------------------------------------------ */

/* The image's own name for incompatible feature @bit, if it has one. */
static char *
find_feature_name (const guint8 *data, guint32 size, guint bit)
{
  for (guint32 at = 0; at + FEATURE_BYTES <= size; at += FEATURE_BYTES)
    if (data[at] == 0 && data[at + 1] == bit)
      return g_utf8_make_valid (
          (const char *) data + at + 2,
          (gssize) strnlen ((const char *) data + at + 2, FEATURE_BYTES - 2));
  return NULL;
}

static gboolean
check_features (MosQcow2     *self,
                const guint8 *names,
                guint32       names_bytes,
                GError      **error)
{
  guint64 known = MOS_QCOW2_DIRTY | MOS_QCOW2_CORRUPT | MOS_QCOW2_COMPRESSION;
  guint64 unknown = self->incompatible & ~known;
  g_autofree char *name = NULL;
  g_autofree char *what = NULL;
  guint            bit;

  if (unknown == 0)
    return TRUE;
  bit = (guint) __builtin_ctzll (unknown);
  name = find_feature_name (names, names_bytes, bit);
  what = name != NULL ? g_strdup_printf (_ ("the feature “%s”"), name)
                      : g_strdup_printf (_ ("unknown feature %u"), bit);
  return unsupported (self, error, what);
}

/* -- header -------------------------------------------------------------- */

static gboolean
parse_numbers (MosQcow2 *self, const guint8 *header, GError **error)
{
  self->version = get_u32 (header + 4);
  self->cluster_bits = get_u32 (header + 20);
  self->size = get_u64 (header + MOS_QCOW2_AT_SIZE);
  self->l1_entries = get_u32 (header + MOS_QCOW2_AT_L1_ENTRIES);
  self->l1_offset = get_u64 (header + MOS_QCOW2_AT_L1_OFFSET);
  self->refcount_offset = get_u64 (header + MOS_QCOW2_AT_REFCOUNT_OFFSET);
  self->refcount_clusters = get_u32 (header + MOS_QCOW2_AT_REFCOUNT_CLUSTERS);
  self->n_snapshots = get_u32 (header + 60);
  self->snapshots_offset = get_u64 (header + 64);
  self->refcount_order = 4;
  self->header_bytes = HEADER_V2_BYTES;
  if (self->version != 2 && self->version != 3)
    return unsupported (self, error, _ ("a version other than 2 and 3"));
  if (self->cluster_bits < MIN_CLUSTER_BITS ||
      self->cluster_bits > MAX_CLUSTER_BITS)
    return damaged (self, error, _ ("its cluster size is out of range"));
  if (get_u32 (header + 32) != 0)
    return unsupported (self, error, _ ("encryption"));
  self->cluster_bytes = G_GUINT64_CONSTANT (1) << self->cluster_bits;
  return TRUE;
}

static gboolean
parse_version_3 (MosQcow2 *self, const guint8 *header, GError **error)
{
  if (self->version < 3)
    return TRUE;
  self->incompatible = get_u64 (header + MOS_QCOW2_AT_INCOMPATIBLE);
  self->compatible = get_u64 (header + 80);
  self->autoclear = get_u64 (header + MOS_QCOW2_AT_AUTOCLEAR);
  self->refcount_order = get_u32 (header + 96);
  self->header_bytes = get_u32 (header + 100);
  if (self->refcount_order > 6)
    return damaged (self, error, _ ("its use counts are too wide"));
  if (self->header_bytes < HEADER_V3_BYTES ||
      self->header_bytes > MIN (self->cluster_bytes, MAX_HEADER_BYTES))
    return damaged (self, error, _ ("its header has a wrong length"));
  if (self->header_bytes > HEADER_V3_BYTES)
    self->compression = header[104];
  if ((self->incompatible & MOS_QCOW2_COMPRESSION) == 0 &&
      self->compression != 0)
    return damaged (self, error, _ ("its header contradicts itself"));
  if (self->compression > 1)
    return unsupported (self, error, _ ("an unknown compression"));
  return TRUE;
}

static gboolean
parse_extensions (MosQcow2     *self,
                  const guint8 *header,
                  guint64       size,
                  GError      **error)
{
  const guint8 *names = NULL;
  guint32       names_bytes = 0;
  guint64       at = self->header_bytes;

  while (at + 8 <= size) {
    guint32 type = get_u32 (header + at);
    guint32 length = get_u32 (header + at + 4);

    at += 8;
    if (type == EXTENSION_END)
      break;
    if (length > size - at)
      return damaged (self, error, _ ("a header extension is too long"));
    if (type == EXTENSION_BACKING_FORMAT && self->backing_format == NULL)
      self->backing_format = g_strndup ((const char *) header + at, length);
    if (type == EXTENSION_FEATURE_NAMES) {
      names = header + at;
      names_bytes = length;
    }
    at += (length + 7) & ~7u;
  }
  return check_features (self, names, names_bytes, error);
}

static gboolean
parse_backing (MosQcow2     *self,
               const guint8 *header,
               guint64       size,
               GError      **error)
{
  guint64 offset = get_u64 (header + 8);
  guint32 length = get_u32 (header + 16);

  if (offset == 0)
    return TRUE;
  if (length == 0 || length > MAX_BACKING_NAME || offset > size ||
      length > size - offset)
    return damaged (self, error,
                    _ ("the name of its backing file is out of range"));
  self->backing_path = g_strndup ((const char *) header + offset, length);
  return TRUE;
}

/* -- tables -------------------------------------------------------------- */

static guint64 *
load_table (MosQcow2 *self, guint64 offset, guint64 entries, int *result)
{
  guint64 *table = g_try_new0 (guint64, MAX (entries, 1));

  *result = table != NULL ? 0 : -ENOMEM;
  if (table != NULL && entries > 0)
    *result = mos_image_file_read (&self->file, offset, table, entries * 8);
  if (*result != 0) {
    g_free (table);
    return NULL;
  }
  for (guint64 i = 0; i < entries; i++)
    table[i] = GUINT64_FROM_BE (table[i]);
  return table;
}

static gboolean
load_tables (MosQcow2 *self, GError **error)
{
  guint64 l1_bytes = (guint64) self->l1_entries * 8;
  guint64 refcount_bytes = self->refcount_clusters * self->cluster_bytes;
  int     result;

  if (self->size > G_GUINT64_CONSTANT (1) << 62 || l1_bytes > MAX_L1_BYTES ||
      self->l1_entries < mos_qcow2_l1_needed (self, self->size) ||
      (self->l1_entries > 0 &&
       !table_is_inside (self, self->l1_offset, l1_bytes)))
    return damaged (self, error,
                    _ ("its first table does not fit its size or the file"));
  if (self->refcount_clusters == 0 || refcount_bytes > MAX_REFTABLE_BYTES ||
      !table_is_inside (self, self->refcount_offset, refcount_bytes))
    return damaged (self, error,
                    _ ("its table of use counts does not lie in the file"));
  self->l1 = load_table (self, self->l1_offset, self->l1_entries, &result);
  if (self->l1 == NULL)
    return set_io_error (self, error, result);
  self->refcount_table = load_table (self, self->refcount_offset,
                                     mos_qcow2_n_blocks (self), &result);
  if (self->refcount_table == NULL)
    return set_io_error (self, error, result);
  return TRUE;
}

static void
snapshot_free (gpointer data)
{
  MosQcow2Snapshot *snapshot = data;

  g_free (snapshot->id);
  g_free (snapshot->name);
  g_free (snapshot);
}

/* Reads one entry at *@at of the table; FALSE if it does not fit. */
static gboolean
load_snapshot (MosQcow2 *self, guint64 *at, GError **error)
{
  g_autofree guint8 *rest = NULL;
  guint8             fixed[SNAPSHOT_BYTES];
  MosQcow2Snapshot  *snapshot;
  guint32            extra, id_bytes, name_bytes;
  guint64            bytes;
  int                result;

  result = mos_image_file_read (&self->file, *at, fixed, sizeof fixed);
  if (result != 0)
    return set_io_error (self, error, result);
  id_bytes = (guint32) fixed[12] << 8 | fixed[13];
  name_bytes = (guint32) fixed[14] << 8 | fixed[15];
  extra = get_u32 (fixed + 36);
  if (extra > 1024)
    return damaged (self, error, _ ("a snapshot has too much to say"));
  bytes = extra + id_bytes + name_bytes;
  rest = g_malloc0 (bytes + 24);
  result = mos_image_file_read (&self->file, *at + SNAPSHOT_BYTES, rest, bytes);
  if (result != 0)
    return set_io_error (self, error, result);
  snapshot = g_new0 (MosQcow2Snapshot, 1);
  snapshot->l1_offset = get_u64 (fixed);
  snapshot->l1_entries = get_u32 (fixed + 8);
  snapshot->time_s = get_u32 (fixed + 16);
  snapshot->size = extra >= 16 ? get_u64 (rest + 8) : self->size;
  snapshot->id = g_strndup ((char *) rest + extra, id_bytes);
  snapshot->name = g_strndup ((char *) rest + extra + id_bytes, name_bytes);
  g_ptr_array_add (self->snapshots, snapshot);
  *at += (SNAPSHOT_BYTES + bytes + 7) & ~G_GUINT64_CONSTANT (7);
  if ((guint64) snapshot->l1_entries * 8 > MAX_L1_BYTES ||
      !table_is_inside (self, snapshot->l1_offset,
                        (guint64) snapshot->l1_entries * 8))
    return damaged (self, error,
                    _ ("a snapshot's table does not lie in the file"));
  return TRUE;
}

static gboolean
load_snapshots (MosQcow2 *self, GError **error)
{
  guint64 at = self->snapshots_offset;

  if (self->n_snapshots == 0)
    return TRUE;
  if (self->n_snapshots > MAX_SNAPSHOTS ||
      !table_is_inside (self, self->snapshots_offset,
                        (guint64) self->n_snapshots * SNAPSHOT_BYTES))
    return damaged (self, error,
                    _ ("its list of snapshots does not lie in the file"));
  for (guint32 i = 0; i < self->n_snapshots; i++)
    if (!load_snapshot (self, &at, error) ||
        at - self->snapshots_offset > MAX_SNAPSHOT_BYTES)
      return error != NULL && *error == NULL
                 ? damaged (self, error, _ ("it has too many snapshots"))
                 : FALSE;
  self->snapshots_bytes = at - self->snapshots_offset;
  return TRUE;
}

static gboolean
load_header (MosQcow2 *self, GError **error)
{
  guint64            size = MIN (self->file.size, MAX_HEADER_BYTES);
  g_autofree guint8 *header = g_malloc0 (MAX_HEADER_BYTES);
  int result = mos_image_file_read (&self->file, 0, header, size);

  if (result != 0)
    return set_io_error (self, error, result);
  if (size < HEADER_V2_BYTES || memcmp (header, MOS_QCOW2_MAGIC, 4) != 0)
    return damaged (self, error, _ ("it does not begin as one"));
  if (!parse_numbers (self, header, error) ||
      !parse_version_3 (self, header, error))
    return FALSE;
  size = MIN (size, self->cluster_bytes);
  return parse_extensions (self, header, size, error) &&
         parse_backing (self, header, size, error);
}

/* -- opening and closing ------------------------------------------------- */

MosQcow2 *
mos_qcow2_open (const char *path, gboolean read_only, GError **error)
{
  MosQcow2 *self = g_new0 (MosQcow2, 1);

  self->path = g_strdup (path);
  self->read_only = read_only;
  self->file.fd = -1;
  self->snapshots = g_ptr_array_new_with_free_func (snapshot_free);
  self->l2_cache =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->blocks_cache =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->slice = g_array_new (FALSE, FALSE, sizeof (struct iovec));
  if (mos_image_file_open (&self->file, path, read_only, error)) {
    self->end = self->file.size;
    if (load_header (self, error) && load_tables (self, error) &&
        load_snapshots (self, error))
      return self;
  }
  mos_qcow2_close (self);
  return NULL;
}

/* If something goes wrong here, the mark stays and the next one looks. */
static void
unmark (MosQcow2 *self)
{
  if (!self->is_marked || mos_image_file_flush (&self->file) != 0)
    return;
  self->incompatible &= ~(guint64) MOS_QCOW2_DIRTY;
  if (mos_qcow2_put_u64 (self, MOS_QCOW2_AT_INCOMPATIBLE, self->incompatible) ==
      0)
    mos_image_file_flush (&self->file);
}

void
mos_qcow2_close (MosQcow2 *self)
{
  if (self == NULL)
    return;
  unmark (self);
  mos_image_file_close (&self->file);
  mos_block_store_unref (self->backing);
  g_ptr_array_unref (self->snapshots);
  g_hash_table_unref (self->l2_cache);
  g_hash_table_unref (self->blocks_cache);
  g_array_unref (self->slice);
  g_free (self->inflated);
  g_free (self->l1);
  g_free (self->refcount_table);
  g_free (self->backing_path);
  g_free (self->backing_format);
  g_free (self->path);
  g_free (self);
}

/* -- writing metadata ---------------------------------------------------- */

int
mos_qcow2_write (MosQcow2 *self, guint64 offset, const void *data, gsize size)
{
  int result = mos_image_file_write (&self->file, offset, data, size);

  if (result == 0)
    self->end = MAX (self->end, offset + size);
  return result;
}

int
mos_qcow2_put_u32 (MosQcow2 *self, guint64 offset, guint32 value)
{
  value = GUINT32_TO_BE (value);
  return mos_qcow2_write (self, offset, &value, sizeof value);
}

int
mos_qcow2_put_u64 (MosQcow2 *self, guint64 offset, guint64 value)
{
  value = GUINT64_TO_BE (value);
  return mos_qcow2_write (self, offset, &value, sizeof value);
}

int
mos_qcow2_mark (MosQcow2 *self)
{
  int result;

  if (self->is_marked || self->version < 3)
    return 0;
  result = mos_qcow2_put_u64 (self, MOS_QCOW2_AT_INCOMPATIBLE,
                              self->incompatible | MOS_QCOW2_DIRTY);
  /* Features that a change would make stale, as they say themselves. */
  if (result == 0 && self->autoclear != 0)
    result = mos_qcow2_put_u64 (self, MOS_QCOW2_AT_AUTOCLEAR, 0);
  if (result == 0)
    result = mos_image_file_flush (&self->file);
  if (result != 0)
    return result;
  self->incompatible |= MOS_QCOW2_DIRTY;
  self->autoclear = 0;
  self->is_marked = TRUE;
  return 0;
}

int
mos_qcow2_barrier (MosQcow2 *self)
{
  return self->version >= 3 ? 0 : mos_image_file_flush (&self->file);
}
