/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The tree of a TOML document: making it, freeing it, looking into it.
 *
 * A table keeps its children twice, in the order of the file and by key, so
 * that a file with many keys is read in linear time.
 */

#include "engine/config/toml.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/config/toml-private.h"

MosTomlNode *
mos_toml_node_new (MosTomlType type, MosTomlOrigin origin)
{
  MosTomlNode *self = g_new0 (MosTomlNode, 1);

  self->type = type;
  self->origin = origin;
  return self;
}

/* As deep as MOS_TOML_MAX_DEPTH. */
void
mos_toml_node_free (MosTomlNode *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->index, g_hash_table_unref);
  g_clear_pointer (&self->children, g_ptr_array_unref);
  if (self->type == MOS_TOML_STRING || self->type == MOS_TOML_DATETIME)
    g_free (self->as.string.text);
  g_free (self->key);
  g_free (self);
}

void
mos_toml_node_add (MosTomlNode *self, MosTomlNode *child)
{
  if (self->children == NULL)
    self->children =
        g_ptr_array_new_with_free_func ((GDestroyNotify) mos_toml_node_free);
  child->parent = self;
  child->depth = self->depth + 1;
  g_ptr_array_add (self->children, child);
  if (child->key == NULL)
    return;
  if (self->index == NULL)
    self->index = g_hash_table_new (g_str_hash, g_str_equal);
  g_hash_table_insert (self->index, child->key, child);
}

void
mos_toml_locate (const char *text, gsize at, guint *line, guint *column)
{
  const char *start = text;
  const char *end = text + at;

  *line = 1;
  for (const char *p = text; p < end; p++) {
    if (*p == '\n') {
      start = p + 1;
      (*line)++;
    }
  }
  *column = 1;
  for (const char *p = start; p < end; p++)
    *column += ((guchar) *p & 0xc0) != 0x80;
}

static MosToml *
read_text (const char *text, gsize size, const char *name, GError **error)
{
  g_autoptr (MosToml) self = g_new0 (MosToml, 1);
  MosTomlReader reader = { .doc = self, .error = error };

  self->name = g_strdup (name != NULL ? name : "text");
  self->text = g_strndup (text, size);
  self->size = size;
  self->root = mos_toml_node_new (MOS_TOML_TABLE, MOS_TOML_BY_ROOT);
  reader.text = self->text;
  reader.end = size;
  if (!mos_toml_read_document (&reader))
    return NULL;
  return g_steal_pointer (&self);
}

MosToml *
mos_toml_parse (const char *text, gssize size, const char *name, GError **error)
{
  gsize bytes;

  g_return_val_if_fail (text != NULL, NULL);

  bytes = size < 0 ? strlen (text) : (gsize) size;
  if (bytes > MOS_TOML_MAX_BYTES) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("%s: the file has %zu bytes, at most %d are read"),
                 name != NULL ? name : "text", bytes, MOS_TOML_MAX_BYTES);
    return NULL;
  }
  return read_text (text, bytes, name, error);
}

void
mos_toml_free (MosToml *self)
{
  if (self == NULL)
    return;
  mos_toml_node_free (self->root);
  g_free (self->name);
  g_free (self->text);
  g_free (self);
}

const char *
mos_toml_text (MosToml *self, gsize *size)
{
  if (size != NULL)
    *size = self->size;
  return self->text;
}

const MosTomlNode *
mos_toml_root (MosToml *self)
{
  return self->root;
}

/* One step of a path: a key and any number of [n]. Moves *PATH on. */
static const MosTomlNode *
step (const MosTomlNode *node, const char **path)
{
  gsize            length = strcspn (*path, ".[");
  g_autofree char *key = g_strndup (*path, length);

  node = mos_toml_node_get (node, key);
  *path += length;
  while (node != NULL && **path == '[') {
    char   *end;
    guint64 n = g_ascii_strtoull (*path + 1, &end, 10);

    if (end == *path + 1 || *end != ']' || n > G_MAXUINT)
      return NULL;
    node = mos_toml_node_nth (node, (guint) n);
    *path = end + 1;
  }
  return node;
}

const MosTomlNode *
mos_toml_find (MosToml *self, const char *path)
{
  const MosTomlNode *node = self->root;

  for (;;) {
    node = step (node, &path);
    if (node == NULL || *path == '\0')
      return node;
    if (*path != '.')
      return NULL;
    path++;
  }
}

MosTomlType
mos_toml_node_type (const MosTomlNode *self)
{
  return self->type;
}

const char *
mos_toml_node_key (const MosTomlNode *self)
{
  return self->key;
}

const MosTomlNode *
mos_toml_node_parent (const MosTomlNode *self)
{
  return self->parent;
}

guint
mos_toml_node_length (const MosTomlNode *self)
{
  return self->children != NULL ? self->children->len : 0;
}

const MosTomlNode *
mos_toml_node_nth (const MosTomlNode *self, guint n)
{
  return n < mos_toml_node_length (self) ? self->children->pdata[n] : NULL;
}

const MosTomlNode *
mos_toml_node_get (const MosTomlNode *self, const char *key)
{
  return self->index != NULL ? g_hash_table_lookup (self->index, key) : NULL;
}

const char *
mos_toml_node_string (const MosTomlNode *self, gsize *length)
{
  g_return_val_if_fail (
      self->type == MOS_TOML_STRING || self->type == MOS_TOML_DATETIME, NULL);
  if (length != NULL)
    *length = self->as.string.length;
  return self->as.string.text;
}

gint64
mos_toml_node_integer (const MosTomlNode *self)
{
  g_return_val_if_fail (self->type == MOS_TOML_INTEGER, 0);
  return self->as.integer;
}

double
mos_toml_node_float (const MosTomlNode *self)
{
  g_return_val_if_fail (self->type == MOS_TOML_FLOAT, 0);
  return self->as.real;
}

gboolean
mos_toml_node_boolean (const MosTomlNode *self)
{
  g_return_val_if_fail (self->type == MOS_TOML_BOOLEAN, FALSE);
  return self->as.boolean;
}

void
mos_toml_node_position (MosToml           *self,
                        const MosTomlNode *node,
                        guint             *line,
                        guint             *column)
{
  mos_toml_locate (self->text, node->key_start, line, column);
}

const char *
mos_toml_type_title (MosTomlType type)
{
  static const char *const titles[] = {
    [MOS_TOML_STRING] = N_ ("a string"),
    [MOS_TOML_INTEGER] = N_ ("an integer"),
    [MOS_TOML_FLOAT] = N_ ("a floating-point number"),
    [MOS_TOML_BOOLEAN] = N_ ("a boolean"),
    [MOS_TOML_DATETIME] = N_ ("a date or time"),
    [MOS_TOML_ARRAY] = N_ ("an array"),
    [MOS_TOML_TABLE] = N_ ("a table"),
  };

  g_return_val_if_fail ((gsize) type < G_N_ELEMENTS (titles), "");
  return _ (titles[type]);
}

char *
mos_toml_node_literal (MosToml *self, const MosTomlNode *node)
{
  return g_strndup (self->text + node->start, node->end - node->start);
}
