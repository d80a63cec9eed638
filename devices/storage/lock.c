/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Who may write an image.
 *
 * Open-file-description locks (fcntl(2), "Open file description locks") belong
 * to the opening, not to the process, so two machines of one program keep each
 * other out as two programs do. The whole file is locked: for one writer or
 * for any number of readers. To say who is in the way, /proc is searched for a
 * process that has the same file open; what may not be seen is not named.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/storage/file.h"
#include "engine/base/error.h"

/* How many descriptors of one process are looked at. */
#define MAX_DESCRIPTORS 4096u

static gboolean
same_file (const char *path, const struct stat *wanted)
{
  struct stat found;

  return stat (path, &found) == 0 && found.st_dev == wanted->st_dev &&
         found.st_ino == wanted->st_ino;
}

static gboolean
has_open (const char *process, const struct stat *wanted)
{
  g_autofree char *folder = g_build_filename ("/proc", process, "fd", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  if (dir == NULL)
    return FALSE;
  for (guint i = 0; i < MAX_DESCRIPTORS; i++) {
    g_autofree char *path = NULL;

    name = g_dir_read_name (dir);
    if (name == NULL)
      return FALSE;
    path = g_build_filename (folder, name, NULL);
    if (same_file (path, wanted))
      return TRUE;
  }
  return FALSE;
}

/* "process 12 (name)", or NULL. */
static char *
describe_process (const char *process)
{
  g_autofree char *path = g_build_filename ("/proc", process, "comm", NULL);
  g_autofree char *name = NULL;

  if (!g_file_get_contents (path, &name, NULL, NULL))
    return g_strdup_printf (_ ("process %s"), process);
  return g_strdup_printf (_ ("process %s (%s)"), process, g_strchomp (name));
}

/* Who has the file open besides us; NULL if nobody can be seen. */
static char *
find_holder (const struct stat *wanted)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  g_autofree char *own = g_strdup_printf ("%d", (int) getpid ());
  const char      *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_ascii_isdigit (name[0]) && !g_str_equal (name, own) &&
        has_open (name, wanted))
      return describe_process (name);
  return NULL;
}

static void
set_in_use (GError **error, int fd, const char *path, gboolean for_writing)
{
  struct stat      status;
  g_autofree char *holder = NULL;
  const char      *advice =
      for_writing ? _ ("stop it there first, or open it read-only in both")
                       : _ ("stop it there first");

  if (fstat (fd, &status) == 0)
    holder = find_holder (&status);
  if (holder == NULL)
    g_set_error (error, MOS_ERROR, MOS_ERROR_IN_USE,
                 _ ("The image “%s” is in use by another machine: %s"), path,
                 advice);
  else
    g_set_error (error, MOS_ERROR, MOS_ERROR_IN_USE,
                 _ ("The image “%s” is in use by %s: %s"), path, holder,
                 advice);
}

gboolean
mos_image_lock (int fd, const char *path, gboolean for_writing, GError **error)
{
  struct flock lock = { .l_type = for_writing ? F_WRLCK : F_RDLCK,
                        .l_whence = SEEK_SET };

  if (fcntl (fd, F_OFD_SETLK, &lock) == 0)
    return TRUE;
  if (errno == EAGAIN || errno == EACCES) {
    set_in_use (error, fd, path, for_writing);
    return FALSE;
  }
  /* A file system without locks; nobody there can lock us out either. */
  return TRUE;
}
