/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * About, and the debug information in it, which debug_task() collects on a
 * thread of the pool. Else the main thread.
 */
#include "app/about.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"

static char *
debug_info (MosHypervisor *hypervisor)
{
  g_autofree char *host = mos_hypervisor_describe_host (hypervisor, FALSE);

  return g_strdup_printf (
      "MultiOS Lab %s\nGTK %u.%u.%u, libadwaita %u.%u.%u, GLib %u.%u.%u\n\n%s",
      mos_version_string (), gtk_get_major_version (), gtk_get_minor_version (),
      gtk_get_micro_version (), adw_get_major_version (),
      adw_get_minor_version (), adw_get_micro_version (), glib_major_version,
      glib_minor_version, glib_micro_version, host);
}

static void
debug_task (GTask        *task,
            gpointer      source,
            gpointer      task_data,
            GCancellable *cancellable)
{
  g_task_return_pointer (task, debug_info (task_data), g_free);
}

static void
debug_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *text = g_task_propagate_pointer (G_TASK (result), NULL);
  GskRenderer     *renderer = gtk_native_get_renderer (GTK_NATIVE (source));
  g_autofree char *all = g_strdup_printf (
      "%s\n%s\n", text, renderer != NULL ? G_OBJECT_TYPE_NAME (renderer) : "");

  adw_about_window_set_debug_info (ADW_ABOUT_WINDOW (source), all);
}

void
mos_about_show (GtkWindow *parent, MosHypervisor *hypervisor)
{
  GtkWidget *window = g_object_new (ADW_TYPE_ABOUT_WINDOW, "accessible-role",
                                    GTK_ACCESSIBLE_ROLE_DIALOG, NULL);
  AdwAboutWindow *about = ADW_ABOUT_WINDOW (window);
  g_autoptr (GTask) task = g_task_new (window, NULL, debug_cb, NULL);

  adw_about_window_set_application_name (about, _ ("MultiOS Lab"));
  adw_about_window_set_application_icon (about, "org.multios.Lab");
  adw_about_window_set_version (about, mos_version_string ());
  adw_about_window_set_developer_name (about, _ ("MultiOS Lab developers"));
  adw_about_window_set_comments (
      about, _ ("A laboratory for virtual machines inside virtual machines"));
  adw_about_window_set_copyright (about, "© 2026 MultiOS Lab developers");
  adw_about_window_set_license_type (about, GTK_LICENSE_GPL_3_0);
  /* It may measure the host first, which takes a part of a second. */
  g_task_set_task_data (task, g_object_ref (hypervisor), g_object_unref);
  g_task_run_in_thread (task, debug_task);
  adw_about_window_set_debug_info_filename (about, "multios-lab.txt");
  gtk_window_set_transient_for (GTK_WINDOW (window), parent);
  mos_access_sweep (window);
  gtk_window_present (GTK_WINDOW (window));
}
