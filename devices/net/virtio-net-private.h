/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The insides of a virtio network adapter: virtio-net.c moves frames,
 * virtio-net-control.c decides which ones the driver wants.
 */
#pragma once

#include "devices/net/virtio-net.h"
#include "devices/virtio/virtio.h"

G_BEGIN_DECLS

#define MOS_VIRTIO_NET_MAX_MACS   64u
#define MOS_VIRTIO_NET_VLAN_BYTES 512u /* a bit for each of 4096 */

enum {
  FEATURE_CSUM = 0,
  FEATURE_GUEST_CSUM = 1,
  FEATURE_MTU = 3,
  FEATURE_MAC = 5,
  FEATURE_HOST_TSO4 = 11,
  FEATURE_HOST_TSO6 = 12,
  FEATURE_MRG_RXBUF = 15,
  FEATURE_STATUS = 16,
  FEATURE_CTRL_VQ = 17,
  FEATURE_CTRL_RX = 18,
  FEATURE_CTRL_VLAN = 19,
  FEATURE_CTRL_RX_EXTRA = 20,
  FEATURE_CTRL_MAC = 23
};

/* What the driver wants to receive. */
typedef struct {
  guint8  promiscuous, all_multicast, all_unicast;
  guint8  no_multicast, no_unicast, no_broadcast;
  guint8  unicast_overflow, multicast_overflow; /* more than fit: take all */
  guint16 n_macs, n_unicast; /* the unicast ones come first */
  guint8  macs[MOS_VIRTIO_NET_MAX_MACS * 6];
  guint8  vlans[MOS_VIRTIO_NET_VLAN_BYTES];
} MosVirtioNetFilter;

typedef struct {
  MosVirtio       virtio;
  MosNetPort     *port;
  MosRam         *rom; /* owned, or NULL */
  MosMemoryRegion rom_region;
  MosTimer        go_on; /* fires when the machine runs again, or at once */
  guint8          own_mac[6];
  guint8          mac[6]; /* as the driver may have changed it */
  guint16         mtu;
  guint8          link_up;

  MosVirtioNetFilter filter;
  gboolean           tx_waits; /* for room in the cable; I/O or a vCPU */

  MosVirtqueueElement element, first; /* too large for a stack */
  guint8              frame[MOS_NET_MAX_FRAME];
} MosVirtioNet;

void mos_virtio_net_filter_reset (MosVirtioNet *self);
gboolean
mos_virtio_net_wants (MosVirtioNet *self, const guint8 *frame, gsize size);
/* Carries out the commands of the control queue. */
void mos_virtio_net_control (MosVirtioNet *self, MosVirtqueue *queue);

G_END_DECLS
