/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The table of reasons. A new one is a row here and a value in reason.h; the
 * states that forbid a verb of a machine are rows of vm-state.c. Any thread.
 */
#include "engine/base/reason.h"

#include <glib/gi18n-lib.h>

static const char *const reasons[MOS_N_REASONS] = {
  [MOS_REASON_NOT_RUNNING] = N_ ("The machine is not running"),
  [MOS_REASON_IN_CHANGE] = N_ ("Wait until the machine has changed its state"),
  [MOS_REASON_IS_GONE] = N_ ("The machine has been deleted"),
  [MOS_REASON_GONE_ALREADY] = N_ ("The machine has been deleted already"),
  [MOS_REASON_IS_CRASHED] =
      N_ ("The machine has crashed; reset it or force it to stop"),
  [MOS_REASON_STOP_FIRST] = N_ ("Stop the machine first"),
  [MOS_REASON_STARTING_ALREADY] = N_ ("The machine is starting already"),
  [MOS_REASON_RUNNING_ALREADY] = N_ ("The machine is running already"),
  [MOS_REASON_PAUSED_ALREADY] = N_ ("The machine is paused already"),
  [MOS_REASON_STOPPED_ALREADY] = N_ ("The machine is stopped already"),
  [MOS_REASON_IS_PAUSED] = N_ ("The machine is paused; resume it"),
  [MOS_REASON_NOT_PAUSED] = N_ ("The machine is not paused"),
  [MOS_REASON_SHUTTING_DOWN] = N_ ("The machine is shutting down"),
  [MOS_REASON_SHUTTING_DOWN_ALREADY] = N_ (
      "The machine is shutting down already; force it to stop if it takes too long"),
  [MOS_REASON_STOP_STARTING] =
      N_ ("The machine is starting; cancel that, or force it to stop"),
  [MOS_REASON_STOP_PAUSED] = N_ (
      "A paused guest cannot shut down; resume it first, or force it to stop"),
  [MOS_REASON_STOP_CRASHED] =
      N_ ("A crashed guest cannot shut down; force it to stop"),
  [MOS_REASON_WAIT_STOPPED] = N_ ("Wait until the machine has stopped"),
  [MOS_REASON_GOING_OFF] = N_ ("The machine is being switched off"),
  [MOS_REASON_SCREEN_DARK] =
      N_ ("The guest’s screen is dark; start the machine first"),
  [MOS_REASON_NO_MACHINE] = N_ ("No machine is chosen"),
  [MOS_REASON_NO_DELETION] = N_ ("Nothing was deleted that could come back"),
  [MOS_REASON_NOT_CAPTURED] = N_ ("The guest does not have the keyboard"),
  [MOS_REASON_NOT_INTERRUPTIBLE] = N_ ("This step cannot be interrupted"),
  [MOS_REASON_ALL_GRAPHS] = N_ ("All graphs are shown already"),
  [MOS_REASON_NO_PROFILE] =
      N_ ("There is no profile to act on; begin one first"),
  [MOS_REASON_PROFILING] =
      N_ ("Not while a profile is being taken; end it first"),
  [MOS_REASON_NO_EVENTS] = N_ ("There are no events yet; begin a trace first"),
  [MOS_REASON_TRACING] = N_ ("Not while a trace is being taken; end it first"),
  [MOS_REASON_STEP_DONE] = N_ ("This step is done already"),
  [MOS_REASON_NO_MORE_HINTS] = N_ ("There are no more hints for this step"),
  [MOS_REASON_NOTHING_TO_SHOW] = N_ ("This step has no place to point at"),
  [MOS_REASON_NO_SOLUTION] = N_ ("This step cannot be done for you"),
  [MOS_REASON_STEP_BUSY] =
      N_ ("Wait until what is under way for this step is done"),
  [MOS_REASON_FIRST_STEP] = N_ ("This is the first step"),
  [MOS_REASON_LAST_STEP] = N_ ("This is the last step"),
};

const char *
mos_reason_text (MosReason reason)
{
  g_return_val_if_fail ((gsize) reason < MOS_N_REASONS, NULL);

  return reasons[reason] != NULL ? _ (reasons[reason]) : NULL;
}

const char *
mos_reason_unless (gboolean possible, MosReason reason)
{
  return possible ? NULL : mos_reason_text (reason);
}
