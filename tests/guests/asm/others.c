/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Starting the other processors: INIT and two start-up messages to all but
 * self; they climb from real mode to where this processor is.
 *
 * Intel SDM volume 3, "Multiple-Processor (MP) Initialization".
 */
#include "guest.h"

enum {
  ICR = 0xfee00300,
  TRAMPOLINE = 0x8000
};

u8 ap_stacks[32][1024] __attribute__ ((aligned (16)));
void (*ap_function) (void);
extern u8 trampoline[], trampoline_end[];

__asm__(".code16\n"
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
        "  leal ap_stacks+1024(%eax), %esp\n"
        "  lidtl ap_idt\n"
        "  call *ap_function\n"
        "ap_idt:\n"
        "  .word 2047\n"
        "  .long guest_idt\n");

static void
send (u32 command)
{
  *(volatile u32 *) ICR = command;
  while ((*(volatile u32 *) ICR & 0x1000) != 0)
    __asm__ volatile("pause");
  for (u32 i = 0; i < 1000; i++)
    inb (0x80);
}

void
guest_start_others (void (*function) (void))
{
  u8 *to = (u8 *) TRAMPOLINE;

  ap_function = function;
  for (u32 i = 0; i < (u32) (trampoline_end - trampoline); i++)
    to[i] = trampoline[i];
  send (0xc4500); /* INIT */
  send (0xc4600 | TRAMPOLINE >> 12);
  send (0xc4600 | TRAMPOLINE >> 12);
}
