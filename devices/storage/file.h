/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The file below an image: opened, checked, locked, and moved whole.
 *
 * Shared by the readers of all formats. Functions that return int give 0 or a
 * negative errno and are used on worker threads.
 */
#pragma once

#include <gio/gio.h>
#include <sys/uio.h>

G_BEGIN_DECLS

typedef struct {
  int      fd;
  guint64  size;       /* bytes, when it was opened */
  gboolean is_regular; /* not a block device */
} MosImageFile;

/*
 * Opens @path for reading, or for both, and locks it; see mos_image_open()
 * for the errors. An empty file is an error.
 */
gboolean mos_image_file_open (MosImageFile *self,
                              const char   *path,
                              gboolean      read_only,
                              GError      **error);
void     mos_image_file_close (MosImageFile *self);

/* How many bytes there are now. */
guint64 mos_image_file_size (MosImageFile *self);

/* Moves exactly @size bytes; -EIO where the file ends too early. */
int mos_image_file_read (MosImageFile *self,
                         guint64       offset,
                         void         *data,
                         gsize         size);
int mos_image_file_write (MosImageFile *self,
                          guint64       offset,
                          const void   *data,
                          gsize         size);

/* The same for vectors, which stay as they are. Reads beyond @zero_from give
 * zeros where the file has nothing. */
int mos_image_file_readv (MosImageFile       *self,
                          guint64             offset,
                          const struct iovec *iov,
                          guint               n_iov,
                          guint64             zero_from);
int mos_image_file_writev (MosImageFile       *self,
                           guint64             offset,
                           const struct iovec *iov,
                           guint               n_iov);

/* Gives the space back; what is read there is zero or what was before. */
int mos_image_file_discard (MosImageFile *self, guint64 offset, guint64 size);
/* What is read there is zero from now on. */
int mos_image_file_zero (MosImageFile *self, guint64 offset, guint64 size);
int mos_image_file_flush (MosImageFile *self);

/*
 * Locks @fd, an open file, as the only writer or as one of many readers. The
 * lock goes with the last descriptor of this opening. MOS_ERROR_IN_USE names
 * the other program where that can be found out.
 */
gboolean
mos_image_lock (int fd, const char *path, gboolean for_writing, GError **error);

/* image.c: does the file begin as a qcow2 image does? */
gboolean mos_image_is_qcow2 (const char *path);
void     mos_image_set_format_error (const char *format, GError **error);

G_END_DECLS
