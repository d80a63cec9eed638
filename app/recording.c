/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A recording is one more viewer of the screen, on a thread of its own:
 * record_thread() takes at most fifteen pictures a second, so that neither the
 * guest nor the window waits for the disk. frame_cb() runs on the machine's
 * I/O thread and only wakes it; all else is the main thread's.
 */
#include "app/recording.h"

#include <glib/gi18n-lib.h>

#include "app/apng.h"
#include "app/chooser.h"
#include "app/picture.h"
#include "app/report.h"

#define KEY         "recording"
#define INTERVAL_US 66667

typedef struct {
  MosScreen *screen;
  char      *path;
  GThread   *thread;
  GWeakRef   widget;
  gint64     begin_us;

  GMutex   lock; /* for the next two */
  GCond    cond;
  gboolean fresh, ending;

  MosApng *apng;  /* the thread's */
  GError  *error; /* the thread's, until it was joined */
} Recording;

/* -- the thread ---------------------------------------------------------- */

static void
frame_cb (gpointer user_data)
{
  Recording *self = user_data;

  g_mutex_lock (&self->lock);
  self->fresh = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* FALSE when it is to end. */
static gboolean
wait_for_frame (Recording *self)
{
  gboolean ending;

  g_mutex_lock (&self->lock);
  while (!self->fresh && !self->ending)
    g_cond_wait (&self->cond, &self->lock);
  self->fresh = FALSE;
  ending = self->ending;
  g_mutex_unlock (&self->lock);
  return !ending;
}

static gint64
now_ms (Recording *self)
{
  return (g_get_monotonic_time () - self->begin_us) / 1000;
}

static gboolean
take_frame (Recording *self, MosScreenViewer *viewer)
{
  MosCanvas frame;
  MosDamage damage;
  gboolean  good = TRUE;

  if (!mos_screen_begin_frame (self->screen, viewer, &frame, &damage))
    return TRUE;
  if (self->apng == NULL && frame.width > 0 && frame.height > 0)
    self->apng =
        mos_apng_new (self->path, frame.width, frame.height, &self->error);
  if (self->apng != NULL)
    good = mos_apng_add (self->apng, now_ms (self), frame.pixels, frame.width,
                         frame.height, frame.stride, &self->error);
  else
    good = self->error == NULL;
  mos_screen_end_frame (self->screen, viewer);
  return good;
}

/* Until the next picture is due, or the end. */
static void
pause_until (Recording *self, gint64 time_us)
{
  g_mutex_lock (&self->lock);
  while (!self->ending && g_cond_wait_until (&self->cond, &self->lock, time_us))
    ;
  g_mutex_unlock (&self->lock);
}

static gpointer
record_thread (gpointer user_data)
{
  Recording       *self = user_data;
  MosScreenViewer *viewer =
      mos_screen_add_viewer (self->screen, frame_cb, self);
  gboolean good = take_frame (self, viewer);

  while (good && wait_for_frame (self)) {
    gint64 due = g_get_monotonic_time () + INTERVAL_US;

    good = take_frame (self, viewer);
    pause_until (self, due);
  }
  mos_screen_remove_viewer (self->screen, viewer);
  if (self->apng != NULL)
    mos_apng_close (self->apng, now_ms (self), good ? &self->error : NULL);
  return NULL;
}

/* -- beginning and ending ------------------------------------------------ */

static void
recording_free (gpointer data)
{
  Recording *self = data;

  g_mutex_lock (&self->lock);
  self->ending = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  if (self->thread != NULL)
    g_thread_join (self->thread);
  mos_screen_unref (self->screen);
  g_weak_ref_clear (&self->widget);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_clear_error (&self->error);
  g_free (self->path);
  g_free (self);
}

static void
end (MosVm *vm)
{
  Recording *self = g_object_steal_data (G_OBJECT (vm), KEY);
  g_autoptr (GtkWidget) widget = NULL;
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;

  g_signal_handlers_disconnect_by_data (vm, (gpointer) KEY);
  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->ending = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (g_steal_pointer (&self->thread));
  widget = g_weak_ref_get (&self->widget);
  name = g_path_get_basename (self->path);
  text = g_strdup_printf (_ ("“%s” recorded"), name);
  if (widget != NULL && self->error != NULL)
    mos_report_error (widget, mos_vm_get_log (vm), self->error);
  else if (widget != NULL)
    mos_report_event (widget, text);
  recording_free (self);
}

/* A machine that is off has no picture. */
static void
state_cb (MosVm *vm)
{
  if (mos_vm_get_state (vm) == MOS_VM_STOPPED ||
      mos_vm_get_state (vm) == MOS_VM_DELETED)
    end (vm);
}

static void
begin (GtkWidget *widget, MosVm *vm, const char *path)
{
  Recording *self = g_new0 (Recording, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_weak_ref_init (&self->widget, widget);
  self->screen = mos_screen_ref (mos_vm_get_screen (vm));
  self->path = g_strdup (path);
  self->begin_us = g_get_monotonic_time ();
  self->thread = g_thread_new ("recording", record_thread, self);
  g_object_set_data_full (G_OBJECT (vm), KEY, self, recording_free);
  g_signal_connect (vm, "notify::state", G_CALLBACK (state_cb), (gpointer) KEY);
  mos_screen_wake (self->screen);
}

typedef struct {
  MosVm            *vm;
  MosRecordingBegun begun;
} Wish;

static void
wish_free (gpointer data)
{
  Wish *self = data;

  g_object_unref (self->vm);
  g_free (self);
}

static void
chosen_cb (GtkWidget *widget, const char *path, gpointer data)
{
  Wish *wish = data;

  if (mos_recording_seconds (wish->vm) >= 0)
    return;
  begin (widget, wish->vm, path);
  wish->begun (widget);
}

void
mos_recording_toggle (GtkWidget *widget, MosVm *vm, MosRecordingBegun begun)
{
  g_autofree char *name = NULL;
  Wish            *wish;

  g_return_if_fail (GTK_IS_WIDGET (widget) && MOS_IS_VM (vm));

  if (mos_recording_seconds (vm) >= 0) {
    end (vm);
    return;
  }
  wish = g_new0 (Wish, 1);
  wish->vm = g_object_ref (vm);
  wish->begun = begun;
  name = mos_picture_name (vm, "apng");
  mos_chooser_ask (widget, &(MosChooserSpec){ .title = _ ("Record the Screen"),
                                              .accept = _ ("_Record"),
                                              .name = name,
                                              .func = chosen_cb,
                                              .data = wish,
                                              .free_data = wish_free });
}

int
mos_recording_seconds (MosVm *vm)
{
  Recording *self = g_object_get_data (G_OBJECT (vm), KEY);

  return self != NULL ? (int) ((g_get_monotonic_time () - self->begin_us) /
                               G_USEC_PER_SEC)
                      : -1;
}
