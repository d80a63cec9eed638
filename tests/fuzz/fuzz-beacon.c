/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any words to the beacon, heard by a hierarchy: names stay valid UTF-8, and
 * rows stay few. Fives of bytes: size and whether to begin a message; a word.
 */
#include "devices/framework/harness.h"
#include "devices/lab/beacon.h"
#include "engine/nested/hierarchy.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  MosDeviceHarness *h = mos_device_harness_new ();

  mos_beacon_new (h->bus, mos_hierarchy_beacon (hierarchy));
  mos_bus_reset (h->bus);
  for (; size >= 5; data += 5, size -= 5) {
    guint32 word = data[1] | (guint32) data[2] << 8 | (guint32) data[3] << 16 |
                   (guint32) data[4] << 24;

    if (data[0] & 8)
      word = 0x4d421000 | (word & 0xfff);
    mos_bus_port_write (h->bus, MOS_BEACON_PORT + (data[0] >> 6 & 1), word,
                        data[0] & 0x10 ? 2 : 4);
  }
  mos_hierarchy_read (hierarchy, 0, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, <=, 64 * MOS_HIERARCHY_LEVELS);
  g_assert_true (g_utf8_validate (snapshot.name, -1, NULL));
  for (guint i = 0; i < snapshot.guests->len; i++)
    g_assert_true (g_utf8_validate (
        g_array_index (snapshot.guests, MosHierarchyGuest, i).name, -1, NULL));
  mos_device_harness_free (h);
  return 0;
}
