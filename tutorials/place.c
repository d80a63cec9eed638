/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Errors in what somebody wrote, with the place in it. Any thread.
 */
#include "tutorials/place.h"

gboolean
mos_place_fail (GError    **error,
                MosError    code,
                const char *place,
                const char *format,
                va_list     args)
{
  g_autofree char *message = g_strdup_vprintf (format, args);

  g_set_error (error, MOS_ERROR, (int) code, "%s: %s", place, message);
  return FALSE;
}
