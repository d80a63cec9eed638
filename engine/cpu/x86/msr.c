/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Finding rows of the MSR table and checking what a guest writes.
 *
 * Intel SDM volume 2, "WRMSR - Write to Model Specific Register".
 */

#include "engine/cpu/x86/msr.h"

const MosMsrInfo *
mos_msr_find (guint32 index)
{
  guint low = 0, high = mos_n_msrs;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (mos_msrs[middle].index == index)
      return &mos_msrs[middle];
    if (mos_msrs[middle].index < index)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

static gboolean
is_canonical (guint64 address)
{
  guint64 top = address >> 47;

  return top == 0 || top == 0x1ffff;
}

/* 2 and 3 are no memory types; the mask has cut off what is above 7. */
static gboolean
are_memory_types (guint64 value, gboolean pat)
{
  for (guint i = 0; i < 8; i++) {
    guint8 type = value >> (8 * i);

    if (type == 2 || type == 3 || type > 7 || (type == 7 && !pat))
      return FALSE;
  }
  return TRUE;
}

gboolean
mos_msr_check_write (const MosMsrInfo *info, guint64 value, guint64 *result)
{
  if (info->writable == 0 && (info->flags & MOS_MSR_LENIENT) == 0)
    return FALSE;
  if ((info->flags & MOS_MSR_LENIENT) != 0)
    value &= info->writable;
  else if ((value & ~info->writable) != 0)
    return FALSE;
  if ((info->flags & MOS_MSR_CANONICAL) != 0 && !is_canonical (value))
    return FALSE;
  if ((info->flags & MOS_MSR_TYPES) != 0 &&
      !are_memory_types (value, info->index == MOS_MSR_PAT))
    return FALSE;
  *result = value;
  return TRUE;
}
