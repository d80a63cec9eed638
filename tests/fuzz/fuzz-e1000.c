/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * An 82540EM under a driver that writes anything into registers, descriptors
 * and buffers, while frames arrive and time passes. Steps of six bytes: what,
 * where (two), with what (three).
 */
#include <string.h>

#include "devices/net/e1000.h"
#include "tests/devices/storage-rig.h"
#include "tests/fuzz/fuzz.h"

#define DEVFN   MOS_PCI_DEVFN (4, 0)
#define BAR_GPA 0xe0000000u
#define IO_BASE 0xc000u

typedef struct {
  StorageRig  rig;
  MosPciBus  *pci;
  MosNetPort *port;
} Fuzz;

static void
ignore_frame (gpointer      user_data,
              const guint8 *frame,
              gsize         size,
              MosNetFlags   flags)
{
}

/* Rings in RAM, everything on: what random writes would hardly ever do. */
static void
set_up (Fuzz *fuzz, guint n)
{
  static const struct {
    guint   reg;
    guint32 value;
  } rows[] = {
    { 0x0, 1u << 6 | 1u << 30 },
    { 0x2800, 0x10000 },
    { 0x2808, 256 },
    { 0x2818, 15 },
    { 0x100, 0x8032 },
    { 0x3800, 0x11000 },
    { 0x3808, 256 },
    { 0x400, 2 },
    { 0xd0, 0xffff },
  };
  MosMemoryMap *memory = fuzz->rig.bus->memory;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    mos_memory_map_write_u32 (memory, BAR_GPA + rows[i].reg, rows[i].value);
  for (guint i = 0; i < 16; i++)
    mos_memory_map_write_u64 (memory, 0x10000 + i * 16, 0x20000 + i * n);
}

static void
act (Fuzz *fuzz, const uint8_t *step)
{
  MosMemoryMap *memory = fuzz->rig.bus->memory;
  MosClock     *clock = fuzz->rig.bus->clock;
  guint         where = step[1] | (guint) step[2] << 8;
  guint32 what = step[3] | (guint32) step[4] << 8 | (guint32) step[5] << 16;
  guint8  frame[2048];

  switch (step[0] % 9) {
  case 0:
    mos_memory_map_write_u32 (memory, BAR_GPA + (where & 0xfffc), what);
    break;
  case 1:
    mos_memory_map_read_u32 (memory, BAR_GPA + where);
    break;
  case 2:
    rig_ram (&fuzz->rig, 0x10000)[where % 0x1200] = step[3];
    break;
  case 3:
    memset (frame, step[3], sizeof frame);
    memcpy (frame, "\x52\x54\0\1\2\3", (step[0] & 0x80) != 0 ? 6 : 0);
    mos_net_port_to_device (fuzz->port, frame, 1 + where % sizeof frame,
                            step[4] & 1);
    break;
  case 4:
    mos_clock_advance (clock, mos_clock_now (clock) + what);
    break;
  case 5:
    /* A descriptor and the tail behind it. */
    mos_memory_map_write_u64 (memory, 0x11000 + (where & 15) * 16,
                              0x20000 + where);
    mos_memory_map_write_u64 (memory, 0x11000 + (where & 15) * 16 + 8,
                              (guint64) what << 16 | where);
    mos_memory_map_write_u32 (memory, BAR_GPA + 0x3818, step[3] & 15);
    break;
  case 6:
    set_up (fuzz, where);
    break;
  case 7:
    rig_out (&fuzz->rig, (guint16) (IO_BASE + (where & 63)), what, 4);
    break;
  default:
    mos_net_port_set_link (fuzz->port, step[3] & 1);
    break;
  }
  rig_settle (&fuzz->rig);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const guint8 mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
  Fuzz                fuzz;

  storage_rig_init (&fuzz.rig);
  fuzz.pci = mos_pci_bus_new (fuzz.rig.bus);
  fuzz.port = mos_net_port_new (fuzz.rig.bus->io_context);
  mos_e1000_new (fuzz.rig.bus, fuzz.pci, DEVFN, "net0", mac, fuzz.port, NULL);
  mos_net_port_set_peer (fuzz.port, ignore_frame, NULL);
  mos_pci_bus_config_write (fuzz.pci, DEVFN, 0x10, BAR_GPA, 4);
  mos_pci_bus_config_write (fuzz.pci, DEVFN, 0x14, IO_BASE, 4);
  mos_pci_bus_config_write (fuzz.pci, DEVFN, MOS_PCI_COMMAND, 7, 2);
  set_up (&fuzz, 2048);
  for (size_t i = 0; i + 6 <= size && i < 3000; i += 6)
    act (&fuzz, data + i);
  storage_rig_clear (&fuzz.rig);
  mos_net_port_unref (fuzz.port);
  return 0;
}
