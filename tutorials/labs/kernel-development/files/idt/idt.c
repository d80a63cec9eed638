/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Interrupts and exceptions: gates to the stubs of boot.S.
 *
 * Intel SDM volume 3, "IDT Descriptors".
 */
#include "kernel.h"

typedef struct {
  u16 offset_low, selector;
  u8  zero, type;
  u16 offset_high;
} __attribute__ ((packed)) Gate;

extern const u32 stubs[48];

static Gate gates[48];

Frame *interrupt (Frame *frame);

Frame *
interrupt (Frame *frame)
{
  if (frame->vector == 3) {
    print ("kernel: breakpoint\n");
  } else if (frame->vector == 32) {
    timer_interrupt ();
    frame = tasks_switch (frame);
  } else if (frame->vector < 32) {
    print ("kernel: exception ");
    print_number (frame->vector);
    print ("\n");
    for (;;)
      __asm__ volatile("cli; hlt");
  }
  return frame;
}

void
idt_init (void)
{
  struct {
    u16 limit;
    u32 base;
  } __attribute__ ((packed)) pointer = { sizeof gates - 1, (u32) gates };

  for (u32 i = 0; i < 48; i++)
    gates[i] = (Gate){ (u16) stubs[i], 0x08, 0, 0x8e, (u16) (stubs[i] >> 16) };
  __asm__ volatile("lidt %0" : : "m"(pointer));
  __asm__ volatile("int3");
}
