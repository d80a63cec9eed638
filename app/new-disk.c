/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The dialog for a new disk image. Neither format takes space before it is
 * written to, so making one is quick. What goes wrong is said in the dialog,
 * which stays. Main thread.
 */
#include "app/new-disk.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/combo-row.h"
#include "devices/devices.h"

#define DEFAULT_GIB 20
#define MOST_GIB    16384

typedef struct {
  GtkWidget     *window;
  GtkWidget     *size;
  GtkWidget     *format;
  GtkWidget     *problem;
  GWeakRef       widget;
  MosChooserFunc func;
} NewDisk;

static const struct {
  const char *format;
  const char *title;
  const char *name; /* proposed */
} formats[] = {
  { "qcow2", N_ ("qcow2, with snapshots"), "disk.qcow2" },
  { "raw", N_ ("raw, for any program"), "disk.img" },
};

static void
new_disk_free (NewDisk *self)
{
  g_weak_ref_clear (&self->widget);
  g_free (self);
}

static void
place_cb (GtkWidget *window, const char *path, gpointer user_data)
{
  NewDisk *self = user_data;
  guint    which = adw_combo_row_get_selected (ADW_COMBO_ROW (self->format));
  guint64  gib =
      (guint64) gtk_spin_button_get_value_as_int (GTK_SPIN_BUTTON (self->size));
  g_autoptr (GtkWidget) widget = g_weak_ref_get (&self->widget);
  g_autoptr (GError) error = NULL;

  if (!mos_image_create (path, formats[which].format, gib << 30, NULL, NULL,
                         &error)) {
    gtk_label_set_label (GTK_LABEL (self->problem), error->message);
    gtk_widget_set_visible (self->problem, TRUE);
    return;
  }
  if (widget != NULL)
    self->func (widget, path, NULL);
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
create_cb (NewDisk *self)
{
  guint which = adw_combo_row_get_selected (ADW_COMBO_ROW (self->format));

  mos_chooser_ask (self->window,
                   &(MosChooserSpec){ .title = _ ("Where the Disk Is Kept"),
                                      .accept = _ ("_Create"),
                                      .name = formats[which].name,
                                      .func = place_cb,
                                      .data = self });
}

static GtkWidget *
make_header (NewDisk *self)
{
  GtkWidget *bar = adw_header_bar_new ();
  GtkWidget *cancel = gtk_button_new_with_mnemonic (_ ("_Cancel"));
  GtkWidget *create = gtk_button_new_with_mnemonic (_ ("Crea_te…"));

  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (bar), FALSE);
  adw_header_bar_set_show_start_title_buttons (ADW_HEADER_BAR (bar), FALSE);
  mos_access_name (cancel, _ ("Cancel"));
  mos_access_name (create, _ ("Create…"));
  gtk_widget_add_css_class (create, "suggested-action");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (cancel), "window.close");
  g_signal_connect_swapped (create, "clicked", G_CALLBACK (create_cb), self);
  gtk_window_set_default_widget (GTK_WINDOW (self->window), create);
  adw_header_bar_pack_start (ADW_HEADER_BAR (bar), cancel);
  adw_header_bar_pack_end (ADW_HEADER_BAR (bar), create);
  return bar;
}

static GtkWidget *
make_page (NewDisk *self)
{
  const char *titles[G_N_ELEMENTS (formats) + 1] = { NULL };
  GtkWidget  *page = adw_preferences_page_new ();
  GtkWidget  *group = adw_preferences_group_new ();
  GtkWidget  *row = adw_action_row_new ();

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    titles[i] = _ (formats[i].title);
  adw_preferences_group_set_description (
      ADW_PREFERENCES_GROUP (group),
      _ ("An empty disk. Its file grows with what the guest writes."));
  self->size = gtk_spin_button_new_with_range (1, MOST_GIB, 1);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (self->size), DEFAULT_GIB);
  gtk_widget_set_valign (self->size, GTK_ALIGN_CENTER);
  gtk_editable_set_width_chars (GTK_EDITABLE (self->size), 5);
  mos_access_name (self->size, _ ("Size (GiB)"));
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ ("Size (GiB)"));
  gtk_widget_set_focusable (row, FALSE);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), self->size);
  self->format = mos_combo_row_new (titles);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->format),
                                 _ ("Format"));
  mos_access_name (self->format, _ ("Format"));
  self->problem = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->problem), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->problem), 0);
  gtk_widget_add_css_class (self->problem, "error");
  gtk_widget_add_css_class (self->problem, "problem");
  gtk_widget_set_visible (self->problem, FALSE);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), self->format);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), self->problem);
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page),
                            ADW_PREFERENCES_GROUP (group));
  return page;
}

void
mos_new_disk_ask (GtkWidget *widget, MosChooserFunc func)
{
  NewDisk   *self = g_new0 (NewDisk, 1);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *page;

  g_weak_ref_init (&self->widget, widget);
  self->func = func;
  self->window = g_object_new (
      ADW_TYPE_WINDOW, "accessible-role", GTK_ACCESSIBLE_ROLE_DIALOG, "title",
      _ ("New Disk"), "modal", TRUE, "transient-for",
      gtk_widget_get_root (widget), "destroy-with-parent", TRUE,
      "default-width", 480, "default-height", 300, NULL);
  g_object_set_data_full (G_OBJECT (self->window), "new-disk", self,
                          (GDestroyNotify) new_disk_free);
  gtk_box_append (GTK_BOX (box), make_header (self));
  page = make_page (self);
  gtk_widget_set_vexpand (page, TRUE);
  gtk_box_append (GTK_BOX (box), page);
  adw_window_set_content (ADW_WINDOW (self->window), box);
  mos_access_close_on_escape (self->window);
  mos_access_sweep (self->window);
  gtk_window_present (GTK_WINDOW (self->window));
}
