/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The version is three numbers, as the file formats that carry it expect,
 * and `multios` answers to --version, --help and nonsense.
 */

#include <glib.h>

#include "app/cli/cli.h"
#include "engine/engine.h"

static void
test_three_numbers (void)
{
  g_assert_true (g_regex_match_simple ("^[0-9]+\\.[0-9]+\\.[0-9]+$",
                                       mos_version_string (), 0, 0));
}

static int
run (const char *argument)
{
  g_autofree char *name = g_strdup ("multios");
  g_autofree char *copy = g_strdup (argument);
  char            *argv[] = { name, copy, NULL };

  return mos_cli_main (2, argv);
}

static void
print_nothing (const char *text)
{
}

static void
test_command_line (void)
{
  GPrintFunc out = g_set_print_handler (print_nothing);
  GPrintFunc err = g_set_printerr_handler (print_nothing);
  int        help = run ("--help");
  int        version = run ("--version");
  int        nonsense = run ("nonsense");

  g_set_print_handler (out);
  g_set_printerr_handler (err);
  g_assert_cmpint (help, ==, MOS_CLI_OK);
  g_assert_cmpint (version, ==, MOS_CLI_OK);
  g_assert_cmpint (nonsense, ==, MOS_CLI_USAGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/version/three-numbers", test_three_numbers);
  g_test_add_func ("/version/command-line", test_command_line);
  return g_test_run ();
}
