/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Drawing a plot with Cairo and Pango.
 *
 *   title                                            reading
 *   4 k |‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾|
 *       |     curves, threshold, flags, crosshair        |
 *     0 |________________________________________________|
 *        12:00                12:01                12:02
 *   ■ legend  ▨ legend
 *
 * A series is told from another by its colour, by its dashes or hatching, and
 * by the order in the legend, so that colour alone never matters.
 */
#include <glib/gi18n-lib.h>
#include <math.h>

#include "app/draw-text.h"
#include "app/plot.h"

#define MARGIN     6.0
#define MAX_LEGEND 4 /* lines */

const MosPlotTheme mos_plot_print_theme = { .ink = { .13, .13, .13 },
                                            .paper = { 1, 1, 1 },
                                            .font_px = 11,
                                            .font = "Sans" };

typedef struct {
  double x, y, width, height;
} Box;

typedef struct {
  const MosPlot      *plot;
  const MosPlotTheme *theme;
  cairo_t            *cr;
  double              width, height;
  double              line; /* of text */
  double              top;  /* value at the upper edge */
  int                 cursor;
  Box                 area;
  double              legend; /* height */
} Draw;

static const MosPlotColor palette_light[MOS_PLOT_N_COLORS] = {
  { .00, .45, .70 }, { .84, .37, .00 }, { .00, .62, .45 }, { .80, .47, .65 },
  { .90, .62, .00 }, { .34, .71, .91 }, { .35, .35, .35 }, { .60, .55, .00 },
};
static const MosPlotColor palette_dark[MOS_PLOT_N_COLORS] = {
  { .34, .71, .91 }, { .94, .52, .20 }, { .20, .78, .60 }, { .88, .60, .76 },
  { .95, .75, .20 }, { .45, .58, .95 }, { .75, .75, .75 }, { .94, .89, .26 },
};

/* The same colours, each with a contrast of 4.5 to 1 and more to white. */
static const MosPlotColor palette_strong[MOS_PLOT_N_COLORS] = {
  { .00, .33, .55 }, { .66, .26, .00 }, { .00, .42, .30 }, { .56, .22, .42 },
  { .52, .34, .00 }, { .08, .42, .62 }, { .20, .20, .20 }, { .38, .35, .00 },
};

MosPlotColor
mos_plot_color (const MosPlotTheme *theme, guint n)
{
  const MosPlotColor *palette = theme->dark       ? palette_dark
                                : theme->contrast ? palette_strong
                                                  : palette_light;

  return palette[n % MOS_PLOT_N_COLORS];
}

static void
set_color (cairo_t *cr, MosPlotColor color, double alpha)
{
  cairo_set_source_rgba (cr, color.r, color.g, color.b, alpha);
}

/* Text and lines that are faint where nobody asked for contrast. */
static void
set_ink (const Draw *draw, double alpha)
{
  if (draw->theme->contrast)
    alpha = alpha < .6 ? .5 : 1;
  set_color (draw->cr, draw->theme->ink, alpha);
}

/* -- text ---------------------------------------------------------------- */

static PangoLayout *
make_text (const Draw *draw, const char *text, gboolean bold)
{
  return mos_draw_text_new (draw->cr, draw->theme->font, draw->theme->font_px,
                            bold, text);
}

static double
text_width (const Draw *draw, const char *text)
{
  g_autoptr (PangoLayout) layout = make_text (draw, text, FALSE);
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  return width;
}

/* @align 0 left, 1 right of @x; cut off behind @max pixels (0: never). */
static void
show_text (const Draw *draw,
           const char *text,
           double      x,
           double      y,
           double      align,
           double      max,
           gboolean    bold)
{
  g_autoptr (PangoLayout) layout = make_text (draw, text, bold);
  int width;

  if (max > 0) {
    pango_layout_set_width (layout, (int) (max * PANGO_SCALE));
    pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  }
  pango_layout_get_pixel_size (layout, &width, NULL);
  cairo_move_to (draw->cr, x - align * width, y);
  pango_cairo_show_layout (draw->cr, layout);
}

/* -- scale --------------------------------------------------------------- */

static const MosPlotSeries *
series_at (const MosPlot *plot, guint i)
{
  return plot->series->pdata[i];
}

static gboolean
is_stacked (const MosPlot *plot)
{
  return plot->info->style == MOS_PLOT_STACKED;
}

static double
bar_value (const MosPlot *plot, const MosPlotSeries *series)
{
  double sum = 0;

  for (guint i = 0; i < plot->n_cells; i++)
    if (series->cells[i].has)
      sum += series->cells[i].mean * (double) plot->step_ms / 1000;
  return sum;
}

static double
greatest (const MosPlot *plot)
{
  double top = 0;

  if (plot->info->style == MOS_PLOT_HISTOGRAM) {
    for (guint i = 0; i < plot->series->len; i++)
      top = MAX (top, bar_value (plot, series_at (plot, i)));
    return top;
  }
  for (guint cell = 0; cell < plot->n_cells; cell++) {
    double sum = 0;

    for (guint i = 0; i < plot->series->len; i++) {
      const MosCell *c = &series_at (plot, i)->cells[cell];

      if (!c->has)
        continue;
      if (is_stacked (plot) && !series_at (plot, i)->baseline)
        sum += c->mean;
      else
        top = MAX (top, MAX (c->max, c->mean));
    }
    top = MAX (top, sum);
  }
  return top;
}

/* The next 1, 2 or 5 times a power of ten; of two for bytes. */
static double
round_up (const MosPlot *plot, double value)
{
  MosMetricUnit unit = mos_metric_infos[plot->info->metric].unit;
  double        base;

  if (value <= 0)
    return 1;
  if (unit == MOS_UNIT_BYTES)
    return pow (2, ceil (log2 (value)));
  base = pow (10, floor (log10 (value)));
  if (value <= base)
    return base;
  if (value <= 2 * base)
    return 2 * base;
  return value <= 5 * base ? 5 * base : 10 * base;
}

static double
x_of (const Draw *draw, double cell)
{
  return draw->area.x + draw->area.width * cell / draw->plot->n_cells;
}

static double
y_of (const Draw *draw, double value)
{
  return draw->area.y +
         draw->area.height * (1 - CLAMP (value / draw->top, 0, 1));
}

static char *
format_value (const Draw *draw, double value)
{
  MosMetric metric = draw->plot->info->metric;

  if (draw->plot->info->style == MOS_PLOT_HISTOGRAM)
    return mos_metric_format_total (metric, (gint64) (value + .5));
  return mos_metric_format (metric, value);
}

/* -- layout -------------------------------------------------------------- */

static double
legend_width (const Draw *draw, guint i)
{
  return draw->line + text_width (draw, series_at (draw->plot, i)->title) + 16;
}

static guint
legend_lines (const Draw *draw)
{
  double x = 0;
  guint  lines = draw->plot->series->len > 1 ? 1 : 0;

  if (draw->plot->info->style == MOS_PLOT_HISTOGRAM ||
      draw->plot->info->style == MOS_PLOT_HEAT)
    return 0;
  for (guint i = 0; lines > 0 && i < draw->plot->series->len; i++) {
    double width = legend_width (draw, i);

    if (x > 0 && x + width > draw->width - 2 * MARGIN) {
      x = 0;
      if (++lines > MAX_LEGEND)
        return MAX_LEGEND;
    }
    x += width;
  }
  return lines;
}

static double
label_width (const Draw *draw)
{
  double width = 0;

  if (draw->plot->info->style == MOS_PLOT_HEAT) {
    for (guint i = 0; i < draw->plot->series->len; i++)
      width = MAX (width, text_width (draw, series_at (draw->plot, i)->title));
  } else {
    g_autofree char *top = format_value (draw, draw->top);
    g_autofree char *middle = format_value (draw, draw->top / 2);

    /* At least as much as most need, so that graphs above each other line up.
     */
    width = MAX (text_width (draw, top), text_width (draw, middle));
    width = MAX (width, text_width (draw, "1000.0 MiB/s"));
  }
  return MIN (width, draw->width / 3);
}

static void
lay_out (Draw *draw)
{
  double labels;

  draw->line = ceil (draw->theme->font_px * 1.45);
  draw->top = round_up (draw->plot, greatest (draw->plot));
  if (mos_metric_infos[draw->plot->info->metric].unit == MOS_UNIT_PERCENT &&
      greatest (draw->plot) > 5000 && greatest (draw->plot) <= 10000)
    draw->top = 10000;
  if (draw->plot->has_threshold && draw->plot->threshold <= draw->top * 2)
    draw->top =
        MAX (draw->top, round_up (draw->plot, draw->plot->threshold * 1.1));
  labels = label_width (draw);
  draw->legend = legend_lines (draw) * draw->line;
  draw->area.x = MARGIN + labels + 6;
  draw->area.y = MARGIN + draw->line * 1.5;
  draw->area.width = MAX (draw->width - draw->area.x - MARGIN, 1);
  draw->area.height = MAX (
      draw->height - draw->area.y - draw->line - draw->legend - MARGIN - 4, 1);
}

/* -- parts --------------------------------------------------------------- */

static void
draw_title (const Draw *draw)
{
  g_autofree char *reading = draw->cursor >= 0 || draw->plot->series->len == 1
                                 ? mos_plot_describe (draw->plot, draw->cursor)
                                 : NULL;
  double title = text_width (draw, _ (draw->plot->info->title)) * 1.15;

  set_ink (draw, 1);
  show_text (draw, _ (draw->plot->info->title), MARGIN, MARGIN, 0,
             draw->width - 2 * MARGIN, TRUE);
  if (reading == NULL || draw->width - title < 80)
    return;
  set_ink (draw, .75);
  show_text (draw, reading, draw->width - MARGIN, MARGIN, 1,
             draw->width - title - 3 * MARGIN, FALSE);
}

static void
draw_frame (const Draw *draw)
{
  gboolean heat = draw->plot->info->style == MOS_PLOT_HEAT;

  cairo_set_line_width (draw->cr, 1);
  for (guint i = 0; i <= 2 && !heat; i++) {
    double           value = draw->top * i / 2;
    double           y = floor (y_of (draw, value)) + .5;
    g_autofree char *label = format_value (draw, value);

    set_ink (draw, i == 0 ? .5 : .15);
    cairo_move_to (draw->cr, draw->area.x, y);
    cairo_rel_line_to (draw->cr, draw->area.width, 0);
    cairo_stroke (draw->cr);
    set_ink (draw, .8);
    show_text (draw, label, draw->area.x - 4,
               CLAMP (y - draw->line / 2, draw->area.y - draw->line / 2,
                      draw->area.y + draw->area.height - draw->line / 2),
               1, draw->area.x - 4, FALSE);
  }
}

/* A step so that labels have room. */
static void
draw_times (const Draw *draw)
{
  static const gint64 steps[] = { 1,    5,     10,    15,    30,   60,
                                  120,  300,   600,   900,   1800, 3600,
                                  7200, 14400, 21600, 43200, 86400 };
  const MosPlot      *plot = draw->plot;
  gint64              span_ms = plot->step_ms * plot->n_cells;
  g_autofree char    *sample = mos_plot_format_time (plot, plot->from_ms);
  double              room = text_width (draw, sample) * 1.6;
  guint               i = 0;

  if (plot->info->style == MOS_PLOT_HISTOGRAM)
    return;
  while (i + 1 < G_N_ELEMENTS (steps) &&
         draw->area.width * (double) steps[i] * 1000 / (double) span_ms < room)
    i++;
  for (gint64 ms =
           plot->from_ms - plot->from_ms % (steps[i] * 1000) + steps[i] * 1000;
       ms <= plot->from_ms + span_ms; ms += steps[i] * 1000) {
    double x =
        x_of (draw, (double) (ms - plot->from_ms) / (double) plot->step_ms);
    g_autofree char *label = mos_plot_format_time (plot, ms);
    double           half = text_width (draw, label) / 2;

    set_ink (draw, .15);
    cairo_move_to (draw->cr, floor (x) + .5, draw->area.y);
    cairo_rel_line_to (draw->cr, 0, draw->area.height);
    cairo_stroke (draw->cr);
    if (x - half < draw->area.x || x + half > draw->width)
      continue;
    set_ink (draw, .8);
    show_text (draw, label, x - half, draw->area.y + draw->area.height + 2, 0,
               0, FALSE);
  }
}

/* Eight ways to break a line, so that none needs its colour. */
static void
set_dash (cairo_t *cr, guint n, gboolean baseline)
{
  static const double dashes[][4] = { { 1, 0, 1, 0 },   { 6, 3, 6, 3 },
                                      { 2, 3, 2, 3 },   { 8, 3, 2, 3 },
                                      { 12, 4, 12, 4 }, { 4, 2, 1, 2 },
                                      { 3, 3, 8, 3 },   { 1, 2, 1, 2 } };
  static const double sparse[] = { 1, 4 };

  if (baseline)
    cairo_set_dash (cr, sparse, 2, 0);
  else if (n % G_N_ELEMENTS (dashes) == 0)
    cairo_set_dash (cr, NULL, 0, 0);
  else
    cairo_set_dash (cr, dashes[n % G_N_ELEMENTS (dashes)], 4, 0);
}

static void
draw_line (const Draw *draw, guint i, guint color)
{
  const MosPlotSeries *series = series_at (draw->plot, i);
  gboolean             open = FALSE;
  guint                n = draw->plot->n_cells;

  for (guint cell = 0; cell < n; cell++) {
    const MosCell *c = &series->cells[cell];

    if (c->has && c->max > c->min && !series->baseline) {
      set_color (draw->cr, mos_plot_color (draw->theme, color), .18);
      cairo_rectangle (draw->cr, x_of (draw, cell), y_of (draw, c->max),
                       draw->area.width / n,
                       y_of (draw, c->min) - y_of (draw, c->max));
      cairo_fill (draw->cr);
    }
  }
  set_color (draw->cr, mos_plot_color (draw->theme, color),
             series->baseline ? .7 : 1);
  cairo_set_line_width (draw->cr, series->baseline ? 1.2 : 1.8);
  cairo_set_line_join (draw->cr, CAIRO_LINE_JOIN_ROUND);
  set_dash (draw->cr, color, series->baseline);
  for (guint cell = 0; cell < n; cell++) {
    const MosCell *c = &series->cells[cell];
    double         x = x_of (draw, cell + .5);

    if (c->has && open) {
      cairo_line_to (draw->cr, x, y_of (draw, c->mean));
    } else if (c->has) {
      gboolean alone = cell + 1 == n || !series->cells[cell + 1].has;

      /* A sample between two gaps is still a dot. */
      cairo_move_to (draw->cr, alone ? x - 1 : x, y_of (draw, c->mean));
      if (alone)
        cairo_line_to (draw->cr, x + 1, y_of (draw, c->mean));
    }
    open = c->has;
  }
  cairo_stroke (draw->cr);
  cairo_set_dash (draw->cr, NULL, 0, 0);
}

/* Hatching that tells areas apart in grey, too. */
static void
hatch (const Draw *draw, guint n)
{
  double step = 5 + (n / 3) * 2;

  if (n % 3 == 0)
    return;
  cairo_save (draw->cr);
  cairo_clip (draw->cr);
  set_color (draw->cr, draw->theme->paper, .55);
  cairo_set_line_width (draw->cr, 1);
  for (double at = -draw->area.height; at < draw->area.width; at += step) {
    if (n % 3 == 1) {
      cairo_move_to (draw->cr, draw->area.x + at,
                     draw->area.y + draw->area.height);
      cairo_rel_line_to (draw->cr, draw->area.height, -draw->area.height);
    } else {
      cairo_move_to (draw->cr, draw->area.x + at, draw->area.y);
      cairo_rel_line_to (draw->cr, draw->area.height, draw->area.height);
    }
  }
  cairo_stroke (draw->cr);
  cairo_restore (draw->cr);
}

static void
stack_path (const Draw    *draw,
            const MosCell *cells,
            double        *floor_of,
            guint          from,
            guint          to)
{
  for (guint cell = from; cell < to; cell++) {
    double y = y_of (draw, floor_of[cell] + cells[cell].mean);

    if (cell == from)
      cairo_move_to (draw->cr, x_of (draw, cell), y);
    else
      cairo_line_to (draw->cr, x_of (draw, cell), y);
    cairo_line_to (draw->cr, x_of (draw, cell + 1), y);
  }
  for (guint cell = to; cell > from; cell--) {
    cairo_line_to (draw->cr, x_of (draw, cell),
                   y_of (draw, floor_of[cell - 1]));
    cairo_line_to (draw->cr, x_of (draw, cell - 1),
                   y_of (draw, floor_of[cell - 1]));
  }
  cairo_close_path (draw->cr);
}

static void
draw_stack (const Draw *draw)
{
  guint              n = draw->plot->n_cells;
  g_autofree double *floor_of = g_new0 (double, n);

  for (guint i = 0; i < draw->plot->series->len; i++) {
    const MosPlotSeries *series = series_at (draw->plot, i);

    if (series->baseline)
      continue;
    for (guint from = 0; from < n;) {
      guint to = from;

      while (to < n && series->cells[to].has)
        to++;
      if (to > from)
        stack_path (draw, series->cells, floor_of, from, to);
      from = MAX (to, from + 1);
    }
    set_color (draw->cr, mos_plot_color (draw->theme, i), .85);
    cairo_fill_preserve (draw->cr);
    hatch (draw, i);
    cairo_new_path (draw->cr);
    for (guint cell = 0; cell < n; cell++)
      floor_of[cell] += series->cells[cell].has ? series->cells[cell].mean : 0;
  }
}

static void
draw_bars (const Draw *draw)
{
  guint  n = draw->plot->series->len;
  double step = draw->area.width / MAX (n, 1);

  for (guint i = 0; i < n; i++) {
    const MosPlotSeries *series = series_at (draw->plot, i);
    double               y = y_of (draw, bar_value (draw->plot, series));

    set_color (draw->cr, mos_plot_color (draw->theme, 0), .85);
    cairo_rectangle (draw->cr, draw->area.x + step * i + step * .1, y,
                     step * .8, draw->area.y + draw->area.height - y);
    cairo_fill (draw->cr);
    set_ink (draw, .8);
    if (text_width (draw, series->title) < step * 1.1)
      show_text (draw, series->title,
                 draw->area.x + step * (i + .5) -
                     text_width (draw, series->title) / 2,
                 draw->area.y + draw->area.height + 2, 0, 0, FALSE);
  }
}

static void
draw_heat (const Draw *draw)
{
  guint  n = draw->plot->series->len;
  double row = draw->area.height / MAX (n, 1);

  for (guint i = 0; i < n; i++) {
    const MosPlotSeries *series = series_at (draw->plot, i);
    double               y = draw->area.y + row * i, top = 0;

    for (guint cell = 0; cell < draw->plot->n_cells; cell++)
      if (series->cells[cell].has)
        top = MAX (top, series->cells[cell].mean);
    for (guint cell = 0; cell < draw->plot->n_cells && top > 0; cell++) {
      const MosCell *c = &series->cells[cell];

      if (!c->has || c->mean <= 0)
        continue;
      /* Fourth root: small things show. */
      set_color (draw->cr, mos_plot_color (draw->theme, 0),
                 .15 + .85 * sqrt (sqrt (c->mean / top)));
      cairo_rectangle (draw->cr, x_of (draw, cell), y + 1,
                       draw->area.width / draw->plot->n_cells + .5,
                       MAX (row - 2, 1));
      cairo_fill (draw->cr);
    }
    set_ink (draw, .8);
    if (row >= draw->line * .7)
      show_text (draw, series->title, draw->area.x - 4,
                 y + (row - draw->line) / 2, 1, draw->area.x - 4, FALSE);
  }
}

static void
draw_threshold (const Draw *draw)
{
  static const double dashes[] = { 8, 4 };
  double              y;

  if (!draw->plot->has_threshold || draw->plot->threshold > draw->top ||
      draw->plot->info->style == MOS_PLOT_HEAT)
    return;
  y = floor (y_of (draw, draw->plot->threshold)) + .5;
  set_ink (draw, .7);
  cairo_set_line_width (draw->cr, 1);
  cairo_set_dash (draw->cr, dashes, 2, 0);
  cairo_move_to (draw->cr, draw->area.x, y);
  cairo_rel_line_to (draw->cr, draw->area.width, 0);
  cairo_stroke (draw->cr);
  cairo_set_dash (draw->cr, NULL, 0, 0);
}

/* A pennant on a pole, taller the worse it is. */
static void
draw_flags (const Draw *draw)
{
  for (guint i = 0; i < draw->plot->flags->len; i++) {
    const MosPlotFlag *flag = draw->plot->flags->pdata[i];
    double x = x_of (draw, (double) (flag->time_ms - draw->plot->from_ms) /
                               (double) draw->plot->step_ms);
    double size = 6 + 3 * (double) flag->severity;

    set_color (draw->cr, mos_plot_color (draw->theme, 1), 1);
    cairo_set_line_width (draw->cr, 1.5);
    cairo_move_to (draw->cr, x, draw->area.y + draw->area.height);
    cairo_line_to (draw->cr, x, draw->area.y);
    cairo_stroke (draw->cr);
    cairo_move_to (draw->cr, x, draw->area.y);
    cairo_rel_line_to (draw->cr, size, size / 2);
    cairo_rel_line_to (draw->cr, -size, size / 2);
    cairo_close_path (draw->cr);
    cairo_fill (draw->cr);
  }
}

static void
draw_cursor (const Draw *draw)
{
  double x;

  if (draw->cursor < 0 || draw->cursor >= (int) draw->plot->n_cells)
    return;
  x = floor (x_of (draw, draw->cursor + .5)) + .5;
  set_ink (draw, .8);
  cairo_set_line_width (draw->cr, 1);
  cairo_move_to (draw->cr, x, draw->area.y);
  cairo_rel_line_to (draw->cr, 0, draw->area.height);
  cairo_stroke (draw->cr);
  for (guint i = 0;
       i < draw->plot->series->len && draw->plot->info->style == MOS_PLOT_LINES;
       i++) {
    const MosCell *c = &series_at (draw->plot, i)->cells[draw->cursor];

    if (!c->has)
      continue;
    set_color (draw->cr, mos_plot_color (draw->theme, i), 1);
    cairo_arc (draw->cr, x, y_of (draw, c->mean), 3, 0, 2 * G_PI);
    cairo_fill (draw->cr);
  }
}

static void
draw_legend (const Draw *draw)
{
  double x = MARGIN;
  double y = draw->area.y + draw->area.height + draw->line + 4;
  guint  line = 1;

  if (draw->legend <= 0)
    return;
  for (guint i = 0; i < draw->plot->series->len; i++) {
    const MosPlotSeries *series = series_at (draw->plot, i);
    double               width = legend_width (draw, i);
    double               box = draw->line * .6;

    if (x > MARGIN && x + width > draw->width - MARGIN) {
      if (++line > MAX_LEGEND)
        return;
      x = MARGIN;
      y += draw->line;
    }
    set_color (draw->cr, mos_plot_color (draw->theme, i),
               series->baseline ? .6 : 1);
    if (is_stacked (draw->plot) && !series->baseline) {
      cairo_rectangle (draw->cr, x, y + draw->line * .2, box, box);
      cairo_fill_preserve (draw->cr);
      hatch (draw, i);
      cairo_new_path (draw->cr);
    } else {
      cairo_set_line_width (draw->cr, 2);
      set_dash (draw->cr, i, series->baseline);
      cairo_move_to (draw->cr, x, y + draw->line / 2);
      cairo_rel_line_to (draw->cr, draw->line, 0);
      cairo_stroke (draw->cr);
      cairo_set_dash (draw->cr, NULL, 0, 0);
    }
    set_ink (draw, .85);
    show_text (draw, series->title, x + draw->line + 2, y, 0,
               MIN (width, draw->width - x - draw->line - MARGIN), FALSE);
    x += width;
  }
}

/* -- the door ------------------------------------------------------------ */

void
mos_plot_draw (const MosPlot      *self,
               cairo_t            *cr,
               double              width,
               double              height,
               const MosPlotTheme *theme,
               int                 cursor)
{
  Draw draw = { .plot = self,
                .theme = theme,
                .cr = cr,
                .width = width,
                .height = height,
                .cursor = cursor };

  cairo_save (cr);
  lay_out (&draw);
  draw_title (&draw);
  draw_frame (&draw);
  draw_times (&draw);
  cairo_save (cr);
  cairo_rectangle (cr, draw.area.x, draw.area.y - 1, draw.area.width,
                   draw.area.height + 2);
  if (self->info->style == MOS_PLOT_LINES || is_stacked (self))
    cairo_clip (cr);
  else
    cairo_new_path (cr);
  if (self->info->style == MOS_PLOT_HISTOGRAM)
    draw_bars (&draw);
  else if (self->info->style == MOS_PLOT_HEAT)
    draw_heat (&draw);
  else if (is_stacked (self))
    draw_stack (&draw);
  for (guint i = 0; i < self->series->len; i++)
    if (self->info->style == MOS_PLOT_LINES ||
        (is_stacked (self) && series_at (self, i)->baseline))
      draw_line (&draw, i, i);
  draw_threshold (&draw);
  draw_flags (&draw);
  draw_cursor (&draw);
  cairo_restore (cr);
  draw_legend (&draw);
  if (self->series->len == 0) {
    set_color (cr, theme->ink, .6);
    show_text (&draw, _ ("No samples in this range"),
               draw.area.x + draw.area.width / 2 -
                   text_width (&draw, _ ("No samples in this range")) / 2,
               draw.area.y + draw.area.height / 2 - draw.line / 2, 0, 0, FALSE);
  }
  cairo_restore (cr);
}

void
mos_plot_area (const MosPlot      *self,
               cairo_t            *cr,
               double              width,
               double              height,
               const MosPlotTheme *theme,
               double             *left,
               double             *right)
{
  Draw draw = {
    .plot = self, .theme = theme, .cr = cr, .width = width, .height = height
  };

  lay_out (&draw);
  *left = draw.area.x;
  *right = draw.area.x + draw.area.width;
}
