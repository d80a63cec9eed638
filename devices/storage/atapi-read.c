/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Reading a CD: its blocks as they are, or whole sectors as they lie on disc.
 *
 * An image has the 2048 bytes of user data of each block. What else a sector
 * in mode 1 has (sync, header, error detection and correction) follows from
 * these and from its address, and is computed as ECMA-130 says ("Digital Data
 * in a Sector", annexes A and B), for hosts that ask for raw sectors.
 */
#include <string.h>

#include "devices/storage/ata.h"

#define DATA_BYTES       2048u
#define SYNC_BYTES       12u
#define HEADER_BYTES     4u
#define CORRECTION_BYTES 288u
#define RAW_BYTES        2352u
#define EDC_OFFSET       2064u
#define P_OFFSET         2076u
#define Q_OFFSET         2248u
#define LEAD_IN_FRAMES   150u

/* What READ CD may ask for: bits of its byte 9. */
enum {
  PART_SYNC = 0x80,
  PART_HEADER = 0x20,
  PART_DATA = 0x10,
  PART_CORRECTION = 0x08,
  PART_C2 = 0x06
};

guint32
mos_atapi_n_blocks (const MosAtaDrive *self)
{
  guint64 size = self->store != NULL ? self->store->size : 0;
  guint64 blocks = size / DATA_BYTES + (size % DATA_BYTES != 0);

  return (guint32) MIN (blocks, G_MAXINT32);
}

/* -- error detection and correction -------------------------------------- */

/* x^32 + x^31 + x^16 + x^15 + x^4 + x^3 + x + 1, lowest bit first. */
static guint32
detection_code (const guint8 *data, gsize size)
{
  guint32 code = 0;

  for (gsize i = 0; i < size; i++) {
    code ^= data[i];
    for (guint bit = 0; bit < 8; bit++)
      code = code >> 1 ^ (code & 1 ? 0xd8018001u : 0);
  }
  return code;
}

/* Times two in the field of x^8 + x^4 + x^3 + x^2 + 1. */
static guint8
twice (guint8 value)
{
  return (guint8) (value << 1 ^ (value & 0x80 ? 0x1d : 0));
}

/* Divides by three, the way back from value * 2 + value. */
static void
fill_thirds (guint8 *thirds)
{
  for (guint i = 0; i < 256; i++)
    thirds[(guint8) i ^ twice ((guint8) i)] = (guint8) i;
}

/*
 * Two parity bytes for each of @n_vectors vectors of @length bytes. Vectors
 * come in pairs, one of even and one of odd bytes; a vector begins @pair_step
 * after that of the pair before, and goes on in steps of @step, wrapping.
 */
static void
add_parity (guint8       *data,
            guint8       *parity,
            const guint8 *thirds,
            guint         n_vectors,
            guint         length,
            guint         pair_step,
            guint         step)
{
  guint size = n_vectors * length;

  for (guint vector = 0; vector < n_vectors; vector++) {
    guint  at = vector / 2 * pair_step + (vector & 1);
    guint8 weighted = 0;
    guint8 sum = 0;

    for (guint i = 0; i < length; i++) {
      weighted = twice (weighted ^ data[at]);
      sum ^= data[at];
      at += step;
      if (at >= size)
        at -= size;
    }
    weighted = thirds[twice (weighted) ^ sum];
    parity[vector] = weighted;
    parity[vector + n_vectors] = weighted ^ sum;
  }
}

static guint8
to_bcd (guint value)
{
  return (guint8) (value / 10 << 4 | value % 10);
}

/* A sector in mode 1 of block @lba, whose data is @data. */
static void
build_sector (guint8       *sector,
              guint32       lba,
              const guint8 *data,
              const guint8 *thirds)
{
  guint32 frame = lba + LEAD_IN_FRAMES;
  guint32 code;

  memset (sector, 0, RAW_BYTES);
  memset (sector + 1, 0xff, 10);
  sector[12] = to_bcd (frame / 75 / 60 % 100);
  sector[13] = to_bcd (frame / 75 % 60);
  sector[14] = to_bcd (frame % 75);
  sector[15] = 1;
  memcpy (sector + 16, data, DATA_BYTES);
  code = GUINT32_TO_LE (detection_code (sector, EDC_OFFSET));
  memcpy (sector + EDC_OFFSET, &code, sizeof code);
  add_parity (sector + 12, sector + P_OFFSET, thirds, 86, 24, 2, 86);
  add_parity (sector + 12, sector + Q_OFFSET, thirds, 52, 43, 86, 88);
}

/* Copies the wanted parts of @sector; returns how many bytes. */
static guint32
copy_parts (guint8 *to, const guint8 *sector, guint parts)
{
  static const struct {
    guint part, offset, size;
  } pieces[] = {
    { PART_SYNC, 0, SYNC_BYTES },
    { PART_HEADER, SYNC_BYTES, HEADER_BYTES },
    { PART_DATA, SYNC_BYTES + HEADER_BYTES, DATA_BYTES },
    { PART_CORRECTION, EDC_OFFSET, CORRECTION_BYTES },
  };
  guint32 size = 0;

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++) {
    if ((parts & pieces[i].part) == 0)
      continue;
    if (to != NULL)
      memcpy (to + size, sector + pieces[i].offset, pieces[i].size);
    size += pieces[i].size;
  }
  return size;
}

/* -- reading ------------------------------------------------------------- */

static guint32
piece_blocks (const MosAtaDrive *self)
{
  return MIN (self->left, MOS_ATA_BUFFER_BYTES / RAW_BYTES);
}

/* Blocks for the host from @data, @n_blocks of user data. */
static void
fill_buffer (MosAtaDrive *self, const guint8 *data, guint32 n_blocks)
{
  guint8 sector[RAW_BYTES];
  guint8 thirds[256];

  if (self->cd_parts == PART_DATA) {
    memcpy (self->buffer, data, (gsize) n_blocks * DATA_BYTES);
    return;
  }
  fill_thirds (thirds);
  for (guint32 i = 0; i < n_blocks; i++) {
    build_sector (sector, (guint32) self->lba + i, data + i * DATA_BYTES,
                  thirds);
    copy_parts (self->buffer + i * self->cd_block_bytes, sector,
                self->cd_parts);
  }
}

static void
read_done_cb (gpointer user_data, int result, const guint8 *data, gsize size)
{
  MosAtaDrive       *self = user_data;
  guint32            n_blocks = piece_blocks (self);
  g_autofree guint8 *padded = NULL;

  if (result != 0) {
    mos_atapi_fail (self, 3, 0x11, 0); /* unrecovered read error */
    return;
  }
  if (size < (gsize) n_blocks * DATA_BYTES) { /* the image's odd end */
    padded = g_malloc0 ((gsize) n_blocks * DATA_BYTES);
    memcpy (padded, data, size);
    data = padded;
  }
  fill_buffer (self, data, n_blocks);
  self->lba += n_blocks;
  self->left -= n_blocks;
  mos_ata_move (self, MOS_ATA_OP_CD_READ, TRUE, n_blocks * self->cd_block_bytes,
                TRUE);
}

/* Asks for the next piece. */
void
mos_atapi_read_restart (MosAtaDrive *self)
{
  guint32 n_blocks = mos_atapi_n_blocks (self);
  guint64 offset = self->lba * DATA_BYTES;
  guint64 size = (guint64) piece_blocks (self) * DATA_BYTES;

  if (self->store == NULL || self->tray_open) {
    mos_atapi_fail (self, 2, 0x3a, 0);
    return;
  }
  if (self->lba >= n_blocks || self->left > n_blocks - self->lba ||
      self->cd_block_bytes != copy_parts (NULL, NULL, self->cd_parts)) {
    mos_atapi_fail (self, 5, 0x21, 0);
    return;
  }
  mos_ata_wait_store (self, MOS_ATA_OP_CD_READ);
  mos_transfers_start (self->transfers, self->store, MOS_BLOCK_READ, offset,
                       NULL, MIN (size, self->store->size - offset),
                       read_done_cb, self);
}

void
mos_atapi_read_moved (MosAtaDrive *self)
{
  if (self->left > 0)
    mos_atapi_read_restart (self);
  else
    mos_atapi_end (self);
}

/* Blocks go out whole if the host's limit allows one. */
static guint32
block_limit (const MosAtaDrive *self)
{
  guint32 limit = MAX (self->byte_limit & ~1u, 2);

  if (limit >= self->cd_block_bytes)
    limit -= limit % self->cd_block_bytes;
  return limit;
}

static void
start_read (MosAtaDrive *self, guint32 lba, guint32 count, guint parts)
{
  guint32 n_blocks = mos_atapi_n_blocks (self);

  self->cd_parts = parts;
  self->cd_block_bytes = copy_parts (NULL, NULL, parts);
  if (lba > n_blocks || count > n_blocks - lba) {
    mos_atapi_fail (self, 5, 0x21, 0);
    return;
  }
  if (count == 0 || self->cd_block_bytes == 0) {
    mos_atapi_end (self);
    return;
  }
  self->lba = lba;
  self->left = count;
  self->block_bytes = block_limit (self);
  mos_atapi_read_restart (self);
}

static guint32
get_number (const guint8 *bytes, guint n)
{
  guint32 value = 0;

  for (guint i = 0; i < n; i++)
    value = value << 8 | bytes[i];
  return value;
}

/* READ (10) and READ (12). */
void
mos_atapi_run_read (MosAtaDrive *self)
{
  const guint8 *packet = self->packet;
  guint32       count = packet[0] == 0x28 ? get_number (packet + 7, 2)
                                          : get_number (packet + 6, 4);

  start_read (self, get_number (packet + 2, 4), count, PART_DATA);
}

static void
read_cd (MosAtaDrive *self, guint32 lba, guint32 count)
{
  guint type = self->packet[1] >> 2 & 7;
  guint parts = self->packet[9];

  if (type != 0 && type != 2) { /* anything, or mode 1: that is what it is */
    mos_atapi_fail (self, 5, 0x64, 0);
    return;
  }
  if ((parts & PART_C2) != 0 || (self->packet[10] & 7) != 0) {
    mos_atapi_fail (self, 5, 0x24, 0);
    return;
  }
  start_read (self, lba, count,
              parts & (PART_SYNC | PART_HEADER | PART_DATA | PART_CORRECTION));
}

void
mos_atapi_run_read_cd (MosAtaDrive *self)
{
  read_cd (self, get_number (self->packet + 2, 4),
           get_number (self->packet + 6, 3));
}

void
mos_atapi_run_read_cd_msf (MosAtaDrive *self)
{
  const guint8 *packet = self->packet;
  guint32       from = (packet[3] * 60u + packet[4]) * 75u + packet[5];
  guint32       to = (packet[6] * 60u + packet[7]) * 75u + packet[8];

  if (from < LEAD_IN_FRAMES || to < from) {
    mos_atapi_fail (self, 5, 0x24, 0);
    return;
  }
  read_cd (self, from - LEAD_IN_FRAMES, to - from);
}
