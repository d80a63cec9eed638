/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Debugging: single steps, breakpoints on code and data, DR6, RF, and what
 * MOV SS holds off.
 *
 * Intel SDM volume 3, "Debug, Branch Profile, TSC, and Intel RDT Features".
 */
#include "guest.h"

static volatile u32 watched[4];
static u32          n_traps, first_dr6, last_eip;

static u32
read_dr6 (void)
{
  u32 value;

  __asm__ volatile("movl %%dr6, %0" : "=r"(value));
  return value;
}

static void
write_dr (u32 which, u32 value)
{
  switch (which) {
  case 0:
    __asm__ volatile("movl %0, %%dr0" : : "r"(value));
    break;
  case 1:
    __asm__ volatile("movl %0, %%dr1" : : "r"(value));
    break;
  case 6:
    __asm__ volatile("movl %0, %%dr6" : : "r"(value));
    break;
  default:
    __asm__ volatile("movl %0, %%dr7" : : "r"(value));
    break;
  }
}

/* Counts; code breakpoints are left by setting RF. */
static int
on_debug (struct frame *frame)
{
  u32 dr6 = read_dr6 ();

  if (n_traps++ == 0)
    first_dr6 = dr6 & 0xe00f;
  last_eip = frame->eip;
  write_dr (6, 0xffff0ff0);
  if (n_traps > 50)
    frame->eflags &= ~0x100u;
  frame->eflags |= 0x10000;
  return 1;
}

static void
show_traps (const char *name)
{
  show (name, n_traps);
  show (" dr6", first_dr6);
  n_traps = first_dr6 = 0;
}

extern u8 marked[];

int
main (void)
{
  guest_handlers[1] = on_debug;

  /* POPF sets TF: the instruction behind it is the first to trap. */
  __asm__ volatile("pushfl; orl $0x100, (%%esp); popfl\n"
                   "nop; nop; nop\n"
                   "pushfl; andl $0xfffffeff, (%%esp); popfl"
                   :
                   :
                   : "memory", "cc");
  show_traps ("steps");

  __asm__ volatile("pushfl; orl $0x100, (%%esp); popfl\n"
                   "movl %%ss, %%eax; movl %%eax, %%ss; nop\n"
                   "pushfl; andl $0xfffffeff, (%%esp); popfl"
                   :
                   :
                   : "memory", "cc", "eax");
  show_traps ("steps over mov ss");

  __asm__ volatile("movl $3, %%ecx\n"
                   "pushfl; orl $0x100, (%%esp); popfl\n"
                   "rep lodsb\n"
                   "pushfl; andl $0xfffffeff, (%%esp); popfl"
                   :
                   : "S"(watched)
                   : "memory", "cc", "eax", "ecx");
  show_traps ("steps of rep");

  write_dr (0, (u32) marked);
  write_dr (7, 0x00000402);
  __asm__ volatile(".globl marked\nmarked: nop" : : : "memory");
  show ("at the mark", last_eip == (u32) marked);
  show_traps ("code breakpoint");

  write_dr (0, (u32) &watched[1]);
  write_dr (7, 0x000d0402); /* 4 bytes, writes */
  watched[0] = 1;
  watched[1] = 2;
  (void) watched[1];
  *((volatile u8 *) &watched[1] + 3) = 4;
  watched[2] = 3;
  show_traps ("write breakpoint");
  write_dr (7, 0x000f0402); /* 4 bytes, reads and writes */
  (void) watched[1];
  watched[1] = 2;
  show_traps ("access breakpoint");
  write_dr (1, (u32) &watched[2]);
  write_dr (7, 0x00dd0408); /* only DR1 */
  watched[1] = 2;
  watched[2] = 2;
  show_traps ("second breakpoint");
  write_dr (7, 0x400);
  watched[1] = 2;
  show_traps ("all off");

  put ("debug: done\n");
  return 0;
}
