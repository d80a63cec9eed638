/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios completion bash|zsh`: what a shell completes, written from the
 * table of commands, so that it cannot fall behind. The build installs both.
 * Names of machines come from `multios list` at the moment.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/cli/cli.h"
#include "app/cli/commands.h"

/* What follows a command when it is no option. */
static const char *
words_of (const MosCliCommand *command)
{
  if (g_str_has_prefix (command->synopsis, "MACHINE…") ||
      g_str_has_prefix (command->synopsis, "MACHINE "))
    return "machines";
  return command->max_words > 0 ? "files" : "nothing";
}

static void
print_options (const MosCliCommand *command)
{
  for (gsize i = 0;
       command->options != NULL && command->options[i].name != NULL; i++)
    g_print (" --%s", command->options[i].name);
  g_print (" --help");
}

/* -- bash ---------------------------------------------------------------- */

static const char bash_head[] =
    "# bash completion for multios; made by `multios completion bash`\n"
    "_multios ()\n"
    "{\n"
    "  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}\n"
    "  local options= words= IFS=$' \\t\\n'\n"
    "  COMPREPLY=()\n"
    "  case \"$command ${COMP_WORDS[2]}\" in\n";

static const char bash_tail[] =
    "  esac\n"
    "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
    "    COMPREPLY=($(compgen -W \"$commands\" -- \"$word\"))\n"
    "  elif [[ $word == -* ]]; then\n"
    "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
    "  elif [ \"$words\" = machines ]; then\n"
    "    IFS=$'\\n'\n"
    "    COMPREPLY=($(compgen -W \"$(multios list 2>/dev/null |\n"
    "      sed 's/^[^ ]* *//')\" -- \"$word\"))\n"
    "  elif [ \"$words\" = files ]; then\n"
    "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
    "  elif [ \"$words\" != nothing ]; then\n"
    "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
    "  fi\n"
    "}\n"
    "complete -o filenames -F _multios multios\n";

/* The first words, each once. */
static void
print_first_words (void)
{
  g_autoptr (GHashTable) seen =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (gsize i = 0; mos_cli_commands[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (mos_cli_commands[i]->name, " ", 2);

    if (g_hash_table_add (seen, g_strdup (words[0])))
      g_print (" %s", words[0]);
  }
}

/* Of a group: the second words. */
static void
print_second_words (const char *group)
{
  g_autofree char *prefix = g_strconcat (group, " ", NULL);

  for (gsize i = 0; mos_cli_commands[i] != NULL; i++)
    if (g_str_has_prefix (mos_cli_commands[i]->name, prefix))
      g_print (" %s", mos_cli_commands[i]->name + strlen (prefix));
}

static void
print_bash (void)
{
  g_print ("%s", bash_head);
  for (gsize i = 0; mos_cli_commands[i] != NULL; i++) {
    const MosCliCommand *command = mos_cli_commands[i];
    gboolean             group = strchr (command->name, ' ') != NULL;

    g_print ("  \"%s\"%s)\n    options=\"", command->name, group ? "" : "\\ *");
    print_options (command);
    g_print ("\"\n    words=%s ;;\n", words_of (command));
  }
  for (gsize i = 0; mos_cli_commands[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (mos_cli_commands[i]->name, " ", 2);

    if (words[1] == NULL)
      continue;
    g_print ("  \"%s\"\\ *)\n    words=\"", words[0]);
    print_second_words (words[0]);
    g_print ("\" ;;\n");
  }
  g_print ("  esac\n  case x in x)\n    commands=\"");
  print_first_words ();
  g_print ("\" ;;\n%s", bash_tail);
}

/* -- zsh ----------------------------------------------------------------- */

static const char zsh_head[] =
    "#compdef multios\n"
    "# zsh completion for multios; made by `multios completion zsh`\n"
    "_multios_machines () {\n"
    "  local -a machines\n"
    "  machines=(${(f)\"$(multios list 2>/dev/null | sed 's/^[^ ]* *//')\"})\n"
    "  compadd -a machines\n"
    "}\n"
    "local -a options commands\n"
    "local words_are=nothing\n"
    "case \"$words[2] $words[3]\" in\n";

static const char zsh_tail[] = "esac\n"
                               "if (( CURRENT == 2 )); then\n"
                               "  compadd -a commands\n"
                               "elif [[ $words[CURRENT] == -* ]]; then\n"
                               "  compadd -a options\n"
                               "elif [[ $words_are == machines ]]; then\n"
                               "  _multios_machines\n"
                               "elif [[ $words_are == files ]]; then\n"
                               "  _files\n"
                               "elif [[ $words_are != nothing ]]; then\n"
                               "  compadd ${=words_are}\n"
                               "fi\n";

static void
print_zsh (void)
{
  g_print ("%s", zsh_head);
  for (gsize i = 0; mos_cli_commands[i] != NULL; i++) {
    const MosCliCommand *command = mos_cli_commands[i];

    g_print ("  \"%s\"%s)\n    options=(", command->name,
             strchr (command->name, ' ') != NULL ? "" : "\\ *");
    print_options (command);
    g_print (")\n    words_are=%s ;;\n", words_of (command));
  }
  for (gsize i = 0; mos_cli_commands[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (mos_cli_commands[i]->name, " ", 2);

    if (words[1] == NULL)
      continue;
    g_print ("  \"%s\"\\ *)\n    words_are=\"", words[0]);
    print_second_words (words[0]);
    g_print ("\" ;;\n");
  }
  g_print ("esac\ncommands=(");
  print_first_words ();
  g_print (")\ncase x in x) ;;\n%s", zsh_tail);
}

static int
run_completion (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *shell = g_ptr_array_index (arguments->words, 0);

  if (g_str_equal (shell, "bash"))
    print_bash ();
  else if (g_str_equal (shell, "zsh"))
    print_zsh ();
  else
    return mos_cli_complain (self, _ ("“%s”: bash or zsh"), shell);
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_completion = {
  .name = "completion",
  .synopsis = "bash|zsh",
  .summary = N_ ("print what a shell completes"),
  .min_words = 1,
  .max_words = 1,
  .run = run_completion,
};
