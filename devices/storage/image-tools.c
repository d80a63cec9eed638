/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What tools do with images: create, describe, check, resize, convert.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/storage/file.h"
#include "devices/storage/qcow2.h"
#include "engine/base/error.h"

#define MAX_RAW_BYTES (G_GUINT64_CONSTANT (1) << 50)
/* What is copied at once, and in what steps zeros are looked for. */
#define COPY_BYTES (1u << 20)
#define STEP_BYTES 4096u

/* "raw" or "qcow2"; NULL and an error for anything else. */
static const char *
settle_format (const char *path, const char *format, GError **error)
{
  if (format == NULL || g_str_equal (format, "auto"))
    return mos_image_is_qcow2 (path) ? "qcow2" : "raw";
  if (g_str_equal (format, "raw") || g_str_equal (format, "qcow2"))
    return format;
  mos_image_set_format_error (format, error);
  return NULL;
}

static gboolean
set_errno_error (GError **error, int code, const char *path, const char *what)
{
  g_set_error (
      error, MOS_ERROR, code == EEXIST ? MOS_ERROR_IN_USE : MOS_ERROR_IO,
      _ ("Cannot %s the disk image “%s”: %s"), what, path, g_strerror (code));
  return FALSE;
}

/* -- create -------------------------------------------------------------- */

/* An empty new file; -1 and an error if there is one already. */
static int
make_file (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

  if (fd < 0)
    set_errno_error (error, errno, path, _ ("create"));
  return fd;
}

static gboolean
create_raw (const char *path, guint64 size, GError **error)
{
  int fd;
  int code = 0;

  if (size == 0 || size > MAX_RAW_BYTES) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("A disk cannot have %llu bytes: 512 bytes to 1 PiB"),
                 (unsigned long long) size);
    return FALSE;
  }
  fd = make_file (path, error);
  if (fd < 0)
    return FALSE;
  if (ftruncate (fd, (off_t) size) != 0)
    code = errno;
  close (fd);
  if (code == 0)
    return TRUE;
  g_unlink (path);
  return set_errno_error (error, code, path, _ ("create"));
}

/* Finds out the size and format of what an image will lie on. */
static gboolean
examine_backing (const char  *path,
                 const char  *backing,
                 const char **format,
                 guint64     *size,
                 GError     **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *place = g_path_is_absolute (backing)
                               ? g_strdup (backing)
                               : g_build_filename (folder, backing, NULL);
  g_autoptr (MosImageInfo) info = NULL;

  if (!mos_image_check_backing (place, format, error))
    return FALSE;
  info = mos_image_info (place, *format, error);
  if (info == NULL)
    return FALSE;
  if (*size == 0)
    *size = info->size;
  return TRUE;
}

static gboolean
create_qcow2 (const char *path,
              guint64     size,
              const char *backing,
              const char *backing_format,
              GError    **error)
{
  int fd;

  if (backing != NULL &&
      !examine_backing (path, backing, &backing_format, &size, error))
    return FALSE;
  if (size == 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("A disk cannot have 0 bytes: give a size such as 20G"));
    return FALSE;
  }
  fd = make_file (path, error);
  if (fd < 0)
    return FALSE;
  close (fd);
  if (mos_qcow2_create (path, size, backing, backing_format, error))
    return TRUE;
  g_unlink (path);
  return FALSE;
}

gboolean
mos_image_create (const char *path,
                  const char *format,
                  guint64     size,
                  const char *backing,
                  const char *backing_format,
                  GError    **error)
{
  /* Disks have whole sectors. */
  size = (size + MOS_BLOCK_SECTOR - 1) & ~(guint64) (MOS_BLOCK_SECTOR - 1);
  if (g_strcmp0 (format, "qcow2") == 0)
    return create_qcow2 (path, size, backing, backing_format, error);
  if (g_strcmp0 (format, "raw") != 0) {
    mos_image_set_format_error (format != NULL ? format : "", error);
    return FALSE;
  }
  if (backing != NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("A raw image cannot lie on another one: use qcow2"));
    return FALSE;
  }
  return create_raw (path, size, error);
}

/* -- describe and check -------------------------------------------------- */

static void
snapshot_free (gpointer data)
{
  MosImageSnapshot *snapshot = data;

  g_free (snapshot->id);
  g_free (snapshot->name);
  g_free (snapshot);
}

void
mos_image_info_free (MosImageInfo *self)
{
  if (self == NULL)
    return;
  g_ptr_array_set_free_func (self->snapshots, snapshot_free);
  g_ptr_array_unref (self->snapshots);
  g_free (self->format);
  g_free (self->backing);
  g_free (self->backing_format);
  g_free (self->compression);
  g_free (self);
}

static MosImageInfo *
raw_info (const char *path, GError **error)
{
  MosImageFile  file;
  MosImageInfo *info;

  if (!mos_image_file_open (&file, path, TRUE, error))
    return NULL;
  info = g_new0 (MosImageInfo, 1);
  info->format = g_strdup ("raw");
  info->size =
      (file.size + MOS_BLOCK_SECTOR - 1) & ~(guint64) (MOS_BLOCK_SECTOR - 1);
  info->snapshots = g_ptr_array_new ();
  mos_image_file_close (&file);
  return info;
}

MosImageInfo *
mos_image_info (const char *path, const char *format, GError **error)
{
  MosImageInfo *info;
  struct stat   status;

  format = settle_format (path, format, error);
  if (format == NULL)
    return NULL;
  info = g_str_equal (format, "qcow2") ? mos_qcow2_info (path, error)
                                       : raw_info (path, error);
  if (info != NULL && stat (path, &status) == 0) {
    info->file_size = (guint64) status.st_size;
    info->disk_bytes = (guint64) status.st_blocks * 512;
  }
  return info;
}

gboolean
mos_image_check (const char    *path,
                 const char    *format,
                 gboolean       repair,
                 MosImageCheck *check,
                 GError       **error)
{
  *check = (MosImageCheck){ 0 };
  format = settle_format (path, format, error);
  if (format == NULL)
    return FALSE;
  if (g_str_equal (format, "qcow2"))
    return mos_qcow2_check_file (path, repair, check, error);
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("The image “%s” is raw and has nothing to check"), path);
  return FALSE;
}

void
mos_image_check_clear (MosImageCheck *check)
{
  g_clear_pointer (&check->first, g_free);
}

/* -- resize -------------------------------------------------------------- */

static gboolean
resize_raw (const char *path, guint64 size, GError **error)
{
  MosImageFile file;
  int          code = 0;

  if (!mos_image_file_open (&file, path, FALSE, error))
    return FALSE;
  if (!file.is_regular)
    code = EINVAL;
  else if (ftruncate (file.fd, (off_t) size) != 0)
    code = errno;
  mos_image_file_close (&file);
  return code == 0 || set_errno_error (error, code, path, _ ("resize"));
}

gboolean
mos_image_resize (const char *path,
                  const char *format,
                  guint64     size,
                  gboolean    shrink,
                  GError    **error)
{
  g_autoptr (MosImageInfo) info = mos_image_info (path, format, error);

  if (info == NULL)
    return FALSE;
  size = (size + MOS_BLOCK_SECTOR - 1) & ~(guint64) (MOS_BLOCK_SECTOR - 1);
  if (size == 0 || size > MAX_RAW_BYTES) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("A disk cannot have %llu bytes: 512 bytes to 1 PiB"),
                 (unsigned long long) size);
    return FALSE;
  }
  if (size < info->size && !shrink) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("The disk “%s” has %llu bytes; making it smaller destroys "
                    "what lies behind and must be asked for (--shrink)"),
                 path, (unsigned long long) info->size);
    return FALSE;
  }
  if (g_str_equal (info->format, "qcow2"))
    return mos_qcow2_resize (path, size, error);
  return resize_raw (path, size, error);
}

/* -- convert ------------------------------------------------------------- */

static gboolean
is_zero (const guint8 *data, gsize size)
{
  return data[0] == 0 && memcmp (data, data + 1, size - 1) == 0;
}

/* Writes what is not zero, in pieces as large as they come. */
static gboolean
write_data (MosBlockStore *to,
            guint64        offset,
            const guint8  *data,
            gsize          size,
            GError       **error)
{
  gsize at = 0;

  while (at < size) {
    gsize    step = MIN (STEP_BYTES, size - at);
    gboolean zero = is_zero (data + at, step);
    gsize    run = step;

    while (at + run < size) {
      step = MIN (STEP_BYTES, size - at - run);
      if (is_zero (data + at + run, step) != zero)
        break;
      run += step;
    }
    if (!zero &&
        !mos_block_store_write (to, offset + at, data + at, run, error))
      return FALSE;
    at += run;
  }
  return TRUE;
}

static gboolean
copy_disk (MosBlockStore   *from,
           MosBlockStore   *to,
           MosImageProgress progress,
           gpointer         user_data,
           GError         **error)
{
  g_autofree guint8 *data = g_malloc (COPY_BYTES);

  for (guint64 at = 0; at < from->size; at += COPY_BYTES) {
    gsize size = MIN (COPY_BYTES, from->size - at);

    if (!mos_block_store_read (from, at, data, size, error) ||
        !write_data (to, at, data, size, error))
      return FALSE;
    if (progress != NULL && !progress (at + size, from->size, user_data)) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_CANCELLED,
                   _ ("Copying “%s” was given up"), from->path);
      return FALSE;
    }
  }
  return mos_block_store_flush (to, error);
}

gboolean
mos_image_convert (const char      *source,
                   const char      *source_format,
                   const char      *target,
                   const char      *target_format,
                   MosImageProgress progress,
                   gpointer         user_data,
                   GError         **error)
{
  g_autoptr (MosBlockStore) from =
      mos_image_open (source, source_format, TRUE, error);
  MosBlockStore *to;
  gboolean       done;

  if (from == NULL ||
      !mos_image_create (target, target_format, from->size, NULL, NULL, error))
    return FALSE;
  to = mos_image_open (target, target_format, FALSE, error);
  done = to != NULL && copy_disk (from, to, progress, user_data, error);
  mos_block_store_unref (to);
  if (!done)
    g_unlink (target);
  return done;
}
