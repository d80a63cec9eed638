/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The list of machines: limits, names, the trash, choosing a backend, the
 * description of the host, and the end of the program.
 */
#include <json-glib/json-glib.h>
#include <string.h>

#include "engine/core/hypervisor-private.h"
#include "engine/core/hypervisor.h"
#include "tests/unit/fake-machine.h"

static void
settle (MosHypervisor *self)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (self);
  g_assert_cmpuint (fake.n_alive, ==, 0);
}

static void
changed_cb (GListModel *model,
            guint       position,
            guint       removed,
            guint       added,
            int        *balance)
{
  *balance += (int) added - (int) removed;
}

static void
test_limit (void)
{
  MosHypervisor *self = fake_hypervisor_new (NULL);
  g_autoptr (MosVmConfig) config = mos_vm_config_new_minimal ("extra", 1, 4);
  g_autoptr (GError) error = NULL;
  int balance = 0;

  fake_reset ();
  g_signal_connect (self, "items-changed", G_CALLBACK (changed_cb), &balance);
  for (guint i = 0; i < MOS_MAX_VMS; i++) {
    g_autofree char *name = g_strdup_printf ("vm %u", i);

    fake_vm_new (self, name);
  }
  g_assert_null (mos_hypervisor_create_vm (self, config, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_TOO_MANY_VMS);
  g_assert_nonnull (strstr (error->message, "Too Many VMs"));
  g_assert_cmpint (balance, ==, MOS_MAX_VMS);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (self)), ==,
                    MOS_MAX_VMS);

  fake_ok (mos_vm_delete (mos_hypervisor_find (self, "vm 7")));
  g_assert_cmpint (balance, ==, MOS_MAX_VMS - 1);
  g_clear_error (&error);
  g_assert_nonnull (mos_hypervisor_create_vm (self, config, &error));
  settle (self);
}

static void
test_names (void)
{
  MosHypervisor *self = fake_hypervisor_new (NULL);
  g_autoptr (MosVmConfig) config = mos_vm_config_new_minimal ("A", 1, 4);
  g_autoptr (GError) error = NULL;
  MosVm *a = fake_vm_new (self, "A");
  MosVm *b = fake_vm_new (self, "B/../\"ü\"");

  fake_reset ();
  g_assert_null (mos_hypervisor_create_vm (self, config, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IN_USE);
  g_clear_error (&error);
  g_assert_false (mos_vm_set_config (b, config, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IN_USE);
  g_assert_true (mos_hypervisor_find (self, "A") == a);
  g_assert_true (mos_hypervisor_find (self, mos_vm_get_uuid (b)) == b);
  g_assert_true (mos_hypervisor_find (self, "B/../\"ü\"") == b);
  g_assert_null (mos_hypervisor_find (self, "C"));
  settle (self);
}

static void
test_undelete (void)
{
  MosHypervisor   *self = fake_hypervisor_new (NULL);
  MosVm           *a = fake_vm_new (self, "A");
  g_autofree char *uuid = g_strdup (mos_vm_get_uuid (a));
  g_autoptr (GError) error = NULL;

  fake_reset ();
  fake_ok (mos_vm_delete (a));
  g_assert_null (mos_hypervisor_find (self, uuid));
  fake_vm_new (self, "A");
  g_assert_null (mos_hypervisor_undelete (self, uuid, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IN_USE);
  g_clear_error (&error);
  fake_ok (mos_vm_delete (mos_hypervisor_find (self, "A")));
  a = mos_hypervisor_undelete (self, uuid, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mos_vm_get_name (a), ==, "A");
  g_assert_null (mos_hypervisor_undelete (self, uuid, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND);
  g_clear_error (&error);
  fake_ok (mos_vm_delete (a));
  mos_hypervisor_purge (self, uuid);
  g_assert_null (mos_hypervisor_undelete (self, uuid, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND);
  settle (self);
}

static void
probe_good (MosBackendInfo *info)
{
  info->usable = TRUE;
  info->nested_vmx = TRUE;
  info->deterministic = TRUE;
  info->max_vcpus = 4;
}

static const MosBackendClass good_backend = {
  .name = "soft",
  .title = "Good",
  .probe = probe_good,
};

static void
test_choice (void)
{
  MosHypervisor         *self = mos_hypervisor_new (NULL);
  g_autofree char       *why = NULL;
  const MosBackendClass *klass;
  MosBackendReport      *reports;
  guint                  n;
  g_autoptr (GError) error = NULL;

  fake_reset ();
  g_assert_null (mos_hypervisor_choose_backend (self, "auto", &why, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NO_HARDWARE);
  g_clear_error (&error);
  settle (self);

  self = mos_hypervisor_new (NULL);
  mos_hypervisor_add_backend (self, &fake_backend);
  mos_hypervisor_add_backend (self, &good_backend);
  klass = mos_hypervisor_choose_backend (self, "auto", &why, &error);
  g_assert_true (klass == &fake_backend);
  g_assert_nonnull (strstr (why, "Good"));

  /* What was measured decides. */
  reports = (MosBackendReport *) mos_hypervisor_get_backends (self, &n);
  g_assert_cmpuint (n, ==, 2);
  reports[0].mips = 2;
  reports[0].exits_per_s = 100000;
  reports[1].mips = 500;
  reports[1].exits_per_s = 1000000;
  g_clear_pointer (&why, g_free);
  klass = mos_hypervisor_choose_backend (self, "auto", &why, &error);
  g_assert_true (klass == &good_backend);
  g_assert_nonnull (strstr (why, "500"));
  settle (self);
}

static void
assert_choice (MosParts              *parts,
               MosVmNeeds             needs,
               const MosBackendClass *wanted,
               MosError               code)
{
  const MosBackendInfo *info = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (mos_parts_choose (parts, &needs, &info, NULL, &error) ==
                 wanted);
  if (wanted == NULL)
    g_assert_error (error, MOS_ERROR, (gint) code);
  else
    g_assert_true (info->usable);
}

/* What a machine needs decides before what is faster. */
static void
test_needs (void)
{
  MosParts        *parts = mos_parts_new (NULL);
  MosBackendReport rows[] = {
    { .klass = &fake_backend, .mips = 5000, .exits_per_s = 1e6 },
    { .klass = &good_backend, .mips = 5, .exits_per_s = 1e6 }
  };

  fake_reset ();
  g_array_append_vals (parts->backends, rows, G_N_ELEMENTS (rows));
  assert_choice (parts, (MosVmNeeds){ "auto", FALSE, FALSE, 1 }, &fake_backend,
                 0);
  assert_choice (parts, (MosVmNeeds){ "auto", TRUE, FALSE, 1 }, &good_backend,
                 0);
  assert_choice (parts, (MosVmNeeds){ "auto", FALSE, TRUE, 4 }, &good_backend,
                 0);
  assert_choice (parts, (MosVmNeeds){ "auto", FALSE, TRUE, 5 }, NULL,
                 MOS_ERROR_NO_HARDWARE);
  assert_choice (parts, (MosVmNeeds){ "auto", TRUE, FALSE, 5 }, NULL,
                 MOS_ERROR_NO_NESTING);
  assert_choice (parts, (MosVmNeeds){ "kvm", TRUE, FALSE, 1 }, NULL,
                 MOS_ERROR_NO_NESTING);
  assert_choice (parts, (MosVmNeeds){ "qemu", FALSE, FALSE, 1 }, NULL,
                 MOS_ERROR_NO_HARDWARE);
  mos_vm_services_unref (&parts->base);
}

static void
test_describe (void)
{
  MosHypervisor   *self;
  g_autofree char *text = NULL;
  g_autofree char *json = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *object;
  g_autoptr (GError) error = NULL;

  fake_reset ();
  self = fake_hypervisor_new (NULL);
  text = mos_hypervisor_describe_host (self, FALSE);
  g_assert_nonnull (strstr (text, "Fake (kvm): usable"));
  g_assert_nonnull (strstr (text, "it is not there"));
  json = mos_hypervisor_describe_host (self, TRUE);
  root = json_from_string (json, &error);
  g_assert_no_error (error);
  object = json_node_get_object (root);
  g_assert_cmpstr (json_object_get_string_member (object, "auto"), ==, "kvm");
  g_assert_cmpuint (
      json_array_get_length (json_object_get_array_member (object, "backends")),
      ==, 2);
  g_assert_cmpint (json_object_get_int_member (object, "cpus"), >, 0);
  settle (self);
}

static void
test_shutdown (void)
{
  MosHypervisor *self;
  MosVm         *running, *paused, *starting;

  fake_reset ();
  self = fake_hypervisor_new (NULL);
  running = fake_vm_new (self, "running");
  paused = fake_vm_new (self, "paused");
  starting = fake_vm_new (self, "starting");
  fake_ok (mos_vm_start (running));
  fake_ok (mos_vm_start (paused));
  fake_ok (mos_vm_pause (paused));
  g_object_unref (mos_vm_start (starting));
  mos_hypervisor_shutdown (self);
  g_assert_cmpint (mos_vm_get_state (running), ==, MOS_VM_STOPPED);
  g_assert_cmpint (mos_vm_get_state (paused), ==, MOS_VM_STOPPED);
  g_assert_cmpint (mos_vm_get_state (starting), ==, MOS_VM_STOPPED);
  settle (self);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hypervisor/limit", test_limit);
  g_test_add_func ("/hypervisor/names", test_names);
  g_test_add_func ("/hypervisor/undelete", test_undelete);
  g_test_add_func ("/hypervisor/choice", test_choice);
  g_test_add_func ("/hypervisor/needs", test_needs);
  g_test_add_func ("/hypervisor/describe", test_describe);
  g_test_add_func ("/hypervisor/shutdown", test_shutdown);
  return g_test_run ();
}
