/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * From frames to render nodes; see the header.
 */
#include "display/tiles.h"

#include <math.h>
#include <string.h>

#include "display/pixels-node.h"

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

/* A node of the tile, scaled anew from our copy of the frame. */
static GskRenderNode *
render_tile (MosTiles *self, guint column, guint row)
{
  MosRect         rect = tile_rect (self, column, row);
  gsize           size = (gsize) rect.width * (gsize) rect.height * 4;
  guint32        *pixels = g_malloc (size);
  graphene_rect_t bounds;
  g_autoptr (GBytes) bytes = NULL;

  mos_scaler_scale (self->scaler, &self->frame, rect, pixels,
                    (guint) rect.width);
  bytes = g_bytes_new_take (pixels, size);
  graphene_rect_init (
      &bounds, (float) ((self->target.x + rect.x) / self->scale),
      (float) ((self->target.y + rect.y) / self->scale),
      (float) (rect.width / self->scale), (float) (rect.height / self->scale));
  return mos_pixels_node_new (bytes, (guint) rect.width, (guint) rect.height,
                              &bounds, self->cairo);
}

static void
drop_tile (MosTiles *self, guint index)
{
  g_clear_pointer ((GskRenderNode **) &self->nodes->pdata[index],
                   gsk_render_node_unref);
}

static void
drop_tiles (MosTiles *self)
{
  g_ptr_array_set_size (self->nodes, 0);
  self->columns = self->rows = 0;
}

void
mos_tiles_lay_out (MosTiles *self, int width, int height)
{
  MosRect target = { 0 };

  if (self->frame.width == 0 || width <= 0 || height <= 0) {
    drop_tiles (self);
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
  g_ptr_array_set_size (self->nodes, 0);
  g_ptr_array_set_size (self->nodes, (gint) (self->columns * self->rows));
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
      drop_tile (self, (guint) row * self->columns + (guint) column);
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
mos_tiles_snapshot (MosTiles    *self,
                    GtkSnapshot *snapshot,
                    double       scale,
                    gboolean     cairo)
{
  guint n = self->columns * self->rows;

  if (fabs (scale - self->scale) > 1e-6 || cairo != self->cairo)
    for (guint i = 0; i < n; i++)
      drop_tile (self, i);
  self->scale = scale;
  self->cairo = cairo;
  for (guint i = 0; i < n; i++) {
    if (self->nodes->pdata[i] == NULL)
      self->nodes->pdata[i] =
          render_tile (self, i % self->columns, i / self->columns);
    gtk_snapshot_append_node (snapshot, self->nodes->pdata[i]);
  }
}

static void
free_node (gpointer node)
{
  g_clear_pointer ((GskRenderNode **) &node, gsk_render_node_unref);
}

void
mos_tiles_init (MosTiles *self)
{
  memset (self, 0, sizeof *self);
  self->scaler = mos_scaler_new ();
  self->nodes = g_ptr_array_new_with_free_func (free_node);
}

void
mos_tiles_clear (MosTiles *self)
{
  g_clear_pointer (&self->scaler, mos_scaler_free);
  g_clear_pointer (&self->nodes, g_ptr_array_unref);
  g_clear_pointer (&self->frame.pixels, g_free);
}

void
mos_tiles_blank (MosTiles *self)
{
  drop_tiles (self);
  self->frame.width = self->frame.height = 0;
}
