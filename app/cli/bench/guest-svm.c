/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The benchmark's guest as a hypervisor: its loops one or two levels deeper.
 *
 * Level 2 runs in a VMCB with nested paging, on the same tables as level 1 in
 * both dimensions. For level 3, level 2 makes a VMCB of its own and executes
 * VMRUN; level 1 enters that VMCB in its stead, since both see memory alike,
 * and lets level 2 go on when it is left. Registers but RAX and RSP are the
 * same for host and guest; guest_vmrun() puts away what C needs.
 *
 * AMD64 APM volume 2, "Secure Virtual Machine".
 */

#include "app/cli/bench/guest-svm.h"

#define PAGE        __attribute__ ((aligned (4096)))
#define EFER        0xc0000080u
#define EFER_SVME   0x1000u
#define VM_HSAVE_PA 0xc0010117u
#define EXIT_VMRUN  0x80u
#define EXIT_VMCALL 0x81u
#define VMRUN_BYTES 3u

static uint8_t vmcbs[2][4096] PAGE;
static uint8_t host_save[4096] PAGE;
static uint8_t permissions[3 * 4096] PAGE;
static uint8_t stacks[2][16384] PAGE;

static const Workload *loop;
static uint8_t        *loop_arena;
static uint64_t        loop_times;
static uint64_t        loop_sum;

static uint64_t
read_msr (uint32_t index)
{
  uint32_t low, high;

  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
  return (uint64_t) high << 32 | low;
}

static void
write_msr (uint32_t index, uint64_t value)
{
  __asm__ volatile("wrmsr"
                   :
                   : "a"((uint32_t) value), "d"((uint32_t) (value >> 32)),
                     "c"(index));
}

static void
put (uint8_t *vmcb, unsigned offset, uint64_t value)
{
  *(volatile uint64_t *) (vmcb + offset) = value;
}

static uint64_t
get (const uint8_t *vmcb, unsigned offset)
{
  return *(const volatile uint64_t *) (vmcb + offset);
}

/* Selector, attributes and limit of a flat segment. */
static void
put_segment (uint8_t *vmcb, unsigned offset, uint64_t low)
{
  put (vmcb, offset, low);
  put (vmcb, offset + 8, 0);
}

static void
make_vmcb (unsigned level, void (*entry) (void))
{
  uint8_t *vmcb = vmcbs[level];
  uint64_t cr0, cr3, cr4;

  __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
  __asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
  __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
  put (vmcb, 0x010, 3); /* intercepts: VMRUN and VMMCALL */
  put (vmcb, 0x040, (uint64_t) permissions);
  put (vmcb, 0x048, (uint64_t) permissions);
  put (vmcb, 0x058, level + 1); /* ASID */
  put (vmcb, 0x090, 1);         /* nested paging */
  put (vmcb, 0x0b0, cr3);
  put_segment (vmcb, 0x400, 0xffffffff0c930020); /* ES, CS, SS, DS */
  put_segment (vmcb, 0x410, 0xffffffff0a9b0018);
  put_segment (vmcb, 0x420, 0xffffffff0c930020);
  put_segment (vmcb, 0x430, 0xffffffff0c930020);
  put (vmcb, 0x4d0, read_msr (EFER));
  put (vmcb, 0x548, cr4);
  put (vmcb, 0x550, cr3);
  put (vmcb, 0x558, cr0);
  put (vmcb, 0x560, 0x400);      /* DR7 */
  put (vmcb, 0x568, 0xffff0ff0); /* DR6 */
  put (vmcb, 0x570, 2);          /* RFLAGS */
  put (vmcb, 0x578, (uint64_t) entry);
  put (vmcb, 0x5d8, (uint64_t) stacks[level] + sizeof stacks[level] - 8);
  put (vmcb, 0x668, 0x0007040600070406); /* PAT */
}

static void
hypercall (void)
{
  __asm__ volatile("vmmcall" : : : "memory");
}

/* The innermost level. */
static void
run_inside (void)
{
  loop_sum = loop->run (loop_arena, loop_times);
  hypercall ();
}

/* Level 2 with a guest of its own. */
static void
run_between (void)
{
  make_vmcb (1, run_inside);
  guest_vmrun (vmcbs[1]);
  if (get (vmcbs[1], 0x070) != EXIT_VMCALL)
    loop_sum = 0;
  hypercall ();
}

int
guest_svm_begin (void)
{
  uint32_t a = 0x80000001, b, c = 0, d;

  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  if ((c & 4) == 0)
    return 0;
  write_msr (EFER, read_msr (EFER) | EFER_SVME);
  write_msr (VM_HSAVE_PA, (uint64_t) host_save);
  return 1;
}

uint64_t
guest_at_level (unsigned        level,
                const Workload *work,
                uint8_t        *arena,
                uint64_t        times)
{
  uint8_t *outer = vmcbs[0];

  loop = work;
  loop_arena = arena;
  loop_times = times;
  loop_sum = 0;
  make_vmcb (0, level > 2 ? run_between : run_inside);
  guest_vmrun (outer);
  while (get (outer, 0x070) == EXIT_VMRUN) {
    guest_vmrun ((uint8_t *) get (outer, 0x5f8));
    put (outer, 0x578, get (outer, 0x578) + VMRUN_BYTES);
    guest_vmrun (outer);
  }
  return get (outer, 0x070) == EXIT_VMCALL ? loop_sum : 0;
}

uint64_t
guest_round_trips (uint64_t count)
{
  make_vmcb (0, hypercall);
  guest_vmruns (vmcbs[0], count);
  return get (vmcbs[0], 0x070) == EXIT_VMCALL ? count : 0;
}
