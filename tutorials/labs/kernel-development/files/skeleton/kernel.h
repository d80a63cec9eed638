/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the parts of the kernel know of each other.
 *
 * Each part is a file of its own; those that you write are empty at first.
 */
#pragma once

typedef unsigned char      u8;
typedef unsigned short     u16;
typedef unsigned int       u32;
typedef unsigned long long u64;

/* What an interrupt leaves on the stack; boot.S pushes the upper part. */
typedef struct {
  u32 edi, esi, ebp, esp, ebx, edx, ecx, eax;
  u32 vector, error;
  u32 eip, cs, eflags;
} Frame;

static inline void
out8 (u16 port, u8 value)
{
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8
in8 (u16 port)
{
  u8 value;

  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

/* main.c */
void print (const char *text);
void print_number (u32 number);

/* gdt.c, idt.c, timer.c, paging.c, tasks.c: yours */
void   gdt_init (void);
void   idt_init (void);
void   timer_init (void);
void   timer_interrupt (void);
void   paging_init (void);
void   tasks_init (void);
Frame *tasks_switch (Frame *frame);

extern volatile u32 ticks;
