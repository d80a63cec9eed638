/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Editing a TOML document without disturbing what nobody asked to change.
 *
 * Every edit is a few replacements of byte ranges in the text, after which the
 * whole is read again: what results is TOML or the edit does not happen. New
 * pairs go below the last pair of their table; a table that is not there yet
 * gets a header at the end; arrays of tables grow in the style they have.
 */

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/config/toml-private.h"

/* Bytes START to END become TEXT. */
typedef struct {
  gsize start;
  gsize end;
  char *text;
} Splice;

static void
clear_splice (gpointer data)
{
  g_free (((Splice *) data)->text);
}

static GArray *
splices_new (void)
{
  GArray *self = g_array_new (FALSE, FALSE, sizeof (Splice));

  g_array_set_clear_func (self, clear_splice);
  return self;
}

/* Takes TEXT. */
static void
add_splice (GArray *splices, gsize start, gsize end, char *text)
{
  Splice splice = { start, end, text };

  g_array_append_val (splices, splice);
}

static int
compare_splices (gconstpointer a, gconstpointer b)
{
  const Splice *one = a, *two = b;

  return one->start < two->start ? -1 : one->start > two->start;
}

/* Makes the edits and reads the result; on failure SELF is as before. */
static gboolean
apply (MosToml *self, GArray *splices, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (MosToml) changed = NULL;
  gsize at = 0;

  g_array_sort (splices, compare_splices);
  for (guint i = 0; i < splices->len; i++) {
    const Splice *splice = &g_array_index (splices, Splice, i);

    if (splice->start > at)
      g_string_append_len (text, self->text + at,
                           (gssize) (splice->start - at));
    g_string_append (text, splice->text);
    at = MAX (at, splice->end);
  }
  g_string_append_len (text, self->text + at, (gssize) (self->size - at));

  changed = mos_toml_parse (text->str, (gssize) text->len, self->name, error);
  if (changed == NULL)
    return FALSE;
  mos_toml_node_free (self->root);
  g_free (self->text);
  self->root = g_steal_pointer (&changed->root);
  self->text = g_steal_pointer (&changed->text);
  self->size = changed->size;
  return TRUE;
}

/* LITERAL as a document of its own, "v = LITERAL"; NULL unless it is one
 * value and nothing else. */
static MosToml *
parse_literal (const char *literal, GError **error)
{
  g_autofree char *text = g_strconcat ("v = ", literal, NULL);
  g_autoptr (MosToml) doc = mos_toml_parse (text, -1, _ ("value"), error);

  if (doc == NULL)
    return NULL;
  if (mos_toml_node_length (doc->root) != 1 ||
      ((MosTomlNode *) doc->root->children->pdata[0])->end != doc->size) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("“%s” is not one value"), literal);
    return NULL;
  }
  return g_steal_pointer (&doc);
}

static gsize
line_start (const MosToml *self, gsize at)
{
  while (at > 0 && self->text[at - 1] != '\n')
    at--;
  return at;
}

static gsize
line_end (const MosToml *self, gsize at)
{
  const char *newline = memchr (self->text + at, '\n', self->size - at);

  return newline != NULL ? (gsize) (newline - self->text) + 1 : self->size;
}

/* The blanks that begin the line of byte AT. */
static char *
indent_of (const MosToml *self, gsize at)
{
  const char *start = self->text + line_start (self, at);

  return g_strndup (start, strspn (start, " \t"));
}

/* What must stand before a new line at AT: a newline, if there is none. */
static const char *
newline_before (const MosToml *self, gsize at)
{
  return at > 0 && self->text[at - 1] != '\n' ? "\n" : "";
}

/* What must stand before a new section at AT: an empty line. */
static const char *
gap_before (const MosToml *self, gsize at)
{
  if (at == 0 ||
      (at >= 2 && self->text[at - 1] == '\n' && self->text[at - 2] == '\n'))
    return "";
  return self->text[at - 1] == '\n' ? "\n" : "\n\n";
}

/* The value itself, not a dotted table on the way to others. */
static void
collect_items (const MosTomlNode *container, GPtrArray *items)
{
  for (guint i = 0; i < mos_toml_node_length (container); i++) {
    MosTomlNode *child = container->children->pdata[i];

    if (child->origin == MOS_TOML_BY_DOTTED)
      collect_items (child, items);
    else
      g_ptr_array_add (items, child);
  }
}

static int
compare_nodes (gconstpointer a, gconstpointer b)
{
  const MosTomlNode *one = *(MosTomlNode *const *) a;
  const MosTomlNode *two = *(MosTomlNode *const *) b;

  return one->key_start < two->key_start ? -1 : one->key_start > two->key_start;
}

/* The pairs or elements between the brackets of CONTAINER, as written. */
static GPtrArray *
items_of (const MosTomlNode *container)
{
  GPtrArray *items = g_ptr_array_new ();

  collect_items (container, items);
  g_ptr_array_sort (items, compare_nodes);
  return items;
}

/* The comma after byte AT of an array or inline table, or 0. */
static gsize
find_comma (const MosToml *self, gsize at, gsize end)
{
  while (at < end) {
    if (self->text[at] == ',')
      return at;
    if (self->text[at] == '#')
      at = line_end (self, at);
    else if (strchr (" \t\r\n", self->text[at]) != NULL)
      at++;
    else
      return 0;
  }
  return 0;
}

/* Puts ITEM at the end of an array or inline table written as one value. */
static void
add_item (const MosToml     *self,
          const MosTomlNode *container,
          const char        *item,
          GArray            *splices)
{
  g_autoptr (GPtrArray) items = items_of (container);
  const MosTomlNode *last;
  gsize              comma;

  if (items->len == 0) {
    gsize inside = container->start + 1;

    add_splice (splices, inside, container->end - 1,
                g_strdup_printf (" %s ", item));
    return;
  }
  last = items->pdata[items->len - 1];
  comma = find_comma (self, last->end, container->end - 1);
  if (memchr (self->text + last->end, '\n', container->end - last->end)) {
    g_autofree char *indent = indent_of (self, last->key_start);
    gsize            at = comma != 0 ? comma + 1 : last->end;

    add_splice (
        splices, at, at,
        g_strdup_printf ("%s\n%s%s", comma != 0 ? "" : ",", indent, item));
  } else {
    gsize at = comma != 0 ? comma + 1 : last->end;

    add_splice (splices, at, at,
                g_strdup_printf ("%s %s", comma != 0 ? "" : ",", item));
  }
}

static void
remove_item (const MosToml     *self,
             const MosTomlNode *container,
             const MosTomlNode *item,
             GArray            *splices)
{
  g_autoptr (GPtrArray) items = items_of (container);
  gsize comma = find_comma (self, item->end, container->end - 1);
  guint n = 0;

  g_return_if_fail (g_ptr_array_find (items, (gpointer) item, &n));
  if (comma != 0 && n + 1 < items->len) {
    const MosTomlNode *next = items->pdata[n + 1];
    gsize              end = comma + 1;

    while (end < next->key_start && strchr (" \t", self->text[end]) != NULL)
      end++;
    add_splice (splices, item->key_start, end, g_strdup (""));
    return;
  }
  if (n > 0) {
    const MosTomlNode *before = items->pdata[n - 1];
    gsize              lost = find_comma (self, before->end, item->key_start);

    /* An array may keep it, an inline table may not. */
    if (lost != 0)
      add_splice (splices, lost, lost + 1, g_strdup (""));
  }
  add_splice (splices, item->key_start, comma != 0 ? comma + 1 : item->end,
              g_strdup (""));
}

/* "[a.b]" or "[[a.b]]": adds the sections below NODE, itself included. */
static void
collect_sections (const MosTomlNode *node, GPtrArray *sections)
{
  if (node->origin == MOS_TOML_BY_HEADER || node->origin == MOS_TOML_BY_ELEMENT)
    g_ptr_array_add (sections, (gpointer) node);
  if (node->origin == MOS_TOML_BY_VALUE)
    return;
  for (guint i = 0; i < mos_toml_node_length (node); i++)
    collect_sections (node->children->pdata[i], sections);
}

static gsize
last_section_end (const MosTomlNode *node)
{
  g_autoptr (GPtrArray) sections = g_ptr_array_new ();
  gsize end = 0;

  collect_sections (node, sections);
  for (guint i = 0; i < sections->len; i++)
    end = MAX (end, ((const MosTomlNode *) sections->pdata[i])->body_end);
  return end;
}

/* How far PATH leads from the root: the deepest table on its way, and in
 * *REST what is left of it. NULL if a value that is no table bars the way. */
static MosTomlNode *
walk (MosToml *self, const char *path, const char **rest)
{
  MosTomlNode *table = self->root;

  *rest = path;
  for (;;) {
    gsize            length = strcspn (*rest, ".[");
    g_autofree char *key = g_strndup (*rest, length);
    MosTomlNode     *child = (MosTomlNode *) mos_toml_node_get (table, key);
    const char      *next = *rest + length;

    if (child == NULL || *next == '\0')
      return table;
    if (*next == '[') {
      guint64 n = g_ascii_strtoull (next + 1, NULL, 10);

      child = n < G_MAXUINT
                  ? (MosTomlNode *) mos_toml_node_nth (child, (guint) n)
                  : NULL;
      next = strchr (next, ']');
      if (child == NULL || next == NULL || *++next != '.')
        return NULL;
    }
    if (child->type != MOS_TOML_TABLE)
      return NULL;
    table = child;
    *rest = next + 1;
  }
}

/* Where a pair below TABLE is written: up over dotted tables, whose names
 * come before the key. Frees and replaces *KEY. */
static MosTomlNode *
writable_table (MosTomlNode *table, char **key)
{
  while (table->origin == MOS_TOML_BY_DOTTED) {
    char *longer = g_strconcat (table->key, ".", *key, NULL);

    g_free (*key);
    *key = longer;
    table = table->parent;
  }
  return table;
}

/* "a.b" of a table that only longer headers imply. */
static char *
path_of (const MosTomlNode *table)
{
  g_autofree char *above = NULL;

  if (table->parent == NULL)
    return NULL;
  above = path_of (table->parent);
  return above != NULL ? g_strconcat (above, ".", table->key, NULL)
                       : g_strdup (table->key);
}

/* A section at the end, "[HEADER]" with one pair. */
static void
add_section (const MosToml *self,
             const char    *header,
             const char    *key,
             const char    *literal,
             GArray        *splices)
{
  add_splice (splices, self->size, self->size,
              g_strdup_printf ("%s[%s]\n%s = %s\n",
                               gap_before (self, self->size), header, key,
                               literal));
}

static void
add_line (const MosToml     *self,
          const MosTomlNode *table,
          const char        *key,
          const char        *literal,
          GArray            *splices)
{
  gsize            at = table->body_end;
  g_autofree char *indent = NULL;

  if (table->origin == MOS_TOML_BY_ROOT && mos_toml_node_length (table) > 0 &&
      at <= 3 && self->size > at)
    /* No pair stands above the first header: leave an empty line. */
    add_splice (splices, at, at, g_strdup_printf ("%s = %s\n\n", key, literal));
  else {
    indent = at > 0 ? indent_of (self, at - 1) : g_strdup ("");
    add_splice (splices, at, at,
                g_strdup_printf ("%s%s%s = %s\n", newline_before (self, at),
                                 indent, key, literal));
  }
}

static gboolean
insert (MosToml    *self,
        const char *path,
        const char *literal,
        GArray     *splices,
        GError    **error)
{
  const char      *rest;
  MosTomlNode     *table = walk (self, path, &rest);
  g_autofree char *key = NULL;
  const char      *dot;
  gboolean         is_new;

  if (table == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("%s: something that is no table stands in the way of "
                    "“%s”"),
                 self->name, path);
    return FALSE;
  }
  key = g_strdup (rest);
  is_new = table->origin == MOS_TOML_BY_ROOT;
  table = writable_table (table, &key);
  dot = strchr (key, '.');
  if (table->origin == MOS_TOML_BY_VALUE) {
    g_autofree char *pair = g_strdup_printf ("%s = %s", key, literal);

    add_item (self, table, pair, splices);
  } else if (table->origin == MOS_TOML_BY_PARENT) {
    g_autofree char *header = path_of (table);

    add_section (self, header, key, literal, splices);
  } else if (is_new && dot != NULL) {
    g_autofree char *header = g_strndup (key, (gsize) (dot - key));

    add_section (self, header, dot + 1, literal, splices);
  } else {
    add_line (self, table, key, literal, splices);
  }
  return TRUE;
}

/* The splices that take NODE away; FALSE for tables not written as one. */
static gboolean
take_away (const MosToml *self, const MosTomlNode *node, GArray *splices)
{
  if (node->origin == MOS_TOML_BY_VALUE) {
    const MosTomlNode *container = node->parent;

    while (container->origin == MOS_TOML_BY_DOTTED)
      container = container->parent;
    if (container->origin == MOS_TOML_BY_VALUE)
      remove_item (self, container, node, splices);
    else
      add_splice (splices, line_start (self, node->key_start),
                  line_end (self, node->end), g_strdup (""));
    return TRUE;
  }
  if (node->origin == MOS_TOML_BY_TABLES ||
      node->origin == MOS_TOML_BY_ELEMENT) {
    g_autoptr (GPtrArray) sections = g_ptr_array_new ();

    collect_sections (node, sections);
    for (guint i = 0; i < sections->len; i++) {
      const MosTomlNode *section = sections->pdata[i];

      add_splice (splices, line_start (self, section->start), section->body_end,
                  g_strdup (""));
    }
    return TRUE;
  }
  return FALSE;
}

/* Back to TEXT, which was read before. */
static void
restore (MosToml *self, const char *text, gsize size)
{
  g_autoptr (GArray) splices = splices_new ();
  gboolean ok;

  add_splice (splices, 0, self->size, g_strndup (text, size));
  ok = apply (self, splices, NULL);
  g_assert (ok);
}

gboolean
mos_toml_set (MosToml    *self,
              const char *path,
              const char *literal,
              GError    **error)
{
  g_autoptr (MosToml) value = parse_literal (literal, error);
  g_autoptr (GArray) splices = splices_new ();
  const MosTomlNode *node = mos_toml_find (self, path);
  g_autofree char   *before = NULL;
  gsize              size = self->size;

  if (value == NULL)
    return FALSE;
  if (node != NULL && node->origin == MOS_TOML_BY_VALUE) {
    add_splice (splices, node->start, node->end, g_strdup (literal));
    return apply (self, splices, error);
  }
  before = g_strndup (self->text, size);
  if (node != NULL && !mos_toml_remove (self, path)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("%s: “%s” is a table and cannot become a value"),
                 self->name, path);
    return FALSE;
  }
  if (insert (self, path, literal, splices, error) &&
      apply (self, splices, error))
    return TRUE;
  if (node != NULL)
    restore (self, before, size);
  return FALSE;
}

gboolean
mos_toml_remove (MosToml *self, const char *path)
{
  g_autoptr (GArray) splices = splices_new ();
  const MosTomlNode *node = mos_toml_find (self, path);

  return node != NULL && node->parent != NULL &&
         take_away (self, node, splices) && apply (self, splices, NULL);
}

/* The pairs of the inline table TABLE of DOC, one on each line. */
static char *
pairs_as_lines (const MosToml *doc, const MosTomlNode *table)
{
  g_autoptr (GPtrArray) items = items_of (table);
  g_autoptr (GString) lines = g_string_new (NULL);

  for (guint i = 0; i < items->len; i++) {
    const MosTomlNode *item = items->pdata[i];

    g_string_append_len (lines, doc->text + item->key_start,
                         (gssize) (item->end - item->key_start));
    g_string_append_c (lines, '\n');
  }
  return g_string_free (g_steal_pointer (&lines), FALSE);
}

gboolean
mos_toml_append (MosToml    *self,
                 const char *path,
                 const char *literal,
                 GError    **error)
{
  g_autoptr (MosToml) value = parse_literal (literal, error);
  g_autoptr (GArray) splices = splices_new ();
  g_autofree char   *lines = NULL;
  g_autofree char   *whole = NULL;
  const MosTomlNode *array = mos_toml_find (self, path);
  const char        *rest;
  MosTomlNode       *table;
  gsize              at = self->size;

  if (value == NULL)
    return FALSE;
  if (((MosTomlNode *) value->root->children->pdata[0])->type !=
      MOS_TOML_TABLE) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("“%s” is no table; it should look like { key = value }"),
                 literal);
    return FALSE;
  }

  if (array != NULL && array->type != MOS_TOML_ARRAY) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("%s: “%s” is no array of tables"), self->name, path);
    return FALSE;
  }
  if (array != NULL && array->origin == MOS_TOML_BY_VALUE) {
    add_item (self, array, literal, splices);
    return apply (self, splices, error);
  }

  table = walk (self, path, &rest);
  if (array == NULL && table != NULL && table->origin == MOS_TOML_BY_VALUE) {
    whole = g_strdup_printf ("[%s]", literal);
    return insert (self, path, whole, splices, error) &&
           apply (self, splices, error);
  }
  if (array != NULL)
    at = last_section_end (array);
  lines = pairs_as_lines (value, value->root->children->pdata[0]);
  add_splice (
      splices, at, at,
      g_strdup_printf ("%s[[%s]]\n%s", gap_before (self, at), path, lines));
  return apply (self, splices, error);
}

char *
mos_toml_quote (const char *text)
{
  static const char from[] = "\b\t\n\f\r\"\\";
  static const char to[] = "btnfr\"\\";
  g_autoptr (GString) out = g_string_new ("\"");

  for (const char *p = text; *p != '\0'; p++) {
    const char *found = strchr (from, *p);

    if (found != NULL)
      g_string_append_printf (out, "\\%c", to[found - from]);
    else if ((guchar) *p < 0x20 || *p == 0x7f)
      g_string_append_printf (out, "\\u%04X", (guint) (guchar) *p);
    else
      g_string_append_c (out, *p);
  }
  g_string_append_c (out, '"');
  return g_string_free (g_steal_pointer (&out), FALSE);
}
