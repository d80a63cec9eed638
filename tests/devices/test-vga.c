/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The display adapter's registers and memory as drivers use them, and that
 * painting what changed gives the same picture as painting everything.
 */

#include <glib.h>
#include <string.h>

#include "devices/video/vga-private.h"
#include "tests/devices/vga-rig.h"

#define DEVFN    MOS_PCI_DEVFN (2, 0)
#define BAR_GPA  0xe0000000u
#define MMIO_GPA 0xe2000000u

static void
map_bars (Rig *rig)
{
  mos_pci_bus_config_write (rig->pci, DEVFN, MOS_PCI_BAR0, BAR_GPA, 4);
  mos_pci_bus_config_write (rig->pci, DEVFN, MOS_PCI_BAR0 + 8, MMIO_GPA, 4);
  mos_pci_bus_config_write (rig->pci, DEVFN, MOS_PCI_COMMAND, 3, 2);
}

static void
gfx (Rig *rig, guint index, guint8 value)
{
  out16 (rig, 0x3ce, (guint16) (index | value << 8));
}

/* The byte of each plane at @offset, plane 3 in the top byte. */
static guint32
planes (Rig *rig, guint offset)
{
  guint32 all = 0;

  for (guint plane = 0; plane < 4; plane++) {
    gfx (rig, 4, (guint8) plane);
    all |= (guint32) peek8 (rig, 0xa0000 + offset) << (plane * 8);
  }
  return all;
}

static void
test_write_modes (void)
{
  Rig rig;

  rig_init (&rig);
  set_mode (&rig, &modes[MODE_VGA_640]);
  poke8 (&rig, 0xa0010, 0xc3);
  g_assert_cmphex (planes (&rig, 0x10), ==, 0xc3c3c3c3);
  /* Only planes of the map mask. */
  out16 (&rig, 0x3c4, 0x0502);
  poke8 (&rig, 0xa0010, 0x0f);
  g_assert_cmphex (planes (&rig, 0x10), ==, 0xc30fc30f);
  out16 (&rig, 0x3c4, 0x0f02);
  /* Set/reset for two planes, rotation for the others. */
  gfx (&rig, 0, 0x01);
  gfx (&rig, 1, 0x03);
  gfx (&rig, 3, 0x04);
  poke8 (&rig, 0xa0011, 0x12);
  g_assert_cmphex (planes (&rig, 0x11), ==, 0x212100ff);
  gfx (&rig, 1, 0);
  gfx (&rig, 3, 0);
  /* The bit mask takes the rest from the latches; xor. */
  peek8 (&rig, 0xa0010);
  gfx (&rig, 8, 0xf0);
  poke8 (&rig, 0xa0012, 0xff);
  g_assert_cmphex (planes (&rig, 0x12), ==, 0xf3fff3ff);
  gfx (&rig, 8, 0xff);
  gfx (&rig, 3, 0x18);
  peek8 (&rig, 0xa0010);
  poke8 (&rig, 0xa0013, 0xff);
  g_assert_cmphex (planes (&rig, 0x13), ==, 0x3cf03cf0);
  gfx (&rig, 3, 0);
  /* Mode 1 copies the latches, mode 2 spreads a colour. */
  gfx (&rig, 5, 1);
  peek8 (&rig, 0xa0010);
  poke8 (&rig, 0xa0014, 0);
  g_assert_cmphex (planes (&rig, 0x14), ==, 0xc30fc30f);
  gfx (&rig, 5, 2);
  gfx (&rig, 8, 0x81);
  peek8 (&rig, 0xa0015);
  poke8 (&rig, 0xa0015, 0x0a);
  g_assert_cmphex (planes (&rig, 0x15), ==, 0x81008100);
  /* Mode 3: the value is one more mask. */
  gfx (&rig, 5, 3);
  gfx (&rig, 0, 0x0c);
  gfx (&rig, 8, 0x3c);
  peek8 (&rig, 0xa0016);
  poke8 (&rig, 0xa0016, 0xf0);
  g_assert_cmphex (planes (&rig, 0x16), ==, 0x30300000);
  /* Read mode 1 finds a colour, planes that do not matter left out. */
  gfx (&rig, 5, 8);
  gfx (&rig, 2, 0x0a);
  gfx (&rig, 7, 0x0f);
  g_assert_cmphex (peek8 (&rig, 0xa0015), ==, 0x81);
  gfx (&rig, 2, 0x02);
  gfx (&rig, 7, 0x07);
  g_assert_cmphex (peek8 (&rig, 0xa0015), ==, 0x81);
  gfx (&rig, 7, 0x00);
  g_assert_cmphex (peek8 (&rig, 0xa0015), ==, 0xff);
  rig_clear (&rig);
}

static void
test_addressing (void)
{
  Rig rig;

  rig_init (&rig);
  set_mode (&rig, &modes[MODE_TEXT_80]);
  poke8 (&rig, 0xb8000, 'A');
  poke8 (&rig, 0xb8001, 0x1e);
  g_assert_cmphex (peek8 (&rig, 0xb8001), ==, 0x1e);
  g_assert_cmphex (peek8 (&rig, 0xa0000), ==, 0xff); /* not mapped there */
  /* Odd and even bytes lie in two planes at even addresses. */
  out16 (&rig, 0x3c4, 0x0604);
  gfx (&rig, 5, 0);
  gfx (&rig, 6, 0x04);
  g_assert_cmphex (planes (&rig, 0) & 0xffff, ==, 0x1e41);
  /* Chain-4: four neighbours, one in each plane. */
  set_mode (&rig, &modes[MODE_13H]);
  for (guint i = 0; i < 4; i++)
    poke8 (&rig, 0xa0004 + i, (guint8) (0x10 + i));
  out16 (&rig, 0x3c4, 0x0604);
  g_assert_cmphex (planes (&rig, 1), ==, 0x13121110);
  /* With the RAM switched off nobody answers. */
  out8 (&rig, 0x3c2, 0x61);
  g_assert_cmphex (peek8 (&rig, 0xa0004), ==, 0xff);
  rig_clear (&rig);
}

/* In mode 13h the window is memory; with another map mask it is not. */
static void
test_flat (void)
{
  MosMemoryRange range;
  Rig            rig;

  rig_init (&rig);
  set_mode (&rig, &modes[MODE_13H]);
  g_assert_true (mos_memory_map_find (rig.bus->memory, 0xa1000, &range));
  g_assert_cmpint (range.kind, ==, MOS_MEMORY_RAM);
  poke8 (&rig, 0xa0005, 0x28);
  g_assert_cmphex (pixel (&rig, 5, 0), ==, pixel (&rig, 5, 0));
  out16 (&rig, 0x3c4, 0x0102);
  g_assert_true (mos_memory_map_find (rig.bus->memory, 0xa1000, &range));
  g_assert_cmpint (range.kind, ==, MOS_MEMORY_IO);
  g_assert_cmphex (peek8 (&rig, 0xa0005), ==, 0x28);
  poke8 (&rig, 0xa0005, 0x77);
  g_assert_cmphex (peek8 (&rig, 0xa0005), ==, 0x28);
  out16 (&rig, 0x3c4, 0x0f02);
  g_assert_true (mos_memory_map_find (rig.bus->memory, 0xa1000, &range));
  g_assert_cmpint (range.kind, ==, MOS_MEMORY_RAM);
  rig_clear (&rig);
}

static void
test_ports (void)
{
  Rig rig;

  rig_init (&rig);
  set_mode (&rig, &modes[MODE_TEXT_80]);
  /* Protected CRTC registers, all but line compare's bit. */
  out16 (&rig, 0x3d4, 0x8e11);
  out16 (&rig, 0x3d4, 0x1200);
  out8 (&rig, 0x3d4, 0x00);
  g_assert_cmphex (in8 (&rig, 0x3d5), ==, 0x5f);
  out16 (&rig, 0x3d4, 0x0007);
  out8 (&rig, 0x3d4, 0x07);
  g_assert_cmphex (in8 (&rig, 0x3d5), ==, 0x0f);
  /* The attribute port counts from status 1. */
  in8 (&rig, 0x3da);
  out8 (&rig, 0x3c0, 0x33);
  out8 (&rig, 0x3c0, 0x05);
  g_assert_cmphex (in8 (&rig, 0x3c0), ==, 0x33);
  g_assert_cmphex (in8 (&rig, 0x3c1), ==, 0x05);
  out8 (&rig, 0x3c0, 0x3f); /* an index beyond the last */
  in8 (&rig, 0x3da);
  out8 (&rig, 0x3c0, 0x3f);
  out8 (&rig, 0x3c0, 0x55);
  g_assert_cmphex (in8 (&rig, 0x3c1), ==, 0);
  /* Monochrome ports only when asked for. */
  g_assert_cmphex (in8 (&rig, 0x3b4), ==, 0xff);
  out8 (&rig, 0x3c2, 0x66);
  g_assert_cmphex (in8 (&rig, 0x3cc), ==, 0x66);
  g_assert_cmphex (in8 (&rig, 0x3d4), ==, 0xff);
  out8 (&rig, 0x3b4, 0x0f);
  g_assert_cmphex (in8 (&rig, 0x3b4), ==, 0x0f);
  rig_clear (&rig);
}

static void
test_dac (void)
{
  Rig rig;

  rig_init (&rig);
  out8 (&rig, 0x3c8, 254);
  for (guint i = 0; i < 9; i++)
    out8 (&rig, 0x3c9, (guint8) (i + 60));
  out8 (&rig, 0x3c7, 254);
  g_assert_cmphex (in8 (&rig, 0x3c7), ==, 3);
  for (guint i = 0; i < 9; i++)
    g_assert_cmpuint (in8 (&rig, 0x3c9), ==, (i + 60) & 0x3f);
  /* Eight bits with VBE: colours keep their look. */
  vbe (&rig, 4, 0x20);
  out8 (&rig, 0x3c7, 254);
  g_assert_cmpuint (in8 (&rig, 0x3c9), ==, 60 << 2);
  out8 (&rig, 0x3c8, 1);
  out8 (&rig, 0x3c9, 0xab);
  out8 (&rig, 0x3c9, 0xcd);
  out8 (&rig, 0x3c9, 0xef);
  out8 (&rig, 0x3c7, 1);
  g_assert_cmphex (in8 (&rig, 0x3c9), ==, 0xab);
  rig_clear (&rig);
}

static guint16
vbe_get (Rig *rig, guint index)
{
  out16 (rig, 0x1ce, (guint16) index);
  return (guint16) mos_bus_port_read (rig->bus, 0x1cf, 2);
}

static void
test_vbe (void)
{
  Rig rig;

  rig_init (&rig);
  map_bars (&rig);
  g_assert_cmphex (vbe_get (&rig, 0), ==, 0xb0c5);
  vbe (&rig, 0, 0xb0c0);
  g_assert_cmphex (vbe_get (&rig, 0), ==, 0xb0c0);
  vbe (&rig, 0, 0x1234);
  g_assert_cmphex (vbe_get (&rig, 0), ==, 0xb0c0);
  vbe (&rig, 4, 2);
  g_assert_cmpuint (vbe_get (&rig, 1), ==, 2560);
  g_assert_cmpuint (vbe_get (&rig, 2), ==, 1600);
  g_assert_cmpuint (vbe_get (&rig, 3), ==, 32);
  g_assert_cmpuint (vbe_get (&rig, 10), ==, 256);
  vbe (&rig, 4, 0);
  vbe (&rig, 1, 9999);
  vbe (&rig, 1, 1024);
  vbe (&rig, 2, 768);
  vbe (&rig, 3, 7);
  vbe (&rig, 3, 32);
  mos_memory_map_write_u32 (rig.bus->memory, BAR_GPA, 0x123456);
  vbe (&rig, 4, 0xc1);
  g_assert_cmphex (mos_memory_map_read_u32 (rig.bus->memory, BAR_GPA), ==,
                   0x123456);
  vbe (&rig, 4, 0);
  vbe (&rig, 4, 0x41);
  g_assert_cmphex (mos_memory_map_read_u32 (rig.bus->memory, BAR_GPA), ==, 0);
  g_assert_cmpuint (vbe_get (&rig, 6), ==, 1024);
  g_assert_cmpuint (vbe_get (&rig, 7), ==, 4096);
  vbe (&rig, 1, 640); /* not while it is on */
  g_assert_cmpuint (vbe_get (&rig, 1), ==, 1024);
  vbe (&rig, 6, 2048);
  g_assert_cmpuint (vbe_get (&rig, 7), ==, 2048);
  vbe (&rig, 8, 5000);
  vbe (&rig, 9, 5000);
  g_assert_cmpuint (vbe_get (&rig, 8), ==, 1024);
  g_assert_cmpuint (vbe_get (&rig, 9), ==, 2048 - 768);
  vbe (&rig, 6, 16384); /* too wide for the height */
  g_assert_cmpuint (vbe_get (&rig, 6), ==, 2048);
  out8 (&rig, 0x3c0, 0x20);
  vbe (&rig, 8, 0);
  vbe (&rig, 9, 0);
  /* The bank shows through the window, the registers in BAR 2. */
  vbe (&rig, 5, 3);
  poke8 (&rig, 0xa0010, 0x5c);
  g_assert_cmphex (mos_memory_map_read_u8 (rig.bus->memory, BAR_GPA + 0x30010),
                   ==, 0x5c);
  g_assert_cmphex (pixel (&rig, 4, 24), ==, 0xff00005c);
  vbe (&rig, 5, 4);
  poke8 (&rig, 0xa0010, 0x5d);
  g_assert_cmphex (pixel (&rig, 4, 32), ==, 0xff00005d);
  vbe (&rig, 5, 3);
  g_assert_cmphex (peek8 (&rig, 0xa0010), ==, 0x5c);
  vbe (&rig, 5, 256);
  g_assert_cmpuint (vbe_get (&rig, 5), ==, 3);
  g_assert_cmpuint (mos_memory_map_read_u16 (rig.bus->memory, MMIO_GPA + 0x502),
                    ==, 1024);
  mos_memory_map_write_u16 (rig.bus->memory, MMIO_GPA + 0x508, 0);
  g_assert_cmpuint (vbe_get (&rig, 4), ==, 0);
  mos_memory_map_write_u8 (rig.bus->memory, MMIO_GPA + 0x406, 0x7f);
  g_assert_cmphex (in8 (&rig, 0x3c6), ==, 0x7f);
  rig_clear (&rig);
}

static void
test_edid (void)
{
  Rig    rig;
  guint8 edid[128];
  guint8 sum = 0;

  rig_init (&rig);
  map_bars (&rig);
  mos_memory_map_read (rig.bus->memory, MMIO_GPA, edid, sizeof edid);
  for (guint i = 0; i < sizeof edid; i++)
    sum = (guint8) (sum + edid[i]);
  g_assert_cmpuint (sum, ==, 0);
  g_assert_cmphex (edid[1], ==, 0xff);
  g_assert_cmpuint (edid[56] | (edid[58] & 0xf0u) << 4, ==, 1024);
  g_assert_cmpuint (edid[59] | (edid[61] & 0xf0u) << 4, ==, 768);
  rig_clear (&rig);
}

/* A program that counts vertical retraces sees 70 a second in text mode. */
static void
test_retrace (void)
{
  Rig      rig;
  guint    retraces = 0, blanks = 0;
  gboolean before = FALSE;

  rig_init (&rig);
  set_mode (&rig, &modes[MODE_TEXT_80]);
  for (gint64 now = 0; now < G_GINT64_CONSTANT (1000000000); now += 10000) {
    guint8   status;
    gboolean retrace;

    mos_clock_advance (rig.bus->clock, now);
    status = in8 (&rig, 0x3da);
    retrace = (status & 8) != 0;
    retraces += retrace && !before;
    blanks += status & 1;
    g_assert_true (!retrace || (status & 1) != 0);
    before = retrace;
  }
  g_assert_cmpuint (retraces, >=, 69);
  g_assert_cmpuint (retraces, <=, 71);
  g_assert_cmpuint (blanks, >, 15000);
  g_assert_cmpuint (blanks, <, 50000);
  rig_clear (&rig);
}

static void
test_state (void)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  Rig              rig, other;

  rig_init (&rig);
  rig_init (&other);
  set_mode (&rig, &modes[MODE_X]);
  for (guint i = 0; i < 19200; i++)
    poke8 (&rig, 0xa0000 + i, (guint8) (i * 7 >> 3));
  before = picture (&rig, "state-before");
  state = mos_device_save (rig.vga);
  /* Memory is saved with the machine's, not with the device. */
  g_assert_cmpuint (g_variant_get_size (state), <, 16384);
  memcpy (((MosVga *) other.vga)->vram->hva, ((MosVga *) rig.vga)->vram->hva,
          MOS_VGA_VRAM_BYTES);
  mos_device_load (other.vga, state, &error);
  g_assert_no_error (error);
  after = picture (&other, "state-after");
  g_assert_cmpstr (before, ==, after);
  rig_clear (&other);
  rig_clear (&rig);
}

/* Random work in a mode, painted as it goes, then painted anew. */
static void
check_incremental (Rig *rig, GRand *random, guint base, guint bytes)
{
  for (guint round = 0; round < 20; round++) {
    g_autofree char *some = NULL;
    g_autofree char *all = NULL;
    guint            n = (guint) g_rand_int_range (random, 0, 40);

    for (guint i = 0; i < n; i++)
      poke8 (rig, base + (guint) g_rand_int_range (random, 0, (gint) bytes),
             (guint8) g_rand_int (random));
    if (round % 5 == 4) {
      out8 (rig, 0x3c8, (guint8) g_rand_int (random));
      for (guint i = 0; i < 3; i++)
        out8 (rig, 0x3c9, (guint8) g_rand_int (random));
    }
    if (round % 4 == 3)
      out16 (rig, 0x3d4,
             (guint16) (0x0d | g_rand_int_range (random, 0, 256) << 8));
    if (round % 3 == 2)
      out16 (rig, 0x3d4,
             (guint16) (0x0f | g_rand_int_range (random, 0, 256) << 8));
    some = picture (rig, "incremental");
    mos_screen_set_source (rig->screen, NULL, NULL);
    mos_screen_set_source (rig->screen, &mos_vga_screen_source, rig->vga);
    all = picture (rig, "whole");
    g_assert_cmpstr (some, ==, all);
  }
}

static void
test_incremental (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (guint i = 0; i < N_MODES; i++) {
    gboolean text = i == MODE_TEXT_80 || i == MODE_TEXT_40;
    gboolean low = text || i == MODE_CGA_2 || i == MODE_CGA_4;
    Rig      rig;

    rig_init (&rig);
    set_mode (&rig, &modes[i]);
    if (text)
      load_font (&rig, 0, FALSE);
    check_incremental (&rig, random, low ? 0xb8000 : 0xa0000,
                       low ? 0x8000 : 0x10000);
    rig_clear (&rig);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vga/write-modes", test_write_modes);
  g_test_add_func ("/vga/addressing", test_addressing);
  g_test_add_func ("/vga/flat", test_flat);
  g_test_add_func ("/vga/ports", test_ports);
  g_test_add_func ("/vga/dac", test_dac);
  g_test_add_func ("/vga/vbe", test_vbe);
  g_test_add_func ("/vga/edid", test_edid);
  g_test_add_func ("/vga/retrace", test_retrace);
  g_test_add_func ("/vga/state", test_state);
  g_test_add_func ("/vga/incremental", test_incremental);
  return g_test_run ();
}
