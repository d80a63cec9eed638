/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A whole PC without processors: what the board sends them is recorded, and
 * time moves only when the test says so.
 */
#pragma once

#include "devices/devices.h"
#include "engine/bus/board.h"

typedef struct {
  MosBus       *bus;
  MosBoard     *board;
  MosScreen    *screen;
  MosInputPort *input;
  MosCharPort  *serial;
  gboolean      intr;         /* the 8259's output */
  guint         n_intr;       /* its rising edges */
  guint         n_messages;   /* from the I/O APIC and PCI functions */
  guint64       last_address; /* of them */
  guint32       last_data;
  guint         n_nmi;
  gboolean      a20;
  int           request; /* the last MosBusRequest, or -1 */
  guint         request_code;
} BoardRig;

/* 32 MiB, SeaBIOS if it is installed, else none; FALSE without firmware. */
gboolean board_rig_init (BoardRig *rig);
void     board_rig_clear (BoardRig *rig);

guint32 board_in (BoardRig *rig, guint16 port, guint size);
void    board_out (BoardRig *rig, guint16 port, guint32 value, guint size);
void    board_advance (BoardRig *rig, gint64 ns);
guint32 board_pci_read (BoardRig *rig, guint slot, guint function, guint at);
void    board_pci_write (BoardRig *rig,
                         guint     slot,
                         guint     function,
                         guint     at,
                         guint32   value);
/* The interrupt acknowledge cycle. */
guint8 board_acknowledge (BoardRig *rig);
