/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A small writer of ACPI machine language (AML).
 *
 * It appends terms to a byte array in the order they stand in the table; what
 * has a length is begun and ended, and the length is patched at the end (ACPI
 * specification, "ACPI Machine Language (AML) Specification"):
 *
 *   mos_aml_begin_device (aml, "RTC_");
 *   mos_aml_name (aml, "_HID");
 *   mos_aml_eisa_id (aml, "PNP0B00");
 *   mos_aml_end (aml);
 *
 * Names are written as in ASL with four letters a segment: "_SB_.PCI0", "\\".
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_AML_DEPTH 16

typedef struct {
  GByteArray *bytes;
  guint       open[MOS_AML_DEPTH]; /* where a length must be patched */
  guint8      kind[MOS_AML_DEPTH]; /* package length, or buffer size too */
  guint       depth;
} MosAml;

void mos_aml_init (MosAml *self);
void mos_aml_clear (MosAml *self);

/* Things with a length; each is closed by mos_aml_end(). */
void mos_aml_begin_scope (MosAml *self, const char *name);
void mos_aml_begin_device (MosAml *self, const char *name);
void mos_aml_begin_method (MosAml *self, const char *name, guint n_args);
void mos_aml_begin_package (MosAml *self, guint n_elements);
void mos_aml_begin_field (MosAml *self, const char *region); /* byte access */
void mos_aml_begin_if (MosAml *self);        /* the predicate follows */
void mos_aml_begin_resources (MosAml *self); /* a buffer; an end tag is added */
void mos_aml_end (MosAml *self);

/* Declarations; a value follows mos_aml_name(). */
void mos_aml_name (MosAml *self, const char *name);
void mos_aml_processor (MosAml *self, const char *name, guint8 id);
void mos_aml_config_region (MosAml     *self,
                            const char *name,
                            guint8      offset,
                            guint8      length);
void mos_aml_field_unit (MosAml *self, const char *name, guint bits);

/* Values and operations. */
void mos_aml_integer (MosAml *self, guint64 value);
void mos_aml_string (MosAml *self, const char *text);
void mos_aml_eisa_id (MosAml *self, const char *id); /* "PNP0A03" */
void mos_aml_reference (MosAml *self, const char *name);
void mos_aml_local (MosAml *self, guint n);
void mos_aml_arg (MosAml *self, guint n);
void mos_aml_return (MosAml *self); /* the value follows */
/* Store, And, Or, CreateDWordField: operands and target follow. */
typedef enum {
  MOS_AML_STORE = 0x70,
  MOS_AML_AND = 0x7b,
  MOS_AML_OR = 0x7d,
  MOS_AML_CREATE_DWORD_FIELD = 0x8a
} MosAmlOp;
void mos_aml_op (MosAml *self, MosAmlOp op);
void mos_aml_no_target (MosAml *self);

/* Resource descriptors, between begin_resources and end. */
void mos_aml_io (MosAml *self, guint16 base, guint8 length);
void mos_aml_irq (MosAml *self, guint irq);
void mos_aml_dma (MosAml *self, guint channel);
void mos_aml_memory (MosAml *self, guint32 base, guint32 length);
/* Level, active high, shared; the numbers can be chosen from. */
void mos_aml_interrupts (MosAml *self, const guint32 *numbers, guint n);
void mos_aml_bus_range (MosAml *self, guint16 first, guint16 last);
void mos_aml_io_range (MosAml *self, guint16 first, guint16 last);
void mos_aml_memory_range (MosAml *self, guint32 first, guint32 last);
void mos_aml_memory_range64 (MosAml *self, guint64 first, guint64 last);

G_END_DECLS
