/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * 82093AA I/O advanced programmable interrupt controller.
 *
 * Follows the Intel 82093AA data sheet, "Register Description": an index and a
 * data register at 0xfec00000 lead to the identification, the version and 24
 * redirection entries. An input that asks and is not masked becomes a message
 * in the format of the PCI MSI (Intel SDM volume 3, "Message Signalled
 * Interrupts"); a level-triggered one waits (remote IRR) for the processor's
 * end of interrupt. Inputs arrive on any thread under the hub's lock.
 */
#include "devices/chipset/ioapic.h"

#define N_INPUTS     24
#define WINDOW_BYTES 0x1000
#define VERSION      0x11
#define TIMER_INPUT  2 /* GSI 0 is wired to it, and GSI 2 does not exist */

#define INDEX_ID          0x00
#define INDEX_VERSION     0x01
#define INDEX_ARBITRATION 0x02
#define INDEX_TABLE       0x10

#define ENTRY_DELIVERY_STATUS G_GUINT64_CONSTANT (0x1000)
#define ENTRY_LOGICAL         G_GUINT64_CONSTANT (0x800)
#define ENTRY_REMOTE_IRR      G_GUINT64_CONSTANT (0x4000)
#define ENTRY_LEVEL           G_GUINT64_CONSTANT (0x8000)
#define ENTRY_MASKED          G_GUINT64_CONSTANT (0x10000)
#define ENTRY_WRITABLE        G_GUINT64_CONSTANT (0xff0000000001afff)

#define MESSAGE_ADDRESS 0xfee00000u
#define MESSAGE_LOGICAL 0x4u
#define MESSAGE_ASSERT  0x4000u

struct MosIoapic {
  MosDevice         device;
  MosRegisterWindow registers;
  MosIoWindow       window;
  MosMemoryRegion   region;

  guint32 index;
  guint32 id;
  guint32 level;   /* of the wires */
  guint32 request; /* edges not sent yet, levels that are high */
  guint64 table[N_INPUTS];
};

/* Delivery ----------------------------------------------------------------- */

static void
send (MosIoapic *self, guint64 entry)
{
  const MosCpuInputs *inputs = self->device.bus->cpu_inputs;
  guint32             address = MESSAGE_ADDRESS | (guint32) (entry >> 56) << 12;
  /* Vector and delivery mode are where a message has them. */
  guint32 data = (entry & 0x7ff) | MESSAGE_ASSERT | (entry & ENTRY_LEVEL);

  if (entry & ENTRY_LOGICAL)
    address |= MESSAGE_LOGICAL;
  __atomic_add_fetch (&self->device.counters.interrupts, 1, __ATOMIC_RELAXED);
  if (inputs != NULL && inputs->send_msi != NULL)
    inputs->send_msi (self->device.bus->cpus, address, data);
}

/* Sends input @n's interrupt if it asks and may. */
static void
service (MosIoapic *self, guint n)
{
  guint64 entry = self->table[n];
  guint32 bit = 1u << n;

  if (!(self->request & bit) || (entry & ENTRY_MASKED))
    return;
  if (entry & ENTRY_LEVEL) {
    if (entry & ENTRY_REMOTE_IRR)
      return;
    self->table[n] |= ENTRY_REMOTE_IRR;
  } else {
    self->request &= ~bit;
  }
  send (self, entry);
}

static void
set_input (MosIoapic *self, guint n, gboolean level)
{
  guint32  bit = 1u << n;
  gboolean by_level = (self->table[n] & ENTRY_LEVEL) != 0;
  gboolean masked = (self->table[n] & ENTRY_MASKED) != 0;

  if (level) {
    /* An edge on a masked input is lost: 82093AA data sheet, "Interrupt
     * Mask". */
    if (by_level || (!(self->level & bit) && !masked))
      self->request |= bit;
    self->level |= bit;
    service (self, n);
  } else {
    if (by_level)
      self->request &= ~bit;
    self->level &= ~bit;
  }
}

static void
gsi_changed (gpointer receiver, guint gsi, gboolean level)
{
  MosIoapic *self = receiver;

  if (gsi >= N_INPUTS || gsi == TIMER_INPUT)
    return;
  g_mutex_lock (&self->device.lock);
  set_input (self, gsi == 0 ? TIMER_INPUT : gsi, level);
  g_mutex_unlock (&self->device.lock);
}

void
mos_ioapic_end_of_interrupt (MosIoapic *self, guint8 vector)
{
  g_mutex_lock (&self->device.lock);
  for (guint n = 0; n < N_INPUTS; n++) {
    guint64 entry = self->table[n];

    if ((entry & 0xff) != vector || !(entry & ENTRY_REMOTE_IRR))
      continue;
    self->table[n] &= ~ENTRY_REMOTE_IRR;
    service (self, n);
  }
  g_mutex_unlock (&self->device.lock);
}

/* Registers ---------------------------------------------------------------- */

static guint64
data_read (MosDevice *device, const MosRegister *row)
{
  MosIoapic *self = (MosIoapic *) device;
  guint      n = (self->index - INDEX_TABLE) / 2;

  switch (self->index) {
  case INDEX_ID:
  case INDEX_ARBITRATION:
    return self->id;
  case INDEX_VERSION:
    return VERSION | (N_INPUTS - 1) << 16;
  default:
    if (self->index < INDEX_TABLE || n >= N_INPUTS)
      return 0;
    return self->index & 1 ? self->table[n] >> 32
                           : self->table[n] & G_MAXUINT32;
  }
}

static void
write_entry (MosIoapic *self, guint n, gboolean high, guint32 value)
{
  guint64 kept = self->table[n] & ~ENTRY_WRITABLE;
  guint64 old = self->table[n] & ENTRY_WRITABLE;
  guint64 written;

  if (high)
    written = (old & G_MAXUINT32) | (guint64) value << 32;
  else
    written = (old & ~(guint64) G_MAXUINT32) | value;
  self->table[n] = kept | (written & ENTRY_WRITABLE);
  /* Level sensing follows the wire from now on; edges have no remote IRR. */
  if (self->table[n] & ENTRY_LEVEL) {
    self->request &= ~(1u << n);
    self->request |= self->level & 1u << n;
  } else {
    self->table[n] &= ~ENTRY_REMOTE_IRR;
  }
  service (self, n);
}

static void
data_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosIoapic *self = (MosIoapic *) device;
  guint      n = (self->index - INDEX_TABLE) / 2;

  if (self->index == INDEX_ID)
    self->id = value & 0x0f000000u;
  else if (self->index >= INDEX_TABLE && n < N_INPUTS)
    write_entry (self, n, (self->index & 1) != 0, value);
}

static const MosRegister rows[] = {
  { "IOREGSEL", 0x00, 4, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosIoapic, index), 0,
    0xff, NULL, "Which register IOWIN shows" },
  { "IOWIN", 0x10, 4, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL,
    "The chosen register", data_read, data_write },
};

/* Device ------------------------------------------------------------------- */

static void
ioapic_init (MosDevice *device)
{
  MosIoapic *self = (MosIoapic *) device;

  self->registers.device = device;
  self->registers.bank = mos_device_add_bank (
      device, "mmio", rows, G_N_ELEMENTS (rows), WINDOW_BYTES);
  mos_device_window_init (device, &self->window, "ioapic",
                          &mos_register_window_ops, &self->registers,
                          MOS_IOAPIC_GPA, WINDOW_BYTES);
  self->region = (MosMemoryRegion){
    .name = "ioapic",
    .gpa = MOS_IOAPIC_GPA,
    .size = WINDOW_BYTES,
    .priority = 1,
    .enabled = TRUE,
    .kind = MOS_MEMORY_IO,
    .io = &self->window,
  };
  mos_memory_map_add (device->bus->memory, &self->region);
}

static void
ioapic_reset (MosDevice *device)
{
  MosIoapic *self = (MosIoapic *) device;

  self->index = 0;
  self->id = 0;
  self->request = 0;
  for (guint n = 0; n < N_INPUTS; n++)
    self->table[n] = ENTRY_MASKED;
}

static const MosStateField state[] = {
  MOS_STATE (MosIoapic, index, MOS_STATE_U32),
  MOS_STATE (MosIoapic, id, MOS_STATE_U32),
  MOS_STATE (MosIoapic, level, MOS_STATE_U32),
  MOS_STATE (MosIoapic, request, MOS_STATE_U32),
  MOS_STATE_ARRAY (MosIoapic, table, MOS_STATE_U64, N_INPUTS),
  { NULL },
};

const MosDeviceClass mos_ioapic_class = {
  .name = "ioapic-82093",
  .title = "I/O APIC",
  .help = "Intel 82093AA I/O advanced programmable interrupt controller",
  .instance_size = sizeof (MosIoapic),
  .state_version = 1,
  .state = state,
  .init = ioapic_init,
  .reset = ioapic_reset,
};

MosIoapic *
mos_ioapic_new (MosBus *bus, MosIrqHub *hub)
{
  MosIoapic *self = mos_device_new (&mos_ioapic_class, bus, "ioapic");

  mos_irq_hub_add_sink (hub, gsi_changed, self);
  return self;
}
