/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Errors in what somebody wrote, with the place in it: "lab.md:7: what". Any
 * thread.
 */
#pragma once

#include <stdarg.h>

#include "engine/base/error.h"

G_BEGIN_DECLS

/* Sets "PLACE: what" in MOS_ERROR; FALSE, so that a reader can return it. */
gboolean mos_place_fail (GError    **error,
                         MosError    code,
                         const char *place,
                         const char *format,
                         va_list     args) G_GNUC_PRINTF (4, 0);

G_END_DECLS
