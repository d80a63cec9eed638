/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The 8254 interval timer and port 0x61 (NMI status and speaker control).
 */
#pragma once

#include "devices/chipset/irq.h"
#include "engine/bus/device.h"

G_BEGIN_DECLS

#define MOS_PIT_HZ 1193182

typedef struct MosPit MosPit;

extern const MosDeviceClass mos_pit_class;

/* Counter 0 drives ISA IRQ 0. */
MosPit *mos_pit_new (MosBus *bus, MosIrqHub *hub);

/* Counter 0 is cut off IRQ 0 while the HPET takes its place. Any thread that
 * does not hold the PIT's lock. */
void mos_pit_set_irq_enabled (MosPit *self, gboolean enabled);

G_END_DECLS
