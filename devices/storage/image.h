/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Opening disk images.
 *
 * Whatever is in the file, the result is a MosBlockStore; the reader of the
 * format runs on threads of its own and is the only one that looks inside.
 * An image is locked as long as it is open: one writer or many readers.
 */
#pragma once

#include "engine/host/block.h"

G_BEGIN_DECLS

/*
 * Opens the image at @path. @format is "raw", "qcow2", or "auto" (or NULL) to
 * look at its first bytes. Errors, one sentence each: MOS_ERROR_NOT_FOUND,
 * _IN_USE (says by whom), _INVALID_VALUE (a folder, an empty file, a format we
 * do not know), _SYNTAX (a damaged image), _IO. Not on vCPU threads.
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

G_END_DECLS
