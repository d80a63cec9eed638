/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A real machine for fuzz targets. Whatever a guest does, the machine must be
 * stopped when it is told to, and nothing of it may be left.
 */
#include "tests/fuzz/machine-rig.h"

#include "app/lab.h"
#include "devices/devices.h"
#include "tests/fuzz/fuzz.h"

typedef struct {
  MosHypervisor *hypervisor;
  GBytes        *image; /* what the next machine boots */
  char          *why_not;
} Rig;

static Rig rig;

static GBytes *
make_guest (const char *arguments, char **command_line, GError **error)
{
  return g_bytes_ref (rig.image);
}

static MosBlockStore *
open_image (const char *path,
            const char *format,
            gboolean    read_only,
            GError    **error)
{
  return mos_memory_store_new (rig.image, TRUE);
}

static const MosGuestInfo guests[] = {
  { "fuzz", "Fuzz", "The input", NULL, make_guest },
};

static void
set_up (void)
{
  g_autoptr (GError) error = NULL;

  if (rig.hypervisor != NULL)
    return;
  rig.hypervisor = mos_lab_new (FALSE);
  mos_hypervisor_set_guests (rig.hypervisor, guests, G_N_ELEMENTS (guests));
  mos_hypervisor_set_open_image (rig.hypervisor, open_image);
  if (mos_hypervisor_choose_backend (rig.hypervisor, "auto", NULL, &error) ==
      NULL)
    rig.why_not = g_strdup (error->message);
}

const char *
rig_why_not (void)
{
  set_up ();
  return rig.why_not;
}

const char *
fuzz_skip_reason (void)
{
  return rig_why_not ();
}

static void
check_set (MosVmConfig *config, const char *key, const char *value)
{
  g_autoptr (GError) error = NULL;

  mos_vm_config_set (config, key, value, &error);
  g_assert_no_error (error);
}

MosVm *
rig_vm_new (const guint8 *data, gsize size, gboolean floppy)
{
  g_autoptr (MosVmConfig) config = mos_vm_config_new_minimal ("fuzz", 1, 4);
  g_autoptr (GError) error = NULL;
  MosVm *vm;

  set_up ();
  g_clear_pointer (&rig.image, g_bytes_unref);
  rig.image = g_bytes_new (data, size);
  if (g_getenv ("MOS_FUZZ_ACCEL") != NULL)
    check_set (config, "cpu.accel", g_getenv ("MOS_FUZZ_ACCEL"));
  check_set (config, "devices.debug_exit", "true");
  check_set (config, "boot.guest", floppy ? "" : "fuzz");
  if (floppy) {
    check_set (config, "memory_mb", "16");
    check_set (config, "boot.boot_order", "FloppyFirst");
    /* The path is only looked at; the rig opens the input instead. */
    mos_vm_config_add_table (config, "storage.drives",
                             "{ kind = \"floppy\", path = \"/proc/self/exe\" }",
                             &error);
    g_assert_no_error (error);
  }
  vm = mos_hypervisor_create_vm (rig.hypervisor, config, &error);
  g_assert_no_error (error);
  return vm;
}

static gboolean
over_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

void
rig_run (guint run_ms)
{
  gboolean over = FALSE;

  g_timeout_add (run_ms, over_cb, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

void
rig_end (MosVm *vm)
{
  g_autoptr (MosVm) kept = g_object_ref (vm);

  /* It may be on its way by itself. */
  if (mos_vm_why_not (vm, MOS_VM_ACTION_FORCE_STOP) == NULL)
    g_object_unref (mos_vm_force_stop (vm));
  while (mos_vm_get_state (vm) != MOS_VM_STOPPED ||
         mos_vm_why_not (vm, MOS_VM_ACTION_DELETE) != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (mos_vm_delete (vm));
  mos_hypervisor_purge (rig.hypervisor, mos_vm_get_uuid (vm));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
rig_try (MosVm *vm, guint run_ms)
{
  g_autoptr (MosOperation) start = mos_vm_start (vm);

  if (mos_operation_wait (start, NULL))
    rig_run (run_ms);
  rig_end (vm);
}
