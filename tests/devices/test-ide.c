/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * An IDE disk, driven by ports and by the bus master as drivers do it.
 */
#include <string.h>

#include "tests/devices/ide-rig.h"

static void
expect_pattern (const guint8 *data, guint first, guint n)
{
  for (guint i = 0; i < n * 512; i++)
    g_assert_cmphex (data[i], ==, rig_pattern (first + i / 512, i % 512));
}

static void
test_identify (IdeFixture *fixture, gconstpointer unused)
{
  guint16 words[256];
  guint8  sum = 0;

  ide_start (fixture, 0xec, 0, 0);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x58);
  mos_bus_port_read_many (fixture->rig.bus, IDE_DATA, 2, 256, words);
  g_assert_cmphex (rig_in (&fixture->rig, IDE_COMMAND, 1), ==, 0x50);
  g_assert_false (fixture->rig.level);
  g_assert_cmphex (words[0], ==, 0x0040);
  g_assert_cmpuint (words[3], ==, 16);
  g_assert_cmpuint (words[6], ==, 63);
  g_assert_cmpuint (words[60] | (guint) words[61] << 16, ==, 40000);
  g_assert_cmpuint (words[100], ==, 40000);
  g_assert_cmphex (words[27], ==, 'M' << 8 | 'u');
  for (guint i = 0; i < 512; i++)
    sum = (guint8) (sum + ((guint8 *) words)[i]);
  g_assert_cmpuint (sum, ==, 0);
}

static void
test_pio_read (IdeFixture *fixture, gconstpointer unused)
{
  guint8 data[3 * 512];

  ide_start (fixture, 0x20, 1000, 3);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmphex (ide_acknowledge (fixture), ==, 0x58);
    mos_bus_port_read_many (fixture->rig.bus, IDE_DATA, 4, 128, data + i * 512);
  }
  g_assert_cmphex (ide_wait (fixture), ==, 0x50);
  g_assert_false (fixture->rig.level);
  expect_pattern (data, 1000, 3);
}

/* 256 sectors by a count of 0, more than one buffer, in blocks of 16. */
static void
test_pio_read_multiple (IdeFixture *fixture, gconstpointer unused)
{
  g_autofree guint8 *data = g_malloc (256 * 512);

  ide_start (fixture, 0xc6, 0, 16);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
  ide_start (fixture, 0xc4, 20, 0);
  for (guint i = 0; i < 16; i++) {
    g_assert_cmphex (ide_acknowledge (fixture), ==, 0x58);
    mos_bus_port_read_many (fixture->rig.bus, IDE_DATA, 2, 16 * 256,
                            data + i * 16 * 512);
  }
  g_assert_cmphex (ide_wait (fixture), ==, 0x50);
  expect_pattern (data, 20, 256);
}

static void
test_pio_write (IdeFixture *fixture, gconstpointer unused)
{
  guint8 data[1024], back[1024];

  memset (data, 0xa5, sizeof data);
  ide_start (fixture, 0x30, 5, 2);
  g_assert_cmphex (ide_wait (fixture), ==, 0x58);
  g_assert_false (fixture->rig.level);
  mos_bus_port_write_many (fixture->rig.bus, IDE_DATA, 2, 256, data);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x58);
  mos_bus_port_write_many (fixture->rig.bus, IDE_DATA, 2, 256, data + 512);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
  g_assert_true (
      mos_block_store_read (fixture->store, 5 * 512, back, 1024, NULL));
  g_assert_cmpmem (back, 1024, data, 1024);
  ide_start (fixture, 0xe7, 0, 0);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
}

/* 16 heads, 63 sectors: cylinder 1, head 2, sector 3. */
static void
test_chs (IdeFixture *fixture, gconstpointer unused)
{
  StorageRig *rig = &fixture->rig;
  guint8      data[512];

  rig_out (rig, IDE_DEVICE, 0xa2, 1);
  rig_out (rig, IDE_COUNT, 1, 1);
  rig_out (rig, IDE_LOW, 3, 1);
  rig_out (rig, IDE_MID, 1, 1);
  rig_out (rig, IDE_HIGH, 0, 1);
  rig_out (rig, IDE_COMMAND, 0x20, 1);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x58);
  mos_bus_port_read_many (rig->bus, IDE_DATA, 2, 256, data);
  expect_pattern (data, (1 * 16 + 2) * 63 + 2, 1);
  rig_out (rig, IDE_LOW, 0, 1);
  rig_out (rig, IDE_COUNT, 1, 1);
  rig_out (rig, IDE_COMMAND, 0x20, 1);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x51);
  g_assert_cmphex (rig_in (rig, IDE_FEATURE, 1), ==, 0x10);
}

static void
test_dma (IdeFixture *fixture, gconstpointer unused)
{
  guint8 *ram = rig_ram (&fixture->rig, IDE_DATA_GPA);
  guint8  back[512];

  ide_start_wide (fixture, 0x25, 3000, 100);
  ide_start_bm (fixture, 100 * 512, TRUE);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
  g_assert_cmphex (ide_stop_bm (fixture), ==, 0x04);
  expect_pattern (ram, 3000, 100);

  /* The engine first, the command after; a table longer than the data. */
  memset (ram, 0x3c, 512);
  ide_start_bm (fixture, 1024, FALSE);
  ide_start (fixture, 0xca, 7, 1);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
  g_assert_cmphex (ide_stop_bm (fixture), ==, 0x05);
  g_assert_true (
      mos_block_store_read (fixture->store, 7 * 512, back, 512, NULL));
  g_assert_cmphex (back[17], ==, 0x3c);
}

/* More than a buffer, in descriptors of odd sizes; then one too short. */
static void
test_dma_scatter (IdeFixture *fixture, gconstpointer unused)
{
  StorageRig *rig = &fixture->rig;
  guint32    *prd = (guint32 *) rig_ram (rig, IDE_PRD_GPA);
  guint       left = 200 * 512, at = 0;
  guint       i = 0;

  while (left > 0) {
    guint bytes = MIN (left, 5002);

    prd[i * 2] = GUINT32_TO_LE (IDE_DATA_GPA + at);
    left -= bytes;
    at += bytes;
    prd[i * 2 + 1] = GUINT32_TO_LE (bytes | (left == 0 ? 1u << 31 : 0));
    i++;
  }
  rig_out (rig, IDE_BM_PORT + 4, IDE_PRD_GPA, 4);
  rig_out (rig, IDE_BM_PORT, 8, 1);
  ide_start (fixture, 0xc8, 100, 200);
  rig_out (rig, IDE_BM_PORT, 9, 1);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
  g_assert_cmphex (ide_stop_bm (fixture), ==, 0x04);
  expect_pattern (rig_ram (rig, IDE_DATA_GPA), 100, 200);

  ide_start (fixture, 0xc8, 0, 2);
  ide_start_bm (fixture, 512, TRUE);
  rig_settle (rig);
  g_assert_false (rig->level);
  g_assert_cmphex (ide_stop_bm (fixture), ==, 0x00);
  rig_out (rig, IDE_CONTROL, 4, 1);
  rig_out (rig, IDE_CONTROL, 0, 1);
  g_assert_cmphex (ide_wait (fixture), ==, 0x50);
}

/* A descriptor that points to no memory loses data and harms nothing. */
static void
test_dma_nowhere (IdeFixture *fixture, gconstpointer unused)
{
  StorageRig *rig = &fixture->rig;
  guint32 prd[2] = { GUINT32_TO_LE (0xfffffff0u), GUINT32_TO_LE (1u << 31) };

  memcpy (rig_ram (rig, IDE_PRD_GPA), prd, sizeof prd);
  rig_out (rig, IDE_BM_PORT + 4, IDE_PRD_GPA, 4);
  rig_out (rig, IDE_BM_PORT, 9, 1);
  ide_start (fixture, 0xc8, 0, 128);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
}

static void
test_errors (IdeFixture *fixture, gconstpointer unused)
{
  StorageRig *rig = &fixture->rig;

  ide_start (fixture, 0x20, 39999, 2);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x51);
  g_assert_cmphex (rig_in (rig, IDE_FEATURE, 1), ==, 0x10);
  ide_start_wide (fixture, 0x25, G_GUINT64_CONSTANT (0xffffffffffff), 0);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x51);
  ide_start (fixture, 0xa0, 0, 0); /* a packet is not for disks */
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x51);
  g_assert_cmphex (rig_in (rig, IDE_FEATURE, 1), ==, 0x04);
  fixture->store->read_only = TRUE;
  ide_start (fixture, 0x30, 0, 1);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x51);
  fixture->store->read_only = FALSE;
}

static void
test_reset_and_selection (IdeFixture *fixture, gconstpointer unused)
{
  StorageRig *rig = &fixture->rig;

  rig_out (rig, IDE_CONTROL, 4, 1);
  g_assert_cmphex (rig_in (rig, IDE_COMMAND, 1), ==, 0x80);
  rig_out (rig, IDE_CONTROL, 0, 1);
  g_assert_cmphex (rig_in (rig, IDE_COMMAND, 1), ==, 0x50);
  g_assert_cmphex (rig_in (rig, IDE_COUNT, 1), ==, 1);
  g_assert_cmphex (rig_in (rig, IDE_MID, 1), ==, 0);
  rig_out (rig, IDE_DEVICE, 0xb0, 1);
  g_assert_cmphex (rig_in (rig, IDE_COMMAND, 1), ==, 0x00);
  g_assert_cmphex (rig_in (rig, IDE_MID, 1), ==, 0x14);
  g_assert_cmphex (rig_in (rig, IDE_HIGH, 1), ==, 0xeb);
  /* A channel without drives. */
  g_assert_cmphex (rig_in (rig, 0x177, 1), ==, 0x7f);
  g_assert_cmphex (rig_in (rig, 0x376, 1), ==, 0x7f);
  /* With interrupts off the wire stays low; on, it rises. */
  rig_out (rig, IDE_CONTROL, 2, 1);
  ide_start (fixture, 0xe5, 0, 0);
  ide_wait (fixture);
  g_assert_false (rig->level);
  rig_out (rig, IDE_CONTROL, 0, 1);
  g_assert_true (rig->level);
  g_assert_cmphex (rig_in (rig, IDE_COUNT, 1), ==, 0xff);
}

static void
test_features (IdeFixture *fixture, gconstpointer unused)
{
  StorageRig *rig = &fixture->rig;
  guint16     words[256];

  rig_out (rig, IDE_FEATURE, 0x03, 1);
  ide_start (fixture, 0xef, 0, 0x45);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
  rig_out (rig, IDE_FEATURE, 0x03, 1);
  ide_start (fixture, 0xef, 0, 0x47);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x51);
  rig_out (rig, IDE_FEATURE, 0x82, 1);
  ide_start (fixture, 0xef, 0, 0);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
  ide_start (fixture, 0xec, 0, 0);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x58);
  mos_bus_port_read_many (rig->bus, IDE_DATA, 2, 256, words);
  g_assert_cmphex (words[88], ==, 0x203f);
  g_assert_cmphex (words[85] & 0x20, ==, 0);
  /* SMART says that all is well. */
  rig_out (rig, IDE_FEATURE, 0xda, 1);
  ide_start (fixture, 0xb0, 0xc24f00, 0);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
  g_assert_cmphex (rig_in (rig, IDE_MID, 1), ==, 0x4f);
  ide_start_wide (fixture, 0x27, 0, 0);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
  g_assert_cmphex (rig_in (rig, IDE_LOW, 1), ==, 39999 & 0xff);
}

static void
test_trim (IdeFixture *fixture, gconstpointer unused)
{
  guint64 *entries = (guint64 *) rig_ram (&fixture->rig, IDE_DATA_GPA);

  memset (entries, 0, 512);
  entries[0] = GUINT64_TO_LE (8 | (guint64) 16 << 48);
  entries[3] = GUINT64_TO_LE (100 | (guint64) 1 << 48);
  rig_out (&fixture->rig, IDE_FEATURE, 1, 1);
  ide_start_wide (fixture, 0x06, 0, 1);
  ide_start_bm (fixture, 512, FALSE);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
  entries[1] = GUINT64_TO_LE (39999 | (guint64) 2 << 48);
  rig_out (&fixture->rig, IDE_FEATURE, 1, 1);
  ide_start_wide (fixture, 0x06, 0, 1);
  ide_start_bm (fixture, 512, FALSE);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x51);
}

/* Saved while the store is asked, and between two blocks. */
static void
test_state (IdeFixture *fixture, gconstpointer unused)
{
  MosBus *bus = fixture->rig.bus;
  guint8  data[1024];
  g_autoptr (GVariant) busy = NULL;
  g_autoptr (GVariant) between = NULL;
  g_autoptr (GError) error = NULL;

  ide_start (fixture, 0x20, 50, 2);
  busy = mos_bus_save (bus);
  mos_bus_reset (bus);
  rig_settle (&fixture->rig);
  g_assert_false (fixture->rig.level);
  g_assert_true (mos_bus_load (bus, busy, &error));
  g_assert_no_error (error);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x58);
  mos_bus_port_read_many (bus, IDE_DATA, 2, 256, data);
  between = mos_bus_save (bus);
  mos_bus_reset (bus);
  g_assert_true (mos_bus_load (bus, between, &error));
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x58);
  mos_bus_port_read_many (bus, IDE_DATA, 2, 256, data + 512);
  expect_pattern (data, 50, 2);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*func) (IdeFixture *, gconstpointer);
  } tests[] = {
    { "/ide/identify", test_identify },
    { "/ide/pio-read", test_pio_read },
    { "/ide/pio-read-multiple", test_pio_read_multiple },
    { "/ide/pio-write", test_pio_write },
    { "/ide/chs", test_chs },
    { "/ide/dma", test_dma },
    { "/ide/dma-scatter", test_dma_scatter },
    { "/ide/dma-nowhere", test_dma_nowhere },
    { "/ide/errors", test_errors },
    { "/ide/reset", test_reset_and_selection },
    { "/ide/features", test_features },
    { "/ide/trim", test_trim },
    { "/ide/state", test_state },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, IdeFixture, NULL, ide_set_up, tests[i].func,
                ide_tear_down);
  return g_test_run ();
}
