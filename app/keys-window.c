/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The window for key combinations of one's own: an entry that checks what is
 * typed, and a row to remove each. The setting is the model. Main thread.
 */
#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/keys.h"

#define KEY      "key-combinations"
#define MAX_KEPT 32

typedef struct {
  GSettings *settings;
  GtkWidget *group;
  GtkWidget *entry;
  GtkWidget *problem;
  GPtrArray *rows;
} Editor;

static void
editor_free (Editor *self)
{
  g_signal_handlers_disconnect_by_data (self->settings, self);
  g_object_unref (self->settings);
  g_ptr_array_unref (self->rows);
  g_free (self);
}

static void
remove_cb (GtkButton *button, gpointer user_data)
{
  Editor     *self = user_data;
  const char *gone = g_object_get_data (G_OBJECT (button), "combination");
  g_auto (GStrv) old = g_settings_get_strv (self->settings, KEY);
  g_autoptr (GStrvBuilder) left = g_strv_builder_new ();
  g_auto (GStrv) now = NULL;

  for (guint i = 0; old[i] != NULL; i++)
    if (!g_str_equal (old[i], gone))
      g_strv_builder_add (left, old[i]);
  now = g_strv_builder_end (left);
  g_settings_set_strv (self->settings, KEY, (const char *const *) now);
}

static GtkWidget *
make_row (Editor *self, const char *combination)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = gtk_button_new_from_icon_name ("user-trash-symbolic");
  g_autofree char *title = g_strdup_printf (_ ("Remove “%s”"), combination);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), combination);
  mos_access_icon_button (button, title);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  g_object_set_data_full (G_OBJECT (button), "combination",
                          g_strdup (combination), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (remove_cb), self);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  mos_access_name (row, combination);
  return row;
}

static void
show_rows (Editor *self)
{
  g_auto (GStrv) all = g_settings_get_strv (self->settings, KEY);

  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self->group),
                                  g_ptr_array_index (self->rows, i));
  g_ptr_array_set_size (self->rows, 0);
  for (guint i = 0; all[i] != NULL; i++) {
    GtkWidget *row = make_row (self, all[i]);

    g_ptr_array_add (self->rows, row);
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->group), row);
  }
}

static void
typed_cb (Editor *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  g_autoptr (GError) error = NULL;
  gboolean good = *text == '\0' || mos_keys_check (text, &error);

  gtk_label_set_label (GTK_LABEL (self->problem), good ? "" : error->message);
  gtk_widget_set_visible (self->problem, !good);
}

static void
apply_cb (Editor *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  g_auto (GStrv) old = g_settings_get_strv (self->settings, KEY);
  g_autoptr (GStrvBuilder) more = g_strv_builder_new ();
  g_auto (GStrv) now = NULL;

  if (!mos_keys_check (text, NULL) ||
      g_strv_contains ((const char *const *) old, text) ||
      g_strv_length (old) >= MAX_KEPT)
    return;
  g_strv_builder_addv (more, (const char **) old);
  g_strv_builder_add (more, text);
  now = g_strv_builder_end (more);
  g_settings_set_strv (self->settings, KEY, (const char *const *) now);
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
}

void
mos_keys_edit (GtkWindow *parent)
{
  GtkWidget *window = g_object_new (ADW_TYPE_WINDOW, "accessible-role",
                                    GTK_ACCESSIBLE_ROLE_DIALOG, NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *page = adw_preferences_page_new ();
  Editor    *self = g_new0 (Editor, 1);

  self->settings = g_settings_new ("org.multios.Lab");
  self->rows = g_ptr_array_new ();
  self->group = adw_preferences_group_new ();
  adw_preferences_group_set_description (
      ADW_PREFERENCES_GROUP (self->group),
      _ ("They stand in the menu beside the usual ones. Write them like "
         "Ctrl+Alt+F3."));
  self->entry = adw_entry_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->entry),
                                 _ ("New combination"));
  adw_entry_row_set_show_apply_button (ADW_ENTRY_ROW (self->entry), TRUE);
  mos_access_name (self->entry, _ ("New combination"));
  self->problem = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->problem), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->problem), 0);
  gtk_widget_add_css_class (self->problem, "error");
  gtk_widget_set_visible (self->problem, FALSE);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->group), self->entry);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->group),
                             self->problem);
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page),
                            ADW_PREFERENCES_GROUP (self->group));
  g_signal_connect_swapped (self->entry, "changed", G_CALLBACK (typed_cb),
                            self);
  g_signal_connect_swapped (self->entry, "apply", G_CALLBACK (apply_cb), self);
  g_signal_connect_swapped (self->settings, "changed::" KEY,
                            G_CALLBACK (show_rows), self);
  show_rows (self);

  gtk_widget_set_vexpand (page, TRUE);
  gtk_box_append (GTK_BOX (box), adw_header_bar_new ());
  gtk_box_append (GTK_BOX (box), page);
  adw_window_set_content (ADW_WINDOW (window), box);
  gtk_window_set_title (GTK_WINDOW (window), _ ("Key Combinations"));
  gtk_window_set_default_size (GTK_WINDOW (window), 420, 400);
  gtk_window_set_modal (GTK_WINDOW (window), TRUE);
  gtk_window_set_transient_for (GTK_WINDOW (window), parent);
  g_object_set_data_full (G_OBJECT (window), "editor", self,
                          (GDestroyNotify) editor_free);
  mos_access_close_on_escape (window);
  mos_access_sweep (window);
  gtk_window_present (GTK_WINDOW (window));
}
