/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Rings of events. A ring has a lock of its own, so vCPUs never meet; who
 * reads holds it only while copying.
 */
#include "engine/monitor/recorder.h"

#include <string.h>

#define MIN_EVENTS 16u
#define MAX_EVENTS (1u << 24)

typedef struct {
  GMutex    lock;
  MosEvent *events;
  guint64   n; /* ever written */
} Ring;

struct MosRecorder {
  MosTrace      *trace;
  MosTraceFilter filter;
  guint          id;
  guint          n_rings; /* the last one is of no vCPU */
  guint          capacity;
  Ring          *rings;
};

static void
event_cb (const MosEvent *event, gpointer user_data)
{
  MosRecorder *self = user_data;
  Ring        *ring;

  if (!mos_trace_filter_matches (&self->filter, event))
    return;
  ring = &self->rings[MIN (event->vcpu, self->n_rings - 1)];
  g_mutex_lock (&ring->lock);
  ring->events[ring->n % self->capacity] = *event;
  ring->n++;
  g_mutex_unlock (&ring->lock);
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
  self->n_rings = n_vcpus + 1;
  self->capacity = CLAMP (capacity, MIN_EVENTS, MAX_EVENTS);
  self->rings = g_new0 (Ring, self->n_rings);
  for (guint i = 0; i < self->n_rings; i++) {
    g_mutex_init (&self->rings[i].lock);
    self->rings[i].events = g_new0 (MosEvent, self->capacity);
  }
  if (filter->kinds != 0)
    kinds &= filter->kinds;
  self->id = mos_trace_listen (trace, kinds, event_cb, self);
  return self;
}

void
mos_recorder_free (MosRecorder *self)
{
  if (self == NULL)
    return;
  mos_trace_unlisten (self->trace, self->id);
  for (guint i = 0; i < self->n_rings; i++) {
    g_free (self->rings[i].events);
    g_mutex_clear (&self->rings[i].lock);
  }
  g_free (self->rings);
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
copy_ring (MosRecorder *self, Ring *ring, GArray *events)
{
  guint64 n, first;

  g_mutex_lock (&ring->lock);
  n = MIN (ring->n, self->capacity);
  first = ring->n - n;
  for (guint64 i = 0; i < n; i++)
    g_array_append_val (events, ring->events[(first + i) % self->capacity]);
  g_mutex_unlock (&ring->lock);
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
    Ring *ring = &self->rings[i];

    g_mutex_lock (&ring->lock);
    sum += ring->n;
    lost += ring->n - MIN (ring->n, self->capacity);
    g_mutex_unlock (&ring->lock);
  }
  if (overwritten != NULL)
    *overwritten = lost;
  return sum;
}

void
mos_recorder_clear (MosRecorder *self)
{
  for (guint i = 0; i < self->n_rings; i++) {
    g_mutex_lock (&self->rings[i].lock);
    self->rings[i].n = 0;
    g_mutex_unlock (&self->rings[i].lock);
  }
}
