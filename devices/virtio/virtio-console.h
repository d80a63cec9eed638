/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Consoles, up to MOS_VIRTIO_CONSOLE_PORTS of one device.
 */
#pragma once

#include "devices/chipset/pci.h"
#include "engine/host/char.h"

G_BEGIN_DECLS

#define MOS_VIRTIO_CONSOLE_PORTS 4

extern const MosDeviceClass mos_virtio_console_class;

/* Takes slot @devfn; the bus owns the device. @ports: what the @n_ports (1 to
 * MOS_VIRTIO_CONSOLE_PORTS) lead to; referenced. */
MosDevice *mos_virtio_console_new (MosBus             *bus,
                                   MosPciBus          *pci,
                                   guint               devfn,
                                   const char         *name,
                                   MosCharPort *const *ports,
                                   guint               n_ports);

G_END_DECLS
