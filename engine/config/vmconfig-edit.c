/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Changing a configuration: what a person typed becomes a TOML value, is
 * checked against its row, and replaces the old one in the document. A wrong
 * value changes nothing.
 */

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/config/vmconfig-private.h"

gboolean
mos_parse_memory_mb (const char *text, guint64 *memory_mb, GError **error)
{
  static const struct {
    const char *suffix;
    guint64     mb;
  } units[] = {
    { "", 1 },     { "M", 1 },     { "MB", 1 },     { "MiB", 1 },
    { "G", 1024 }, { "GB", 1024 }, { "GiB", 1024 },
  };
  char   *end = NULL;
  guint64 value = 0;

  if (g_ascii_isdigit (*text)) {
    errno = 0;
    value = g_ascii_strtoull (text, &end, 10);
    if (errno == 0 && *end == ' ')
      end++;
    for (gsize i = 0; errno == 0 && i < G_N_ELEMENTS (units); i++) {
      if (g_ascii_strcasecmp (end, units[i].suffix) == 0 &&
          value <= G_MAXINT64 / units[i].mb) {
        *memory_mb = value * units[i].mb;
        return TRUE;
      }
    }
  }
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("“%s” is no amount of memory; write 512, 512M or 2G"), text);
  return FALSE;
}

static gboolean
is_quoted (const char *text)
{
  return *text == '"' || *text == '\'';
}

static char *
string_literal (const char *text)
{
  return is_quoted (text) ? g_strdup (text) : mos_toml_quote (text);
}

static char *
boolean_literal (const char *text)
{
  static const char *const words[] = { "false", "true", "no", "yes",
                                       "off",   "on",   "0",  "1" };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (text, words[i]) == 0)
      return g_strdup (words[i % 2]);
  return g_strdup (text);
}

/* "1024x768" and "1024,768" beside "[1024, 768]". */
static char *
integers_literal (const char *text)
{
  g_auto (GStrv) parts = NULL;
  g_autofree char *joined = NULL;

  if (*text == '[')
    return g_strdup (text);
  parts = g_strsplit_set (text, "x,", 0);
  joined = g_strjoinv (", ", parts);
  return g_strdup_printf ("[%s]", joined);
}

static char *
strings_literal (const char *text)
{
  g_autofree char *one = NULL;

  if (*text == '[')
    return g_strdup (text);
  one = string_literal (text);
  return g_strdup_printf ("[%s]", one);
}

static char *
integer_literal (const MosKeyInfo *row, const char *text)
{
  guint64 mb;

  if (g_strcmp0 (row->unit, "MiB") == 0 &&
      mos_parse_memory_mb (text, &mb, NULL))
    return g_strdup_printf ("%" G_GUINT64_FORMAT, mb);
  return g_strdup (text);
}

/* What a person typed for ROW, as TOML; it may still be wrong. */
static char *
literal_of (const MosKeyInfo *row, const char *text)
{
  switch (row->type) {
  case MOS_KEY_STRING:
  case MOS_KEY_PATH:
  case MOS_KEY_ENUM:
    return string_literal (text);
  case MOS_KEY_BOOLEAN:
    return boolean_literal (text);
  case MOS_KEY_INTEGER:
    return integer_literal (row, text);
  case MOS_KEY_INTEGERS:
    return integers_literal (text);
  case MOS_KEY_STRINGS:
    return strings_literal (text);
  case MOS_KEY_TABLES:
  default:
    return g_strdup (text);
  }
}

/* "v = LITERAL", checked; what it says in errors is KEY and SHOWN. */
static gboolean
check_literal (const MosKeyInfo *row,
               const char       *key,
               const char       *literal,
               const char       *shown,
               GError          **error)
{
  MosConfigPlace place = { NULL, NULL };
  g_autoptr (MosToml) doc = mos_toml_parse ("", 0, NULL, NULL);

  if (g_utf8_validate (literal, -1, NULL) &&
      mos_toml_set (doc, "v", literal, NULL))
    return mos_config_check_value (&place, row, key, mos_toml_find (doc, "v"),
                                   error);
  else {
    g_autofree char *valid = g_utf8_make_valid (shown, -1);
    g_autofree char *found = g_strdup_printf ("“%s”", valid);
    g_autofree char *allowed = mos_key_info_allowed (row);

    return mos_config_complain (&place, NULL, key, found, allowed, NULL, error);
  }
}

static gboolean
set_literal (MosVmConfig      *self,
             const MosKeyInfo *row,
             const char       *key,
             const char       *literal,
             const char       *shown,
             GError          **error)
{
  return check_literal (row, key, literal, shown, error) &&
         mos_toml_set (self->doc, key, literal, error);
}

/* The row of KEY, which may name an entry's key only if the entry exists. */
static const MosKeyInfo *
find_row (MosVmConfig *self, const char *key, GError **error)
{
  const MosKeyInfo *row = mos_config_schema_find (key);
  const char       *end = strchr (key, ']');
  MosConfigPlace    place = { NULL, NULL };

  if (row == NULL || (strchr (row->name, '.') == NULL && end == NULL &&
                      strchr (key, '.') != NULL)) {
    mos_config_unknown_key (&place, NULL, NULL, key, error);
    return NULL;
  }
  if (end != NULL) {
    g_autofree char *entry = g_strndup (key, (gsize) (end + 1 - key));

    if (mos_toml_find (self->doc, entry) == NULL) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_UNKNOWN_KEY,
                   _ ("%s: there is no %s in this machine"), key, entry);
      return NULL;
    }
  }
  return row;
}

gboolean
mos_vm_config_set (MosVmConfig *self,
                   const char  *key,
                   const char  *value,
                   GError     **error)
{
  const MosKeyInfo *row = find_row (self, key, error);
  g_autofree char  *text = NULL;
  g_autofree char  *literal = NULL;

  if (row == NULL)
    return FALSE;
  text = g_strstrip (g_strdup (value));
  if (row->type == MOS_KEY_PATH && *text == '\0') {
    mos_vm_config_unset (self, key);
    return TRUE;
  }
  literal = literal_of (row, text);
  return set_literal (self, row, key, literal, value, error);
}

gboolean
mos_vm_config_set_int (MosVmConfig *self,
                       const char  *key,
                       gint64       value,
                       GError     **error)
{
  const MosKeyInfo *row = find_row (self, key, error);
  g_autofree char  *literal = g_strdup_printf ("%" G_GINT64_FORMAT, value);

  return row != NULL && set_literal (self, row, key, literal, literal, error);
}

gboolean
mos_vm_config_set_string (MosVmConfig *self,
                          const char  *key,
                          const char  *value,
                          GError     **error)
{
  const MosKeyInfo *row = find_row (self, key, error);
  g_autofree char  *literal = mos_toml_quote (value);

  if (row == NULL)
    return FALSE;
  if (row->type == MOS_KEY_PATH && *value == '\0') {
    mos_vm_config_unset (self, key);
    return TRUE;
  }
  return set_literal (self, row, key, literal, value, error);
}

void
mos_vm_config_unset (MosVmConfig *self, const char *key)
{
  mos_toml_remove (self->doc, key);
}

gboolean
mos_vm_config_add_table (MosVmConfig *self,
                         const char  *key,
                         const char  *inline_toml,
                         GError     **error)
{
  const MosKeyInfo *row = find_row (self, key, error);
  g_autofree char  *array = g_strdup_printf ("[%s]", inline_toml);
  guint             n;

  if (row == NULL)
    return FALSE;
  g_return_val_if_fail (row->type == MOS_KEY_TABLES, FALSE);

  n = mos_vm_config_n_tables (self, key);
  if (n >= row->max_items) {
    MosConfigPlace   place = { NULL, NULL };
    g_autofree char *found = g_strdup_printf (_ ("one more than %u"), n);
    g_autofree char *allowed = mos_key_info_allowed (row);

    return mos_config_complain (&place, NULL, key, found, allowed, NULL, error);
  }
  return check_literal (row, key, array, inline_toml, error) &&
         mos_toml_append (self->doc, key, inline_toml, error);
}

void
mos_vm_config_remove_table (MosVmConfig *self, const char *key, guint n)
{
  g_autofree char *entry = g_strdup_printf ("%s[%u]", key, n);

  mos_toml_remove (self->doc, entry);
}

/* Makes one relative path absolute; KEY is set. */
static void
fix_path (MosVmConfig *self, const MosKeyInfo *row, const char *key)
{
  const char *path =
      mos_toml_node_string (mos_toml_find (self->doc, key), NULL);
  g_autofree char *absolute = mos_vm_config_resolve (self, row, path);
  g_autofree char *literal = NULL;

  if (absolute == NULL || g_path_is_absolute (path) ||
      !g_path_is_absolute (absolute))
    return;
  literal = mos_toml_quote (absolute);
  mos_toml_set (self->doc, key, literal, NULL);
}

/* The file moves to another folder: relative paths would lose their way. */
static void
fix_paths (MosVmConfig *self)
{
  for (const MosKeyInfo *row = mos_config_schema; row->name != NULL; row++) {
    guint n = row->sub != NULL ? mos_vm_config_n_tables (self, row->name) : 0;

    if (row->type == MOS_KEY_PATH && mos_vm_config_is_set (self, row->name))
      fix_path (self, row, row->name);
    for (guint i = 0; i < n; i++) {
      for (const MosKeyInfo *sub = row->sub; sub->name != NULL; sub++) {
        g_autofree char *key =
            g_strdup_printf ("%s[%u].%s", row->name, i, sub->name);

        if (sub->type == MOS_KEY_PATH && mos_vm_config_is_set (self, key))
          fix_path (self, sub, key);
      }
    }
  }
}

gboolean
mos_vm_config_save (MosVmConfig *self, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *new_folder = g_canonicalize_filename (folder, NULL);
  g_autofree char *old_folder =
      g_canonicalize_filename (self->folder != NULL ? self->folder : ".", NULL);
  g_autoptr (GError) problem = NULL;
  const char *text;
  gsize       size;

  if (!g_str_equal (old_folder, new_folder))
    fix_paths (self);
  text = mos_toml_text (self->doc, &size);
  if (!g_file_set_contents_full (path, text, (gssize) size,
                                 G_FILE_SET_CONTENTS_CONSISTENT |
                                     G_FILE_SET_CONTENTS_DURABLE,
                                 0644, &problem)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
                 _ ("%s: the machine's file cannot be written: %s"), path,
                 problem->message);
    return FALSE;
  }
  g_free (self->path);
  self->path = g_strdup (path);
  g_free (self->folder);
  self->folder = g_steal_pointer (&new_folder);
  mos_vm_config_note_written (self);
  return TRUE;
}
