/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The high precision event timer: a 64-bit counter and three comparators.
 */
#pragma once

#include "devices/chipset/irq.h"
#include "devices/chipset/pit.h"
#include "engine/bus/device.h"

G_BEGIN_DECLS

#define MOS_HPET_GPA       0xfed00000u
#define MOS_HPET_PERIOD_NS 10
/* The capability register's low half, with and without legacy replacement. */
#define MOS_HPET_ID           0x8086a201u
#define MOS_HPET_ID_NO_LEGACY 0x80862201u

typedef struct MosHpet MosHpet;

extern const MosDeviceClass mos_hpet_class;

/* @pit: whose IRQ 0 it takes over in legacy replacement mode; NULL: it does
 * not offer that mode. */
MosHpet *mos_hpet_new (MosBus *bus, MosIrqHub *hub, MosPit *pit);

G_END_DECLS
