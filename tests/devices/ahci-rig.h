/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * An AHCI controller on the bench, and what a driver does with it.
 */
#pragma once

#include "devices/storage/ahci.h"
#include "tests/devices/storage-rig.h"

#define AHCI_BAR_GPA   0xd0000000u
#define AHCI_LIST_GPA  0x1000u
#define AHCI_FIS_GPA   0x2000u
#define AHCI_TABLE_GPA 0x3000u
#define AHCI_DATA_GPA  0x40000u
#define AHCI_DEVFN     MOS_PCI_DEVFN (5, 0)

/* Registers of ports. */
enum {
  AHCI_IS = 0x10,
  AHCI_IE = 0x14,
  AHCI_CMD = 0x18,
  AHCI_TFD = 0x20,
  AHCI_SIG = 0x24,
  AHCI_SSTS = 0x28,
  AHCI_SCTL = 0x2c,
  AHCI_SERR = 0x30,
  AHCI_CI = 0x38
};

typedef struct {
  StorageRig     rig;
  MosPciBus     *pci;
  MosAhci       *ahci;
  MosBlockStore *store;
  MosBlockStore *disc;
} AhciFixture;

/* A disk of 10,000 sectors, or of @data, at port 0, a CD of 100 blocks at port
 * 1. */
void ahci_set_up (AhciFixture *fixture, gconstpointer data);
void ahci_tear_down (AhciFixture *fixture, gconstpointer data);

guint32 ahci_read (AhciFixture *fixture, guint offset);
void    ahci_write (AhciFixture *fixture, guint offset, guint32 value);
guint32 ahci_port_read (AhciFixture *fixture, guint port, guint offset);
void
ahci_port_write (AhciFixture *fixture, guint port, guint offset, guint32 value);
/* Sets the port's memory up and starts it. */
void ahci_start_port (AhciFixture *fixture, guint port);

/* Fills slot @slot: a command frame and @bytes of data memory at
 * AHCI_DATA_GPA, in pieces of at most @piece. */
void ahci_fill (AhciFixture *fixture,
                guint        slot,
                guint8       command,
                guint64      lba,
                guint        count,
                guint32      bytes,
                guint32      piece);
/* The frame of slot @slot. */
guint8 *ahci_frame (AhciFixture *fixture, guint slot);
/* Issues the slots and waits until they, or the port, are done. */
void ahci_issue (AhciFixture *fixture, guint port, guint32 slots);
