/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The local APIC of one virtual processor, as xAPIC and x2APIC.
 *
 * Registers are the processor thread's own, except the interrupt request and
 * trigger mode registers, which other processors, devices and the timer set
 * with atomics, and then notify the processor through its pending flags.
 *
 * Intel SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)".
 */
#pragma once

#include <glib.h>

#include "engine/bus/clock.h"
#include "engine/cpu/state.h"

G_BEGIN_DECLS

typedef struct MosSoftCpu  MosSoftCpu;
typedef struct MosSoftCpus MosSoftCpus;

typedef enum {
  MOS_LVT_CMCI,
  MOS_LVT_TIMER,
  MOS_LVT_THERMAL,
  MOS_LVT_PERFORMANCE,
  MOS_LVT_LINT0,
  MOS_LVT_LINT1,
  MOS_LVT_ERROR,
  MOS_N_LVTS
} MosLvt;

typedef struct {
  guint64  base;   /* IA32_APIC_BASE */
  guint32  irr[8]; /* atomic */
  guint32  isr[8];
  guint32  tmr[8]; /* atomic */
  guint32  id;     /* xAPIC: in bits 24 to 31 */
  guint32  tpr;
  guint32  ldr;
  guint32  dfr;
  guint32  svr;
  guint32  esr;
  guint32  esr_next; /* errors since ESR was last written; atomic */
  guint64  icr;
  guint32  lvt[MOS_N_LVTS];
  guint32  initial_count;
  guint32  divide;
  guint64  tsc_deadline; /* 0: not armed */
  gint64   timer_start_ns;
  MosTimer timer;
  GMutex   lock; /* timer fields, against the timer's own thread */
} MosLapic;

void mos_lapic_init (MosSoftCpu *cpu);
void mos_lapic_clear (MosSoftCpu *cpu);
void mos_lapic_reset (MosSoftCpu *cpu, gboolean keep_base);

/* Whether physical address @gpa is one of the registers (xAPIC mode). */
gboolean mos_lapic_covers (MosSoftCpu *cpu, guint64 gpa);
guint32  mos_lapic_read (MosSoftCpu *cpu, guint offset);
void     mos_lapic_write (MosSoftCpu *cpu, guint offset, guint32 value);

/* x2APIC MSRs 800h to 8ffh; FALSE: #GP. */
gboolean mos_lapic_read_msr (MosSoftCpu *cpu, guint32 index, guint64 *value);
gboolean mos_lapic_write_msr (MosSoftCpu *cpu, guint32 index, guint64 value);
gboolean mos_lapic_set_base (MosSoftCpu *cpu, guint64 value);
guint64  mos_lapic_get_deadline (MosSoftCpu *cpu);
void     mos_lapic_set_deadline (MosSoftCpu *cpu, guint64 tsc);

guint64 mos_lapic_get_cr8 (MosSoftCpu *cpu);
void    mos_lapic_set_cr8 (MosSoftCpu *cpu, guint64 value);

/* The vector to deliver now, taken into service, or -1; the 8259 is asked
 * when LINT0 or virtual wire lets it through. */
int mos_lapic_take_interrupt (MosSoftCpu *cpu);
/* Whether mos_lapic_take_interrupt() would find one. */
gboolean mos_lapic_has_interrupt (MosSoftCpu *cpu);

/* A performance counter overflows: the entry of the local vector table. */
void mos_lapic_performance (MosSoftCpu *cpu);

/* Any thread: a message as devices and I/O APICs send it. */
void mos_lapic_send_msi (MosSoftCpus *cpus, guint64 address, guint32 data);
/* Any thread: the 8259's output changed. */
void mos_lapic_set_intr (MosSoftCpus *cpus, gboolean level);
void mos_lapic_send_nmi (MosSoftCpus *cpus);

/* The page of registers, as MosCpuState has it, and back. */
void mos_lapic_save (MosSoftCpu *cpu, MosCpuState *state);
void mos_lapic_load (MosSoftCpu *cpu, const MosCpuState *state);

G_END_DECLS
