/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A network cable.
 *
 * One end is a guest's adapter, the other a NAT, an internal switch or
 * nothing. Frames are whole Ethernet frames without checksum sequence, at most
 * MOS_NET_MAX_FRAME bytes. Sending copies into a bounded queue for each
 * direction, on any thread, and never waits; the queues are emptied on the
 * machine's I/O thread, in order, as fast as the limits allow. So neither end
 * is ever called with a lock of the other held.
 *
 * The adapter may refuse a frame for now, which then waits; the frames of a
 * network that come too fast are dropped and counted. While the machine stands
 * still nothing moves.
 */
#pragma once

#include "engine/host/net-bucket.h"

G_BEGIN_DECLS

#define MOS_NET_MAX_FRAME   65550
#define MOS_NET_QUEUE_BYTES (1u << 20) /* of each direction */

typedef struct MosNetPort MosNetPort;

typedef enum {
  /* Its checksums are known to be right: the lab has computed them. */
  MOS_NET_CHECKSUMMED = 1u << 0
} MosNetFlags;

typedef enum {
  MOS_NET_TO_PEER, /* what the guest sends */
  MOS_NET_TO_DEVICE,
  MOS_NET_N_DIRECTIONS
} MosNetDirection;

/* A guest's adapter. All but link_changed are called on the I/O thread; they
 * take the device's lock themselves. */
typedef struct {
  /* FALSE: no room; the frame waits until mos_net_port_wake(). */
  gboolean (*receive) (gpointer      device,
                       const guint8 *frame,
                       gsize         size,
                       MosNetFlags   flags);
  /* After mos_net_port_to_peer() had no room: it has now. Optional. */
  void (*writable) (gpointer device);
  /* The cable was plugged in or pulled out; any thread. Optional. */
  void (*link_changed) (gpointer device, gboolean up);
  /* Does the machine stand still? Then the device calls mos_net_port_wake()
   * when it goes on. Optional. */
  gboolean (*is_held) (gpointer device);
} MosNetDeviceOps;

/* The network's end: takes the guest's frames, on the I/O thread. */
typedef void (*MosNetFunc) (gpointer      user_data,
                            const guint8 *frame,
                            gsize         size,
                            MosNetFlags   flags);
/* Sees all frames that arrive, on the I/O thread. */
typedef void (*MosNetTapFunc) (gpointer        user_data,
                               MosNetDirection direction,
                               const guint8   *frame,
                               gsize           size);

/* Frames that waited at most 1, 2, 4, … microseconds from being sent to being
 * taken by the other end; the last bucket takes the rest. */
#define MOS_NET_N_LATENCIES 24u

/* Relaxed atomics. */
typedef struct {
  guint64 tx_frames, tx_bytes; /* from the guest, arrived */
  guint64 rx_frames, rx_bytes; /* to the guest, arrived */
  guint64 dropped;
  guint64 latency[MOS_NET_N_LATENCIES]; /* of frames that arrived */
} MosNetCounters;

/* @io_context: where frames arrive; referenced; NULL: the default one. The
 * cable is plugged in. The last reference is dropped while nobody runs the
 * context, or by who runs it. */
MosNetPort *mos_net_port_new (GMainContext *io_context);
MosNetPort *mos_net_port_ref (MosNetPort *self);
void        mos_net_port_unref (MosNetPort *self);

/* Connects an end, or takes it away (NULL @ops, NULL @receive) and waits until
 * it is not being called; frames on their way to it are dropped. Any thread
 * that does not hold a lock that the end takes. */
void mos_net_port_set_device (MosNetPort            *self,
                              const MosNetDeviceOps *ops,
                              gpointer               device);
void
mos_net_port_set_peer (MosNetPort *self, MosNetFunc receive, gpointer peer);
void
mos_net_port_set_tap (MosNetPort *self, MosNetTapFunc func, gpointer user_data);

/* Queues a copy. to_peer returns FALSE if there is no room, and then calls the
 * device's writable later; what nobody takes is dropped. Any thread. */
gboolean mos_net_port_to_peer (MosNetPort   *self,
                               const guint8 *frame,
                               gsize         size,
                               MosNetFlags   flags);
void     mos_net_port_to_device (MosNetPort   *self,
                                 const guint8 *frame,
                                 gsize         size,
                                 MosNetFlags   flags);

/* Is there room for @bytes of frames to the peer? If not, writable is called
 * later. Any thread. */
gboolean mos_net_port_has_room (MosNetPort *self, gsize bytes);

/* The device can take frames again. Any thread, any lock held. */
void mos_net_port_wake (MosNetPort *self);
/* Does the machine stand still? I/O thread. */
gboolean mos_net_port_is_held (MosNetPort *self);

/* The cable: pulled out, it drops everything. Any thread but the device's. */
void     mos_net_port_set_link (MosNetPort *self, gboolean up);
gboolean mos_net_port_get_link (MosNetPort *self);

/* At most so much; NULL: no limit. @own is this cable's, @shared one that
 * several have together. Referenced. Any thread. */
void mos_net_port_set_limits (MosNetPort     *self,
                              MosNetDirection direction,
                              MosNetBucket   *own,
                              MosNetBucket   *shared);

void mos_net_port_counters (MosNetPort *self, MosNetCounters *counters);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosNetPort, mos_net_port_unref)

G_END_DECLS
