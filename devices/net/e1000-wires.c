/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What hangs on the 82540EM: a serial EEPROM of 64 words and a gigabit PHY.
 *
 * The EEPROM is a Microwire part (93C46): selected, it takes a one, two bits of
 * command and six of address, most significant first, with each rising clock,
 * and gives sixteen bits. It can also be read through a register. The PHY is
 * reached through MDIC (IEEE 802.3, clause 22); it negotiates in no time.
 * After the PCI/PCI-X Family of Gigabit Ethernet Controllers Software
 * Developer's Manual, "EEPROM Interface" and "PHY Functionality".
 */
#include <string.h>

#include "devices/net/e1000-private.h"

#define EEPROM_SUM 0xbaba /* of all words */

enum {
  EECD_CLOCK = 1u << 0,
  EECD_SELECT = 1u << 1,
  EECD_IN = 1u << 2,
  EECD_OUT = 1u << 3,
  EECD_WRITE = 1u << 4,
  EECD_REQUEST = 1u << 6,
  EECD_GRANT = 1u << 7,
  EECD_PRESENT = 1u << 8,
  EERD_START = 1u << 0,
  EERD_DONE = 1u << 4
};

enum {
  COMMAND_BITS = 9, /* start, command, address */
  COMMAND_OTHER = 0,
  COMMAND_WRITE = 1,
  COMMAND_READ = 2,
  OTHER_DISABLE = 0,
  OTHER_ENABLE = 3
};

enum {
  MDIC_WRITE = 1,
  MDIC_READ = 2,
  MDIC_PHY = 1, /* the only one */
  MDIC_READY = 1u << 28,
  MDIC_INTERRUPT = 1u << 29,
  MDIC_ERROR = 1u << 30
};

enum {
  PHY_CONTROL = 0,
  PHY_STATUS = 1,
  PHY_ID1 = 2,
  PHY_ID2 = 3,
  PHY_ADVERTISED = 4,
  PHY_PARTNER = 5,
  PHY_EXPANSION = 6,
  PHY_GIGABIT_CONTROL = 9,
  PHY_GIGABIT_STATUS = 10,
  PHY_EXTENDED_STATUS = 15,
  PHY_SPECIFIC_CONTROL = 16,
  PHY_SPECIFIC_STATUS = 17,
  PHY_EXTENDED_CONTROL = 20,
  CONTROL_RESET = 1u << 15,
  CONTROL_LOOPBACK = 1u << 14,
  CONTROL_RESTART = 1u << 9,
  STATUS_LINK = 1u << 2,
  STATUS_NEGOTIATED = 1u << 5,
  SPECIFIC_LINK = 1u << 10
};

/* -- the EEPROM ---------------------------------------------------------- */

void
mos_e1000_fill_eeprom (MosE1000 *self)
{
  guint sum = 0;

  memset (self->eeprom, 0xff, sizeof self->eeprom);
  for (guint i = 0; i < 3; i++)
    self->eeprom[i] =
        (guint16) (self->own_mac[i * 2] | self->own_mac[i * 2 + 1] << 8);
  self->eeprom[0x03] = 0x0000; /* no compatibility words */
  self->eeprom[0x0a] = 0x4408; /* loads its identity from here */
  self->eeprom[0x0b] = self->pci.info->subsystem_id;
  self->eeprom[0x0c] = self->pci.info->subsystem_vendor_id;
  self->eeprom[0x0d] = self->pci.info->device_id;
  self->eeprom[0x0e] = self->pci.info->vendor_id;
  self->eeprom[0x0f] = 0x3040; /* negotiates, no wake-up */
  self->eeprom[0x24] = 0x0000;
  for (guint i = 0; i < MOS_E1000_EEPROM_WORDS - 1; i++)
    sum += self->eeprom[i];
  self->eeprom[MOS_E1000_EEPROM_WORDS - 1] = (guint16) (EEPROM_SUM - sum);
}

static void
eeprom_command (MosE1000 *self)
{
  guint command = self->eeprom_in >> 6 & 3;
  guint address = self->eeprom_in & 0x3f;

  if (command == COMMAND_READ) {
    self->eeprom_reading = TRUE;
    self->eeprom_out = self->eeprom[address];
    self->eeprom_do = 0;
  } else if (command == COMMAND_OTHER) {
    if (address >> 4 == OTHER_ENABLE)
      self->eeprom_writable = TRUE;
    else if (address >> 4 == OTHER_DISABLE)
      self->eeprom_writable = FALSE;
  }
}

static void
eeprom_write (MosE1000 *self)
{
  guint address = self->eeprom_in >> 16 & 0x3f;

  if ((self->eeprom_in >> 22 & 3) == COMMAND_WRITE && self->eeprom_writable)
    self->eeprom[address] = (guint16) self->eeprom_in;
  self->eeprom_do = 1; /* ready */
}

static void
eeprom_clock (MosE1000 *self, guint bit)
{
  if (self->eeprom_reading) {
    self->eeprom_do = (guint8) (self->eeprom_out >> 15);
    self->eeprom_out = (guint16) (self->eeprom_out << 1);
    return;
  }
  /* Zeros before the start are nothing. */
  if ((self->eeprom_n_in == 0 && bit == 0) ||
      self->eeprom_n_in >= COMMAND_BITS + 16)
    return;
  self->eeprom_in = self->eeprom_in << 1 | bit;
  self->eeprom_n_in++;
  if (self->eeprom_n_in == COMMAND_BITS)
    eeprom_command (self);
  else if (self->eeprom_n_in == COMMAND_BITS + 16)
    eeprom_write (self);
}

guint32
mos_e1000_read_eecd (MosE1000 *self)
{
  return (self->eecd & (EECD_CLOCK | EECD_SELECT | EECD_IN | EECD_REQUEST)) |
         EECD_WRITE | EECD_PRESENT | (self->eeprom_do ? EECD_OUT : 0u) |
         ((self->eecd & EECD_REQUEST) != 0 ? EECD_GRANT : 0u);
}

void
mos_e1000_write_eecd (MosE1000 *self, guint32 value)
{
  guint32 was = self->eecd;

  self->eecd = value;
  if ((value & EECD_SELECT) == 0 || (was & EECD_SELECT) == 0) {
    self->eeprom_in = 0;
    self->eeprom_n_in = 0;
    self->eeprom_reading = FALSE;
    self->eeprom_do = 1;
  }
  if ((value & EECD_SELECT) != 0 && (value & EECD_CLOCK) != 0 &&
      (was & EECD_CLOCK) == 0)
    eeprom_clock (self, (value & EECD_IN) != 0);
}

void
mos_e1000_write_eerd (MosE1000 *self, guint32 value)
{
  guint address = value >> 8 & 0xff;

  self->eerd = value & 0xff00;
  if ((value & EERD_START) == 0)
    return;
  self->eerd |= EERD_DONE;
  if (address < MOS_E1000_EEPROM_WORDS)
    self->eerd |= (guint32) self->eeprom[address] << 16;
}

/* -- the PHY ------------------------------------------------------------- */

void
mos_e1000_reset_phy (MosE1000 *self)
{
  memset (self->phy, 0, sizeof self->phy);
  self->phy[PHY_CONTROL] = 0x1140; /* negotiate; 1000 Mb/s, duplex */
  self->phy[PHY_STATUS] = 0x7949;  /* what it could do */
  self->phy[PHY_ID1] = 0x0141;
  self->phy[PHY_ID2] = 0x0c20;
  self->phy[PHY_ADVERTISED] = 0x0de1;
  self->phy[PHY_EXPANSION] = 0x0001;
  self->phy[PHY_GIGABIT_CONTROL] = 0x0e00;
  self->phy[PHY_EXTENDED_STATUS] = 0x3000;
  self->phy[PHY_SPECIFIC_CONTROL] = 0x0360;
  self->phy[PHY_EXTENDED_CONTROL] = 0x0d60;
  mos_e1000_update_link (self);
}

void
mos_e1000_reset_wires (MosE1000 *self)
{
  self->eeprom_in = 0;
  self->eeprom_n_in = 0;
  self->eeprom_reading = FALSE;
  self->eeprom_do = 1;
  self->eeprom_writable = FALSE;
  mos_e1000_reset_phy (self);
}

void
mos_e1000_update_link (MosE1000 *self)
{
  guint16 *phy = self->phy;

  if (mos_net_port_get_link (self->port)) {
    phy[PHY_STATUS] |= STATUS_LINK | STATUS_NEGOTIATED;
    phy[PHY_PARTNER] = 0x45e1;
    phy[PHY_GIGABIT_STATUS] = 0x3c00;
    phy[PHY_SPECIFIC_STATUS] = 0xac40; /* 1000 Mb/s, duplex, link */
  } else {
    phy[PHY_STATUS] &= (guint16) ~(STATUS_LINK | STATUS_NEGOTIATED);
    phy[PHY_PARTNER] = 0;
    phy[PHY_GIGABIT_STATUS] = 0;
    phy[PHY_SPECIFIC_STATUS] = 0;
  }
}

gboolean
mos_e1000_link_is_up (MosE1000 *self)
{
  return (self->ctrl & MOS_E1000_CTRL_SLU) != 0 &&
         (self->phy[PHY_STATUS] & STATUS_LINK) != 0;
}

gboolean
mos_e1000_is_looped (MosE1000 *self)
{
  return (self->rctl >> 6 & 3) != 0 ||
         (self->phy[PHY_CONTROL] & CONTROL_LOOPBACK) != 0;
}

static gboolean
is_writable (guint reg)
{
  switch (reg) {
  case PHY_STATUS:
  case PHY_ID1:
  case PHY_ID2:
  case PHY_PARTNER:
  case PHY_EXPANSION:
  case PHY_GIGABIT_STATUS:
  case PHY_EXTENDED_STATUS:
  case PHY_SPECIFIC_STATUS:
    return FALSE;
  default:
    return TRUE;
  }
}

static void
write_phy (MosE1000 *self, guint reg, guint16 value)
{
  if (!is_writable (reg))
    return;
  if (reg == PHY_CONTROL && (value & CONTROL_RESET) != 0) {
    mos_e1000_reset_phy (self);
    value = self->phy[PHY_CONTROL] | CONTROL_RESTART;
  }
  self->phy[reg] = value;
  if (reg == PHY_CONTROL && (value & CONTROL_RESTART) != 0) {
    self->phy[PHY_CONTROL] &= (guint16) ~CONTROL_RESTART;
    mos_e1000_update_link (self);
    mos_e1000_interrupt (self, MOS_E1000_LSC);
  }
}

void
mos_e1000_write_mdic (MosE1000 *self, guint32 value)
{
  guint reg = value >> 16 & 0x1f;
  guint command = value >> 26 & 3;

  self->mdic = (value & ~(guint32) MDIC_ERROR) | MDIC_READY;
  if ((value >> 21 & 0x1f) != MDIC_PHY)
    self->mdic |= MDIC_ERROR;
  else if (command == MDIC_WRITE)
    write_phy (self, reg, (guint16) value);
  else if (command == MDIC_READ)
    self->mdic = (self->mdic & 0xffff0000u) | self->phy[reg];
  if ((value & MDIC_INTERRUPT) != 0)
    mos_e1000_interrupt (self, MOS_E1000_MDAC);
}
