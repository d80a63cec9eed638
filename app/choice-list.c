/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A list box without a selection of its own; the chosen row looks and reads
 * as the selected one. Main thread.
 */
#include "app/choice-list.h"

#include "app/access.h"

GtkWidget *
mos_choice_list_new (const char *name)
{
  GtkWidget *list = gtk_list_box_new ();

  /* In the other modes GTK 4.8 selects what Tab focuses. */
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (list, "navigation-sidebar");
  mos_access_name (list, name);
  return list;
}

void
mos_choice_list_set_chosen (GtkListBox *list, GtkListBoxRow *row)
{
  GtkListBoxRow *other;

  for (int i = 0; (other = gtk_list_box_get_row_at_index (list, i)) != NULL;
       i++) {
    GtkWidget *widget = GTK_WIDGET (other);

    if (other == row)
      gtk_widget_set_state_flags (widget, GTK_STATE_FLAG_SELECTED, FALSE);
    else
      gtk_widget_unset_state_flags (widget, GTK_STATE_FLAG_SELECTED);
    gtk_accessible_update_state (GTK_ACCESSIBLE (widget),
                                 GTK_ACCESSIBLE_STATE_SELECTED, other == row,
                                 -1);
  }
}
