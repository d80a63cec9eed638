/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios bench nested`: what a machine inside the machine costs on the
 * software CPU. One world switch there and back, and the same loops at level 1,
 * 2 and 3; `tests/bench/compare --nested` runs the same guest in QEMU.
 */

#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/cli/bench/measure.h"
#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "engine/cpu/soft/soft.h"

#define RUN_US 60000

static const MosCliOption nested_options[] = {
  { .name = "only",
    .argument = "LOOP",
    .help = N_ ("only this loop: vmrun, integer@2 and so on") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

typedef struct {
  JsonBuilder        *builder; /* NULL: print a table */
  const MosBenchLoop *base;    /* the last loop at level 1 */
  MosBenchResult      base_result;
} Bench;

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
               _ ("“%s” computed %016" G_GINT64_MODIFIER
                  "x, the host %016" G_GINT64_MODIFIER "x; please report it"),
               loop->name, result->checksum, right);
  return FALSE;
}

static void
report (Bench *self, const MosBenchLoop *loop, const MosBenchResult *result)
{
  gboolean deeper = strchr (loop->name, '@') != NULL && self->base != NULL &&
                    g_str_has_prefix (loop->name, self->base->name);
  double share = deeper ? result->per_s / self->base_result.per_s : 0;

  if (self->builder != NULL) {
    json_builder_begin_object (self->builder);
    mos_json_add_string (self->builder, "loop", loop->name);
    mos_json_add_string (self->builder, "unit", loop->unit);
    mos_json_add_int (self->builder, "amount", loop->amount);
    mos_json_add_double (self->builder, "per_s", result->per_s);
    if (deeper)
      mos_json_add_double (self->builder, "of_level_1", share);
    json_builder_end_object (self->builder);
    return;
  }
  g_print ("  %-12s %14.0f %-12s", loop->name, result->per_s, loop->unit);
  if (deeper)
    g_print (_ (" %.2f of level 1"), share);
  else if (!loop->native && self->base == NULL)
    g_print (_ (" %.0f ns each"), 1e9 / result->per_s);
  g_print ("\n");
}

static gboolean
bench_loop (Bench *self, const MosBenchLoop *loop, GError **error)
{
  MosBenchResult result;

  if (!mos_bench_run_guest (loop, &mos_soft_backend, RUN_US, &result, error))
    return FALSE;
  if (loop->native) {
    self->base = loop;
    self->base_result = result;
  }
  if (!check (self, loop, &result, error))
    return FALSE;
  report (self, loop, &result);
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
  g_autoptr (JsonBuilder) builder = NULL;
  g_autoptr (GError) error = NULL;
  Bench bench = { 0 };

  if (only != NULL && !known (only)) {
    mos_cli_complain (self, _ ("--only: found “%s”; see the manual page"),
                      only);
    return MOS_CLI_USAGE;
  }
  if (mos_cli_has (arguments, "json")) {
    builder = json_builder_new ();
    json_builder_begin_array (builder);
  }
  bench.builder = builder;
  for (const MosBenchLoop *loop = mos_bench_nested_loops; loop->name != NULL;
       loop++)
    if ((only == NULL || g_str_equal (only, loop->name)) &&
        !bench_loop (&bench, loop, &error)) {
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
