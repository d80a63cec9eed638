/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Hardware task switches: by jump, by call and return, through task gates, and
 * into tasks that cannot be.
 *
 * Intel SDM volume 3, "Task Management".
 */
#include "guest.h"

enum {
  SEL_OTHER = SEL_FREE,         /* TSS of the other task */
  SEL_TASK_GATE = SEL_FREE + 8, /* task gate to it */
  SEL_SHORT = SEL_FREE + 16,    /* a TSS that is too small */
  SEL_ABSENT = SEL_FREE + 24    /* a TSS that is not present */
};

static struct tss other;
static u8         other_stack[4096] __attribute__ ((aligned (16)));
static u32        trace[16];
static u32        n_trace;

static void
note (u32 what)
{
  if (n_trace < 16)
    trace[n_trace++] = what;
}

static u32
read_tr (void)
{
  u32 value = 0;

  __asm__ volatile("str %0" : "=r"(value));
  return value & 0xffff;
}

static u32
read_flags (void)
{
  u32 value;

  __asm__ volatile("pushfl; popl %0" : "=r"(value));
  return value;
}

/* The other task: notes where it is, then leaves as it came. */
static void
other_main (void)
{
  for (;;) {
    note (read_tr ());
    note (read_flags () & 0x4000); /* NT */
    note (guest_gdt[SEL_OTHER / 8] >> 40 & 0xf);
    note (guest_gdt[SEL_TSS / 8] >> 40 & 0xf);
    if ((read_flags () & 0x4000) != 0)
      __asm__ volatile("iretl");
    else
      __asm__ volatile("ljmpl %0, $0" : : "i"(SEL_TSS));
  }
}

static void
prepare (void *entry)
{
  other = (struct tss){ .eip = (u32) entry,
                        .eflags = 2,
                        .esp = (u32) other_stack + sizeof other_stack,
                        .es = SEL_DATA,
                        .cs = SEL_CODE,
                        .ss = SEL_DATA,
                        .ds = SEL_DATA,
                        .fs = SEL_DATA,
                        .gs = SEL_DATA,
                        .iomap = sizeof other };
  guest_gdt[SEL_OTHER / 8] =
      make_segment ((u32) &other, sizeof other - 1, 0x89, 0);
  n_trace = 0;
}

static void
show_trace (const char *name)
{
  put (name);
  for (u32 i = 0; i < n_trace; i++) {
    put_char (' ');
    put_hex (trace[i]);
  }
  put ("\n");
  show (" own type", guest_gdt[SEL_TSS / 8] >> 40 & 0xf);
  show (" other type", guest_gdt[SEL_OTHER / 8] >> 40 & 0xf);
  show (" back link", other.back & 0xffff);
}

static void
jump_to (u32 selector)
{
  struct {
    u32 offset;
    u16 selector;
  } __attribute__ ((packed)) target = { 0, (u16) selector };

  __asm__ volatile("ljmpl *%0" : : "m"(target) : "memory", "cc");
}

static void
call_to (u32 selector)
{
  struct {
    u32 offset;
    u16 selector;
  } __attribute__ ((packed)) target = { 0, (u16) selector };

  __asm__ volatile("lcalll *%0" : : "m"(target) : "memory", "cc");
}

static void
interrupt (u32 unused)
{
  (void) unused;
  __asm__ volatile("int $0x50" : : : "memory", "cc");
}

int
main (void)
{
  guest_tss.cr3 = 0;
  guest_gdt[SEL_TASK_GATE / 8] = make_gate (NULL, SEL_OTHER, 0x85);
  guest_gdt[SEL_SHORT / 8] = make_segment ((u32) &other, 0x60, 0x89, 0);
  guest_gdt[SEL_ABSENT / 8] =
      make_segment ((u32) &other, sizeof other - 1, 0x09, 0);
  guest_idt[0x50] = (u64) SEL_OTHER << 16 | 0x85ull << 40;

  prepare (other_main);
  show_fault ("jump", guest_try (jump_to, SEL_OTHER));
  show_trace (" trace");
  prepare (other_main);
  show_fault ("call", guest_try (call_to, SEL_OTHER));
  show_trace (" trace");
  prepare (other_main);
  show_fault ("call gate", guest_try (call_to, SEL_TASK_GATE));
  show_trace (" trace");
  prepare (other_main);
  show_fault ("interrupt", guest_try (interrupt, 0));
  show_trace (" trace");
  show ("CR0.TS", read_cr0 () >> 3 & 1);

  show_fault ("jump to self", guest_try (jump_to, SEL_TSS));
  show_fault ("jump to short", guest_try (jump_to, SEL_SHORT));
  show_fault ("jump to absent", guest_try (jump_to, SEL_ABSENT));
  put ("task-switch: done\n");
  return 0;
}
