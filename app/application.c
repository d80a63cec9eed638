/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The GTK application.  It opens one window, remembers the window's size in
 * GSettings, and quits with Control+Q.  Main thread only.
 */

#include "app/application.h"

#include <glib/gi18n-lib.h>

#include "engine/engine.h"

struct _MosApplication {
  AdwApplication parent_instance;

  GSettings *settings;
};

G_DEFINE_FINAL_TYPE (MosApplication, mos_application, ADW_TYPE_APPLICATION)

static GtkWidget *
make_content (void)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *bar = adw_header_bar_new ();
  GtkWidget *page = adw_status_page_new ();

  adw_status_page_set_icon_name (ADW_STATUS_PAGE (page),
                                 "org.multios.Lab-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (page), _ ("MultiOS Lab"));
  adw_status_page_set_description (
      ADW_STATUS_PAGE (page),
      _ ("A laboratory for virtual machines inside virtual machines"));
  gtk_widget_set_vexpand (page, TRUE);

  gtk_box_append (GTK_BOX (box), bar);
  gtk_box_append (GTK_BOX (box), page);
  return box;
}

static void
bind_window_state (MosApplication *self, GtkWindow *window)
{
  g_settings_bind (self->settings, "window-width", window, "default-width",
                   G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (self->settings, "window-height", window, "default-height",
                   G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (self->settings, "window-maximized", window, "maximized",
                   G_SETTINGS_BIND_DEFAULT);
}

static void
mos_application_startup (GApplication *application)
{
  static const char *const quit_keys[] = { "<Control>q", NULL };

  G_APPLICATION_CLASS (mos_application_parent_class)->startup (application);
  gtk_application_set_accels_for_action (GTK_APPLICATION (application),
                                         "app.quit", quit_keys);
}

static void
mos_application_activate (GApplication *application)
{
  MosApplication *self = MOS_APPLICATION (application);
  GtkWindow      *window;

  window = gtk_application_get_active_window (GTK_APPLICATION (self));
  if (window == NULL) {
    window =
        GTK_WINDOW (adw_application_window_new (GTK_APPLICATION (application)));
    gtk_window_set_title (window, _ ("MultiOS Lab"));
    adw_application_window_set_content (ADW_APPLICATION_WINDOW (window),
                                        make_content ());
    bind_window_state (self, window);
  }
  gtk_window_present (window);
}

static void
mos_application_dispose (GObject *object)
{
  MosApplication *self = MOS_APPLICATION (object);

  g_clear_object (&self->settings);
  G_OBJECT_CLASS (mos_application_parent_class)->dispose (object);
}

static void
mos_application_class_init (MosApplicationClass *class)
{
  G_OBJECT_CLASS (class)->dispose = mos_application_dispose;
  G_APPLICATION_CLASS (class)->startup = mos_application_startup;
  G_APPLICATION_CLASS (class)->activate = mos_application_activate;
}

static void
quit_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_application_quit (G_APPLICATION (user_data));
}

static void
mos_application_init (MosApplication *self)
{
  static const GActionEntry actions[] = {
    { .name = "quit", .activate = quit_cb },
  };

  self->settings = g_settings_new ("org.multios.Lab");
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions,
                                   G_N_ELEMENTS (actions), self);
}

MosApplication *
mos_application_new (void)
{
  return g_object_new (MOS_TYPE_APPLICATION, "application-id",
                       "org.multios.Lab", "resource-base-path",
                       "/org/multios/Lab", NULL);
}
