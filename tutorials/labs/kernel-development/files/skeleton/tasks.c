/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* Tasks.
 *
 * A task that was interrupted is its stack: the frame of registers lies on top
 * of it. To switch means to return another task's frame from the interrupt.
 *
 * Exercise: make two tasks that print "A" and "B" in a loop with some waiting
 * in between. Each needs a stack and, on it, a Frame as an interrupt would
 * have left it: eip is the task's function, cs 0x08, eflags 0x202.
 * tasks_switch() is called at each tick with the frame of the task that was
 * interrupted: remember it, and return the next one's.
 */
#include "kernel.h"

Frame *
tasks_switch (Frame *frame)
{
  return frame;
}

void
tasks_init (void)
{
}
