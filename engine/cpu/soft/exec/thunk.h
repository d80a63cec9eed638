/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The host's own vector units as our vector units.
 *
 * Host and guest share the instruction set, so a guest's SSE, AVX, MMX or
 * crypto instruction is executed by that very instruction: with its registers
 * renamed to scratch registers, inside a small function that loads the
 * operands from wherever they are kept, and stores the results. Such a thunk is
 * made once for each distinct instruction form (mnemonic, operand kinds,
 * immediate) of a machine and serves all its processors.
 *
 * Thunks lie in a memory file that is mapped twice: written through one
 * mapping, executed through the other. They touch nothing but their operands,
 * the scratch part of the MosSoftCpu, and host registers that a call may
 * change. Any vCPU thread may look one up.
 */
#pragma once

#include <Zydis/Zydis.h>

#include "engine/cpu/soft/cpu.h"

G_BEGIN_DECLS

typedef struct MosThunks MosThunks;

#define MOS_THUNK_MAX_OPERANDS 4

/* Pointers to the visible operands, in order; unused ones may be anything.
 * Vector operands are 32 bytes (16 for legacy SSE), MMX operands 8, general
 * registers the 8 bytes of their slot, memory as many as the operand has. */
typedef void (*MosThunk) (gpointer    op0,
                          gpointer    op1,
                          gpointer    op2,
                          gpointer    op3,
                          MosSoftCpu *cpu);

/* NULL if the host gives no executable memory. */
MosThunks *mos_thunks_new (void);
void       mos_thunks_free (MosThunks *self);

/* From a plain thunk to its floating one. */
#define MOS_THUNK_FLOATING_AT 160u

/*
 * The thunk for @insn. With @floating there are two: the one returned runs with
 * the host's MXCSR and raises its flags, the one MOS_THUNK_FLOATING_AT bytes
 * behind it loads MXCSR from cpu->scratch_mxcsr
 * and stores it back there (all exceptions must be masked in it). Status flags
 * that the instruction writes go to cpu->fl. NULL if the instruction cannot be
 * expressed or the arena (which holds every form there is) is full.
 */
MosThunk mos_thunk_find (MosThunks                     *self,
                         const ZydisDecodedInstruction *insn,
                         const ZydisDecodedOperand     *operands,
                         gboolean                       floating);

G_END_DECLS
