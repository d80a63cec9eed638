/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A qcow2 image as a block store, and what tools do with such images.
 *
 * One worker thread carries requests out in the order they came, so the tables
 * need no locks. An image is checked whole before it is opened for writing:
 * what is damaged is never written, and afterwards the tables can be believed.
 */
#include "devices/storage/qcow2.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/storage/qcow2-internal.h"
#include "engine/base/error.h"

#define MAX_DEPTH           16u
#define CREATE_CLUSTER_BITS 16u
#define MAX_CREATE_BYTES    (G_GUINT64_CONSTANT (1) << 50)

typedef struct {
  MosBlockStore store;
  MosQcow2     *image;
  GThreadPool  *pool;
} Qcow2Store;

/* -- requests ------------------------------------------------------------ */

static int
carry_out (MosQcow2 *image, const MosBlockRequest *request)
{
  /* Somebody cut the file while it was open. */
  if (mos_image_file_size (&image->file) < image->file.size)
    return -EIO;
  switch (request->op) {
  case MOS_BLOCK_READ:
    return mos_qcow2_read_data (image, request->offset, request->size,
                                request->iov, request->n_iov);
  case MOS_BLOCK_WRITE:
    return mos_qcow2_write_data (image, request->offset, request->size,
                                 request->iov, request->n_iov);
  case MOS_BLOCK_FLUSH:
    return image->read_only ? 0 : mos_image_file_flush (&image->file);
  case MOS_BLOCK_DISCARD:
  case MOS_BLOCK_WRITE_ZEROES:
    return mos_qcow2_drop_data (image, request->offset, request->size,
                                request->op == MOS_BLOCK_WRITE_ZEROES);
  default:
    return -EINVAL;
  }
}

static void
work_cb (gpointer data, gpointer user_data)
{
  Qcow2Store      *self = user_data;
  MosBlockRequest *request = data;

  mos_block_store_complete (&self->store, request,
                            carry_out (self->image, request));
}

static void
qcow2_submit (MosBlockStore *store, MosBlockRequest *request)
{
  g_thread_pool_push (((Qcow2Store *) store)->pool, request, NULL);
}

static void
qcow2_free (MosBlockStore *store)
{
  Qcow2Store *self = (Qcow2Store *) store;

  g_thread_pool_free (self->pool, FALSE, FALSE);
  mos_qcow2_close (self->image);
  mos_block_store_clear (store);
  g_free (self);
}

static const MosBlockStoreOps qcow2_ops = {
  .name = "qcow2",
  .submit = qcow2_submit,
  .free = qcow2_free,
};

/* -- opening ------------------------------------------------------------- */

static gboolean
set_io_error (const char *path, int result, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
               _ ("The qcow2 image “%s” cannot be worked on: %s"), path,
               g_strerror (-result));
  return FALSE;
}

/* Only what is in order is written. Counts that a killed program left behind
 * are put right first. */
static gboolean
prepare_for_writing (MosQcow2 *image, GError **error)
{
  MosImageCheck check = { 0 };
  gboolean      dirty = (image->incompatible & MOS_QCOW2_DIRTY) != 0;
  int           result;

  if (image->incompatible & MOS_QCOW2_CORRUPT) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The qcow2 image “%s” is marked as damaged: open it "
                    "read-only, or see “multios disk check”"),
                 image->path);
    return FALSE;
  }
  result = mos_qcow2_check (image, dirty, &check);
  if (result == 0 && check.errors > 0 && !dirty) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The qcow2 image “%s” is damaged (%s) and will not be "
                    "written: open it read-only, or see “multios disk check”"),
                 image->path, check.first);
    mos_image_check_clear (&check);
    return FALSE;
  }
  mos_image_check_clear (&check);
  if (result == 0 && dirty) {
    result = mos_qcow2_check (image, FALSE, &check);
    if (result == 0 && check.errors > 0)
      result = -EUCLEAN;
    mos_image_check_clear (&check);
    image->is_marked = result == 0; /* so that closing takes the mark away */
  }
  return result == 0 || set_io_error (image->path, result, error);
}

/* "base.img" beside the image, or an absolute path. */
static char *
resolve_backing (const char *path, const char *backing)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_str_has_prefix (backing, "file:"))
    backing += strlen ("file:");
  if (g_path_is_absolute (backing))
    return g_strdup (backing);
  return g_build_filename (folder, backing, NULL);
}

static MosBlockStore *
open_backing_file (const char *path,
                   const char *format,
                   guint       depth,
                   GError    **error)
{
  if (!mos_image_check_backing (path, &format, error))
    return NULL;
  if (g_str_equal (format, "qcow2"))
    return mos_qcow2_store_open (path, TRUE, depth, error);
  return mos_image_open (path, format, TRUE, error);
}

static gboolean
open_backing (MosQcow2 *image, guint depth, GError **error)
{
  g_autofree char *path = NULL;
  GError          *why = NULL;

  if (image->backing_path == NULL)
    return TRUE;
  if (depth >= MAX_DEPTH) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The qcow2 image “%s” has more than %u images below it, or "
                    "is below itself"),
                 image->path, MAX_DEPTH);
    return FALSE;
  }
  path = resolve_backing (image->path, image->backing_path);
  image->backing =
      open_backing_file (path, image->backing_format, depth + 1, &why);
  if (image->backing != NULL)
    return TRUE;
  g_propagate_prefixed_error (error, why, _ ("Below the image “%s”: "),
                              image->path);
  return FALSE;
}

MosBlockStore *
mos_qcow2_store_open (const char *path,
                      gboolean    read_only,
                      guint       depth,
                      GError    **error)
{
  MosQcow2   *image = mos_qcow2_open (path, read_only, error);
  Qcow2Store *self;

  if (image == NULL)
    return NULL;
  if (!open_backing (image, depth, error) ||
      (!read_only && !prepare_for_writing (image, error))) {
    mos_qcow2_close (image);
    return NULL;
  }
  self = g_new0 (Qcow2Store, 1);
  mos_block_store_init (&self->store, &qcow2_ops, path);
  self->image = image;
  self->store.read_only = read_only;
  self->store.size =
      (image->size + MOS_BLOCK_SECTOR - 1) & ~(guint64) (MOS_BLOCK_SECTOR - 1);
  self->pool = g_thread_pool_new (work_cb, self, 1, FALSE, NULL);
  return &self->store;
}

/* -- creating ------------------------------------------------------------ */

static void
put_u32 (guint8 *place, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (place, &value, sizeof value);
}

static void
put_u64 (guint8 *place, guint64 value)
{
  value = GUINT64_TO_BE (value);
  memcpy (place, &value, sizeof value);
}

/* Header extensions, then the name of the backing image. */
static void
put_backing (guint8 *header, const char *backing, const char *format)
{
  gsize at = 104;

  if (backing == NULL)
    return;
  if (format != NULL) {
    put_u32 (header + at, 0xe2792aca);
    put_u32 (header + at + 4, (guint32) strlen (format));
    memcpy (header + at + 8, format, strlen (format));
    at += 8 + ((strlen (format) + 7) & ~(gsize) 7);
  }
  at += 8; /* the end of the extensions: zeros */
  put_u64 (header + 8, at);
  put_u32 (header + 16, (guint32) strlen (backing));
  memcpy (header + at, backing, strlen (backing));
}

/*
 * Cluster 0 is the header, 1 the table of use counts, 2 its first block, and
 * from 3 on the first table, empty.
 */
static guint8 *
build_image (guint64     size,
             const char *backing,
             const char *backing_format,
             gsize      *bytes)
{
  const guint   bits = CREATE_CLUSTER_BITS;
  const guint64 cluster = G_GUINT64_CONSTANT (1) << bits;
  const guint   shift = bits * 2 - 3;
  guint64 l1_entries = (size >> shift) + ((size & ((1ull << shift) - 1)) != 0);
  guint64 l1_clusters = (l1_entries * 8 + cluster - 1) >> bits;
  guint64 n_clusters = 3 + l1_clusters;
  guint8 *image = g_malloc0 (n_clusters << bits);

  memcpy (image, MOS_QCOW2_MAGIC, 4);
  put_u32 (image + 4, 3);
  put_u32 (image + 20, bits);
  put_u64 (image + MOS_QCOW2_AT_SIZE, size);
  put_u32 (image + MOS_QCOW2_AT_L1_ENTRIES, (guint32) l1_entries);
  put_u64 (image + MOS_QCOW2_AT_L1_OFFSET, 3 * cluster);
  put_u64 (image + MOS_QCOW2_AT_REFCOUNT_OFFSET, cluster);
  put_u32 (image + MOS_QCOW2_AT_REFCOUNT_CLUSTERS, 1);
  put_u32 (image + 96, 4);
  put_u32 (image + 100, 104);
  put_backing (image, backing, backing_format);
  put_u64 (image + cluster, 2 * cluster);
  for (guint64 i = 0; i < n_clusters; i++)
    image[2 * cluster + i * 2 + 1] = 1;
  *bytes = n_clusters << bits;
  return image;
}

gboolean
mos_qcow2_create (const char *path,
                  guint64     size,
                  const char *backing,
                  const char *backing_format,
                  GError    **error)
{
  g_autofree guint8 *image = NULL;
  gsize              bytes;

  if (size > MAX_CREATE_BYTES) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("The image “%s” cannot have %llu bytes: at most 1 PiB"),
                 path, (unsigned long long) size);
    return FALSE;
  }
  if (backing != NULL && strlen (backing) > 1023) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("The path of the image below “%s” is too long"), path);
    return FALSE;
  }
  image = build_image (size, backing, backing_format, &bytes);
  return g_file_set_contents_full (path, (const char *) image, (gssize) bytes,
                                   G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
}

/* -- tools --------------------------------------------------------------- */

static MosImageSnapshot *
copy_snapshot (const MosQcow2Snapshot *from)
{
  MosImageSnapshot *copy = g_new0 (MosImageSnapshot, 1);

  copy->id = g_utf8_make_valid (from->id, -1);
  copy->name = g_utf8_make_valid (from->name, -1);
  copy->size = from->size;
  copy->time_s = from->time_s;
  return copy;
}

MosImageInfo *
mos_qcow2_info (const char *path, GError **error)
{
  MosQcow2     *image = mos_qcow2_open (path, TRUE, error);
  MosImageInfo *info;

  if (image == NULL)
    return NULL;
  info = g_new0 (MosImageInfo, 1);
  info->format = g_strdup ("qcow2");
  info->size = image->size;
  info->backing = g_strdup (image->backing_path);
  info->backing_format = g_strdup (image->backing_format);
  info->version = image->version;
  info->cluster_bytes = (guint32) image->cluster_bytes;
  info->dirty = (image->incompatible & MOS_QCOW2_DIRTY) != 0;
  info->corrupt = (image->incompatible & MOS_QCOW2_CORRUPT) != 0;
  info->lazy_refcounts = (image->compatible & MOS_QCOW2_LAZY) != 0;
  info->compression = g_strdup (image->compression == 1 ? "zstd" : "zlib");
  info->snapshots = g_ptr_array_new ();
  for (guint i = 0; i < image->snapshots->len; i++)
    g_ptr_array_add (info->snapshots,
                     copy_snapshot (g_ptr_array_index (image->snapshots, i)));
  mos_qcow2_close (image);
  return info;
}

gboolean
mos_qcow2_check_file (const char    *path,
                      gboolean       repair,
                      MosImageCheck *check,
                      GError       **error)
{
  MosQcow2 *image = mos_qcow2_open (path, !repair, error);
  int       result;

  if (image == NULL)
    return FALSE;
  result = mos_qcow2_check (image, repair, check);
  if (result == 0 && repair) {
    MosImageCheck again = { 0 };

    /* All in order now: neither dirty nor corrupt any more. */
    result = mos_qcow2_check (image, FALSE, &again);
    if (result == 0 && again.errors == 0 && image->version >= 3) {
      image->incompatible &= ~(guint64) MOS_QCOW2_CORRUPT;
      image->is_marked = TRUE;
    }
    mos_image_check_clear (&again);
  }
  mos_qcow2_close (image);
  return result == 0 || set_io_error (path, result, error);
}

static int
set_size (MosQcow2 *image, guint64 size)
{
  int result = mos_image_file_flush (&image->file);

  if (result == 0)
    result = mos_qcow2_put_u64 (image, MOS_QCOW2_AT_SIZE, size);
  if (result == 0)
    image->size = size;
  return result;
}

/* What lies behind reads as zeros if the image grows again. */
static int
shrink (MosQcow2 *image, guint64 size)
{
  int result = mos_qcow2_drop_data (image, size, image->size - size, TRUE);

  return result == 0 ? set_size (image, size) : result;
}

/* A larger image below must not shine through where nothing was before. */
static int
grow (MosQcow2 *image, guint64 size)
{
  guint64 was = image->size;
  guint64 below = image->backing != NULL ? image->backing->size : 0;
  int     result = mos_qcow2_grow_l1 (image, mos_qcow2_l1_needed (image, size));

  if (result == 0)
    result = set_size (image, size);
  if (result == 0 && below > was)
    result = mos_qcow2_drop_data (image, was, MIN (below, size) - was, TRUE);
  return result;
}

gboolean
mos_qcow2_resize (const char *path, guint64 size, GError **error)
{
  MosQcow2 *image = mos_qcow2_open (path, FALSE, error);
  int       result;

  if (image == NULL)
    return FALSE;
  if (!open_backing (image, 0, error) || !prepare_for_writing (image, error)) {
    mos_qcow2_close (image);
    return FALSE;
  }
  if (image->n_snapshots > 0 && image->version < 3) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_WRONG_STATE,
                 _ ("The image “%s” is of version 2 and has snapshots, which "
                    "remember no size: delete them first"),
                 path);
    mos_qcow2_close (image);
    return FALSE;
  }
  result = size < image->size ? shrink (image, size) : grow (image, size);
  mos_qcow2_close (image);
  return result == 0 || set_io_error (path, result, error);
}
