/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * From frames to textures; see the header.
 */
#include "display/tiles.h"

#include <math.h>
#include <string.h>

#define TILE_WIDTH  256
#define TILE_HEIGHT 64

/* -- layout -------------------------------------------------------------- */

static double
pixel_aspect (MosTiles *self)
{
  return self->frame.pixel_aspect > 0 ? self->frame.pixel_aspect : 1.0;
}

/* The size in device pixels that the picture takes within @width, @height. */
static void
fit_size (MosTiles *self, int width, int height, int *out_w, int *out_h)
{
  double guest_w = self->frame.width * pixel_aspect (self);
  double guest_h = self->frame.height;
  double factor = MIN (width / guest_w, height / guest_h);

  switch (self->scaling) {
  case MOS_SCALING_ONE:
    *out_w = (int) self->frame.width;
    *out_h = (int) self->frame.height;
    break;
  case MOS_SCALING_INTEGER:
    factor = floor (MIN (width / (double) self->frame.width, height / guest_h));
    if (factor >= 1) {
      *out_w = (int) (self->frame.width * factor);
      *out_h = (int) (guest_h * factor);
      break;
    }
    factor = MIN (width / guest_w, height / guest_h);
    /* It does not fit once: as for fit. */
    G_GNUC_FALLTHROUGH;
  case MOS_SCALING_FIT:
  default:
    *out_w = MAX ((int) (guest_w * factor + 0.5), 1);
    *out_h = MAX ((int) (guest_h * factor + 0.5), 1);
    break;
  }
}

static MosRect
tile_rect (MosTiles *self, guint column, guint row)
{
  MosRect rect = { .x = (int) column * TILE_WIDTH,
                   .y = (int) row * TILE_HEIGHT };

  rect.width = MIN (TILE_WIDTH, self->target.width - rect.x);
  rect.height = MIN (TILE_HEIGHT, self->target.height - rect.y);
  return rect;
}

/* Makes the tile's texture anew from our copy of the frame. */
static void
render_tile (MosTiles *self, guint column, guint row)
{
  MosRect  rect = tile_rect (self, column, row);
  gsize    stride = (gsize) rect.width * 4;
  guint32 *pixels = g_malloc (stride * (gsize) rect.height);
  g_autoptr (GBytes) bytes = NULL;
  GdkTexture *texture;
  guint       index = row * self->columns + column;

  mos_scaler_scale (self->scaler, &self->frame, rect, pixels,
                    (guint) rect.width);
  bytes = g_bytes_new_take (pixels, stride * (gsize) rect.height);
  texture =
      gdk_memory_texture_new (rect.width, rect.height,
                              GDK_MEMORY_B8G8R8A8_PREMULTIPLIED, bytes, stride);
  g_clear_object ((GdkTexture **) &self->textures->pdata[index]);
  self->textures->pdata[index] = texture;
}

static void
drop_textures (MosTiles *self)
{
  g_ptr_array_set_size (self->textures, 0);
  self->columns = self->rows = 0;
}

void
mos_tiles_lay_out (MosTiles *self, int width, int height)
{
  MosRect target = { 0 };

  if (self->frame.width == 0 || width <= 0 || height <= 0) {
    drop_textures (self);
    self->target = target;
    return;
  }
  fit_size (self, width, height, &target.width, &target.height);
  target.x = MAX ((width - target.width) / 2, 0);
  target.y = MAX ((height - target.height) / 2, 0);
  mos_scaler_set_size (self->scaler, self->frame.width, self->frame.height,
                       (guint) target.width, (guint) target.height);
  self->target = target;
  self->columns = (guint) (target.width + TILE_WIDTH - 1) / TILE_WIDTH;
  self->rows = (guint) (target.height + TILE_HEIGHT - 1) / TILE_HEIGHT;
  g_ptr_array_set_size (self->textures, 0);
  g_ptr_array_set_size (self->textures, (gint) (self->columns * self->rows));
}

/* -- frames -------------------------------------------------------------- */

static void
copy_rect (MosCanvas *to, const MosCanvas *from, MosRect rect)
{
  rect.width = MIN (rect.width, (int) from->width - rect.x);
  rect.height = MIN (rect.height, (int) from->height - rect.y);
  for (int y = 0; y < rect.height; y++)
    memcpy (to->pixels + (gsize) (rect.y + y) * to->stride + rect.x,
            from->pixels + (gsize) (rect.y + y) * from->stride + rect.x,
            (gsize) MAX (rect.width, 0) * sizeof *to->pixels);
}

static void
refresh_tiles (MosTiles *self, MosRect damage)
{
  MosRect area = mos_scaler_map (self->scaler, damage);

  for (int row = area.y / TILE_HEIGHT;
       row < (int) self->rows && row * TILE_HEIGHT < area.y + area.height;
       row++) {
    for (int column = area.x / TILE_WIDTH;
         column < (int) self->columns &&
         column * TILE_WIDTH < area.x + area.width;
         column++)
      g_clear_object (
          (GdkTexture **) &self->textures
              ->pdata[(guint) row * self->columns + (guint) column]);
  }
}

gboolean
mos_tiles_update (MosTiles        *self,
                  const MosCanvas *frame,
                  const MosDamage *damage)
{
  gboolean resized =
      frame->width != self->frame.width ||
      frame->height != self->frame.height ||
      fabs (frame->pixel_aspect - self->frame.pixel_aspect) > 1e-6;

  if (resized) {
    mos_canvas_resize (&self->frame, frame->width, frame->height);
    self->frame.pixel_aspect = frame->pixel_aspect;
    copy_rect (&self->frame, frame,
               (MosRect){ 0, 0, (int) frame->width, (int) frame->height });
    return TRUE;
  }
  for (guint i = 0; i < damage->n_rects; i++) {
    copy_rect (&self->frame, frame, damage->rects[i]);
    if (self->columns > 0)
      refresh_tiles (self, damage->rects[i]);
  }
  return FALSE;
}

void
mos_tiles_snapshot (MosTiles *self, GtkSnapshot *snapshot, double scale)
{
  for (guint row = 0; row < self->rows; row++) {
    for (guint column = 0; column < self->columns; column++) {
      MosRect         rect = tile_rect (self, column, row);
      graphene_rect_t bounds;
      guint           index = row * self->columns + column;

      if (self->textures->pdata[index] == NULL)
        render_tile (self, column, row);
      graphene_rect_init (&bounds, (float) ((self->target.x + rect.x) / scale),
                          (float) ((self->target.y + rect.y) / scale),
                          (float) (rect.width / scale),
                          (float) (rect.height / scale));
      gtk_snapshot_append_texture (snapshot, self->textures->pdata[index],
                                   &bounds);
    }
  }
}

static void
free_texture (gpointer texture)
{
  g_clear_object ((GdkTexture **) &texture);
}

void
mos_tiles_init (MosTiles *self)
{
  memset (self, 0, sizeof *self);
  self->scaler = mos_scaler_new ();
  self->textures = g_ptr_array_new_with_free_func (free_texture);
}

void
mos_tiles_clear (MosTiles *self)
{
  g_clear_pointer (&self->scaler, mos_scaler_free);
  g_clear_pointer (&self->textures, g_ptr_array_unref);
  g_clear_pointer (&self->frame.pixels, g_free);
}

void
mos_tiles_blank (MosTiles *self)
{
  drop_textures (self);
  self->frame.width = self->frame.height = 0;
}
