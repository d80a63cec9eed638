/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Reading and writing the file below an image.
 *
 * The kernel may move fewer bytes than asked for and may be interrupted; this
 * file is where that is dealt with, once. Any thread, several at a time.
 */
#include "devices/storage/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <limits.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"

#define ZEROES_BYTES 65536u
/* How many parts of a vector go to the kernel at once. */
#define BATCH 64u

/* As g_set_error(), and FALSE for the caller to return. */
G_GNUC_PRINTF (3, 4)
static gboolean
refuse (GError **error, MosError code, const char *sentence, ...)
{
  va_list          arguments;
  g_autofree char *text = NULL;

  va_start (arguments, sentence);
  text = g_strdup_vprintf (sentence, arguments);
  va_end (arguments);
  g_set_error_literal (error, MOS_ERROR, code, text);
  return FALSE;
}

static gboolean
set_open_error (GError **error, const char *path, gboolean read_only, int code)
{
  if (code == ENOENT || code == ENOTDIR)
    return refuse (error, MOS_ERROR_NOT_FOUND,
                   _ ("There is no disk image “%s”: check the path"), path);
  if (code == EISDIR)
    return refuse (
        error, MOS_ERROR_INVALID_VALUE,
        _ ("“%s” is a folder, not a disk image: choose a file in it"), path);
  if ((code == EACCES || code == EPERM || code == EROFS) && !read_only)
    return refuse (error, MOS_ERROR_IO,
                   _ ("You may not write the disk image “%s”: change its "
                      "permissions or open it read-only"),
                   path);
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
               _ ("Cannot open the disk image “%s”: %s"), path,
               g_strerror (code));
  return FALSE;
}

/* Learns kind and size; only files and block devices are images. */
static gboolean
examine (MosImageFile *self, const char *path, GError **error)
{
  struct stat status;
  off_t       end;

  if (fstat (self->fd, &status) != 0)
    return set_open_error (error, path, TRUE, errno);
  if (S_ISDIR (status.st_mode))
    return set_open_error (error, path, TRUE, EISDIR);
  if (!S_ISREG (status.st_mode) && !S_ISBLK (status.st_mode))
    return refuse (error, MOS_ERROR_INVALID_VALUE,
                   _ ("“%s” is neither a file nor a disk: choose a disk image"),
                   path);
  self->is_regular = S_ISREG (status.st_mode);
  end = lseek (self->fd, 0, SEEK_END);
  if (end < 0)
    return set_open_error (error, path, TRUE, errno);
  if (end == 0)
    return refuse (error, MOS_ERROR_INVALID_VALUE,
                   _ ("The disk image “%s” is empty: create one with “multios "
                      "disk create”"),
                   path);
  self->size = (guint64) end;
  return TRUE;
}

gboolean
mos_image_file_open (MosImageFile *self,
                     const char   *path,
                     gboolean      read_only,
                     GError      **error)
{
  /* O_NONBLOCK: a pipe by this name must not hang us. */
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

  self->fd = open (path, flags | (read_only ? O_RDONLY : O_RDWR));
  if (self->fd < 0)
    return set_open_error (error, path, read_only, errno);
  if (examine (self, path, error) &&
      mos_image_lock (self->fd, path, !read_only, error))
    return TRUE;
  mos_image_file_close (self);
  return FALSE;
}

void
mos_image_file_close (MosImageFile *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

guint64
mos_image_file_size (MosImageFile *self)
{
  struct stat status;

  if (!self->is_regular)
    return self->size;
  return fstat (self->fd, &status) == 0 ? (guint64) status.st_size : 0;
}

/* -- moving bytes -------------------------------------------------------- */

/* The rest of a vector, without changing it. */
typedef struct {
  const struct iovec *iov;
  guint               n_iov;
  gsize               skip; /* of the first part */
} Rest;

/* Up to BATCH parts for the kernel. */
static guint
take_batch (const Rest *rest, struct iovec *batch)
{
  guint count = MIN (rest->n_iov, BATCH);

  for (guint i = 0; i < count; i++)
    batch[i] = rest->iov[i];
  if (count > 0) {
    batch[0].iov_base = (guint8 *) batch[0].iov_base + rest->skip;
    batch[0].iov_len -= rest->skip;
  }
  return count;
}

static void
advance (Rest *rest, gsize moved)
{
  while (rest->n_iov > 0) {
    gsize left = rest->iov->iov_len - rest->skip;

    if (moved < left) {
      rest->skip += moved;
      return;
    }
    moved -= left;
    rest->skip = 0;
    rest->iov++;
    rest->n_iov--;
  }
}

static gsize
zero_rest (Rest *rest)
{
  gsize count = 0;

  for (; rest->n_iov > 0; rest->iov++, rest->n_iov--, rest->skip = 0) {
    gsize left = rest->iov->iov_len - rest->skip;

    memset ((guint8 *) rest->iov->iov_base + rest->skip, 0, left);
    count += left;
  }
  return count;
}

static gboolean
is_left (Rest *rest)
{
  advance (rest, 0);
  return rest->n_iov > 0;
}

int
mos_image_file_readv (MosImageFile       *self,
                      guint64             offset,
                      const struct iovec *iov,
                      guint               n_iov,
                      guint64             zero_from)
{
  Rest         rest = { .iov = iov, .n_iov = n_iov };
  struct iovec batch[BATCH];

  while (is_left (&rest)) {
    guint   count = take_batch (&rest, batch);
    ssize_t moved = preadv (self->fd, batch, (int) count, (off_t) offset);

    if (moved < 0 && errno == EINTR)
      continue;
    if (moved < 0)
      return -errno;
    if (moved == 0) {
      if (offset < zero_from)
        return -EIO;
      zero_rest (&rest);
      return 0;
    }
    advance (&rest, (gsize) moved);
    offset += (guint64) moved;
  }
  return 0;
}

int
mos_image_file_writev (MosImageFile       *self,
                       guint64             offset,
                       const struct iovec *iov,
                       guint               n_iov)
{
  Rest         rest = { .iov = iov, .n_iov = n_iov };
  struct iovec batch[BATCH];

  while (is_left (&rest)) {
    guint   count = take_batch (&rest, batch);
    ssize_t moved = pwritev (self->fd, batch, (int) count, (off_t) offset);

    if (moved < 0 && errno == EINTR)
      continue;
    if (moved < 0)
      return -errno;
    if (moved == 0)
      return -EIO;
    advance (&rest, (gsize) moved);
    offset += (guint64) moved;
  }
  return 0;
}

int
mos_image_file_read (MosImageFile *self, guint64 offset, void *data, gsize size)
{
  struct iovec iov = { .iov_base = data, .iov_len = size };

  return mos_image_file_readv (self, offset, &iov, 1, G_MAXUINT64);
}

int
mos_image_file_write (MosImageFile *self,
                      guint64       offset,
                      const void   *data,
                      gsize         size)
{
  struct iovec iov = { .iov_base = (void *) data, .iov_len = size };

  return mos_image_file_writev (self, offset, &iov, 1);
}

/* -- space --------------------------------------------------------------- */

static int
punch (MosImageFile *self, int mode, guint64 offset, guint64 size)
{
  while (fallocate (self->fd, mode | FALLOC_FL_KEEP_SIZE, (off_t) offset,
                    (off_t) size) != 0)
    if (errno != EINTR)
      return -errno;
  return 0;
}

int
mos_image_file_discard (MosImageFile *self, guint64 offset, guint64 size)
{
  int result = punch (self, FALLOC_FL_PUNCH_HOLE, offset, size);

  /* Advice; a file system that cannot do it loses nothing. */
  return result == -EOPNOTSUPP || result == -ENOSYS ? 0 : result;
}

static int
write_zeroes (MosImageFile *self, guint64 offset, guint64 size)
{
  g_autofree guint8 *zeroes = g_malloc0 (ZEROES_BYTES);

  while (size > 0) {
    gsize count = MIN (size, ZEROES_BYTES);
    int   result = mos_image_file_write (self, offset, zeroes, count);

    if (result != 0)
      return result;
    offset += count;
    size -= count;
  }
  return 0;
}

int
mos_image_file_zero (MosImageFile *self, guint64 offset, guint64 size)
{
  guint64 end = mos_image_file_size (self);
  int     result = -EOPNOTSUPP;

  /* Both modes keep the size, so they cannot reach beyond the end. */
  if (offset + size <= end)
    result = punch (self, FALLOC_FL_PUNCH_HOLE, offset, size);
  if (result != 0 && offset + size <= end)
    result = punch (self, FALLOC_FL_ZERO_RANGE, offset, size);
  if (result == -EOPNOTSUPP || result == -ENOSYS)
    return write_zeroes (self, offset, size);
  return result;
}

int
mos_image_file_flush (MosImageFile *self)
{
  while (fdatasync (self->fd) != 0)
    if (errno != EINTR)
      return -errno;
  return 0;
}
