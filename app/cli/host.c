/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios host`: what this host offers to machines, and which way to run
 * them is picked.
 */

#include <glib/gi18n-lib.h>

#include "app/cli/commands.h"
#include "app/lab.h"

static const MosCliOption json_options[] = {
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

static int
run_host (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (MosHypervisor) hypervisor = mos_lab_new (FALSE);
  g_autofree char *text = mos_hypervisor_describe_host (
      hypervisor, mos_cli_has (arguments, "json"));

  g_print ("%s%s", text, g_str_has_suffix (text, "\n") ? "" : "\n");
  mos_hypervisor_shutdown (hypervisor);
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_host = {
  .name = "host",
  .synopsis = "[OPTION…]",
  .summary = N_ ("print what this host offers to machines"),
  .options = json_options,
  .run = run_host,
};
