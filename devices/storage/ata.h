/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * An ATA or ATAPI drive, without the wires to it.
 *
 * After ACS-2 and MMC-5 in what guests use of them. A host adapter (IDE, AHCI)
 * owns drives, writes their registers, moves data when they are ready, and
 * hears when they have something to say. A command is a row of a table; what
 * it does next with its data is an operation (MosAtaOp), a number and not a
 * pointer, so that a drive can be saved at any moment.
 *
 * All of it runs with the lock of the adapter's device held.
 */
#pragma once

#include "devices/storage/transfer.h"

G_BEGIN_DECLS

#define MOS_ATA_SECTOR_BYTES 512u
#define MOS_ATA_BUFFER_BYTES 65536u
#define MOS_ATA_PACKET_BYTES 12u
#define MOS_ATA_MAX_MULTIPLE 16u

/* Status and error register bits. */
enum {
  MOS_ATA_BSY = 0x80,
  MOS_ATA_DRDY = 0x40,
  MOS_ATA_DF = 0x20,
  MOS_ATA_DSC = 0x10,
  MOS_ATA_DRQ = 0x08,
  MOS_ATA_ERR = 0x01,
  MOS_ATA_ERROR_UNC = 0x40,
  MOS_ATA_ERROR_IDNF = 0x10,
  MOS_ATA_ERROR_ABRT = 0x04
};

/* Interrupt reason of packet commands, in the count register. */
enum {
  MOS_ATA_REASON_COMMAND = 0x01,
  MOS_ATA_REASON_TO_HOST = 0x02
};

typedef enum {
  MOS_ATA_NO_DRIVE,
  MOS_ATA_DISK,
  MOS_ATA_CDROM
} MosAtaKind;

typedef enum {
  MOS_ATA_IDLE,
  MOS_ATA_STORE,   /* the block store works */
  MOS_ATA_PIO_IN,  /* the host reads the buffer */
  MOS_ATA_PIO_OUT, /* the host fills it */
  MOS_ATA_DMA,     /* the adapter moves it, now or later */
  MOS_ATA_N_PHASES
} MosAtaPhase;

typedef enum {
  MOS_ATA_OP_NONE,
  MOS_ATA_OP_GIVE,   /* what is in the buffer, and no more */
  MOS_ATA_OP_KEEP,   /* WRITE BUFFER */
  MOS_ATA_OP_READ,   /* sectors */
  MOS_ATA_OP_WRITE,  /* sectors */
  MOS_ATA_OP_FLUSH,  /* after a write that asked for it, or alone */
  MOS_ATA_OP_TRIM,   /* take ranges, discard them */
  MOS_ATA_OP_PACKET, /* take the packet of a command */
  MOS_ATA_OP_CD_GIVE,
  MOS_ATA_OP_CD_TAKE,
  MOS_ATA_OP_CD_READ,
  MOS_ATA_N_OPS
} MosAtaOp;

/* The command block registers that are kept twice, for 48 bits. */
typedef struct {
  guint8 feature;
  guint8 count;
  guint8 lba[3];
} MosAtaRegisters;

typedef struct MosAtaDrive MosAtaDrive;

/* What the adapter hears. */
typedef struct {
  /* A block can be moved by mos_ata_drive_read() or _write(). @interrupt:
   * as the protocol has it for a wire. */
  void (*data_ready) (MosAtaDrive *drive, gboolean interrupt);
  /* mos_ata_drive_dma_data() has something. */
  void (*dma_ready) (MosAtaDrive *drive);
  /* The command is over; its result is in the registers. */
  void (*ended) (MosAtaDrive *drive, gboolean interrupt);
} MosAtaHost;

struct MosAtaDrive {
  MosDevice        *device;
  MosTransfers     *transfers;
  const MosAtaHost *host;
  guint             index; /* the adapter's number for it */
  gboolean          sata;  /* not on a ribbon cable */
  MosAtaKind        kind;
  MosBlockStore    *store; /* NULL: a CD drive with nothing in it */
  char              serial[21];
  guint32           cylinders, heads, sectors; /* default translation */

  MosAtaRegisters now, before;
  guint8          device_head, status, error;

  /* Settings. */
  guint8   logical_heads, logical_sectors; /* INITIALIZE DEVICE PARAMETERS */
  guint8   multiple;                       /* sectors a block; 0: off */
  guint8   transfer_mode;                  /* SET FEATURES */
  gboolean write_cache, look_ahead, smart, standby;

  /* The command under way. */
  guint8   command;
  guint32  phase, op;
  gboolean dma, to_host, flush_after, lba48;
  guint64  lba;  /* of the next sector or CD block */
  guint32  left; /* sectors or CD blocks not yet in the buffer */
  guint32  block_bytes;
  guint32  buffer_at, block_end, buffer_end;
  guint32  trim_at;

  /* Packet commands. */
  guint8   packet[MOS_ATA_PACKET_BYTES];
  guint32  byte_limit;
  guint32  cd_block_bytes, cd_parts;
  guint8   sense_key, sense_code, sense_qualifier;
  guint8   media_event; /* GET EVENT STATUS NOTIFICATION; 0: none */
  gboolean unit_attention, locked, tray_open;

  guint8 buffer[MOS_ATA_BUFFER_BYTES];
};

/* -- for adapters -------------------------------------------------------- */

/* A disk needs @store; a CD drive may be empty. @serial: at most 20 letters. */
void mos_ata_drive_init (MosAtaDrive      *self,
                         MosDevice        *device,
                         MosTransfers     *transfers,
                         const MosAtaHost *host,
                         guint             index);
void mos_ata_drive_plug (MosAtaDrive   *self,
                         MosAtaKind     kind,
                         MosBlockStore *store,
                         const char    *serial);
void mos_ata_drive_clear (MosAtaDrive *self);
/* Power-on and hardware reset; a software reset keeps most settings. */
void mos_ata_drive_reset (MosAtaDrive *self, gboolean hardware);
/* After loading: FALSE if the values cannot be right; else goes on. */
gboolean mos_ata_drive_loaded (MosAtaDrive *self);

/* Register writes; the command register starts a command. */
void mos_ata_drive_set_feature (MosAtaDrive *self, guint8 value);
void mos_ata_drive_set_count (MosAtaDrive *self, guint8 value);
void mos_ata_drive_set_lba (MosAtaDrive *self, guint byte, guint8 value);
void mos_ata_drive_start (MosAtaDrive *self, guint8 command);

/* The data register: @size bytes, or fewer at the end of a block; the rest
 * reads ones. */
void mos_ata_drive_read (MosAtaDrive *self, void *data, gsize size);
void mos_ata_drive_write (MosAtaDrive *self, const void *data, gsize size);

/* What is to be moved by DMA, or (second form) in any way, or NULL; then how
 * much of it was. */
guint8 *mos_ata_drive_dma_data (MosAtaDrive *self, guint32 *size);
guint8 *mos_ata_drive_any_data (MosAtaDrive *self, guint32 *size);
void    mos_ata_drive_moved (MosAtaDrive *self, guint32 size);

/* A CD for the drive, or NULL. The old store is given back to be released
 * without the lock. */
MosBlockStore *mos_ata_drive_change_medium (MosAtaDrive   *self,
                                            MosBlockStore *store);

/* -- between the files of the drive -------------------------------------- */

/* Ends the command, well or with @error in the error register. */
void mos_ata_end (MosAtaDrive *self);
void mos_ata_fail (MosAtaDrive *self, guint8 error);
void mos_ata_abort (MosAtaDrive *self);
/* @size bytes of the buffer are there (to_host) or wanted; blocks of
 * block_bytes unless by DMA. */
void mos_ata_move (MosAtaDrive *self,
                   MosAtaOp     op,
                   gboolean     to_host,
                   guint32      size,
                   gboolean     interrupt);
/* Busy until the store answers. */
void mos_ata_wait_store (MosAtaDrive *self, MosAtaOp op);
void mos_ata_set_signature (MosAtaDrive *self);

/* What an operation does when its buffer has been moved, and how it asks the
 * store again after loading. */
typedef struct {
  void (*moved) (MosAtaDrive *self);
  void (*restart) (MosAtaDrive *self);
} MosAtaOpInfo;

/* ata-command.c */
void mos_ata_execute (MosAtaDrive *self);

/* ata-disk.c */
void    mos_ata_start_read (MosAtaDrive *self, guint32 block_sectors);
void    mos_ata_start_write (MosAtaDrive *self, guint32 block_sectors);
void    mos_ata_start_verify (MosAtaDrive *self);
void    mos_ata_start_flush (MosAtaDrive *self);
void    mos_ata_start_trim (MosAtaDrive *self);
void    mos_ata_read_moved (MosAtaDrive *self);
void    mos_ata_read_restart (MosAtaDrive *self);
void    mos_ata_write_moved (MosAtaDrive *self);
void    mos_ata_flush_restart (MosAtaDrive *self);
void    mos_ata_trim_moved (MosAtaDrive *self);
void    mos_ata_trim_restart (MosAtaDrive *self);
guint64 mos_ata_n_sectors (const MosAtaDrive *self);

/* ata-identify.c: fill the buffer's first 512 bytes. */
void mos_ata_identify_disk (MosAtaDrive *self);
void mos_ata_identify_cdrom (MosAtaDrive *self);
void mos_ata_smart (MosAtaDrive *self);

/* atapi.c */
void mos_atapi_start (MosAtaDrive *self);
void mos_atapi_execute (MosAtaDrive *self);
void mos_atapi_end (MosAtaDrive *self);
void
mos_atapi_fail (MosAtaDrive *self, guint8 key, guint8 code, guint8 qualifier);
void mos_atapi_begin_block (MosAtaDrive *self);
void mos_atapi_give (MosAtaDrive *self, guint32 size, guint32 wanted);
void mos_atapi_take_done (MosAtaDrive *self);

/* atapi-read.c */
guint32 mos_atapi_n_blocks (const MosAtaDrive *self);
void    mos_atapi_run_read (MosAtaDrive *self);
void    mos_atapi_run_read_cd (MosAtaDrive *self);
void    mos_atapi_run_read_cd_msf (MosAtaDrive *self);
void    mos_atapi_read_moved (MosAtaDrive *self);
void    mos_atapi_read_restart (MosAtaDrive *self);

/* The rows of a drive in its adapter's state table. */
#define MOS_ATA_STATE_FIELDS(type, drive)                     \
  MOS_STATE_ARRAY (type, drive.now, MOS_STATE_BYTES,          \
                   sizeof (MosAtaRegisters)),                 \
      MOS_STATE_ARRAY (type, drive.before, MOS_STATE_BYTES,   \
                       sizeof (MosAtaRegisters)),             \
      MOS_STATE (type, drive.device_head, MOS_STATE_U8),      \
      MOS_STATE (type, drive.status, MOS_STATE_U8),           \
      MOS_STATE (type, drive.error, MOS_STATE_U8),            \
      MOS_STATE (type, drive.logical_heads, MOS_STATE_U8),    \
      MOS_STATE (type, drive.logical_sectors, MOS_STATE_U8),  \
      MOS_STATE (type, drive.multiple, MOS_STATE_U8),         \
      MOS_STATE (type, drive.transfer_mode, MOS_STATE_U8),    \
      MOS_STATE (type, drive.write_cache, MOS_STATE_BOOL),    \
      MOS_STATE (type, drive.look_ahead, MOS_STATE_BOOL),     \
      MOS_STATE (type, drive.smart, MOS_STATE_BOOL),          \
      MOS_STATE (type, drive.standby, MOS_STATE_BOOL),        \
      MOS_STATE (type, drive.command, MOS_STATE_U8),          \
      MOS_STATE (type, drive.phase, MOS_STATE_U32),           \
      MOS_STATE (type, drive.op, MOS_STATE_U32),              \
      MOS_STATE (type, drive.dma, MOS_STATE_BOOL),            \
      MOS_STATE (type, drive.to_host, MOS_STATE_BOOL),        \
      MOS_STATE (type, drive.flush_after, MOS_STATE_BOOL),    \
      MOS_STATE (type, drive.lba48, MOS_STATE_BOOL),          \
      MOS_STATE (type, drive.lba, MOS_STATE_U64),             \
      MOS_STATE (type, drive.left, MOS_STATE_U32),            \
      MOS_STATE (type, drive.block_bytes, MOS_STATE_U32),     \
      MOS_STATE (type, drive.buffer_at, MOS_STATE_U32),       \
      MOS_STATE (type, drive.block_end, MOS_STATE_U32),       \
      MOS_STATE (type, drive.buffer_end, MOS_STATE_U32),      \
      MOS_STATE (type, drive.trim_at, MOS_STATE_U32),         \
      MOS_STATE_ARRAY (type, drive.packet, MOS_STATE_BYTES,   \
                       MOS_ATA_PACKET_BYTES),                 \
      MOS_STATE (type, drive.byte_limit, MOS_STATE_U32),      \
      MOS_STATE (type, drive.cd_block_bytes, MOS_STATE_U32),  \
      MOS_STATE (type, drive.cd_parts, MOS_STATE_U32),        \
      MOS_STATE (type, drive.sense_key, MOS_STATE_U8),        \
      MOS_STATE (type, drive.sense_code, MOS_STATE_U8),       \
      MOS_STATE (type, drive.sense_qualifier, MOS_STATE_U8),  \
      MOS_STATE (type, drive.media_event, MOS_STATE_U8),      \
      MOS_STATE (type, drive.unit_attention, MOS_STATE_BOOL), \
      MOS_STATE (type, drive.locked, MOS_STATE_BOOL),         \
      MOS_STATE (type, drive.tray_open, MOS_STATE_BOOL),      \
      MOS_STATE_ARRAY (type, drive.buffer, MOS_STATE_BYTES,   \
                       MOS_ATA_BUFFER_BYTES)

G_END_DECLS
