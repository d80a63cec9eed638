/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The host bridge: what lies where in memory, and the way to PCI.
 *
 * RAM reaches from 0 to at most 3 GiB and goes on at 4 GiB; below 4 GiB lies
 * the PCI hole with the firmware's ROM at its end. Between 768 KiB and 1 MiB,
 * the PAM registers say for each segment whether RAM (shadowing) or the ROM
 * behind it answers.
 */
#pragma once

#include "devices/chipset/pci.h"

G_BEGIN_DECLS

#define MOS_I440FX_LOW_MAX  G_GUINT64_CONSTANT (0xc0000000)
#define MOS_I440FX_HIGH_GPA G_GUINT64_CONSTANT (0x100000000)
#define MOS_I440FX_ROM_MAX  0x1000000u /* 16 MiB */

typedef struct MosI440fx MosI440fx;

extern const MosDeviceClass mos_i440fx_class;

/* Takes @ram, the machine's whole memory, and @rom (or NULL), the firmware's
 * image; both are freed with the device. */
MosI440fx *
mos_i440fx_new (MosBus *bus, MosPciBus *pci, MosRam *ram, MosRam *rom);

/* Bytes of RAM below and above 4 GiB, of @memory_bytes altogether. */
guint64 mos_i440fx_low_bytes (guint64 memory_bytes);
guint64 mos_i440fx_high_bytes (guint64 memory_bytes);

/* Direct boot without firmware: all of 768 KiB to 1 MiB becomes RAM. vCPUs
 * stopped. */
void mos_i440fx_open_shadow (MosI440fx *self);

G_END_DECLS
