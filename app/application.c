/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The GTK application. A second start of the program hands its files to the
 * first and ends. The lab (hypervisor and machines) is put together when the
 * first one starts, and everything in it stops when it ends. Main thread only.
 */

#include "config.h"

#include "app/application.h"

#include <glib/gi18n-lib.h>

#include "app/about.h"
#include "app/actions.h"
#include "app/alerts-notify.h"
#include "app/lab.h"
#include "app/preferences.h"
#include "app/presence.h"
#include "app/remote.h"
#include "app/report.h"
#include "app/window.h"
#include "display/display.h"
#include "tutorials/tutorials.h"

struct _MosApplication {
  AdwApplication parent_instance;

  GSettings     *settings;
  MosHypervisor *hypervisor;
  MosWatch      *watch;
  MosPresence   *presence;
  MosRemote     *remote; /* while on the bus */
};

G_DEFINE_FINAL_TYPE (MosApplication, mos_application, ADW_TYPE_APPLICATION)

/* -- actions ------------------------------------------------------------- */

static MosWindow *
get_window (MosApplication *self)
{
  GList *windows = gtk_application_get_windows (GTK_APPLICATION (self));

  for (; windows != NULL; windows = windows->next)
    if (MOS_IS_WINDOW (windows->data))
      return windows->data;
  return NULL;
}

static void
quit_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *window = get_window (user_data);

  if (window != NULL)
    mos_window_ask_to_close (window);
  else
    g_application_quit (user_data);
}

static void
about_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosApplication *self = user_data;

  mos_about_show (GTK_WINDOW (get_window (self)), self->hypervisor);
}

/* Not installed yet: the source tree has it. */
static void
help_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  const char      *root = g_getenv ("MOS_SOURCE_ROOT");
  g_autofree char *path =
      root != NULL
          ? g_build_filename (root, "data", "help", "index.html", NULL)
          : g_build_filename (MOS_DATA_DIR, "help", "index.html", NULL);
  g_autofree char *uri = g_filename_to_uri (path, NULL, NULL);

  gtk_show_uri (GTK_WINDOW (get_window (user_data)), uri, GDK_CURRENT_TIME);
}

static void
preferences_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  mos_preferences_show (GTK_WINDOW (get_window (user_data)));
}

/* Also from the desktop's menu, when there is no window yet. */
static void
new_machine_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_application_activate (user_data);
  g_action_group_activate_action (G_ACTION_GROUP (get_window (user_data)),
                                  "new-machine", NULL);
}

static void
show_window_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_application_activate (user_data);
}

/* Of the chosen machine or of the lab, by the id in app/pages.c. */
static void
show_page_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_application_activate (user_data);
  g_action_group_activate_action (G_ACTION_GROUP (get_window (user_data)),
                                  "page", parameter);
}

/* From notifications, the desktop's search, other programs: any machine. */
static MosVm *
show_machine (MosApplication *self, GVariant *name)
{
  MosVm *vm =
      mos_hypervisor_find (self->hypervisor, g_variant_get_string (name, NULL));

  g_application_activate (G_APPLICATION (self));
  if (vm != NULL)
    mos_window_select (get_window (self), vm);
  return vm;
}

static void
show_machine_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  show_machine (user_data, parameter);
}

static void
start_machine_cb (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  MosVm *vm = show_machine (user_data, parameter);

  if (vm != NULL)
    mos_report_operation (GTK_WIDGET (get_window (user_data)),
                          mos_vm_start (vm));
}

/* Without a window: whoever paused it by a notification does not look. */
static void
pause_machine_cb (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  MosApplication *self = user_data;
  MosVm          *vm = mos_hypervisor_find (self->hypervisor,
                                            g_variant_get_string (parameter, NULL));

  if (vm != NULL)
    g_object_unref (mos_vm_pause (vm));
}

/* From `multios tutorial class reset`; in the window it can be undone. */
static void
reset_class_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosApplication *self = user_data;
  MosWindow      *window = get_window (self);
  g_autoptr (MosClass) class = NULL;
  g_autoptr (MosClean) clean = NULL;

  if (window != NULL) {
    g_action_group_activate_action (G_ACTION_GROUP (window), "reset-class",
                                    NULL);
    return;
  }
  class = mos_class_load (NULL);
  clean = mos_clean_new (self->hypervisor);
  mos_clean_all (clean, class);
}

/* -- the bus ------------------------------------------------------------- */

/* Swapped: the machine comes last. */
static void
state_cb (MosApplication *self, GParamSpec *pspec, MosVm *vm)
{
  if (self->remote != NULL)
    mos_remote_state_changed (self->remote, vm);
}

static void
items_cb (GListModel *all,
          guint       position,
          guint       removed,
          guint       added,
          gpointer    user_data)
{
  for (guint i = position; i < position + added; i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, i);

    g_signal_connect_object (vm, "notify::state", G_CALLBACK (state_cb),
                             user_data, G_CONNECT_SWAPPED);
  }
}

static gboolean
mos_application_dbus_register (GApplication    *application,
                               GDBusConnection *connection,
                               const char      *path,
                               GError         **error)
{
  MosApplication *self = MOS_APPLICATION (application);

  if (!G_APPLICATION_CLASS (mos_application_parent_class)
           ->dbus_register (application, connection, path, error))
    return FALSE;
  self->remote = mos_remote_new (self, connection, error);
  return self->remote != NULL;
}

static void
mos_application_dbus_unregister (GApplication    *application,
                                 GDBusConnection *connection,
                                 const char      *path)
{
  g_clear_pointer (&MOS_APPLICATION (application)->remote, mos_remote_free);
  G_APPLICATION_CLASS (mos_application_parent_class)
      ->dbus_unregister (application, connection, path);
}

static void
load_machines (MosApplication *self)
{
  g_autofree char *samples = mos_watch_default_path ();

  self->hypervisor = mos_lab_new (TRUE);
  self->watch = mos_watch_new (
      self->hypervisor, samples,
      (guint) g_settings_get_int (self->settings, "sample-interval"));
  mos_alerts_notify (G_APPLICATION (self), self->watch);
  self->presence = mos_presence_new (GTK_APPLICATION (self), self->hypervisor);
  g_signal_connect_object (self->hypervisor, "items-changed",
                           G_CALLBACK (items_cb), self, 0);
  items_cb (G_LIST_MODEL (self->hypervisor), 0, 0,
            g_list_model_get_n_items (G_LIST_MODEL (self->hypervisor)), self);
}

/* -- appearance ---------------------------------------------------------- */

static void
appearance_cb (MosApplication *self)
{
  static const AdwColorScheme schemes[] = {
    ADW_COLOR_SCHEME_DEFAULT,
    ADW_COLOR_SCHEME_FORCE_LIGHT,
    ADW_COLOR_SCHEME_FORCE_DARK,
  };
  guint chosen = (guint) g_settings_get_enum (self->settings, "appearance");

  adw_style_manager_set_color_scheme (
      adw_application_get_style_manager (ADW_APPLICATION (self)),
      schemes[MIN (chosen, G_N_ELEMENTS (schemes) - 1)]);
}

/* -- watching ------------------------------------------------------------ */

static void
sampling_cb (MosApplication *self)
{
  mos_sampler_set_interval (
      mos_watch_get_sampler (self->watch),
      (guint) g_settings_get_int (self->settings, "sample-interval"));
  mos_store_set_retention (mos_watch_get_store (self->watch),
                           g_settings_get_int (self->settings, "sample-hours") *
                               3600 * G_GINT64_CONSTANT (1000));
}

/* -- life ---------------------------------------------------------------- */

static void
mos_application_startup (GApplication *application)
{
  MosApplication *self = MOS_APPLICATION (application);

  G_APPLICATION_CLASS (mos_application_parent_class)->startup (application);
  load_machines (self);
  g_signal_connect_swapped (self->settings, "changed::appearance",
                            G_CALLBACK (appearance_cb), self);
  appearance_cb (self);
  g_signal_connect_swapped (self->settings, "changed::sample-interval",
                            G_CALLBACK (sampling_cb), self);
  g_signal_connect_swapped (self->settings, "changed::sample-hours",
                            G_CALLBACK (sampling_cb), self);
  sampling_cb (self);
  mos_actions_set_accels (GTK_APPLICATION (application), TRUE);
}

static void
mos_application_activate (GApplication *application)
{
  MosApplication *self = MOS_APPLICATION (application);
  MosWindow      *window = get_window (self);

  if (window == NULL) {
    mos_renderer_choose (gdk_display_get_default ());
    window = mos_window_new (GTK_APPLICATION (application), self->hypervisor);
  }
  gtk_window_present (GTK_WINDOW (window));
}

static void
mos_application_open (GApplication *application,
                      GFile       **files,
                      int           n_files,
                      const char   *hint)
{
  mos_application_activate (application);
  for (int i = 0; i < n_files; i++)
    mos_window_open_file (get_window (MOS_APPLICATION (application)), files[i]);
}

static void
mos_application_shutdown (GApplication *application)
{
  MosApplication *self = MOS_APPLICATION (application);

  if (self->hypervisor != NULL)
    mos_hypervisor_shutdown (self->hypervisor);
  G_APPLICATION_CLASS (mos_application_parent_class)->shutdown (application);
}

static void
mos_application_dispose (GObject *object)
{
  MosApplication *self = MOS_APPLICATION (object);

  if (self->settings != NULL)
    g_signal_handlers_disconnect_by_data (self->settings, self);
  g_clear_object (&self->settings);
  g_clear_pointer (&self->presence, mos_presence_free);
  g_clear_object (&self->watch);
  g_clear_object (&self->hypervisor);
  G_OBJECT_CLASS (mos_application_parent_class)->dispose (object);
}

static void
mos_application_class_init (MosApplicationClass *class)
{
  G_OBJECT_CLASS (class)->dispose = mos_application_dispose;
  G_APPLICATION_CLASS (class)->dbus_register = mos_application_dbus_register;
  G_APPLICATION_CLASS (class)->dbus_unregister =
      mos_application_dbus_unregister;
  G_APPLICATION_CLASS (class)->startup = mos_application_startup;
  G_APPLICATION_CLASS (class)->activate = mos_application_activate;
  G_APPLICATION_CLASS (class)->open = mos_application_open;
  G_APPLICATION_CLASS (class)->shutdown = mos_application_shutdown;
}

static void
mos_application_init (MosApplication *self)
{
  static const GActionEntry actions[] = {
    { .name = "quit", .activate = quit_cb },
    { .name = "about", .activate = about_cb },
    { .name = "preferences", .activate = preferences_cb },
    { .name = "help", .activate = help_cb },
    { .name = "new-machine", .activate = new_machine_cb },
    { .name = "reset-class", .activate = reset_class_cb },
    { .name = "show-window", .activate = show_window_cb },
    { .name = "show-page", .activate = show_page_cb, .parameter_type = "s" },
    { .name = "show-machine",
      .activate = show_machine_cb,
      .parameter_type = "s" },
    { .name = "start-machine",
      .activate = start_machine_cb,
      .parameter_type = "s" },
    { .name = "pause-machine",
      .activate = pause_machine_cb,
      .parameter_type = "s" },
  };

  self->settings = g_settings_new ("org.multios.Lab");
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions,
                                   G_N_ELEMENTS (actions), self);
}

MosApplication *
mos_application_new (void)
{
  return g_object_new (MOS_TYPE_APPLICATION, "application-id",
                       "org.multios.Lab", "flags", G_APPLICATION_HANDLES_OPEN,
                       "resource-base-path", "/org/multios/Lab", NULL);
}

MosHypervisor *
mos_application_get_hypervisor (MosApplication *self)
{
  g_return_val_if_fail (MOS_IS_APPLICATION (self), NULL);

  return self->hypervisor;
}
