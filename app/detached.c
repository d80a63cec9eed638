/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A viewer hangs on its machine, and goes with it. Main thread.
 */
#include "app/detached.h"

#include <glib/gi18n-lib.h>

#include "app/report.h"
#include "display/display.h"

#define KEY "detached-viewer"

/* Not from within the viewer's own source. */
static gboolean
close_cb (gpointer user_data)
{
  g_object_set_data (user_data, KEY, NULL);
  return G_SOURCE_REMOVE;
}

static void
closed_cb (MosViewer *viewer, gpointer user_data)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, close_cb, g_object_ref (user_data),
                   g_object_unref);
}

static void
deleted_cb (MosVm *vm)
{
  g_object_set_data (G_OBJECT (vm), KEY, NULL);
}

void
mos_detached_show (GtkWidget *widget, MosVm *vm, int monitor)
{
  g_autoptr (GSettings) settings = g_settings_new ("org.multios.Lab");
  guint            host_key = g_settings_get_uint (settings, "host-key");
  const char      *key = mos_keymap_name (host_key);
  g_autofree char *title =
      g_strdup_printf (_ ("%s, MultiOS Lab Viewer"), mos_vm_get_name (vm));
  g_autofree char *hint =
      g_strdup_printf (_ ("%s, press %s to release the keyboard"),
                       mos_vm_get_name (vm), key != NULL ? key : "");
  g_autoptr (GError) error = NULL;
  MosViewerSpec spec = {
    .screen = mos_vm_get_screen (vm),
    .input = mos_vm_get_input (vm),
    .title = title,
    .hint = hint,
    .host_key = host_key,
    .monitor = monitor,
    .closed = closed_cb,
    .user_data = vm,
  };
  MosViewer *viewer;

  g_object_set_data (G_OBJECT (vm), KEY, NULL);
  viewer = mos_viewer_new (&spec, &error);
  if (viewer == NULL) {
    mos_report_error (widget, mos_vm_get_log (vm), error);
    return;
  }
  g_object_set_data_full (G_OBJECT (vm), KEY, viewer,
                          (GDestroyNotify) mos_viewer_free);
  g_signal_handlers_disconnect_by_data (vm, (gpointer) KEY);
  g_signal_connect (vm, "deleted", G_CALLBACK (deleted_cb), (gpointer) KEY);
}
