/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * About, and the debug information in it. Main thread.
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

void
mos_about_show (GtkWindow *parent, MosHypervisor *hypervisor)
{
  GtkWidget       *window = adw_about_window_new ();
  AdwAboutWindow  *about = ADW_ABOUT_WINDOW (window);
  g_autofree char *debug = debug_info (hypervisor);

  adw_about_window_set_application_name (about, _ ("MultiOS Lab"));
  adw_about_window_set_application_icon (about, "org.multios.Lab");
  adw_about_window_set_version (about, mos_version_string ());
  adw_about_window_set_developer_name (about, _ ("MultiOS Lab developers"));
  adw_about_window_set_comments (
      about, _ ("A laboratory for virtual machines inside virtual machines"));
  adw_about_window_set_copyright (about, "© 2026 MultiOS Lab developers");
  adw_about_window_set_license_type (about, GTK_LICENSE_GPL_3_0);
  adw_about_window_set_debug_info (about, debug);
  adw_about_window_set_debug_info_filename (about, "multios-lab.txt");
  gtk_window_set_transient_for (GTK_WINDOW (window), parent);
  mos_access_sweep (window);
  gtk_window_present (GTK_WINDOW (window));
}
