/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * virtio-gpu under a driver that sends any command with any numbers, while
 * the screen is painted and resized. The first byte picks features; then come
 * sixteens of bytes: what, and three words and a bit for the command.
 */
#include <string.h>

#include "devices/virtio/virtio-gpu.h"
#include "tests/devices/virtio-rig.h"
#include "tests/fuzz/fuzz.h"

#define DEVFN         MOS_PCI_DEVFN (4, 0)
#define MAX_PAINTINGS 16

typedef struct {
  VirtioDriver driver;
  MosScreen   *screen;
  guint        paintings;
} Target;

static guint32
number (guint8 byte)
{
  static const guint32 odd[] = { 0, 1, 2, 64, 255, 4096, 4097, 0xffffffff };

  return byte < 128 ? byte : odd[byte & 7];
}

static void
command (Target *self, const uint8_t *step)
{
  static const guint32 types[] = { 0x100, 0x101, 0x102, 0x103, 0x104, 0x105,
                                   0x106, 0x107, 0x10a, 0x300, 0x301, 0x105,
                                   0x101, 0x106, 0x103, 0x999 };
  VirtioPart           parts[] = { { 0x20000, 24 + 48, FALSE },
                                   { 0x21000, 8u + step[15] * 4u, TRUE } };
  guint32              words[18] = { types[step[1] & 15] };

  for (guint i = 6; i < G_N_ELEMENTS (words); i++)
    words[i] = number (step[2 + i - 6]);
  if (words[0] == 0x106)
    words[8] = 0x30000;
  memcpy (rig_ram (self->driver.rig, 0x20000), words, sizeof words);
  virtio_driver_use (&self->driver, words[0] >= 0x300);
  virtio_driver_offer (&self->driver, parts, 2, FALSE);
  virtio_driver_kick (&self->driver);
}

static void
act (Target *self, const uint8_t *step)
{
  guint   where = step[2] | (guint) step[3] << 8;
  guint   width, height;
  GBytes *bytes;

  switch (step[0] & 7) {
  case 0:
    if (self->paintings++ < MAX_PAINTINGS) {
      bytes = mos_screen_capture (self->screen, &width, &height);
      g_bytes_unref (bytes);
    }
    break;
  case 1:
    mos_screen_hint_size (self->screen, where, step[4] * 16u);
    break;
  case 2:
    virtio_write (&self->driver, self->driver.common + where % 0x38, step[4],
                  1);
    break;
  case 3:
    rig_ram (self->driver.rig, VIRTIO_RING_GPA)[where % 0x3000] = step[4];
    break;
  default:
    command (self, step);
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  StorageRig rig;
  MosPciBus *pci;
  Target     self = { .screen = mos_screen_new (NULL) };

  storage_rig_init (&rig);
  pci = mos_pci_bus_new (rig.bus);
  mos_virtio_gpu_new (rig.bus, pci, DEVFN, "gpu", self.screen, NULL, NULL, 0,
                      0);
  virtio_driver_init (&self.driver, &rig, pci, DEVFN);
  virtio_driver_negotiate (&self.driver,
                           G_GUINT64_CONSTANT (1) << VIRTIO_VERSION_1 | 2);
  virtio_driver_use (&self.driver, 1);
  virtio_driver_use (&self.driver, 0);
  virtio_driver_start (&self.driver);
  for (size_t i = 1; i + 16 <= size && i < 8000; i += 16)
    act (&self, data + i);
  storage_rig_clear (&rig);
  mos_screen_unref (self.screen);
  return 0;
}
