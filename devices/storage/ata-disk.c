/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A disk's sectors: read, write, verify, flush, trim.
 *
 * Requests of any size go through the drive's buffer in pieces, each one
 * request to the store. Addresses are checked before the first of them.
 */
#include <errno.h>
#include <string.h>

#include "devices/storage/ata.h"

#define BUFFER_SECTORS (MOS_ATA_BUFFER_BYTES / MOS_ATA_SECTOR_BYTES)
/* Ranges in one sector of DATA SET MANAGEMENT data. */
#define TRIM_ENTRY_BYTES 8

guint64
mos_ata_n_sectors (const MosAtaDrive *self)
{
  return self->store != NULL ? self->store->size / MOS_ATA_SECTOR_BYTES : 0;
}

static gboolean
check_range (MosAtaDrive *self)
{
  guint64 n_sectors = mos_ata_n_sectors (self);

  self->standby = FALSE;
  if (self->lba < n_sectors && self->left <= n_sectors - self->lba)
    return TRUE;
  mos_ata_fail (self, MOS_ATA_ERROR_IDNF);
  return FALSE;
}

/* The address registers name the sector that a command got stuck at, or the
 * one after its last. */
static void
show_address (MosAtaDrive *self)
{
  guint64 lba = self->lba;

  if (!self->lba48 && (self->device_head & 0x40) == 0)
    return; /* nobody translates it back */
  for (guint i = 0; i < 3; i++) {
    self->now.lba[i] = (guint8) (lba >> (i * 8));
    if (self->lba48)
      self->before.lba[i] = (guint8) (lba >> (24 + i * 8));
  }
  if (!self->lba48)
    self->device_head =
        (guint8) ((self->device_head & 0xf0) | (lba >> 24 & 0xf));
}

static void
end_data (MosAtaDrive *self)
{
  show_address (self);
  self->now.count = 0;
  self->before.count = 0;
  mos_ata_end (self);
}

/* -- reading ------------------------------------------------------------- */

static guint32
piece_bytes (const MosAtaDrive *self)
{
  return MIN (self->left, BUFFER_SECTORS) * MOS_ATA_SECTOR_BYTES;
}

static void
read_done_cb (gpointer user_data, int result, const guint8 *data, gsize size)
{
  MosAtaDrive *self = user_data;

  if (result != 0) {
    show_address (self);
    mos_ata_fail (self, MOS_ATA_ERROR_UNC);
    return;
  }
  memcpy (self->buffer, data, MIN (size, MOS_ATA_BUFFER_BYTES));
  self->lba += size / MOS_ATA_SECTOR_BYTES;
  self->left -= (guint32) (size / MOS_ATA_SECTOR_BYTES);
  mos_ata_move (self, MOS_ATA_OP_READ, TRUE, (guint32) size, TRUE);
}

/* Asks for the next piece. */
void
mos_ata_read_restart (MosAtaDrive *self)
{
  /* After loading a state that somebody made up, the range may be wrong. */
  if (self->left == 0 || !check_range (self))
    return;
  mos_ata_wait_store (self, MOS_ATA_OP_READ);
  mos_transfers_start (self->transfers, self->store, MOS_BLOCK_READ,
                       self->lba * MOS_ATA_SECTOR_BYTES, NULL,
                       piece_bytes (self), read_done_cb, self);
}

void
mos_ata_read_moved (MosAtaDrive *self)
{
  if (self->left > 0) {
    mos_ata_read_restart (self);
    return;
  }
  show_address (self);
  self->now.count = 0;
  self->phase = MOS_ATA_IDLE;
  self->op = MOS_ATA_OP_NONE;
  self->status = MOS_ATA_DRDY | MOS_ATA_DSC;
  /* Each PIO block was announced; the end is not. */
  self->host->ended (self, self->dma);
}

void
mos_ata_start_read (MosAtaDrive *self, guint32 block_sectors)
{
  self->block_bytes = block_sectors * MOS_ATA_SECTOR_BYTES;
  if (check_range (self))
    mos_ata_read_restart (self);
}

void
mos_ata_start_verify (MosAtaDrive *self)
{
  if (!check_range (self))
    return;
  self->lba += self->left;
  end_data (self);
}

/* -- writing ------------------------------------------------------------- */

static void
write_failed (MosAtaDrive *self, int result)
{
  show_address (self);
  mos_ata_fail (self, result == -EROFS || result == -EPERM
                          ? MOS_ATA_ERROR_ABRT
                          : MOS_ATA_ERROR_ABRT | MOS_ATA_ERROR_UNC);
}

static void
flush_done_cb (gpointer user_data, int result, const guint8 *data, gsize size)
{
  MosAtaDrive *self = user_data;

  if (result != 0)
    mos_ata_abort (self);
  else
    mos_ata_end (self);
}

void
mos_ata_flush_restart (MosAtaDrive *self)
{
  mos_ata_wait_store (self, MOS_ATA_OP_FLUSH);
  mos_transfers_start (self->transfers, self->store, MOS_BLOCK_FLUSH, 0, NULL,
                       0, flush_done_cb, self);
}

void
mos_ata_start_flush (MosAtaDrive *self)
{
  mos_ata_flush_restart (self);
}

/* Asks the host for the next piece. */
static void
take_piece (MosAtaDrive *self, gboolean interrupt)
{
  mos_ata_move (self, MOS_ATA_OP_WRITE, FALSE, piece_bytes (self), interrupt);
}

static void
write_done_cb (gpointer user_data, int result, const guint8 *data, gsize size)
{
  MosAtaDrive *self = user_data;

  if (result != 0) {
    write_failed (self, result);
    return;
  }
  self->lba += size / MOS_ATA_SECTOR_BYTES;
  self->left -= (guint32) (size / MOS_ATA_SECTOR_BYTES);
  if (self->left > 0) {
    take_piece (self, TRUE);
    return;
  }
  show_address (self);
  self->now.count = 0;
  self->before.count = 0;
  if (self->flush_after || !self->write_cache)
    mos_ata_flush_restart (self);
  else
    mos_ata_end (self);
}

/* The buffer is full; also what is done again after loading. */
void
mos_ata_write_moved (MosAtaDrive *self)
{
  guint32 size = self->buffer_end;

  if (size != piece_bytes (self) || size == 0) {
    mos_ata_abort (self); /* only in a state that somebody made up */
    return;
  }
  mos_ata_wait_store (self, MOS_ATA_OP_WRITE);
  mos_transfers_start (self->transfers, self->store, MOS_BLOCK_WRITE,
                       self->lba * MOS_ATA_SECTOR_BYTES, self->buffer, size,
                       write_done_cb, self);
}

void
mos_ata_start_write (MosAtaDrive *self, guint32 block_sectors)
{
  self->block_bytes = block_sectors * MOS_ATA_SECTOR_BYTES;
  if (!check_range (self))
    return;
  if (self->store->read_only) {
    mos_ata_abort (self);
    return;
  }
  take_piece (self, FALSE);
}

/* -- trim ---------------------------------------------------------------- */

static void
trim_done_cb (gpointer user_data, int result, const guint8 *data, gsize size)
{
  MosAtaDrive *self = user_data;

  if (result != 0) {
    mos_ata_abort (self);
    return;
  }
  self->trim_at += TRIM_ENTRY_BYTES;
  mos_ata_trim_restart (self);
}

/* The next range that is not empty: 48 bits of address, 16 of length. */
static gboolean
next_range (MosAtaDrive *self, guint64 *lba, guint64 *count)
{
  for (; self->trim_at + TRIM_ENTRY_BYTES <= self->buffer_end;
       self->trim_at += TRIM_ENTRY_BYTES) {
    guint64 entry;

    memcpy (&entry, self->buffer + self->trim_at, sizeof entry);
    entry = GUINT64_FROM_LE (entry);
    *lba = entry & 0xffffffffffff;
    *count = entry >> 48;
    if (*count > 0)
      return TRUE;
  }
  return FALSE;
}

void
mos_ata_trim_restart (MosAtaDrive *self)
{
  guint64 n_sectors = mos_ata_n_sectors (self);
  guint64 lba, count;

  if (!next_range (self, &lba, &count)) {
    if (self->left > 0)
      mos_ata_start_trim (self);
    else
      mos_ata_end (self);
    return;
  }
  if (lba >= n_sectors || count > n_sectors - lba) {
    mos_ata_fail (self, MOS_ATA_ERROR_IDNF);
    return;
  }
  mos_ata_wait_store (self, MOS_ATA_OP_TRIM);
  mos_transfers_start_range (self->transfers, self->store, MOS_BLOCK_DISCARD,
                             lba * MOS_ATA_SECTOR_BYTES,
                             count * MOS_ATA_SECTOR_BYTES, trim_done_cb, self);
}

void
mos_ata_trim_moved (MosAtaDrive *self)
{
  self->trim_at = 0;
  self->left -= MIN (self->left, self->buffer_end / MOS_ATA_SECTOR_BYTES);
  mos_ata_trim_restart (self);
}

void
mos_ata_start_trim (MosAtaDrive *self)
{
  if (self->store->read_only) {
    mos_ata_abort (self);
    return;
  }
  if (self->phase == MOS_ATA_IDLE) {
    self->left = self->now.count | (guint32) self->before.count << 8;
    if (self->left == 0) {
      mos_ata_abort (self);
      return;
    }
  }
  mos_ata_move (self, MOS_ATA_OP_TRIM, FALSE, piece_bytes (self), FALSE);
}
