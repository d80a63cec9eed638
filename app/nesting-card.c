/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A box that is visible or not. The blockers are those of
 * engine/core/nesting.h, which also `multios host` prints.
 */
#include "app/nesting-card.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"

/* What is more than this is scrolled to. */
#define MAX_HEIGHT 220

static GtkWidget *
make_label (const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_selectable (GTK_LABEL (label), css_class == NULL);
  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

GtkWidget *
mos_nesting_card_new (GCallback use_soft, gpointer user_data)
{
  GtkWidget *card = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *text = make_label ("", NULL);
  GtkWidget *button = gtk_button_new_with_label (_ ("Use the Software CPU"));

  gtk_box_append (
      GTK_BOX (card),
      make_label (_ ("Nested Virtualization Not Supported"), "heading"));
  gtk_box_append (GTK_BOX (card),
                  mos_access_scroller_new (text, NULL, MAX_HEIGHT));
  gtk_widget_set_halign (button, GTK_ALIGN_START);
  gtk_widget_set_tooltip_text (
      button, _ ("It nests on every host: sets cpu.accel to “soft”"));
  g_signal_connect_swapped (button, "clicked", use_soft, user_data);
  gtk_box_append (GTK_BOX (card), button);
  gtk_widget_add_css_class (card, "stuck-card");
  gtk_widget_set_visible (card, FALSE);
  g_object_set_data (G_OBJECT (card), "text", text);
  return card;
}

void
mos_nesting_card_update (GtkWidget     *card,
                         MosHypervisor *hypervisor,
                         MosVmConfig   *config)
{
  GtkWidget *text = g_object_get_data (G_OBJECT (card), "text");
  g_autoptr (GPtrArray) blockers = NULL;
  g_autofree char *lines = NULL;
  MosNestingWish   wish;

  if (!mos_vm_config_get_bool (config, "features.nested") ||
      !g_str_equal (mos_vm_config_get_string (config, "cpu.accel"), "kvm")) {
    gtk_widget_set_visible (card, FALSE);
    return;
  }
  wish = mos_nesting_wish (config);
  blockers = mos_hypervisor_list_nesting_blockers (hypervisor, &wish);
  lines = mos_nesting_describe (blockers, "• ");
  gtk_label_set_label (GTK_LABEL (text), lines);
  mos_access_describe (card, lines);
  gtk_widget_set_visible (card, blockers->len > 0);
}
