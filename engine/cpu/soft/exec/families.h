/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The arrays of instructions that the floating-point and vector files offer to
 * exec/table.c.
 */
#pragma once

#include "engine/cpu/soft/lower.h"

G_BEGIN_DECLS

extern const MosSoftInsn mos_soft_x87_arithmetic[];
extern const MosSoftInsn mos_soft_x87_moves[];
extern const MosSoftInsn mos_soft_x87_control[];
extern const MosSoftInsn mos_soft_vector_moves[];
extern const MosSoftInsn mos_soft_vector_masks[];
extern const MosSoftInsn mos_soft_xsave[];

G_END_DECLS
