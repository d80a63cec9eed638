/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * See board-rig.h.
 */
#include "tests/devices/board-rig.h"

static void
send_msi (gpointer cpus, guint64 address, guint32 data)
{
  BoardRig *rig = cpus;

  rig->n_messages++;
  rig->last_address = address;
  rig->last_data = data;
}

static void
set_intr (gpointer cpus, gboolean level)
{
  BoardRig *rig = cpus;

  if (level && !rig->intr)
    rig->n_intr++;
  rig->intr = level;
}

static void
send_nmi (gpointer cpus)
{
  ((BoardRig *) cpus)->n_nmi++;
}

static void
set_a20 (gpointer cpus, gboolean enabled)
{
  ((BoardRig *) cpus)->a20 = enabled;
}

static const MosCpuInputs inputs = {
  .send_msi = send_msi,
  .set_intr = set_intr,
  .send_nmi = send_nmi,
  .set_a20 = set_a20,
};

static void
request_cb (gpointer user_data, MosBusRequest request, guint code)
{
  BoardRig *rig = user_data;

  rig->request = (int) request;
  rig->request_code = code;
}

gboolean
board_rig_init (BoardRig *rig)
{
  GMainContext *context = g_main_context_new ();
  MosBoardSpec  spec = { .memory_bytes = 32 << 20,
                         .n_vcpus = 2,
                         .firmware = "seabios",
                         .debug_exit = TRUE,
                         .rtc_start_s = 1000000000 };

  *rig = (BoardRig){ .request = -1 };
  rig->screen = mos_screen_new (context);
  rig->input = mos_input_port_new ();
  rig->serial = mos_char_port_new (256);
  spec.screen = rig->screen;
  spec.input = rig->input;
  spec.serial[0] = rig->serial;
  rig->bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, context);
  g_main_context_unref (context);
  mos_bus_set_cpus (rig->bus, &inputs, rig);
  mos_bus_set_request_func (rig->bus, request_cb, rig);
  rig->board = mos_pc_board.create (&spec, rig->bus, NULL);
  if (rig->board == NULL) {
    board_rig_clear (rig);
    return FALSE;
  }
  mos_clock_resume (rig->bus->clock);
  mos_bus_reset (rig->bus);
  return TRUE;
}

void
board_rig_clear (BoardRig *rig)
{
  if (rig->board != NULL)
    mos_pc_board.free (rig->board);
  mos_bus_free (rig->bus);
  mos_char_port_unref (rig->serial);
  mos_input_port_unref (rig->input);
  mos_screen_unref (rig->screen);
}

guint32
board_in (BoardRig *rig, guint16 port, guint size)
{
  return mos_bus_port_read (rig->bus, port, size);
}

void
board_out (BoardRig *rig, guint16 port, guint32 value, guint size)
{
  mos_bus_port_write (rig->bus, port, value, size);
}

void
board_advance (BoardRig *rig, gint64 ns)
{
  mos_clock_advance (rig->bus->clock, mos_clock_now (rig->bus->clock) + ns);
}

static void
select_pci (BoardRig *rig, guint slot, guint function, guint at)
{
  board_out (rig, 0xcf8, 1u << 31 | slot << 11 | function << 8 | (at & 0xfc),
             4);
}

guint32
board_pci_read (BoardRig *rig, guint slot, guint function, guint at)
{
  select_pci (rig, slot, function, at);
  return board_in (rig, 0xcfc, 4);
}

void
board_pci_write (BoardRig *rig,
                 guint     slot,
                 guint     function,
                 guint     at,
                 guint32   value)
{
  select_pci (rig, slot, function, at);
  board_out (rig, 0xcfc, value, 4);
}

guint8
board_acknowledge (BoardRig *rig)
{
  return rig->bus->board_outputs->acknowledge (rig->bus->board);
}
