/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* Finding the device.
 *
 * Exercise: look at the 32 slots of the PCI bus with pci_read(). Offset 0 has
 * the device's number in the upper 16 bits and the vendor's in the lower ones;
 * 0xffffffff says that the slot is empty. Offset 0x10, without its lowest four
 * bits, is where the device's memory begins: that is `demo`. The device
 * answers there only when bit 1 of the command register (offset 4) is set, and
 * may read and write the computer's memory only with bit 2. Read ID to see
 * that it is the right one, reset the device, and return 1.
 */
#include "kernel.h"

volatile u8 *demo;

int
demo_probe (void)
{
  return 0;
}
