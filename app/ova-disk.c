/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Disks of appliances, unpacked. A stream-optimized VMDK is a header and then
 * grains, each with its place and its size before it, compressed ("Virtual
 * Disk Format", "Stream-Optimized Compressed Sparse Extents"); it is read from
 * front to back, and its tables are not needed. Anything else is taken for a
 * raw image. Any thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "app/ova.h"

#define SECTOR          512u
#define VMDK_MAGIC      0x564d444bu /* "KDMV" */
#define COMPRESSED_FLAG (1u << 16)
#define MARKERS_FLAG    (1u << 17)
#define MAX_GRAIN_BYTES (1u << 20)
#define COPY_BYTES      (256u << 10)

typedef struct {
  int           in, out;
  const char   *path;
  guint64       at, end; /* in the input */
  guint64       capacity;
  guint64       begin;
  GCancellable *cancellable;

  MosOvaProgress progress;
  gpointer       user_data;
} Unpacking;

/* Between two pieces: tells how far it is; FALSE when it is to end. */
static gboolean
go_on (Unpacking *self, GError **error)
{
  if (self->progress != NULL && self->end > self->begin)
    self->progress (self->user_data, (double) (self->at - self->begin) /
                                         (double) (self->end - self->begin));
  return !g_cancellable_set_error_if_cancelled (self->cancellable, error);
}

static gboolean
damaged (Unpacking *self, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
               _ ("“%s”: a disk is damaged or cut off"), self->path);
  return FALSE;
}

static gboolean
take (Unpacking *self, gpointer data, gsize size)
{
  guint8 *to = data;

  if (size > self->end - self->at)
    return FALSE;
  while (size > 0) {
    gssize n = pread (self->in, to, size, (off_t) self->at);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    to += n;
    self->at += (guint64) n;
    size -= (gsize) n;
  }
  return TRUE;
}

static gboolean
put (Unpacking    *self,
     guint64       offset,
     const guint8 *data,
     gsize         size,
     GError      **error)
{
  while (size > 0) {
    gssize n = pwrite (self->out, data, size, (off_t) offset);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
                   _ ("Unpacking “%s”: %s. Make room on the disk and try "
                      "again."),
                   self->path, g_strerror (errno));
      return FALSE;
    }
    data += n;
    offset += (guint64) n;
    size -= (gsize) n;
  }
  return TRUE;
}

static gboolean
is_zero (const guint8 *data, gsize size)
{
  return size == 0 || (data[0] == 0 && memcmp (data, data + 1, size - 1) == 0);
}

static guint32
le32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return GUINT32_FROM_LE (value);
}

static guint64
le64 (const guint8 *at)
{
  guint64 value;

  memcpy (&value, at, sizeof value);
  return GUINT64_FROM_LE (value);
}

/* -- VMDK ---------------------------------------------------------------- */

/* One grain: @size compressed bytes follow the marker at @start. */
static gboolean
unpack_grain (Unpacking *self,
              guint64    lba,
              guint32    size,
              guint8    *packed,
              guint8    *grain,
              guint64    grain_bytes,
              GError   **error)
{
  uLongf  length = (uLongf) grain_bytes;
  guint64 start = self->at - 12;
  guint64 offset;

  if (size > 2 * grain_bytes || lba >= self->capacity / SECTOR ||
      !take (self, packed, size) ||
      uncompress (grain, &length, packed, size) != Z_OK)
    return damaged (self, error);
  offset = lba * SECTOR;
  length = MIN (length, self->capacity - offset);
  self->at = start + (12 + (guint64) size + SECTOR - 1) / SECTOR * SECTOR;
  return is_zero (grain, length) || put (self, offset, grain, length, error);
}

static gboolean
unpack_grains (Unpacking *self, guint64 grain_bytes, GError **error)
{
  g_autofree guint8 *packed = g_malloc (2 * grain_bytes);
  g_autofree guint8 *grain = g_malloc (grain_bytes);

  while (self->at + SECTOR <= self->end) {
    guint8  marker[16];
    guint64 value;
    guint32 size;

    if (!go_on (self, error))
      return FALSE;
    if (!take (self, marker, 12))
      return damaged (self, error);
    value = le64 (marker);
    size = le32 (marker + 8);
    if (size > 0) {
      if (!unpack_grain (self, value, size, packed, grain, grain_bytes, error))
        return FALSE;
      continue;
    }
    if (!take (self, marker + 12, 4))
      return damaged (self, error);
    if (le32 (marker + 12) == 0)
      return TRUE; /* the end of the stream */
    /* Tables, which a reader from front to back does not need. */
    self->at += SECTOR - 16;
    if (value > (self->end - MIN (self->at, self->end)) / SECTOR)
      return damaged (self, error);
    self->at += value * SECTOR;
  }
  return damaged (self, error);
}

static gboolean
unpack_vmdk (Unpacking *self, const guint8 *header, GError **error)
{
  guint32 flags = le32 (header + 8);
  guint64 capacity = le64 (header + 12);
  guint64 grain = le64 (header + 20);
  guint64 overhead = le64 (header + 64);

  if (!(flags & COMPRESSED_FLAG) || !(flags & MARKERS_FLAG)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("“%s”: its disk is a VMDK that is not stream-optimized; "
                    "export the appliance again as OVA"),
                 self->path);
    return FALSE;
  }
  if (grain == 0 || grain > MAX_GRAIN_BYTES / SECTOR || capacity == 0 ||
      capacity > (64ull << 40) / SECTOR || overhead == 0 ||
      overhead > (self->end - self->at) / SECTOR)
    return damaged (self, error);
  self->capacity = capacity * SECTOR;
  self->at += overhead * SECTOR;
  return unpack_grains (self, grain * SECTOR, error);
}

/* -- raw ----------------------------------------------------------------- */

static gboolean
copy_raw (Unpacking *self, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (COPY_BYTES);
  guint64            to = 0;

  self->capacity = MAX (self->capacity, self->end - self->at);
  while (self->at < self->end) {
    gsize size = (gsize) MIN (COPY_BYTES, self->end - self->at);

    if (!go_on (self, error))
      return FALSE;
    if (!take (self, buffer, size))
      return damaged (self, error);
    if (!is_zero (buffer, size) && !put (self, to, buffer, size, error))
      return FALSE;
    to += size;
  }
  return TRUE;
}

/* -- either -------------------------------------------------------------- */

static gboolean
unpack (Unpacking *self, GError **error)
{
  guint8   header[SECTOR];
  guint64  start = self->at;
  gboolean vmdk = take (self, header, SECTOR) && le32 (header) == VMDK_MAGIC;

  self->at = start;
  if (!(vmdk ? unpack_vmdk (self, header, error) : copy_raw (self, error)))
    return FALSE;
  if (ftruncate (self->out, (off_t) self->capacity) != 0 ||
      fsync (self->out) != 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("Unpacking “%s”: %s"),
                 self->path, g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

gboolean
mos_ova_unpack (const MosOva  *self,
                guint          n,
                const char    *target,
                MosOvaProgress progress,
                gpointer       user_data,
                GCancellable  *cancellable,
                GError       **error)
{
  const MosOvaDisk *disk = &self->disks[n];
  Unpacking         job = {
            .path = self->path,
            .at = disk->offset,
            .begin = disk->offset,
            .end = disk->offset + disk->size,
            .capacity = disk->capacity,
            .cancellable = cancellable,
            .progress = progress,
            .user_data = user_data,
  };
  gboolean good = FALSE;

  g_return_val_if_fail (n < self->n_disks, FALSE);

  job.in =
      open (disk->file != NULL ? disk->file : self->path, O_RDONLY | O_CLOEXEC);
  job.out = open (target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (job.in < 0 || job.out < 0)
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("Unpacking “%s”: %s"),
                 self->path, g_strerror (errno));
  else
    good = unpack (&job, error);
  if (job.in >= 0)
    close (job.in);
  if (job.out >= 0)
    close (job.out);
  if (!good && job.out >= 0)
    g_unlink (target);
  return good;
}
