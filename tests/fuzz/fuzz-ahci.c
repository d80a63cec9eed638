/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * An AHCI controller with a disk and a CD drive under a driver that writes
 * anything into its registers and into the memory it reads, in fours of bytes:
 * what to do, where (two), with what.
 */
#include <string.h>

#include "tests/devices/ahci-rig.h"
#include "tests/fuzz/fuzz.h"

static void
act (AhciFixture *fixture, const uint8_t *step)
{
  guint where = step[1] | (guint) step[2] << 8;
  guint port = step[1] & 1;

  switch (step[0] & 7) {
  case 0:
    rig_settle (&fixture->rig);
    break;
  case 1: /* a command, nearly right */
    ahci_fill (fixture, step[2] & 3, step[3], step[1], step[0] >> 3,
               (step[0] >> 3) * 512u, 700);
    ahci_frame (fixture, step[2] & 3)[3] = port;
    ahci_port_write (fixture, port, AHCI_CI, 1u << (step[2] & 3));
    break;
  case 2:
    ahci_read (fixture, where & 0x3fc);
    break;
  case 3: /* the tables */
    rig_ram (&fixture->rig, AHCI_LIST_GPA)[where % 0x3000] = step[3];
    break;
  case 4: /* a packet */
    memset (ahci_frame (fixture, 0) + 0x40, 0, 12);
    ahci_frame (fixture, 0)[0x40] = step[3];
    ahci_frame (fixture, 0)[0x44] = step[1];
    ahci_frame (fixture, 0)[0x48] = step[2];
    break;
  case 5:
    ahci_port_write (fixture, port, AHCI_CMD, 0x10);
    ahci_port_write (fixture, port, AHCI_CMD, 0x11);
    break;
  case 6:
    ahci_write (fixture, where & 0x3fc, step[3] * 0x01010101u);
    break;
  default:
    ahci_port_write (fixture, port, step[2] & 0x3c, step[3]);
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  AhciFixture fixture;

  ahci_set_up (&fixture, GUINT_TO_POINTER (100));
  ahci_start_port (&fixture, 0);
  ahci_start_port (&fixture, 1);
  for (size_t i = 0; i + 4 <= size && i < 2000; i += 4)
    act (&fixture, data + i);
  rig_settle (&fixture.rig);
  ahci_tear_down (&fixture, NULL);
  return 0;
}
