/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any sequence of commands to a flash chip, with saving and loading; in the
 * end the store has what the chip has.
 *
 * An operation is four bytes: what, where (two), value.
 */

#include <glib.h>
#include <string.h>

#include "devices/storage/image.h"
#include "devices/storage/pflash.h"
#include "tests/fuzz/fuzz.h"

#define GPA       0xfff00000u
#define BYTES     (16u * MOS_PFLASH_BLOCK)
#define MAX_LOADS 4

static void
save_and_load (MosPflash *flash, guint at, guint value)
{
  g_autoptr (GVariant) state = mos_device_save ((MosDevice *) flash);
  g_autoptr (GVariant) other = NULL;
  gsize   size = g_variant_get_size (state);
  guint8 *copy = g_memdup2 (g_variant_get_data (state), size);

  copy[at % size] ^= (guint8) value;
  other = g_variant_ref_sink (g_variant_new_from_data (
      G_VARIANT_TYPE_VARDICT, copy, size, FALSE, g_free, copy));
  (void) mos_device_load ((MosDevice *) flash, other, NULL);
}

static void
step (MosBus *bus, MosPflash *flash, const guint8 *op, guint *loads)
{
  static const guint8 commands[] = { 0x10, 0x20, 0x40, 0x50, 0x60, 0x70,
                                     0x90, 0x98, 0xd0, 0xff, 0xff, 0x01 };
  guint64             gpa = GPA + ((op[1] | op[2] << 8) % BYTES);

  switch (op[0] & 7) {
  case 0:
  case 1:
  case 2:
    mos_memory_map_write_u8 (bus->memory, gpa,
                             commands[op[3] % sizeof (commands)]);
    break;
  case 3:
    mos_memory_map_write_u8 (bus->memory, gpa, op[3]);
    break;
  case 4:
    mos_memory_map_write_u32 (bus->memory, gpa, op[3] * 0x01010101u);
    break;
  case 5:
    (void) mos_memory_map_read_u64 (bus->memory, gpa);
    break;
  case 6:
    mos_memory_map_write_u8 (bus->memory, gpa, 0x20);
    mos_memory_map_write_u8 (bus->memory, gpa, 0xd0);
    break;
  default:
    if ((*loads)++ < MAX_LOADS)
      save_and_load (flash, op[1], op[3]);
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree guint8 *kept = g_malloc (BYTES);
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (BYTES), BYTES);
  g_autoptr (MosBlockStore) store = mos_memory_store_new (bytes, TRUE);
  MosBus    *bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  MosRam    *ram = mos_ram_new ("flash", BYTES, NULL);
  MosPflash *flash = mos_pflash_new (bus, "flash", GPA, ram, TRUE, store,
                                     size > 0 && data[0] == 0xff);
  guint      loads = 0;

  for (size_t i = 0; i + 4 <= size; i += 4)
    step (bus, flash, data + i, &loads);
  mos_pflash_drain (flash);
  g_assert_true (mos_block_store_read (store, 0, kept, BYTES, NULL));
  g_assert_cmpint (memcmp (kept, ram->hva, BYTES), ==, 0);
  mos_bus_free (bus);
  return 0;
}
