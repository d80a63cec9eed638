/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Class mode: the file, and what it means. Any thread.
 */
#include "tutorials/class.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "engine/config/toml.h"
#include "tutorials/file.h"
#include "tutorials/labs.h"
#include "tutorials/place.h"

#define FILE_NAME "class.toml"

/* -- reading ------------------------------------------------------------- */

typedef struct {
  MosClass *class;
  MosToml    *toml;
  const char *name; /* of the file */
  GError    **error;
} Reader;

G_GNUC_PRINTF (4, 5)
static gboolean
fail (Reader            *reader,
      const MosTomlNode *node,
      MosError           code,
      const char        *format,
      ...)
{
  guint            line, column;
  g_autofree char *place = NULL;
  va_list          args;

  mos_toml_node_position (reader->toml, node, &line, &column);
  place = g_strdup_printf ("%s:%u", reader->name, line);
  va_start (args, format);
  mos_place_fail (reader->error, code, place, format, args);
  va_end (args);
  return FALSE;
}

/* One line of 1 to MOS_CLASS_MAX_NAME characters. */
static gboolean
is_name (const char *text)
{
  return *text != '\0' && g_utf8_validate (text, -1, NULL) &&
         g_utf8_strlen (text, -1) <= MOS_CLASS_MAX_NAME &&
         strpbrk (text, "\r\n") == NULL;
}

static gboolean
take_name (Reader *reader, const MosTomlNode *node)
{
  gsize       length;
  const char *text = mos_toml_node_type (node) == MOS_TOML_STRING
                         ? mos_toml_node_string (node, &length)
                         : NULL;

  if (text == NULL || strlen (text) != length || !is_name (text))
    return fail (reader, node, MOS_ERROR_INVALID_VALUE,
                 _ ("name must be a text of 1 to %d characters on one line"),
                 MOS_CLASS_MAX_NAME);
  reader->class->name = g_strdup (text);
  return TRUE;
}

static gboolean
take_until (Reader *reader, const MosTomlNode *node)
{
  g_autoptr (GTimeZone) here = g_time_zone_new_local ();
  g_autofree char *text = mos_toml_node_type (node) == MOS_TOML_DATETIME
                              ? mos_toml_node_literal (reader->toml, node)
                              : NULL;
  g_autoptr (GDateTime) until =
      text != NULL ? g_date_time_new_from_iso8601 (text, here) : NULL;

  if (until == NULL)
    return fail (reader, node, MOS_ERROR_INVALID_VALUE,
                 _ ("until must be a day and a time, as in "
                    "2026-11-29T10:30:00+01:00"));
  reader->class->until_us = g_date_time_to_unix (until) * G_USEC_PER_SEC;
  return TRUE;
}

/* A list of texts that @accept; NULL with the error if it is none. */
static char **
take_list (Reader            *reader,
           const MosTomlNode *node,
           gboolean (*accept) (const char *text),
           const char *what)
{
  g_autoptr (GStrvBuilder) texts = g_strv_builder_new ();
  guint n = mos_toml_node_type (node) == MOS_TOML_ARRAY
                ? mos_toml_node_length (node)
                : G_MAXUINT;

  for (guint i = 0; n != G_MAXUINT && i < n; i++) {
    const MosTomlNode *item = mos_toml_node_nth (node, i);
    gsize              length;
    const char        *text = mos_toml_node_type (item) == MOS_TOML_STRING
                                  ? mos_toml_node_string (item, &length)
                                  : NULL;

    if (text == NULL || strlen (text) != length || !accept (text))
      n = G_MAXUINT;
    else
      g_strv_builder_add (texts, text);
  }
  if (n != G_MAXUINT)
    return g_strv_builder_end (texts);
  fail (reader, node, MOS_ERROR_INVALID_VALUE, _ ("%s must be a list of %s"),
        mos_toml_node_key (node), what);
  return NULL;
}

static gboolean
is_lab_id (const char *text)
{
  gsize n = strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789-");

  return n > 0 && n <= 64 && text[n] == '\0';
}

static gboolean
take_labs (Reader *reader, const MosTomlNode *node)
{
  reader->class->labs = take_list (reader, node, is_lab_id, _ ("labs' ids"));
  return reader->class->labs != NULL;
}

static gboolean
take_keep (Reader *reader, const MosTomlNode *node)
{
  reader->class->keep =
      take_list (reader, node, g_uuid_string_is_valid, _ ("machines' UUIDs"));
  return reader->class->keep != NULL;
}

static const struct {
  const char *key;
  gboolean (*take) (Reader *reader, const MosTomlNode *node);
} keys[] = {
  { "name", take_name },
  { "labs", take_labs },
  { "until", take_until },
  { "keep", take_keep },
};

static gboolean
take (Reader *reader, const MosTomlNode *node)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].key, mos_toml_node_key (node)))
      return keys[i].take (reader, node);
  return fail (reader, node, MOS_ERROR_UNKNOWN_KEY,
               _ ("there is no key “%s”; a class has name, labs, until, keep"),
               mos_toml_node_key (node));
}

MosClass *
mos_class_parse (const char *text,
                 gssize      size,
                 const char *name,
                 GError    **error)
{
  g_autoptr (MosToml) toml = NULL;
  g_autoptr (MosClass) self = g_new0 (MosClass, 1);
  Reader             reader = { self, NULL, name, error };
  const MosTomlNode *root;

  g_return_val_if_fail (text != NULL && name != NULL, NULL);

  toml = mos_toml_parse (text, size, name, error);
  if (toml == NULL)
    return NULL;
  reader.toml = toml;
  root = mos_toml_root (toml);
  for (guint i = 0; i < mos_toml_node_length (root); i++)
    if (!take (&reader, mos_toml_node_nth (root, i)))
      return NULL;
  if (self->name == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("%s:1: the class has no name"), name);
    return NULL;
  }
  if (self->labs == NULL)
    self->labs = g_new0 (char *, 1);
  if (self->keep == NULL)
    self->keep = g_new0 (char *, 1);
  return g_steal_pointer (&self);
}

void
mos_class_free (MosClass *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_strfreev (self->labs);
  g_strfreev (self->keep);
  g_free (self);
}

/* -- files --------------------------------------------------------------- */

static char *
user_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "multios-lab", FILE_NAME,
                           NULL);
}

/* Missing is neither a class nor an error. */
static MosClass *
load (const char *path, gboolean fixed, GError **error)
{
  g_autofree char *text = NULL;
  GStatBuf         info;
  gsize            size;
  MosClass        *self;

  if (g_stat (path, &info) != 0)
    return NULL;
  if (!mos_file_fits (path, &info, MOS_CLASS_MAX_BYTES, error) ||
      !g_file_get_contents (path, &text, &size, error))
    return NULL;
  self = mos_class_parse (text, (gssize) size, path, error);
  if (self != NULL)
    self->fixed = fixed;
  return self;
}

/* The computer's class, or NULL. */
static MosClass *
load_fixed (GError **error)
{
  const char *const *dirs = g_get_system_config_dirs ();
  GError            *local = NULL;

  for (guint i = 0; dirs[i] != NULL; i++) {
    g_autofree char *path =
        g_build_filename (dirs[i], "multios-lab", FILE_NAME, NULL);
    MosClass *self = load (path, TRUE, &local);

    if (self != NULL)
      return self;
    if (local != NULL) {
      g_propagate_error (error, local);
      return NULL;
    }
  }
  return NULL;
}

MosClass *
mos_class_load (GError **error)
{
  g_autofree char *path = user_path ();
  GError          *local = NULL;
  MosClass        *self = load_fixed (&local);

  if (local != NULL) {
    g_propagate_error (error, local);
    return NULL;
  }
  return self != NULL ? self : load (path, FALSE, error);
}

/* Whether nobody but the user decides. */
static gboolean
is_free (GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (MosClass) fixed = load_fixed (&local);

  if (fixed == NULL && local == NULL)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_IN_USE, "%s",
               fixed != NULL ? _ ("this computer's administrator has set the "
                                  "class, in /etc/xdg/multios-lab")
                             : local->message);
  return FALSE;
}

/* -- writing ------------------------------------------------------------- */

static void
append_list (GString *text, const char *key, char **items)
{
  if (items == NULL || items[0] == NULL)
    return;
  g_string_append_printf (text, "%s = [", key);
  for (guint i = 0; items[i] != NULL; i++) {
    g_autofree char *quoted = mos_toml_quote (items[i]);

    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", quoted);
  }
  g_string_append (text, "]\n");
}

char *
mos_class_to_text (const MosClass *self)
{
  GString         *text = g_string_new ("# See CLASS MODE in multios(1).\n");
  g_autofree char *name = NULL;

  g_return_val_if_fail (self != NULL && self->name != NULL, NULL);

  name = mos_toml_quote (self->name);
  g_string_append_printf (text, "name = %s\n", name);
  append_list (text, "labs", self->labs);
  if (self->until_us > 0) {
    g_autoptr (GDateTime) until =
        g_date_time_new_from_unix_local (self->until_us / G_USEC_PER_SEC);
    g_autofree char *written = g_date_time_format (until, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *zone = g_date_time_format (until, "%:z");

    g_string_append_printf (text, "until = %s%s\n", written, zone);
  }
  append_list (text, "keep", self->keep);
  return g_string_free (text, FALSE);
}

static gboolean
are_labs (const char *const *labs, GError **error)
{
  for (guint i = 0; labs != NULL && labs[i] != NULL; i++) {
    g_autoptr (MosLab) lab = NULL;

    if (!is_lab_id (labs[i])) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                   _ ("“%s” is no lab's id"), labs[i]);
      return FALSE;
    }
    lab = mos_labs_find (labs[i], error);
    if (lab == NULL)
      return FALSE;
  }
  return TRUE;
}

gboolean
mos_class_begin (const char        *name,
                 const char *const *labs,
                 guint              minutes,
                 const char *const *keep,
                 GError           **error)
{
  MosClass         self = { .name = (char *) name,
                            .labs = (char **) labs,
                            .keep = (char **) keep };
  g_autofree char *path = user_path ();
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *text = NULL;

  g_return_val_if_fail (name != NULL, FALSE);

  if (!is_name (name) || minutes > MOS_CLASS_MAX_MINUTES) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("a class has a name of 1 to %d characters and lasts at "
                    "most %d minutes"),
                 MOS_CLASS_MAX_NAME, MOS_CLASS_MAX_MINUTES);
    return FALSE;
  }
  if (!is_free (error) || !are_labs (labs, error))
    return FALSE;
  if (minutes > 0)
    self.until_us = g_get_real_time () + (gint64) minutes * 60 * G_USEC_PER_SEC;
  text = mos_class_to_text (&self);
  g_mkdir_with_parents (folder, 0700);
  return g_file_set_contents (path, text, -1, error);
}

gboolean
mos_class_end (GError **error)
{
  g_autofree char *path = user_path ();

  if (!is_free (error))
    return FALSE;
  if (g_unlink (path) == 0)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND, _ ("there is no class"));
  return FALSE;
}

/* -- meaning ------------------------------------------------------------- */

gboolean
mos_class_allows (const MosClass *self, const char *lab)
{
  g_return_val_if_fail (lab != NULL, FALSE);

  return self == NULL || self->labs[0] == NULL ||
         g_strv_contains ((const char *const *) self->labs, lab);
}

gboolean
mos_class_keeps (const MosClass *self, const char *uuid)
{
  g_return_val_if_fail (uuid != NULL, FALSE);

  return self != NULL &&
         g_strv_contains ((const char *const *) self->keep, uuid);
}

gboolean
mos_class_check (const MosClass *self, const char *lab, GError **error)
{
  g_autofree char *labs = NULL;

  if (mos_class_allows (self, lab))
    return TRUE;
  labs = g_strjoinv (", ", self->labs);
  g_set_error (error, MOS_ERROR, MOS_ERROR_WRONG_STATE,
               _ ("The class “%s” works at other labs: %s"), self->name, labs);
  return FALSE;
}

guint
mos_class_minutes_left (const MosClass *self, gint64 now_us)
{
  const gint64 minute_us = 60 * G_USEC_PER_SEC;

  g_return_val_if_fail (self != NULL, 0);

  if (self->until_us <= now_us)
    return 0;
  return (guint) MIN ((self->until_us - now_us + minute_us - 1) / minute_us,
                      G_MAXINT);
}

char *
mos_class_describe_time (const MosClass *self, gint64 now_us)
{
  guint left;

  g_return_val_if_fail (self != NULL, NULL);

  if (self->until_us == 0)
    return g_strdup ("");
  left = mos_class_minutes_left (self, now_us);
  if (left == 0)
    return g_strdup (_ ("The time is over"));
  return g_strdup_printf (
      g_dngettext (GETTEXT_PACKAGE, "%u minute left", "%u minutes left", left),
      left);
}
