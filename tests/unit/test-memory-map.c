/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The guest-physical map: priorities, shadowing, accesses across borders,
 * holes, guard pages' neighbours, dirty pages, notices of written code.
 */
#include <string.h>

#include "engine/base/error.h"
#include "engine/memory/map.h"

typedef struct {
  MosMemoryMap   *map;
  MosRam         *ram;
  MosRam         *rom;
  MosMemoryRegion low;  /* 0 to 1 MiB, RAM */
  MosMemoryRegion bios; /* 0xf0000, ROM, above the RAM */
  MosMemoryRegion vga;  /* 0xa0000, a window */
  MosIoWindow     window;
  guint8          cells[0x20000];
  guint           n_changed;
  guint64         code_gpa;
  guint64         code_size;
} Fixture;

static guint64
cells_read (gpointer opaque, guint64 offset, guint size)
{
  Fixture *self = opaque;
  guint64  value = 0;

  g_assert_cmpuint (offset + size, <=, sizeof self->cells);
  memcpy (&value, self->cells + offset, size);
  return value;
}

static void
cells_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  Fixture *self = opaque;

  g_assert_cmpuint (offset + size, <=, sizeof self->cells);
  memcpy (self->cells + offset, &value, size);
}

static const MosIoOps cells_ops = { .read = cells_read,
                                    .write = cells_write,
                                    .max_size = 2 };

static void
changed_cb (gpointer user_data)
{
  ((Fixture *) user_data)->n_changed++;
}

static void
code_written_cb (gpointer user_data, guint64 gpa, guint64 size)
{
  Fixture *self = user_data;

  self->code_gpa = gpa;
  self->code_size = size;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  const MosMemoryListener listener = { .changed = changed_cb,
                                       .code_written = code_written_cb };

  (void) data;
  self->map = mos_memory_map_new ();
  self->ram = mos_ram_new ("ram", 1 << 20, NULL);
  self->rom = mos_ram_new ("rom", 0x10000, NULL);
  memset (self->rom->hva, 0x5a, 0x10000);
  self->low = (MosMemoryRegion){ .name = "low",
                                 .size = 1 << 20,
                                 .enabled = TRUE,
                                 .kind = MOS_MEMORY_RAM,
                                 .ram = self->ram };
  self->bios = (MosMemoryRegion){ .name = "bios",
                                  .gpa = 0xf0000,
                                  .size = 0x10000,
                                  .priority = 1,
                                  .enabled = TRUE,
                                  .kind = MOS_MEMORY_ROM,
                                  .ram = self->rom };
  self->window = (MosIoWindow){ .name = "vga",
                                .ops = &cells_ops,
                                .opaque = self,
                                .base = 0xa0000,
                                .size = 0x20000 };
  self->vga = (MosMemoryRegion){ .name = "vga",
                                 .gpa = 0xa0000,
                                 .size = 0x20000,
                                 .priority = 1,
                                 .enabled = TRUE,
                                 .kind = MOS_MEMORY_IO,
                                 .io = &self->window };
  mos_memory_map_set_listener (self->map, &listener, self);
  mos_memory_map_begin (self->map);
  mos_memory_map_add (self->map, &self->low);
  mos_memory_map_add (self->map, &self->bios);
  mos_memory_map_add (self->map, &self->vga);
  mos_memory_map_end (self->map);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  (void) data;
  mos_memory_map_free (self->map);
  mos_ram_free (self->ram);
  mos_ram_free (self->rom);
}

static void
test_flat_list (Fixture *self, gconstpointer data)
{
  g_autoptr (GArray) ranges = mos_memory_map_ranges (self->map);
  const guint64       starts[] = { 0, 0xa0000, 0xc0000, 0xf0000 };
  const MosMemoryKind kinds[] = { MOS_MEMORY_RAM, MOS_MEMORY_IO, MOS_MEMORY_RAM,
                                  MOS_MEMORY_ROM };

  (void) data;
  g_assert_cmpuint (self->n_changed, ==, 1);
  g_assert_cmpuint (ranges->len, ==, 4);
  for (guint i = 0; i < 4; i++) {
    const MosMemoryRange *range = &g_array_index (ranges, MosMemoryRange, i);

    g_assert_cmphex (range->gpa, ==, starts[i]);
    g_assert_cmpint (range->kind, ==, kinds[i]);
  }
}

static void
test_access_across_borders (Fixture *self, gconstpointer data)
{
  guint8 bytes[8];

  (void) data;
  memset (self->cells, 0x11, sizeof self->cells);
  memset (self->ram->hva, 0x22, 1 << 20);
  g_assert_true (mos_memory_map_read (self->map, 0x9fffd, bytes, 8));
  g_assert_cmpmem (bytes, 8, "\x22\x22\x22\x11\x11\x11\x11\x11", 8);
  g_assert_true (mos_memory_map_write (self->map, 0xbfffe, "abcd", 4));
  g_assert_cmpmem (self->cells + 0x1fffe, 2, "ab", 2);
  g_assert_cmpmem (self->ram->hva + 0xc0000, 2, "cd", 2);
  /* ROM keeps what it has. */
  mos_memory_map_write_u32 (self->map, 0xffff0, 0);
  g_assert_cmphex (mos_memory_map_read_u32 (self->map, 0xffff0), ==,
                   0x5a5a5a5a);
}

static void
test_holes (Fixture *self, gconstpointer data)
{
  guint8 bytes[4] = { 0 };

  (void) data;
  g_assert_false (mos_memory_map_read (self->map, 0xffffe, bytes, 4));
  g_assert_cmpmem (bytes, 4, "\x5a\x5a\xff\xff", 4);
  g_assert_false (mos_memory_map_write (self->map, G_MAXUINT64 - 7, bytes, 4));
  g_assert_cmphex (mos_memory_map_read_u64 (self->map, 1ull << 52), ==,
                   G_MAXUINT64);
}

static void
test_shadow (Fixture *self, gconstpointer data)
{
  MosMemoryRange range;

  (void) data;
  mos_memory_map_update (self->map, &self->bios, 0xf0000, MOS_MEMORY_RAM, TRUE);
  g_assert_cmpuint (self->n_changed, ==, 2);
  mos_memory_map_write_u8 (self->map, 0xf0000, 7);
  g_assert_cmphex (self->rom->hva[0], ==, 7);
  mos_memory_map_update (self->map, &self->bios, 0xf0000, MOS_MEMORY_ROM,
                         FALSE);
  g_assert_true (mos_memory_map_find (self->map, 0xf1234, &range));
  g_assert_true (range.region == &self->low);
  /* The same again is no change. */
  mos_memory_map_update (self->map, &self->bios, 0xf0000, MOS_MEMORY_ROM,
                         FALSE);
  g_assert_cmpuint (self->n_changed, ==, 3);
}

static void
test_pointer (Fixture *self, gconstpointer data)
{
  guint64 size = 0x10000;

  (void) data;
  g_assert_true (mos_memory_map_pointer (self->map, 0x9f000, &size, TRUE) ==
                 self->ram->hva + 0x9f000);
  g_assert_cmphex (size, ==, 0x1000);
  g_assert_null (mos_memory_map_pointer (self->map, 0xa0000, &size, FALSE));
  g_assert_null (mos_memory_map_pointer (self->map, 0xf0000, &size, TRUE));
  g_assert_nonnull (mos_memory_map_pointer (self->map, 0xf0000, &size, FALSE));
}

static void
test_dirty (Fixture *self, gconstpointer data)
{
  gulong bits[4];

  (void) data;
  mos_memory_map_track (self->map, &self->low, TRUE);
  g_assert_true (
      mos_memory_map_take_dirty (self->map, &self->low, 0, 256, bits));
  g_assert_cmphex (bits[0], ==, G_MAXULONG);
  g_assert_false (
      mos_memory_map_take_dirty (self->map, &self->low, 0, 256, bits));
  mos_memory_map_write (self->map, 0x1fff, "xy", 2);
  g_assert_true (
      mos_memory_map_take_dirty (self->map, &self->low, 0, 256, bits));
  g_assert_cmphex (bits[0], ==, 6);
  g_assert_cmphex (bits[1], ==, 0);
  mos_memory_map_track (self->map, &self->low, FALSE);
  mos_memory_map_write (self->map, 0x1fff, "xy", 2);
  g_assert_false (
      mos_memory_map_take_dirty (self->map, &self->low, 0, 256, bits));
}

static void
test_code_notice (Fixture *self, gconstpointer data)
{
  (void) data;
  self->ram->page_flags[2] |= MOS_PAGE_CODE;
  mos_memory_map_write (self->map, 0x1ffe, "wxyz", 4);
  g_assert_cmphex (self->code_gpa, ==, 0x2000);
  g_assert_cmphex (self->code_size, ==, 2);
}

static void
test_ram_limits (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosRam) small = mos_ram_new ("one byte", 1, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (small->size, ==, 4096);
  g_assert_null (mos_ram_new ("none", 0, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_clear_error (&error);
  g_assert_null (mos_ram_new ("vast", (64ull << 30) + 1, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
}

static void
test_ram_is_lazy (void)
{
  g_autoptr (MosRam) ram = mos_ram_new ("lazy", 64ull << 30, NULL);

  g_assert_nonnull (ram);
  g_assert_cmpuint (mos_ram_resident (ram), ==, 0);
  ram->hva[(64ull << 30) - 1] = 1;
  g_assert_cmpuint (mos_ram_resident (ram), <=, 1 << 22);
}

#define ADD(path, func) \
  g_test_add ("/memory/map/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("flat-list", test_flat_list);
  ADD ("borders", test_access_across_borders);
  ADD ("holes", test_holes);
  ADD ("shadow", test_shadow);
  ADD ("pointer", test_pointer);
  ADD ("dirty", test_dirty);
  ADD ("code-notice", test_code_notice);
  g_test_add_func ("/memory/ram/limits", test_ram_limits);
  g_test_add_func ("/memory/ram/lazy", test_ram_is_lazy);
  return g_test_run ();
}
