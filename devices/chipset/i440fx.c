/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * 82441FX PCI and memory controller (PMC).
 *
 * Follows the Intel 440FX data sheet, "Programmable Attribute Map" and
 * "System Management RAM Control Register". The memory map has one region for
 * each PAM segment over the ROM; a write-only segment shows the ROM. Ports
 * 0xcf8 and 0xcfc are configuration mechanism 1. The data port takes no lock
 * of its own, since the addressed function's lock is taken inside.
 */
#include "devices/chipset/i440fx.h"

#define N_SEGMENTS  13
#define PAM0        0x59
#define SMRAMC      0x72
#define VGA_GPA     0xa0000u
#define VGA_BYTES   0x20000u
#define PAM_GPA     0xc0000u
#define PAM_BYTES   0x4000u
#define BIOS_GPA    0xf0000u
#define BIOS_BYTES  0x10000u
#define ISA_ROM_MAX 0x20000u
#define MIB         0x100000u
#define CONFIG_ON   0x80000000u

#define PRIORITY_RAM    0
#define PRIORITY_SHADOW 2
#define PRIORITY_SMRAM  4 /* over the display adapter's window */

enum {
  PAM_READ = 1,
  PAM_WRITE = 2,
  PAM_BOTH = 3
};

enum {
  SMRAM_OPEN = 0x40,
  SMRAM_CLOSED = 0x20,
  SMRAM_LOCK = 0x10,
  SMRAM_ENABLE = 0x08,
  SMRAM_BASE = 0x02
};

struct MosI440fx {
  MosPciDevice pci;
  MosIoWindow  address_window;
  MosIoWindow  data_window;
  MosRam      *ram;
  MosRam      *rom;

  MosMemoryRegion low;
  MosMemoryRegion extended;
  MosMemoryRegion high;
  MosMemoryRegion smram;
  MosMemoryRegion rom_top;
  MosMemoryRegion rom_isa;
  MosMemoryRegion segments[N_SEGMENTS]; /* the first is 0xf0000 */

  guint32 address; /* CONFADD; atomic */
};

/* Memory ------------------------------------------------------------------- */

guint64
mos_i440fx_low_bytes (guint64 memory_bytes)
{
  return MIN (memory_bytes, MOS_I440FX_LOW_MAX);
}

guint64
mos_i440fx_high_bytes (guint64 memory_bytes)
{
  return memory_bytes - mos_i440fx_low_bytes (memory_bytes);
}

/* The two attribute bits of segment @n: PAM0's upper half is 0xf0000, the
 * other registers hold two segments each, ascending from 0xc0000. */
static guint
segment_attributes (const MosI440fx *self, guint n)
{
  guint8 pam;

  if (n == 0)
    return self->pci.config[PAM0] >> 4 & PAM_BOTH;
  pam = self->pci.config[PAM0 + 1 + (n - 1) / 2];
  return ((n - 1) % 2 == 0 ? pam : pam >> 4) & PAM_BOTH;
}

static void
show_memory (MosI440fx *self)
{
  MosMemoryMap *map = self->pci.device.bus->memory;
  guint8        smram = self->pci.config[SMRAMC];

  mos_memory_map_begin (map);
  for (guint n = 0; n < N_SEGMENTS; n++) {
    MosMemoryRegion *segment = &self->segments[n];
    guint            attributes = segment_attributes (self, n);

    mos_memory_map_update (map, segment, segment->gpa,
                           attributes == PAM_READ ? MOS_MEMORY_ROM
                                                  : MOS_MEMORY_RAM,
                           (attributes & PAM_READ) != 0);
  }
  mos_memory_map_update (map, &self->smram, VGA_GPA, MOS_MEMORY_RAM,
                         (smram & SMRAM_OPEN) != 0);
  mos_memory_map_end (map);
}

static void
config_changed (MosPciDevice *pci)
{
  show_memory ((MosI440fx *) pci);
}

void
mos_i440fx_open_shadow (MosI440fx *self)
{
  self->pci.config[PAM0] = PAM_BOTH << 4;
  for (guint i = 1; i <= 6; i++)
    self->pci.config[PAM0 + i] = PAM_BOTH << 4 | PAM_BOTH;
  show_memory (self);
}

static void
add_region (MosI440fx       *self,
            MosMemoryRegion *region,
            const char      *name,
            guint64          gpa,
            guint64          size,
            MosRam          *ram,
            guint64          ram_offset)
{
  region->name = name;
  region->gpa = gpa;
  region->size = size;
  region->priority = PRIORITY_RAM;
  region->enabled = TRUE;
  region->kind = ram == self->rom ? MOS_MEMORY_ROM : MOS_MEMORY_RAM;
  region->ram = ram;
  region->ram_offset = ram_offset;
  if (size > 0)
    mos_memory_map_add (self->pci.device.bus->memory, region);
}

static void
add_memory (MosI440fx *self)
{
  MosMemoryMap *map = self->pci.device.bus->memory;
  guint64       low = mos_i440fx_low_bytes (self->ram->size);

  mos_memory_map_begin (map);
  add_region (self, &self->low, "ram-base", 0, VGA_GPA, self->ram, 0);
  add_region (self, &self->extended, "ram-low", MIB, low - MIB, self->ram, MIB);
  add_region (self, &self->high, "ram-high", MOS_I440FX_HIGH_GPA,
              mos_i440fx_high_bytes (self->ram->size), self->ram, low);
  for (guint n = 0; n < N_SEGMENTS; n++) {
    MosMemoryRegion *segment = &self->segments[n];
    guint64          gpa = n == 0 ? BIOS_GPA : PAM_GPA + (n - 1) * PAM_BYTES;

    add_region (self, segment, "ram-shadow", gpa,
                n == 0 ? BIOS_BYTES : PAM_BYTES, self->ram, gpa);
    segment->priority = PRIORITY_SHADOW;
  }
  add_region (self, &self->smram, "ram-smm", VGA_GPA, VGA_BYTES, self->ram,
              VGA_GPA);
  self->smram.priority = PRIORITY_SMRAM;
  if (self->rom != NULL) {
    guint64 isa = MIN (self->rom->size, ISA_ROM_MAX);

    add_region (self, &self->rom_top, "firmware",
                MOS_I440FX_HIGH_GPA - self->rom->size, self->rom->size,
                self->rom, 0);
    add_region (self, &self->rom_isa, "firmware-isa", MIB - isa, isa, self->rom,
                self->rom->size - isa);
  }
  show_memory (self);
  mos_memory_map_end (map);
}

/* Configuration ------------------------------------------------------------ */

static void
pam_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPciDevice *pci = (MosPciDevice *) device;

  pci->config[row->offset] = value;
  mos_pci_device_config_changed (pci);
}

static void
smram_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPciDevice *pci = (MosPciDevice *) device;

  if (pci->config[SMRAMC] & SMRAM_LOCK) /* until reset */
    return;
  if (value & SMRAM_LOCK)
    value &= ~(guint64) SMRAM_OPEN;
  pci->config[SMRAMC] = value;
  mos_pci_device_config_changed (pci);
}

static const MosField smram_fields[] = {
  { "C_BASE_SEG", 0, 3, "Where it is; always 2, 0xa0000." },
  { "G_SMRAME", 3, 1, "System management mode uses it." },
  { "D_LCK", 4, 1, "This register does not change until reset." },
  { "D_CLS", 5, 1, "Data accesses reach the display adapter." },
  { "D_OPEN", 6, 1, "Everybody sees the RAM." },
  { NULL },
};

static const MosRegister rows[] = {
  { "PAM0", PAM0, 1, MOS_REGISTER_RW, MOS_PCI_CELL (PAM0), 0, 0x30, NULL,
    "0xf0000 to 0xfffff", NULL, pam_write },
  { "PAM1", PAM0 + 1, 1, MOS_REGISTER_RW, MOS_PCI_CELL (PAM0 + 1), 0, 0x33,
    NULL, "0xc0000 to 0xc7fff", NULL, pam_write },
  { "PAM2", PAM0 + 2, 1, MOS_REGISTER_RW, MOS_PCI_CELL (PAM0 + 2), 0, 0x33,
    NULL, "0xc8000 to 0xcffff", NULL, pam_write },
  { "PAM3", PAM0 + 3, 1, MOS_REGISTER_RW, MOS_PCI_CELL (PAM0 + 3), 0, 0x33,
    NULL, "0xd0000 to 0xd7fff", NULL, pam_write },
  { "PAM4", PAM0 + 4, 1, MOS_REGISTER_RW, MOS_PCI_CELL (PAM0 + 4), 0, 0x33,
    NULL, "0xd8000 to 0xdffff", NULL, pam_write },
  { "PAM5", PAM0 + 5, 1, MOS_REGISTER_RW, MOS_PCI_CELL (PAM0 + 5), 0, 0x33,
    NULL, "0xe0000 to 0xe7fff", NULL, pam_write },
  { "PAM6", PAM0 + 6, 1, MOS_REGISTER_RW, MOS_PCI_CELL (PAM0 + 6), 0, 0x33,
    NULL, "0xe8000 to 0xeffff", NULL, pam_write },
  { "SMRAM", SMRAMC, 1, MOS_REGISTER_RW, MOS_PCI_CELL (SMRAMC), SMRAM_BASE,
    SMRAM_OPEN | SMRAM_CLOSED | SMRAM_LOCK | SMRAM_ENABLE, smram_fields,
    "RAM behind the display adapter's window", NULL, smram_write },
};

/* The subsystem is what SeaBIOS knows a virtual board by. */
static const MosPciInfo info = {
  .vendor_id = 0x8086,
  .device_id = 0x1237,
  .class_code = 0x060000,
  .revision = 2,
  .subsystem_vendor_id = 0x1af4,
  .subsystem_id = 0x1100,
  .rows = rows,
  .n_rows = G_N_ELEMENTS (rows),
  .changed = config_changed,
};

/* Configuration mechanism 1 ------------------------------------------------ */

static guint64
address_read (gpointer opaque, guint64 offset, guint size)
{
  MosI440fx *self = opaque;

  return size == 4 ? __atomic_load_n (&self->address, __ATOMIC_RELAXED)
                   : G_MAXUINT32;
}

static void
address_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosI440fx *self = opaque;

  if (size == 4)
    __atomic_store_n (&self->address, (guint32) value & 0x80fffffc,
                      __ATOMIC_RELAXED);
}

static const MosIoOps address_ops = { .read = address_read,
                                      .write = address_write };

/* The device and function on bus 0, or -1. */
static int
selected_devfn (guint32 address)
{
  if (!(address & CONFIG_ON) || (address >> 16 & 0xff) != 0)
    return -1;
  return address >> 8 & 0xff;
}

static guint64
data_read (gpointer opaque, guint64 offset, guint size)
{
  MosI440fx *self = opaque;
  guint32    address = __atomic_load_n (&self->address, __ATOMIC_RELAXED);
  int        devfn = selected_devfn (address);

  if (devfn < 0)
    return G_MAXUINT32;
  return mos_pci_bus_config_read (self->pci.pci, devfn,
                                  (address & 0xfc) + offset, size);
}

static void
data_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosI440fx *self = opaque;
  guint32    address = __atomic_load_n (&self->address, __ATOMIC_RELAXED);
  int        devfn = selected_devfn (address);

  if (devfn >= 0)
    mos_pci_bus_config_write (self->pci.pci, devfn, (address & 0xfc) + offset,
                              value, size);
}

static const MosIoOps data_ops = { .read = data_read, .write = data_write };

/* Device ------------------------------------------------------------------- */

static void
i440fx_init (MosDevice *device)
{
  MosI440fx *self = (MosI440fx *) device;

  mos_pci_device_setup (&self->pci, &info);
  mos_device_window_init (device, &self->address_window, "confadd",
                          &address_ops, self, 0xcf8, 4);
  mos_device_window_init (device, &self->data_window, "confdata", &data_ops,
                          self, 0xcfc, 4);
  self->address_window.lock = NULL;
  self->data_window.lock = NULL;
  mos_bus_map_ports (device->bus, &self->address_window);
  mos_bus_map_ports (device->bus, &self->data_window);
}

static void
i440fx_reset (MosDevice *device)
{
  MosI440fx *self = (MosI440fx *) device;

  mos_pci_device_reset (&self->pci);
  self->address = 0;
  show_memory (self);
}

static gboolean
i440fx_loaded (MosDevice *device, GError **error)
{
  MosI440fx *self = (MosI440fx *) device;

  mos_pci_device_loaded (&self->pci);
  show_memory (self);
  return TRUE;
}

static void
i440fx_clear (MosDevice *device)
{
  MosI440fx *self = (MosI440fx *) device;

  mos_pci_device_clear (&self->pci);
  g_clear_pointer (&self->ram, mos_ram_free);
  g_clear_pointer (&self->rom, mos_ram_free);
}

static const MosStateField state[] = {
  MOS_PCI_STATE_FIELDS,
  MOS_STATE (MosI440fx, address, MOS_STATE_U32),
  { NULL },
};

const MosDeviceClass mos_i440fx_class = {
  .name = "i440fx",
  .title = "Host bridge",
  .help = "Intel 82441FX PCI and memory controller",
  .instance_size = sizeof (MosI440fx),
  .state_version = 1,
  .state = state,
  .init = i440fx_init,
  .reset = i440fx_reset,
  .clear = i440fx_clear,
  .loaded = i440fx_loaded,
};

MosI440fx *
mos_i440fx_new (MosBus *bus, MosPciBus *pci, MosRam *ram, MosRam *rom)
{
  MosI440fx *self = mos_device_new (&mos_i440fx_class, bus, "host-bridge");

  self->ram = ram;
  self->rom = rom;
  mos_pci_device_attach (&self->pci, pci, MOS_PCI_DEVFN (0, 0));
  add_memory (self);
  return self;
}
