/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Saved machines: what was saved comes back, and a file that is damaged, cut,
 * of another machine or made by an enemy is refused and harms nothing; a full
 * disk leaves the old file as it was.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/engine.h"
#include "tests/unit/fake-machine.h"

typedef struct {
  char          *dir;
  char          *path;
  MosHypervisor *hypervisor;
  MosVm         *vm;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  fake_reset ();
  self->dir = g_dir_make_tmp ("mos-state-XXXXXX", NULL);
  self->path = g_build_filename (self->dir, "saved “ü”", NULL);
  self->hypervisor = fake_hypervisor_new (NULL);
  self->vm = fake_vm_new (self->hypervisor, "A");
}

static guint
count_files (const char *path, gboolean clean)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint       n = 0;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);

    n++;
    if (clean)
      g_remove (file);
  }
  return n;
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  mos_hypervisor_shutdown (self->hypervisor);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (self->hypervisor);
  g_assert_cmpuint (fake.n_alive, ==, 0);
  count_files (self->dir, TRUE);
  g_rmdir (self->dir);
  g_free (self->path);
  g_free (self->dir);
}

/* A machine with something in memory, registers and device; saved. */
static void
save (Fixture *self)
{
  fake_ok (mos_vm_start (self->vm));
  fake_ok (mos_vm_pause (self->vm));
  fake_set_register (0xcafe);
  *fake_rax (1) = 77;
  memset (fake_memory () + 5 * MOS_PAGE_SIZE, 0xab, 3 * MOS_PAGE_SIZE);
  fake_memory ()[FAKE_RAM_BYTES - 1] = 0xcd;
  fake_ok (mos_vm_save_state (self->vm, self->path));
}

static void
test_round_trip (Fixture *self, gconstpointer data)
{
  save (self);
  g_assert_cmpuint (count_files (self->dir, FALSE), ==, 1);
  fake_set_register (1);
  fake_ok (mos_vm_resume (self->vm));
  fake_ok (mos_vm_force_stop (self->vm));

  fake_ok (mos_vm_load_state (self->vm, self->path));
  g_assert_cmpint (mos_vm_get_state (self->vm), ==, MOS_VM_PAUSED);
  g_assert_cmphex (fake_get_register (), ==, 0xcafe);
  g_assert_cmpuint (*fake_rax (0), ==, 0x1234);
  g_assert_cmpuint (*fake_rax (1), ==, 77);
  g_assert_cmphex (fake_memory ()[0], ==, 0);
  g_assert_cmphex (fake_memory ()[5 * MOS_PAGE_SIZE - 1], ==, 0);
  g_assert_cmphex (fake_memory ()[5 * MOS_PAGE_SIZE], ==, 0xab);
  g_assert_cmphex (fake_memory ()[8 * MOS_PAGE_SIZE - 1], ==, 0xab);
  g_assert_cmphex (fake_memory ()[8 * MOS_PAGE_SIZE], ==, 0);
  g_assert_cmphex (fake_memory ()[FAKE_RAM_BYTES - 1], ==, 0xcd);

  /* It goes on, and can be saved again over the old file. */
  fake_ok (mos_vm_resume (self->vm));
  fake_ok (mos_vm_pause (self->vm));
  fake_ok (mos_vm_save_state (self->vm, self->path));
  g_assert_cmpuint (count_files (self->dir, FALSE), ==, 1);
}

static void
test_wrong_state (Fixture *self, gconstpointer data)
{
  g_autofree char *message = fake_error (
      mos_vm_save_state (self->vm, self->path), MOS_ERROR_WRONG_STATE);

  g_assert_nonnull (strstr (message, "Pause the machine first"));
  fake_ok (mos_vm_start (self->vm));
  g_free (fake_error (mos_vm_save_state (self->vm, self->path),
                      MOS_ERROR_WRONG_STATE));
  g_free (fake_error (mos_vm_load_state (self->vm, self->path),
                      MOS_ERROR_WRONG_STATE));
}

static void
assert_refused (Fixture *self, const char *path, MosError code)
{
  g_free (fake_error (mos_vm_load_state (self->vm, path), code));
  g_assert_cmpint (mos_vm_get_state (self->vm), ==, MOS_VM_STOPPED);
  g_assert_cmpuint (fake.n_alive, ==, 0);
}

static void
put (const char *path, const char *data, gsize size)
{
  g_assert_true (g_file_set_contents_full (
      path, data, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void
test_damage (Fixture *self, gconstpointer data)
{
  g_autofree char *bytes = NULL;
  g_autofree char *other = g_build_filename (self->dir, "damaged", NULL);
  gsize            size;

  save (self);
  fake_ok (mos_vm_force_stop (self->vm));
  g_assert_true (g_file_get_contents (self->path, &bytes, &size, NULL));

  for (gsize at = 0; at < size; at += size / 37 + 1) {
    bytes[at] ^= 0x10;
    put (other, bytes, size);
    assert_refused (self, other, MOS_ERROR_SYNTAX);
    bytes[at] ^= 0x10;
  }
  for (gsize cut = 0; cut < size; cut += size / 11 + 1) {
    put (other, bytes, cut);
    assert_refused (self, other, MOS_ERROR_SYNTAX);
  }
  assert_refused (self, "/nowhere/state", MOS_ERROR_IO);
  fake_ok (mos_vm_load_state (self->vm, self->path));
}

/* Changes bytes and makes the checksum right, as an enemy would. */
static void
put_forged (const char *path, const char *data, gsize size)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *copy = g_memdup2 (data, size);
  gsize            digest_size = 32;

  g_checksum_update (checksum, (const guchar *) data, (gssize) size - 32);
  g_checksum_get_digest (checksum, (guint8 *) copy + size - 32, &digest_size);
  put (path, copy, size);
}

static void
test_forgery (Fixture *self, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autofree char *bytes = NULL;
  g_autofree char *other = g_build_filename (self->dir, "forged", NULL);
  gsize            size;

  save (self);
  fake_ok (mos_vm_force_stop (self->vm));
  g_assert_true (g_file_get_contents (self->path, &bytes, &size, NULL));
  for (guint i = 0; i < 400; i++) {
    g_autofree char *copy = g_memdup2 (bytes, size);
    g_autoptr (MosOperation) operation = NULL;

    for (guint n = 0; n < 1 + i % 4; n++)
      copy[g_rand_int_range (random, 0, (gint32) size)] =
          (char) g_rand_int (random);
    put_forged (other, copy, size);
    operation = mos_vm_load_state (self->vm, other);
    if (mos_operation_wait (operation, NULL))
      fake_ok (mos_vm_force_stop (self->vm));
    g_assert_cmpint (mos_vm_get_state (self->vm), ==, MOS_VM_STOPPED);
    g_assert_cmpuint (fake.n_alive, ==, 0);
  }
}

static void
load_with (Fixture *self, const char *key, const char *value)
{
  g_autoptr (MosVmConfig) usual = g_object_ref (mos_vm_get_config (self->vm));
  g_autoptr (MosVmConfig) config = mos_vm_config_copy (usual);
  g_autofree char *message = NULL;

  mos_vm_config_set (config, key, value, NULL);
  g_assert_true (mos_vm_set_config (self->vm, config, NULL));
  message =
      fake_error (mos_vm_load_state (self->vm, self->path), MOS_ERROR_SYNTAX);
  g_assert_nonnull (strstr (message, "another"));
  g_assert_true (mos_vm_set_config (self->vm, usual, NULL));
}

static void
test_other_machine (Fixture *self, gconstpointer data)
{
  save (self);
  fake_ok (mos_vm_force_stop (self->vm));
  load_with (self, "vcpu_count", "1");
  load_with (self, "memory_mb", "8");
}

static void
test_full_disk (Fixture *self, gconstpointer data)
{
  const struct rlimit small = { 4096, RLIM_INFINITY };
  struct rlimit       usual;
  g_autofree char    *before = NULL;
  g_autofree char    *after = NULL;
  g_autofree char    *message = NULL;
  gsize               size_before, size_after;

  save (self);
  g_assert_true (g_file_get_contents (self->path, &before, &size_before, NULL));
  for (guint i = 0; i < FAKE_RAM_BYTES; i++)
    fake_memory ()[i] = (guint8) (i * 2654435761u >> 24);

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &usual), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  message = fake_error (mos_vm_save_state (self->vm, self->path), MOS_ERROR_IO);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &usual), ==, 0);
  g_assert_nonnull (strstr (message, self->path));

  g_assert_cmpuint (count_files (self->dir, FALSE), ==, 1);
  g_assert_true (g_file_get_contents (self->path, &after, &size_after, NULL));
  g_assert_cmpmem (before, size_before, after, size_after);
  g_assert_cmpint (mos_vm_get_state (self->vm), ==, MOS_VM_PAUSED);

  g_clear_pointer (&message, g_free);
  message =
      fake_error (mos_vm_save_state (self->vm, "/nowhere/state"), MOS_ERROR_IO);
}

static void
test_stop_overtakes_save (Fixture *self, gconstpointer data)
{
  g_autoptr (MosOperation) saving = NULL;

  save (self);
  saving = mos_vm_save_state (self->vm, self->path);
  fake_ok (mos_vm_force_stop (self->vm));
  mos_operation_wait (saving, NULL);
  g_assert_cmpint (mos_operation_get_state (saving), !=, MOS_OPERATION_FAILED);
  g_assert_cmpuint (count_files (self->dir, FALSE), ==, 1);
  fake_ok (mos_vm_load_state (self->vm, self->path));
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
  add ("/machine-state/round-trip", test_round_trip);
  add ("/machine-state/wrong-state", test_wrong_state);
  add ("/machine-state/damage", test_damage);
  add ("/machine-state/forgery", test_forgery);
  add ("/machine-state/other-machine", test_other_machine);
  add ("/machine-state/full-disk", test_full_disk);
  add ("/machine-state/stop-overtakes-save", test_stop_overtakes_save);
  return g_test_run ();
}
