/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The graph widget: an hour of samples goes through it, a new plot each frame
 * as fast as the display takes them, and memory does not grow; its crosshair,
 * its table, and its files say the same number as the store.
 */
#include <adwaita.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <string.h>

#include "app/graph.h"

#define START_MS   (G_GINT64_CONSTANT (1700000000000))
#define UUID       "8f7bd1c0-0000-4000-8000-000000000001"
#define N          3600u
#define WARM       60u
#define STEP       12u /* samples a frame */
#define MAX_GROWTH (512 * 1024)

typedef struct {
  MosStore  *store;
  GtkWidget *window, *graph;
  guint      frame;
  gsize      warm, end;
  gint64     start_us;
} World;

static MosStore *
make_store (void)
{
  static const char *const reasons[] = { "cpuid", "hlt", "port-in",
                                         "port-out" };
  MosStore                *store = mos_store_open (NULL, NULL, NULL);
  MosReading               readings[G_N_ELEMENTS (reasons)];

  for (guint r = 0; r < G_N_ELEMENTS (reasons); r++) {
    mos_series_key_init (&readings[r].key, MOS_METRIC_EXITS, UUID);
    mos_series_key_set_label (&readings[r].key, reasons[r]);
    readings[r].value = 0;
  }
  for (guint i = 0; i < N; i++) {
    for (guint r = 0; r < G_N_ELEMENTS (reasons); r++)
      readings[r].value += (i * (r + 3)) % 50;
    mos_store_append (store, START_MS + i * G_GINT64_CONSTANT (1000), readings,
                      G_N_ELEMENTS (readings));
  }
  return store;
}

static MosPlot *
make_plot (MosStore *store, guint last)
{
  static const MosPlotMachine machine = { UUID, "machine" };
  MosPlot *plot = mos_plot_new (mos_graph_find ("exits-by-reason"));

  mos_plot_load (plot, store, &machine, 1,
                 START_MS + ((gint64) last - 60) * 1000, 1000, 60);
  return plot;
}

static gsize
heap (void)
{
  return mallinfo2 ().uordblks;
}

static gboolean
frame_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
  World *world = user_data;

  mos_graph_set_plot (MOS_GRAPH (world->graph),
                      make_plot (world->store, world->frame));
  world->frame += STEP;
  if (world->frame == WARM * STEP)
    world->warm = heap ();
  if (world->frame < N)
    return G_SOURCE_CONTINUE;
  world->end = heap ();
  return G_SOURCE_REMOVE;
}

static void
test_hour (void)
{
  World world = { .store = make_store () };

  world.window = gtk_window_new ();
  world.graph = mos_graph_new ();
  gtk_window_set_default_size (GTK_WINDOW (world.window), 600, 220);
  gtk_window_set_child (GTK_WINDOW (world.window), world.graph);
  gtk_window_present (GTK_WINDOW (world.window));
  world.start_us = g_get_monotonic_time ();
  gtk_widget_add_tick_callback (world.graph, frame_cb, &world, NULL);
  while (world.end == 0)
    g_main_context_iteration (NULL, TRUE);
  g_test_message ("%.1f frames a second, %ld bytes more after %u frames",
                  N / STEP * 1e6 /
                      (double) (g_get_monotonic_time () - world.start_us),
                  (long) world.end - (long) world.warm, N / STEP - WARM);
  g_assert_cmpint ((gint64) world.end - (gint64) world.warm, <, MAX_GROWTH);
  gtk_window_destroy (GTK_WINDOW (world.window));
  mos_store_close (world.store);
}

/* Cell, words, CSV and SVG of one plot. */
static void
test_same_numbers (void)
{
  MosStore *store = make_store ();
  g_autoptr (MosPlot) plot = make_plot (store, 100);
  const MosPlotSeries *series = plot->series->pdata[0];
  g_autofree char     *words = mos_plot_describe (plot, 40);
  g_autofree char     *csv = mos_plot_to_csv (plot);
  g_auto (GStrv) lines = g_strsplit (csv, "\r\n", -1);
  g_auto (GStrv) fields = g_strsplit (lines[41], ",", -1);
  g_auto (GStrv) heads = g_strsplit (lines[0], ",", -1);
  g_autoptr (GByteArray) svg = mos_plot_to_svg (plot, 600, 200);
  g_autofree char *value = NULL;
  MosSeriesKey     key;
  guint            column = 1;

  g_assert_cmpuint (plot->series->len, ==, 4);
  while (g_strcmp0 (heads[column], "cpuid") != 0)
    column++;
  for (guint i = 0; i < plot->series->len; i++)
    if (strcmp (((MosPlotSeries *) plot->series->pdata[i])->title, "cpuid") ==
        0)
      series = plot->series->pdata[i];
  g_assert_cmpfloat (g_ascii_strtod (fields[column], NULL), ==,
                     series->cells[40].mean);
  value = g_strdup_printf ("cpuid %.0f/s", series->cells[40].mean);
  g_assert_nonnull (strstr (words, value));
  g_assert_true (svg->len > 1000);
  g_assert_true (memcmp (svg->data, "<?xml", 5) == 0);

  mos_series_key_init (&key, MOS_METRIC_EXITS, UUID);
  mos_series_key_set_label (&key, "cpuid");
  {
    gint64 ms = plot->from_ms + 41 * 1000;
    g_autoptr (GArray) points = mos_store_read (store, &key, ms, ms, 0);

    g_assert_cmpuint (points->len, ==, 1);
    g_assert_cmpfloat (g_array_index (points, MosPoint, 0).mean, ==,
                       series->cells[40].mean);
  }
  mos_store_close (store);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/graph/same-numbers", test_same_numbers);
  g_test_add_func ("/graph/hour-at-full-rate", test_hour);
  return g_test_run ();
}
