/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios`, the companion on the command line: the list of its commands, and
 * finding the one that the first words name.  Main thread only.
 */

#include "app/cli/cli.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/cli/commands.h"
#include "engine/engine.h"

/* clang-format off */
const MosCliCommand *const mos_cli_commands[] = {
  &mos_cli_run,
  &mos_cli_host,
  &mos_cli_report,
  &mos_cli_guests,
  &mos_cli_config_check,
  &mos_cli_config_show,
  &mos_cli_config_schema,
  &mos_cli_disk_create,
  &mos_cli_disk_info,
  &mos_cli_disk_check,
  &mos_cli_disk_convert,
  &mos_cli_disk_resize,
  &mos_cli_list,
  &mos_cli_tree,
  &mos_cli_start,
  &mos_cli_pause,
  &mos_cli_resume,
  &mos_cli_stop,
  &mos_cli_reset,
  &mos_cli_screenshot,
  &mos_cli_tutorial_list,
  &mos_cli_tutorial_lint,
  &mos_cli_tutorial_run,
  &mos_cli_tutorial_export,
  &mos_cli_tutorial_grade,
  &mos_cli_tutorial_class,
  &mos_cli_tutorial_guide,
  &mos_cli_tutorial_new,
  &mos_cli_tutorial_pack,
  &mos_cli_tutorial_install,
  &mos_cli_bench_cpu,
  &mos_cli_bench_nested,
  &mos_cli_bench_kvm_exit,
  &mos_cli_bench_watch,
  &mos_cli_bench_exit,
  &mos_cli_completion,
  &mos_cli_version,
  NULL,
};
/* clang-format on */

static int
run_version (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_print ("multios %s\n", mos_version_string ());
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_version = {
  .name = "version",
  .synopsis = "",
  .summary = N_ ("print the version"),
  .run = run_version,
};

static int
print_help (void)
{
  g_print (_ ("Usage: multios COMMAND [ARGUMENT…]\n\n"));
  for (gsize i = 0; mos_cli_commands[i] != NULL; i++)
    g_print ("  %-15s %s\n", mos_cli_commands[i]->name,
             _ (mos_cli_commands[i]->summary));
  g_print (_ ("\n“multios COMMAND --help” explains a command, the manual page "
              "multios(1) all of them.\n"));
  return MOS_CLI_OK;
}

/* The command that the words begin with, and of how many it is named. */
static const MosCliCommand *
find_command (int argc, char **argv, int *n_words)
{
  for (gsize i = 0; mos_cli_commands[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (mos_cli_commands[i]->name, " ", 0);
    int n = (int) g_strv_length (words);
    int same = 0;

    while (same < n && same < argc && g_str_equal (words[same], argv[same]))
      same++;
    if (same == n) {
      *n_words = n;
      return mos_cli_commands[i];
    }
  }
  return NULL;
}

/* The commands that begin with the word GROUP, or NULL. */
static char *
list_group (const char *group)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *prefix = g_strconcat (group, " ", NULL);

  for (gsize i = 0; mos_cli_commands[i] != NULL; i++)
    if (g_str_has_prefix (mos_cli_commands[i]->name, prefix))
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "",
                              mos_cli_commands[i]->name + strlen (prefix));
  if (names->len == 0)
    return NULL;
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static int
refuse (const char *word)
{
  g_autofree char *group = list_group (word);

  if (group != NULL)
    g_printerr (_ ("multios %s: what about it? %s\n"), word, group);
  else
    g_printerr (_ ("multios: there is no command “%s”; see multios --help\n"),
                word);
  return MOS_CLI_USAGE;
}

int
mos_cli_main (int argc, char **argv)
{
  const char          *word = argc > 1 ? argv[1] : "--help";
  const MosCliCommand *command;
  g_auto (MosCliArguments) arguments = { NULL, NULL };
  int n_words = 0;

  if (g_str_equal (word, "--help") || g_str_equal (word, "help"))
    return print_help ();
  if (g_str_equal (word, "--version"))
    return run_version (&mos_cli_version, NULL);

  command = find_command (argc - 1, argv + 1, &n_words);
  if (command == NULL)
    return refuse (word);
  if (!mos_cli_parse (command, argc - 1 - n_words, argv + 1 + n_words,
                      &arguments))
    return MOS_CLI_USAGE;
  if (mos_cli_has (&arguments, "help")) {
    mos_cli_print_help (command);
    return MOS_CLI_OK;
  }
  return command->run (command, &arguments);
}
