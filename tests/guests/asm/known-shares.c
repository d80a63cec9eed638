/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Three functions that take 50, 30 and 20 percent of the time, for ever: each
 * goes round the same loop so many times. What a profiler says of it is
 * compared with that.
 */
#include "guest.h"

#define ROUNDS 2000u

#define LOOP(rounds)                     \
  __asm__ volatile("1: addl $1, %%eax\n" \
                   "xorl %%eax, %%edx\n" \
                   "decl %0\n"           \
                   "jnz 1b\n"            \
                   : "+c"(rounds)        \
                   :                     \
                   : "eax", "edx", "cc")

__attribute__ ((noinline)) static void
takes_half (void)
{
  u32 rounds = 5 * ROUNDS;

  LOOP (rounds);
}

__attribute__ ((noinline)) static void
takes_three_tenths (void)
{
  u32 rounds = 3 * ROUNDS;

  LOOP (rounds);
}

__attribute__ ((noinline)) static void
takes_a_fifth (void)
{
  u32 rounds = 2 * ROUNDS;

  LOOP (rounds);
}

int
main (void)
{
  put ("working\n");
  for (;;) {
    takes_half ();
    takes_three_tenths ();
    takes_a_fifth ();
  }
}
