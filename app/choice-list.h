/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A list of places to go to, in a side bar. A click or Enter chooses a row;
 * the focus chooses nothing, so that Tab and the arrow keys lead through the
 * list without leaving the page behind. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Called @name; "row-activated" says what was chosen. */
GtkWidget *mos_choice_list_new (const char *name);

/* Shows @row, one of @list's, as the place where one is; or none. */
void mos_choice_list_set_chosen (GtkListBox *list, GtkListBoxRow *row);

G_END_DECLS
