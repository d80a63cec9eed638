/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The driver's side of the IDE tests.
 */
#include "tests/devices/ide-rig.h"

#include <string.h>

#define DISK_SECTORS 40000
#define CD_BLOCKS    300

void
ide_set_up (IdeFixture *fixture, gconstpointer data)
{
  MosPciBus *pci;

  storage_rig_init (&fixture->rig);
  pci = mos_pci_bus_new (fixture->rig.bus);
  fixture->ide = mos_ide_new (fixture->rig.bus, pci);
  storage_rig_record (&fixture->rig, mos_ide_irq (fixture->ide, 0));
  fixture->store = rig_pattern_store (DISK_SECTORS);
  fixture->disc = rig_pattern_store (CD_BLOCKS * 4);
  fixture->disc->read_only = TRUE;
  mos_ide_add_disk (fixture->ide, 0, fixture->store);
  mos_ide_add_cdrom (fixture->ide, 1, fixture->disc);
  mos_pci_bus_config_write (pci, MOS_PCI_DEVFN (1, 1), 0x20, IDE_BM_PORT, 4);
  mos_pci_bus_config_write (pci, MOS_PCI_DEVFN (1, 1), 0x04, 5, 2);
}

void
ide_tear_down (IdeFixture *fixture, gconstpointer data)
{
  storage_rig_clear (&fixture->rig);
  mos_block_store_unref (fixture->store);
  mos_block_store_unref (fixture->disc);
}

static gboolean
is_idle (gpointer data)
{
  return (rig_in (data, IDE_CONTROL, 1) & 0x80) == 0;
}

guint8
ide_wait (IdeFixture *fixture)
{
  g_assert_true (rig_wait (&fixture->rig, is_idle, &fixture->rig));
  return (guint8) rig_in (&fixture->rig, IDE_CONTROL, 1);
}

void
ide_start (IdeFixture *fixture, guint8 command, guint32 lba, guint8 count)
{
  StorageRig *rig = &fixture->rig;

  rig_out (rig, IDE_DEVICE, 0xe0 | (lba >> 24 & 0xf), 1);
  rig_out (rig, IDE_COUNT, count, 1);
  rig_out (rig, IDE_LOW, lba & 0xff, 1);
  rig_out (rig, IDE_MID, lba >> 8 & 0xff, 1);
  rig_out (rig, IDE_HIGH, lba >> 16 & 0xff, 1);
  rig_out (rig, IDE_COMMAND, command, 1);
}

void
ide_start_wide (IdeFixture *fixture, guint8 command, guint64 lba, guint count)
{
  StorageRig *rig = &fixture->rig;

  rig_out (rig, IDE_DEVICE, 0xe0, 1);
  rig_out (rig, IDE_COUNT, count >> 8, 1);
  rig_out (rig, IDE_LOW, lba >> 24 & 0xff, 1);
  rig_out (rig, IDE_MID, lba >> 32 & 0xff, 1);
  rig_out (rig, IDE_HIGH, lba >> 40 & 0xff, 1);
  rig_out (rig, IDE_COUNT, count & 0xff, 1);
  rig_out (rig, IDE_LOW, lba & 0xff, 1);
  rig_out (rig, IDE_MID, lba >> 8 & 0xff, 1);
  rig_out (rig, IDE_HIGH, lba >> 16 & 0xff, 1);
  rig_out (rig, IDE_COMMAND, command, 1);
}

guint8
ide_acknowledge (IdeFixture *fixture)
{
  guint8 status;

  rig_wait_interrupt (&fixture->rig);
  status = (guint8) rig_in (&fixture->rig, IDE_COMMAND, 1);
  g_assert_false (fixture->rig.level);
  return status;
}

void
ide_start_bm (IdeFixture *fixture, guint bytes, gboolean to_memory)
{
  StorageRig *rig = &fixture->rig;
  guint32     entry[2] = { GUINT32_TO_LE (IDE_DATA_GPA),
                           GUINT32_TO_LE ((bytes & 0xffff) | 1u << 31) };

  memcpy (rig_ram (rig, IDE_PRD_GPA), entry, sizeof entry);
  rig_out (rig, IDE_BM_PORT + 4, IDE_PRD_GPA, 4);
  rig_out (rig, IDE_BM_PORT + 2, 6, 1);
  rig_out (rig, IDE_BM_PORT, to_memory ? 8 : 0, 1);
  rig_out (rig, IDE_BM_PORT, to_memory ? 9 : 1, 1);
}

guint8
ide_stop_bm (IdeFixture *fixture)
{
  guint8 status = (guint8) rig_in (&fixture->rig, IDE_BM_PORT + 2, 1);

  rig_out (&fixture->rig, IDE_BM_PORT, 0, 1);
  rig_out (&fixture->rig, IDE_BM_PORT + 2, 6, 1);
  return status;
}

void
ide_packet (IdeFixture   *fixture,
            const guint8 *packet,
            guint         limit,
            gboolean      dma)
{
  StorageRig *rig = &fixture->rig;

  rig_out (rig, IDE_DEVICE, 0xb0, 1);
  rig_out (rig, IDE_FEATURE, dma, 1);
  rig_out (rig, IDE_MID, limit & 0xff, 1);
  rig_out (rig, IDE_HIGH, limit >> 8, 1);
  rig_out (rig, IDE_COMMAND, 0xa0, 1);
  g_assert_cmphex (ide_wait (fixture) & 0x09, ==, 0x08);
  g_assert_cmphex (rig_in (rig, IDE_COUNT, 1), ==, 0x01);
  g_assert_false (rig->level);
  mos_bus_port_write_many (rig->bus, IDE_DATA, 2, 6, packet);
}

guint
ide_packet_data (IdeFixture *fixture, guint8 *data, guint room, guint8 *status)
{
  StorageRig *rig = &fixture->rig;
  guint       total = 0;

  for (;;) {
    guint bytes;

    *status = ide_acknowledge (fixture);
    if ((*status & 0x08) == 0) {
      g_assert_cmphex (rig_in (rig, IDE_COUNT, 1), ==, 0x03);
      return total;
    }
    g_assert_cmphex (rig_in (rig, IDE_COUNT, 1), ==, 0x02);
    bytes = rig_in (rig, IDE_MID, 1) | rig_in (rig, IDE_HIGH, 1) << 8;
    g_assert_cmpuint (bytes, >, 0);
    g_assert_cmpuint (total + bytes, <=, room);
    mos_bus_port_read_many (rig->bus, IDE_DATA, 2, bytes / 2, data + total);
    if (bytes & 1)
      data[total + bytes - 1] = (guint8) rig_in (rig, IDE_DATA, 1);
    total += bytes;
  }
}
