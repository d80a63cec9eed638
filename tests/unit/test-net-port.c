/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The cable: frames arrive, what cannot arrive is counted.
 */

#include <glib.h>

#include "engine/host/net.h"

static void
sum_cb (gpointer user_data, const guint8 *frame, gsize size)
{
  *(gsize *) user_data += size;
}

static void
test_cable (void)
{
  g_autoptr (MosNetPort) port = mos_net_port_new ();
  g_autofree guint8 *frame = g_malloc0 (MOS_NET_MAX_FRAME + 1);
  MosNetCounters     counters;
  gsize              up = 0, down = 0;

  mos_net_port_to_peer (port, frame, 60);
  mos_net_port_set_peer (port, sum_cb, &up);
  mos_net_port_set_device (port, sum_cb, &down);
  mos_net_port_to_peer (port, frame, 60);
  mos_net_port_to_peer (port, frame, MOS_NET_MAX_FRAME);
  mos_net_port_to_device (port, frame, 1514);
  mos_net_port_to_device (port, frame, MOS_NET_MAX_FRAME + 1);
  mos_net_port_to_device (port, frame, 0);
  mos_net_port_set_device (port, NULL, NULL);
  mos_net_port_to_device (port, frame, 60);

  g_assert_cmpuint (up, ==, 60 + MOS_NET_MAX_FRAME);
  g_assert_cmpuint (down, ==, 1514);
  mos_net_port_counters (port, &counters);
  g_assert_cmpuint (counters.tx_frames, ==, 2);
  g_assert_cmpuint (counters.tx_bytes, ==, 60 + MOS_NET_MAX_FRAME);
  g_assert_cmpuint (counters.rx_frames, ==, 1);
  g_assert_cmpuint (counters.rx_bytes, ==, 1514);
  g_assert_cmpuint (counters.dropped, ==, 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net-port/cable", test_cable);
  return g_test_run ();
}
