/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The debug trace: the last events of a machine, as they happened.
 *
 * A recorder listens to a MosTrace and keeps what its filter lets through in
 * a ring for each vCPU and one for what happens outside of them. While there
 * is no recorder, an event costs one predicted branch. Recording takes no
 * memory, no lock and no system call on a vCPU's thread, and is never held up
 * by a reader. A recorder is read by one thread at a time.
 */
#pragma once

#include "engine/base/trace.h"

G_BEGIN_DECLS

typedef struct {
  guint   kinds;   /* bit n: MosEventKind n; 0: all */
  guint   levels;  /* bit n: level n; 0: all */
  guint64 reasons; /* of exits: bit n: MosExitReason n; 0: all */
  int     vcpu;    /* -1: all */
  /* Ports, guest-physical addresses, fault addresses or RIP, whichever the
   * event has; an event without an address passes only the widest range. */
  guint64 first, last;
} MosTraceFilter;

void mos_trace_filter_init (MosTraceFilter *self); /* lets all through */

/*
 * "exit,port level=1,2 reason=cpuid,hlt vcpu=0 address=0x1f0-0x1f7": words in
 * any order, numbers as C has them. MOS_ERROR_INVALID_VALUE names the word.
 */
gboolean
mos_trace_filter_parse (MosTraceFilter *self, const char *text, GError **error);
gboolean mos_trace_filter_matches (const MosTraceFilter *self,
                                   const MosEvent       *event);

/* The address an event is about; FALSE if it has none. */
gboolean mos_event_address (const MosEvent *event, guint64 *address);
/* "cpuid at 0xffffffff81000000", "write 0x41 to port 0x3f8 (1)", for people. */
char *mos_event_describe (const MosEvent *event);
/* The name within its kind: "cpuid", "port-out 0x3f8", "#PF". */
char *mos_event_name (const MosEvent *event);

typedef struct MosRecorder MosRecorder;

#define MOS_RECORDER_DEFAULT_EVENTS 65536u

/* @trace outlives it. @capacity: events kept for each vCPU, up to 2^24; the
 * next power of two, less one, is taken. */
MosRecorder *mos_recorder_new (MosTrace             *trace,
                               const MosTraceFilter *filter,
                               guint                 n_vcpus,
                               guint                 capacity);
void         mos_recorder_free (MosRecorder *self);

/* Copies of what is kept, in order of time; element type MosEvent. */
GArray *mos_recorder_events (MosRecorder *self);
/* How many were let through, and how many of them are not kept any more. */
guint64 mos_recorder_count (MosRecorder *self, guint64 *overwritten);
void    mos_recorder_clear (MosRecorder *self);

/* Chrome's and Perfetto's JSON: "Trace Event Format". */
char *mos_trace_to_chrome_json (const GArray *events, const char *machine);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosRecorder, mos_recorder_free)

G_END_DECLS
