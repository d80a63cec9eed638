/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A virtio network adapter through its rings, split and packed: frames both
 * ways, merged buffers, checksums, segments, commands, the link, saving.
 */
#include <string.h>

#include "devices/net/virtio-net.h"
#include "tests/devices/virtio-rig.h"

#define DEVFN       MOS_PCI_DEVFN (4, 0)
#define FRAME_GPA   0x60000u
#define BUFFERS_GPA 0x80000u
#define COMMAND_GPA 0x70000u
#define BIT(n)      (G_GUINT64_CONSTANT (1) << (n))
#define MAX_SENT    64u

enum {
  RX = 0,
  TX = 1,
  CONTROL = 2,
  F_CSUM = 0,
  F_GUEST_CSUM = 1,
  F_MTU = 3,
  F_MAC = 5,
  F_TSO4 = 11,
  F_MERGE = 15,
  F_STATUS = 16,
  F_CTRL_VQ = 17,
  F_CTRL_RX = 18,
  F_CTRL_VLAN = 19,
  F_CTRL_MAC = 23
};

typedef struct {
  StorageRig   rig;
  MosPciBus   *pci;
  MosNetPort  *port;
  VirtioDriver driver;
  guint        n_sent;
  GBytes      *sent[MAX_SENT];
  MosNetFlags  flags; /* of the last */
} Fixture;

static const guint8 own_mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };

static void
peer_cb (gpointer user_data, const guint8 *frame, gsize size, MosNetFlags flags)
{
  Fixture *fixture = user_data;

  g_assert_cmpuint (fixture->n_sent, <, MAX_SENT);
  fixture->flags = flags;
  fixture->sent[fixture->n_sent++] = g_bytes_new (frame, size);
}

static void
start (Fixture *fixture, guint64 features)
{
  memset (fixture, 0, sizeof *fixture);
  storage_rig_init (&fixture->rig);
  fixture->pci = mos_pci_bus_new (fixture->rig.bus);
  fixture->port = mos_net_port_new (fixture->rig.bus->io_context);
  mos_virtio_net_new (fixture->rig.bus, fixture->pci, DEVFN, "net0", own_mac,
                      1400, fixture->port, NULL);
  mos_net_port_set_peer (fixture->port, peer_cb, fixture);
  virtio_driver_init (&fixture->driver, &fixture->rig, fixture->pci, DEVFN);
  g_assert_true (virtio_driver_negotiate (&fixture->driver,
                                          BIT (VIRTIO_VERSION_1) | features));
  virtio_driver_use (&fixture->driver, TX);
  virtio_driver_use (&fixture->driver, CONTROL);
  virtio_driver_use (&fixture->driver, RX);
  virtio_driver_start (&fixture->driver);
}

static void
stop (Fixture *fixture)
{
  storage_rig_clear (&fixture->rig);
  for (guint i = 0; i < fixture->n_sent; i++)
    g_bytes_unref (fixture->sent[i]);
  mos_net_port_unref (fixture->port);
}

/* A frame behind a header, in two parts. */
static guint8 *
transmit (Fixture *fixture, const guint8 *header, gsize size)
{
  guint8    *place = rig_ram (&fixture->rig, FRAME_GPA);
  VirtioPart parts[2] = { { FRAME_GPA, 12 + 10, FALSE },
                          { FRAME_GPA + 22, (guint32) size - 10, FALSE } };

  memcpy (place, header, 12);
  virtio_driver_use (&fixture->driver, TX);
  virtio_driver_do (&fixture->driver, parts, 2, FALSE);
  rig_settle (&fixture->rig);
  return place + 12;
}

static void
offer (Fixture *fixture, guint n, guint32 bytes)
{
  virtio_driver_use (&fixture->driver, RX);
  for (guint i = 0; i < n; i++) {
    VirtioPart part = { BUFFERS_GPA + i * 0x1000, bytes, TRUE };

    virtio_driver_offer (&fixture->driver, &part, 1, FALSE);
  }
  virtio_driver_kick (&fixture->driver);
}

static void
arrive (Fixture *fixture, const guint8 *to, gsize size, MosNetFlags flags)
{
  g_autofree guint8 *frame = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    frame[i] = (guint8) (i * 7);
  memcpy (frame, to, 6);
  mos_net_port_to_device (fixture->port, frame, size, flags);
  rig_settle (&fixture->rig);
}

static gboolean
take (Fixture *fixture, guint32 *written)
{
  virtio_driver_use (&fixture->driver, RX);
  return virtio_driver_take (&fixture->driver, written);
}

static void
move_with (guint64 ring)
{
  Fixture       fixture;
  guint8        header[12] = { 0 };
  guint8       *frame;
  const guint8 *got;
  gsize         size;
  guint32       written;

  start (&fixture, ring | BIT (F_MAC) | BIT (F_MTU) | BIT (F_STATUS));
  for (guint i = 0; i < 6; i++)
    g_assert_cmpuint (
        virtio_read (&fixture.driver, fixture.driver.config + i, 1), ==,
        own_mac[i]);
  g_assert_cmpuint (virtio_read (&fixture.driver, fixture.driver.config + 6, 2),
                    ==, 1);
  g_assert_cmpuint (
      virtio_read (&fixture.driver, fixture.driver.config + 10, 2), ==, 1400);
  frame = rig_ram (&fixture.rig, FRAME_GPA) + 12;
  for (guint i = 0; i < 100; i++)
    frame[i] = (guint8) i;
  transmit (&fixture, header, 100);
  g_assert_cmpuint (fixture.n_sent, ==, 1);
  got = g_bytes_get_data (fixture.sent[0], &size);
  g_assert_cmpmem (got, size, frame, 100);
  g_assert_cmpuint (fixture.flags, ==, 0);
  /* Before there are buffers it waits. */
  arrive (&fixture, own_mac, 200, 0);
  g_assert_false (take (&fixture, &written));
  offer (&fixture, 1, 1600);
  rig_settle (&fixture.rig);
  g_assert_true (take (&fixture, &written));
  g_assert_cmpuint (written, ==, 212);
  got = rig_ram (&fixture.rig, BUFFERS_GPA);
  g_assert_cmpuint (got[0], ==, 0);
  g_assert_cmpuint (got[10], ==, 1); /* buffers */
  g_assert_cmpmem (got + 12, 6, own_mac, 6);
  g_assert_cmpuint (got[12 + 199], ==, (guint8) (199 * 7));
  stop (&fixture);
}

static void
test_split (void)
{
  move_with (0);
  move_with (BIT (VIRTIO_EVENT_INDEX));
}

static void
test_packed (void)
{
  move_with (BIT (VIRTIO_PACKED));
  move_with (BIT (VIRTIO_PACKED) | BIT (VIRTIO_EVENT_INDEX));
}

/* A frame over three buffers, all of them or none. */
static void
merge_with (guint64 ring)
{
  Fixture       fixture;
  const guint8 *got;
  guint32       written;

  start (&fixture, ring | BIT (F_MERGE));
  offer (&fixture, 2, 256);
  arrive (&fixture, own_mac, 700, 0);
  g_assert_false (take (&fixture, &written));
  {
    VirtioPart part = { BUFFERS_GPA + 0x2000, 256, TRUE };

    virtio_driver_offer (&fixture.driver, &part, 1, FALSE);
    virtio_driver_kick (&fixture.driver);
  }
  rig_settle (&fixture.rig);
  g_assert_true (take (&fixture, &written));
  g_assert_cmpuint (written, ==, 256);
  got = rig_ram (&fixture.rig, BUFFERS_GPA);
  g_assert_cmpuint (got[10], ==, 3);
  g_assert_cmpuint (got[255], ==, (guint8) (243 * 7));
  g_assert_cmpuint (got[0x1000], ==, (guint8) (244 * 7));
  g_assert_cmpuint (got[0x2000 + 712 - 512 - 1], ==, (guint8) (699 * 7));
  stop (&fixture);
}

static void
test_merged (void)
{
  merge_with (0);
  merge_with (BIT (VIRTIO_EVENT_INDEX));
  merge_with (BIT (VIRTIO_PACKED));
}

/* Without merging a frame that is too large is lost, and no harm done. */
static void
test_too_large (void)
{
  Fixture fixture;
  guint32 written;

  start (&fixture, 0);
  offer (&fixture, 1, 1600);
  arrive (&fixture, own_mac, 4000, 0);
  g_assert_false (take (&fixture, &written));
  arrive (&fixture, own_mac, 100, 0);
  g_assert_true (take (&fixture, &written));
  g_assert_cmpuint (written, ==, 112);
  stop (&fixture);
}

static guint
sum_of (const guint8 *data, gsize size, guint sum)
{
  for (gsize i = 0; i < size; i++)
    sum += i % 2 == 0 ? (guint) data[i] << 8 : data[i];
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

static void
make_tcp (Fixture *fixture, gsize size)
{
  guint8 *frame = rig_ram (&fixture->rig, FRAME_GPA) + 12;

  for (gsize i = 0; i < size; i++)
    frame[i] = (guint8) (i * 5);
  frame[12] = 8;
  frame[13] = 0;
  frame[14] = 0x45;
  frame[23] = 6;
  frame[34 + 12] = 5 << 4;
  frame[34 + 16] = frame[34 + 17] = 0;
}

static void
test_offload (void)
{
  guint8        checksum[12] = { 1, 0, 0, 0, 0, 0, 34, 0, 16, 0 };
  guint8        segments[12] = { 1, 1, 54, 0, 0xe8, 3, 34, 0, 16, 0 };
  guint8        wrong[12] = { 1, 0, 0, 0, 0, 0, 0xff, 0xff, 16, 0 };
  Fixture       fixture;
  gsize         size;
  guint32       written;
  const guint8 *got;

  start (&fixture, BIT (F_CSUM) | BIT (F_GUEST_CSUM) | BIT (F_TSO4));
  make_tcp (&fixture, 200);
  transmit (&fixture, checksum, 200);
  got = g_bytes_get_data (fixture.sent[0], &size);
  g_assert_cmpuint (size, ==, 200);
  g_assert_cmphex (sum_of (got + 34, 166, 0), ==, 0xffff);
  g_assert_cmpuint (fixture.flags, ==, MOS_NET_CHECKSUMMED);
  make_tcp (&fixture, 54 + 2500);
  transmit (&fixture, segments, 54 + 2500);
  g_assert_cmpuint (fixture.n_sent, ==, 4);
  for (guint i = 1; i < 4; i++) {
    got = g_bytes_get_data (fixture.sent[i], &size);
    g_assert_cmpuint (size, ==, i < 3 ? 1054 : 554);
    g_assert_cmphex (sum_of (got + 14, 20, 0), ==, 0xffff);
  }
  /* What cannot be is dropped, and the driver gets its buffer back. */
  transmit (&fixture, wrong, 200);
  g_assert_cmpuint (fixture.n_sent, ==, 4);
  /* A frame of the lab's own is announced as right. */
  offer (&fixture, 2, 1600);
  arrive (&fixture, own_mac, 100, MOS_NET_CHECKSUMMED);
  g_assert_true (take (&fixture, &written));
  g_assert_cmpuint (rig_ram (&fixture.rig, BUFFERS_GPA)[0], ==, 2);
  stop (&fixture);
}

/* -- commands ------------------------------------------------------------ */

static guint8
command (Fixture *fixture, const guint8 *bytes, guint32 size)
{
  guint8    *place = rig_ram (&fixture->rig, COMMAND_GPA);
  VirtioPart parts[2] = { { COMMAND_GPA, size, FALSE },
                          { COMMAND_GPA + 0x800, 1, TRUE } };

  memcpy (place, bytes, size);
  place[0x800] = 0xff;
  virtio_driver_use (&fixture->driver, CONTROL);
  virtio_driver_do (&fixture->driver, parts, 2, FALSE);
  return place[0x800];
}

static gboolean
receives (Fixture *fixture, const guint8 *to)
{
  guint32 written;

  arrive (fixture, to, 64, 0);
  if (!take (fixture, &written))
    return FALSE;
  {
    VirtioPart part = { BUFFERS_GPA, 1600, TRUE };

    virtio_driver_offer (&fixture->driver, &part, 1, FALSE);
    virtio_driver_kick (&fixture->driver);
  }
  return TRUE;
}

static void
test_commands (void)
{
  static const guint8 other[6] = { 0x52, 0x54, 0, 9, 9, 9 };
  static const guint8 group[6] = { 1, 0, 0x5e, 0, 0, 0xfb };
  static const guint8 broadcast[6] = { 255, 255, 255, 255, 255, 255 };
  static const guint8 listen[] = { 0, 0, 0 };
  static const guint8 table[] = { 1, 0, 0, 0, 0,    0, 1, 0,
                                  0, 0, 1, 0, 0x5e, 0, 0, 0xfb };
  static const guint8 short_table[] = { 1, 0, 9, 0, 0, 0, 1, 2, 3 };
  static const guint8 address[] = { 1, 1, 0x52, 0x54, 0, 9, 9, 9 };
  static const guint8 vlan[] = { 2, 0, 0xff, 0xff };
  static const guint8 unknown[] = { 77, 0, 0 };
  Fixture             fixture;

  start (&fixture, BIT (F_CTRL_VQ) | BIT (F_CTRL_RX) | BIT (F_CTRL_MAC) |
                       BIT (F_CTRL_VLAN));
  offer (&fixture, 4, 1600);
  g_assert_true (receives (&fixture, other)); /* at first: everything */
  g_assert_cmpuint (command (&fixture, listen, 3), ==, 0);
  g_assert_false (receives (&fixture, other));
  g_assert_false (receives (&fixture, group));
  g_assert_true (receives (&fixture, own_mac));
  g_assert_true (receives (&fixture, broadcast));
  g_assert_cmpuint (command (&fixture, table, sizeof table), ==, 0);
  g_assert_true (receives (&fixture, group));
  g_assert_cmpuint (command (&fixture, short_table, sizeof short_table), ==, 1);
  g_assert_true (receives (&fixture, group));
  g_assert_cmpuint (command (&fixture, address, sizeof address), ==, 0);
  g_assert_true (receives (&fixture, other));
  g_assert_false (receives (&fixture, own_mac));
  g_assert_cmpuint (command (&fixture, vlan, sizeof vlan), ==, 1);
  g_assert_cmpuint (command (&fixture, unknown, sizeof unknown), ==, 1);
  g_assert_cmpuint (command (&fixture, unknown, 1), ==, 1);
  stop (&fixture);
}

static void
test_link (void)
{
  Fixture fixture;
  guint   before;

  start (&fixture, BIT (F_STATUS));
  before = virtio_read (&fixture.driver, fixture.driver.common + 0x15, 1);
  mos_net_port_set_link (fixture.port, FALSE);
  g_assert_cmpuint (virtio_read (&fixture.driver, fixture.driver.config + 6, 2),
                    ==, 0);
  g_assert_cmpuint (
      virtio_read (&fixture.driver, fixture.driver.common + 0x15, 1), !=,
      before);
  g_assert_cmpuint (virtio_read (&fixture.driver, fixture.driver.isr, 1), ==,
                    2);
  mos_net_port_set_link (fixture.port, TRUE);
  g_assert_cmpuint (virtio_read (&fixture.driver, fixture.driver.config + 6, 2),
                    ==, 1);
  stop (&fixture);
}

/* The state is the driver's, down to the filter; a paused machine gets nothing
 * until it goes on. */
static void
test_saved (void)
{
  static const guint8 other[6] = { 0x52, 0x54, 0, 9, 9, 9 };
  static const guint8 listen[] = { 0, 0, 0 };
  Fixture             fixture;
  MosClock           *clock;
  guint32             written;
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;

  start (&fixture, BIT (F_CTRL_VQ) | BIT (F_CTRL_RX));
  clock = fixture.rig.bus->clock;
  offer (&fixture, 4, 1600);
  g_assert_cmpuint (command (&fixture, listen, 3), ==, 0);
  mos_clock_pause (clock);
  arrive (&fixture, own_mac, 100, 0);
  g_assert_false (take (&fixture, &written));
  state = mos_bus_save (fixture.rig.bus);
  mos_bus_reset (fixture.rig.bus);
  g_assert_true (mos_bus_load (fixture.rig.bus, state, &error));
  g_assert_no_error (error);
  mos_clock_resume (clock);
  mos_clock_advance (clock, mos_clock_now (clock) + 1);
  rig_settle (&fixture.rig);
  g_assert_true (take (&fixture, &written));
  arrive (&fixture, other, 100, 0);
  g_assert_false (take (&fixture, &written));
  arrive (&fixture, own_mac, 100, 0);
  g_assert_true (take (&fixture, &written));
  stop (&fixture);
}

/* When the cable is full, frames stay in the ring until there is room. */
static void
test_full (void)
{
  Fixture            fixture;
  g_autofree guint8 *junk = g_malloc0 (MOS_NET_MAX_FRAME);
  guint8             header[12] = { 0 };
  guint              filled = 0;
  guint32            written;
  VirtioPart         part = { FRAME_GPA, 112, FALSE };

  start (&fixture, 0);
  mos_net_port_set_peer (fixture.port, NULL, NULL);
  mos_net_port_set_peer (fixture.port, peer_cb, &fixture);
  memcpy (rig_ram (&fixture.rig, FRAME_GPA), header, 12);
  while (mos_net_port_to_peer (fixture.port, junk, MOS_NET_MAX_FRAME - 10, 0))
    filled++;
  g_assert_cmpuint (filled, >, 10);
  virtio_driver_use (&fixture.driver, TX);
  virtio_driver_offer (&fixture.driver, &part, 1, FALSE);
  virtio_driver_kick (&fixture.driver);
  g_assert_false (virtio_driver_take (&fixture.driver, &written));
  rig_settle (&fixture.rig);
  g_assert_true (virtio_driver_take (&fixture.driver, &written));
  g_assert_cmpuint (fixture.n_sent, ==, filled + 1);
  g_assert_cmpuint (g_bytes_get_size (fixture.sent[filled]), ==, 100);
  stop (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/virtio-net/split", test_split);
  g_test_add_func ("/virtio-net/packed", test_packed);
  g_test_add_func ("/virtio-net/merged", test_merged);
  g_test_add_func ("/virtio-net/too-large", test_too_large);
  g_test_add_func ("/virtio-net/offload", test_offload);
  g_test_add_func ("/virtio-net/commands", test_commands);
  g_test_add_func ("/virtio-net/link", test_link);
  g_test_add_func ("/virtio-net/saved", test_saved);
  g_test_add_func ("/virtio-net/full", test_full);
  return g_test_run ();
}
