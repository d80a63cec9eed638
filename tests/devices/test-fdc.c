/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The floppy controller, driven as a BIOS and an operating system drive it.
 */
#include <string.h>

#include "devices/devices.h"
#include "devices/storage/fdc.h"
#include "tests/devices/storage-rig.h"

enum {
  DOR = 0x3f2,
  MSR = 0x3f4,
  FIFO = 0x3f5,
  RATE = 0x3f7,
  BUFFER = 0x20000
};

typedef struct {
  StorageRig     rig;
  MosDma8237    *dma;
  MosFdc        *fdc;
  MosBlockStore *store;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  storage_rig_init (&fixture->rig);
  fixture->dma = mos_dma8237_new (fixture->rig.bus);
  fixture->fdc = mos_fdc_new (fixture->rig.bus, fixture->dma);
  storage_rig_record (&fixture->rig, mos_fdc_irq (fixture->fdc));
  fixture->store = rig_pattern_store (2880);
  g_assert_true (mos_fdc_install (fixture->fdc, 0, fixture->store, NULL));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  storage_rig_clear (&fixture->rig);
  mos_block_store_unref (fixture->store);
}

static void
command (Fixture *fixture, const guint8 *bytes, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_assert_cmphex (rig_in (&fixture->rig, MSR, 1) & 0xc0, ==, 0x80);
    rig_out (&fixture->rig, FIFO, bytes[i], 1);
  }
}

static void
result (Fixture *fixture, guint8 *bytes, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_assert_cmphex (rig_in (&fixture->rig, MSR, 1) & 0xd0, ==, 0xd0);
    bytes[i] = (guint8) rig_in (&fixture->rig, FIFO, 1);
  }
  g_assert_cmphex (rig_in (&fixture->rig, MSR, 1) & 0xd0, ==, 0x80);
}

/* Out of reset, four times sense interrupt, specify, 500 kbit/s. */
static void
start (Fixture *fixture)
{
  guint8 status[2];

  rig_out (&fixture->rig, DOR, 0x00, 1);
  g_assert_cmphex (rig_in (&fixture->rig, MSR, 1), ==, 0);
  rig_out (&fixture->rig, DOR, 0x1c, 1);
  g_assert_true (fixture->rig.level);
  for (guint i = 0; i < 4; i++) {
    command (fixture, (const guint8[]){ 0x08 }, 1);
    result (fixture, status, 2);
    g_assert_cmphex (status[0], ==, 0xc0 | i);
  }
  g_assert_false (fixture->rig.level);
  command (fixture, (const guint8[]){ 0x03, 0xaf, 0x02 }, 3);
  rig_out (&fixture->rig, RATE, 0, 1);
}

static void
seek (Fixture *fixture, guint8 cylinder)
{
  guint8 status[2];

  command (fixture, (const guint8[]){ 0x0f, 0x00, cylinder }, 3);
  rig_wait_interrupt (&fixture->rig);
  command (fixture, (const guint8[]){ 0x08 }, 1);
  result (fixture, status, 2);
  g_assert_cmphex (status[0], ==, 0x20);
  g_assert_cmpuint (status[1], ==, cylinder);
  g_assert_false (fixture->rig.level);
}

static void
program_dma (Fixture *fixture, guint bytes, guint mode)
{
  StorageRig *rig = &fixture->rig;

  rig_out (rig, 0x0a, 6, 1);
  rig_out (rig, 0x0c, 0, 1);
  rig_out (rig, 0x0b, mode | 2, 1);
  rig_out (rig, 0x04, BUFFER & 0xff, 1);
  rig_out (rig, 0x04, BUFFER >> 8 & 0xff, 1);
  rig_out (rig, 0x05, (bytes - 1) & 0xff, 1);
  rig_out (rig, 0x05, (bytes - 1) >> 8, 1);
  rig_out (rig, 0x81, BUFFER >> 16, 1);
  rig_out (rig, 0x0a, 2, 1);
}

/* Sends a data command for sector (c, h, r) and takes its result. */
static void
move (Fixture *fixture,
      guint8   opcode,
      guint8   c,
      guint8   h,
      guint8   r,
      guint8   eot,
      guint8  *status)
{
  command (fixture,
           (const guint8[]){ opcode, (guint8) (h << 2), c, h, r, 2, eot, 0x1b,
                             0xff },
           9);
  rig_wait_interrupt (&fixture->rig);
  result (fixture, status, 7);
  g_assert_false (fixture->rig.level);
}

static void
expect_sectors (Fixture *fixture, guint first, guint n)
{
  const guint8 *ram = rig_ram (&fixture->rig, BUFFER);

  for (guint i = 0; i < n * 512; i++)
    g_assert_cmphex (ram[i], ==, rig_pattern (first + i / 512, i % 512));
}

static void
test_read (Fixture *fixture, gconstpointer unused)
{
  guint8 status[7];

  start (fixture);
  seek (fixture, 3);
  program_dma (fixture, 512, 0x44);
  move (fixture, 0xe6, 3, 1, 5, 18, status);
  g_assert_cmpmem (status, 7, ((guint8[]){ 0x04, 0, 0, 3, 1, 6, 2 }), 7);
  expect_sectors (fixture, (3 * 2 + 1) * 18 + 4, 1);
}

/* A whole cylinder, as DOS copies; the result points to the next one. */
static void
test_read_multi_track (Fixture *fixture, gconstpointer unused)
{
  guint8 status[7];

  start (fixture);
  seek (fixture, 2);
  program_dma (fixture, 36 * 512, 0x44);
  move (fixture, 0xe6, 2, 0, 1, 18, status);
  g_assert_cmphex (status[0] & 0xf8, ==, 0);
  g_assert_cmpuint (status[3], ==, 3);
  g_assert_cmpuint (status[4], ==, 0);
  g_assert_cmpuint (status[5], ==, 1);
  expect_sectors (fixture, 72, 36);
}

/* Without terminal count, the last sector is one too far. */
static void
test_end_of_cylinder (Fixture *fixture, gconstpointer unused)
{
  guint8 status[7];

  start (fixture);
  program_dma (fixture, 1024, 0x44);
  move (fixture, 0x46, 0, 0, 18, 18, status);
  g_assert_cmphex (status[0], ==, 0x40);
  g_assert_cmphex (status[1], ==, 0x80);
  expect_sectors (fixture, 17, 1);
}

static void
test_write (Fixture *fixture, gconstpointer unused)
{
  guint8 status[7], back[1024];

  start (fixture);
  seek (fixture, 79);
  memset (rig_ram (&fixture->rig, BUFFER), 0x77, 1024);
  program_dma (fixture, 1024, 0x48);
  move (fixture, 0xc5, 79, 1, 17, 18, status);
  g_assert_cmphex (status[0] & 0xf8, ==, 0);
  g_assert_true (
      mos_block_store_read (fixture->store, 2878 * 512, back, 1024, NULL));
  for (guint i = 0; i < 1024; i++)
    g_assert_cmphex (back[i], ==, 0x77);
}

/* The command comes first, the channel is opened later. */
static void
test_late_dma (Fixture *fixture, gconstpointer unused)
{
  guint8 status[7];

  start (fixture);
  command (fixture, (const guint8[]){ 0xe6, 0, 0, 0, 1, 2, 18, 0x1b, 0xff }, 9);
  rig_settle (&fixture->rig);
  g_assert_false (fixture->rig.level);
  program_dma (fixture, 512, 0x44);
  rig_wait_interrupt (&fixture->rig);
  result (fixture, status, 7);
  g_assert_cmphex (status[0], ==, 0);
  expect_sectors (fixture, 0, 1);
}

static void
expect_failure (Fixture *fixture,
                guint8   st1,
                guint8   st2,
                guint8   opcode,
                guint8   c,
                guint8   r)
{
  guint8 status[7];

  program_dma (fixture, 512, (opcode & 0x1f) == 5 ? 0x48 : 0x44);
  move (fixture, opcode, c, 0, r, 18, status);
  g_assert_cmphex (status[0] & 0xc0, ==, 0x40);
  g_assert_cmphex (status[1], ==, st1);
  g_assert_cmphex (status[2], ==, st2);
}

static void
test_errors (Fixture *fixture, gconstpointer unused)
{
  start (fixture);
  expect_failure (fixture, 0x04, 0, 0x46, 0, 19);   /* no such sector */
  expect_failure (fixture, 0x04, 0x10, 0x46, 5, 1); /* wrong cylinder */
  expect_failure (fixture, 0x01, 0, 0x06, 0, 1);    /* FM */
  rig_out (&fixture->rig, RATE, 2, 1);
  expect_failure (fixture, 0x01, 0, 0x46, 0, 1); /* 250 kbit/s */
  rig_out (&fixture->rig, RATE, 0, 1);
  fixture->store->read_only = TRUE;
  expect_failure (fixture, 0x02, 0, 0x45, 0, 1);
  fixture->store->read_only = FALSE;
  g_assert_true (mos_fdc_change_medium (fixture->fdc, 0, NULL, NULL));
  expect_failure (fixture, 0x01, 0, 0x46, 0, 1);
}

static void
test_pio (Fixture *fixture, gconstpointer unused)
{
  guint8 status[7];

  start (fixture);
  command (fixture, (const guint8[]){ 0x03, 0xaf, 0x03 }, 3);
  command (fixture, (const guint8[]){ 0x46, 0, 0, 0, 4, 2, 4, 0x1b, 0xff }, 9);
  for (guint i = 0; i < 512; i++) {
    rig_wait_interrupt (&fixture->rig);
    g_assert_cmphex (rig_in (&fixture->rig, MSR, 1), ==, 0xf0);
    g_assert_cmphex (rig_in (&fixture->rig, FIFO, 1), ==, rig_pattern (3, i));
  }
  rig_wait_interrupt (&fixture->rig);
  result (fixture, status, 7);
  g_assert_cmphex (status[1], ==, 0x80);

  command (fixture, (const guint8[]){ 0x45, 0, 0, 0, 4, 2, 4, 0x1b, 0xff }, 9);
  for (guint i = 0; i < 512; i++) {
    rig_wait_interrupt (&fixture->rig);
    g_assert_cmphex (rig_in (&fixture->rig, MSR, 1), ==, 0xb0);
    rig_out (&fixture->rig, FIFO, 0x99, 1);
  }
  rig_wait_interrupt (&fixture->rig);
  result (fixture, status, 7);
  {
    guint8 back[512];

    g_assert_true (
        mos_block_store_read (fixture->store, 3 * 512, back, 512, NULL));
    g_assert_cmphex (back[0], ==, 0x99);
    g_assert_cmphex (back[511], ==, 0x99);
  }
}

static void
test_format (Fixture *fixture, gconstpointer unused)
{
  guint8  status[7], back[512];
  guint8 *ids = rig_ram (&fixture->rig, BUFFER);

  start (fixture);
  seek (fixture, 1);
  for (guint8 i = 0; i < 18; i++)
    memcpy (ids + i * 4, ((guint8[]){ 1, 0, (guint8) (i + 1), 2 }), 4);
  program_dma (fixture, 72, 0x48);
  command (fixture, (const guint8[]){ 0x4d, 0, 2, 18, 0x54, 0xf6 }, 6);
  rig_wait_interrupt (&fixture->rig);
  result (fixture, status, 7);
  g_assert_cmphex (status[0] & 0xf8, ==, 0);
  g_assert_true (
      mos_block_store_read (fixture->store, 36 * 512, back, 512, NULL));
  g_assert_cmphex (back[100], ==, 0xf6);
  g_assert_true (
      mos_block_store_read (fixture->store, 54 * 512, back, 512, NULL));
  g_assert_cmphex (back[0], ==, rig_pattern (54, 0));
}

static void
test_read_id (Fixture *fixture, gconstpointer unused)
{
  guint8 status[7];

  start (fixture);
  seek (fixture, 7);
  command (fixture, (const guint8[]){ 0x4a, 0x04 }, 2);
  g_assert_cmphex (rig_in (&fixture->rig, MSR, 1), ==, 0x10);
  rig_wait_interrupt (&fixture->rig);
  result (fixture, status, 7);
  g_assert_cmphex (status[0], ==, 0x04);
  g_assert_cmpuint (status[3], ==, 7);
  g_assert_cmpuint (status[4], ==, 1);
  g_assert_cmpuint (status[5], >=, 1);
  g_assert_cmpuint (status[5], <=, 18);
}

static void
test_small_commands (Fixture *fixture, gconstpointer unused)
{
  guint8 bytes[10];

  start (fixture);
  command (fixture, (const guint8[]){ 0x10 }, 1);
  result (fixture, bytes, 1);
  g_assert_cmphex (bytes[0], ==, 0x90);
  command (fixture, (const guint8[]){ 0x94 }, 1);
  result (fixture, bytes, 1);
  g_assert_cmphex (bytes[0], ==, 0x10);
  command (fixture, (const guint8[]){ 0x13, 0, 0x57, 0 }, 4);
  command (fixture, (const guint8[]){ 0x0e }, 1);
  result (fixture, bytes, 10);
  g_assert_cmphex (bytes[4], ==, 0xaf);
  g_assert_cmphex (bytes[7], ==, 0x80);
  g_assert_cmphex (bytes[8], ==, 0x57);
  command (fixture, (const guint8[]){ 0x1f }, 1); /* no such command */
  result (fixture, bytes, 1);
  g_assert_cmphex (bytes[0], ==, 0x80);
  command (fixture, (const guint8[]){ 0x04, 0 }, 2);
  result (fixture, bytes, 1);
  g_assert_cmphex (bytes[0], ==, 0x38);
  command (fixture, (const guint8[]){ 0x08 }, 1); /* nothing to sense */
  result (fixture, bytes, 1);
  g_assert_cmphex (bytes[0], ==, 0x80);
  /* A drive that is not there never finds track 0. */
  command (fixture, (const guint8[]){ 0x07, 1 }, 2);
  rig_wait_interrupt (&fixture->rig);
  command (fixture, (const guint8[]){ 0x08 }, 1);
  result (fixture, bytes, 2);
  g_assert_cmphex (bytes[0], ==, 0x71);
}

static void
test_change_line (Fixture *fixture, gconstpointer unused)
{
  start (fixture);
  g_assert_cmphex (rig_in (&fixture->rig, RATE, 1) & 0x80, ==, 0x80);
  seek (fixture, 1);
  g_assert_cmphex (rig_in (&fixture->rig, RATE, 1) & 0x80, ==, 0);
  g_assert_true (mos_fdc_change_medium (fixture->fdc, 0, fixture->store, NULL));
  g_assert_cmphex (rig_in (&fixture->rig, RATE, 1) & 0x80, ==, 0x80);
  rig_out (&fixture->rig, DOR, 0x0c, 1); /* motor off: not driven */
  g_assert_cmphex (rig_in (&fixture->rig, RATE, 1) & 0x80, ==, 0);
}

/* A boot sector alone is a floppy whose rest is zeros; too large is refused. */
static void
test_media_sizes (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (MosBlockStore) tiny = rig_pattern_store (1);
  g_autoptr (MosBlockStore) huge = rig_pattern_store (6000);
  g_autoptr (MosBlockStore) low = rig_pattern_store (1440);
  g_autoptr (GError) error = NULL;
  guint8 status[7];

  g_assert_cmpuint (mos_fdc_drive_type (fixture->fdc, 0), ==, 4);
  g_assert_cmpuint (mos_fdc_drive_type (fixture->fdc, 1), ==, 0);
  g_assert_false (mos_fdc_change_medium (fixture->fdc, 0, huge, &error));
  g_assert_nonnull (strstr (error->message, "too large"));
  g_assert_true (mos_fdc_change_medium (fixture->fdc, 0, tiny, NULL));
  start (fixture);
  memset (rig_ram (&fixture->rig, BUFFER), 0xee, 1024);
  program_dma (fixture, 1024, 0x44);
  move (fixture, 0x46, 0, 0, 1, 18, status);
  expect_sectors (fixture, 0, 1);
  g_assert_cmphex (*rig_ram (&fixture->rig, BUFFER + 600), ==, 0);

  g_assert_true (mos_fdc_change_medium (fixture->fdc, 0, low, NULL));
  rig_out (&fixture->rig, RATE, 2, 1);
  seek (fixture, 40);
  program_dma (fixture, 512, 0x44);
  move (fixture, 0x46, 40, 1, 9, 9, status);
  g_assert_cmphex (status[0] & 0xf8, ==, 0);
  expect_sectors (fixture, 40 * 18 + 17, 1);
}

/* Saved with a read under way, loaded into the same machine after reset. */
static void
test_state (Fixture *fixture, gconstpointer unused)
{
  guint8 status[7];
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;

  start (fixture);
  program_dma (fixture, 512, 0x44);
  command (fixture, (const guint8[]){ 0x46, 0, 0, 0, 2, 2, 18, 0x1b, 0xff }, 9);
  state = mos_bus_save (fixture->rig.bus);
  mos_bus_reset (fixture->rig.bus);
  rig_settle (&fixture->rig);
  g_assert_cmphex (rig_in (&fixture->rig, MSR, 1), ==, 0);
  g_assert_true (mos_bus_load (fixture->rig.bus, state, &error));
  g_assert_no_error (error);
  rig_wait_interrupt (&fixture->rig);
  result (fixture, status, 7);
  g_assert_cmphex (status[0], ==, 0);
  expect_sectors (fixture, 1, 1);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*func) (Fixture *, gconstpointer);
  } tests[] = {
    { "/fdc/read", test_read },
    { "/fdc/multi-track", test_read_multi_track },
    { "/fdc/end-of-cylinder", test_end_of_cylinder },
    { "/fdc/write", test_write },
    { "/fdc/late-dma", test_late_dma },
    { "/fdc/errors", test_errors },
    { "/fdc/pio", test_pio },
    { "/fdc/format", test_format },
    { "/fdc/read-id", test_read_id },
    { "/fdc/small-commands", test_small_commands },
    { "/fdc/change-line", test_change_line },
    { "/fdc/media-sizes", test_media_sizes },
    { "/fdc/state", test_state },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
  return g_test_run ();
}
