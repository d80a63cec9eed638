/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios`, the companion on the command line.  A command is one row of the
 * table below: its name, what it does in a few words, and the function that
 * does it.  Main thread only.
 */

#include "app/cli/cli.h"

#include <glib/gi18n-lib.h>

#include "engine/engine.h"

typedef struct {
  const char *name;
  const char *summary;
  int (*run) (int argc, char **argv);
} Command;

static int print_help (int argc, char **argv);
static int print_version (int argc, char **argv);

static const Command commands[] = {
  { "--help", N_ ("show this help"), print_help },
  { "--version", N_ ("print the version"), print_version },
};

static int
print_help (int argc, char **argv)
{
  g_print (_ ("Usage: multios COMMAND [ARGUMENT…]\n\n"));
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    g_print ("  %-12s %s\n", commands[i].name, _ (commands[i].summary));
  return MOS_CLI_OK;
}

static int
print_version (int argc, char **argv)
{
  g_print ("multios %s\n", mos_version_string ());
  return MOS_CLI_OK;
}

int
mos_cli_main (int argc, char **argv)
{
  const char *name = argc > 1 ? argv[1] : "--help";

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (name, commands[i].name))
      return commands[i].run (argc - 1, argv + 1);
  g_printerr (_ ("multios: there is no command “%s”; see multios --help\n"),
              name);
  return MOS_CLI_USAGE;
}
