/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The states of a machine, as data.
 *
 * One table says which event leads from which state to which; one function
 * follows it, writes the trace, and notifies. Another table says, for each
 * action and state, why the action is not possible: the tooltip of a greyed
 * button and the error of a refused verb are the same sentence.
 */
#include <glib/gi18n-lib.h>

#include "engine/base/reason.h"
#include "engine/lifecycle/vm-private.h"

static const struct {
  const char *name;
  const char *title;
} states[MOS_N_VM_STATES] = {
  [MOS_VM_STOPPED] = { "stopped", N_ ("Stopped") },
  [MOS_VM_STARTING] = { "starting", N_ ("Starting") },
  [MOS_VM_RUNNING] = { "running", N_ ("Running") },
  [MOS_VM_PAUSING] = { "pausing", N_ ("Pausing") },
  [MOS_VM_PAUSED] = { "paused", N_ ("Paused") },
  [MOS_VM_RESUMING] = { "resuming", N_ ("Resuming") },
  [MOS_VM_STOPPING] = { "stopping", N_ ("Stopping") },
  [MOS_VM_CRASHED] = { "crashed", N_ ("Crashed") },
  [MOS_VM_DELETED] = { "deleted", N_ ("Deleted") },
};

static const struct {
  MosVmState from;
  MosVmEvent event;
  MosVmState to;
} transitions[] = {
  { MOS_VM_STOPPED, MOS_VM_EVENT_START, MOS_VM_STARTING },
  { MOS_VM_STOPPED, MOS_VM_EVENT_DELETE, MOS_VM_DELETED },

  { MOS_VM_STARTING, MOS_VM_EVENT_STARTED, MOS_VM_RUNNING },
  { MOS_VM_STARTING, MOS_VM_EVENT_LOADED, MOS_VM_PAUSED },
  { MOS_VM_STARTING, MOS_VM_EVENT_NOT_STARTED, MOS_VM_STOPPED },
  { MOS_VM_STARTING, MOS_VM_EVENT_POWER_OFF, MOS_VM_STOPPING },

  { MOS_VM_RUNNING, MOS_VM_EVENT_PAUSE, MOS_VM_PAUSING },
  { MOS_VM_RUNNING, MOS_VM_EVENT_HELD, MOS_VM_PAUSED },
  { MOS_VM_RUNNING, MOS_VM_EVENT_STOP, MOS_VM_STOPPING },
  { MOS_VM_RUNNING, MOS_VM_EVENT_POWER_OFF, MOS_VM_STOPPING },
  { MOS_VM_RUNNING, MOS_VM_EVENT_CRASH, MOS_VM_CRASHED },

  { MOS_VM_PAUSING, MOS_VM_EVENT_PAUSED, MOS_VM_PAUSED },
  { MOS_VM_PAUSING, MOS_VM_EVENT_NOT_PAUSED, MOS_VM_RUNNING },
  { MOS_VM_PAUSING, MOS_VM_EVENT_POWER_OFF, MOS_VM_STOPPING },
  { MOS_VM_PAUSING, MOS_VM_EVENT_CRASH, MOS_VM_CRASHED },

  { MOS_VM_PAUSED, MOS_VM_EVENT_RESUME, MOS_VM_RESUMING },
  { MOS_VM_PAUSED, MOS_VM_EVENT_POWER_OFF, MOS_VM_STOPPING },
  { MOS_VM_PAUSED, MOS_VM_EVENT_CRASH, MOS_VM_CRASHED },

  { MOS_VM_RESUMING, MOS_VM_EVENT_RESUMED, MOS_VM_RUNNING },

  { MOS_VM_STOPPING, MOS_VM_EVENT_NOT_STOPPED, MOS_VM_RUNNING },
  { MOS_VM_STOPPING, MOS_VM_EVENT_HELD, MOS_VM_PAUSED },
  { MOS_VM_STOPPING, MOS_VM_EVENT_POWER_OFF, MOS_VM_STOPPING },
  { MOS_VM_STOPPING, MOS_VM_EVENT_CRASH, MOS_VM_CRASHED },
  { MOS_VM_STOPPING, MOS_VM_EVENT_OFF, MOS_VM_STOPPED },

  { MOS_VM_CRASHED, MOS_VM_EVENT_REVIVE, MOS_VM_RUNNING },
  { MOS_VM_CRASHED, MOS_VM_EVENT_POWER_OFF, MOS_VM_STOPPING },
};

/* 0, MOS_REASON_NONE: possible. */
static const guint8 reasons[MOS_N_VM_ACTIONS][MOS_N_VM_STATES] = {
  [MOS_VM_ACTION_START] = {
    [MOS_VM_STARTING] = MOS_REASON_STARTING_ALREADY,
    [MOS_VM_RUNNING] = MOS_REASON_RUNNING_ALREADY,
    [MOS_VM_PAUSING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_PAUSED] = MOS_REASON_IS_PAUSED,
    [MOS_VM_RESUMING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_STOPPING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_CRASHED] = MOS_REASON_IS_CRASHED,
    [MOS_VM_DELETED] = MOS_REASON_IS_GONE,
  },
  [MOS_VM_ACTION_PAUSE] = {
    [MOS_VM_STOPPED] = MOS_REASON_NOT_RUNNING,
    [MOS_VM_STARTING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_PAUSING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_PAUSED] = MOS_REASON_PAUSED_ALREADY,
    [MOS_VM_RESUMING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_STOPPING] = MOS_REASON_SHUTTING_DOWN,
    [MOS_VM_CRASHED] = MOS_REASON_IS_CRASHED,
    [MOS_VM_DELETED] = MOS_REASON_IS_GONE,
  },
  [MOS_VM_ACTION_RESUME] = {
    [MOS_VM_STOPPED] = MOS_REASON_NOT_RUNNING,
    [MOS_VM_STARTING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_RUNNING] = MOS_REASON_NOT_PAUSED,
    [MOS_VM_PAUSING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_RESUMING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_STOPPING] = MOS_REASON_SHUTTING_DOWN,
    [MOS_VM_CRASHED] = MOS_REASON_IS_CRASHED,
    [MOS_VM_DELETED] = MOS_REASON_IS_GONE,
  },
  [MOS_VM_ACTION_STOP] = {
    [MOS_VM_STOPPED] = MOS_REASON_STOPPED_ALREADY,
    [MOS_VM_STARTING] = MOS_REASON_STOP_STARTING,
    [MOS_VM_PAUSING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_PAUSED] = MOS_REASON_STOP_PAUSED,
    [MOS_VM_RESUMING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_STOPPING] = MOS_REASON_SHUTTING_DOWN_ALREADY,
    [MOS_VM_CRASHED] = MOS_REASON_STOP_CRASHED,
    [MOS_VM_DELETED] = MOS_REASON_IS_GONE,
  },
  [MOS_VM_ACTION_FORCE_STOP] = {
    [MOS_VM_STOPPED] = MOS_REASON_STOPPED_ALREADY,
    [MOS_VM_DELETED] = MOS_REASON_IS_GONE,
  },
  [MOS_VM_ACTION_RESET] = {
    [MOS_VM_STOPPED] = MOS_REASON_NOT_RUNNING,
    [MOS_VM_STARTING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_PAUSING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_RESUMING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_STOPPING] = MOS_REASON_SHUTTING_DOWN,
    [MOS_VM_DELETED] = MOS_REASON_IS_GONE,
  },
  [MOS_VM_ACTION_DELETE] = {
    [MOS_VM_STARTING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_RUNNING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_PAUSING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_PAUSED] = MOS_REASON_STOP_FIRST,
    [MOS_VM_RESUMING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_STOPPING] = MOS_REASON_WAIT_STOPPED,
    [MOS_VM_CRASHED] = MOS_REASON_STOP_FIRST,
    [MOS_VM_DELETED] = MOS_REASON_GONE_ALREADY,
  },
  [MOS_VM_ACTION_EDIT] = {
    [MOS_VM_STARTING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_RUNNING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_PAUSING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_PAUSED] = MOS_REASON_STOP_FIRST,
    [MOS_VM_RESUMING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_STOPPING] = MOS_REASON_WAIT_STOPPED,
    [MOS_VM_CRASHED] = MOS_REASON_STOP_FIRST,
    [MOS_VM_DELETED] = MOS_REASON_IS_GONE,
  },
  [MOS_VM_ACTION_TYPE] = {
    [MOS_VM_STOPPED] = MOS_REASON_NOT_RUNNING,
    [MOS_VM_STARTING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_PAUSING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_PAUSED] = MOS_REASON_IS_PAUSED,
    [MOS_VM_RESUMING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_CRASHED] = MOS_REASON_IS_CRASHED,
    [MOS_VM_DELETED] = MOS_REASON_IS_GONE,
  },
  [MOS_VM_ACTION_PICTURE] = {
    [MOS_VM_STOPPED] = MOS_REASON_SCREEN_DARK,
    [MOS_VM_STARTING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_DELETED] = MOS_REASON_IS_GONE,
  },
  [MOS_VM_ACTION_PROFILE] = {
    [MOS_VM_STOPPED] = MOS_REASON_NOT_RUNNING,
    [MOS_VM_STARTING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_PAUSING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_PAUSED] = MOS_REASON_IS_PAUSED,
    [MOS_VM_RESUMING] = MOS_REASON_IN_CHANGE,
    [MOS_VM_STOPPING] = MOS_REASON_SHUTTING_DOWN,
    [MOS_VM_CRASHED] = MOS_REASON_IS_CRASHED,
    [MOS_VM_DELETED] = MOS_REASON_IS_GONE,
  },
  [MOS_VM_ACTION_EXPORT] = {
    [MOS_VM_STARTING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_RUNNING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_PAUSING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_PAUSED] = MOS_REASON_STOP_FIRST,
    [MOS_VM_RESUMING] = MOS_REASON_STOP_FIRST,
    [MOS_VM_STOPPING] = MOS_REASON_WAIT_STOPPED,
    [MOS_VM_CRASHED] = MOS_REASON_STOP_FIRST,
    [MOS_VM_DELETED] = MOS_REASON_IS_GONE,
  },
};

const char *
mos_vm_state_name (MosVmState state)
{
  g_return_val_if_fail (state < MOS_N_VM_STATES, NULL);
  return states[state].name;
}

const char *
mos_vm_state_title (MosVmState state)
{
  g_return_val_if_fail (state < MOS_N_VM_STATES, NULL);
  return _ (states[state].title);
}

GType
mos_vm_state_get_type (void)
{
  static gsize            state_type_id = 0;
  static const GEnumValue values[] = {
    { MOS_VM_STOPPED, "MOS_VM_STOPPED", "stopped" },
    { MOS_VM_STARTING, "MOS_VM_STARTING", "starting" },
    { MOS_VM_RUNNING, "MOS_VM_RUNNING", "running" },
    { MOS_VM_PAUSING, "MOS_VM_PAUSING", "pausing" },
    { MOS_VM_PAUSED, "MOS_VM_PAUSED", "paused" },
    { MOS_VM_RESUMING, "MOS_VM_RESUMING", "resuming" },
    { MOS_VM_STOPPING, "MOS_VM_STOPPING", "stopping" },
    { MOS_VM_CRASHED, "MOS_VM_CRASHED", "crashed" },
    { MOS_VM_DELETED, "MOS_VM_DELETED", "deleted" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&state_type_id))
    g_once_init_leave (&state_type_id,
                       g_enum_register_static ("MosVmState", values));
  return state_type_id;
}

static void
trace_state (MosVm *self)
{
  MosEvent event = { .kind = MOS_EVENT_LIFECYCLE,
                     .vcpu = G_MAXUINT16,
                     .level = 1,
                     .code = self->state };

  if (!mos_trace_wants (self->trace, MOS_EVENT_LIFECYCLE))
    return;
  if (self->machine != NULL)
    event.time_ns = mos_machine_now (self->machine);
  mos_trace_emit_slow (self->trace, &event);
}

gboolean
mos_vm_take_event (MosVm *self, MosVmEvent event)
{
  for (guint i = 0; i < G_N_ELEMENTS (transitions); i++) {
    if (transitions[i].from != self->state || transitions[i].event != event)
      continue;
    if (transitions[i].to == self->state)
      return TRUE;
    mos_log (self->log, MOS_LOG_DEBUG, _ ("State: %s, was %s"),
             _ (states[transitions[i].to].title),
             _ (states[self->state].title));
    self->state = transitions[i].to;
    trace_state (self);
    mos_vm_emit_state (self);
    return TRUE;
  }
  return FALSE;
}

const char *
mos_vm_why_not (MosVm *self, MosVmAction action)
{
  MosReason reason;
  gboolean  looks_only;

  g_return_val_if_fail (action < MOS_N_VM_ACTIONS, NULL);

  reason = reasons[action][self->state];
  looks_only = action == MOS_VM_ACTION_TYPE || action == MOS_VM_ACTION_PICTURE;
  if (reason != MOS_REASON_NONE || looks_only)
    return mos_reason_text (reason);
  if (self->going_off)
    return mos_reason_text (MOS_REASON_GOING_OFF);
  if (self->operation == NULL || action == MOS_VM_ACTION_FORCE_STOP)
    return NULL;
  g_free (self->why_not);
  self->why_not = g_strdup_printf (_ ("Wait until this is done: %s"),
                                   mos_operation_get_title (self->operation));
  return self->why_not;
}
