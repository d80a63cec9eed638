/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * An IDE controller on the bench, and what a driver does with its ports.
 */
#pragma once

#include "devices/storage/ide.h"
#include "tests/devices/storage-rig.h"

/* Guest addresses of the descriptor table and the data. */
#define IDE_PRD_GPA  0x1000
#define IDE_DATA_GPA 0x40000
#define IDE_BM_PORT  0xc000

enum {
  IDE_DATA = 0x1f0,
  IDE_FEATURE = 0x1f1,
  IDE_COUNT = 0x1f2,
  IDE_LOW = 0x1f3,
  IDE_MID = 0x1f4,
  IDE_HIGH = 0x1f5,
  IDE_DEVICE = 0x1f6,
  IDE_COMMAND = 0x1f7,
  IDE_CONTROL = 0x3f6
};

typedef struct {
  StorageRig     rig;
  MosIde        *ide;
  MosBlockStore *store;
  MosBlockStore *disc;
} IdeFixture;

/* A disk of 40,000 sectors' pattern (first channel, drive 0), a CD of 300
 * blocks (drive 1); the bus master at IDE_BM_PORT. */
void ide_set_up (IdeFixture *fixture, gconstpointer data);
void ide_tear_down (IdeFixture *fixture, gconstpointer data);

/* Runs until the drive is not busy; returns the alternate status. */
guint8 ide_wait (IdeFixture *fixture);
/* Writes count, address (28 bits), device and command. */
void ide_start (IdeFixture *fixture, guint8 command, guint32 lba, guint8 count);
void
ide_start_wide (IdeFixture *fixture, guint8 command, guint64 lba, guint count);
/* Waits for the interrupt and reads the status, which takes it back. */
guint8 ide_acknowledge (IdeFixture *fixture);
/* One descriptor of @bytes at IDE_DATA_GPA, and the engine started. */
void   ide_start_bm (IdeFixture *fixture, guint bytes, gboolean to_memory);
guint8 ide_stop_bm (IdeFixture *fixture);
/* Sends a packet to drive 1 with byte count @limit; TRUE if data is ready. */
void ide_packet (IdeFixture   *fixture,
                 const guint8 *packet,
                 guint         limit,
                 gboolean      dma);
/* Takes all the PIO data of a packet command; returns its bytes. The status
 * at the end is @status. */
guint
ide_packet_data (IdeFixture *fixture, guint8 *data, guint room, guint8 *status);
