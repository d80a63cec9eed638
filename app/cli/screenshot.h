/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Pictures of guest screens as PNG files.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Writes WIDTH by HEIGHT pixels 0xffRRGGBB, native endian, row by row, to the
 * file PATH, which is replaced at once or not at all. MOS_ERROR_IO. Any
 * thread.
 */
gboolean mos_screenshot_save (const char    *path,
                              const guint32 *pixels,
                              guint          width,
                              guint          height,
                              GError       **error);

G_END_DECLS
