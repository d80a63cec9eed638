/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A plot in the window.
 *
 * The pointer or the arrow keys move a crosshair whose reading is drawn and
 * spoken; the wheel and plus and minus zoom; dragging pans. What all that does
 * is the page's business, so that several graphs share one time axis. Nothing
 * moves by itself: a graph is drawn when its plot changes. Main thread.
 *
 * Signals: "cursor-moved" (int cell, -1: none); "zoom" (double factor, double
 * at: 0 left to 1 right); "pan" (double part of the width, positive: back in
 * time); "show-table".
 */
#pragma once

#include <gtk/gtk.h>

#include "app/plot.h"

G_BEGIN_DECLS

#define MOS_TYPE_GRAPH (mos_graph_get_type ())
G_DECLARE_FINAL_TYPE (MosGraph, mos_graph, MOS, GRAPH, GtkWidget)

GtkWidget *mos_graph_new (void);

/* Takes @plot over. */
void           mos_graph_set_plot (MosGraph *self, MosPlot *plot);
const MosPlot *mos_graph_get_plot (MosGraph *self); /* or NULL */
void           mos_graph_set_cursor (MosGraph *self, int cell);

/* The same numbers as a table, newest first; copies what it needs. */
GtkWidget *mos_graph_table_new (const MosPlot *plot);

G_END_DECLS
