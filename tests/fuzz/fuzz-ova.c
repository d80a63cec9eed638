/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as an appliance: described or refused, and its disks unpacked or
 * refused without leaving anything. Disks may be huge but are sparse.
 */
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "app/ova.h"
#include "tests/fuzz/fuzz.h"

static void
try_as (const char *folder, const char *name, const guint8 *data, gsize size)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *target = g_build_filename (folder, "disk.img", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MosOva) ova = NULL;
  g_autoptr (MosVmConfig) config = NULL;

  g_assert_true (
      g_file_set_contents (path, (const char *) data, (gssize) size, NULL));
  ova = mos_ova_open (path, &error);
  g_assert_true ((ova == NULL) == (error != NULL));
  if (ova != NULL) {
    config = mos_ova_make_config (ova, "Fuzz", &error);
    g_assert_no_error (error);
  }
  for (guint i = 0; ova != NULL && i < ova->n_disks; i++) {
    g_clear_error (&error);
    if (mos_ova_unpack (ova, i, target, NULL, NULL, NULL, &error)) {
      g_assert_no_error (error);
      g_unlink (target);
    } else {
      g_assert_nonnull (error);
      g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
    }
  }
  g_unlink (path);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *folder = g_dir_make_tmp ("fuzz-ova-XXXXXX", NULL);

  try_as (folder, "a.ova", data, size);
  try_as (folder, "a.ovf", data, size);
  g_rmdir (folder);
  return 0;
}
