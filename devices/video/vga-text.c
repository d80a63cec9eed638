/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Text modes: cells to pixels, and cells to text.
 *
 * Planes 0 and 1 hold character and attribute, plane 2 the glyphs, 32 bytes
 * each, in fonts that the guest has loaded. What was painted is remembered
 * cell by cell and only cells that differ are painted again. A picture that is
 * scrolled smoothly or split is painted line by line instead, whole.
 *
 * Characters are taken to be code page 437, which the VGA BIOS's fonts are.
 */

#include "devices/video/vga-private.h"

#define NOT_PAINTED G_MAXUINT64
#define GLYPH_BYTES 32
#define BLINK_NS    (G_GINT64_CONSTANT (16) * 14285714) /* 16 frames */
#define UNDERLINE   0x01
#define CELL_CURSOR ((guint64) 1 << 16)
#define CELL_HIDDEN ((guint64) 1 << 17)

typedef struct {
  guint8   character;
  guint8   attribute;
  gboolean cursor;
} Cell;

static Cell
get_cell (const MosVga *self, guint counter, guint line)
{
  const MosVgaMode *mode = &self->mode;
  guint             address = mos_vga_address (mode, counter, line);
  Cell              cell;

  cell.character = mode->plane_mask & 1 ? mos_vga_plane (self, address, 0) : 0;
  cell.attribute = mode->plane_mask & 2 ? mos_vga_plane (self, address, 1) : 0;
  cell.cursor = mode->cursor && (counter & 0xffff) == mode->cursor_at;
  return cell;
}

/* The cursor blinks twice as fast as characters do. */
static gboolean
blink_phase (const MosVga *self, gint64 period_ns)
{
  gint64 now = mos_clock_now (self->pci.device.bus->clock);

  return now / period_ns % 2 == 0;
}

/* The dots of scan line @line of a cell, leftmost in bit 8, and its colours. */
static guint
cell_dots (const MosVga *self,
           Cell          cell,
           guint         line,
           guint32      *ink,
           guint32      *paper)
{
  const MosVgaMode *mode = &self->mode;
  guint             font = mode->fonts[cell.attribute >> 3 & 1];
  guint             dots = 0;

  *ink = self->attr_colours[cell.attribute & 0x0f];
  *paper = self->attr_colours[cell.attribute >> 4 & (mode->blinks ? 7 : 15)];
  if (mode->blinks && (cell.attribute & 0x80) != 0 && !self->blink_shown)
    *ink = *paper;
  if (line < GLYPH_BYTES)
    dots = mos_vga_plane (self,
                          (font + cell.character * GLYPH_BYTES + line) &
                              (MOS_VGA_PLANE_BYTES - 1),
                          2)
           << 1;
  if (mode->line_graphics && cell.character >= 0xc0 && cell.character <= 0xdf)
    dots |= dots >> 1 & 1;
  if ((cell.attribute & 0x77) == UNDERLINE && line == mode->underline)
    dots = 0x1ff;
  if (cell.cursor && line >= mode->cursor_first && line <= mode->cursor_last)
    dots = 0x1ff;
  return dots;
}

static void
put_dots (guint32 *to, guint dots, guint width, guint32 ink, guint32 paper)
{
  for (guint i = 0; i < width; i++)
    to[i] = (dots << i & 0x100) != 0 ? ink : paper;
}

/* Cell by cell ------------------------------------------------------------- */

static void
paint_cell (const MosVga *self,
            MosCanvas    *canvas,
            guint         column,
            guint         row,
            Cell          cell)
{
  const MosVgaMode *mode = &self->mode;
  guint             y = row * mode->row_lines;
  guint32          *to =
      canvas->pixels + (gsize) y * canvas->stride + column * mode->cell_width;

  for (guint line = 0; line < mode->row_lines && y + line < mode->height;
       line++) {
    guint32 ink, paper;
    guint   dots = cell_dots (self, cell, line, &ink, &paper);

    put_dots (to, dots, mode->cell_width, ink, paper);
    to += canvas->stride;
  }
}

/* What a cell looks like, as one number. */
static guint64
cell_key (const MosVga *self, Cell cell)
{
  guint64 key = cell.character | (guint64) cell.attribute << 8;

  if (cell.cursor)
    key |= CELL_CURSOR;
  if (self->mode.blinks && (cell.attribute & 0x80) != 0 && !self->blink_shown)
    key |= CELL_HIDDEN;
  return key;
}

static void
paint_row (MosVga    *self,
           MosCanvas *canvas,
           guint      row,
           gboolean   full,
           gboolean   cursor_shown,
           MosDamage *damage)
{
  const MosVgaMode *mode = &self->mode;
  guint             counter = mode->start + row * mode->pitch;
  guint64          *cells = self->cells + (gsize) row * MOS_VGA_MAX_COLUMNS;
  guint             first = mode->columns;
  guint             last = 0;

  for (guint column = 0; column < mode->columns; column++) {
    Cell    cell = get_cell (self, counter + column, 0);
    guint64 key;

    cell.cursor = cell.cursor && cursor_shown;
    key = cell_key (self, cell);
    if (!full && cells[column] == key)
      continue;
    cells[column] = key;
    paint_cell (self, canvas, column, row, cell);
    first = MIN (first, column);
    last = column;
  }
  if (first <= last && first < mode->columns)
    mos_damage_add (damage,
                    (MosRect){ (int) (first * mode->cell_width),
                               (int) (row * mode->row_lines),
                               (int) ((last - first + 1) * mode->cell_width),
                               (int) mode->row_lines });
}

/* Line by line ------------------------------------------------------------- */

static void
paint_line (MosVga *self, MosCanvas *canvas, guint y, gboolean cursor_shown)
{
  const MosVgaMode *mode = &self->mode;
  MosVgaLine        where = mos_vga_line (mode, y);
  guint32          *to = canvas->pixels + (gsize) y * canvas->stride;
  guint             pan = where.below && mode->pan_split ? 0 : mode->pan;
  guint32           dots[9];

  for (guint column = 0; column <= mode->columns; column++) {
    Cell    cell = get_cell (self, where.counter + column, where.line);
    guint32 ink, paper;
    guint   bits;

    cell.cursor = cell.cursor && cursor_shown;
    bits = cell_dots (self, cell, where.line, &ink, &paper);
    put_dots (dots, bits, mode->cell_width, ink, paper);
    for (guint i = 0; i < mode->cell_width; i++) {
      guint x = column * mode->cell_width + i;

      if (x >= pan && x - pan < mode->width)
        to[x - pan] = dots[i];
    }
  }
}

static gboolean
is_simple (const MosVgaMode *mode)
{
  return mode->pan == 0 && mode->preset_row == 0 && !mode->map13 &&
         !mode->map14 && mode->line_compare >= mode->height * mode->unit;
}

void
mos_vga_paint_text (MosVga    *self,
                    MosCanvas *canvas,
                    gboolean   full,
                    gboolean   written,
                    MosDamage *damage)
{
  const MosVgaMode *mode = &self->mode;
  gboolean          cursor_shown = blink_phase (self, BLINK_NS / 2);
  gboolean          blink_shown = blink_phase (self, BLINK_NS);
  gboolean          blinks =
      cursor_shown != self->cursor_shown || blink_shown != self->blink_shown;

  self->cursor_shown = cursor_shown;
  self->blink_shown = blink_shown;
  full = full || self->fonts_written;
  self->fonts_written = FALSE;
  if (!full && !written && !blinks)
    return;
  damage->quiet = !full && !written;
  if (is_simple (mode)) {
    for (guint row = 0; row < mode->rows; row++)
      paint_row (self, canvas, row, full, cursor_shown, damage);
    return;
  }
  for (guint y = 0; y < mode->height; y++)
    paint_line (self, canvas, y, cursor_shown);
  mos_damage_add (damage,
                  (MosRect){ 0, 0, (int) mode->width, (int) mode->height });
}

/* As text ------------------------------------------------------------------ */

void
mos_vga_read_text (MosVga *self, MosTextScreen *text)
{
  const MosVgaMode *mode = &self->mode;

  if (mode->kind != MOS_VGA_TEXT)
    return;
  text->columns = mode->columns;
  text->rows = MAX (mode->height / mode->row_lines, 1);
  g_array_set_size (text->characters, 0);
  g_array_set_size (text->attributes, 0);
  for (guint row = 0; row < text->rows; row++) {
    MosVgaLine where = mos_vga_line (mode, row * mode->row_lines);

    for (guint column = 0; column < text->columns; column++) {
      Cell     cell = get_cell (self, where.counter + column, where.line);
      gunichar character = mos_cp437_to_unicode (cell.character);

      g_array_append_val (text->characters, character);
      g_array_append_val (text->attributes, cell.attribute);
      if (cell.cursor) {
        text->cursor_visible = TRUE;
        text->cursor_column = column;
        text->cursor_row = row;
      }
    }
  }
}
