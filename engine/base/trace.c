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
#include "engine/base/trace-ring.h"

#define N_SLOTS MOS_TRACE_SLOTS
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
  Listener recorder; /* mask 0: none; whose rings are in the slots */
  guint    n;
  Listener items[];
} List;

typedef struct {
  MosTraceFront front;
  gboolean      barrier; /* membarrier(2) is here */
  guint64       first_ticks;
  gint64        first_ns; /* the host's clock */

  GRWLock       lock; /* held by who emits for no vCPU */
  List         *list; /* atomic; replaced with the lock held for writing */
  guint         last_id;
  MosTraceClock clock; /* the following change only while no vCPU runs */
  gpointer      clock_data;
  gboolean      steady;
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
set_anchor (Trace *self, MosTraceSlot *slot, guint64 ticks)
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
slot_now (Trace *self, MosTraceSlot *slot)
{
  guint64 ticks = read_ticks ();
  guint64 passed = ticks - slot->anchor;

  if (G_LIKELY (passed < MAX_TICKS && slot->rate != 0))
    return slot->anchor_ns + (gint64) ((passed * slot->rate) >> 32);
  return set_anchor (self, slot, ticks);
}

gint64
mos_trace_now (MosTrace *trace, MosTraceSlot *slot)
{
  return slot_now ((Trace *) trace, slot);
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
    self->front.slots[i].rate = 0;
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
  return &self->front.parent;
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

/* A kind that only the rings want goes the short way. */
static void
set_masks (Trace *self, const List *list)
{
  guint listened = 0;

  for (guint i = 0; i < list->n; i++)
    listened |= list->items[i].mask;
  for (guint i = 0; i < N_SLOTS; i++) {
    MosTraceSlot *slot = &self->front.slots[i];

    __atomic_store_n (&slot->short_kinds,
                      slot->ring != NULL ? list->recorder.mask & ~listened : 0,
                      __ATOMIC_RELEASE);
  }
  __atomic_store_n (&self->front.parent.mask, listened | list->recorder.mask,
                    __ATOMIC_RELEASE);
}

/* With the lock held for writing; nobody uses the old list afterwards, nor
 * rings that are not attached any more. */
static void
replace_locked (Trace *self, List *list)
{
  List *old = self->list;

  __atomic_store_n (&self->list, list, __ATOMIC_SEQ_CST);
  set_masks (self, list);
  if (self->barrier)
    mos_barrier ();
  __atomic_thread_fence (__ATOMIC_SEQ_CST);
  for (guint i = 0; i < N_SLOTS; i++)
    while (__atomic_load_n (&self->front.slots[i].busy, __ATOMIC_ACQUIRE) != 0)
      g_usleep (10);
  g_free (old);
}

static List *
copy_list (const List *list, guint more)
{
  gsize size = sizeof (List) + list->n * sizeof (Listener);
  List *copy = g_malloc (size + more * sizeof (Listener));

  memcpy (copy, list, size);
  return copy;
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
  list = copy_list (self->list, 1);
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
  list = copy_list (self->list, 0);
  list->n = 0;
  for (guint i = 0; i < self->list->n; i++)
    if (self->list->items[i].id != id)
      list->items[list->n++] = self->list->items[i];
  replace_locked (self, list);
  g_rw_lock_writer_unlock (&self->lock);
}

gboolean
mos_trace_attach (MosTrace     *trace,
                  guint         kinds,
                  MosTraceRing *rings,
                  guint         n_rings,
                  MosTraceFunc  func,
                  gpointer      user_data)
{
  Trace   *self = (Trace *) trace;
  gboolean can;

  g_rw_lock_writer_lock (&self->lock);
  can = self->barrier && self->list->recorder.mask == 0;
  if (can) {
    List *list = copy_list (self->list, 0);

    list->recorder = (Listener){ 0, kinds, func, user_data };
    for (guint i = 0; i < MIN (n_rings, N_SLOTS); i++)
      __atomic_store_n (&self->front.slots[i].ring, &rings[i],
                        __ATOMIC_RELEASE);
    replace_locked (self, list);
  }
  g_rw_lock_writer_unlock (&self->lock);
  return can;
}

void
mos_trace_detach (MosTrace *trace)
{
  Trace *self = (Trace *) trace;
  List  *list;

  g_rw_lock_writer_lock (&self->lock);
  list = copy_list (self->list, 0);
  list->recorder = (Listener){ 0 };
  replace_locked (self, list);
  /* Whoever had seen the rings is done with them now. */
  for (guint i = 0; i < N_SLOTS; i++)
    __atomic_store_n (&self->front.slots[i].ring, NULL, __ATOMIC_RELEASE);
  g_rw_lock_writer_unlock (&self->lock);
}

/* -- events -------------------------------------------------------------- */

/* @ring: the emitting vCPU's, if it has one. */
static void
call_all (const List *list, MosTraceRing *ring, const MosEvent *event)
{
  guint bit = 1u << (event->what >> 56);

  if ((list->recorder.mask & bit) != 0) {
    if (G_LIKELY (ring != NULL))
      mos_trace_ring_put (ring, (guint64) event->time_ns, event->what, event->a,
                          event->b);
    else
      list->recorder.func (event, list->recorder.user_data);
  }
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
  call_all (self->list, NULL, event);
  g_rw_lock_reader_unlock (&self->lock);
}

void
mos_trace_emit_slow (MosTrace *trace, MosEvent *event)
{
  Trace        *self = (Trace *) trace;
  MosTraceSlot *slot;

  if (mos_event_vcpu (event) >= N_SLOTS) {
    emit_for_nobody (self, event);
    return;
  }
  slot = &self->front.slots[mos_event_vcpu (event)];
  __atomic_store_n (&slot->busy, slot->busy + 1, __ATOMIC_RELAXED);
  if (G_LIKELY (self->barrier))
    __atomic_signal_fence (__ATOMIC_SEQ_CST);
  else
    __atomic_thread_fence (__ATOMIC_SEQ_CST);
  if (event->time_ns == MOS_EVENT_NOW)
    event->time_ns = slot->time_ns = slot_now (self, slot);
  else if (event->time_ns == MOS_EVENT_SAME)
    event->time_ns = slot->time_ns;
  call_all (__atomic_load_n (&self->list, __ATOMIC_ACQUIRE),
            __atomic_load_n (&slot->ring, __ATOMIC_RELAXED), event);
  __atomic_store_n (&slot->busy, slot->busy - 1, __ATOMIC_RELEASE);
}
