/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The application opens one window however often it is activated, and goes
 * away without leaving anything behind.
 */

#include <adwaita.h>

#include "app/application.h"
#include "data/resources.h"

static gboolean
quit_when_mapped_cb (gpointer user_data)
{
  GtkApplication *application = user_data;
  GtkWindow      *window = gtk_application_get_active_window (application);

  if (window == NULL || !gtk_widget_get_mapped (GTK_WIDGET (window)))
    return G_SOURCE_CONTINUE;
  g_application_activate (G_APPLICATION (application));
  g_assert_cmpint (g_list_length (gtk_application_get_windows (application)),
                   ==, 1);
  gtk_window_destroy (window);
  return G_SOURCE_REMOVE;
}

static void
test_one_window (void)
{
  MosApplication *application = mos_application_new ();
  int             status;

  g_timeout_add (10, quit_when_mapped_cb, application);
  status = g_application_run (G_APPLICATION (application), 0, NULL);
  g_assert_cmpint (status, ==, 0);
  g_assert_finalize_object (application);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  mos_app_register_resource ();
  g_test_add_func ("/application/one-window", test_one_window);
  return g_test_run ();
}
