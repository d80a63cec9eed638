/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The real-time clock and its battery-backed memory (CMOS).
 */
#pragma once

#include "devices/chipset/irq.h"
#include "engine/bus/device.h"

G_BEGIN_DECLS

#define MOS_RTC_NVRAM_BYTES 128

typedef struct MosRtc MosRtc;

extern const MosDeviceClass mos_rtc_class;

/* Drives ISA IRQ 8. @start_s: Unix time at machine time 0; 0 means now. */
MosRtc *mos_rtc_new (MosBus *bus, MosIrqHub *hub, gint64 start_s);

/* High while the alarm has gone off and may interrupt: it wakes machines. */
MosLine *mos_rtc_alarm (MosRtc *self);

/* Battery-backed bytes the board's firmware expects; 0x0e to 0x7f, before the
 * guest runs. They survive a reset. */
void   mos_rtc_set_nvram (MosRtc *self, guint offset, guint8 value);
guint8 mos_rtc_get_nvram (MosRtc *self, guint offset);

G_END_DECLS
