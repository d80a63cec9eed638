/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the x87 files share.
 *
 * Arithmetic runs on the host's x87 unit with the guest's control word, so
 * results, rounding and exception flags are the silicon's. Our part is the
 * register stack, what an exception does to it, and the pointers.
 *
 * Intel SDM volume 1, "Programming with the x87 FPU".
 */
#pragma once

#include "engine/cpu/soft/exec/fpu.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"

G_BEGIN_DECLS

/* An 80-bit value as it lies in memory (the first 10 bytes). */
typedef struct {
  guint64 mantissa;
  guint16 exponent;
  guint16 padding[3];
} MosFloat80;

#define MOS_X87_INDEFINITE \
  ((MosFloat80){ .mantissa = G_GUINT64_CONSTANT (3) << 62, .exponent = 0xffff })

/* Which exceptions keep a result from being stored when unmasked. */
#define MOS_X87_BEFORE (MOS_FSW_IE | MOS_FSW_DE | MOS_FSW_ZE)

/* Sets op->fn to what the mode demands; TRUE if the instruction cannot run in
 * this block. FWAIT has its own rule. */
gboolean mos_x87_gate (MosLower *l);

/* The memory operand of op->width bytes at @lin as ST would hold it: 2, 4 or 8
 * of an @integer, 4 or 8 of a real number. *@fsw: what the conversion raises,
 * MOS_FSW_IE or MOS_FSW_DE; nothing is taken over yet. Faults. */
MosFloat80 mos_x87_load (MosSoftCpu   *cpu,
                         const MosUop *op,
                         guint64       lin,
                         gboolean      integer,
                         guint16      *fsw);

/* For waiting instructions: #MF if an unmasked exception is pending. Then
 * notes where the instruction is; @lin is the memory operand or 0. */
void mos_x87_begin (MosSoftCpu *cpu, const MosUop *op, guint64 lin);

MosFloat80 mos_x87_get (const MosSoftCpu *cpu, guint i);
void       mos_x87_set (MosSoftCpu *cpu, guint i, MosFloat80 value);
void       mos_x87_push (MosSoftCpu *cpu, MosFloat80 value);
void       mos_x87_pop (MosSoftCpu *cpu);

/*
 * Takes over what the host's status word @fsw says: sticky flags, C1 and ES.
 * TRUE unless an unmasked exception of @stopping was raised.
 */
gboolean mos_x87_raise (MosSoftCpu *cpu, guint16 fsw, guint stopping);

/* Stack underflow or overflow; TRUE if it is masked, so that the indefinite
 * value is to be stored. */
gboolean mos_x87_underflow (MosSoftCpu *cpu);
gboolean mos_x87_overflow (MosSoftCpu *cpu);

G_END_DECLS
