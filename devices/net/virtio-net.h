/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A virtio network adapter.
 */
#pragma once

#include "devices/chipset/pci.h"
#include "engine/host/net.h"

G_BEGIN_DECLS

extern const MosDeviceClass mos_virtio_net_class;

/* @port is referenced; the device is its device end. @mtu: what the guest is
 * told, 68 to 65535. @rom, for booting from the network, is taken over; or
 * NULL. @bus owns the device. */
MosDevice *mos_virtio_net_new (MosBus       *bus,
                               MosPciBus    *pci,
                               guint         devfn,
                               const char   *name,
                               const guint8 *mac,
                               guint         mtu,
                               MosNetPort   *port,
                               MosRam       *rom);

G_END_DECLS
