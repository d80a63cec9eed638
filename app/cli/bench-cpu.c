/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios bench cpu`: how fast each backend runs small guests, and the same
 * loops without one.  A result whose checksum differs from the host's is an
 * error: wrong answers have no speed.
 */

#include <glib/gi18n-lib.h>
#include <inttypes.h>

#include "app/cli/bench/measure.h"
#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/lab.h"

/* How long a run must take at least to count. */
#define RUN_US 60000

static const MosCliOption cpu_options[] = {
  { .name = "accel",
    .argument = "NAME",
    .help = N_ ("only this backend: kvm or soft; all that work here") },
  { .name = "only",
    .argument = "LOOP",
    .help = N_ ("only this loop; may be repeated") },
  { .name = "write-guest",
    .argument = "FILE",
    .help = N_ ("write the guest, a multiboot kernel, and measure nothing") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

typedef struct {
  const MosCliCommand   *command;
  const MosCliArguments *arguments;
  JsonBuilder           *builder; /* NULL: print a table */
  GHashTable            *native;  /* of MosBenchResult, by loop */
  gboolean               failed;
} Bench;

static gboolean
is_wanted (const Bench *self, const MosBenchLoop *loop)
{
  const GArray *options = self->arguments->options;
  gboolean      any = FALSE;

  for (guint i = 0; i < options->len; i++) {
    const MosCliGiven *given = &g_array_index (options, MosCliGiven, i);

    if (!g_str_equal (given->option->name, "only"))
      continue;
    if (g_str_equal (given->value, loop->name))
      return TRUE;
    any = TRUE;
  }
  return !any;
}

/* "12.3 M": three digits and a power of thousand. */
static char *
format_rate (double rate)
{
  static const char prefixes[] = { ' ', 'k', 'M', 'G', 'T' };
  gsize             i = 0;

  if (rate <= 0)
    return g_strdup ("–");
  for (; rate >= 1000 && i < G_N_ELEMENTS (prefixes) - 1; i++)
    rate /= 1000;
  return g_strdup_printf ("%.*f %c",
                          rate < 10    ? 2
                          : rate < 100 ? 1
                                       : 0,
                          rate, prefixes[i]);
}

static void
print_row (const MosBenchLoop   *loop,
           const MosBenchResult *result,
           const MosBenchResult *native)
{
  g_autofree char *rate = format_rate (result->per_s);
  g_autofree char *instructions = format_rate (result->instructions_s);
  g_autofree char *host = format_rate (native != NULL ? native->per_s : 0);
  g_autofree char *ratio =
      native == NULL ? g_strdup ("–")
                     : g_strdup_printf ("%.1f", native->per_s / result->per_s);

  g_print ("  %-15s %9s %-11s %9s %9s %9s\n", loop->name, rate, loop->unit,
           instructions, host, ratio);
}

static void
add_row (Bench                 *self,
         const MosBackendClass *klass,
         const MosBenchLoop    *loop,
         const MosBenchResult  *result,
         const MosBenchResult  *native)
{
  json_builder_begin_object (self->builder);
  mos_json_add_string (self->builder, "accel", klass->name);
  mos_json_add_string (self->builder, "loop", loop->name);
  mos_json_add_string (self->builder, "unit", loop->unit);
  mos_json_add_int (self->builder, "amount", loop->amount);
  mos_json_add_double (self->builder, "per_s", result->per_s);
  if (result->instructions_s > 0)
    mos_json_add_double (self->builder, "instructions_per_s",
                         result->instructions_s);
  if (native != NULL) {
    mos_json_add_double (self->builder, "native_per_s", native->per_s);
    mos_json_add_double (self->builder, "slowdown",
                         native->per_s / result->per_s);
  }
  json_builder_end_object (self->builder);
}

/* The host's result, measured when it is first asked for; NULL if there is
 * none. */
static const MosBenchResult *
get_native (Bench *self, const MosBenchLoop *loop, GError **error)
{
  MosBenchResult *native = g_hash_table_lookup (self->native, loop->name);

  if (!loop->native || native != NULL)
    return native;
  native = g_new0 (MosBenchResult, 1);
  if (!mos_bench_run_native (loop, RUN_US, native, error)) {
    g_free (native);
    return NULL;
  }
  g_hash_table_insert (self->native, (gpointer) loop->name, native);
  return native;
}

static gboolean
check (const MosBenchLoop    *loop,
       const MosBackendClass *klass,
       const MosBenchResult  *result,
       GError               **error)
{
  guint64 right = result->checksum;

  if (!loop->native)
    return TRUE;
  if (!mos_bench_checksum (loop, result->times, &right, error))
    return FALSE;
  if (result->checksum == right)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
               _ ("%s computed %016" PRIx64
                  " in the guest “%s”, the host %016" PRIx64
                  "; please report it"),
               klass->title, result->checksum, loop->name, right);
  return FALSE;
}

static void
bench_loop (Bench *self, const MosBackendClass *klass, const MosBenchLoop *loop)
{
  MosBenchResult        result;
  const MosBenchResult *native;
  g_autoptr (GError) error = NULL;

  native = get_native (self, loop, &error);
  if (error != NULL ||
      !mos_bench_run_guest (loop, klass, RUN_US, &result, &error) ||
      !check (loop, klass, &result, &error)) {
    mos_cli_complain (self->command, "%s", error->message);
    self->failed = TRUE;
    return;
  }
  if (self->builder != NULL)
    add_row (self, klass, loop, &result, native);
  else
    print_row (loop, &result, native);
}

static void
bench_backend (Bench *self, const MosBackendClass *klass)
{
  if (self->builder == NULL) {
    g_print ("%s (%s)\n", klass->title, klass->name);
    g_print ("  %-15s %9s %-11s %9s %9s %9s\n", _ ("loop"), _ ("rate/s"),
             _ ("unit"), _ ("instr/s"), _ ("native/s"), _ ("slowdown"));
  }
  for (const MosBenchLoop *loop = mos_bench_loops; loop->name != NULL; loop++)
    if (is_wanted (self, loop))
      bench_loop (self, klass, loop);
}

static gboolean
check_arguments (const MosCliCommand *self, const MosCliArguments *arguments)
{
  for (guint i = 0; i < arguments->options->len; i++) {
    const MosCliGiven *given =
        &g_array_index (arguments->options, MosCliGiven, i);

    if (g_str_equal (given->option->name, "only") &&
        mos_bench_find (given->value) == NULL) {
      g_autoptr (GString) names = g_string_new (NULL);

      for (guint k = 0; mos_bench_loops[k].name != NULL; k++)
        g_string_append_printf (names, "%s%s", k > 0 ? ", " : "",
                                mos_bench_loops[k].name);
      mos_cli_complain (self, _ ("--only: found “%s”; allowed: %s"),
                        given->value, names->str);
      return FALSE;
    }
  }
  return TRUE;
}

static int
write_guest (const MosCliCommand *self, const char *path)
{
  g_autoptr (GBytes) image = mos_bench_get_image ();
  g_autoptr (GError) error = NULL;

  if (g_file_set_contents (path, g_bytes_get_data (image, NULL),
                           (gssize) g_bytes_get_size (image), &error))
    return MOS_CLI_OK;
  mos_cli_complain (self, "%s", error->message);
  return MOS_CLI_FAILED;
}

/* How many backends were measured. */
static guint
bench_backends (Bench *self, MosHypervisor *hypervisor, const char *accel)
{
  guint                   n = 0;
  guint                   n_measured = 0;
  const MosBackendReport *reports =
      mos_hypervisor_get_backends (hypervisor, &n);

  for (guint i = 0; i < n; i++) {
    const MosBackendReport *report = &reports[i];

    if (accel != NULL && !g_str_equal (report->klass->name, accel))
      continue;
    if (report->info.usable) {
      bench_backend (self, report->klass);
      n_measured++;
    } else if (accel != NULL) {
      mos_cli_complain (self->command, "%s", report->info.why_not);
      return 0;
    }
  }
  if (n_measured == 0)
    mos_cli_complain (self->command,
                      _ ("--accel: found “%s”; multios host lists what there "
                         "is"),
                      accel != NULL ? accel : "");
  return n_measured;
}

static int
run_bench_cpu (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (MosHypervisor) hypervisor = NULL;
  g_autoptr (GHashTable) native =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  g_autoptr (JsonBuilder) builder = NULL;
  const char *path = mos_cli_value (arguments, "write-guest");
  Bench bench = { .command = self, .arguments = arguments, .native = native };
  guint n;

  if (!check_arguments (self, arguments))
    return MOS_CLI_USAGE;
  if (path != NULL)
    return write_guest (self, path);
  if (mos_cli_has (arguments, "json")) {
    builder = json_builder_new ();
    json_builder_begin_array (builder);
  }
  bench.builder = builder;
  hypervisor = mos_lab_new (FALSE);
  n = bench_backends (&bench, hypervisor, mos_cli_value (arguments, "accel"));
  mos_hypervisor_shutdown (hypervisor);
  if (n == 0)
    return MOS_CLI_FAILED;
  if (builder != NULL) {
    json_builder_end_array (builder);
    mos_json_print (builder);
  }
  return bench.failed ? MOS_CLI_FAILED : MOS_CLI_OK;
}

const MosCliCommand mos_cli_bench_cpu = {
  .name = "bench cpu",
  .synopsis = "[OPTION…]",
  .summary = N_ ("measure how fast small guests run"),
  .options = cpu_options,
  .run = run_bench_cpu,
};
