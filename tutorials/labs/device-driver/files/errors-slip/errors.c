/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * When it does not work, with a slip that is easily made: the lab's check must
 * notice.
 */
#include "kernel.h"

DemoResult
demo_send (const void *memory, u32 offset, u32 bytes)
{
  demo_enable (CAUSE_COPY | CAUSE_ERROR);
  demo_copy_start ((void *) memory, offset, bytes, 0);
  while ((demo_causes & (CAUSE_COPY | CAUSE_ERROR)) == 0)
    sleep ();
  return (demo_causes & CAUSE_ERROR) != 0 ? DEMO_FAILED : DEMO_OK;
}
