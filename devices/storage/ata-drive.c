/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The part of a drive that all commands share: registers, signature, the
 * buffer and its way to the host, the beginning and the end of a command.
 */
#include <string.h>

#include "devices/storage/ata.h"

#define READY (MOS_ATA_DRDY | MOS_ATA_DSC)

enum {
  COMMAND_DEVICE_RESET = 0x08
};

static gboolean
is_moving (const MosAtaDrive *self)
{
  return self->phase == MOS_ATA_PIO_IN || self->phase == MOS_ATA_PIO_OUT ||
         self->phase == MOS_ATA_DMA;
}

static void
give_moved (MosAtaDrive *self)
{
  /* The host has all data; reading it was the only thing to do, so there is
   * no interrupt any more unless it went by DMA. */
  self->phase = MOS_ATA_IDLE;
  self->op = MOS_ATA_OP_NONE;
  self->status = READY;
  self->host->ended (self, self->dma);
}

static const MosAtaOpInfo ops[MOS_ATA_N_OPS] = {
  [MOS_ATA_OP_GIVE] = { give_moved, NULL },
  [MOS_ATA_OP_KEEP] = { mos_ata_end, NULL },
  [MOS_ATA_OP_READ] = { mos_ata_read_moved, mos_ata_read_restart },
  [MOS_ATA_OP_WRITE] = { mos_ata_write_moved, mos_ata_write_moved },
  [MOS_ATA_OP_FLUSH] = { NULL, mos_ata_flush_restart },
  [MOS_ATA_OP_TRIM] = { mos_ata_trim_moved, mos_ata_trim_restart },
  [MOS_ATA_OP_PACKET] = { mos_atapi_execute, NULL },
  [MOS_ATA_OP_CD_GIVE] = { mos_atapi_end, NULL },
  [MOS_ATA_OP_CD_TAKE] = { mos_atapi_take_done, NULL },
  [MOS_ATA_OP_CD_READ] = { mos_atapi_read_moved, mos_atapi_read_restart },
};

/* -- life ---------------------------------------------------------------- */

void
mos_ata_drive_init (MosAtaDrive      *self,
                    MosDevice        *device,
                    MosTransfers     *transfers,
                    const MosAtaHost *host,
                    guint             index)
{
  self->device = device;
  self->transfers = transfers;
  self->host = host;
  self->index = index;
}

/* The translation that BIOSes expect: 16 heads, 63 sectors. */
static void
choose_geometry (MosAtaDrive *self)
{
  guint64 cylinders = mos_ata_n_sectors (self) / (16 * 63);

  self->heads = 16;
  self->sectors = 63;
  self->cylinders = (guint32) CLAMP (cylinders, 2, 16383);
}

void
mos_ata_drive_plug (MosAtaDrive   *self,
                    MosAtaKind     kind,
                    MosBlockStore *store,
                    const char    *serial)
{
  self->kind = kind;
  self->store = store != NULL ? mos_block_store_ref (store) : NULL;
  g_strlcpy (self->serial, serial, sizeof self->serial);
  if (kind == MOS_ATA_DISK)
    choose_geometry (self);
  mos_ata_drive_reset (self, TRUE);
}

void
mos_ata_drive_clear (MosAtaDrive *self)
{
  mos_block_store_unref (self->store);
  self->store = NULL;
}

void
mos_ata_set_signature (MosAtaDrive *self)
{
  gboolean cdrom = self->kind == MOS_ATA_CDROM;

  self->now = (MosAtaRegisters){ .count = 1, .lba = { 1, 0, 0 } };
  if (cdrom) {
    self->now.lba[1] = 0x14;
    self->now.lba[2] = 0xeb;
  }
  self->before = (MosAtaRegisters){ 0 };
  self->device_head &= 0x10;
}

void
mos_ata_drive_reset (MosAtaDrive *self, gboolean hardware)
{
  mos_transfers_cancel (self->transfers, self);
  self->phase = MOS_ATA_IDLE;
  self->op = MOS_ATA_OP_NONE;
  self->buffer_at = 0;
  self->block_end = 0;
  self->buffer_end = 0;
  self->device_head = 0;
  mos_ata_set_signature (self);
  self->error = 1; /* diagnostics passed */
  self->status = self->kind == MOS_ATA_DISK ? READY : 0;
  self->standby = FALSE;
  if (!hardware)
    return;
  self->logical_heads = (guint8) self->heads;
  self->logical_sectors = (guint8) self->sectors;
  self->multiple = MOS_ATA_MAX_MULTIPLE;
  self->transfer_mode = 0;
  self->write_cache = TRUE;
  self->look_ahead = TRUE;
  self->smart = TRUE;
  self->sense_key = 0;
  self->sense_code = 0;
  self->sense_qualifier = 0;
  self->media_event = 0;
  self->locked = FALSE;
  self->tray_open = FALSE;
  self->unit_attention = self->kind == MOS_ATA_CDROM && self->store != NULL;
}

gboolean
mos_ata_drive_loaded (MosAtaDrive *self)
{
  gboolean moving = is_moving (self);

  mos_transfers_cancel (self->transfers, self);
  if (self->phase >= MOS_ATA_N_PHASES || self->op >= MOS_ATA_N_OPS ||
      self->buffer_at > self->block_end || self->block_end > self->buffer_end ||
      self->buffer_end > MOS_ATA_BUFFER_BYTES ||
      self->trim_at > MOS_ATA_BUFFER_BYTES || self->cd_block_bytes > 2352 ||
      self->multiple > MOS_ATA_MAX_MULTIPLE ||
      (moving &&
       (ops[self->op].moved == NULL || self->buffer_at == self->block_end ||
        self->block_bytes == 0)) ||
      (self->phase == MOS_ATA_STORE &&
       (ops[self->op].restart == NULL || self->store == NULL))) {
    mos_ata_drive_reset (self, TRUE);
    return FALSE;
  }
  if (self->phase == MOS_ATA_STORE)
    ops[self->op].restart (self);
  return TRUE;
}

/* -- registers ----------------------------------------------------------- */

void
mos_ata_drive_set_feature (MosAtaDrive *self, guint8 value)
{
  self->before.feature = self->now.feature;
  self->now.feature = value;
}

void
mos_ata_drive_set_count (MosAtaDrive *self, guint8 value)
{
  self->before.count = self->now.count;
  self->now.count = value;
}

void
mos_ata_drive_set_lba (MosAtaDrive *self, guint byte, guint8 value)
{
  g_return_if_fail (byte < 3);

  self->before.lba[byte] = self->now.lba[byte];
  self->now.lba[byte] = value;
}

void
mos_ata_drive_start (MosAtaDrive *self, guint8 command)
{
  if (self->kind == MOS_ATA_CDROM && command == COMMAND_DEVICE_RESET) {
    mos_ata_drive_reset (self, FALSE);
    return;
  }
  /* A busy drive does not see its command register. */
  if (self->phase != MOS_ATA_IDLE)
    return;
  self->command = command;
  self->error = 0;
  self->status = READY;
  self->dma = FALSE;
  self->flush_after = FALSE;
  self->block_bytes = MOS_ATA_SECTOR_BYTES;
  mos_ata_execute (self);
}

/* -- the end of a command ------------------------------------------------ */

static void
end_with (MosAtaDrive *self, guint8 status, guint8 error)
{
  self->phase = MOS_ATA_IDLE;
  self->op = MOS_ATA_OP_NONE;
  self->status = status;
  self->error = error;
  self->host->ended (self, TRUE);
}

void
mos_ata_end (MosAtaDrive *self)
{
  end_with (self, READY, 0);
}

void
mos_ata_fail (MosAtaDrive *self, guint8 error)
{
  end_with (self, READY | MOS_ATA_ERR, error);
}

void
mos_ata_abort (MosAtaDrive *self)
{
  mos_ata_fail (self, MOS_ATA_ERROR_ABRT);
}

void
mos_ata_wait_store (MosAtaDrive *self, MosAtaOp op)
{
  self->phase = MOS_ATA_STORE;
  self->op = op;
  self->status = MOS_ATA_BSY;
}

/* -- moving the buffer --------------------------------------------------- */

static void
begin_block (MosAtaDrive *self, gboolean interrupt)
{
  self->block_end = MIN (self->buffer_end, self->buffer_at + self->block_bytes);
  self->status = READY | MOS_ATA_DRQ;
  if (self->op >= MOS_ATA_OP_PACKET)
    mos_atapi_begin_block (self);
  self->host->data_ready (self, interrupt);
}

void
mos_ata_move (MosAtaDrive *self,
              MosAtaOp     op,
              gboolean     to_host,
              guint32      size,
              gboolean     interrupt)
{
  g_assert (size > 0 && size <= MOS_ATA_BUFFER_BYTES);

  self->op = op;
  self->to_host = to_host;
  self->buffer_at = 0;
  self->buffer_end = size;
  if (self->dma && op != MOS_ATA_OP_PACKET) {
    self->phase = MOS_ATA_DMA;
    self->block_end = size;
    self->status = READY | MOS_ATA_DRQ;
    self->host->dma_ready (self);
    return;
  }
  self->phase = to_host ? MOS_ATA_PIO_IN : MOS_ATA_PIO_OUT;
  begin_block (self, interrupt);
}

/* @size more bytes of the block are moved. */
static void
advance (MosAtaDrive *self, guint32 size)
{
  self->buffer_at += size;
  if (self->buffer_at < self->block_end)
    return;
  if (self->buffer_at < self->buffer_end)
    begin_block (self, TRUE);
  else
    ops[self->op].moved (self);
}

void
mos_ata_drive_read (MosAtaDrive *self, void *data, gsize size)
{
  guint8 *to = data;

  while (size > 0 && self->phase == MOS_ATA_PIO_IN) {
    guint32 count = (guint32) MIN (size, self->block_end - self->buffer_at);

    memcpy (to, self->buffer + self->buffer_at, count);
    to += count;
    size -= count;
    advance (self, count);
  }
  memset (to, 0xff, size);
}

void
mos_ata_drive_write (MosAtaDrive *self, const void *data, gsize size)
{
  const guint8 *from = data;

  while (size > 0 && self->phase == MOS_ATA_PIO_OUT) {
    guint32 count = (guint32) MIN (size, self->block_end - self->buffer_at);

    memcpy (self->buffer + self->buffer_at, from, count);
    from += count;
    size -= count;
    advance (self, count);
  }
}

guint8 *
mos_ata_drive_any_data (MosAtaDrive *self, guint32 *size)
{
  if (!is_moving (self))
    return NULL;
  *size = self->block_end - self->buffer_at;
  return self->buffer + self->buffer_at;
}

guint8 *
mos_ata_drive_dma_data (MosAtaDrive *self, guint32 *size)
{
  return self->phase == MOS_ATA_DMA ? mos_ata_drive_any_data (self, size)
                                    : NULL;
}

void
mos_ata_drive_moved (MosAtaDrive *self, guint32 size)
{
  g_return_if_fail (is_moving (self));
  g_return_if_fail (size <= self->block_end - self->buffer_at);

  if (size > 0)
    advance (self, size);
}

/* -- media --------------------------------------------------------------- */

MosBlockStore *
mos_ata_drive_change_medium (MosAtaDrive *self, MosBlockStore *store)
{
  enum {
    EVENT_NEW_MEDIA = 2,
    EVENT_REMOVED = 3
  };
  MosBlockStore *old = self->store;

  self->store = store != NULL ? mos_block_store_ref (store) : NULL;
  self->tray_open = FALSE;
  self->media_event = store != NULL ? EVENT_NEW_MEDIA : EVENT_REMOVED;
  self->unit_attention = store != NULL;
  return old;
}
