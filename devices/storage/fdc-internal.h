/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the files of the floppy controller share.
 *
 * fdc.c has the registers and the phases, fdc-command.c the commands,
 * fdc-data.c those that move sectors, fdc-media.c the kinds of floppies. All
 * of it runs with the device's lock held.
 */
#pragma once

#include "devices/storage/fdc.h"
#include "devices/storage/transfer.h"

G_BEGIN_DECLS

#define MOS_FLOPPY_SECTOR_BYTES 512u
#define MOS_FLOPPY_MAX_SECTORS  36u /* of a track */
#define MOS_FLOPPY_SIZE_CODE    2   /* N of a sector of 512 bytes */
#define MOS_FDC_MAX_BYTES       16u /* of a command or result */
#define MOS_FDC_DMA_CHANNEL     2u

/* Data rates as CCR and DSR have them. */
enum {
  MOS_FLOPPY_RATE_500K,
  MOS_FLOPPY_RATE_300K,
  MOS_FLOPPY_RATE_250K,
  MOS_FLOPPY_RATE_1M
};

/* Status registers, 82077AA "Status Register Encoding". */
enum {
  MOS_ST0_ABNORMAL = 0x40,
  MOS_ST0_INVALID = 0x80,
  MOS_ST0_POLLED = 0xc0,
  MOS_ST0_SEEK_END = 0x20,
  MOS_ST0_EQUIPMENT = 0x10,
  MOS_ST1_END_OF_CYLINDER = 0x80,
  MOS_ST1_DATA_ERROR = 0x20,
  MOS_ST1_NO_DATA = 0x04,
  MOS_ST1_NOT_WRITABLE = 0x02,
  MOS_ST1_NO_ADDRESS_MARK = 0x01,
  MOS_ST2_CONTROL_MARK = 0x40,
  MOS_ST2_DATA_ERROR = 0x20,
  MOS_ST2_WRONG_CYLINDER = 0x10,
  MOS_ST2_BAD_CYLINDER = 0x02,
  MOS_ST3_WRITE_PROTECTED = 0x40,
  MOS_ST3_READY = 0x20,
  MOS_ST3_TRACK_0 = 0x10,
  MOS_ST3_TWO_SIDES = 0x08
};

typedef struct {
  const char *name;
  guint32     n_sectors;
  guint8      tracks;
  guint8      heads;
  guint8      sectors; /* of a track */
  guint8      rates;   /* bit n: readable at rate n */
  guint8      drive_type;
} MosFloppyFormat;

typedef struct {
  gboolean               installed;
  guint8                 type; /* as in CMOS */
  guint8                 track;
  gboolean               changed; /* the disk change line */
  MosBlockStore         *store;   /* NULL: nothing in it */
  const MosFloppyFormat *format;
} MosFloppyDrive;

typedef enum {
  MOS_FDC_COMMAND,
  MOS_FDC_EXECUTION,
  MOS_FDC_RESULT
} MosFdcPhase;

/* What a command in execution waits for. */
typedef enum {
  MOS_FDC_IDLE,
  MOS_FDC_READING,   /* the store */
  MOS_FDC_FEEDING,   /* the host, to take data */
  MOS_FDC_GATHERING, /* the host, to give data */
  MOS_FDC_WRITING,   /* the store */
  MOS_FDC_TURNING    /* the timer, until an ID comes round */
} MosFdcStage;

typedef enum {
  MOS_FDC_OP_READ,
  MOS_FDC_OP_READ_TRACK,
  MOS_FDC_OP_VERIFY,
  MOS_FDC_OP_WRITE,
  MOS_FDC_OP_FORMAT
} MosFdcOp;

struct MosFdc {
  MosDevice      device;
  MosDma8237    *dma;
  MosTransfers  *transfers;
  MosLine        irq;
  MosTimer       timer;
  MosIoWindow    windows[2];
  MosFloppyDrive drives[4]; /* the upper two are never installed */

  guint8   dor, tdr, dsr, rate;
  gboolean interrupt; /* INT, before the gate in DOR */
  guint8   polled;    /* bit n: drive n's status after reset is due */
  guint8   sought;    /* bit n: drive n has ended a seek */
  guint8   seek_st0[4];
  guint8   specify[2];
  guint8   configure[3];
  guint8   perpendicular;
  gboolean locked;

  guint32 phase; /* MosFdcPhase */
  guint32 stage; /* MosFdcStage */
  guint8  command[MOS_FDC_MAX_BYTES];
  guint32 n_command;
  guint8  result[MOS_FDC_MAX_BYTES];
  guint32 n_result;
  guint32 result_at;

  /* The command that moves data. */
  guint32  op; /* MosFdcOp */
  guint8   unit;
  guint8   cylinder, head, sector; /* the sector in hand */
  guint8   first_sector;           /* of the run in the buffer */
  guint8   run_sectors;
  guint8   st1, st2; /* to be reported at the end */
  gboolean terminal; /* the DMA controller said that is all */
  gint64   turn_end_ns;
  guint32  buffer_at, buffer_end;
  guint8   buffer[MOS_FLOPPY_MAX_SECTORS * MOS_FLOPPY_SECTOR_BYTES];
};

/* fdc.c */
void mos_fdc_set_interrupt (MosFdc *self, gboolean level);
/* Ends the command with @n bytes to be read; @interrupt announces them. */
void mos_fdc_give_result (MosFdc       *self,
                          const guint8 *bytes,
                          guint         n,
                          gboolean      interrupt);
/* Ends the command with nothing to be read. */
void     mos_fdc_end_command (MosFdc *self);
gboolean mos_fdc_uses_dma (MosFdc *self);

/* fdc-command.c: how many bytes a command beginning with @opcode has, and
 * what it does. */
guint mos_fdc_command_length (guint8 opcode);
void  mos_fdc_execute (MosFdc *self);

/* fdc-data.c */
void mos_fdc_start_data (MosFdc *self, MosFdcOp op);
void mos_fdc_start_format (MosFdc *self);
void mos_fdc_start_read_id (MosFdc *self);
/* After loading a saved state: asks the store again. */
void mos_fdc_resume_data (MosFdc *self);
/* The host may have become able to move data by DMA. */
void   mos_fdc_try_dma (MosFdc *self);
guint8 mos_fdc_pio_read (MosFdc *self);
void   mos_fdc_pio_write (MosFdc *self, guint8 value);
/* The medium is gone under a running command. */
void mos_fdc_lose_medium (MosFdc *self, guint unit);
void mos_fdc_turned_cb (gpointer user_data);

/* fdc-media.c: the format of a floppy of this size; NULL if there is none. */
const MosFloppyFormat *mos_floppy_format_for (guint64 bytes);

G_END_DECLS
