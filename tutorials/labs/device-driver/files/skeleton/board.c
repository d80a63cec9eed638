/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The board under the kernel: descriptor tables, the 8259 pair, the 8254 at
 * 100 Hz, and what firmware would have done for the PCI bus. The lab Kernel
 * Development is about the first three; here they are given.
 */
#include "kernel.h"

#define DEMO_BASE 0xfeb00000u
#define DEMO_IRQ  11
/* More calls of a handler than any step needs. */
#define STORM 2000

typedef struct {
  u16 offset_low, selector;
  u8  zero, type;
  u16 offset_high;
} __attribute__ ((packed)) Gate;

typedef struct {
  u16 limit;
  u32 base;
} __attribute__ ((packed)) Table;

extern const u32 stubs[48];

volatile u32 ticks;
volatile u32 calls;

static Gate        gates[48];
static const u64   gdt[] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
static const char *watched;
static u32         watched_since;

u32
pci_read (u32 slot, u32 offset)
{
  out32 (0xcf8, 0x80000000u | slot << 11 | (offset & 0xfc));
  return in32 (0xcfc);
}

void
pci_write (u32 slot, u32 offset, u32 value)
{
  out32 (0xcf8, 0x80000000u | slot << 11 | (offset & 0xfc));
  out32 (0xcfc, value);
}

void
watch (const char *name)
{
  watched = name;
  watched_since = ticks;
}

static void
tick (void)
{
  ticks++;
  if (watched != 0 && ticks - watched_since > 150) {
    print ("driver: watchdog: ");
    print (watched);
    print (" hangs\n");
    watched = 0;
  }
}

static void
device_interrupt (void)
{
  demo_interrupt ();
  if (++calls != STORM)
    return;
  print ("driver: interrupt storm\n");
  out8 (0xa1, 0xff);
}

Frame *interrupt (Frame *frame);

Frame *
interrupt (Frame *frame)
{
  if (frame->vector < 32) {
    print ("driver: exception ");
    print_number (frame->vector);
    print ("\n");
    for (;;)
      __asm__ volatile("cli; hlt");
  }
  if (frame->vector == 32)
    tick ();
  else if (frame->vector == 32 + DEMO_IRQ)
    device_interrupt ();
  if (frame->vector >= 40)
    out8 (0xa0, 0x20);
  out8 (0x20, 0x20);
  return frame;
}

static void
load_tables (void)
{
  Table gdt_table = { sizeof gdt - 1, (u32) gdt };
  Table idt_table = { sizeof gates - 1, (u32) gates };

  for (u32 i = 0; i < 48; i++)
    gates[i] = (Gate){ (u16) stubs[i], 0x08, 0, 0x8e, (u16) (stubs[i] >> 16) };
  __asm__ volatile("lgdt %0\n\t"
                   "ljmp $0x08, $1f\n"
                   "1:\n\t"
                   "mov $0x10, %%eax\n\t"
                   "mov %%eax, %%ds\n\t"
                   "mov %%eax, %%es\n\t"
                   "mov %%eax, %%ss\n\t"
                   "lidt %1"
                   :
                   : "m"(gdt_table), "m"(idt_table)
                   : "eax", "memory");
}

/* Lines 0 (time), 2 (the second 8259) and 11 (the device) come through. */
static void
start_interrupts (void)
{
  static const u8 words[][2] = { { 0x20, 0x11 }, { 0xa0, 0x11 }, { 0x21, 32 },
                                 { 0xa1, 40 },   { 0x21, 4 },    { 0xa1, 2 },
                                 { 0x21, 1 },    { 0xa1, 1 },    { 0x21, 0xfa },
                                 { 0xa1, 0xf7 } };
  u32             divisor = 1193182 / 100;

  for (u32 i = 0; i < sizeof words / sizeof words[0]; i++)
    out8 (words[i][0], words[i][1]);
  out8 (0x43, 0x34);
  out8 (0x40, (u8) divisor);
  out8 (0x40, (u8) (divisor >> 8));
  __asm__ volatile("sti");
}

/* As firmware does: a place in the address space, and an interrupt line. */
static void
place_devices (void)
{
  for (u32 slot = 0; slot < 32; slot++) {
    if (pci_read (slot, 0) != (DEMO_DEVICE << 16 | DEMO_VENDOR))
      continue;
    pci_write (slot, 0x10, DEMO_BASE);
    pci_write (1, 0x60, 0x0b0b0b0b); /* the PIIX3 routes all to line 11 */
    out8 (0x4d1, in8 (0x4d1) | 1u << (DEMO_IRQ - 8)); /* level-triggered */
    pci_write (slot, 0x3c, (pci_read (slot, 0x3c) & ~0xffu) | DEMO_IRQ);
  }
}

void
board_init (void)
{
  load_tables ();
  place_devices ();
  start_interrupts ();
}
