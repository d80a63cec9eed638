/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The arrays of instructions, one a file, that table.c lists.
 *
 * A new family adds a line here and one there.
 */
#pragma once

#include "engine/cpu/soft/lower.h"

G_BEGIN_DECLS

extern const MosSoftInsn mos_insns_alu[];
extern const MosSoftInsn mos_insns_atomic[];
extern const MosSoftInsn mos_insns_bcd[];
extern const MosSoftInsn mos_insns_bits[];
extern const MosSoftInsn mos_insns_branch[];
extern const MosSoftInsn mos_insns_far[];
extern const MosSoftInsn mos_insns_io[];
extern const MosSoftInsn mos_insns_muldiv[];
extern const MosSoftInsn mos_insns_segment[];
extern const MosSoftInsn mos_insns_shift[];
extern const MosSoftInsn mos_insns_stack[];
extern const MosSoftInsn mos_insns_string[];
extern const MosSoftInsn mos_insns_svm[];
extern const MosSoftInsn mos_insns_system[];
extern const MosSoftInsn mos_insns_vmx[];

G_END_DECLS
