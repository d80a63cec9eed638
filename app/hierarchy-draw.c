/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The drawing. A box has a strip at its top with its name and numbers; below
 * it are the boxes of its guests, side by side. An arrow starts in the strip of
 * the level where exits happen and ends in that of the level that handles
 * them; its width grows with the rate, its colour and its dashes tell the
 * group of reasons apart, for those who see no colours too.
 */
#include "app/hierarchy-draw.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <glib/gi18n-lib.h>
#include <math.h>

#include "app/draw-text.h"

#define GAP          8.0
#define MAX_DEPTH    MOS_HIERARCHY_LEVELS
#define EXPORT_WIDTH 1200.0
#define EXPORT_TEXT  13.0

/* Groups of exit reasons (MosExitInfo.group). */
static const struct {
  const char  *group;
  const char  *title;
  MosMapColour light, dark;
  double       dashes[4];
  int          n_dashes;
} groups[] = {
  { "io", N_ ("Ports"), { .10, .37, .71 }, { .47, .68, .93 }, { 12, 4 }, 2 },
  { "memory",
    N_ ("Memory"),
    { .15, .56, .29 },
    { .36, .78, .45 },
    { 4, 4 },
    2 },
  { "interrupt",
    N_ ("Interrupts"),
    { .75, .40, .0 },
    { 1, .65, .28 },
    { 14, 4, 3, 4 },
    4 },
  { "system",
    N_ ("System"),
    { .57, .25, .67 },
    { .78, .55, .87 },
    { 20, 5 },
    2 },
  { "nested",
    N_ ("Entries"),
    { .75, .11, .16 },
    { .96, .38, .36 },
    { 2, 3, 8, 3 },
    4 },
};
#define N_GROUPS G_N_ELEMENTS (groups)

typedef struct {
  cairo_t           *cr;
  const MosMapStyle *style;
  GArray            *boxes;
  double             legend; /* y where it begins */
  double strip[MAX_DEPTH];   /* y of the middle, by level, on the way */
} Drawing;

static void
set_ink (Drawing *drawing, double alpha)
{
  const MosMapColour *ink = &drawing->style->ink;

  if (drawing->style->contrast && alpha >= .5)
    alpha = 1;
  cairo_set_source_rgba (drawing->cr, ink->red, ink->green, ink->blue, alpha);
}

static void
set_group (Drawing *drawing, guint group, double width)
{
  const MosMapColour *colour =
      drawing->style->dark ? &groups[group].dark : &groups[group].light;

  cairo_set_source_rgb (drawing->cr, colour->red, colour->green, colour->blue);
  cairo_set_line_width (drawing->cr, width);
  cairo_set_dash (drawing->cr, groups[group].dashes, groups[group].n_dashes,
                  drawing->style->phase);
}

static double
strip_height (double text)
{
  return text * 3.4;
}

static guint
n_children (MosHierarchyNode *node)
{
  return g_list_model_get_n_items (mos_hierarchy_node_get_children (node));
}

static guint
depth_of (MosHierarchyNode *node)
{
  guint depth = 0;

  for (guint i = 0; i < n_children (node); i++) {
    g_autoptr (MosHierarchyNode) child =
        g_list_model_get_item (mos_hierarchy_node_get_children (node), i);

    depth = MAX (depth, depth_of (child));
  }
  return depth + 1;
}

/* How wide it wants to be, in leaves. */
static guint
leaves_of (MosHierarchyNode *node)
{
  guint sum = 0;

  for (guint i = 0; i < n_children (node); i++) {
    g_autoptr (MosHierarchyNode) child =
        g_list_model_get_item (mos_hierarchy_node_get_children (node), i);

    sum += leaves_of (child);
  }
  return MAX (sum, 1);
}

double
mos_hierarchy_draw_height (MosHierarchyNode *host, double text)
{
  return depth_of (host) * (strip_height (text) + 2 * GAP) +
         strip_height (text);
}

/* -- text ---------------------------------------------------------------- */

static PangoLayout *
make_text (Drawing *drawing, double size, gboolean bold, const char *text)
{
  return mos_draw_text_new (drawing->cr, "sans-serif", size, bold, text);
}

/* At the beginning of @room, which is at its right end when mirrored; cut at
 * its end. @y is the base line. */
static void
show_text (Drawing    *drawing,
           double      x,
           double      y,
           double      room,
           double      size,
           gboolean    bold,
           const char *text)
{
  g_autoptr (PangoLayout) layout = make_text (drawing, size, bold, text);
  int width;

  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  pango_layout_set_width (layout, (int) (MAX (room, 0) * PANGO_SCALE));
  pango_layout_set_auto_dir (layout, FALSE);
  pango_layout_get_pixel_size (layout, &width, NULL);
  if (drawing->style->mirrored)
    x += MAX (room - width, 0);
  cairo_move_to (drawing->cr, x,
                 y - (double) pango_layout_get_baseline (layout) / PANGO_SCALE);
  pango_cairo_show_layout (drawing->cr, layout);
}

static char *
numbers_of (MosHierarchyNode *node)
{
  const MosNodeFacts *facts = mos_hierarchy_node_get_facts (node);
  const MosNodeRates *rates = mos_hierarchy_node_get_rates (node);

  if (facts->kind == MOS_NODE_HOST)
    return g_strdup_printf (_ ("%u processors"), facts->guest.n_vcpus);
  if (facts->state != MOS_NODE_RUNNING)
    return g_strdup (mos_node_state_title (facts->state));
  return g_strdup_printf (_ ("%.0f exits/s, %.0f %% CPU"), rates->exits,
                          100 * rates->own);
}

static void
draw_strip (Drawing          *drawing,
            MosHierarchyNode *node,
            double            x,
            double            y,
            double            width)
{
  double           text = drawing->style->text;
  double           room = width - 2 * GAP;
  g_autofree char *title =
      g_strdup_printf (_ ("L%u  %s"), mos_hierarchy_node_get_level (node),
                       mos_hierarchy_node_get_title (node));
  g_autofree char *numbers = numbers_of (node);

  set_ink (drawing, 1);
  show_text (drawing, x + GAP, y + text * 1.4, room, text, TRUE, title);
  set_ink (drawing, .8);
  show_text (drawing, x + GAP, y + text * 2.7, room, text * .9, FALSE, numbers);
}

/* -- arrows -------------------------------------------------------------- */

static void
draw_head (Drawing *drawing, double x, double y, double size)
{
  cairo_set_dash (drawing->cr, NULL, 0, 0);
  cairo_move_to (drawing->cr, x, y - size);
  cairo_line_to (drawing->cr, x - size, y + size);
  cairo_line_to (drawing->cr, x + size, y + size);
  cairo_close_path (drawing->cr);
  cairo_fill (drawing->cr);
}

static double
rate_of (const MosNodeRates *rates, guint by, guint group)
{
  double sum = 0;

  for (guint n = 0; n < MOS_N_EXITS; n++)
    if (g_str_equal (mos_exit_infos[n].group, groups[group].group))
      sum += rates->cells[by][n];
  return sum;
}

/* @at, counted from the end of the box where its arrows begin. */
static double
from_end (Drawing *drawing, const MosMapBox *box, double at)
{
  return drawing->style->mirrored ? box->x + at : box->x + box->width - at;
}

/* From the node's strip up to those of the levels that handle its exits. */
static void
draw_arrows (Drawing *drawing, MosHierarchyNode *node, const MosMapBox *box)
{
  const MosNodeRates *rates = mos_hierarchy_node_get_rates (node);
  guint               level = mos_hierarchy_node_get_level (node);
  double              from = drawing->strip[MIN (level, MAX_DEPTH - 1)];
  double              at = 2 * GAP;

  for (guint by = 0; by < level && by < MAX_DEPTH; by++)
    for (guint group = 0; group < N_GROUPS; group++) {
      double rate = rate_of (rates, by, group);
      double width = CLAMP (1 + log10 (1 + rate), 1.5, 8);
      double x = from_end (drawing, box, at);

      if (rate < .5 || at > box->width / 2)
        continue;
      set_group (drawing, group, width);
      cairo_move_to (drawing->cr, x, from);
      cairo_line_to (drawing->cr, x, drawing->strip[by] + width + 3);
      cairo_stroke (drawing->cr);
      cairo_arc (drawing->cr, x, from, width / 2 + 2, 0, 2 * G_PI);
      cairo_fill (drawing->cr);
      draw_head (drawing, x, drawing->strip[by] + width + 3, width + 3);
      at += 2 * width + 8;
    }
}

/* -- boxes --------------------------------------------------------------- */

static void
draw_edge (Drawing *drawing, const MosMapBox *box)
{
  gboolean            selected = box->node == drawing->style->selected;
  const MosMapColour *accent = &drawing->style->accent;
  const MosNodeFacts *facts = mos_hierarchy_node_get_facts (box->node);
  double              dash[] = { 4, 4 };

  cairo_rectangle (drawing->cr, box->x, box->y, box->width, box->height);
  set_ink (drawing, .05);
  cairo_fill_preserve (drawing->cr);
  set_ink (drawing, .5);
  cairo_set_line_width (drawing->cr, 1);
  /* What is not really there, or not now, has a broken edge. */
  cairo_set_dash (drawing->cr, dash, facts->state == MOS_NODE_RUNNING ? 0 : 2,
                  0);
  if (selected) {
    cairo_set_source_rgb (drawing->cr, accent->red, accent->green,
                          accent->blue);
    cairo_set_line_width (drawing->cr, 3);
  }
  cairo_stroke (drawing->cr);
}

static void
draw_node (Drawing *drawing, const MosMapBox *box)
{
  double strip = strip_height (drawing->style->text);
  guint  level = mos_hierarchy_node_get_level (box->node);
  guint  n = n_children (box->node);
  double room = box->width - (n + 1) * GAP;
  double x = box->x + GAP;
  guint  leaves = leaves_of (box->node);

  g_array_append_val (drawing->boxes, *box);
  g_object_ref (box->node);
  draw_edge (drawing, box);
  drawing->strip[MIN (level, MAX_DEPTH - 1)] = box->y + strip / 2;
  draw_strip (drawing, box->node, box->x, box->y, box->width);
  for (guint i = 0; i < n; i++) {
    g_autoptr (MosHierarchyNode) child =
        g_list_model_get_item (mos_hierarchy_node_get_children (box->node), i);
    MosMapBox inner = { .node = child,
                        .x = x,
                        .y = box->y + strip,
                        .width = MAX (room * leaves_of (child) / leaves, 8),
                        .height = MAX (box->height - strip - GAP, 4) };

    if (drawing->style->mirrored)
      inner.x = 2 * box->x + box->width - x - inner.width;
    draw_node (drawing, &inner);
    x += inner.width + GAP;
  }
  draw_arrows (drawing, box->node, box);
}

/* How wide one entry of the legend is. */
static double
legend_width (Drawing *drawing, guint group)
{
  g_autoptr (PangoLayout) layout =
      make_text (drawing, drawing->style->text, FALSE, _ (groups[group].title));
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  return 3 * drawing->style->text + width + 20;
}

/* @x is its left end, and @width its whole width. */
static void
draw_entry (Drawing *drawing, guint group, double x, double y, double width)
{
  double text = drawing->style->text;
  double label = x + 3 * text + 4, room = width - 3 * text - 4;

  if (drawing->style->mirrored) {
    label = x;
    x += width - 3 * text;
  }
  set_group (drawing, group, 4);
  cairo_move_to (drawing->cr, x, y);
  cairo_line_to (drawing->cr, x + 3 * text, y);
  cairo_stroke (drawing->cr);
  set_ink (drawing, 1);
  show_text (drawing, label, y + text / 3, room, text, FALSE,
             _ (groups[group].title));
}

/* As many lines as it takes; returns its height. With @draw FALSE it is only
 * measured. */
static double
draw_legend (Drawing *drawing, gboolean draw)
{
  double line = drawing->style->text * 1.8;
  double lines = 1, x = GAP;

  for (guint i = 0; i < N_GROUPS; i++) {
    double width = legend_width (drawing, i);

    if (x > GAP && x + width > drawing->style->width) {
      x = GAP;
      lines++;
    }
    if (draw)
      draw_entry (drawing, i,
                  drawing->style->mirrored ? drawing->style->width - x - width
                                           : x,
                  drawing->legend + (lines - .5) * line, width);
    x += width;
  }
  cairo_set_dash (drawing->cr, NULL, 0, 0);
  return lines * line;
}

static void
clear_box (gpointer box)
{
  g_object_unref (((MosMapBox *) box)->node);
}

GArray *
mos_hierarchy_draw (cairo_t           *cr,
                    MosHierarchyNode  *host,
                    const MosMapStyle *style)
{
  Drawing   drawing = { .cr = cr, .style = style };
  MosMapBox box = { host, GAP, GAP, style->width - 2 * GAP, 0 };

  drawing.boxes = g_array_new (FALSE, FALSE, sizeof (MosMapBox));
  g_array_set_clear_func (drawing.boxes, clear_box);
  drawing.legend = style->height - draw_legend (&drawing, FALSE);
  box.height = drawing.legend - 2 * GAP;
  draw_node (&drawing, &box);
  draw_legend (&drawing, TRUE);
  return drawing.boxes;
}

/* -- files --------------------------------------------------------------- */

static cairo_surface_t *
make_surface (const char *path, double width, double height)
{
  if (g_str_has_suffix (path, ".png"))
    return cairo_image_surface_create (CAIRO_FORMAT_ARGB32, (int) (2 * width),
                                       (int) (2 * height));
  if (g_str_has_suffix (path, ".svg"))
    return cairo_svg_surface_create (path, width, height);
  if (g_str_has_suffix (path, ".pdf"))
    return cairo_pdf_surface_create (path, width, height);
  return NULL;
}

gboolean
mos_hierarchy_export (MosHierarchyNode *host, const char *path, GError **error)
{
  MosMapStyle      style = { .width = EXPORT_WIDTH,
                             .text = EXPORT_TEXT,
                             .accent = { .21, .52, .89 } };
  cairo_surface_t *surface;
  cairo_status_t   status;
  cairo_t         *cr;

  style.height =
      MAX (mos_hierarchy_draw_height (host, style.text), EXPORT_WIDTH / 2);
  surface = make_surface (path, style.width, style.height);
  if (surface == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("%s: a map can be written as .png, .svg or .pdf"), path);
    return FALSE;
  }
  cr = cairo_create (surface);
  if (g_str_has_suffix (path, ".png"))
    cairo_scale (cr, 2, 2);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  g_array_unref (mos_hierarchy_draw (cr, host, &style));
  status = cairo_status (cr);
  cairo_destroy (cr);
  if (status == CAIRO_STATUS_SUCCESS && g_str_has_suffix (path, ".png"))
    status = cairo_surface_write_to_png (surface, path);
  cairo_surface_finish (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);
  if (status != CAIRO_STATUS_SUCCESS)
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("%s cannot be written: %s"),
                 path, cairo_status_to_string (status));
  return status == CAIRO_STATUS_SUCCESS;
}
