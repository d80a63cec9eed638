/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Exporting: what to copy is written down on the main thread, copied on
 * another, and the machine's file comes last, so that half an export is never
 * taken for a whole one. export_task() runs on a thread of the pool.
 */
#include "app/export.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES   (256u << 10)
#define MAX_NAME     100
#define DRIVES       "storage.drives"
#define QCOW2_MAGIC  "QFI\xfb"
#define BACKING_BYTE 8 /* qcow2 header, "backing_file_offset", big-endian */

typedef struct {
  char *key;    /* of the configuration */
  char *source; /* absolute */
  char *target;
  char *name; /* the target's, without its folder */
} Copy;

typedef struct {
  char          *folder;
  char          *file_name; /* of the machine's file */
  MosVmConfig   *config;
  GPtrArray     *copies;
  guint64        total, done_bytes;
  gboolean       made; /* the folder is ours */
  MosJob        *job;
  MosExportDone  done;
  gpointer       user_data;
  GDestroyNotify free_user_data;
} Export;

static void
copy_free (gpointer data)
{
  Copy *copy = data;

  g_free (copy->key);
  g_free (copy->source);
  g_free (copy->target);
  g_free (copy->name);
  g_free (copy);
}

static void
export_free (Export *self)
{
  if (self->free_user_data != NULL)
    self->free_user_data (self->user_data);
  mos_job_unref (self->job);
  g_ptr_array_unref (self->copies);
  g_object_unref (self->config);
  g_free (self->file_name);
  g_free (self->folder);
  g_free (self);
}

static gboolean
fail (GError **error, const char *path)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("Exporting “%s”: %s"), path,
               g_strerror (errno));
  return FALSE;
}

/* -- on the thread ------------------------------------------------------- */

static gboolean
is_zero (const guint8 *data, gsize size)
{
  return data[0] == 0 && memcmp (data, data + 1, size - 1) == 0;
}

/* Holes stay holes. */
static gboolean
copy_bytes (Export *self, const Copy *copy, int in, int out, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (COPY_BYTES);
  GCancellable      *cancellable = mos_job_get_cancellable (self->job);
  off_t              at = 0;

  for (;;) {
    gssize n = pread (in, buffer, COPY_BYTES, at);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail (error, copy->source);
    if (n == 0)
      break;
    if (!is_zero (buffer, (gsize) n) &&
        pwrite (out, buffer, (gsize) n, at) != n)
      return fail (error, copy->target);
    at += n;
    self->done_bytes += (guint64) n;
    mos_job_set_progress (self->job, (double) self->done_bytes /
                                         (double) MAX (self->total, 1));
    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
  }
  return ftruncate (out, at) == 0 || fail (error, copy->target);
}

/* The disk alone would not be the disk. */
static gboolean
has_backing (int in)
{
  guint8 head[16];
  guint8 none[8] = { 0 };

  return pread (in, head, sizeof head, 0) == sizeof head &&
         memcmp (head, QCOW2_MAGIC, 4) == 0 &&
         memcmp (head + BACKING_BYTE, none, sizeof none) != 0;
}

static gboolean
copy_file (Export *self, const Copy *copy, GError **error)
{
  int      in = open (copy->source, O_RDONLY | O_CLOEXEC);
  int      out = -1;
  gboolean good = FALSE;

  if (in < 0)
    return fail (error, copy->source);
  if (has_backing (in)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("“%s” is based on another disk, which would be missing; "
                    "make one whole disk of it with “multios disk convert” "
                    "first"),
                 copy->source);
  } else {
    out = open (copy->target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    good = out >= 0 ? copy_bytes (self, copy, in, out, error)
                    : fail (error, copy->target);
  }
  close (in);
  if (out >= 0 && close (out) != 0 && good)
    good = fail (error, copy->target);
  return good;
}

static void
remove_all (Export *self)
{
  for (guint i = 0; self->made && i < self->copies->len; i++)
    g_unlink (((Copy *) self->copies->pdata[i])->target);
  if (self->made)
    g_rmdir (self->folder);
}

static gboolean
copy_all (Export *self, GError **error)
{
  if (g_mkdir (self->folder, 0700) != 0)
    return fail (error, self->folder);
  self->made = TRUE;
  for (guint i = 0; i < self->copies->len; i++) {
    struct stat status;

    if (g_stat (((Copy *) self->copies->pdata[i])->source, &status) == 0)
      self->total += (guint64) status.st_size;
  }
  for (guint i = 0; i < self->copies->len; i++)
    if (!copy_file (self, self->copies->pdata[i], error))
      return FALSE;
  return TRUE;
}

static void
export_task (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  GError *error = NULL;

  if (copy_all (task_data, &error)) {
    g_task_return_boolean (task, TRUE);
  } else {
    remove_all (task_data);
    g_task_return_error (task, error);
  }
}

/* -- the machine's file -------------------------------------------------- */

/* Saving into another folder makes relative paths absolute, so they become
 * relative only afterwards. */
static gboolean
write_file (Export *self, GError **error)
{
  g_autofree char *path =
      g_build_filename (self->folder, self->file_name, NULL);

  if (!mos_vm_config_save (self->config, path, error))
    return FALSE;
  for (guint i = 0; i < self->copies->len; i++) {
    Copy *copy = self->copies->pdata[i];

    if (!mos_vm_config_set_string (self->config, copy->key, copy->name, error))
      return FALSE;
  }
  return mos_vm_config_save (self->config, path, error);
}

static void
exported_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Export *self = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error) &&
      !write_file (self, &error)) {
    g_autofree char *path =
        g_build_filename (self->folder, self->file_name, NULL);

    g_unlink (path);
    remove_all (self);
  }
  mos_job_end (self->job);
  self->done (self->user_data, self->folder, error);
}

/* -- what is copied ------------------------------------------------------ */

static gboolean
is_taken (Export *self, const char *name)
{
  for (guint i = 0; i < self->copies->len; i++)
    if (g_str_equal (((Copy *) self->copies->pdata[i])->name, name))
      return TRUE;
  return g_str_equal (self->file_name, name);
}

/* Takes @key and @source. */
static void
add_copy (Export *self, char *key, char *source)
{
  g_autofree char *base = g_path_get_basename (source);
  Copy            *copy = g_new0 (Copy, 1);

  copy->key = key;
  copy->source = source;
  copy->name = g_strdup (base);
  for (guint i = 2; is_taken (self, copy->name); i++) {
    g_free (copy->name);
    copy->name = g_strdup_printf ("%u-%s", i, base);
  }
  copy->target = g_build_filename (self->folder, copy->name, NULL);
  g_ptr_array_add (self->copies, copy);
}

static void
add_copies (Export *self)
{
  guint n = mos_vm_config_n_tables (self->config, DRIVES);

  for (const MosKeyInfo *info = mos_config_schema; info->name != NULL; info++) {
    char *path;

    if (info->type != MOS_KEY_PATH || info->output)
      continue;
    path = mos_vm_config_get_path (self->config, info->name);
    if (path != NULL && g_file_test (path, G_FILE_TEST_IS_REGULAR))
      add_copy (self, g_strdup (info->name), g_steal_pointer (&path));
    g_free (path);
  }
  for (guint i = 0; i < n; i++) {
    char *path = mos_vm_config_table_path (self->config, DRIVES, i, "path");

    if (path != NULL && *path != '\0')
      add_copy (self, g_strdup_printf (DRIVES "[%u].path", i), path);
    else
      g_free (path);
  }
}

char *
mos_export_name (MosVm *vm)
{
  char *name = g_strndup (mos_vm_get_name (vm), MAX_NAME);

  if (!g_utf8_validate (name, -1, NULL))
    *(char *) g_utf8_find_prev_char (name, name + strlen (name)) = '\0';
  g_strdelimit (name, "/", '-');
  if (*name == '.')
    *name = '-';
  return name;
}

void
mos_export (MosVm         *vm,
            const char    *folder,
            MosJob        *job,
            MosExportDone  done,
            gpointer       user_data,
            GDestroyNotify free_user_data)
{
  g_autoptr (GTask) task = g_task_new (vm, NULL, exported_cb, NULL);
  Export          *self = g_new0 (Export, 1);
  g_autofree char *name = mos_export_name (vm);

  self->folder = g_strdup (folder);
  self->file_name = g_strconcat (name, ".toml", NULL);
  self->config = mos_vm_config_copy (mos_vm_get_config (vm));
  self->copies = g_ptr_array_new_with_free_func (copy_free);
  self->job = mos_job_ref (job);
  self->done = done;
  self->user_data = user_data;
  self->free_user_data = free_user_data;
  add_copies (self);
  g_task_set_task_data (task, self, (GDestroyNotify) export_free);
  g_task_run_in_thread (task, export_task);
}

char *
mos_export_file (MosVm *vm, GError **error)
{
  g_autoptr (MosVmConfig) config = mos_vm_config_copy (mos_vm_get_config (vm));
  g_autofree char *name = mos_export_name (vm);
  g_autofree char *file = g_strconcat (name, ".toml", NULL);
  g_autofree char *folder =
      g_build_filename (g_get_user_cache_dir (), "multios-lab", "dragged",
                        mos_vm_get_uuid (vm), NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);

  if (g_mkdir_with_parents (folder, 0700) != 0) {
    fail (error, folder);
    return NULL;
  }
  return mos_vm_config_save (config, path, error) ? g_steal_pointer (&path)
                                                  : NULL;
}
