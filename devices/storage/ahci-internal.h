/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the files of the AHCI controller share: ahci.c is the device and its
 * registers, ahci-port.c what a port does with commands. All of it runs with
 * the device's lock held.
 */
#pragma once

#include "devices/storage/ahci.h"
#include "devices/storage/ata.h"

G_BEGIN_DECLS

#define MOS_AHCI_NO_SLOT 32u

/* Bits of PxIS. */
enum {
  MOS_AHCI_IS_D2H = 1u << 0,
  MOS_AHCI_IS_PIO = 1u << 1,
  MOS_AHCI_IS_CONNECT = 1u << 6,
  MOS_AHCI_IS_OVERFLOW = 1u << 24,
  MOS_AHCI_IS_TASK_FILE = 1u << 30
};

/* Bits of PxCMD. */
enum {
  MOS_AHCI_CMD_START = 1u << 0,
  MOS_AHCI_CMD_SPIN_UP = 1u << 1,
  MOS_AHCI_CMD_POWER = 1u << 2,
  MOS_AHCI_CMD_OVERRIDE = 1u << 3,
  MOS_AHCI_CMD_FIS = 1u << 4,
  MOS_AHCI_CMD_FIS_RUNS = 1u << 14,
  MOS_AHCI_CMD_RUNS = 1u << 15,
  MOS_AHCI_CMD_ATAPI = 1u << 24
};

typedef struct {
  MosAhci *ahci;
  guint    index;
  guint32  list_low, list_high; /* command list */
  guint32  fis_low, fis_high;   /* received FISes */
  guint32  is, ie, cmd, tfd, sig, ssts, sctl, serr, sact, ci;

  /* The command under way. */
  guint32  slot;     /* or MOS_AHCI_NO_SLOT */
  gboolean halted;   /* after an error, until the guest restarts the port */
  gboolean in_reset; /* a software reset has begun */
  guint32  n_parts;  /* of its table */
  guint32  part;     /* the one at hand */
  guint32  part_at;  /* bytes of it that are moved */
  guint32  moved;    /* bytes in all */
  guint64  table;    /* guest-physical */
  gboolean moving;   /* mos_ahci_port_run() is on the stack */
} MosAhciPort;

struct MosAhci {
  MosPciDevice     pci;
  MosTransfers    *transfers;
  MosRegisterBank *bank;
  MosIoWindow      window;
  guint32          ghc, is;
  MosAhciPort      ports[MOS_AHCI_N_PORTS];
  MosAtaDrive      drives[MOS_AHCI_N_PORTS];
};

static inline MosAtaDrive *
mos_ahci_drive (MosAhciPort *port)
{
  return &port->ahci->drives[port->index];
}

extern const MosAtaHost mos_ahci_host;

/* Interrupts follow from PxIS and PxIE. */
void mos_ahci_update (MosAhci *self);
/* Sets bits of PxIS. */
void mos_ahci_port_event (MosAhciPort *port, guint32 bits);
/* Takes the next command that is due, if the port can. */
void mos_ahci_port_issue (MosAhciPort *port);
/* As a COMRESET does; the drive reports its signature. */
void mos_ahci_port_connect (MosAhciPort *port);
/* The guest stops the port: nothing is under way any more. */
void mos_ahci_port_stop (MosAhciPort *port);

G_END_DECLS
