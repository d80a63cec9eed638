/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Pixels as a render node, in the form that the widget's renderer draws
 * cheapest. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/*
 * @pixels: @width by @height, 0xXXRRGGBB in the host's order, opaque, row by
 * row; a reference is taken. @bounds: where they go, in logical pixels.
 * @cairo: for its renderer, mos_renderer_is_cairo(). A full reference.
 */
GskRenderNode *mos_pixels_node_new (GBytes                *pixels,
                                    guint                  width,
                                    guint                  height,
                                    const graphene_rect_t *bounds,
                                    gboolean               cairo);

G_END_DECLS
