/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as a saved processor: it is loaded whole or refused, and what was
 * loaded is saved again as the same.
 */

#include "engine/cpu/state.h"
#include "tests/fuzz/fuzz.h"

/* A good state with some of its bytes replaced, so that the checks behind the
 * outer form are reached too: three bytes of place, one of value. */
static GVariant *
spoil (const uint8_t *data, size_t size)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  g_autoptr (GVariant) good = NULL;
  guint8 *bytes;
  gsize   length;

  mos_cpu_state_reset (state, 0, TRUE);
  good = mos_cpu_state_save (state);
  length = g_variant_get_size (good);
  bytes = g_memdup2 (g_variant_get_data (good), length);
  for (size_t i = 0; i + 4 <= size; i += 4)
    bytes[(data[i] | data[i + 1] << 8 | data[i + 2] << 16) % length] =
        data[i + 3];
  return g_variant_ref_sink (g_variant_new_from_data (
      G_VARIANT_TYPE_VARDICT, bytes, length, FALSE, g_free, bytes));
}

static void
load (GVariant *input)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  g_autoptr (GError) error = NULL;

  if (mos_cpu_state_load (state, input, &error)) {
    g_autofree MosCpuState *again = g_new0 (MosCpuState, 1);
    g_autoptr (GVariant) first = mos_cpu_state_save (state);
    g_autoptr (GVariant) second = NULL;
    g_autofree char *text = mos_cpu_state_describe (state);

    g_assert_nonnull (text);
    g_assert_true (mos_cpu_state_load (again, first, NULL));
    second = mos_cpu_state_save (again);
    g_assert_true (g_variant_equal (first, second));
    mos_cpu_state_clear (again);
  } else {
    g_assert_nonnull (error);
  }
  mos_cpu_state_clear (state);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  guint8 *copy = g_memdup2 (data, size);
  g_autoptr (GVariant) raw = g_variant_ref_sink (g_variant_new_from_data (
      G_VARIANT_TYPE_VARDICT, copy, size, FALSE, g_free, copy));
  g_autoptr (GVariant) spoiled = spoil (data, size);

  load (raw);
  load (spoiled);
  return 0;
}
