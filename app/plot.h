/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A graph as data and as a drawing, without a toolkit.
 *
 * mos_graph_infos lists the graphs there are; a row says which metric, what
 * its series are grouped by and how it is drawn. A MosPlot is a graph filled
 * from the store for some machines and a range of time; the window, reports
 * (SVG in HTML, PDF) and exports draw the same plot with the same function,
 * and CSV and the table are its cells.
 *
 * Any thread, one at a time for a plot.
 */
#pragma once

#include <cairo.h>

#include "engine/engine.h"

G_BEGIN_DECLS

typedef enum {
  MOS_PLOT_LINES,
  MOS_PLOT_STACKED,
  MOS_PLOT_HISTOGRAM, /* a bar for each series, of the whole range */
  MOS_PLOT_HEAT       /* a strip for each series */
} MosPlotStyle;

typedef enum {
  MOS_GROUP_NONE, /* all series added up */
  MOS_GROUP_VCPU,
  MOS_GROUP_DEVICE,
  MOS_GROUP_LABEL,
  MOS_GROUP_LEVEL,
  MOS_GROUP_HANDLER /* "level 2, taken by level 1" */
} MosPlotGroup;

typedef struct {
  const char  *id;    /* stable: "exits-by-reason" */
  const char  *title; /* translatable */
  MosMetric    metric;
  MosPlotStyle style;
  MosPlotGroup group;
  gboolean     host; /* of the host and the lab, not of a machine */
} MosGraphInfo;

extern const MosGraphInfo mos_graph_infos[];
extern const guint        mos_n_graph_infos;
const MosGraphInfo       *mos_graph_find (const char *id);

typedef struct {
  char    *title;
  MosCell *cells;
  gboolean baseline; /* of the range that is compared with */
} MosPlotSeries;

typedef struct {
  gint64           time_ms;
  MosAlertSeverity severity;
  char            *text;
} MosPlotFlag;

typedef struct {
  const MosGraphInfo *info;
  gint64              from_ms;
  gint64              step_ms;
  guint               n_cells;
  GPtrArray          *series; /* of MosPlotSeries */
  GPtrArray          *flags;  /* of MosPlotFlag */
  gboolean            has_threshold;
  double              threshold; /* in the metric's unit */
} MosPlot;

MosPlot *mos_plot_new (const MosGraphInfo *info);
void     mos_plot_free (MosPlot *self);

/* A machine whose series are wanted. */
typedef struct {
  const char *uuid;
  const char *name;
} MosPlotMachine;

/* A step of a nice length so that @span_ms has at most about @max_cells, not
 * shorter than the @interval_ms of samples. */
gint64 mos_plot_step (gint64 span_ms, gint64 interval_ms, guint max_cells);

/*
 * Fills the plot. With one machine its groups are the series; with several,
 * each machine is one. Up to 24 series; the smallest become "others". @from_ms
 * is moved to a multiple of @step_ms.
 */
void mos_plot_load (MosPlot              *self,
                    MosStore             *store,
                    const MosPlotMachine *machines,
                    guint                 n_machines,
                    gint64                from_ms,
                    gint64                step_ms,
                    guint                 n_cells);

/* Adds the same series as they were @ago_ms earlier, as baselines. */
void mos_plot_load_baseline (MosPlot              *self,
                             MosStore             *store,
                             const MosPlotMachine *machines,
                             guint                 n_machines,
                             gint64                ago_ms);

/* Flags of alerts on these machines and the threshold of @rules, if any is
 * about this metric. @rules may be NULL. */
void mos_plot_load_alerts (MosPlot              *self,
                           MosStore             *store,
                           const GPtrArray      *rules,
                           const MosPlotMachine *machines,
                           guint                 n_machines);

/* What cell @cell says, all series: "12:03:20: port-out 1.2 k/s, hlt 3 /s".
 * @cell -1: the last that has anything. */
char *mos_plot_describe (const MosPlot *self, int cell);
/* "12:03:20" or with the day when the range is longer than one. */
char *mos_plot_format_time (const MosPlot *self, gint64 time_ms);
int   mos_plot_last_cell (const MosPlot *self);

/* Columns: time, then a column for each series (mean); RFC 4180. */
char *mos_plot_to_csv (const MosPlot *self);

/* -- drawing ------------------------------------------------------------- */

typedef struct {
  double r, g, b;
} MosPlotColor;

typedef struct {
  MosPlotColor ink, paper;
  gboolean     dark;
  gboolean     contrast; /* nothing faint */
  double       font_px;  /* of labels */
  const char  *font;     /* family */
} MosPlotTheme;

#define MOS_PLOT_N_COLORS 8u

/* A palette that colour-blind people can tell apart (Okabe and Ito, "Color
 * Universal Design"), for series @n; the second eight are patterned. */
MosPlotColor mos_plot_color (const MosPlotTheme *theme, guint n);

extern const MosPlotTheme mos_plot_print_theme; /* black on white */

/* Draws into the rectangle. @cursor: the cell under the crosshair, or -1. */
void mos_plot_draw (const MosPlot      *self,
                    cairo_t            *cr,
                    double              width,
                    double              height,
                    const MosPlotTheme *theme,
                    int                 cursor);

/* Where the curves are inside a drawing of that size, for pointers. */
void mos_plot_area (const MosPlot      *self,
                    cairo_t            *cr,
                    double              width,
                    double              height,
                    const MosPlotTheme *theme,
                    double             *left,
                    double             *right);

/* Into a file; MOS_ERROR_IO. */
gboolean mos_plot_save_svg (const MosPlot *self,
                            const char    *path,
                            double         width,
                            double         height,
                            GError       **error);
gboolean mos_plot_save_png (const MosPlot *self,
                            const char    *path,
                            double         width,
                            double         height,
                            GError       **error);
/* The bytes of an SVG file. */
GByteArray *mos_plot_to_svg (const MosPlot *self, double width, double height);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosPlot, mos_plot_free)

G_END_DECLS
