/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any sequence of accesses to any port and any device window of a whole PC,
 * with time passing in between. Seven bytes are a step: what to do, where,
 * what.
 */
#include <string.h>

#include "tests/devices/board-rig.h"
#include "tests/fuzz/fuzz.h"

#define MAX_STEPS 400

static guint16
get16 (const uint8_t *data)
{
  return (guint16) (data[0] | data[1] << 8);
}

static guint32
get32 (const uint8_t *data)
{
  return get16 (data) | (guint32) get16 (data + 2) << 16;
}

/* A device window, by number, and an offset into it. */
static guint64
pick_gpa (guint16 where)
{
  static const guint64 windows[] = { 0xa0000,    0xfec00000, 0xfed00000,
                                     0xe0000000, 0xfebf0000, 0xc0000 };

  return windows[where % G_N_ELEMENTS (windows)] + (where >> 3);
}

static void
step (BoardRig *rig, const uint8_t *data)
{
  guint   size = 1u << (data[0] >> 6);
  guint16 where = get16 (data + 1);
  guint32 what = get32 (data + 3);
  guint8  bytes[64];

  memset (bytes, data[3], sizeof bytes);
  switch (data[0] & 7) {
  case 0:
    board_in (rig, where, MIN (size, 4));
    break;
  case 1:
    board_out (rig, where, what, MIN (size, 4));
    break;
  case 2: /* the ports that a PC has */
    board_out (rig, where & 0x3ff, what, MIN (size, 4));
    break;
  case 3:
    mos_memory_map_write (rig->bus->memory, pick_gpa (where), &what, 4);
    break;
  case 4:
    mos_memory_map_read (rig->bus->memory, pick_gpa (where), bytes, size);
    break;
  case 5:
    board_pci_write (rig, where & 7, where >> 3 & 7, where >> 6, what);
    break;
  case 6:
    board_advance (rig, (gint64) what);
    break;
  default:
    mos_bus_port_read_many (rig->bus, where, MIN (size, 4), 8, bytes);
    mos_bus_port_write_many (rig->bus, where, MIN (size, 4), 8, bytes);
    if (rig->intr)
      board_acknowledge (rig);
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  BoardRig rig;

  if (!board_rig_init (&rig))
    return 0;
  for (guint i = 0; i < MAX_STEPS && size >= 7; i++) {
    step (&rig, data);
    data += 7;
    size -= 7;
  }
  g_variant_unref (mos_bus_save (rig.bus));
  board_rig_clear (&rig);
  return 0;
}

const char *
fuzz_skip_reason (void)
{
  BoardRig rig;

  if (!board_rig_init (&rig))
    return "no SeaBIOS here (package seabios)";
  board_rig_clear (&rig);
  return NULL;
}
