/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios bench …`: measurements of this host and of our own code.  Each
 * prints what it compared, so that a number can be believed.
 */

#include <glib/gi18n-lib.h>

#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "engine/cpu/kvm/kvm.h"

static const MosCliOption kvm_exit_options[] = {
  { .name = "exits",
    .argument = "N",
    .help = N_ ("port writes of a round; 20000") },
  { .name = "rounds",
    .argument = "N",
    .help = N_ ("rounds to take the median of; 9") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

/* The option NAME as a number from 1 to MAXIMUM, FALLBACK without it; 0 after
 * complaining. */
static guint
get_count (const MosCliCommand   *self,
           const MosCliArguments *arguments,
           const char            *name,
           guint                  fallback,
           guint                  maximum)
{
  const char *text = mos_cli_value (arguments, name);
  guint64     value = fallback;

  if (text == NULL ||
      g_ascii_string_to_unsigned (text, 10, 1, maximum, &value, NULL))
    return (guint) value;
  mos_cli_complain (self, _ ("--%s: found “%s”; allowed: 1 to %u"), name, text,
                    maximum);
  return 0;
}

static int
run_kvm_exit (const MosCliCommand *self, const MosCliArguments *arguments)
{
  guint exits = get_count (self, arguments, "exits", 20000, 10000000);
  guint rounds =
      get_count (self, arguments, "rounds", 9, MOS_KVM_BENCH_MAX_ROUNDS);
  MosKvmBench result;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (exits == 0 || rounds == 0)
    return MOS_CLI_USAGE;
  if (!mos_kvm_bench_exits (exits, rounds, &result, &error)) {
    mos_cli_complain (self, "%s", error->message);
    return MOS_CLI_FAILED;
  }
  if (mos_cli_has (arguments, "json")) {
    json_builder_begin_object (builder);
    mos_json_add_double (builder, "bare_ns", result.bare_ns);
    mos_json_add_double (builder, "ours_ns", result.ours_ns);
    mos_json_add_double (builder, "ratio", result.ratio);
    json_builder_end_object (builder);
    mos_json_print (builder);
  } else {
    g_print (_ ("a port write, bare KVM_RUN loop: %.0f ns\n"
                "a port write, our run loop:      %.0f ns\n"
                "ratio (median of %u rounds):     %.3f\n"),
             result.bare_ns, result.ours_ns, rounds, result.ratio);
  }
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_bench_kvm_exit = {
  .name = "bench kvm-exit",
  .synopsis = "[OPTION…]",
  .summary = N_ ("measure what an exit to our run loop costs"),
  .options = kvm_exit_options,
  .run = run_kvm_exit,
};
