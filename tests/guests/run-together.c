/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Runs the machines of several files in one process, as the window does, until
 * all of them have switched themselves off: run-together SECONDS FILE…. Their
 * serial ports go where the files say. Status 1 and the machines' complaints
 * when that does not happen.
 */
#include <stdlib.h>

#include "app/lab.h"

typedef struct {
  GMainLoop *loop;
  GPtrArray *vms;
  int        status;
} Together;

static void
state_cb (MosVm *vm, GParamSpec *spec, gpointer user_data)
{
  Together *self = user_data;

  for (guint i = 0; i < self->vms->len; i++)
    if (mos_vm_get_state (self->vms->pdata[i]) != MOS_VM_STOPPED)
      return;
  self->status = 0;
  g_main_loop_quit (self->loop);
}

static gboolean
timeout_cb (gpointer user_data)
{
  g_main_loop_quit (((Together *) user_data)->loop);
  return G_SOURCE_REMOVE;
}

static gboolean
start (Together *self, MosHypervisor *hypervisor, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosVmConfig) config = mos_vm_config_load (path, &error);
  g_autoptr (MosOperation) operation = NULL;
  MosVm *vm = NULL;

  if (config != NULL)
    vm = mos_hypervisor_create_vm (hypervisor, config, &error);
  if (vm != NULL) {
    operation = mos_vm_start (vm);
    g_ptr_array_add (self->vms, g_object_ref (vm));
  }
  if (operation != NULL && mos_operation_wait (operation, &error)) {
    g_signal_connect (vm, "notify::state", G_CALLBACK (state_cb), self);
    return TRUE;
  }
  g_printerr ("%s: %s\n", path, error->message);
  return FALSE;
}

static void
show_log (MosVm *vm)
{
  g_autoptr (GPtrArray) lines = mos_log_lines (mos_vm_get_log (vm), 0);

  for (guint i = 0; i < lines->len; i++)
    g_printerr ("%s: %s\n", mos_vm_get_name (vm),
                ((const MosLogLine *) lines->pdata[i])->text);
}

int
main (int argc, char **argv)
{
  MosHypervisor *hypervisor = mos_lab_new (FALSE);
  Together       self = { .loop = g_main_loop_new (NULL, FALSE), .status = 1 };
  gboolean       ok = argc > 2;

  self.vms = g_ptr_array_new_with_free_func (g_object_unref);
  for (int i = 2; i < argc && ok; i++)
    ok = start (&self, hypervisor, argv[i]);
  if (ok) {
    g_timeout_add ((guint) (g_ascii_strtod (argv[1], NULL) * 1000), timeout_cb,
                   &self);
    state_cb (NULL, NULL, &self);
    if (self.status != 0)
      g_main_loop_run (self.loop);
  }
  if (self.status != 0)
    g_ptr_array_foreach (self.vms, (GFunc) show_log, NULL);
  g_ptr_array_unref (self.vms);
  mos_hypervisor_shutdown (hypervisor);
  g_object_unref (hypervisor);
  g_main_loop_unref (self.loop);
  return self.status;
}
