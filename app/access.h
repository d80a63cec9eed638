/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Names and reasons for assistive technology.
 *
 * Composite widgets (menu buttons, spin buttons, entries) hand the focus to a
 * child of theirs, and GTK 4.8 gives that child no name; these helpers do.
 * Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The accessible name of @widget and of what inside it takes the focus. */
void mos_access_name (GtkWidget *widget, const char *name);

/* As above, and the tooltip of an icon-only button. */
void mos_access_icon_button (GtkWidget *widget, const char *name);

/* An icon-only button with such a name, whose click calls @clicked with @data
 * first (swapped). */
GtkWidget *mos_access_icon_button_new (const char *icon,
                                       const char *name,
                                       GCallback   clicked,
                                       gpointer    data);

/* A view that is as high as @child until that is higher than @most pixels,
 * then it scrolls; @name may be NULL. */
GtkWidget *
mos_access_scroller_new (GtkWidget *child, const char *name, int most);

/* What a screen reader adds to the name; NULL for nothing. */
void mos_access_describe (GtkWidget *widget, const char *description);

/* Escape closes @window. */
void mos_access_close_on_escape (GtkWidget *window);

/* Whether what @widget shows is still being found out. */
void mos_access_busy (GtkWidget *widget, gboolean busy);

/*
 * A button that may be insensitive: @title is what it does, @why_not why it
 * cannot now, or NULL. Sets tooltip and description, not the sensitivity.
 */
void
mos_access_reason (GtkWidget *widget, const char *title, const char *why_not);

/*
 * The same with the sensitivity: insensitive exactly when there is a reason.
 * @title NULL: the widget keeps its name, and its tooltip is said before the
 * reason. Every control that may be insensitive goes through here.
 */
void
mos_access_allow (GtkWidget *widget, const char *title, const char *why_not);

/*
 * Names what the toolkit left without a name below @root: scrolled views,
 * search entries, lists, and buttons of the toolkit's own that show only an
 * icon. What has a name keeps it.
 */
void mos_access_sweep (GtkWidget *root);

G_END_DECLS
