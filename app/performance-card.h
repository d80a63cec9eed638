/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A graph on the Performance page with its menu: pin, move, hide, table, save.
 * Main thread. Signals: "arrange" (int how, a MosCardMove).
 */
#pragma once

#include <gtk/gtk.h>

#include "app/graph.h"

G_BEGIN_DECLS

typedef enum {
  MOS_CARD_PIN,
  MOS_CARD_UP,
  MOS_CARD_DOWN,
  MOS_CARD_HIDE
} MosCardMove;

#define MOS_TYPE_PERFORMANCE_CARD (mos_performance_card_get_type ())
G_DECLARE_FINAL_TYPE (MosPerformanceCard,
                      mos_performance_card,
                      MOS,
                      PERFORMANCE_CARD,
                      GtkWidget)

GtkWidget          *mos_performance_card_new (const MosGraphInfo *info);
const MosGraphInfo *mos_performance_card_get_info (MosPerformanceCard *self);
MosGraph           *mos_performance_card_get_graph (MosPerformanceCard *self);

/* Takes @plot; a table that is open stays as it was. */
void mos_performance_card_set_plot (MosPerformanceCard *self, MosPlot *plot);

G_END_DECLS
