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
  TRAMPOLINE = 0x8000,
  VECTOR = 0x61
};

u32        started, answered, spinners;
u32        go;
u8         stacks[32][1024] __attribute__ ((aligned (16)));
extern u8  trampoline[], trampoline_end[], answer[];
extern u64 ap_gdt_base;

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
void ap_main (void);
void
ap_main (void)
{
  struct {
    u16 limit;
    u32 base;
  } __attribute__ ((packed)) idt = { sizeof guest_idt - 1, (u32) guest_idt };

  __asm__ volatile("lidt %0" : : "m"(idt));
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
        "  popl %eax\n" GUEST_RETURN ".code16\n"
        ".globl trampoline\n"
        "trampoline:\n"
        "  cli\n"
        "  xorw %ax, %ax\n"
        "  movw %ax, %ds\n"
        "  lgdtl 0x8000 + ap_gdt - trampoline\n"
        "  movl %cr0, %eax\n"
        "  orb $1, %al\n"
        "  movl %eax, %cr0\n"
        "  ljmpl $0x08, $ap_start\n"
        "  .align 4\n"
        "ap_gdt:\n"
        "  .word 255\n"
        "  .long guest_gdt\n"
        ".globl trampoline_end\n"
        "trampoline_end:\n"
        ".code32\n"
        "ap_start:\n"
        "  movw $0x10, %ax\n"
        "  movw %ax, %ds; movw %ax, %es; movw %ax, %ss\n"
        "  movl 0xfee00020, %eax\n"
        "  shrl $24, %eax\n"
        "  andl $31, %eax\n"
        "  shll $10, %eax\n"
        "  leal stacks+1024(%eax), %esp\n"
        "  call ap_main\n");

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
  u8 *to = (u8 *) TRAMPOLINE;
  u32 n;

  for (u32 i = 0; i < (u32) (trampoline_end - trampoline); i++)
    to[i] = trampoline[i];
  set_gate (VECTOR, answer, 0x8e);
  apic_write (SVR, 0x1ff);
  show ("boot id", apic_read (ID) >> 24);
  send (0xc4500); /* INIT, all but self */
  for (u32 i = 0; i < 1000; i++)
    inb (0x80);
  send (0xc4600 | TRAMPOLINE >> 12);
  for (u32 i = 0; i < 1000; i++)
    inb (0x80);
  send (0xc4600 | TRAMPOLINE >> 12);
  n = wait_for (&started, 3);
  show ("others", n);
  show ("locked adds", spinners);
  send (0xc4000 | VECTOR); /* fixed, all but self */
  show ("answers", wait_for (&answered, n));
  put ("smp: done\n");
  return 0;
}
