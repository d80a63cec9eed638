/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Moving a VMCS between memory and processor, and telling what it holds.
 *
 * Memory is the guest's: whatever bytes lie there become fields of the right
 * width, and the VM-entry checks judge their values.
 */
#include "engine/cpu/x86/vmcs.h"

#include <string.h>

G_STATIC_ASSERT (sizeof (MosVmcs) <= MOS_VMCS_BYTES);

static guint64
width_mask (MosVmcsWidth width)
{
  return width == MOS_VMCS_WIDTH_16   ? G_MAXUINT16
         : width == MOS_VMCS_WIDTH_32 ? G_MAXUINT32
                                      : G_MAXUINT64;
}

guint64
mos_vmcs_mask (MosVmcsField field)
{
  return width_mask (mos_vmcs_width (field));
}

void
mos_vmcs_load (MosVmcs *self, gconstpointer region)
{
  memcpy (self, region, sizeof *self);
  for (guint g = 0; g < G_N_ELEMENTS (mos_vmcs_groups); g++) {
    guint64 mask = width_mask ((MosVmcsWidth) (g >> 2));
    guint   first = mos_vmcs_groups[g].first;

    if (mask == G_MAXUINT64)
      continue;
    for (guint i = 0; i < mos_vmcs_groups[g].count; i++)
      self->field[first + i] &= mask;
  }
}

void
mos_vmcs_store (const MosVmcs *self, gpointer region)
{
  memcpy (region, self, sizeof *self);
}

char *
mos_vmcs_describe (const MosVmcs *self)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < MOS_VMCS_SLOTS; i++)
    if (mos_vmcs_fields[i].name != NULL && self->field[i] != 0)
      g_string_append_printf (out, "%s = 0x%" G_GINT64_MODIFIER "x\n",
                              mos_vmcs_fields[i].name, self->field[i]);
  return g_string_free (out, FALSE);
}
