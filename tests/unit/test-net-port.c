/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The cable: frames arrive in order, what cannot arrive is counted, an end may
 * have no room, limits hold, a pulled cable carries nothing.
 */

#include <glib.h>
#include <string.h>

#include "engine/host/net-queue.h"
#include "engine/host/net.h"

typedef struct {
  MosNetPort *port;
  guint       frames;
  gsize       bytes;
  guint       room; /* frames that are taken; the rest must wait */
  guint       writable;
  int         link; /* -1: never told */
  gboolean    held;
  guint       seen[MOS_NET_N_DIRECTIONS];
} Ends;

static void
peer_cb (gpointer user_data, const guint8 *frame, gsize size, MosNetFlags flags)
{
  Ends *ends = user_data;

  ends->frames++;
  ends->bytes += size;
}

static gboolean
device_receive (gpointer      device,
                const guint8 *frame,
                gsize         size,
                MosNetFlags   flags)
{
  Ends *ends = device;

  if (ends->room == 0)
    return FALSE;
  ends->room--;
  /* Frames come in order. */
  g_assert_cmpuint (frame[0], ==, ends->frames & 0xff);
  ends->frames++;
  ends->bytes += size;
  return TRUE;
}

static void
device_writable (gpointer device)
{
  ((Ends *) device)->writable++;
}

static void
device_link_changed (gpointer device, gboolean up)
{
  ((Ends *) device)->link = up;
}

static gboolean
device_is_held (gpointer device)
{
  return ((Ends *) device)->held;
}

static const MosNetDeviceOps ops = {
  .receive = device_receive,
  .writable = device_writable,
  .link_changed = device_link_changed,
  .is_held = device_is_held,
};

static void
tap_cb (gpointer        user_data,
        MosNetDirection direction,
        const guint8   *frame,
        gsize           size)
{
  ((Ends *) user_data)->seen[direction]++;
}

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_cable (void)
{
  g_autoptr (MosNetPort) port = mos_net_port_new (NULL);
  g_autofree guint8 *frame = g_malloc0 (MOS_NET_MAX_FRAME + 1);
  MosNetCounters     counters;
  Ends               up = { 0 }, down = { .room = 10 };

  mos_net_port_to_peer (port, frame, 60, 0);
  mos_net_port_set_peer (port, peer_cb, &up);
  mos_net_port_set_device (port, &ops, &down);
  mos_net_port_set_tap (port, tap_cb, &up);
  mos_net_port_to_peer (port, frame, 60, 0);
  mos_net_port_to_peer (port, frame, MOS_NET_MAX_FRAME, 0);
  mos_net_port_to_device (port, frame, 1514, 0);
  mos_net_port_to_device (port, frame, MOS_NET_MAX_FRAME + 1, 0);
  mos_net_port_to_device (port, frame, 0, 0);
  g_assert_cmpuint (up.frames + down.frames, ==, 0);
  settle ();
  mos_net_port_set_device (port, NULL, NULL);
  mos_net_port_to_device (port, frame, 60, 0);
  settle ();

  g_assert_cmpuint (up.bytes, ==, 60 + MOS_NET_MAX_FRAME);
  g_assert_cmpuint (down.bytes, ==, 1514);
  g_assert_cmpuint (up.seen[MOS_NET_TO_PEER], ==, 2);
  g_assert_cmpuint (up.seen[MOS_NET_TO_DEVICE], ==, 1);
  mos_net_port_counters (port, &counters);
  g_assert_cmpuint (counters.tx_frames, ==, 2);
  g_assert_cmpuint (counters.tx_bytes, ==, 60 + MOS_NET_MAX_FRAME);
  g_assert_cmpuint (counters.rx_frames, ==, 1);
  g_assert_cmpuint (counters.rx_bytes, ==, 1514);
  g_assert_cmpuint (counters.dropped, ==, 4);
  {
    guint64 sum = 0;

    for (guint i = 0; i < MOS_NET_N_LATENCIES; i++)
      sum += counters.latency[i];
    g_assert_cmpuint (sum, ==, 3); /* each frame that arrived */
  }
}

/* A device without buffers keeps frames waiting; the queue is bounded. */
static void
test_no_room (void)
{
  g_autoptr (MosNetPort) port = mos_net_port_new (NULL);
  guint8         frame[1000] = { 0 };
  Ends           ends = { .room = 3 };
  MosNetCounters counters;
  guint          n = MOS_NET_QUEUE_BYTES / sizeof frame + 10;

  mos_net_port_set_device (port, &ops, &ends);
  for (guint i = 0; i < n; i++) {
    frame[0] = (guint8) i;
    mos_net_port_to_device (port, frame, sizeof frame, 0);
  }
  settle ();
  g_assert_cmpuint (ends.frames, ==, 3);
  mos_net_port_counters (port, &counters);
  g_assert_cmpuint (counters.dropped, >=, 10);
  ends.room = G_MAXUINT;
  settle ();
  g_assert_cmpuint (ends.frames, ==, 3);
  mos_net_port_wake (port);
  settle ();
  g_assert_cmpuint (ends.frames, ==, n - counters.dropped);
}

/* A sender that has no room is told when there is. */
static void
test_writable (void)
{
  g_autoptr (MosNetPort) port = mos_net_port_new (NULL);
  guint8 frame[1500] = { 0 };
  Ends   ends = { 0 };
  guint  sent = 0;

  mos_net_port_set_device (port, &ops, &ends);
  mos_net_port_set_peer (port, peer_cb, &ends);
  while (mos_net_port_to_peer (port, frame, sizeof frame, 0))
    sent++;
  g_assert_cmpuint (sent, >, 100);
  g_assert_cmpuint (ends.writable, ==, 0);
  settle ();
  g_assert_cmpuint (ends.writable, ==, 1);
  g_assert_cmpuint (ends.frames, ==, sent);
}

static void
test_held (void)
{
  g_autoptr (MosNetPort) port = mos_net_port_new (NULL);
  guint8 frame[100] = { 0 };
  Ends   ends = { .room = 5, .held = TRUE };

  mos_net_port_set_device (port, &ops, &ends);
  mos_net_port_to_device (port, frame, sizeof frame, 0);
  settle ();
  g_assert_true (mos_net_port_is_held (port));
  g_assert_cmpuint (ends.frames, ==, 0);
  ends.held = FALSE;
  mos_net_port_wake (port);
  settle ();
  g_assert_cmpuint (ends.frames, ==, 1);
}

static void
test_link (void)
{
  g_autoptr (MosNetPort) port = mos_net_port_new (NULL);
  guint8 frame[100] = { 0 };
  Ends   ends = { .room = 5, .link = -1 };

  mos_net_port_set_device (port, &ops, &ends);
  mos_net_port_set_link (port, TRUE);
  g_assert_cmpint (ends.link, ==, -1);
  mos_net_port_to_device (port, frame, sizeof frame, 0);
  mos_net_port_set_link (port, FALSE);
  g_assert_cmpint (ends.link, ==, FALSE);
  mos_net_port_to_device (port, frame, sizeof frame, 0);
  settle ();
  g_assert_cmpuint (ends.frames, ==, 0);
  mos_net_port_set_link (port, TRUE);
  g_assert_cmpint (ends.link, ==, TRUE);
  mos_net_port_to_device (port, frame, sizeof frame, 0);
  settle ();
  g_assert_cmpuint (ends.frames, ==, 1);
}

/* The burst passes at once, what is above it in the time it takes. */
static void
test_limit (void)
{
  g_autoptr (MosNetPort) port = mos_net_port_new (NULL);
  g_autoptr (MosNetBucket) bucket = mos_net_bucket_new (2000000);
  guint8 frame[1000] = { 0 };
  Ends   ends = { .room = G_MAXUINT };
  gint64 start_us = g_get_monotonic_time ();
  guint  n = 400; /* 400 kB: 100 kB of burst and 150 ms */

  mos_net_port_set_device (port, &ops, &ends);
  mos_net_port_set_limits (port, MOS_NET_TO_DEVICE, NULL, bucket);
  for (guint i = 0; i < n; i++) {
    frame[0] = (guint8) i;
    mos_net_port_to_device (port, frame, sizeof frame, 0);
  }
  while (ends.frames < n)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 140000);
}

/* Buckets alone, with made-up times. */
static void
test_bucket (void)
{
  g_autoptr (MosNetBucket) bucket = mos_net_bucket_new (1000);
  gint64 now_us = g_get_monotonic_time ();

  g_assert_cmpint (mos_net_bucket_wait (bucket, now_us), ==, 0);
  mos_net_bucket_take (bucket, 65536);
  mos_net_bucket_take (bucket, 1000);
  g_assert_cmpint (mos_net_bucket_wait (bucket, now_us), >, 900000);
  g_assert_cmpint (mos_net_bucket_wait (bucket, now_us), <=, 1000001);
  g_assert_cmpint (mos_net_bucket_wait (bucket, now_us + 1100000), ==, 0);
}

/* Frames of all sizes around and around the ring. */
static void
test_queue (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  g_autofree guint8 *frame = g_malloc (5000);
  MosNetQueue        queue;
  guint8             first = 0, next = 0;
  guint              waiting = 0;

  mos_net_queue_init (&queue, 16384);
  for (guint i = 0; i < 20000; i++) {
    guint  size = (guint) g_rand_int_range (rand, 1, 5000), flags = 0;
    gint64 since_us = 0;

    if (g_rand_boolean (rand)) {
      memset (frame, next, size);
      if (mos_net_queue_push (&queue, frame, size, next, -(gint64) next)) {
        next++;
        waiting++;
      }
    } else {
      const guint8 *got = mos_net_queue_peek (&queue, &size, &flags, &since_us);

      g_assert_true ((got != NULL) == (waiting > 0));
      if (got == NULL)
        continue;
      g_assert_cmpuint (flags, ==, first);
      g_assert_cmpint (since_us, ==, -(gint64) first);
      g_assert_cmpuint (got[0], ==, first);
      g_assert_cmpuint (got[size - 1], ==, first);
      mos_net_queue_pop (&queue);
      first++;
      waiting--;
    }
    g_assert_cmpuint (queue.used, <=, queue.capacity);
  }
  mos_net_queue_clear (&queue);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net-port/cable", test_cable);
  g_test_add_func ("/net-port/no-room", test_no_room);
  g_test_add_func ("/net-port/writable", test_writable);
  g_test_add_func ("/net-port/held", test_held);
  g_test_add_func ("/net-port/link", test_link);
  g_test_add_func ("/net-port/limit", test_limit);
  g_test_add_func ("/net-port/bucket", test_bucket);
  g_test_add_func ("/net-port/queue", test_queue);
  return g_test_run ();
}
