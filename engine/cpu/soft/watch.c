/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Making events of what the software CPU does.
 */
#include "engine/cpu/soft/watch.h"

#include <string.h>

#include "engine/cpu/nested.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/uop.h"

/* A time stamp costs as much as the rest of an event, so some events share
 * one: no more, and over no more instructions, than these. */
#define SHARERS      8u
#define SHARED_INSNS 64u

static gint64
stamp (MosSoftCpu *cpu)
{
  guint64 now = mos_cpu_retired (cpu);

  if (cpu->stamp_sharers > 0 && now - cpu->stamp_retired < SHARED_INSNS) {
    cpu->stamp_sharers--;
    return MOS_EVENT_SAME;
  }
  cpu->stamp_sharers = SHARERS;
  cpu->stamp_retired = now;
  return MOS_EVENT_NOW;
}

guint8
mos_cpu_level (MosSoftCpu *cpu)
{
  MosNestedObserver *observer = cpu->cpus->observer;

  if (G_LIKELY (!cpu->guest.active))
    return 1;
  if (observer == NULL || observer->level == NULL)
    return 2;
  return (guint8) MIN (observer->level (observer, &cpu->vcpu), 255);
}

void
mos_cpu_trace (MosSoftCpu   *cpu,
               const MosUop *op,
               MosEventKind  kind,
               guint32       code,
               guint64       b)
{
  MosEvent event = { .time_ns = stamp (cpu),
                     .what = mos_event_what (kind, cpu->vcpu.index,
                                             mos_cpu_level (cpu), code),
                     .a = cpu->gpr[MOS_SLOT_RIP],
                     .b = b };

  if (op != NULL)
    event.a += mos_op_start (op);
  mos_trace_emit_slow (cpu->trace, &event);
}

void
mos_cpu_trace_mmio (MosSoftCpu *cpu, guint64 gpa, guint size, gboolean write)
{
  MosEvent event = { .time_ns = stamp (cpu),
                     .what = mos_event_what (MOS_EVENT_MMIO, cpu->vcpu.index,
                                             mos_cpu_level (cpu), 0),
                     .a = gpa,
                     .b = size | (write ? 0x100u : 0) };

  mos_trace_emit_slow (cpu->trace, &event);
}

void
mos_cpu_trace_ports (MosSoftCpu *cpu,
                     guint16     port,
                     guint       size,
                     guint       count,
                     const void *data,
                     gboolean    write)
{
  MosEvent event = { .what = mos_event_what (MOS_EVENT_PORT, cpu->vcpu.index,
                                             mos_cpu_level (cpu), port),
                     .b = size | (write ? 0x100u : 0) };

  for (guint i = 0; i < count; i++) {
    event.time_ns = stamp (cpu);
    memcpy (&event.a, (const guint8 *) data + (gsize) i * size, MIN (size, 8));
    mos_trace_emit_slow (cpu->trace, &event);
  }
}

void
mos_cpu_trace_level (MosSoftCpu *cpu,
                     guint       level,
                     guint32     code,
                     guint64     block,
                     guint64     rip)
{
  MosEvent event = { .time_ns = stamp (cpu),
                     .what = mos_event_what (MOS_EVENT_LEVEL, cpu->vcpu.index,
                                             (guint8) MIN (level, 255), code),
                     .a = block,
                     .b = rip };

  mos_trace_emit_slow (cpu->trace, &event);
}

void
mos_cpu_count_fault (MosSoftCpu *cpu)
{
  MosTrace *trace = cpu->trace;
  guint     vector = cpu->fault.vector;

  if (vector < G_N_ELEMENTS (cpu->counters.faults))
    mos_cpu_bump (&cpu->counters.faults[vector]);
  if (mos_trace_wants (trace, MOS_EVENT_FAULT)) {
    MosEvent event = { .time_ns = stamp (cpu),
                       .what = mos_event_what (MOS_EVENT_FAULT, cpu->vcpu.index,
                                               mos_cpu_level (cpu), vector),
                       .a = cpu->fault.address,
                       .b = cpu->fault.error };

    mos_trace_emit_slow (trace, &event);
  }
}
