/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Conditions are looked at whenever the main loop turns, at least twenty times
 * a second; nothing sleeps.
 */

#include "tests/guests/guest-rig.h"

#include <glib.h>
#include <string.h>

#include "app/lab.h"

#define LOOK_MS 50

typedef char *(*TextFunc) (GuestRig *self);

/* The first usable backend, or the one called @wanted. */
static const char *
find_backend (const char *wanted)
{
  MosHypervisor          *lab = mos_lab_new (FALSE);
  const MosBackendReport *reports;
  const char             *name = NULL;
  guint                   n;

  reports = mos_hypervisor_get_backends (lab, &n);
  for (guint i = 0; i < n && name == NULL; i++) {
    const char *candidate = reports[i].klass->name;

    if (reports[i].info.usable &&
        (wanted == NULL || strcmp (candidate, wanted) == 0))
      name = candidate;
  }
  mos_hypervisor_shutdown (lab);
  g_object_unref (lab);
  return name;
}

const char *
guest_rig_backend (void)
{
  return find_backend (NULL);
}

gboolean
guest_rig_has_backend (const char *name)
{
  return find_backend (name) != NULL;
}

static void
serial_cb (gpointer user_data, const guint8 *data, gsize size)
{
  GuestRig *self = user_data;

  g_mutex_lock (&self->lock);
  g_string_append_len (self->serial, (const char *) data, (gssize) size);
  g_mutex_unlock (&self->lock);
}

void
guest_rig_start (GuestRig *self, MosVmConfig *config)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosOperation) start = NULL;

  *self = (GuestRig){ 0 };
  g_mutex_init (&self->lock);
  self->serial = g_string_new (NULL);
  self->lab = mos_lab_new (FALSE);
  self->vm = mos_hypervisor_create_vm (self->lab, config, &error);
  g_assert_no_error (error);
  self->listener = mos_char_port_add_listener (mos_vm_get_serial (self->vm, 0),
                                               serial_cb, self);
  self->viewer =
      mos_screen_add_viewer (mos_vm_get_screen (self->vm), NULL, NULL);
  start = mos_vm_start (self->vm);
  mos_operation_wait (start, &error);
  g_assert_no_error (error);
}

void
guest_rig_clear (GuestRig *self)
{
  g_autoptr (MosOperation) stop = mos_vm_force_stop (self->vm);

  mos_operation_wait (stop, NULL);
  mos_screen_remove_viewer (mos_vm_get_screen (self->vm), self->viewer);
  mos_char_port_remove_listener (mos_vm_get_serial (self->vm, 0),
                                 self->listener);
  mos_hypervisor_shutdown (self->lab);
  g_clear_object (&self->lab);
  g_string_free (self->serial, TRUE);
  g_mutex_clear (&self->lock);
}

static gboolean
look_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
report (GuestRig *self, const char *text, const char *now)
{
  g_autofree char *screen = mos_screen_text (mos_vm_get_screen (self->vm));
  g_autoptr (GPtrArray) lines = mos_log_lines (mos_vm_get_log (self->vm), 0);

  g_test_message ("waited for: %s", text);
  g_test_message ("there was: %s", now);
  g_test_message ("on the screen: %s", screen);
  g_test_message ("state: %s", mos_vm_state_name (mos_vm_get_state (self->vm)));
  for (guint i = 0; i < lines->len; i++) {
    MosLogLine *line = g_ptr_array_index (lines, i);

    g_test_message ("log: %s", line->text);
  }
}

static void
wait_for (GuestRig *self, TextFunc get, const char *text, guint seconds)
{
  gint64 end = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;
  guint  look = g_timeout_add (LOOK_MS, look_cb, NULL);

  for (;;) {
    g_autofree char *now = get (self);

    if (strstr (now, text) != NULL)
      break;
    if (g_get_monotonic_time () > end) {
      report (self, text, now);
      g_test_fail ();
      break;
    }
    g_main_context_iteration (NULL, TRUE);
  }
  g_source_remove (look);
}

static char *
get_screen (GuestRig *self)
{
  return mos_screen_text (mos_vm_get_screen (self->vm));
}

static char *
get_serial (GuestRig *self)
{
  char *copy;

  g_mutex_lock (&self->lock);
  copy = g_strdup (self->serial->str);
  g_mutex_unlock (&self->lock);
  return copy;
}

void
guest_rig_wait_screen (GuestRig *self, const char *text, guint seconds)
{
  wait_for (self, get_screen, text, seconds);
}

void
guest_rig_wait_serial (GuestRig *self, const char *text, guint seconds)
{
  wait_for (self, get_serial, text, seconds);
}

static void
typed_cb (gpointer user_data, guint skipped)
{
  g_assert_cmpuint (skipped, ==, 0);
  *(gboolean *) user_data = TRUE;
}

void
guest_rig_type (GuestRig *self, const char *text)
{
  gboolean done = FALSE;

  mos_input_port_type (mos_vm_get_input (self->vm), NULL, text, typed_cb,
                       &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

void
guest_rig_forget_serial (GuestRig *self)
{
  g_mutex_lock (&self->lock);
  g_string_truncate (self->serial, 0);
  g_mutex_unlock (&self->lock);
}
