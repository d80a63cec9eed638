/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A virtio keyboard or tablet under a driver that writes anything anywhere,
 * while keys and pointers move. The first byte picks kind and features; then
 * fours of bytes say what to do, where (two) and with what.
 */
#include "devices/virtio/virtio-input.h"
#include "tests/devices/virtio-rig.h"
#include "tests/fuzz/fuzz.h"

#define DEVFN MOS_PCI_DEVFN (4, 0)

static void
act (VirtioDriver *driver, MosInputPort *input, const uint8_t *step)
{
  guint      where = step[1] | (guint) step[2] << 8;
  VirtioPart part = { 0x20000 + where, step[3], (step[0] & 8) != 0 };

  switch (step[0] & 7) {
  case 0:
    mos_input_port_key (input, step[1], step[3] & 1);
    break;
  case 1:
    mos_input_port_place (input, (int) where * (step[3] - 128), -(int) where,
                          step[3] % 5 - 2, step[3]);
    break;
  case 2:
    virtio_write (driver, driver->common + where % 0x38, step[3],
                  1u << (step[1] % 4));
    break;
  case 3:
    virtio_read (driver, VIRTIO_BAR_GPA + where % 0x4000, 1u << (step[3] % 3));
    break;
  case 4:
    virtio_write (driver, driver->config + where % 140, step[3], 1);
    break;
  case 5:
    virtio_driver_offer (driver, &part, 1, (step[0] & 16) != 0);
    virtio_driver_kick (driver);
    break;
  case 6:
    /* Kicks of any queue. */
    virtio_write (driver, driver->notify + where % 64, step[3] & 3, 2);
    break;
  default:
    rig_ram (driver->rig,
             step[0] & 8 ? 0x18000u : VIRTIO_RING_GPA)[where % 0x3000] =
        step[3];
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  StorageRig         rig;
  MosPciBus         *pci;
  VirtioDriver       driver;
  MosVirtioInputKind kind = MOS_VIRTIO_TABLET;
  guint64            features = 1ull << VIRTIO_VERSION_1;
  g_autoptr (MosInputPort) input = mos_input_port_new ();

  if (size > 0) {
    features |= (guint64) (data[0] & 1) << VIRTIO_PACKED |
                (guint64) (data[0] >> 1 & 3) << VIRTIO_INDIRECT;
    if ((data[0] & 8) != 0)
      kind = MOS_VIRTIO_KEYBOARD;
  }
  storage_rig_init (&rig);
  pci = mos_pci_bus_new (rig.bus);
  mos_virtio_input_new (rig.bus, pci, DEVFN, "input", kind, input);
  virtio_driver_init (&driver, &rig, pci, DEVFN);
  virtio_driver_negotiate (&driver, features);
  virtio_driver_start (&driver);
  for (size_t i = 1; i + 4 <= size && i < 4000; i += 4)
    act (&driver, input, data + i);
  storage_rig_clear (&rig);
  return 0;
}
