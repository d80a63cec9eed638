/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Between the two halves of the local APIC: registers and timer.
 *
 * The timer's fields are under MosLapic.lock, as its callback runs on the
 * thread of the machine's clock.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"

G_BEGIN_DECLS

#define MOS_LVT_MASKED (1u << 16)

/* Any thread: an interrupt request to this processor. */
void mos_lapic_accept (MosSoftCpu *cpu, guint vector, gboolean level);

/* The register page moved or vanished: cached translations go. */
void mos_lapic_base_changed (MosSoftCpu *cpu);

guint32 mos_lapic_timer_count (MosSoftCpu *cpu);
void    mos_lapic_timer_start (MosSoftCpu *cpu, guint32 count);
void    mos_lapic_timer_divide (MosSoftCpu *cpu, guint32 divide);
void    mos_lapic_timer_set_lvt (MosSoftCpu *cpu, guint32 lvt);
gint64  mos_lapic_timer_deadline (MosSoftCpu *cpu);
void    mos_lapic_timer_load (MosSoftCpu *cpu,
                              guint32     initial,
                              guint32     current,
                              guint32     divide,
                              gint64      deadline_ns);

G_END_DECLS
