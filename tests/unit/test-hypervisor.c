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
  assert_choice (parts, (MosVmNeeds){ .accel = "auto", .n_vcpus = 1 },
                 &fake_backend, 0);
  assert_choice (parts,
                 (MosVmNeeds){ .accel = "auto", .nested = TRUE, .n_vcpus = 1 },
                 &good_backend, 0);
  assert_choice (
      parts,
      (MosVmNeeds){ .accel = "auto", .deterministic = TRUE, .n_vcpus = 4 },
      &good_backend, 0);
  assert_choice (
      parts,
      (MosVmNeeds){ .accel = "auto", .deterministic = TRUE, .n_vcpus = 5 },
      NULL, MOS_ERROR_NO_HARDWARE);
  assert_choice (parts,
                 (MosVmNeeds){ .accel = "auto", .nested = TRUE, .n_vcpus = 5 },
                 NULL, MOS_ERROR_NO_NESTING);
  assert_choice (parts,
                 (MosVmNeeds){ .accel = "kvm", .nested = TRUE, .n_vcpus = 1 },
                 NULL, MOS_ERROR_NO_NESTING);
  assert_choice (parts,
                 (MosVmNeeds){ .accel = "auto", .pmu = TRUE, .n_vcpus = 1 },
                 NULL, MOS_ERROR_NO_HARDWARE);
  assert_choice (parts, (MosVmNeeds){ .accel = "qemu", .n_vcpus = 1 }, NULL,
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

/* -- why KVM does not nest ----------------------------------------------- */

static void
fake_file (const char *root, const char *file, const char *text)
{
  g_autofree char *path = g_build_filename (root, file, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
assert_blockers (const char           *root,
                 const MosBackendInfo *kvm,
                 const MosNestingWish *wish,
                 const char           *ids,
                 const char           *words)
{
  g_autoptr (GPtrArray) found = mos_nesting_find_blockers (root, kvm, wish);
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *text = mos_nesting_describe (found, "");

  for (guint i = 0; i < found->len; i++)
    g_string_append_printf (
        names, "%s%s", i > 0 ? " " : "",
        ((const MosNestingBlocker *) g_ptr_array_index (found, i))->id);
  g_assert_cmpstr (names->str, ==, ids);
  if (words != NULL)
    g_assert_nonnull (strstr (text, words));
}

/* A host after another, in a folder that stands for "/". */
static void
test_nesting (void)
{
  g_autofree char *root = g_dir_make_tmp ("multios-root-XXXXXX", NULL);
  g_autofree char *clean = g_strdup_printf ("rm -r '%s'", root);
  MosBackendInfo   kvm = { .usable = TRUE };
  MosBackendInfo   no_kvm = { .why_not = (char *) "it is not there" };
  MosCpuModel      plain = { .name = "plain" };
  MosNestingWish   wish = { .vendor = "auto",
                            .model = mos_cpu_model_find ("x86-64-v3"),
                            .memory_mb = 512,
                            .levels = 2 };

  fake_file (root, "proc/meminfo",
             "MemTotal: 9 kB\nMemAvailable: 2097152 kB\n");
  fake_file (root, "proc/cpuinfo",
             "model name\t: Plain CPU\nflags\t: fpu sse\n");
  assert_blockers (root, &kvm, NULL, "cpu", "Plain CPU");
  assert_blockers (root, &no_kvm, NULL, "cpu kvm", "it is not there");
  assert_blockers (root, NULL, NULL, "cpu kvm", NULL);

  fake_file (root, "proc/cpuinfo", "flags\t\t: fpu svm sse\n");
  assert_blockers (root, &kvm, &wish, "module", "modprobe kvm_amd nested=1");
  fake_file (root, "sys/module/kvm_amd/refcnt", "0\n");
  assert_blockers (root, &kvm, &wish, "parameter", "not there");
  fake_file (root, "sys/module/kvm_amd/parameters/nested", "0\n");
  assert_blockers (root, &kvm, &wish, "parameter",
                   "/sys/module/kvm_amd/parameters/nested is 0");
  assert_blockers (root, &kvm, &wish, "parameter",
                   "“options kvm_amd nested=1” into /etc/modprobe.d/kvm.conf");
  fake_file (root, "sys/module/kvm_amd/parameters/nested", "1\n");
  assert_blockers (root, &kvm, &wish, "kvm", "KVM_CAP_NESTED_STATE");
  kvm.nested_svm = TRUE;
  assert_blockers (root, &kvm, &wish, "", NULL);

  wish.vendor = "intel";
  assert_blockers (root, &kvm, &wish, "vendor", "cpu.vendor");
  wish.vendor = "amd";
  assert_blockers (root, &kvm, &wish, "", NULL);
  wish.model = &plain;
  assert_blockers (root, &kvm, &wish, "model", "cpu.model");
  wish.model = NULL;
  wish.memory_mb = 4096;
  assert_blockers (root, &kvm, &wish, "memory", "at most 2048");
  wish.memory_mb = 256;
  wish.levels = 5;
  assert_blockers (root, &kvm, &wish, "memory", "at least 320");

  kvm = (MosBackendInfo){ .usable = TRUE, .nested_vmx = TRUE };
  fake_file (root, "proc/cpuinfo", "flags\t\t: vmx\n");
  fake_file (root, "sys/module/kvm_intel/parameters/nested", "N\n");
  assert_blockers (root, &kvm, NULL, "parameter",
                   "/sys/module/kvm_intel/parameters/nested is N");
  fake_file (root, "sys/module/kvm_intel/parameters/nested", "Y\n");
  assert_blockers (root, &kvm, NULL, "", NULL);
  g_assert_true (g_spawn_command_line_sync (clean, NULL, NULL, NULL, NULL));
}

/* And what comes of it: in the description, in the refusal of a start. */
static void
test_nesting_told (void)
{
  MosParts        *parts = mos_parts_new (NULL);
  MosBackendReport row = { .klass = &fake_backend };
  MosVmNeeds       needs = { "kvm", TRUE, FALSE, 1 };
  g_autoptr (GError) error = NULL;

  fake_reset ();
  parts->root = "/nowhere";
  g_array_append_val (parts->backends, row);
  g_assert_null (mos_parts_choose (parts, &needs, NULL, NULL, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NO_NESTING);
  g_assert_nonnull (strstr (error->message, "neither AMD-V nor Intel VT-x"));
  g_assert_nonnull (strstr (error->message, "cpu.accel = \"soft\""));
  mos_vm_services_unref (&parts->base);
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
  g_test_add_func ("/hypervisor/nesting", test_nesting);
  g_test_add_func ("/hypervisor/nesting-told", test_nesting_told);
  g_test_add_func ("/hypervisor/shutdown", test_shutdown);
  return g_test_run ();
}
