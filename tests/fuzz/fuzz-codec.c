/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as a packed column; what was read survives packing again.
 */
#include <string.h>

#include "engine/engine.h"
#include "engine/monitor/codec.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) again = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize used = mos_codec_unpack (data, size, 4096, values);

  g_assert_cmpuint (used, <=, size);
  g_assert_cmpuint (values->len, <=, 4096);
  if (used == 0)
    return 0;
  mos_codec_pack (bytes, (const gint64 *) (gpointer) values->data, values->len);
  g_assert_cmpuint (mos_codec_unpack (bytes->data, bytes->len, 4096, again), ==,
                    bytes->len);
  g_assert_cmpmem (values->data, values->len * sizeof (gint64), again->data,
                   again->len * sizeof (gint64));
  return 0;
}
