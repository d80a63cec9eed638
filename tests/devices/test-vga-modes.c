/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Every kind of mode, painted and compared with pictures that were looked at.
 *
 * The checksums below stand for pictures that were checked by eye; set
 * MOS_TEST_PICTURES to a folder to see them again. A few pixels are also
 * asserted one by one, so that the reason of a difference is near.
 */

#include <glib.h>
#include <string.h>

#include "tests/devices/vga-rig.h"

static void
expect_picture (Rig *rig, const char *name, const char *wanted)
{
  g_autofree char *sum = picture (rig, name);

  if (g_strcmp0 (sum, wanted) != 0) {
    g_test_message ("%s is %s, not %s", name, sum, wanted);
    g_test_fail ();
  }
}

static void
print (Rig        *rig,
       guint       row,
       guint       column,
       guint       columns,
       const char *text,
       guint8      attribute)
{
  for (guint i = 0; text[i] != '\0'; i++) {
    guint at = 0xb8000 + ((row * columns) + column + i) * 2;

    poke8 (rig, at, (guint8) text[i]);
    poke8 (rig, at + 1, attribute);
  }
}

static void
test_text (void)
{
  Rig              rig;
  g_autofree char *text = NULL;
  MosTextScreen    cells;

  rig_init (&rig);
  set_mode (&rig, &modes[MODE_TEXT_80]);
  load_font (&rig, 0, FALSE);
  load_font (&rig, 0x4000, TRUE);
  for (guint i = 0; i < 256; i++) {
    guint at = 0xb8000 + ((2 + i / 64) * 80 + i % 64) * 2;

    poke8 (&rig, at, (guint8) i);
    poke8 (&rig, at + 1, (guint8) i);
  }
  print (&rig, 0, 0, 80, "Hello", 0x07);
  print (&rig, 24, 76, 80, "\xc4\xc4\xdb!", 0x1e);
  out16 (&rig, 0x3d4, 0x000e);
  out16 (&rig, 0x3d4, 0x050f);
  expect_picture (&rig, "text-80", "720x400 26bf8d99183eec68");
  g_assert_cmphex (pixel (&rig, 76 * 9 + 8, 24 * 16 + 8), ==, 0xffffff55);
  g_assert_cmphex (pixel (&rig, 78 * 9 + 8, 24 * 16 + 1), ==, 0xffffff55);
  g_assert_cmphex (pixel (&rig, 79 * 9 + 8, 24 * 16 + 8), ==, 0xff0000aa);
  g_assert_cmphex (pixel (&rig, 5 * 9 + 2, 14), ==, 0xffaaaaaa); /* cursor */

  text = mos_screen_text (rig.screen);
  g_assert_true (g_str_has_prefix (text, "Hello\n\n"));
  g_assert_true (g_str_has_suffix (text, "\u2500\u2500\u2588!"));
  mos_text_screen_init (&cells);
  mos_screen_read_text (rig.screen, &cells);
  g_assert_cmpuint (cells.columns, ==, 80);
  g_assert_cmpuint (cells.rows, ==, 25);
  g_assert_true (cells.cursor_visible);
  g_assert_cmpuint (cells.cursor_column, ==, 5);
  mos_text_screen_clear (&cells);

  /* The second font for bright characters. */
  out16 (&rig, 0x3c4, 0x0403);
  expect_picture (&rig, "text-two-fonts", "720x400 28bd27ddf2f1a9ee");
  out16 (&rig, 0x3c4, 0x0003);
  /* Blinking: after 16 frames characters with bit 7 are gone. */
  mos_clock_advance (rig.bus->clock, G_GINT64_CONSTANT (240000000));
  expect_picture (&rig, "text-blink", "720x400 08ca37e78270f352");
  /* Without blinking bit 7 is a bright background; 8 dots wide. */
  in8 (&rig, 0x3da);
  out8 (&rig, 0x3c0, 0x30);
  out8 (&rig, 0x3c0, 0x04);
  out16 (&rig, 0x3c4, 0x0101);
  expect_picture (&rig, "text-8-dots", "640x400 bf1ff7a5ee2559fc");
  /* Smooth scrolling and a split screen. */
  out16 (&rig, 0x3d4, 0x0508);
  out16 (&rig, 0x3d4, 0x0009 | 0x0f00);
  out16 (&rig, 0x3d4, 0x0007 | 0x0f00);
  out16 (&rig, 0x3d4, 0x6418);
  expect_picture (&rig, "text-split", "640x400 85f9cef50cb22d3b");
  rig_clear (&rig);
}

static void
test_text_40 (void)
{
  Rig rig;

  rig_init (&rig);
  set_mode (&rig, &modes[MODE_TEXT_40]);
  load_font (&rig, 0, FALSE);
  print (&rig, 3, 10, 40, "FORTY", 0x4f);
  expect_picture (&rig, "text-40", "360x400 168656e2c8a730d9");
  rig_clear (&rig);
}

static void
test_cga (void)
{
  Rig rig;

  rig_init (&rig);
  set_mode (&rig, &modes[MODE_CGA_4]);
  for (guint y = 0; y < 200; y++) {
    for (guint x = 0; x < 80; x++)
      poke8 (&rig, 0xb8000 + (y & 1) * 0x2000 + (y >> 1) * 80 + x,
             (guint8) (x < 20 ? 0x1b : x + y));
  }
  expect_picture (&rig, "cga-4", "320x200 a023195d18af0ba6");
  g_assert_cmphex (pixel (&rig, 0, 0), ==, pixel (&rig, 4, 1));
  set_mode (&rig, &modes[MODE_CGA_2]);
  for (guint y = 0; y < 200; y++) {
    for (guint x = 0; x < 80; x++)
      poke8 (&rig, 0xb8000 + (y & 1) * 0x2000 + (y >> 1) * 80 + x,
             (guint8) (x == y / 3 ? 0xff
                       : x == 79  ? 0x01
                                  : 0));
  }
  expect_picture (&rig, "cga-2", "640x200 399e615c8fb761e7");
  rig_clear (&rig);
}

/* A circle and bars through the bit mask and set/reset, as programs draw. */
static void
draw_planar (Rig *rig, guint width, guint height)
{
  out16 (rig, 0x3ce, 0x0205); /* write mode 2 */
  for (guint y = 0; y < height; y++) {
    for (guint x = 0; x < width; x++) {
      int    dx = (int) x - (int) width / 2;
      int    dy = (int) y - (int) height / 2;
      guint  at = 0xa0000 + y * width / 8 + x / 8;
      guint8 colour = (guint8) (x * 16 / width);

      if (dx * dx + dy * dy < (int) (height * height) / 9)
        colour ^= 0x0f;
      out16 (rig, 0x3ce, (guint16) (0x8000 >> (x & 7) | 0x08));
      peek8 (rig, at);
      poke8 (rig, at, colour);
    }
  }
  out16 (rig, 0x3ce, 0xff08);
  out16 (rig, 0x3ce, 0x0005);
}

static void
test_planar (void)
{
  Rig rig;

  rig_init (&rig);
  set_mode (&rig, &modes[MODE_EGA_320]);
  draw_planar (&rig, 320, 200);
  expect_picture (&rig, "ega-320", "320x200 b1ce0757b7e60086");
  /* Panned by three dots, and the lower part split off. */
  in8 (&rig, 0x3da);
  out8 (&rig, 0x3c0, 0x33);
  out8 (&rig, 0x3c0, 0x03);
  out8 (&rig, 0x3c0, 0x30);
  out8 (&rig, 0x3c0, 0x21);
  out16 (&rig, 0x3d4, 0x0007 | 0x0f00);
  out16 (&rig, 0x3d4, 0x0009 | 0x8000);
  out16 (&rig, 0x3d4, 0x0018 | 0xc700);
  expect_picture (&rig, "ega-split", "320x200 02bcca4c10d14145");
  set_mode (&rig, &modes[MODE_VGA_640]);
  draw_planar (&rig, 640, 480);
  expect_picture (&rig, "vga-640", "640x480 3ca72ec47396dff7");
  rig_clear (&rig);
}

static void
test_256 (void)
{
  Rig rig;

  rig_init (&rig);
  set_mode (&rig, &modes[MODE_13H]);
  for (guint y = 0; y < 200; y++) {
    for (guint x = 0; x < 320; x++)
      poke8 (&rig, 0xa0000 + y * 320 + x, (guint8) (x * y / 64));
  }
  expect_picture (&rig, "mode-13h", "320x200 f07f1a71d38ca35c");
  g_assert_cmpuint (peek8 (&rig, 0xa0000 + 100 * 320 + 64), ==, 100);
  set_mode (&rig, &modes[MODE_X]);
  for (guint plane = 0; plane < 4; plane++) {
    out8 (&rig, 0x3c4, 2);
    out8 (&rig, 0x3c5, (guint8) (1 << plane));
    for (guint y = 0; y < 240; y++) {
      for (guint x = 0; x < 80; x++) {
        guint dx = x * 4 + plane;

        poke8 (&rig, 0xa0000 + y * 80 + x,
               (guint8) ((dx - 160) * (dx - 160) / 100 +
                         (y - 120) * (y - 120) / 100));
      }
    }
  }
  expect_picture (&rig, "mode-x", "320x240 2ab25163e18343bf");
  rig_clear (&rig);
}

static void
test_linear (void)
{
  static const struct {
    guint       bits;
    const char *name;
    const char *sum;
  } depths[] = {
    { 8, "linear-8", "800x600 fcd4eb256068f0ee" },
    { 15, "linear-15", "800x600 76949ab05a911709" },
    { 16, "linear-16", "800x600 a367a5ddf57923f6" },
    { 24, "linear-24", "800x600 1a88b6f093ef4776" },
    { 32, "linear-32", "800x600 1a88b6f093ef4776" },
  };
  Rig rig;

  rig_init (&rig);
  set_mode (&rig, &modes[MODE_13H]); /* for its colours */
  mos_pci_bus_config_write (rig.pci, MOS_PCI_DEVFN (2, 0), MOS_PCI_BAR0,
                            0xe0000000u, 4);
  mos_pci_bus_config_write (rig.pci, MOS_PCI_DEVFN (2, 0), MOS_PCI_COMMAND, 3,
                            2);
  for (guint i = 0; i < G_N_ELEMENTS (depths); i++) {
    guint bytes = (depths[i].bits + 1) / 8;

    vbe (&rig, 4, 0);
    vbe (&rig, 1, 800);
    vbe (&rig, 2, 600);
    vbe (&rig, 3, (guint16) depths[i].bits);
    vbe (&rig, 4, 0x41);
    for (guint y = 0; y < 600; y++) {
      g_autofree guint8 *row = g_malloc0 (800 * bytes + 4);

      for (guint x = 0; x < 800; x++) {
        guint   r = x * 255 / 799, g = y * 255 / 599, b = (x + y) & 255;
        guint32 value = r << 16 | g << 8 | b;

        if (bytes == 1)
          value = x / 4 + y;
        else if (depths[i].bits == 15)
          value = r >> 3 << 10 | g >> 3 << 5 | b >> 3;
        else if (bytes == 2)
          value = r >> 3 << 11 | g >> 2 << 5 | b >> 3;
        value = GUINT32_TO_LE (value);
        memcpy (row + x * bytes, &value, bytes);
      }
      mos_memory_map_write (rig.bus->memory, 0xe0000000u + y * 800 * bytes, row,
                            800 * bytes);
    }
    expect_picture (&rig, depths[i].name, depths[i].sum);
  }
  /* Panning in a larger virtual screen. */
  vbe (&rig, 6, 1024);
  vbe (&rig, 8, 100);
  vbe (&rig, 9, 50);
  g_assert_cmphex (
      pixel (&rig, 0, 0), ==,
      0xff000000u | (mos_memory_map_read_u32 (
                         rig.bus->memory, 0xe0000000u + (50 * 1024 + 100) * 4) &
                     0xffffff));
  rig_clear (&rig);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vga-modes/text", test_text);
  g_test_add_func ("/vga-modes/text-40", test_text_40);
  g_test_add_func ("/vga-modes/cga", test_cga);
  g_test_add_func ("/vga-modes/planar", test_planar);
  g_test_add_func ("/vga-modes/256", test_256);
  g_test_add_func ("/vga-modes/linear", test_linear);
  return g_test_run ();
}
