/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Questions to the schema of a machine's configuration: which row a name
 * means, which it might have meant, and what a row allows, in words.
 */

#include "engine/config/schema.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

/* Longer names are nobody's typing mistake. */
#define MAX_NAME 64

static const MosKeyInfo *
find_row (const MosKeyInfo *rows, const char *name, gsize length)
{
  for (const MosKeyInfo *row = rows; row->name != NULL; row++)
    if (strlen (row->name) == length && strncmp (row->name, name, length) == 0)
      return row;
  return NULL;
}

const MosKeyInfo *
mos_config_schema_find (const char *name)
{
  const MosKeyInfo *row = find_row (mos_config_schema, name, strlen (name));

  if (row != NULL)
    return row;
  for (row = mos_config_schema; row->name != NULL; row++) {
    gsize length = strlen (row->name);

    if (row->sub == NULL || strncmp (name, row->name, length) != 0)
      continue;
    if (name[length] == '[')
      length += strcspn (name + length, "]") + 1;
    if (length < strlen (name) && name[length] == '.')
      return find_row (row->sub, name + length + 1, strlen (name + length + 1));
  }
  return NULL;
}

/*
 * How many insertions, deletions, replacements and swaps of neighbours lead
 * from ONE to TWO (optimal string alignment distance).
 */
static guint
distance (const char *one, const char *two)
{
  guint rows[3][MAX_NAME + 1];
  gsize m = strlen (one), n = strlen (two);

  if (m > MAX_NAME || n > MAX_NAME)
    return G_MAXUINT;
  for (gsize j = 0; j <= n; j++)
    rows[0][j] = (guint) j;
  for (gsize i = 1; i <= m; i++) {
    guint       *now = rows[i % 3];
    const guint *last = rows[(i + 2) % 3];
    const guint *older = rows[(i + 1) % 3];

    now[0] = (guint) i;
    for (gsize j = 1; j <= n; j++) {
      guint best = last[j - 1] + (one[i - 1] != two[j - 1]);

      best = MIN (best, last[j] + 1);
      best = MIN (best, now[j - 1] + 1);
      if (i > 1 && j > 1 && one[i - 1] == two[j - 2] &&
          one[i - 2] == two[j - 1])
        best = MIN (best, older[j - 2] + 1);
      now[j] = best;
    }
  }
  return rows[m % 3][n];
}

/* Somebody began right and did not know the end: "vcpus", "mem". */
static gboolean
same_start (const char *one, const char *two)
{
  gsize n = 0;

  while (one[n] != '\0' && one[n] == two[n])
    n++;
  return n >= 3 && n + 1 >= strlen (one);
}

static const char *
last_part (const char *name)
{
  const char *dot = strrchr (name, '.');

  return dot != NULL ? dot + 1 : name;
}

const char *
mos_config_schema_nearest (const MosKeyInfo *table, const char *name)
{
  const char *nearest = NULL;
  guint       best = G_MAXUINT;

  for (const MosKeyInfo *row = table != NULL ? table->sub : mos_config_schema;
       row->name != NULL; row++) {
    guint whole = distance (name, row->name);
    guint part = distance (last_part (name), last_part (row->name));

    if (same_start (last_part (name), last_part (row->name)))
      part = 1;
    /* The right key in the wrong table is one mistake. */
    if (part < G_MAXUINT)
      part++;
    if (MIN (whole, part) < best) {
      best = MIN (whole, part);
      nearest = row->name;
    }
  }
  return best <= 1 + strlen (last_part (name)) / 3 ? nearest : NULL;
}

static char *
join_choices (const char *const *choices)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; choices[i] != NULL; i++)
    g_string_append_printf (text, "%s\"%s\"", i > 0 ? ", " : "", choices[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
allowed_integers (const MosKeyInfo *self)
{
  if (self->min_items == self->max_items)
    return g_strdup_printf (
        _ ("an array of %u integers, each %" PRId64 " to %" PRId64),
        self->min_items, self->minimum, self->maximum);
  return g_strdup_printf (
      _ ("an array of %u to %u integers, each %" PRId64 " to %" PRId64),
      self->min_items, self->max_items, self->minimum, self->maximum);
}

char *
mos_key_info_allowed (const MosKeyInfo *self)
{
  g_autofree char *choices =
      self->choices != NULL ? join_choices (self->choices) : NULL;

  switch (self->type) {
  case MOS_KEY_STRING:
    return g_strdup_printf (
        _ ("a string of %" PRId64 " to %" PRId64 " characters"), self->minimum,
        self->maximum);
  case MOS_KEY_PATH:
    if (choices != NULL)
      return g_strdup_printf (_ ("%s, or the path of a file"), choices);
    return g_strdup (_ ("the path of a file, a string"));
  case MOS_KEY_INTEGER:
    return g_strdup_printf (_ ("an integer, %" PRId64 " to %" PRId64 "%s%s"),
                            self->minimum, self->maximum,
                            self->unit != NULL ? " " : "",
                            self->unit != NULL ? self->unit : "");
  case MOS_KEY_BOOLEAN:
    return g_strdup (_ ("true or false"));
  case MOS_KEY_ENUM:
    return g_strdup_printf (_ ("one of %s"), choices);
  case MOS_KEY_INTEGERS:
    return allowed_integers (self);
  case MOS_KEY_STRINGS:
    return g_strdup_printf (_ ("an array of at most %u strings"),
                            self->max_items);
  case MOS_KEY_TABLES:
  default:
    return g_strdup_printf (_ ("an array of at most %u tables"),
                            self->max_items);
  }
}

const char *
mos_key_type_name (MosKeyType type)
{
  static const char *const names[] = {
    [MOS_KEY_STRING] = "string",   [MOS_KEY_PATH] = "path",
    [MOS_KEY_INTEGER] = "integer", [MOS_KEY_BOOLEAN] = "boolean",
    [MOS_KEY_ENUM] = "enum",       [MOS_KEY_INTEGERS] = "integers",
    [MOS_KEY_STRINGS] = "strings", [MOS_KEY_TABLES] = "tables",
  };

  g_return_val_if_fail ((gsize) type < G_N_ELEMENTS (names), "");
  return names[type];
}
