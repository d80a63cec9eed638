/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Whole numbers, packed.
 *
 * A column of samples is stored as the differences of its differences, each
 * in as few bytes as it needs and runs of equal ones as one. Time stamps a
 * second apart and counters that stand still or grow evenly cost next to
 * nothing. Pure functions; unpacking takes any bytes (tests/fuzz/fuzz-codec.c).
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* More values than any block holds. */
#define MOS_CODEC_MAX_VALUES 65536u

/* Appends @n values to @to; they are all of one column. */
void mos_codec_pack (GByteArray *to, const gint64 *values, guint n);

/*
 * Reads a column of at most @max values from @data, appending them to @values
 * (of gint64). Returns how many bytes it took, 0 if they are no column.
 */
gsize
mos_codec_unpack (const guint8 *data, gsize size, guint max, GArray *values);

G_END_DECLS
