/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One notification for each machine and rule: it replaces the one before, and
 * goes when the alert is over.
 */
#include "app/alerts-notify.h"

#include <glib/gi18n-lib.h>

static MosAlertRecord *
find_record (MosWatch *watch, gint64 id, GPtrArray **records)
{
  *records = mos_alert_log_list (mos_watch_get_store (watch), NULL, 50);
  for (guint i = 0; i < (*records)->len; i++) {
    MosAlertRecord *record = (*records)->pdata[i];

    if (record->id == id)
      return record;
  }
  return NULL;
}

static void
alert_cb (MosWatch     *watch,
          gint64        id,
          gboolean      raised,
          GApplication *application)
{
  g_autoptr (GPtrArray) records = NULL;
  MosAlertRecord *record = raised ? find_record (watch, id, &records) : NULL;
  g_autoptr (GNotification) notification = NULL;
  g_autofree char *name = NULL;
  const char      *machine;

  if (record == NULL)
    return;
  machine = mos_watch_machine_name (watch, record->machine);
  name = g_strdup_printf ("alert-%s-%s", record->rule, record->machine);
  notification =
      g_notification_new (machine[0] != '\0' ? machine : record->title);
  g_notification_set_body (notification, record->text);
  g_notification_set_priority (notification,
                               record->severity == MOS_ALERT_CRITICAL
                                   ? G_NOTIFICATION_PRIORITY_URGENT
                                   : G_NOTIFICATION_PRIORITY_NORMAL);
  if (record->machine[0] != '\0')
    g_notification_add_button_with_target (
        notification, _ ("Pause"), "app.alert-pause", "s", record->machine);
  g_application_send_notification (application, name, notification);
}

static void
pause_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWatch *watch = user_data;
  MosVm    *vm = mos_hypervisor_find (mos_watch_get_hypervisor (watch),
                                      g_variant_get_string (parameter, NULL));

  if (vm != NULL && mos_vm_why_not (vm, MOS_VM_ACTION_PAUSE) == NULL)
    g_object_unref (mos_vm_pause (vm));
}

void
mos_alerts_notify (GApplication *application, MosWatch *watch)
{
  g_autoptr (GSimpleAction) action =
      g_simple_action_new ("alert-pause", G_VARIANT_TYPE_STRING);

  g_signal_connect_object (action, "activate", G_CALLBACK (pause_cb), watch, 0);
  g_action_map_add_action (G_ACTION_MAP (application), G_ACTION (action));
  g_signal_connect_object (watch, "alert", G_CALLBACK (alert_cb), application,
                           0);
}
