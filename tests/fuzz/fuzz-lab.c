/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as a lab's file: read, or refused with the file's name. What was
 * read can be asked without a machine.
 */

#include <glib.h>
#include <string.h>

#include "engine/engine.h"
#include "tests/fuzz/fuzz.h"
#include "tutorials/lab.h"

static void
ask (const MosLab *lab)
{
  g_autoptr (MosLabWorld) world = mos_lab_world_new (NULL);
  const MosCheckWorld *checks = mos_lab_world_get_checks (world);

  for (guint i = 0; i < lab->steps->len; i++) {
    const MosLabStep *step = mos_lab_step (lab, i);
    g_autofree char  *missing = NULL;

    if (step->check != NULL) {
      g_autofree double *baseline =
          g_new0 (double, mos_check_n_deltas (step->check) + 1);

      mos_check_baseline (step->check, checks, baseline);
      mos_check_evaluate (step->check, checks, baseline, &missing);
    }
    for (guint k = 0; k < step->values->len; k++) {
      g_auto (MosLabValue) value =
          mos_check_value (step->values->pdata[k], checks, NULL);
      g_autofree char *text = mos_lab_value_describe (&value);

      g_assert_nonnull (text);
    }
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (MosLab) lab = mos_lab_parse (text, -1, "fuzz.md", &error);

  if (lab != NULL) {
    /* As words of itself it is refused, for it has more than words, or fits. */
    mos_lab_translate (lab, text, -1, "fuzz.de.md", NULL);
    ask (lab);
    return 0;
  }
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "fuzz.md:"));
  return 0;
}
