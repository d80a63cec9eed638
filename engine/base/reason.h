/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Why something cannot be done now: every sentence once.
 *
 * An insensitive control, a refused verb and a menu that explains itself say
 * the same words, because all of them take them from here. Constant; any
 * thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  MOS_REASON_NONE, /* it can be done */
  MOS_REASON_NOT_RUNNING,
  MOS_REASON_IN_CHANGE,
  MOS_REASON_IS_GONE,
  MOS_REASON_GONE_ALREADY,
  MOS_REASON_IS_CRASHED,
  MOS_REASON_STOP_FIRST,
  MOS_REASON_STARTING_ALREADY,
  MOS_REASON_RUNNING_ALREADY,
  MOS_REASON_PAUSED_ALREADY,
  MOS_REASON_STOPPED_ALREADY,
  MOS_REASON_IS_PAUSED,
  MOS_REASON_NOT_PAUSED,
  MOS_REASON_SHUTTING_DOWN,
  MOS_REASON_SHUTTING_DOWN_ALREADY,
  MOS_REASON_STOP_STARTING,
  MOS_REASON_STOP_PAUSED,
  MOS_REASON_STOP_CRASHED,
  MOS_REASON_WAIT_STOPPED,
  MOS_REASON_GOING_OFF,
  MOS_REASON_SCREEN_DARK,
  MOS_REASON_NO_MACHINE,
  MOS_REASON_NO_DELETION,
  MOS_REASON_NOT_CAPTURED,
  MOS_REASON_NOT_INTERRUPTIBLE,
  MOS_REASON_ALL_GRAPHS,
  MOS_REASON_NO_PROFILE,
  MOS_REASON_PROFILING,
  MOS_REASON_NO_EVENTS,
  MOS_REASON_TRACING,
  MOS_REASON_STEP_DONE,
  MOS_REASON_NO_MORE_HINTS,
  MOS_REASON_NOTHING_TO_SHOW,
  MOS_REASON_NO_SOLUTION,
  MOS_REASON_STEP_BUSY,
  MOS_REASON_FIRST_STEP,
  MOS_REASON_LAST_STEP,
  MOS_N_REASONS
} MosReason;

/* The translated sentence, without a full stop; NULL for MOS_REASON_NONE. */
const char *mos_reason_text (MosReason reason);

/* NULL if @possible, else the sentence: for the one condition of a control. */
const char *mos_reason_unless (gboolean possible, MosReason reason);

G_END_DECLS
