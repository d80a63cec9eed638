/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Eight guests that are stuck, each for its own reason, and one that is not.
 * They are boot sectors of a few bytes, on a floppy in the real machine; each
 * must get its own card and no other on the way to it.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "app/lab.h"

#define PAUSE_MS    100
#define MAX_SAMPLES 600
#define FLOPPY      (1440u * 1024)

typedef struct {
  MosStuckCause cause;
  const char   *name;
  guint8        code[40];
  gboolean      unsigned_; /* no 55 AA */
} Fixture;

static const Fixture fixtures[] = {
  /* cli; hlt; jmp $-1 */
  { MOS_STUCK_HALTED, "halted", { 0xfa, 0xf4, 0xeb, 0xfd }, FALSE },
  /* lidt [0x7c10]: limit 0; int3 */
  { MOS_STUCK_RESETS,
    "triple-fault",
    { 0x31, 0xc0, 0x8e, 0xd8, 0x0f, 0x01, 0x1e, 0x10, 0x7c, 0xcc },
    FALSE },
  /* ds = 0; [6 * 4] = 0:7c14; ud2; the handler at 7c14 is iret */
  { MOS_STUCK_FAULTS,
    "faults",
    { 0x31, 0xc0, 0x8e, 0xd8, 0xc7, 0x06, 0x18, 0x00, 0x14, 0x7c, 0xa3,
      0x1a, 0x00, 0x0f, 0x0b, 0xeb, 0xfc, 0x90, 0x90, 0x90, 0xcf },
    FALSE },
  /* again: ah = 0; int 16h; jmp again */
  { MOS_STUCK_KEY, "key", { 0xb4, 0x00, 0xcd, 0x16, 0xeb, 0xfa }, FALSE },
  { MOS_STUCK_NO_BOOT, "no-boot", { 0 }, TRUE },
  /* again: in al, 0x64; jmp again */
  { MOS_STUCK_PORT, "port", { 0xe4, 0x64, 0xeb, 0xfc }, FALSE },
  { MOS_STUCK_LOOP, "loop", { 0xeb, 0xfe }, FALSE },
  /* ax = bx = si = 0; jmp 2000:0000, where nothing is */
  { MOS_STUCK_EMPTY,
    "empty",
    { 0x31, 0xc0, 0x31, 0xdb, 0x31, 0xf6, 0xea, 0x00, 0x00, 0x00, 0x20 },
    FALSE },
};

static char *
write_floppy (const char *folder, const Fixture *fixture)
{
  char              *path = g_build_filename (folder, "floppy.img", NULL);
  g_autofree guint8 *data = g_malloc0 (FLOPPY);

  memcpy (data, fixture->code, sizeof fixture->code);
  if (!fixture->unsigned_) {
    data[510] = 0x55;
    data[511] = 0xaa;
  }
  g_assert_true (g_file_set_contents (path, (const char *) data, FLOPPY, NULL));
  return path;
}

static MosVm *
start (MosHypervisor *hypervisor, const char *toml)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosVmConfig) config =
      mos_vm_config_load_data (toml, -1, NULL, &error);
  g_autoptr (MosOperation) operation = NULL;
  MosVm *vm;

  g_assert_no_error (error);
  vm = mos_hypervisor_create_vm (hypervisor, config, &error);
  g_assert_no_error (error);
  operation = mos_vm_start (vm);
  mos_operation_wait (operation, &error);
  g_assert_no_error (error);
  return vm;
}

/* Samples as the window does, and lets the main loop run in between. */
typedef struct {
  MosStuck     *stuck;
  GMainLoop    *loop;
  MosStuckCause cause;
  char         *facts;
} Look;

static gpointer
sample_thread (gpointer user_data)
{
  Look *look = user_data;

  look->cause = mos_stuck_sample (look->stuck, &look->facts);
  g_main_context_invoke (NULL, (GSourceFunc) (GCallback) g_main_loop_quit,
                         look->loop);
  return NULL;
}

static gboolean
next_cb (gpointer user_data)
{
  g_thread_unref (g_thread_new ("sample", sample_thread, user_data));
  return G_SOURCE_REMOVE;
}

static MosStuckCause
look_once (Look *look)
{
  g_clear_pointer (&look->facts, g_free);
  g_timeout_add (PAUSE_MS, next_cb, look);
  g_main_loop_run (look->loop);
  return look->cause;
}

static void
look_clear (Look *look)
{
  g_free (look->facts);
  g_main_loop_unref (look->loop);
  mos_stuck_free (look->stuck);
}

static void
test_cause (gconstpointer data)
{
  const Fixture   *fixture = data;
  g_autofree char *folder = g_dir_make_tmp ("stuck-XXXXXX", NULL);
  g_autofree char *path = write_floppy (folder, fixture);
  g_autofree char *toml = g_strdup_printf (
      "name = \"Stuck\"\nmemory_mb = 16\n[boot]\n"
      "boot_order = \"FloppyFirst\"\n[cpu]\naccel = \"soft\"\n"
      "[[storage.drives]]\nkind = \"%s\"\nformat = \"raw\"\n"
      "path = \"%s\"\n",
      /* The BIOS starts a floppy without looking at its signature. */
      fixture->unsigned_ ? "disk" : "floppy", path);
  g_autoptr (MosHypervisor) hypervisor = mos_lab_new (FALSE);
  MosVm        *vm = start (hypervisor, toml);
  Look          look = { mos_stuck_new (vm), g_main_loop_new (NULL, FALSE),
                         MOS_STUCK_NOT, NULL };
  MosStuckCause cause = MOS_STUCK_NOT;

  for (guint i = 0; i < MAX_SAMPLES && cause == MOS_STUCK_NOT; i++)
    cause = look_once (&look);
  g_test_message ("%s: %s", mos_stuck_infos[cause].name, look.facts);
  g_assert_cmpstr (mos_stuck_infos[cause].name, ==,
                   mos_stuck_infos[fixture->cause].name);
  g_assert_nonnull (look.facts);
  look_clear (&look);
  mos_hypervisor_shutdown (hypervisor);
  g_remove (path);
  g_rmdir (folder);
}

static void
test_healthy (void)
{
  g_autoptr (MosHypervisor) hypervisor = mos_lab_new (FALSE);
  MosVm *vm = start (hypervisor, "name = \"Well\"\nmemory_mb = 16\n[boot]\n"
                                 "guest = \"simple-boot\"\n[cpu]\n"
                                 "accel = \"soft\"\n");
  Look   look = { mos_stuck_new (vm), g_main_loop_new (NULL, FALSE),
                  MOS_STUCK_NOT, NULL };
  guint  samples = g_test_slow () ? 430 : 100; /* a minute */

  for (guint i = 0; i < samples; i++) {
    MosStuckCause cause = look_once (&look);

    g_assert_cmpstr (mos_stuck_infos[cause].name, ==, "");
  }
  look_clear (&look);
  mos_hypervisor_shutdown (hypervisor);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fixtures); i++) {
    g_autofree char *path = g_strconcat ("/stuck/", fixtures[i].name, NULL);

    g_test_add_data_func (path, &fixtures[i], test_cause);
  }
  g_test_add_func ("/stuck/healthy", test_healthy);
  return g_test_run ();
}
