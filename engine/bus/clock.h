/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The one clock of a machine, and its timers.
 *
 * All guest time (PIT, HPET, LAPIC, RTC, TSC) is read from here: nanoseconds
 * since the machine was created, standing still while it is paused. A real
 * clock follows the host's monotonic clock and its timers run on the machine's
 * I/O thread, or on a vCPU's that has nothing to do; a manual clock moves only
 * when mos_clock_advance() is called, as deterministic mode does from the vCPU
 * thread after so many instructions.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_CLOCK_NEVER G_MAXINT64

typedef enum {
  MOS_CLOCK_REAL,
  MOS_CLOCK_MANUAL
} MosClockMode;

typedef struct MosClock MosClock;
typedef struct MosTimer MosTimer;

typedef void (*MosTimerFunc) (gpointer user_data);

/* Embedded in a device; private. */
struct MosTimer {
  MosClock    *clock;
  MosTimerFunc func;
  gpointer     user_data;
  gint64       deadline_ns; /* MOS_CLOCK_NEVER: not armed */
  guint64      serial;      /* equal deadlines fire in the order armed */
  gint         heap_index;  /* -1: not armed */
};

/* Starts paused at 0. */
MosClock *mos_clock_new (MosClockMode mode);
void      mos_clock_free (MosClock *self);

MosClockMode mos_clock_mode (MosClock *self);

/* Guest nanoseconds; any thread; never goes back while running. */
gint64 mos_clock_now (MosClock *self);

void     mos_clock_pause (MosClock *self);
void     mos_clock_resume (MosClock *self);
gboolean mos_clock_is_paused (MosClock *self);

/* After loading a saved machine; only while paused. */
void mos_clock_set (MosClock *self, gint64 now_ns);

/* Manual clock: moves to @now_ns (not back) and runs what is due, in order. */
void mos_clock_advance (MosClock *self, gint64 now_ns);

/* The earliest armed deadline, or MOS_CLOCK_NEVER. Any thread. */
gint64 mos_clock_next_deadline (MosClock *self);

/* Runs timers that are due. The I/O thread or who watches (real), or the vCPU
 * (manual). */
void mos_clock_run_due (MosClock *self);

/*
 * A GSource that runs due timers of a real clock, for the I/O thread's
 * context. It sleeps with timerfd precision and wakes when an earlier timer is
 * armed. Caller owns it; it must be destroyed before the clock is freed.
 */
GSource *mos_clock_source_new (MosClock *self);

/*
 * A thread that is about to sleep, as that of a halted vCPU, can keep watch
 * over a real clock's timers, so that the I/O thread is not woken only to wake
 * it. One thread at a time; FALSE if another does, or none may. It then sleeps,
 * not beyond @until_us (as g_cond_wait_until() has it, or MOS_CLOCK_NEVER), and
 * calls mos_clock_run_due() when that is reached. What is armed meanwhile for
 * an earlier time is left to the I/O thread. Whoever watches may say so again,
 * for a new @until_us.
 */
gboolean mos_clock_watch (MosClock *self, gint64 *until_us);
void     mos_clock_unwatch (MosClock *self);

/* Manual clock: called when the earliest deadline moves forward, so that the
 * running vCPU shortens its budget. One callback; any thread. */
void mos_clock_set_notify (MosClock *self, GFunc func, gpointer user_data);

/*
 * @func is called with no lock held and takes its device's lock itself. It may
 * arm its timer again. After mos_timer_clear() it is not running and never
 * will; so clear must not be called while holding a lock that @func takes.
 */
void mos_timer_init (MosTimer    *self,
                     MosClock    *clock,
                     MosTimerFunc func,
                     gpointer     user_data);
void mos_timer_clear (MosTimer *self);
void mos_timer_arm (MosTimer *self, gint64 deadline_ns);
void mos_timer_disarm (MosTimer *self);

/* If the clock is paused: TRUE, and the timer is due as soon as it goes on. For
 * devices that take no work from outside while the machine stands still. */
gboolean mos_timer_arm_if_paused (MosTimer *self);

static inline gboolean
mos_timer_armed (const MosTimer *self)
{
  return self->deadline_ns != MOS_CLOCK_NEVER;
}

G_END_DECLS
