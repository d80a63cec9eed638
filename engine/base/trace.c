/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Listeners of a machine's events.
 *
 * The list is guarded by a reader-writer lock: emitting takes it for reading,
 * so two vCPUs report at the same time, and unlistening for writing waits for
 * both.
 */
#include "engine/base/trace.h"

#include <glib/gi18n-lib.h>

typedef struct {
  guint        id;
  guint        mask;
  MosTraceFunc func;
  gpointer     user_data;
} Listener;

typedef struct {
  MosTrace parent;
  GRWLock  lock;
  GArray  *listeners;
  guint    last_id;
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

MosTrace *
mos_trace_new (void)
{
  Trace *self = g_new0 (Trace, 1);

  g_rw_lock_init (&self->lock);
  self->listeners = g_array_new (FALSE, FALSE, sizeof (Listener));
  return &self->parent;
}

void
mos_trace_free (MosTrace *trace)
{
  Trace *self = (Trace *) trace;

  if (self == NULL)
    return;
  g_array_unref (self->listeners);
  g_rw_lock_clear (&self->lock);
  g_free (self);
}

/* With the lock held for writing. */
static void
update_mask_locked (Trace *self)
{
  guint mask = 0;

  for (guint i = 0; i < self->listeners->len; i++)
    mask |= g_array_index (self->listeners, Listener, i).mask;
  __atomic_store_n (&self->parent.mask, mask, __ATOMIC_RELEASE);
}

guint
mos_trace_listen (MosTrace    *trace,
                  guint        mask,
                  MosTraceFunc func,
                  gpointer     user_data)
{
  Trace   *self = (Trace *) trace;
  Listener listener = { .mask = mask, .func = func, .user_data = user_data };

  g_return_val_if_fail (func != NULL, 0);

  g_rw_lock_writer_lock (&self->lock);
  listener.id = ++self->last_id;
  g_array_append_val (self->listeners, listener);
  update_mask_locked (self);
  g_rw_lock_writer_unlock (&self->lock);
  return listener.id;
}

void
mos_trace_unlisten (MosTrace *trace, guint id)
{
  Trace *self = (Trace *) trace;

  g_rw_lock_writer_lock (&self->lock);
  for (guint i = 0; i < self->listeners->len; i++) {
    if (g_array_index (self->listeners, Listener, i).id == id) {
      g_array_remove_index (self->listeners, i);
      break;
    }
  }
  update_mask_locked (self);
  g_rw_lock_writer_unlock (&self->lock);
}

void
mos_trace_emit_slow (MosTrace *trace, const MosEvent *event)
{
  Trace *self = (Trace *) trace;

  g_rw_lock_reader_lock (&self->lock);
  for (guint i = 0; i < self->listeners->len; i++) {
    const Listener *listener = &g_array_index (self->listeners, Listener, i);

    if ((listener->mask >> event->kind) & 1)
      listener->func (event, listener->user_data);
  }
  g_rw_lock_reader_unlock (&self->lock);
}
