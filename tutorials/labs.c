/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Finding labs: in the program, and in the user's folder.
 */
#include "tutorials/labs.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "tutorials/labs/labs-resources.h"

#define FOLDER        "/org/multios/Lab/labs/"
#define MAX_USER_LABS 200

const char *const mos_labs_shipped[] = {
  "simple-boot",
  "device-interaction",
  "multi-os",
  "memory-management",
  "nested-virtualization",
  "kernel-development",
  "device-driver",
  "performance",
  "research-projects",
  NULL,
};

/* Once a process, at the first use. */
static gpointer
register_files (gpointer unused)
{
  mos_lab_files_register_resource ();
  return NULL;
}

static GBytes *
read_bounded (const char *path)
{
  g_autofree char *text = NULL;
  GStatBuf         info;
  gsize            size;

  if (g_lstat (path, &info) != 0 || !S_ISREG (info.st_mode) ||
      info.st_size > MOS_LAB_MAX_BYTES ||
      !g_file_get_contents (path, &text, &size, NULL))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&text), size);
}

GBytes *
mos_labs_translation (const MosLab *lab, const char *language, char **name)
{
  g_autofree char *file = g_strdup_printf ("lab.%s.md", language);
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;

  g_return_val_if_fail (lab != NULL && language != NULL && name != NULL, NULL);

  *name = g_strdup_printf ("%s/%s", lab->id, file);
  if (strchr (language, '/') != NULL)
    return NULL;
  if (lab->shipped) {
    path = g_strconcat (FOLDER, lab->id, "/", file, NULL);
    return g_resource_lookup_data (mos_lab_files_get_resource (), path,
                                   G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  }
  if (lab->path == NULL)
    return NULL;
  folder = g_path_get_dirname (lab->path);
  path = g_build_filename (folder, file, NULL);
  return read_bounded (path);
}

/* PNG specification, "IHDR Image header": width and height, big-endian, right
 * behind the signature. */
static gboolean
is_picture (const char *name, GBytes *bytes)
{
  gsize         size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  guint32       width, height;

  if (g_str_has_suffix (name, ".svg"))
    return size > 4 && data[0] == '<';
  if (size < 24 || memcmp (data, "\x89PNG\r\n\x1a\n", 8) != 0)
    return FALSE;
  memcpy (&width, data + 16, 4);
  memcpy (&height, data + 20, 4);
  width = GUINT32_FROM_BE (width);
  height = GUINT32_FROM_BE (height);
  return width > 0 && width <= MOS_LAB_MAX_PIXELS && height > 0 &&
         height <= MOS_LAB_MAX_PIXELS;
}

GBytes *
mos_labs_picture (const MosLab *lab, const char *name, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;

  g_return_val_if_fail (lab != NULL && name != NULL, NULL);

  if (lab->shipped) {
    path = g_strconcat (FOLDER, lab->id, "/", name, NULL);
    bytes = g_resource_lookup_data (mos_lab_files_get_resource (), path,
                                    G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  } else if (lab->path != NULL && strchr (name, '/') == NULL) {
    folder = g_path_get_dirname (lab->path);
    path = g_build_filename (folder, name, NULL);
    bytes = read_bounded (path);
  }
  if (bytes != NULL && is_picture (name, bytes))
    return g_steal_pointer (&bytes);
  g_set_error (error, MOS_ERROR,
               bytes == NULL ? MOS_ERROR_NOT_FOUND : MOS_ERROR_INVALID_VALUE,
               _ ("%s: there is no picture “%s” of at most %d × %d pixels"),
               lab->id, name, MOS_LAB_MAX_PIXELS, MOS_LAB_MAX_PIXELS);
  return NULL;
}

/* Into the first of the user's languages that there is; English is what labs
 * are written in. One that does not fit is left alone: lint says why. */
static MosLab *
translate (MosLab *lab)
{
  const char *const *names = g_get_language_names ();

  for (guint i = 0; lab != NULL && names[i] != NULL; i++) {
    g_autofree char *name = NULL;
    g_autoptr (GBytes) bytes = NULL;
    gsize       size;
    const char *text;

    if (g_str_equal (names[i], "C") || g_str_has_prefix (names[i], "en"))
      break;
    bytes = mos_labs_translation (lab, names[i], &name);
    if (bytes == NULL)
      continue;
    text = g_bytes_get_data (bytes, &size);
    mos_lab_translate (lab, text, (gssize) size, name, NULL);
    break;
  }
  return lab;
}

static MosLab *
load_shipped (const char *id, GError **error)
{
  static GOnce     once = G_ONCE_INIT;
  g_autofree char *path = g_strconcat (FOLDER, id, "/lab.md", NULL);
  g_autofree char *name = g_strconcat (id, "/lab.md", NULL);
  g_autoptr (GBytes) bytes = NULL;
  const char *text;
  gsize       size;
  MosLab     *lab;

  g_once (&once, register_files, NULL);
  bytes = g_resource_lookup_data (mos_lab_files_get_resource (), path,
                                  G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  if (bytes == NULL)
    return NULL;
  text = g_bytes_get_data (bytes, &size);
  lab = mos_lab_parse (text, (gssize) size, name, error);
  if (lab != NULL)
    lab->shipped = TRUE;
  return translate (lab);
}

char *
mos_labs_user_folder (void)
{
  return g_build_filename (g_get_user_data_dir (), "multios-lab", "labs", NULL);
}

static int
by_title (gconstpointer a, gconstpointer b)
{
  const MosLab *left = *(const MosLab *const *) a;
  const MosLab *right = *(const MosLab *const *) b;

  return g_utf8_collate (left->title, right->title);
}

static void
note (GPtrArray *mistakes, const GError *error)
{
  if (mistakes != NULL)
    g_ptr_array_add (mistakes, g_strdup (error->message));
}

static GPtrArray *
list_user_labs (GPtrArray *mistakes)
{
  GPtrArray *labs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_lab_unref);
  g_autofree char *folder = mos_labs_user_folder ();
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && labs->len < MAX_USER_LABS &&
         (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autoptr (GError) error = NULL;
    MosLab *lab;

    if (name[0] == '.')
      continue;
    lab = translate (mos_lab_load (path, &error));
    if (lab != NULL)
      g_ptr_array_add (labs, lab);
    else
      note (mistakes, error);
  }
  g_ptr_array_sort (labs, by_title);
  return labs;
}

static const MosLab *
find_in (const GPtrArray *labs, const char *id)
{
  for (guint i = 0; i < labs->len; i++)
    if (g_str_equal (((const MosLab *) labs->pdata[i])->id, id))
      return labs->pdata[i];
  return NULL;
}

/* Whether @id leads to @goal; @seen are ids that are known not to. @way gets
 * the ids on the way, the last one first. */
static gboolean
leads_to (const GPtrArray *labs,
          const char      *id,
          const char      *goal,
          GHashTable      *seen,
          GString         *way)
{
  const MosLab *lab = find_in (labs, id);

  if (lab == NULL || !g_hash_table_add (seen, lab->id))
    return FALSE;
  for (guint i = 0; i < lab->requires->len; i++) {
    const char *next = g_ptr_array_index (lab->requires, i);

    if (!g_str_equal (next, goal) && !leads_to (labs, next, goal, seen, way))
      continue;
    g_string_prepend (way, next);
    g_string_prepend (way, " → ");
    return TRUE;
  }
  return FALSE;
}

gboolean
mos_labs_check_requires (const GPtrArray *labs,
                         const MosLab    *lab,
                         GError         **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GString) way = g_string_new (NULL);

  g_return_val_if_fail (labs != NULL && lab != NULL, FALSE);

  for (guint i = 0; i < lab->requires->len; i++) {
    const char *next = g_ptr_array_index (lab->requires, i);

    if (!g_str_equal (next, lab->id) &&
        !leads_to (labs, next, lab->id, seen, way))
      continue;
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("%s:%u: the lab requires itself: %s → %s%s"),
                 lab->path != NULL ? lab->path : lab->id, lab->requires_line,
                 lab->id, next, way->str);
    return FALSE;
  }
  return TRUE;
}

/* Labs that require themselves are left out, and said. */
static void
drop_circles (GPtrArray *labs, GPtrArray *mistakes)
{
  g_autoptr (GPtrArray) bad = g_ptr_array_new ();

  for (guint i = 0; i < labs->len; i++) {
    g_autoptr (GError) error = NULL;

    if (mos_labs_check_requires (labs, labs->pdata[i], &error))
      continue;
    note (mistakes, error);
    g_ptr_array_add (bad, labs->pdata[i]);
  }
  for (guint i = 0; i < bad->len; i++)
    g_ptr_array_remove (labs, bad->pdata[i]);
}

GPtrArray *
mos_labs_list (GPtrArray *mistakes)
{
  GPtrArray *labs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_lab_unref);

  for (guint i = 0; mos_labs_shipped[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    MosLab *lab = load_shipped (mos_labs_shipped[i], &error);

    if (lab != NULL)
      g_ptr_array_add (labs, lab);
    else
      note (mistakes, error);
  }
  g_ptr_array_extend_and_steal (labs, list_user_labs (mistakes));
  drop_circles (labs, mistakes);
  return labs;
}

MosLab *
mos_labs_find (const char *id_or_path, GError **error)
{
  g_autoptr (GPtrArray) labs = NULL;

  g_return_val_if_fail (id_or_path != NULL, NULL);

  if (g_strv_contains (mos_labs_shipped, id_or_path))
    return load_shipped (id_or_path, error);
  if (strchr (id_or_path, '/') != NULL ||
      g_file_test (id_or_path, G_FILE_TEST_EXISTS))
    return translate (mos_lab_load (id_or_path, error));
  labs = list_user_labs (NULL);
  for (guint i = 0; i < labs->len; i++) {
    MosLab *lab = g_ptr_array_index (labs, i);

    if (g_str_equal (lab->id, id_or_path))
      return mos_lab_ref (lab);
  }
  g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
               _ ("there is no lab “%s”; multios tutorial list shows them"),
               id_or_path);
  return NULL;
}
