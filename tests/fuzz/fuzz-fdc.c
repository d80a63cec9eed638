/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any sequence of port accesses to the floppy and DMA controllers, in threes
 * of bytes: what to do, where, with what. The floppy has a few sectors.
 */
#include "devices/devices.h"
#include "devices/storage/fdc.h"
#include "tests/devices/storage-rig.h"
#include "tests/fuzz/fuzz.h"

static guint16
pick_port (guint8 byte)
{
  static const guint16 bases[] = { 0x3f0, 0x3f0, 0x3f5, 0x00, 0x81, 0xc0 };
  static const guint16 masks[] = { 7, 7, 0, 0xf, 0, 0x1f };
  guint                i = byte % G_N_ELEMENTS (bases);

  return (guint16) (bases[i] + ((byte / G_N_ELEMENTS (bases)) & masks[i]));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  StorageRig rig;
  MosFdc    *fdc;
  g_autoptr (MosBlockStore) store = rig_pattern_store (100);
  g_autoptr (MosBlockStore) small = rig_pattern_store (1);

  storage_rig_init (&rig);
  fdc = mos_fdc_new (rig.bus, mos_dma8237_new (rig.bus));
  mos_fdc_install (fdc, 0, store, NULL);
  rig_out (&rig, 0x3f2, 0x1c, 1);
  for (size_t i = 0; i + 3 <= size && i < 3000; i += 3) {
    guint16 port = pick_port (data[i + 1]);
    gint64  now = mos_clock_now (rig.bus->clock);

    switch (data[i] & 7) {
    case 0:
      rig_settle (&rig);
      mos_clock_advance (rig.bus->clock, now + data[i + 2] * 100000);
      break;
    case 1:
      if (data[i + 1] % 16 == 0)
        mos_fdc_change_medium (fdc, 0, data[i + 2] & 1 ? small : NULL, NULL);
      break;
    case 2:
      rig_in (&rig, port, 1u << (data[i + 2] % 3));
      break;
    default:
      rig_out (&rig, port, data[i + 2], 1);
      break;
    }
  }
  rig_settle (&rig);
  storage_rig_clear (&rig);
  return 0;
}
