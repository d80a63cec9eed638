/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Performance counters for guests.
 *
 * A processor of Intel's has architectural performance monitoring, version 2:
 * four counters that are programmed and two that are fixed; one of AMD's has
 * the four of old. They count instructions retired and cycles, and here an
 * instruction takes one cycle: a program's counts are the same in every run.
 * Other events count nothing, and CPUID says so where it can.
 *
 * Nothing is counted while it happens. The processor knows how many
 * instructions it has retired; a counter remembers since when it runs. So that
 * an overflow interrupts in time, the run loop is given no more instructions
 * than the nearest one is away; the rest of its budget is kept in reserve. The
 * interrupt comes at the end of the block that overflows.
 *
 * Intel SDM volume 3, "Architectural Performance Monitoring"; AMD APM volume
 * 2, "Performance Monitoring Counters". Threads: the processor's own.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* IA32_DEBUGCTL.FREEZE_PERFMON_ON_PMI; IA32_MISC_ENABLE's word that there are
 * counters. */
#define MOS_PMU_FREEZES ((guint64) 1 << 12)
#define MOS_PMU_PERFMON ((guint64) 1 << 7)

#define MOS_PMU_N_PROGRAMMED 4u
#define MOS_PMU_N_FIXED      2u
#define MOS_PMU_N_COUNTERS   (MOS_PMU_N_PROGRAMMED + MOS_PMU_N_FIXED)

typedef struct MosSoftCpu  MosSoftCpu;
typedef struct MosCpuState MosCpuState;

/* Programmed counters first, then the fixed ones. */
typedef struct {
  gboolean present;  /* the guest is offered it */
  gboolean by_place; /* what counts depends on ring or guest mode */
  guint    place;    /* bit 0: rings 1 to 3; bit 1: in a nested guest */
  guint    running;  /* by counter; 0: nothing to be done anywhere */
  guint    ahead;    /* instructions of the block that came before this one */
  gint64   reserve;  /* of the budget, not yet handed out */
  guint64  select[MOS_PMU_N_PROGRAMMED];
  guint64  fixed_control;
  guint64  enabled;    /* IA32_PERF_GLOBAL_CTRL */
  guint64  overflowed; /* IA32_PERF_GLOBAL_STATUS */
  gboolean freezes;    /* IA32_DEBUGCTL.FREEZE_PERFMON_ON_PMI */
  guint64  count[MOS_PMU_N_COUNTERS];
  guint64  since[MOS_PMU_N_COUNTERS]; /* if running: as of when */
} MosPmu;

void mos_pmu_reset (MosSoftCpu *cpu);

/* Whether @index is a register of it; if so, *ok says whether the guest may. */
gboolean
mos_pmu_read_msr (MosSoftCpu *cpu, guint32 index, guint64 *value, gboolean *ok);
gboolean
mos_pmu_write_msr (MosSoftCpu *cpu, guint32 index, guint64 value, gboolean *ok);

/* RDPMC with @which in ECX; FALSE: #GP. */
gboolean mos_pmu_read (MosSoftCpu *cpu, guint32 which, guint64 *value);

/* The run loop: has handed out a new budget; has used it up, TRUE: there is
 * more in reserve; is about to run a block, if by_place. */
void     mos_pmu_begin (MosSoftCpu *cpu);
gboolean mos_pmu_expired (MosSoftCpu *cpu);
void     mos_pmu_look_at_place (MosSoftCpu *cpu);

void     mos_pmu_save (MosSoftCpu *cpu, MosCpuState *state);
gboolean mos_pmu_load (MosSoftCpu *cpu, guint32 index, guint64 value);

G_END_DECLS
