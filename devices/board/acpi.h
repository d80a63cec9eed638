/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC's ACPI tables.
 *
 * They are built once, with addresses relative to the first table, and either
 * given to the firmware, which places and links them by a script (fw_cfg's
 * table loader), or placed in memory directly when there is no firmware.
 */
#pragma once

#include "devices/chipset/fw-cfg.h"
#include "engine/memory/map.h"

G_BEGIN_DECLS

typedef struct {
  guint    n_vcpus;
  gboolean irq0_override; /* the timer is wired to I/O APIC input 2 */
  guint32  hole_first;    /* memory of PCI devices below 4 GiB */
  guint32  hole_last;
  guint64  high_first; /* and above; 0: none */
  guint64  high_last;
  guint32  hpet_id;
  guint16  pm_base; /* ports of power management */
} MosAcpiSpec;

typedef struct {
  GByteArray *tables;
  GByteArray *rsdp;
  GArray     *pointers;  /* private */
  GArray     *checksums; /* private */
} MosAcpi;

MosAcpi *mos_acpi_new (const MosAcpiSpec *spec);
void     mos_acpi_free (MosAcpi *self);

/* The files etc/acpi/tables, etc/acpi/rsdp and etc/table-loader. */
void mos_acpi_add_to_fw_cfg (MosAcpi *self, MosFwCfg *fw_cfg);

/* The same files made of other addresses. */
void mos_acpi_replace_in_fw_cfg (MosAcpi *self, MosFwCfg *fw_cfg);

/* Writes RSDP at @rsdp_gpa and the tables at @tables_gpa, both in RAM. */
void mos_acpi_place (MosAcpi      *self,
                     MosMemoryMap *memory,
                     guint32       rsdp_gpa,
                     guint32       tables_gpa);

/* Where a guest that sleeps wants to be woken, in real mode: of tables that
 * were placed at @tables_gpa. 0: nowhere. */
guint32 mos_acpi_waking_vector (MosMemoryMap *memory, guint32 tables_gpa);

/* The differentiated system description: AML of all devices. */
void mos_acpi_append_dsdt (GByteArray *tables, const MosAcpiSpec *spec);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosAcpi, mos_acpi_free)

G_END_DECLS
