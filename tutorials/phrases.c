/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A query in words: the title of its row, and in parentheses what was asked
 * for, "Exits (port-out, level 2)". Main loop.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "tutorials/world-private.h"

/* What can happen to a machine; "stopped" and "paused" are states as well. */
static const MosLabWord words[] = {
  { "stopped", N_ ("Stopped") },
  { "starting", N_ ("Starting") },
  { "running", N_ ("Running") },
  { "pausing", N_ ("Pausing") },
  { "paused", N_ ("Paused") },
  { "resuming", N_ ("Resuming") },
  { "stopping", N_ ("Stopping") },
  { "crashed", N_ ("Crashed") },
  { "started", N_ ("Started") },
  { "resumed", N_ ("Resumed") },
  { "reset", N_ ("Was reset") },
  { "deleted", N_ ("Deleted") },
  { "real", N_ ("real mode, 16 bits") },
  { "v86", N_ ("virtual 8086 mode") },
  { "protected16", N_ ("protected mode, 16 bits") },
  { "protected32", N_ ("protected mode, 32 bits") },
  { "compatibility", N_ ("compatibility mode, 32 bits in a 64-bit kernel") },
  { "long", N_ ("long mode, 64 bits") },
  { NULL },
};

static const MosLabQueryInfo *
row_of (const MosCheckQuery *query)
{
  return &mos_lab_queries[query->row];
}

const char *
mos_lab_phrase_word (const MosCheckWorld *world,
                     const MosCheckQuery *query,
                     const char          *text)
{
  if (!row_of (query)->has_words)
    return NULL;
  for (const MosLabWord *word = words; word->name != NULL; word++)
    if (g_str_equal (word->name, text))
      return _ (word->title);
  return NULL;
}

static void
add (GString *list, const char *text)
{
  g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", text);
}

/* A machine goes by its name, once it has one. */
static void
add_machine (MosLabWorld *world, GString *list, const char *role)
{
  MosVm *vm = mos_lab_world_machine (world, role);

  add (list, vm != NULL ? mos_vm_get_name (vm) : role);
}

static void
add_argument (MosLabWorld            *world,
              GString                *list,
              const MosCheckQuery    *query,
              guint                   part,
              const MosCheckArgument *argument)
{
  const MosLabValue *value = &argument->value;
  g_autofree char   *number = NULL;
  const char        *word;

  if (value->type == MOS_LAB_TEXT && part == 0 && query->n_parts > 1 &&
      g_str_equal (query->parts[0].name, MOS_LAB_MACHINE)) {
    add_machine (world, list, value->text);
  } else if (value->type == MOS_LAB_TEXT) {
    word = mos_lab_phrase_word (&world->checks, query, value->text);
    add (list, word != NULL ? word : value->text);
  } else if (value->type == MOS_LAB_NUMBER && value->whole) {
    number = g_strdup_printf (value->bits < 0x100 ? "%" G_GUINT64_FORMAT
                                                  : "0x%" G_GINT64_MODIFIER "x",
                              value->bits);
    /* The one argument with a name is "level". */
    if (argument->name != NULL) {
      g_autofree char *level = g_strdup_printf (_ ("level %s"), number);

      add (list, level);
    } else {
      add (list, number);
    }
  }
}

/* Everything of the query that its row leaves open. */
static char *
list_details (MosLabWorld *world, const MosCheckQuery *query)
{
  g_auto (GStrv) names = g_strsplit (row_of (query)->pattern, ".", -1);
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < query->n_parts && i < g_strv_length (names); i++) {
    const MosCheckPart *part = &query->parts[i];

    if (names[i][0] == '*') {
      g_autofree char *name = g_ascii_strup (part->name, -1);

      add (list, name);
    }
    for (guint k = 0; k < part->n_arguments; k++)
      add_argument (world, list, query, i, &part->arguments[k]);
  }
  return g_string_free (list, FALSE);
}

static char *
phrase (const MosCheckWorld *world,
        const MosCheckQuery *query,
        const char          *title)
{
  g_autofree char *details = list_details ((MosLabWorld *) world, query);

  return *details == '\0' ? g_strdup (title)
                          : g_strdup_printf (_ ("%s (%s)"), title, details);
}

char *
mos_lab_phrase_title (const MosCheckWorld *world, const MosCheckQuery *query)
{
  return phrase (world, query, _ (row_of (query)->title));
}

char *
mos_lab_phrase_lacking (const MosCheckWorld *world, const MosCheckQuery *query)
{
  const char *lacking = row_of (query)->lacking;

  return lacking != NULL ? phrase (world, query, _ (lacking)) : NULL;
}
