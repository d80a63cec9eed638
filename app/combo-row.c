/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Two factories: the value in the row, and the items of the list that opens,
 * of which the chosen one has a tick. Main thread.
 */
#include "app/combo-row.h"

static void
bind_cb (GtkListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *child = gtk_list_item_get_child (item);
  GtkWidget *label =
      GTK_IS_LABEL (child) ? child : gtk_widget_get_first_child (child);

  gtk_label_set_label (GTK_LABEL (label), gtk_string_object_get_string (
                                              gtk_list_item_get_item (item)));
}

static void
set_up_value_cb (GtkListItemFactory *factory, GtkListItem *item)
{
  gtk_list_item_set_child (item, gtk_label_new (NULL));
}

static void
set_up_item_cb (GtkListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new (NULL);
  GtkWidget *tick = gtk_image_new_from_icon_name ("object-select-symbolic");

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), tick);
  g_object_bind_property (item, "selected", tick, "visible",
                          G_BINDING_SYNC_CREATE);
  gtk_list_item_set_child (item, box);
}

static GtkListItemFactory *
make_factory (GCallback set_up)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", set_up, NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  return factory;
}

GtkWidget *
mos_combo_row_new (const char *const *choices)
{
  AdwComboRow *row = ADW_COMBO_ROW (adw_combo_row_new ());
  g_autoptr (GtkListItemFactory) value =
      make_factory (G_CALLBACK (set_up_value_cb));
  g_autoptr (GtkListItemFactory) item =
      make_factory (G_CALLBACK (set_up_item_cb));
  g_autoptr (GtkStringList) list = gtk_string_list_new (choices);

  adw_combo_row_set_factory (row, value);
  adw_combo_row_set_list_factory (row, item);
  adw_combo_row_set_model (row, G_LIST_MODEL (list));
  return GTK_WIDGET (row);
}
