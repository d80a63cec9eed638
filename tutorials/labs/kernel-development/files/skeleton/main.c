/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* The kernel: it says hello, sets up one part after the other, and waits.
 *
 * The parts are in files of their own. Those that are not written yet do
 * nothing, and the kernel goes on without them.
 */
#include "kernel.h"

void kernel_main (void);

#define COM1 0x3f8

static void
put (char c)
{
  static u32          at;
  volatile u16 *const cells = (volatile u16 *) 0xb8000;

  while ((in8 (COM1 + 5) & 0x20) == 0)
    ;
  out8 (COM1, (u8) c);
  if (c == '\n')
    at += 80 - at % 80;
  else
    cells[at++] = 0x0f00 | (u8) c;
  if (at >= 80 * 25)
    at = 0;
}

void
print (const char *text)
{
  while (*text != '\0')
    put (*text++);
}

void
print_number (u32 number)
{
  if (number >= 10)
    print_number (number / 10);
  put ((char) ('0' + number % 10));
}

void
kernel_main (void)
{
  print ("kernel: hello\n");
  gdt_init ();
  print ("kernel: segments\n");
  idt_init ();
  print ("kernel: interrupts\n");
  paging_init ();
  print ("kernel: pages\n");
  timer_init ();
  tasks_init ();
  print ("kernel: ready\n");
  for (;;)
    __asm__ volatile("hlt");
}
