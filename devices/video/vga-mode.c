/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the registers mean: size, kind and addresses of the picture.
 *
 * The CRTC counts characters; a counter becomes an address by word or
 * doubleword mode and by the scan line's bits (the CGA's interlaced banks).
 * All of it is data from the guest: whatever the registers hold, sizes stay
 * within the canvas and addresses within the planes.
 *
 * Manual: IBM PS/2 Hardware Interface Technical Reference, "CRT Controller".
 */

#include <string.h>

#include "devices/video/vga-private.h"

#define MONITOR_ASPECT (4.0 / 3.0)
#define NS_PER_S       G_GINT64_CONSTANT (1000000000)

static guint
bit (guint value, guint from, guint to)
{
  return (value >> from & 1) << to;
}

static guint
shown_lines (const MosVga *self)
{
  guint overflow = self->crtc[CRTC_OVERFLOW];

  return (self->crtc[CRTC_V_END] | bit (overflow, 1, 8) |
          bit (overflow, 6, 9)) +
         1;
}

static guint
line_compare (const MosVga *self)
{
  return self->crtc[CRTC_LINE_COMPARE] | bit (self->crtc[CRTC_OVERFLOW], 4, 8) |
         bit (self->crtc[CRTC_MAX_SCAN], 6, 9);
}

static MosVgaKind
legacy_kind (const MosVga *self)
{
  if ((self->gfx[GFX_MISC] & GFX_MISC_GRAPHICS) == 0)
    return MOS_VGA_TEXT;
  if ((self->gfx[GFX_MODE] & GFX_MODE_256) != 0)
    return MOS_VGA_PACKED;
  if ((self->gfx[GFX_MODE] & GFX_MODE_INTERLEAVE) != 0)
    return MOS_VGA_INTERLEAVED;
  return MOS_VGA_PLANAR;
}

static void
get_addressing (const MosVga *self, MosVgaMode *mode)
{
  guint control = self->crtc[CRTC_MODE];
  guint preset = self->crtc[CRTC_PRESET_ROW];

  mode->start = self->crtc[CRTC_START_HIGH] << 8 | self->crtc[CRTC_START_LOW];
  mode->start += preset >> 5 & 3;
  mode->pitch = self->crtc[CRTC_OFFSET] * 2u;
  mode->row_lines = (self->crtc[CRTC_MAX_SCAN] & 0x1f) + 1u;
  mode->preset_row = preset & 0x1f;
  mode->line_compare = line_compare (self);
  mode->pan_split = (self->attr[ATTR_MODE] & ATTR_MODE_PAN_SPLIT) != 0;
  mode->map13 = (control & CRTC_MODE_MAP13) == 0;
  mode->map14 = (control & CRTC_MODE_MAP14) == 0;
  mode->plane_mask = self->attr[ATTR_PLANES] & 0x0f;
  mode->address_mask = MOS_VGA_PLANE_BYTES - 1;
  mode->wrap_bit = (control & CRTC_MODE_WRAP) != 0 ? 15 : 13;
  /* Chained memory is kept close together, so its doublewords are in a row. */
  if ((self->crtc[CRTC_UNDERLINE] & CRTC_UNDERLINE_DWORD) != 0)
    mode->shift = (self->seq[SEQ_MEMORY] & SEQ_MEMORY_CHAIN4) != 0 ? 0 : 2;
  else
    mode->shift = (control & CRTC_MODE_BYTE) != 0 ? 0 : 1;
}

static void
get_text (const MosVga *self, MosVgaMode *mode)
{
  guint fonts = self->seq[SEQ_CHAR_MAP];
  guint skew = self->crtc[CRTC_CURSOR_END] >> 5 & 3;
  guint pan = self->attr[ATTR_PAN] & 0x0f;

  mode->cell_width = (self->seq[SEQ_CLOCK] & SEQ_CLOCK_8_DOTS) != 0 ? 8 : 9;
  mode->width = mode->columns * mode->cell_width;
  mode->rows = (mode->height + mode->row_lines - 1) / mode->row_lines;
  mode->blinks = (self->attr[ATTR_MODE] & ATTR_MODE_BLINK) != 0;
  mode->line_graphics = (self->attr[ATTR_MODE] & ATTR_MODE_LINE_GRAPHICS) != 0;
  mode->underline = self->crtc[CRTC_UNDERLINE] & 0x1f;
  mode->fonts[0] = (fonts & 3) << 14 | bit (fonts, 4, 13);
  mode->fonts[1] = (fonts >> 2 & 3) << 14 | bit (fonts, 5, 13);
  mode->cursor_first = self->crtc[CRTC_CURSOR_START] & 0x1f;
  mode->cursor_last = self->crtc[CRTC_CURSOR_END] & 0x1f;
  mode->cursor = (self->crtc[CRTC_CURSOR_START] & CRTC_CURSOR_OFF) == 0 &&
                 mode->cursor_first <= mode->cursor_last;
  mode->cursor_at =
      (self->crtc[CRTC_CURSOR_HIGH] << 8 | self->crtc[CRTC_CURSOR_LOW]) + skew;
  mode->cursor_at &= 0xffff;
  if (mode->cell_width == 9)
    mode->pan = pan >= 8 ? 0 : pan + 1;
  else
    mode->pan = pan & 7;
}

static void
get_graphics (const MosVga *self, MosVgaMode *mode)
{
  guint pan = self->attr[ATTR_PAN] & 0x0f;

  if (mode->kind == MOS_VGA_PACKED) {
    mode->width = mode->columns * 4;
    mode->pan = pan >> 1 & 3;
  } else {
    mode->width = mode->columns * 8;
    mode->pan = pan & 7;
  }
}

static void
get_legacy (const MosVga *self, MosVgaMode *mode)
{
  gboolean twice = (self->crtc[CRTC_MAX_SCAN] & CRTC_MAX_SCAN_DOUBLE) != 0;

  mode->kind = legacy_kind (self);
  get_addressing (self, mode);
  mode->unit = twice ? 2 : 1;
  /* Where all lines of a row are the same, one of them is enough. */
  if (mode->kind != MOS_VGA_TEXT && !mode->map13 && !mode->map14) {
    mode->unit *= mode->row_lines;
    mode->preset_row = 0;
  }
  mode->columns = self->crtc[CRTC_H_END] + 1u;
  mode->height = MAX (shown_lines (self) / mode->unit, 1);
  if (mode->kind == MOS_VGA_TEXT)
    get_text (self, mode);
  else
    get_graphics (self, mode);
  mode->pixel_aspect = MONITOR_ASPECT * mode->height / mode->width;
}

static void
get_vbe (const MosVga *self, MosVgaMode *mode)
{
  guint64 bytes;

  mode->kind = MOS_VGA_LINEAR;
  mode->width = self->vbe[VBE_WIDTH];
  mode->height = self->vbe[VBE_HEIGHT];
  mode->pixel_aspect = 1.0;
  mode->bits = self->vbe[VBE_BPP];
  if (mode->bits == 4) {
    mode->kind = MOS_VGA_PLANAR;
    mode->columns = mode->width / 8;
    mode->pitch = self->vbe[VBE_VIRTUAL_WIDTH] / 8u;
    mode->start = self->vbe[VBE_Y] * mode->pitch + self->vbe[VBE_X] / 8u;
    mode->pan = self->vbe[VBE_X] & 7;
    mode->unit = mode->row_lines = 1;
    mode->line_compare = G_MAXUINT;
    mode->plane_mask = self->attr[ATTR_PLANES] & 0x0f;
    mode->address_mask = MOS_VGA_VRAM_BYTES / 4 - 1;
    return;
  }
  bytes = (mode->bits + 1) / 8;
  mode->linear_pitch = self->vbe[VBE_VIRTUAL_WIDTH] * bytes;
  mode->linear_start =
      self->vbe[VBE_Y] * mode->linear_pitch + self->vbe[VBE_X] * bytes;
}

void
mos_vga_get_mode (const MosVga *self, MosVgaMode *mode)
{
  memset (mode, 0, sizeof *mode);
  if (mos_vga_vbe_on (self))
    get_vbe (self, mode);
  else
    get_legacy (self, mode);
  if ((self->attr_index & ATTR_INDEX_ON) == 0 ||
      (self->seq[SEQ_CLOCK] & SEQ_CLOCK_OFF) != 0)
    mode->kind = MOS_VGA_BLANK;
}

guint
mos_vga_address (const MosVgaMode *mode, guint counter, guint line)
{
  guint address = counter;

  if (mode->shift == 1)
    address = counter << 1 | (counter >> mode->wrap_bit & 1);
  else if (mode->shift == 2)
    address = counter << 2 | (counter >> 14 & 3);
  if (mode->map13)
    address = (address & ~(1u << 13)) | (line & 1) << 13;
  if (mode->map14)
    address = (address & ~(1u << 14)) | (line >> 1 & 1) << 14;
  return address & mode->address_mask;
}

MosVgaLine
mos_vga_line (const MosVgaMode *mode, guint y)
{
  MosVgaLine result = { 0 };
  guint      scan = y * mode->unit;
  guint      counter = mode->start;
  guint      twice, index;

  /* Scan lines of one counted line; see get_legacy() for the unit. */
  twice = mode->unit;
  if (mode->kind != MOS_VGA_TEXT && !mode->map13 && !mode->map14)
    twice = mode->unit / mode->row_lines;
  if (scan > mode->line_compare) {
    scan -= mode->line_compare + 1;
    counter = 0;
    result.below = TRUE;
    index = scan / twice;
  } else {
    index = scan / twice + mode->preset_row;
  }
  result.line = index % mode->row_lines;
  result.counter = counter + index / mode->row_lines * mode->pitch;
  return result;
}

void
mos_vga_timing (const MosVga *self,
                gint64       *line_ns,
                gint64       *shown_ns,
                guint        *lines,
                guint        *shown,
                guint        *sync_line)
{
  guint  overflow = self->crtc[CRTC_OVERFLOW];
  guint  dots = (self->seq[SEQ_CLOCK] & SEQ_CLOCK_8_DOTS) != 0 ? 8 : 9;
  gint64 hz = (self->misc >> 2 & 3) == 1 ? 28322000 : 25175000;
  gint64 total = (self->crtc[CRTC_H_TOTAL] + 5) * dots;
  gint64 active = (self->crtc[CRTC_H_END] + 1) * dots;

  if ((self->seq[SEQ_CLOCK] & SEQ_CLOCK_HALF) != 0)
    hz /= 2;
  *shown = shown_lines (self);
  *lines =
      (self->crtc[CRTC_V_TOTAL] | bit (overflow, 0, 8) | bit (overflow, 5, 9)) +
      2;
  *sync_line = self->crtc[CRTC_V_SYNC_START] | bit (overflow, 2, 8) |
               bit (overflow, 7, 9);
  if (mos_vga_vbe_on (self)) {
    *shown = self->vbe[VBE_HEIGHT];
    *lines = *shown + *shown / 20 + 4;
    *sync_line = *shown + 1;
    total = hz / 60 / *lines + 1;
    active = total * 4 / 5;
  }
  /* A frame always has a retrace, whatever the registers say. */
  *lines = MAX (*lines, 8);
  *shown = MIN (*shown, *lines - 4);
  if (*sync_line < *shown || *sync_line + 2 > *lines)
    *sync_line = *lines - 3;
  *line_ns = MAX (NS_PER_S * total / hz, 1000);
  *shown_ns = MIN (NS_PER_S * active / hz, *line_ns * 9 / 10);
}
