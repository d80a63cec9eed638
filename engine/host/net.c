/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A network cable: two ends and counters.
 *
 * Each end has its lock, held while its function runs, so that unplugging
 * waits for a frame that is being delivered. The two directions never share a
 * lock; an end's function queues the frame and returns, it must not answer
 * from inside with a frame in the other direction while holding a lock that
 * its sender holds.
 */

#include "engine/host/net.h"

typedef struct {
  GMutex     lock;
  MosNetFunc receive;
  gpointer   user_data;
} End;

struct MosNetPort {
  gatomicrefcount refs;
  End             device;
  End             peer;
  MosNetCounters  counters; /* relaxed atomics */
};

static void
add (guint64 *counter, guint64 amount)
{
  __atomic_add_fetch (counter, amount, __ATOMIC_RELAXED);
}

static guint64
load (const guint64 *counter)
{
  return __atomic_load_n (counter, __ATOMIC_RELAXED);
}

static void
end_set (End *end, MosNetFunc receive, gpointer user_data)
{
  g_mutex_lock (&end->lock);
  end->receive = receive;
  end->user_data = user_data;
  g_mutex_unlock (&end->lock);
}

static gboolean
end_deliver (End *end, const guint8 *frame, gsize size)
{
  gboolean taken = FALSE;

  if (size == 0 || size > MOS_NET_MAX_FRAME)
    return FALSE;
  g_mutex_lock (&end->lock);
  if (end->receive != NULL) {
    end->receive (end->user_data, frame, size);
    taken = TRUE;
  }
  g_mutex_unlock (&end->lock);
  return taken;
}

MosNetPort *
mos_net_port_new (void)
{
  MosNetPort *self = g_new0 (MosNetPort, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->device.lock);
  g_mutex_init (&self->peer.lock);
  return self;
}

MosNetPort *
mos_net_port_ref (MosNetPort *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_net_port_unref (MosNetPort *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_mutex_clear (&self->device.lock);
  g_mutex_clear (&self->peer.lock);
  g_free (self);
}

void
mos_net_port_set_device (MosNetPort *self, MosNetFunc receive, gpointer device)
{
  g_return_if_fail (self != NULL);

  end_set (&self->device, receive, device);
}

void
mos_net_port_set_peer (MosNetPort *self, MosNetFunc receive, gpointer peer)
{
  g_return_if_fail (self != NULL);

  end_set (&self->peer, receive, peer);
}

void
mos_net_port_to_peer (MosNetPort *self, const guint8 *frame, gsize size)
{
  g_return_if_fail (self != NULL);

  if (end_deliver (&self->peer, frame, size)) {
    add (&self->counters.tx_frames, 1);
    add (&self->counters.tx_bytes, size);
  } else {
    add (&self->counters.dropped, 1);
  }
}

void
mos_net_port_to_device (MosNetPort *self, const guint8 *frame, gsize size)
{
  g_return_if_fail (self != NULL);

  if (end_deliver (&self->device, frame, size)) {
    add (&self->counters.rx_frames, 1);
    add (&self->counters.rx_bytes, size);
  } else {
    add (&self->counters.dropped, 1);
  }
}

void
mos_net_port_counters (MosNetPort *self, MosNetCounters *counters)
{
  g_return_if_fail (self != NULL && counters != NULL);

  counters->tx_frames = load (&self->counters.tx_frames);
  counters->tx_bytes = load (&self->counters.tx_bytes);
  counters->rx_frames = load (&self->counters.rx_frames);
  counters->rx_bytes = load (&self->counters.rx_bytes);
  counters->dropped = load (&self->counters.dropped);
}
