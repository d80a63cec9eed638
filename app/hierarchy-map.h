/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The map as a widget: zoom, choosing by pointer and keys, arrows that move.
 * Signal "chosen" (MosHierarchyNode). What it shows can be read in full from
 * the table beside it; its own accessible name says what is chosen. It draws
 * nothing while it is not mapped, and does not move where animations are off.
 * Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_HIERARCHY_MAP (mos_hierarchy_map_get_type ())
G_DECLARE_FINAL_TYPE (MosHierarchyMap,
                      mos_hierarchy_map,
                      MOS,
                      HIERARCHY_MAP,
                      GtkWidget)

GtkWidget *mos_hierarchy_map_new (MosHierarchyNode *host);
void mos_hierarchy_map_choose (MosHierarchyMap *self, MosHierarchyNode *node);
/* The nodes have new numbers; @moving FALSE holds the arrows still. */
void mos_hierarchy_map_refresh (MosHierarchyMap *self, gboolean moving);
/* 1.0 fits the text to the system's; clamped to 0.5 to 4. */
void   mos_hierarchy_map_set_zoom (MosHierarchyMap *self, double zoom);
double mos_hierarchy_map_get_zoom (MosHierarchyMap *self);

G_END_DECLS
