/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Text mode without firmware.
 *
 * A kernel that is started directly expects what a BIOS leaves: 80 columns and
 * 25 rows, colours, a font. The registers' reset values are that mode already;
 * colours are those of the EGA, and the font is looked for in the VGA BIOS
 * that the adapter has as its ROM (the glyph of character 1 finds it).
 */

#include <string.h>

#include "devices/video/vga-private.h"

#define GLYPHS       256
#define GLYPH_LINES  16
#define GLYPH_STRIDE 32
#define CELLS        0x4000u /* of the 32 KiB that text mode shows */

static const guint8 *
find_font (const MosVga *self)
{
  static const guint8 face[GLYPH_LINES] = { 0x00, 0x00, 0x7e, 0x81, 0xa5, 0x81,
                                            0x81, 0xbd, 0x99, 0x81, 0x81, 0x7e,
                                            0x00, 0x00, 0x00, 0x00 };
  const guint8       *end, *found;

  if (self->rom == NULL)
    return NULL;
  end = self->rom->hva + self->rom->size;
  found = memmem (self->rom->hva, self->rom->size, face, sizeof face);
  if (found == NULL || found - self->rom->hva < GLYPH_LINES ||
      end - found < (GLYPHS - 1) * GLYPH_LINES)
    return NULL;
  return found - GLYPH_LINES;
}

static void
load_font (MosVga *self, const guint8 *font)
{
  for (guint i = 0; i < GLYPHS; i++) {
    for (guint line = 0; line < GLYPH_LINES; line++)
      self->vram->hva[(i * GLYPH_STRIDE + line) * 4 + 2] =
          font[i * GLYPH_LINES + line];
  }
}

/* Colour n of 64: two thirds from its low bits, one third from its high. */
static void
load_colours (MosVga *self)
{
  for (guint i = 0; i < 64; i++) {
    for (guint c = 0; c < 3; c++)
      self->dac[i * 3 + c] =
          (guint8) ((i >> (2 - c) & 1) * 42 + (i >> (5 - c) & 1) * 21);
  }
  self->colours_changed = TRUE;
}

void
mos_vga_start_text (MosDevice *device)
{
  MosVga       *self = (MosVga *) device;
  const guint8 *font;

  mos_device_reset (device);
  g_mutex_lock (&device->lock);
  memset (self->vram->hva, 0, MOS_VGA_PLANE_BYTES * 4);
  font = find_font (self);
  if (font != NULL)
    load_font (self, font);
  load_colours (self);
  for (guint i = 0; i < CELLS; i++) {
    self->vram->hva[i * 8] = ' ';
    self->vram->hva[i * 8 + 1] = 0x07;
  }
  mos_vga_touch (self, 0, MOS_VGA_PLANE_BYTES * 4);
  self->attr_index = ATTR_INDEX_ON;
  g_mutex_unlock (&device->lock);
}
