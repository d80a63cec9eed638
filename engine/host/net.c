/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A network cable: two ends, a queue towards each, and what empties them.
 *
 * Locks: an end's lock is held while its function runs, so that taking it away
 * waits for a frame that is being delivered; inside it the queue's lock, which
 * is never held while a function is called. Whoever sends takes the queue's
 * lock alone, and so may hold anything. Each dispatch delivers a bounded number
 * of frames, so that a storm leaves the I/O thread time for the rest.
 */
#include "engine/host/net.h"

#include "engine/host/net-queue.h"

#define MAX_FRAMES_AT_ONCE 256u
/* A sender that had no room goes on when this much is free. */
#define ROOM_AGAIN (MOS_NET_QUEUE_BYTES / 2)
#define NEVER      G_MAXINT64

typedef struct {
  /* The end it leads to. */
  GMutex                 end_lock;
  const MosNetDeviceOps *ops;     /* the device's end; with end_lock */
  MosNetFunc             receive; /* the network's end; with end_lock */
  gpointer               user_data;

  GMutex        lock;
  MosNetQueue   queue;
  gboolean      connected; /* with lock: somebody is at the end */
  gboolean      was_full;  /* with lock: a sender waits for room */
  MosNetBucket *own, *shared;
} Direction;

typedef struct {
  GSource     source;
  MosNetPort *port;
} PortSource;

struct MosNetPort {
  gatomicrefcount refs;
  Direction       directions[MOS_NET_N_DIRECTIONS];
  GMutex          tap_lock;
  MosNetTapFunc   tap;
  gpointer        tap_data;
  gint            link;     /* atomic */
  MosNetCounters  counters; /* relaxed atomics */

  GMainContext *context;
  GSource      *source;
  gint          woken;   /* atomic: the source is to be dispatched */
  gint64        next_us; /* I/O thread: when a limit lets frames pass again */
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

/* -- delivering ---------------------------------------------------------- */

static void
show_tap (MosNetPort     *self,
          MosNetDirection direction,
          const guint8   *frame,
          gsize           size)
{
  g_mutex_lock (&self->tap_lock);
  if (self->tap != NULL)
    self->tap (self->tap_data, direction, frame, size);
  g_mutex_unlock (&self->tap_lock);
}

static void
count_arrival (MosNetPort     *self,
               MosNetDirection direction,
               gsize           size,
               gint64          waited_us)
{
  gboolean to_peer = direction == MOS_NET_TO_PEER;
  guint    bucket = waited_us > 1 ? g_bit_storage ((gulong) waited_us - 1) : 0;

  add (&self->counters.latency[MIN (bucket, MOS_NET_N_LATENCIES - 1)], 1);
  add (to_peer ? &self->counters.tx_frames : &self->counters.rx_frames, 1);
  add (to_peer ? &self->counters.tx_bytes : &self->counters.rx_bytes, size);
}

/* How long the limits make the next frame wait. */
static gint64
limit_wait (Direction *way, gint64 now_us)
{
  gint64 wait_us = 0, shared_us = 0;

  if (way->own != NULL)
    wait_us = mos_net_bucket_wait (way->own, now_us);
  if (way->shared != NULL)
    shared_us = mos_net_bucket_wait (way->shared, now_us);
  return MAX (wait_us, shared_us);
}

static void
limit_take (Direction *way, gsize size)
{
  if (way->own != NULL)
    mos_net_bucket_take (way->own, size);
  if (way->shared != NULL)
    mos_net_bucket_take (way->shared, size);
}

/* Hands one frame over; FALSE if the end does not take it now. */
static gboolean
hand_over (MosNetPort     *self,
           MosNetDirection direction,
           const guint8   *frame,
           gsize           size,
           MosNetFlags     flags,
           gint64          since_us)
{
  Direction *way = &self->directions[direction];

  if (!g_atomic_int_get (&self->link)) {
    add (&self->counters.dropped, 1);
    return TRUE;
  }
  if (direction == MOS_NET_TO_DEVICE) {
    if (!way->ops->receive (way->user_data, frame, size, flags))
      return FALSE;
    show_tap (self, direction, frame, size);
  } else {
    show_tap (self, direction, frame, size);
    way->receive (way->user_data, frame, size, flags);
  }
  count_arrival (self, direction, size, g_get_monotonic_time () - since_us);
  return TRUE;
}

static const guint8 *
first_frame (Direction *way,
             guint     *size,
             guint     *flags,
             gint64    *since_us,
             gint64    *wait_us)
{
  const guint8 *frame;

  g_mutex_lock (&way->lock);
  frame = mos_net_queue_peek (&way->queue, size, flags, since_us);
  *wait_us = frame != NULL ? limit_wait (way, g_get_monotonic_time ()) : NEVER;
  g_mutex_unlock (&way->lock);
  return *wait_us == 0 ? frame : NULL;
}

/* TRUE if a sender waits for what is free now. */
static gboolean
drop_first (Direction *way, gsize size)
{
  gboolean room_again;

  g_mutex_lock (&way->lock);
  mos_net_queue_pop (&way->queue);
  limit_take (way, size);
  room_again =
      way->was_full && way->queue.used <= way->queue.capacity - ROOM_AGAIN;
  if (room_again)
    way->was_full = FALSE;
  g_mutex_unlock (&way->lock);
  return room_again;
}

/* Empties one queue as far as it goes; when to look again, in microseconds. */
static gint64
drain (MosNetPort *self, MosNetDirection direction, gboolean *room_again)
{
  Direction *way = &self->directions[direction];
  gint64     wait_us = NEVER;

  g_mutex_lock (&way->end_lock);
  for (guint n = 0; n < MAX_FRAMES_AT_ONCE; n++) {
    guint         size = 0, flags = 0;
    gint64        since_us = 0;
    const guint8 *frame;

    if (way->ops == NULL && way->receive == NULL)
      break;
    frame = first_frame (way, &size, &flags, &since_us, &wait_us);
    if (frame == NULL)
      break;
    if (!hand_over (self, direction, frame, size, flags, since_us)) {
      wait_us = NEVER;
      break;
    }
    if (drop_first (way, size))
      *room_again = TRUE;
  }
  g_mutex_unlock (&way->end_lock);
  return wait_us;
}

static void
tell_writable (MosNetPort *self)
{
  Direction *way = &self->directions[MOS_NET_TO_DEVICE];

  g_mutex_lock (&way->end_lock);
  if (way->ops != NULL && way->ops->writable != NULL)
    way->ops->writable (way->user_data);
  g_mutex_unlock (&way->end_lock);
}

gboolean
mos_net_port_is_held (MosNetPort *self)
{
  Direction *way = &self->directions[MOS_NET_TO_DEVICE];
  gboolean   held;

  g_mutex_lock (&way->end_lock);
  held = way->ops != NULL && way->ops->is_held != NULL &&
         way->ops->is_held (way->user_data);
  g_mutex_unlock (&way->end_lock);
  return held;
}

static gboolean
port_prepare (GSource *source, int *timeout_ms)
{
  MosNetPort *self = ((PortSource *) source)->port;
  gint64      next_us = self->next_us;

  *timeout_ms = -1;
  if (g_atomic_int_get (&self->woken))
    return TRUE;
  if (next_us != NEVER)
    *timeout_ms =
        (int) CLAMP ((next_us - g_get_monotonic_time () + 999) / 1000, 0, 1000);
  return FALSE;
}

static gboolean
port_check (GSource *source)
{
  MosNetPort *self = ((PortSource *) source)->port;

  return g_atomic_int_get (&self->woken) ||
         (self->next_us != NEVER && g_get_monotonic_time () >= self->next_us);
}

static gboolean
port_dispatch (GSource *source, GSourceFunc func, gpointer user_data)
{
  MosNetPort *self = ((PortSource *) source)->port;
  gboolean    room_again = FALSE;
  gint64      wait_us, device_wait_us;

  g_atomic_int_set (&self->woken, FALSE);
  self->next_us = NEVER;
  if (mos_net_port_is_held (self))
    return G_SOURCE_CONTINUE;
  wait_us = drain (self, MOS_NET_TO_PEER, &room_again);
  if (room_again)
    tell_writable (self);
  device_wait_us = drain (self, MOS_NET_TO_DEVICE, &room_again);
  wait_us = MIN (wait_us, device_wait_us);
  if (wait_us != NEVER)
    self->next_us = g_get_monotonic_time () + wait_us;
  return G_SOURCE_CONTINUE;
}

static const GSourceFuncs port_source_funcs = {
  .prepare = port_prepare,
  .check = port_check,
  .dispatch = port_dispatch,
};

void
mos_net_port_wake (MosNetPort *self)
{
  g_return_if_fail (self != NULL);

  /* Pairs with port_dispatch(), which clears it before it looks. */
  if (!g_atomic_int_compare_and_exchange (&self->woken, FALSE, TRUE) ||
      g_main_context_is_owner (self->context))
    return;
  g_main_context_wakeup (self->context);
}

/* -- sending ------------------------------------------------------------- */

/* FALSE if there is no room; what nobody waits for counts as taken. */
static gboolean
enqueue (MosNetPort     *self,
         MosNetDirection direction,
         const guint8   *frame,
         gsize           size,
         MosNetFlags     flags)
{
  Direction *way = &self->directions[direction];
  gboolean   taken = FALSE, nobody;

  nobody =
      size == 0 || size > MOS_NET_MAX_FRAME || !g_atomic_int_get (&self->link);
  if (!nobody) {
    g_mutex_lock (&way->lock);
    nobody = !way->connected;
    taken =
        !nobody && mos_net_queue_push (&way->queue, frame, (guint) size,
                                       (guint) flags, g_get_monotonic_time ());
    way->was_full |= !nobody && !taken;
    g_mutex_unlock (&way->lock);
  }
  if (nobody)
    add (&self->counters.dropped, 1);
  if (taken)
    mos_net_port_wake (self);
  return taken || nobody;
}

gboolean
mos_net_port_to_peer (MosNetPort   *self,
                      const guint8 *frame,
                      gsize         size,
                      MosNetFlags   flags)
{
  g_return_val_if_fail (self != NULL, TRUE);

  return enqueue (self, MOS_NET_TO_PEER, frame, size, flags);
}

void
mos_net_port_to_device (MosNetPort   *self,
                        const guint8 *frame,
                        gsize         size,
                        MosNetFlags   flags)
{
  g_return_if_fail (self != NULL);

  if (!enqueue (self, MOS_NET_TO_DEVICE, frame, size, flags))
    add (&self->counters.dropped, 1);
}

gboolean
mos_net_port_has_room (MosNetPort *self, gsize bytes)
{
  Direction *way = &self->directions[MOS_NET_TO_PEER];
  gboolean   has_room;

  g_return_val_if_fail (self != NULL, TRUE);

  g_mutex_lock (&way->lock);
  has_room = bytes <= way->queue.capacity - way->queue.used;
  way->was_full |= !has_room;
  g_mutex_unlock (&way->lock);
  return has_room;
}

/* -- the ends ------------------------------------------------------------ */

static void
set_end (MosNetPort            *self,
         MosNetDirection        direction,
         const MosNetDeviceOps *ops,
         MosNetFunc             receive,
         gpointer               user_data)
{
  Direction *way = &self->directions[direction];

  g_mutex_lock (&way->end_lock);
  way->ops = ops;
  way->receive = receive;
  way->user_data = user_data;
  g_mutex_lock (&way->lock);
  mos_net_queue_flush (&way->queue);
  way->connected = ops != NULL || receive != NULL;
  way->was_full = FALSE;
  g_mutex_unlock (&way->lock);
  g_mutex_unlock (&way->end_lock);
}

void
mos_net_port_set_device (MosNetPort            *self,
                         const MosNetDeviceOps *ops,
                         gpointer               device)
{
  g_return_if_fail (self != NULL);

  set_end (self, MOS_NET_TO_DEVICE, ops, NULL, device);
}

void
mos_net_port_set_peer (MosNetPort *self, MosNetFunc receive, gpointer peer)
{
  g_return_if_fail (self != NULL);

  set_end (self, MOS_NET_TO_PEER, NULL, receive, peer);
}

void
mos_net_port_set_tap (MosNetPort *self, MosNetTapFunc func, gpointer user_data)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->tap_lock);
  self->tap = func;
  self->tap_data = user_data;
  g_mutex_unlock (&self->tap_lock);
}

void
mos_net_port_set_link (MosNetPort *self, gboolean up)
{
  Direction *way = &self->directions[MOS_NET_TO_DEVICE];

  g_return_if_fail (self != NULL);

  up = up != FALSE;
  g_mutex_lock (&way->end_lock);
  if (g_atomic_int_get (&self->link) != up) {
    g_atomic_int_set (&self->link, up);
    if (way->ops != NULL && way->ops->link_changed != NULL)
      way->ops->link_changed (way->user_data, up);
  }
  g_mutex_unlock (&way->end_lock);
}

gboolean
mos_net_port_get_link (MosNetPort *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return g_atomic_int_get (&self->link);
}

static void
replace_bucket (MosNetBucket **place, MosNetBucket *bucket)
{
  if (bucket != NULL)
    mos_net_bucket_ref (bucket);
  mos_net_bucket_unref (*place);
  *place = bucket;
}

void
mos_net_port_set_limits (MosNetPort     *self,
                         MosNetDirection direction,
                         MosNetBucket   *own,
                         MosNetBucket   *shared)
{
  Direction *way = &self->directions[direction];

  g_return_if_fail (self != NULL);

  g_mutex_lock (&way->lock);
  replace_bucket (&way->own, own);
  replace_bucket (&way->shared, shared);
  g_mutex_unlock (&way->lock);
  mos_net_port_wake (self);
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
  for (guint i = 0; i < MOS_NET_N_LATENCIES; i++)
    counters->latency[i] = load (&self->counters.latency[i]);
}

/* -- life ---------------------------------------------------------------- */

MosNetPort *
mos_net_port_new (GMainContext *io_context)
{
  MosNetPort *self = g_new0 (MosNetPort, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->tap_lock);
  self->link = TRUE;
  self->next_us = NEVER;
  self->context = g_main_context_ref (
      io_context != NULL ? io_context : g_main_context_default ());
  for (guint i = 0; i < MOS_NET_N_DIRECTIONS; i++) {
    g_mutex_init (&self->directions[i].end_lock);
    g_mutex_init (&self->directions[i].lock);
    mos_net_queue_init (&self->directions[i].queue, MOS_NET_QUEUE_BYTES);
  }
  self->source =
      g_source_new ((GSourceFuncs *) &port_source_funcs, sizeof (PortSource));
  ((PortSource *) self->source)->port = self;
  g_source_set_static_name (self->source, "network cable");
  g_source_attach (self->source, self->context);
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
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_main_context_unref (self->context);
  for (guint i = 0; i < MOS_NET_N_DIRECTIONS; i++) {
    mos_net_queue_clear (&self->directions[i].queue);
    mos_net_bucket_unref (self->directions[i].own);
    mos_net_bucket_unref (self->directions[i].shared);
    g_mutex_clear (&self->directions[i].end_lock);
    g_mutex_clear (&self->directions[i].lock);
  }
  g_mutex_clear (&self->tap_lock);
  g_free (self);
}
