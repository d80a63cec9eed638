/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Disk images: opening them for a machine, and what tools do with them.
 *
 * Whatever is in the file, an opened image is a MosBlockStore; the reader of
 * the format runs on threads of its own and is the only one that looks inside.
 * An image is locked as long as it is open: one writer or many readers.
 *
 * A format is "raw", "qcow2", or "auto" (or NULL) to look at the first bytes.
 * Errors are one sentence each: MOS_ERROR_NOT_FOUND, _IN_USE (says by whom),
 * _INVALID_VALUE (a folder, an empty file, a format we do not know), _SYNTAX
 * (a damaged image), _IO. None of this is for vCPU threads.
 */
#pragma once

#include "engine/host/block.h"

G_BEGIN_DECLS

/*
 * Opens the image at @path.
 *
 * A raw image that was found by looking refuses a guest's attempt to make its
 * first bytes look like another format's.
 */
MosBlockStore *mos_image_open (const char *path,
                               const char *format,
                               gboolean    read_only,
                               GError    **error);

/*
 * A store in memory, for the media of built-in guests and for tests. Its size
 * is that of @bytes, rounded up to whole sectors. @writable_copy: changes are
 * kept in a copy until the store is gone; otherwise it is read-only.
 */
MosBlockStore *mos_memory_store_new (GBytes *bytes, gboolean writable_copy);

/*
 * Makes a new image of @size bytes at @path; MOS_ERROR_IN_USE if there is a
 * file already. @backing, for qcow2 only: what reads where nothing has been
 * written; with it, @size may be 0 for the size of that. A raw image takes no
 * space until it is written. @backing_format NULL means raw, unless the file
 * looks like qcow2: MOS_ERROR_INVALID_VALUE then asks for it.
 */
gboolean mos_image_create (const char *path,
                           const char *format,
                           guint64     size,
                           const char *backing,
                           const char *backing_format,
                           GError    **error);

/* Grows an image, or shrinks it if @shrink; what lies behind is lost then. */
gboolean mos_image_resize (const char *path,
                           const char *format,
                           guint64     size,
                           gboolean    shrink,
                           GError    **error);

typedef struct {
  char   *id;
  char   *name;
  guint64 size;   /* of the disk, bytes */
  gint64  time_s; /* Unix time it was taken */
} MosImageSnapshot;

typedef struct {
  char      *format;
  guint64    size;       /* of the disk, bytes */
  guint64    file_size;  /* of the file */
  guint64    disk_bytes; /* that the file takes */
  char      *backing;    /* as written in the image, or NULL */
  char      *backing_format;
  GPtrArray *snapshots; /* of MosImageSnapshot */
  guint      version;   /* qcow2: 2 or 3; otherwise 0 */
  guint32    cluster_bytes;
  gboolean   dirty;   /* was not closed well */
  gboolean   corrupt; /* somebody found damage and marked it */
  gboolean   lazy_refcounts;
  char      *compression; /* "zlib", "zstd", or NULL */
} MosImageInfo;

MosImageInfo      *
mos_image_info (const char *path, const char *format, GError **error);
void mos_image_info_free (MosImageInfo *self);

typedef struct {
  guint64 clusters; /* of the disk that have data */
  guint64 leaks;    /* clusters nobody uses, but that count as used */
  guint64 errors;   /* that can lose data */
  guint64 repaired; /* of both */
  char   *first;    /* what the first error is, or NULL */
} MosImageCheck;

/*
 * Reads all tables of the image and counts what is wrong; @repair puts use
 * counts right, which is all that can be put right safely. FALSE only if the
 * check could not be done. Clear @check afterwards.
 */
gboolean mos_image_check (const char    *path,
                          const char    *format,
                          gboolean       repair,
                          MosImageCheck *check,
                          GError       **error);
void     mos_image_check_clear (MosImageCheck *check);

/* @done and @total are bytes; return FALSE to give up. */
typedef gboolean (*MosImageProgress) (guint64  done,
                                      guint64  total,
                                      gpointer user_data);

/* Copies the disk in @source into a new image at @target, leaving zeros out.
 * If it fails, @target is not left behind. */
gboolean mos_image_convert (const char      *source,
                            const char      *source_format,
                            const char      *target,
                            const char      *target_format,
                            MosImageProgress progress,
                            gpointer         user_data,
                            GError         **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosImageInfo, mos_image_info_free)

G_END_DECLS
