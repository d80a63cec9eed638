/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * 82371SB PCI-to-ISA bridge (PIIX3), function 0.
 *
 * Follows the Intel 82371FB/82371SB data sheet, "PIRQ Route Control" and
 * "Reset Control Register". The four PIRQ wires are ORed into the ISA IRQs
 * that the route registers name. Wires move on any thread; a lock of their own
 * lies between the PCI bus's and the interrupt hub's.
 */
#include "devices/chipset/piix3.h"

#define PIRQRC        0x60
#define PIRQ_DISABLED 0x80
#define RESET_FULL    0x02
#define RESET_CPU     0x04
/* IRQ 3 to 7, 9 to 12, 14, 15 */
#define ROUTABLE 0xdef8u

struct MosPiix3 {
  MosPciDevice      pci;
  MosRegisterWindow registers;
  MosIoWindow       reset_window;
  MosLine           irqs[MOS_IRQ_N_ISA];
  GMutex            route_lock; /* of what follows */
  guint8            routes[MOS_PCI_N_PIRQS];
  gboolean          pirqs[MOS_PCI_N_PIRQS];

  guint8 reset_control;
};

static void
update_irqs_locked (MosPiix3 *self)
{
  guint wanted = 0;

  for (guint i = 0; i < MOS_PCI_N_PIRQS; i++)
    if (self->pirqs[i] && !(self->routes[i] & PIRQ_DISABLED))
      wanted |= 1u << (self->routes[i] & 15);
  wanted &= ROUTABLE;
  for (guint irq = 0; irq < MOS_IRQ_N_ISA; irq++)
    mos_line_set (&self->irqs[irq], (wanted & 1u << irq) != 0);
}

static void
pirq_changed (gpointer receiver, guint pirq, gboolean level)
{
  MosPiix3 *self = receiver;

  g_mutex_lock (&self->route_lock);
  self->pirqs[pirq] = level;
  update_irqs_locked (self);
  g_mutex_unlock (&self->route_lock);
}

static void
update_routes (MosPiix3 *self)
{
  g_mutex_lock (&self->route_lock);
  for (guint i = 0; i < MOS_PCI_N_PIRQS; i++)
    self->routes[i] = self->pci.config[PIRQRC + i];
  update_irqs_locked (self);
  g_mutex_unlock (&self->route_lock);
}

static void
route_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPiix3 *self = (MosPiix3 *) device;

  self->pci.config[row->offset] = value;
  update_routes (self);
}

static const MosField route_fields[] = {
  { "IRQ", 0, 4, "The ISA interrupt it becomes." },
  { "DISABLE", 7, 1, "It becomes none." },
  { NULL },
};

static const MosRegister rows[] = {
  { "XBCS", 0x4e, 2, MOS_REGISTER_RW, MOS_PCI_CELL (0x4e), 0x0003, 0, NULL,
    "X-bus chip select" },
  { "PIRQRCA", PIRQRC, 1, MOS_REGISTER_RW, MOS_PCI_CELL (PIRQRC), PIRQ_DISABLED,
    0x8f, route_fields, "Route of PIRQA#", NULL, route_write },
  { "PIRQRCB", PIRQRC + 1, 1, MOS_REGISTER_RW, MOS_PCI_CELL (PIRQRC + 1),
    PIRQ_DISABLED, 0x8f, route_fields, "Route of PIRQB#", NULL, route_write },
  { "PIRQRCC", PIRQRC + 2, 1, MOS_REGISTER_RW, MOS_PCI_CELL (PIRQRC + 2),
    PIRQ_DISABLED, 0x8f, route_fields, "Route of PIRQC#", NULL, route_write },
  { "PIRQRCD", PIRQRC + 3, 1, MOS_REGISTER_RW, MOS_PCI_CELL (PIRQRC + 3),
    PIRQ_DISABLED, 0x8f, route_fields, "Route of PIRQD#", NULL, route_write },
  { "TOM", 0x69, 1, MOS_REGISTER_RW, MOS_PCI_CELL (0x69), 0x02, 0xfe, NULL,
    "Top of memory" },
};

static const MosPciInfo info = {
  .vendor_id = 0x8086,
  .device_id = 0x7000,
  .class_code = 0x060100,
  .subsystem_vendor_id = 0x1af4,
  .subsystem_id = 0x1100,
  .multifunction = TRUE,
  .rows = rows,
  .n_rows = G_N_ELEMENTS (rows),
};

static void
reset_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPiix3 *self = (MosPiix3 *) device;
  gboolean  rising =
      (value & RESET_CPU) != 0 && !(self->reset_control & RESET_CPU);

  self->reset_control = value;
  if (rising)
    mos_bus_request (device->bus, MOS_BUS_RESET, 0);
}

static const MosRegister reset_rows[] = {
  { "RC", 0, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosPiix3, reset_control), 0,
    RESET_CPU | RESET_FULL, NULL, "Reset control", NULL, reset_write },
};

static void
piix3_init (MosDevice *device)
{
  MosPiix3 *self = (MosPiix3 *) device;

  g_mutex_init (&self->route_lock);
  mos_pci_device_setup (&self->pci, &info);
  self->registers.device = device;
  self->registers.bank = mos_device_add_bank (device, "reset", reset_rows,
                                              G_N_ELEMENTS (reset_rows), 1);
  mos_device_window_init (device, &self->reset_window, "reset-control",
                          &mos_register_window_ops, &self->registers, 0xcf9, 1);
  mos_bus_map_ports (device->bus, &self->reset_window);
}

static void
piix3_reset (MosDevice *device)
{
  MosPiix3 *self = (MosPiix3 *) device;

  mos_pci_device_reset (&self->pci);
  self->reset_control = 0;
  update_routes (self);
}

static gboolean
piix3_loaded (MosDevice *device, GError **error)
{
  MosPiix3 *self = (MosPiix3 *) device;

  mos_pci_device_loaded (&self->pci);
  update_routes (self);
  return TRUE;
}

static void
piix3_clear (MosDevice *device)
{
  MosPiix3 *self = (MosPiix3 *) device;

  mos_pci_device_clear (&self->pci);
  g_mutex_clear (&self->route_lock);
}

static const MosStateField state[] = {
  MOS_PCI_STATE_FIELDS,
  MOS_STATE (MosPiix3, reset_control, MOS_STATE_U8),
  { NULL },
};

const MosDeviceClass mos_piix3_class = {
  .name = "piix3",
  .title = "ISA bridge",
  .help = "Intel 82371SB PCI-to-ISA bridge",
  .instance_size = sizeof (MosPiix3),
  .state_version = 1,
  .state = state,
  .init = piix3_init,
  .reset = piix3_reset,
  .clear = piix3_clear,
  .loaded = piix3_loaded,
};

MosPiix3 *
mos_piix3_new (MosBus *bus, MosPciBus *pci, MosIrqHub *hub)
{
  MosPiix3 *self = mos_device_new (&mos_piix3_class, bus, "isa-bridge");

  for (guint irq = 0; irq < MOS_IRQ_N_ISA; irq++)
    mos_irq_hub_connect (hub, &self->irqs[irq], irq);
  mos_pci_device_attach (&self->pci, pci, MOS_PCI_DEVFN (1, 0));
  mos_pci_bus_set_router (pci, pirq_changed, self);
  return self;
}
