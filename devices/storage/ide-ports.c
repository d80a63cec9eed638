/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The channels' ports: registers that both drives hear and one answers.
 *
 * ATA/ATAPI-6, "I/O registers". A read of the status register takes the
 * interrupt back; the alternate status register shows the same and does not.
 */
#include <glib/gi18n-lib.h>

#include "devices/storage/ide-internal.h"

#define CONTROL_ROW 8 /* of a channel's sixteen bytes in the table */

enum {
  DEVICE_SECOND = 0x10,
  COMMAND_DIAGNOSTIC = 0x90
};

static gboolean
is_empty (MosIdeChannel *channel)
{
  return mos_ide_drive (channel, 0)->kind == MOS_ATA_NO_DRIVE &&
         mos_ide_drive (channel, 1)->kind == MOS_ATA_NO_DRIVE;
}

/* What an absent drive's registers read: 0 beside a drive; on an empty channel
 * nobody drives the wires, of which the host pulls DD7 down, so that the
 * status is not busy (ATA/ATAPI-6, "Signal descriptions"). */
static guint8
silence (MosIdeChannel *channel)
{
  return is_empty (channel) ? 0x7f : 0;
}

static MosIdeChannel *
channel_of_row (MosDevice *device, const MosRegister *row)
{
  MosIde *self = (MosIde *) device;

  return &self->channels[row->offset >> 4];
}

static guint64
read_error (MosDevice *device, const MosRegister *row)
{
  MosIdeChannel *channel = channel_of_row (device, row);
  MosAtaDrive   *drive = mos_ide_selected (channel);

  return drive->kind == MOS_ATA_NO_DRIVE ? silence (channel) : drive->error;
}

/* The registers that a read shows: the present ones, or those before. */
static const MosAtaRegisters *
shown (MosIdeChannel *channel)
{
  MosAtaDrive *drive = mos_ide_selected (channel);

  return channel->control & MOS_IDE_HIGH_ORDER ? &drive->before : &drive->now;
}

static guint64
read_count (MosDevice *device, const MosRegister *row)
{
  MosIdeChannel *channel = channel_of_row (device, row);

  if (mos_ide_selected (channel)->kind == MOS_ATA_NO_DRIVE)
    return silence (channel);
  return shown (channel)->count;
}

static guint64
read_lba (MosDevice *device, const MosRegister *row)
{
  MosIdeChannel *channel = channel_of_row (device, row);

  if (mos_ide_selected (channel)->kind == MOS_ATA_NO_DRIVE)
    return silence (channel);
  return shown (channel)->lba[(row->offset & 7) - 3];
}

static guint64
read_device (MosDevice *device, const MosRegister *row)
{
  MosIdeChannel *channel = channel_of_row (device, row);
  MosAtaDrive   *drive = mos_ide_selected (channel);

  if (drive->kind == MOS_ATA_NO_DRIVE)
    return silence (channel);
  return drive->device_head | 0xa0;
}

static guint64
read_alternate (MosDevice *device, const MosRegister *row)
{
  MosIdeChannel *channel = channel_of_row (device, row);
  MosAtaDrive   *drive = mos_ide_selected (channel);

  return drive->kind == MOS_ATA_NO_DRIVE ? silence (channel) : drive->status;
}

static guint64
read_status (MosDevice *device, const MosRegister *row)
{
  MosIdeChannel *channel = channel_of_row (device, row);

  mos_ide_set_interrupt (channel, channel->selected, FALSE);
  return read_alternate (device, row);
}

/* Any write shows the present registers again. */
static void
show_present (MosIdeChannel *channel)
{
  channel->control &= (guint8) ~MOS_IDE_HIGH_ORDER;
}

static void
write_feature (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosIdeChannel *channel = channel_of_row (device, row);

  show_present (channel);
  for (guint unit = 0; unit < 2; unit++)
    mos_ata_drive_set_feature (mos_ide_drive (channel, unit), (guint8) value);
}

static void
write_count (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosIdeChannel *channel = channel_of_row (device, row);

  show_present (channel);
  for (guint unit = 0; unit < 2; unit++)
    mos_ata_drive_set_count (mos_ide_drive (channel, unit), (guint8) value);
}

static void
write_lba (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosIdeChannel *channel = channel_of_row (device, row);

  show_present (channel);
  for (guint unit = 0; unit < 2; unit++)
    mos_ata_drive_set_lba (mos_ide_drive (channel, unit),
                           (row->offset & 7u) - 3, (guint8) value);
}

static void
write_device (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosIdeChannel *channel = channel_of_row (device, row);

  show_present (channel);
  channel->selected = (value & DEVICE_SECOND) != 0;
  for (guint unit = 0; unit < 2; unit++)
    mos_ide_drive (channel, unit)->device_head = (guint8) value;
  mos_ide_update_irq (channel);
}

static void
write_command (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosIdeChannel *channel = channel_of_row (device, row);
  MosAtaDrive   *drive = mos_ide_selected (channel);

  show_present (channel);
  if (channel->control & MOS_IDE_RESET)
    return;
  if (value == COMMAND_DIAGNOSTIC && !is_empty (channel)) {
    mos_ide_reset_channel (channel, FALSE);
    mos_ide_set_interrupt (
        channel, 0, mos_ide_drive (channel, 0)->kind != MOS_ATA_NO_DRIVE);
    return;
  }
  if (drive->kind == MOS_ATA_NO_DRIVE)
    return;
  mos_ide_set_interrupt (channel, channel->selected, FALSE);
  mos_ata_drive_start (drive, (guint8) value);
}

static void
write_control (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosIdeChannel *channel = channel_of_row (device, row);
  guint8         was = channel->control;

  channel->control = (guint8) value;
  if ((value & MOS_IDE_RESET) != 0 && (was & MOS_IDE_RESET) == 0) {
    mos_ide_reset_channel (channel, FALSE);
    for (guint unit = 0; unit < 2; unit++)
      mos_ide_drive (channel, unit)->status = MOS_ATA_BSY;
  }
  if ((value & MOS_IDE_RESET) == 0 && (was & MOS_IDE_RESET) != 0)
    mos_ide_reset_channel (channel, FALSE);
  mos_ide_update_irq (channel);
}

static const MosField error_fields[] = {
  { "ABRT", 2, 1, N_ ("the command was aborted") },
  { "IDNF", 4, 1, N_ ("there is no such sector") },
  { "UNC", 6, 1, N_ ("the data cannot be read") },
  { 0 },
};

static const MosField status_fields[] = {
  { "ERR", 0, 1, N_ ("the error register says why") },
  { "DRQ", 3, 1, N_ ("data is to be moved") },
  { "DSC", 4, 1, N_ ("the heads are in place") },
  { "DF", 5, 1, N_ ("the drive is broken") },
  { "DRDY", 6, 1, N_ ("the drive is ready") },
  { "BSY", 7, 1, N_ ("the drive is at work") },
  { 0 },
};

static const MosField device_fields[] = {
  { "HEAD", 0, 4, N_ ("head, or address bits 24 to 27") },
  { "DEV", 4, 1, N_ ("the second drive") },
  { "LBA", 6, 1, N_ ("addresses, not cylinders and heads") },
  { 0 },
};

static const MosField control_fields[] = {
  { "NIEN", 1, 1, N_ ("interrupts are off") },
  { "SRST", 2, 1, N_ ("holds both drives in reset") },
  { "HOB", 7, 1, N_ ("shows the registers written before") },
  { 0 },
};

/* clang-format off */
const MosRegister mos_ide_port_rows[] = {
  { "ERROR/FEATURES 0", 0x01, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, error_fields,
    N_ ("what went wrong / what is meant"), read_error, write_feature },
  { "COUNT 0", 0x02, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL,
    N_ ("sectors, or the reason of an interrupt"), read_count, write_count },
  { "LBA LOW 0", 0x03, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL,
    N_ ("sector, or address bits 0 to 7"), read_lba, write_lba },
  { "LBA MID 0", 0x04, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL,
    N_ ("cylinder, or address bits 8 to 15"), read_lba, write_lba },
  { "LBA HIGH 0", 0x05, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL,
    N_ ("cylinder, or address bits 16 to 23"), read_lba, write_lba },
  { "DEVICE 0", 0x06, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, device_fields,
    N_ ("which drive, and the head"), read_device, write_device },
  { "STATUS/COMMAND 0", 0x07, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK, MOS_NO_CELL, 0, 0, status_fields,
    N_ ("how it is / what to do"), read_status, write_command },
  { "ALTERNATE STATUS/CONTROL 0", 0x08, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, control_fields,
    N_ ("status again / reset, interrupt off"), read_alternate, write_control },
  { "ERROR/FEATURES 1", 0x11, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, error_fields,
    N_ ("what went wrong / what is meant"), read_error, write_feature },
  { "COUNT 1", 0x12, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL,
    N_ ("sectors, or the reason of an interrupt"), read_count, write_count },
  { "LBA LOW 1", 0x13, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL,
    N_ ("sector, or address bits 0 to 7"), read_lba, write_lba },
  { "LBA MID 1", 0x14, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL,
    N_ ("cylinder, or address bits 8 to 15"), read_lba, write_lba },
  { "LBA HIGH 1", 0x15, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL,
    N_ ("cylinder, or address bits 16 to 23"), read_lba, write_lba },
  { "DEVICE 1", 0x16, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, device_fields,
    N_ ("which drive, and the head"), read_device, write_device },
  { "STATUS/COMMAND 1", 0x17, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK, MOS_NO_CELL, 0, 0, status_fields,
    N_ ("how it is / what to do"), read_status, write_command },
  { "ALTERNATE STATUS/CONTROL 1", 0x18, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, control_fields,
    N_ ("status again / reset, interrupt off"), read_alternate, write_control },
};

/* clang-format on */

const guint mos_ide_n_port_rows = G_N_ELEMENTS (mos_ide_port_rows);

/* -- windows ------------------------------------------------------------- */

static guint64
command_read (gpointer opaque, guint64 offset, guint size)
{
  MosIdeChannel *channel = opaque;
  MosIde        *self = channel->ide;
  guint32        value = 0;

  if (offset != 0)
    return mos_register_bank_read (self->ports, &self->pci.device,
                                   channel->index * 16 + (guint) offset, size,
                                   0);
  mos_ata_drive_read (mos_ide_selected (channel), &value, size);
  return GUINT32_FROM_LE (value);
}

static void
command_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosIdeChannel *channel = opaque;
  MosIde        *self = channel->ide;
  guint32        data = GUINT32_TO_LE ((guint32) value);

  if (offset != 0)
    mos_register_bank_write (self->ports, &self->pci.device,
                             channel->index * 16 + (guint) offset, value, size);
  else
    mos_ata_drive_write (mos_ide_selected (channel), &data, size);
}

static void
command_read_many (gpointer opaque,
                   guint64  offset,
                   guint    size,
                   guint    count,
                   void    *data)
{
  guint8 *to = data;

  if (offset == 0) {
    mos_ata_drive_read (mos_ide_selected (opaque), to, (gsize) size * count);
    return;
  }
  for (guint i = 0; i < count * size; i++)
    to[i] = (guint8) command_read (opaque, offset + i % size, 1);
}

static void
command_write_many (gpointer    opaque,
                    guint64     offset,
                    guint       size,
                    guint       count,
                    const void *data)
{
  const guint8 *from = data;

  if (offset == 0) {
    mos_ata_drive_write (mos_ide_selected (opaque), from, (gsize) size * count);
    return;
  }
  for (guint i = 0; i < count * size; i++)
    command_write (opaque, offset + i % size, from[i], 1);
}

const MosIoOps mos_ide_command_ops = {
  .read = command_read,
  .write = command_write,
  .read_many = command_read_many,
  .write_many = command_write_many,
  .max_size = 4,
};

static guint64
control_read (gpointer opaque, guint64 offset, guint size)
{
  MosIdeChannel *channel = opaque;
  MosIde        *self = channel->ide;

  return mos_register_bank_read (self->ports, &self->pci.device,
                                 channel->index * 16 + CONTROL_ROW, size, 0);
}

static void
control_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosIdeChannel *channel = opaque;
  MosIde        *self = channel->ide;

  mos_register_bank_write (self->ports, &self->pci.device,
                           channel->index * 16 + CONTROL_ROW, value, size);
}

const MosIoOps mos_ide_control_ops = {
  .read = control_read,
  .write = control_write,
  .max_size = 1,
};
