/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Rings of events. A vCPU's ring has one writer, its thread, and no lock
 * (engine/base/trace-ring.h); without a filter it is written where the event
 * happens, and not even called for. What belongs to no vCPU comes from any
 * thread, into a ring with a lock around the writing.
 */
#include "engine/monitor/recorder.h"

#include <string.h>

#include "engine/base/trace-ring.h"

#define MIN_EVENTS 16u
#define MAX_EVENTS (1u << 24)
#define WORDS      MOS_TRACE_WORDS

struct MosRecorder {
  MosTrace      *trace;
  MosTraceFilter filter;
  gboolean       filters;  /* by more than kinds */
  gboolean       attached; /* its rings to the trace; else it listens: */
  guint          id;
  guint          n_rings;  /* the last one is of no vCPU */
  guint          capacity; /* a power of two */
  GMutex         lock;     /* writers of the last ring */
  MosTraceRing  *rings;
};

/* One place is always the next event's. */
static guint
kept (const MosRecorder *self)
{
  return self->capacity - 1;
}

/* Out of whole words, as they were written a moment ago: a processor hands a
 * store on to a load of the same size, and makes a wider one wait. */
static void
put (MosTraceRing *ring, const MosEvent *event)
{
  const guint64 *words = (const guint64 *) event;

  mos_trace_ring_put (ring, words[0], words[1], words[2], words[3]);
}

static void
event_cb (const MosEvent *event, gpointer user_data)
{
  MosRecorder *self = user_data;

  if (self->filters && !mos_trace_filter_matches (&self->filter, event))
    return;
  if (G_LIKELY (mos_event_vcpu (event) < self->n_rings - 1)) {
    put (&self->rings[mos_event_vcpu (event)], event);
    return;
  }
  g_mutex_lock (&self->lock);
  put (&self->rings[self->n_rings - 1], event);
  g_mutex_unlock (&self->lock);
}

MosRecorder *
mos_recorder_new (MosTrace             *trace,
                  const MosTraceFilter *filter,
                  guint                 n_vcpus,
                  guint                 capacity)
{
  MosRecorder *self = g_new0 (MosRecorder, 1);
  guint        kinds = (1u << MOS_N_EVENTS) - 1;

  self->trace = trace;
  self->filter = *filter;
  self->filters = filter->levels != 0 || filter->reasons != 0 ||
                  filter->vcpu >= 0 || filter->first != 0 ||
                  filter->last != G_MAXUINT64;
  self->n_rings = n_vcpus + 1;
  self->capacity = MIN_EVENTS;
  while (kept (self) < MIN (capacity, MAX_EVENTS - 1))
    self->capacity *= 2;
  g_mutex_init (&self->lock);
  self->rings = g_aligned_alloc0 (self->n_rings, sizeof (MosTraceRing), 64);
  for (guint i = 0; i < self->n_rings; i++)
    self->rings[i] = (MosTraceRing){
      .places = g_new0 (MosTracePlace, self->capacity),
      .last = self->capacity - 1,
    };
  if (filter->kinds != 0)
    kinds &= filter->kinds;
  self->attached =
      !self->filters && mos_trace_attach (trace, kinds, self->rings,
                                          self->n_rings - 1, event_cb, self);
  if (!self->attached)
    self->id = mos_trace_listen (trace, kinds, event_cb, self);
  return self;
}

void
mos_recorder_free (MosRecorder *self)
{
  if (self == NULL)
    return;
  if (self->attached)
    mos_trace_detach (self->trace);
  else
    mos_trace_unlisten (self->trace, self->id);
  for (guint i = 0; i < self->n_rings; i++)
    g_free (self->rings[i].places);
  g_aligned_free (self->rings);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 left = ((const MosEvent *) a)->time_ns;
  gint64 right = ((const MosEvent *) b)->time_ns;

  return (left > right) - (left < right);
}

static void
copy_ring (MosRecorder *self, MosTraceRing *ring, GArray *events)
{
  guint64 n = __atomic_load_n (&ring->n, __ATOMIC_ACQUIRE);
  guint64 first = MAX (n - MIN (n, kept (self)), ring->begin);
  guint   begin = events->len;
  guint64 after;

  g_array_set_size (events, begin + (guint) (n - first));
  for (guint64 i = first; i < n; i++) {
    const MosTracePlace *place = &ring->places[i & (self->capacity - 1)];
    guint64              words[WORDS];

    for (guint w = 0; w < WORDS; w++)
      words[w] = __atomic_load_n (&place->words[w], __ATOMIC_RELAXED);
    memcpy (&g_array_index (events, MosEvent, begin + (guint) (i - first)),
            words, sizeof words);
  }
  __atomic_thread_fence (__ATOMIC_ACQUIRE);
  after = __atomic_load_n (&ring->n, __ATOMIC_RELAXED);
  /* The one that is being written now may be half there. */
  if (after + 1 > first + self->capacity)
    g_array_remove_range (
        events, begin,
        (guint) MIN (after + 1 - self->capacity - first, n - first));
}

GArray *
mos_recorder_events (MosRecorder *self)
{
  GArray *events = g_array_new (FALSE, FALSE, sizeof (MosEvent));

  for (guint i = 0; i < self->n_rings; i++)
    copy_ring (self, &self->rings[i], events);
  g_array_sort (events, compare_times); /* stable: GLib's merge sort */
  return events;
}

guint64
mos_recorder_count (MosRecorder *self, guint64 *overwritten)
{
  guint64 sum = 0, lost = 0;

  for (guint i = 0; i < self->n_rings; i++) {
    MosTraceRing *ring = &self->rings[i];
    guint64 n = __atomic_load_n (&ring->n, __ATOMIC_RELAXED) - ring->begin;

    sum += n;
    lost += n - MIN (n, kept (self));
  }
  if (overwritten != NULL)
    *overwritten = lost;
  return sum;
}

void
mos_recorder_clear (MosRecorder *self)
{
  for (guint i = 0; i < self->n_rings; i++)
    self->rings[i].begin =
        __atomic_load_n (&self->rings[i].n, __ATOMIC_RELAXED);
}
