/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Faults: how a handler gives up.
 *
 * A fault ends the instruction without its having happened: the caller must
 * not have changed registers or flags yet. The run loop restores RIP and the
 * instruction count from @op and delivers the exception. With @op NULL, RIP
 * is right already (between instructions).
 *
 * Intel SDM volume 3, "Interrupt and Exception Handling".
 */
#pragma once

#include "engine/cpu/soft/cpu.h"
#include "engine/cpu/x86/bits.h"

G_BEGIN_DECLS

G_GNUC_NORETURN void
mos_fault (MosSoftCpu *cpu, const MosUop *op, guint vector);
G_GNUC_NORETURN void mos_fault_error (MosSoftCpu   *cpu,
                                      const MosUop *op,
                                      guint         vector,
                                      guint32       error);
G_GNUC_NORETURN void mos_fault_page (MosSoftCpu   *cpu,
                                     const MosUop *op,
                                     guint64       address,
                                     guint32       error);

/* #DB that is a fault: DR6 bits @hits. */
G_GNUC_NORETURN void
mos_fault_debug (MosSoftCpu *cpu, const MosUop *op, guint64 hits);

/* #GP(0), the commonest. */
G_GNUC_NORETURN void mos_fault_gp (MosSoftCpu *cpu, const MosUop *op);
/* #UD. */
G_GNUC_NORETURN void mos_fault_ud (MosSoftCpu *cpu, const MosUop *op);

G_END_DECLS
