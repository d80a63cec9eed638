/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Interrupts and exceptions.
 *
 * Vectors 0 to 31 are the processor's exceptions; the two 8259 interrupt
 * controllers are told to use 32 to 47. A page fault in probe_read() and
 * probe_write() is expected: the handler moves the instruction pointer behind
 * the access.
 */
#include "tutorials/guests/monitor/monitor.h"

typedef struct {
  u16 offset_low, selector;
  u8  ist, type;
  u16 offset_middle;
#ifdef __x86_64__
  u32 offset_high, reserved;
#endif
} __attribute__ ((packed)) Gate;

extern const word stubs[48];

static Gate           gates[48];
static volatile u32   counts[16];
static volatile word  resume; /* where a probe goes on; 0: no probe */
static volatile Fault met;

static void
set_gate (u32 vector)
{
  word address = stubs[vector];

  gates[vector].offset_low = (u16) address;
  gates[vector].selector = 0x08;
  gates[vector].type = 0x8e; /* an interrupt gate, present */
  gates[vector].offset_middle = (u16) (address >> 16);
#ifdef __x86_64__
  gates[vector].offset_high = (u32) (address >> 32);
#endif
}

void
trap_init (void)
{
  struct {
    u16  limit;
    word base;
  } __attribute__ ((packed)) idt = { sizeof gates - 1, (word) gates };

  for (u32 i = 0; i < 48; i++)
    set_gate (i);
  __asm__ volatile("lidt %0" : : "m"(idt));
  pic_start (0xfb); /* all off but the cascade */
  __asm__ volatile("sti");
}

void
irq_enable (u32 irq)
{
  u16 port = irq < 8 ? 0x21 : 0xa1;

  out8 (port, in8 (port) & (u8) ~(1u << (irq & 7)));
}

u32
irq_count (u32 irq)
{
  return counts[irq];
}

static void
interrupt (u32 irq)
{
  counts[irq]++;
  if (irq == 1 || irq == 4)
    console_key_interrupt ();
  else
    demo_interrupt (irq);
  if (irq >= 8)
    out8 (0xa0, 0x20); /* end of interrupt */
  pic_end ();
}

void
trap (Frame *frame)
{
  if (frame->vector >= 32) {
    interrupt ((u32) frame->vector - 32);
    return;
  }
  if (resume != 0) {
    met.faulted = 1;
    met.vector = frame->vector;
    met.error = frame->error;
    met.address = read_cr2 ();
    frame->ip = resume;
    resume = 0;
    return;
  }
  print_format ("\nexception %u, error %w, at %w, cr2 %w\n",
                (u32) frame->vector, frame->error, frame->ip, read_cr2 ());
  print ("The monitor cannot go on.\n");
  for (;;)
    __asm__ volatile("cli; hlt");
}

Fault
probe_read (word address, u32 size, u64 *value)
{
  word wide = 0;

  met.faulted = 0;
#ifdef __x86_64__
#define SET_RESUME "lea 1f(%%rip), %%rax; mov %%rax, %[r]; "
#define SCRATCH    "rax"
#else
#define SET_RESUME "movl $1f, %[r]; "
#define SCRATCH    "cc"
#endif
#define READ(type, instruction)                               \
  {                                                           \
    type narrow = 0;                                          \
                                                              \
    __asm__ volatile(SET_RESUME instruction " (%[a]), %[v]\n" \
                                            "1:"              \
                     : [r] "=m"(resume), [v] "+q"(narrow)     \
                     : [a] "r"(address)                       \
                     : SCRATCH, "memory");                    \
    wide = narrow;                                            \
  }
  if (size == 1)
    READ (u8, "movb")
  else if (size == 2)
    READ (u16, "movw")
  else if (size == 8 && sizeof (word) == 8)
    READ (word, "mov")
  else
    READ (u32, "movl")
  resume = 0;
  *value = wide;
  return met;
}

Fault
probe_write (word address, u32 size, u64 value)
{
  met.faulted = 0;
#define WRITE(type, instruction)                              \
  {                                                           \
    type narrow = (type) value;                               \
                                                              \
    __asm__ volatile(SET_RESUME instruction " %[v], (%[a])\n" \
                                            "1:"              \
                     : [r] "=m"(resume)                       \
                     : [v] "q"(narrow), [a] "r"(address)      \
                     : SCRATCH, "memory");                    \
  }
  if (size == 1)
    WRITE (u8, "movb")
  else if (size == 2)
    WRITE (u16, "movw")
  else if (size == 8 && sizeof (word) == 8)
    WRITE (word, "mov")
  else
    WRITE (u32, "movl")
  resume = 0;
  return met;
}

/* The error code of a page fault: Intel SDM volume 3, "Page-Fault
 * Exceptions". */
void
print_fault (const Fault *fault)
{
  if (fault->vector != 14) {
    print_format ("exception %u, error %w\n", (u32) fault->vector,
                  fault->error);
    return;
  }
  print_format ("page fault at %w: %s, by a %s\n", fault->address,
                fault->error & 8   ? "a reserved bit is set in an entry"
                : fault->error & 1 ? "the page does not allow it"
                                   : "the page is not present",
                fault->error & 2 ? "write" : "read");
}
