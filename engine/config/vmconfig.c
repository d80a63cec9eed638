/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The configuration object: a TOML document that keeps to the schema.
 *
 * The document holds only what somebody set; everything else is read from a
 * second one, which is made of the schema's fallbacks. Strings that were given
 * out stay until the object ends, whatever is edited meanwhile.
 */

#include "engine/config/vmconfig.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/config/vmconfig-private.h"

G_DEFINE_FINAL_TYPE (MosVmConfig, mos_vm_config, G_TYPE_OBJECT)

static void
add_fallbacks (GString *text, const char *prefix, const MosKeyInfo *rows)
{
  for (const MosKeyInfo *row = rows; row->name != NULL; row++) {
    g_string_append_printf (text, "\"%s%s\" = %s\n", prefix, row->name,
                            row->fallback);
    if (row->sub != NULL) {
      g_autofree char *below = g_strconcat (row->name, ".", NULL);

      add_fallbacks (text, below, row->sub);
    }
  }
}

static void
mos_vm_config_init (MosVmConfig *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  add_fallbacks (text, "", mos_config_schema);
  self->defaults = mos_toml_parse (text->str, -1, "schema", NULL);
  g_assert (self->defaults != NULL);
  self->doc = mos_toml_parse ("", 0, NULL, NULL);
  self->strings = g_string_chunk_new (256);
  self->vectors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
}

static void
mos_vm_config_finalize (GObject *object)
{
  MosVmConfig *self = MOS_VM_CONFIG (object);

  mos_toml_free (self->doc);
  mos_toml_free (self->written);
  mos_toml_free (self->defaults);
  g_free (self->path);
  g_free (self->folder);
  g_string_chunk_free (self->strings);
  g_ptr_array_unref (self->vectors);
  G_OBJECT_CLASS (mos_vm_config_parent_class)->finalize (object);
}

static void
mos_vm_config_class_init (MosVmConfigClass *class)
{
  G_OBJECT_CLASS (class)->finalize = mos_vm_config_finalize;
}

void
mos_vm_config_note_written (MosVmConfig *self)
{
  gsize       size;
  const char *text = mos_toml_text (self->doc, &size);

  mos_toml_free (self->written);
  self->written = mos_toml_parse (text, (gssize) size, NULL, NULL);
}

MosConfigPlace
mos_vm_config_place (MosVmConfig        *self,
                     const char         *key,
                     const MosTomlNode **node)
{
  MosConfigPlace     place = { NULL, self->path };
  const MosTomlNode *now = mos_toml_find (self->doc, key);
  g_autofree char   *value = NULL;
  g_autofree char   *written = NULL;

  *node = self->written != NULL ? mos_toml_find (self->written, key) : NULL;
  if (*node == NULL || now == NULL)
    return place;
  value = mos_toml_node_literal (self->doc, now);
  written = mos_toml_node_literal (self->written, *node);
  if (g_str_equal (value, written))
    place.doc = self->written;
  return place;
}

/* Takes the document of TEXT, if it keeps to the schema. */
static gboolean
take_text (MosVmConfig *self, const char *text, gssize size, GError **error)
{
  MosConfigPlace place = { .path = self->path };
  g_autoptr (MosToml) doc = mos_toml_parse (
      text, size, self->path != NULL ? self->path : _ ("machine"), error);

  if (doc == NULL)
    return FALSE;
  place.doc = doc;
  if (!mos_config_check_document (&place, error))
    return FALSE;
  mos_toml_free (self->doc);
  self->doc = g_steal_pointer (&doc);
  return TRUE;
}

MosVmConfig *
mos_vm_config_new (const char *name)
{
  MosVmConfig     *self = g_object_new (MOS_TYPE_VM_CONFIG, NULL);
  g_autofree char *quoted = NULL;
  g_autofree char *text = NULL;
  gboolean         ok;

  g_return_val_if_fail (name != NULL && g_utf8_validate (name, -1, NULL), self);

  quoted = mos_toml_quote (name);
  text = g_strdup_printf ("name = %s\nvcpu_count = 1\nmemory_mb = 512\n"
                          "architecture = \"x86_64\"\n",
                          quoted);
  ok = take_text (self, text, -1, NULL);
  if (!ok) /* a name that is too long: the rest at least */
    take_text (self, strchr (text, '\n') + 1, -1, NULL);
  return self;
}

MosVmConfig *
mos_vm_config_copy (MosVmConfig *self)
{
  MosVmConfig *copy = g_object_new (MOS_TYPE_VM_CONFIG, NULL);
  gsize        size;
  const char  *text = mos_toml_text (self->doc, &size);
  gboolean     ok;

  copy->path = g_strdup (self->path);
  copy->folder = g_strdup (self->folder);
  ok = take_text (copy, text, (gssize) size, NULL);
  g_assert (ok);
  if (self->written != NULL) {
    text = mos_toml_text (self->written, &size);
    copy->written = mos_toml_parse (text, (gssize) size, NULL, NULL);
  }
  return copy;
}

MosVmConfig *
mos_vm_config_load_data (const char *data,
                         gssize      size,
                         const char *path,
                         GError    **error)
{
  g_autoptr (MosVmConfig) self = g_object_new (MOS_TYPE_VM_CONFIG, NULL);

  g_return_val_if_fail (data != NULL, NULL);

  self->path = g_strdup (path);
  self->folder = path != NULL ? g_path_get_dirname (path) : NULL;
  if (!take_text (self, data, size, error))
    return NULL;
  if (path != NULL)
    mos_vm_config_note_written (self);
  if (!mos_vm_config_validate (self, FALSE, error))
    return NULL;
  return g_steal_pointer (&self);
}

/* At most one byte more than a document may have, so that a device node or a
 * disk image given by mistake does not fill the memory. */
MosVmConfig *
mos_vm_config_load (const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) problem = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, &problem);
  g_autofree char *data = NULL;
  gsize            size = 0;

  if (stream != NULL) {
    data = g_malloc (MOS_TOML_MAX_BYTES + 2);
    g_input_stream_read_all (G_INPUT_STREAM (stream), data,
                             MOS_TOML_MAX_BYTES + 1, &size, NULL, &problem);
  }
  if (problem != NULL) {
    g_set_error (error, MOS_ERROR,
                 g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
                     ? MOS_ERROR_NOT_FOUND
                     : MOS_ERROR_IO,
                 _ ("%s: the machine's file cannot be read: %s"), path,
                 problem->message);
    return NULL;
  }
  data[size] = '\0';
  return mos_vm_config_load_data (data, (gssize) size, path, error);
}

char *
mos_vm_config_to_toml (MosVmConfig *self)
{
  return g_strdup (mos_toml_text (self->doc, NULL));
}

const MosTomlNode *
mos_vm_config_node (MosVmConfig *self, const char *key)
{
  const MosTomlNode *node = mos_toml_find (self->doc, key);
  g_autofree char   *name = NULL;
  const char        *bracket = strchr (key, '[');

  if (node != NULL)
    return node;
  if (bracket == NULL)
    return mos_toml_node_get (mos_toml_root (self->defaults), key);
  name = g_strndup (key, (gsize) (bracket - key));
  if (strchr (bracket, '.') != NULL) {
    g_autofree char *full = g_strconcat (name, strchr (bracket, '.'), NULL);

    return mos_toml_node_get (mos_toml_root (self->defaults), full);
  }
  return NULL;
}

/* The row of KEY, if it is of type TYPE: anything else is a mistake of the
 * program, and NULL. */
static const MosKeyInfo *
row_of (const char *key, guint types)
{
  const MosKeyInfo *row = mos_config_schema_find (key);

  if (row == NULL || (types >> row->type & 1) == 0) {
    g_critical ("no key “%s” of such a type in the schema", key);
    return NULL;
  }
  return row;
}

gint64
mos_vm_config_get_int (MosVmConfig *self, const char *key)
{
  if (row_of (key, 1u << MOS_KEY_INTEGER) == NULL)
    return 0;
  return mos_toml_node_integer (mos_vm_config_node (self, key));
}

gboolean
mos_vm_config_get_bool (MosVmConfig *self, const char *key)
{
  if (row_of (key, 1u << MOS_KEY_BOOLEAN) == NULL)
    return FALSE;
  return mos_toml_node_boolean (mos_vm_config_node (self, key));
}

const char *
mos_vm_config_get_string (MosVmConfig *self, const char *key)
{
  const MosKeyInfo *row = row_of (
      key, 1u << MOS_KEY_STRING | 1u << MOS_KEY_PATH | 1u << MOS_KEY_ENUM);
  const char *text;

  if (row == NULL)
    return "";
  text = mos_toml_node_string (mos_vm_config_node (self, key), NULL);
  for (guint i = 0; row->choices != NULL && row->choices[i] != NULL; i++)
    if (g_ascii_strcasecmp (row->choices[i], text) == 0)
      return row->choices[i];
  return g_string_chunk_insert_const (self->strings, text);
}

const char *const *
mos_vm_config_get_strings (MosVmConfig *self, const char *key)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const MosTomlNode *node;
  char             **strings;

  if (row_of (key, 1u << MOS_KEY_STRINGS) != NULL) {
    node = mos_vm_config_node (self, key);
    for (guint i = 0; i < mos_toml_node_length (node); i++)
      g_strv_builder_add (
          builder, mos_toml_node_string (mos_toml_node_nth (node, i), NULL));
  }
  strings = g_strv_builder_end (builder);
  for (guint i = 0; i < self->vectors->len; i++) {
    char **known = self->vectors->pdata[i];

    if (g_strv_equal ((const char *const *) known,
                      (const char *const *) strings)) {
      g_strfreev (strings);
      return (const char *const *) known;
    }
  }
  g_ptr_array_add (self->vectors, strings);
  return (const char *const *) strings;
}

char *
mos_vm_config_resolve (MosVmConfig      *self,
                       const MosKeyInfo *row,
                       const char       *path)
{
  if (*path == '\0')
    return NULL;
  for (guint i = 0; row->choices != NULL && row->choices[i] != NULL; i++)
    if (g_ascii_strcasecmp (row->choices[i], path) == 0)
      return g_strdup (row->choices[i]);
  if (g_path_is_absolute (path) || self->folder == NULL)
    return g_canonicalize_filename (path, NULL);
  if (g_path_is_absolute (self->folder))
    return g_canonicalize_filename (path, self->folder);
  else {
    g_autofree char *folder = g_canonicalize_filename (self->folder, NULL);

    return g_canonicalize_filename (path, folder);
  }
}

char *
mos_vm_config_beside (MosVmConfig *self, const char *ending)
{
  g_autofree char *path = NULL;
  char            *dot;

  if (self->path == NULL)
    return NULL;
  path = g_canonicalize_filename (self->path, NULL);
  dot = strrchr (path, '.');
  if (dot != NULL && dot > strrchr (path, '/') + 1)
    *dot = '\0';
  return g_strconcat (path, ending, NULL);
}

char *
mos_vm_config_get_path (MosVmConfig *self, const char *key)
{
  const MosKeyInfo *row = row_of (key, 1u << MOS_KEY_PATH);

  if (row == NULL)
    return NULL;
  return mos_vm_config_resolve (
      self, row, mos_toml_node_string (mos_vm_config_node (self, key), NULL));
}

gint64
mos_vm_config_get_nth_int (MosVmConfig *self,
                           const char  *key,
                           guint        n,
                           gint64       fallback)
{
  const MosTomlNode *node;

  if (row_of (key, 1u << MOS_KEY_INTEGERS) == NULL)
    return fallback;
  node = mos_toml_node_nth (mos_vm_config_node (self, key), n);
  return node != NULL ? mos_toml_node_integer (node) : fallback;
}

guint
mos_vm_config_n_tables (MosVmConfig *self, const char *key)
{
  if (row_of (key, 1u << MOS_KEY_TABLES) == NULL)
    return 0;
  return mos_toml_node_length (mos_vm_config_node (self, key));
}

static char *
entry_key (MosVmConfig *self, const char *key, guint n, const char *sub)
{
  if (n >= mos_vm_config_n_tables (self, key)) {
    g_critical ("“%s” has no table %u", key, n);
    n = 0; /* reads the defaults */
  }
  return g_strdup_printf ("%s[%u].%s", key, n, sub);
}

gint64
mos_vm_config_table_int (MosVmConfig *self,
                         const char  *key,
                         guint        n,
                         const char  *sub)
{
  g_autofree char *full = entry_key (self, key, n, sub);

  return mos_vm_config_get_int (self, full);
}

gboolean
mos_vm_config_table_bool (MosVmConfig *self,
                          const char  *key,
                          guint        n,
                          const char  *sub)
{
  g_autofree char *full = entry_key (self, key, n, sub);

  return mos_vm_config_get_bool (self, full);
}

const char *
mos_vm_config_table_string (MosVmConfig *self,
                            const char  *key,
                            guint        n,
                            const char  *sub)
{
  g_autofree char *full = entry_key (self, key, n, sub);

  return mos_vm_config_get_string (self, full);
}

char *
mos_vm_config_table_path (MosVmConfig *self,
                          const char  *key,
                          guint        n,
                          const char  *sub)
{
  g_autofree char *full = entry_key (self, key, n, sub);

  return mos_vm_config_get_path (self, full);
}

const char *const *
mos_vm_config_table_strings (MosVmConfig *self,
                             const char  *key,
                             guint        n,
                             const char  *sub)
{
  g_autofree char *full = entry_key (self, key, n, sub);

  return mos_vm_config_get_strings (self, full);
}

gboolean
mos_vm_config_is_set (MosVmConfig *self, const char *key)
{
  return mos_toml_find (self->doc, key) != NULL;
}
