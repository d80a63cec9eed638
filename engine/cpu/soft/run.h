/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Running one processor until somebody must decide something.
 *
 * Called on the thread that owns the vCPU; soft.c calls it, and tests do.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"

G_BEGIN_DECLS

typedef enum {
  MOS_STOP_LOOK,    /* kicked, asked to yield, or the budget is used up */
  MOS_STOP_IDLE,    /* halted or waiting for a SIPI, and nothing pending */
  MOS_STOP_SHUTDOWN /* triple fault */
} MosStop;

/* Runs; @budget instructions at most, or a little more; 0: no limit. */
MosStop mos_cpu_execute (MosSoftCpu *cpu, gint64 budget);

/* Accounts the instructions run since the last time. */
void mos_cpu_settle (MosSoftCpu *cpu);

/* Waits until something is pending. */
void mos_cpu_sleep (MosSoftCpu *cpu);
void mos_cpu_sleep_until_kick (MosSoftCpu *cpu);

/* Whether the owner kicked since the last time. */
gboolean mos_cpu_take_kick (MosSoftCpu *cpu);

/* For MosGuestOps.events: take an interrupt or NMI through the IDT, raise the
 * traps that MOS_PENDING_TRAP announces. May fault. */
void mos_run_interrupt (MosSoftCpu *cpu, guint vector);
void mos_run_nmi (MosSoftCpu *cpu);
void mos_run_traps (MosSoftCpu *cpu);

/* RESET#: the state of power-up, @boot: at the reset vector. */
void mos_cpu_reset (MosSoftCpu *cpu, gboolean boot);
/* INIT, and the start-up message behind it. */
void mos_cpu_init (MosSoftCpu *cpu);
void mos_cpu_start_at (MosSoftCpu *cpu, guint8 sipi_vector);

G_END_DECLS
