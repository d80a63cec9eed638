/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The entry of `multios`: sets up translation and hands the words of the
 * command line to the table of commands.
 */

#include "config.h"

#include <glib/gi18n-lib.h>
#include <locale.h>

#include "app/cli/cli.h"

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, MOS_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  return mos_cli_main (argc, argv);
}
