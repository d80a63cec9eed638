/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The notice about the backends. It asks the hypervisor when the main loop
 * is idle for the first time, so that the window is there before the host is
 * looked at. Main thread.
 */
#include "app/notice.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"

/* What to say, or NULL if Linux KVM can be used. */
static char *
compose (MosHypervisor *hypervisor)
{
  guint                   n = 0;
  const MosBackendReport *reports =
      mos_hypervisor_get_backends (hypervisor, &n);
  const char      *trouble = NULL;
  g_autofree char *why = NULL;
  g_autoptr (GError) error = NULL;
  const MosBackendClass *chosen;

  for (guint i = 0; i < n; i++)
    if (g_str_equal (reports[i].klass->name, "kvm") && !reports[i].info.usable)
      trouble = reports[i].info.why_not;
  if (trouble == NULL && n > 0)
    return NULL;
  chosen = mos_hypervisor_choose_backend (hypervisor, "auto", &why, &error);
  if (chosen == NULL)
    return g_strdup_printf (_ ("No machine can run here: %s"), error->message);
  return g_strdup_printf (_ ("Machines run on %s, because Linux KVM cannot be "
                             "used: %s"),
                          _ (chosen->title), trouble != NULL ? trouble : why);
}

static gboolean
ask_cb (gpointer user_data)
{
  GtkWidget       *bar = user_data;
  GtkWidget       *label = g_object_get_data (G_OBJECT (bar), "label");
  g_autofree char *text =
      compose (g_object_get_data (G_OBJECT (bar), "hypervisor"));

  if (text != NULL) {
    gtk_label_set_label (GTK_LABEL (label), text);
    mos_access_name (bar, text);
  }
  gtk_info_bar_set_revealed (GTK_INFO_BAR (bar), text != NULL);
  return G_SOURCE_REMOVE;
}

static void
response_cb (GtkInfoBar *bar, int response, gpointer user_data)
{
  gtk_info_bar_set_revealed (bar, FALSE);
}

GtkWidget *
mos_notice_new (MosHypervisor *hypervisor)
{
  GtkWidget *bar = gtk_info_bar_new ();
  GtkWidget *label = gtk_label_new (NULL);
  GtkWidget *button;

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_info_bar_add_child (GTK_INFO_BAR (bar), label);
  button = gtk_info_bar_add_button (GTK_INFO_BAR (bar), _ ("_Understood"),
                                    GTK_RESPONSE_CLOSE);
  mos_access_name (button, _ ("Understood"));
  gtk_info_bar_set_message_type (GTK_INFO_BAR (bar), GTK_MESSAGE_INFO);
  gtk_info_bar_set_revealed (GTK_INFO_BAR (bar), FALSE);
  g_signal_connect (bar, "response", G_CALLBACK (response_cb), NULL);
  g_object_set_data (G_OBJECT (bar), "label", label);
  g_object_set_data_full (G_OBJECT (bar), "hypervisor",
                          g_object_ref (hypervisor), g_object_unref);
  g_idle_add_full (G_PRIORITY_LOW, ask_cb, g_object_ref (bar), g_object_unref);
  return bar;
}
