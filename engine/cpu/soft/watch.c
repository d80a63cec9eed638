/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Making events of what the software CPU does.
 */
#include "engine/cpu/soft/watch.h"

#include <string.h>

#include "engine/base/trace-ring.h"
#include "engine/cpu/nested.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/uop.h"

/* A time stamp costs as much as the rest of an event, so some events share
 * one: no more, and over no more instructions, than these. */
#define SHARERS      15u
#define SHARED_INSNS 64u

static inline gint64
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

static guint8
guest_level (MosSoftCpu *cpu)
{
  MosNestedObserver *observer = cpu->cpus->observer;

  if (observer == NULL || observer->level == NULL)
    return 2;
  return (guint8) MIN (observer->level (observer, &cpu->vcpu), 255);
}

static inline guint8
level_of (MosSoftCpu *cpu)
{
  return G_LIKELY (!cpu->guest.active) ? 1 : guest_level (cpu);
}

guint8
mos_cpu_level (MosSoftCpu *cpu)
{
  return level_of (cpu);
}

/* -- events -------------------------------------------------------------- */

static G_GNUC_NO_INLINE void
emit_slow (MosSoftCpu *cpu, gint64 time_ns, guint64 what, guint64 a, guint64 b)
{
  MosEvent event = { .time_ns = time_ns, .what = what, .a = a, .b = b };

  mos_trace_emit_slow (cpu->trace, &event);
}

static inline void
emit (MosSoftCpu  *cpu,
      MosEventKind kind,
      guint        level,
      guint32      code,
      guint64      a,
      guint64      b)
{
  gint64  time_ns = stamp (cpu);
  guint64 what = mos_event_what (kind, cpu->vcpu.index, level, code);

  if (G_UNLIKELY (cpu->vcpu.index >= MOS_TRACE_SLOTS) ||
      !mos_trace_put (cpu->trace, time_ns, what, a, b))
    emit_slow (cpu, time_ns, what, a, b);
}

void
mos_cpu_trace (MosSoftCpu   *cpu,
               const MosUop *op,
               MosEventKind  kind,
               guint32       code,
               guint64       b)
{
  guint64 rip = cpu->gpr[MOS_SLOT_RIP] + (op != NULL ? mos_op_start (op) : 0);

  emit (cpu, kind, level_of (cpu), code, rip, b);
}

void
mos_cpu_trace_mmio (MosSoftCpu *cpu, guint64 gpa, guint size, gboolean write)
{
  emit (cpu, MOS_EVENT_MMIO, level_of (cpu), 0, gpa,
        size | (write ? 0x100u : 0));
}

/* Of @size little-endian bytes, as far as they fit. */
static inline guint64
value_at (const guint8 *data, guint size)
{
  guint64 value = 0;

  switch (size) {
  case 1:
    return *data;
  case 2:
    return data[0] | (guint64) data[1] << 8;
  case 4:
    memcpy (&value, data, 4);
    return GUINT64_FROM_LE (value);
  default:
    memcpy (&value, data, MIN (size, 8));
    return GUINT64_FROM_LE (value);
  }
}

void
mos_cpu_trace_ports (MosSoftCpu *cpu,
                     guint16     port,
                     guint       size,
                     guint       count,
                     const void *data,
                     gboolean    write)
{
  for (guint i = 0; i < count; i++)
    emit (cpu, MOS_EVENT_PORT, level_of (cpu), port,
          value_at ((const guint8 *) data + (gsize) i * size, size),
          size | (write ? 0x100u : 0));
}

void
mos_cpu_trace_level (MosSoftCpu *cpu,
                     guint       level,
                     guint32     code,
                     guint64     block,
                     guint64     rip)
{
  emit (cpu, MOS_EVENT_LEVEL, MIN (level, 255), code, block, rip);
}

void
mos_cpu_count_fault (MosSoftCpu *cpu)
{
  guint vector = cpu->fault.vector;

  if (vector < G_N_ELEMENTS (cpu->counters.faults))
    mos_cpu_bump (&cpu->counters.faults[vector]);
  if (mos_trace_wants (cpu->trace, MOS_EVENT_FAULT))
    emit (cpu, MOS_EVENT_FAULT, level_of (cpu), vector, cpu->fault.address,
          cpu->fault.error);
}
