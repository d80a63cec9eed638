/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Finding the device: PCI Local Bus Specification 3.0, "Configuration Space".
 */
#include "kernel.h"

#define COMMAND_MEMORY 2
#define COMMAND_MASTER 4

volatile u8 *demo;

int
demo_probe (void)
{
  for (u32 slot = 0; slot < 32; slot++) {
    if (pci_read (slot, 0) != (DEMO_DEVICE << 16 | DEMO_VENDOR))
      continue;
    pci_write (slot, 4, pci_read (slot, 4) | COMMAND_MEMORY | COMMAND_MASTER);
    demo = (volatile u8 *) (pci_read (slot, 0x10) & ~0xfu);
    if (get (ID) != DEMO_ID)
      return 0;
    put (CTRL, CTRL_RESET);
    return 1;
  }
  return 0;
}
