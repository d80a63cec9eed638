/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The verbs.
 *
 * Each begins with begin(), which refuses what the state does not allow, and
 * takes an event; its work runs on a thread; its finish function, back on the
 * main loop, takes the event that the outcome is. At most one operation is
 * under way, but a forced stop overtakes all: the machine is switched off, so
 * the work of the other one returns early, and its finish function finds the
 * machine STOPPING and calls itself cancelled.
 *
 * What a guest does on its own arrives in mos_vm_note_cb() on one of the
 * machine's threads and is carried to the main loop.
 */
#include <glib/gi18n-lib.h>

#include "engine/base/error.h"
#include "engine/base/source.h"
#include "engine/lifecycle/vm-private.h"

static void go_off (MosVm *self, MosOperation *operation);

/* -- beginning and ending ------------------------------------------------ */

static const struct {
  MosVmAction action;
  const char *title;
} titles[] = {
  { MOS_VM_ACTION_START, N_ ("Start “%s”") },
  { MOS_VM_ACTION_PAUSE, N_ ("Pause “%s”") },
  { MOS_VM_ACTION_RESUME, N_ ("Resume “%s”") },
  { MOS_VM_ACTION_STOP, N_ ("Shut down “%s”") },
  { MOS_VM_ACTION_FORCE_STOP, N_ ("Switch off “%s”") },
  { MOS_VM_ACTION_RESET, N_ ("Reset “%s”") },
  { MOS_VM_ACTION_DELETE, N_ ("Delete “%s”") },
};

static char *
make_title (MosVm *self, MosVmAction action)
{
  for (guint i = 0; i < G_N_ELEMENTS (titles); i++)
    if (titles[i].action == action)
      return g_strdup_printf (_ (titles[i].title), mos_vm_get_name (self));
  return g_strdup (mos_vm_get_name (self));
}

/* As soon as it is over, not when "done" comes: the next verb may come
 * between. */
static void
state_cb (MosOperation *operation, GParamSpec *pspec, MosVm *self)
{
  if (self->operation == operation)
    mos_vm_set_operation (self, NULL);
}

/* Makes it the one under way. */
static MosOperation *
track (MosVm *self, const char *title)
{
  MosOperation *operation = mos_operation_new (title, self->log);

  g_signal_connect_object (operation, "notify::state", G_CALLBACK (state_cb),
                           self, 0);
  mos_vm_set_operation (self, operation);
  return operation;
}

/* The operation, and TRUE; or a failed one, and FALSE. */
static gboolean
begin_titled (MosVm         *self,
              MosVmAction    action,
              const char    *title,
              MosOperation **operation)
{
  const char *why_not = mos_vm_why_not (self, action);

  if (why_not != NULL) {
    *operation = mos_operation_new_failed (
        title, g_error_new (MOS_ERROR, MOS_ERROR_WRONG_STATE, "%s: %s", title,
                            why_not));
    return FALSE;
  }
  *operation = track (self, title);
  return TRUE;
}

static gboolean
begin (MosVm *self, MosVmAction action, MosOperation **operation)
{
  g_autofree char *title = make_title (self, action);

  return begin_titled (self, action, title, operation);
}

static void
set_cancelled (GError **error)
{
  g_clear_error (error);
  g_set_error (error, MOS_ERROR, MOS_ERROR_CANCELLED,
               _ ("The machine was switched off meanwhile"));
}

/* What most work needs; freed on the main loop. */
typedef struct {
  MosVm      *vm;
  MosMachine *machine;
  MosVmBuild *build;
  char       *path;
} Job;

static Job *
job_new (MosVm *self)
{
  Job *job = g_new0 (Job, 1);

  job->vm = g_object_ref (self);
  job->machine = mos_vm_ref_machine (self);
  return job;
}

static void
job_free (gpointer user_data)
{
  Job *job = user_data;

  mos_vm_build_free (job->build);
  mos_machine_unref (job->machine);
  g_free (job->path);
  g_object_unref (job->vm);
  g_free (job);
}

/* -- start --------------------------------------------------------------- */

static gboolean
start_work (MosOperation *operation, gpointer user_data, GError **error)
{
  Job          *job = user_data;
  GCancellable *cancellable = mos_operation_get_cancellable (operation);

  if (!mos_vm_build_run (job->build, operation, error))
    return FALSE;
  if (job->path != NULL &&
      !mos_machine_load (job->build->machine, job->path, cancellable, error)) {
    mos_machine_off (job->build->machine);
    return FALSE;
  }
  return TRUE;
}

static void
start_finish (MosOperation *operation, gpointer user_data, GError **error)
{
  Job        *job = user_data;
  MosVm      *self = job->vm;
  MosMachine *machine = *error == NULL ? job->build->machine : NULL;

  mos_vm_set_machine (self, machine);
  if (self->state == MOS_VM_STOPPING) {
    /* Forced to stop while it was starting. */
    set_cancelled (error);
    go_off (self, self->operation);
    return;
  }
  if (machine == NULL) {
    mos_vm_take_event (self, MOS_VM_EVENT_NOT_STARTED);
    return;
  }
  mos_vm_set_backend_name (self, job->build->backend_name);
  if (job->path != NULL) {
    mos_vm_take_event (self, MOS_VM_EVENT_LOADED);
    return;
  }
  mos_vm_take_event (self, MOS_VM_EVENT_STARTED);
  mos_machine_resume (machine);
}

static MosOperation *
start_from (MosVm *self, const char *title, const char *path)
{
  MosOperation *operation;
  Job          *job;

  if (!begin_titled (self, MOS_VM_ACTION_START, title, &operation))
    return operation;
  mos_vm_take_event (self, MOS_VM_EVENT_START);
  mos_operation_set_cancellable (operation, TRUE);
  job = job_new (self);
  job->build = mos_vm_build_new (self);
  job->path = g_strdup (path);
  mos_operation_run (operation, start_work, start_finish, job, job_free);
  return operation;
}

MosOperation *
mos_vm_start (MosVm *self)
{
  g_autofree char *title = make_title (self, MOS_VM_ACTION_START);

  return start_from (self, title, NULL);
}

MosOperation *
mos_vm_load_state (MosVm *self, const char *path)
{
  g_autofree char *title =
      g_strdup_printf (_ ("Load “%s” from %s"), mos_vm_get_name (self), path);

  return start_from (self, title, path);
}

/* -- pause and resume ---------------------------------------------------- */

static gboolean
pause_work (MosOperation *operation, gpointer user_data, GError **error)
{
  return mos_machine_pause (((Job *) user_data)->machine, error);
}

static void
pause_finish (MosOperation *operation, gpointer user_data, GError **error)
{
  MosVm *self = ((Job *) user_data)->vm;

  if (self->state != MOS_VM_PAUSING)
    set_cancelled (error);
  else if (*error != NULL)
    mos_vm_take_event (self, MOS_VM_EVENT_NOT_PAUSED);
  else
    mos_vm_take_event (self, MOS_VM_EVENT_PAUSED);
}

MosOperation *
mos_vm_pause (MosVm *self)
{
  MosOperation *operation;

  if (!begin (self, MOS_VM_ACTION_PAUSE, &operation))
    return operation;
  mos_vm_take_event (self, MOS_VM_EVENT_PAUSE);
  mos_operation_run (operation, pause_work, pause_finish, job_new (self),
                     job_free);
  return operation;
}

MosOperation *
mos_vm_resume (MosVm *self)
{
  MosOperation *operation;

  if (!begin (self, MOS_VM_ACTION_RESUME, &operation))
    return operation;
  mos_vm_take_event (self, MOS_VM_EVENT_RESUME);
  mos_machine_resume (self->machine);
  mos_vm_take_event (self, MOS_VM_EVENT_RESUMED);
  mos_operation_succeed (operation);
  return operation;
}

/* -- reset --------------------------------------------------------------- */

static gboolean
reset_work (MosOperation *operation, gpointer user_data, GError **error)
{
  return mos_machine_reset (((Job *) user_data)->machine, error);
}

static void
reset_finish (MosOperation *operation, gpointer user_data, GError **error)
{
  MosVm *self = ((Job *) user_data)->vm;

  if (self->going_off)
    set_cancelled (error);
  else if (*error == NULL && self->state == MOS_VM_CRASHED)
    mos_vm_take_event (self, MOS_VM_EVENT_REVIVE);
  if (*error == NULL)
    mos_vm_emit_was_reset (self);
}

MosOperation *
mos_vm_reset (MosVm *self)
{
  MosOperation *operation;

  if (!begin (self, MOS_VM_ACTION_RESET, &operation))
    return operation;
  mos_operation_run (operation, reset_work, reset_finish, job_new (self),
                     job_free);
  return operation;
}

/* -- stop ---------------------------------------------------------------- */

static gboolean
off_work (MosOperation *operation, gpointer user_data, GError **error)
{
  mos_machine_off (((Job *) user_data)->machine);
  return TRUE;
}

static void
off_finish (MosOperation *operation, gpointer user_data, GError **error)
{
  MosVm *self = ((Job *) user_data)->vm;

  self->going_off = FALSE;
  mos_vm_set_machine (self, NULL);
  mos_vm_set_backend_name (self, NULL);
  mos_vm_take_event (self, MOS_VM_EVENT_OFF);
}

static void
end_waiting_for_stop (MosVm *self)
{
  mos_source_clear (&self->stop_source);
}

/* Frees the machine; @operation ends with it. */
static void
go_off (MosVm *self, MosOperation *operation)
{
  end_waiting_for_stop (self);
  self->going_off = TRUE;
  mos_operation_set_cancellable (operation, FALSE);
  mos_operation_run (operation, off_work, off_finish, job_new (self), job_free);
}

/* The guest has not reacted, or the user does not want to wait. */
static void
give_up_stop (MosVm *self, GError *error)
{
  MosOperation *operation = self->operation;

  end_waiting_for_stop (self);
  if (operation == NULL || self->state != MOS_VM_STOPPING || self->going_off) {
    g_error_free (error);
    return;
  }
  mos_vm_take_event (self, MOS_VM_EVENT_NOT_STOPPED);
  mos_operation_fail (operation, error);
}

/* The time is over, or the operation was cancelled. */
static gboolean
stop_waited_cb (gpointer user_data)
{
  MosVm        *self = user_data;
  GCancellable *cancellable = mos_operation_get_cancellable (self->operation);

  if (g_cancellable_is_cancelled (cancellable))
    give_up_stop (self, g_error_new (MOS_ERROR, MOS_ERROR_CANCELLED,
                                     _ ("Nobody waits for it any more; the "
                                        "guest may still shut down")));
  else
    give_up_stop (
        self,
        g_error_new (MOS_ERROR, MOS_ERROR_FAILED,
                     _ ("The guest of “%s” did not react to its power button "
                        "within %u s; shut it down from inside, or force it "
                        "to stop"),
                     mos_vm_get_name (self), self->stop_timeout_ms / 1000));
  return G_SOURCE_REMOVE;
}

/* A timeout that the cancellable, as its child, cuts short. */
static void
wait_for_stop (MosVm *self, MosOperation *operation)
{
  g_autoptr (GSource) cancelled =
      g_cancellable_source_new (mos_operation_get_cancellable (operation));

  end_waiting_for_stop (self);
  g_source_set_dummy_callback (cancelled);
  self->stop_source = g_timeout_source_new (self->stop_timeout_ms);
  g_source_set_callback (self->stop_source, stop_waited_cb, self, NULL);
  g_source_add_child_source (self->stop_source, cancelled);
  g_source_attach (self->stop_source, self->context);
}

MosOperation *
mos_vm_stop (MosVm *self)
{
  MosOperation *operation;

  if (!begin (self, MOS_VM_ACTION_STOP, &operation))
    return operation;
  mos_vm_take_event (self, MOS_VM_EVENT_STOP);
  mos_operation_set_progress (operation, -1);
  mos_operation_set_cancellable (operation, TRUE);
  wait_for_stop (self, operation);
  mos_machine_power_button (self->machine);
  return operation;
}

/* Another operation's work is under way, or only waited for. */
static void
overtake (MosVm *self)
{
  g_autoptr (MosOperation) operation =
      self->operation != NULL ? g_object_ref (self->operation) : NULL;

  if (operation == NULL)
    return;
  if (self->stop_source != NULL) {
    end_waiting_for_stop (self);
    mos_operation_fail (operation,
                        g_error_new (MOS_ERROR, MOS_ERROR_CANCELLED,
                                     _ ("The machine was switched off")));
    return;
  }
  mos_operation_cancel (operation);
}

MosOperation *
mos_vm_force_stop (MosVm *self)
{
  gboolean      starting = self->state == MOS_VM_STARTING;
  MosOperation *operation;
  const char   *why_not = mos_vm_why_not (self, MOS_VM_ACTION_FORCE_STOP);

  if (why_not == NULL)
    overtake (self);
  if (!begin (self, MOS_VM_ACTION_FORCE_STOP, &operation))
    return operation;
  mos_vm_take_event (self, MOS_VM_EVENT_POWER_OFF);
  if (starting)
    self->going_off = TRUE; /* start_finish() goes on */
  else
    go_off (self, operation);
  return operation;
}

/* -- delete -------------------------------------------------------------- */

MosOperation *
mos_vm_delete (MosVm *self)
{
  g_autoptr (GError) error = NULL;
  MosOperation *operation;

  if (!begin (self, MOS_VM_ACTION_DELETE, &operation))
    return operation;
  if (!self->services->remove (self->services, self, &error)) {
    mos_operation_fail (operation, g_steal_pointer (&error));
    return operation;
  }
  mos_vm_take_event (self, MOS_VM_EVENT_DELETE);
  mos_operation_succeed (operation);
  mos_vm_emit_deleted (self);
  return operation;
}

/* -- save ---------------------------------------------------------------- */

static gboolean
save_work (MosOperation *operation, gpointer user_data, GError **error)
{
  Job *job = user_data;

  return mos_machine_save (job->machine, job->path,
                           mos_operation_get_cancellable (operation), error);
}

static void
save_finish (MosOperation *operation, gpointer user_data, GError **error)
{
  if (((Job *) user_data)->vm->going_off)
    set_cancelled (error);
}

MosOperation *
mos_vm_save_state (MosVm *self, const char *path)
{
  g_autofree char *title =
      g_strdup_printf (_ ("Save “%s” to %s"), mos_vm_get_name (self), path);
  const char   *why_not = mos_vm_why_not (self, MOS_VM_ACTION_RESUME);
  MosOperation *operation;
  Job          *job;

  if (why_not != NULL)
    return mos_operation_new_failed (
        title, g_error_new (MOS_ERROR, MOS_ERROR_WRONG_STATE, "%s: %s", title,
                            self->state == MOS_VM_PAUSED
                                ? why_not
                                : _ ("Pause the machine first")));
  operation = track (self, title);
  mos_operation_set_cancellable (operation, TRUE);
  job = job_new (self);
  job->path = g_strdup (path);
  mos_operation_run (operation, save_work, save_finish, job, job_free);
  return operation;
}

/* -- what the guest does ------------------------------------------------- */

typedef struct {
  MosVm         *vm;
  MosMachine    *machine;
  MosMachineNote note;
  guint          code;
  char          *text;
} Note;

static void
note_free (gpointer user_data)
{
  Note *note = user_data;

  mos_machine_unref (note->machine);
  g_object_unref (note->vm);
  g_free (note->text);
  g_free (note);
}

/* The guest is through: the stop that waits for this, or one of its own. */
static void
guest_is_off (MosVm *self, const char *why)
{
  mos_log (self->log, MOS_LOG_INFO, "%s", why);
  if (self->going_off || !mos_vm_take_event (self, MOS_VM_EVENT_POWER_OFF))
    return;
  if (self->stop_source != NULL && self->operation != NULL) {
    go_off (self, self->operation);
  } else {
    g_autofree char *title = make_title (self, MOS_VM_ACTION_STOP);
    g_autoptr (MosOperation) operation = NULL;

    overtake (self);
    operation = track (self, title);
    go_off (self, operation);
  }
}

static void
machine_failed (MosVm *self, const char *why)
{
  mos_log (self->log, MOS_LOG_ERROR, _ ("The machine cannot go on: %s"), why);
  if (self->going_off)
    return;
  if (self->stop_source != NULL)
    overtake (self);
  mos_vm_take_event (self, MOS_VM_EVENT_CRASH);
}

static void
machine_held (MosVm *self, const char *why)
{
  mos_log (self->log, MOS_LOG_WARNING, "%s", why);
  if (self->going_off)
    return;
  if (self->stop_source != NULL)
    overtake (self);
  mos_vm_take_event (self, MOS_VM_EVENT_HELD);
}

static gboolean
note_on_main_cb (gpointer user_data)
{
  Note  *note = user_data;
  MosVm *self = note->vm;

  if (note->machine != self->machine)
    return G_SOURCE_REMOVE; /* of an earlier life, or of one not yet taken */
  switch (note->note) {
  case MOS_MACHINE_POWERED_OFF:
    guest_is_off (self, note->text);
    break;
  case MOS_MACHINE_EXITED:
    mos_vm_emit_guest_exit (self, (int) ((note->code << 1 | 1) & 0xff));
    guest_is_off (self, note->text);
    break;
  case MOS_MACHINE_WAS_RESET:
    mos_vm_emit_guest_reset (self, note->text);
    break;
  case MOS_MACHINE_HELD:
    machine_held (self, note->text);
    break;
  case MOS_MACHINE_FAILED:
  default:
    machine_failed (self, note->text);
  }
  return G_SOURCE_REMOVE;
}

void
mos_vm_note_cb (gpointer       user_data,
                MosMachine    *machine,
                MosMachineNote note,
                guint          code,
                const char    *text)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  MosVm *vm = g_weak_ref_get (user_data);
  Note  *copy;

  if (vm == NULL)
    return;
  copy = g_new0 (Note, 1);
  copy->vm = vm;
  copy->machine = mos_machine_ref (machine);
  copy->note = note;
  copy->code = code;
  copy->text = g_strdup (text);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, note_on_main_cb, copy, note_free);
  g_source_attach (source, vm->context);
}
