/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Delivering exceptions and interrupts; returning from them.
 *
 * All may fault; state then is as before.
 *
 * Intel SDM volume 3, "Interrupt and Exception Handling", and for 64-bit mode
 * "Exception and Interrupt Handling in 64-bit Mode".
 */
#pragma once

#include "engine/cpu/soft/cpu.h"

G_BEGIN_DECLS

void mos_interrupt_exception (MosSoftCpu *cpu, const MosFault *fault);
void mos_interrupt_external (MosSoftCpu *cpu, guint vector);

/* INT n, INT3, INTO (checked against the gate's DPL) and INT1 (not). RIP
 * returns to @next. In guest mode all but INT n may be intercepted. */
void mos_interrupt_software (MosSoftCpu     *cpu,
                             const MosUop   *op,
                             guint           vector,
                             guint64         next,
                             MosDeliveryKind kind);

/* INT n in virtual-8086 mode with CR4.VME: TRUE if it stayed in there. */
gboolean mos_interrupt_v86 (MosSoftCpu   *cpu,
                            const MosUop *op,
                            guint         vector,
                            guint64       next);

/* IRET of @width bytes. */
void mos_interrupt_return (MosSoftCpu *cpu, const MosUop *op, guint width);

G_END_DECLS
