/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Segment limits and rights on each access, and reserved bits: what emulators
 * leave out for speed.
 *
 * Intel SDM volume 3, "Limit Checking", "Type Checking", "Control Registers".
 */
#include "guest.h"

enum {
  SEL_SMALL = SEL_FREE,         /* data, limit 0x0f */
  SEL_READ_ONLY = SEL_FREE + 8, /* data, not writable */
  SEL_DOWN = SEL_FREE + 16      /* expand-down above 0xffff */
};

static void
read_small (u32 offset)
{
  __asm__ volatile("pushl %%fs; movl %1, %%fs; movl %%fs:(%0), %%eax; "
                   "popl %%fs"
                   :
                   : "r"(offset), "r"(SEL_SMALL)
                   : "eax");
}

static void
read_down (u32 offset)
{
  __asm__ volatile("movl %1, %%fs; movb %%fs:(%0), %%al"
                   :
                   : "r"(offset), "r"(SEL_DOWN)
                   : "eax");
}

static void
write_read_only (u32 offset)
{
  __asm__ volatile("movl %1, %%fs; movl %%eax, %%fs:(%0)"
                   :
                   : "r"(offset), "r"(SEL_READ_ONLY));
}

static void
null_access (u32 offset)
{
  __asm__ volatile("movl %1, %%fs; movl %%fs:(%0), %%eax"
                   :
                   : "r"(offset), "r"(0)
                   : "eax");
}

static void
bad_msr (u32 index)
{
  read_msr (index);
}

static void
bad_cr4 (u32 value)
{
  write_cr4 (value);
}

static void
paging_without_protection (u32 unused)
{
  (void) unused;
  write_cr0 ((read_cr0 () | 0x80000000u) & ~1u);
}

static void
read_dr_with_gd (u32 unused)
{
  u32 value;

  (void) unused;
  __asm__ volatile("movl %%dr0, %0" : "=r"(value));
}

int
main (void)
{
  guest_gdt[SEL_SMALL / 8] = make_segment (0x1000, 0x0f, 0x93, 4);
  guest_gdt[SEL_READ_ONLY / 8] = make_segment (0, 0xfffff, 0x91, 0xc);
  guest_gdt[SEL_DOWN / 8] = make_segment (0, 0xffff, 0x97, 4);

  show_fault ("within the limit", guest_try (read_small, 0x0c));
  show_fault ("across the limit", guest_try (read_small, 0x0d));
  show_fault ("below expand-down", guest_try (read_down, 0xffff));
  show_fault ("above expand-down", guest_try (read_down, 0x10000));
  show_fault ("write read-only", guest_try (write_read_only, 0));
  show_fault ("through null", guest_try (null_access, 0));
  show_fault ("rdmsr of nothing", guest_try (bad_msr, 0x12345678));
  show_fault ("cr4 reserved", guest_try (bad_cr4, 0x80000000u));
  show_fault ("PG without PE", guest_try (paging_without_protection, 0));
  __asm__ volatile("movl %0, %%dr6; movl %1, %%dr7"
                   :
                   : "r"(0xffff0ff0), "r"(0x2400)); /* GD */
  show_fault ("general detect", guest_try (read_dr_with_gd, 0));
  {
    u32 dr6;

    __asm__ volatile("movl %%dr6, %0" : "=r"(dr6));
    show (" dr6.bd", dr6 & 0x2000);
  }
  put ("limits: done\n");
  return 0;
}
