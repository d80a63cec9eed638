/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A disk and a CD drive behind AHCI, driven as drivers do it.
 */
#include <string.h>

#include "tests/devices/ahci-rig.h"

static void
expect_pattern (AhciFixture *fixture, guint first, guint n)
{
  const guint8 *data = rig_ram (&fixture->rig, AHCI_DATA_GPA);

  for (guint i = 0; i < n * 512; i++)
    g_assert_cmphex (data[i], ==, rig_pattern (first + i / 512, i % 512));
}

/* Bytes that the header of slot 0 says were moved. */
static guint32
moved (AhciFixture *fixture)
{
  guint32 bytes;

  memcpy (&bytes, rig_ram (&fixture->rig, AHCI_LIST_GPA + 4), 4);
  return GUINT32_FROM_LE (bytes);
}

static void
test_registers (AhciFixture *fixture, gconstpointer unused)
{
  g_assert_cmphex (ahci_read (fixture, 0x0c), ==, 0x3f);
  g_assert_cmphex (ahci_read (fixture, 0x10), ==, 0x00010300);
  g_assert_cmphex (ahci_read (fixture, 0x04), ==, 0x80000000);
  g_assert_cmphex (ahci_read (fixture, 0x00) & 0x1f, ==, 5);
  g_assert_cmphex (ahci_port_read (fixture, 0, AHCI_SSTS), ==, 0x123);
  g_assert_cmphex (ahci_port_read (fixture, 0, AHCI_SIG), ==, 0x00000101);
  g_assert_cmphex (ahci_port_read (fixture, 1, AHCI_SIG), ==, 0xeb140101);
  g_assert_cmphex (ahci_port_read (fixture, 2, AHCI_SSTS), ==, 0);
  g_assert_cmphex (ahci_port_read (fixture, 0, AHCI_TFD) & 0xff, ==, 0x50);
}

static void
test_identify (AhciFixture *fixture, gconstpointer unused)
{
  const guint16 *words = (guint16 *) rig_ram (&fixture->rig, AHCI_DATA_GPA);

  ahci_start_port (fixture, 0);
  ahci_fill (fixture, 0, 0xec, 0, 0, 512, 512);
  ahci_issue (fixture, 0, 1);
  g_assert_cmphex (ahci_port_read (fixture, 0, AHCI_IS), ==, 2);
  g_assert_cmphex (ahci_port_read (fixture, 0, AHCI_TFD), ==, 0x50);
  g_assert_cmpuint (words[100], ==, 10000);
  g_assert_cmphex (words[76], ==, 0x0006);
  g_assert_cmpuint (moved (fixture), ==, 512);
  /* The frame that PIO commands leave, with the status behind the data. */
  g_assert_cmphex (*rig_ram (&fixture->rig, AHCI_FIS_GPA + 0x20), ==, 0x5f);
  g_assert_cmphex (*rig_ram (&fixture->rig, AHCI_FIS_GPA + 0x2f), ==, 0x50);
}

static void
test_read (AhciFixture *fixture, gconstpointer unused)
{
  ahci_start_port (fixture, 0);
  ahci_fill (fixture, 0, 0x25, 777, 300, 300 * 512, 8190);
  ahci_issue (fixture, 0, 1);
  g_assert_cmphex (ahci_port_read (fixture, 0, AHCI_IS), ==, 1);
  expect_pattern (fixture, 777, 300);
  g_assert_cmpuint (moved (fixture), ==, 300 * 512);
  g_assert_cmphex (*rig_ram (&fixture->rig, AHCI_FIS_GPA + 0x40), ==, 0x34);
  /* By PIO, too. */
  ahci_fill (fixture, 0, 0x24, 5, 140, 140 * 512, 512);
  ahci_issue (fixture, 0, 1);
  expect_pattern (fixture, 5, 140);
}

static void
test_write (AhciFixture *fixture, gconstpointer unused)
{
  guint8 back[1024];

  ahci_start_port (fixture, 0);
  memset (rig_ram (&fixture->rig, AHCI_DATA_GPA), 0x6b, 1024);
  ahci_fill (fixture, 0, 0x35, 9998, 2, 1024, 1024);
  ahci_fill (fixture, 1, 0xea, 0, 0, 0, 1);
  ahci_fill (fixture, 2, 0x34, 3, 2, 1024, 1024);
  ahci_issue (fixture, 0, 7);
  g_assert_true (
      mos_block_store_read (fixture->store, 9998 * 512, back, 1024, NULL));
  g_assert_cmphex (back[0], ==, 0x6b);
  g_assert_cmphex (back[1023], ==, 0x6b);
  g_assert_true (
      mos_block_store_read (fixture->store, 3 * 512, back, 1024, NULL));
  g_assert_cmphex (back[1023], ==, 0x6b);
}

/* All 32 slots at once. */
static void
test_many (AhciFixture *fixture, gconstpointer unused)
{
  ahci_start_port (fixture, 0);
  for (guint i = 0; i < 32; i++)
    ahci_fill (fixture, i, 0x25, i * 10, 8, 4096, 4096);
  ahci_issue (fixture, 0, 0xffffffff);
  expect_pattern (fixture, 310, 8);
  for (guint i = 0; i < 32; i++)
    ahci_fill (fixture, i, 0xe5, 0, 0, 0, 1);
  ahci_issue (fixture, 0, 0xffffffff);
}

/* An error halts the port; stopped and started, it goes on. */
static void
test_error (AhciFixture *fixture, gconstpointer unused)
{
  ahci_start_port (fixture, 0);
  ahci_fill (fixture, 0, 0x25, 9999, 2, 1024, 1024);
  ahci_fill (fixture, 1, 0x25, 0, 1, 512, 512);
  ahci_issue (fixture, 0, 3);
  g_assert_cmphex (ahci_port_read (fixture, 0, AHCI_IS), ==, 0x40000001);
  g_assert_cmphex (ahci_port_read (fixture, 0, AHCI_TFD), ==, 0x1051);
  g_assert_cmphex (ahci_port_read (fixture, 0, AHCI_CI), ==, 3);
  ahci_port_write (fixture, 0, AHCI_CMD, 0x10);
  g_assert_cmphex (ahci_port_read (fixture, 0, AHCI_CI), ==, 0);
  ahci_start_port (fixture, 0);
  ahci_issue (fixture, 0, 2);
  expect_pattern (fixture, 0, 1);
}

static void
test_short_table (AhciFixture *fixture, gconstpointer unused)
{
  ahci_start_port (fixture, 0);
  ahci_fill (fixture, 0, 0x25, 0, 4, 1024, 1024);
  ahci_issue (fixture, 0, 1);
  g_assert_cmphex (ahci_port_read (fixture, 0, AHCI_IS) & 1u << 24, !=, 0);
  expect_pattern (fixture, 0, 2);
}

static void
test_resets (AhciFixture *fixture, gconstpointer unused)
{
  ahci_start_port (fixture, 1);
  ahci_fill (fixture, 0, 0, 0, 0, 0, 1);
  ahci_frame (fixture, 0)[1] = 0;
  ahci_frame (fixture, 0)[15] = 4;
  ahci_issue (fixture, 1, 1);
  ahci_frame (fixture, 0)[15] = 0;
  ahci_issue (fixture, 1, 1);
  g_assert_cmphex (ahci_port_read (fixture, 1, AHCI_SIG), ==, 0xeb140101);
  /* COMRESET */
  ahci_port_write (fixture, 1, AHCI_CMD, 0x10);
  ahci_port_write (fixture, 1, AHCI_SCTL, 1);
  g_assert_cmphex (ahci_port_read (fixture, 1, AHCI_SSTS), ==, 0);
  ahci_port_write (fixture, 1, AHCI_SCTL, 0);
  g_assert_cmphex (ahci_port_read (fixture, 1, AHCI_SSTS), ==, 0x123);
  g_assert_cmphex (ahci_port_read (fixture, 1, AHCI_SERR), ==, 1u << 26);
  ahci_write (fixture, 4, 1);
  g_assert_cmphex (ahci_read (fixture, 4), ==, 0x80000000);
  g_assert_cmphex (ahci_port_read (fixture, 1, AHCI_CMD) & 0xc011, ==, 0);
}

static void
send_packet (AhciFixture  *fixture,
             const guint8 *packet,
             guint         bytes,
             gboolean      dma)
{
  ahci_fill (fixture, 0, 0xa0, 0, 0, bytes, 1000);
  ahci_frame (fixture, 0)[3] = dma;
  memcpy (ahci_frame (fixture, 0) + 0x40, packet, 12);
  ahci_issue (fixture, 1, 1);
}

static void
test_cdrom (AhciFixture *fixture, gconstpointer unused)
{
  const guint8 ready[12] = { 0 };
  const guint8 read[12] = { 0x28, 0, 0, 0, 0, 9, 0, 0, 40 };
  const guint8 inquiry[12] = { 0x12, 0, 0, 0, 36 };
  const guint8 sense[12] = { 0x03, 0, 0, 0, 18 };

  ahci_start_port (fixture, 1);
  send_packet (fixture, inquiry, 36, FALSE);
  g_assert_cmphex (*rig_ram (&fixture->rig, AHCI_DATA_GPA), ==, 5);
  send_packet (fixture, ready, 0, FALSE);
  g_assert_cmphex (ahci_port_read (fixture, 1, AHCI_TFD) & 1, ==, 1);
  ahci_port_write (fixture, 1, AHCI_CMD, 0x10);
  ahci_start_port (fixture, 1);
  send_packet (fixture, sense, 18, FALSE);
  for (guint dma = 0; dma < 2; dma++) {
    memset (rig_ram (&fixture->rig, AHCI_DATA_GPA), 0, 40 * 2048);
    send_packet (fixture, read, 40 * 2048, dma != 0);
    g_assert_cmphex (ahci_port_read (fixture, 1, AHCI_TFD), ==, 0x50);
    expect_pattern (fixture, 9 * 4, 160);
  }
}

static void
test_interrupt (AhciFixture *fixture, gconstpointer unused)
{
  ahci_start_port (fixture, 0);
  ahci_port_write (fixture, 0, AHCI_IE, 1);
  ahci_write (fixture, 4, 2);
  ahci_fill (fixture, 0, 0xe5, 0, 0, 0, 1);
  ahci_issue (fixture, 0, 1);
  g_assert_cmphex (ahci_read (fixture, 8), ==, 1);
  /* The wire's level shows in the status register. */
  g_assert_cmphex (mos_pci_bus_config_read (fixture->pci, AHCI_DEVFN, 6, 2) & 8,
                   ==, 8);
  ahci_write (fixture, 8, 1);
  g_assert_cmphex (ahci_read (fixture, 8), ==, 1);
  ahci_port_write (fixture, 0, AHCI_IS, 1);
  ahci_write (fixture, 8, 1);
  g_assert_cmphex (ahci_read (fixture, 8), ==, 0);
  g_assert_cmphex (mos_pci_bus_config_read (fixture->pci, AHCI_DEVFN, 6, 2) & 8,
                   ==, 0);
}

static void
test_state (AhciFixture *fixture, gconstpointer unused)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;

  ahci_start_port (fixture, 0);
  ahci_fill (fixture, 0, 0x25, 100, 50, 50 * 512, 4096);
  ahci_port_write (fixture, 0, AHCI_CI, 1);
  state = mos_bus_save (fixture->rig.bus);
  mos_bus_reset (fixture->rig.bus);
  rig_settle (&fixture->rig);
  g_assert_true (mos_bus_load (fixture->rig.bus, state, &error));
  g_assert_no_error (error);
  ahci_issue (fixture, 0, 0);
  for (guint i = 0; i < 100 && ahci_port_read (fixture, 0, AHCI_CI) != 0; i++)
    rig_settle (&fixture->rig);
  expect_pattern (fixture, 100, 50);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*func) (AhciFixture *, gconstpointer);
  } tests[] = {
    { "/ahci/registers", test_registers },
    { "/ahci/identify", test_identify },
    { "/ahci/read", test_read },
    { "/ahci/write", test_write },
    { "/ahci/many", test_many },
    { "/ahci/error", test_error },
    { "/ahci/short-table", test_short_table },
    { "/ahci/resets", test_resets },
    { "/ahci/cdrom", test_cdrom },
    { "/ahci/interrupt", test_interrupt },
    { "/ahci/state", test_state },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, AhciFixture, NULL, ahci_set_up, tests[i].func,
                ahci_tear_down);
  return g_test_run ();
}
