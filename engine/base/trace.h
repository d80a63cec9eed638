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
 *
 * What a vCPU emits takes no lock and makes no system call, whoever listens:
 * its time is counted by the host's time stamp counter from a reading of the
 * machine's clock that is at most some milliseconds old.
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
  MOS_EVENT_LEVEL,     /* a guest of that level was entered (code =
                        * MOS_EVENT_ENTERED) or left (code = exit reason);
                        * a = its control block, b = its RIP */
  MOS_EVENT_LIFECYCLE, /* code = new MosVmState */
  MOS_EVENT_TEXT,      /* the guest said something; code = serial port */
  MOS_EVENT_RESET,     /* code = MosBusRequest */
  MOS_N_EVENTS
} MosEventKind;

/* For time_ns: when the event is emitted, and together with the last one of
 * its vCPU. */
#define MOS_EVENT_NOW  0
#define MOS_EVENT_SAME (-1)

#define MOS_EVENT_ENTERED G_MAXUINT32

/* Two of them fill a cache line. `what` is the four before it as one word:
 * written in one piece it can be read in one, which events live from. */
typedef struct {
  gint64 time_ns; /* the machine's clock; listeners see no MOS_EVENT_… */
  union {
    struct {
      guint32 code;
      guint16 vcpu;  /* whose thread it is on; G_MAXUINT16: no vCPU */
      guint8  level; /* 1 is the machine itself, 2 its guest, … */
      guint8  kind;  /* MosEventKind */
    };
    guint64 what;
  };
  guint64 a;
  guint64 b;
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

typedef gint64 (*MosTraceClock) (gpointer user_data);

MosTrace *mos_trace_new (void);
void      mos_trace_free (MosTrace *self);

/* Where the time of events comes from; NULL: they have none. @steady: it runs
 * as fast as the host's, except while no vCPU does. Not while vCPUs run. */
void mos_trace_set_clock (MosTrace     *self,
                          MosTraceClock clock,
                          gpointer      user_data,
                          gboolean      steady);

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

/* Out of line; use mos_trace_emit(). Fills in the time. */
void mos_trace_emit_slow (MosTrace *self, MosEvent *event);

static inline guint64
mos_event_what (MosEventKind kind, guint vcpu, guint level, guint32 code)
{
  return (guint64) kind << 56 | (guint64) (level & 0xff) << 48 |
         (guint64) (vcpu & 0xffff) << 32 | code;
}

/* Out of the whole word, not out of a part of what has just been written. */
static inline guint
mos_event_vcpu (const MosEvent *event)
{
  return (guint) (event->what >> 32) & 0xffff;
}

static inline gboolean
mos_trace_wants (const MosTrace *self, MosEventKind kind)
{
  return G_UNLIKELY ((__atomic_load_n (&self->mask, __ATOMIC_RELAXED) >> kind) &
                     1);
}

static inline void
mos_trace_emit (MosTrace *self, MosEvent *event)
{
  if (mos_trace_wants (self, event->kind))
    mos_trace_emit_slow (self, event);
}

G_END_DECLS
