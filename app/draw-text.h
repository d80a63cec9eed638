/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Text in drawings that are made without a toolkit. Any thread.
 */
#pragma once

#include <pango/pangocairo.h>

G_BEGIN_DECLS

/* @text in @font, a family, @size units of @cr high. A full reference. */
PangoLayout *mos_draw_text_new (cairo_t    *cr,
                                const char *font,
                                double      size,
                                gboolean    bold,
                                const char *text);

G_END_DECLS
