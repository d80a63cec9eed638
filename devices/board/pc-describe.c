/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the PC tells its firmware: CMOS bytes and fw_cfg items.
 *
 * CMOS bytes are numbered as in the AT's and its successors' technical
 * references; the ones for memory above 16 MiB and the number of processors
 * are what SeaBIOS reads. Everything is set before the guest runs.
 */
#include <string.h>

#include "devices/board/pc-private.h"
#include "devices/chipset/hpet.h"

#define KIB         1024u
#define BLOCK_BYTES 65536u
#define MIB_16      0x1000000u

/* SeaBIOS puts 32-bit BARs above 2 GiB if there is no RAM. */
#define PCI_LOW_GPA G_GUINT64_CONSTANT (0x80000000)
/* Where 64-bit BARs may go: 512 GiB to 1 TiB, above all RAM. */
#define PCI_HIGH_GPA G_GUINT64_CONSTANT (0x8000000000)
#define PCI_HIGH_END G_GUINT64_CONSTANT (0x10000000000)
/* And the granularity of what the tables say of it. */
#define HIGH_ALIGN G_GUINT64_CONSTANT (0x40000000)

enum {
  CMOS_EQUIPMENT = 0x14,
  CMOS_BASE_KIB = 0x15,
  CMOS_EXTENDED_KIB = 0x17,
  CMOS_CHECKSUM_FIRST = 0x10,
  CMOS_CHECKSUM_LAST = 0x2d,
  CMOS_CHECKSUM = 0x2e,
  CMOS_EXTENDED_KIB_2 = 0x30,
  CMOS_ABOVE_16M = 0x34,  /* in blocks of 64 KiB */
  CMOS_BOOT_FLAGS = 0x38, /* third boot device, and no signature check */
  CMOS_BOOT_ORDER = 0x3d,
  CMOS_ABOVE_4G = 0x5b, /* three bytes, in blocks of 64 KiB */
  CMOS_LAST_CPU = 0x5f
};

enum {
  EQUIPMENT_FPU = 0x02,
  EQUIPMENT_MOUSE = 0x04
};

enum {
  E820_RAM = 1,
  E820_RESERVED = 2
};

typedef struct {
  guint64 gpa;
  guint64 size;
  guint32 type;
} __attribute__ ((packed)) E820Entry;

static void
set_u16 (MosRtc *rtc, guint offset, guint64 value)
{
  guint16 clipped = MIN (value, 0xffff);

  mos_rtc_set_nvram (rtc, offset, clipped & 0xff);
  mos_rtc_set_nvram (rtc, offset + 1, clipped >> 8);
}

static void
describe_memory (MosPc *self)
{
  guint64 low = mos_i440fx_low_bytes (self->memory_bytes);
  guint64 high = mos_i440fx_high_bytes (self->memory_bytes);
  guint64 extended_kib = low / KIB - 1024;
  guint64 high_blocks = high / BLOCK_BYTES;

  set_u16 (self->rtc, CMOS_BASE_KIB, 640);
  set_u16 (self->rtc, CMOS_EXTENDED_KIB, MIN (extended_kib, 63 * 1024));
  set_u16 (self->rtc, CMOS_EXTENDED_KIB_2, MIN (extended_kib, 63 * 1024));
  set_u16 (self->rtc, CMOS_ABOVE_16M,
           low > MIB_16 ? (low - MIB_16) / BLOCK_BYTES : 0);
  set_u16 (self->rtc, CMOS_ABOVE_4G, high_blocks & 0xffff);
  mos_rtc_set_nvram (self->rtc, CMOS_ABOVE_4G + 2, high_blocks >> 16);
}

/* The nibbles of the old boot order: 1 floppy, 2 disk, 3 CD, 4 network. */
static void
describe_boot_order (MosPc *self, const char *order)
{
  static const char letters[] = "acdn";
  guint8            devices[3] = { 0, 0, 0 };
  guint             n = 0;

  for (; order != NULL && *order != '\0' && n < G_N_ELEMENTS (devices);
       order++) {
    const char *at = strchr (letters, *order);

    if (at != NULL)
      devices[n++] = at - letters + 1;
  }
  mos_rtc_set_nvram (self->rtc, CMOS_BOOT_ORDER, devices[0] | devices[1] << 4);
  mos_rtc_set_nvram (self->rtc, CMOS_BOOT_FLAGS, devices[2] << 4 | 1);
}

static void
set_checksum (MosRtc *rtc)
{
  guint sum = 0;

  for (guint i = CMOS_CHECKSUM_FIRST; i <= CMOS_CHECKSUM_LAST; i++)
    sum += mos_rtc_get_nvram (rtc, i);
  mos_rtc_set_nvram (rtc, CMOS_CHECKSUM, sum >> 8);
  mos_rtc_set_nvram (rtc, CMOS_CHECKSUM + 1, sum & 0xff);
}

static void
add_e820 (MosPc *self)
{
  guint64   high = mos_i440fx_high_bytes (self->memory_bytes);
  E820Entry entries[2] = {
    { 0, GUINT64_TO_LE (mos_i440fx_low_bytes (self->memory_bytes)),
      GUINT32_TO_LE (E820_RAM) },
    { GUINT64_TO_LE (MOS_I440FX_HIGH_GPA), GUINT64_TO_LE (high),
      GUINT32_TO_LE (E820_RAM) },
  };

  mos_fw_cfg_add_file (self->fw_cfg, "etc/e820", entries,
                       (high > 0 ? 2 : 1) * sizeof (E820Entry));
}

/* By number: 0x80 says that there is such a state, the rest is its type. */
static void
add_sleep_states (MosPc *self)
{
  static const guint8 states[] = { 0x80, 0, 0, 0x81, 0, 0x80 };

  mos_fw_cfg_add_file (self->fw_cfg, "etc/system-states", states,
                       sizeof (states));
}

/* ACPI --------------------------------------------------------------------- */

/* Where firmware has put the power management ports. */
static guint16
find_pm_base (MosPc *self)
{
  guint   devfn = MOS_PCI_DEVFN (1, 3);
  guint32 base =
      mos_pci_bus_config_read (self->pci, devfn, MOS_PIIX4_PMBA, 4) & 0xffc0;
  guint32 on =
      mos_pci_bus_config_read (self->pci, devfn, MOS_PIIX4_PMREGMISC, 1);

  return (on & 1) && base != 0 ? base : MOS_PM_BASE;
}

/* Widens @first to @last by 64-bit BARs that firmware put above 4 GiB. */
static void
add_bars (MosPciBus *pci, guint devfn, guint64 *first, guint64 *last)
{
  MosPciDevice *device = mos_pci_bus_find (pci, devfn);

  for (guint i = 0; device != NULL && i < MOS_PCI_ROM_BAR - 1; i++) {
    guint   offset = MOS_PCI_BAR0 + 4 * i;
    guint64 gpa;

    if (device->bars[i].kind != MOS_PCI_BAR_MEMORY64)
      continue;
    gpa = mos_pci_bus_config_read (pci, devfn, offset, 4) & ~15u;
    gpa |= (guint64) mos_pci_bus_config_read (pci, devfn, offset + 4, 4) << 32;
    if (gpa < MOS_I440FX_HIGH_GPA)
      continue;
    *first = MIN (*first, gpa & ~(guint64) (HIGH_ALIGN - 1));
    *last = MAX (*last, (gpa + device->bars[i].size - 1) | (HIGH_ALIGN - 1));
  }
}

static MosAcpi *
make_acpi (MosPc *self)
{
  guint64     low = mos_i440fx_low_bytes (self->memory_bytes);
  guint64     first = G_MAXUINT64;
  guint64     last = 0;
  MosAcpiSpec spec = {
    .n_vcpus = self->n_vcpus,
    .irq0_override = TRUE,
    .hole_first = MAX (low, PCI_LOW_GPA),
    .hole_last = MOS_IOAPIC_GPA - 1,
    .hpet_id = self->pic != NULL ? MOS_HPET_ID : MOS_HPET_ID_NO_LEGACY,
    .pm_base = find_pm_base (self),
  };

  for (guint devfn = 0; devfn < 256; devfn++)
    add_bars (self->pci, devfn, &first, &last);
  spec.high_first = last == 0 ? PCI_HIGH_GPA : first;
  spec.high_last = last == 0 ? PCI_HIGH_END - 1 : last;
  return mos_acpi_new (&spec);
}

/* Firmware reads the tables after it has placed everything. */
static void
prepare_acpi (gpointer user_data)
{
  MosPc *self = user_data;

  mos_acpi_free (self->acpi);
  self->acpi = make_acpi (self);
  mos_acpi_replace_in_fw_cfg (self->acpi, self->fw_cfg);
}

static void
add_acpi (MosPc *self)
{
  static const char *const files[] = { "etc/acpi/", "etc/table-loader", NULL };

  self->acpi = make_acpi (self);
  mos_acpi_add_to_fw_cfg (self->acpi, self->fw_cfg);
  mos_fw_cfg_set_prepare (self->fw_cfg, files, prepare_acpi, self);
}

void
mos_pc_describe (MosPc *self, const MosBoardSpec *spec)
{
  guint floppies = mos_pc_count_floppies (self);

  mos_rtc_set_nvram (self->rtc, CMOS_EQUIPMENT,
                     EQUIPMENT_FPU | EQUIPMENT_MOUSE |
                         (floppies > 0 ? 1 | (floppies - 1) << 6 : 0));
  mos_rtc_set_nvram (self->rtc, CMOS_LAST_CPU, self->n_vcpus - 1);
  describe_memory (self);
  describe_boot_order (self, spec->boot_order);
  set_checksum (self->rtc);

  mos_fw_cfg_add_u64 (self->fw_cfg, MOS_FW_CFG_RAM_SIZE,
                      mos_i440fx_low_bytes (self->memory_bytes));
  mos_fw_cfg_add_u16 (self->fw_cfg, MOS_FW_CFG_N_CPUS, self->n_vcpus);
  mos_fw_cfg_add_u16 (self->fw_cfg, MOS_FW_CFG_MAX_CPUS, self->n_vcpus);
  mos_fw_cfg_add_u16 (self->fw_cfg, MOS_FW_CFG_NO_GRAPHICS,
                      spec->screen == NULL);
  mos_fw_cfg_add_u16 (self->fw_cfg, MOS_FW_CFG_BOOT_MENU, 0);
  mos_fw_cfg_add_u32 (self->fw_cfg, MOS_FW_CFG_IRQ0_OVERRIDE, 1);
  mos_pc_add_boot_order (self, spec->boot_order);
  add_e820 (self);
  add_sleep_states (self);
  add_acpi (self);
}
