/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the vector families share: may this block execute vector instructions,
 * and how the host's thunks are called.
 */
#pragma once

#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"

G_BEGIN_DECLS

/* The handler that raises what the mode demands (#UD, #NM), or NULL. */
MosHandler mos_vector_gate (const MosLower *l);

/* Before an instruction that uses an MMX register: #MF, then TOP = 0 and all
 * registers valid (Intel SDM volume 1, "Effect of MMX Instructions on the x87
 * FPU Tag Word"). */
void mos_mmx_enter (MosSoftCpu *cpu, const MosUop *op);

/* Lowers any instruction of the MMX, SSE, AVX and crypto families to a call of
 * its thunk. The default for rows that no other array has. */
gboolean mos_lower_vector (MosLower *l, const MosSoftInsn *insn);

G_END_DECLS
