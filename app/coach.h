/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Coach marks: pointing at a part of the window by its id.
 *
 * The ids are those that labs may name, tutorials/targets.h. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Gives @widget the id; from then on it can be found below its window. */
void mos_coach_set_id (GtkWidget *widget, const char *id);

/* The widget with this id below @root, or NULL. */
GtkWidget *mos_coach_find (GtkWidget *root, const char *id);

/* Marks it for some seconds, with its name and the way there from @from, which
 * is below @root; shows the page it is on. FALSE if it is not there. */
gboolean mos_coach_point (GtkWidget *root, GtkWidget *from, const char *id);

/* Takes the mark below @root away, if there is one. */
void mos_coach_unpoint (GtkWidget *root);

G_END_DECLS
