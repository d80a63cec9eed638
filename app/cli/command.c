/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What all commands share: reading the command line against a command's row,
 * and its help.  Options may stand anywhere; "--name value" and "--name=value"
 * are the same; "--" ends them.  Main thread only.
 */

#include "app/cli/command.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Every command takes it. */
static const MosCliOption help_option = {
  .name = "help",
  .help = N_ ("show this help"),
};

int
mos_cli_complain (const MosCliCommand *command, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list          args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  /* One line, whatever a file's name holds. */
  g_strdelimit (text, "\r\n", ' ');
  g_printerr ("multios %s: %s\n", command->name, text);
  return MOS_CLI_USAGE;
}

static const MosCliOption *
find_option (const MosCliCommand *command, const char *name, gsize length)
{
  const MosCliOption *rows = command->options;

  for (gsize i = 0; rows != NULL && rows[i].name != NULL; i++)
    if (strlen (rows[i].name) == length &&
        strncmp (rows[i].name, name, length) == 0)
      return &rows[i];
  if (length == 4 && strncmp (name, help_option.name, length) == 0)
    return &help_option;
  return NULL;
}

/* ARGV[*I], which begins with two dashes; may take the next word too. */
static gboolean
take_option (const MosCliCommand *command,
             int                  argc,
             char               **argv,
             int                 *i,
             MosCliArguments     *arguments)
{
  const char *word = argv[*i] + 2;
  const char *equals = strchr (word, '=');
  gsize       length = equals != NULL ? (gsize) (equals - word) : strlen (word);
  MosCliGiven given = { find_option (command, word, length), NULL };

  if (given.option == NULL) {
    mos_cli_complain (command,
                      _ ("there is no option “--%.*s”; “multios %s --help” "
                         "lists them"),
                      (int) length, word, command->name);
    return FALSE;
  }
  if (given.option->argument == NULL && equals != NULL) {
    mos_cli_complain (command, _ ("--%s takes no value"), given.option->name);
    return FALSE;
  }
  if (given.option->argument != NULL) {
    given.value = equals != NULL ? equals + 1 : argv[++*i];
    if (given.value == NULL || *i >= argc) {
      mos_cli_complain (command, _ ("--%s needs a value: --%s %s"),
                        given.option->name, given.option->name,
                        given.option->argument);
      return FALSE;
    }
  }
  g_array_append_val (arguments->options, given);
  return TRUE;
}

gboolean
mos_cli_parse (const MosCliCommand *command,
               int                  argc,
               char               **argv,
               MosCliArguments     *arguments)
{
  arguments->options = g_array_new (FALSE, FALSE, sizeof (MosCliGiven));
  arguments->words = g_ptr_array_new ();

  for (int i = 0; i < argc; i++) {
    if (g_str_equal (argv[i], "--")) {
      for (i++; i < argc; i++)
        g_ptr_array_add (arguments->words, argv[i]);
    } else if (g_str_has_prefix (argv[i], "--")) {
      if (!take_option (command, argc, argv, &i, arguments))
        return FALSE;
    } else if (argv[i][0] == '-' && argv[i][1] != '\0') {
      mos_cli_complain (command,
                        _ ("there is no option “%s”; “multios %s --help” "
                           "lists them"),
                        argv[i], command->name);
      return FALSE;
    } else {
      g_ptr_array_add (arguments->words, argv[i]);
    }
  }
  if (mos_cli_has (arguments, "help"))
    return TRUE;
  if (arguments->words->len < command->min_words) {
    mos_cli_complain (command, _ ("something is missing: multios %s %s"),
                      command->name, command->synopsis);
    return FALSE;
  }
  if (arguments->words->len > command->max_words) {
    mos_cli_complain (
        command, _ ("“%s” is one word too many: multios %s %s"),
        (const char *) arguments->words->pdata[command->max_words],
        command->name, command->synopsis);
    return FALSE;
  }
  return TRUE;
}

void
mos_cli_arguments_clear (MosCliArguments *arguments)
{
  g_clear_pointer (&arguments->options, g_array_unref);
  g_clear_pointer (&arguments->words, g_ptr_array_unref);
}

const char *
mos_cli_value (const MosCliArguments *arguments, const char *name)
{
  const char *value = NULL;

  for (guint i = 0; i < arguments->options->len; i++) {
    const MosCliGiven *given =
        &g_array_index (arguments->options, MosCliGiven, i);

    if (g_str_equal (given->option->name, name))
      value = given->value != NULL ? given->value : "";
  }
  return value;
}

gboolean
mos_cli_has (const MosCliArguments *arguments, const char *name)
{
  return mos_cli_value (arguments, name) != NULL;
}

static void
print_option (const MosCliOption *option)
{
  g_autofree char *left = g_strdup_printf (
      "--%s%s%s", option->name, option->argument != NULL ? " " : "",
      option->argument != NULL ? option->argument : "");

  if (strlen (left) > 24)
    g_print ("  %s\n  %-24s  %s\n", left, "", _ (option->help));
  else
    g_print ("  %-24s  %s\n", left, _ (option->help));
}

void
mos_cli_print_help (const MosCliCommand *command)
{
  g_print (_ ("Usage: multios %s %s\n\n%s\n\nOptions:\n"), command->name,
           command->synopsis, _ (command->summary));
  for (gsize i = 0;
       command->options != NULL && command->options[i].name != NULL; i++)
    print_option (&command->options[i]);
  print_option (&help_option);
  g_print (_ ("\nThe manual page multios(1) tells the rest.\n"));
}
