/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Random numbers, balloon or consoles under a driver that writes anything
 * anywhere, on every queue. The first byte picks device and features; then
 * fours of bytes say what to do, where (two) and with what.
 */
#include "devices/virtio/virtio-balloon.h"
#include "devices/virtio/virtio-console.h"
#include "devices/virtio/virtio-rng.h"
#include "tests/devices/virtio-rig.h"
#include "tests/fuzz/fuzz.h"

#define DEVFN MOS_PCI_DEVFN (4, 0)

typedef struct {
  VirtioDriver driver;
  MosDevice   *balloon;
  MosCharPort *ports[2];
} Target;

static void
offer (Target *self, const uint8_t *step)
{
  guint      where = step[1] | (guint) step[2] << 8;
  VirtioPart parts[] = { { 0x20000 + where * 16, step[3] * 64u + 1,
                           (step[0] & 8) != 0 },
                         { 0x30000 + where, step[3] + 1u, TRUE } };

  virtio_driver_use (&self->driver, step[2] % VIRTIO_RIG_QUEUES);
  virtio_driver_offer (&self->driver, parts, 1 + (step[0] >> 5 & 1),
                       (step[0] & 16) != 0);
  virtio_driver_kick (&self->driver);
}

static void
act (Target *self, const uint8_t *step)
{
  VirtioDriver    *driver = &self->driver;
  guint            where = step[1] | (guint) step[2] << 8;
  MosBalloonReport report;

  switch (step[0] & 7) {
  case 0:
    mos_char_port_feed (self->ports[step[3] & 1], step, 4);
    break;
  case 1:
    if (self->balloon != NULL)
      mos_virtio_balloon_get (self->balloon, &report);
    break;
  case 2:
    virtio_write (driver, driver->common + where % 0x38, step[3],
                  1u << (step[1] % 4));
    break;
  case 3:
    virtio_read (driver, VIRTIO_BAR_GPA + where % 0x4000, 1u << (step[3] % 3));
    break;
  case 4:
    virtio_write (driver, driver->config + where % 20, step[3], 1);
    break;
  case 5:
    offer (self, step);
    break;
  case 6:
    virtio_write (driver, driver->notify + where % 64, step[3] & 15, 2);
    break;
  default:
    rig_ram (driver->rig,
             step[0] & 8 ? VIRTIO_MORE_GPA : VIRTIO_RING_GPA)[where % 0x10000] =
        step[3];
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  StorageRig rig;
  MosPciBus *pci;
  Target     self = { 0 };
  guint8     kind = size > 0 ? data[0] : 0;
  guint64    features = 1ull << VIRTIO_VERSION_1;

  storage_rig_init (&rig);
  pci = mos_pci_bus_new (rig.bus);
  for (guint i = 0; i < 2; i++)
    self.ports[i] = mos_char_port_new (64);
  if (kind % 3 == 0)
    mos_virtio_rng_new (rig.bus, pci, DEVFN, "rng");
  else if (kind % 3 == 1)
    self.balloon =
        mos_virtio_balloon_new (rig.bus, pci, DEVFN, "balloon", 4096);
  else
    mos_virtio_console_new (rig.bus, pci, DEVFN, "console", self.ports, 2);
  virtio_driver_init (&self.driver, &rig, pci, DEVFN);
  features |= (guint64) (kind >> 2 & 1) << VIRTIO_PACKED |
              (guint64) (kind >> 3 & 3) << VIRTIO_INDIRECT;
  if (kind & 0x20)
    features |= self.driver.offered & 0xff;
  virtio_driver_negotiate (&self.driver, features);
  for (guint i = 1; i < 6; i++)
    virtio_driver_use (&self.driver, i);
  virtio_driver_use (&self.driver, 0);
  virtio_driver_start (&self.driver);
  for (size_t i = 1; i + 4 <= size && i < 4000; i += 4)
    act (&self, data + i);
  storage_rig_clear (&rig);
  for (guint i = 0; i < 2; i++)
    mos_char_port_unref (self.ports[i]);
  return 0;
}
