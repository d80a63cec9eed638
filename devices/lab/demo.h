/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The educational demo device: a little of everything that devices do.
 *
 * Lights and four digits to write, switches to read, a timer, a queue, a copy
 * engine that masters the bus, an interrupt with many causes, and faults that
 * can be ordered. Its data sheet is its register table (mos_demo_registers).
 *
 * It is a PCI function (vendor 0x4d4f, device 0x4c41). BAR 0 is 8 KiB of
 * memory: the registers, and from 0x1000 on a buffer of 4 KiB. For guests
 * that know no PCI the registers are also at ports 0x300 to 0x35f, with IRQ 9
 * to 11 as the firmware routes INTA#.
 */
#pragma once

#include "devices/chipset/pci.h"
#include "engine/host/panel.h"

G_BEGIN_DECLS

#define MOS_DEMO_VENDOR        0x4d4f
#define MOS_DEMO_DEVICE        0x4c41
#define MOS_DEMO_PORTS         0x300
#define MOS_DEMO_BANK_BYTES    0x60
#define MOS_DEMO_BUFFER        0x1000
#define MOS_DEMO_BUFFER_BYTES  0x1000
#define MOS_DEMO_QUEUE_ENTRIES 16

extern const MosDeviceClass mos_demo_class;

/* The data sheet; @n gets the number of rows. */
const MosRegister *mos_demo_registers (guint *n);

/* Takes @devfn of @pci; @panel may be NULL, and is referenced. */
MosDevice *
mos_demo_new (MosBus *bus, MosPciBus *pci, guint devfn, MosPanel *panel);

G_END_DECLS
