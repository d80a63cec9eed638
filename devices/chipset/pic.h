/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The pair of 8259A interrupt controllers of a PC.
 *
 * The slave hangs on the master's input 2. INTR goes to the processors through
 * MosCpuInputs.set_intr; the acknowledge cycle comes back as
 * mos_pic_acknowledge(). Beside them stand the edge/level control registers of
 * the PCI-to-ISA bridge (ports 0x4d0 and 0x4d1).
 */
#pragma once

#include "devices/chipset/irq.h"
#include "engine/bus/device.h"

G_BEGIN_DECLS

typedef struct MosPic MosPic;

extern const MosDeviceClass mos_pic_class;

/* Listens to the hub's first 16 GSIs. */
MosPic *mos_pic_new (MosBus *bus, MosIrqHub *hub);

/* An interrupt acknowledge cycle; the vector. Any thread, no lock held. */
guint8 mos_pic_acknowledge (MosPic *self);

G_END_DECLS
