/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Encoding of AML terms and resource descriptors.
 *
 * Follows the ACPI specification, "ACPI Machine Language (AML) Specification"
 * and "Resource Data Types for ACPI". Package lengths always take three bytes,
 * which the encoding allows, so that nothing moves when they are patched.
 */
#include "devices/board/aml.h"

#include <string.h>

#define LENGTH_BYTES 3
#define SEGMENT      4

enum {
  KIND_PLAIN,
  KIND_RESOURCES
};

enum {
  OP_ZERO = 0x00,
  OP_ONE = 0x01,
  OP_NAME = 0x08,
  OP_BYTE = 0x0a,
  OP_WORD = 0x0b,
  OP_DWORD = 0x0c,
  OP_STRING = 0x0d,
  OP_QWORD = 0x0e,
  OP_SCOPE = 0x10,
  OP_BUFFER = 0x11,
  OP_PACKAGE = 0x12,
  OP_METHOD = 0x14,
  OP_DUAL_NAME = 0x2e,
  OP_MULTI_NAME = 0x2f,
  OP_EXTENDED = 0x5b,
  OP_LOCAL0 = 0x60,
  OP_ARG0 = 0x68,
  OP_IF = 0xa0,
  OP_RETURN = 0xa4,
  EXTENDED_REGION = 0x80,
  EXTENDED_FIELD = 0x81,
  EXTENDED_DEVICE = 0x82,
  EXTENDED_PROCESSOR = 0x83
};

#define REGION_PCI_CONFIG 2
#define FIELD_BYTE_ACCESS 1
#define METHOD_SERIALIZED 8

static void
add_byte (MosAml *self, guint value)
{
  guint8 byte = value & 0xff;

  g_byte_array_append (self->bytes, &byte, 1);
}

static void
add_number (MosAml *self, guint64 value, guint n_bytes)
{
  for (guint i = 0; i < n_bytes; i++)
    add_byte (self, value >> 8 * i & 0xff);
}

/* "_SB_.PCI0.ISA_": prefix, count, segments. */
static void
add_name (MosAml *self, const char *name)
{
  guint n;

  while (*name == '\\' || *name == '^')
    add_byte (self, *name++);
  n = (strlen (name) + 1) / (SEGMENT + 1);
  if (n == 0) {
    add_byte (self, OP_ZERO);
  } else if (n == 2) {
    add_byte (self, OP_DUAL_NAME);
  } else if (n > 2) {
    add_byte (self, OP_MULTI_NAME);
    add_byte (self, n);
  }
  for (guint i = 0; i < n; i++, name += SEGMENT + 1)
    g_byte_array_append (self->bytes, (const guint8 *) name, SEGMENT);
}

static void
begin (MosAml *self, guint kind)
{
  g_return_if_fail (self->depth < MOS_AML_DEPTH);

  self->open[self->depth] = self->bytes->len;
  self->kind[self->depth] = kind;
  self->depth++;
  add_number (self, 0, LENGTH_BYTES);
}

void
mos_aml_init (MosAml *self)
{
  memset (self, 0, sizeof (*self));
  self->bytes = g_byte_array_new ();
}

void
mos_aml_clear (MosAml *self)
{
  g_clear_pointer (&self->bytes, g_byte_array_unref);
}

static void
end_resources (MosAml *self, guint start)
{
  guint8 *size;

  add_number (self, 0x0079, 2); /* end tag; a sum of 0 counts as right */
  /* The buffer's size: a word constant right behind the package length. */
  size = self->bytes->data + start + LENGTH_BYTES + 1;
  size[0] = (self->bytes->len - (start + LENGTH_BYTES + 3)) & 0xff;
  size[1] = (self->bytes->len - (start + LENGTH_BYTES + 3)) >> 8;
}

void
mos_aml_end (MosAml *self)
{
  guint   start;
  guint   length;
  guint8 *at;

  g_return_if_fail (self->depth > 0);

  self->depth--;
  start = self->open[self->depth];
  if (self->kind[self->depth] == KIND_RESOURCES)
    end_resources (self, start);
  length = self->bytes->len - start;
  at = self->bytes->data + start;
  at[0] = (LENGTH_BYTES - 1) << 6 | (length & 15);
  at[1] = length >> 4 & 0xff;
  at[2] = length >> 12 & 0xff;
}

/* Begun terms -------------------------------------------------------------- */

void
mos_aml_begin_scope (MosAml *self, const char *name)
{
  add_byte (self, OP_SCOPE);
  begin (self, KIND_PLAIN);
  add_name (self, name);
}

void
mos_aml_begin_device (MosAml *self, const char *name)
{
  add_byte (self, OP_EXTENDED);
  add_byte (self, EXTENDED_DEVICE);
  begin (self, KIND_PLAIN);
  add_name (self, name);
}

void
mos_aml_begin_method (MosAml *self, const char *name, guint n_args)
{
  add_byte (self, OP_METHOD);
  begin (self, KIND_PLAIN);
  add_name (self, name);
  add_byte (self, n_args | METHOD_SERIALIZED);
}

void
mos_aml_begin_package (MosAml *self, guint n_elements)
{
  add_byte (self, OP_PACKAGE);
  begin (self, KIND_PLAIN);
  add_byte (self, n_elements);
}

void
mos_aml_begin_field (MosAml *self, const char *region)
{
  add_byte (self, OP_EXTENDED);
  add_byte (self, EXTENDED_FIELD);
  begin (self, KIND_PLAIN);
  add_name (self, region);
  add_byte (self, FIELD_BYTE_ACCESS);
}

void
mos_aml_begin_if (MosAml *self)
{
  add_byte (self, OP_IF);
  begin (self, KIND_PLAIN);
}

void
mos_aml_begin_resources (MosAml *self)
{
  add_byte (self, OP_BUFFER);
  begin (self, KIND_RESOURCES);
  add_byte (self, OP_WORD);
  add_number (self, 0, 2);
}

/* Declarations ------------------------------------------------------------- */

void
mos_aml_name (MosAml *self, const char *name)
{
  add_byte (self, OP_NAME);
  add_name (self, name);
}

void
mos_aml_processor (MosAml *self, const char *name, guint8 id)
{
  add_byte (self, OP_EXTENDED);
  add_byte (self, EXTENDED_PROCESSOR);
  begin (self, KIND_PLAIN);
  add_name (self, name);
  add_byte (self, id);
  add_number (self, 0, 5); /* no processor register block */
  mos_aml_end (self);
}

void
mos_aml_config_region (MosAml     *self,
                       const char *name,
                       guint8      offset,
                       guint8      length)
{
  add_byte (self, OP_EXTENDED);
  add_byte (self, EXTENDED_REGION);
  add_name (self, name);
  add_byte (self, REGION_PCI_CONFIG);
  mos_aml_integer (self, offset);
  mos_aml_integer (self, length);
}

void
mos_aml_field_unit (MosAml *self, const char *name, guint bits)
{
  g_return_if_fail (bits < 64);

  add_name (self, name);
  add_byte (self, bits); /* a package length of one byte */
}

/* Values ------------------------------------------------------------------- */

void
mos_aml_integer (MosAml *self, guint64 value)
{
  if (value <= 1) {
    add_byte (self, value == 0 ? OP_ZERO : OP_ONE);
  } else if (value <= G_MAXUINT8) {
    add_byte (self, OP_BYTE);
    add_number (self, value, 1);
  } else if (value <= G_MAXUINT16) {
    add_byte (self, OP_WORD);
    add_number (self, value, 2);
  } else if (value <= G_MAXUINT32) {
    add_byte (self, OP_DWORD);
    add_number (self, value, 4);
  } else {
    add_byte (self, OP_QWORD);
    add_number (self, value, 8);
  }
}

void
mos_aml_string (MosAml *self, const char *text)
{
  add_byte (self, OP_STRING);
  g_byte_array_append (self->bytes, (const guint8 *) text, strlen (text) + 1);
}

void
mos_aml_eisa_id (MosAml *self, const char *id)
{
  guint32 value =
      (id[0] - '@') << 26 | (id[1] - '@') << 21 | (id[2] - '@') << 16;

  for (guint i = 3; i < 7; i++)
    value |= (guint32) g_ascii_xdigit_value (id[i]) << (24 - 4 * i);
  add_byte (self, OP_DWORD);
  add_number (self, GUINT32_SWAP_LE_BE (value), 4);
}

void
mos_aml_reference (MosAml *self, const char *name)
{
  add_name (self, name);
}

void
mos_aml_local (MosAml *self, guint n)
{
  add_byte (self, OP_LOCAL0 + n);
}

void
mos_aml_arg (MosAml *self, guint n)
{
  add_byte (self, OP_ARG0 + n);
}

void
mos_aml_return (MosAml *self)
{
  add_byte (self, OP_RETURN);
}

void
mos_aml_op (MosAml *self, MosAmlOp op)
{
  add_byte (self, op);
}

void
mos_aml_no_target (MosAml *self)
{
  add_byte (self, OP_ZERO);
}

/* Resources ---------------------------------------------------------------- */

void
mos_aml_io (MosAml *self, guint16 base, guint8 length)
{
  add_byte (self, 0x47); /* I/O port descriptor */
  add_byte (self, 0x01); /* decodes 16 bits */
  add_number (self, base, 2);
  add_number (self, base, 2);
  add_byte (self, 1);
  add_byte (self, length);
}

void
mos_aml_irq (MosAml *self, guint irq)
{
  add_byte (self, 0x22); /* IRQ descriptor without flags: edge, high */
  add_number (self, 1u << irq, 2);
}

void
mos_aml_dma (MosAml *self, guint channel)
{
  add_byte (self, 0x2a);
  add_byte (self, 1u << channel);
  add_byte (self, 0); /* compatibility, 8 bits, not a bus master */
}

void
mos_aml_memory (MosAml *self, guint32 base, guint32 length)
{
  add_byte (self, 0x86); /* 32-bit fixed memory range */
  add_number (self, 9, 2);
  add_byte (self, 0); /* read only: the firmware owns it */
  add_number (self, base, 4);
  add_number (self, length, 4);
}

void
mos_aml_interrupts (MosAml *self, const guint32 *numbers, guint n)
{
  add_byte (self, 0x89); /* extended interrupt descriptor */
  add_number (self, 2 + 4 * n, 2);
  add_byte (self, 0x09); /* consumer, level, active high, shared */
  add_byte (self, n);
  for (guint i = 0; i < n; i++)
    add_number (self, numbers[i], 4);
}

/* An address space descriptor, @width bytes a number. */
static void
add_range (MosAml *self,
           guint   tag,
           guint   type,
           guint   type_flags,
           guint   width,
           guint64 first,
           guint64 last)
{
  add_byte (self, tag);
  add_number (self, 3 + 5 * width, 2);
  add_byte (self, type);
  add_byte (self, 0x0c); /* fixed at both ends, positive decode, producer */
  add_byte (self, type_flags);
  add_number (self, 0, width); /* granularity */
  add_number (self, first, width);
  add_number (self, last, width);
  add_number (self, 0, width); /* translation */
  add_number (self, last - first + 1, width);
}

void
mos_aml_bus_range (MosAml *self, guint16 first, guint16 last)
{
  add_range (self, 0x88, 2, 0, 2, first, last);
}

void
mos_aml_io_range (MosAml *self, guint16 first, guint16 last)
{
  add_range (self, 0x88, 1, 0x03, 2, first, last);
}

void
mos_aml_memory_range (MosAml *self, guint32 first, guint32 last)
{
  add_range (self, 0x87, 0, 0x01, 4, first, last);
}

void
mos_aml_memory_range64 (MosAml *self, guint64 first, guint64 last)
{
  add_range (self, 0x8a, 0, 0x01, 8, first, last);
}
