/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Making things clean, and taking it back. Main loop.
 */
#include "tutorials/clean.h"

#include <glib/gstdio.h>

#include "tutorials/progress.h"
#include "tutorials/workspace.h"

typedef struct {
  MosVm *vm;
  char  *role;
} Taken;

struct MosClean {
  guint          refs;
  MosHypervisor *hypervisor;
  GPtrArray     *taken;   /* of Taken */
  GPtrArray     *folders; /* of char *, put aside */
  guint          pending; /* machines on their way off */
  gboolean       undone;
};

static void
taken_free (gpointer data)
{
  Taken *taken = data;

  g_object_unref (taken->vm);
  g_free (taken->role);
  g_free (taken);
}

MosClean *
mos_clean_new (MosHypervisor *hypervisor)
{
  MosClean *self = g_new0 (MosClean, 1);

  g_return_val_if_fail (MOS_IS_HYPERVISOR (hypervisor), NULL);

  self->refs = 1;
  self->hypervisor = g_object_ref (hypervisor);
  self->taken = g_ptr_array_new_with_free_func (taken_free);
  self->folders = g_ptr_array_new_with_free_func (g_free);
  return self;
}

MosClean *
mos_clean_ref (MosClean *self)
{
  self->refs++;
  return self;
}

void
mos_clean_unref (MosClean *self)
{
  if (self == NULL || --self->refs > 0)
    return;
  g_object_unref (self->hypervisor);
  g_ptr_array_unref (self->taken);
  g_ptr_array_unref (self->folders);
  g_free (self);
}

/* -- taking -------------------------------------------------------------- */

static void
off_cb (MosOperation *operation, gpointer user_data)
{
  MosClean *self = user_data;
  MosVm    *vm = g_object_get_data (G_OBJECT (operation), "clean-vm");

  self->pending--;
  if (!self->undone)
    g_object_unref (mos_vm_delete (vm));
}

static void
drop_clean (gpointer data, GClosure *closure)
{
  mos_clean_unref (data);
}

void
mos_clean_vm (MosClean *self, MosVm *vm, const char *role)
{
  MosVmState state;
  Taken     *taken;
  g_autoptr (MosOperation) operation = NULL;

  g_return_if_fail (self != NULL && MOS_IS_VM (vm));

  state = mos_vm_get_state (vm);
  if (state == MOS_VM_DELETED)
    return;
  taken = g_new0 (Taken, 1);
  taken->vm = g_object_ref (vm);
  taken->role = g_strdup (role);
  g_ptr_array_add (self->taken, taken);
  if (state == MOS_VM_STOPPED) {
    operation = mos_vm_delete (vm);
    return;
  }
  operation = mos_vm_force_stop (vm);
  self->pending++;
  g_object_set_data_full (G_OBJECT (operation), "clean-vm", g_object_ref (vm),
                          g_object_unref);
  g_signal_connect_data (operation, "done", G_CALLBACK (off_cb),
                         mos_clean_ref (self), drop_clean, 0);
}

void
mos_clean_folder (MosClean *self, const char *path)
{
  g_autofree char *old = g_strconcat (path, ".old", NULL);

  g_return_if_fail (self != NULL && path != NULL);

  mos_workspace_remove (old);
  if (g_rename (path, old) == 0)
    g_ptr_array_add (self->folders, g_strdup (path));
}

/* How many machines the class does not keep; @clean, unless NULL, takes them,
 * and the others are switched off. */
static guint
for_each (MosHypervisor *hypervisor, const MosClass *class, MosClean *clean)
{
  GListModel *all = G_LIST_MODEL (hypervisor);
  g_autoptr (GPtrArray) vms = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, i);

    if (!mos_class_keeps (class, mos_vm_get_uuid (vm)))
      g_ptr_array_add (vms, g_steal_pointer (&vm));
    else if (clean != NULL && mos_vm_get_state (vm) != MOS_VM_STOPPED)
      g_object_unref (mos_vm_force_stop (vm));
  }
  for (guint i = 0; clean != NULL && i < vms->len; i++)
    mos_clean_vm (clean, vms->pdata[i], NULL);
  return vms->len;
}

void
mos_clean_all (MosClean *self, const MosClass *class)
{
  g_autofree char *progress = mos_progress_folder ();
  g_autofree char *workspaces = mos_workspaces_folder ();

  g_return_if_fail (self != NULL);

  for_each (self->hypervisor, class, self);
  mos_clean_folder (self, progress);
  mos_clean_folder (self, workspaces);
}

guint
mos_clean_count (MosHypervisor *hypervisor, const MosClass *class)
{
  g_return_val_if_fail (MOS_IS_HYPERVISOR (hypervisor), 0);

  return for_each (hypervisor, class, NULL);
}

char **
mos_clean_list (MosHypervisor *hypervisor)
{
  GListModel *all = G_LIST_MODEL (hypervisor);
  g_autoptr (GStrvBuilder) uuids = g_strv_builder_new ();

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, i);

    g_strv_builder_add (uuids, mos_vm_get_uuid (vm));
  }
  return g_strv_builder_end (uuids);
}

gboolean
mos_clean_is_busy (const MosClean *self)
{
  return self->pending > 0;
}

/* -- taking it back ------------------------------------------------------ */

gboolean
mos_clean_undo (MosClean *self,
                void (*back) (gpointer user_data, const char *role, MosVm *vm),
                gpointer user_data,
                GError **error)
{
  g_autoptr (GError) first = NULL;

  g_return_val_if_fail (self != NULL, FALSE);

  if (self->undone)
    return TRUE;
  self->undone = TRUE;
  for (guint i = 0; i < self->taken->len; i++) {
    const Taken *taken = g_ptr_array_index (self->taken, i);
    MosVm       *vm = taken->vm;

    if (mos_vm_get_state (vm) == MOS_VM_DELETED)
      vm = mos_hypervisor_undelete (self->hypervisor, mos_vm_get_uuid (vm),
                                    first == NULL ? &first : NULL);
    if (vm != NULL && back != NULL && taken->role != NULL)
      back (user_data, taken->role, vm);
  }
  for (guint i = 0; i < self->folders->len; i++) {
    const char      *path = g_ptr_array_index (self->folders, i);
    g_autofree char *old = g_strconcat (path, ".old", NULL);

    mos_workspace_remove (path);
    g_rename (old, path);
  }
  if (first == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}
