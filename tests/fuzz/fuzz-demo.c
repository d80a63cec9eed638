/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The demo device under a driver that writes anything anywhere. Sixes of
 * bytes: what to do, where (two), with what (two), how much time passes.
 */
#include "devices/lab/demo.h"
#include "tests/devices/storage-rig.h"
#include "tests/fuzz/fuzz.h"

#define DEVFN   MOS_PCI_DEVFN (5, 0)
#define BAR_GPA 0xe0000000u

static void
act (StorageRig *rig, MosPciBus *pci, MosPanel *panel, const uint8_t *step)
{
  guint   where = step[1] | (guint) step[2] << 8;
  guint64 value = step[3] | (guint) step[4] << 8;
  guint   size = 1u << (step[0] >> 6);

  switch (step[0] & 7) {
  case 0:
  case 1:
    mos_memory_map_write (rig->bus->memory,
                          BAR_GPA + where % MOS_DEMO_BANK_BYTES, &value, size);
    break;
  case 2:
    mos_memory_map_read (rig->bus->memory, BAR_GPA + where % 0x2000, &value,
                         size);
    break;
  case 3:
    mos_memory_map_write (rig->bus->memory, BAR_GPA + where % 0x2000, &value,
                          size);
    break;
  case 4:
    rig_out (rig, (guint16) (MOS_DEMO_PORTS + where % MOS_DEMO_BANK_BYTES),
             (guint32) value, MIN (size, 4));
    break;
  case 5:
    mos_panel_set_switches (panel, (guint32) value);
    break;
  case 6:
    /* Copies with plausible addresses, its own window among them. */
    value = (step[0] & 8) != 0 ? BAR_GPA + where % 0x2000 : where;
    mos_memory_map_write (rig->bus->memory, BAR_GPA + 0x40, &value, 8);
    break;
  default:
    mos_pci_bus_config_write (pci, DEVFN, where % 0x100, (guint32) value,
                              MIN (size, 4));
    mos_pci_bus_config_write (pci, DEVFN, MOS_PCI_BAR0, BAR_GPA, 4);
    mos_pci_bus_config_write (pci, DEVFN, MOS_PCI_COMMAND, 7, 2);
    break;
  }
  mos_clock_advance (rig->bus->clock,
                     mos_clock_now (rig->bus->clock) + step[5] * 1000);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  StorageRig rig;
  MosPciBus *pci;
  MosPanel  *panel = mos_panel_new ();
  MosDevice *device;

  storage_rig_init (&rig);
  pci = mos_pci_bus_new (rig.bus);
  device = mos_demo_new (rig.bus, pci, DEVFN, panel);
  mos_bus_reset (rig.bus);
  mos_pci_bus_config_write (pci, DEVFN, MOS_PCI_BAR0, BAR_GPA, 4);
  mos_pci_bus_config_write (pci, DEVFN, MOS_PCI_COMMAND, 7, 2);
  for (size_t i = 0; i + 6 <= size && i < 6 * 400; i += 6)
    act (&rig, pci, panel, data + i);
  {
    g_autoptr (GVariant) state = g_variant_ref_sink (mos_device_save (device));

    g_assert_true (mos_device_load (device, state, NULL));
  }
  storage_rig_clear (&rig);
  mos_panel_unref (panel);
  return 0;
}
