/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A guest that does something endless and unpleasant on all its processors at
 * once, after it has said "ready". Its command line says how many there are,
 * and what they do.
 */
#include "guest.h"

static u32 directory[1024] __attribute__ ((aligned (4096)));
static u8  from[65536], to[65536];
static u32 tops[32]; /* where each processor's stack begins anew */
static void (*wrong) (u32 seed);
static volatile u32 waiting, go; /* the other processors */

/* A REP that is hardly ever done. */
static void
strings (void)
{
  for (;;) {
    u32 count = 0xffffffff, si = (u32) from, di = (u32) to;

    __asm__ volatile("rep movsb"
                     : "+c"(count), "+S"(si), "+D"(di)
                     :
                     : "memory");
  }
}

static void
ports (void)
{
  for (;;) {
    u32 count = 0xffffffff, si = 0;

    __asm__ volatile("rep outsb" : "+c"(count), "+S"(si) : "d"(0x80));
  }
}

/* The directory is its own table and its own page, everywhere. */
static void
tables (void)
{
  volatile u32 *self = (volatile u32 *) 0xfffff000u;

  write_cr4 (read_cr4 () | 0x10);
  write_cr3 ((u32) directory);
  write_cr0 (read_cr0 () | 0x80000000u);
  for (;;) {
    write_cr3 ((u32) directory);
    for (u32 i = 257; i < 1023; i++) {
      self[i] = (u32) directory | 7;
      invlpg (i << 22);
      (void) *(volatile u32 *) (i << 22 | i << 12);
    }
  }
}

/* Frames that no IRET can take. */
static void
returns (u32 seed)
{
  __asm__ volatile("pushl %0; pushl %0; pushl %0; pushl %0; pushl %0; iretl"
                   :
                   : "r"(seed));
}

/* Locked additions to registers of devices, to ROM, to nothing, across cache
 * lines and pages; then a LOCK that is none. */
static void
locks (u32 seed)
{
  static const u32 where[] = { 0xfee00080, 0xfed000f0, 0xfec00000, 0xfffffff0,
                               0xd0000000, 0x000b8001, 0x00200fff };

  __asm__ volatile("lock addl $1, (%0)" : : "r"(where[seed % 7]) : "memory");
  __asm__ volatile(".byte 0xf0, 0x90");
}

static void
stop (void)
{
  for (;;)
    __asm__ volatile("cli; hlt");
}

static void
reset (void)
{
  static const u8 nothing[6];

  __asm__ volatile("lidt %0; int3" : : "m"(nothing));
}

static void
spin (void)
{
  for (;;)
    ;
}

static u32
me (void)
{
  return *(volatile u32 *) 0xfee00020 >> 24 & 31;
}

/* Does what is wrong for ever, on a stack that begins anew. */
static void
go_wrong (void)
{
  __asm__ volatile("movl %0, %%esp\n"
                   "1: rdtsc; pushl %%eax; call *%1; popl %%eax; jmp 1b"
                   :
                   : "b"(tops[me ()]), "S"(wrong));
}

static int
on_fault (struct frame *frame)
{
  (void) frame;
  go_wrong ();
  return 0;
}

static void
run (void)
{
  u32 here;

  __asm__ volatile("movl %%esp, %0" : "=r"(here));
  tops[me ()] = here;
  switch (guest_arguments ()[2]) {
  case 's':
    strings ();
    break;
  case 'p':
    ports ();
    break;
  case 't':
    tables ();
    break;
  case 'i':
    wrong = returns;
    go_wrong ();
    break;
  case 'l':
    wrong = locks;
    go_wrong ();
    break;
  case 'h':
    stop ();
    break;
  case 'r':
    reset ();
    break;
  default:
    spin ();
    break;
  }
}

static void
other (void)
{
  __asm__ volatile("lock incl %0" : "+m"(waiting) : : "cc");
  while (!go)
    __asm__ volatile("pause");
  run ();
}

int
main (void)
{
  for (u32 i = 0; i < 32; i++)
    guest_handlers[i] = on_fault;
  for (u32 i = 0; i < 256; i++)
    directory[i] = i << 22 | 0x87;
  directory[1023] = (u32) directory | 7;
  guest_start_others (other);
  while (waiting + 1 < (u32) (guest_arguments ()[0] - '0'))
    __asm__ volatile("pause");
  put ("ready\n");
  go = 1;
  run ();
  return 0;
}
