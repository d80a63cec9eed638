/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * virtio-gpu as the screen's source: the shown picture, with the pointer over
 * it, or what the adapter below shows. Called by the screen on the I/O thread
 * or one that captures; takes the device's lock, and the one below without it.
 */
#include "devices/virtio/virtio-gpu-private.h"

void
mos_gpu_damage (MosVirtioGpu *self, const MosGpuRect *rect)
{
  mos_damage_add (&self->damage,
                  (MosRect){ (int) rect->x - (int) self->shown.x,
                             (int) rect->y - (int) self->shown.y,
                             (int) rect->width, (int) rect->height });
}

static MosRect
cursor_rect (const MosVirtioGpu *self)
{
  return (MosRect){ (int) MIN (self->cursor_x, MOS_GPU_MAX_SIDE) -
                        (int) MIN (self->hot_x, MOS_GPU_CURSOR_SIDE),
                    (int) MIN (self->cursor_y, MOS_GPU_MAX_SIDE) -
                        (int) MIN (self->hot_y, MOS_GPU_CURSOR_SIDE),
                    MOS_GPU_CURSOR_SIDE, MOS_GPU_CURSOR_SIDE };
}

void
mos_gpu_damage_cursor (MosVirtioGpu *self)
{
  if (self->cursor_resource != 0)
    mos_damage_add (&self->damage, cursor_rect (self));
}

void
mos_gpu_load_cursor (MosVirtioGpu *self)
{
  const MosGpuResource *resource = mos_gpu_find (self, self->cursor_resource);

  for (guint y = 0; y < MOS_GPU_CURSOR_SIDE; y++)
    for (guint x = 0; x < MOS_GPU_CURSOR_SIDE; x++) {
      guint32 pixel = 0;

      if (resource != NULL && x < resource->width && y < resource->height)
        pixel = mos_gpu_convert (
            resource->format,
            GUINT32_FROM_LE (resource->pixels[y * resource->width + x]));
      self->cursor[y * MOS_GPU_CURSOR_SIDE + x] = pixel;
    }
}

static MosRect
clip (MosRect rect, int width, int height)
{
  int right = MIN (rect.x + rect.width, width);
  int bottom = MIN (rect.y + rect.height, height);

  rect.x = MAX (rect.x, 0);
  rect.y = MAX (rect.y, 0);
  rect.width = MAX (right - rect.x, 0);
  rect.height = MAX (bottom - rect.y, 0);
  return rect;
}

static void
paint_picture (const MosVirtioGpu   *self,
               const MosGpuResource *resource,
               MosCanvas            *canvas,
               MosRect               rect)
{
  for (int y = rect.y; y < rect.y + rect.height; y++) {
    const guint32 *from = resource->pixels +
                          (self->shown.y + (guint) y) * resource->width +
                          self->shown.x;
    guint32 *to = canvas->pixels + (gsize) y * canvas->stride;

    for (int x = rect.x; x < rect.x + rect.width; x++)
      to[x] = mos_gpu_convert (resource->format, GUINT32_FROM_LE (from[x])) |
              0xff000000u;
  }
}

static guint32
blend (guint32 under, guint32 over)
{
  guint32 alpha = over >> 24;
  guint32 result = 0xff000000u;

  for (guint shift = 0; shift < 24; shift += 8) {
    guint32 a = under >> shift & 0xff;
    guint32 b = over >> shift & 0xff;

    result |= ((a * (255 - alpha) + b * alpha) / 255) << shift;
  }
  return result;
}

/* The part of the pointer that lies in @rect, which has just been painted. */
static void
paint_cursor (const MosVirtioGpu *self, MosCanvas *canvas, MosRect rect)
{
  MosRect at = cursor_rect (self);

  if (self->cursor_resource == 0)
    return;
  for (int y = MAX (at.y, rect.y);
       y < MIN (at.y + at.height, rect.y + rect.height); y++)
    for (int x = MAX (at.x, rect.x);
         x < MIN (at.x + at.width, rect.x + rect.width); x++) {
      guint32 *pixel = &canvas->pixels[(gsize) y * canvas->stride + (guint) x];

      *pixel = blend (
          *pixel, self->cursor[(y - at.y) * MOS_GPU_CURSOR_SIDE + (x - at.x)]);
    }
}

/* FALSE if nothing is shown through us. Lock held. */
static gboolean
paint_own (MosVirtioGpu *self,
           MosCanvas    *canvas,
           gboolean      full,
           MosDamage    *damage)
{
  const MosGpuResource *resource = mos_gpu_find (self, self->scanout);

  if (resource == NULL || !mos_gpu_has_rect (resource, &self->shown))
    return FALSE;
  full = full || self->repaint || !self->was_shown ||
         canvas->width != self->shown.width ||
         canvas->height != self->shown.height;
  mos_canvas_resize (canvas, self->shown.width, self->shown.height);
  canvas->pixel_aspect = 1.0;
  if (full) {
    self->damage.n_rects = 0;
    mos_damage_add (&self->damage, (MosRect){ 0, 0, (int) canvas->width,
                                              (int) canvas->height });
  }
  for (guint i = 0; i < self->damage.n_rects; i++) {
    /* Should the canvas have been clipped, so are we. */
    MosRect rect = clip (self->damage.rects[i],
                         (int) MIN (canvas->width, self->shown.width),
                         (int) MIN (canvas->height, self->shown.height));

    paint_picture (self, resource, canvas, rect);
    paint_cursor (self, canvas, rect);
    mos_damage_add (damage, rect);
  }
  self->damage.n_rects = 0;
  self->repaint = FALSE;
  return TRUE;
}

static void
source_paint (gpointer   source,
              MosCanvas *canvas,
              gboolean   full,
              MosDamage *damage)
{
  MosVirtioGpu *self = source;
  gboolean      own, switched;

  g_mutex_lock (&self->virtio.pci.device.lock);
  own = paint_own (self, canvas, full, damage);
  switched = own != self->was_shown;
  self->was_shown = own;
  g_mutex_unlock (&self->virtio.pci.device.lock);
  if (!own && self->below != NULL)
    self->below->paint (self->below_data, canvas, full || switched, damage);
}

static void
source_read_text (gpointer source, MosTextScreen *text)
{
  MosVirtioGpu *self = source;
  gboolean      own;

  g_mutex_lock (&self->virtio.pci.device.lock);
  own = self->scanout != 0;
  g_mutex_unlock (&self->virtio.pci.device.lock);
  if (own || self->below == NULL)
    text->columns = 0;
  else
    self->below->read_text (self->below_data, text);
}

/* The driver asks for the display's size again, and may follow. */
static void
source_hint_size (gpointer source, guint width, guint height)
{
  MosVirtioGpu *self = source;

  width = CLAMP (width & ~7u, 320, MOS_SCREEN_MAX_WIDTH);
  height = CLAMP (height, 200, MOS_SCREEN_MAX_HEIGHT);
  g_mutex_lock (&self->virtio.pci.device.lock);
  if (width != self->preferred_width || height != self->preferred_height) {
    self->preferred_width = width;
    self->preferred_height = height;
    self->events |= 1; /* the display */
    mos_virtio_config_changed (&self->virtio);
  }
  g_mutex_unlock (&self->virtio.pci.device.lock);
}

const MosScreenSource mos_gpu_screen_source = {
  .paint = source_paint,
  .read_text = source_read_text,
  .hint_size = source_hint_size,
};
