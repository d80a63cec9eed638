/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* When it does not work.
 *
 * Real devices fail. This one does so to order: main.c writes FAULT before each
 * call of demo_send().
 *
 * Exercise: copy to the device and say what came of it. Sleep until the copy
 * has ended, but not for ever: after half a second (50 ticks) look yourself.
 * Has CAUSE the bit after all, it was only the interrupt that got lost. Is
 * STATUS_BUSY still set, the device is stuck: reset it (CTRL_RESET to CTRL).
 * If ERROR is not 0 the copy failed; write CAUSE_ERROR to CAUSE. And if all
 * seems well, compare the bytes at demo + BUFFER with those in memory.
 */
#include "kernel.h"

DemoResult
demo_send (const void *memory, u32 offset, u32 bytes)
{
  return NOT_WRITTEN;
}
