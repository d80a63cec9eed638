/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The flash chip as UEFI's variable driver uses it: looking for it, erasing a
 * block, programming bytes, reading them as memory; and what gets to the
 * store, what a locked chip refuses, and what is saved.
 */

#include <glib.h>
#include <string.h>

#include "devices/storage/image.h"
#include "devices/storage/pflash.h"

#define GPA      0xffc00000u
#define N_BLOCKS 3u
#define BYTES    (N_BLOCKS * MOS_PFLASH_BLOCK)

typedef struct {
  MosBus        *bus;
  MosRam        *ram;
  MosBlockStore *store;
  MosPflash     *flash;
} Fixture;

static void
setup (Fixture *f, gconstpointer locked)
{
  guint8 *contents = g_malloc (BYTES);
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < BYTES; i++)
    contents[i] = (guint8) (i * 7 + i / 251);
  bytes = g_bytes_new_take (contents, BYTES);
  f->bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  f->ram = mos_ram_new ("flash", BYTES, NULL);
  memcpy (f->ram->hva, contents, BYTES);
  f->store = mos_memory_store_new (bytes, TRUE);
  f->flash = mos_pflash_new (f->bus, "flash", GPA, f->ram, TRUE, f->store,
                             locked != NULL);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  mos_bus_free (f->bus);
  mos_block_store_unref (f->store);
}

static void
command (Fixture *f, guint offset, guint8 value)
{
  mos_memory_map_write_u8 (f->bus->memory, GPA + offset, value);
}

static guint8
get (Fixture *f, guint offset)
{
  return mos_memory_map_read_u8 (f->bus->memory, GPA + offset);
}

static MosMemoryKind
kind (Fixture *f)
{
  MosMemoryRange range;

  g_assert_true (mos_memory_map_find (f->bus->memory, GPA, &range));
  return range.kind;
}

static guint8
stored (Fixture *f, guint offset)
{
  guint8 byte = 0;

  mos_pflash_drain (f->flash);
  g_assert_true (mos_block_store_read (f->store, offset, &byte, 1, NULL));
  return byte;
}

/* How OVMF tells flash from RAM and ROM. */
static void
test_probe (Fixture *f, gconstpointer data)
{
  guint8 before = get (f, 5);

  g_assert_cmpint (kind (f), ==, MOS_MEMORY_ROM);
  command (f, 5, 0x50);
  g_assert_cmphex (get (f, 5), ==, before);
  command (f, 5, 0x70);
  g_assert_cmpint (kind (f), ==, MOS_MEMORY_IO);
  g_assert_cmphex (get (f, 5), ==, 0x00);
  command (f, 5, 0xff);
  g_assert_cmpint (kind (f), ==, MOS_MEMORY_ROM);
  g_assert_cmphex (get (f, 5), ==, before);
}

static void
test_program (Fixture *f, gconstpointer data)
{
  guint8 neighbour = get (f, MOS_PFLASH_BLOCK - 1);

  command (f, MOS_PFLASH_BLOCK + 9, 0x20);
  command (f, MOS_PFLASH_BLOCK + 9, 0xd0);
  g_assert_cmphex (get (f, 0), ==, 0x80);
  for (guint i = 0; i < 4; i++) {
    command (f, MOS_PFLASH_BLOCK + i, 0x10);
    command (f, MOS_PFLASH_BLOCK + i, (guint8) (0xa0 + i));
  }
  g_assert_cmphex (get (f, 0), ==, 0x80);
  command (f, MOS_PFLASH_BLOCK + 3, 0xff);

  for (guint i = 0; i < 4; i++)
    g_assert_cmphex (get (f, MOS_PFLASH_BLOCK + i), ==, 0xa0 + i);
  g_assert_cmphex (get (f, MOS_PFLASH_BLOCK + 4), ==, 0xff);
  g_assert_cmphex (get (f, MOS_PFLASH_BLOCK - 1), ==, neighbour);
  g_assert_cmphex (stored (f, MOS_PFLASH_BLOCK + 2), ==, 0xa2);
  g_assert_cmphex (stored (f, MOS_PFLASH_BLOCK + 4), ==, 0xff);
  g_assert_cmphex (stored (f, MOS_PFLASH_BLOCK - 1), ==, neighbour);

  /* Without erasing, bits only go from 1 to 0; a wide access is four. */
  command (f, MOS_PFLASH_BLOCK, 0x40);
  command (f, MOS_PFLASH_BLOCK, 0x0f);
  command (f, 0, 0xff);
  g_assert_cmphex (get (f, MOS_PFLASH_BLOCK), ==, 0x00);
  mos_memory_map_write_u32 (f->bus->memory, GPA + MOS_PFLASH_BLOCK + 4,
                            0xff55ff40);
  g_assert_cmphex (get (f, MOS_PFLASH_BLOCK + 5), ==, 0xff);
}

static void
test_identify (Fixture *f, gconstpointer data)
{
  command (f, 0, 0x90);
  g_assert_cmphex (get (f, 0), ==, 0x89);
  g_assert_cmphex (get (f, 1), ==, 0x18);
  command (f, 0, 0x98);
  g_assert_cmpint (get (f, 0x10), ==, 'Q');
  g_assert_cmpint (get (f, 0x12), ==, 'Y');
  g_assert_cmpuint (get (f, 0x2d), ==, N_BLOCKS - 1);
  g_assert_cmpuint (get (f, 0x2f) * 256u, ==, MOS_PFLASH_BLOCK);
  command (f, 0, 0xff);
  g_assert_cmphex (get (f, 1), ==, 7);
}

static void
test_wrong (Fixture *f, gconstpointer data)
{
  command (f, 0, 0x20);
  command (f, 0, 0x11);
  g_assert_cmphex (get (f, 0) & 0x30, ==, 0x30);
  command (f, 0, 0x50);
  command (f, 0, 0x70);
  g_assert_cmphex (get (f, 0), ==, 0);
  command (f, 0, 0xff);
  g_assert_cmphex (get (f, 1), ==, 7);
}

static void
test_locked (Fixture *f, gconstpointer data)
{
  command (f, 1, 0x40);
  command (f, 1, 0);
  g_assert_cmphex (get (f, 1), ==, 0x92);
  command (f, 1, 0x20);
  command (f, 1, 0xd0);
  g_assert_cmphex (get (f, 1), ==, 0xb2);
  command (f, 1, 0xff);
  g_assert_cmphex (get (f, 1), ==, 7);
  g_assert_cmphex (stored (f, 1), ==, 7);
}

/* In the middle of a command; the store then gets what the chip has. */
static void
test_saved (Fixture *f, gconstpointer data)
{
  g_autoptr (GVariant) state = NULL;

  command (f, 8, 0x40);
  state = mos_bus_save (f->bus);
  command (f, 8, 0x00);
  mos_bus_reset (f->bus);
  g_assert_cmpint (kind (f), ==, MOS_MEMORY_ROM);
  f->ram->hva[8] = 0xff;
  g_assert_true (mos_bus_load (f->bus, state, NULL));
  g_assert_cmpint (kind (f), ==, MOS_MEMORY_IO);
  command (f, 8, 0x5a);
  command (f, 8, 0xff);
  g_assert_cmphex (get (f, 8), ==, 0x5a);
  g_assert_cmphex (stored (f, 8), ==, 0x5a);
}

#define ADD(name, func, data) \
  g_test_add ("/pflash/" name, Fixture, data, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("probe", test_probe, NULL);
  ADD ("program", test_program, NULL);
  ADD ("identify", test_identify, NULL);
  ADD ("wrong", test_wrong, NULL);
  ADD ("locked", test_locked, "locked");
  ADD ("saved", test_saved, NULL);
  return g_test_run ();
}
