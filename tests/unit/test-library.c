/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Machines on the disk: they come back with their names, however odd; broken
 * files are reported, kept and skipped; the trash; a full disk; a program that
 * was killed while it wrote.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/core/hypervisor-private.h"
#include "tests/unit/fake-machine.h"

typedef struct {
  char          *dir;
  MosHypervisor *hypervisor;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  fake_reset ();
  self->dir = g_dir_make_tmp ("mos-library-XXXXXX", NULL);
  self->hypervisor = fake_hypervisor_new (self->dir);
}

static void
end_hypervisor (Fixture *self)
{
  mos_hypervisor_shutdown (self->hypervisor);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (self->hypervisor);
  self->hypervisor = NULL;
}

/* Ends the program and starts it again. */
static void
restart (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  end_hypervisor (self);
  self->hypervisor = fake_hypervisor_new (self->dir);
  mos_hypervisor_load (self->hypervisor, &error);
  g_assert_no_error (error);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *below = g_build_filename (path, name, NULL);

    remove_tree (below);
  }
  g_remove (path);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  end_hypervisor (self);
  remove_tree (self->dir);
  g_free (self->dir);
}

static guint
n_machines (Fixture *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->hypervisor));
}

static const char *const odd_names[] = {
  "plain",       "with \"quotes\" and 'apostrophes'",
  "Ümläute ß €", "../../etc/passwd",
  "a/b\\c",      "new\nline\ttab",
  "  spaces  ",  "[table] = # no",
  "\U0001f5a5",  ".",
};

static void
test_odd_names (Fixture *self, gconstpointer data)
{
  g_autofree char *machines = g_build_filename (self->dir, "machines", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (odd_names); i++)
    fake_vm_new (self->hypervisor, odd_names[i]);
  restart (self);
  g_assert_cmpuint (n_machines (self), ==, G_N_ELEMENTS (odd_names));
  for (guint i = 0; i < G_N_ELEMENTS (odd_names); i++) {
    MosVm           *vm = mos_hypervisor_find (self->hypervisor, odd_names[i]);
    g_autofree char *path = NULL;

    g_assert_nonnull (vm);
    path =
        g_build_filename (machines, mos_vm_get_uuid (vm), "machine.toml", NULL);
    g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  }
}

static void
test_changes_stay (Fixture *self, gconstpointer data)
{
  MosVm           *vm = fake_vm_new (self->hypervisor, "A");
  g_autofree char *uuid = g_strdup (mos_vm_get_uuid (vm));
  g_autoptr (MosVmConfig) config = mos_vm_config_copy (mos_vm_get_config (vm));
  g_autoptr (GError) error = NULL;

  g_assert_true (mos_vm_config_set (config, "memory_mb", "96", NULL));
  g_assert_true (mos_vm_config_set (config, "name", "B", NULL));
  mos_vm_set_config (vm, config, &error);
  g_assert_no_error (error);
  restart (self);
  vm = mos_hypervisor_find (self->hypervisor, "B");
  g_assert_nonnull (vm);
  g_assert_cmpstr (mos_vm_get_uuid (vm), ==, uuid);
  g_assert_cmpint (mos_vm_config_get_int (mos_vm_get_config (vm), "memory_mb"),
                   ==, 96);
}

static char *
put_machine (Fixture *self, const char *folder, const char *text)
{
  g_autofree char *dir = g_build_filename (self->dir, "machines", folder, NULL);
  char            *path = g_build_filename (dir, "machine.toml", NULL);

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static void
test_broken_files (Fixture *self, gconstpointer data)
{
  static const char *const broken[] = {
    "",         "name = ", "name = 7", "vcpu_count = 33", "format_version = 99",
    "\xff\xfe", "[[[[",
  };
  MosLog *log;
  guint   n_broken = 0;

  fake_vm_new (self->hypervisor, "good");
  for (guint i = 1; i < G_N_ELEMENTS (broken); i++) {
    g_autofree char *uuid = g_uuid_string_random ();
    g_autofree char *path = put_machine (self, uuid, broken[i]);
    n_broken++;
  }
  {
    /* No file at all, a folder instead of it, and what is none of ours. */
    g_autofree char *uuid = g_uuid_string_random ();
    g_autofree char *path = put_machine (self, uuid, "");
    g_autofree char *stray = put_machine (self, "not-a-uuid", "[[[[");

    g_remove (path);
    g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
    n_broken++;
  }
  restart (self);
  g_assert_cmpuint (n_machines (self), ==, 1);
  log = mos_hypervisor_get_log (self->hypervisor);
  {
    g_autoptr (GPtrArray) lines = mos_log_lines (log, 0);

    g_assert_cmpuint (lines->len, ==, n_broken);
  }
  g_assert_true (fake_log_has (log, "machine.toml"));
  /* They are kept for whoever can repair them. */
  restart (self);
  {
    g_autoptr (GPtrArray) lines =
        mos_log_lines (mos_hypervisor_get_log (self->hypervisor), 0);

    g_assert_cmpuint (lines->len, ==, n_broken);
  }
}

static void
test_trash (Fixture *self, gconstpointer data)
{
  MosVm           *vm = fake_vm_new (self->hypervisor, "A");
  g_autofree char *uuid = g_strdup (mos_vm_get_uuid (vm));
  g_autofree char *file = mos_library_file (self->dir, uuid);
  g_autofree char *disk = NULL;
  g_autofree char *dir = g_path_get_dirname (file);
  g_autoptr (GError) error = NULL;

  disk = g_build_filename (dir, "disk.img", NULL);
  g_assert_true (g_file_set_contents (disk, "data", -1, NULL));
  fake_ok (mos_vm_delete (vm));
  g_assert_false (g_file_test (dir, G_FILE_TEST_EXISTS));
  vm = mos_hypervisor_undelete (self->hypervisor, uuid, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mos_vm_get_name (vm), ==, "A");
  g_assert_true (g_file_test (disk, G_FILE_TEST_EXISTS));

  fake_ok (mos_vm_delete (vm));
  restart (self);
  g_assert_cmpuint (n_machines (self), ==, 0);
  g_assert_null (mos_hypervisor_undelete (self->hypervisor, uuid, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND);
}

/* Its disk may be full, its folder gone: it can still be deleted. */
static void
test_folder_vanished (Fixture *self, gconstpointer data)
{
  MosVm           *vm = fake_vm_new (self->hypervisor, "A");
  g_autofree char *file = mos_library_file (self->dir, mos_vm_get_uuid (vm));
  g_autofree char *dir = g_path_get_dirname (file);

  remove_tree (dir);
  fake_ok (mos_vm_delete (vm));
  g_assert_cmpuint (n_machines (self), ==, 0);
}

static void
test_full_disk (Fixture *self, gconstpointer data)
{
  const struct rlimit none = { 0, RLIM_INFINITY };
  struct rlimit       usual;
  MosVm              *vm = fake_vm_new (self->hypervisor, "A");
  g_autoptr (MosVmConfig) config = mos_vm_config_copy (mos_vm_get_config (vm));
  g_autoptr (MosVmConfig) extra = mos_vm_config_new_minimal ("B", 1, 4);
  g_autoptr (GError) error = NULL;

  mos_vm_config_set (config, "memory_mb", "96", NULL);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &usual), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &none), ==, 0);
  g_assert_false (mos_vm_set_config (vm, config, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (mos_hypervisor_create_vm (self->hypervisor, extra, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, "B"));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &usual), ==, 0);

  g_assert_cmpint (mos_vm_config_get_int (mos_vm_get_config (vm), "memory_mb"),
                   ==, 4);
  restart (self);
  g_assert_cmpuint (n_machines (self), ==, 1);
  vm = mos_hypervisor_find (self->hypervisor, "A");
  g_assert_cmpint (mos_vm_config_get_int (mos_vm_get_config (vm), "memory_mb"),
                   ==, 4);
}

/* What a killed program leaves: a temporary file beside the good one. */
static void
test_killed (Fixture *self, gconstpointer data)
{
  MosVm           *vm = fake_vm_new (self->hypervisor, "A");
  g_autofree char *file = mos_library_file (self->dir, mos_vm_get_uuid (vm));
  g_autofree char *half = g_strconcat (file, ".AbCdEf", NULL);
  g_autofree char *uuid = g_uuid_string_random ();
  g_autofree char *empty = g_build_filename (self->dir, "machines", uuid, NULL);

  g_assert_cmpint (g_mkdir (empty, 0700), ==, 0);
  g_assert_true (g_file_set_contents (half, "name = \"ha", -1, NULL));
  restart (self);
  g_assert_nonnull (mos_hypervisor_find (self->hypervisor, "A"));
  g_assert_cmpuint (n_machines (self), ==, 1);
  g_assert_false (g_file_test (empty, G_FILE_TEST_EXISTS));
  g_assert_false (
      fake_log_has (mos_hypervisor_get_log (self->hypervisor), "left out"));
}

static void
test_too_many_folders (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < MOS_MAX_VMS + 3; i++) {
    g_autofree char *uuid = g_uuid_string_random ();
    g_autofree char *text = g_strdup_printf ("name = \"m%02u\"\n", i);
    g_autofree char *path = put_machine (self, uuid, text);
  }
  restart (self);
  g_assert_cmpuint (n_machines (self), ==, MOS_MAX_VMS);
  g_assert_true (
      fake_log_has (mos_hypervisor_get_log (self->hypervisor), "Too Many VMs"));
}

static void
test_unwritable (Fixture *self, gconstpointer data)
{
  g_autoptr (MosHypervisor) lost = fake_hypervisor_new ("/proc/no-such-place");
  g_autoptr (MosVmConfig) config = mos_vm_config_new_minimal ("A", 1, 4);
  g_autoptr (GError) error = NULL;

  g_assert_false (mos_hypervisor_load (lost, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (mos_hypervisor_create_vm (lost, config, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IO);
}

static void
add (const char *path, void (*test) (Fixture *self, gconstpointer data))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/library/odd-names", test_odd_names);
  add ("/library/changes-stay", test_changes_stay);
  add ("/library/broken-files", test_broken_files);
  add ("/library/trash", test_trash);
  add ("/library/folder-vanished", test_folder_vanished);
  add ("/library/full-disk", test_full_disk);
  add ("/library/killed", test_killed);
  add ("/library/too-many-folders", test_too_many_folders);
  add ("/library/unwritable", test_unwritable);
  return g_test_run ();
}
