/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Ports that are a byte each.
 *
 * Port 0x92 is the PS/2 system control port A (82371SB, "Port 92 Register"):
 * bit 1 opens address line 20, a rising bit 0 resets the machine. The debug
 * ports belong to no chip: emulators agreed on 0x402 and 0xe9 for text and 0xf4
 * for an exit code. Lines of text go to the machine's log, at most
 * LOG_LINES_MAX of them, so that a hostile guest cannot flood it.
 */
#include "devices/chipset/ports.h"

#define LOG_LINES_MAX  2000
#define LINE_MAX_BYTES 200
#define TEXT_MAX_BYTES 65536u
#define CONSOLE_ID     0xe9 /* what a guest reads from the console port */

/* Port 92 ------------------------------------------------------------------ */

enum {
  PORT92_RESET = 1,
  PORT92_A20 = 2
};

/*
 * Address line 20 is one latch with two doors: this port and the keyboard
 * controller, and who wrote last has the say. The PIIX3 ORs the two instead,
 * but SeaBIOS leaves this port's bit set, so a DOS that closes the line at the
 * keyboard controller, as all of them do, would find it stuck.
 */
struct MosPort92 {
  MosDevice         device;
  MosRegisterWindow registers;
  MosIoWindow       window;

  GMutex gate_lock; /* of value's FAST_A20 and its way to the processors */
  guint8 value;
};

static void
set_gate (MosPort92 *self, gboolean open)
{
  const MosCpuInputs *inputs = self->device.bus->cpu_inputs;

  g_mutex_lock (&self->gate_lock);
  if (open)
    self->value |= PORT92_A20;
  else
    self->value &= (guint8) ~PORT92_A20;
  if (inputs != NULL && inputs->set_a20 != NULL)
    inputs->set_a20 (self->device.bus->cpus, open);
  g_mutex_unlock (&self->gate_lock);
}

/* The keyboard controller's output. */
static void
a20_changed (gpointer receiver, guint pin, gboolean level)
{
  set_gate (receiver, level);
}

static void
port92_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPort92 *self = (MosPort92 *) device;
  gboolean   rising = (value & ~self->value & PORT92_RESET) != 0;

  self->value =
      (guint8) ((value & (guint8) ~PORT92_A20) | (self->value & PORT92_A20));
  set_gate (self, (value & PORT92_A20) != 0);
  if (rising)
    mos_bus_request (device->bus, MOS_BUS_RESET, 0);
}

static const MosField port92_fields[] = {
  { "FAST_INIT", 0, 1, "A rising bit resets the machine." },
  { "FAST_A20", 1, 1, "Address line 20 is open." },
  { NULL },
};

static const MosRegister port92_rows[] = {
  { "PORT92", 0, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosPort92, value), 0, 3,
    port92_fields, "System control port A", NULL, port92_write },
};

static void
port92_init (MosDevice *device)
{
  MosPort92 *self = (MosPort92 *) device;

  g_mutex_init (&self->gate_lock);
  self->registers.device = device;
  self->registers.bank = mos_device_add_bank (device, "io", port92_rows,
                                              G_N_ELEMENTS (port92_rows), 1);
  mos_device_window_init (device, &self->window, "port92",
                          &mos_register_window_ops, &self->registers, 0x92, 1);
  mos_bus_map_ports (device->bus, &self->window);
}

static void
port92_reset (MosDevice *device)
{
  MosPort92 *self = (MosPort92 *) device;

  /* The processors fetch from the top of memory: the line is open. */
  self->value = 0;
  set_gate (self, TRUE);
}

static gboolean
port92_loaded (MosDevice *device, GError **error)
{
  MosPort92 *self = (MosPort92 *) device;

  set_gate (self, (self->value & PORT92_A20) != 0);
  return TRUE;
}

static void
port92_clear (MosDevice *device)
{
  g_mutex_clear (&((MosPort92 *) device)->gate_lock);
}

static const MosStateField port92_state[] = {
  MOS_STATE (MosPort92, value, MOS_STATE_U8),
  { NULL },
};

const MosDeviceClass mos_port92_class = {
  .name = "port-92",
  .title = "System control port",
  .help = "PS/2 system control port A: address line 20 and fast reset",
  .instance_size = sizeof (MosPort92),
  .state_version = 1,
  .state = port92_state,
  .init = port92_init,
  .reset = port92_reset,
  .clear = port92_clear,
  .loaded = port92_loaded,
};

MosPort92 *
mos_port92_new (MosBus *bus)
{
  return mos_device_new (&mos_port92_class, bus, "port92");
}

void
mos_port92_connect_a20 (MosPort92 *self, MosLine *line)
{
  mos_line_connect (line, a20_changed, self, 0);
}

/* Debug ports -------------------------------------------------------------- */

struct MosDebugPorts {
  MosDevice         device;
  MosRegisterWindow registers[5];
  MosIoWindow       windows[5];
  GString          *line;
  GString          *text;
  guint             n_lines;

  guint8  post;
  guint8  delay;
  guint32 exit_code;
};

static guint64
console_read (MosDevice *device, const MosRegister *row)
{
  return CONSOLE_ID;
}

static void
end_line (MosDebugPorts *self)
{
  if (self->line->len > 0 && self->n_lines < LOG_LINES_MAX) {
    self->n_lines++;
    mos_log (self->device.bus->log, MOS_LOG_DEBUG, "firmware: %s",
             self->line->str);
  }
  g_string_truncate (self->line, 0);
}

static void
console_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosDebugPorts *self = (MosDebugPorts *) device;
  char           c = (char) value;

  if (self->text->len >= TEXT_MAX_BYTES)
    g_string_erase (self->text, 0, TEXT_MAX_BYTES / 2);
  g_string_append_c (self->text, g_ascii_isprint (c) || c == '\n' ? c : '?');
  if (c == '\n' || self->line->len >= LINE_MAX_BYTES)
    end_line (self);
  if (g_ascii_isprint (c))
    g_string_append_c (self->line, c);
}

static void
exit_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  ((MosDebugPorts *) device)->exit_code = value;
  mos_bus_request (device->bus, MOS_BUS_EXIT, value);
}

static const MosRegister post_rows[] = {
  { "POST", 0, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDebugPorts, post), 0, 0,
    NULL, "How far the firmware got" },
};
static const MosRegister delay_rows[] = {
  { "DELAY", 0, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDebugPorts, delay), 0,
    0, NULL, "Written to pass a microsecond" },
};
static const MosRegister console_rows[] = {
  { "CONSOLE", 0, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL, "Debug console",
    console_read, console_write },
};
static const MosRegister exit_rows[] = {
  { "EXIT", 0, 4, MOS_REGISTER_WO, G_STRUCT_OFFSET (MosDebugPorts, exit_code),
    0, 0, NULL, "Ends the run", NULL, exit_write },
};

static void
debug_init (MosDevice *device)
{
  MosDebugPorts *self = (MosDebugPorts *) device;

  self->line = g_string_new (NULL);
  self->text = g_string_new (NULL);
}

static void
debug_reset (MosDevice *device)
{
  MosDebugPorts *self = (MosDebugPorts *) device;

  end_line (self);
  self->post = 0;
  self->exit_code = 0;
}

static void
debug_clear (MosDevice *device)
{
  MosDebugPorts *self = (MosDebugPorts *) device;

  g_string_free (self->line, TRUE);
  g_string_free (self->text, TRUE);
}

static const MosStateField debug_state[] = {
  MOS_STATE (MosDebugPorts, post, MOS_STATE_U8),
  MOS_STATE (MosDebugPorts, delay, MOS_STATE_U8),
  MOS_STATE (MosDebugPorts, exit_code, MOS_STATE_U32),
  { NULL },
};

const MosDeviceClass mos_debug_ports_class = {
  .name = "debug-ports",
  .title = "Debug ports",
  .help = "POST codes, the debug console and the debug exit port",
  .instance_size = sizeof (MosDebugPorts),
  .state_version = 1,
  .state = debug_state,
  .init = debug_init,
  .reset = debug_reset,
  .clear = debug_clear,
};

static void
show (MosDebugPorts     *self,
      guint              n,
      const char        *name,
      const MosRegister *row,
      guint              base)
{
  MosDevice *device = &self->device;

  self->registers[n].device = device;
  self->registers[n].bank =
      mos_device_add_bank (device, name, row, 1, row->bytes);
  mos_device_window_init (device, &self->windows[n], name,
                          &mos_register_window_ops, &self->registers[n], base,
                          row->bytes);
  mos_bus_map_ports (device->bus, &self->windows[n]);
}

MosDebugPorts *
mos_debug_ports_new (MosBus *bus, gboolean exit)
{
  MosDebugPorts *self = mos_device_new (&mos_debug_ports_class, bus, "debug");

  show (self, 0, "post", post_rows, 0x80);
  show (self, 1, "delay", delay_rows, 0xed);
  show (self, 2, "console", console_rows, 0x402);
  if (exit)
    show (self, 3, "exit", exit_rows, 0xf4);
  /* The other console port is the same register. */
  self->registers[4] = self->registers[2];
  mos_device_window_init (&self->device, &self->windows[4], "console",
                          &mos_register_window_ops, &self->registers[4], 0xe9,
                          1);
  mos_bus_map_ports (bus, &self->windows[4]);
  return self;
}

char *
mos_debug_ports_text (MosDebugPorts *self)
{
  char *text;

  g_mutex_lock (&self->device.lock);
  text = g_strdup (self->text->str);
  g_mutex_unlock (&self->device.lock);
  return text;
}
