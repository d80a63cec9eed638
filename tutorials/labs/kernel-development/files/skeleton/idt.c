/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* Interrupts and exceptions.
 *
 * boot.S has a stub for each of the vectors 0 to 47 and their addresses in the
 * array `stubs`; each calls interrupt() below.
 *
 * Exercise: make 48 gates of 8 bytes (offset of the stub, selector 0x08, type
 * 0x8e: present, interrupt gate) and load them with LIDT. Then execute
 * `int3`; interrupt() must print "kernel: breakpoint" and return.
 * Intel SDM volume 3, "IDT Descriptors".
 */
#include "kernel.h"

Frame *interrupt (Frame *frame);

Frame *
interrupt (Frame *frame)
{
  return frame;
}

void
idt_init (void)
{
}
