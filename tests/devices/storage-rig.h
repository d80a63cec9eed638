/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A bench for storage controllers: a bus with a clock that is moved by hand,
 * a little RAM from address 0, and an I/O context that runs on this thread.
 * The test is the driver: it writes ports and waits for what they answer.
 */
#pragma once

#include "engine/bus/device.h"
#include "engine/host/block.h"

#define RIG_RAM_BYTES (2u << 20)

typedef struct {
  MosBus         *bus;
  MosRam         *ram;
  MosMemoryRegion region;
  guint           interrupts; /* rising edges of the recorded line */
  gboolean        level;
} StorageRig;

void storage_rig_init (StorageRig *rig);
void storage_rig_clear (StorageRig *rig);

/* Connects @line to interrupts and level. */
void storage_rig_record (StorageRig *rig, MosLine *line);

guint32 rig_in (StorageRig *rig, guint16 port, guint size);
void    rig_out (StorageRig *rig, guint16 port, guint32 value, guint size);

/* Runs the I/O context, and moves the clock when nothing else happens, until
 * @test says TRUE; gives up (FALSE) after many rounds. */
gboolean
rig_wait (StorageRig *rig, gboolean (*test) (gpointer data), gpointer data);
/* Until the recorded line is high. */
void rig_wait_interrupt (StorageRig *rig);
/* Runs what is ready; used where nothing is expected to happen. */
void rig_settle (StorageRig *rig);

/* A store of @n_sectors in memory; byte 0 of a sector is its number, and every
 * byte depends on sector and place. */
MosBlockStore *rig_pattern_store (guint n_sectors);
guint8         rig_pattern (guint sector, guint place);

/* RAM at @gpa. */
guint8 *rig_ram (StorageRig *rig, guint32 gpa);
