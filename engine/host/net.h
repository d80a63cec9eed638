/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A network cable.
 *
 * One end is a guest's adapter, the other a NAT, an internal switch or
 * nothing. Frames are whole Ethernet frames without checksum sequence, at most
 * MOS_NET_MAX_FRAME bytes. Sending copies; nobody blocks: what does not fit is
 * dropped and counted.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_NET_MAX_FRAME 65550

typedef struct MosNetPort MosNetPort;

typedef void (*MosNetFunc) (gpointer      user_data,
                            const guint8 *frame,
                            gsize         size);

typedef struct {
  guint64 tx_frames, tx_bytes; /* from the guest */
  guint64 rx_frames, rx_bytes; /* to the guest */
  guint64 dropped;
} MosNetCounters;

MosNetPort *mos_net_port_new (void);
MosNetPort *mos_net_port_ref (MosNetPort *self);
void        mos_net_port_unref (MosNetPort *self);

/* The guest's adapter takes frames here, on any thread. */
void
mos_net_port_set_device (MosNetPort *self, MosNetFunc receive, gpointer device);
/* The host's side takes the guest's frames here, on any thread. */
void
mos_net_port_set_peer (MosNetPort *self, MosNetFunc receive, gpointer peer);

void mos_net_port_to_peer (MosNetPort *self, const guint8 *frame, gsize size);
void mos_net_port_to_device (MosNetPort *self, const guint8 *frame, gsize size);
void mos_net_port_counters (MosNetPort *self, MosNetCounters *counters);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosNetPort, mos_net_port_unref)

G_END_DECLS
