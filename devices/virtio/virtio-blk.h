/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A virtio disk.
 */
#pragma once

#include "devices/chipset/pci.h"
#include "engine/host/block.h"

G_BEGIN_DECLS

extern const MosDeviceClass mos_virtio_blk_class;

/* @name is unique in the machine and, up to 20 letters of it, the disk's
 * serial number. @store is referenced. @bus owns the device. */
MosDevice *mos_virtio_blk_new (MosBus        *bus,
                               MosPciBus     *pci,
                               guint          devfn,
                               const char    *name,
                               MosBlockStore *store);

G_END_DECLS
