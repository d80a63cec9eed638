/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Finding the device, with a slip that is easily made: the lab's check must
 * notice.
 */
#include "kernel.h"

volatile u8 *demo;

int
demo_probe (void)
{
  for (u32 slot = 0; slot < 32; slot++) {
    if (pci_read (slot, 0) != (DEMO_DEVICE << 16 | DEMO_VENDOR))
      continue;
    demo = (volatile u8 *) (pci_read (slot, 0x10) & ~0xfu);
    put (CTRL, CTRL_RESET);
    return 1;
  }
  return 0;
}
