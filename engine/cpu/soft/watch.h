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

/* @count accesses of @size bytes with what lies at @data, little-endian. */
void mos_cpu_trace_ports (MosSoftCpu *cpu,
                          guint16     port,
                          guint       size,
                          guint       count,
                          const void *data,
                          gboolean    write);

/* A guest of @level was entered, or is about to be left; @code as in
 * MOS_EVENT_LEVEL. */
void mos_cpu_trace_level (MosSoftCpu *cpu,
                          guint       level,
                          guint32     code,
                          guint64     block,
                          guint64     rip);

/* Of what runs now: 1, or 2 and more in guest mode. */
guint8 mos_cpu_level (MosSoftCpu *cpu);

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
