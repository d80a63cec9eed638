/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The registers of the 82540EM (Software Developer's Manual, "Register
 * Descriptions"), but for arrays: addresses, hashes, VLANs and statistics,
 * which e1000.c has. Those without a function are kept for the driver.
 */
#include <glib/gi18n-lib.h>

#include "devices/net/e1000-private.h"

/* -- control and status -------------------------------------------------- */

static void
write_ctrl (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosE1000 *self = (MosE1000 *) device;

  if ((value & MOS_E1000_CTRL_RST) != 0) {
    mos_e1000_soft_reset (self);
    return;
  }
  self->ctrl = (guint32) value & ~(guint32) MOS_E1000_CTRL_PHY_RST;
  if ((value & MOS_E1000_CTRL_PHY_RST) != 0)
    mos_e1000_reset_phy (self);
}

/* Full duplex, 1000 Mb/s as set and as found, and whether the link is up. */
static guint64
read_status (MosDevice *device, const MosRegister *row)
{
  return 0x281u | (mos_e1000_link_is_up ((MosE1000 *) device) ? 2u : 0u);
}

static guint64
read_eecd (MosDevice *device, const MosRegister *row)
{
  return mos_e1000_read_eecd ((MosE1000 *) device);
}

static void
write_eecd (MosDevice *device, const MosRegister *row, guint64 value)
{
  mos_e1000_write_eecd ((MosE1000 *) device, (guint32) value);
}

static void
write_eerd (MosDevice *device, const MosRegister *row, guint64 value)
{
  mos_e1000_write_eerd ((MosE1000 *) device, (guint32) value);
}

static void
write_mdic (MosDevice *device, const MosRegister *row, guint64 value)
{
  mos_e1000_write_mdic ((MosE1000 *) device, (guint32) value);
}

/* -- interrupts ---------------------------------------------------------- */

static guint64
read_icr (MosDevice *device, const MosRegister *row)
{
  MosE1000 *self = (MosE1000 *) device;
  guint32   value = self->icr;

  self->icr = 0;
  mos_e1000_update_pin (self);
  return value;
}

static void
write_icr (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosE1000 *self = (MosE1000 *) device;

  self->icr &= ~(guint32) value;
  mos_e1000_update_pin (self);
}

/* A shorter time takes effect now. */
static void
write_itr (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosE1000 *self = (MosE1000 *) device;

  if (value < self->itr)
    self->quiet_until_ns = 0;
  self->itr = (guint32) value;
  mos_e1000_update_pin (self);
}

static void
write_ics (MosDevice *device, const MosRegister *row, guint64 value)
{
  mos_e1000_interrupt ((MosE1000 *) device, (guint32) value & MOS_E1000_CAUSES);
}

static void
write_ims (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosE1000 *self = (MosE1000 *) device;

  self->ims |= (guint32) value & MOS_E1000_CAUSES;
  mos_e1000_update_pin (self);
}

static void
write_imc (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosE1000 *self = (MosE1000 *) device;

  self->ims &= ~(guint32) value;
  mos_e1000_update_pin (self);
}

/* -- rings --------------------------------------------------------------- */

static void
write_rctl (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosE1000 *self = (MosE1000 *) device;

  self->rctl = (guint32) value;
  mos_net_port_wake (self->port);
}

static void
write_rdt (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosE1000 *self = (MosE1000 *) device;

  self->rdt = (guint32) value;
  mos_net_port_wake (self->port);
}

/* The highest bit sends what waits. */
static void
write_rdtr (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosE1000 *self = (MosE1000 *) device;

  self->rdtr = (guint32) value & 0xffff;
}

static void
write_tctl (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosE1000 *self = (MosE1000 *) device;

  self->tctl = (guint32) value;
  if (!self->tx_waits)
    mos_e1000_transmit (self);
}

static void
write_tdt (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosE1000 *self = (MosE1000 *) device;

  self->tdt = (guint32) value;
  if (!self->tx_waits)
    mos_e1000_transmit (self);
}

/* -- the table ----------------------------------------------------------- */

static const MosField ctrl_fields[] = {
  { "FD", 0, 1, N_ ("full duplex") },
  { "SLU", 6, 1, N_ ("set link up") },
  { "RST", 26, 1, N_ ("reset") },
  { "VME", 30, 1, N_ ("tags are put in and taken out") },
  { "PHY_RST", 31, 1, N_ ("reset of the PHY") },
  { 0 },
};

static const MosField status_fields[] = {
  { "FD", 0, 1, N_ ("full duplex") },
  { "LU", 1, 1, N_ ("the link is up") },
  { "SPEED", 6, 2, N_ ("2: 1000 Mb/s") },
  { 0 },
};

static const MosField cause_fields[] = {
  { "TXDW", 0, 1, N_ ("a transmit descriptor was written back") },
  { "TXQE", 1, 1, N_ ("nothing left to send") },
  { "LSC", 2, 1, N_ ("the link changed") },
  { "RXDMT0", 4, 1, N_ ("receive descriptors run low") },
  { "RXO", 6, 1, N_ ("received too much") },
  { "RXT0", 7, 1, N_ ("received") },
  { "MDAC", 9, 1, N_ ("the PHY has answered") },
  { 0 },
};

static const MosField rctl_fields[] = {
  { "EN", 1, 1, N_ ("on") },
  { "UPE", 3, 1, N_ ("takes all unicast frames") },
  { "MPE", 4, 1, N_ ("takes all multicast frames") },
  { "LPE", 5, 1, N_ ("takes long frames") },
  { "LBM", 6, 2, N_ ("loopback") },
  { "RDMTS", 8, 2, N_ ("when descriptors run low") },
  { "BAM", 15, 1, N_ ("takes broadcasts") },
  { "BSIZE", 16, 2, N_ ("size of the buffers") },
  { "VFE", 18, 1, N_ ("filters by VLAN") },
  { "BSEX", 25, 1, N_ ("sixteen times as large") },
  { "SECRC", 26, 1, N_ ("leaves the checksum sequence out") },
  { 0 },
};

static const MosField tctl_fields[] = {
  { "EN", 1, 1, N_ ("on") },
  { "PSP", 3, 1, N_ ("pads short frames") },
  { 0 },
};

/* clang-format off */
#define CELL(member) G_STRUCT_OFFSET (MosE1000, member)

const MosRegister mos_e1000_rows[] = {
  { "CTRL", 0x0000, 4, MOS_REGISTER_RW, CELL (ctrl),
    0, 0, ctrl_fields, N_ ("device control"), NULL, write_ctrl },
  { "STATUS", 0x0008, 4, MOS_REGISTER_RO, MOS_NO_CELL,
    0, 0, status_fields, N_ ("device status"), read_status, NULL },
  { "EECD", 0x0010, 4, MOS_REGISTER_RW, CELL (eecd),
    0, 0, NULL, N_ ("wires of the EEPROM"), read_eecd, write_eecd },
  { "EERD", 0x0014, 4, MOS_REGISTER_RW, CELL (eerd),
    0, 0, NULL, N_ ("reading the EEPROM"), NULL, write_eerd },
  { "CTRL_EXT", 0x0018, 4, MOS_REGISTER_RW, CELL (ctrl_ext),
    0, 0, NULL, N_ ("more device control"), NULL, NULL },
  { "MDIC", 0x0020, 4, MOS_REGISTER_RW, CELL (mdic),
    0, 0, NULL, N_ ("reading and writing the PHY"), NULL, write_mdic },
  { "FCAL", 0x0028, 4, MOS_REGISTER_RW, CELL (fcal),
    0x00c28001, 0, NULL, N_ ("address of pause frames, low"), NULL, NULL },
  { "FCAH", 0x002c, 4, MOS_REGISTER_RW, CELL (fcah),
    0x0100, 0xffff, NULL, N_ ("address of pause frames, high"), NULL, NULL },
  { "FCT", 0x0030, 4, MOS_REGISTER_RW, CELL (fct),
    0x8808, 0xffff, NULL, N_ ("type of pause frames"), NULL, NULL },
  { "VET", 0x0038, 4, MOS_REGISTER_RW, CELL (vet),
    0x8100, 0xffff, NULL, N_ ("type of tagged frames"), NULL, NULL },
  { "ICR", 0x00c0, 4, MOS_REGISTER_RW | MOS_REGISTER_PEEK, CELL (icr),
    0, 0, cause_fields, N_ ("interrupt causes; reading clears"), read_icr, write_icr },
  { "ITR", 0x00c4, 4, MOS_REGISTER_RW, CELL (itr),
    0, 0xffff, NULL, N_ ("least time between interrupts, in 256 ns"), NULL, write_itr },
  { "ICS", 0x00c8, 4, MOS_REGISTER_WO, MOS_NO_CELL,
    0, 0, cause_fields, N_ ("sets interrupt causes"), NULL, write_ics },
  { "IMS", 0x00d0, 4, MOS_REGISTER_RW, CELL (ims),
    0, MOS_E1000_CAUSES, cause_fields, N_ ("causes that interrupt; ones are added"), NULL, write_ims },
  { "IMC", 0x00d8, 4, MOS_REGISTER_WO, MOS_NO_CELL,
    0, 0, cause_fields, N_ ("causes that no longer interrupt"), NULL, write_imc },
  { "RCTL", 0x0100, 4, MOS_REGISTER_RW, CELL (rctl),
    0, 0, rctl_fields, N_ ("receive control"), NULL, write_rctl },
  { "FCTTV", 0x0170, 4, MOS_REGISTER_RW, CELL (fcttv),
    0, 0xffff, NULL, N_ ("time in pause frames"), NULL, NULL },
  { "TXCW", 0x0178, 4, MOS_REGISTER_RW, CELL (txcw),
    0, 0, NULL, N_ ("negotiation of fibre links"), NULL, NULL },
  { "RXCW", 0x0180, 4, MOS_REGISTER_RO, CELL (rxcw),
    0, 0, NULL, N_ ("what a fibre link's partner says"), NULL, NULL },
  { "TCTL", 0x0400, 4, MOS_REGISTER_RW, CELL (tctl),
    0, 0, tctl_fields, N_ ("transmit control"), NULL, write_tctl },
  { "TIPG", 0x0410, 4, MOS_REGISTER_RW, CELL (tipg),
    0, 0, NULL, N_ ("gap between packets"), NULL, NULL },
  { "AIT", 0x0458, 4, MOS_REGISTER_RW, CELL (ait),
    0, 0, NULL, N_ ("adaptive gap"), NULL, NULL },
  { "LEDCTL", 0x0e00, 4, MOS_REGISTER_RW, CELL (ledctl),
    0x07068302, 0, NULL, N_ ("lights"), NULL, NULL },
  { "PBA", 0x1000, 4, MOS_REGISTER_RW, CELL (pba),
    0x00100030, 0, NULL, N_ ("share of the packet memory, KiB"), NULL, NULL },
  { "FCRTL", 0x2160, 4, MOS_REGISTER_RW, CELL (fcrtl),
    0, 0, NULL, N_ ("flow control, low mark"), NULL, NULL },
  { "FCRTH", 0x2168, 4, MOS_REGISTER_RW, CELL (fcrth),
    0, 0, NULL, N_ ("flow control, high mark"), NULL, NULL },
  { "RDBAL", 0x2800, 4, MOS_REGISTER_RW, CELL (rdbal),
    0, 0xfffffff0, NULL, N_ ("receive descriptors, low"), NULL, NULL },
  { "RDBAH", 0x2804, 4, MOS_REGISTER_RW, CELL (rdbah),
    0, 0, NULL, N_ ("receive descriptors, high"), NULL, NULL },
  { "RDLEN", 0x2808, 4, MOS_REGISTER_RW, CELL (rdlen),
    0, 0xfff80, NULL, N_ ("their bytes"), NULL, NULL },
  { "RDH", 0x2810, 4, MOS_REGISTER_RW, CELL (rdh),
    0, 0xffff, NULL, N_ ("the first that the device has"), NULL, NULL },
  { "RDT", 0x2818, 4, MOS_REGISTER_RW, CELL (rdt),
    0, 0xffff, NULL, N_ ("the first that it does not have"), NULL, write_rdt },
  { "RDTR", 0x2820, 4, MOS_REGISTER_RW, CELL (rdtr),
    0, 0xffff, NULL, N_ ("delay after the last frame, in 1024 ns"), NULL, write_rdtr },
  { "RXDCTL", 0x2828, 4, MOS_REGISTER_RW, CELL (rxdctl),
    0x01000000, 0, NULL, N_ ("handling of receive descriptors"), NULL, NULL },
  { "RADV", 0x282c, 4, MOS_REGISTER_RW, CELL (radv),
    0, 0xffff, NULL, N_ ("delay after the first frame, in 1024 ns"), NULL, NULL },
  { "RSRPD", 0x2c00, 4, MOS_REGISTER_RW, CELL (rsrpd),
    0, 0xfff, NULL, N_ ("size of small frames"), NULL, NULL },
  { "TDBAL", 0x3800, 4, MOS_REGISTER_RW, CELL (tdbal),
    0, 0xfffffff0, NULL, N_ ("transmit descriptors, low"), NULL, NULL },
  { "TDBAH", 0x3804, 4, MOS_REGISTER_RW, CELL (tdbah),
    0, 0, NULL, N_ ("transmit descriptors, high"), NULL, NULL },
  { "TDLEN", 0x3808, 4, MOS_REGISTER_RW, CELL (tdlen),
    0, 0xfff80, NULL, N_ ("their bytes"), NULL, NULL },
  { "TDH", 0x3810, 4, MOS_REGISTER_RW, CELL (tdh),
    0, 0xffff, NULL, N_ ("the next to be sent"), NULL, NULL },
  { "TDT", 0x3818, 4, MOS_REGISTER_RW, CELL (tdt),
    0, 0xffff, NULL, N_ ("the first that is not to be sent"), NULL, write_tdt },
  { "TIDV", 0x3820, 4, MOS_REGISTER_RW, CELL (tidv),
    0, 0xffff, NULL, N_ ("delay after the last descriptor, in 1024 ns"), NULL, NULL },
  { "TXDCTL", 0x3828, 4, MOS_REGISTER_RW, CELL (txdctl),
    0, 0, NULL, N_ ("handling of transmit descriptors"), NULL, NULL },
  { "TADV", 0x382c, 4, MOS_REGISTER_RW, CELL (tadv),
    0, 0xffff, NULL, N_ ("delay after the first descriptor, in 1024 ns"), NULL, NULL },
  { "TSPMT", 0x3830, 4, MOS_REGISTER_RW, CELL (tspmt),
    0x01000400, 0, NULL, N_ ("pacing of segments"), NULL, NULL },
  { "RXCSUM", 0x5000, 4, MOS_REGISTER_RW, CELL (rxcsum),
    0x300, 0x7ff, NULL, N_ ("which checksums are looked at"), NULL, NULL },
  { "WUC", 0x5800, 4, MOS_REGISTER_RW, CELL (wuc),
    0, 0, NULL, N_ ("wake-up control"), NULL, NULL },
  { "WUFC", 0x5808, 4, MOS_REGISTER_RW, CELL (wufc),
    0, 0, NULL, N_ ("frames that wake up"), NULL, NULL },
  { "WUS", 0x5810, 4, MOS_REGISTER_RW, CELL (wus),
    0, 0, NULL, N_ ("what has woken up"), NULL, NULL },
  { "MANC", 0x5820, 4, MOS_REGISTER_RW, CELL (manc),
    0, 0, NULL, N_ ("management control"), NULL, NULL },
  { "IPAV", 0x5838, 4, MOS_REGISTER_RW, CELL (ipav),
    0, 0, NULL, N_ ("valid IP addresses"), NULL, NULL },
};
/* clang-format on */

const guint mos_e1000_n_rows = G_N_ELEMENTS (mos_e1000_rows);
