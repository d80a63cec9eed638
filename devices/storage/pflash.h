/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A parallel flash chip, as UEFI firmware keeps its variables in.
 *
 * Eight bits wide, with the command set of Intel's flash chips and blocks of
 * MOS_PFLASH_BLOCK bytes (Common Flash Memory Interface, JEDEC JESD68 and
 * Intel application note 646). While nobody gives it a command the guest reads
 * and runs it as ROM.
 */
#pragma once

#include "engine/bus/device.h"
#include "engine/host/block.h"

G_BEGIN_DECLS

#define MOS_PFLASH_BLOCK 4096u

typedef struct MosPflash MosPflash;

extern const MosDeviceClass mos_pflash_class;

/*
 * Shows @ram, a whole number of blocks, at @gpa, over what is there. Its
 * contents are the chip's. @store is where changes go to, as large as the chip
 * and with the same contents, or NULL to forget them; referenced. @locked: all
 * blocks are locked, so that nothing changes. @own_ram: the device frees @ram.
 */
MosPflash *mos_pflash_new (MosBus        *bus,
                           const char    *name,
                           guint64        gpa,
                           MosRam        *ram,
                           gboolean       own_ram,
                           MosBlockStore *store,
                           gboolean       locked);

/* Waits until all changes are in the store. Not on an I/O thread. */
void mos_pflash_drain (MosPflash *self);

G_END_DECLS
