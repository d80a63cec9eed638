/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The chips of a PC that several of our guests use in the same way: the first
 * serial port, the interrupt controllers and the timer.
 */
#pragma once

#include "tutorials/guests/cpu.h"

#define COM1         0x3f8
#define PIC_VECTOR   32 /* of interrupt line 0 */
#define PIT_INPUT_HZ 1193182

/* Waits until the port has room. */
static inline void
serial_put (char c)
{
  while ((in8 (COM1 + 5) & 0x20) == 0)
    ;
  out8 (COM1, (u8) c);
}

/* Both interrupt controllers (Intel 8259A data sheet, "Initialization Command
 * Words"). Lines of the first whose bit in @closed is set are not heard, and
 * none of the second. */
static inline void
pic_start (u8 closed)
{
  out8 (0x20, 0x11); /* initialise, three words follow */
  out8 (0xa0, 0x11);
  out8 (0x21, PIC_VECTOR);
  out8 (0xa1, PIC_VECTOR + 8);
  out8 (0x21, 4); /* the second one hangs on input 2 of the first */
  out8 (0xa1, 2);
  out8 (0x21, 1); /* 8086 mode */
  out8 (0xa1, 1);
  out8 (0x21, closed);
  out8 (0xa1, 0xff);
}

/* The end of an interrupt of the first one. */
static inline void
pic_end (void)
{
  out8 (0x20, 0x20);
}

/* Counter 0 of the 8254, on line 0: @hz times a second. */
static inline void
pit_start (u32 hz)
{
  u32 divisor = PIT_INPUT_HZ / hz;

  out8 (0x43, 0x34);
  out8 (0x40, (u8) divisor);
  out8 (0x40, (u8) (divisor >> 8));
}
