/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A virtio network adapter under a driver that writes anything anywhere, in
 * each of its three queues, while frames arrive. The first byte picks features;
 * then fives of bytes say what to do, where (two) and with what (two).
 */
#include <string.h>

#include "devices/net/virtio-net.h"
#include "tests/devices/virtio-rig.h"
#include "tests/fuzz/fuzz.h"

#define DEVFN     MOS_PCI_DEVFN (4, 0)
#define FRAME_GPA 0x60000u

static void
ignore_frame (gpointer      user_data,
              const guint8 *frame,
              gsize         size,
              MosNetFlags   flags)
{
}

static void
arrive (MosNetPort *port, guint size, uint8_t fill)
{
  guint8 frame[4096];

  memset (frame, fill, sizeof frame);
  mos_net_port_to_device (port, frame, 1 + size % sizeof frame, fill & 1);
}

static void
act (VirtioDriver *driver, MosNetPort *port, const uint8_t *step)
{
  guint      where = step[1] | (guint) step[2] << 8;
  VirtioPart parts[2] = {
    { FRAME_GPA + (where & 0xfff), step[3] * 16u, FALSE },
    { FRAME_GPA + where, step[4] * 16u, TRUE },
  };

  switch (step[0] & 7) {
  case 0:
    arrive (port, where, step[3]);
    break;
  case 1:
    virtio_driver_use (driver, (step[0] >> 3) % 3);
    break;
  case 2:
    virtio_write (driver, driver->common + where % 0x38, step[3],
                  1u << (step[4] % 3));
    break;
  case 3:
    virtio_read (driver, VIRTIO_BAR_GPA + where % 0x4000, 1u << (step[3] % 3));
    break;
  case 4:
    virtio_driver_offer (driver, parts + (step[0] >> 4 & 1),
                         1 + ((step[0] & 0x30) == 0), (step[0] & 8) != 0);
    virtio_driver_kick (driver);
    break;
  case 5:
    rig_ram (driver->rig, FRAME_GPA)[where] = step[3];
    break;
  case 6:
    rig_ram (driver->rig, driver->now.ring)[where % 0x3000] = step[3];
    break;
  default:
    if (step[3] & 1)
      mos_net_port_set_link (port, step[4] & 1);
    else
      virtio_write (driver, driver->notify + where % 64, 0, 2);
    break;
  }
  rig_settle (driver->rig);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const guint8 mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
  StorageRig          rig;
  MosPciBus          *pci;
  MosNetPort         *port;
  VirtioDriver        driver;
  guint64             features = 1ull << VIRTIO_VERSION_1 | 0x8e0823;

  if (size > 0)
    features |= (guint64) (data[0] & 1) << VIRTIO_PACKED |
                (guint64) (data[0] >> 1 & 3) << VIRTIO_INDIRECT |
                (guint64) (data[0] >> 3 & 1) << 15;
  storage_rig_init (&rig);
  pci = mos_pci_bus_new (rig.bus);
  port = mos_net_port_new (rig.bus->io_context);
  mos_virtio_net_new (rig.bus, pci, DEVFN, "net0", mac, 1500, port, NULL);
  mos_net_port_set_peer (port, ignore_frame, NULL);
  virtio_driver_init (&driver, &rig, pci, DEVFN);
  virtio_driver_negotiate (&driver, features);
  for (guint i = 2; i > 0; i--)
    virtio_driver_use (&driver, i);
  virtio_driver_use (&driver, 0);
  virtio_driver_start (&driver);
  for (size_t i = 1; i + 5 <= size && i < 3000; i += 5)
    act (&driver, port, data + i);
  storage_rig_clear (&rig);
  mos_net_port_unref (port);
  return 0;
}
