/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What is read whole has to be a file and not too large. Any thread.
 */
#pragma once

#include <gio/gio.h>
#include <glib/gstdio.h>

G_BEGIN_DECLS

/*
 * Whether @path, of which @info tells, is a file of at most @max_bytes; which
 * of the two it is not is said. MOS_ERROR_INVALID_VALUE.
 */
gboolean mos_file_fits (const char     *path,
                        const GStatBuf *info,
                        gint64          max_bytes,
                        GError        **error);

G_END_DECLS
