/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the software CPU tells of itself: events for the trace and counters.
 *
 * Everything here is off the fast path: callers ask mos_trace_wants() first.
 * On the vCPU's thread.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"

G_BEGIN_DECLS

/* Emits an event with RIP in its `a`. @op: where in the block the processor
 * is; NULL: RIP is right already. */
void mos_cpu_trace (MosSoftCpu   *cpu,
                    const MosUop *op,
                    MosEventKind  kind,
                    guint32       code,
                    guint64       b);

/* A device's memory was read or written. */
void
mos_cpu_trace_mmio (MosSoftCpu *cpu, guint64 gpa, guint size, gboolean write);

/* cpu->fault is about to be delivered: counts and tells. */
void mos_cpu_count_fault (MosSoftCpu *cpu);

static inline void
mos_cpu_bump (guint64 *counter)
{
  __atomic_store_n (counter, *counter + 1, __ATOMIC_RELAXED);
}

G_END_DECLS
