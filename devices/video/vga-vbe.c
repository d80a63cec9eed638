/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Bochs VBE extensions: resolutions and depths beyond the VGA's.
 *
 * An index port and a data port of 16 bits (0x1ce, 0x1cf), and the same
 * registers in the memory of BAR 2 beside the VGA's ports and the monitor's
 * EDID. The interface is that of the Bochs VBE display with ids 0xb0c0 to
 * 0xb0c5: set width, height and depth, then enable; after that a virtual
 * width, an offset and a bank. What cannot be is refused, so the values are
 * always a mode that fits into video memory.
 */

#include <string.h>

#include "devices/video/vga-private.h"

#define PORT       0x1ce
#define ID_FIRST   0xb0c0
#define ID_LAST    0xb0c5
#define MAX_BITS   32
#define BANK_BYTES 0x10000u

#define MMIO_EDID    0x000
#define MMIO_PORTS   0x400 /* 0x3c0 to 0x3df */
#define MMIO_VBE     0x500
#define MMIO_EXTRA   0x600 /* size of this block; byte order */
#define EXTRA_BYTES  8
#define EXTRA_LITTLE 0x1e1e1e1eu

gboolean
mos_vga_vbe_on (const MosVga *self)
{
  return (self->vbe[VBE_ENABLE] & VBE_ENABLED) != 0;
}

/* Bytes of @pixels side by side, in 4-bit modes of one plane. */
static guint
row_bytes (const MosVga *self, guint pixels)
{
  switch (self->vbe[VBE_BPP]) {
  case 4:
    return pixels / 8;
  case 15:
    return pixels * 2;
  default:
    return pixels * self->vbe[VBE_BPP] / 8;
  }
}

static guint
available_bytes (const MosVga *self)
{
  return self->vbe[VBE_BPP] == 4 ? MOS_VGA_VRAM_BYTES / 4 : MOS_VGA_VRAM_BYTES;
}

/* Lines of the virtual width that fit into video memory. */
static guint
fitting_lines (const MosVga *self)
{
  guint bytes = MAX (row_bytes (self, self->vbe[VBE_VIRTUAL_WIDTH]), 1);

  return MIN (available_bytes (self) / bytes, G_MAXUINT16);
}

static void
set_virtual_width (MosVga *self, guint width)
{
  guint16 before = self->vbe[VBE_VIRTUAL_WIDTH];

  self->vbe[VBE_VIRTUAL_WIDTH] = (guint16) MAX (width, self->vbe[VBE_WIDTH]);
  if (fitting_lines (self) < self->vbe[VBE_HEIGHT])
    self->vbe[VBE_VIRTUAL_WIDTH] = before;
  self->vbe[VBE_VIRTUAL_HEIGHT] = (guint16) fitting_lines (self);
}

static void
clamp_offsets (MosVga *self)
{
  guint x_max = self->vbe[VBE_VIRTUAL_WIDTH] - self->vbe[VBE_WIDTH];
  guint y_max = self->vbe[VBE_VIRTUAL_HEIGHT] - self->vbe[VBE_HEIGHT];

  self->vbe[VBE_X] = MIN (self->vbe[VBE_X], x_max);
  self->vbe[VBE_Y] = MIN (self->vbe[VBE_Y], y_max);
}

static void
enable (MosVga *self)
{
  gsize bytes;

  self->vbe[VBE_WIDTH] = CLAMP (self->vbe[VBE_WIDTH], 8, MOS_SCREEN_MAX_WIDTH);
  self->vbe[VBE_WIDTH] &= (guint16) ~7;
  self->vbe[VBE_HEIGHT] =
      CLAMP (self->vbe[VBE_HEIGHT], 1, MOS_SCREEN_MAX_HEIGHT);
  self->vbe[VBE_VIRTUAL_WIDTH] = self->vbe[VBE_WIDTH];
  self->vbe[VBE_VIRTUAL_HEIGHT] = (guint16) fitting_lines (self);
  self->vbe[VBE_X] = self->vbe[VBE_Y] = 0;
  if ((self->vbe[VBE_ENABLE] & VBE_NO_CLEAR) != 0)
    return;
  bytes =
      (gsize) row_bytes (self, self->vbe[VBE_WIDTH]) * self->vbe[VBE_HEIGHT];
  if (self->vbe[VBE_BPP] == 4)
    bytes *= 4;
  memset (self->vram->hva, 0, MIN (bytes, MOS_VGA_VRAM_BYTES));
  mos_vga_touch (self, 0, MIN (bytes, MOS_VGA_VRAM_BYTES));
}

static void
write_enable (MosVga *self, guint16 value)
{
  gboolean was_on = mos_vga_vbe_on (self);
  guint16  changed = self->vbe[VBE_ENABLE] ^ value;

  self->vbe[VBE_ENABLE] = value & (VBE_ENABLED | VBE_GET_CAPS | VBE_DAC_8 |
                                   VBE_LINEAR | VBE_NO_CLEAR);
  self->vbe[VBE_BANK] = 0;
  if (mos_vga_vbe_on (self) && !was_on)
    enable (self);
  if ((changed & VBE_DAC_8) != 0) {
    /* The colours keep their look. */
    for (guint i = 0; i < G_N_ELEMENTS (self->dac); i++)
      self->dac[i] =
          (value & VBE_DAC_8) != 0 ? self->dac[i] << 2 : self->dac[i] >> 2;
    self->colours_changed = TRUE;
  }
}

static gboolean
is_depth (guint bits)
{
  return bits == 4 || bits == 8 || bits == 15 || bits == 16 || bits == 24 ||
         bits == 32;
}

void
mos_vga_vbe_write (MosVga *self, guint index, guint16 value)
{
  gboolean on = mos_vga_vbe_on (self);

  switch (index) {
  case VBE_ID:
    if (value >= ID_FIRST && value <= ID_LAST)
      self->vbe[VBE_ID] = value;
    break;
  case VBE_WIDTH:
    if (!on && value > 0 && value <= MOS_SCREEN_MAX_WIDTH)
      self->vbe[VBE_WIDTH] = value;
    break;
  case VBE_HEIGHT:
    if (!on && value > 0 && value <= MOS_SCREEN_MAX_HEIGHT)
      self->vbe[VBE_HEIGHT] = value;
    break;
  case VBE_BPP:
    if (!on && (value == 0 || is_depth (value)))
      self->vbe[VBE_BPP] = value == 0 ? 8 : value;
    break;
  case VBE_ENABLE:
    write_enable (self, value);
    break;
  case VBE_BANK:
    if (value < MOS_VGA_VRAM_BYTES / BANK_BYTES)
      self->vbe[VBE_BANK] = value;
    break;
  case VBE_VIRTUAL_WIDTH:
    if (on)
      set_virtual_width (self, value & (guint16) ~7);
    break;
  case VBE_X:
  case VBE_Y:
    self->vbe[index] = value;
    break;
  default:
    break;
  }
  if (mos_vga_vbe_on (self))
    clamp_offsets (self);
}

guint16
mos_vga_vbe_read (const MosVga *self, guint index)
{
  static const guint16 caps[] = { MOS_SCREEN_MAX_WIDTH, MOS_SCREEN_MAX_HEIGHT,
                                  MAX_BITS };

  if (index == VBE_MEMORY)
    return MOS_VGA_VRAM_BYTES / BANK_BYTES;
  if (index >= MOS_VGA_N_VBE)
    return 0;
  if ((self->vbe[VBE_ENABLE] & VBE_GET_CAPS) != 0 && index >= VBE_WIDTH &&
      index <= VBE_BPP)
    return caps[index - VBE_WIDTH];
  return self->vbe[index];
}

void
mos_vga_vbe_reset (MosVga *self)
{
  memset (self->vbe, 0, sizeof self->vbe);
  self->vbe[VBE_ID] = ID_LAST;
  self->vbe[VBE_BPP] = 8;
  self->vbe_index = 0;
  self->vbe_low = 0;
}

void
mos_vga_vbe_check (MosVga *self)
{
  guint virtual_width = self->vbe[VBE_VIRTUAL_WIDTH];
  guint x = self->vbe[VBE_X];
  guint y = self->vbe[VBE_Y];

  if (!is_depth (self->vbe[VBE_BPP]))
    self->vbe[VBE_BPP] = 8;
  self->vbe[VBE_BANK] %= MOS_VGA_VRAM_BYTES / BANK_BYTES;
  if (!mos_vga_vbe_on (self))
    return;
  self->vbe[VBE_ENABLE] |= VBE_NO_CLEAR;
  enable (self);
  set_virtual_width (self, virtual_width & ~7u);
  self->vbe[VBE_X] = (guint16) x;
  self->vbe[VBE_Y] = (guint16) y;
  clamp_offsets (self);
}

/* Ports -------------------------------------------------------------------- */

/* A word at the data port is not aligned and comes as two bytes, the low one
 * first; a word at the index port comes whole. */
static guint64
vbe_read (gpointer opaque, guint64 offset, guint size)
{
  MosVga *self = opaque;
  guint16 value;

  g_mutex_lock (&self->pci.device.lock);
  if (offset == 0)
    value = self->vbe_index;
  else
    value = mos_vga_vbe_read (self, self->vbe_index) >> (offset == 2 ? 8 : 0);
  g_mutex_unlock (&self->pci.device.lock);
  return value;
}

static void
vbe_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosVga *self = opaque;

  g_mutex_lock (&self->pci.device.lock);
  if (offset == 0)
    self->vbe_index = (guint16) value;
  else if (offset == 1)
    self->vbe_low = (guint8) value;
  else
    mos_vga_vbe_write (self, self->vbe_index,
                       (guint16) (self->vbe_low | (value & 0xff) << 8));
  g_mutex_unlock (&self->pci.device.lock);
  mos_vga_apply (self);
}

static const MosIoOps vbe_ops = {
  .read = vbe_read,
  .write = vbe_write,
  .min_size = 1,
  .max_size = 2,
};

void
mos_vga_map_vbe (MosVga *self)
{
  mos_device_window_init (&self->pci.device, &self->vbe_window, "vbe", &vbe_ops,
                          self, PORT, 3);
  self->vbe_window.lock = NULL;
  mos_bus_map_ports (self->pci.device.bus, &self->vbe_window);
}

/* BAR 2 -------------------------------------------------------------------- */

static guint8
mmio_read_byte (MosVga *self, guint offset)
{
  guint32 extra;

  if (offset < MMIO_EDID + sizeof self->edid)
    return self->edid[offset];
  if (offset >= MMIO_PORTS && offset < MMIO_PORTS + 0x20)
    return mos_vga_port_read (self, 0x3c0 + offset - MMIO_PORTS);
  if (offset >= MMIO_VBE && offset < MMIO_VBE + 2 * MOS_VGA_N_VBE)
    return (guint8) (mos_vga_vbe_read (self, (offset - MMIO_VBE) / 2) >>
                     (offset & 1) * 8);
  if (offset >= MMIO_EXTRA && offset < MMIO_EXTRA + EXTRA_BYTES) {
    extra = offset < MMIO_EXTRA + 4 ? EXTRA_BYTES : EXTRA_LITTLE;
    return (guint8) (extra >> (offset & 3) * 8);
  }
  return offset >= MMIO_PORTS ? 0xff : 0;
}

static guint64
mmio_read (gpointer opaque, guint64 offset, guint size)
{
  MosVga *self = opaque;
  guint64 value = 0;

  g_mutex_lock (&self->pci.device.lock);
  for (guint i = 0; i < size; i++)
    value |= (guint64) mmio_read_byte (self, (guint) offset + i) << (i * 8);
  g_mutex_unlock (&self->pci.device.lock);
  return value;
}

static void
mmio_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosVga *self = opaque;

  g_mutex_lock (&self->pci.device.lock);
  if (offset >= MMIO_PORTS && offset + size <= MMIO_PORTS + 0x20) {
    for (guint i = 0; i < size; i++)
      mos_vga_port_write (self, 0x3c0 + (guint) offset - MMIO_PORTS + i,
                          (guint8) (value >> (i * 8)));
  } else if (size == 2 && offset >= MMIO_VBE &&
             offset < MMIO_VBE + 2 * MOS_VGA_N_VBE) {
    mos_vga_vbe_write (self, ((guint) offset - MMIO_VBE) / 2, (guint16) value);
  }
  g_mutex_unlock (&self->pci.device.lock);
  mos_vga_apply (self);
}

const MosIoOps mos_vga_mmio_ops = {
  .read = mmio_read,
  .write = mmio_write,
  .min_size = 1,
  .max_size = 2,
};
