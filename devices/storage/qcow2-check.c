/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Are the tables of a qcow2 image in order?
 *
 * All tables are walked and the uses of each cluster of the file counted; then
 * the counts in the file must be the same. A higher one is a leak: space lost,
 * nothing else. Anything else is an error: a cluster that is used more often
 * than it says will be given to somebody else one day, a table that points to
 * itself or out of the file is not one. Counts can be put right; what points
 * to a wrong place cannot.
 */
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/storage/qcow2-internal.h"

/* 4 TiB with clusters of 64 KiB; four bytes of ours for each. */
#define MAX_CLUSTERS (G_GUINT64_CONSTANT (1) << 26)

typedef struct {
  MosQcow2      *image;
  MosImageCheck *check;
  guint32       *uses;
  guint64        n_clusters;
  gboolean       wrong_place; /* something that cannot be repaired */
} Walk;

G_GNUC_PRINTF (2, 3)
static void
note_error (Walk *walk, const char *format, ...)
{
  va_list arguments;

  walk->check->errors++;
  if (walk->check->first != NULL)
    return;
  va_start (arguments, format);
  walk->check->first = g_strdup_vprintf (format, arguments);
  va_end (arguments);
}

/* Counts a use of the clusters from @offset; FALSE if they are not there. */
static gboolean
use (Walk *walk, guint64 offset, guint64 bytes, const char *what)
{
  MosQcow2 *image = walk->image;
  guint64   first = offset >> image->cluster_bits;
  guint64   last;

  if (bytes == 0)
    return TRUE;
  if (offset > G_MAXUINT64 - bytes || offset >= image->end) {
    walk->wrong_place = TRUE;
    note_error (walk, _ ("%s at %#llx lies behind the end of the file"), what,
                (unsigned long long) offset);
    return FALSE;
  }
  last =
      MIN ((offset + bytes - 1) >> image->cluster_bits, walk->n_clusters - 1);
  for (guint64 cluster = first; cluster <= last; cluster++)
    if (walk->uses[cluster] < G_MAXUINT32)
      walk->uses[cluster]++;
  return TRUE;
}

/* A whole cluster, or a table that begins on one. */
static gboolean
use_aligned (Walk *walk, guint64 offset, guint64 bytes, const char *what)
{
  if ((offset & (walk->image->cluster_bytes - 1)) != 0) {
    walk->wrong_place = TRUE;
    note_error (walk, _ ("%s at %#llx does not begin on a cluster"), what,
                (unsigned long long) offset);
    return FALSE;
  }
  return use (walk, offset, bytes, what);
}

/* -- walking ------------------------------------------------------------- */

static void
walk_entry (Walk *walk, guint64 entry)
{
  MosQcow2 *image = walk->image;
  guint64   offset = entry & MOS_QCOW2_OFFSET;
  guint64   bytes;

  if (entry & MOS_QCOW2_COMPRESSED) {
    mos_qcow2_compressed_place (image, entry, &offset, &bytes);
    walk->check->clusters++;
    if ((entry & MOS_QCOW2_COPIED) != 0)
      note_error (walk,
                  _ ("compressed data at %#llx says that it can be "
                     "overwritten"),
                  (unsigned long long) offset);
    use (walk, offset, bytes, _ ("compressed data"));
    return;
  }
  if (offset == 0)
    return;
  walk->check->clusters++;
  use_aligned (walk, offset, image->cluster_bytes, _ ("data"));
}

static int
walk_l2 (Walk *walk, guint64 offset, guint64 *table)
{
  MosQcow2 *image = walk->image;
  int       result =
      mos_image_file_read (&image->file, offset, table, image->cluster_bytes);

  if (result == -EIO) {
    walk->wrong_place = TRUE;
    note_error (walk, _ ("the table at %#llx is cut off"),
                (unsigned long long) offset);
    return 0;
  }
  for (guint i = 0; result == 0 && i < mos_qcow2_l2_entries (image); i++)
    if (table[i] != 0)
      walk_entry (walk, GUINT64_FROM_BE (table[i]));
  return result;
}

static int
walk_l1 (Walk *walk, const guint64 *l1, guint32 entries)
{
  MosQcow2           *image = walk->image;
  g_autofree guint64 *table = g_malloc (image->cluster_bytes);
  int                 result = 0;

  for (guint32 i = 0; result == 0 && i < entries; i++) {
    guint64 offset = l1[i] & MOS_QCOW2_OFFSET;

    if (offset != 0 &&
        use_aligned (walk, offset, image->cluster_bytes, _ ("a table")))
      result = walk_l2 (walk, offset, table);
  }
  return result;
}

static int
walk_snapshots (Walk *walk)
{
  MosQcow2 *image = walk->image;
  int       result = 0;

  use_aligned (walk, image->snapshots_offset, image->snapshots_bytes,
               _ ("the list of snapshots"));
  for (guint i = 0; result == 0 && i < image->snapshots->len; i++) {
    MosQcow2Snapshot   *snapshot = g_ptr_array_index (image->snapshots, i);
    g_autofree guint64 *l1 = g_new0 (guint64, MAX (snapshot->l1_entries, 1));
    gsize               bytes = (gsize) snapshot->l1_entries * 8;

    if (!use_aligned (walk, snapshot->l1_offset, bytes,
                      _ ("a snapshot's table")))
      continue;
    result = mos_image_file_read (&image->file, snapshot->l1_offset, l1, bytes);
    for (guint32 j = 0; j < snapshot->l1_entries; j++)
      l1[j] = GUINT64_FROM_BE (l1[j]);
    if (result == 0)
      result = walk_l1 (walk, l1, snapshot->l1_entries);
  }
  return result;
}

static int
walk_all (Walk *walk)
{
  MosQcow2 *image = walk->image;
  int       result;

  use (walk, 0, image->cluster_bytes, _ ("the header"));
  use_aligned (walk, image->l1_offset, (guint64) image->l1_entries * 8,
               _ ("the first table"));
  use_aligned (walk, image->refcount_offset,
               image->refcount_clusters * image->cluster_bytes,
               _ ("the table of use counts"));
  for (guint64 i = 0; i < mos_qcow2_n_blocks (image); i++)
    if (image->refcount_table[i] != 0)
      use_aligned (walk, image->refcount_table[i], image->cluster_bytes,
                   _ ("a block of use counts"));
  result = walk_l1 (walk, image->l1, image->l1_entries);
  return result == 0 ? walk_snapshots (walk) : result;
}

/* -- comparing ----------------------------------------------------------- */

static int
repair_count (Walk *walk, guint64 cluster)
{
  int result = mos_qcow2_mark (walk->image);

  if (result == 0)
    result = mos_qcow2_set_refcount (walk->image, cluster, walk->uses[cluster]);
  if (result == 0)
    walk->check->repaired++;
  return result;
}

static int
compare_counts (Walk *walk, gboolean repair)
{
  MosQcow2 *image = walk->image;

  for (guint64 cluster = 0; cluster < walk->n_clusters; cluster++) {
    guint64 says;
    int     result = mos_qcow2_refcount (image, cluster, &says);

    if (result != 0)
      return result;
    if (says == walk->uses[cluster])
      continue;
    if (says > walk->uses[cluster])
      walk->check->leaks++;
    else
      note_error (walk, _ ("cluster %llu is used %u times and says %llu times"),
                  (unsigned long long) cluster, walk->uses[cluster],
                  (unsigned long long) says);
    if (repair) {
      result = repair_count (walk, cluster);
      if (result != 0)
        return result;
    }
  }
  return 0;
}

/* An entry may say "ours alone" only if the count is one. */
static int
check_copied (Walk *walk, guint64 entry)
{
  MosQcow2 *image = walk->image;
  guint64   cluster = (entry & MOS_QCOW2_OFFSET) >> image->cluster_bits;

  if ((entry & MOS_QCOW2_COPIED) == 0 || cluster == 0 ||
      (entry & MOS_QCOW2_COMPRESSED) != 0 || cluster >= walk->n_clusters ||
      walk->uses[cluster] == 1)
    return 0;
  walk->wrong_place = TRUE;
  note_error (walk, _ ("cluster %llu is shared, but marked as unshared"),
              (unsigned long long) cluster);
  return 0;
}

static int
check_copied_all (Walk *walk)
{
  MosQcow2           *image = walk->image;
  g_autofree guint64 *table = g_malloc (image->cluster_bytes);

  for (guint32 i = 0; i < image->l1_entries; i++) {
    guint64 offset = image->l1[i] & MOS_QCOW2_OFFSET;
    int     result;

    if (offset == 0)
      continue;
    check_copied (walk, image->l1[i]);
    result =
        mos_image_file_read (&image->file, offset, table, image->cluster_bytes);
    if (result != 0)
      return result == -EIO ? 0 : result; /* noted before */
    for (guint j = 0; j < mos_qcow2_l2_entries (image); j++)
      check_copied (walk, GUINT64_FROM_BE (table[j]));
  }
  return 0;
}

int
mos_qcow2_check (MosQcow2 *self, gboolean repair, MosImageCheck *check)
{
  Walk walk = { .image = self, .check = check };
  int  result;

  walk.n_clusters = mos_qcow2_round_up (self, self->end) >> self->cluster_bits;
  if (walk.n_clusters > MAX_CLUSTERS)
    return -EFBIG;
  walk.uses = g_try_new0 (guint32, walk.n_clusters);
  if (walk.uses == NULL)
    return -ENOMEM;
  result = walk_all (&walk);
  if (result == 0)
    result = check_copied_all (&walk);
  /* With a pointer to a wrong place, counts would only hide it. */
  if (result == 0)
    result = compare_counts (&walk, repair && !walk.wrong_place);
  g_free (walk.uses);
  return result;
}
