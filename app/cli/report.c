/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios report`: what the samples of the application say, as a document or
 * as data. It reads beside a running application and changes nothing.
 */

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#include "app/cli/commands.h"
#include "app/lab.h"
#include "app/summary.h"

#define DEFAULT_S 3600

static const MosCliOption report_options[] = {
  { .name = "last",
    .argument = "SECONDS",
    .help = N_ ("how far back it goes; 3600") },
  { .name = "format",
    .argument = "html|pdf|json|csv|prom",
    .help = N_ ("instead of what FILE ends in") },
  { .name = "output",
    .argument = "FILE",
    .help = N_ ("where it is written; standard output, except pdf") },
  { .name = "samples",
    .argument = "F",
    .help = N_ ("the file of samples, if not the application's") },
  { .name = "profile",
    .argument = "NAME",
    .help = N_ ("put this profile into it; may be repeated") },
  { .name = "json", .help = N_ ("as --format json") },
  { NULL },
};

static gboolean
parse_seconds (const char *text, double *seconds)
{
  char *end;

  *seconds = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && isfinite (*seconds) && *seconds > 0 &&
         *seconds <= 31622400;
}

static MosStore *
open_samples (const MosCliArguments *arguments, GError **error)
{
  static const MosStoreOptions options = { .read_only = TRUE };
  g_autofree char             *path = mos_watch_default_path ();
  const char                  *given = mos_cli_value (arguments, "samples");

  return mos_store_open (given != NULL ? given : path, &options, error);
}

static void
add_profiles (MosSummary *summary, MosStore *store, const char *name)
{
  g_autoptr (GPtrArray) all = mos_profile_list (store);

  for (guint i = 0; i < all->len; i++) {
    const MosProfile *profile = all->pdata[i];

    if (g_str_equal (profile->name, name))
      g_ptr_array_add (summary->profiles,
                       mos_profile_load (store, profile->id));
  }
}

static int
write_summary (const MosCliCommand   *self,
               const MosCliArguments *arguments,
               MosStore              *store,
               MosVm                 *vm,
               double                 seconds)
{
  const char *format = mos_cli_has (arguments, "json")
                           ? "json"
                           : mos_cli_value (arguments, "format");
  const char *output = mos_cli_value (arguments, "output");
  gint64      to_ms = mos_store_last_ms (store);
  g_autoptr (GPtrArray) rules = mos_alert_log_rules (store);
  g_autofree char *title =
      vm != NULL
          ? g_strdup_printf (_ ("Performance of “%s”"), mos_vm_get_name (vm))
          : g_strdup (_ ("Performance of the lab"));
  g_autoptr (MosSummary) summary =
      mos_summary_new (store, title, vm != NULL ? mos_vm_get_uuid (vm) : NULL,
                       vm != NULL ? mos_vm_get_name (vm) : NULL, rules,
                       to_ms - (gint64) (seconds * 1000), to_ms);
  g_autoptr (GError) error = NULL;

  if (vm != NULL)
    summary->configuration = mos_vm_config_to_toml (mos_vm_get_config (vm));
  for (guint i = 0; i < arguments->options->len; i++) {
    const MosCliGiven *given =
        &g_array_index (arguments->options, MosCliGiven, i);

    if (g_str_equal (given->option->name, "profile"))
      add_profiles (summary, store, given->value);
  }
  mos_summary_advise (summary);
  if (output == NULL && format == NULL)
    format = "json";
  if (output == NULL && g_str_equal (format, "pdf"))
    return mos_cli_complain (self, _ ("a PDF needs --output FILE"));
  if (mos_summary_save (summary, output != NULL ? output : "-", format, &error))
    return MOS_CLI_OK;
  mos_cli_complain (self, "%s", error->message);
  return g_error_matches (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE)
             ? MOS_CLI_USAGE
             : MOS_CLI_FAILED;
}

static int
run_report (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *last = mos_cli_value (arguments, "last");
  double      seconds = DEFAULT_S;
  g_autoptr (GError) error = NULL;
  g_autoptr (MosStore) store = NULL;
  g_autoptr (MosHypervisor) hypervisor = NULL;
  MosVm *vm = NULL;
  int    status = MOS_CLI_FAILED;

  if (last != NULL && !parse_seconds (last, &seconds))
    return mos_cli_complain (
        self, _ ("--last: found “%s”; allowed: seconds, more than 0"), last);
  store = open_samples (arguments, &error);
  if (store == NULL) {
    mos_cli_complain (self, "%s", error->message);
    return MOS_CLI_FAILED;
  }
  hypervisor = mos_lab_new (TRUE);
  if (arguments->words->len > 0) {
    vm = mos_hypervisor_find (hypervisor, arguments->words->pdata[0]);
    if (vm == NULL)
      status = mos_cli_complain (self, _ ("there is no machine called “%s”"),
                                 (const char *) arguments->words->pdata[0]);
  }
  if (arguments->words->len == 0 || vm != NULL)
    status = write_summary (self, arguments, store, vm, seconds);
  mos_hypervisor_shutdown (hypervisor);
  return status;
}

const MosCliCommand mos_cli_report = {
  .name = "report",
  .synopsis = "[MACHINE] [OPTION…]",
  .summary = N_ ("print what the application's samples say"),
  .options = report_options,
  .max_words = 1,
  .run = run_report,
};
