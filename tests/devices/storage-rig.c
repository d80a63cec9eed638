/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The bench of the storage tests; see the header.
 */
#include "tests/devices/storage-rig.h"

#include "devices/devices.h"

/* Rounds of 100 us of guest time before a wait is given up. */
#define PATIENCE 20000

void
storage_rig_init (StorageRig *rig)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;

  *rig = (StorageRig){ 0 };
  rig->bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, context);
  rig->ram = mos_ram_new ("ram", RIG_RAM_BYTES, &error);
  g_assert_no_error (error);
  rig->region = (MosMemoryRegion){ .name = "ram",
                                   .size = RIG_RAM_BYTES,
                                   .enabled = TRUE,
                                   .kind = MOS_MEMORY_RAM,
                                   .ram = rig->ram };
  mos_memory_map_add (rig->bus->memory, &rig->region);
  mos_clock_resume (rig->bus->clock);
}

void
storage_rig_clear (StorageRig *rig)
{
  mos_bus_free (rig->bus);
  mos_ram_free (rig->ram);
}

static void
record_cb (gpointer receiver, guint pin, gboolean level)
{
  StorageRig *rig = receiver;

  rig->level = level;
  if (level)
    rig->interrupts++;
}

void
storage_rig_record (StorageRig *rig, MosLine *line)
{
  mos_line_connect (line, record_cb, rig, 0);
}

guint32
rig_in (StorageRig *rig, guint16 port, guint size)
{
  return mos_bus_port_read (rig->bus, port, size);
}

void
rig_out (StorageRig *rig, guint16 port, guint32 value, guint size)
{
  mos_bus_port_write (rig->bus, port, value, size);
}

gboolean
rig_wait (StorageRig *rig, gboolean (*test) (gpointer data), gpointer data)
{
  MosClock *clock = rig->bus->clock;

  for (guint i = 0; i < PATIENCE; i++) {
    while (g_main_context_iteration (rig->bus->io_context, FALSE))
      continue;
    if (test (data))
      return TRUE;
    mos_clock_advance (clock, mos_clock_now (clock) + 100000);
    g_thread_yield ();
  }
  return FALSE;
}

static gboolean
is_high (gpointer data)
{
  return ((StorageRig *) data)->level;
}

void
rig_wait_interrupt (StorageRig *rig)
{
  g_assert_true (rig_wait (rig, is_high, rig));
}

void
rig_settle (StorageRig *rig)
{
  for (guint i = 0; i < 20; i++)
    while (g_main_context_iteration (rig->bus->io_context, FALSE))
      continue;
}

guint8
rig_pattern (guint sector, guint place)
{
  return (guint8) (sector + place * 3 + (place >> 8) * 5 + (sector >> 8) * 7);
}

MosBlockStore *
rig_pattern_store (guint n_sectors)
{
  g_autofree guint8 *data = g_malloc ((gsize) n_sectors * 512);
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < n_sectors; i++)
    for (guint j = 0; j < 512; j++)
      data[i * 512 + j] = rig_pattern (i, j);
  bytes = g_bytes_new (data, (gsize) n_sectors * 512);
  return mos_memory_store_new (bytes, TRUE);
}

guint8 *
rig_ram (StorageRig *rig, guint32 gpa)
{
  return rig->ram->hva + gpa;
}
