/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Code that changes under the processor: an immediate in a loop, the next
 * instruction, across a page, by a string instruction; and data beside it that
 * change nothing of it.
 *
 * Intel SDM volume 3, "Self-Modifying Code". A serialising instruction stands
 * where the manual wants one.
 */
#include "guest.h"

/* Room for code that begins shortly before a page border. */
static u8 area[3 * 4096] __attribute__ ((aligned (4096)));

static void
serialise (void)
{
  u32 a = 0, b, c = 0, d;

  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d) : : "memory");
}

typedef u32 (*function) (void);

/* mov eax, imm32; ret */
static function
make (u8 *at, u32 value)
{
  at[0] = 0xb8;
  for (u32 i = 0; i < 4; i++)
    at[1 + i] = (u8) (value >> 8 * i);
  at[5] = 0xc3;
  serialise ();
  return (function) at;
}

static u32
sum_of_versions (u8 *at, u32 n)
{
  u32 sum = 0;

  for (u32 i = 0; i < n; i++)
    sum += make (at, i * i) ();
  return sum;
}

/* Overwrites the INC right behind the store with NOP, then counts. */
static u32
next_instruction (void)
{
  u32 result;

  __asm__ volatile("xorl %%eax, %%eax\n"
                   "movb $0x40, 1f\n"
                   "jmp 2f\n"
                   "2: movb $0x90, 1f\n"
                   "jmp 1f\n"
                   "1: incl %%eax\n"
                   "nop\n"
                   "movb $0x40, 1b\n"
                   : "=a"(result)
                   :
                   : "memory", "cc");
  return result;
}

/* A loop whose own immediate grows each time round. */
static u32
growing_loop (void)
{
  u32 result;

  __asm__ volatile("movl $0, 1f + 2\n"
                   "xorl %%eax, %%eax\n"
                   "movl $100, %%ecx\n"
                   "jmp 1f\n"
                   "1: .byte 0x81, 0xc0; .long 0\n" /* add eax, imm32 */
                   "incl 1b + 2\n"
                   "loop 1b\n"
                   : "=a"(result)
                   :
                   : "memory", "ecx", "cc");
  return result;
}

/* Data in the page that the loop runs in, and in the loop's own bytes. */
static u32
data_beside (void)
{
  u32 result;

  __asm__ volatile("movl $0, 3f\n"
                   "movl $0, 4f\n"
                   "movl $1000, %%ecx\n"
                   "jmp 1f\n"
                   "3: .long 0\n"
                   "1: incl 3b\n"
                   "jmp 2f\n"
                   "4: .long 0\n"
                   "2: addl $3, 4b\n"
                   "loop 1b\n"
                   "movl 3b, %%eax\n"
                   "addl 4b, %%eax\n"
                   : "=a"(result)
                   :
                   : "memory", "ecx", "cc");
  return result;
}

/* Changed and changed back between two calls, then changed for good. */
static u32
there_and_back (u8 *at)
{
  u32 sum = make (at, 1) ();

  make (at, 20);
  sum += make (at, 1) ();
  sum += make (at, 20) ();
  return sum;
}

/* A jump to what changes: jmp +3; nop; nop; nop; then as make(). */
static u32
behind_a_jump (u8 *at, u32 n)
{
  u32 sum = 0;

  at[0] = 0xeb;
  at[1] = 3;
  at[2] = at[3] = at[4] = 0x90;
  for (u32 i = 0; i < n; i++) {
    make (at + 5, i & ~1u);
    sum += ((function) at) ();
    sum += ((function) at) ();
  }
  return sum;
}

static void
copy_by_string (u8 *to, const u8 *from, u32 n)
{
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

int
main (void)
{
  u8 spare[6];

  show ("versions", sum_of_versions (area, 200));
  show ("across a page", sum_of_versions (area + 4096 - 3, 200));
  show ("next instruction", next_instruction ());
  show ("next instruction", next_instruction ());
  show ("growing loop", growing_loop ());
  show ("data beside", data_beside ());
  show ("there and back", there_and_back (area + 64));
  show ("behind a jump", behind_a_jump (area + 128, 100));
  make (spare, 0x1111);
  copy_by_string (area + 8192 - 2, spare, 6);
  serialise ();
  show ("copied", ((function) (area + 8192 - 2)) ());
  make (spare, 0x2222);
  copy_by_string (area + 8192 - 2, spare, 6);
  serialise ();
  show ("copied over", ((function) (area + 8192 - 2)) ());
  put ("self-modify: done\n");
  return 0;
}
