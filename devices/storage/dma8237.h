/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The two DMA controllers of a PC, for devices without a bus master.
 *
 * Channels 0 to 3 move bytes, 5 to 7 words; 4 is the cascade. A device asks
 * for its channel to be served; if the guest has not opened the channel yet,
 * nothing moves and the device is told when it may try again.
 */
#pragma once

#include "engine/bus/device.h"

G_BEGIN_DECLS

#define MOS_DMA_N_CHANNELS 8

typedef struct MosDma8237 MosDma8237;

extern const MosDeviceClass mos_dma8237_class;

/* Ports 0x00 to 0x0f, 0x80 to 0x8f, 0xc0 to 0xdf of @bus, which owns it. */
MosDma8237 *mos_dma8237_new (MosBus *bus);

/* @ready is called without any lock of the controller when @channel was
 * opened; on the vCPU thread that did it. Before the guest runs. */
void mos_dma8237_attach (MosDma8237 *self,
                         guint       channel,
                         GFunc       ready,
                         gpointer    user_data);

/*
 * Serves @channel: moves up to @size bytes (an even number on channels 5 to 7)
 * between @data and guest memory. @to_memory is the device's direction; if the
 * guest has programmed another, addresses advance but memory is not touched.
 * Returns the bytes moved: 0 if the channel is closed. *@terminal tells whether
 * the count has run out. The caller may hold its own device's lock.
 */
guint mos_dma8237_transfer (MosDma8237 *self,
                            guint       channel,
                            guint8     *data,
                            guint       size,
                            gboolean    to_memory,
                            gboolean   *terminal);

G_END_DECLS
