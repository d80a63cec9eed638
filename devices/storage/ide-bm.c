/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The bus master: moves a drive's data to and from guest memory by a table.
 *
 * 82371SB, "Bus Master IDE I/O Registers" and "Physical Region Descriptor".
 * Each descriptor of the guest's table names a piece of memory. The drive says
 * when it has or wants data, the guest starts the engine; whichever comes last
 * sets it going. A table that ends too early leaves the drive waiting, as in
 * hardware, until the guest resets it.
 */
#include <glib/gi18n-lib.h>

#include "devices/storage/busmaster.h"
#include "devices/storage/ide-internal.h"

#define BM_CHANNEL_SIZE 8
#define PRD_BYTES       8

/* Takes the next descriptor; FALSE if the last one is used up. */
static gboolean
next_part (MosIdeChannel *channel)
{
  MosMemoryMap *memory = channel->ide->pci.device.bus->memory;
  guint64       entry;

  if (channel->part_left > 0)
    return TRUE;
  if (channel->part_is_last) {
    channel->bm_status &= (guint8) ~MOS_IDE_BM_ACTIVE;
    return FALSE;
  }
  entry = mos_busmaster_read_u64 (memory, channel->prd_at);
  channel->prd_at += PRD_BYTES;
  channel->part_gpa = (guint32) entry & ~1u;
  channel->part_left = (guint32) (entry >> 32) & 0xfffe;
  if (channel->part_left == 0)
    channel->part_left = 65536;
  channel->part_is_last = entry >> 63 != 0;
  return TRUE;
}

/* Moves up to @size bytes of the drive's buffer within one descriptor. */
static guint32
move_part (MosIdeChannel *channel, guint8 *data, guint32 size)
{
  MosMemoryMap *memory = channel->ide->pci.device.bus->memory;
  guint32       count = MIN (size, channel->part_left);

  if (channel->bm_command & MOS_IDE_BM_TO_MEMORY)
    mos_busmaster_write (memory, channel->part_gpa, data, count);
  else
    mos_busmaster_read (memory, channel->part_gpa, data, count);
  channel->part_gpa += count;
  channel->part_left -= count;
  if (channel->part_left == 0 && channel->part_is_last)
    channel->bm_status &= (guint8) ~MOS_IDE_BM_ACTIVE;
  return count;
}

static gboolean
may_move (MosIdeChannel *channel)
{
  MosAtaDrive *drive = mos_ide_selected (channel);

  return (channel->bm_command & MOS_IDE_BM_START) != 0 &&
         (channel->bm_status & MOS_IDE_BM_ACTIVE) != 0 &&
         mos_pci_device_is_master (&channel->ide->pci) &&
         drive->to_host == ((channel->bm_command & MOS_IDE_BM_TO_MEMORY) != 0);
}

/* Moves what can be moved. A piece that is done may bring the next at once,
 * which this loop then sees. */
void
mos_ide_bm_run (MosIdeChannel *channel)
{
  MosAtaDrive *drive = mos_ide_selected (channel);
  guint32      size;
  guint8      *data;

  if (channel->moving)
    return;
  channel->moving = TRUE;
  while ((data = mos_ata_drive_dma_data (drive, &size)) != NULL &&
         may_move (channel) && next_part (channel))
    mos_ata_drive_moved (drive, move_part (channel, data, size));
  channel->moving = FALSE;
}

static MosIdeChannel *
channel_of_bm_row (MosDevice *device, const MosRegister *row)
{
  MosIde *self = (MosIde *) device;

  return &self->channels[row->offset / BM_CHANNEL_SIZE];
}

static void
write_bm_command (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosIdeChannel *channel = channel_of_bm_row (device, row);
  gboolean       was_on = (channel->bm_command & MOS_IDE_BM_START) != 0;

  channel->bm_command = (guint8) value;
  if ((value & MOS_IDE_BM_START) == 0) {
    channel->bm_status &= (guint8) ~MOS_IDE_BM_ACTIVE;
    return;
  }
  if (was_on)
    return;
  channel->bm_status |= MOS_IDE_BM_ACTIVE;
  channel->prd_at = channel->prd_table;
  channel->part_left = 0;
  channel->part_is_last = FALSE;
  mos_ide_bm_run (channel);
}

static void
write_bm_status (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosIdeChannel *channel = channel_of_bm_row (device, row);
  guint8 cleared = (guint8) (value & (MOS_IDE_BM_ERROR | MOS_IDE_BM_INTERRUPT));
  guint8 kept = channel->bm_status &
                (MOS_IDE_BM_ACTIVE | MOS_IDE_BM_ERROR | MOS_IDE_BM_INTERRUPT);

  channel->bm_status =
      (guint8) ((kept & ~cleared) | (value & MOS_IDE_BM_CAPABLE));
}

static const MosField bm_command_fields[] = {
  { "SSBM", 0, 1, N_ ("the bus master runs") },
  { "RWCON", 3, 1, N_ ("to memory") },
  { 0 },
};

static const MosField bm_status_fields[] = {
  { "ACT", 0, 1, N_ ("at work") },
  { "ERR", 1, 1, N_ ("memory did not answer") },
  { "INT", 2, 1, N_ ("the drive has interrupted") },
  { "CAP", 5, 2, N_ ("drives that can do it, says the BIOS") },
  { 0 },
};

/* clang-format off */
const MosRegister mos_ide_bm_rows[] = {
  { "BMIC 0", 0x0, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosIde, channels[0].bm_command), 0,
    MOS_IDE_BM_START | MOS_IDE_BM_TO_MEMORY, bm_command_fields, N_ ("starts and stops the bus master"), NULL, write_bm_command },
  { "BMIS 0", 0x2, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosIde, channels[0].bm_status), 0, 0,
    bm_status_fields, N_ ("what the bus master has seen"), NULL, write_bm_status },
  { "BMIDTP 0", 0x4, 4, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosIde, channels[0].prd_table), 0, 0xfffffffc,
    NULL, N_ ("where the descriptor table is"), NULL, NULL },
  { "BMIC 1", 0x8, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosIde, channels[1].bm_command), 0,
    MOS_IDE_BM_START | MOS_IDE_BM_TO_MEMORY, bm_command_fields, N_ ("starts and stops the bus master"), NULL, write_bm_command },
  { "BMIS 1", 0xa, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosIde, channels[1].bm_status), 0, 0,
    bm_status_fields, N_ ("what the bus master has seen"), NULL, write_bm_status },
  { "BMIDTP 1", 0xc, 4, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosIde, channels[1].prd_table), 0, 0xfffffffc,
    NULL, N_ ("where the descriptor table is"), NULL, NULL },
};

/* clang-format on */

const guint mos_ide_n_bm_rows = G_N_ELEMENTS (mos_ide_bm_rows);

static guint64
bm_read (gpointer opaque, guint64 offset, guint size)
{
  MosIde *self = opaque;

  return mos_register_bank_read (self->bm, &self->pci.device, (guint) offset,
                                 size, 0);
}

static void
bm_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosIde *self = opaque;

  mos_register_bank_write (self->bm, &self->pci.device, (guint) offset, value,
                           size);
}

const MosIoOps mos_ide_bm_ops = {
  .read = bm_read,
  .write = bm_write,
  .max_size = 4,
};
