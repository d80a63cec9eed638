/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The canonical state of a software processor, in and out.
 *
 * Only while the vCPU does not run.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"

G_BEGIN_DECLS

gboolean mos_soft_get_state (MosSoftCpu *cpu, MosCpuState *state);
gboolean mos_soft_set_state (MosSoftCpu *cpu, const MosCpuState *state);

G_END_DECLS
