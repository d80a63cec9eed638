/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Segments: a descriptor table of our own with code and data, both of 4 GiB.
 *
 * Intel SDM volume 3, "Segment Descriptors".
 */
#include "kernel.h"

static const u64 gdt[] = {
  0, 0x00cf9b000000ffff, /* 0x08: code, readable, 4 GiB */
  0x00cf93000000ffff,    /* 0x10: data, writable, 4 GiB */
};

void
gdt_init (void)
{
  struct {
    u16 limit;
    u32 base;
  } __attribute__ ((packed)) pointer = { sizeof gdt - 1, (u32) gdt };

  __asm__ volatile("lgdt %0\n\t"
                   "ljmp $0x08, $1f\n"
                   "1:\n\t"
                   "mov $0x10, %%eax\n\t"
                   "mov %%eax, %%ds\n\t"
                   "mov %%eax, %%es\n\t"
                   "mov %%eax, %%fs\n\t"
                   "mov %%eax, %%gs\n\t"
                   "mov %%eax, %%ss"
                   :
                   : "m"(pointer)
                   : "eax", "memory");
}
