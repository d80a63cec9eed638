/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PCI bus (PCI Local Bus 3.0, "Configuration Mechanism #1"), and the
 * educational demo device on it: found by its identity, its registers mapped
 * where base address register 0 says, its interrupt where the firmware or the
 * board has routed it.
 */
#include "tutorials/guests/monitor/monitor.h"

#define DEMO_IDENTITY 0x4c414d4fu
#define DEMO_CTRL     0x08
#define DEMO_CAUSE    0x10
#define DEMO_ENABLE   0x14

static volatile u32 *demo; /* its registers, or NULL */
static u32           demo_irq;
static volatile u32  demo_interrupts;
static volatile u32  demo_causes;

static u32
config_read (u32 slot, u32 offset)
{
  out32 (0xcf8, 0x80000000u | slot << 11 | (offset & 0xfc));
  return in32 (0xcfc);
}

static void
config_write (u32 slot, u32 offset, u32 value)
{
  out32 (0xcf8, 0x80000000u | slot << 11 | (offset & 0xfc));
  out32 (0xcfc, value);
}

void
pci_command (char **words, u32 n)
{
  for (u32 slot = 0; slot < 32; slot++) {
    u32 id = config_read (slot, 0);

    if (id == 0xffffffffu)
      continue;
    print_format ("slot %02u: vendor %04x device %04x class %06x irq %u\n",
                  slot, id & 0xffff, id >> 16, config_read (slot, 8) >> 8,
                  config_read (slot, 0x3c) & 0xff);
  }
}

/*
 * Which interrupt it is on. Firmware writes that down; if there was none, the
 * PIIX3's four routing registers still send nothing anywhere (Intel 82371SB
 * data sheet, "PIRQRC"), and we send all of them to IRQ 11, level-triggered as
 * PCI wants it.
 */
static u32
route_interrupt (u32 slot)
{
  u32 line = config_read (slot, 0x3c) & 0xff;

  if (line != 0 && line != 0xff)
    return line;
  config_write (1, 0x60, 0x0b0b0b0b);
  out8 (0x4d1, in8 (0x4d1) | 1u << (11 - 8));
  config_write (slot, 0x3c, (config_read (slot, 0x3c) & ~0xffu) | 11);
  return 11;
}

static int
find_demo (void)
{
  if (demo != NULL)
    return 1;
  for (u32 slot = 0; slot < 32; slot++) {
    u32 base;

    if (config_read (slot, 0) != DEMO_IDENTITY)
      continue;
    base = config_read (slot, 0x10) & ~0xfu;
    if (base == 0) {
      /* Without firmware nobody has placed it: below the I/O APIC. */
      base = 0xfeb00000u;
      config_write (slot, 0x10, base);
    }
    config_write (slot, 0x04,
                  config_read (slot, 0x04) | 6); /* memory, master */
    demo_irq = route_interrupt (slot);
    demo = (volatile u32 *) (word) base;
    return 1;
  }
  return 0;
}

void
demo_interrupt (u32 irq)
{
  u32 causes;

  if (demo == NULL || irq != demo_irq)
    return;
  causes = demo[DEMO_CAUSE / 4] & demo[DEMO_ENABLE / 4];
  if (causes == 0)
    return;
  demo[DEMO_CAUSE / 4] = causes; /* writing 1 clears */
  demo_causes |= causes;
  demo_interrupts++;
}

static void
show_demo (void)
{
  print_format ("demo device at %w, irq %u, %u interrupts, causes %02x\n",
                (word) demo, demo_irq, demo_interrupts, demo_causes);
}

/* demo, demo OFFSET, demo OFFSET VALUE, demo irq on */
void
demo_command (char **words, u32 n)
{
  u64 offset = 0, value = 0;

  if (!find_demo ()) {
    print ("there is no demo device; give the machine one\n");
    return;
  }
  if (n == 1) {
    show_demo ();
    return;
  }
  if (same (words[1], "irq")) {
    irq_enable (demo_irq);
    demo[DEMO_CTRL / 4] |= 2;
    show_demo ();
    return;
  }
  if (!parse_number (words[1], &offset) || offset >= 0x60 ||
      (n > 2 && !parse_number (words[2], &value))) {
    print ("demo, demo OFFSET, demo OFFSET VALUE, or demo irq\n");
    return;
  }
  if (n > 2)
    demo[offset / 4] = (u32) value;
  else
    print_format ("%02x: %08x\n", (u32) offset & ~3u, demo[offset / 4]);
}
