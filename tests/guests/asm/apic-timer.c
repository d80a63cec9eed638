/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Timers as interrupts: the local APIC's, periodic and once, and the 8254
 * through the 8259; HLT wakes; what is masked stays away.
 *
 * Intel SDM volume 3, "APIC Timer"; 8254 and 8259A data sheets.
 */
#include "guest.h"

enum {
  APIC = 0xfee00000,
  SVR = 0xf0,
  LVT_TIMER = 0x320,
  LVT_LINT0 = 0x350,
  INITIAL = 0x380,
  CURRENT = 0x390,
  DIVIDE = 0x3e0,
  VECTOR = 0x62,
  PIT_VECTOR = 0x70
};

u32       ticks, pit_ticks;
extern u8 tick[], pit_tick[];

__asm__(".globl tick\n"
        "tick: incl ticks; movl $0, 0xfee000b0\n" GUEST_RETURN
        ".globl pit_tick\n"
        "pit_tick: pushl %eax; incl pit_ticks\n"
        "  movb $0x20, %al; outb %al, $0x20; popl %eax\n" GUEST_RETURN);

static void
apic_write (u32 at, u32 value)
{
  *(volatile u32 *) (APIC + at) = value;
}

static u32
apic_read (u32 at)
{
  return *(volatile u32 *) (APIC + at);
}

static void
halt_until (volatile u32 *count, u32 least)
{
  while (*count < least)
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}

static void
init_8259 (void)
{
  static const u8 words[][2] = { { 0x20, 0x11 }, { 0x21, PIT_VECTOR },
                                 { 0x21, 4 },    { 0x21, 1 },
                                 { 0xa0, 0x11 }, { 0xa1, PIT_VECTOR + 8 },
                                 { 0xa1, 2 },    { 0xa1, 1 },
                                 { 0x21, 0xfe }, { 0xa1, 0xff } };

  for (u32 i = 0; i < sizeof words / sizeof *words; i++)
    outb (words[i][0], words[i][1]);
}

int
main (void)
{
  set_gate (VECTOR, tick, 0x8e);
  set_gate (PIT_VECTOR, pit_tick, 0x8e);
  apic_write (SVR, 0x1ff);
  apic_write (DIVIDE, 3); /* by 16 */

  apic_write (LVT_TIMER, 0x20000 | VECTOR);
  apic_write (INITIAL, 100000);
  halt_until (&ticks, 10);
  put ("ten periods\n");
  apic_write (LVT_TIMER, 0x10000);
  apic_write (INITIAL, 0);

  ticks = 0;
  apic_write (LVT_TIMER, VECTOR);
  apic_write (INITIAL, 10000);
  halt_until (&ticks, 1);
  show ("one shot", ticks);
  show ("count after", apic_read (CURRENT));

  apic_write (LVT_TIMER, 0x10000 | VECTOR);
  apic_write (INITIAL, 100000);
  show ("masked runs", apic_read (CURRENT) != 0);
  while (apic_read (CURRENT) != 0)
    __asm__ volatile("sti; pause; cli");
  show ("masked ticks", ticks);

  apic_write (LVT_LINT0, 0x700); /* ExtINT */
  init_8259 ();
  outb (0x43, 0x34);
  outb (0x40, 0x00);
  outb (0x40, 0x10);
  halt_until (&pit_ticks, 5);
  put ("five ticks of the 8254\n");
  outb (0x21, 0xff);
  put ("apic-timer: done\n");
  return 0;
}
