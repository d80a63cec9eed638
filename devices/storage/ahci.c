/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AHCI: the controller's registers, its interrupt, its life.
 *
 * AHCI 1.3.1, "HBA Memory Registers", of the kind of an ICH9's (82801IR). The
 * generic registers lie at the beginning of BAR 5, those of port n at 0x100 +
 * n * 0x80. vCPU threads come in through the window, the I/O thread through
 * transfers; both hold the device's lock.
 */
#include "devices/storage/ahci.h"

#include <glib/gi18n-lib.h>

#include "devices/storage/ahci-internal.h"
#include "engine/base/error.h"

#define PORTS_AT   0x100u
#define PORT_BYTES 0x80u
#define BAR        5
#define BAR_BYTES  0x1000u
/* 64-bit addresses, no other mode, override of a busy drive, 3 Gbit/s, 32
 * slots, six ports. */
#define CAPABILITIES                                      \
  (1u << 31 | 1u << 24 | 2u << 20 | 1u << 18 | 31u << 8 | \
   (MOS_AHCI_N_PORTS - 1))
#define VERSION_1_3 0x00010300u

enum {
  GHC_RESET = 1u << 0,
  GHC_INTERRUPT = 1u << 1,
  SCTL_CONNECT = 1
};
#define GHC_ENABLED (1u << 31)
/* Bits of PxCMD that a guest can write and that stay. */
#define CMD_WRITABLE 0xf700001fu

/* -- interrupts ---------------------------------------------------------- */

void
mos_ahci_update (MosAhci *self)
{
  for (guint i = 0; i < MOS_AHCI_N_PORTS; i++)
    if ((self->ports[i].is & self->ports[i].ie) != 0)
      self->is |= 1u << i;
  mos_pci_device_interrupt (&self->pci,
                            self->is != 0 && (self->ghc & GHC_INTERRUPT) != 0);
}

void
mos_ahci_port_event (MosAhciPort *port, guint32 bits)
{
  port->is |= bits;
  mos_ahci_update (port->ahci);
}

/* -- generic registers --------------------------------------------------- */

static void
reset_controller (MosAhci *self)
{
  self->ghc = GHC_ENABLED;
  for (guint i = 0; i < MOS_AHCI_N_PORTS; i++) {
    MosAhciPort *port = &self->ports[i];

    port->list_low = 0;
    port->list_high = 0;
    port->fis_low = 0;
    port->fis_high = 0;
    port->ie = 0;
    port->sctl = 0;
    port->serr = 0;
    port->cmd = MOS_AHCI_CMD_SPIN_UP | MOS_AHCI_CMD_POWER;
    mos_ahci_port_stop (port);
    mos_ahci_port_connect (port);
    port->is = 0;
  }
  self->is = 0;
  mos_ahci_update (self);
}

static guint64
read_capabilities (MosDevice *device, const MosRegister *row)
{
  return CAPABILITIES;
}

static guint64
read_ports (MosDevice *device, const MosRegister *row)
{
  return (1u << MOS_AHCI_N_PORTS) - 1;
}

static guint64
read_version (MosDevice *device, const MosRegister *row)
{
  return VERSION_1_3;
}

static void
write_ghc (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosAhci *self = (MosAhci *) device;

  if (value & GHC_RESET) {
    reset_controller (self);
    return;
  }
  self->ghc = GHC_ENABLED | ((guint32) value & GHC_INTERRUPT);
  mos_ahci_update (self);
}

/* Low first: what is still due is announced once more. */
static void
write_is (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosAhci *self = (MosAhci *) device;

  self->is = (guint32) value;
  mos_pci_device_interrupt (&self->pci, FALSE);
  mos_ahci_update (self);
}

/* -- registers of ports -------------------------------------------------- */

static MosAhciPort *
port_of (MosDevice *device, const MosRegister *row)
{
  return &((MosAhci *) device)->ports[(row->offset - PORTS_AT) / PORT_BYTES];
}

static void
write_port_is (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosAhciPort *port = port_of (device, row);

  port->is = (guint32) value;
  mos_ahci_update (port->ahci);
}

static void
write_port_ie (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosAhciPort *port = port_of (device, row);

  port->ie = (guint32) value;
  mos_ahci_update (port->ahci);
}

static guint64
read_port_cmd (MosDevice *device, const MosRegister *row)
{
  MosAhciPort *port = port_of (device, row);
  guint32      slot = port->slot < MOS_AHCI_NO_SLOT ? port->slot : 0;

  return port->cmd | slot << 8 |
         (port->cmd & MOS_AHCI_CMD_START ? MOS_AHCI_CMD_RUNS : 0u) |
         (port->cmd & MOS_AHCI_CMD_FIS ? MOS_AHCI_CMD_FIS_RUNS : 0u) |
         (mos_ahci_drive (port)->kind == MOS_ATA_CDROM ? MOS_AHCI_CMD_ATAPI
                                                       : 0u);
}

static void
write_port_cmd (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosAhciPort *port = port_of (device, row);
  guint32      was = port->cmd;

  if (value & MOS_AHCI_CMD_OVERRIDE)
    port->tfd &= ~(guint32) (MOS_ATA_BSY | MOS_ATA_DRQ);
  port->cmd = (guint32) value & CMD_WRITABLE &
              ~(guint32) (MOS_AHCI_CMD_OVERRIDE | 0xf0000000u);
  if ((was & MOS_AHCI_CMD_START) != 0 && (port->cmd & MOS_AHCI_CMD_START) == 0)
    mos_ahci_port_stop (port);
}

static void
write_port_sctl (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosAhciPort *port = port_of (device, row);
  gboolean     was = (port->sctl & 0xf) == SCTL_CONNECT;

  port->sctl = (guint32) value;
  if ((value & 0xf) == SCTL_CONNECT) {
    mos_ahci_port_stop (port);
    port->ssts = 0;
    port->tfd = MOS_ATA_BSY;
  } else if (was) {
    mos_ahci_port_connect (port);
  }
}

static guint64
read_port_ci (MosDevice *device, const MosRegister *row)
{
  return port_of (device, row)->ci;
}

static void
write_port_ci (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosAhciPort *port = port_of (device, row);

  if ((port->cmd & MOS_AHCI_CMD_START) == 0)
    return;
  port->ci |= (guint32) value;
  mos_ahci_port_issue (port);
}

static const MosField ghc_fields[] = {
  { "HR", 0, 1, N_ ("resets the controller") },
  { "IE", 1, 1, N_ ("interrupts are on") },
  { "AE", 31, 1, N_ ("AHCI is on") },
  { 0 },
};

static const MosField cmd_fields[] = {
  { "ST", 0, 1, N_ ("commands are taken") },
  { "SUD", 1, 1, N_ ("spin up") },
  { "POD", 2, 1, N_ ("power") },
  { "CLO", 3, 1, N_ ("forget that the drive is busy") },
  { "FRE", 4, 1, N_ ("frames are received") },
  { "CCS", 8, 5, N_ ("the slot under way") },
  { "FR", 14, 1, N_ ("frames are being received") },
  { "CR", 15, 1, N_ ("commands are being taken") },
  { "ATAPI", 24, 1, N_ ("a CD drive") },
  { 0 },
};

static const MosField tfd_fields[] = {
  { "ERR", 0, 1, N_ ("the command has failed") },
  { "DRQ", 3, 1, N_ ("data is to be moved") },
  { "BSY", 7, 1, N_ ("the drive is at work") },
  { "ERROR", 8, 8, N_ ("the drive's error register") },
  { 0 },
};

#define CELL(member)  G_STRUCT_OFFSET (MosAhci, member)
#define AT(n, offset) (PORTS_AT + (n) *PORT_BYTES + (offset))

/* clang-format off */
#define PORT_ROWS(n)                                                           \
  { "PxCLB", AT (n, 0x00), 4, MOS_REGISTER_RW, CELL (ports[n].list_low), 0,    \
    0xfffffc00, NULL, N_ ("command list, low half"), NULL, NULL },             \
  { "PxCLBU", AT (n, 0x04), 4, MOS_REGISTER_RW, CELL (ports[n].list_high), 0,  \
    0, NULL, N_ ("command list, high half"), NULL, NULL },                     \
  { "PxFB", AT (n, 0x08), 4, MOS_REGISTER_RW, CELL (ports[n].fis_low), 0,      \
    0xffffff00, NULL, N_ ("received frames, low half"), NULL, NULL },          \
  { "PxFBU", AT (n, 0x0c), 4, MOS_REGISTER_RW, CELL (ports[n].fis_high), 0,    \
    0, NULL, N_ ("received frames, high half"), NULL, NULL },                  \
  { "PxIS", AT (n, 0x10), 4, MOS_REGISTER_W1C, CELL (ports[n].is), 0, 0, NULL, \
    N_ ("what happened"), NULL, write_port_is },                               \
  { "PxIE", AT (n, 0x14), 4, MOS_REGISTER_RW, CELL (ports[n].ie), 0, 0, NULL,  \
    N_ ("what interrupts"), NULL, write_port_ie },                             \
  { "PxCMD", AT (n, 0x18), 4, MOS_REGISTER_RW, CELL (ports[n].cmd), 0, 0,      \
    cmd_fields, N_ ("start, stop"), read_port_cmd, write_port_cmd },           \
  { "PxTFD", AT (n, 0x20), 4, MOS_REGISTER_RO, CELL (ports[n].tfd), 0, 0,      \
    tfd_fields, N_ ("the drive's status and error"), NULL, NULL },             \
  { "PxSIG", AT (n, 0x24), 4, MOS_REGISTER_RO, CELL (ports[n].sig), 0, 0,      \
    NULL, N_ ("what kind of drive it is"), NULL, NULL },                       \
  { "PxSSTS", AT (n, 0x28), 4, MOS_REGISTER_RO, CELL (ports[n].ssts), 0, 0,    \
    NULL, N_ ("is there a drive, how fast"), NULL, NULL },                     \
  { "PxSCTL", AT (n, 0x2c), 4, MOS_REGISTER_RW, CELL (ports[n].sctl), 0, 0,    \
    NULL, N_ ("resets the connection"), NULL, write_port_sctl },               \
  { "PxSERR", AT (n, 0x30), 4, MOS_REGISTER_W1C, CELL (ports[n].serr), 0, 0,   \
    NULL, N_ ("errors of the connection"), NULL, NULL },                       \
  { "PxSACT", AT (n, 0x34), 4, MOS_REGISTER_RO, CELL (ports[n].sact), 0, 0,    \
    NULL, N_ ("queued commands; there are none"), NULL, NULL },                \
  { "PxCI", AT (n, 0x38), 4, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0,               \
    NULL, N_ ("slots whose command is due"), read_port_ci, write_port_ci }

static const MosRegister registers[] = {
  { "CAP", 0x00, 4, MOS_REGISTER_RO, MOS_NO_CELL, 0, 0, NULL,
    N_ ("what it can do"), read_capabilities, NULL },
  { "GHC", 0x04, 4, MOS_REGISTER_RW, CELL (ghc), 0, 0, ghc_fields,
    N_ ("reset and interrupts"), NULL, write_ghc },
  { "IS", 0x08, 4, MOS_REGISTER_W1C, CELL (is), 0, 0, NULL,
    N_ ("ports that interrupt"), NULL, write_is },
  { "PI", 0x0c, 4, MOS_REGISTER_RO, MOS_NO_CELL, 0, 0, NULL,
    N_ ("ports there are"), read_ports, NULL },
  { "VS", 0x10, 4, MOS_REGISTER_RO, MOS_NO_CELL, 0, 0, NULL,
    N_ ("the version of AHCI"), read_version, NULL },
  PORT_ROWS (0), PORT_ROWS (1), PORT_ROWS (2),
  PORT_ROWS (3), PORT_ROWS (4), PORT_ROWS (5),
};
/* clang-format on */

/* -- the device ---------------------------------------------------------- */

static guint64
bar_read (gpointer opaque, guint64 offset, guint size)
{
  MosAhci *self = opaque;

  return mos_register_bank_read (self->bank, &self->pci.device, (guint) offset,
                                 size, 0);
}

static void
bar_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosAhci *self = opaque;

  mos_register_bank_write (self->bank, &self->pci.device, (guint) offset, value,
                           size);
}

static const MosIoOps bar_ops = {
  .read = bar_read,
  .write = bar_write,
  .max_size = 8,
};

static const MosPciInfo pci_info = {
  .vendor_id = 0x8086,
  .device_id = 0x2922,
  .class_code = 0x010601,
  .revision = 2,
  .subsystem_vendor_id = 0x1af4,
  .subsystem_id = 0x1100,
  .interrupt_pin = 1,
};

static void
ahci_init (MosDevice *device)
{
  MosAhci *self = (MosAhci *) device;

  mos_pci_device_setup (&self->pci, &pci_info);
  self->transfers = mos_transfers_new (device);
  self->bank = mos_device_add_bank (device, "abar", registers,
                                    G_N_ELEMENTS (registers), BAR_BYTES);
  mos_device_window_init (device, &self->window, "ahci", &bar_ops, self, 0,
                          BAR_BYTES);
  mos_pci_device_add_memory_bar (&self->pci, BAR, MOS_PCI_BAR_MEMORY,
                                 &self->window);
  mos_pci_device_add_msi (&self->pci);
  for (guint i = 0; i < MOS_AHCI_N_PORTS; i++) {
    self->ports[i].ahci = self;
    self->ports[i].index = i;
    self->ports[i].slot = MOS_AHCI_NO_SLOT;
    mos_ata_drive_init (&self->drives[i], device, self->transfers,
                        &mos_ahci_host, i);
    self->drives[i].sata = TRUE;
  }
}

static void
ahci_reset (MosDevice *device)
{
  MosAhci *self = (MosAhci *) device;

  mos_pci_device_reset (&self->pci);
  for (guint i = 0; i < MOS_AHCI_N_PORTS; i++)
    mos_ata_drive_reset (&self->drives[i], TRUE);
  reset_controller (self);
}

static void
ahci_clear (MosDevice *device)
{
  MosAhci *self = (MosAhci *) device;

  mos_pci_device_clear (&self->pci);
  mos_transfers_free (self->transfers);
  for (guint i = 0; i < MOS_AHCI_N_PORTS; i++)
    mos_ata_drive_clear (&self->drives[i]);
}

static gboolean
ahci_loaded (MosDevice *device, GError **error)
{
  MosAhci *self = (MosAhci *) device;
  gboolean sane = TRUE;

  mos_pci_device_loaded (&self->pci);
  for (guint i = 0; i < MOS_AHCI_N_PORTS; i++) {
    self->ports[i].slot = MIN (self->ports[i].slot, MOS_AHCI_NO_SLOT);
    self->ports[i].n_parts &= 0xffff;
    sane = mos_ata_drive_loaded (&self->drives[i]) && sane;
  }
  if (!sane)
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved state of a SATA drive is damaged"));
  return sane;
}

/* The rows of port @n and its drive. */
#define PORT_FIELDS(n)                                        \
  MOS_STATE (MosAhci, ports[n].list_low, MOS_STATE_U32),      \
      MOS_STATE (MosAhci, ports[n].list_high, MOS_STATE_U32), \
      MOS_STATE (MosAhci, ports[n].fis_low, MOS_STATE_U32),   \
      MOS_STATE (MosAhci, ports[n].fis_high, MOS_STATE_U32),  \
      MOS_STATE (MosAhci, ports[n].is, MOS_STATE_U32),        \
      MOS_STATE (MosAhci, ports[n].ie, MOS_STATE_U32),        \
      MOS_STATE (MosAhci, ports[n].cmd, MOS_STATE_U32),       \
      MOS_STATE (MosAhci, ports[n].tfd, MOS_STATE_U32),       \
      MOS_STATE (MosAhci, ports[n].sig, MOS_STATE_U32),       \
      MOS_STATE (MosAhci, ports[n].ssts, MOS_STATE_U32),      \
      MOS_STATE (MosAhci, ports[n].sctl, MOS_STATE_U32),      \
      MOS_STATE (MosAhci, ports[n].serr, MOS_STATE_U32),      \
      MOS_STATE (MosAhci, ports[n].sact, MOS_STATE_U32),      \
      MOS_STATE (MosAhci, ports[n].ci, MOS_STATE_U32),        \
      MOS_STATE (MosAhci, ports[n].slot, MOS_STATE_U32),      \
      MOS_STATE (MosAhci, ports[n].halted, MOS_STATE_BOOL),   \
      MOS_STATE (MosAhci, ports[n].in_reset, MOS_STATE_BOOL), \
      MOS_STATE (MosAhci, ports[n].n_parts, MOS_STATE_U32),   \
      MOS_STATE (MosAhci, ports[n].part, MOS_STATE_U32),      \
      MOS_STATE (MosAhci, ports[n].part_at, MOS_STATE_U32),   \
      MOS_STATE (MosAhci, ports[n].moved, MOS_STATE_U32),     \
      MOS_STATE (MosAhci, ports[n].table, MOS_STATE_U64),     \
      MOS_ATA_STATE_FIELDS (MosAhci, drives[n])

static const MosStateField state[] = {
  MOS_PCI_STATE_FIELDS,
  MOS_STATE (MosAhci, ghc, MOS_STATE_U32),
  MOS_STATE (MosAhci, is, MOS_STATE_U32),
  PORT_FIELDS (0),
  PORT_FIELDS (1),
  PORT_FIELDS (2),
  PORT_FIELDS (3),
  PORT_FIELDS (4),
  PORT_FIELDS (5),
  { 0 },
};

const MosDeviceClass mos_ahci_class = {
  .name = "ahci",
  .title = N_ ("SATA controller"),
  .help = N_ ("AHCI 1.3 with six ports, as in an Intel ICH9"),
  .instance_size = sizeof (MosAhci),
  .state_version = 1,
  .state = state,
  .init = ahci_init,
  .reset = ahci_reset,
  .clear = ahci_clear,
  .loaded = ahci_loaded,
};

MosAhci *
mos_ahci_new (MosBus *bus, MosPciBus *pci, guint devfn)
{
  MosAhci *self = mos_device_new (&mos_ahci_class, bus, "ahci");

  mos_pci_device_attach (&self->pci, pci, devfn);
  mos_device_reset (&self->pci.device);
  return self;
}

static void
plug (MosAhci *self, guint port, MosAtaKind kind, MosBlockStore *store)
{
  g_autofree char *serial = g_strdup_printf ("MLAB-SATA-%04u", port);

  g_return_if_fail (port < MOS_AHCI_N_PORTS);
  g_return_if_fail (self->drives[port].kind == MOS_ATA_NO_DRIVE);

  g_mutex_lock (&self->pci.device.lock);
  mos_ata_drive_plug (&self->drives[port], kind, store, serial);
  mos_ahci_port_connect (&self->ports[port]);
  self->ports[port].is = 0;
  g_mutex_unlock (&self->pci.device.lock);
}

void
mos_ahci_add_disk (MosAhci *self, guint port, MosBlockStore *store)
{
  g_return_if_fail (store != NULL);

  plug (self, port, MOS_ATA_DISK, store);
}

void
mos_ahci_add_cdrom (MosAhci *self, guint port, MosBlockStore *store)
{
  plug (self, port, MOS_ATA_CDROM, store);
}

void
mos_ahci_change_medium (MosAhci *self, guint port, MosBlockStore *store)
{
  MosBlockStore *old;

  g_return_if_fail (port < MOS_AHCI_N_PORTS);
  g_return_if_fail (self->drives[port].kind == MOS_ATA_CDROM);

  g_mutex_lock (&self->pci.device.lock);
  old = mos_ata_drive_change_medium (&self->drives[port], store);
  g_mutex_unlock (&self->pci.device.lock);
  mos_block_store_unref (old);
}
