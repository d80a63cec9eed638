/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Performance counters: known loops are counted to the instruction, by ring;
 * an overflow interrupts through the local APIC and says so; what is reserved
 * faults. On Intel's processors with architectural performance monitoring, on
 * AMD's with the four counters of old; on others it says that there are none.
 *
 * Intel SDM volume 3, "Architectural Performance Monitoring"; AMD APM volume
 * 2, "Performance Monitoring Counters".
 */
#include "guest.h"

enum {
  SVR = 0xfee000f0,
  LVT_PERFORMANCE = 0xfee00340,
  VECTOR = 0x55,
  SYSCALL = 0x80,
  LOOPS = 1000,
  /* An iteration is two; the moves around the loop are two more. */
  COUNT = 2 * LOOPS + 2,
  SELECT = 0xc0, /* instructions retired */
  CYCLES = 0x3c,
  USER = 1 << 16,
  OS = 1 << 17,
  INTERRUPT = 1 << 20,
  ENABLE = 1 << 22
};

static u32 select0, count0, on_msr, on_value;
u32        hits, late, saved_esp;
extern u8  overflowed[], from_user[], user_code[];

__asm__(".globl overflowed\n"
        "overflowed: pushl %eax; pushl %ecx; pushl %edx\n"
        "  xorl %ecx, %ecx; rdpmc; movl %eax, late; incl hits\n"
        "  movl $0, 0xfee000b0\n"
        "  popl %edx; popl %ecx; popl %eax; iretl\n"
        ".globl user_code\n"
        "user_code: movl $1000, %esi\n"
        "1: decl %esi; jnz 1b\n"
        "  int $0x80\n"
        ".globl from_user\n"
        "from_user: pushl %ss; popl %ds; pushl %ss; popl %es\n"
        "  movl saved_esp, %esp; ret\n");

/* Counts the loop and the two moves; neither WRMSR. */
static void
count_loop (u32 loops)
{
  __asm__ volatile("wrmsr\n"
                   "movl %3, %%esi\n"
                   "1: decl %%esi; jnz 1b\n"
                   "xorl %%eax, %%eax\n"
                   "wrmsr"
                   :
                   : "c"(on_msr), "a"(on_value), "d"(0), "D"(loops)
                   : "esi", "memory");
}

/* The loop in ring 3, with the counter on from before to after. Going there
 * takes the data segments away. */
static void __attribute__ ((noinline)) visit_user (void)
{
  __asm__ volatile("pushl $2f\n"
                   "movl %%esp, saved_esp\n"
                   "movl %%esp, %%eax\n"
                   "pushl %0; pushl %%eax; pushl $2; pushl %1\n"
                   "pushl $user_code\n"
                   "iretl\n"
                   "2:"
                   :
                   : "i"(SEL_USER_DATA), "i"(SEL_USER_CODE)
                   : "eax", "esi", "memory");
}

static u32
read_pmc (u32 which)
{
  u32 low;

  __asm__ volatile("rdpmc" : "=a"(low) : "c"(which) : "edx");
  return low;
}

static void
try_read (u32 which)
{
  read_pmc (which);
}

static void
try_select (u32 value)
{
  write_msr (select0, value);
}

/* Counts one loop with @select in the first counter. */
static u32
measure (u32 select)
{
  write_msr (count0, 0);
  if (on_msr == select0)
    on_value = select | ENABLE;
  else
    write_msr (select0, select | ENABLE);
  count_loop (LOOPS);
  return read_pmc (0);
}

static void
interrupts (u32 intel)
{
  *(volatile u32 *) SVR = 0x1ff;
  *(volatile u32 *) LVT_PERFORMANCE = VECTOR;
  set_gate (VECTOR, overflowed, 0x8e);
  write_msr (count0, intel ? 0xfffff000 : 0xfffffffff000);
  if (on_msr == select0)
    on_value = SELECT | OS | INTERRUPT | ENABLE;
  else
    write_msr (select0, SELECT | OS | INTERRUPT | ENABLE);
  __asm__ volatile("sti");
  count_loop (10000);
  __asm__ volatile("cli");
  show ("interrupts", hits);
  show ("soon", late < 200);
  show ("masked", *(volatile u32 *) LVT_PERFORMANCE >> 16);
  if (intel) {
    show ("status", (u32) read_msr (0x38e));
    write_msr (0x390, 1);
    show ("cleared", (u32) read_msr (0x38e));
  }
}

static void
fixed_counters (void)
{
  write_msr (select0, 0);
  write_msr (0x38d, 0x33);
  on_value = 0;
  write_msr (0x309, 0);
  write_msr (0x30a, 0);
  __asm__ volatile("wrmsr\n"
                   "movl $1000, %%esi\n"
                   "1: decl %%esi; jnz 1b\n"
                   "xorl %%edx, %%edx\n"
                   "wrmsr"
                   :
                   : "c"(0x38f), "a"(0), "d"(3)
                   : "esi", "memory");
  show ("fixed instructions", read_pmc (0x40000000));
  show ("fixed cycles", read_pmc (0x40000001));
  show_fault ("fixed counter 2", guest_try (try_read, 0x40000002));
  show_fault ("reserved bit", guest_try (try_select, 1 << 21));
}

int
main (void)
{
  u32 eax = 0, ebx, ecx = 0, edx, intel;

  __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  intel = ebx == 0x756e6547;
  if (intel) {
    eax = 0xa;
    ecx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    show ("version, counters, width", eax);
    show ("events that are not", ebx);
    show ("fixed", edx);
    if (eax == 0) {
      put ("pmu: none\n");
      return 0;
    }
  }
  select0 = intel ? 0x186 : 0xc0010000;
  count0 = intel ? 0xc1 : 0xc0010004;
  on_msr = intel ? 0x38f : select0;
  on_value = 1;
  write_msr (on_msr, 0);
  show ("instructions", measure (SELECT | OS | USER) - COUNT);
  show ("of the kernel", measure (SELECT | OS) - COUNT);
  show ("of programs", measure (SELECT | USER));
  show ("cycles", measure ((intel ? CYCLES : 0x76) | OS) - COUNT);
  show ("another event", measure (0x2e | OS));
  show ("no such cycle", measure (SELECT | OS | 2 << 24));

  set_gate (SYSCALL, from_user, 0xee);
  write_msr (count0, 0);
  write_msr (select0, SELECT | USER | ENABLE);
  write_msr (on_msr, intel ? 1 : SELECT | USER | ENABLE);
  visit_user ();
  write_msr (on_msr, 0);
  /* mov, the loop, int. */
  show ("in ring 3", read_pmc (0) - COUNT);

  interrupts (intel);
  show_fault ("counter 4", guest_try (try_read, 4));
  if (intel)
    fixed_counters ();
  put ("pmu: done\n");
  return 0;
}
