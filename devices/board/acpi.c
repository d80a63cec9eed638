/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * RSDP, RSDT, XSDT, FADT, FACS, MADT and HPET tables, and how they are linked.
 *
 * Follows the ACPI specification, "ACPI Software Programming Model". Tables
 * are appended field by field, little endian. A field that points to another
 * table holds its offset and is noted; whoever places the tables adds the
 * address and then makes the noted sums come out as zero.
 */
#include "devices/board/acpi.h"

#include <string.h>

#include "devices/chipset/hpet.h"
#include "devices/chipset/ioapic.h"
#include "devices/chipset/piix4-pm.h"

#define HEADER_BYTES    36
#define CHECKSUM_OFFSET 9
#define TABLE_ALIGN     64u
#define FILE_NAME_BYTES 56
/* In the FACS, which is the first table. */
#define FACS_WAKING_VECTOR 12
#define LAPIC_GPA          0xfee00000u
#define CENTURY_BYTE       0x32
#define RESET_PORT         0xcf9
#define RESET_VALUE        6
#define TABLES_FILE        "etc/acpi/tables"
#define RSDP_FILE          "etc/acpi/rsdp"

enum {
  FADT_WBINVD = 1u << 0,
  FADT_PROC_C1 = 1u << 2,
  FADT_NO_SLEEP_BUTTON = 1u << 5,
  FADT_RESET_REGISTER = 1u << 10,
  BOOT_LEGACY = 1,
  BOOT_8042 = 2
};

enum {
  SPACE_MEMORY = 0,
  SPACE_PORTS = 1
};

enum {
  MADT_PCAT = 1,
  MADT_LEVEL_HIGH = 0x0d,
  MADT_EDGE_HIGH = 0x05
};

/* The loader script's commands, 128 bytes each. */
enum {
  LOADER_ALLOCATE = 1,
  LOADER_ADD_POINTER = 2,
  LOADER_ADD_CHECKSUM = 3,
  LOADER_ZONE_HIGH = 1,
  LOADER_ZONE_FSEG = 2,
  LOADER_ROW_BYTES = 128
};

typedef struct {
  gboolean in_rsdp; /* the field lies in the RSDP, not in the tables */
  guint32  offset;
  guint8   bytes;
} Pointer;

typedef struct {
  gboolean in_rsdp;
  guint32  offset; /* of the sum */
  guint32  start;
  guint32  length;
} Checksum;

/* Fields ------------------------------------------------------------------- */

static void
add (GByteArray *to, guint64 value, guint n_bytes)
{
  for (guint i = 0; i < n_bytes; i++) {
    guint8 byte = value >> 8 * i & 0xff;

    g_byte_array_append (to, &byte, 1);
  }
}

static void
add_zeroes (GByteArray *to, guint n)
{
  add (to, 0, MIN (n, 8));
  for (guint i = 8; i < n; i++)
    add (to, 0, 1);
}

/* A generic address structure. */
static void
add_gas (GByteArray *to, guint space, guint bits, guint64 address)
{
  add (to, space, 1);
  add (to, bits, 1);
  add (to, 0, 2);
  add (to, address, 8);
}

/* A field that points to offset @target of the tables. */
static void
add_pointer (MosAcpi *self, gboolean in_rsdp, guint32 target, guint8 n_bytes)
{
  GByteArray *to = in_rsdp ? self->rsdp : self->tables;
  Pointer     pointer = { in_rsdp, to->len, n_bytes };

  g_array_append_val (self->pointers, pointer);
  add (to, target, n_bytes);
}

static void
add_checksum (MosAcpi *self,
              gboolean in_rsdp,
              guint32  offset,
              guint32  start,
              guint32  n)
{
  Checksum checksum = { in_rsdp, offset, start, n };

  g_array_append_val (self->checksums, checksum);
}

/* Appends a header; returns where the table begins. */
static guint32
begin_table (MosAcpi *self, const char *signature, guint revision)
{
  GByteArray *tables = self->tables;
  guint32     start;

  while (tables->len % TABLE_ALIGN != 0)
    add (tables, 0, 1);
  start = tables->len;
  g_byte_array_append (tables, (const guint8 *) signature, 4);
  add (tables, 0, 4); /* length */
  add (tables, revision, 1);
  add (tables, 0, 1); /* checksum */
  g_byte_array_append (tables, (const guint8 *) "MULTOS", 6);
  g_byte_array_append (tables, (const guint8 *) "LAB PC  ", 8);
  add (tables, 1, 4);
  g_byte_array_append (tables, (const guint8 *) "MLAB", 4);
  add (tables, 1, 4);
  return start;
}

static void
end_table (MosAcpi *self, guint32 start)
{
  guint32 length = self->tables->len - start;
  guint32 stored = GUINT32_TO_LE (length);

  memcpy (self->tables->data + start + 4, &stored, sizeof (stored));
  add_checksum (self, FALSE, start + CHECKSUM_OFFSET, start, length);
}

/* Tables ------------------------------------------------------------------- */

static guint32
add_facs (MosAcpi *self)
{
  guint32 start = self->tables->len;

  g_byte_array_append (self->tables, (const guint8 *) "FACS", 4);
  add (self->tables, 64, 4);
  add_zeroes (self->tables, 24);
  add (self->tables, 1, 1); /* version */
  add_zeroes (self->tables, 31);
  return start;
}

static guint32
add_dsdt (MosAcpi *self, const MosAcpiSpec *spec)
{
  guint32 start = begin_table (self, "DSDT", 2);

  mos_acpi_append_dsdt (self->tables, spec);
  end_table (self, start);
  return start;
}

static void
add_fadt_ports (GByteArray *t, guint16 base)
{
  add (t, MOS_PM_SMI_PORT, 4);
  add (t, MOS_PM_ACPI_ENABLE, 1);
  add (t, MOS_PM_ACPI_DISABLE, 1);
  add (t, 0, 2);           /* no S4BIOS, no P-states */
  add (t, base, 4);        /* PM1a event */
  add (t, 0, 4);           /* PM1b event */
  add (t, base + 4, 4);    /* PM1a control */
  add (t, 0, 8);           /* PM1b and PM2 control */
  add (t, base + 8, 4);    /* timer */
  add (t, base + 0x0c, 4); /* GPE0 */
  add (t, 0, 4);           /* GPE1 */
  add (t, 4, 1);           /* lengths, in the same order */
  add (t, 2, 1);
  add (t, 0, 1);
  add (t, 4, 1);
  add (t, 4, 1);
  add (t, 0, 3); /* GPE1 length and base, C-state control */
}

static guint32
add_fadt (MosAcpi *self, const MosAcpiSpec *spec, guint32 facs, guint32 dsdt)
{
  guint32     start = begin_table (self, "FACP", 3);
  GByteArray *t = self->tables;
  guint16     base = spec->pm_base;

  add_pointer (self, FALSE, facs, 4);
  add_pointer (self, FALSE, dsdt, 4);
  add (t, 0, 1);
  add (t, 1, 1); /* preferred profile: desktop */
  add (t, MOS_PM_SCI_IRQ, 2);
  add_fadt_ports (t, base);
  add (t, 0x0fff, 2); /* no C2, no C3 */
  add (t, 0x0fff, 2);
  add_zeroes (t, 8); /* flush, duty cycle, alarm bytes */
  add (t, CENTURY_BYTE, 1);
  add (t, BOOT_LEGACY | BOOT_8042, 2);
  add (t, 0, 1);
  add (t,
       FADT_WBINVD | FADT_PROC_C1 | FADT_NO_SLEEP_BUTTON | FADT_RESET_REGISTER,
       4);
  add_gas (t, SPACE_PORTS, 8, RESET_PORT);
  add (t, RESET_VALUE, 1);
  add (t, 0, 3);
  add_pointer (self, FALSE, facs, 8);
  add_pointer (self, FALSE, dsdt, 8);
  add_gas (t, SPACE_PORTS, 32, base);
  add_gas (t, SPACE_PORTS, 0, 0);
  add_gas (t, SPACE_PORTS, 16, base + 4);
  add_gas (t, SPACE_PORTS, 0, 0);
  add_gas (t, SPACE_PORTS, 0, 0);
  add_gas (t, SPACE_PORTS, 32, base + 8);
  add_gas (t, SPACE_PORTS, 32, base + 0x0c);
  add_gas (t, SPACE_PORTS, 0, 0);
  end_table (self, start);
  return start;
}

static void
add_override (GByteArray *t, guint irq, guint gsi, guint flags)
{
  add (t, 2, 1);
  add (t, 10, 1);
  add (t, 0, 1); /* ISA */
  add (t, irq, 1);
  add (t, gsi, 4);
  add (t, flags, 2);
}

static guint32
add_madt (MosAcpi *self, const MosAcpiSpec *spec)
{
  /* IRQs that PCI interrupts and the SCI arrive at. */
  static const guint8 level_irqs[] = { 5, 9, 10, 11 };
  guint32             start = begin_table (self, "APIC", 3);
  GByteArray         *t = self->tables;

  add (t, LAPIC_GPA, 4);
  add (t, MADT_PCAT, 4);
  for (guint i = 0; i < spec->n_vcpus; i++) {
    add (t, 0, 1); /* local APIC */
    add (t, 8, 1);
    add (t, i, 1);
    add (t, i, 1);
    add (t, 1, 4); /* enabled */
  }
  add (t, 1, 1); /* I/O APIC */
  add (t, 12, 1);
  add (t, 0, 2);
  add (t, MOS_IOAPIC_GPA, 4);
  add (t, 0, 4);
  if (spec->irq0_override)
    add_override (t, 0, 2, 0);
  for (guint i = 0; i < G_N_ELEMENTS (level_irqs); i++)
    add_override (t, level_irqs[i], level_irqs[i], MADT_LEVEL_HIGH);
  add (t, 4, 1); /* NMI of all processors at LINT1 */
  add (t, 6, 1);
  add (t, 0xff, 1);
  add (t, MADT_EDGE_HIGH, 2);
  add (t, 1, 1);
  end_table (self, start);
  return start;
}

static guint32
add_hpet (MosAcpi *self, const MosAcpiSpec *spec)
{
  guint32     start = begin_table (self, "HPET", 1);
  GByteArray *t = self->tables;

  add (t, spec->hpet_id, 4);
  add_gas (t, SPACE_MEMORY, 64, MOS_HPET_GPA);
  add (t, 0, 1);    /* sequence number */
  add (t, 1000, 2); /* shortest period, in ticks */
  add (t, 0, 1);
  end_table (self, start);
  return start;
}

static guint32
add_root_table (MosAcpi       *self,
                const char    *signature,
                guint8         pointer_bytes,
                const guint32 *tables,
                guint          n)
{
  guint32 start = begin_table (self, signature, 1);

  for (guint i = 0; i < n; i++)
    add_pointer (self, FALSE, tables[i], pointer_bytes);
  end_table (self, start);
  return start;
}

static void
add_rsdp (MosAcpi *self, guint32 rsdt, guint32 xsdt)
{
  GByteArray *t = self->rsdp;

  g_byte_array_append (t, (const guint8 *) "RSD PTR ", 8);
  add (t, 0, 1);
  g_byte_array_append (t, (const guint8 *) "MULTOS", 6);
  add (t, 2, 1); /* revision */
  add_pointer (self, TRUE, rsdt, 4);
  add (t, HEADER_BYTES, 4);
  add_pointer (self, TRUE, xsdt, 8);
  add (t, 0, 4); /* extended checksum, reserved */
  add_checksum (self, TRUE, 8, 0, 20);
  add_checksum (self, TRUE, 32, 0, HEADER_BYTES);
}

MosAcpi *
mos_acpi_new (const MosAcpiSpec *spec)
{
  MosAcpi *self = g_new0 (MosAcpi, 1);
  guint32  facs;
  guint32  dsdt;
  guint32  rsdt;
  guint32  xsdt;
  guint32  tables[3];

  self->tables = g_byte_array_new ();
  self->rsdp = g_byte_array_new ();
  self->pointers = g_array_new (FALSE, FALSE, sizeof (Pointer));
  self->checksums = g_array_new (FALSE, FALSE, sizeof (Checksum));
  facs = add_facs (self); /* first: it must be aligned to 64 bytes */
  dsdt = add_dsdt (self, spec);
  tables[0] = add_fadt (self, spec, facs, dsdt);
  tables[1] = add_madt (self, spec);
  tables[2] = add_hpet (self, spec);
  rsdt = add_root_table (self, "RSDT", 4, tables, 3);
  xsdt = add_root_table (self, "XSDT", 8, tables, 3);
  add_rsdp (self, rsdt, xsdt);
  return self;
}

void
mos_acpi_free (MosAcpi *self)
{
  if (self == NULL)
    return;
  g_byte_array_unref (self->tables);
  g_byte_array_unref (self->rsdp);
  g_array_unref (self->pointers);
  g_array_unref (self->checksums);
  g_free (self);
}

guint32
mos_acpi_waking_vector (MosMemoryMap *memory, guint32 tables_gpa)
{
  return mos_memory_map_read_u32 (memory, tables_gpa + FACS_WAKING_VECTOR);
}

/* Placing ------------------------------------------------------------------ */

static void
add_file_name (GByteArray *to, const char *name)
{
  char field[FILE_NAME_BYTES] = { 0 };

  g_strlcpy (field, name, sizeof (field));
  g_byte_array_append (to, (const guint8 *) field, sizeof (field));
}

static void
end_row (GByteArray *script)
{
  while (script->len % LOADER_ROW_BYTES != 0)
    add (script, 0, 1);
}

static void
add_allocate (GByteArray *script, const char *file, guint32 align, guint zone)
{
  add (script, LOADER_ALLOCATE, 4);
  add_file_name (script, file);
  add (script, align, 4);
  add (script, zone, 1);
  end_row (script);
}

void
mos_acpi_replace_in_fw_cfg (MosAcpi *self, MosFwCfg *fw_cfg)
{
  mos_fw_cfg_replace_file (fw_cfg, TABLES_FILE, self->tables->data,
                           self->tables->len);
}

void
mos_acpi_add_to_fw_cfg (MosAcpi *self, MosFwCfg *fw_cfg)
{
  g_autoptr (GByteArray) script = g_byte_array_new ();

  add_allocate (script, RSDP_FILE, 16, LOADER_ZONE_FSEG);
  add_allocate (script, TABLES_FILE, TABLE_ALIGN, LOADER_ZONE_HIGH);
  for (guint i = 0; i < self->pointers->len; i++) {
    const Pointer *pointer = &g_array_index (self->pointers, Pointer, i);

    add (script, LOADER_ADD_POINTER, 4);
    add_file_name (script, pointer->in_rsdp ? RSDP_FILE : TABLES_FILE);
    add_file_name (script, TABLES_FILE);
    add (script, pointer->offset, 4);
    add (script, pointer->bytes, 1);
    end_row (script);
  }
  for (guint i = 0; i < self->checksums->len; i++) {
    const Checksum *sum = &g_array_index (self->checksums, Checksum, i);

    add (script, LOADER_ADD_CHECKSUM, 4);
    add_file_name (script, sum->in_rsdp ? RSDP_FILE : TABLES_FILE);
    add (script, sum->offset, 4);
    add (script, sum->start, 4);
    add (script, sum->length, 4);
    end_row (script);
  }
  mos_fw_cfg_add_file (fw_cfg, TABLES_FILE, self->tables->data,
                       self->tables->len);
  mos_fw_cfg_add_file (fw_cfg, RSDP_FILE, self->rsdp->data, self->rsdp->len);
  mos_fw_cfg_add_file (fw_cfg, "etc/table-loader", script->data, script->len);
}

static void
patch (guint8 *at, guint n_bytes, guint64 add_value)
{
  guint64 value = 0;

  for (guint i = 0; i < n_bytes; i++)
    value |= (guint64) at[i] << 8 * i;
  value += add_value;
  for (guint i = 0; i < n_bytes; i++)
    at[i] = value >> 8 * i & 0xff;
}

void
mos_acpi_place (MosAcpi      *self,
                MosMemoryMap *memory,
                guint32       rsdp_gpa,
                guint32       tables_gpa)
{
  g_autofree guint8 *tables = g_memdup2 (self->tables->data, self->tables->len);
  g_autofree guint8 *rsdp = g_memdup2 (self->rsdp->data, self->rsdp->len);

  for (guint i = 0; i < self->pointers->len; i++) {
    const Pointer *pointer = &g_array_index (self->pointers, Pointer, i);

    patch ((pointer->in_rsdp ? rsdp : tables) + pointer->offset, pointer->bytes,
           tables_gpa);
  }
  for (guint i = 0; i < self->checksums->len; i++) {
    const Checksum *sum = &g_array_index (self->checksums, Checksum, i);
    guint8         *in = sum->in_rsdp ? rsdp : tables;
    guint8          total = 0;

    for (guint j = 0; j < sum->length; j++)
      total += in[sum->start + j];
    in[sum->offset] -= total;
  }
  mos_memory_map_write (memory, rsdp_gpa, rsdp, self->rsdp->len);
  mos_memory_map_write (memory, tables_gpa, tables, self->tables->len);
}
