/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Dispatch by register table.
 */
#include "engine/bus/register.h"

#include "engine/bus/device.h"

static guint64
mask_of (guint bytes)
{
  return bytes >= 8 ? ~G_GUINT64_CONSTANT (0)
                    : (G_GUINT64_CONSTANT (1) << (bytes * 8)) - 1;
}

void
mos_register_bank_init (MosRegisterBank   *self,
                        const char        *name,
                        const MosRegister *rows,
                        guint              n_rows,
                        guint              size)
{
  self->name = name;
  self->rows = rows;
  self->n_rows = n_rows;
  self->size = size;
  self->index = g_new (gint16, size);
  for (guint i = 0; i < size; i++)
    self->index[i] = -1;
  for (guint i = 0; i < n_rows; i++) {
    g_assert ((guint) rows[i].offset + rows[i].bytes <= size);
    for (guint b = 0; b < rows[i].bytes; b++)
      self->index[rows[i].offset + b] = (gint16) i;
  }
}

void
mos_register_bank_clear (MosRegisterBank *self)
{
  g_clear_pointer (&self->index, g_free);
}

static gpointer
cell_of (const MosRegister *self, MosDevice *device)
{
  return (guint8 *) device + self->cell;
}

guint64
mos_register_peek (const MosRegister *self, MosDevice *device)
{
  if (self->cell == MOS_NO_CELL)
    return 0;
  switch (self->bytes) {
  case 1:
    return *(guint8 *) cell_of (self, device);
  case 2:
    return *(guint16 *) cell_of (self, device);
  case 4:
    return *(guint32 *) cell_of (self, device);
  default:
    return *(guint64 *) cell_of (self, device);
  }
}

static void
poke (const MosRegister *self, MosDevice *device, guint64 value)
{
  if (self->cell == MOS_NO_CELL)
    return;
  switch (self->bytes) {
  case 1:
    *(guint8 *) cell_of (self, device) = (guint8) value;
    break;
  case 2:
    *(guint16 *) cell_of (self, device) = (guint16) value;
    break;
  case 4:
    *(guint32 *) cell_of (self, device) = (guint32) value;
    break;
  default:
    *(guint64 *) cell_of (self, device) = value;
    break;
  }
}

void
mos_register_bank_reset (MosRegisterBank *self, MosDevice *device)
{
  for (guint i = 0; i < self->n_rows; i++)
    poke (&self->rows[i], device, self->rows[i].reset);
}

static guint64
read_row (const MosRegister *row, MosDevice *device)
{
  guint64 value;

  if ((row->access & MOS_REGISTER_RO) == 0)
    return 0;
  if (row->read != NULL)
    value = row->read (device, row);
  else
    value = mos_register_peek (row, device);
  return value & mask_of (row->bytes);
}

/* Writes the bits of @value under @lanes; others keep what they were. */
static void
write_row (const MosRegister *row,
           MosDevice         *device,
           guint64            value,
           guint64            lanes)
{
  guint64 writable = row->writable == 0 ? mask_of (row->bytes) : row->writable;
  guint64 old = mos_register_peek (row, device);
  guint64 merged;

  if ((row->access & MOS_REGISTER_WO) == 0)
    return;
  writable &= lanes;
  if ((row->access & MOS_REGISTER_W1C) == MOS_REGISTER_W1C)
    merged = old & ~(value & writable);
  else
    merged = (old & ~writable) | (value & writable);
  if (row->write != NULL)
    row->write (device, row, merged);
  else
    poke (row, device, merged);
}

guint64
mos_register_bank_read (MosRegisterBank *self,
                        MosDevice       *device,
                        guint            offset,
                        guint            size,
                        guint64          gap)
{
  guint64 value = 0;

  for (guint done = 0; done < size;) {
    guint              at = offset + done;
    const MosRegister *row;
    guint64            part;
    guint              n;

    if (at >= self->size || self->index[at] < 0) {
      value |= (gap & 0xff) << (done * 8);
      done++;
      continue;
    }
    row = &self->rows[self->index[at]];
    n = MIN (size - done, row->offset + row->bytes - at);
    part = read_row (row, device) >> ((at - row->offset) * 8);
    value |= (part & mask_of (n)) << (done * 8);
    done += n;
  }
  return value;
}

void
mos_register_bank_write (MosRegisterBank *self,
                         MosDevice       *device,
                         guint            offset,
                         guint64          value,
                         guint            size)
{
  for (guint done = 0; done < size;) {
    guint              at = offset + done;
    const MosRegister *row;
    guint              shift;
    guint              n;

    if (at >= self->size || self->index[at] < 0) {
      done++;
      continue;
    }
    row = &self->rows[self->index[at]];
    n = MIN (size - done, row->offset + row->bytes - at);
    shift = (at - row->offset) * 8;
    write_row (row, device, ((value >> (done * 8)) & mask_of (n)) << shift,
               mask_of (n) << shift);
    done += n;
  }
}
