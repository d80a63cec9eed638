/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A PCI function: its configuration header, its base addresses, its INTx pin.
 *
 * The register table of configuration space is put together once, from the
 * standard rows below, the model's rows and its capabilities, when the device
 * takes its slot (PCI Local Bus 3.0, "Configuration Space"). Registers change
 * under the device's lock; windows move after it is released, because moving
 * one may have to wait for processors that want the same lock.
 */
#include "devices/chipset/pci.h"

#define COMMAND_WRITABLE 0x0547u
#define STATUS_CLEARABLE 0xf900u
#define STATUS_DEVSEL    0x0200u /* medium timing */
#define FIRST_CAPABILITY 0x40u
#define BAR_PREFETCHABLE 0x08u
#define BAR_PRIORITY     (-1) /* below RAM: the host bridge asks DRAM first */
#define ROM_ENABLE       1u

static const char *const bar_names[MOS_PCI_N_BARS] = { "BAR0", "BAR1", "BAR2",
                                                       "BAR3", "BAR4", "BAR5",
                                                       "ROM" };

static const MosField command_fields[] = {
  { "IOSE", 0, 1, "Answers port accesses." },
  { "MSE", 1, 1, "Answers memory accesses." },
  { "BME", 2, 1, "May read and write memory by itself." },
  { "PERE", 6, 1, "Reports parity errors." },
  { "SERRE", 8, 1, "May drive SERR#." },
  { "INTXD", 10, 1, "Keeps its INTx# pin quiet." },
  { NULL },
};

static const MosField status_fields[] = {
  { "INTS", 3, 1, "Wants an interrupt by its INTx# pin." },
  { "CAP", 4, 1, "Has a list of capabilities." },
  { "DEVSEL", 9, 2, "How fast it answers." },
  { NULL },
};

static guint16
read16 (const guint8 *p)
{
  return p[0] | p[1] << 8;
}

static guint32
read32 (const guint8 *p)
{
  return read16 (p) | (guint32) read16 (p + 2) << 16;
}

static void
write16 (guint8 *p, guint16 value)
{
  p[0] = value & 0xff;
  p[1] = value >> 8;
}

static void
write32 (guint8 *p, guint32 value)
{
  write16 (p, value & 0xffff);
  write16 (p + 2, value >> 16);
}

/* Interrupt pin ------------------------------------------------------------ */

static void
update_intx (MosPciDevice *self)
{
  guint16  command = read16 (self->config + MOS_PCI_COMMAND);
  gboolean quiet = (command & MOS_PCI_COMMAND_INTX_OFF) != 0 ||
                   mos_pci_device_msi_enabled (self) ||
                   mos_pci_device_msix_enabled (self);

  if (self->intx_wanted)
    self->config[MOS_PCI_STATUS] |= MOS_PCI_STATUS_INTX;
  else
    self->config[MOS_PCI_STATUS] &= ~MOS_PCI_STATUS_INTX;
  mos_line_set (&self->intx, self->intx_wanted && !quiet);
}

void
mos_pci_device_set_intx (MosPciDevice *self, gboolean level)
{
  self->intx_wanted = level != FALSE;
  update_intx (self);
}

void
mos_pci_device_interrupt (MosPciDevice *self, gboolean level)
{
  gboolean rising = level && !self->intx_wanted;

  mos_pci_device_set_intx (self, level);
  if (rising &&
      (mos_pci_device_msi_enabled (self) || mos_pci_device_msix_enabled (self)))
    mos_pci_device_send_message (self, 0);
}

gboolean
mos_pci_device_is_master (const MosPciDevice *self)
{
  return (self->config[MOS_PCI_COMMAND] & MOS_PCI_COMMAND_MASTER) != 0;
}

/* Registers ---------------------------------------------------------------- */

void
mos_pci_device_config_changed (MosPciDevice *self)
{
  self->config_changed = TRUE;
  update_intx (self);
}

static void
command_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPciDevice *self = (MosPciDevice *) device;

  write16 (self->config + row->offset, value);
  mos_pci_device_config_changed (self);
}

static void
address_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPciDevice *self = (MosPciDevice *) device;

  write32 (self->config + row->offset, value);
  mos_pci_device_config_changed (self);
}

static const MosRegister standard_rows[] = {
  { "VID", 0x00, 2, MOS_REGISTER_RO, MOS_PCI_CELL (0x00), 0, 0, NULL,
    "Vendor" },
  { "DID", 0x02, 2, MOS_REGISTER_RO, MOS_PCI_CELL (0x02), 0, 0, NULL,
    "Device" },
  { "PCICMD", 0x04, 2, MOS_REGISTER_RW, MOS_PCI_CELL (0x04), 0,
    COMMAND_WRITABLE, command_fields, "What the function may do", NULL,
    command_write },
  { "PCISTS", 0x06, 2, MOS_REGISTER_W1C, MOS_PCI_CELL (0x06), STATUS_DEVSEL,
    STATUS_CLEARABLE, status_fields, "What happened on the bus" },
  { "RID", 0x08, 1, MOS_REGISTER_RO, MOS_PCI_CELL (0x08), 0, 0, NULL,
    "Revision" },
  { "PI", 0x09, 1, MOS_REGISTER_RO, MOS_PCI_CELL (0x09), 0, 0, NULL,
    "Programming interface" },
  { "SUBC", 0x0a, 1, MOS_REGISTER_RO, MOS_PCI_CELL (0x0a), 0, 0, NULL,
    "Subclass" },
  { "BASEC", 0x0b, 1, MOS_REGISTER_RO, MOS_PCI_CELL (0x0b), 0, 0, NULL,
    "Base class" },
  { "CLS", 0x0c, 1, MOS_REGISTER_RW, MOS_PCI_CELL (0x0c), 0, 0, NULL,
    "Cache line size" },
  { "MLT", 0x0d, 1, MOS_REGISTER_RW, MOS_PCI_CELL (0x0d), 0, 0, NULL,
    "Latency timer" },
  { "HEDT", 0x0e, 1, MOS_REGISTER_RO, MOS_PCI_CELL (0x0e), 0, 0, NULL,
    "Header type" },
  { "SVID", 0x2c, 2, MOS_REGISTER_RO, MOS_PCI_CELL (0x2c), 0, 0, NULL,
    "Subsystem vendor" },
  { "SID", 0x2e, 2, MOS_REGISTER_RO, MOS_PCI_CELL (0x2e), 0, 0, NULL,
    "Subsystem" },
  { "CAPPTR", 0x34, 1, MOS_REGISTER_RO, MOS_PCI_CELL (0x34), 0, 0, NULL,
    "The first capability" },
  { "INTLN", 0x3c, 1, MOS_REGISTER_RW, MOS_PCI_CELL (0x3c), 0, 0, NULL,
    "What the firmware routed the pin to" },
  { "INTPN", 0x3d, 1, MOS_REGISTER_RO, MOS_PCI_CELL (0x3d), 0, 0, NULL,
    "Which pin it drives" },
};

static MosRegister *
find_row (MosPciDevice *self, guint offset)
{
  for (guint i = 0; i < self->rows->len; i++) {
    MosRegister *row = &g_array_index (self->rows, MosRegister, i);

    if (row->offset == offset)
      return row;
  }
  return NULL;
}

static void
set_reset (MosPciDevice *self, guint offset, guint64 value)
{
  MosRegister *row = find_row (self, offset);

  if (row != NULL && row->reset == 0)
    row->reset = value;
}

static gboolean
overlaps (const MosRegister *a, const MosRegister *b)
{
  return a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

static gboolean
is_replaced (const MosPciInfo *info, const MosRegister *standard)
{
  for (guint i = 0; i < info->n_rows; i++)
    if (overlaps (&info->rows[i], standard))
      return TRUE;
  return FALSE;
}

void
mos_pci_device_setup (MosPciDevice *self, const MosPciInfo *info)
{
  self->info = info;
  self->rows = g_array_new (FALSE, TRUE, sizeof (MosRegister));
  for (guint i = 0; i < G_N_ELEMENTS (standard_rows); i++)
    if (!is_replaced (info, &standard_rows[i]))
      g_array_append_val (self->rows, standard_rows[i]);
  if (info->n_rows > 0)
    g_array_append_vals (self->rows, info->rows, info->n_rows);
  set_reset (self, 0x00, info->vendor_id);
  set_reset (self, 0x02, info->device_id);
  set_reset (self, 0x08, info->revision);
  set_reset (self, 0x09, info->class_code & 0xff);
  set_reset (self, 0x0a, info->class_code >> 8 & 0xff);
  set_reset (self, 0x0b, info->class_code >> 16);
  set_reset (self, 0x0e, info->multifunction ? 0x80 : 0);
  set_reset (self, 0x2c, info->subsystem_vendor_id);
  set_reset (self, 0x2e, info->subsystem_id);
  set_reset (self, 0x3d, info->interrupt_pin);
  self->cap_end = FIRST_CAPABILITY;
  self->cap_link = MOS_PCI_CAPABILITIES;
  self->intx.edges = &self->device.counters.interrupts;
  for (guint i = 0; i < MOS_PCI_N_BARS; i++)
    self->bars[i].mapped = MOS_PCI_NO_ADDRESS;
}

static void
add_address_row (MosPciDevice *self,
                 guint         bar,
                 guint32       reset,
                 guint32       writable,
                 const char   *help)
{
  guint offset =
      bar == MOS_PCI_ROM_BAR ? MOS_PCI_ROM_ADDRESS : MOS_PCI_BAR0 + 4 * bar;
  MosRegister row = {
    .name = bar_names[bar],
    .offset = offset,
    .bytes = 4,
    .access = MOS_REGISTER_RW,
    .cell = MOS_PCI_CELL (offset),
    .reset = reset,
    .writable = writable,
    .help = help,
    .write = address_write,
  };

  g_array_append_val (self->rows, row);
}

void
mos_pci_device_add_port_bar (MosPciDevice *self, guint bar, MosIoWindow *window)
{
  g_return_if_fail (bar < MOS_PCI_ROM_BAR);
  g_return_if_fail (window->size >= 4 && window->size <= 256);
  g_return_if_fail ((window->size & (window->size - 1)) == 0);

  self->bars[bar].kind = MOS_PCI_BAR_PORTS;
  self->bars[bar].window = window;
  self->bars[bar].size = window->size;
  add_address_row (self, bar, 1, ~(guint32) (window->size - 1), window->name);
}

static void
add_region (MosPciDevice    *self,
            guint            bar,
            MosPciBarKind    kind,
            MosMemoryRegion *region,
            guint32          flags)
{
  guint32 mask = ~(guint32) (region->size - 1);

  g_return_if_fail (region->size >= 16 && region->size <= 1u << 31);
  g_return_if_fail ((region->size & (region->size - 1)) == 0);

  self->bars[bar].kind = kind;
  self->bars[bar].region = region;
  self->bars[bar].size = region->size;
  region->priority = BAR_PRIORITY;
  region->enabled = FALSE;
  add_address_row (self, bar, flags, mask, region->name);
  if (kind == MOS_PCI_BAR_MEMORY64)
    add_address_row (self, bar + 1, 0, 0, "Upper half of the address");
  mos_memory_map_add (self->device.bus->memory, region);
}

void
mos_pci_device_add_memory_bar (MosPciDevice *self,
                               guint         bar,
                               MosPciBarKind kind,
                               MosIoWindow  *window)
{
  MosMemoryRegion *region;

  g_return_if_fail (bar < MOS_PCI_ROM_BAR);

  region = &self->bars[bar].own;
  region->name = window->name;
  region->size = window->size;
  region->kind = MOS_MEMORY_IO;
  region->io = window;
  self->bars[bar].window = window;
  add_region (self, bar, kind, region, kind == MOS_PCI_BAR_MEMORY64 ? 4 : 0);
}

void
mos_pci_device_add_ram_bar (MosPciDevice    *self,
                            guint            bar,
                            MosPciBarKind    kind,
                            MosMemoryRegion *region)
{
  g_return_if_fail (bar < MOS_PCI_ROM_BAR);

  add_region (self, bar, kind, region,
              BAR_PREFETCHABLE | (kind == MOS_PCI_BAR_MEMORY64 ? 4 : 0));
}

void
mos_pci_device_add_rom (MosPciDevice *self, MosMemoryRegion *region)
{
  MosRegister *row;

  add_region (self, MOS_PCI_ROM_BAR, MOS_PCI_BAR_ROM, region, 0);
  row = find_row (self, MOS_PCI_ROM_ADDRESS);
  row->writable |= ROM_ENABLE;
}

guint8
mos_pci_device_add_capability (MosPciDevice      *self,
                               const char        *name,
                               guint8             id,
                               guint              size,
                               const MosRegister *rows,
                               guint              n_rows)
{
  guint        offset = self->cap_end;
  MosRegister *link;
  MosRegister  header[2] = {
     { name, offset, 1, MOS_REGISTER_RO, MOS_PCI_CELL (offset), id, 0, NULL,
       "Capability" },
     { "NEXT", offset + 1, 1, MOS_REGISTER_RO, MOS_PCI_CELL (offset + 1), 0, 0,
       NULL, "The next capability" },
  };

  /* The link first: appending may move the table. */
  link = find_row (self, self->cap_link);
  if (link == NULL || offset + size > MOS_PCI_CONFIG_BYTES)
    return 0;
  link->reset = offset;
  set_reset (self, MOS_PCI_STATUS, 0);
  find_row (self, MOS_PCI_STATUS)->reset =
      STATUS_DEVSEL | MOS_PCI_STATUS_CAPABILITIES;
  g_array_append_vals (self->rows, header, G_N_ELEMENTS (header));
  for (guint i = 0; i < n_rows; i++) {
    MosRegister row = rows[i];

    row.offset += offset;
    if (row.cell != MOS_NO_CELL)
      row.cell += offset;
    g_array_append_val (self->rows, row);
  }
  self->cap_link = offset + 1;
  self->cap_end = (offset + size + 3) & ~3u;
  return offset;
}

/* Windows ------------------------------------------------------------------ */

static guint64
bar_address (const MosPciDevice *self, guint n)
{
  const MosPciBar *bar = &self->bars[n];
  guint            command = self->config[MOS_PCI_COMMAND];
  guint64          address;

  if (bar->kind == MOS_PCI_BAR_ROM) {
    address = read32 (self->config + MOS_PCI_ROM_ADDRESS);
    if ((address & ROM_ENABLE) == 0)
      return MOS_PCI_NO_ADDRESS;
  } else {
    address = read32 (self->config + MOS_PCI_BAR0 + 4 * n);
  }
  if (bar->kind == MOS_PCI_BAR_MEMORY64)
    address |= (guint64) read32 (self->config + MOS_PCI_BAR0 + 4 * n + 4) << 32;
  address &= ~(bar->size - 1);
  if (address == 0)
    return MOS_PCI_NO_ADDRESS;
  if (bar->kind == MOS_PCI_BAR_PORTS)
    return (command & MOS_PCI_COMMAND_PORTS) != 0 &&
                   address + bar->size <= 0x10000
               ? address
               : MOS_PCI_NO_ADDRESS;
  /* All ones is what a driver writes to learn the size. */
  if ((command & MOS_PCI_COMMAND_MEMORY) == 0 ||
      address + bar->size - 1 == G_MAXUINT32 ||
      address + bar->size > G_GUINT64_CONSTANT (1) << 52 ||
      address + bar->size < address)
    return MOS_PCI_NO_ADDRESS;
  return address;
}

static void
show_bar (MosPciDevice *self, MosPciBar *bar, guint64 address)
{
  MosBus  *bus = self->device.bus;
  gboolean shown = address != MOS_PCI_NO_ADDRESS;

  if (bar->mapped == address)
    return;
  if (bar->kind == MOS_PCI_BAR_PORTS) {
    if (bar->mapped != MOS_PCI_NO_ADDRESS)
      mos_bus_unmap_ports (bus, bar->window);
    if (shown) {
      bar->window->base = address;
      mos_bus_map_ports (bus, bar->window);
    }
  } else {
    if (bar->mapped != MOS_PCI_NO_ADDRESS)
      mos_memory_map_update (bus->memory, bar->region, bar->mapped,
                             bar->region->kind, FALSE);
    if (shown) {
      if (bar->window != NULL)
        bar->window->base = address;
      mos_memory_map_update (bus->memory, bar->region, address,
                             bar->region->kind, TRUE);
    }
  }
  bar->mapped = address;
}

static void
show_bars (MosPciDevice *self, const guint64 *addresses)
{
  mos_memory_map_begin (self->device.bus->memory);
  for (guint i = 0; i < MOS_PCI_N_BARS; i++)
    if (self->bars[i].kind != MOS_PCI_BAR_NONE)
      show_bar (self, &self->bars[i], addresses[i]);
  mos_memory_map_end (self->device.bus->memory);
}

static void
wanted_addresses (const MosPciDevice *self, guint64 *addresses)
{
  for (guint i = 0; i < MOS_PCI_N_BARS; i++)
    addresses[i] = self->bars[i].kind == MOS_PCI_BAR_NONE
                       ? MOS_PCI_NO_ADDRESS
                       : bar_address (self, i);
}

void
mos_pci_device_apply (MosPciDevice *self)
{
  gint requests;

  /* Whoever raises the count from zero works until nobody asks any more; the
   * others leave it to them instead of waiting with a processor in hand. */
  if (g_atomic_int_add (&self->apply_requests, 1) != 0)
    return;
  do {
    guint64 addresses[MOS_PCI_N_BARS];

    requests = g_atomic_int_get (&self->apply_requests);
    g_mutex_lock (&self->device.lock);
    wanted_addresses (self, addresses);
    g_mutex_unlock (&self->device.lock);
    show_bars (self, addresses);
    if (self->info->changed != NULL)
      self->info->changed (self);
  } while (
      !g_atomic_int_compare_and_exchange (&self->apply_requests, requests, 0));
}

/* Life --------------------------------------------------------------------- */

void
mos_pci_device_reset (MosPciDevice *self)
{
  guint64 addresses[MOS_PCI_N_BARS];

  mos_register_bank_reset (self->bank, &self->device);
  memset (self->msix_table, 0, sizeof (self->msix_table));
  for (guint i = 0; i < self->n_vectors; i++)
    self->msix_table[4 * i + 3] = 1;
  self->msix_pending = 0;
  self->intx_wanted = FALSE;
  update_intx (self);
  wanted_addresses (self, addresses);
  show_bars (self, addresses);
}

void
mos_pci_device_loaded (MosPciDevice *self)
{
  guint64 addresses[MOS_PCI_N_BARS];

  update_intx (self);
  wanted_addresses (self, addresses);
  show_bars (self, addresses);
}

void
mos_pci_device_clear (MosPciDevice *self)
{
  mos_pci_device_clear_messages (self);
  g_clear_pointer (&self->rows, g_array_unref);
}
