/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The benchmark's guest as a hypervisor with VT-x: what a world switch and an
 * access to the VMCS cost.
 *
 * Level 2 shares code, stack and tables with level 1; in the second dimension
 * it has 1 GiB of 2 MiB pages.
 *
 * Intel SDM volume 3, "Virtual Machine Control Structures".
 */

#include "app/cli/bench/guest-vmx.h"

#define PAGE     __attribute__ ((aligned (4096)))
#define CR4_VMXE 0x2000u

static uint8_t  vmxon_region[4096] PAGE;
static uint8_t  vmcs_region[4096] PAGE;
static uint64_t ept[3][512] PAGE;

static uint64_t
read_msr (uint32_t index)
{
  uint32_t low, high;

  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
  return (uint64_t) high << 32 | low;
}

static void
put (uint64_t field, uint64_t value)
{
  __asm__ volatile("vmwrite %1, %0" : : "r"(field), "r"(value) : "cc");
}

static uint64_t
get (uint64_t field)
{
  uint64_t value = 0;

  __asm__ volatile("vmread %1, %0" : "=r"(value) : "r"(field) : "cc");
  return value;
}

/* The bits that must be 1, and those of @wanted. */
static void
put_controls (uint64_t field, uint32_t msr, uint32_t wanted)
{
  put (field, (uint32_t) read_msr (msr) | wanted);
}

static void
make_ept (void)
{
  ept[0][0] = (uint64_t) ept[1] | 7;
  ept[1][0] = (uint64_t) ept[2] | 7;
  for (uint64_t i = 0; i < 512; i++)
    ept[2][i] = i << 21 | 0xb7;
}

static void
leave (void)
{
  __asm__ volatile("1: vmcall; jmp 1b");
}

static void
put_segments (void)
{
  for (uint64_t s = 0; s < 6; s++) {
    put (0x0800 + 2 * s, s == 1 ? 0x18 : 0x20);
    put (0x0c00 + 2 * s, s == 1 ? 0x18 : 0x20);
    put (0x4800 + 2 * s, 0xffffffff);
    put (0x4814 + 2 * s, s == 1 ? 0xa09b : 0xc093);
    put (0x6806 + 2 * s, 0);
  }
  put (0x0c0c, 0x20);
  put (0x4820, 0x10000);
  put (0x4822, 0x8b);
  put (0x480e, 0x67);
}

static void
fill_vmcs (void)
{
  uint64_t cr0, cr3, cr4;

  __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
  __asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
  __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
  put_controls (0x4000, 0x48d, 0);
  put_controls (0x4002, 0x48e, 1u << 31);
  put (0x401e, 1u << 1 | 1u << 5); /* EPT, VPID */
  put_controls (0x400c, 0x48f, 1u << 9);
  put_controls (0x4012, 0x490, 1u << 9);
  put (0x0000, 1);
  put (0x201a, (uint64_t) ept[0] | 3 << 3 | 6);
  put (0x2800, ~(uint64_t) 0);
  put (0x6800, cr0);
  put (0x6c00, cr0);
  put (0x6802, cr3);
  put (0x6c02, cr3);
  put (0x6804, cr4);
  put (0x6c04, cr4);
  put_segments ();
  put (0x681e, (uint64_t) leave);
  put (0x6820, 2);
}

/* VMX operation with a VMCS that can be launched; 0: there is none. */
static int
begin (void)
{
  uint64_t region = (uint64_t) vmcs_region;
  uint64_t cr4;
  uint32_t a = 1, b, c = 0, d;

  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  if ((c & 0x20) == 0)
    return 0;
  __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
  if ((cr4 & CR4_VMXE) == 0) {
    uint64_t on = (uint64_t) vmxon_region;

    __asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | CR4_VMXE) : "memory");
    *(uint32_t *) vmxon_region = (uint32_t) read_msr (0x480);
    *(uint32_t *) vmcs_region = (uint32_t) read_msr (0x480);
    __asm__ volatile("vmxon %0" : : "m"(on) : "cc", "memory");
    make_ept ();
  }
  __asm__ volatile("vmclear %0; vmptrld %0" : : "m"(region) : "cc", "memory");
  fill_vmcs ();
  return 1;
}

uint64_t
guest_entries (uint64_t count)
{
  return begin () && guest_vmresumes (count) && get (0x4402) == 18 ? count : 0;
}

uint64_t
guest_fields (uint64_t count)
{
  if (!begin ())
    return 0;
  for (uint64_t i = 0; i < count; i++)
    put (0x681c, get (0x681c) + 1);
  return get (0x681c) == count ? count * 2 : 0;
}
