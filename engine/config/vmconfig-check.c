/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A document against the schema: every key known, every value of the right
 * type and inside its range. The first mistake in the file's order ends it,
 * with one line that names file, line, key, what was found, what is allowed.
 */

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/config/vmconfig-private.h"

/* A value is shown in messages up to so many characters. */
#define MAX_SHOWN 60

/* "lab.toml:3: ", or "" where there is no file. */
static char *
where (const MosConfigPlace *place, const MosTomlNode *node)
{
  guint line, column;

  if (place->doc == NULL || node == NULL)
    return place->path != NULL ? g_strdup_printf ("%s: ", place->path)
                               : g_strdup ("");
  mos_toml_node_position (place->doc, node, &line, &column);
  return g_strdup_printf (
      "%s:%u: ", place->path != NULL ? place->path : _ ("machine"), line);
}

gboolean
mos_config_complain (const MosConfigPlace *place,
                     const MosTomlNode    *node,
                     const char           *key,
                     const char           *found,
                     const char           *allowed,
                     const char           *remedy,
                     GError              **error)
{
  g_autofree char *start = where (place, node);

  if (remedy != NULL)
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("%s%s: found %s; allowed: %s (%s)"), start, key, found,
                 allowed, remedy);
  else
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("%s%s: found %s; allowed: %s"), start, key, found, allowed);
  return FALSE;
}

gboolean
mos_config_unknown_key (const MosConfigPlace *place,
                        const MosTomlNode    *node,
                        const MosKeyInfo     *table,
                        const char           *key,
                        GError              **error)
{
  g_autofree char *start = where (place, node);
  const char      *nearest = mos_config_schema_nearest (table, key);

  if (nearest != NULL)
    g_set_error (error, MOS_ERROR, MOS_ERROR_UNKNOWN_KEY,
                 _ ("%s%s: there is no such key; did you mean “%s%s%s”?"),
                 start, key, table != NULL ? table->name : "",
                 table != NULL ? "." : "", nearest);
  else
    g_set_error (error, MOS_ERROR, MOS_ERROR_UNKNOWN_KEY,
                 _ ("%s%s: there is no such key; “multios config schema” "
                    "lists them all"),
                 start, key);
  return FALSE;
}

/* The value as a message shows it: short, and on one line. */
static char *
show (const MosTomlNode *node)
{
  g_autofree char *quoted = NULL;

  switch (mos_toml_node_type (node)) {
  case MOS_TOML_STRING:
    quoted = mos_toml_quote (mos_toml_node_string (node, NULL));
    if (g_utf8_strlen (quoted, -1) > MAX_SHOWN) {
      g_autofree char *head = g_utf8_substring (quoted, 0, MAX_SHOWN);

      return g_strconcat (head, "…", NULL);
    }
    return g_steal_pointer (&quoted);
  case MOS_TOML_INTEGER:
    return g_strdup_printf ("%" G_GINT64_FORMAT, mos_toml_node_integer (node));
  case MOS_TOML_BOOLEAN:
    return g_strdup (mos_toml_node_boolean (node) ? "true" : "false");
  case MOS_TOML_FLOAT:
  case MOS_TOML_DATETIME:
  case MOS_TOML_ARRAY:
  case MOS_TOML_TABLE:
  default:
    return g_strdup (mos_toml_type_title (mos_toml_node_type (node)));
  }
}

/* FOUND is what NODE shows and, where it is not plain, of which type. */
static gboolean
refuse (const MosConfigPlace *place,
        const MosKeyInfo     *row,
        const char           *key,
        const MosTomlNode    *node,
        gboolean              wrong_type,
        GError              **error)
{
  g_autofree char *shown = show (node);
  g_autofree char *allowed = mos_key_info_allowed (row);
  g_autofree char *found = NULL;
  const char      *title = mos_toml_type_title (mos_toml_node_type (node));

  if (wrong_type && !g_str_equal (shown, title))
    found = g_strdup_printf ("%s, %s", shown, title);
  return mos_config_complain (
      place, node, key, found != NULL ? found : shown, allowed,
      !wrong_type && row->remedy != NULL ? _ (row->remedy) : NULL, error);
}

static gboolean
is_choice (const MosKeyInfo *row, const char *text)
{
  for (guint i = 0; row->choices[i] != NULL; i++)
    if (g_ascii_strcasecmp (row->choices[i], text) == 0)
      return TRUE;
  return FALSE;
}

/* Of the right type: inside the range? */
static gboolean
string_fits (const MosKeyInfo *row, const MosTomlNode *node)
{
  gsize       bytes;
  const char *text = mos_toml_node_string (node, &bytes);
  glong       length = g_utf8_strlen (text, -1);

  if (strlen (text) != bytes) /* U+0000 */
    return FALSE;
  if (row->type == MOS_KEY_ENUM)
    return is_choice (row, text);
  return length >= row->minimum && length <= row->maximum;
}

static gboolean
integer_fits (const MosKeyInfo *row, const MosTomlNode *node)
{
  gint64 value = mos_toml_node_integer (node);

  return value >= row->minimum && value <= row->maximum;
}

static gboolean
check_array (const MosConfigPlace *place,
             const MosKeyInfo     *row,
             const char           *key,
             const MosTomlNode    *node,
             MosTomlType           wanted,
             GError              **error)
{
  guint n = mos_toml_node_length (node);

  if (n < row->min_items || n > row->max_items) {
    g_autofree char *allowed = mos_key_info_allowed (row);
    g_autofree char *found =
        g_strdup_printf (ngettext ("%u element", "%u elements", n), n);

    return mos_config_complain (place, node, key, found, allowed, NULL, error);
  }
  for (guint i = 0; i < n; i++) {
    const MosTomlNode *element = mos_toml_node_nth (node, i);

    if (mos_toml_node_type (element) != wanted)
      return refuse (place, row, key, element, TRUE, error);
    if (wanted == MOS_TOML_INTEGER ? !integer_fits (row, element)
                                   : !string_fits (row, element))
      return refuse (place, row, key, element, FALSE, error);
  }
  return TRUE;
}

static gboolean
is_extension (const char *key)
{
  return g_str_has_prefix (key, MOS_KEY_EXTENSION_PREFIX);
}

static const MosKeyInfo *
find_sub (const MosKeyInfo *table, const char *key)
{
  for (const MosKeyInfo *row = table->sub; row->name != NULL; row++)
    if (g_str_equal (row->name, key))
      return row;
  return NULL;
}

/* One table of an array of tables; KEY is "storage.drives[0]". */
static gboolean
check_entry (const MosConfigPlace *place,
             const MosKeyInfo     *table,
             const char           *key,
             const MosTomlNode    *node,
             GError              **error)
{
  if (mos_toml_node_type (node) != MOS_TOML_TABLE)
    return refuse (place, table, key, node, TRUE, error);
  for (guint i = 0; i < mos_toml_node_length (node); i++) {
    const MosTomlNode *child = mos_toml_node_nth (node, i);
    const char        *name = mos_toml_node_key (child);
    const MosKeyInfo  *row = find_sub (table, name);
    g_autofree char   *full = g_strdup_printf ("%s.%s", key, name);

    if (is_extension (name))
      continue;
    if (row == NULL)
      return mos_config_unknown_key (place, child, table, full, error);
    if (!mos_config_check_value (place, row, full, child, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_tables (const MosConfigPlace *place,
              const MosKeyInfo     *row,
              const char           *key,
              const MosTomlNode    *node,
              GError              **error)
{
  guint n = mos_toml_node_length (node);

  if (n > row->max_items) {
    g_autofree char *allowed = mos_key_info_allowed (row);
    g_autofree char *found = g_strdup_printf (_ ("%u tables"), n);

    return mos_config_complain (place, mos_toml_node_nth (node, row->max_items),
                                key, found, allowed, NULL, error);
  }
  for (guint i = 0; i < n; i++) {
    g_autofree char *full = g_strdup_printf ("%s[%u]", key, i);

    if (!check_entry (place, row, full, mos_toml_node_nth (node, i), error))
      return FALSE;
  }
  return TRUE;
}

gboolean
mos_config_check_value (const MosConfigPlace *place,
                        const MosKeyInfo     *row,
                        const char           *key,
                        const MosTomlNode    *node,
                        GError              **error)
{
  static const MosTomlType wanted[] = {
    [MOS_KEY_STRING] = MOS_TOML_STRING,   [MOS_KEY_PATH] = MOS_TOML_STRING,
    [MOS_KEY_INTEGER] = MOS_TOML_INTEGER, [MOS_KEY_BOOLEAN] = MOS_TOML_BOOLEAN,
    [MOS_KEY_ENUM] = MOS_TOML_STRING,     [MOS_KEY_INTEGERS] = MOS_TOML_ARRAY,
    [MOS_KEY_STRINGS] = MOS_TOML_ARRAY,   [MOS_KEY_TABLES] = MOS_TOML_ARRAY,
  };

  if (mos_toml_node_type (node) != wanted[row->type])
    return refuse (place, row, key, node, TRUE, error);

  switch (row->type) {
  case MOS_KEY_STRING:
  case MOS_KEY_PATH:
  case MOS_KEY_ENUM:
    return string_fits (row, node) ||
           refuse (place, row, key, node, FALSE, error);
  case MOS_KEY_INTEGER:
    return integer_fits (row, node) ||
           refuse (place, row, key, node, FALSE, error);
  case MOS_KEY_INTEGERS:
    return check_array (place, row, key, node, MOS_TOML_INTEGER, error);
  case MOS_KEY_STRINGS:
    return check_array (place, row, key, node, MOS_TOML_STRING, error);
  case MOS_KEY_TABLES:
    return check_tables (place, row, key, node, error);
  case MOS_KEY_BOOLEAN:
  default:
    return TRUE;
  }
}

/* Whether some key lies below the table NAME. */
static gboolean
is_table (const char *name)
{
  gsize length = strlen (name);

  for (const MosKeyInfo *row = mos_config_schema; row->name != NULL; row++)
    if (strncmp (row->name, name, length) == 0 && row->name[length] == '.')
      return TRUE;
  return FALSE;
}

/* PREFIX is "" or "boot."; tables are no deeper than the schema has them. */
static gboolean
check_table (const MosConfigPlace *place,
             const char           *prefix,
             const MosTomlNode    *table,
             GError              **error)
{
  for (guint i = 0; i < mos_toml_node_length (table); i++) {
    const MosTomlNode *node = mos_toml_node_nth (table, i);
    g_autofree char *key = g_strconcat (prefix, mos_toml_node_key (node), NULL);
    const MosKeyInfo *row = mos_config_schema_find (key);

    if (is_extension (mos_toml_node_key (node)))
      continue;
    if (row != NULL) {
      if (!mos_config_check_value (place, row, key, node, error))
        return FALSE;
    } else if (!is_table (key)) {
      return mos_config_unknown_key (place, node, NULL, key, error);
    } else if (mos_toml_node_type (node) == MOS_TOML_TABLE) {
      g_autofree char *below = g_strconcat (key, ".", NULL);

      if (!check_table (place, below, node, error))
        return FALSE;
    } else {
      g_autofree char *found = show (node);

      return mos_config_complain (place, node, key, found, _ ("a table"), NULL,
                                  error);
    }
  }
  return TRUE;
}

gboolean
mos_config_check_document (const MosConfigPlace *place, GError **error)
{
  return check_table (place, "", mos_toml_root (place->doc), error);
}
