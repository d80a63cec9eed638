/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios bench watch`: what watching costs.
 *
 * A day of samples of so many machines goes into a store on disk, and graphs of
 * several ranges are read and drawn from it. Then so many real, idle machines
 * run while the sampler looks at them; its own processor time is compared with
 * the time that passed.
 */

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/lab.h"
#include "app/plot.h"

#define DAY_S     86400u
#define START_MS  G_GINT64_CONSTANT (1700000000000)
#define N_REASONS 8u
#define N_SERIES  60u /* of a machine: what a running Debian has */
#define ROUNDS    5u
#define CELLS     400u
#define WIDTH     900
#define HEIGHT    240
#define SAMPLES_S 10u

static const MosCliOption watch_options[] = {
  { .name = "machines", .argument = "N", .help = N_ ("how many; 8") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

static const struct {
  const char *name;
  gint64      span_ms;
} ranges[] = {
  { "minute", 60000 },
  { "hour", 3600000 },
  { "day", DAY_S *G_GINT64_CONSTANT (1000) },
};

typedef struct {
  guint   machines;
  double  bytes;
  double  tick_us;
  double  draw_ms[G_N_ELEMENTS (ranges)];
  double  sampler_percent;
  guint64 ticks;
} Result;

static void
uuid_of (guint machine, char *uuid, gsize size)
{
  g_snprintf (uuid, size, "00000000-0000-4000-8000-%012u", machine);
}

/* A third stands still, a third grows evenly, a third is noise. */
static gint64
grow (guint series, gint64 value, GRand *random)
{
  if (series % 3 == 0)
    return value;
  if (series % 3 == 1)
    return value + 1000 + series;
  return value + g_rand_int_range (random, 0, 20000);
}

static void
fill_keys (MosReading *readings, guint machines)
{
  for (guint i = 0; i < machines * N_SERIES; i++) {
    MosSeriesKey *key = &readings[i].key;
    guint         series = i % N_SERIES;
    char          uuid[40], label[16];

    uuid_of (i / N_SERIES, uuid, sizeof uuid);
    mos_series_key_init (
        key, series < N_REASONS ? MOS_METRIC_EXITS : MOS_METRIC_BACKEND, uuid);
    key->vcpu = 0;
    g_snprintf (label, sizeof label, "s%u", series);
    mos_series_key_set_label (key, label);
  }
}

static gboolean
fill (MosStore *store, Result *result)
{
  guint                  n = result->machines * N_SERIES;
  g_autofree MosReading *readings = g_new0 (MosReading, n);
  GRand                 *random = g_rand_new_with_seed (1);
  gint64                 start_us;
  gboolean               ok = TRUE;

  fill_keys (readings, result->machines);
  start_us = g_get_monotonic_time ();
  for (guint s = 0; s < DAY_S && ok; s++) {
    for (guint i = 0; i < n; i++)
      readings[i].value = grow (i % N_SERIES, readings[i].value, random);
    ok = mos_store_append (store, START_MS + s * G_GINT64_CONSTANT (1000),
                           readings, n);
  }
  result->tick_us = (double) (g_get_monotonic_time () - start_us) / DAY_S;
  g_rand_free (random);
  return ok && mos_store_flush (store);
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double left = *(const double *) a, right = *(const double *) b;

  return (left > right) - (left < right);
}

/* Reads and draws one graph of stacked exits. */
static double
draw_once (MosStore *store, gint64 span_ms)
{
  char                 uuid[40];
  const MosPlotMachine machine = { uuid, "machine" };
  gint64 to_ms = START_MS + (DAY_S - 1) * G_GINT64_CONSTANT (1000);
  gint64 step_ms = mos_plot_step (span_ms, 1000, CELLS);
  gint64 start_us = g_get_monotonic_time ();
  g_autoptr (MosPlot) plot = mos_plot_new (mos_graph_find ("exits-by-reason"));
  cairo_surface_t *surface =
      cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create (surface);

  uuid_of (0, uuid, sizeof uuid);
  mos_plot_load (plot, store, &machine, 1, to_ms - span_ms, step_ms,
                 (guint) (span_ms / step_ms) + 1);
  mos_plot_draw (plot, cr, WIDTH, HEIGHT, &mos_plot_print_theme, -1);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return (double) (g_get_monotonic_time () - start_us) / 1000;
}

static void
draw (MosStore *store, Result *result)
{
  for (guint r = 0; r < G_N_ELEMENTS (ranges); r++) {
    double rounds[ROUNDS];

    for (guint i = 0; i < ROUNDS; i++)
      rounds[i] = draw_once (store, ranges[r].span_ms);
    qsort (rounds, ROUNDS, sizeof *rounds, compare_doubles);
    result->draw_ms[r] = rounds[ROUNDS / 2];
  }
}

static gboolean
measure_store (Result *result, GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("multios-watch-XXXXXX", error);
  g_autofree char *path = NULL;
  static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
  MosStoreOptions          options = { .retention_ms =
                                           2 * DAY_S * G_GINT64_CONSTANT (1000) };
  MosStore                *store;
  gboolean                 ok;

  if (folder == NULL)
    return FALSE;
  path = g_build_filename (folder, "samples.sqlite", NULL);
  store = mos_store_open (path, &options, error);
  ok = store != NULL && fill (store, result);
  if (ok) {
    draw (store, result);
    result->bytes = (double) mos_store_size (store);
  } else if (store != NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
                 _ ("The samples did not fit into %s"), folder);
  }
  mos_store_close (store);
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *name = g_strconcat (path, suffixes[i], NULL);

    g_unlink (name);
  }
  g_rmdir (folder);
  return ok;
}

/* -- real machines ------------------------------------------------------- */

static gboolean
over_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
wait_seconds (guint seconds)
{
  gboolean over = FALSE;

  g_timeout_add_seconds (seconds, over_cb, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

static gboolean
start_machines (MosHypervisor *hypervisor, guint n, GError **error)
{
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("machine %u", i);
    g_autoptr (MosVmConfig) config = mos_vm_config_new_minimal (name, 1, 16);
    g_autoptr (MosOperation) operation = NULL;
    MosVm *vm;

    mos_vm_config_set (config, "boot.guest", "simple-boot", NULL);
    vm = mos_hypervisor_create_vm (hypervisor, config, error);
    if (vm == NULL)
      return FALSE;
    operation = mos_vm_start (vm);
    if (!mos_operation_wait (operation, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
measure_sampler (Result *result, GError **error)
{
  g_autoptr (MosHypervisor) hypervisor = mos_lab_new (FALSE);
  gboolean ok = start_machines (hypervisor, result->machines, error);

  if (ok) {
    MosWatch   *watch = mos_watch_new (hypervisor, NULL, 1000);
    MosSampler *sampler = mos_watch_get_sampler (watch);
    gint64      ns, start_us;

    wait_seconds (2);
    ns = mos_sampler_cpu_ns (sampler);
    start_us = g_get_monotonic_time ();
    wait_seconds (SAMPLES_S);
    result->sampler_percent = (double) (mos_sampler_cpu_ns (sampler) - ns) /
                              10 /
                              (double) (g_get_monotonic_time () - start_us);
    g_object_unref (watch);
  }
  mos_hypervisor_shutdown (hypervisor);
  return ok;
}

/* -- the command --------------------------------------------------------- */

static void
print_json (const Result *result)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  mos_json_add_int (builder, "machines", result->machines);
  mos_json_add_double (builder, "day_bytes", result->bytes);
  mos_json_add_double (builder, "tick_us", result->tick_us);
  for (guint r = 0; r < G_N_ELEMENTS (ranges); r++) {
    g_autofree char *name = g_strdup_printf ("draw_%s_ms", ranges[r].name);

    mos_json_add_double (builder, name, result->draw_ms[r]);
  }
  mos_json_add_double (builder, "sampler_percent", result->sampler_percent);
  json_builder_end_object (builder);
  mos_json_print (builder);
}

static void
print_text (const Result *result)
{
  g_print (_ ("a day of samples of %u machines:  %.1f MB, %.0f µs a tick\n"),
           result->machines, result->bytes / 1e6, result->tick_us);
  for (guint r = 0; r < G_N_ELEMENTS (ranges); r++)
    g_print (_ ("one %s of exits, read and drawn: %.1f ms (median of %u)\n"),
             ranges[r].name, result->draw_ms[r], ROUNDS);
  g_print (_ ("watching %u idle machines:        %.2f %% of a core\n"),
           result->machines, result->sampler_percent);
}

static int
run_watch (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *text = mos_cli_value (arguments, "machines");
  guint64     machines = 8;
  Result      result = { 0 };
  g_autoptr (GError) error = NULL;

  if (text != NULL &&
      !g_ascii_string_to_unsigned (text, 10, 1, MOS_MAX_VMS, &machines, NULL))
    return mos_cli_complain (self,
                             _ ("--machines: found “%s”; allowed: 1 to %u"),
                             text, MOS_MAX_VMS);
  result.machines = (guint) machines;
  if (!measure_store (&result, &error) || !measure_sampler (&result, &error)) {
    mos_cli_complain (self, "%s", error->message);
    return MOS_CLI_FAILED;
  }
  if (mos_cli_has (arguments, "json"))
    print_json (&result);
  else
    print_text (&result);
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_bench_watch = {
  .name = "bench watch",
  .synopsis = "[OPTION…]",
  .summary = N_ ("measure what watching machines costs"),
  .options = watch_options,
  .run = run_watch,
};
