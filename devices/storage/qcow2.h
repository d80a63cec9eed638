/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Images in the qcow2 format, versions 2 and 3.
 *
 * Use mos_image_open() and its sisters; these are what they call.
 */
#pragma once

#include "devices/storage/image.h"

G_BEGIN_DECLS

/* The first four bytes of such an image. */
#define MOS_QCOW2_MAGIC "QFI\xfb"

/* @depth: how many images lie on top of this one. For writing, the image is
 * checked first: a damaged one is refused, one that was not closed well is
 * put right. */
MosBlockStore *mos_qcow2_store_open (const char *path,
                                     gboolean    read_only,
                                     guint       depth,
                                     GError    **error);

/* @backing and its format may be NULL. Replaces what is at @path. */
gboolean mos_qcow2_create (const char *path,
                           guint64     size,
                           const char *backing,
                           const char *backing_format,
                           GError    **error);

/* See mos_image_info(), mos_image_check(), mos_image_resize(). */
MosImageInfo *mos_qcow2_info (const char *path, GError **error);
gboolean      mos_qcow2_check_file (const char    *path,
                                    gboolean       repair,
                                    MosImageCheck *check,
                                    GError       **error);
gboolean      mos_qcow2_resize (const char *path, guint64 size, GError **error);

/*
 * What the image at @path, that another one lies on, is read as. A @format that
 * is NULL becomes "raw"; but if the file begins as a qcow2 image does, nobody
 * can tell whether a guest has written that into a raw one, to have files of
 * the host read as its disk, and MOS_ERROR_INVALID_VALUE asks for the format.
 */
gboolean
mos_image_check_backing (const char *path, const char **format, GError **error);

G_END_DECLS
