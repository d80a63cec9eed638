/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A saved machine that somebody has changed. The input is records of four
 * bytes, a position in the file (three bytes) and what is XORed to the byte
 * there; the checksum is made right again, so that the changes reach the
 * devices and processors. The machine refuses it or runs; either way it stops.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/machine-rig.h"

#define RUN_MS         2
#define CHECKSUM_BYTES 32

/* hlt in a loop, interrupts on. */
static const guint8 guest[] = { 0xfb, 0xf4, 0xeb, 0xfc };

static char *path;
static char *saved;
static gsize saved_bytes;

static void
must (MosOperation *operation)
{
  g_autoptr (GError) error = NULL;

  mos_operation_wait (operation, &error);
  g_assert_no_error (error);
  g_object_unref (operation);
}

/* One good file, to start from. */
static void
save_once (void)
{
  MosVm *vm;

  if (saved != NULL)
    return;
  path = g_build_filename (g_get_tmp_dir (), "mos-fuzz-XXXXXX", NULL);
  close (g_mkstemp (path));
  vm = rig_vm_new (guest, sizeof guest, FALSE);
  must (mos_vm_start (vm));
  rig_run (RUN_MS);
  must (mos_vm_pause (vm));
  must (mos_vm_save_state (vm, path));
  rig_end (vm);
  g_assert_true (g_file_get_contents (path, &saved, &saved_bytes, NULL));
}

static void
put_forged (const uint8_t *data, size_t size)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *copy = g_memdup2 (saved, saved_bytes);
  gsize              body = saved_bytes - CHECKSUM_BYTES;
  gsize              digest = CHECKSUM_BYTES;

  for (size_t i = 0; i + 4 <= size; i += 4) {
    gsize at = data[i] | (gsize) data[i + 1] << 8 | (gsize) data[i + 2] << 16;

    copy[at % body] ^= data[i + 3];
  }
  g_checksum_update (checksum, copy, (gssize) body);
  g_checksum_get_digest (checksum, copy + body, &digest);
  g_assert_true (
      g_file_set_contents_full (path, (const char *) copy, (gssize) saved_bytes,
                                G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (MosOperation) load = NULL;
  MosVm *vm;

  if (rig_why_not () != NULL)
    return 0;
  save_once ();
  put_forged (data, size);
  vm = rig_vm_new (guest, sizeof guest, FALSE);
  load = mos_vm_load_state (vm, path);
  if (mos_operation_wait (load, NULL)) {
    must (mos_vm_resume (vm));
    rig_run (RUN_MS);
  }
  rig_end (vm);
  g_remove (path);
  return 0;
}
