/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any sequence of port accesses to the IDE controller with a small disk and a
 * small CD, in threes of bytes: what to do, where, with what. The bus master's
 * table and the data lie in RAM that is never cleared by the controller.
 */
#include <string.h>

#include "devices/devices.h"
#include "devices/storage/ide.h"
#include "tests/devices/storage-rig.h"
#include "tests/fuzz/fuzz.h"

#define BM_PORT 0xc000

static guint16
pick_port (guint8 byte)
{
  static const guint16 ports[] = { 0x1f0,  0x1f1,  0x1f2,  0x1f3,  0x1f4,
                                   0x1f5,  0x1f6,  0x1f7,  0x3f6,  BM_PORT,
                                   0xc002, 0xc004, 0xc005, 0xc006, 0x177 };

  return ports[byte % G_N_ELEMENTS (ports)];
}

/* Data in bulk, as drivers move it. */
static void
move_data (StorageRig *rig, guint8 how)
{
  static guint8 const packet[12] = { 0x28, 0, 0, 0, 0, 1, 0, 0, 2 };
  guint8              data[1024];

  switch (how & 3) {
  case 0:
    mos_bus_port_read_many (rig->bus, 0x1f0, 2, 256, data);
    break;
  case 1:
    memset (data, how, sizeof data);
    mos_bus_port_write_many (rig->bus, 0x1f0, 4, 128, data);
    break;
  case 2:
    mos_bus_port_write_many (rig->bus, 0x1f0, 2, 6, packet);
    break;
  default:
    mos_bus_port_read_many (rig->bus, 0x1f0, 4, 256, data);
    break;
  }
}

static void
act (StorageRig *rig, MosIde *ide, MosBlockStore *disc, const uint8_t *step)
{
  guint16 port = pick_port (step[1]);

  switch (step[0] & 7) {
  case 0:
    rig_settle (rig);
    break;
  case 1:
    move_data (rig, step[2]);
    break;
  case 2:
    rig_in (rig, port, 1u << (step[2] % 3));
    break;
  case 3:
    if (step[1] == 0)
      mos_ide_change_medium (ide, 1, step[2] & 1 ? disc : NULL);
    else
      rig_ram (rig, 0)[step[1] % 64] = step[2];
    break;
  case 4:
    rig_out (rig, port, step[2] * 0x01010101u, 4);
    break;
  default:
    rig_out (rig, port, step[2], 1);
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  StorageRig rig;
  MosPciBus *pci;
  MosIde    *ide;
  g_autoptr (MosBlockStore) store = rig_pattern_store (200);
  g_autoptr (MosBlockStore) disc = rig_pattern_store (41);
  g_autoptr (GVariant) state = NULL;

  storage_rig_init (&rig);
  pci = mos_pci_bus_new (rig.bus);
  ide = mos_ide_new (rig.bus, pci);
  mos_ide_add_disk (ide, 0, store);
  mos_ide_add_cdrom (ide, 1, disc);
  mos_pci_bus_config_write (pci, MOS_PCI_DEVFN (1, 1), 0x20, BM_PORT, 4);
  mos_pci_bus_config_write (pci, MOS_PCI_DEVFN (1, 1), 0x04, 5, 2);
  for (size_t i = 0; i + 3 <= size && i < 3000; i += 3)
    act (&rig, ide, disc, data + i);
  state = mos_bus_save (rig.bus);
  g_assert_true (mos_bus_load (rig.bus, state, NULL));
  rig_settle (&rig);
  storage_rig_clear (&rig);
  return 0;
}
