/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the files of the IDE controller share.
 *
 * ide.c is the device, ide-ports.c the channels' registers, ide-bm.c the bus
 * master. All of it runs with the device's lock held.
 */
#pragma once

#include "devices/storage/ata.h"
#include "devices/storage/ide.h"

G_BEGIN_DECLS

typedef struct MosIdeChannel MosIdeChannel;

enum {
  MOS_IDE_NO_INTERRUPT = 0x02, /* of the control register */
  MOS_IDE_RESET = 0x04,
  MOS_IDE_HIGH_ORDER = 0x80,
  MOS_IDE_BM_START = 0x01, /* of the bus master's command */
  MOS_IDE_BM_TO_MEMORY = 0x08,
  MOS_IDE_BM_ACTIVE = 0x01, /* of its status */
  MOS_IDE_BM_ERROR = 0x02,
  MOS_IDE_BM_INTERRUPT = 0x04,
  MOS_IDE_BM_CAPABLE = 0x60
};

struct MosIdeChannel {
  MosIde     *ide;
  guint       index;
  MosIoWindow command_window;
  MosIoWindow control_window;
  MosLine     irq;
  guint8      selected; /* 0 or 1 */
  guint8      control;
  guint8      interrupts; /* bit n: drive n drives INTRQ when selected */

  /* The bus master. */
  guint8   bm_command, bm_status;
  guint32  prd_table;
  guint32  prd_at;   /* the next descriptor */
  guint32  part_gpa; /* what is left of the present one */
  guint32  part_left;
  gboolean part_is_last;
  gboolean moving; /* bm_run() is on the stack */
};

struct MosIde {
  MosPciDevice     pci;
  MosTransfers    *transfers;
  MosRegisterBank *ports;
  MosRegisterBank *bm;
  MosIoWindow      bm_window;
  MosIdeChannel    channels[MOS_IDE_N_CHANNELS];
  MosAtaDrive      drives[MOS_IDE_N_DRIVES];
};

/* The drives' side and the guest's side of the interrupt. */
void
mos_ide_set_interrupt (MosIdeChannel *channel, guint unit, gboolean wanted);
void mos_ide_update_irq (MosIdeChannel *channel);
void mos_ide_reset_channel (MosIdeChannel *channel, gboolean hardware);

/* ide-ports.c: two channels of 16 bytes, the control register at 8. */
extern const MosRegister mos_ide_port_rows[];
extern const guint       mos_ide_n_port_rows;
extern const MosIoOps    mos_ide_command_ops;
extern const MosIoOps    mos_ide_control_ops;

/* ide-bm.c */
extern const MosRegister mos_ide_bm_rows[];
extern const guint       mos_ide_n_bm_rows;
extern const MosIoOps    mos_ide_bm_ops;
/* Moves what the drive has and the guest has made room for. */
void mos_ide_bm_run (MosIdeChannel *channel);

static inline MosAtaDrive *
mos_ide_drive (MosIdeChannel *channel, guint unit)
{
  return &channel->ide->drives[channel->index * 2 + unit];
}

static inline MosAtaDrive *
mos_ide_selected (MosIdeChannel *channel)
{
  return mos_ide_drive (channel, channel->selected);
}

G_END_DECLS
