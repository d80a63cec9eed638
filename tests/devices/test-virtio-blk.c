/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A virtio disk through both kinds of rings, with and without indirect tables
 * and event indexes, and what it does about drivers that make mistakes.
 */
#include <string.h>

#include "devices/virtio/virtio-blk.h"
#include "tests/devices/virtio-rig.h"

#define DEVFN      MOS_PCI_DEVFN (4, 0)
#define HEADER_GPA 0x20000u
#define STATUS_GPA 0x20100u
#define DATA_GPA   0x30000u
#define BIT(n)     (G_GUINT64_CONSTANT (1) << (n))
#define FLUSH      9

typedef struct {
  StorageRig     rig;
  MosPciBus     *pci;
  MosBlockStore *store;
  VirtioDriver   driver;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  storage_rig_init (&fixture->rig);
  fixture->pci = mos_pci_bus_new (fixture->rig.bus);
  fixture->store = rig_pattern_store (1000);
  mos_virtio_blk_new (fixture->rig.bus, fixture->pci, DEVFN, "virtio-disk0",
                      fixture->store);
  virtio_driver_init (&fixture->driver, &fixture->rig, fixture->pci, DEVFN);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  storage_rig_clear (&fixture->rig);
  mos_block_store_unref (fixture->store);
}

static void
start (Fixture *fixture, guint64 features)
{
  g_assert_true (virtio_driver_negotiate (
      &fixture->driver, features | BIT (VIRTIO_VERSION_1) | BIT (FLUSH)));
  virtio_driver_start (&fixture->driver);
}

/* One request; returns its status byte. */
static guint8
request (Fixture *fixture,
         guint32  type,
         guint64  sector,
         guint32  bytes,
         gboolean to_host,
         gboolean indirect)
{
  guint8    *header = rig_ram (&fixture->rig, HEADER_GPA);
  VirtioPart parts[4] = { { HEADER_GPA, 16, FALSE } };
  guint      n = 1;

  memset (header, 0, 16);
  memcpy (header, &type, 4);
  memcpy (header + 8, &sector, 8);
  *rig_ram (&fixture->rig, STATUS_GPA) = 0xee;
  if (bytes > 512) { /* in two parts, cut in an odd place */
    parts[n++] = (VirtioPart){ DATA_GPA, 100, to_host };
    parts[n++] = (VirtioPart){ DATA_GPA + 100, bytes - 100, to_host };
  } else if (bytes > 0) {
    parts[n++] = (VirtioPart){ DATA_GPA, bytes, to_host };
  }
  parts[n++] = (VirtioPart){ STATUS_GPA, 1, TRUE };
  virtio_driver_do (&fixture->driver, parts, n, indirect);
  return *rig_ram (&fixture->rig, STATUS_GPA);
}

static void
do_all (Fixture *fixture, gboolean indirect)
{
  guint8 *data = rig_ram (&fixture->rig, DATA_GPA);
  guint8  back[1024];

  g_assert_cmpuint (virtio_read (&fixture->driver, fixture->driver.config, 4),
                    ==, 1000);
  for (guint round = 0; round < 20; round++) {
    g_assert_cmpuint (request (fixture, 0, 10 + round, 2048, TRUE, indirect),
                      ==, 0);
    for (guint i = 0; i < 2048; i++)
      g_assert_cmphex (data[i], ==,
                       rig_pattern (10 + round + i / 512, i % 512));
  }
  memset (data, 0x42, 1024);
  g_assert_cmpuint (request (fixture, 1, 900, 1024, FALSE, indirect), ==, 0);
  g_assert_true (
      mos_block_store_read (fixture->store, 900 * 512, back, 1024, NULL));
  g_assert_cmpmem (back, 1024, data, 1024);
  g_assert_cmpuint (request (fixture, 4, 0, 0, FALSE, indirect), ==, 0);
  g_assert_cmpuint (request (fixture, 8, 0, 20, TRUE, indirect), ==, 0);
  g_assert_cmpstr ((char *) data, ==, "virtio-disk0");
  memset (data, 0, 16);
  data[1] = 1; /* sector 256 */
  data[8] = 2;
  g_assert_cmpuint (request (fixture, 13, 0, 16, FALSE, indirect), ==, 0);
  g_assert_true (
      mos_block_store_read (fixture->store, 256 * 512, back, 1024, NULL));
  g_assert_cmphex (back[5], ==, 0);
  g_assert_cmphex (back[1023], ==, 0);
  g_assert_cmpuint (request (fixture, 11, 0, 16, FALSE, indirect), ==, 0);
  /* Mistakes of the request are its status. */
  g_assert_cmpuint (request (fixture, 0, 999, 1024, TRUE, indirect), ==, 1);
  g_assert_cmpuint (request (fixture, 0, G_MAXUINT64, 512, TRUE, indirect), ==,
                    1);
  g_assert_cmpuint (request (fixture, 0, 0, 500, TRUE, indirect), ==, 1);
  g_assert_cmpuint (request (fixture, 99, 0, 0, FALSE, indirect), ==, 2);
  g_assert_cmphex (
      virtio_read (&fixture->driver, fixture->driver.common + 0x14, 1), ==,
      0x0f);
}

static void
test_rings (Fixture *fixture, gconstpointer features)
{
  guint64 wanted = GPOINTER_TO_SIZE (features);

  start (fixture, wanted);
  do_all (fixture, FALSE);
  if (wanted & BIT (VIRTIO_INDIRECT))
    do_all (fixture, TRUE);
}

static void
test_negotiation (Fixture *fixture, gconstpointer unused)
{
  g_assert_cmphex (fixture->driver.offered & BIT (VIRTIO_VERSION_1), !=, 0);
  g_assert_false (virtio_driver_negotiate (&fixture->driver, BIT (FLUSH)));
  g_assert_false (virtio_driver_negotiate (&fixture->driver,
                                           BIT (VIRTIO_VERSION_1) | BIT (60)));
  g_assert_true (
      virtio_driver_negotiate (&fixture->driver, BIT (VIRTIO_VERSION_1)));
}

/* The window of the fifth capability shows the same registers. */
static void
test_config_window (Fixture *fixture, gconstpointer unused)
{
  guint at = mos_pci_bus_config_read (fixture->pci, DEVFN, 0x34, 1);

  while (mos_pci_bus_config_read (fixture->pci, DEVFN, at, 1) != 9 ||
         mos_pci_bus_config_read (fixture->pci, DEVFN, at + 3, 1) != 5)
    at = mos_pci_bus_config_read (fixture->pci, DEVFN, at + 1, 1);
  mos_pci_bus_config_write (fixture->pci, DEVFN, at + 4, 4, 1);
  mos_pci_bus_config_write (fixture->pci, DEVFN, at + 8, 0x2000, 4);
  mos_pci_bus_config_write (fixture->pci, DEVFN, at + 12, 4, 4);
  g_assert_cmpuint (mos_pci_bus_config_read (fixture->pci, DEVFN, at + 16, 4),
                    ==, 1000);
}

static void
expect_broken (Fixture *fixture)
{
  VirtioDriver *driver = &fixture->driver;
  guint32       written;

  rig_settle (&fixture->rig);
  g_assert_false (virtio_driver_take (driver, &written));
  g_assert_cmphex (virtio_read (driver, driver->common + 0x14, 1) & 0x40, ==,
                   0x40);
  virtio_driver_init (driver, &fixture->rig, fixture->pci, DEVFN);
}

/* Nonsense breaks the device until its reset, after which it works again. */
static void
test_mistakes (Fixture *fixture, gconstpointer features)
{
  const VirtioPart        nowhere[] = { { 0xfffff000u, 16, FALSE },
                                        { STATUS_GPA, 1, TRUE } };
  const VirtioPart        backwards[] = { { STATUS_GPA, 1, TRUE },
                                          { HEADER_GPA, 16, FALSE } };
  const VirtioPart        short_header[] = { { HEADER_GPA, 15, FALSE },
                                             { STATUS_GPA, 1, TRUE } };
  const VirtioPart        no_status[] = { { HEADER_GPA, 16, FALSE } };
  const VirtioPart *const wrong[] = { nowhere, backwards, short_header,
                                      no_status };
  guint64                 wanted = GPOINTER_TO_SIZE (features);

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    start (fixture, wanted);
    virtio_driver_offer (&fixture->driver, wrong[i], i == 3 ? 1 : 2, FALSE);
    virtio_driver_kick (&fixture->driver);
    expect_broken (fixture);
  }
  /* A chain that never ends. */
  start (fixture, wanted);
  for (guint i = 0; i < VIRTIO_RING_SIZE; i++) {
    guint8 *descriptor = rig_ram (&fixture->rig, VIRTIO_RING_GPA + i * 16);

    memcpy (descriptor, "\0\0\2\0\0\0\0\0\20\0\0\0", 12);
    descriptor[wanted & BIT (VIRTIO_PACKED) ? 14 : 12] =
        wanted & BIT (VIRTIO_PACKED) ? 0x81 : 1;
  }
  rig_ram (&fixture->rig, VIRTIO_RING_GPA + 0x1000)[2] = 1;
  virtio_driver_kick (&fixture->driver);
  rig_settle (&fixture->rig);
  g_assert_cmphex (
      virtio_read (&fixture->driver, fixture->driver.common + 0x14, 1) & 0x40,
      ==, 0x40);
  virtio_driver_init (&fixture->driver, &fixture->rig, fixture->pci, DEVFN);
  start (fixture, wanted);
  do_all (fixture, FALSE);
}

static void
test_reset_while_busy (Fixture *fixture, gconstpointer unused)
{
  const VirtioPart parts[] = { { HEADER_GPA, 16, FALSE },
                               { DATA_GPA, 512, TRUE },
                               { STATUS_GPA, 1, TRUE } };

  start (fixture, 0);
  memset (rig_ram (&fixture->rig, HEADER_GPA), 0, 16);
  virtio_driver_offer (&fixture->driver, parts, 3, FALSE);
  virtio_driver_kick (&fixture->driver);
  virtio_driver_init (&fixture->driver, &fixture->rig, fixture->pci, DEVFN);
  memset (rig_ram (&fixture->rig, DATA_GPA), 0x99, 512);
  rig_settle (&fixture->rig);
  g_assert_cmphex (*rig_ram (&fixture->rig, DATA_GPA), ==, 0x99);
  start (fixture, 0);
  do_all (fixture, FALSE);
}

static void
test_state (Fixture *fixture, gconstpointer features)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;

  start (fixture, GPOINTER_TO_SIZE (features));
  g_assert_cmpuint (request (fixture, 0, 0, 512, TRUE, FALSE), ==, 0);
  state = mos_bus_save (fixture->rig.bus);
  mos_bus_reset (fixture->rig.bus);
  g_assert_true (mos_bus_load (fixture->rig.bus, state, &error));
  g_assert_no_error (error);
  do_all (fixture, FALSE);
}

/* What was taken is answered before the state is saved. */
static void
test_state_busy (Fixture *fixture, gconstpointer unused)
{
  const VirtioPart parts[] = { { HEADER_GPA, 16, FALSE },
                               { DATA_GPA, 512, TRUE },
                               { STATUS_GPA, 1, TRUE } };
  g_autoptr (GVariant) state = NULL;
  guint32 written;

  start (fixture, 0);
  memset (rig_ram (&fixture->rig, HEADER_GPA), 0, 16);
  virtio_driver_offer (&fixture->driver, parts, 3, FALSE);
  virtio_driver_kick (&fixture->driver);
  state = mos_bus_save (fixture->rig.bus);
  g_assert_true (virtio_driver_take (&fixture->driver, &written));
  g_assert_cmpuint (written, ==, 513);
  g_assert_true (mos_bus_load (fixture->rig.bus, state, NULL));
  do_all (fixture, FALSE);
}

/* Without writeback, a write is on the disk before it is answered: here only
 * that it is answered, after one flush more. */
static void
test_write_through (Fixture *fixture, gconstpointer unused)
{
  start (fixture, BIT (11));
  virtio_write (&fixture->driver, fixture->driver.config + 32, 0, 1);
  g_assert_cmpuint (
      virtio_read (&fixture->driver, fixture->driver.config + 32, 1), ==, 0);
  do_all (fixture, FALSE);
}

#define FEATURES(bits) GSIZE_TO_POINTER (bits)

int
main (int argc, char **argv)
{
  const guint64 all = BIT (VIRTIO_INDIRECT) | BIT (VIRTIO_EVENT_INDEX);
  const guint64 packed = BIT (VIRTIO_PACKED);
  const struct {
    const char *path;
    void (*func) (Fixture *, gconstpointer);
    guint64 features;
  } tests[] = {
    { "/virtio-blk/split", test_rings, 0 },
    { "/virtio-blk/split-all", test_rings, all },
    { "/virtio-blk/packed", test_rings, packed },
    { "/virtio-blk/packed-all", test_rings, packed | all },
    { "/virtio-blk/negotiation", test_negotiation, 0 },
    { "/virtio-blk/config-window", test_config_window, 0 },
    { "/virtio-blk/mistakes-split", test_mistakes, 0 },
    { "/virtio-blk/mistakes-packed", test_mistakes, packed },
    { "/virtio-blk/reset-while-busy", test_reset_while_busy, 0 },
    { "/virtio-blk/state-split", test_state, 0 },
    { "/virtio-blk/state-packed", test_state, packed | all },
    { "/virtio-blk/state-busy", test_state_busy, 0 },
    { "/virtio-blk/write-through", test_write_through, 0 },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, FEATURES (tests[i].features), set_up,
                tests[i].func, tear_down);
  return g_test_run ();
}
