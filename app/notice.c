/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The notice about the backends. Measuring them takes a part of a second, so
 * compose_task() does it on a thread of the pool, when the window is there;
 * all else is the main thread's. What the user has understood is remembered,
 * and not said again until it changes.
 */
#include "app/notice.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"

#define DISMISSED "dismissed-notice"

/* -- what to say --------------------------------------------------------- */

/* NULL if Linux KVM runs the machines. Any thread. */
static char *
compose (MosHypervisor *hypervisor)
{
  g_autofree char *why = NULL;
  g_autoptr (GError) error = NULL;
  const MosBackendReport *reports;
  const MosBackendClass  *chosen;
  guint                   n = 0;

  chosen = mos_hypervisor_choose_backend (hypervisor, "auto", &why, &error);
  if (chosen == NULL)
    return g_strdup_printf (_ ("No machine can run here: %s"), error->message);
  if (g_str_equal (chosen->name, "kvm"))
    return NULL;
  reports = mos_hypervisor_get_backends (hypervisor, &n);
  for (guint i = 0; i < n; i++)
    if (g_str_equal (reports[i].klass->name, "kvm") && !reports[i].info.usable)
      return g_strdup_printf (_ ("Machines run on the %s, because Linux KVM "
                                 "cannot be used: %s"),
                              _ (chosen->title), reports[i].info.why_not);
  return g_strdup_printf (_ ("Machines run on the %s: %s"), _ (chosen->title),
                          why);
}

static void
compose_task (GTask        *task,
              gpointer      source,
              gpointer      task_data,
              GCancellable *cancellable)
{
  g_task_return_pointer (task, compose (task_data), g_free);
}

/* -- the bar ------------------------------------------------------------- */

/* The measured speeds in it differ from run to run. */
static char *
without_numbers (const char *text)
{
  GString *out = g_string_new (NULL);

  for (; *text != '\0'; text++)
    if (!g_ascii_isdigit (*text))
      g_string_append_c (out, *text);
  return g_string_free (out, FALSE);
}

static void
reveal (GtkInfoBar *bar)
{
  GSettings       *settings = g_object_get_data (G_OBJECT (bar), "settings");
  const char      *key = g_object_get_data (G_OBJECT (bar), "key");
  g_autofree char *dismissed = g_settings_get_string (settings, DISMISSED);

  gtk_info_bar_set_revealed (bar, key != NULL && !g_str_equal (key, dismissed));
}

static void
composed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GtkWidget       *label = g_object_get_data (source, "label");
  g_autofree char *text = g_task_propagate_pointer (G_TASK (result), NULL);

  mos_access_busy (GTK_WIDGET (source), FALSE);
  if (text == NULL)
    return;
  g_object_set_data_full (source, "key", without_numbers (text), g_free);
  gtk_label_set_label (GTK_LABEL (label), text);
  mos_access_name (GTK_WIDGET (source), text);
  reveal (GTK_INFO_BAR (source));
}

static gboolean
ask_cb (gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (user_data, NULL, composed_cb, NULL);

  g_task_set_task_data (
      task, g_object_ref (g_object_get_data (user_data, "hypervisor")),
      g_object_unref);
  g_task_run_in_thread (task, compose_task);
  return G_SOURCE_REMOVE;
}

static void
response_cb (GtkInfoBar *bar, int response, gpointer user_data)
{
  const char *key = g_object_get_data (G_OBJECT (bar), "key");

  if (key != NULL)
    g_settings_set_string (g_object_get_data (G_OBJECT (bar), "settings"),
                           DISMISSED, key);
}

GtkWidget *
mos_notice_new (MosHypervisor *hypervisor)
{
  GtkWidget *bar = gtk_info_bar_new ();
  GtkWidget *label = gtk_label_new (NULL);
  GSettings *settings = g_settings_new ("org.multios.Lab");
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
  mos_access_busy (bar, TRUE);
  g_object_set_data (G_OBJECT (bar), "label", label);
  g_object_set_data_full (G_OBJECT (bar), "settings", settings, g_object_unref);
  g_object_set_data_full (G_OBJECT (bar), "hypervisor",
                          g_object_ref (hypervisor), g_object_unref);
  g_signal_connect (bar, "response", G_CALLBACK (response_cb), NULL);
  g_signal_connect_object (settings, "changed::" DISMISSED, G_CALLBACK (reveal),
                           bar, G_CONNECT_SWAPPED);
  g_idle_add_full (G_PRIORITY_LOW, ask_cb, g_object_ref (bar), g_object_unref);
  return bar;
}
