/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * An hour of samples played into the Performance page, 60 seconds of it in each
 * second, as the display takes frames: the page is drawn all the time and
 * memory does not grow. Only with MOS_TEST_LONG, as it takes over a minute.
 */
#include <adwaita.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <unistd.h>

#include "app/graph.h"
#include "app/lab.h"
#include "app/performance-page.h"

#define HOUR_S    3600u
#define WARM_S    600u /* ten seconds of ours */
#define N_REASONS 8u
#define N_SERIES  (N_REASONS + 6u)
/* The store keeps pages it has read and half a thousand samples of each series
 * before it packs them; the toolkit caches glyphs. */
#define MAX_HEAP_GROWTH (4 * 1024 * 1024)
#define MAX_RSS_GROWTH  (16 * 1024 * 1024)

typedef struct {
  gsize heap, rss;
} Memory;

typedef struct {
  MosWatch  *watch;
  MosReading readings[N_SERIES];
  gint64     start_ms;
  gint64     shown_ms; /* where the plot begins */
  guint      n;        /* samples played */
  guint      frames, drawn;
  gint64     begin_us, end_us;
  Memory     first, warm, last;
} World;

static Memory
memory_now (void)
{
  g_autofree char *text = NULL;
  gulong           size = 0, resident = 0;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%lu %lu", &size, &resident), ==, 2);
  return (Memory){ mallinfo2 ().uordblks,
                   resident * (gsize) sysconf (_SC_PAGESIZE) };
}

static void
fill_keys (World *world, const char *uuid)
{
  static const MosMetric others[] = {
    MOS_METRIC_GUEST_CPU,  MOS_METRIC_INSTRUCTIONS,   MOS_METRIC_INTERRUPTS,
    MOS_METRIC_TLB_MISSES, MOS_METRIC_MEMORY_DIRTIED, MOS_METRIC_MEMORY_RESIDENT
  };

  for (guint i = 0; i < N_SERIES; i++) {
    MosSeriesKey *key = &world->readings[i].key;
    gboolean      exits = i < N_REASONS;

    mos_series_key_init (key, exits ? MOS_METRIC_EXITS : others[i - N_REASONS],
                         uuid);
    key->vcpu = 0;
    if (exits) {
      key->level = 1;
      key->handled_by = 0;
      mos_series_key_set_label (key, mos_exit_infos[i].name);
    }
  }
}

/* A second of the machine: everything moves. */
static void
play (World *world)
{
  guint  n = world->n++;
  gint64 time_ms = world->start_ms + n * G_GINT64_CONSTANT (1000);

  for (guint i = 0; i < N_SERIES; i++) {
    gint64 value = (n * 2654435761u >> (i + 4)) % 10000;

    if (mos_metric_infos[world->readings[i].key.metric].kind ==
        MOS_METRIC_GAUGE)
      world->readings[i].value = value * 4096;
    else
      world->readings[i].value += value;
  }
  mos_store_append (mos_watch_get_store (world->watch), time_ms,
                    world->readings, N_SERIES);
  g_signal_emit_by_name (world->watch, "tick", time_ms);
}

static GtkWidget *
find_graph (GtkWidget *widget)
{
  GtkWidget *found = MOS_IS_GRAPH (widget) ? widget : NULL;

  for (widget = gtk_widget_get_first_child (widget);
       widget != NULL && found == NULL;
       widget = gtk_widget_get_next_sibling (widget))
    found = find_graph (widget);
  return found;
}

/* Whether the first graph has got new numbers since the frame before. */
static void
count_drawn (World *world, GtkWidget *page)
{
  GtkWidget     *graph = find_graph (page);
  const MosPlot *plot =
      graph != NULL ? mos_graph_get_plot (MOS_GRAPH (graph)) : NULL;

  if (plot == NULL || plot->from_ms == world->shown_ms)
    return;
  world->shown_ms = plot->from_ms;
  world->drawn++;
}

static gboolean
frame_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
  World *world = user_data;
  gint64 now_us = g_get_monotonic_time ();
  guint  due;

  if (world->begin_us == 0) {
    world->begin_us = now_us;
    world->first = memory_now ();
  }
  world->frames++;
  count_drawn (world, widget);
  due = (guint) ((now_us - world->begin_us) * 60 / G_USEC_PER_SEC) + 1;
  /* A host that is busy gets fewer frames, not fewer samples. */
  while (world->n < MIN (due, HOUR_S)) {
    play (world);
    if (world->n == WARM_S)
      world->warm = memory_now ();
  }
  if (world->n < HOUR_S)
    return G_SOURCE_CONTINUE;
  world->last = memory_now ();
  world->end_us = now_us;
  return G_SOURCE_REMOVE;
}

static void
run (World *world, MosVm *vm)
{
  GtkWidget *window = gtk_window_new ();
  GtkWidget *page = mos_performance_page_new (world->watch, FALSE);

  mos_performance_page_set_vm (MOS_PERFORMANCE_PAGE (page), vm);
  gtk_window_set_default_size (GTK_WINDOW (window), 900, 700);
  gtk_window_set_child (GTK_WINDOW (window), page);
  gtk_window_present (GTK_WINDOW (window));
  gtk_widget_add_tick_callback (page, frame_cb, world, NULL);
  while (world->end_us == 0)
    g_main_context_iteration (NULL, TRUE);
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
report (const World *world)
{
  double seconds = (double) (world->end_us - world->begin_us) / G_USEC_PER_SEC;

  g_test_message ("%u samples in %.1f s, %.1f frames a second, the graphs new "
                  "in %.1f of them",
                  world->n, seconds, world->frames / seconds,
                  world->drawn / seconds);
  g_test_message ("heap: %.2f MB at first, %.2f after %u samples, %.2f at last",
                  (double) world->first.heap / 1e6,
                  (double) world->warm.heap / 1e6, WARM_S,
                  (double) world->last.heap / 1e6);
  g_test_message (
      "resident: %.2f MB, %.2f, %.2f", (double) world->first.rss / 1e6,
      (double) world->warm.rss / 1e6, (double) world->last.rss / 1e6);
}

static void
test_hour (void)
{
  g_autofree char         *folder = NULL, *path = NULL;
  static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
  g_autoptr (MosVmConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  MosHypervisor *hypervisor;
  MosVm         *vm;
  World          world = { .start_ms = g_get_real_time () / 1000 -
                                       HOUR_S * G_GINT64_CONSTANT (1000) };

  if (g_getenv ("MOS_TEST_LONG") == NULL) {
    g_test_skip ("only with MOS_TEST_LONG");
    return;
  }
  folder = g_dir_make_tmp ("multios-replay-XXXXXX", NULL);
  path = g_build_filename (folder, "samples.sqlite", NULL);
  hypervisor = mos_lab_new (FALSE);
  config = mos_vm_config_new_minimal ("An hour", 1, 16);
  vm = mos_hypervisor_create_vm (hypervisor, config, &error);
  g_assert_no_error (error);
  world.watch = mos_watch_new (hypervisor, path, MOS_SAMPLER_MAX_MS);
  mos_sampler_stop (mos_watch_get_sampler (world.watch)); /* we are it */
  mos_store_set_interval (mos_watch_get_store (world.watch), 1000);
  fill_keys (&world, mos_vm_get_uuid (vm));
  run (&world, vm);
  report (&world);
  g_assert_cmpuint (world.drawn, >, 60);
  g_assert_cmpint ((gint64) world.last.heap - (gint64) world.warm.heap, <,
                   MAX_HEAP_GROWTH);
  g_assert_cmpint ((gint64) world.last.rss - (gint64) world.warm.rss, <,
                   MAX_RSS_GROWTH);
  g_assert_cmpint (mos_store_last_ms (mos_watch_get_store (world.watch)), ==,
                   world.start_ms + (HOUR_S - 1) * 1000);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&world.watch);
  mos_hypervisor_shutdown (hypervisor);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_object_unref (hypervisor);
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *name = g_strconcat (path, suffixes[i], NULL);

    g_unlink (name);
  }
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/replay/hour", test_hour);
  return g_test_run ();
}
