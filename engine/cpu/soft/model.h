/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the software CPU can do, written as a CPU model.
 *
 * A machine's model is cut down to it before CPUID is computed.
 */
#pragma once

#include "engine/cpu/x86/cpuid.h"

G_BEGIN_DECLS

/* Vector extensions run on the host's units, so the host must have them. */
void mos_soft_model_offer (MosCpuModel *offer);

G_END_DECLS
