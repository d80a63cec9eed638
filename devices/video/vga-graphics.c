/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Graphics modes: video memory to pixels, line by line.
 *
 * Every page of video memory has a bit that says whether it was written since
 * the last painting; a line is painted again when one of the pages it is made
 * from was. Lines next to each other become one rectangle of damage.
 */

#include <string.h>

#include "devices/video/vga-private.h"

#define WORD_BITS (8 * sizeof (gulong))

static gboolean
is_dirty (const MosVga *self, gsize offset, gsize size)
{
  gsize first = offset >> MOS_PAGE_SHIFT;
  gsize last = (offset + size - 1) >> MOS_PAGE_SHIFT;

  for (gsize page = first; page <= last; page++) {
    if ((self->dirty[page / WORD_BITS] >> page % WORD_BITS & 1) != 0)
      return TRUE;
  }
  return FALSE;
}

/* Legacy ------------------------------------------------------------------- */

/* A line wraps around when its last address is below its first; then it is
 * painted always. */
static gboolean
line_is_dirty (const MosVga *self, MosVgaLine where)
{
  const MosVgaMode *mode = &self->mode;
  guint             first = mos_vga_address (mode, where.counter, where.line);
  guint             last =
      mos_vga_address (mode, where.counter + mode->columns, where.line);
  guint longest = (mode->columns + 1) << mode->shift;

  if (last < first || last - first > longest)
    return TRUE;
  return is_dirty (self, (gsize) first * 4, (gsize) (last - first + 1) * 4);
}

static void
put_planar (const MosVga *self, guint32 word, guint32 *to)
{
  guint mask = self->mode.plane_mask;

  for (guint i = 0; i < 8; i++) {
    guint32 bits = word >> (7 - i) & 0x01010101u;
    guint   index = (bits | bits >> 7 | bits >> 14 | bits >> 21) & 0x0f;

    to[i] = self->attr_colours[index & mask];
  }
}

static void
put_interleaved (const MosVga *self, guint32 word, guint32 *to)
{
  guint mask = self->mode.plane_mask;

  for (guint i = 0; i < 8; i++) {
    guint shift = (i < 4 ? 0 : 8) + (6 - (i & 3) * 2);
    guint index = (word >> shift & 3) | (word >> (shift + 16) & 3) << 2;

    to[i] = self->attr_colours[index & mask];
  }
}

static void
put_packed (const MosVga *self, guint32 word, guint32 *to)
{
  for (guint i = 0; i < 4; i++)
    to[i] = self->colours[word >> (i * 8) & 0xff];
}

typedef void (*PutFunc) (const MosVga *self, guint32 word, guint32 *to);

static void
paint_legacy_line (const MosVga *self,
                   MosCanvas    *canvas,
                   guint         y,
                   MosVgaLine    where)
{
  const MosVgaMode *mode = &self->mode;
  const guint32    *planes = (const guint32 *) self->vram->hva;
  guint32          *to = canvas->pixels + (gsize) y * canvas->stride;
  guint             dots = mode->kind == MOS_VGA_PACKED ? 4 : 8;
  guint             pan = where.below && mode->pan_split ? 0 : mode->pan;
  PutFunc           put = put_planar;
  guint32           pixels[8];

  if (mode->kind == MOS_VGA_PACKED)
    put = put_packed;
  else if (mode->kind == MOS_VGA_INTERLEAVED)
    put = put_interleaved;
  for (guint column = 0; column < mode->columns; column++) {
    guint address = mos_vga_address (mode, where.counter + column, where.line);

    put (self, planes[address], pixels);
    for (guint i = column == 0 ? pan : 0; i < dots; i++)
      to[column * dots + i - pan] = pixels[i];
  }
  if (pan > 0) {
    guint address =
        mos_vga_address (mode, where.counter + mode->columns, where.line);

    put (self, planes[address], pixels);
    memcpy (to + mode->width - pan, pixels, pan * sizeof (guint32));
  }
}

static gboolean
legacy_line (MosVga *self, MosCanvas *canvas, guint y, gboolean full)
{
  MosVgaLine where = mos_vga_line (&self->mode, y);

  if (!full && !line_is_dirty (self, where))
    return FALSE;
  paint_legacy_line (self, canvas, y, where);
  return TRUE;
}

/* Linear ------------------------------------------------------------------- */

/* Five or six bits made eight, the top ones repeated below. */
static guint32
widen5 (guint32 value)
{
  return value << 3 | value >> 2;
}

static guint32
widen6 (guint32 value)
{
  return value << 2 | value >> 4;
}

static void
linear_8 (const MosVga *self, const guint8 *from, guint32 *to, guint n)
{
  for (guint i = 0; i < n; i++)
    to[i] = self->colours[from[i]];
}

static void
linear_15 (const MosVga *self, const guint8 *from, guint32 *to, guint n)
{
  for (guint i = 0; i < n; i++) {
    guint32 value = from[2 * i] | (guint32) from[2 * i + 1] << 8;

    to[i] = 0xff000000u | widen5 (value >> 10 & 31) << 16 |
            widen5 (value >> 5 & 31) << 8 | widen5 (value & 31);
  }
}

static void
linear_16 (const MosVga *self, const guint8 *from, guint32 *to, guint n)
{
  for (guint i = 0; i < n; i++) {
    guint32 value = from[2 * i] | (guint32) from[2 * i + 1] << 8;

    to[i] = 0xff000000u | widen5 (value >> 11) << 16 |
            widen6 (value >> 5 & 63) << 8 | widen5 (value & 31);
  }
}

static void
linear_24 (const MosVga *self, const guint8 *from, guint32 *to, guint n)
{
  for (guint i = 0; i < n; i++, from += 3)
    to[i] = 0xff000000u | (guint32) from[2] << 16 | (guint32) from[1] << 8 |
            from[0];
}

static void
linear_32 (const MosVga *self, const guint8 *from, guint32 *to, guint n)
{
  for (guint i = 0; i < n; i++) {
    guint32 value;

    memcpy (&value, from + 4 * i, sizeof value);
    to[i] = 0xff000000u | GUINT32_FROM_LE (value);
  }
}

typedef void (*LinearFunc) (const MosVga *self,
                            const guint8 *from,
                            guint32      *to,
                            guint         n);

static gboolean
linear_line (MosVga *self, MosCanvas *canvas, guint y, gboolean full)
{
  static const struct {
    guint      bits;
    LinearFunc convert;
  } formats[] = {
    { 8, linear_8 },   { 15, linear_15 }, { 16, linear_16 },
    { 24, linear_24 }, { 32, linear_32 },
  };
  const MosVgaMode *mode = &self->mode;
  guint64           offset = mode->linear_start + y * mode->linear_pitch;
  guint64           bytes = (guint64) mode->width * ((mode->bits + 1) / 8);
  guint32          *to = canvas->pixels + (gsize) y * canvas->stride;

  if (offset + bytes > MOS_VGA_VRAM_BYTES)
    return FALSE;
  if (!full && !is_dirty (self, offset, bytes))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    if (formats[i].bits == mode->bits)
      formats[i].convert (self, self->vram->hva + offset, to, mode->width);
  }
  return TRUE;
}

void
mos_vga_paint_graphics (MosVga    *self,
                        MosCanvas *canvas,
                        gboolean   full,
                        MosDamage *damage)
{
  const MosVgaMode *mode = &self->mode;
  guint             first = 0; /* of the painted lines above, if any */
  gboolean          run = FALSE;

  for (guint y = 0; y <= mode->height; y++) {
    gboolean painted = FALSE;

    if (y < mode->height && mode->kind == MOS_VGA_LINEAR)
      painted = linear_line (self, canvas, y, full);
    else if (y < mode->height)
      painted = legacy_line (self, canvas, y, full);
    if (painted && !run)
      first = y;
    if (!painted && run)
      mos_damage_add (damage, (MosRect){ 0, (int) first, (int) mode->width,
                                         (int) (y - first) });
    run = painted;
  }
}
