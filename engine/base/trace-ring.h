/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The short way of an event: from a processor straight into a ring.
 *
 * A recorder without a filter attaches a ring for each vCPU to a MosTrace. As
 * long as nobody else listens to a kind, an event of it is four words written
 * to the ring of its vCPU by mos_trace_put(), inline: no call, no lock, no
 * atomic read-modify-write, no memory fence and no cache line that another
 * thread writes. Everything else goes through mos_trace_emit_slow().
 *
 * For what emits very often (engine/cpu/soft) and what records.
 */
#pragma once

#include "engine/base/trace.h"

G_BEGIN_DECLS

#define MOS_TRACE_SLOTS 64u
#define MOS_TRACE_WORDS (sizeof (MosEvent) / sizeof (guint64))

typedef struct {
  guint64 words[MOS_TRACE_WORDS]; /* a MosEvent; relaxed atomics */
} MosTracePlace;

G_STATIC_ASSERT (sizeof (MosEvent) == 32);

/* One writer, which says how many it has written after each. A reader takes
 * what cannot have been written over while it copied. */
typedef struct {
  MosTracePlace *places; /* a power of two of them */
  guint64        last;   /* their number, less one */
  guint64        n;      /* atomic: ever written */
  guint64        begin;  /* the reader's */
} __attribute__ ((aligned (64))) MosTraceRing;

/* A vCPU's; written by its thread, but for the two that say so. */
typedef struct {
  guint         busy;        /* atomic: how deep in listeners or a ring */
  guint         short_kinds; /* atomic; others: that go to the ring alone */
  MosTraceRing *ring;        /* atomic; others */
  gint64        time_ns;     /* of the last event */
  gint64        anchor_ns;   /* the machine's clock … */
  guint64       anchor;      /* … at this tick */
  guint64       rate;        /* nanoseconds a tick, 32.32; 0: not known yet */
} __attribute__ ((aligned (64))) MosTraceSlot;

/* What a MosTrace begins with. */
typedef struct {
  MosTrace     parent;
  MosTraceSlot slots[MOS_TRACE_SLOTS];
} MosTraceFront;

/*
 * Events of the kinds in @kinds go into @rings, one for each vCPU; what comes
 * from elsewhere is given to @func. FALSE: somebody has done so already, or
 * the host cannot; listen instead. Any thread.
 */
gboolean mos_trace_attach (MosTrace     *self,
                           guint         kinds,
                           MosTraceRing *rings,
                           guint         n_rings,
                           MosTraceFunc  func,
                           gpointer      user_data);
/* Afterwards nobody uses the rings any more. */
void mos_trace_detach (MosTrace *self);

/* Out of line, of the calling vCPU's @slot. */
gint64 mos_trace_now (MosTrace *self, MosTraceSlot *slot);

static inline void
mos_trace_ring_put (MosTraceRing *ring,
                    guint64       time_ns,
                    guint64       what,
                    guint64       a,
                    guint64       b)
{
  guint64  n = ring->n;
  guint64 *words = ring->places[n & ring->last].words;

  __atomic_store_n (&words[0], time_ns, __ATOMIC_RELAXED);
  __atomic_store_n (&words[1], what, __ATOMIC_RELAXED);
  __atomic_store_n (&words[2], a, __ATOMIC_RELAXED);
  __atomic_store_n (&words[3], b, __ATOMIC_RELAXED);
  __atomic_store_n (&ring->n, n + 1, __ATOMIC_RELEASE);
  /* No word of the next event may be seen before this count. */
  __atomic_thread_fence (__ATOMIC_RELEASE);
}

/* On the thread of the vCPU in @what, which is below MOS_TRACE_SLOTS; @time_ns
 * is MOS_EVENT_NOW or MOS_EVENT_SAME. FALSE: use mos_trace_emit_slow(). */
static inline gboolean
mos_trace_put (MosTrace *self,
               gint64    time_ns,
               guint64   what,
               guint64   a,
               guint64   b)
{
  MosTraceFront *front = (MosTraceFront *) self;
  MosTraceSlot  *slot = &front->slots[(what >> 32) & (MOS_TRACE_SLOTS - 1)];
  guint          busy = slot->busy;
  gboolean       done = FALSE;

  __atomic_store_n (&slot->busy, busy + 1, __ATOMIC_RELAXED);
  /* The barrier in between is of who attaches and detaches: membarrier(2). */
  __atomic_signal_fence (__ATOMIC_SEQ_CST);
  if (G_LIKELY ((__atomic_load_n (&slot->short_kinds, __ATOMIC_ACQUIRE) >>
                     (what >> 56) &
                 1) != 0)) {
    if (time_ns == MOS_EVENT_NOW)
      slot->time_ns = mos_trace_now (self, slot);
    mos_trace_ring_put (__atomic_load_n (&slot->ring, __ATOMIC_RELAXED),
                        (guint64) slot->time_ns, what, a, b);
    done = TRUE;
  }
  __atomic_store_n (&slot->busy, busy, __ATOMIC_RELEASE);
  return done;
}

G_END_DECLS
