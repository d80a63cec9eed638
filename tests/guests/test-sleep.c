/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * ACPI S3 through the firmware: sleeper.S goes to sleep three times, and the
 * clock, the power button and a key wake it, to the same memory.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "tests/guests/guest-rig.h"

#define SECONDS 60
#define FLOPPY  (1440u * 1024)

static char *
write_floppy (const char *folder)
{
  g_autofree char *sector =
      g_test_build_filename (G_TEST_BUILT, "guests", "sleeper.bin", NULL);
  g_autofree char *code = NULL;
  g_autofree char *data = g_malloc0 (FLOPPY);
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, "floppy.img", NULL);
  gsize size;

  g_file_get_contents (sector, &code, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (size, ==, 512);
  memcpy (data, code, size);
  g_file_set_contents (path, data, FLOPPY, &error);
  g_assert_no_error (error);
  return path;
}

static guint
count_sleeps (MosVm *vm)
{
  g_autoptr (GPtrArray) lines = mos_log_lines (mos_vm_get_log (vm), 0);
  guint n = 0;

  for (guint i = 0; i < lines->len; i++) {
    MosLogLine *line = g_ptr_array_index (lines, i);

    n += strstr (line->text, "The guest sleeps") != NULL;
  }
  return n;
}

/* Until the machine has been asleep @n times. */
static void
wait_asleep (GuestRig *rig, guint n)
{
  while (count_sleeps (rig->vm) < n)
    g_main_context_iteration (NULL, FALSE);
}

static void
test_sleep (gconstpointer accel)
{
  g_autofree char *folder = g_dir_make_tmp ("multios-test-XXXXXX", NULL);
  g_autofree char *floppy = write_floppy (folder);
  g_autofree char *toml = NULL;
  g_autoptr (MosVmConfig) config = NULL;
  g_autoptr (MosOperation) stop = NULL;
  g_autoptr (GError) error = NULL;
  GuestRig rig;

  if (!guest_rig_has_backend (accel)) {
    g_test_skip ("this backend cannot run guests here");
    return;
  }
  toml = g_strdup_printf ("memory_mb = 32\n"
                          "[cpu]\naccel = \"%s\"\n"
                          "[[storage.drives]]\n"
                          "kind = \"floppy\"\npath = \"%s\"\n",
                          (const char *) accel, floppy);
  config = mos_vm_config_load_data (toml, -1, NULL, &error);
  g_assert_no_error (error);
  guest_rig_start (&rig, config);

  guest_rig_wait_serial (&rig, "ASLEEP 0", SECONDS);
  guest_rig_wait_serial (&rig, "AWAKE 0 8400 SAME", SECONDS);

  guest_rig_wait_serial (&rig, "ASLEEP 1", SECONDS);
  wait_asleep (&rig, 2);
  stop = mos_vm_stop (rig.vm);
  guest_rig_wait_serial (&rig, "AWAKE 1 8100 SAME", SECONDS);

  guest_rig_wait_serial (&rig, "ASLEEP 2", SECONDS);
  wait_asleep (&rig, 3);
  guest_rig_type (&rig, " ");
  guest_rig_wait_serial (&rig, "AWAKE 2 8000 SAME", SECONDS);

  /* The guest switches off now, which is what the button had asked for. */
  mos_operation_wait (stop, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mos_vm_get_state (rig.vm), ==, MOS_VM_STOPPED);
  guest_rig_clear (&rig);
  g_remove (floppy);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  static const char *const backends[] = { "soft", "kvm" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (backends); i++) {
    g_autofree char *path = g_strdup_printf ("/sleep/%s", backends[i]);

    g_test_add_data_func (path, backends[i], test_sleep);
  }
  return g_test_run ();
}
