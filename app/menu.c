/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Buttons with a menu, from a table of items: a new section begins where the
 * number of the section changes. Main thread.
 */
#include "app/menu.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"

GtkWidget *
mos_menu_button_new (const char        *icon,
                     const char        *name,
                     const MosMenuItem *items,
                     guint              n_items)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GMenu) part = NULL;
  GtkWidget *button = gtk_menu_button_new ();

  for (guint i = 0; i < n_items; i++) {
    if (part == NULL || items[i].section != items[i - 1].section) {
      g_clear_object (&part);
      part = g_menu_new ();
      g_menu_append_section (menu, NULL, G_MENU_MODEL (part));
    }
    g_menu_append (part, _ (items[i].title), items[i].action);
  }
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), icon);
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button),
                                  G_MENU_MODEL (menu));
  mos_access_icon_button (button, name);
  return button;
}
