/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The monitor guest: a kernel without an operating system around it.
 *
 * It reads a line (from the keyboard or COM1), does what the line says and
 * tells what happened: ports, memory, page tables, interrupts, the demo
 * device. The same sources are built twice, for 32-bit protected mode and for
 * 64-bit mode; what differs is in boot32.S, boot64.S and paging.c.
 *
 *   boot32.S, boot64.S  from the boot loader's hands to C; interrupt stubs
 *   console.c           screen, serial port, keyboard; printing and reading
 *   trap.c              interrupts and exceptions
 *   paging.c            page tables: building, walking, touching
 *   pci.c               the PCI bus, and the demo device on it
 *   shell.c             the commands
 */
#pragma once

#include "tutorials/guests/pc.h"

typedef unsigned long word; /* an address: 32 or 64 bits */

#define NULL ((void *) 0)

/* What the stubs push; trap() may change it. */
typedef struct {
#ifdef __x86_64__
  word r15, r14, r13, r12, r11, r10, r9, r8;
#endif
  word di, si, bp, bx, dx, cx, ax;
  word vector, error;
  word ip, cs, flags;
} Frame;

/* -- the processor ------------------------------------------------------- */

#define READ_REGISTER(name)                                \
  static inline word read_##name (void)                    \
  {                                                        \
    word value;                                            \
                                                           \
    __asm__ volatile("mov %%" #name ", %0" : "=r"(value)); \
    return value;                                          \
  }
READ_REGISTER (cr0)
READ_REGISTER (cr2)
READ_REGISTER (cr3)
READ_REGISTER (cr4)

static inline void
write_cr0 (word value)
{
  __asm__ volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static inline void
write_cr3 (word value)
{
  __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline void
write_cr4 (word value)
{
  __asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static inline void
invlpg (word address)
{
  __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* -- console.c ----------------------------------------------------------- */

void console_init (void);
void put (char c);
void print (const char *text);
/* %s %c %u (decimal) %x (hexadecimal) %X (64 bits) %w (an address), %02x … */
void print_format (const char *format, ...);
/* Reads a line; sleeps between interrupts. */
void console_read_line (char *line, u32 size);
void console_key_interrupt (void);
void console_clear (void);

/* -- trap.c -------------------------------------------------------------- */

void trap_init (void);
void trap (Frame *frame);
void irq_enable (u32 irq);
u32  irq_count (u32 irq);

/* What probing memory met. */
typedef struct {
  int  faulted;
  word vector, error, address;
} Fault;

/* Read or write @size bytes (1, 2, 4 or 8) and survive. */
Fault probe_read (word address, u32 size, u64 *value);
Fault probe_write (word address, u32 size, u64 value);
void  print_fault (const Fault *fault);

/* -- paging.c ------------------------------------------------------------ */

void paging_init (void);
void paging_command (char **words, u32 n);
void walk_command (char **words, u32 n);
void map_command (char **words, u32 n);
void unmap_command (char **words, u32 n);

/* -- pci.c --------------------------------------------------------------- */

void pci_command (char **words, u32 n);
void demo_command (char **words, u32 n);
/* Whether the demo device caused IRQ @irq; acknowledges it. */
void demo_interrupt (u32 irq);

/* -- shell.c ------------------------------------------------------------- */

/* "0x7c00", "7c00h" and "31744"; 0 if there is no number. */
int  parse_number (const char *text, u64 *number);
int  same (const char *a, const char *b);
void shell (void);

#define MODE_TEXT (sizeof (word) == 8 ? "64-bit" : "32-bit")
