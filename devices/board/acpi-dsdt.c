/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The DSDT: the PC's devices in AML.
 *
 * Bus, memory and ports of the host bridge, the routing of PCI interrupts
 * through four link devices (the ISA bridge's route registers), the ISA
 * devices, processors, and the sleep states "to RAM" and "off" (ACPI
 * specification, "Device Configuration" and "Power and Performance
 * Management").
 */
#include "devices/board/acpi.h"
#include "devices/board/aml.h"
#include "devices/chipset/hpet.h"
#include "devices/chipset/pci.h"

#define N_SLOTS    32
#define N_PINS     4
#define ROUTE_REG  0x60
#define STATUS_ON  0x0f
#define STATUS_OFF 0x09

/* A device that sits at fixed ports. */
typedef struct {
  const char *name;
  const char *id;
  struct {
    guint16 base;
    guint8  length;
  } ports[3];
  int irq;
  int dma;
} IsaDevice;

#define NONE (-1)

static const IsaDevice isa_devices[] = {
  { "KBD_", "PNP0303", { { 0x60, 1 }, { 0x64, 1 } }, 1, NONE },
  { "MOU_", "PNP0F13", { { 0 } }, 12, NONE },
  { "RTC_", "PNP0B00", { { 0x70, 2 } }, 8, NONE },
  { "PIC_", "PNP0000", { { 0x20, 2 }, { 0xa0, 2 }, { 0x4d0, 2 } }, 2, NONE },
  { "TMR_", "PNP0100", { { 0x40, 4 } }, 0, NONE },
  { "SPKR", "PNP0800", { { 0x61, 1 } }, NONE, NONE },
  { "DMAC", "PNP0200", { { 0x00, 16 }, { 0x81, 15 }, { 0xc0, 32 } }, NONE, 4 },
  { "FDC0", "PNP0700", { { 0x3f2, 4 }, { 0x3f7, 1 } }, 6, 2 },
  { "COM1", "PNP0501", { { 0x3f8, 8 } }, 4, NONE },
};

static const guint32 link_irqs[] = { 5, 10, 11 };

/* The names of link @n and of its field: "LNKA", "PRQA". */
static char *
link_name (guint n)
{
  return g_strdup_printf ("LNK%c", 'A' + n);
}

static char *
route_name (guint n)
{
  return g_strdup_printf ("PRQ%c", 'A' + n);
}

static void
add_isa_device (MosAml *aml, const IsaDevice *device)
{
  mos_aml_begin_device (aml, device->name);
  mos_aml_name (aml, "_HID");
  mos_aml_eisa_id (aml, device->id);
  mos_aml_name (aml, "_CRS");
  mos_aml_begin_resources (aml);
  for (guint i = 0; i < G_N_ELEMENTS (device->ports); i++)
    if (device->ports[i].length > 0)
      mos_aml_io (aml, device->ports[i].base, device->ports[i].length);
  if (device->irq > 0)
    mos_aml_irq (aml, device->irq);
  if (device->dma >= 0)
    mos_aml_dma (aml, device->dma);
  mos_aml_end (aml);
  mos_aml_end (aml);
}

static void
add_isa_bridge (MosAml *aml)
{
  mos_aml_begin_device (aml, "ISA_");
  mos_aml_name (aml, "_ADR");
  mos_aml_integer (aml, 0x00010000);
  mos_aml_config_region (aml, "ROUT", ROUTE_REG, MOS_PCI_N_PIRQS);
  mos_aml_begin_field (aml, "ROUT");
  for (guint i = 0; i < MOS_PCI_N_PIRQS; i++) {
    g_autofree char *name = route_name (i);

    mos_aml_field_unit (aml, name, 8);
  }
  mos_aml_end (aml);
  for (guint i = 0; i < G_N_ELEMENTS (isa_devices); i++)
    add_isa_device (aml, &isa_devices[i]);
  mos_aml_end (aml);
}

/* _PRT: pin p of slot s goes to link (s + p) mod 4. */
static void
add_routing_table (MosAml *aml)
{
  mos_aml_name (aml, "_PRT");
  mos_aml_begin_package (aml, N_SLOTS * N_PINS);
  for (guint i = 0; i < N_SLOTS * N_PINS; i++) {
    guint            slot = i / N_PINS;
    guint            pin = i % N_PINS;
    g_autofree char *link = link_name ((slot + pin) % MOS_PCI_N_PIRQS);

    mos_aml_begin_package (aml, 4);
    mos_aml_integer (aml, slot << 16 | 0xffff);
    mos_aml_integer (aml, pin);
    mos_aml_reference (aml, link);
    mos_aml_integer (aml, 0);
    mos_aml_end (aml);
  }
  mos_aml_end (aml);
}

static void
add_host_bridge (MosAml *aml, const MosAcpiSpec *spec)
{
  mos_aml_begin_device (aml, "PCI0");
  mos_aml_name (aml, "_HID");
  mos_aml_eisa_id (aml, "PNP0A03");
  mos_aml_name (aml, "_ADR");
  mos_aml_integer (aml, 0);
  mos_aml_name (aml, "_UID");
  mos_aml_integer (aml, 0);
  mos_aml_name (aml, "_CRS");
  mos_aml_begin_resources (aml);
  mos_aml_bus_range (aml, 0, 0xff);
  mos_aml_io (aml, 0xcf8, 8);
  mos_aml_io_range (aml, 0, 0xcf7);
  mos_aml_io_range (aml, 0xd00, 0xffff);
  mos_aml_memory_range (aml, 0xa0000, 0xbffff);
  mos_aml_memory_range (aml, spec->hole_first, spec->hole_last);
  if (spec->high_first != 0)
    mos_aml_memory_range64 (aml, spec->high_first, spec->high_last);
  mos_aml_end (aml);
  add_routing_table (aml);
  add_isa_bridge (aml);
  mos_aml_end (aml);
}

/* If (And (PRQx, 0x80)) { */
static void
begin_if_disabled (MosAml *aml, const char *route)
{
  mos_aml_begin_if (aml);
  mos_aml_op (aml, MOS_AML_AND);
  mos_aml_reference (aml, route);
  mos_aml_integer (aml, 0x80);
  mos_aml_no_target (aml);
}

/* The methods of a link: is it on, turn it off, where does it go, move it. */
static void
add_link_methods (MosAml *aml, const char *route)
{
  static const guint32 nowhere[] = { 0 };

  mos_aml_begin_method (aml, "_STA", 0);
  begin_if_disabled (aml, route);
  mos_aml_return (aml);
  mos_aml_integer (aml, STATUS_OFF);
  mos_aml_end (aml);
  mos_aml_return (aml);
  mos_aml_integer (aml, STATUS_ON);
  mos_aml_end (aml);

  mos_aml_begin_method (aml, "_DIS", 0);
  mos_aml_op (aml, MOS_AML_OR);
  mos_aml_reference (aml, route);
  mos_aml_integer (aml, 0x80);
  mos_aml_reference (aml, route);
  mos_aml_end (aml);

  mos_aml_begin_method (aml, "_CRS", 0);
  mos_aml_op (aml, MOS_AML_STORE);
  mos_aml_begin_resources (aml);
  mos_aml_interrupts (aml, nowhere, 1);
  mos_aml_end (aml);
  mos_aml_local (aml, 0);
  mos_aml_op (aml, MOS_AML_CREATE_DWORD_FIELD);
  mos_aml_local (aml, 0);
  mos_aml_integer (aml, 5); /* behind the descriptor's head */
  mos_aml_reference (aml, "IRQN");
  mos_aml_op (aml, MOS_AML_AND);
  mos_aml_reference (aml, route);
  mos_aml_integer (aml, 0x0f);
  mos_aml_reference (aml, "IRQN");
  begin_if_disabled (aml, route);
  mos_aml_op (aml, MOS_AML_STORE);
  mos_aml_integer (aml, 0);
  mos_aml_reference (aml, "IRQN");
  mos_aml_end (aml);
  mos_aml_return (aml);
  mos_aml_local (aml, 0);
  mos_aml_end (aml);

  mos_aml_begin_method (aml, "_SRS", 1);
  mos_aml_op (aml, MOS_AML_CREATE_DWORD_FIELD);
  mos_aml_arg (aml, 0);
  mos_aml_integer (aml, 5);
  mos_aml_reference (aml, "IRQN");
  mos_aml_op (aml, MOS_AML_STORE);
  mos_aml_reference (aml, "IRQN");
  mos_aml_reference (aml, route);
  mos_aml_end (aml);
}

static void
add_links (MosAml *aml)
{
  for (guint i = 0; i < MOS_PCI_N_PIRQS; i++) {
    g_autofree char *link = link_name (i);
    g_autofree char *field = route_name (i);
    g_autofree char *route = g_strconcat ("\\_SB_.PCI0.ISA_.", field, NULL);

    mos_aml_begin_device (aml, link);
    mos_aml_name (aml, "_HID");
    mos_aml_eisa_id (aml, "PNP0C0F");
    mos_aml_name (aml, "_UID");
    mos_aml_integer (aml, i);
    mos_aml_name (aml, "_PRS");
    mos_aml_begin_resources (aml);
    mos_aml_interrupts (aml, link_irqs, G_N_ELEMENTS (link_irqs));
    mos_aml_end (aml);
    add_link_methods (aml, route);
    mos_aml_end (aml);
  }
}

static void
add_hpet (MosAml *aml)
{
  mos_aml_begin_device (aml, "HPET");
  mos_aml_name (aml, "_HID");
  mos_aml_eisa_id (aml, "PNP0103");
  mos_aml_name (aml, "_UID");
  mos_aml_integer (aml, 0);
  mos_aml_name (aml, "_CRS");
  mos_aml_begin_resources (aml);
  mos_aml_memory (aml, MOS_HPET_GPA, 0x400);
  mos_aml_end (aml);
  mos_aml_end (aml);
}

static void
add_processors (MosAml *aml, guint n)
{
  mos_aml_begin_scope (aml, "\\_PR_");
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("CP%02X", i & 0xff);

    mos_aml_processor (aml, name, i);
  }
  mos_aml_end (aml);
}

/* What PM1 control takes as sleep type (82371AB): 0 is off, 1 to RAM. */
static void
add_sleep_state (MosAml *aml, const char *name, guint type)
{
  mos_aml_name (aml, name);
  mos_aml_begin_package (aml, 4);
  for (guint i = 0; i < 2; i++)
    mos_aml_integer (aml, type);
  for (guint i = 0; i < 2; i++)
    mos_aml_integer (aml, 0);
  mos_aml_end (aml);
}

void
mos_acpi_append_dsdt (GByteArray *tables, const MosAcpiSpec *spec)
{
  MosAml aml;

  mos_aml_init (&aml);
  mos_aml_begin_scope (&aml, "\\_SB_");
  add_host_bridge (&aml, spec);
  add_links (&aml);
  add_hpet (&aml);
  mos_aml_end (&aml);
  add_processors (&aml, spec->n_vcpus);
  add_sleep_state (&aml, "\\_S3_", 1);
  add_sleep_state (&aml, "\\_S5_", 0);
  g_byte_array_append (tables, aml.bytes->data, aml.bytes->len);
  mos_aml_clear (&aml);
}
