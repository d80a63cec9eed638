/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The DMA controllers, programmed as a BIOS does it, served as a floppy
 * controller or a sound card does.
 */
#include <string.h>

#include "devices/storage/dma8237.h"
#include "tests/devices/storage-rig.h"

typedef struct {
  StorageRig  rig;
  MosDma8237 *dma;
  guint       opened;
} Fixture;

static void
opened_cb (gpointer dma, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->opened++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  storage_rig_init (&fixture->rig);
  fixture->dma = mos_dma8237_new (fixture->rig.bus);
  mos_dma8237_attach (fixture->dma, 2, opened_cb, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  storage_rig_clear (&fixture->rig);
}

/* Programs channel 2: @gpa, @count bytes minus one, @mode without channel. */
static void
program (Fixture *fixture, guint32 gpa, guint count, guint mode)
{
  StorageRig *rig = &fixture->rig;

  rig_out (rig, 0x0a, 4 | 2, 1);
  rig_out (rig, 0x0c, 0, 1);
  rig_out (rig, 0x0b, mode | 2, 1);
  rig_out (rig, 0x04, gpa & 0xff, 1);
  rig_out (rig, 0x04, gpa >> 8 & 0xff, 1);
  rig_out (rig, 0x05, count & 0xff, 1);
  rig_out (rig, 0x05, count >> 8, 1);
  rig_out (rig, 0x81, gpa >> 16, 1);
  rig_out (rig, 0x0a, 2, 1);
}

static guint
read_pair (Fixture *fixture, guint16 port)
{
  guint low;

  rig_out (&fixture->rig, 0x0c, 0, 1);
  low = rig_in (&fixture->rig, port, 1);
  return low | rig_in (&fixture->rig, port, 1) << 8;
}

static void
test_to_memory (Fixture *fixture, gconstpointer unused)
{
  guint8   data[600];
  gboolean terminal;

  for (guint i = 0; i < sizeof data; i++)
    data[i] = (guint8) i;
  g_assert_cmpuint (
      mos_dma8237_transfer (fixture->dma, 2, data, 512, TRUE, &terminal), ==,
      0);
  program (fixture, 0x12345, 599, 0x44);
  g_assert_cmpuint (fixture->opened, ==, 1);
  g_assert_cmpuint (
      mos_dma8237_transfer (fixture->dma, 2, data, 512, TRUE, &terminal), ==,
      512);
  g_assert_false (terminal);
  g_assert_cmphex (read_pair (fixture, 0x05), ==, 599 - 512);
  g_assert_cmphex (read_pair (fixture, 0x04), ==, 0x2345 + 512);
  g_assert_cmpuint (
      mos_dma8237_transfer (fixture->dma, 2, data + 512, 88, TRUE, &terminal),
      ==, 88);
  g_assert_true (terminal);
  g_assert_cmpmem (rig_ram (&fixture->rig, 0x12345), 600, data, 600);
  g_assert_cmphex (rig_in (&fixture->rig, 0x08, 1), ==, 0x04);
  g_assert_cmphex (rig_in (&fixture->rig, 0x08, 1), ==, 0x00);
  /* Without auto-init the channel has closed itself. */
  g_assert_cmphex (rig_in (&fixture->rig, 0x0f, 1) & 4, ==, 4);
}

static void
test_from_memory_and_verify (Fixture *fixture, gconstpointer unused)
{
  guint8   data[16] = { 0 };
  gboolean terminal;

  memset (rig_ram (&fixture->rig, 0x8000), 0x5a, 16);
  program (fixture, 0x8000, 15, 0x48);
  g_assert_cmpuint (
      mos_dma8237_transfer (fixture->dma, 2, data, 16, FALSE, &terminal), ==,
      16);
  g_assert_true (terminal);
  g_assert_cmpmem (data, 16, rig_ram (&fixture->rig, 0x8000), 16);
  /* Verify counts but leaves memory alone. */
  memset (data, 0x11, sizeof data);
  program (fixture, 0x8000, 15, 0x40);
  g_assert_cmpuint (
      mos_dma8237_transfer (fixture->dma, 2, data, 16, TRUE, &terminal), ==,
      16);
  g_assert_true (terminal);
  g_assert_cmphex (*rig_ram (&fixture->rig, 0x8000), ==, 0x5a);
}

/* The page does not follow when the address wraps. */
static void
test_wrap_and_auto_init (Fixture *fixture, gconstpointer unused)
{
  guint8   data[32];
  gboolean terminal;

  for (guint i = 0; i < sizeof data; i++)
    data[i] = (guint8) (i + 1);
  program (fixture, 0x1fff0, 31, 0x54);
  g_assert_cmpuint (
      mos_dma8237_transfer (fixture->dma, 2, data, 32, TRUE, &terminal), ==,
      32);
  g_assert_true (terminal);
  g_assert_cmpmem (rig_ram (&fixture->rig, 0x1fff0), 16, data, 16);
  g_assert_cmpmem (rig_ram (&fixture->rig, 0x10000), 16, data + 16, 16);
  /* Auto-init: address and count are back, the channel is open. */
  g_assert_cmphex (read_pair (fixture, 0x04), ==, 0xfff0);
  g_assert_cmphex (read_pair (fixture, 0x05), ==, 31);
  g_assert_cmphex (rig_in (&fixture->rig, 0x0f, 1) & 4, ==, 0);
}

static void
test_decrement (Fixture *fixture, gconstpointer unused)
{
  guint8   data[4] = { 1, 2, 3, 4 };
  gboolean terminal;

  program (fixture, 0x5003, 3, 0x64);
  g_assert_cmpuint (
      mos_dma8237_transfer (fixture->dma, 2, data, 4, TRUE, &terminal), ==, 4);
  g_assert_cmpmem (rig_ram (&fixture->rig, 0x5000), 4,
                   ((guint8[]){ 4, 3, 2, 1 }), 4);
}

static void
test_words (Fixture *fixture, gconstpointer unused)
{
  StorageRig *rig = &fixture->rig;
  guint8      data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
  gboolean    terminal;

  rig_out (rig, 0xd8, 0, 1);
  rig_out (rig, 0xd6, 0x44 | 1, 1);
  rig_out (rig, 0xc4, 0x00, 1); /* word address 0x1000 is byte 0x2000 */
  rig_out (rig, 0xc4, 0x10, 1);
  rig_out (rig, 0xc6, 3, 1);
  rig_out (rig, 0xc6, 0, 1);
  rig_out (rig, 0x8b, 0x04, 1);
  rig_out (rig, 0xd4, 1, 1);
  g_assert_cmpuint (
      mos_dma8237_transfer (fixture->dma, 5, data, 8, TRUE, &terminal), ==, 8);
  g_assert_true (terminal);
  g_assert_cmpmem (rig_ram (rig, 0x42000), 8, data, 8);
}

static void
test_state (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;

  program (fixture, 0x12345, 599, 0x54);
  state = mos_bus_save (fixture->rig.bus);
  mos_bus_reset (fixture->rig.bus);
  g_assert_cmphex (read_pair (fixture, 0x04), ==, 0);
  g_assert_true (mos_bus_load (fixture->rig.bus, state, &error));
  g_assert_no_error (error);
  g_assert_cmphex (read_pair (fixture, 0x04), ==, 0x2345);
  g_assert_cmphex (rig_in (&fixture->rig, 0x81, 1), ==, 1);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*func) (Fixture *, gconstpointer);
  } tests[] = {
    { "/dma/to-memory", test_to_memory },
    { "/dma/from-memory", test_from_memory_and_verify },
    { "/dma/wrap", test_wrap_and_auto_init },
    { "/dma/decrement", test_decrement },
    { "/dma/words", test_words },
    { "/dma/state", test_state },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
  return g_test_run ();
}
