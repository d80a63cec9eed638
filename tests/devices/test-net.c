/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What network adapters lean on: checksums and segmentation, the switch, the
 * capture, and the NAT with a guest made of a few bytes.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "devices/net/networks.h"
#include "devices/net/offload.h"
#include "devices/net/pcapng.h"
#include "devices/net/switch.h"
#include "engine/base/error.h"

#define MAX_FRAMES 512u

/* -- an end that keeps what it gets -------------------------------------- */

typedef struct {
  MosNetPort *port;
  GPtrArray  *frames; /* of GBytes */
  MosNetFlags flags;  /* of the last */
  gboolean    held;
} End;

static gboolean
end_receive (gpointer      device,
             const guint8 *frame,
             gsize         size,
             MosNetFlags   flags)
{
  End *end = device;

  end->flags = flags;
  if (end->frames->len < MAX_FRAMES)
    g_ptr_array_add (end->frames, g_bytes_new (frame, size));
  return TRUE;
}

static gboolean
end_is_held (gpointer device)
{
  return ((End *) device)->held;
}

static const MosNetDeviceOps end_ops = { .receive = end_receive,
                                         .is_held = end_is_held };

static void
end_init (End *end)
{
  *end = (End){ .port = mos_net_port_new (NULL) };
  end->frames = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  mos_net_port_set_device (end->port, &end_ops, end);
}

static void
end_clear (End *end)
{
  mos_net_port_set_device (end->port, NULL, NULL);
  mos_net_port_unref (end->port);
  g_ptr_array_unref (end->frames);
}

static const guint8 *
last_frame (End *end, gsize *size)
{
  g_assert_cmpuint (end->frames->len, >, 0);
  return g_bytes_get_data (end->frames->pdata[end->frames->len - 1], size);
}

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* -- offload ------------------------------------------------------------- */

static void
put16 (guint8 *place, guint value)
{
  place[0] = (guint8) (value >> 8);
  place[1] = (guint8) value;
}

static guint
get16 (const guint8 *place)
{
  return (guint) place[0] << 8 | place[1];
}

/* The plain way of RFC 1071: 16-bit words in network order. */
static guint
slow_sum (const guint8 *data, gsize size, guint sum)
{
  for (gsize i = 0; i < size; i++)
    sum += i % 2 == 0 ? (guint) data[i] << 8 : data[i];
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

static void
test_checksum (void)
{
  /* The example of RFC 1071, section 3. */
  static const guint8 example[] = { 0x00, 0x01, 0xf2, 0x03,
                                    0xf4, 0xf5, 0xf6, 0xf7 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  guint8 data[200];

  g_assert_cmphex (GUINT16_FROM_BE (mos_net_sum_fold (
                       mos_net_sum (example, sizeof example, 0))),
                   ==, 0xddf2);
  for (guint i = 0; i < 500; i++) {
    gsize size = (gsize) g_rand_int_range (rand, 0, sizeof data);

    for (gsize j = 0; j < size; j++)
      data[j] = (guint8) g_rand_int (rand);
    g_assert_cmphex (
        GUINT16_FROM_BE (mos_net_sum_fold (mos_net_sum (data, size, 0))), ==,
        slow_sum (data, size, 0));
  }
  memset (data, 1, sizeof data);
  put16 (data + 30, 0); /* no pseudo header */
  g_assert_true (mos_net_put_checksum (data, 100, 20, 100, 30));
  g_assert_cmphex (slow_sum (data + 20, 80, 0), ==, 0xffff);
  g_assert_false (mos_net_put_checksum (data, 100, 20, 101, 30));
  g_assert_false (mos_net_put_checksum (data, 100, 20, 100, 99));
  g_assert_false (mos_net_put_checksum (data, 100, 20, 100, 19));
  g_assert_false (mos_net_put_checksum (data, 100, 100, 100, 100));
}

typedef struct {
  guint    n;
  gsize    bytes;
  guint8   payload[8000];
  guint8   flags[16];
  gsize    header;
  gboolean ipv4;
} Pieces;

static void
piece_cb (gpointer user_data, const guint8 *frame, gsize size)
{
  Pieces       *pieces = user_data;
  const guint8 *l3 = frame + 14;
  gsize         l4_at = pieces->header - 20;
  gsize         l4_bytes = size - l4_at;
  guint8        pseudo[40] = { 0 };
  gsize         pseudo_bytes = pieces->ipv4 ? 12 : 40;

  /* A stack that checks everything would take it. */
  if (pieces->ipv4) {
    g_assert_cmpuint (get16 (l3 + 2), ==, size - 14);
    g_assert_cmpuint (get16 (l3 + 4), ==, (0xfffe + pieces->n) & 0xffff);
    g_assert_cmphex (slow_sum (l3, 20, 0), ==, 0xffff);
    memcpy (pseudo, l3 + 12, 8);
    pseudo[9] = 6;
    put16 (pseudo + 10, (guint) l4_bytes);
  } else {
    g_assert_cmpuint (get16 (l3 + 4), ==, size - 14 - 40);
    memcpy (pseudo, l3 + 8, 32);
    put16 (pseudo + 34, (guint) l4_bytes);
    pseudo[39] = 6;
  }
  g_assert_cmphex (
      slow_sum (frame + l4_at, l4_bytes, slow_sum (pseudo, pseudo_bytes, 0)),
      ==, 0xffff);
  g_assert_cmpuint (get16 (frame + l4_at + 6), ==, 1000 + pieces->bytes);
  pieces->flags[pieces->n++] = frame[l4_at + 13];
  memcpy (pieces->payload + pieces->bytes, frame + pieces->header,
          size - pieces->header);
  pieces->bytes += size - pieces->header;
}

static void
cut_with (gboolean ipv4)
{
  guint8    frame[5000];
  Pieces    pieces = { .ipv4 = ipv4 };
  MosNetCut cut = { .l3 = 14, .mss = 1000, .ipv4 = ipv4 };
  gboolean  found_ipv4 = !ipv4;

  for (guint i = 0; i < sizeof frame; i++)
    frame[i] = (guint8) (i * 7);
  put16 (frame + 12, ipv4 ? 0x0800 : 0x86dd);
  frame[14] = ipv4 ? 0x45 : 0x60;
  put16 (frame + 18, 0xfffe); /* identification, which wraps */
  cut.l4 = ipv4 ? 34 : 54;
  cut.header_bytes = cut.l4 + 20;
  put16 (frame + cut.l4 + 4, 0);
  put16 (frame + cut.l4 + 6, 1000); /* sequence number */
  frame[cut.l4 + 12] = 5 << 4;
  frame[cut.l4 + 13] = 0x99; /* FIN, PSH, ACK, CWR */
  if (ipv4)
    frame[14 + 9] = 6;
  else
    frame[14 + 6] = 6;
  pieces.header = cut.header_bytes;
  g_assert_cmpuint (mos_net_find_ip (frame, sizeof frame, &found_ipv4), ==, 14);
  g_assert_cmpint (found_ipv4, ==, ipv4);
  g_assert_true (mos_net_cut_is_sane (&cut, sizeof frame));
  mos_net_cut (frame, sizeof frame, &cut, piece_cb, &pieces);
  g_assert_cmpuint (pieces.n, ==, 5);
  g_assert_cmpmem (pieces.payload, pieces.bytes, frame + cut.header_bytes,
                   sizeof frame - cut.header_bytes);
  g_assert_cmphex (pieces.flags[0], ==, 0x90);
  g_assert_cmphex (pieces.flags[1], ==, 0x10);
  g_assert_cmphex (pieces.flags[4], ==, 0x19);
}

static void
test_cut (void)
{
  MosNetCut good = {
    .l3 = 14, .l4 = 34, .header_bytes = 54, .mss = 100, .ipv4 = TRUE
  };
  MosNetCut bad;

  cut_with (TRUE);
  cut_with (FALSE);
  g_assert_true (mos_net_cut_is_sane (&good, 200));
  g_assert_false (mos_net_cut_is_sane (&good, 54));
  g_assert_false (mos_net_cut_is_sane (&good, MOS_NET_MAX_FRAME + 1));
  bad = good, bad.mss = 0;
  g_assert_false (mos_net_cut_is_sane (&bad, 200));
  bad = good, bad.l4 = 20;
  g_assert_false (mos_net_cut_is_sane (&bad, 200));
  bad = good, bad.header_bytes = 40;
  g_assert_false (mos_net_cut_is_sane (&bad, 200));
  bad = good, bad.l3 = 0;
  g_assert_false (mos_net_cut_is_sane (&bad, 200));
}

/* -- the switch ---------------------------------------------------------- */

static void
send (End *from, guint to, guint as)
{
  guint8 frame[60] = { 0x52, 0x54, 0, 0, 0, (guint8) to,
                       0x52, 0x54, 0, 0, 0, (guint8) as };

  if (to == 0xff)
    memset (frame, 0xff, 6);
  mos_net_port_to_peer (from->port, frame, sizeof frame, 0);
  settle ();
}

static void
test_switch (void)
{
  MosSwitch        *network = mos_switch_new ();
  End               ends[3];
  MosSwitchCounters counters;

  for (guint i = 0; i < 3; i++) {
    end_init (&ends[i]);
    g_assert_true (mos_switch_add (network, ends[i].port));
  }
  g_assert_cmpuint (mos_switch_n_ports (network), ==, 3);
  /* Nobody knows 2 yet. */
  send (&ends[0], 2, 1);
  g_assert_cmpuint (ends[0].frames->len, ==, 0);
  g_assert_cmpuint (ends[1].frames->len, ==, 1);
  g_assert_cmpuint (ends[2].frames->len, ==, 1);
  send (&ends[1], 1, 2);
  g_assert_cmpuint (ends[0].frames->len, ==, 1);
  g_assert_cmpuint (ends[2].frames->len, ==, 1);
  send (&ends[0], 2, 1);
  g_assert_cmpuint (ends[1].frames->len, ==, 2);
  g_assert_cmpuint (ends[2].frames->len, ==, 1);
  send (&ends[2], 0xff, 3);
  g_assert_cmpuint (ends[0].frames->len, ==, 2);
  g_assert_cmpuint (ends[1].frames->len, ==, 3);
  /* To oneself: stays. */
  send (&ends[0], 1, 1);
  g_assert_cmpuint (ends[0].frames->len, ==, 2);
  g_assert_true (mos_switch_counters (network, ends[0].port, &counters));
  g_assert_cmpuint (counters.flooded, ==, 1);
  g_assert_cmpuint (counters.forwarded, ==, 1);
  g_assert_cmpuint (counters.filtered, ==, 1);
  /* An address moves; a port that is pulled out is forgotten. */
  send (&ends[2], 2, 1);
  send (&ends[1], 1, 2);
  g_assert_cmpuint (ends[2].frames->len, ==, 2);
  mos_switch_remove (network, ends[2].port);
  send (&ends[1], 1, 2);
  g_assert_cmpuint (ends[0].frames->len, ==, 3);
  g_assert_cmpuint (ends[2].frames->len, ==, 2);
  g_assert_false (mos_switch_counters (network, ends[2].port, &counters));
  mos_switch_remove (network, ends[0].port);
  mos_switch_remove (network, ends[1].port);
  for (guint i = 0; i < 3; i++)
    end_clear (&ends[i]);
  mos_switch_free (network);
}

/* More addresses than the table has, and more floods than a second may. */
static void
test_switch_bounds (void)
{
  MosSwitch        *network = mos_switch_new ();
  End               a, b;
  MosSwitchCounters counters;

  end_init (&a);
  end_init (&b);
  mos_switch_add (network, a.port);
  mos_switch_add (network, b.port);
  for (guint i = 0; i < 3 * MOS_SWITCH_FLOODS_PER_S; i++) {
    guint8 frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0 };

    frame[9] = (guint8) (i >> 16);
    frame[10] = (guint8) (i >> 8);
    frame[11] = (guint8) i;
    while (!mos_net_port_to_peer (a.port, frame, sizeof frame, 0))
      settle ();
  }
  settle ();
  g_assert_cmpuint (mos_switch_n_addresses (network), <=,
                    MOS_SWITCH_MAX_ADDRESSES);
  g_assert_cmpuint (mos_switch_n_addresses (network), >,
                    MOS_SWITCH_MAX_ADDRESSES / 2);
  mos_switch_counters (network, a.port, &counters);
  g_assert_cmpuint (counters.flooded + counters.dropped, ==,
                    3 * MOS_SWITCH_FLOODS_PER_S);
  g_assert_cmpuint (counters.flooded, >=, MOS_SWITCH_FLOODS_PER_S);
  mos_switch_remove (network, a.port);
  mos_switch_remove (network, b.port);
  end_clear (&a);
  end_clear (&b);
  mos_switch_free (network);
}

static void
test_switch_full (void)
{
  MosSwitch  *network = mos_switch_new ();
  MosNetPort *ports[MOS_SWITCH_MAX_PORTS + 1];

  for (guint i = 0; i <= MOS_SWITCH_MAX_PORTS; i++) {
    ports[i] = mos_net_port_new (NULL);
    g_assert_cmpint (mos_switch_add (network, ports[i]), ==,
                     i < MOS_SWITCH_MAX_PORTS);
  }
  for (guint i = 0; i <= MOS_SWITCH_MAX_PORTS; i++) {
    mos_switch_remove (network, ports[i]);
    mos_net_port_unref (ports[i]);
  }
  g_assert_cmpuint (mos_switch_n_ports (network), ==, 0);
  mos_switch_free (network);
}

/* Two I/O threads that send to each other as fast as they can. */
typedef struct {
  GMainContext *context;
  GMainLoop    *loop;
  MosNetPort   *port;
  guint         received; /* atomic */
} Side;

static gboolean
side_receive (gpointer      device,
              const guint8 *frame,
              gsize         size,
              MosNetFlags   flags)
{
  g_atomic_int_inc (&((Side *) device)->received);
  return TRUE;
}

static const MosNetDeviceOps side_ops = { .receive = side_receive };

static gpointer
side_thread (gpointer user_data)
{
  g_main_loop_run (((Side *) user_data)->loop);
  return NULL;
}

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static void
test_switch_threads (void)
{
  MosSwitch *network = mos_switch_new ();
  Side       sides[2] = { { 0 } };
  GThread   *threads[2];
  guint8     frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52 };

  for (guint i = 0; i < 2; i++) {
    sides[i].context = g_main_context_new ();
    sides[i].loop = g_main_loop_new (sides[i].context, FALSE);
    sides[i].port = mos_net_port_new (sides[i].context);
    mos_net_port_set_device (sides[i].port, &side_ops, &sides[i]);
    mos_switch_add (network, sides[i].port);
  }
  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("side", side_thread, &sides[i]);
  for (guint i = 0; i < 4000; i++)
    for (guint side = 0; side < 2; side++) {
      frame[11] = (guint8) side;
      mos_net_port_to_peer (sides[side].port, frame, sizeof frame, 0);
    }
  for (guint i = 0; i < 2; i++)
    while (g_atomic_int_get (&sides[i].received) < 4000)
      g_thread_yield ();
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GSource) source = g_idle_source_new ();

    g_source_set_callback (source, quit_cb, sides[i].loop, NULL);
    g_source_attach (source, sides[i].context);
    g_thread_join (threads[i]);
  }
  for (guint i = 0; i < 2; i++) {
    mos_switch_remove (network, sides[i].port);
    mos_net_port_set_device (sides[i].port, NULL, NULL);
    mos_net_port_unref (sides[i].port);
    g_main_loop_unref (sides[i].loop);
    g_main_context_unref (sides[i].context);
  }
  mos_switch_free (network);
}

/* -- the capture --------------------------------------------------------- */

static guint32
get32 (const char *contents, gsize at)
{
  guint32 value;

  memcpy (&value, contents + at, 4);
  return value;
}

/* Walks the blocks, each of which says its length at both ends. */
static guint
count_blocks (const char *contents, gsize size, guint32 type)
{
  guint n = 0;

  for (gsize at = 0; at < size;) {
    guint32 length;

    g_assert_cmpuint (at + 12, <=, size);
    length = get32 (contents, at + 4);
    g_assert_cmpuint (length % 4, ==, 0);
    g_assert_cmpuint (at + length, <=, size);
    g_assert_cmpuint (get32 (contents, at + length - 4), ==, length);
    n += get32 (contents, at) == type;
    at += length;
  }
  return n;
}

static void
test_pcapng (void)
{
  g_autofree char *folder = g_dir_make_tmp ("multios-net-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.pcapng", NULL);
  g_autoptr (MosLog) log = mos_log_new (10);
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  guint8           frame[1001];
  gsize            size;
  MosPcapng *capture = mos_pcapng_new (path, "eth0", 4096, 100, log, &error);

  g_assert_no_error (error);
  memset (frame, 7, sizeof frame);
  mos_pcapng_tap (capture, MOS_NET_TO_PEER, frame, sizeof frame);
  mos_pcapng_tap (capture, MOS_NET_TO_DEVICE, frame, 61);
  mos_pcapng_flush (capture);
  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  g_assert_cmpuint (count_blocks (contents, size, 0x0a0d0d0a), ==, 1);
  g_assert_cmpuint (count_blocks (contents, size, 1), ==, 1);
  g_assert_cmpuint (count_blocks (contents, size, 6), ==, 2);
  g_clear_pointer (&contents, g_free);
  for (guint i = 0; i < 100; i++)
    mos_pcapng_tap (capture, MOS_NET_TO_PEER, frame, sizeof frame);
  mos_pcapng_free (capture);
  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  g_assert_cmpuint (size, <=, 4096);
  g_assert_cmpuint (count_blocks (contents, size, 6), >, 20);
  {
    g_autoptr (GPtrArray) lines = mos_log_lines (log, 0);

    g_assert_cmpuint (lines->len, ==, 1);
  }
  g_unlink (path);
  g_rmdir (folder);
  g_assert_null (mos_pcapng_new ("/nowhere/at/all", "eth0", 0, 0, log, &error));
  g_assert_nonnull (strstr (error->message, "/nowhere/at/all"));
}

/* -- NAT ----------------------------------------------------------------- */

static MosNetLink *
connect_nat (MosNetworks *networks, End *end, const char *forward)
{
  MosForward parsed = { 0 };
  MosNetWish wish = { .mode = MOS_NETWORK_NAT, .name = "eth0", .mtu = 1500 };
  g_autoptr (MosLog) log = mos_log_new (10);
  g_autoptr (GError) error = NULL;
  MosNetLink *link;

  if (forward != NULL) {
    g_assert_true (mos_forward_parse (forward, &parsed));
    wish.forwards = &parsed;
    wish.n_forwards = 1;
  }
  link = networks->connect (networks, &wish, end->port, NULL, log, &error);
  g_assert_no_error (error);
  return link;
}

static void
wait_frames (End *end, guint n)
{
  while (end->frames->len < n)
    g_main_context_iteration (NULL, TRUE);
}

/* Who has 10.0.2.2? */
static void
send_arp (End *end)
{
  guint8 frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 1, 2,
                       3,    8,    6,    0,    1,    8,    0,    6,    4, 0, 1,
                       0x52, 0x54, 0,    1,    2,    3,    10,   0,    2, 15 };

  frame[38] = 10;
  frame[40] = 2;
  frame[41] = 2;
  mos_net_port_to_peer (end->port, frame, sizeof frame, 0);
}

/* A DHCP discover; the answer offers 10.0.2.15. */
static void
send_discover (End *end)
{
  guint8  frame[14 + 20 + 8 + 244] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52,
                                       0x54, 0,    1,    2,    3,    8,    0 };
  guint8 *ip = frame + 14, *udp = ip + 20, *dhcp = udp + 8;

  ip[0] = 0x45;
  put16 (ip + 2, sizeof frame - 14);
  ip[8] = 64;
  ip[9] = 17;
  memset (ip + 16, 0xff, 4);
  put16 (ip + 10, ~slow_sum (ip, 20, 0) & 0xffff);
  put16 (udp, 68);
  put16 (udp + 2, 67);
  put16 (udp + 4, 8 + 244);
  dhcp[0] = 1; /* request */
  dhcp[1] = 1;
  dhcp[2] = 6;
  memcpy (dhcp + 28, frame + 6, 6);
  memcpy (dhcp + 236, "\x63\x82\x53\x63\x35\x01\x01\xff", 8);
  mos_net_port_to_peer (end->port, frame, sizeof frame, 0);
}

static void
test_nat (void)
{
  g_autoptr (MosNetworks) networks = mos_networks_new ();
  End           end;
  MosNetLink   *link;
  const guint8 *frame;
  gsize         size;
  guint         n;

  end_init (&end);
  link = connect_nat (networks, &end, NULL);
  send_arp (&end);
  wait_frames (&end, 1);
  frame = last_frame (&end, &size);
  g_assert_cmphex (get16 (frame + 12), ==, 0x0806);
  g_assert_cmpuint (frame[21], ==, 2); /* a reply */
  g_assert_cmpuint (end.flags, ==, MOS_NET_CHECKSUMMED);
  n = end.frames->len;
  send_discover (&end);
  wait_frames (&end, n + 1);
  frame = last_frame (&end, &size);
  g_assert_cmpuint (size, >, 14 + 28 + 240);
  g_assert_cmpmem (frame + 14 + 28 + 16, 4, "\x0a\x00\x02\x0f", 4);

  /* While the machine stands still nothing is asked or answered. */
  end.held = TRUE;
  n = end.frames->len;
  send_arp (&end);
  settle ();
  g_assert_cmpuint (end.frames->len, ==, n);
  end.held = FALSE;
  mos_net_port_wake (end.port);
  wait_frames (&end, n + 1);
  mos_net_link_free (link);
  end_clear (&end);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  GSocketConnection **connection = user_data;

  *connection =
      g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  g_assert_no_error (error);
}

/* A free port of the loopback, which nobody else takes meanwhile. */
static guint16
free_port (GSocketListener *listener)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  g_socket_listener_add_address (listener, address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error);
  g_assert_no_error (error);
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
}

/* A connection to the forwarded port becomes a SYN to the guest; a port that is
 * taken is said by name. */
static void
test_forward (void)
{
  g_autoptr (MosNetworks) networks = mos_networks_new ();
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (MosLog) log = mos_log_new (10);
  g_autoptr (GError) error = NULL;
  guint16          taken = free_port (listener), port;
  g_autofree char *forward = NULL;
  End              end;
  MosNetLink      *link;
  MosForward       parsed;
  MosNetWish       wish = { .mode = MOS_NETWORK_NAT,
                            .name = "eth0",
                            .mtu = 1500,
                            .forwards = &parsed,
                            .n_forwards = 1 };

  end_init (&end);
  forward = g_strdup_printf ("tcp:%u:22", taken);
  g_assert_true (mos_forward_parse (forward, &parsed));
  g_assert_null (
      networks->connect (networks, &wish, end.port, NULL, log, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IN_USE);
  g_clear_pointer (&forward, g_free);
  forward = g_strdup_printf ("port %u (TCP) of 127.0.0.1", taken);
  g_assert_nonnull (strstr (error->message, forward));

  {
    g_autoptr (GSocketListener) other = g_socket_listener_new ();

    port = free_port (other);
    g_socket_listener_close (other);
  }
  g_clear_pointer (&forward, g_free);
  forward = g_strdup_printf ("tcp:127.0.0.1:%u:10.0.2.15:22", port);
  link = connect_nat (networks, &end, forward);
  /* Whoever asks with 10.0.2.15 as its own address is the guest. */
  send_arp (&end);
  wait_frames (&end, 1);
  g_socket_client_connect_to_host_async (client, "127.0.0.1", port, NULL,
                                         connected_cb, &connection);
  for (;;) {
    gsize         size;
    const guint8 *frame = last_frame (&end, &size);

    if (get16 (frame + 12) == 0x0800 && frame[14 + 9] == 6) {
      g_assert_cmpuint (get16 (frame + 14 + 20 + 2), ==, 22);
      g_assert_cmphex (frame[14 + 20 + 13] & 0x12, ==, 0x02); /* SYN */
      break;
    }
    g_main_context_iteration (NULL, TRUE);
  }
  while (connection == NULL)
    g_main_context_iteration (NULL, TRUE);
  mos_net_link_free (link);
  end_clear (&end);
}

/* An internal network by its name, through the same door. */
static void
test_internal (void)
{
  g_autoptr (MosNetworks) networks = mos_networks_new ();
  g_autoptr (MosLog) log = mos_log_new (10);
  End         ends[3];
  MosNetLink *links[3];

  for (guint i = 0; i < 3; i++) {
    MosNetWish wish = { .mode = MOS_NETWORK_INTERNAL,
                        .name = "eth0",
                        .network = i < 2 ? "lab" : "other",
                        .mtu = 1500 };

    end_init (&ends[i]);
    links[i] =
        networks->connect (networks, &wish, ends[i].port, NULL, log, NULL);
    g_assert_nonnull (links[i]);
  }
  send (&ends[0], 0xff, 1);
  g_assert_cmpuint (ends[1].frames->len, ==, 1);
  g_assert_cmpuint (ends[2].frames->len, ==, 0);
  mos_net_link_free (links[1]);
  send (&ends[0], 0xff, 1);
  g_assert_cmpuint (ends[1].frames->len, ==, 1);
  mos_net_link_free (links[0]);
  mos_net_link_free (links[2]);
  for (guint i = 0; i < 3; i++)
    end_clear (&ends[i]);
}

static void
test_forward_text (void)
{
  static const struct {
    const char *text;
    const char *read; /* NULL: wrong */
  } rows[] = {
    { "tcp:2222:22", "tcp 127.0.0.1 2222  22" },
    { "udp:0.0.0.0:53:5353", "udp 0.0.0.0 53  5353" },
    { "tcp:[::1]:80:10.0.2.20:8080", "tcp ::1 80 10.0.2.20 8080" },
    { "tcp:1:10.0.2.16:2", "tcp 127.0.0.1 1 10.0.2.16 2" },
    { "tcp:2222", NULL },
    { "tcp:0:22", NULL },
    { "tcp:65536:22", NULL },
    { "tcp:22:22:22", NULL },
    { "sctp:22:22", NULL },
    { "tcp:22:22x", NULL },
    { "tcp:1.2.3:22:22", NULL },
    { "tcp:[::1:22:22", NULL },
    { "tcp:22:[::1]:22", NULL },
    { "tcp: 22:22", NULL },
    { "", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    MosForward       forward;
    g_autofree char *read = NULL;

    if (mos_forward_parse (rows[i].text, &forward))
      read = g_strdup_printf ("%s %s %u %s %u", forward.udp ? "udp" : "tcp",
                              forward.host, forward.host_port, forward.guest,
                              forward.guest_port);
    g_assert_cmpstr (read, ==, rows[i].read);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/checksum", test_checksum);
  g_test_add_func ("/net/cut", test_cut);
  g_test_add_func ("/net/switch", test_switch);
  g_test_add_func ("/net/switch/bounds", test_switch_bounds);
  g_test_add_func ("/net/switch/full", test_switch_full);
  g_test_add_func ("/net/switch/threads", test_switch_threads);
  g_test_add_func ("/net/pcapng", test_pcapng);
  g_test_add_func ("/net/nat", test_nat);
  g_test_add_func ("/net/nat/forward", test_forward);
  g_test_add_func ("/net/internal", test_internal);
  g_test_add_func ("/net/forward/text", test_forward_text);
  return g_test_run ();
}
