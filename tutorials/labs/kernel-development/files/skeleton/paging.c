/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* Pages.
 *
 * Exercise: map the first 4 MiB to themselves with pages of 4 KiB: one page
 * directory, one page table, both aligned to 4096 bytes. Leave page 0 out, so
 * that a null pointer faults. Put the directory's address into CR3 and set
 * CR0.PG. Intel SDM volume 3, "32-Bit Paging".
 */
#include "kernel.h"

void
paging_init (void)
{
}
