/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The adapter as the screen's source: decides what has to be painted.
 *
 * The mode is worked out afresh each time; if it differs from the one that was
 * painted last, or colours did, everything is. Otherwise the pages that were
 * written since decide. Called by the screen on the I/O thread or a thread
 * that captures, one at a time.
 */

#include <string.h>

#include "devices/video/vga-private.h"

#define BLACK     0xff000000u
#define WORD_BITS (8 * sizeof (gulong))

/* The pages that the mode shows, whole words of the bit set. */
static void
shown_pages (const MosVga *self, guint *first, guint *n)
{
  const MosVgaMode *mode = &self->mode;
  guint64           end = (guint64) MOS_VGA_PLANE_BYTES * 4;
  guint64           start = 0;

  if (mode->kind == MOS_VGA_LINEAR) {
    start = mode->linear_start;
    end = start + mode->linear_pitch * mode->height;
  } else if (mode->address_mask > MOS_VGA_PLANE_BYTES) {
    end = ((guint64) mode->start + mode->pitch * mode->height + 1) * 4;
  }
  end = MIN (end, MOS_VGA_VRAM_BYTES);
  *first = (guint) (start >> MOS_PAGE_SHIFT) / WORD_BITS * WORD_BITS;
  *n = (guint) ((end + MOS_PAGE_SIZE - 1) >> MOS_PAGE_SHIFT) - *first;
}

/* Fetches what was written since the last time; whether anything was. */
static gboolean
take_dirty (MosVga *self)
{
  MosMemoryMap *map = self->pci.device.bus->memory;
  guint         first, n;

  shown_pages (self, &first, &n);
  /* The window's pages are the same pages: their marks are here too. */
  return mos_memory_map_take_dirty (map, &self->linear_region, first, n,
                                    self->dirty + first / WORD_BITS);
}

static void
blacken (MosCanvas *canvas)
{
  gsize n = (gsize) canvas->stride * canvas->height;

  for (gsize i = 0; i < n; i++)
    canvas->pixels[i] = BLACK;
}

/* Puts self->mode up to date; whether everything has to be painted. */
static gboolean
update_mode (MosVga *self)
{
  gboolean   all = self->repaint;
  MosVgaMode mode;

  mos_vga_get_mode (self, &mode);
  if (memcmp (&mode, &self->mode, sizeof mode) != 0) {
    MosVgaMode moved = mode;

    /* A cursor that only moved is found cell by cell. */
    moved.cursor_at = self->mode.cursor_at;
    all = all || memcmp (&moved, &self->mode, sizeof moved) != 0 ||
          mode.kind != MOS_VGA_TEXT;
    self->mode = mode;
  }
  if (self->colours_changed) {
    mos_vga_update_colours (self);
    self->colours_changed = FALSE;
    all = all || mode.kind != MOS_VGA_LINEAR || mode.bits == 8;
  }
  self->repaint = FALSE;
  return all;
}

static void
source_paint (gpointer   source,
              MosCanvas *canvas,
              gboolean   full,
              MosDamage *damage)
{
  MosVga *self = source;

  mos_memory_map_settle (self->pci.device.bus->memory);
  g_mutex_lock (&self->pci.device.lock);
  full = update_mode (self) || full;
  full = full || canvas->width != self->mode.width ||
         canvas->height != self->mode.height;
  mos_canvas_resize (canvas, self->mode.width, self->mode.height);
  canvas->pixel_aspect = self->mode.pixel_aspect;
  if (self->mode.kind == MOS_VGA_BLANK) {
    if (full)
      blacken (canvas);
  } else if (self->mode.kind == MOS_VGA_TEXT) {
    gboolean written = take_dirty (self) || self->cursor_moved;

    self->cursor_moved = FALSE;
    mos_vga_paint_text (self, canvas, full, written, damage);
  } else if (take_dirty (self) || full) {
    mos_vga_paint_graphics (self, canvas, full, damage);
  }
  if (full)
    mos_damage_add (
        damage, (MosRect){ 0, 0, (int) canvas->width, (int) canvas->height });
  g_mutex_unlock (&self->pci.device.lock);
}

static void
source_read_text (gpointer source, MosTextScreen *text)
{
  MosVga *self = source;

  mos_memory_map_settle (self->pci.device.bus->memory);
  g_mutex_lock (&self->pci.device.lock);
  /* The painter must not miss a change because a reader has seen it. */
  self->repaint = update_mode (self);
  mos_vga_read_text (self, text);
  g_mutex_unlock (&self->pci.device.lock);
}

const MosScreenSource mos_vga_screen_source = {
  .paint = source_paint,
  .read_text = source_read_text,
};
