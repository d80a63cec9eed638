/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The vCPU threads and what stops them.
 *
 * A vCPU runs while `hold` is 0. Whoever wants silence adds a reason to it and
 * kicks; each thread then parks. The last one to park does what needs silence:
 * it resets the machine, tells that the guest has ended it, and stops the clock
 * if there is a reason to stay. So a guest's reset needs no other thread, a
 * pause that meets a reset simply finds the machine paused after it, and who
 * hears of the end finds everything counted.
 */
#include <glib/gi18n-lib.h>
#include <inttypes.h>

#include "engine/base/error.h"
#include "engine/lifecycle/machine-private.h"

/* A kick is repeated when nobody has parked after so long. */
#define KICK_AGAIN_US (10 * G_TIME_SPAN_MILLISECOND)
/* Then the backend is broken, and the verb fails. */
#define GIVE_UP_US (5 * G_TIME_SPAN_SECOND)

/* After mos_machine_off() there are none. */
static void
kick_all (MosMachine *self)
{
  for (guint i = 0; i < self->n_vcpus; i++)
    mos_vcpu_kick (self->runners[i].vcpu);
}

void
mos_machine_hold (MosMachine *self, guint reasons)
{
  g_mutex_lock (&self->lock);
  self->hold |= reasons;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  kick_all (self);
}

/* -- reset --------------------------------------------------------------- */

static gboolean
set_reset_state (MosMachine *self, guint index, gboolean wake, GError **error)
{
  const MosBoardClass    *klass = self->board->klass;
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  gboolean                ok = TRUE;

  mos_cpu_state_reset (state, index, index == 0);
  if (index == 0)
    ok = (wake ? klass->wake : klass->start) (self->board, state, error);
  ok = ok && mos_vcpu_set_state (self->runners[index].vcpu, state, error);
  mos_cpu_state_clear (state);
  return ok;
}

/* No vCPU runs. The I/O thread may: devices have their locks. */
static gboolean
reset_everything (MosMachine *self, gboolean wake, GError **error)
{
  const MosBackendClass *klass = self->cpus->klass;

  mos_bus_reset (self->bus);
  if (klass->reset_chips != NULL)
    klass->reset_chips (self->cpus);
  for (guint i = 0; i < self->n_vcpus; i++)
    if (!set_reset_state (self, i, wake, error))
      return FALSE;
  return TRUE;
}

static void
reset_locked (MosMachine *self)
{
  g_autoptr (GError) error = NULL;
  gboolean wake = (self->hold & MOS_HOLD_RESET) == 0;

  self->resetting = TRUE;
  g_mutex_unlock (&self->lock);
  reset_everything (self, wake, &error);
  g_mutex_lock (&self->lock);
  self->resetting = FALSE;
  self->hold &= ~(guint) (MOS_HOLD_RESET | MOS_HOLD_WAKE | MOS_HOLD_SLEEP);
  if (error == NULL)
    return;
  self->hold |= MOS_HOLD_FAILED;
  if (self->reset_error != NULL && *self->reset_error == NULL)
    g_propagate_error (self->reset_error, g_steal_pointer (&error));
  else
    self->func (self->user_data, self, MOS_MACHINE_FAILED, 0, error->message);
}

/* -- parking ------------------------------------------------------------- */

static void
stop_time (MosMachine *self)
{
  mos_clock_pause (self->bus->clock);
  if (self->hierarchy != NULL)
    mos_hierarchy_set_paused (self->hierarchy, TRUE);
}

static void
start_time (MosMachine *self)
{
  if (self->hierarchy != NULL)
    mos_hierarchy_set_paused (self->hierarchy, FALSE);
  mos_clock_resume (self->bus->clock);
}

/* The first end counts; what comes of it is told in silence_locked(). */
static void
guest_ends (MosMachine *self, MosMachineNote note, guint code)
{
  g_mutex_lock (&self->lock);
  if ((self->hold & MOS_HOLD_GUEST) == 0) {
    self->ending = TRUE;
    self->end_note = note;
    self->end_code = code;
  }
  g_mutex_unlock (&self->lock);
  mos_machine_hold (self, MOS_HOLD_GUEST);
}

static void
tell_end_locked (MosMachine *self)
{
  self->ending = FALSE;
  self->func (self->user_data, self, self->end_note, self->end_code,
              self->end_note == MOS_MACHINE_EXITED
                  ? _ ("The guest ended the run through the debug exit port")
                  : _ ("The guest powered the machine off"));
}

/* All vCPUs stand still, and one of them is here. */
static void
silence_locked (MosMachine *self)
{
  if (self->ending)
    tell_end_locked (self);
  if ((self->hold & (MOS_HOLD_RESET | MOS_HOLD_WAKE)) != 0)
    reset_locked (self);
  /* A sleeping machine's time goes on, so that its alarm can wake it. */
  if ((self->hold & ~(guint) MOS_HOLD_SLEEP) != 0)
    stop_time (self);
  g_cond_broadcast (&self->changed);
}

/* Waits until the calling vCPU may run; FALSE when its thread must end. */
static gboolean
wait_for_turn_locked (MosMachine *self)
{
  while (self->hold != 0) {
    /* Before a reset, which lets go of the lock: what changes meanwhile must
     * be looked at. */
    guint seen = self->hold;

    if ((self->hold & MOS_HOLD_OFF) != 0)
      return FALSE;
    self->n_parked++;
    if (self->n_parked == self->n_threads && !self->resetting)
      silence_locked (self);
    while (self->hold != 0 && (self->hold == seen || self->resetting))
      g_cond_wait (&self->changed, &self->lock);
    self->n_parked--;
  }
  return TRUE;
}

/* Waits until @done, kicking again now and then. With the lock. */
static gboolean
wait_locked (MosMachine *self, gboolean (*done) (MosMachine *self))
{
  gint64 give_up_us = g_get_monotonic_time () + GIVE_UP_US;

  while (!done (self)) {
    gint64 now_us = g_get_monotonic_time ();

    /* A reset loads what is booted, which takes as long as it takes. */
    if (self->resetting)
      give_up_us = now_us + GIVE_UP_US;
    if (now_us > give_up_us)
      return FALSE;
    if (g_cond_wait_until (&self->changed, &self->lock, now_us + KICK_AGAIN_US))
      continue;
    g_mutex_unlock (&self->lock);
    kick_all (self);
    g_mutex_lock (&self->lock);
  }
  return TRUE;
}

static gboolean
is_silent (MosMachine *self)
{
  return (self->hold & MOS_HOLD_OFF) != 0 ||
         (self->n_parked == self->n_threads && !self->resetting &&
          (self->hold & (MOS_HOLD_RESET | MOS_HOLD_WAKE)) == 0);
}

static gboolean
has_no_threads (MosMachine *self)
{
  return self->n_threads == 0;
}

/* -- what the guest does ------------------------------------------------- */

/* Counts a reset; FALSE if there are more than anybody can want. */
static gboolean
count_reset_locked (MosMachine *self)
{
  gint64 now_us = g_get_monotonic_time ();

  if (now_us - self->second_us >= G_USEC_PER_SEC) {
    self->second_us = now_us;
    self->n_resets = 0;
  }
  return ++self->n_resets <= MOS_MACHINE_MAX_RESETS_A_SECOND;
}

/* At most a line a second, whatever the guest does. */
static void
log_reset (MosMachine *self, const char *why)
{
  gint64 now_us = g_get_monotonic_time ();
  guint  unlogged;

  g_mutex_lock (&self->lock);
  if (self->logged_us != 0 && now_us - self->logged_us < G_USEC_PER_SEC) {
    self->unlogged++;
    g_mutex_unlock (&self->lock);
    return;
  }
  self->logged_us = now_us;
  unlogged = self->unlogged;
  self->unlogged = 0;
  g_mutex_unlock (&self->lock);

  if (unlogged > 0)
    mos_log (self->log, MOS_LOG_WARNING,
             _ ("%s (and %u more resets since the last line)"), why, unlogged);
  else
    mos_log (self->log, MOS_LOG_WARNING, "%s", why);
}

/* On a vCPU or the I/O thread, perhaps with a device's lock held. */
static void
guest_reset (MosMachine *self, const char *why)
{
  gboolean sane;

  __atomic_add_fetch (&self->all_resets, 1, __ATOMIC_RELAXED);
  g_mutex_lock (&self->lock);
  sane = count_reset_locked (self);
  g_mutex_unlock (&self->lock);

  if (!sane) {
    mos_machine_hold (self, MOS_HOLD_PAUSE | MOS_HOLD_RESET);
    self->func (self->user_data, self, MOS_MACHINE_HELD, 0,
                _ ("The guest resets itself more than 100 times a second; the "
                   "machine is paused"));
    return;
  }
  log_reset (self, why);
  mos_machine_hold (self, MOS_HOLD_RESET);
  self->func (self->user_data, self, MOS_MACHINE_WAS_RESET, 0, why);
}

static void
guest_wake (MosMachine *self)
{
  gboolean asleep;

  g_mutex_lock (&self->lock);
  asleep = (self->hold & (MOS_HOLD_SLEEP | MOS_HOLD_WAKE)) == MOS_HOLD_SLEEP &&
           self->board->klass->wake != NULL;
  g_mutex_unlock (&self->lock);
  if (!asleep)
    return;
  mos_log (self->log, MOS_LOG_INFO, _ ("The guest wakes"));
  mos_machine_hold (self, MOS_HOLD_WAKE);
}

void
mos_machine_request (gpointer user_data, MosBusRequest request, guint code)
{
  MosMachine *self = user_data;

  switch (request) {
  case MOS_BUS_RESET:
    guest_reset (self, _ ("The guest asked for a reset"));
    break;
  case MOS_BUS_POWEROFF:
    guest_ends (self, MOS_MACHINE_POWERED_OFF, 0);
    break;
  case MOS_BUS_EXIT:
    guest_ends (self, MOS_MACHINE_EXITED, code);
    break;
  case MOS_BUS_WAKE:
    guest_wake (self);
    break;
  case MOS_BUS_SUSPEND:
  default:
    mos_log (self->log, MOS_LOG_INFO,
             _ ("The guest sleeps (ACPI S3); a key, the power button or its "
                "clock wakes it"));
    mos_machine_hold (self, MOS_HOLD_SLEEP);
  }
}

static void
triple_fault (MosMachineRunner *runner)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  g_autofree char        *why = NULL;

  if (mos_vcpu_get_state (runner->vcpu, state, NULL))
    why = g_strdup_printf (_ ("guest reset after a triple fault at "
                              "%04x:%016" PRIx64 " (CS:RIP) of vCPU %u"),
                           state->seg[MOS_SEG_CS].selector, state->rip,
                           runner->vcpu->index);
  else
    why = g_strdup_printf (_ ("guest reset after a triple fault of vCPU %u"),
                           runner->vcpu->index);
  mos_cpu_state_clear (state);
  guest_reset (runner->machine, why);
}

static void
failed (MosMachineRunner *runner, const GError *error)
{
  MosMachine             *self = runner->machine;
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);

  if (mos_vcpu_get_state (runner->vcpu, state, NULL)) {
    g_autofree char *registers = mos_cpu_state_describe (state);

    mos_log (self->log, MOS_LOG_INFO, _ ("vCPU %u stood at:\n%s"),
             runner->vcpu->index, registers);
  }
  mos_cpu_state_clear (state);
  mos_machine_hold (self, MOS_HOLD_FAILED);
  self->func (self->user_data, self, MOS_MACHINE_FAILED, 0,
              error != NULL ? error->message : _ ("the processor gave up"));
}

static void
take_result (MosMachineRunner *runner, MosRunResult result, GError *error)
{
  switch (result) {
  case MOS_RUN_SHUTDOWN:
    triple_fault (runner);
    break;
  case MOS_RUN_FAILED:
    failed (runner, error);
    break;
  case MOS_RUN_DEBUG:
    mos_machine_hold (runner->machine, MOS_HOLD_PAUSE);
    runner->machine->func (runner->machine->user_data, runner->machine,
                           MOS_MACHINE_HELD, 0, _ ("Stopped at a breakpoint"));
    break;
  case MOS_RUN_KICKED:
  default:
    break;
  }
}

/* -- threads ------------------------------------------------------------- */

static gpointer
vcpu_thread (gpointer user_data)
{
  MosMachineRunner *runner = user_data;
  MosMachine       *self = runner->machine;

  g_mutex_lock (&self->lock);
  while (wait_for_turn_locked (self)) {
    g_autoptr (GError) error = NULL;
    MosRunResult result;

    g_mutex_unlock (&self->lock);
    result = mos_vcpu_run (runner->vcpu, &error);
    mos_machine_take_probe (runner);
    take_result (runner, result, error);
    g_mutex_lock (&self->lock);
  }
  self->n_threads--;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  return NULL;
}

gboolean
mos_machine_run_threads (MosMachine *self, GError **error)
{
  gboolean ok = TRUE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->n_vcpus && ok; i++) {
    g_autofree char *name = g_strdup_printf ("vcpu%u", i);

    self->runners[i].thread =
        g_thread_try_new (name, vcpu_thread, &self->runners[i], error);
    ok = self->runners[i].thread != NULL;
    self->n_threads += ok;
  }
  g_mutex_unlock (&self->lock);
  return ok;
}

void
mos_machine_end_threads (MosMachine *self)
{
  mos_machine_hold (self, MOS_HOLD_OFF);
  g_mutex_lock (&self->lock);
  while (!wait_locked (self, has_no_threads))
    mos_log (self->log, MOS_LOG_ERROR,
             _ ("A processor does not react to being stopped"));
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < self->n_vcpus; i++)
    g_clear_pointer (&self->runners[i].thread, g_thread_join);
}

/* -- verbs --------------------------------------------------------------- */

/* With control held. */
static gboolean
wait_for_silence (MosMachine *self, GError **error)
{
  gboolean silent, off;

  g_mutex_lock (&self->lock);
  silent = wait_locked (self, is_silent);
  off = (self->hold & MOS_HOLD_OFF) != 0;
  g_mutex_unlock (&self->lock);

  if (off)
    g_set_error (error, MOS_ERROR, MOS_ERROR_CANCELLED,
                 _ ("The machine was switched off meanwhile"));
  else if (!silent)
    g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
                 _ ("A processor does not react; use Force Stop"));
  return silent && !off;
}

gboolean
mos_machine_pause (MosMachine *self, GError **error)
{
  gboolean ok;

  g_mutex_lock (&self->control);
  mos_machine_hold (self, MOS_HOLD_PAUSE);
  ok = wait_for_silence (self, error);
  g_mutex_unlock (&self->control);
  return ok;
}

/* Takes a reason to stand still away. With control held. */
static void
let_go (MosMachine *self, guint reason)
{
  g_mutex_lock (&self->lock);
  self->hold &= ~reason;
  if (self->bus != NULL &&
      (self->hold &
       ~(guint) (MOS_HOLD_RESET | MOS_HOLD_WAKE | MOS_HOLD_SLEEP)) == 0)
    start_time (self);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
mos_machine_resume (MosMachine *self)
{
  g_mutex_lock (&self->control);
  let_go (self, MOS_HOLD_PAUSE);
  g_mutex_unlock (&self->control);
}

gboolean
mos_machine_look (MosMachine *self, MosMachineVisit func, gpointer user_data)
{
  gboolean ok;

  if (!g_mutex_trylock (&self->control))
    return FALSE;
  mos_machine_hold (self, MOS_HOLD_LOOK);
  ok = wait_for_silence (self, NULL);
  if (ok)
    mos_machine_visit (self, func, user_data);
  let_go (self, MOS_HOLD_LOOK);
  g_mutex_unlock (&self->control);
  return ok;
}

gboolean
mos_machine_reset (MosMachine *self, GError **error)
{
  GError  *reset_error = NULL;
  gboolean ok, is_held;

  g_mutex_lock (&self->control);
  g_mutex_lock (&self->lock);
  is_held = (self->hold & MOS_HOLD_PAUSE) != 0;
  self->hold &= ~(guint) (MOS_HOLD_FAILED | MOS_HOLD_GUEST);
  self->reset_error = &reset_error;
  g_mutex_unlock (&self->lock);

  /* Paused on top, so that silence can be told from having gone on. */
  mos_machine_hold (self, MOS_HOLD_RESET | MOS_HOLD_PAUSE);
  ok = wait_for_silence (self, error);

  g_mutex_lock (&self->lock);
  self->reset_error = NULL;
  g_mutex_unlock (&self->lock);
  g_mutex_unlock (&self->control);

  if (reset_error != NULL) {
    if (ok)
      g_propagate_error (error, reset_error);
    else
      g_error_free (reset_error);
    ok = FALSE;
  }
  if (!is_held)
    mos_machine_resume (self);
  return ok;
}
