/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The map of the hierarchy as a drawing: boxes in boxes, and exits as arrows
 * from where they happen to the level that handles them.
 *
 * Knows cairo and nothing of windows, so the same drawing goes to the screen
 * and into PNG, SVG and PDF files. Main thread.
 */
#pragma once

#include <cairo.h>

#include "engine/engine.h"

G_BEGIN_DECLS

typedef struct {
  double red, green, blue;
} MosMapColour;

typedef struct {
  double            width, height; /* of the drawing, in user units */
  double            text;          /* points of the text */
  double            phase;         /* pixels the arrows' dashes have moved */
  MosMapColour      ink;
  MosMapColour      accent; /* of the chosen one's edge */
  gboolean          dark;
  gboolean          contrast; /* nothing faint */
  gboolean          mirrored; /* from right to left */
  MosHierarchyNode *selected; /* or NULL */
} MosMapStyle;

/* Where a node was drawn; the innermost one comes last. */
typedef struct {
  MosHierarchyNode *node; /* referenced by the array */
  double            x, y, width, height;
} MosMapBox;

/* Draws @host and everything below it; returns a GArray of MosMapBox. */
GArray *mos_hierarchy_draw (cairo_t           *cr,
                            MosHierarchyNode  *host,
                            const MosMapStyle *style);

/* The least height in which all levels can be read. */
double mos_hierarchy_draw_height (MosHierarchyNode *host, double text);

/* Writes the map as @path's ending says: .png, .svg or .pdf.
 * MOS_ERROR_INVALID_VALUE for another one, MOS_ERROR_IO. */
gboolean
mos_hierarchy_export (MosHierarchyNode *host, const char *path, GError **error);

G_END_DECLS
