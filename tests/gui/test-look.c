/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the user asked of our own drawings: with high contrast nothing that
 * carries meaning is faint (WCAG 2.1: 3 to 1 for lines, 4.5 to 1 for colours
 * of curves), from right to left the map begins at the right, and with
 * animations off nothing moves.
 */
#include <adwaita.h>
#include <math.h>

#include "app/hierarchy-draw.h"
#include "app/hierarchy-map.h"
#include "app/plot.h"

#define WIDTH    600
#define HEIGHT   300
#define STILL_MS 600 /* six steps of the arrows */

/* -- contrast ------------------------------------------------------------ */

static double
luminance (double red, double green, double blue)
{
  double parts[] = { red, green, blue };

  for (guint i = 0; i < 3; i++)
    parts[i] = parts[i] <= .03928 ? parts[i] / 12.92
                                  : pow ((parts[i] + .055) / 1.055, 2.4);
  return .2126 * parts[0] + .7152 * parts[1] + .0722 * parts[2];
}

static double
contrast (double a, double b)
{
  return (MAX (a, b) + .05) / (MIN (a, b) + .05);
}

static void
test_curves (void)
{
  double white = luminance (1, 1, 1);
  double dark = luminance (.12, .12, .12); /* libadwaita's view_bg_color */

  for (int is_dark = 0; is_dark <= 1; is_dark++) {
    MosPlotTheme theme = { .dark = is_dark, .contrast = TRUE };

    for (guint n = 0; n < MOS_PLOT_N_COLORS; n++) {
      MosPlotColor color = mos_plot_color (&theme, n);

      g_assert_cmpfloat (contrast (luminance (color.r, color.g, color.b),
                                   is_dark ? dark : white),
                         >=, 4.5);
    }
  }
}

/* A host with two machines. */
static MosHierarchyNode *
make_host (void)
{
  static const guint64 ids[] = { 1, 2 };
  MosNodeFacts         facts = { .kind = MOS_NODE_HOST,
                                 .state = MOS_NODE_RUNNING,
                                 .name = (char *) "Host" };
  MosHierarchyNode    *host = mos_hierarchy_node_new (MOS_NODE_HOST, 0);

  mos_hierarchy_node_update (host, &facts, 1);
  mos_hierarchy_node_set_children (host, MOS_NODE_MACHINE, ids, 2);
  return host;
}

static MosMapBox
box_at (GArray *boxes, guint i)
{
  g_assert_cmpuint (i, <, boxes->len);
  return g_array_index (boxes, MosMapBox, i);
}

/* Black on white; the boxes are the caller's. */
static cairo_surface_t *
draw (MosHierarchyNode *host,
      gboolean          strong,
      gboolean          mirrored,
      GArray          **boxes)
{
  MosMapStyle      style = { .width = WIDTH,
                             .height = HEIGHT,
                             .text = 12,
                             .contrast = strong,
                             .mirrored = mirrored };
  cairo_surface_t *surface =
      cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create (surface);

  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  *boxes = mos_hierarchy_draw (cr, host, &style);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

/* The luminance of the darkest pixel of a rectangle. */
static double
darkest (cairo_surface_t *surface, int x, int y, int width, int height)
{
  const guchar *data = cairo_image_surface_get_data (surface);
  int           stride = cairo_image_surface_get_stride (surface);
  double        least = 1;

  for (int row = y; row < y + height; row++)
    for (int column = x; column < x + width; column++) {
      const guchar *pixel = data + row * stride + column * 4;

      least = MIN (
          least, luminance (pixel[2] / 255., pixel[1] / 255., pixel[0] / 255.));
    }
  return least;
}

static double
edge_contrast (MosHierarchyNode *host, gboolean strong)
{
  g_autoptr (GArray) boxes = NULL;
  cairo_surface_t *surface = draw (host, strong, FALSE, &boxes);
  MosMapBox        box = box_at (boxes, 0);
  double           edge =
      darkest (surface, (int) box.x - 1, (int) (box.y + box.height / 2), 3, 1);

  cairo_surface_destroy (surface);
  return contrast (edge, 1);
}

static void
test_edges (void)
{
  g_autoptr (MosHierarchyNode) host = make_host ();

  g_assert_cmpfloat (edge_contrast (host, FALSE), <, 3);
  g_assert_cmpfloat (edge_contrast (host, TRUE), >=, 3);
}

/* -- direction ----------------------------------------------------------- */

static void
test_mirrored (void)
{
  g_autoptr (MosHierarchyNode) host = make_host ();
  g_autoptr (GArray) straight = NULL;
  g_autoptr (GArray) mirrored = NULL;
  cairo_surface_t *left = draw (host, TRUE, FALSE, &straight);
  cairo_surface_t *right = draw (host, TRUE, TRUE, &mirrored);
  int              y = (int) box_at (straight, 0).y + 4;

  g_assert_cmpuint (straight->len, ==, mirrored->len);
  for (guint i = 0; i < straight->len; i++) {
    MosMapBox a = box_at (straight, i), b = box_at (mirrored, i);

    g_assert_true (a.node == b.node);
    g_assert_cmpfloat_with_epsilon (a.x, WIDTH - b.x - b.width, .01);
  }
  /* Where the host's title is, and where it is not. */
  g_assert_cmpfloat (darkest (left, 16, y, 100, 12), <, .1);
  g_assert_cmpfloat (darkest (left, WIDTH - 116, y, 100, 12), >, .5);
  g_assert_cmpfloat (darkest (right, 16, y, 100, 12), >, .5);
  g_assert_cmpfloat (darkest (right, WIDTH - 116, y, 100, 12), <, .1);
  cairo_surface_destroy (left);
  cairo_surface_destroy (right);
}

/* -- motion -------------------------------------------------------------- */

static void
painted_cb (guint *paints)
{
  ++*paints;
}

static gboolean
over_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* How often the window is painted in a while in which nobody asks for it. */
static guint
paints_of (GtkWidget *map, guint *paints)
{
  gboolean over = FALSE;
  guint    before;

  gtk_test_widget_wait_for_draw (map);
  before = *paints;
  g_timeout_add (STILL_MS, over_cb, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
  return *paints - before;
}

static void
test_motion (void)
{
  g_autoptr (MosHierarchyNode) host = make_host ();
  GtkWidget *window = gtk_window_new ();
  GtkWidget *map = mos_hierarchy_map_new (host);
  GObject   *settings = G_OBJECT (gtk_widget_get_settings (window));
  guint      paints = 0;

  gtk_window_set_child (GTK_WINDOW (window), map);
  gtk_window_present (GTK_WINDOW (window));
  gtk_test_widget_wait_for_draw (map);
  g_signal_connect_swapped (gtk_widget_get_frame_clock (window), "after-paint",
                            G_CALLBACK (painted_cb), &paints);

  g_object_set (settings, "gtk-enable-animations", TRUE, NULL);
  mos_hierarchy_map_refresh (MOS_HIERARCHY_MAP (map), TRUE);
  while (paints < 4)
    g_main_context_iteration (NULL, TRUE);

  g_object_set (settings, "gtk-enable-animations", FALSE, NULL);
  mos_hierarchy_map_refresh (MOS_HIERARCHY_MAP (map), TRUE);
  while (paints_of (map, &paints) > 0)
    g_test_message ("painted after it was drawn");
  gtk_window_destroy (GTK_WINDOW (window));
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/look/curves", test_curves);
  g_test_add_func ("/look/edges", test_edges);
  g_test_add_func ("/look/mirrored", test_mirrored);
  g_test_add_func ("/look/motion", test_motion);
  return g_test_run ();
}
