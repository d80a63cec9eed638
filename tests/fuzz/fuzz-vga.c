/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any sequence of accesses to the display adapter: ports, VBE, the window,
 * BAR 2, time, saving and loading; with paintings in between. Whatever the
 * registers hold, nothing outside video memory is touched and a painting ends.
 *
 * An operation is four bytes: what, where (two), value.
 */

#include <glib.h>

#include "devices/video/vga.h"
#include "tests/fuzz/fuzz.h"

#define MAX_PAINTINGS 24
#define MAX_LOADS     2
#define BAR_GPA       0xe0000000u
#define MMIO_GPA      0xe2000000u
#define DEVFN         MOS_PCI_DEVFN (2, 0)

typedef struct {
  MosBus    *bus;
  MosPciBus *pci;
  MosScreen *screen;
  MosDevice *vga;
  guint      paintings;
  guint      loads;
} Target;

static void
paint (Target *self)
{
  guint   width, height;
  GBytes *bytes;
  char   *text;

  if (self->paintings++ >= MAX_PAINTINGS)
    return;
  bytes = mos_screen_capture (self->screen, &width, &height);
  g_assert_cmpuint (width, <=, MOS_SCREEN_MAX_WIDTH);
  g_assert_cmpuint (height, <=, MOS_SCREEN_MAX_HEIGHT);
  g_bytes_unref (bytes);
  text = mos_screen_text (self->screen);
  g_free (text);
}

static void
save_and_load (Target *self, guint at, guint value)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GVariant) other = NULL;
  gsize   size;
  guint8 *copy;

  if (self->loads++ >= MAX_LOADS)
    return;
  state = mos_device_save (self->vga);
  size = g_variant_get_size (state);
  if (size == 0 || size > 0x100000)
    return;
  copy = g_memdup2 (g_variant_get_data (state), size);
  copy[at % size] ^= (guint8) value;
  other = g_variant_ref_sink (g_variant_new_from_data (
      G_VARIANT_TYPE_VARDICT, copy, size, FALSE, g_free, copy));
  (void) mos_device_load (self->vga, other, NULL);
}

static void
step (Target *self, const guint8 *op)
{
  guint where = op[1] | op[2] << 8;
  guint value = op[3];
  guint size = 1u << (op[0] >> 4 & 1);

  switch (op[0] & 0x0f) {
  case 0:
  case 1:
  case 2:
    mos_bus_port_write (self->bus, (guint16) (0x3b0 + where % 0x30),
                        value | op[1] << 8, size);
    break;
  case 3:
    (void) mos_bus_port_read (self->bus, (guint16) (0x3b0 + where % 0x30),
                              size);
    break;
  case 4:
    /* Index and value in one. */
    mos_bus_port_write (self->bus, op[1] & 1 ? 0x3d4 : 0x3c4,
                        (op[2] & 0x1f) | value << 8, 2);
    break;
  case 5:
    mos_bus_port_write (self->bus, 0x3ce, (op[2] & 0x0f) | value << 8, 2);
    break;
  case 6:
    mos_bus_port_write (self->bus, 0x1ce, op[1] & 15, 2);
    mos_bus_port_write (self->bus, 0x1cf, op[2] << 8 | value, 2);
    break;
  case 7:
    mos_memory_map_write_u8 (self->bus->memory, 0xa0000 + where * 2,
                             (guint8) value);
    break;
  case 8:
    (void) mos_memory_map_read_u32 (self->bus->memory, 0xa0000 + where * 2);
    break;
  case 9:
    mos_memory_map_write_u16 (self->bus->memory, MMIO_GPA + where % 0x1000,
                              (guint16) (value * 0x101));
    break;
  case 10:
    (void) mos_memory_map_read_u32 (self->bus->memory,
                                    MMIO_GPA + where % 0x1000);
    break;
  case 11:
    mos_memory_map_write_u32 (self->bus->memory, BAR_GPA + where * 256,
                              value * 0x01020304u);
    break;
  case 12:
    mos_pci_bus_config_write (self->pci, DEVFN, op[1], value, 1);
    break;
  case 13:
    mos_clock_advance (self->bus->clock, mos_clock_now (self->bus->clock) +
                                             (gint64) where * 100000);
    break;
  case 14:
    save_and_load (self, where, value);
    break;
  default:
    paint (self);
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Target self = { 0 };

  self.bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  mos_clock_resume (self.bus->clock);
  self.pci = mos_pci_bus_new (self.bus);
  self.screen = mos_screen_new (NULL);
  self.vga = mos_vga_new (self.bus, "vga", self.pci, DEVFN, self.screen, NULL,
                          0, 0, NULL);
  mos_pci_bus_config_write (self.pci, DEVFN, MOS_PCI_BAR0, BAR_GPA, 4);
  mos_pci_bus_config_write (self.pci, DEVFN, MOS_PCI_BAR0 + 8, MMIO_GPA, 4);
  mos_pci_bus_config_write (self.pci, DEVFN, MOS_PCI_COMMAND, 3, 2);
  mos_vga_start_text (self.vga);
  for (size_t i = 0; i + 4 <= size; i += 4)
    step (&self, data + i);
  paint (&self);
  mos_bus_free (self.bus);
  mos_screen_unref (self.screen);
  return 0;
}
