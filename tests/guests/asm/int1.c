/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * INT1, the instruction F1: a debug exception that says nothing in DR6, comes
 * after the instruction, and asks for no privilege of the gate.
 *
 * Intel SDM volume 2, "INT n/INTO/INT3/INT1".
 */
#include "guest.h"

static u32 n_traps, dr6, eip;
extern u8  behind[];

static int
on_debug (struct frame *frame)
{
  n_traps++;
  eip = frame->eip;
  __asm__ volatile("movl %%dr6, %0" : "=r"(dr6));
  return n_traps < 3;
}

int
main (void)
{
  guest_handlers[1] = on_debug;
  __asm__ volatile("movl %0, %%dr6" : : "r"(0xffff0ff0));
  __asm__ volatile(".byte 0xf1\n"
                   ".globl behind\nbehind: nop"
                   :
                   :
                   : "memory");
  show ("int1", n_traps);
  show (" dr6", dr6 & 0xe00f);
  show (" behind it", eip == (u32) behind);
  put ("int1: done\n");
  return 0;
}
