/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Two kinds of nodes; see the header.
 *
 * A graphics card keeps textures. Cairo's renderer converts every texture of
 * the window for every frame, through floating point, whatever part of the
 * window has changed; of a surface it copies what shows.
 */
#include "display/pixels-node.h"

static GskRenderNode *
texture_node (GBytes                *pixels,
              guint                  width,
              guint                  height,
              const graphene_rect_t *bounds)
{
  g_autoptr (GdkTexture) texture = gdk_memory_texture_new (
      (int) width, (int) height, GDK_MEMORY_DEFAULT, pixels, (gsize) width * 4);

  return gsk_texture_node_new (texture, bounds);
}

static GskRenderNode *
cairo_node (GBytes                *pixels,
            guint                  width,
            guint                  height,
            const graphene_rect_t *bounds)
{
  static const cairo_user_data_key_t key;
  GskRenderNode                     *node = gsk_cairo_node_new (bounds);
  cairo_t         *cr = gsk_cairo_node_get_draw_context (node);
  cairo_surface_t *surface = cairo_image_surface_create_for_data (
      (guchar *) g_bytes_get_data (pixels, NULL), CAIRO_FORMAT_RGB24,
      (int) width, (int) height, (int) width * 4);

  if (cairo_surface_set_user_data (surface, &key, g_bytes_ref (pixels),
                                   (cairo_destroy_func_t) g_bytes_unref) !=
      CAIRO_STATUS_SUCCESS)
    g_bytes_unref (pixels);
  cairo_surface_set_device_scale (surface, width / (double) bounds->size.width,
                                  height / (double) bounds->size.height);
  cairo_set_source_surface (cr, surface, bounds->origin.x, bounds->origin.y);
  cairo_paint (cr);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return node;
}

GskRenderNode *
mos_pixels_node_new (GBytes                *pixels,
                     guint                  width,
                     guint                  height,
                     const graphene_rect_t *bounds,
                     gboolean               cairo)
{
  g_return_val_if_fail (width > 0 && height > 0 &&
                            g_bytes_get_size (pixels) >=
                                (gsize) width * height * 4,
                        NULL);

  return cairo ? cairo_node (pixels, width, height, bounds)
               : texture_node (pixels, width, height, bounds);
}
