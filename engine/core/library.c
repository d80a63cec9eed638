/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Machines on the disk: DATA/machines/<uuid>/machine.toml, and DATA/trash for
 * those that were deleted and may still come back. A folder is named after the
 * uuid only, so a machine's name may be anything. Main loop.
 */
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "engine/base/error.h"
#include "engine/core/hypervisor-private.h"

#define MACHINE_FILE "machine.toml"
#define MAX_DEPTH    8 /* of what is removed */

static char *
machine_dir (const char *data_dir, const char *uuid)
{
  return g_build_filename (data_dir, "machines", uuid, NULL);
}

static char *
trash_dir (const char *data_dir, const char *uuid)
{
  return g_build_filename (data_dir, "trash", uuid, NULL);
}

char *
mos_library_file (const char *data_dir, const char *uuid)
{
  return g_build_filename (data_dir, "machines", uuid, MACHINE_FILE, NULL);
}

static gboolean
make_dir (const char *dir, GError **error)
{
  if (g_mkdir_with_parents (dir, 0700) == 0)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
               _ ("The folder %s could not be made: %s"), dir,
               g_strerror (errno));
  return FALSE;
}

gboolean
mos_library_save (const char  *data_dir,
                  const char  *uuid,
                  MosVmConfig *config,
                  GError     **error)
{
  g_autofree char *dir = NULL;
  g_autofree char *path = NULL;
  gboolean         is_new;

  if (data_dir == NULL)
    return TRUE;
  dir = machine_dir (data_dir, uuid);
  path = mos_library_file (data_dir, uuid);
  is_new = !g_file_test (dir, G_FILE_TEST_EXISTS);
  if (!make_dir (dir, error))
    return FALSE;
  if (mos_vm_config_save (config, path, error))
    return TRUE;
  if (is_new)
    rmdir (dir);
  return FALSE;
}

/* -- the trash ----------------------------------------------------------- */

static gboolean
move (const char *from, const char *to, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (to);

  if (!make_dir (parent, error))
    return FALSE;
  if (rename (from, to) == 0)
    return TRUE;
  g_set_error (
      error, MOS_ERROR, errno == ENOENT ? MOS_ERROR_NOT_FOUND : MOS_ERROR_IO,
      _ ("%s could not be moved to %s: %s"), from, to, g_strerror (errno));
  return FALSE;
}

gboolean
mos_library_trash (const char *data_dir, const char *uuid, GError **error)
{
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;

  if (data_dir == NULL)
    return TRUE;
  from = machine_dir (data_dir, uuid);
  to = trash_dir (data_dir, uuid);
  /* Somebody else removed it: then it is gone as wanted. */
  if (!g_file_test (from, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!move (from, to, error))
    return FALSE;
  utime (to, NULL); /* its age in the trash */
  return TRUE;
}

gboolean
mos_library_restore (const char *data_dir, const char *uuid, GError **error)
{
  g_autofree char *from = trash_dir (data_dir, uuid);
  g_autofree char *to = machine_dir (data_dir, uuid);

  return move (from, to, error);
}

/* Follows no links. */
static void
remove_tree (const char *path, guint depth)
{
  struct stat status;
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (lstat (path, &status) != 0)
    return;
  if (!S_ISDIR (status.st_mode)) {
    unlink (path);
    return;
  }
  dir = depth < MAX_DEPTH ? g_dir_open (path, 0, NULL) : NULL;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *below = g_build_filename (path, name, NULL);

    remove_tree (below, depth + 1);
  }
  rmdir (path);
}

static gboolean
is_older (const char *path, gint64 seconds)
{
  struct stat status;

  return lstat (path, &status) == 0 &&
         g_get_real_time () / G_USEC_PER_SEC - status.st_mtime >= seconds;
}

void
mos_library_purge (const char *data_dir, const char *uuid, gint64 older_s)
{
  g_autofree char *trash = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (data_dir == NULL)
    return;
  trash = g_build_filename (data_dir, "trash", NULL);
  dir = g_dir_open (trash, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (trash, name, NULL);

    if (g_uuid_string_is_valid (name) &&
        (uuid != NULL ? g_str_equal (uuid, name) : is_older (path, older_s)))
      remove_tree (path, 0);
  }
}

/* -- reading ------------------------------------------------------------- */

typedef struct {
  char        *uuid;
  MosVmConfig *config;
} Entry;

static void
entry_clear (gpointer data)
{
  Entry *entry = data;

  g_free (entry->uuid);
  g_object_unref (entry->config);
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *left = a, *right = b;
  int order = g_utf8_collate (mos_vm_config_get_string (left->config, "name"),
                              mos_vm_config_get_string (right->config, "name"));

  return order != 0 ? order : strcmp (left->uuid, right->uuid);
}

static void
read_entry (GArray     *entries,
            const char *data_dir,
            const char *uuid,
            MosLog     *log)
{
  g_autofree char *path = mos_library_file (data_dir, uuid);
  g_autofree char *dir = machine_dir (data_dir, uuid);
  g_autoptr (GError) error = NULL;
  Entry entry;

  /* Of a program that was killed before it wrote anything. */
  if (rmdir (dir) == 0)
    return;
  entry.config = mos_vm_config_load (path, &error);
  if (entry.config == NULL) {
    mos_log (log, MOS_LOG_ERROR, _ ("A machine is left out: %s"),
             error->message);
    return;
  }
  entry.uuid = g_strdup (uuid);
  g_array_append_val (entries, entry);
}

gboolean
mos_library_load (const char    *data_dir,
                  MosLog        *log,
                  MosLibraryFunc func,
                  gpointer       user_data,
                  GError       **error)
{
  g_autofree char *machines = NULL;
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  const char *name;

  if (data_dir == NULL)
    return TRUE;
  machines = g_build_filename (data_dir, "machines", NULL);
  if (!make_dir (machines, error))
    return FALSE;
  dir = g_dir_open (machines, 0, error);
  if (dir == NULL) {
    g_prefix_error (error, _ ("Reading the machines: "));
    return FALSE;
  }
  g_array_set_clear_func (entries, entry_clear);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_uuid_string_is_valid (name))
      read_entry (entries, data_dir, name, log);
  g_array_sort (entries, compare_entries);
  for (guint i = 0; i < entries->len; i++) {
    const Entry *entry = &g_array_index (entries, Entry, i);

    func (user_data, entry->uuid, entry->config);
  }
  return TRUE;
}
