/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The floppy disk controller: an 82077AA with two drives.
 */
#pragma once

#include "devices/storage/dma8237.h"
#include "engine/host/block.h"

G_BEGIN_DECLS

#define MOS_FDC_N_DRIVES 2

typedef struct MosFdc MosFdc;

extern const MosDeviceClass mos_fdc_class;

/* Ports 0x3f2 to 0x3f5 and 0x3f7 of @bus, which owns it; DMA channel 2. */
MosFdc *mos_fdc_new (MosBus *bus, MosDma8237 *dma);

/* INT, ISA interrupt 6. */
MosLine *mos_fdc_irq (MosFdc *self);

/*
 * Puts in drive @index (0 or 1), of a kind that suits @store, which is
 * referenced, or a 1.44 MB one if that is NULL. Before the guest runs.
 * MOS_ERROR_INVALID_VALUE if @store is larger than any floppy.
 */
gboolean mos_fdc_install (MosFdc        *self,
                          guint          index,
                          MosBlockStore *store,
                          GError       **error);

/* Puts a floppy into an installed drive, or takes it out (NULL). Any thread;
 * errors as above. */
gboolean mos_fdc_change_medium (MosFdc        *self,
                                guint          index,
                                MosBlockStore *store,
                                GError       **error);

/* The drive's kind as CMOS byte 0x10 has it: 0 none, 1 360 KB, 2 1.2 MB,
 * 3 720 KB, 4 1.44 MB, 5 2.88 MB. */
guint mos_fdc_drive_type (MosFdc *self, guint index);

G_END_DECLS
