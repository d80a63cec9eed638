/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A SATA controller: AHCI with six ports.
 */
#pragma once

#include "devices/chipset/pci.h"
#include "engine/host/block.h"

G_BEGIN_DECLS

#define MOS_AHCI_N_PORTS 6

typedef struct MosAhci MosAhci;

extern const MosDeviceClass mos_ahci_class;

/* @bus owns it. */
MosAhci *mos_ahci_new (MosBus *bus, MosPciBus *pci, guint devfn);

/* Plugs a drive into @port, before the guest runs. A CD drive may be empty
 * (@store NULL), a disk may not. @store is referenced. */
void mos_ahci_add_disk (MosAhci *self, guint port, MosBlockStore *store);
void mos_ahci_add_cdrom (MosAhci *self, guint port, MosBlockStore *store);

/* Changes the disc of the CD drive at @port; NULL takes it out. Any thread. */
void mos_ahci_change_medium (MosAhci *self, guint port, MosBlockStore *store);

G_END_DECLS
