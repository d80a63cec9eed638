/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Letting the device copy, with a slip that is easily made: the lab's check
 * must notice.
 */
#include "kernel.h"

void
demo_copy_start (void *memory, u32 offset, u32 bytes, u32 flags)
{
  demo_causes &= ~(u32) (CAUSE_COPY | CAUSE_ERROR);
  put (COPY_LOW, (u32) memory);
  put (COPY_HIGH, 0);
  put (COPY_OFFSET, offset);
  put (COPY_BYTES, bytes);
  put (COPY_CTRL, flags | COPY_START);
}

int
demo_copy (void *memory, u32 offset, u32 bytes, u32 flags)
{
  demo_copy_start (memory, offset, bytes, flags);
  return 1;
}
