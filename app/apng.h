/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Moving pictures as a file: an animated PNG, without loss, that every web
 * browser plays and that an old viewer shows the first picture of.
 *
 * Only what has changed since the picture before is written, so a text screen
 * takes a few kilobytes a minute. The file is in order after each picture: a
 * program that is killed leaves what it had. PNG Specification, Third Edition,
 * "Animated image". No GTK; one thread at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct MosApng MosApng;

/* A new file of that many pixels; MOS_ERROR_IO. */
MosApng *
mos_apng_new (const char *path, guint width, guint height, GError **error);

/*
 * The picture from @time_ms on, which never goes back: 0xffRRGGBB, rows of
 * @stride pixels. One of another size is fitted into the file's, with black
 * around it. FALSE, and the file is of no more use, if it cannot be written
 * (MOS_ERROR_IO).
 */
gboolean mos_apng_add (MosApng       *self,
                       gint64         time_ms,
                       const guint32 *pixels,
                       guint          width,
                       guint          height,
                       guint          stride,
                       GError       **error);

guint mos_apng_get_frames (MosApng *self);

/* Ends the file at @time_ms and frees. */
gboolean mos_apng_close (MosApng *self, gint64 time_ms, GError **error);

G_END_DECLS
