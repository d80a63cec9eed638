/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The verbs of scripts, and reading scripts. Any thread.
 */
#include "tutorials/script.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "tutorials/place.h"
#include "tutorials/script-private.h"
#include "tutorials/targets.h"

/* Indexed by MosLabVerbId. */
const MosLabVerb mos_lab_verbs[] = {
  [MOS_VERB_CREATE] = { "create", "TEMPLATE [NAME] [as ROLE] [KEY=VALUE…]",
                        N_ ("makes the lab's machine, unless it is there"), 1,
                        MOS_LAB_SCRIPT_MAX_WORDS },
  [MOS_VERB_USE] = { "use", "ROLE",
                     N_ ("the commands below are for this machine"), 1, 1 },
  [MOS_VERB_START] = { "start", "", N_ ("starts the machine, if it is off"), 0,
                       0 },
  [MOS_VERB_PAUSE] = { "pause", "", N_ ("pauses it"), 0, 0 },
  [MOS_VERB_RESUME] = { "resume", "", N_ ("lets it go on"), 0, 0 },
  [MOS_VERB_STOP] = { "stop", "", N_ ("presses its power button"), 0, 0 },
  [MOS_VERB_FORCE_STOP] = { "force-stop", "", N_ ("switches it off"), 0, 0 },
  [MOS_VERB_RESET] = { "reset", "", N_ ("resets it"), 0, 0 },
  [MOS_VERB_DELETE] = { "delete", "", N_ ("deletes it"), 0, 0 },
  [MOS_VERB_RESTART] = { "restart", "",
                         N_ ("switches it off, if it is on, and starts it"), 0,
                         0 },
  [MOS_VERB_SET] = { "set", "KEY VALUE",
                     N_ ("changes its configuration while it is off"), 2, 2 },
  [MOS_VERB_TYPE] = { "type", "\"TEXT\"", N_ ("types on its keyboard"), 1, 1 },
  [MOS_VERB_SEND] = { "send", "\"TEXT\" [PORT]",
                      N_ ("sends to its serial port"), 1, 2 },
  [MOS_VERB_WAIT] = { "wait", "EXPRESSION",
                      N_ ("waits until the expression holds"), 1, 1 },
  [MOS_VERB_ONLY] = { "only", "EXPRESSION",
                      N_ ("the rest is done only if the expression holds"), 1,
                      1 },
  [MOS_VERB_ANSWER] = { "answer", "QUIZ", N_ ("answers a quiz right"), 1, 1 },
  [MOS_VERB_MEDIUM] = { "medium", "DRIVE none",
                        N_ ("takes the medium out of a drive"), 2, 2 },
  [MOS_VERB_SWITCHES] = { "switches", "NUMBER",
                          N_ ("turns the demo device's eight switches"), 1, 1 },
  [MOS_VERB_WORKSPACE] = { "workspace", "FOLDER",
                           N_ ("puts the lab's files into the learner's "
                               "folder, where they are not there yet"),
                           1, 1 },
  [MOS_VERB_SOLUTION] = { "solution", "FOLDER",
                          N_ ("puts them there in place of the learner's, "
                              "which stay as NAME.1~ and so on"),
                          1, 1 },
  [MOS_VERB_BUILD] = { "build", "",
                       N_ ("compiles the learner's folder to kernel.elf"), 0,
                       0 },
  [MOS_VERB_OPEN] = { "open", "PAGE", N_ ("shows a page of the window"), 1, 1 },
  [MOS_VERB_POINT] = { "point", "WIDGET", N_ ("points at a part of the window"),
                       1, 1 },
  { NULL },
};

static void
command_free (gpointer data)
{
  MosLabCommand *self = data;

  g_strfreev (self->words);
  mos_check_free (self->check);
  g_free (self);
}

static const MosLabVerb *
find_verb (const char *name)
{
  for (const MosLabVerb *row = mos_lab_verbs; row->name != NULL; row++)
    if (g_str_equal (row->name, name))
      return row;
  return NULL;
}

G_GNUC_PRINTF (4, 5)
static gboolean
fail (GError **error, MosError code, guint line, const char *format, ...)
{
  g_autofree char *place = g_strdup_printf (_ ("line %u"), line);
  va_list          args;

  va_start (args, format);
  mos_place_fail (error, code, place, format, args);
  va_end (args);
  return FALSE;
}

/* Words as a shell would split them, but with \n and the like in quotes. */
static char **
split (const char *text, guint line, GError **error)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  const char *p = text;

  for (guint n = 0;; n++) {
    g_autoptr (GString) word = g_string_new (NULL);
    gboolean quoted = FALSE;

    while (*p == ' ' || *p == '\t')
      p++;
    if (*p == '\0' || *p == '#')
      return g_strv_builder_end (words);
    if (n == MOS_LAB_SCRIPT_MAX_WORDS) {
      fail (error, MOS_ERROR_SYNTAX, line, _ ("there are more than %d words"),
            MOS_LAB_SCRIPT_MAX_WORDS);
      return NULL;
    }
    for (; *p != '\0' && (quoted || (*p != ' ' && *p != '\t')); p++) {
      if (*p == '"')
        quoted = !quoted;
      else if (*p == '\\' && quoted && p[1] != '\0')
        g_string_append_printf (word, "\\%c", *++p);
      else
        g_string_append_c (word, *p);
    }
    if (quoted) {
      fail (error, MOS_ERROR_SYNTAX, line, _ ("a text has no closing quote"));
      return NULL;
    }
    {
      g_autofree char *plain = g_strcompress (word->str);

      g_strv_builder_add (words, plain);
    }
  }
}

/* wait: all behind the verb is one expression. */
static gboolean
parse_wait (MosLabCommand *command,
            MosLabWorld   *world,
            const char    *rest,
            GError       **error)
{
  command->check = mos_check_parse (rest, mos_lab_world_get_checks (world),
                                    command->line, error);
  return command->check != NULL;
}

static gboolean
parse_command (MosLabScript *self,
               MosLabWorld  *world,
               char         *text,
               guint         line,
               GError      **error)
{
  gsize             length = strcspn (text, " \t");
  g_autofree char  *name = g_strndup (text, length);
  const MosLabVerb *verb = find_verb (name);
  MosLabCommand    *command;
  guint             n;

  if (verb == NULL)
    return fail (error, MOS_ERROR_UNKNOWN_KEY, line,
                 _ ("there is no command “%s”"), name);
  if (self->commands->len == MOS_LAB_SCRIPT_MAX_COMMANDS)
    return fail (error, MOS_ERROR_SYNTAX, line,
                 _ ("there are more than %d commands"),
                 MOS_LAB_SCRIPT_MAX_COMMANDS);
  command = g_new0 (MosLabCommand, 1);
  command->verb = (MosLabVerbId) (verb - mos_lab_verbs);
  command->line = line;
  g_ptr_array_add (self->commands, command);
  if (command->verb == MOS_VERB_WAIT || command->verb == MOS_VERB_ONLY)
    return parse_wait (command, world, text + length, error);
  command->words = split (text + length, line, error);
  if (command->words == NULL)
    return FALSE;
  n = g_strv_length (command->words);
  if (n < verb->min_words || n > verb->max_words)
    return fail (error, MOS_ERROR_SYNTAX, line, _ ("this must be: %s %s"),
                 verb->name, verb->arguments);
  if (command->verb == MOS_VERB_POINT &&
      mos_lab_target_find (command->words[0]) == NULL)
    return fail (
        error, MOS_ERROR_UNKNOWN_KEY, line,
        _ ("the window has no part “%s”; multios tutorial guide lists them"),
        command->words[0]);
  return TRUE;
}

MosLabScript *
mos_lab_script_parse (const char *text, guint line, GError **error)
{
  g_autoptr (MosLabScript) self = g_new0 (MosLabScript, 1);
  g_autoptr (MosLabWorld) world = mos_lab_world_new (NULL);
  g_auto (GStrv) lines = NULL;

  g_return_val_if_fail (text != NULL, NULL);

  self->commands = g_ptr_array_new_with_free_func (command_free);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    char *one = g_strstrip (lines[i]);

    if (*one != '\0' && *one != '#' &&
        !parse_command (self, world, one, line + i, error))
      return NULL;
  }
  return g_steal_pointer (&self);
}

void
mos_lab_script_free (MosLabScript *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->commands);
  g_free (self);
}

guint
mos_lab_script_n_commands (const MosLabScript *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->commands->len;
}

gboolean
mos_lab_script_answers (const MosLabScript *self, const char *id)
{
  g_return_val_if_fail (self != NULL && id != NULL, FALSE);

  for (guint i = 0; i < self->commands->len; i++) {
    const MosLabCommand *command = g_ptr_array_index (self->commands, i);

    if (command->verb == MOS_VERB_ANSWER && g_str_equal (command->words[0], id))
      return TRUE;
  }
  return FALSE;
}
