/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Pages: the first 4 MiB to themselves, without page 0.
 *
 * Intel SDM volume 3, "32-Bit Paging".
 */
#include "kernel.h"

static u32 directory[1024] __attribute__ ((aligned (4096)));
static u32 table[1024] __attribute__ ((aligned (4096)));

void
paging_init (void)
{
  for (u32 i = 1; i < 1024; i++)
    table[i] = i << 12 | 3; /* present, writable */
  directory[0] = (u32) table | 3;
  __asm__ volatile("mov %0, %%cr3" : : "r"(directory) : "memory");
  __asm__ volatile("mov %%cr0, %%eax\n\t"
                   "or $0x80000000, %%eax\n\t"
                   "mov %%eax, %%cr0"
                   :
                   :
                   : "eax", "memory");
}
