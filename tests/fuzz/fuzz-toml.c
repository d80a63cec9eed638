/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as a machine's file: read or refused with one line, and what was
 * read can be edited and read again.
 */

#include <glib.h>
#include <string.h>

#include "engine/engine.h"
#include "tests/fuzz/fuzz.h"

static void
edit (MosVmConfig *config)
{
  mos_vm_config_set (config, "vcpu_count", "3", NULL);
  mos_vm_config_set (config, "boot.kernel_args", "quiet", NULL);
  mos_vm_config_set (config, "devices.graphics.resolution", "800x600", NULL);
  mos_vm_config_add_table (config, "storage.drives",
                           "{ kind = \"cdrom\", x-y = [1] }", NULL);
  mos_vm_config_remove_table (config, "storage.drives", 0);
  mos_vm_config_unset (config, "name");
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again_error = NULL;
  g_autoptr (MosVmConfig) config = mos_vm_config_load_data (
      (const char *) data, (gssize) size, "fuzz.toml", &error);
  g_autoptr (MosVmConfig) again = NULL;
  g_autofree char *text = NULL;

  if (config == NULL) {
    g_assert_nonnull (error);
    g_assert_true (g_str_has_prefix (error->message, "fuzz.toml:"));
    return 0;
  }
  edit (config);
  text = mos_vm_config_to_toml (config);
  again = mos_vm_config_load_data (text, -1, "fuzz.toml", &again_error);
  if (again == NULL) /* a rule may be broken now, the grammar not */
    g_assert_false (g_error_matches (again_error, MOS_ERROR, MOS_ERROR_SYNTAX));
  return 0;
}
