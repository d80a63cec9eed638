/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Importing an appliance: read and unpacked on a thread of the pool into a
 * folder beside the machines, then made a machine and moved into its folder on
 * the main thread. A crash in between leaves the folder, and no machine.
 */
#include "app/appliance.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "app/ova.h"

typedef struct {
  char            *path;
  char            *data_dir;
  char            *folder; /* of the unpacked disks */
  MosOva          *ova;
  MosJob          *job;
  guint            at; /* which disk */
  MosApplianceDone done;
  gpointer         user_data;
  GDestroyNotify   free_user_data;
} Import;

static char *
disk_path (const char *folder, guint n)
{
  g_autofree char *name = g_strdup_printf ("disk%u.img", n);

  return g_build_filename (folder, name, NULL);
}

static void
import_free (Import *self)
{
  for (guint i = 0;
       self->folder != NULL && self->ova != NULL && i < self->ova->n_disks;
       i++) {
    g_autofree char *left = disk_path (self->folder, i);

    g_unlink (left);
  }
  if (self->folder != NULL)
    g_rmdir (self->folder);
  if (self->free_user_data != NULL)
    self->free_user_data (self->user_data);
  mos_job_unref (self->job);
  mos_ova_free (self->ova);
  g_free (self->path);
  g_free (self->data_dir);
  g_free (self->folder);
  g_free (self);
}

/* Disks count alike. */
static void
progress_cb (gpointer user_data, double share)
{
  Import *self = user_data;

  mos_job_set_progress (self->job, (self->at + share) / self->ova->n_disks);
}

static gboolean
unpack (Import *self, GError **error)
{
  g_autofree char *pattern =
      g_build_filename (self->data_dir, "import-XXXXXX", NULL);

  self->ova = mos_ova_open (self->path, error);
  if (self->ova == NULL)
    return FALSE;
  g_mkdir_with_parents (self->data_dir, 0700);
  if (g_mkdtemp (pattern) == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("Unpacking “%s”: %s"),
                 self->path, g_strerror (errno));
    return FALSE;
  }
  self->folder = g_steal_pointer (&pattern);
  for (guint i = 0; i < self->ova->n_disks; i++) {
    g_autofree char *target = disk_path (self->folder, i);

    self->at = i;
    if (!mos_ova_unpack (self->ova, i, target, progress_cb, self,
                         mos_job_get_cancellable (self->job), error))
      return FALSE;
  }
  return TRUE;
}

static void
import_task (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  GError *error = NULL;

  if (unpack (task_data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* -- the machine --------------------------------------------------------- */

static char *
free_name (MosHypervisor *hypervisor, const char *wanted)
{
  const char *base = wanted != NULL && *wanted != '\0' ? wanted : _ ("Import");
  char       *name = g_strdup (base);

  for (guint i = 2; mos_hypervisor_find (hypervisor, name) != NULL; i++) {
    g_free (name);
    name = g_strdup_printf ("%s %u", base, i);
  }
  return name;
}

static gboolean
move_disks (Import *self, MosVm *vm, GError **error)
{
  g_autoptr (MosVmConfig) config = mos_vm_config_copy (mos_vm_get_config (vm));
  g_autofree char *folder =
      g_build_filename (self->data_dir, "machines", mos_vm_get_uuid (vm), NULL);

  for (guint i = 0; i < self->ova->n_disks; i++) {
    g_autofree char *from = disk_path (self->folder, i);
    g_autofree char *to = disk_path (folder, i);
    /* Relative to the machine's file, which lies in the same folder. */
    g_autofree char *table = g_strdup_printf (
        "{ path = \"disk%u.img\", kind = \"disk\", format = \"raw\" }", i);

    if (g_rename (from, to) != 0) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("Unpacking “%s”: %s"),
                   self->path, g_strerror (errno));
      return FALSE;
    }
    if (!mos_vm_config_add_table (config, "storage.drives", table, error))
      return FALSE;
  }
  return mos_vm_set_config (vm, config, error);
}

static MosVm *
make_machine (Import *self, MosHypervisor *hypervisor, GError **error)
{
  g_autofree char *name = free_name (hypervisor, self->ova->name);
  g_autoptr (MosVmConfig) config = mos_ova_make_config (self->ova, name, error);
  MosVm *vm = config != NULL
                  ? mos_hypervisor_create_vm (hypervisor, config, error)
                  : NULL;

  if (vm != NULL && !move_disks (self, vm, error)) {
    g_object_unref (mos_vm_delete (vm));
    vm = NULL;
  }
  return vm;
}

static void
imported_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Import *self = g_task_get_task_data (G_TASK (result));
  MosVm  *vm = NULL;
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    vm = make_machine (self, MOS_HYPERVISOR (source), &error);
  mos_job_end (self->job);
  self->done (self->user_data, vm, error);
}

void
mos_appliance_import (MosHypervisor   *hypervisor,
                      const char      *path,
                      MosJob          *job,
                      MosApplianceDone done,
                      gpointer         user_data,
                      GDestroyNotify   free_user_data)
{
  g_autoptr (GTask) task = g_task_new (hypervisor, NULL, imported_cb, NULL);
  Import *self = g_new0 (Import, 1);

  self->path = g_strdup (path);
  self->data_dir =
      g_build_filename (g_get_user_data_dir (), "multios-lab", NULL);
  self->job = mos_job_ref (job);
  self->done = done;
  self->user_data = user_data;
  self->free_user_data = free_user_data;
  g_task_set_task_data (task, self, (GDestroyNotify) import_free);
  g_task_run_in_thread (task, import_task);
}
