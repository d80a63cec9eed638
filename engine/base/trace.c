/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Listeners of a machine's events.
 *
 * The list of listeners is never changed, only replaced. A vCPU marks itself
 * busy while it uses one; who takes a listener away waits until every vCPU has
 * been seen outside. The mark is an ordinary store: the barrier that it needs
 * is put into the vCPUs' threads by the one who waits, membarrier(2), so events
 * cost none. Events of no vCPU hold a reader's lock instead.
 */
#include "engine/base/trace.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <time.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

#include "engine/base/barrier.h"

#define N_SLOTS 64u
/* How long a reading of the clock is counted on: about a millisecond. */
#define MAX_TICKS (1u << 22)
/* Long enough to learn the length of a tick from. */
#define LEARN_NS 5000000
/* A clock that is set back by less has only been read twice. */
#define JITTER_NS 1000000

typedef struct {
  guint        id;
  guint        mask;
  MosTraceFunc func;
  gpointer     user_data;
} Listener;

typedef struct {
  guint    n;
  Listener items[];
} List;

/* A vCPU's; written by its thread alone. */
typedef struct {
  guint   busy;      /* atomic: how deep in listeners */
  gint64  time_ns;   /* of the last event */
  gint64  anchor_ns; /* the machine's clock … */
  guint64 anchor;    /* … at this tick */
  guint64 rate;      /* nanoseconds a tick, 32.32; 0: not known yet */
} __attribute__ ((aligned (64))) Slot;

typedef struct {
  MosTrace parent;
  gboolean barrier; /* membarrier(2) is here */
  guint64  first_ticks;
  gint64   first_ns; /* the host's clock */

  GRWLock       lock; /* held by who emits for no vCPU */
  List         *list; /* atomic; replaced with the lock held for writing */
  guint         last_id;
  MosTraceClock clock; /* the following change only while no vCPU runs */
  gpointer      clock_data;
  gboolean      steady;

  Slot slots[N_SLOTS];
} Trace;

const MosEventInfo mos_event_infos[MOS_N_EVENTS] = {
  [MOS_EVENT_EXIT] = { "exit", N_ ("The guest stopped running") },
  [MOS_EVENT_INJECT] = { "inject", N_ ("An interrupt or exception went in") },
  [MOS_EVENT_PORT] = { "port", N_ ("A port was read or written") },
  [MOS_EVENT_MMIO] = { "mmio", N_ ("Device memory was read or written") },
  [MOS_EVENT_LINE] = { "line", N_ ("An interrupt line changed") },
  [MOS_EVENT_FAULT] = { "fault", N_ ("The guest caused an exception") },
  [MOS_EVENT_LEVEL] = { "level", N_ ("A nested guest was entered or left") },
  [MOS_EVENT_LIFECYCLE] = { "lifecycle", N_ ("The machine changed state") },
  [MOS_EVENT_TEXT] = { "text", N_ ("The guest wrote text") },
  [MOS_EVENT_RESET] = { "reset", N_ ("The machine asked for a reset") },
};

/* -- time ---------------------------------------------------------------- */

static guint64
read_ticks (void)
{
#ifdef __x86_64__
  return __rdtsc ();
#else
  return 0;
#endif
}

static gint64
host_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

static gint64
clock_now (Trace *self)
{
  return self->clock != NULL ? self->clock (self->clock_data) : 0;
}

/* Reads the clock itself, and begins to count from there. */
static gint64
set_anchor (Trace *self, Slot *slot, guint64 ticks)
{
  gint64  now = clock_now (self);
  gint64  passed_ns = host_ns () - self->first_ns;
  guint64 passed = ticks - self->first_ticks;

  if (now < slot->time_ns && slot->time_ns - now < JITTER_NS)
    now = slot->time_ns;
  slot->anchor_ns = now;
  slot->anchor = ticks;
  slot->rate = 0;
  if (self->steady && passed_ns > LEARN_NS && passed > 0 && ticks != 0)
    slot->rate =
        (guint64) ((double) passed_ns / (double) passed * 4294967296.0);
  return now;
}

static gint64
slot_now (Trace *self, Slot *slot)
{
  guint64 ticks = read_ticks ();
  guint64 passed = ticks - slot->anchor;

  if (G_LIKELY (passed < MAX_TICKS && slot->rate != 0))
    return slot->anchor_ns + (gint64) ((passed * slot->rate) >> 32);
  return set_anchor (self, slot, ticks);
}

void
mos_trace_set_clock (MosTrace     *trace,
                     MosTraceClock clock,
                     gpointer      user_data,
                     gboolean      steady)
{
  Trace *self = (Trace *) trace;

  g_rw_lock_writer_lock (&self->lock);
  self->clock = clock;
  self->clock_data = user_data;
  self->steady = steady;
  for (guint i = 0; i < N_SLOTS; i++)
    self->slots[i].rate = 0;
  g_rw_lock_writer_unlock (&self->lock);
}

/* -- listeners ----------------------------------------------------------- */

MosTrace *
mos_trace_new (void)
{
  Trace *self = g_aligned_alloc0 (1, sizeof (Trace), 64);

  g_rw_lock_init (&self->lock);
  self->list = g_malloc0 (sizeof (List));
  self->first_ticks = read_ticks ();
  self->first_ns = host_ns ();
  self->barrier = mos_barrier_prepare ();
  return &self->parent;
}

void
mos_trace_free (MosTrace *trace)
{
  Trace *self = (Trace *) trace;

  if (self == NULL)
    return;
  g_free (self->list);
  g_rw_lock_clear (&self->lock);
  g_aligned_free (self);
}

/* With the lock held for writing; nobody uses the old list afterwards. */
static void
replace_locked (Trace *self, List *list)
{
  List *old = self->list;
  guint mask = 0;

  for (guint i = 0; i < list->n; i++)
    mask |= list->items[i].mask;
  __atomic_store_n (&self->list, list, __ATOMIC_SEQ_CST);
  __atomic_store_n (&self->parent.mask, mask, __ATOMIC_RELEASE);
  if (self->barrier)
    mos_barrier ();
  __atomic_thread_fence (__ATOMIC_SEQ_CST);
  for (guint i = 0; i < N_SLOTS; i++)
    while (__atomic_load_n (&self->slots[i].busy, __ATOMIC_ACQUIRE) != 0)
      g_usleep (10);
  g_free (old);
}

guint
mos_trace_listen (MosTrace    *trace,
                  guint        mask,
                  MosTraceFunc func,
                  gpointer     user_data)
{
  Trace *self = (Trace *) trace;
  List  *list;
  guint  id;

  g_return_val_if_fail (func != NULL, 0);

  g_rw_lock_writer_lock (&self->lock);
  id = ++self->last_id;
  list = g_malloc (sizeof (List) + (self->list->n + 1) * sizeof (Listener));
  memcpy (list, self->list, sizeof (List) + self->list->n * sizeof (Listener));
  list->items[list->n++] = (Listener){ id, mask, func, user_data };
  replace_locked (self, list);
  g_rw_lock_writer_unlock (&self->lock);
  return id;
}

void
mos_trace_unlisten (MosTrace *trace, guint id)
{
  Trace *self = (Trace *) trace;
  List  *list;

  g_rw_lock_writer_lock (&self->lock);
  list = g_malloc (sizeof (List) + self->list->n * sizeof (Listener));
  list->n = 0;
  for (guint i = 0; i < self->list->n; i++)
    if (self->list->items[i].id != id)
      list->items[list->n++] = self->list->items[i];
  replace_locked (self, list);
  g_rw_lock_writer_unlock (&self->lock);
}

/* -- events -------------------------------------------------------------- */

static void
call_all (const List *list, const MosEvent *event)
{
  guint bit = 1u << (event->what >> 56);

  for (guint i = 0; i < list->n; i++)
    if ((list->items[i].mask & bit) != 0)
      list->items[i].func (event, list->items[i].user_data);
}

static void
emit_for_nobody (Trace *self, MosEvent *event)
{
  g_rw_lock_reader_lock (&self->lock);
  if (event->time_ns <= 0)
    event->time_ns = clock_now (self);
  call_all (self->list, event);
  g_rw_lock_reader_unlock (&self->lock);
}

void
mos_trace_emit_slow (MosTrace *trace, MosEvent *event)
{
  Trace *self = (Trace *) trace;
  Slot  *slot;

  if (mos_event_vcpu (event) >= N_SLOTS) {
    emit_for_nobody (self, event);
    return;
  }
  slot = &self->slots[mos_event_vcpu (event)];
  __atomic_store_n (&slot->busy, slot->busy + 1, __ATOMIC_RELAXED);
  if (G_LIKELY (self->barrier))
    __atomic_signal_fence (__ATOMIC_SEQ_CST);
  else
    __atomic_thread_fence (__ATOMIC_SEQ_CST);
  if (event->time_ns == MOS_EVENT_NOW)
    event->time_ns = slot->time_ns = slot_now (self, slot);
  else if (event->time_ns == MOS_EVENT_SAME)
    event->time_ns = slot->time_ns;
  call_all (__atomic_load_n (&self->list, __ATOMIC_ACQUIRE), event);
  __atomic_store_n (&slot->busy, slot->busy - 1, __ATOMIC_RELEASE);
}
