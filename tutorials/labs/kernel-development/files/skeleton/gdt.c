/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* Segments.
 *
 * The boot loader's descriptor table may be overwritten at any time, so the
 * kernel needs its own. Three entries will do: the null entry that the
 * processor insists on, code and data. Both span 4 GiB from address 0.
 *
 * Exercise: fill in the table, load it with LGDT, and load the segment
 * registers with the new selectors: 0x08 into CS (by a far jump), 0x10 into
 * the others. Intel SDM volume 3, "Segment Descriptors".
 */
#include "kernel.h"

void
gdt_init (void)
{
}
