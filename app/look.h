/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the user has asked of everything that is drawn: more contrast, no
 * motion, right to left. Own drawings ask here; the toolkit's widgets know by
 * themselves. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Whether faint lines and tints have to be strong ones. Style sheets say it in
 * data/style-hc.css. */
gboolean mos_look_contrast (void);

/* Whether something may move by itself in @widget. */
gboolean mos_look_animated (GtkWidget *widget);

/* Whether what has a beginning begins at the right side of @widget. Time does
 * not: graphs go from left to right in every language. */
gboolean mos_look_mirrored (GtkWidget *widget);

/* Whether the window of @widget was put away, so that nobody sees what changes
 * in it. Not every desktop says so. */
gboolean mos_look_put_away (GtkWidget *widget);

G_END_DECLS
