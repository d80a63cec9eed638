/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any sequence of accesses to the serial port and the keyboard controller,
 * with input, time, saving and loading in between.
 *
 * An operation is two bytes: what and where, value.
 */

#include <glib.h>

#include "devices/input/ps2-controller.h"
#include "devices/serial/uart16550.h"
#include "tests/fuzz/fuzz.h"

#define MAX_LOADS 4

typedef struct {
  MosBus       *bus;
  MosCharPort  *port;
  MosInputPort *input;
  guint         loads;
} Target;

static void
save_and_load (Target *self, guint value)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GVariant) other = NULL;
  MosDevice *device =
      mos_bus_find_device (self->bus, value & 1 ? "ps2" : "serial0");
  gsize   size;
  guint8 *copy;

  if (self->loads++ >= MAX_LOADS)
    return;
  state = mos_device_save (device);
  size = g_variant_get_size (state);
  copy = g_memdup2 (g_variant_get_data (state), size);
  copy[value * 31 % size] ^= (guint8) (value * 7);
  other = g_variant_ref_sink (g_variant_new_from_data (
      G_VARIANT_TYPE_VARDICT, copy, size, FALSE, g_free, copy));
  (void) mos_device_load (device, other, NULL);
}

static void
step (Target *self, guint8 what, guint8 value)
{
  switch (what & 7) {
  case 0:
  case 1:
    mos_bus_port_write (self->bus, MOS_UART_COM1 + (what >> 3 & 7), value, 1);
    break;
  case 2:
    (void) mos_bus_port_read (self->bus, MOS_UART_COM1 + (what >> 3 & 7), 1);
    break;
  case 3:
  case 4:
    mos_bus_port_write (self->bus, what & 8 ? 0x64 : 0x60, value, 1);
    break;
  case 5:
    (void) mos_bus_port_read (self->bus, what & 8 ? 0x64 : 0x60, 1);
    mos_clock_advance (self->bus->clock,
                       mos_clock_now (self->bus->clock) + value * 100000);
    break;
  case 6:
    if ((what & 8) != 0)
      mos_input_port_key (self->input, value, (what & 16) != 0);
    else
      mos_input_port_move (self->input, (gint8) value * (what >> 4),
                           (gint8) ~value, (gint8) value / 16, what >> 3);
    break;
  default:
    if ((what & 8) != 0)
      (void) mos_char_port_feed (self->port, &value, 1);
    else
      save_and_load (self, value);
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Target self = { 0 };

  self.bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  mos_clock_resume (self.bus->clock);
  self.port = mos_char_port_new (64);
  self.input = mos_input_port_new ();
  mos_uart_new (self.bus, "serial0", MOS_UART_COM1, self.port);
  mos_ps2_new (self.bus, "ps2", self.input);
  for (size_t i = 0; i + 2 <= size; i += 2)
    step (&self, data[i], data[i + 1]);
  mos_bus_free (self.bus);
  mos_char_port_unref (self.port);
  mos_input_port_unref (self.input);
  return 0;
}
