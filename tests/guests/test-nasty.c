/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Pausing, going on with and stopping machines whose guests are nasty, on one
 * processor and on four, by the wall clock.
 *
 * The times are printed; they are to be below a tenth of a second on a host
 * that has nothing else to do. What fails is a machine that hangs.
 */
#include "app/lab.h"
#include "tests/guests/guest-rig.h"

#define READY_S 60
#define LIMIT_S 30.0

typedef struct {
  const char *name; /* asm/nasty.c goes by the first letter */
  guint       cpus;
} Case;

static double
seconds (gint64 since_us)
{
  return (double) (g_get_monotonic_time () - since_us) / G_USEC_PER_SEC;
}

/* Does it, waits, and prints how long that took. */
static void
timed (const Case *c, const char *what, MosOperation *operation, gint64 from_us)
{
  g_autoptr (MosOperation) owned = operation;
  g_autoptr (GError) error = NULL;
  double took;

  mos_operation_wait (owned, &error);
  g_assert_no_error (error);
  took = seconds (from_us);
  g_test_message ("%s on %u: %s after %.2f ms", c->name, c->cpus, what,
                  took * 1e3);
  g_assert_cmpfloat (took, <, LIMIT_S);
}

static void
test_nasty (gconstpointer data)
{
  const Case      *c = data;
  g_autofree char *kernel = g_build_filename (
      g_getenv ("MOS_BUILD_ROOT"), "tests/guests/asm/nasty.elf", NULL);
  g_autofree char *toml = g_strdup_printf (
      "name = \"Nasty\"\nmemory_mb = 32\nvcpu_count = %u\n[boot]\n"
      "kernel_path = \"%s\"\nkernel_args = \"%u %s\"\n[cpu]\n"
      "accel = \"soft\"\n",
      c->cpus, kernel, c->cpus, c->name);
  g_autoptr (GError) error = NULL;
  g_autoptr (MosVmConfig) config =
      mos_vm_config_load_data (toml, -1, NULL, &error);
  GuestRig rig;
  gint64   from_us;

  g_assert_no_error (error);
  guest_rig_start (&rig, config);
  guest_rig_wait_serial (&rig, "ready", READY_S);
  /* One that only resets is paused by the machine itself. */
  for (guint i = 0; i < 3; i++) {
    if (mos_vm_why_not (rig.vm, MOS_VM_ACTION_PAUSE) != NULL)
      break;
    from_us = g_get_monotonic_time ();
    timed (c, "paused", mos_vm_pause (rig.vm), from_us);
    g_assert_cmpint (mos_vm_get_state (rig.vm), ==, MOS_VM_PAUSED);
    from_us = g_get_monotonic_time ();
    timed (c, "resumed", mos_vm_resume (rig.vm), from_us);
  }
  from_us = g_get_monotonic_time ();
  timed (c, "stopped", mos_vm_force_stop (rig.vm), from_us);
  g_assert_cmpint (mos_vm_get_state (rig.vm), ==, MOS_VM_STOPPED);
  guest_rig_clear (&rig);
}

int
main (int argc, char **argv)
{
  static const char *const names[] = { "spin", "strings", "ports", "tables",
                                       "iret", "locks",   "halt",  "resets" };
  static Case              cases[2 * G_N_ELEMENTS (names)];

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = NULL;

    cases[i] = (Case){ names[i / 2], i % 2 == 0 ? 1 : 4 };
    path = g_strdup_printf ("/nasty/%s/%u", cases[i].name, cases[i].cpus);
    g_test_add_data_func (path, &cases[i], test_nasty);
  }
  return g_test_run ();
}
