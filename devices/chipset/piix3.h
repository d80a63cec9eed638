/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PCI-to-ISA bridge: PCI interrupts to ISA IRQs, and the reset register.
 */
#pragma once

#include "devices/chipset/irq.h"
#include "devices/chipset/pci.h"

G_BEGIN_DECLS

typedef struct MosPiix3 MosPiix3;

extern const MosDeviceClass mos_piix3_class;

/* At 00:01.0; becomes the PCI bus's interrupt router. */
MosPiix3 *mos_piix3_new (MosBus *bus, MosPciBus *pci, MosIrqHub *hub);

G_END_DECLS
