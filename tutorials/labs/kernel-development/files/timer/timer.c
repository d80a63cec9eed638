/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Time: the 8254 at 100 Hz through the 8259.
 *
 * Intel 8259A data sheet, "Initialization Command Words"; 8254 data sheet,
 * "Mode 2".
 */
#include "kernel.h"

volatile u32 ticks;

void
timer_interrupt (void)
{
  ticks++;
  if (ticks % 100 == 0) {
    print ("kernel: second ");
    print_number (ticks / 100);
    print ("\n");
  }
  out8 (0x20, 0x20);
}

void
timer_init (void)
{
  u32 divisor = 1193182 / 100;

  out8 (0x20, 0x11);
  out8 (0xa0, 0x11);
  out8 (0x21, 32);
  out8 (0xa1, 40);
  out8 (0x21, 4);
  out8 (0xa1, 2);
  out8 (0x21, 1);
  out8 (0xa1, 1);
  out8 (0x21, 0xfe);
  out8 (0xa1, 0xff);
  out8 (0x43, 0x34);
  out8 (0x40, (u8) divisor);
  out8 (0x40, (u8) (divisor >> 8));
  __asm__ volatile("sti");
}
