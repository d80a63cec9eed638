/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* Being told.
 *
 * demo_interrupt() is called when the device pulls its line, and again and
 * again as long as it does.
 *
 * Exercise: let demo_enable() write ENABLE, and CTRL_INTERRUPT to CTRL. Let
 * demo_interrupt() read CAUSE, clear just what it read, add it to demo_causes,
 * and count CAUSE_TIMER in demo_fired. Let demo_timer() start the timer,
 * periodic, with its cause enabled (or stop it for 0) and return 1.
 */
#include "kernel.h"

volatile u32 demo_causes;
volatile u32 demo_fired;

void
demo_enable (u32 causes)
{
}

void
demo_interrupt (void)
{
}

int
demo_timer (u32 us)
{
  return 0;
}
