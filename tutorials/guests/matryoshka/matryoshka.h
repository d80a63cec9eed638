/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Matryoshka: a hypervisor that runs itself inside itself.
 *
 * Read in this order: main.c (what a copy does with its life), child.c (what a
 * hypervisor has to do for its guest whatever the vendor), svm.c (AMD-V) or
 * vmx.c (Intel VT-x), boot.S. One processor, one address space, no allocation.
 */
#pragma once

typedef unsigned char      u8;
typedef unsigned short     u16;
typedef unsigned int       u32;
typedef unsigned long long u64;
typedef _Bool bool;

#define MAX_DEPTH 8
/* What a copy needs for itself; its child gets all memory behind that. */
#define OWN_BYTES   (8ull << 20)
#define LARGE_BYTES (2ull << 20)
#define PAGE_BYTES  4096ull
#define VGA_TEXT    0xb8000ull
/* Where a parent leaves its child's `struct told`. */
#define TOLD_ADDRESS 0x7000ull

enum work {
  WORK_IDLE,
  WORK_COMPUTE,
  WORK_CPUID,
  WORK_PORT,
  WORK_MEMORY
};

/* What a copy is told, by the command line or by its parent. */
struct told {
  u32       level;                    /* 1 is the outermost */
  u32       depth;                    /* level of the innermost */
  u32       top, left, bottom, right; /* its frame on the screen, inclusive */
  bool      beacon;
  bool      exit; /* end the machine when the work is done */
  enum work work;
  u64       count;        /* how much of it */
  u64       memory_bytes; /* that the copy has */
};
extern struct told told;

/* -- the guest we run ----------------------------------------------------- */

enum {
  RAX,
  RCX,
  RDX,
  RBX,
  RSP,
  RBP,
  RSI,
  RDI
};

struct child {
  u64 base; /* where its physical address 0 is in our memory */
  u64 size;
  u64 registers[16];
  u64 exits, cpuids, ports, faults, entries, others;
};
extern struct child child;

/* One of these for each vendor. */
struct virtualization {
  const char *name;
  bool (*enable) (void);
  void (*run) (void); /* for ever */
};
extern const struct virtualization svm, vmx;

/* child.c. Instructions of the child, done for it; the vendor's file moves
 * its RIP. */
void prepare_child (void);
void do_cpuid (void);
u32  do_in (u16 port, u32 bytes);
void do_out (u16 port, u32 value, u32 bytes);
/* The child's physical address in our memory, 0 if it has none there. */
u64 child_address (u64 gpa);

/* Nested page tables. The root is the first page. */
#define TABLE_PAGES 32
struct tables {
  u64 pages[TABLE_PAGES][512];
  u64 used;
  u64 of; /* the root in the child's memory that they were made from */
  u64 unused[510];
};
/* [0] is the child's; the others its guests', by root: the child has two when
 * it runs a hypervisor, one for that and one for the guest of that. */
extern struct tables nested[3];
extern u64           leaf_flags; /* of the vendor's format; links have 7 */
/* Those made from @root, empty if they are new or @again. */
struct tables *tables_for (u64 root, bool again, bool *fresh);
void           tables_clear (struct tables *tables);
/* Maps the page around @gpa to that around @address. */
void tables_map (struct tables *tables, u64 gpa, u64 address, bool large);
/* A child's fault at @gpa: maps what belongs there; 0: nothing does. */
bool tables_fill (struct tables *tables, u64 gpa);
/* A fault of the child's guest: through the tables at @root in the child's
 * memory. 0: they have nothing there, the child must see to it. */
bool tables_fill_through (struct tables *tables, u64 gpa);

/* main.c: the clock, and what is done when it ticks. */
extern u64 ticks;
void       beat (void);
void       print (const char *text);
void       print_number (u64 value);
void       stop (const char *why) __attribute__ ((noreturn));

/* -- what C cannot say ---------------------------------------------------- */

extern u64  tables[], vectors[];
extern char image_start[], image_end[], bss_end[], enter[], task[], gdt[],
    gdt_copy[];
void svm_switch (u64 *registers, u64 vmcb);
int  vmx_switch (u64 *registers, int launched);
void vmx_exit (void);

static inline void
out8 (u16 port, u8 value)
{
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void
out32 (u16 port, u32 value)
{
  __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8
in8 (u16 port)
{
  u8 value;

  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline u32
in32 (u16 port)
{
  u32 value;

  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline u64
rdmsr (u32 msr)
{
  u32 low, high;

  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
  return (u64) high << 32 | low;
}

static inline void
wrmsr (u32 msr, u64 value)
{
  __asm__ volatile("wrmsr"
                   :
                   : "c"(msr), "a"((u32) value), "d"((u32) (value >> 32)));
}

static inline u64
rdtsc (void)
{
  u32 low, high;

  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (u64) high << 32 | low;
}

static inline void
cpuid (u32 leaf, u32 words[4])
{
  __asm__ volatile("cpuid"
                   : "=a"(words[0]), "=b"(words[1]), "=c"(words[2]),
                     "=d"(words[3])
                   : "a"(leaf), "c"(0));
}

/* Multiples of 8 bytes. */
static inline void
copy (void *to, const void *from, u64 bytes)
{
  bytes /= 8;
  __asm__ volatile("rep movsq"
                   : "+D"(to), "+S"(from), "+c"(bytes)
                   :
                   : "memory");
}

static inline void
zero (void *to, u64 bytes)
{
  bytes /= 8;
  __asm__ volatile("rep stosq" : "+D"(to), "+c"(bytes) : "a"(0) : "memory");
}
