/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The driver's side of the AHCI tests.
 */
#include "tests/devices/ahci-rig.h"

#include <string.h>

#define TABLE_BYTES 0x400u

void
ahci_set_up (AhciFixture *fixture, gconstpointer data)
{
  guint n_sectors = data != NULL ? GPOINTER_TO_UINT (data) : 10000;

  storage_rig_init (&fixture->rig);
  fixture->pci = mos_pci_bus_new (fixture->rig.bus);
  fixture->ahci = mos_ahci_new (fixture->rig.bus, fixture->pci, AHCI_DEVFN);
  fixture->store = rig_pattern_store (n_sectors);
  fixture->disc = rig_pattern_store (400);
  fixture->disc->read_only = TRUE;
  mos_ahci_add_disk (fixture->ahci, 0, fixture->store);
  mos_ahci_add_cdrom (fixture->ahci, 1, fixture->disc);
  mos_pci_bus_config_write (fixture->pci, AHCI_DEVFN, 0x24, AHCI_BAR_GPA, 4);
  mos_pci_bus_config_write (fixture->pci, AHCI_DEVFN, 0x04, 6, 2);
}

void
ahci_tear_down (AhciFixture *fixture, gconstpointer data)
{
  storage_rig_clear (&fixture->rig);
  mos_block_store_unref (fixture->store);
  mos_block_store_unref (fixture->disc);
}

guint32
ahci_read (AhciFixture *fixture, guint offset)
{
  return mos_memory_map_read_u32 (fixture->rig.bus->memory,
                                  AHCI_BAR_GPA + offset);
}

void
ahci_write (AhciFixture *fixture, guint offset, guint32 value)
{
  mos_memory_map_write_u32 (fixture->rig.bus->memory, AHCI_BAR_GPA + offset,
                            value);
}

guint32
ahci_port_read (AhciFixture *fixture, guint port, guint offset)
{
  return ahci_read (fixture, 0x100 + port * 0x80 + offset);
}

void
ahci_port_write (AhciFixture *fixture, guint port, guint offset, guint32 value)
{
  ahci_write (fixture, 0x100 + port * 0x80 + offset, value);
}

void
ahci_start_port (AhciFixture *fixture, guint port)
{
  ahci_port_write (fixture, port, 0x00, AHCI_LIST_GPA);
  ahci_port_write (fixture, port, 0x04, 0);
  ahci_port_write (fixture, port, 0x08, AHCI_FIS_GPA);
  ahci_port_write (fixture, port, 0x0c, 0);
  ahci_port_write (fixture, port, AHCI_IS, 0xffffffff);
  ahci_port_write (fixture, port, AHCI_SERR, 0xffffffff);
  ahci_port_write (fixture, port, AHCI_CMD, 0x10);
  ahci_port_write (fixture, port, AHCI_CMD, 0x11);
  g_assert_cmphex (ahci_port_read (fixture, port, AHCI_CMD) & 0xc011, ==,
                   0xc011);
}

guint8 *
ahci_frame (AhciFixture *fixture, guint slot)
{
  return rig_ram (&fixture->rig, AHCI_TABLE_GPA + slot * TABLE_BYTES);
}

void
ahci_fill (AhciFixture *fixture,
           guint        slot,
           guint8       command,
           guint64      lba,
           guint        count,
           guint32      bytes,
           guint32      piece)
{
  guint8  *frame = ahci_frame (fixture, slot);
  guint32 *header =
      (guint32 *) rig_ram (&fixture->rig, AHCI_LIST_GPA + slot * 32);
  guint32 *part = (guint32 *) (frame + 0x80);
  guint    n = 0;

  memset (frame, 0, 0x80);
  frame[0] = 0x27;
  frame[1] = 0x80;
  frame[2] = command;
  for (guint i = 0; i < 3; i++) {
    frame[4 + i] = (guint8) (lba >> (i * 8));
    frame[8 + i] = (guint8) (lba >> (24 + i * 8));
  }
  frame[7] = 0x40;
  frame[12] = (guint8) count;
  frame[13] = (guint8) (count >> 8);
  for (guint32 at = 0; at < bytes; at += piece, n++) {
    part[n * 4] = GUINT32_TO_LE (AHCI_DATA_GPA + at);
    part[n * 4 + 1] = 0;
    part[n * 4 + 2] = 0;
    part[n * 4 + 3] = GUINT32_TO_LE (MIN (piece, bytes - at) - 1);
  }
  header[0] = GUINT32_TO_LE (5 | n << 16);
  header[1] = 0;
  header[2] = GUINT32_TO_LE (AHCI_TABLE_GPA + slot * TABLE_BYTES);
  header[3] = 0;
}

typedef struct {
  AhciFixture *fixture;
  guint        port;
  guint32      slots;
} Wait;

static gboolean
is_done (gpointer data)
{
  Wait *wait = data;

  return (ahci_port_read (wait->fixture, wait->port, AHCI_CI) & wait->slots) ==
             0 ||
         (ahci_port_read (wait->fixture, wait->port, AHCI_IS) & 1u << 30) != 0;
}

void
ahci_issue (AhciFixture *fixture, guint port, guint32 slots)
{
  Wait wait = { fixture, port, slots };

  ahci_port_write (fixture, port, AHCI_CI, slots);
  g_assert_true (rig_wait (&fixture->rig, is_done, &wait));
}
