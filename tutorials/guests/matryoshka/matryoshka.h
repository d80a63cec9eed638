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

#include "tutorials/guests/pc.h"

/* What a copy needs for itself; its child gets all memory behind that. */
#define OWN_BYTES  (8ull << 20)
#define PAGE_BYTES 4096ull
#define PAGE       __attribute__ ((aligned (4096)))
#define VGA_TEXT   0xb8000ull
/* Where a parent leaves its child's `struct told`. */
#define TOLD_ADDRESS 0x7000ull

#define DEBUG_EXIT  0xf4
#define BEACON      0x5e0
#define MSR_EFER    0xc0000080
#define EVENT_VALID (1ull << 31) /* both vendors' */
#define FLAG_IF     (1ull << 9)

/* What a copy is told, by the command line or by its parent. */
struct told {
  u64 level;                    /* 1 is the outermost */
  u64 depth;                    /* level of the innermost */
  u64 top, left, bottom, right; /* its frame on the screen, inclusive */
  u64 beacon;
  u64 exit;         /* end the machine when the work is done */
  u64 work, count;  /* row of the table of works, from 1; and how much */
  u64 memory_bytes; /* that the copy has */
};
extern struct told told;

/* -- the guest we run ----------------------------------------------------- */

struct child {
  u64 base; /* where its physical address 0 is in our memory */
  u64 size;
  u64 rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8_to_r15[8];
  u64 exits, cpuids, ports, faults, entries;
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
void do_port (bool in, u16 port, u32 bytes);
/* EDX:EAX. */
u64  pair (void);
void set_pair (u64 value);
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
/* A child's fault at @gpa: maps what belongs there. */
void tables_fill (u64 gpa);
/* A fault of the child's guest: through the tables at the root in the child's
 * memory. 0: they have nothing there, the child must see to it. */
bool tables_fill_through (struct tables *tables, u64 gpa);

/* main.c: the clock, and what is done when it ticks. */
extern struct gate {
  u16 low, selector, kind, middle;
  u32 high, zero;
} gates[];
extern u64 ticks;
void       beat (void);
/* A '#' in @why is @number. */
void stop (const char *why, u64 number) __attribute__ ((noreturn));

/* -- boot.S --------------------------------------------------------------- */

extern u64  tables[];
extern char image_start[], image_end[], bss_end[], enter[], task[], gdt[];
void        svm_switch (u64 *registers, u64 vmcb);
int         vmx_switch (u64 *registers, int launched);
void        vmx_exit (void);
