/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Interrupts as messages: MSI and MSI-X (PCI Local Bus 3.0, "Message Signaled
 * Interrupts").
 *
 * A function that may send a message writes a data word to an address below
 * 0xfeexxxxx; the processors' local APICs listen there, so the pair goes
 * straight to MosCpuInputs.send_msi. MSI-X keeps its pairs in a table in a
 * memory BAR of its own, one page: entries first, pending bits from 0x800.
 * Everything here runs with the device's lock held.
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "devices/chipset/pci.h"

#define MSI_ID  0x05
#define MSIX_ID 0x11

#define MSI_SIZE    14
#define MSI_CONTROL 2
#define MSI_ADDRESS 4
#define MSI_DATA    12
#define MSI_ENABLE  1u
#define MSI_64BIT   0x80u

#define MSIX_SIZE       12
#define MSIX_CONTROL    2
#define MSIX_ENABLE     0x8000u
#define MSIX_MASK_ALL   0x4000u
#define MSIX_BAR_BYTES  4096
#define MSIX_PBA_OFFSET 0x800
#define VECTOR_MASKED   1u
#define MAX_CHANGES     64u /* of a vector's message, by eventfd */

static guint32
read_config (const MosPciDevice *self, guint offset, guint bytes)
{
  guint32 value = 0;

  for (guint i = 0; i < bytes; i++)
    value |= (guint32) self->config[offset + i] << 8 * i;
  return value;
}

gboolean
mos_pci_device_msi_enabled (const MosPciDevice *self)
{
  return self->msi_offset != 0 &&
         (self->config[self->msi_offset + MSI_CONTROL] & MSI_ENABLE) != 0;
}

static guint16
msix_control (const MosPciDevice *self)
{
  return self->msix_offset == 0
             ? 0
             : read_config (self, self->msix_offset + MSIX_CONTROL, 2);
}

gboolean
mos_pci_device_msix_enabled (const MosPciDevice *self)
{
  return (msix_control (self) & MSIX_ENABLE) != 0;
}

static void
send (MosPciDevice *self, guint64 address, guint32 data)
{
  const MosCpuInputs *inputs = self->device.bus->cpu_inputs;

  if (!mos_pci_device_is_master (self) || inputs == NULL ||
      inputs->send_msi == NULL)
    return;
  __atomic_add_fetch (&self->device.counters.interrupts, 1, __ATOMIC_RELAXED);
  inputs->send_msi (self->device.bus->cpus, address, data);
}

static MosPciMessage *
message_of (MosPciDevice *self, guint vector)
{
  if (self->messages == NULL) {
    self->messages = g_new0 (MosPciMessage, self->n_vectors);
    for (guint i = 0; i < self->n_vectors; i++)
      self->messages[i].fd = -1;
  }
  return &self->messages[vector];
}

/* Makes the vector's eventfd send what its entry says now. A guest that keeps
 * changing it is served without, since that is dear. */
static gboolean
set_message (MosPciDevice *self, MosPciMessage *message, const guint32 *entry)
{
  const MosCpuInputs *inputs = self->device.bus->cpu_inputs;
  guint64             address = (guint64) entry[1] << 32 | entry[0];

  if (message->is_set && message->address == address &&
      message->data == entry[2])
    return TRUE;
  if (message->changes == MAX_CHANGES)
    return FALSE;
  message->changes++;
  if (message->fd < 0)
    message->fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  message->address = address;
  message->data = entry[2];
  message->is_set =
      message->fd >= 0 && inputs->set_message (self->device.bus->cpus,
                                               message->fd, address, entry[2]);
  return message->is_set;
}

/* FALSE: it is to be sent the other way. */
static gboolean
signal_vector (MosPciDevice *self, guint vector)
{
  const MosCpuInputs *inputs = self->device.bus->cpu_inputs;
  MosPciMessage      *message;

  if (inputs == NULL || inputs->set_message == NULL ||
      !mos_pci_device_is_master (self))
    return FALSE;
  message = message_of (self, vector);
  if (!set_message (self, message, self->msix_table + 4 * vector) ||
      eventfd_write (message->fd, 1) != 0)
    return FALSE;
  __atomic_add_fetch (&self->device.counters.interrupts, 1, __ATOMIC_RELAXED);
  return TRUE;
}

void
mos_pci_device_clear_messages (MosPciDevice *self)
{
  MosBus *bus = self->device.bus;

  for (guint i = 0; self->messages != NULL && i < self->n_vectors; i++) {
    MosPciMessage *message = &self->messages[i];

    if (message->fd < 0)
      continue;
    if (bus->cpu_inputs != NULL && bus->cpu_inputs->clear_message != NULL)
      bus->cpu_inputs->clear_message (bus->cpus, message->fd);
    close (message->fd);
  }
  g_clear_pointer (&self->messages, g_free);
}

static void
send_vector (MosPciDevice *self, guint vector)
{
  const guint32 *entry = self->msix_table + 4 * vector;

  if ((msix_control (self) & MSIX_MASK_ALL) != 0 ||
      (entry[3] & VECTOR_MASKED) != 0) {
    self->msix_pending |= G_GUINT64_CONSTANT (1) << vector;
    return;
  }
  self->msix_pending &= ~(G_GUINT64_CONSTANT (1) << vector);
  if (!signal_vector (self, vector))
    send (self, (guint64) entry[1] << 32 | entry[0], entry[2]);
}

void
mos_pci_device_send_message (MosPciDevice *self, guint vector)
{
  if (mos_pci_device_msix_enabled (self)) {
    if (vector < self->n_vectors)
      send_vector (self, vector);
  } else if (mos_pci_device_msi_enabled (self)) {
    guint at = self->msi_offset;

    send (self,
          (guint64) read_config (self, at + MSI_ADDRESS + 4, 4) << 32 |
              read_config (self, at + MSI_ADDRESS, 4),
          read_config (self, at + MSI_DATA, 2));
  }
}

/* Sends what waited for its mask to go away. */
static void
send_pending (MosPciDevice *self)
{
  if (!mos_pci_device_msix_enabled (self))
    return;
  for (guint i = 0; i < self->n_vectors; i++)
    if ((self->msix_pending >> i & 1) != 0)
      send_vector (self, i);
}

/* Capabilities ------------------------------------------------------------- */

static void
control_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPciDevice *self = (MosPciDevice *) device;

  self->config[row->offset] = value & 0xff;
  self->config[row->offset + 1] = value >> 8 & 0xff;
  mos_pci_device_config_changed (self);
  send_pending (self);
}

static const MosRegister msi_rows[] = {
  { "MSICTL", MSI_CONTROL, 2, MOS_REGISTER_RW, MOS_PCI_CELL (MSI_CONTROL),
    MSI_64BIT, MSI_ENABLE, NULL, "On or off", NULL, control_write },
  { "MSIADDR", MSI_ADDRESS, 4, MOS_REGISTER_RW, MOS_PCI_CELL (MSI_ADDRESS), 0,
    0xfffffffcu, NULL, "Where the message goes" },
  { "MSIADDRH", MSI_ADDRESS + 4, 4, MOS_REGISTER_RW,
    MOS_PCI_CELL (MSI_ADDRESS + 4), 0, 0, NULL, "Upper half of the address" },
  { "MSIDATA", MSI_DATA, 2, MOS_REGISTER_RW, MOS_PCI_CELL (MSI_DATA), 0, 0,
    NULL, "What the message says" },
};

void
mos_pci_device_add_msi (MosPciDevice *self)
{
  self->msi_offset = mos_pci_device_add_capability (
      self, "MSI", MSI_ID, MSI_SIZE, msi_rows, G_N_ELEMENTS (msi_rows));
}

static guint64
table_read (gpointer opaque, guint64 offset, guint size)
{
  MosPciDevice *self = opaque;

  if (offset < 16 * self->n_vectors)
    return self->msix_table[offset / 4];
  if (offset == MSIX_PBA_OFFSET)
    return self->msix_pending & G_MAXUINT32;
  if (offset == MSIX_PBA_OFFSET + 4)
    return self->msix_pending >> 32;
  return 0;
}

static void
table_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosPciDevice *self = opaque;

  if (offset >= 16 * self->n_vectors || size != 4)
    return;
  self->msix_table[offset / 4] = offset % 16 == 12  ? value & VECTOR_MASKED
                                 : offset % 16 == 0 ? value & ~3u
                                                    : value;
  if (offset % 16 == 12)
    send_pending (self);
}

static const MosIoOps table_ops = {
  .read = table_read,
  .write = table_write,
  .min_size = 4,
  .max_size = 4,
};

void
mos_pci_device_add_msix (MosPciDevice *self, guint bar, guint n_vectors)
{
  MosRegister rows[] = {
    { "MSIXCTL", MSIX_CONTROL, 2, MOS_REGISTER_RW, MOS_PCI_CELL (MSIX_CONTROL),
      n_vectors - 1, MSIX_ENABLE | MSIX_MASK_ALL, NULL,
      "On or off, all masked, size of the table", NULL, control_write },
    { "MSIXTBL", 4, 4, MOS_REGISTER_RO, MOS_PCI_CELL (4), bar, 0, NULL,
      "Where the table is" },
    { "MSIXPBA", 8, 4, MOS_REGISTER_RO, MOS_PCI_CELL (8), MSIX_PBA_OFFSET | bar,
      0, NULL, "Where the pending bits are" },
  };

  g_return_if_fail (n_vectors > 0 && n_vectors <= MOS_PCI_MAX_VECTORS);

  self->msix_offset = mos_pci_device_add_capability (
      self, "MSI-X", MSIX_ID, MSIX_SIZE, rows, G_N_ELEMENTS (rows));
  self->n_vectors = n_vectors;
  mos_device_window_init (&self->device, &self->msix_window, "msix", &table_ops,
                          self, 0, MSIX_BAR_BYTES);
  mos_pci_device_add_memory_bar (self, bar, MOS_PCI_BAR_MEMORY,
                                 &self->msix_window);
}
