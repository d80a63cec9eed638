/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PCI bus: slots, configuration cycles, and the four PIRQ wires.
 *
 * Bus 0 has 32 slots of 8 functions. Pins INTA# to INTD# of slot s reach the
 * wire (s + pin) mod 4, so that neighbours do not share (PCI Local Bus 3.0,
 * "Interrupt Routing"); the PCI-to-ISA bridge listens to the wires. Slots are
 * filled before the guest runs; the lock guards the wires.
 */
#include "devices/chipset/pci.h"

#define N_FUNCTIONS 256

struct MosPciBus {
  MosDevice      device; /* its lock guards the wires */
  MosPciDevice  *functions[N_FUNCTIONS];
  guint          pins_high[MOS_PCI_N_PIRQS];
  MosPciPirqFunc router;
  gpointer       receiver;
};

static void
pin_changed (gpointer receiver, guint pirq, gboolean level)
{
  MosPciBus *self = receiver;
  guint      before;

  g_mutex_lock (&self->device.lock);
  before = self->pins_high[pirq];
  self->pins_high[pirq] += level ? 1 : -1;
  if ((before > 0) != (self->pins_high[pirq] > 0) && self->router != NULL)
    self->router (self->receiver, pirq, level);
  g_mutex_unlock (&self->device.lock);
}

const MosDeviceClass mos_pci_bus_class = {
  .name = "pci-bus",
  .title = "PCI bus",
  .help = "Slots, configuration cycles and interrupt wires of PCI bus 0",
  .instance_size = sizeof (MosPciBus),
  .state_version = 1,
};

MosPciBus *
mos_pci_bus_new (MosBus *bus)
{
  return mos_device_new (&mos_pci_bus_class, bus, "pci");
}

MosBus *
mos_pci_bus_get_bus (MosPciBus *self)
{
  return self->device.bus;
}

void
mos_pci_bus_set_router (MosPciBus *self, MosPciPirqFunc func, gpointer receiver)
{
  self->router = func;
  self->receiver = receiver;
}

MosPciDevice *
mos_pci_bus_find (MosPciBus *self, guint devfn)
{
  return devfn < N_FUNCTIONS ? self->functions[devfn] : NULL;
}

/* Whoever scans the bus looks for more functions only if the first says so. */
static void
mark_multifunction (MosPciDevice *first)
{
  for (guint i = 0; i < first->rows->len; i++) {
    MosRegister *row = &g_array_index (first->rows, MosRegister, i);

    if (row->offset == MOS_PCI_HEADER_TYPE)
      row->reset |= MOS_PCI_HEADER_MULTIFUNCTION;
  }
  first->config[MOS_PCI_HEADER_TYPE] |= MOS_PCI_HEADER_MULTIFUNCTION;
}

void
mos_pci_device_attach (MosPciDevice *self, MosPciBus *pci, guint devfn)
{
  g_return_if_fail (devfn < N_FUNCTIONS && pci->functions[devfn] == NULL);

  self->pci = pci;
  self->devfn = devfn;
  self->bank = mos_device_add_bank (&self->device, "config",
                                    &g_array_index (self->rows, MosRegister, 0),
                                    self->rows->len, MOS_PCI_CONFIG_BYTES);
  mos_register_bank_reset (self->bank, &self->device);
  if (self->info->interrupt_pin != 0)
    mos_line_connect (&self->intx, pin_changed, pci,
                      ((devfn >> 3) + self->info->interrupt_pin - 1) %
                          MOS_PCI_N_PIRQS);
  pci->functions[devfn] = self;
  if ((devfn & 7) != 0 && pci->functions[devfn & ~7u] != NULL)
    mark_multifunction (pci->functions[devfn & ~7u]);
}

guint32
mos_pci_bus_config_read (MosPciBus *self, guint devfn, guint offset, guint size)
{
  MosPciDevice *function = mos_pci_bus_find (self, devfn);
  guint32       value;

  if (function == NULL || offset + size > MOS_PCI_CONFIG_BYTES)
    return G_MAXUINT32 >> (32 - 8 * size);
  g_mutex_lock (&function->device.lock);
  value = mos_register_bank_read (function->bank, &function->device, offset,
                                  size, 0);
  g_mutex_unlock (&function->device.lock);
  return value;
}

void
mos_pci_bus_config_write (MosPciBus *self,
                          guint      devfn,
                          guint      offset,
                          guint32    value,
                          guint      size)
{
  MosPciDevice *function = mos_pci_bus_find (self, devfn);
  gboolean      changed;

  if (function == NULL || offset + size > MOS_PCI_CONFIG_BYTES)
    return;
  g_mutex_lock (&function->device.lock);
  function->config_changed = FALSE;
  mos_register_bank_write (function->bank, &function->device, offset, value,
                           size);
  changed = function->config_changed;
  g_mutex_unlock (&function->device.lock);
  if (changed)
    mos_pci_device_apply (function);
}
