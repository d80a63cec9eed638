/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Who draws the windows: a graphics card, or the processor. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Before the first window on @display. OpenGL without a graphics card draws the
 * whole window for each frame; there the toolkit's Cairo renderer is chosen,
 * which draws what has changed, unless the user has chosen (GSK_RENDERER). */
void mos_renderer_choose (GdkDisplay *display);

/* Whether the window of @widget is drawn by the Cairo renderer; FALSE while it
 * is in none that is realized. */
gboolean mos_renderer_is_cairo (GtkWidget *widget);

G_END_DECLS
