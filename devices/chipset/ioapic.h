/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The I/O APIC: 24 inputs that become messages to the local APICs.
 */
#pragma once

#include "devices/chipset/irq.h"
#include "engine/bus/device.h"

G_BEGIN_DECLS

#define MOS_IOAPIC_GPA 0xfec00000u

typedef struct MosIoapic MosIoapic;

extern const MosDeviceClass mos_ioapic_class;

/* Listens to the hub's GSIs; GSI 0 (the timer) is wired to input 2. */
MosIoapic *mos_ioapic_new (MosBus *bus, MosIrqHub *hub);

/* A local APIC's EOI for a level-triggered vector. Any thread, no lock held. */
void mos_ioapic_end_of_interrupt (MosIoapic *self, guint8 vector);

G_END_DECLS
