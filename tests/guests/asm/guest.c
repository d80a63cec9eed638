/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The little library of the test guests: see guest.h.
 */
#include "guest.h"

#define COM1 0x3f8

u64        guest_gdt[N_SELECTORS] __attribute__ ((aligned (16)));
u64        guest_idt[256] __attribute__ ((aligned (16)));
struct tss guest_tss;
int (*guest_handlers[32]) (struct frame *frame);
extern u8 guest_stubs[];
extern u8 stack_top[];

void guest_init (void);
void guest_load_segments (void);

const char *
guest_arguments (void)
{
  const u32  *info = (const u32 *) guest_multiboot;
  const char *line = (info[0] & 4) != 0 ? (const char *) info[4] : "";

  while (*line != 0 && *line != ' ')
    line++;
  while (*line == ' ')
    line++;
  return line;
}

void
put_char (char c)
{
  while ((inb (COM1 + 5) & 0x20) == 0)
    ;
  outb (COM1, (u8) c);
}

void
put (const char *text)
{
  while (*text != 0)
    put_char (*text++);
}

void
put_hex (u32 value)
{
  for (int shift = 28; shift >= 0; shift -= 4)
    put_char ("0123456789abcdef"[value >> shift & 15]);
}

void
put_dec (u32 value)
{
  char digits[10];
  u32  n = 0;

  do {
    digits[n++] = (char) ('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (n > 0)
    put_char (digits[--n]);
}

void
show (const char *name, u32 value)
{
  put (name);
  put (": ");
  put_hex (value);
  put_char ('\n');
}

void
show_fault (const char *name, int result)
{
  put (name);
  if (result == 0) {
    put (": fine\n");
    return;
  }
  put (": vector ");
  put_dec (guest_fault.vector);
  put (" error ");
  put_hex (guest_fault.error);
  put_char ('\n');
}

u64
make_segment (u32 base, u32 limit, u8 access, u8 flags)
{
  return (limit & 0xffff) | (u64) (base & 0xffffff) << 16 | (u64) access << 40 |
         (u64) (limit >> 16 & 15) << 48 | (u64) flags << 52 |
         (u64) (base >> 24) << 56;
}

u64
make_gate (void *target, u16 selector, u8 type)
{
  u32 offset = (u32) target;

  return (offset & 0xffff) | (u32) selector << 16 | (u64) type << 40 |
         (u64) (offset >> 16) << 48;
}

void
set_gate (u32 vector, void *target, u8 type)
{
  guest_idt[vector] = make_gate (target, SEL_CODE, type);
}

static void
load_table (const char *which, void *table, u32 size)
{
  struct {
    u16 limit;
    u32 base;
  } __attribute__ ((packed)) pointer = { (u16) (size - 1), (u32) table };

  if (which[0] == 'g')
    __asm__ volatile("lgdt %0" : : "m"(pointer));
  else
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

void
guest_init (void)
{
  /* 8 data bits, divisor 1, FIFOs off. */
  outb (COM1 + 3, 0x80);
  outb (COM1, 1);
  outb (COM1 + 1, 0);
  outb (COM1 + 3, 3);
  outb (COM1 + 2, 0);
  /* The 8259s say nothing. */
  outb (0x21, 0xff);
  outb (0xa1, 0xff);

  guest_gdt[1] = make_segment (0, 0xfffff, 0x9b, 0xc);
  guest_gdt[2] = make_segment (0, 0xfffff, 0x93, 0xc);
  guest_gdt[3] = make_segment (0, 0xfffff, 0xfb, 0xc);
  guest_gdt[4] = make_segment (0, 0xfffff, 0xf3, 0xc);
  guest_gdt[5] = make_segment ((u32) &guest_tss, sizeof guest_tss - 1, 0x89, 0);
  guest_tss.ss0 = SEL_DATA;
  guest_tss.esp0 = (u32) stack_top - 8192;
  guest_tss.iomap = sizeof guest_tss;
  load_table ("gdt", guest_gdt, sizeof guest_gdt);
  guest_load_segments ();
  for (u32 i = 0; i < 32; i++)
    set_gate (i, guest_stubs + 16 * i, 0x8e);
  load_table ("idt", guest_idt, sizeof guest_idt);
  __asm__ volatile("lldt %w0; ltr %w1" : : "r"(0), "r"(SEL_TSS));
}
