/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a monitor says of itself.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_EDID_BYTES 128

/* Fills in MOS_EDID_BYTES; @width and @height of the preferred mode, 0 for a
 * usual one, are brought into what the screen can show. */
void mos_edid_fill (guint8 *edid, guint width, guint height);

G_END_DECLS
