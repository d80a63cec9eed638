/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A virtio disk under a driver that writes anything anywhere: its registers,
 * its rings, its tables. The first byte picks the features; then fours of
 * bytes say what to do, where (two) and with what.
 */
#include "devices/virtio/virtio-blk.h"
#include "tests/devices/virtio-rig.h"
#include "tests/fuzz/fuzz.h"

#define DEVFN MOS_PCI_DEVFN (4, 0)

/* A request that makes sense, so that the rest is reached. */
static void
offer_good (VirtioDriver *driver, guint8 type, guint8 how)
{
  const VirtioPart parts[] = { { 0x20000, 16, FALSE },
                               { 0x30000, (how & 7) * 512u + (how >> 7),
                                 type == 0 || type == 8 },
                               { 0x20100, 1, TRUE } };

  rig_ram (driver->rig, 0x20000)[0] = type;
  virtio_driver_offer (driver, parts, 3, (how & 8) != 0);
}

static void
act (VirtioDriver *driver, const uint8_t *step)
{
  guint where = step[1] | (guint) step[2] << 8;

  switch (step[0] & 7) {
  case 0:
    rig_settle (driver->rig);
    break;
  case 1:
    virtio_driver_kick (driver);
    break;
  case 2:
    virtio_write (driver, driver->common + where % 0x38, step[3],
                  1u << (step[1] % 4));
    break;
  case 3:
    virtio_read (driver, VIRTIO_BAR_GPA + where % 0x4000, 1u << (step[3] % 3));
    break;
  case 4:
    virtio_write (driver, driver->config + where % 64, step[3], 1);
    break;
  case 5:
    offer_good (driver, step[3] % 16, step[1]);
    virtio_driver_kick (driver);
    break;
  default:
    /* The rings, the table, the header. */
    rig_ram (driver->rig,
             step[0] & 8 ? 0x18000u : VIRTIO_RING_GPA)[where % 0x3000] =
        step[3];
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  StorageRig   rig;
  MosPciBus   *pci;
  VirtioDriver driver;
  guint64      features = 1ull << VIRTIO_VERSION_1 | 1u << 9;
  g_autoptr (MosBlockStore) store = rig_pattern_store (64);

  storage_rig_init (&rig);
  pci = mos_pci_bus_new (rig.bus);
  mos_virtio_blk_new (rig.bus, pci, DEVFN, "disk", store);
  virtio_driver_init (&driver, &rig, pci, DEVFN);
  if (size > 0)
    features |= (guint64) (data[0] & 1) << VIRTIO_PACKED |
                (guint64) (data[0] >> 1 & 3) << VIRTIO_INDIRECT;
  virtio_driver_negotiate (&driver, features);
  virtio_driver_start (&driver);
  for (size_t i = 1; i + 4 <= size && i < 4000; i += 4)
    act (&driver, data + i);
  rig_settle (&rig);
  storage_rig_clear (&rig);
  return 0;
}
