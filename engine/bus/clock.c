/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A heap of timers over a clock that can stand still.
 *
 * now = base + (host time - resumed at) while running, base while paused. The
 * lock guards everything; timer functions are called without it, one at a
 * time, and mos_timer_clear() waits for the one that runs.
 */
#include "engine/bus/clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct MosClock {
  MosClockMode mode;
  GMutex       lock;
  GCond        idle;      /* no timer function is running */
  guint        n_waiting; /* for that */
  GPtrArray   *heap;      /* of MosTimer, binary heap by (deadline, serial) */
  guint64      last_serial;
  MosTimer    *running; /* whose function is being called */
  GThread     *runner;  /* the thread that calls it */
  gboolean     paused;
  gint64       base_ns;    /* guest time at resumed_ns, or now while paused */
  gint64       resumed_ns; /* host monotonic time */
  int          timer_fd;   /* -1: no source yet */
  gint64       timer_ns;   /* what it is set to; 0: it is not */
  GThread     *watcher;    /* runs what is due at watched_ns or later */
  gint64       watched_ns; /* host monotonic time */
  GFunc        notify;
  gpointer     notify_data;
};

static gint64
host_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

MosClock *
mos_clock_new (MosClockMode mode)
{
  MosClock *self = g_new0 (MosClock, 1);

  self->mode = mode;
  g_mutex_init (&self->lock);
  g_cond_init (&self->idle);
  self->heap = g_ptr_array_new ();
  self->paused = TRUE;
  self->timer_fd = -1;
  return self;
}

void
mos_clock_free (MosClock *self)
{
  if (self == NULL)
    return;
  if (self->timer_fd >= 0)
    close (self->timer_fd);
  g_ptr_array_unref (self->heap);
  g_cond_clear (&self->idle);
  g_mutex_clear (&self->lock);
  g_free (self);
}

MosClockMode
mos_clock_mode (MosClock *self)
{
  return self->mode;
}

static gint64
now_locked (MosClock *self)
{
  if (self->paused || self->mode == MOS_CLOCK_MANUAL)
    return self->base_ns;
  return self->base_ns + (host_ns () - self->resumed_ns);
}

gint64
mos_clock_now (MosClock *self)
{
  gint64 now;

  g_mutex_lock (&self->lock);
  now = now_locked (self);
  g_mutex_unlock (&self->lock);
  return now;
}

/* -- the heap ------------------------------------------------------------ */

static gboolean
earlier (const MosTimer *a, const MosTimer *b)
{
  if (a->deadline_ns != b->deadline_ns)
    return a->deadline_ns < b->deadline_ns;
  return a->serial < b->serial;
}

static void
place (MosClock *self, MosTimer *timer, guint index)
{
  self->heap->pdata[index] = timer;
  timer->heap_index = (gint) index;
}

static void
sift_up (MosClock *self, guint index)
{
  MosTimer *timer = self->heap->pdata[index];

  while (index > 0) {
    guint     parent = (index - 1) / 2;
    MosTimer *above = self->heap->pdata[parent];

    if (!earlier (timer, above))
      break;
    place (self, above, index);
    index = parent;
  }
  place (self, timer, index);
}

static void
sift_down (MosClock *self, guint index)
{
  MosTimer *timer = self->heap->pdata[index];

  for (;;) {
    guint child = 2 * index + 1;

    if (child >= self->heap->len)
      break;
    if (child + 1 < self->heap->len &&
        earlier (self->heap->pdata[child + 1], self->heap->pdata[child]))
      child++;
    if (!earlier (self->heap->pdata[child], timer))
      break;
    place (self, self->heap->pdata[child], index);
    index = child;
  }
  place (self, timer, index);
}

static void
remove_locked (MosClock *self, MosTimer *timer)
{
  guint     index = (guint) timer->heap_index;
  MosTimer *last;

  if (timer->heap_index < 0)
    return;
  last = self->heap->pdata[self->heap->len - 1];
  g_ptr_array_set_size (self->heap, (gint) self->heap->len - 1);
  timer->heap_index = -1;
  timer->deadline_ns = MOS_CLOCK_NEVER;
  if (last == timer)
    return;
  place (self, last, index);
  sift_up (self, index);
  sift_down (self, (guint) last->heap_index);
}

static gint64
next_locked (MosClock *self)
{
  if (self->heap->len == 0)
    return MOS_CLOCK_NEVER;
  return ((MosTimer *) self->heap->pdata[0])->deadline_ns;
}

/* The host's monotonic time of the earliest deadline; MOS_CLOCK_NEVER. */
static gint64
next_host_ns_locked (MosClock *self)
{
  gint64 next = next_locked (self);
  gint64 delta = MAX (next - self->base_ns, 0);

  if (self->paused || next == MOS_CLOCK_NEVER ||
      delta >= MOS_CLOCK_NEVER - self->resumed_ns)
    return MOS_CLOCK_NEVER;
  return MAX (self->resumed_ns + delta, 1);
}

/* Programs the timerfd for the earliest deadline, unless it is, run_due() will,
 * or somebody watches. */
static void
program_locked (MosClock *self)
{
  struct itimerspec when = { 0 };
  gint64            at = next_host_ns_locked (self);

  if (self->timer_fd < 0 || self->running != NULL)
    return;
  if (at == MOS_CLOCK_NEVER ||
      (self->watcher != NULL && at >= self->watched_ns))
    at = 0;
  if (at == self->timer_ns)
    return;
  self->timer_ns = at;
  when.it_value.tv_sec = at / 1000000000;
  when.it_value.tv_nsec = at % 1000000000;
  timerfd_settime (self->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* -- pause, resume, move ------------------------------------------------- */

void
mos_clock_pause (MosClock *self)
{
  g_mutex_lock (&self->lock);
  self->base_ns = now_locked (self);
  self->paused = TRUE;
  program_locked (self);
  g_mutex_unlock (&self->lock);
}

void
mos_clock_resume (MosClock *self)
{
  g_mutex_lock (&self->lock);
  if (self->paused) {
    self->paused = FALSE;
    self->resumed_ns = host_ns ();
  }
  program_locked (self);
  g_mutex_unlock (&self->lock);
}

gboolean
mos_clock_is_paused (MosClock *self)
{
  gboolean paused;

  g_mutex_lock (&self->lock);
  paused = self->paused;
  g_mutex_unlock (&self->lock);
  return paused;
}

void
mos_clock_set (MosClock *self, gint64 now_ns)
{
  g_return_if_fail (self->paused);

  g_mutex_lock (&self->lock);
  self->base_ns = now_ns;
  g_mutex_unlock (&self->lock);
}

gint64
mos_clock_next_deadline (MosClock *self)
{
  gint64 next;

  g_mutex_lock (&self->lock);
  next = next_locked (self);
  g_mutex_unlock (&self->lock);
  return next;
}

/* Calls the earliest timer that is due at @limit; FALSE if there is none. */
static gboolean
run_one_locked (MosClock *self, gint64 limit)
{
  MosTimer *timer;

  if (self->running != NULL || next_locked (self) > limit)
    return FALSE;
  timer = self->heap->pdata[0];
  if (self->mode == MOS_CLOCK_MANUAL)
    self->base_ns = MAX (self->base_ns, timer->deadline_ns);
  remove_locked (self, timer);
  self->running = timer;
  self->runner = g_thread_self ();
  g_mutex_unlock (&self->lock);
  timer->func (timer->user_data);
  g_mutex_lock (&self->lock);
  self->running = NULL;
  self->runner = NULL;
  if (self->n_waiting > 0)
    g_cond_broadcast (&self->idle);
  return TRUE;
}

void
mos_clock_run_due (MosClock *self)
{
  gint64 limit;

  g_mutex_lock (&self->lock);
  limit = now_locked (self);
  while (!self->paused && run_one_locked (self, limit))
    ;
  program_locked (self);
  g_mutex_unlock (&self->lock);
}

gboolean
mos_clock_watch (MosClock *self, gint64 *until_us)
{
  GThread *me = g_thread_self ();
  gboolean watching = FALSE;

  g_mutex_lock (&self->lock);
  if (self->timer_fd >= 0 && (self->watcher == NULL || self->watcher == me)) {
    gint64 at = next_host_ns_locked (self);

    watching = TRUE;
    self->watcher = me;
    self->watched_ns = at;
    *until_us = at == MOS_CLOCK_NEVER ? at : (at - 1) / 1000 + 1;
    program_locked (self);
  }
  g_mutex_unlock (&self->lock);
  return watching;
}

void
mos_clock_unwatch (MosClock *self)
{
  g_mutex_lock (&self->lock);
  self->watcher = NULL;
  program_locked (self);
  g_mutex_unlock (&self->lock);
}

void
mos_clock_advance (MosClock *self, gint64 now_ns)
{
  g_return_if_fail (self->mode == MOS_CLOCK_MANUAL);

  g_mutex_lock (&self->lock);
  while (run_one_locked (self, now_ns))
    ;
  self->base_ns = MAX (self->base_ns, now_ns);
  g_mutex_unlock (&self->lock);
}

void
mos_clock_set_notify (MosClock *self, GFunc func, gpointer user_data)
{
  g_mutex_lock (&self->lock);
  self->notify = func;
  self->notify_data = user_data;
  g_mutex_unlock (&self->lock);
}

/* -- the source ---------------------------------------------------------- */

typedef struct {
  GSource   source;
  MosClock *clock;
  gpointer  tag;
} ClockSource;

static gboolean
clock_source_dispatch (GSource *source, GSourceFunc func, gpointer user_data)
{
  ClockSource *self = (ClockSource *) source;
  guint64      expirations;
  gssize       n;

  (void) func;
  (void) user_data;
  do
    n = read (self->clock->timer_fd, &expirations, sizeof expirations);
  while (n < 0 && errno == EINTR);
  if (n > 0) {
    g_mutex_lock (&self->clock->lock);
    self->clock->timer_ns = 0;
    g_mutex_unlock (&self->clock->lock);
  }
  mos_clock_run_due (self->clock);
  return G_SOURCE_CONTINUE;
}

static const GSourceFuncs clock_source_funcs = { .dispatch =
                                                     clock_source_dispatch };

GSource *
mos_clock_source_new (MosClock *self)
{
  GSource     *source;
  ClockSource *clock_source;

  g_return_val_if_fail (self->mode == MOS_CLOCK_REAL, NULL);

  g_mutex_lock (&self->lock);
  if (self->timer_fd < 0)
    self->timer_fd =
        timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  program_locked (self);
  g_mutex_unlock (&self->lock);

  source =
      g_source_new ((GSourceFuncs *) &clock_source_funcs, sizeof (ClockSource));
  clock_source = (ClockSource *) source;
  clock_source->clock = self;
  if (self->timer_fd >= 0)
    clock_source->tag = g_source_add_unix_fd (source, self->timer_fd, G_IO_IN);
  g_source_set_static_name (source, "machine clock");
  /* Else its loop would take the descriptor out of its list while it is
   * dispatched, and wake itself for that. */
  g_source_set_can_recurse (source, TRUE);
  g_source_set_priority (source, G_PRIORITY_HIGH);
  return source;
}

/* -- timers -------------------------------------------------------------- */

void
mos_timer_init (MosTimer    *self,
                MosClock    *clock,
                MosTimerFunc func,
                gpointer     user_data)
{
  self->clock = clock;
  self->func = func;
  self->user_data = user_data;
  self->deadline_ns = MOS_CLOCK_NEVER;
  self->serial = 0;
  self->heap_index = -1;
}

void
mos_timer_clear (MosTimer *self)
{
  MosClock *clock = self->clock;

  if (clock == NULL)
    return;
  g_mutex_lock (&clock->lock);
  remove_locked (clock, self);
  clock->n_waiting++;
  while (clock->running == self && clock->runner != g_thread_self ())
    g_cond_wait (&clock->idle, &clock->lock);
  clock->n_waiting--;
  remove_locked (clock, self);
  self->clock = NULL;
  g_mutex_unlock (&clock->lock);
}

void
mos_timer_arm (MosTimer *self, gint64 deadline_ns)
{
  MosClock *clock = self->clock;
  GFunc     notify = NULL;
  gpointer  notify_data = NULL;
  gint64    before;

  if (clock == NULL)
    return;
  if (deadline_ns == MOS_CLOCK_NEVER) {
    mos_timer_disarm (self);
    return;
  }
  g_mutex_lock (&clock->lock);
  before = next_locked (clock);
  remove_locked (clock, self);
  self->deadline_ns = deadline_ns;
  self->serial = ++clock->last_serial;
  g_ptr_array_add (clock->heap, self);
  self->heap_index = (gint) clock->heap->len - 1;
  sift_up (clock, clock->heap->len - 1);
  if (next_locked (clock) != before) {
    program_locked (clock);
    notify = clock->notify;
    notify_data = clock->notify_data;
  }
  g_mutex_unlock (&clock->lock);
  if (notify != NULL)
    notify (clock, notify_data);
}

gboolean
mos_timer_arm_if_paused (MosTimer *self)
{
  if (!mos_clock_is_paused (self->clock))
    return FALSE;
  mos_timer_arm (self, mos_clock_now (self->clock));
  return TRUE;
}

void
mos_timer_disarm (MosTimer *self)
{
  MosClock *clock = self->clock;

  if (clock == NULL)
    return;
  g_mutex_lock (&clock->lock);
  remove_locked (clock, self);
  g_mutex_unlock (&clock->lock);
}
