/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What test guests have: a serial port, tables, and a way to try things that
 * fault. No C library; 32-bit protected mode, flat segments, no paging.
 *
 * A guest prints what the architecture defines and nothing else, so that its
 * transcript is the same on every processor.
 */
#pragma once

typedef unsigned char      u8;
typedef unsigned short     u16;
typedef unsigned int       u32;
typedef unsigned long long u64;

#define NULL ((void *) 0)

enum {
  SEL_CODE = 0x08,
  SEL_DATA = 0x10,
  SEL_USER_CODE = 0x1b,
  SEL_USER_DATA = 0x23,
  SEL_TSS = 0x28,
  SEL_FREE = 0x30, /* from here on the guest's own, up to 0xf8 */
  N_SELECTORS = 32
};

struct fault {
  u32 vector, error, cr2, eip, cs;
};

/* What an exception or interrupt handler finds on the stack. */
struct frame {
  u32 vector, error, eip, cs, eflags, esp, ss;
};

struct tss {
  u32 back, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags;
  u32 eax, ecx, edx, ebx, esp, ebp, esi, edi;
  u32 es, cs, ss, ds, fs, gs, ldt;
  u16 trap, iomap;
};

extern volatile struct fault guest_fault;
/* By vector; a handler returns 1 to go on at frame->eip, 0 to give up. */
extern int (*guest_handlers[32]) (struct frame *frame);
extern u64        guest_gdt[N_SELECTORS];
extern u64        guest_idt[256];
extern struct tss guest_tss;

extern u32 guest_multiboot;

int main (void);

/* The kernel's command line behind its name, or "". */
const char *guest_arguments (void);

/* Starts all other processors in @function, each on a kilobyte of stack with
 * these tables; it must not return. */
void guest_start_others (void (*function) (void));

/* Ends an interrupt handler as IRET does, but for what may come in between:
 * there are processors without IRET in protected mode, namely a KVM that
 * emulates. For guests that are about something else. */
#define GUEST_RETURN "pushl 8(%esp); popfl; lretl $4\n"

/* 0, or the vector of the exception plus one. */
int guest_try (void (*function) (u32), u32 argument);

void put_char (char c);
void put (const char *text);
void put_hex (u32 value);
void put_dec (u32 value);
/* "name: value in hex" and a line's end. */
void show (const char *name, u32 value);
/* "name: vector n error e", or "name: fine". */
void show_fault (const char *name, int result);

u64  make_segment (u32 base, u32 limit, u8 access, u8 flags);
u64  make_gate (void *target, u16 selector, u8 type);
void set_gate (u32 vector, void *target, u8 type);

static inline void
outb (u16 port, u8 value)
{
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8
inb (u16 port)
{
  u8 value;

  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline u32
read_cr0 (void)
{
  u32 value;

  __asm__ volatile("movl %%cr0, %0" : "=r"(value));
  return value;
}

static inline void
write_cr0 (u32 value)
{
  __asm__ volatile("movl %0, %%cr0" : : "r"(value) : "memory");
}

static inline u32
read_cr4 (void)
{
  u32 value;

  __asm__ volatile("movl %%cr4, %0" : "=r"(value));
  return value;
}

static inline void
write_cr4 (u32 value)
{
  __asm__ volatile("movl %0, %%cr4" : : "r"(value) : "memory");
}

static inline void
write_cr3 (u32 value)
{
  __asm__ volatile("movl %0, %%cr3" : : "r"(value) : "memory");
}

static inline void
invlpg (u32 address)
{
  __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline u64
read_msr (u32 index)
{
  u32 low, high;

  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
  return (u64) high << 32 | low;
}

static inline void
write_msr (u32 index, u64 value)
{
  __asm__ volatile("wrmsr"
                   :
                   : "c"(index), "a"((u32) value), "d"((u32) (value >> 32)));
}
