/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Everything that happens is an event.
 *
 * One MosTrace belongs to one machine. Exits, injections, device accesses,
 * page faults, level changes and lifecycle steps each pass through
 * mos_trace_emit() once. When nobody listens to a kind, that is one load and
 * one predicted branch. Counters, the debug trace, lab checks, alerts and
 * record/replay are listeners; they are called on the emitting thread (a vCPU,
 * the machine's I/O thread or the main loop) and must not block.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  MOS_EVENT_EXIT,      /* the guest left guest mode; code = exit reason */
  MOS_EVENT_INJECT,    /* an interrupt or exception went in; code = vector */
  MOS_EVENT_PORT,      /* code = port, a = value, b = size | write << 8 */
  MOS_EVENT_MMIO,      /* a = guest-physical address, b = size | write << 8 */
  MOS_EVENT_LINE,      /* an interrupt line moved; code = GSI, a = level */
  MOS_EVENT_FAULT,     /* code = vector, a = address, b = error code */
  MOS_EVENT_LEVEL,     /* entry or exit of a nested guest; a = control block */
  MOS_EVENT_LIFECYCLE, /* code = new MosVmState */
  MOS_EVENT_TEXT,      /* the guest said something; code = serial port */
  MOS_EVENT_RESET,     /* code = MosBusRequest */
  MOS_N_EVENTS
} MosEventKind;

typedef struct {
  gint64       time_ns; /* the machine's clock */
  MosEventKind kind;
  guint16      vcpu;  /* G_MAXUINT16: no vCPU */
  guint16      level; /* 1 is the machine itself, 2 its guest, … */
  guint32      code;
  guint64      a;
  guint64      b;
} MosEvent;

typedef struct {
  const char *name; /* stable, for JSON and filters */
  const char *help;
} MosEventInfo;

/* Indexed by MosEventKind. */
extern const MosEventInfo mos_event_infos[MOS_N_EVENTS];

typedef void (*MosTraceFunc) (const MosEvent *event, gpointer user_data);

typedef struct MosTrace MosTrace;

/* The mask is public only for the inline test below; it is read relaxed. */
struct MosTrace {
  guint mask; /* atomic; paired with mos_trace_listen() */
};

MosTrace *mos_trace_new (void);
void      mos_trace_free (MosTrace *self);

/*
 * Calls @func for the kinds in @mask (bit n is MosEventKind n). Any thread.
 * Returns an id for mos_trace_unlisten(), which waits until @func is not
 * running any more; it must not be called from within @func.
 */
guint mos_trace_listen (MosTrace    *self,
                        guint        mask,
                        MosTraceFunc func,
                        gpointer     user_data);
void  mos_trace_unlisten (MosTrace *self, guint id);

/* Out of line; use mos_trace_emit(). */
void mos_trace_emit_slow (MosTrace *self, const MosEvent *event);

static inline gboolean
mos_trace_wants (const MosTrace *self, MosEventKind kind)
{
  return G_UNLIKELY ((__atomic_load_n (&self->mask, __ATOMIC_RELAXED) >> kind) &
                     1);
}

static inline void
mos_trace_emit (MosTrace *self, const MosEvent *event)
{
  if (mos_trace_wants (self, event->kind))
    mos_trace_emit_slow (self, event);
}

G_END_DECLS
