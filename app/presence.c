/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Follows the state of every machine. Main thread.
 */
#include "app/presence.h"

#include <glib/gi18n-lib.h>

struct MosPresence {
  GtkApplication *application;
  MosHypervisor  *hypervisor;
  GHashTable     *followed;  /* MosVm to the id of its handler */
  guint           inhibited; /* a cookie, or 0 */
  gboolean        held;
};

static gboolean
has_power (MosVm *vm)
{
  MosVmState state = mos_vm_get_state (vm);

  return state != MOS_VM_STOPPED && state != MOS_VM_CRASHED &&
         state != MOS_VM_DELETED;
}

guint
mos_presence_count_running (MosHypervisor *hypervisor)
{
  GListModel *all = G_LIST_MODEL (hypervisor);
  guint       running = 0;

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, i);

    running += has_power (vm);
  }
  return running;
}

/* A computer that falls asleep takes its guests with it, and so would a
 * program that ends with its window. A paused machine needs no waking. */
static void
stay (MosPresence *self)
{
  GListModel *all = G_LIST_MODEL (self->hypervisor);
  gboolean    awake = FALSE, hold = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, i);

    awake |= mos_vm_get_state (vm) == MOS_VM_RUNNING;
    hold |= has_power (vm);
  }
  if (awake && self->inhibited == 0) {
    self->inhibited = gtk_application_inhibit (
        self->application,
        gtk_application_get_active_window (self->application),
        GTK_APPLICATION_INHIBIT_SUSPEND, _ ("Machines are running"));
  } else if (!awake && self->inhibited != 0) {
    gtk_application_uninhibit (self->application, self->inhibited);
    self->inhibited = 0;
  }
  if (hold && !self->held)
    g_application_hold (G_APPLICATION (self->application));
  else if (!hold && self->held)
    g_application_release (G_APPLICATION (self->application));
  self->held = hold;
}

/* -- telling ------------------------------------------------------------- */

static gboolean
is_looked_at (MosPresence *self)
{
  GtkWindow *window = gtk_application_get_active_window (self->application);

  return window != NULL && gtk_window_is_active (window);
}

static void
tell (MosPresence *self, MosVm *vm, const char *title, const char *body)
{
  g_autoptr (GNotification) notification = g_notification_new (title);
  g_autofree char *id = g_strconcat ("machine-", mos_vm_get_uuid (vm), NULL);

  g_notification_set_body (notification, body);
  g_notification_set_default_action_and_target (
      notification, "app.show-machine", "s", mos_vm_get_uuid (vm));
  g_notification_add_button_with_target (
      notification, _ ("Show"), "app.show-machine", "s", mos_vm_get_uuid (vm));
  g_notification_add_button_with_target (notification, _ ("Start Again"),
                                         "app.start-machine", "s",
                                         mos_vm_get_uuid (vm));
  g_application_send_notification (G_APPLICATION (self->application), id,
                                   notification);
}

static void
state_cb (MosVm *vm, GParamSpec *pspec, gpointer user_data)
{
  MosPresence     *self = user_data;
  MosVmState       state = mos_vm_get_state (vm);
  g_autofree char *title = NULL;

  stay (self);
  if (state == MOS_VM_DELETED) {
    g_signal_handlers_disconnect_by_data (vm, self);
    g_hash_table_remove (self->followed, vm);
    return;
  }
  if (is_looked_at (self))
    return;
  if (state == MOS_VM_CRASHED) {
    title = g_strdup_printf (_ ("“%s” Crashed"), mos_vm_get_name (vm));
    tell (self, vm, title, _ ("Its log says why."));
  } else if (state == MOS_VM_STOPPED) {
    title = g_strdup_printf (_ ("“%s” Is Off"), mos_vm_get_name (vm));
    tell (self, vm, title, _ ("The machine has ended."));
  }
}

/* -- following ----------------------------------------------------------- */

static void
items_cb (GListModel *all,
          guint       position,
          guint       removed,
          guint       added,
          gpointer    user_data)
{
  MosPresence *self = user_data;

  for (guint i = position; i < position + added; i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, i);

    if (!g_hash_table_contains (self->followed, vm))
      g_hash_table_insert (
          self->followed, g_object_ref (vm),
          GSIZE_TO_POINTER (g_signal_connect (vm, "notify::state",
                                              G_CALLBACK (state_cb), self)));
  }
  stay (self);
}

MosPresence *
mos_presence_new (GtkApplication *application, MosHypervisor *hypervisor)
{
  MosPresence *self = g_new0 (MosPresence, 1);

  self->application = application;
  self->hypervisor = hypervisor;
  self->followed = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  g_signal_connect (hypervisor, "items-changed", G_CALLBACK (items_cb), self);
  items_cb (G_LIST_MODEL (hypervisor), 0, 0,
            g_list_model_get_n_items (G_LIST_MODEL (hypervisor)), self);
  return self;
}

void
mos_presence_free (MosPresence *self)
{
  GHashTableIter iter;
  gpointer       vm, handler;

  if (self == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->hypervisor, self);
  g_hash_table_iter_init (&iter, self->followed);
  while (g_hash_table_iter_next (&iter, &vm, &handler))
    g_signal_handler_disconnect (vm, GPOINTER_TO_SIZE (handler));
  g_hash_table_unref (self->followed);
  g_free (self);
}

void
mos_presence_announce (GtkApplication *application, MosHypervisor *hypervisor)
{
  guint            running = mos_presence_count_running (hypervisor);
  g_autofree char *title =
      g_strdup_printf (ngettext ("%u Machine Keeps Running",
                                 "%u Machines Keep Running", running),
                       running);
  g_autoptr (GNotification) notification = g_notification_new (title);

  g_notification_set_body (
      notification,
      _ ("MultiOS Lab goes on in the background until they end."));
  g_notification_set_default_action (notification, "app.show-window");
  g_notification_add_button (notification, _ ("Show"), "app.show-window");
  g_notification_add_button (notification, _ ("Stop Them"), "app.quit");
  g_application_send_notification (G_APPLICATION (application), "background",
                                   notification);
}
