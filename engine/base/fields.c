/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Turns a value and its field table into text for people.
 */
#include "engine/base/fields.h"

void
mos_fields_describe (const MosField *fields, guint64 value, GString *out)
{
  if (fields == NULL)
    return;

  for (const MosField *field = fields; field->name != NULL; field++) {
    guint64 part = mos_field_get (field, value);

    if (part == 0)
      continue;
    if (out->len > 0)
      g_string_append_c (out, ' ');
    if (field->bits == 1)
      g_string_append (out, field->name);
    else
      g_string_append_printf (out, "%s=0x%" G_GINT64_MODIFIER "x", field->name,
                              part);
  }
}
