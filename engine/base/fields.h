/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Names for bits.
 *
 * A MosField gives a run of bits inside a register, control block or table
 * entry its name in the manual and one sentence of meaning. Device registers,
 * page-table entries, VMCB and VMCS fields are all described with it, and the
 * inspector, the traces and the data sheets read the same rows.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *name; /* as the manual writes it */
  guint8      lsb;  /* lowest bit, 0 to 63 */
  guint8      bits; /* width, 1 to 64 */
  const char *help; /* one sentence, translatable */
} MosField;

/* The bits of @field in @value, moved down to bit 0. */
static inline guint64
mos_field_get (const MosField *field, guint64 value)
{
  guint64 mask = field->bits >= 64
                     ? ~G_GUINT64_CONSTANT (0)
                     : (G_GUINT64_CONSTANT (1) << field->bits) - 1;

  return (value >> field->lsb) & mask;
}

/*
 * Appends "NAME=1 OTHER=0x12" for the fields of @value that are not zero.
 * @fields ends with a row whose name is NULL; it may be NULL itself.
 */
void mos_fields_describe (const MosField *fields, guint64 value, GString *out);

G_END_DECLS
