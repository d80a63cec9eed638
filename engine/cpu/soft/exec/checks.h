/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Checks of single instructions that guest mode needs before it asks whether
 * somebody intercepts them.
 */
#pragma once

#include "engine/cpu/soft/lower.h"

G_BEGIN_DECLS

/* #GP unless IOPL or the task's bit map allow @size bytes at @port. */
void mos_port_check (MosSoftCpu *cpu, const MosUop *op, guint port, guint size);

/* The port of IN, OUT, INS or OUTS. */
guint mos_port_of (MosSoftCpu *cpu, const MosUop *op, MosIntercept what);

/* The debug register that number @n means, 0 to 3, 6 or 7: DR4 and DR5 are
 * DR6 and DR7 unless CR4.DE makes them #UD; #GP, #DB (DR7.GD). */
guint mos_debug_register (MosSoftCpu *cpu, const MosUop *op, guint n);

G_END_DECLS
