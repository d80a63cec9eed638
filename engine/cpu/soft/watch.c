/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Making events of what the software CPU does.
 */
#include "engine/cpu/soft/watch.h"

#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/uop.h"

void
mos_cpu_trace (MosSoftCpu   *cpu,
               const MosUop *op,
               MosEventKind  kind,
               guint32       code,
               guint64       b)
{
  MosBus  *bus = cpu->cpus->cpus.bus;
  MosEvent event = { .time_ns = mos_clock_now (bus->clock),
                     .kind = kind,
                     .vcpu = (guint16) cpu->vcpu.index,
                     .level = 1,
                     .code = code,
                     .a = cpu->gpr[MOS_SLOT_RIP],
                     .b = b };

  if (op != NULL)
    event.a += mos_op_start (op);
  mos_trace_emit_slow (bus->trace, &event);
}

void
mos_cpu_trace_mmio (MosSoftCpu *cpu, guint64 gpa, guint size, gboolean write)
{
  MosBus  *bus = cpu->cpus->cpus.bus;
  MosEvent event = { .time_ns = mos_clock_now (bus->clock),
                     .kind = MOS_EVENT_MMIO,
                     .vcpu = (guint16) cpu->vcpu.index,
                     .level = 1,
                     .a = gpa,
                     .b = size | (write ? 0x100u : 0) };

  mos_trace_emit_slow (bus->trace, &event);
}

void
mos_cpu_count_fault (MosSoftCpu *cpu)
{
  MosTrace *trace = cpu->cpus->cpus.bus->trace;
  guint     vector = cpu->fault.vector;

  if (vector < G_N_ELEMENTS (cpu->counters.faults))
    mos_cpu_bump (&cpu->counters.faults[vector]);
  if (mos_trace_wants (trace, MOS_EVENT_FAULT)) {
    MosBus  *bus = cpu->cpus->cpus.bus;
    MosEvent event = { .time_ns = mos_clock_now (bus->clock),
                       .kind = MOS_EVENT_FAULT,
                       .vcpu = (guint16) cpu->vcpu.index,
                       .level = 1,
                       .code = vector,
                       .a = cpu->fault.address,
                       .b = cpu->fault.error };

    mos_trace_emit_slow (trace, &event);
  }
}
