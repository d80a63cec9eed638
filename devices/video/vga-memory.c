/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The window at 0xa0000: how a byte of the guest becomes bits in four planes.
 *
 * After the IBM PS/2 Hardware Interface Technical Reference, "Video
 * Subsystem", Graphics Controller. An address chooses the plane in one of
 * three ways (all planes, odd and even, chain-4); a read fills the latches; a
 * write goes through rotation, set/reset, the function with the latches and
 * the bit mask. All four planes are worked on at once as a 32-bit word.
 *
 * In VBE modes the window is a bank of linear memory.
 */

#include <string.h>

#include "devices/video/vga-private.h"

#define BANK_BYTES 0x10000u

/* A bit for each plane made into a byte for each plane. */
static guint32
expand (guint planes)
{
  /* Bits 0 to 3 move to bits 0, 8, 16 and 24. */
  guint32 spread = ((planes & 0x0f) * 0x00204081u) & 0x01010101u;

  return spread * 0xff;
}

static guint32
replicate (guint8 byte)
{
  return byte * 0x01010101u;
}

/* Where the guest's address lies in the window as it is mapped. */
static gboolean
window_offset (const MosVga *self, guint64 address, guint *offset)
{
  static const struct {
    guint first;
    guint size;
  } maps[] = {
    { 0x00000, 0x20000 },
    { 0x00000, 0x10000 },
    { 0x10000, 0x08000 },
    { 0x18000, 0x08000 },
  };
  guint map = self->gfx[GFX_MISC] >> 2 & 3;

  if ((self->misc & MISC_RAM) == 0)
    return FALSE;
  if (mos_vga_vbe_on (self))
    map = 1;
  if (address < maps[map].first || address - maps[map].first >= maps[map].size)
    return FALSE;
  *offset = (guint) address - maps[map].first;
  return TRUE;
}

void
mos_vga_touch (MosVga *self, gsize offset, gsize size)
{
  gsize first = offset >> MOS_PAGE_SHIFT;
  gsize last = (offset + size - 1) >> MOS_PAGE_SHIFT;

  for (gsize page = first; page <= last; page++)
    __atomic_or_fetch (&self->vram->page_flags[page], MOS_PAGE_DIRTY,
                       __ATOMIC_RELEASE);
}

static guint32 *
plane_word (MosVga *self, guint address)
{
  return (guint32 *) self->vram->hva + address;
}

static gboolean
is_linear (const MosVga *self)
{
  return mos_vga_vbe_on (self) && self->vbe[VBE_BPP] > 4;
}

/* Offset in video memory of a byte of the bank. */
static gsize
linear_offset (const MosVga *self, guint offset)
{
  gsize bank = (gsize) self->vbe[VBE_BANK] * BANK_BYTES;

  return (bank + offset) & (MOS_VGA_VRAM_BYTES - 1);
}

/* The plane address in modes that are not chained. */
static guint
plane_address (const MosVga *self, guint offset)
{
  if (mos_vga_vbe_on (self))
    return (self->vbe[VBE_BANK] * BANK_BYTES + offset) &
           (MOS_VGA_VRAM_BYTES / 4 - 1);
  return offset & (MOS_VGA_PLANE_BYTES - 1);
}

/* Reading ------------------------------------------------------------------ */

static guint8
read_compare (const MosVga *self)
{
  guint32 wanted = expand (self->gfx[GFX_COMPARE]);
  guint32 care = expand (self->gfx[GFX_DONT_CARE]);
  guint32 wrong = (self->latches ^ wanted) & care;

  wrong |= wrong >> 16;
  wrong |= wrong >> 8;
  return (guint8) ~wrong;
}

static guint8
read_byte (MosVga *self, guint offset)
{
  guint plane = self->gfx[GFX_READ_MAP] & 3;
  guint address;

  if (is_linear (self))
    return self->vram->hva[linear_offset (self, offset)];
  if ((self->seq[SEQ_MEMORY] & SEQ_MEMORY_CHAIN4) != 0) {
    address = plane_address (self, offset >> 2);
    plane = offset & 3;
  } else if ((self->gfx[GFX_MODE] & GFX_MODE_ODD_EVEN) != 0) {
    address = plane_address (self, offset & ~1u);
    plane = (plane & 2) | (offset & 1);
  } else {
    address = plane_address (self, offset);
  }
  self->latches = *plane_word (self, address);
  if ((self->gfx[GFX_MODE] & GFX_MODE_READ) != 0)
    return read_compare (self);
  return (guint8) (self->latches >> (plane * 8));
}

/* Writing ------------------------------------------------------------------ */

static guint8
rotate (const MosVga *self, guint8 byte)
{
  guint count = self->gfx[GFX_ROTATE] & 7;

  return (guint8) (byte >> count | byte << (8 - count));
}

static guint32
with_latches (const MosVga *self, guint32 data)
{
  switch (self->gfx[GFX_ROTATE] >> 3 & 3) {
  case 1:
    return data & self->latches;
  case 2:
    return data | self->latches;
  case 3:
    return data ^ self->latches;
  default:
    return data;
  }
}

/* What the guest's byte makes of the four planes. */
static guint32
write_value (const MosVga *self, guint8 byte)
{
  guint32 fill = expand (self->gfx[GFX_SET_RESET]);
  guint32 filled = expand (self->gfx[GFX_SET_ENABLE]);
  guint32 mask = replicate (self->gfx[GFX_BIT_MASK]);
  guint32 data;

  switch (self->gfx[GFX_MODE] & 3) {
  case 0:
    data = replicate (rotate (self, byte));
    data = (data & ~filled) | (fill & filled);
    data = with_latches (self, data);
    break;
  case 1:
    return self->latches;
  case 2:
    data = with_latches (self, expand (byte));
    break;
  default:
    mask &= replicate (rotate (self, byte));
    data = with_latches (self, fill);
    break;
  }
  return (data & mask) | (self->latches & ~mask);
}

static void
write_byte (MosVga *self, guint offset, guint8 byte)
{
  guint    planes = self->seq[SEQ_MAP_MASK] & 0x0f;
  guint    address;
  guint32  lanes;
  guint32 *word;

  if (is_linear (self)) {
    self->vram->hva[linear_offset (self, offset)] = byte;
    mos_vga_touch (self, linear_offset (self, offset), 1);
    return;
  }
  if ((self->seq[SEQ_MEMORY] & SEQ_MEMORY_CHAIN4) != 0) {
    address = plane_address (self, offset >> 2);
    planes &= 1u << (offset & 3);
  } else if ((self->seq[SEQ_MEMORY] & SEQ_MEMORY_NOT_ODD_EVEN) == 0) {
    address = plane_address (self, offset & ~1u);
    planes &= (offset & 1) != 0 ? 0x0a : 0x05;
  } else {
    address = plane_address (self, offset);
  }
  if ((planes & 4) != 0)
    self->fonts_written = TRUE;
  lanes = expand (planes);
  word = plane_word (self, address);
  *word = (*word & ~lanes) | (write_value (self, byte) & lanes);
  mos_vga_touch (self, (gsize) address * 4, 4);
}

/* The window --------------------------------------------------------------- */

static guint64
memory_read (gpointer opaque, guint64 offset, guint size)
{
  MosVga *self = opaque;
  guint64 value = 0;

  for (guint i = 0; i < size; i++) {
    guint  at;
    guint8 byte = 0xff;

    if (window_offset (self, offset + i, &at))
      byte = read_byte (self, at);
    value |= (guint64) byte << (i * 8);
  }
  return value;
}

static void
memory_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosVga *self = opaque;

  for (guint i = 0; i < size; i++) {
    guint at;

    if (window_offset (self, offset + i, &at))
      write_byte (self, at, (guint8) (value >> (i * 8)));
  }
}

const MosIoOps mos_vga_memory_ops = {
  .read = memory_read,
  .write = memory_write,
  .min_size = 1,
  .max_size = 8,
};

/* Every byte goes to its place unchanged and all alone. */
static gboolean
is_plain (const MosVga *self)
{
  return (self->seq[SEQ_MEMORY] & SEQ_MEMORY_CHAIN4) != 0 &&
         (self->seq[SEQ_MAP_MASK] & 0x0f) == 0x0f &&
         (self->gfx[GFX_MISC] >> 2 & 3) == 1 &&
         (self->gfx[GFX_MODE] & 0x0b) == 0 &&
         (self->gfx[GFX_SET_ENABLE] & 0x0f) == 0 &&
         self->gfx[GFX_ROTATE] == 0 && self->gfx[GFX_BIT_MASK] == 0xff;
}

gint64
mos_vga_flat_offset (const MosVga *self)
{
  if ((self->misc & MISC_RAM) == 0)
    return -1;
  if (is_linear (self))
    return (gint64) linear_offset (self, 0);
  return !mos_vga_vbe_on (self) && is_plain (self) ? 0 : -1;
}
