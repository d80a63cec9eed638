/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as a lab in one file: read, or refused with the file's name.
 */

#include <glib.h>

#include "tests/fuzz/fuzz.h"
#include "tutorials/bundle.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosBundle) bundle =
      mos_bundle_parse (data, size, "fuzz.mlab", &error);

  g_assert_true ((bundle == NULL) == (error != NULL));
  if (bundle == NULL) {
    g_assert_true (g_str_has_prefix (error->message, "fuzz.mlab: "));
    return 0;
  }
  g_assert_nonnull (mos_bundle_get_lab (bundle)->id);
  g_assert_cmpuint (mos_bundle_n_files (bundle), <=, MOS_BUNDLE_MAX_FILES);
  return 0;
}
