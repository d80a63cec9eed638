/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any word as the command of `multios`: it is known, or it is refused with
 * the exit code for a wrong command line.
 */

#include <glib.h>
#include <string.h>

#include "app/cli/cli.h"
#include "tests/fuzz/fuzz.h"

static void
print_nothing (const char *text)
{
}

/* Would not end: a machine of its own has nobody to switch it off. */
static gboolean
runs_a_machine (const uint8_t *data, size_t size)
{
  return size == 3 && memcmp (data, "run", 3) == 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *name = g_strdup ("multios");
  g_autofree char *word = g_strndup ((const char *) data, size);
  char            *argv[] = { name, word, NULL };
  GPrintFunc       out, err;
  int              status;

  if (runs_a_machine (data, size))
    return 0;
  out = g_set_print_handler (print_nothing);
  err = g_set_printerr_handler (print_nothing);
  status = mos_cli_main (2, argv);
  g_set_print_handler (out);
  g_set_printerr_handler (err);
  g_assert_true (status == MOS_CLI_OK || status == MOS_CLI_USAGE);
  return 0;
}
