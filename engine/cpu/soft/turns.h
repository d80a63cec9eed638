/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Deterministic mode: all processors on one thread, in turn.
 *
 * A turn is a number of instructions; after each round the manual clock moves
 * by as many nanoseconds as the busiest processor ran instructions. If all are
 * halted the clock jumps to its next deadline. So time depends on nothing but
 * the guest, and two runs are the same to the last bit.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"

G_BEGIN_DECLS

/* mos_vcpu_run() of @cpu: the first runs all, the others wait for a kick. */
MosRunResult mos_turns_run (MosSoftCpu *cpu);

G_END_DECLS
