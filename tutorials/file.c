/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The check before reading; see file.h. Any thread.
 */
#include "tutorials/file.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

#include "engine/base/error.h"

gboolean
mos_file_fits (const char     *path,
               const GStatBuf *info,
               gint64          max_bytes,
               GError        **error)
{
  g_return_val_if_fail (path != NULL && info != NULL, FALSE);

  if (!S_ISREG (info->st_mode)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE, _ ("%s is no file"),
                 path);
    return FALSE;
  }
  if (info->st_size > max_bytes) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("%s is too large: it has %" PRId64
                    " bytes, and at most %" PRId64 " are read"),
                 path, (gint64) info->st_size, max_bytes);
    return FALSE;
  }
  return TRUE;
}
