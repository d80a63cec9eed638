/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* Letting the device copy.
 *
 * Exercise: let demo_copy_start() write the address (COPY_LOW, COPY_HIGH), the
 * place in the buffer, the number of bytes, and then the flags with COPY_START
 * to COPY_CTRL; forget CAUSE_COPY in demo_causes before that. demo_copy()
 * enables the causes CAUSE_COPY and CAUSE_ERROR, starts, sleeps until the
 * handler has seen CAUSE_COPY, and returns 1.
 */
#include "kernel.h"

void
demo_copy_start (void *memory, u32 offset, u32 bytes, u32 flags)
{
}

int
demo_copy (void *memory, u32 offset, u32 bytes, u32 flags)
{
  return 0;
}
