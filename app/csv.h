/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Cells of comma-separated values (RFC 4180). Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Appends @text as one cell: in quotes only where it needs them. */
void mos_csv_append (GString *csv, const char *text);

G_END_DECLS
