/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios bench nested`: what a machine inside the machine costs on the
 * software CPU. One world switch there and back, and the same loops at level 1,
 * 2 and 3; `tests/bench/compare --nested` runs the same guest in QEMU.
 */

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "app/cli/bench/measure.h"
#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "engine/cpu/soft/soft.h"

#define RUN_US 60000

#define MAX_ROUNDS 25
#define MAX_LEVELS 4 /* loops that are compared with each other */

static const MosCliOption nested_options[] = {
  { .name = "only",
    .argument = "LOOP",
    .help = N_ ("only this loop: vmrun, integer@2 and so on") },
  { .name = "rounds",
    .argument = "N",
    .help = N_ ("measure N times, level 1 and the deeper ones by turns") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

typedef struct {
  JsonBuilder        *builder; /* NULL: print a table */
  const MosBenchLoop *base;    /* the last loop at level 1 */
  guint               rounds;
} Bench;

/* What is reported of a loop: medians over the rounds. */
typedef struct {
  double per_s[MAX_ROUNDS];
  double share[MAX_ROUNDS]; /* of level 1, in the same round, by the processor
                             * time that each got */
} Series;

/* At deeper levels the same must come out as on the host. */
static gboolean
check (const Bench          *self,
       const MosBenchLoop   *loop,
       const MosBenchResult *result,
       GError              **error)
{
  const MosBenchLoop *base = self->base;
  guint64             right = result->checksum;

  if (base == NULL || !g_str_has_prefix (loop->name, base->name))
    return TRUE;
  if (!mos_bench_checksum (base, result->times, &right, error))
    return FALSE;
  if (right == result->checksum)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
               _ ("“%s” computed %016" PRIx64 ", the host %016" PRIx64
                  "; please report it"),
               loop->name, result->checksum, right);
  return FALSE;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
median (double *values, guint n)
{
  qsort (values, n, sizeof *values, compare);
  return n % 2 != 0 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void
report (Bench *self, const MosBenchLoop *loop, gboolean deeper, Series *series)
{
  double per_s = median (series->per_s, self->rounds);
  double share = deeper ? median (series->share, self->rounds) : 0;

  if (self->builder != NULL) {
    json_builder_begin_object (self->builder);
    mos_json_add_string (self->builder, "loop", loop->name);
    mos_json_add_string (self->builder, "unit", loop->unit);
    mos_json_add_int (self->builder, "amount", loop->amount);
    mos_json_add_double (self->builder, "per_s", per_s);
    if (deeper)
      mos_json_add_double (self->builder, "of_level_1", share);
    json_builder_end_object (self->builder);
    return;
  }
  g_print ("  %-12s %14.0f %-12s", loop->name, per_s, loop->unit);
  if (deeper)
    g_print (_ (" %.2f of level 1"), share);
  else if (!loop->native)
    g_print (_ (" %.0f ns each"), 1e9 / per_s);
  g_print ("\n");
}

/* A loop, and behind it the same one at deeper levels. */
static gboolean
bench_group (Bench *self, const MosBenchLoop *first, guint n, GError **error)
{
  Series series[MAX_LEVELS];
  double base = 1;

  self->base = first->native ? first : NULL;
  for (guint round = 0; round < self->rounds; round++)
    for (guint i = 0; i < n; i++) {
      MosBenchResult result;

      if (!mos_bench_run_guest (&first[i], &mos_soft_backend, RUN_US, &result,
                                error) ||
          !check (self, &first[i], &result, error))
        return FALSE;
      series[i].per_s[round] = result.per_s;
      if (i == 0)
        base = result.per_cpu_s;
      series[i].share[round] = result.per_cpu_s / base;
    }
  for (guint i = 0; i < n; i++)
    report (self, &first[i], i > 0, &series[i]);
  return TRUE;
}

static guint
group_size (const MosBenchLoop *first)
{
  guint n = 1;

  while (n < MAX_LEVELS && first->native && first[n].name != NULL &&
         g_str_has_prefix (first[n].name, first->name))
    n++;
  return n;
}

/* @only, or all of them. */
static gboolean
bench_all (Bench *self, const char *only, GError **error)
{
  guint n;

  for (const MosBenchLoop *loop = mos_bench_nested_loops; loop->name != NULL;
       loop += n) {
    n = only != NULL ? 1 : group_size (loop);
    if ((only == NULL || g_str_equal (only, loop->name)) &&
        !bench_group (self, loop, n, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
known (const char *name)
{
  for (const MosBenchLoop *loop = mos_bench_nested_loops; loop->name != NULL;
       loop++)
    if (g_str_equal (loop->name, name))
      return TRUE;
  return FALSE;
}

static int
run_bench_nested (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *only = mos_cli_value (arguments, "only");
  const char *rounds = mos_cli_value (arguments, "rounds");
  g_autoptr (JsonBuilder) builder = NULL;
  g_autoptr (GError) error = NULL;
  Bench   bench = { .rounds = 1 };
  guint64 number = 1;

  if (only != NULL && !known (only)) {
    mos_cli_complain (self, _ ("--only: found “%s”; see the manual page"),
                      only);
    return MOS_CLI_USAGE;
  }
  if (rounds != NULL &&
      !g_ascii_string_to_unsigned (rounds, 10, 1, MAX_ROUNDS, &number, NULL)) {
    mos_cli_complain (self, _ ("--rounds: found “%s”; allowed are 1 to %u"),
                      rounds, MAX_ROUNDS);
    return MOS_CLI_USAGE;
  }
  bench.rounds = (guint) number;
  if (mos_cli_has (arguments, "json")) {
    builder = json_builder_new ();
    json_builder_begin_array (builder);
  }
  bench.builder = builder;
  if (!bench_all (&bench, only, &error)) {
    mos_cli_complain (self, "%s", error->message);
    return MOS_CLI_FAILED;
  }
  if (builder != NULL) {
    json_builder_end_array (builder);
    mos_json_print (builder);
  }
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_bench_nested = {
  .name = "bench nested",
  .synopsis = "[OPTION…]",
  .summary = N_ ("measure what machines inside a machine cost"),
  .options = nested_options,
  .run = run_bench_nested,
};
