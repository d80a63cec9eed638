/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The structure of TOML: lines, headers, keys, arrays, inline tables, after
 * the sections "Keys" to "Array of Tables" of TOML 1.0.0.
 *
 * What makes TOML hard is who may add to which table. Every table remembers
 * how it came to be (MosTomlOrigin) and the rules are: a header may open what
 * only a longer header implied, and go through anything but values; a dotted
 * key may go through tables that dotted keys made or a longer header implied;
 * values are complete as written; nothing is written twice.
 */

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/config/toml-private.h"

/* One part of a dotted key. */
typedef struct {
  char *name;
  gsize at;
} KeyPart;

static gboolean read_value (MosTomlReader *reader, MosTomlNode *node);

gboolean
mos_toml_fail (MosTomlReader *reader, gsize at, const char *format, ...)
{
  g_autofree char *text = NULL;
  guint            line, column;
  va_list          args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  mos_toml_locate (reader->text, MIN (at, reader->end), &line, &column);
  g_set_error (reader->error, MOS_ERROR, MOS_ERROR_SYNTAX, "%s:%u:%u: %s",
               reader->doc->name, line, column, text);
  return FALSE;
}

static void
skip_blanks (MosTomlReader *reader)
{
  while (mos_toml_peek (reader, 0) == ' ' || mos_toml_peek (reader, 0) == '\t')
    reader->at++;
}

static gboolean
at_newline (const MosTomlReader *reader)
{
  return mos_toml_peek (reader, 0) == '\n' ||
         (mos_toml_peek (reader, 0) == '\r' &&
          mos_toml_peek (reader, 1) == '\n');
}

static void
skip_newline (MosTomlReader *reader)
{
  reader->at += mos_toml_peek (reader, 0) == '\r' ? 2 : 1;
}

static gboolean
skip_comment (MosTomlReader *reader)
{
  if (mos_toml_peek (reader, 0) != '#')
    return TRUE;
  while (reader->at < reader->end && !at_newline (reader)) {
    guchar c = (guchar) reader->text[reader->at];

    if ((c < 0x20 && c != '\t') || c == 0x7f)
      return mos_toml_fail (reader, reader->at,
                            _ ("a comment cannot hold control characters"));
    reader->at++;
  }
  return TRUE;
}

/* Blanks, newlines and comments, as between the elements of an array. */
static gboolean
skip_space (MosTomlReader *reader)
{
  for (;;) {
    skip_blanks (reader);
    if (!skip_comment (reader))
      return FALSE;
    if (!at_newline (reader))
      return TRUE;
    skip_newline (reader);
  }
}

/* The rest of a line after a header or a pair. */
static gboolean
end_line (MosTomlReader *reader)
{
  skip_blanks (reader);
  if (!skip_comment (reader))
    return FALSE;
  if (reader->at < reader->end) {
    if (!at_newline (reader))
      return mos_toml_fail (reader, reader->at, _ ("the line should end here"));
    skip_newline (reader);
  }
  return TRUE;
}

static void
clear_part (gpointer data)
{
  g_free (((KeyPart *) data)->name);
}

static gsize
bare_length (const char *text)
{
  gsize n = 0;

  while (g_ascii_isalnum (text[n]) || text[n] == '_' || text[n] == '-')
    n++;
  return n;
}

static gboolean
read_key_part (MosTomlReader *reader, GArray *parts)
{
  KeyPart part = { .at = reader->at };
  char    c = mos_toml_peek (reader, 0);

  if (c == '"' || c == '\'') {
    g_autoptr (GString) name = g_string_new (NULL);

    if (!mos_toml_read_string (reader, FALSE, name))
      return FALSE;
    if (strlen (name->str) != name->len)
      return mos_toml_fail (reader, part.at, _ ("a key cannot hold U+0000"));
    part.name = g_strdup (name->str);
  } else {
    gsize length = bare_length (reader->text + reader->at);

    if (length == 0)
      return mos_toml_fail (reader, reader->at, _ ("a key is missing here"));
    part.name = g_strndup (reader->text + reader->at, length);
    reader->at += length;
  }
  g_array_append_val (parts, part);
  return TRUE;
}

/* a.b."c": the parts, or NULL. Stops after blanks. */
static GArray *
read_key (MosTomlReader *reader)
{
  g_autoptr (GArray) parts = g_array_new (FALSE, FALSE, sizeof (KeyPart));

  g_array_set_clear_func (parts, clear_part);
  for (;;) {
    if (!read_key_part (reader, parts))
      return NULL;
    if (parts->len > MOS_TOML_MAX_DEPTH) {
      mos_toml_fail (reader, reader->at, _ ("this is nested too deeply"));
      return NULL;
    }
    skip_blanks (reader);
    if (mos_toml_peek (reader, 0) != '.')
      return g_steal_pointer (&parts);
    reader->at++;
    skip_blanks (reader);
  }
}

/* Takes NODE; NULL if it would be too deep. */
static MosTomlNode *
add_child (MosTomlReader *reader, MosTomlNode *parent, MosTomlNode *node)
{
  if (parent->depth >= MOS_TOML_MAX_DEPTH) {
    mos_toml_fail (reader, node->key_start, _ ("this is nested too deeply"));
    mos_toml_node_free (node);
    return NULL;
  }
  mos_toml_node_add (parent, node);
  return node;
}

static gboolean
fail_twice (MosTomlReader     *reader,
            const KeyPart     *part,
            const MosTomlNode *first)
{
  guint line, column;

  mos_toml_locate (reader->text, first->key_start, &line, &column);
  return mos_toml_fail (reader, part->at,
                        _ ("“%s” is here for the second time; the first is "
                           "in line %u"),
                        part->name, line);
}

static MosTomlNode *
lookup (const MosTomlNode *table, const char *name)
{
  return (MosTomlNode *) mos_toml_node_get (table, name);
}

static MosTomlNode *
new_table (const KeyPart *part, MosTomlOrigin origin)
{
  MosTomlNode *node = mos_toml_node_new (MOS_TOML_TABLE, origin);

  node->key = g_strdup (part->name);
  node->key_start = node->start = node->end = part->at;
  return node;
}

/* The table that a dotted key's PART leads to, from TABLE. */
static MosTomlNode *
enter_dotted (MosTomlReader *reader, MosTomlNode *table, const KeyPart *part)
{
  MosTomlNode *child = lookup (table, part->name);

  if (child == NULL)
    return add_child (reader, table, new_table (part, MOS_TOML_BY_DOTTED));
  if (child->origin == MOS_TOML_BY_PARENT && child->type == MOS_TOML_TABLE) {
    child->origin = MOS_TOML_BY_DOTTED;
    return child;
  }
  if (child->origin == MOS_TOML_BY_DOTTED)
    return child;
  fail_twice (reader, part, child);
  return NULL;
}

/* KEY = VALUE into TABLE. */
static gboolean
read_pair (MosTomlReader *reader, MosTomlNode *table)
{
  gsize start = reader->at;
  g_autoptr (GArray) parts = read_key (reader);
  const KeyPart *last;
  MosTomlNode   *node;

  if (parts == NULL)
    return FALSE;
  for (guint i = 0; i + 1 < parts->len; i++) {
    table = enter_dotted (reader, table, &g_array_index (parts, KeyPart, i));
    if (table == NULL)
      return FALSE;
  }
  last = &g_array_index (parts, KeyPart, parts->len - 1);
  if (lookup (table, last->name) != NULL)
    return fail_twice (reader, last, lookup (table, last->name));

  if (mos_toml_peek (reader, 0) != '=')
    return mos_toml_fail (reader, reader->at,
                          _ ("after the key “%s” comes “= value”"), last->name);
  reader->at++;
  skip_blanks (reader);
  node = mos_toml_node_new (MOS_TOML_BOOLEAN, MOS_TOML_BY_VALUE);
  node->key = g_strdup (last->name);
  node->key_start = start;
  node = add_child (reader, table, node);
  return node != NULL && read_value (reader, node);
}

/* Inside the brackets: elements with commas between and perhaps after. */
static gboolean
read_array (MosTomlReader *reader, MosTomlNode *node)
{
  gsize start = reader->at++;

  node->type = MOS_TOML_ARRAY;
  for (;;) {
    MosTomlNode *element;

    if (!skip_space (reader))
      return FALSE;
    if (mos_toml_peek (reader, 0) == ']')
      break;
    if (reader->at >= reader->end)
      return mos_toml_fail (reader, start, _ ("this array has no end"));
    element = mos_toml_node_new (MOS_TOML_BOOLEAN, MOS_TOML_BY_VALUE);
    element->key_start = reader->at;
    element = add_child (reader, node, element);
    if (element == NULL || !read_value (reader, element) ||
        !skip_space (reader))
      return FALSE;
    if (mos_toml_peek (reader, 0) == ',')
      reader->at++;
    else if (mos_toml_peek (reader, 0) != ']')
      return mos_toml_fail (reader, reader->at,
                            _ ("between elements comes a comma, after the "
                               "last a “]”"));
  }
  reader->at++;
  return TRUE;
}

/* On one line, and no comma at the end: TOML 1.0 wants it so. */
static gboolean
read_inline_table (MosTomlReader *reader, MosTomlNode *node)
{
  node->type = MOS_TOML_TABLE;
  reader->at++;
  skip_blanks (reader);
  if (mos_toml_peek (reader, 0) == '}') {
    reader->at++;
    return TRUE;
  }
  for (;;) {
    if (!read_pair (reader, node))
      return FALSE;
    skip_blanks (reader);
    if (mos_toml_peek (reader, 0) == '}') {
      reader->at++;
      return TRUE;
    }
    if (mos_toml_peek (reader, 0) != ',')
      return mos_toml_fail (reader, reader->at,
                            _ ("between the pairs of an inline table comes a "
                               "comma, after the last a “}”, on one line"));
    reader->at++;
    skip_blanks (reader);
  }
}

static gboolean
read_quoted (MosTomlReader *reader, MosTomlNode *node)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (!mos_toml_read_string (reader, TRUE, out))
    return FALSE;
  node->type = MOS_TOML_STRING;
  node->as.string.length = out->len;
  node->as.string.text = g_string_free (g_steal_pointer (&out), FALSE);
  return TRUE;
}

static gboolean
read_value (MosTomlReader *reader, MosTomlNode *node)
{
  gboolean ok;

  node->start = reader->at;
  switch (mos_toml_peek (reader, 0)) {
  case '"':
  case '\'':
    ok = read_quoted (reader, node);
    break;
  case '[':
    ok = read_array (reader, node);
    break;
  case '{':
    ok = read_inline_table (reader, node);
    break;
  default:
    ok = mos_toml_read_plain (reader, node);
    break;
  }
  node->end = reader->at;
  return ok;
}

/* The table that a header's PART leads to, from TABLE, on the way. */
static MosTomlNode *
enter_header (MosTomlReader *reader, MosTomlNode *table, const KeyPart *part)
{
  MosTomlNode *child = lookup (table, part->name);

  if (child == NULL)
    return add_child (reader, table, new_table (part, MOS_TOML_BY_PARENT));
  if (child->origin == MOS_TOML_BY_TABLES)
    return child->children->pdata[child->children->len - 1];
  if (child->type == MOS_TOML_TABLE && child->origin != MOS_TOML_BY_VALUE)
    return child;
  fail_twice (reader, part, child);
  return NULL;
}

/* The last part of [a.b]. */
static MosTomlNode *
open_table (MosTomlReader *reader, MosTomlNode *table, const KeyPart *part)
{
  MosTomlNode *child = lookup (table, part->name);

  if (child == NULL)
    return add_child (reader, table, new_table (part, MOS_TOML_BY_HEADER));
  if (child->origin == MOS_TOML_BY_PARENT) {
    child->origin = MOS_TOML_BY_HEADER;
    return child;
  }
  fail_twice (reader, part, child);
  return NULL;
}

/* The last part of [[a.b]]: a new element. */
static MosTomlNode *
open_element (MosTomlReader *reader, MosTomlNode *table, const KeyPart *part)
{
  MosTomlNode *array = lookup (table, part->name);
  MosTomlNode *element;

  if (array == NULL) {
    array = mos_toml_node_new (MOS_TOML_ARRAY, MOS_TOML_BY_TABLES);
    array->key = g_strdup (part->name);
    array->key_start = array->start = array->end = part->at;
    array = add_child (reader, table, array);
    if (array == NULL)
      return NULL;
  } else if (array->origin != MOS_TOML_BY_TABLES) {
    fail_twice (reader, part, array);
    return NULL;
  }
  element = mos_toml_node_new (MOS_TOML_TABLE, MOS_TOML_BY_ELEMENT);
  element->key_start = part->at;
  return add_child (reader, array, element);
}

static gboolean
read_header (MosTomlReader *reader)
{
  gsize start = reader->at;
  gsize brackets = mos_toml_peek (reader, 1) == '[' ? 2 : 1;
  g_autoptr (GArray) parts = NULL;
  MosTomlNode   *table = reader->doc->root;
  const KeyPart *last;

  reader->at += brackets;
  skip_blanks (reader);
  parts = read_key (reader);
  if (parts == NULL)
    return FALSE;
  for (gsize i = 0; i < brackets; i++, reader->at++)
    if (mos_toml_peek (reader, 0) != ']')
      return mos_toml_fail (reader, reader->at,
                            brackets == 2 ? _ ("this header ends with “]]”")
                                          : _ ("this header ends with “]”"));

  for (guint i = 0; i + 1 < parts->len; i++) {
    table = enter_header (reader, table, &g_array_index (parts, KeyPart, i));
    if (table == NULL)
      return FALSE;
  }
  last = &g_array_index (parts, KeyPart, parts->len - 1);
  table = brackets == 2 ? open_element (reader, table, last)
                        : open_table (reader, table, last);
  if (table == NULL)
    return FALSE;
  table->key_start = table->start = start;
  table->end = reader->at;
  reader->section = table;
  return TRUE;
}

/* The section's pairs end where the line does. */
static gboolean
read_line (MosTomlReader *reader)
{
  skip_blanks (reader);
  if (reader->at >= reader->end || at_newline (reader) ||
      mos_toml_peek (reader, 0) == '#')
    return end_line (reader);
  if (mos_toml_peek (reader, 0) == '[') {
    if (!read_header (reader))
      return FALSE;
  } else if (!read_pair (reader, reader->section)) {
    return FALSE;
  }
  if (!end_line (reader))
    return FALSE;
  reader->section->body_end = reader->at;
  return TRUE;
}

static gboolean
check_utf8 (MosTomlReader *reader)
{
  const char *bad;

  if (g_utf8_validate_len (reader->text, reader->end, &bad))
    return TRUE;
  return mos_toml_fail (reader, (gsize) (bad - reader->text),
                        _ ("byte 0x%02x is not valid UTF-8 text here"),
                        (guint) (guchar) *bad);
}

gboolean
mos_toml_read_document (MosTomlReader *reader)
{
  static const char mark[] = "\xef\xbb\xbf";

  if (!check_utf8 (reader))
    return FALSE;
  if (strncmp (reader->text, mark, 3) == 0)
    reader->at = 3;
  reader->section = reader->doc->root;
  reader->section->body_end = reader->at;
  while (reader->at < reader->end)
    if (!read_line (reader))
      return FALSE;
  return TRUE;
}
