/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Where a PC's interrupt wires come together.
 *
 * A board has 24 global system interrupts (GSIs). The first 16 are the ISA
 * bus's IRQ 0 to 15 and reach both the 8259 pair and the I/O APIC; the rest
 * reach the I/O APIC only. Any number of devices may share one: the hub keeps
 * count and drives the controllers with the OR of all. A device that needs
 * ISA IRQ n gets it so, from its constructor or from the board:
 *
 *   mos_irq_hub_connect (hub, &self->irq, 4);
 *   …
 *   mos_line_set (&self->irq, TRUE);
 *
 * Threads: any; the hub's lock is a leaf above the controllers' locks.
 */
#pragma once

#include "engine/bus/device.h"

G_BEGIN_DECLS

#define MOS_IRQ_N_GSIS 24
#define MOS_IRQ_N_ISA  16

typedef struct MosIrqHub MosIrqHub;

/* Drives what a GSI is wired to; called with the hub's lock held. */
typedef void (*MosIrqSink) (gpointer receiver, guint gsi, gboolean level);

extern const MosDeviceClass mos_irq_hub_class;

/* The bus owns it; make it before the devices that use it. */
MosIrqHub *mos_irq_hub_new (MosBus *bus);

/* Connects @line as one more source of @gsi, 0 to 23. */
void mos_irq_hub_connect (MosIrqHub *self, MosLine *line, guint gsi);

/* Adds a listener for all GSIs (at most two); before the guest runs. */
void mos_irq_hub_add_sink (MosIrqHub *self, MosIrqSink func, gpointer receiver);

/* The level of the wire now. */
gboolean mos_irq_hub_level (MosIrqHub *self, guint gsi);

G_END_DECLS
