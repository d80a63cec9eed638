/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* Time.
 *
 * The 8254's channel 0 divides 1,193,182 Hz by a number of your choice and
 * pulls interrupt line 0; the 8259 turns that into a vector.
 *
 * Exercise: tell the two 8259s to use the vectors 32 to 47 (ports 0x20, 0x21,
 * 0xa0, 0xa1: four initialisation words), let only line 0 through, set channel
 * 0 to 100 Hz (port 0x43: 0x34, then the divisor to port 0x40, low byte
 * first), and allow interrupts with `sti`. timer_interrupt() counts ticks and
 * tells the 8259 that it is done (0x20 to port 0x20); let idt.c call it for
 * vector 32.
 */
#include "kernel.h"

volatile u32 ticks;

void
timer_interrupt (void)
{
}

void
timer_init (void)
{
}
