/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios bench exit`: what an exit costs, and how much of it is watching.
 *
 * A guest writes and reads a port; the same with the debug trace on, in turns.
 * An exit that nothing answers is the least there can be, one to a serial port
 * is as guests make them. Then what counting exits by reason costs, which is
 * always on, and what performance counters cost a guest of the software
 * processor that could have them and uses none.
 */

#include <glib/gi18n-lib.h>

#include "app/cli/bench/measure.h"
#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/lab.h"
#include "engine/cpu/soft/soft.h"

#define ROUNDS 5
#define RUN_US 20000
#define COUNTS 2000000u

static const MosCliOption exit_options[] = {
  { .name = "accel",
    .argument = "NAME",
    .help = N_ ("only this backend: kvm or soft; all that work here") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

typedef struct {
  const char *backend;
  const char *name;
  double      off_ns, on_ns; /* an exit */
  double      ratio;         /* median of the rounds' on / off */
} Row;

static int
compare (gconstpointer a, gconstpointer b)
{
  double left = *(const double *) a, right = *(const double *) b;

  return (left > right) - (left < right);
}

static double
median (double *values)
{
  qsort (values, ROUNDS, sizeof *values, compare);
  return values[ROUNDS / 2];
}

static gboolean
time_exit (const MosBackendClass *klass,
           MosBenchExtras         extras,
           double                *ns,
           GError               **error)
{
  MosBenchResult result;

  if (!mos_bench_run_guest_with (mos_bench_find ("port"), klass, RUN_US,
                                 &extras, &result, error))
    return FALSE;
  *ns = 1e9 / result.per_s;
  return TRUE;
}

static gboolean
measure (const MosBackendClass *klass,
         gboolean               device,
         Row                   *row,
         GError               **error)
{
  double off[ROUNDS], on[ROUNDS], ratio[ROUNDS];

  row->backend = klass->name;
  row->name = device ? N_ ("a serial port's register") : N_ ("an empty port");
  for (guint i = 0; i < ROUNDS; i++) {
    MosBenchExtras extras = { .device = device };

    if (!time_exit (klass, extras, &off[i], error))
      return FALSE;
    extras.traced = TRUE;
    if (!time_exit (klass, extras, &on[i], error))
      return FALSE;
    ratio[i] = on[i] / off[i];
  }
  row->off_ns = median (off);
  row->on_ns = median (on);
  row->ratio = median (ratio);
  return TRUE;
}

/* A loop that leaves nothing to chance: median of with over without. */
static gboolean
measure_pmu (double *ratio, GError **error)
{
  const MosBenchLoop  *loop = mos_bench_find ("integer");
  const MosBenchExtras extras[2] = { { .pmu = FALSE }, { .pmu = TRUE } };
  double               ratios[ROUNDS];

  for (guint i = 0; i < ROUNDS; i++) {
    MosBenchResult results[2];

    for (guint with = 0; with < 2; with++)
      if (!mos_bench_run_guest_with (loop, &mos_soft_backend, RUN_US,
                                     &extras[with], &results[with], error))
        return FALSE;
    ratios[i] = results[0].per_s / results[1].per_s;
  }
  *ratio = median (ratios);
  return TRUE;
}

static gboolean
measure_backend (const MosBackendClass *klass, GArray *rows, GError **error)
{
  for (guint device = 0; device < 2; device++) {
    Row row = { NULL };

    if (!measure (klass, device == 1, &row, error))
      return FALSE;
    g_array_append_val (rows, row);
  }
  return TRUE;
}

static void
print_json (const GArray *rows, double count_ns, double pmu_ratio)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "exits");
  json_builder_begin_array (builder);
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = &g_array_index (rows, Row, i);

    json_builder_begin_object (builder);
    mos_json_add_string (builder, "accel", row->backend);
    mos_json_add_string (builder, "exit", row->name);
    mos_json_add_double (builder, "ns", row->off_ns);
    mos_json_add_double (builder, "traced_ns", row->on_ns);
    mos_json_add_double (builder, "ratio", row->ratio);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  mos_json_add_double (builder, "count_ns", count_ns);
  mos_json_add_double (builder, "pmu_ratio", pmu_ratio);
  json_builder_end_object (builder);
  mos_json_print (builder);
}

static void
print_text (const GArray *rows, double count_ns, double pmu_ratio)
{
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = &g_array_index (rows, Row, i);

    g_print (_ ("%-4s  %-26s %8.1f ns, traced %8.1f ns: %.3f times\n"),
             row->backend, _ (row->name), row->off_ns, row->on_ns, row->ratio);
  }
  g_print (_ ("counting an exit by reason and level: %.2f ns\n"), count_ns);
  g_print (_ ("performance counters offered, not used: %.3f times\n"),
           pmu_ratio);
}

static int
run_exit (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *only = mos_cli_value (arguments, "accel");
  g_autoptr (MosHypervisor) hypervisor = mos_lab_new (FALSE);
  g_autoptr (GArray) rows = g_array_new (FALSE, TRUE, sizeof (Row));
  g_autoptr (GError) error = NULL;
  const MosBackendReport *reports;
  double                  count_ns = 0, pmu_ratio = 0;
  guint                   n = 0;
  gboolean                ok = TRUE;

  reports = mos_hypervisor_get_backends (hypervisor, &n);
  for (guint i = 0; i < n && ok; i++)
    if (reports[i].info.usable &&
        (only == NULL || g_str_equal (only, reports[i].klass->name)))
      ok = measure_backend (reports[i].klass, rows, &error);
  mos_hypervisor_shutdown (hypervisor);
  if (ok && rows->len == 0)
    return mos_cli_complain (self,
                             _ ("--accel: found “%s”; multios host lists what "
                                "there is"),
                             only != NULL ? only : "");
  if (!ok || !mos_soft_bench_count (COUNTS, &count_ns, &error) ||
      !measure_pmu (&pmu_ratio, &error)) {
    mos_cli_complain (self, "%s", error->message);
    return MOS_CLI_FAILED;
  }
  if (mos_cli_has (arguments, "json"))
    print_json (rows, count_ns, pmu_ratio);
  else
    print_text (rows, count_ns, pmu_ratio);
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_bench_exit = {
  .name = "bench exit",
  .synopsis = "[OPTION…]",
  .summary = N_ ("measure what an exit costs, and what tracing it adds"),
  .options = exit_options,
  .run = run_exit,
};
