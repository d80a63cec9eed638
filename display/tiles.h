/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A guest's picture, cut into tiles at the resolution of the glass.
 *
 * Keeps a copy of the newest frame, where it lies in the widget, and a render
 * node for each tile. A tile that damage touched is made anew when it is next
 * drawn; the others keep their node, so GTK knows that nothing changed there.
 * Plain struct; main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "display/scaler.h"

G_BEGIN_DECLS

typedef enum {
  MOS_SCALING_FIT,     /* as large as fits, in the monitor's proportions */
  MOS_SCALING_INTEGER, /* the largest whole multiple that fits */
  MOS_SCALING_ONE      /* pixel by pixel */
} MosScaling;

typedef struct {
  MosScaling scaling;
  MosCanvas  frame;  /* our copy; width 0 while there is none */
  MosRect    target; /* where it lies, in device pixels */
  MosScaler *scaler;
  guint      columns;
  guint      rows;
  GPtrArray *nodes; /* GskRenderNode or NULL, columns * rows */
  double     scale; /* the nodes are for this scale and way of drawing */
  gboolean   cairo;
} MosTiles;

void mos_tiles_init (MosTiles *self);
void mos_tiles_clear (MosTiles *self);

/* Forgets the picture. */
void mos_tiles_blank (MosTiles *self);

/* Copies what changed. TRUE if the picture's size did: lay it out again. */
gboolean mos_tiles_update (MosTiles        *self,
                           const MosCanvas *frame,
                           const MosDamage *damage);

/* Centres the picture in @width by @height device pixels. */
void mos_tiles_lay_out (MosTiles *self, int width, int height);

/* Draws; @scale is device pixels for one logical pixel. @cairo: see
 * mos_pixels_node_new(). */
void mos_tiles_snapshot (MosTiles    *self,
                         GtkSnapshot *snapshot,
                         double       scale,
                         gboolean     cairo);

G_END_DECLS
