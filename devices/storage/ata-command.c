/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The table of ATA commands, and those that only change or tell settings.
 *
 * A row says for which kind of drive a command is, how its data moves, and
 * whether its registers are 48 bits wide. What is not in the table, or not for
 * this kind of drive, is aborted as the standard asks ("Command Aborted").
 */
#include <string.h>

#include "devices/storage/ata.h"

enum {
  FOR_DISK = 1u << MOS_ATA_DISK,
  FOR_CDROM = 1u << MOS_ATA_CDROM,
  FOR_BOTH = FOR_DISK | FOR_CDROM,
  DEVICE_LBA = 0x40
};

enum {
  WIDE = 1u << 0, /* 48-bit address and 16-bit count */
  DMA = 1u << 1,
  MULTIPLE = 1u << 2, /* blocks of several sectors */
  FUA = 1u << 3,      /* flushed before it ends */
  ADDRESSED = 1u << 4 /* the registers name sectors */
};

typedef struct {
  guint8      opcode;
  guint8      last; /* of a run of equal opcodes, or 0 */
  guint8      kinds;
  guint8      flags;
  const char *name;
  void (*run) (MosAtaDrive *self);
} Command;

/* -- addresses ----------------------------------------------------------- */

static void
decode_wide (MosAtaDrive *self)
{
  const MosAtaRegisters *now = &self->now;
  const MosAtaRegisters *before = &self->before;

  self->lba = (guint64) now->lba[0] | (guint64) now->lba[1] << 8 |
              (guint64) now->lba[2] << 16 | (guint64) before->lba[0] << 24 |
              (guint64) before->lba[1] << 32 | (guint64) before->lba[2] << 40;
  self->left = now->count | (guint32) before->count << 8;
  if (self->left == 0)
    self->left = 65536;
}

/* FALSE if there is no such cylinder, head, sector. */
static gboolean
decode_chs (MosAtaDrive *self)
{
  guint   head = self->device_head & 0xf;
  guint   sector = self->now.lba[0];
  guint64 cylinder = self->now.lba[1] | (guint) self->now.lba[2] << 8;

  if (sector == 0 || sector > self->logical_sectors ||
      head >= self->logical_heads)
    return FALSE;
  self->lba = (cylinder * self->logical_heads + head) * self->logical_sectors +
              sector - 1;
  return TRUE;
}

static gboolean
decode_narrow (MosAtaDrive *self)
{
  self->left = self->now.count != 0 ? self->now.count : 256;
  if ((self->device_head & DEVICE_LBA) == 0)
    return decode_chs (self);
  self->lba = self->now.lba[0] | (guint32) self->now.lba[1] << 8 |
              (guint32) self->now.lba[2] << 16 |
              (guint32) (self->device_head & 0xf) << 24;
  return TRUE;
}

/* -- commands ------------------------------------------------------------ */

static void
run_nop (MosAtaDrive *self)
{
  mos_ata_abort (self);
}

static void
run_end (MosAtaDrive *self)
{
  mos_ata_end (self);
}

static void
run_read (MosAtaDrive *self)
{
  mos_ata_start_read (self, 1);
}

static void
run_read_multiple (MosAtaDrive *self)
{
  if (self->multiple == 0)
    mos_ata_abort (self);
  else
    mos_ata_start_read (self, self->multiple);
}

static void
run_write (MosAtaDrive *self)
{
  mos_ata_start_write (self, 1);
}

static void
run_write_multiple (MosAtaDrive *self)
{
  if (self->multiple == 0)
    mos_ata_abort (self);
  else
    mos_ata_start_write (self, self->multiple);
}

static void
run_initialize (MosAtaDrive *self)
{
  guint heads = (self->device_head & 0xfu) + 1;

  if (self->now.count == 0) {
    mos_ata_abort (self);
    return;
  }
  self->logical_heads = (guint8) heads;
  self->logical_sectors = self->now.count;
  mos_ata_end (self);
}

/* An ATAPI drive that is asked as a disk says what it is instead. */
static void
run_identify (MosAtaDrive *self)
{
  if (self->kind == MOS_ATA_CDROM) {
    mos_ata_set_signature (self);
    mos_ata_abort (self);
    return;
  }
  mos_ata_identify_disk (self);
  mos_ata_move (self, MOS_ATA_OP_GIVE, TRUE, 512, TRUE);
}

static void
run_identify_packet (MosAtaDrive *self)
{
  mos_ata_identify_cdrom (self);
  mos_ata_move (self, MOS_ATA_OP_GIVE, TRUE, 512, TRUE);
}

static void
run_show_signature (MosAtaDrive *self)
{
  if (self->kind == MOS_ATA_CDROM)
    mos_ata_set_signature (self);
  mos_ata_abort (self);
}

/* What the drive has in its buffer, whatever that is. */
static void
run_read_buffer (MosAtaDrive *self)
{
  mos_ata_move (self, MOS_ATA_OP_GIVE, TRUE, 512, TRUE);
}

static void
run_write_buffer (MosAtaDrive *self)
{
  mos_ata_move (self, MOS_ATA_OP_KEEP, FALSE, 512, FALSE);
}

static void
run_set_multiple (MosAtaDrive *self)
{
  guint count = self->now.count;

  if (count > MOS_ATA_MAX_MULTIPLE || (count & (count - 1)) != 0) {
    mos_ata_abort (self);
    return;
  }
  self->multiple = (guint8) count;
  mos_ata_end (self);
}

static void
run_check_power (MosAtaDrive *self)
{
  self->now.count = self->standby ? 0x00 : 0xff;
  mos_ata_end (self);
}

static void
run_standby (MosAtaDrive *self)
{
  self->standby = TRUE;
  mos_ata_end (self);
}

static void
run_idle (MosAtaDrive *self)
{
  self->standby = FALSE;
  mos_ata_end (self);
}

/* The last sector, in 28 or 48 bits. */
static void
give_last_sector (MosAtaDrive *self, gboolean wide)
{
  guint64 last = mos_ata_n_sectors (self) - 1;

  if (!wide)
    last = MIN (last, 0x0fffffff - 1);
  for (guint i = 0; i < 3; i++) {
    self->now.lba[i] = (guint8) (last >> (i * 8));
    if (wide)
      self->before.lba[i] = (guint8) (last >> (24 + i * 8));
  }
  if (!wide)
    self->device_head =
        (guint8) ((self->device_head & 0xf0) | (last >> 24 & 0xf));
  mos_ata_end (self);
}

static void
run_native_max (MosAtaDrive *self)
{
  give_last_sector (self, FALSE);
}

static void
run_native_max_ext (MosAtaDrive *self)
{
  give_last_sector (self, TRUE);
}

static gboolean
is_transfer_mode (guint8 mode)
{
  switch (mode >> 3) {
  case 0x00: /* default PIO */
    return mode <= 1;
  case 0x01: /* PIO 0 to 4 */
    return (mode & 7) <= 4;
  case 0x04: /* multiword DMA 0 to 2 */
    return (mode & 7) <= 2;
  case 0x08: /* Ultra DMA 0 to 5 */
    return (mode & 7) <= 5;
  default:
    return FALSE;
  }
}

static void
run_set_features (MosAtaDrive *self)
{
  switch (self->now.feature) {
  case 0x02:
    self->write_cache = TRUE;
    break;
  case 0x82:
    /* What the cache has must be safe before writes go through it. */
    self->write_cache = FALSE;
    if (self->kind == MOS_ATA_DISK) {
      mos_ata_start_flush (self);
      return;
    }
    break;
  case 0x03:
    if (!is_transfer_mode (self->now.count)) {
      mos_ata_abort (self);
      return;
    }
    self->transfer_mode = self->now.count;
    break;
  case 0xaa:
  case 0x55:
    self->look_ahead = self->now.feature == 0xaa;
    break;
  case 0x66: /* keep settings over software reset, or not: they are kept */
  case 0xcc:
    break;
  default:
    mos_ata_abort (self);
    return;
  }
  mos_ata_end (self);
}

static void
run_trim (MosAtaDrive *self)
{
  if ((self->now.feature & 1) == 0)
    mos_ata_abort (self);
  else
    mos_ata_start_trim (self);
}

/* clang-format off */
static const Command commands[] = {
  { 0x00, 0,    FOR_BOTH,  0,                    "NOP", run_nop },
  { 0x06, 0,    FOR_DISK,  WIDE | DMA,           "DATA SET MANAGEMENT", run_trim },
  { 0x10, 0x1f, FOR_DISK,  0,                    "RECALIBRATE", run_end },
  { 0x20, 0x21, FOR_DISK,  ADDRESSED,            "READ SECTORS", run_read },
  { 0x20, 0x21, FOR_CDROM, 0,                    "READ SECTORS", run_show_signature },
  { 0x24, 0,    FOR_DISK,  ADDRESSED | WIDE,     "READ SECTORS EXT", run_read },
  { 0x25, 0,    FOR_DISK,  ADDRESSED | WIDE | DMA, "READ DMA EXT", run_read },
  { 0x27, 0,    FOR_DISK,  0,                    "READ NATIVE MAX ADDRESS EXT", run_native_max_ext },
  { 0x29, 0,    FOR_DISK,  ADDRESSED | WIDE | MULTIPLE, "READ MULTIPLE EXT", run_read_multiple },
  { 0x30, 0x31, FOR_DISK,  ADDRESSED,            "WRITE SECTORS", run_write },
  { 0x34, 0,    FOR_DISK,  ADDRESSED | WIDE,     "WRITE SECTORS EXT", run_write },
  { 0x35, 0,    FOR_DISK,  ADDRESSED | WIDE | DMA, "WRITE DMA EXT", run_write },
  { 0x39, 0,    FOR_DISK,  ADDRESSED | WIDE | MULTIPLE, "WRITE MULTIPLE EXT", run_write_multiple },
  { 0x3c, 0,    FOR_DISK,  ADDRESSED,            "WRITE VERIFY", run_write },
  { 0x3d, 0,    FOR_DISK,  ADDRESSED | WIDE | DMA | FUA, "WRITE DMA FUA EXT", run_write },
  { 0x40, 0x41, FOR_DISK,  ADDRESSED,            "READ VERIFY SECTORS", mos_ata_start_verify },
  { 0x42, 0,    FOR_DISK,  ADDRESSED | WIDE,     "READ VERIFY SECTORS EXT", mos_ata_start_verify },
  { 0x70, 0x7f, FOR_DISK,  0,                    "SEEK", run_end },
  { 0x91, 0,    FOR_DISK,  0,                    "INITIALIZE DEVICE PARAMETERS", run_initialize },
  { 0x94, 0,    FOR_BOTH,  0,                    "STANDBY IMMEDIATE", run_standby },
  { 0x95, 0,    FOR_BOTH,  0,                    "IDLE IMMEDIATE", run_idle },
  { 0x96, 0,    FOR_BOTH,  0,                    "STANDBY", run_standby },
  { 0x97, 0,    FOR_BOTH,  0,                    "IDLE", run_idle },
  { 0x98, 0,    FOR_BOTH,  0,                    "CHECK POWER MODE", run_check_power },
  { 0x99, 0,    FOR_BOTH,  0,                    "SLEEP", run_standby },
  { 0xa0, 0,    FOR_CDROM, 0,                    "PACKET", mos_atapi_start },
  { 0xa1, 0,    FOR_CDROM, 0,                    "IDENTIFY PACKET DEVICE", run_identify_packet },
  { 0xb0, 0,    FOR_DISK,  0,                    "SMART", mos_ata_smart },
  { 0xc4, 0,    FOR_DISK,  ADDRESSED | MULTIPLE, "READ MULTIPLE", run_read_multiple },
  { 0xc5, 0,    FOR_DISK,  ADDRESSED | MULTIPLE, "WRITE MULTIPLE", run_write_multiple },
  { 0xc6, 0,    FOR_DISK,  0,                    "SET MULTIPLE MODE", run_set_multiple },
  { 0xc8, 0xc9, FOR_DISK,  ADDRESSED | DMA,      "READ DMA", run_read },
  { 0xca, 0xcb, FOR_DISK,  ADDRESSED | DMA,      "WRITE DMA", run_write },
  { 0xce, 0,    FOR_DISK,  ADDRESSED | WIDE | MULTIPLE | FUA, "WRITE MULTIPLE FUA EXT", run_write_multiple },
  { 0xe0, 0,    FOR_BOTH,  0,                    "STANDBY IMMEDIATE", run_standby },
  { 0xe1, 0,    FOR_BOTH,  0,                    "IDLE IMMEDIATE", run_idle },
  { 0xe2, 0,    FOR_BOTH,  0,                    "STANDBY", run_standby },
  { 0xe3, 0,    FOR_BOTH,  0,                    "IDLE", run_idle },
  { 0xe4, 0,    FOR_DISK,  0,                    "READ BUFFER", run_read_buffer },
  { 0xe5, 0,    FOR_BOTH,  0,                    "CHECK POWER MODE", run_check_power },
  { 0xe6, 0,    FOR_BOTH,  0,                    "SLEEP", run_standby },
  { 0xe7, 0,    FOR_DISK,  0,                    "FLUSH CACHE", mos_ata_start_flush },
  { 0xe7, 0,    FOR_CDROM, 0,                    "FLUSH CACHE", run_end },
  { 0xe8, 0,    FOR_DISK,  0,                    "WRITE BUFFER", run_write_buffer },
  { 0xea, 0,    FOR_DISK,  0,                    "FLUSH CACHE EXT", mos_ata_start_flush },
  { 0xec, 0,    FOR_BOTH,  0,                    "IDENTIFY DEVICE", run_identify },
  { 0xef, 0,    FOR_BOTH,  0,                    "SET FEATURES", run_set_features },
  { 0xf8, 0,    FOR_DISK,  0,                    "READ NATIVE MAX ADDRESS", run_native_max },
};
/* clang-format on */

static const Command *
find_command (const MosAtaDrive *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    const Command *row = &commands[i];

    if (self->command >= row->opcode &&
        self->command <= MAX (row->opcode, row->last) &&
        (row->kinds >> self->kind & 1) != 0)
      return row;
  }
  return NULL;
}

void
mos_ata_execute (MosAtaDrive *self)
{
  const Command *row = find_command (self);

  if (row == NULL) {
    mos_ata_abort (self);
    return;
  }
  self->dma = (row->flags & DMA) != 0;
  self->lba48 = (row->flags & WIDE) != 0;
  self->flush_after = (row->flags & FUA) != 0;
  if ((row->flags & ADDRESSED) != 0) {
    if (self->lba48) {
      decode_wide (self);
    } else if (!decode_narrow (self)) {
      mos_ata_fail (self, MOS_ATA_ERROR_IDNF);
      return;
    }
  }
  row->run (self);
}
