/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Starting processors: INIT and start-up messages to all others, who climb
 * from real mode, count themselves with a locked add, answer an interrupt from
 * the first, and halt.
 *
 * Intel SDM volume 3, "Multiple-Processor (MP) Initialization".
 */
#include "guest.h"

enum {
  APIC = 0xfee00000,
  ID = 0x20,
  EOI = 0xb0,
  SVR = 0xf0,
  ICR = 0x300,
  VECTOR = 0x61
};

u32       started, answered, spinners;
u32       go;
extern u8 answer[];

static u32
apic_read (u32 at)
{
  return *(volatile u32 *) (APIC + at);
}

static void
apic_write (u32 at, u32 value)
{
  *(volatile u32 *) (APIC + at) = value;
}

static void
send (u32 command)
{
  apic_write (ICR, command);
  while ((apic_read (ICR) & 0x1000) != 0)
    __asm__ volatile("pause");
}

/* What every other processor runs: adds under a lock, waits for interrupts. */
static void
ap_main (void)
{
  apic_write (SVR, 0x1ff);
  for (u32 i = 0; i < 1000; i++)
    __asm__ volatile("lock incl %0" : "+m"(spinners) : : "cc");
  __asm__ volatile("lock incl %0" : "+m"(started) : : "cc");
  for (;;)
    __asm__ volatile("sti; hlt");
}

__asm__(".globl answer\n"
        "answer:\n"
        "  pushl %eax\n"
        "  lock incl answered\n"
        "  movl $0, 0xfee000b0\n"
        "  popl %eax\n" GUEST_RETURN);

/* Long enough on any processor, since others are waited for below. */
static u32
wait_for (volatile u32 *what, u32 least)
{
  for (u32 i = 0; i < 20000000 && *what < least; i++)
    __asm__ volatile("pause");
  return *what;
}

int
main (void)
{
  u32 n;

  set_gate (VECTOR, answer, 0x8e);
  apic_write (SVR, 0x1ff);
  show ("boot id", apic_read (ID) >> 24);
  guest_start_others (ap_main);
  n = wait_for (&started, 3);
  show ("others", n);
  show ("locked adds", spinners);
  send (0xc4000 | VECTOR); /* fixed, all but self */
  show ("answers", wait_for (&answered, n));
  put ("smp: done\n");
  return 0;
}
