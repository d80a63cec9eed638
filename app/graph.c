/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The graph widget: input, accessibility, and the look of the theme at hand.
 */
#include "app/graph.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "app/access.h"
#include "app/look.h"

#define HEIGHT_LINES 11

struct _MosGraph {
  GtkWidget parent_instance;

  MosPlot *plot;
  int      cursor;
  double   drag_x;
  double   pointer_x, pointer_y;
  char    *spoken;
};

enum {
  CURSOR_MOVED,
  ZOOM,
  PAN,
  SHOW_TABLE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MosGraph, mos_graph, GTK_TYPE_WIDGET)

/* -- look ---------------------------------------------------------------- */

static double
font_px (GtkWidget *widget, const char **family)
{
  PangoContext               *context = gtk_widget_get_pango_context (widget);
  const PangoFontDescription *font =
      pango_context_get_font_description (context);
  double size = (double) pango_font_description_get_size (font) / PANGO_SCALE;
  double dpi = pango_cairo_context_get_resolution (context);

  *family = pango_font_description_get_family (font);
  if (!pango_font_description_get_size_is_absolute (font))
    size *= (dpi > 0 ? dpi : 96) / 72;
  return size * .85;
}

static MosPlotColor
to_color (const GdkRGBA *rgba)
{
  return (MosPlotColor){ rgba->red, rgba->green, rgba->blue };
}

static MosPlotTheme
make_theme (MosGraph *self)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (self));
  MosPlotTheme     theme = mos_plot_print_theme;
  GdkRGBA          ink, paper;

  gtk_style_context_get_color (style, &ink);
  theme.ink = to_color (&ink);
  if (gtk_style_context_lookup_color (style, "view_bg_color", &paper))
    theme.paper = to_color (&paper);
  theme.contrast = mos_look_contrast ();
  theme.dark = ink.red + ink.green + ink.blue > 1.5f;
  theme.font_px = font_px (GTK_WIDGET (self), &theme.font);
  return theme;
}

static void
mos_graph_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  MosGraph       *self = MOS_GRAPH (widget);
  int             width = gtk_widget_get_width (widget);
  int             height = gtk_widget_get_height (widget);
  graphene_rect_t bounds =
      GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height);
  MosPlotTheme theme;
  cairo_t     *cr;

  if (self->plot == NULL || width <= 0 || height <= 0)
    return;
  theme = make_theme (self);
  cr = gtk_snapshot_append_cairo (snapshot, &bounds);
  mos_plot_draw (self->plot, cr, width, height, &theme, self->cursor);
  cairo_destroy (cr);
}

static void
mos_graph_measure (GtkWidget     *widget,
                   GtkOrientation orientation,
                   int            for_size,
                   int           *minimum,
                   int           *natural,
                   int           *minimum_baseline,
                   int           *natural_baseline)
{
  const char *family;
  double      line = font_px (widget, &family) * 1.45;

  if (orientation == GTK_ORIENTATION_VERTICAL)
    *minimum = *natural = (int) (line * HEIGHT_LINES);
  else {
    *minimum = 260;
    *natural = 480;
  }
}

/* -- speech -------------------------------------------------------------- */

static void
speak (MosGraph *self)
{
  g_autofree char *reading = self->plot != NULL
                                 ? mos_plot_describe (self->plot, self->cursor)
                                 : g_strdup (_ ("no samples"));
  g_autofree char *name = NULL;

  if (g_strcmp0 (reading, self->spoken) == 0)
    return;
  g_free (self->spoken);
  self->spoken = g_strdup (reading);
  name = g_strdup_printf ("%s", self->plot != NULL ? _ (self->plot->info->title)
                                                   : _ ("Graph"));
  mos_access_name (GTK_WIDGET (self), name);
  mos_access_describe (GTK_WIDGET (self), reading);
}

/* -- cursor -------------------------------------------------------------- */

static void
move_cursor (MosGraph *self, int cell)
{
  if (self->plot == NULL)
    return;
  cell = CLAMP (cell, -1, (int) self->plot->n_cells - 1);
  mos_graph_set_cursor (self, cell);
  g_signal_emit (self, signals[CURSOR_MOVED], 0, cell);
}

/* Where in the range @x is, 0 to 1. */
static double
part_at (MosGraph *self, double x)
{
  MosPlotTheme     theme = make_theme (self);
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_A8, 1, 1);
  cairo_t         *cr = cairo_create (surface);
  double           left, right;

  mos_plot_area (self->plot, cr, gtk_widget_get_width (GTK_WIDGET (self)),
                 gtk_widget_get_height (GTK_WIDGET (self)), &theme, &left,
                 &right);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return right > left ? (x - left) / (right - left) : 0;
}

static void
motion_cb (GtkEventControllerMotion *controller,
           double                    x,
           double                    y,
           MosGraph                 *self)
{
  double part;

  /* GTK repeats the last motion after every layout; the keyboard may have moved
   * the crosshair since. */
  if (self->plot == NULL || (x == self->pointer_x && y == self->pointer_y))
    return;
  self->pointer_x = x;
  self->pointer_y = y;
  part = part_at (self, x);
  move_cursor (self,
               part < 0 || part >= 1 ? -1 : (int) (part * self->plot->n_cells));
}

static void
leave_cb (GtkEventControllerMotion *controller, MosGraph *self)
{
  if (!gtk_widget_has_focus (GTK_WIDGET (self)))
    move_cursor (self, -1);
}

static gboolean
scroll_cb (GtkEventControllerScroll *controller,
           double                    dx,
           double                    dy,
           MosGraph                 *self)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (
      GTK_EVENT_CONTROLLER (controller));

  /* Without Control the page scrolls. */
  if ((state & GDK_CONTROL_MASK) == 0 || self->plot == NULL)
    return FALSE;
  g_signal_emit (self, signals[ZOOM], 0, dy > 0 ? 1.25 : .8,
                 self->cursor < 0 ? 1.0
                                  : (self->cursor + .5) / self->plot->n_cells);
  return TRUE;
}

static void
drag_begin_cb (GtkGestureDrag *gesture, double x, double y, MosGraph *self)
{
  self->drag_x = 0;
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

static void
drag_update_cb (GtkGestureDrag *gesture, double dx, double dy, MosGraph *self)
{
  double width = MAX (gtk_widget_get_width (GTK_WIDGET (self)), 1);

  if (ABS (dx - self->drag_x) < 4)
    return;
  g_signal_emit (self, signals[PAN], 0, (dx - self->drag_x) / width);
  self->drag_x = dx;
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  key,
        guint                  code,
        GdkModifierType        state,
        MosGraph              *self)
{
  gboolean shift = (state & GDK_SHIFT_MASK) != 0;
  int      from, step = (state & GDK_CONTROL_MASK) != 0 ? 10 : 1;

  if (self->plot == NULL || (state & GDK_ALT_MASK) != 0)
    return FALSE;
  from = self->cursor >= 0 ? self->cursor : mos_plot_last_cell (self->plot);
  switch (key) {
  case GDK_KEY_Left:
    if (shift)
      g_signal_emit (self, signals[PAN], 0, .25);
    else
      move_cursor (self, MAX (from - step, 0));
    return TRUE;
  case GDK_KEY_Right:
    if (shift)
      g_signal_emit (self, signals[PAN], 0, -.25);
    else
      move_cursor (self, from + step);
    return TRUE;
  case GDK_KEY_Home:
    move_cursor (self, 0);
    return TRUE;
  case GDK_KEY_End:
    move_cursor (self, (int) self->plot->n_cells - 1);
    return TRUE;
  case GDK_KEY_Escape:
    if (self->cursor < 0)
      return FALSE;
    move_cursor (self, -1);
    return TRUE;
  case GDK_KEY_plus:
  case GDK_KEY_KP_Add:
  case GDK_KEY_equal:
    g_signal_emit (self, signals[ZOOM], 0, .5,
                   from < 0 ? 1.0 : (from + .5) / self->plot->n_cells);
    return TRUE;
  case GDK_KEY_minus:
  case GDK_KEY_KP_Subtract:
    g_signal_emit (self, signals[ZOOM], 0, 2.0,
                   from < 0 ? 1.0 : (from + .5) / self->plot->n_cells);
    return TRUE;
  case GDK_KEY_t:
  case GDK_KEY_T:
    g_signal_emit (self, signals[SHOW_TABLE], 0);
    return TRUE;
  default:
    return FALSE;
  }
}

static void
focus_cb (MosGraph *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* -- life ---------------------------------------------------------------- */

static void
mos_graph_finalize (GObject *object)
{
  MosGraph *self = MOS_GRAPH (object);

  mos_plot_free (self->plot);
  g_free (self->spoken);
  G_OBJECT_CLASS (mos_graph_parent_class)->finalize (object);
}

static void
mos_graph_class_init (MosGraphClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType           type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = mos_graph_finalize;
  widget_class->snapshot = mos_graph_snapshot;
  widget_class->measure = mos_graph_measure;
  gtk_widget_class_set_css_name (widget_class, "graph");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  signals[CURSOR_MOVED] =
      g_signal_new ("cursor-moved", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  signals[ZOOM] =
      g_signal_new ("zoom", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_DOUBLE, G_TYPE_DOUBLE);
  signals[PAN] = g_signal_new ("pan", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                               NULL, G_TYPE_NONE, 1, G_TYPE_DOUBLE);
  signals[SHOW_TABLE] = g_signal_new ("show-table", type, G_SIGNAL_RUN_LAST, 0,
                                      NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mos_graph_init (MosGraph *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkEventController *scroll =
      gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkGesture *drag = gtk_gesture_drag_new ();

  self->cursor = -1;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_hexpand (GTK_WIDGET (self), TRUE);
  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect (motion, "leave", G_CALLBACK (leave_cb), self);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  g_signal_connect (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
  gtk_widget_add_controller (GTK_WIDGET (self), scroll);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
  g_signal_connect (self, "notify::has-focus", G_CALLBACK (focus_cb), NULL);
  speak (self);
}

GtkWidget *
mos_graph_new (void)
{
  return g_object_new (MOS_TYPE_GRAPH, NULL);
}

void
mos_graph_set_plot (MosGraph *self, MosPlot *plot)
{
  g_return_if_fail (MOS_IS_GRAPH (self));

  mos_plot_free (self->plot);
  self->plot = plot;
  if (plot != NULL && self->cursor >= (int) plot->n_cells)
    self->cursor = (int) plot->n_cells - 1;
  speak (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

const MosPlot *
mos_graph_get_plot (MosGraph *self)
{
  g_return_val_if_fail (MOS_IS_GRAPH (self), NULL);

  return self->plot;
}

void
mos_graph_set_cursor (MosGraph *self, int cell)
{
  g_return_if_fail (MOS_IS_GRAPH (self));

  if (self->cursor == cell)
    return;
  self->cursor = cell;
  speak (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* -- table --------------------------------------------------------------- */

/* A column's texts, top to bottom. */
static void
column_free (gpointer data, GClosure *closure)
{
  g_strfreev (data);
}

static void
cell_setup_cb (GtkSignalListItemFactory *factory,
               GtkListItem              *item,
               gpointer                  user_data)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_widget_add_css_class (label, "numeric");
  gtk_list_item_set_child (item, label);
}

static void
cell_bind_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *item,
              gpointer                  user_data)
{
  char **texts = user_data;

  gtk_label_set_label (GTK_LABEL (gtk_list_item_get_child (item)),
                       texts[gtk_list_item_get_position (item)]);
}

static void
add_column (GtkColumnView *view, const char *title, char **texts)
{
  GtkListItemFactory  *factory = gtk_signal_list_item_factory_new ();
  GtkColumnViewColumn *column;

  g_signal_connect (factory, "setup", G_CALLBACK (cell_setup_cb), NULL);
  g_signal_connect_data (factory, "bind", G_CALLBACK (cell_bind_cb), texts,
                         column_free, 0);
  column = gtk_column_view_column_new (title, factory);
  gtk_column_view_column_set_resizable (column, TRUE);
  gtk_column_view_append_column (view, column);
  g_object_unref (column);
}

GtkWidget *
mos_graph_table_new (const MosPlot *plot)
{
  int            last = mos_plot_last_cell (plot);
  guint          n = (guint) (last + 1);
  GtkStringList *rows = gtk_string_list_new (NULL);
  GtkWidget     *view, *scroller = gtk_scrolled_window_new ();
  char         **times = g_new0 (char *, n + 1);

  for (guint r = 0; r < n; r++) {
    times[r] = mos_plot_format_time (plot, plot->from_ms + (gint64) (n - r) *
                                                               plot->step_ms);
    gtk_string_list_append (rows, times[r]);
  }
  view = gtk_column_view_new (
      GTK_SELECTION_MODEL (gtk_single_selection_new (G_LIST_MODEL (rows))));
  add_column (GTK_COLUMN_VIEW (view), _ ("Time"), times);
  for (guint i = 0; i < plot->series->len; i++) {
    const MosPlotSeries *series = plot->series->pdata[i];
    char               **texts = g_new0 (char *, n + 1);

    for (guint r = 0; r < n; r++) {
      const MosCell *cell = &series->cells[n - 1 - r];

      texts[r] = cell->has ? mos_metric_format (plot->info->metric, cell->mean)
                           : g_strdup ("–");
    }
    add_column (GTK_COLUMN_VIEW (view), series->title, texts);
  }
  mos_access_name (view, _ (plot->info->title));
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), view);
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scroller),
                                              240);
  mos_access_name (scroller, _ (plot->info->title));
  return scroller;
}
