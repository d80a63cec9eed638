/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The IDE function of the PIIX3: two channels of two drives, with bus master.
 */
#pragma once

#include "devices/chipset/pci.h"
#include "engine/host/block.h"

G_BEGIN_DECLS

#define MOS_IDE_N_CHANNELS 2
#define MOS_IDE_N_DRIVES   4 /* 0 and 1 on the first channel */

typedef struct MosIde MosIde;

extern const MosDeviceClass mos_ide_class;

/* At 00:01.1, ports 0x1f0, 0x3f6, 0x170, 0x376, which @bus owns. */
MosIde *mos_ide_new (MosBus *bus, MosPciBus *pci);

/* The channel's interrupt: ISA 14 and 15. */
MosLine *mos_ide_irq (MosIde *self, guint channel);

/*
 * Puts in drive @index (0 to 3), before the guest runs. A CD drive may be
 * empty (@store NULL), a disk may not. @store is referenced.
 */
void mos_ide_add_disk (MosIde *self, guint index, MosBlockStore *store);
void mos_ide_add_cdrom (MosIde *self, guint index, MosBlockStore *store);

/* Changes the disc in CD drive @index; NULL takes it out. Any thread. */
void mos_ide_change_medium (MosIde *self, guint index, MosBlockStore *store);

G_END_DECLS
