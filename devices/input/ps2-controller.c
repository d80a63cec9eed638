/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The keyboard controller of a PC/AT and PS/2, an Intel 8042.
 *
 * After the IBM PS/2 Hardware Interface Technical Reference, "Keyboard and
 * Auxiliary Device Controller". The guest sees one output buffer at port 0x60,
 * filled from the controller itself, the keyboard or the mouse in turn, and
 * the status and commands at port 0x64. Keyboard bytes are translated from
 * set 2 to set 1 on their way if the command byte says so.
 *
 * After the guest has read a device's byte the next one takes a while, as on
 * the serial wires of the real thing: programs that hook the keyboard
 * interrupt read the same byte twice and rely on it.
 *
 * Keyboard and mouse are parts of this device and share its lock. Registers
 * are accessed on vCPU threads, input comes from any, timers on the I/O
 * thread.
 */

#include "devices/input/ps2-controller.h"

#include <glib/gi18n-lib.h>

#include "devices/input/ps2-keyboard.h"
#include "devices/input/ps2-mouse.h"

#define DATA_PORT    0x60
#define COMMAND_PORT 0x64
#define BYTE_TIME_NS 500000
#define RAM_BYTES    32

enum {
  STATUS_OBF = 0x01, /* a byte can be read */
  STATUS_SYS = 0x04,
  STATUS_CMD = 0x08,      /* the last write was a command */
  STATUS_UNLOCKED = 0x10, /* the key in the lock is turned */
  STATUS_AUX = 0x20       /* the byte is the mouse's */
};

enum {
  MODE_KBD_INT = 0x01,
  MODE_AUX_INT = 0x02,
  MODE_SYS = 0x04,
  MODE_KBD_OFF = 0x10,
  MODE_AUX_OFF = 0x20,
  MODE_TRANSLATE = 0x40,
  MODE_START = MODE_KBD_INT | MODE_SYS | MODE_TRANSLATE
};

enum {
  OUT_NO_RESET = 0x01,
  OUT_A20 = 0x02,
  OUT_KBD_FULL = 0x10,
  OUT_AUX_FULL = 0x20,
  OUT_WIRES = 0xcc, /* idle clock and data wires */
  OUT_WRITABLE = 0xcf
};

enum {
  CMD_READ_RAM = 0x20,  /* to 0x3f; the first is the command byte */
  CMD_WRITE_RAM = 0x60, /* to 0x7f */
  CMD_PASSWORD = 0xa4,
  CMD_AUX_DISABLE = 0xa7,
  CMD_AUX_ENABLE = 0xa8,
  CMD_AUX_TEST = 0xa9,
  CMD_SELF_TEST = 0xaa,
  CMD_KBD_TEST = 0xab,
  CMD_KBD_DISABLE = 0xad,
  CMD_KBD_ENABLE = 0xae,
  CMD_VERSION = 0xaf,
  CMD_READ_INPUT = 0xc0,
  CMD_READ_OUTPUT = 0xd0,
  CMD_WRITE_OUTPUT = 0xd1,
  CMD_WRITE_KBD_BUFFER = 0xd2,
  CMD_WRITE_AUX_BUFFER = 0xd3,
  CMD_WRITE_AUX = 0xd4,
  CMD_A20_OFF = 0xdd,
  CMD_A20_ON = 0xdf,
  CMD_TEST_INPUTS = 0xe0,
  CMD_PULSE = 0xf0 /* to 0xff: outputs whose bit is 0 */
};

/* Who filled the output buffer. */
enum {
  FROM_CONTROLLER,
  FROM_KEYBOARD,
  FROM_MOUSE
};

typedef struct {
  MosDevice         device;
  MosRegisterWindow data_registers;
  MosRegisterWindow command_registers;
  MosIoWindow       data_window;
  MosIoWindow       command_window;
  MosInputPort     *input;
  MosLine           keyboard_irq;
  MosLine           mouse_irq;
  MosLine           a20;
  MosLine           cpu_reset;
  MosTimer          byte_timer;
  MosTimer          repeat_timer;
  MosPs2Keyboard    keyboard;
  MosPs2Mouse       mouse;

  guint8  data; /* the output buffer */
  guint8  full;
  guint8  source;
  guint8  status; /* SYS and CMD; the rest is worked out */
  guint8  outputs;
  guint8  command;        /* waits for a byte at port 0x60; 0: none */
  guint8  released;       /* translation: 0xf0 has passed */
  guint8  ram[RAM_BYTES]; /* [0]: the command byte */
  guint64 next_byte_ns;
} Ps2;

static Ps2 *
ps2_of (MosDevice *device)
{
  return (Ps2 *) device;
}

/* The output buffer -------------------------------------------------------- */

static void
update_irqs (Ps2 *self)
{
  gboolean aux = self->full && self->source == FROM_MOUSE;
  gboolean kbd = self->full && self->source != FROM_MOUSE;

  mos_line_set (&self->keyboard_irq, kbd && (self->ram[0] & MODE_KBD_INT) != 0);
  mos_line_set (&self->mouse_irq, aux && (self->ram[0] & MODE_AUX_INT) != 0);
}

static void
show (Ps2 *self, guint8 byte, guint8 source)
{
  self->data = byte;
  self->full = TRUE;
  self->source = source;
}

/* The next keyboard byte as the guest sees it; FALSE if there is none. */
static gboolean
pop_keyboard (Ps2 *self)
{
  while (!mos_ps2_queue_is_empty (&self->keyboard.queue)) {
    guint8 byte = mos_ps2_queue_pop (&self->keyboard.queue);

    if ((self->ram[0] & MODE_TRANSLATE) == 0) {
      show (self, byte, FROM_KEYBOARD);
      return TRUE;
    }
    if (byte == 0xf0) {
      self->released = TRUE;
      continue;
    }
    byte = mos_ps2_translate (byte);
    if (self->released)
      byte |= 0x80;
    self->released = FALSE;
    show (self, byte, FROM_KEYBOARD);
    return TRUE;
  }
  return FALSE;
}

static gboolean
pop_mouse (Ps2 *self)
{
  mos_ps2_mouse_next (&self->mouse);
  if (mos_ps2_queue_is_empty (&self->mouse.queue))
    return FALSE;
  show (self, mos_ps2_queue_pop (&self->mouse.queue), FROM_MOUSE);
  return TRUE;
}

/* Fills the buffer if it is free, and drives the interrupts. */
static void
update (Ps2 *self)
{
  gint64   now = mos_clock_now (self->device.bus->clock);
  gboolean kbd = (self->ram[0] & MODE_KBD_OFF) == 0;
  gboolean aux = (self->ram[0] & MODE_AUX_OFF) == 0;

  if (!self->full && now < (gint64) self->next_byte_ns)
    mos_timer_arm (&self->byte_timer, (gint64) self->next_byte_ns);
  else if (!self->full && !(kbd && pop_keyboard (self)) && aux)
    pop_mouse (self);
  update_irqs (self);
}

static void
byte_timer_cb (gpointer user_data)
{
  Ps2 *self = user_data;

  g_mutex_lock (&self->device.lock);
  update (self);
  g_mutex_unlock (&self->device.lock);
}

static void
repeat_timer_cb (gpointer user_data)
{
  Ps2 *self = user_data;

  g_mutex_lock (&self->device.lock);
  mos_ps2_keyboard_repeat (&self->keyboard);
  update (self);
  g_mutex_unlock (&self->device.lock);
}

/* The controller's own answer comes at once, over whatever was there. */
static void
answer (Ps2 *self, guint8 byte)
{
  show (self, byte, FROM_CONTROLLER);
}

/* Commands ----------------------------------------------------------------- */

static void
set_outputs (Ps2 *self, guint8 value)
{
  self->outputs = value & OUT_WRITABLE;
  /* Said even if nothing changes: port 92 may have moved the gate since. */
  self->a20.level = (value & OUT_A20) == 0;
  mos_line_set (&self->a20, (value & OUT_A20) != 0);
  if ((value & OUT_NO_RESET) == 0) {
    self->outputs |= OUT_NO_RESET;
    mos_line_pulse (&self->cpu_reset);
  }
}

static guint8
get_outputs (Ps2 *self)
{
  guint8 value = self->outputs;

  if (self->full)
    value |= self->source == FROM_MOUSE ? OUT_AUX_FULL : OUT_KBD_FULL;
  return value;
}

static void
set_mode (Ps2 *self, guint8 value)
{
  self->ram[0] = value & 0x7f;
  self->status = (self->status & (guint8) ~STATUS_SYS) |
                 ((value & MODE_SYS) != 0 ? STATUS_SYS : 0);
}

static void
self_test (Ps2 *self)
{
  self->status |= STATUS_SYS;
  self->ram[0] |= MODE_SYS;
  answer (self, 0x55);
}

/* Commands without an argument that change something. */
static void
take_action (Ps2 *self, guint8 command)
{
  switch (command) {
  case CMD_AUX_DISABLE:
    self->ram[0] |= MODE_AUX_OFF;
    break;
  case CMD_AUX_ENABLE:
    self->ram[0] &= (guint8) ~MODE_AUX_OFF;
    break;
  case CMD_KBD_DISABLE:
    self->ram[0] |= MODE_KBD_OFF;
    break;
  case CMD_KBD_ENABLE:
    self->ram[0] &= (guint8) ~MODE_KBD_OFF;
    break;
  case CMD_A20_OFF:
    set_outputs (self, self->outputs & (guint8) ~OUT_A20);
    break;
  case CMD_A20_ON:
    set_outputs (self, self->outputs | OUT_A20);
    break;
  case CMD_SELF_TEST:
    self_test (self);
    break;
  default:
    break;
  }
}

static void
take_command (Ps2 *self, guint8 command)
{
  /* Questions with a fixed answer. */
  static const guint8 answers[][2] = {
    { CMD_PASSWORD, 0xf1 }, /* none is set */
    { CMD_AUX_TEST, 0x00 },    { CMD_KBD_TEST, 0x00 },
    { CMD_VERSION, 0x00 },     { CMD_READ_INPUT, 0x80 }, /* not locked */
    { CMD_TEST_INPUTS, 0x00 },
  };

  self->command = 0;
  if (command >= CMD_READ_RAM && command < CMD_READ_RAM + RAM_BYTES) {
    answer (self, self->ram[command - CMD_READ_RAM]);
  } else if (command >= CMD_WRITE_RAM && command < CMD_WRITE_RAM + RAM_BYTES) {
    self->command = command;
  } else if (command >= CMD_WRITE_OUTPUT && command <= CMD_WRITE_AUX) {
    self->command = command;
  } else if (command == CMD_READ_OUTPUT) {
    answer (self, get_outputs (self));
  } else if (command >= CMD_PULSE) {
    if ((command & OUT_NO_RESET) == 0)
      mos_line_pulse (&self->cpu_reset);
  } else {
    for (guint i = 0; i < G_N_ELEMENTS (answers); i++) {
      if (answers[i][0] == command)
        answer (self, answers[i][1]);
    }
    take_action (self, command);
  }
}

/* A byte for the command before, or for the keyboard. */
static void
take_data (Ps2 *self, guint8 byte)
{
  guint8 command = self->command;

  self->command = 0;
  switch (command) {
  case 0:
    self->ram[0] &= (guint8) ~MODE_KBD_OFF;
    mos_ps2_keyboard_write (&self->keyboard, byte);
    break;
  case CMD_WRITE_RAM:
    set_mode (self, byte);
    break;
  case CMD_WRITE_OUTPUT:
    set_outputs (self, byte);
    break;
  case CMD_WRITE_KBD_BUFFER:
    show (self, byte, FROM_KEYBOARD);
    break;
  case CMD_WRITE_AUX_BUFFER:
    show (self, byte, FROM_MOUSE);
    break;
  case CMD_WRITE_AUX:
    self->ram[0] &= (guint8) ~MODE_AUX_OFF;
    mos_ps2_mouse_write (&self->mouse, byte);
    break;
  default:
    self->ram[(command - CMD_WRITE_RAM) % RAM_BYTES] = byte;
    break;
  }
}

/* Registers ---------------------------------------------------------------- */

static guint64
data_read (MosDevice *device, const MosRegister *row)
{
  Ps2   *self = ps2_of (device);
  guint8 byte = self->data;

  if (self->full) {
    self->full = FALSE;
    if (self->source != FROM_CONTROLLER)
      self->next_byte_ns =
          (guint64) mos_clock_now (device->bus->clock) + BYTE_TIME_NS;
    update_irqs (self);
    update (self);
  }
  return byte;
}

static void
data_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  Ps2 *self = ps2_of (device);

  self->status &= (guint8) ~STATUS_CMD;
  take_data (self, (guint8) value);
  update (self);
}

static guint64
status_read (MosDevice *device, const MosRegister *row)
{
  Ps2   *self = ps2_of (device);
  guint8 status = self->status | STATUS_UNLOCKED;

  if (self->full)
    status |= STATUS_OBF;
  if (self->full && self->source == FROM_MOUSE)
    status |= STATUS_AUX;
  return status;
}

static void
command_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  Ps2 *self = ps2_of (device);

  self->status |= STATUS_CMD;
  take_command (self, (guint8) value);
  update (self);
}

static const MosField status_fields[] = {
  { "OBF", 0, 1, "a byte can be read at port 0x60" },
  { "IBF", 1, 1, "the last byte written is not taken yet" },
  { "SYS", 2, 1, "the self-test was passed" },
  { "CD", 3, 1, "the last write went to port 0x64" },
  { "UNLOCKED", 4, 1, "the keyboard is not locked" },
  { "AUXB", 5, 1, "the byte to read is the mouse's" },
  { "TO", 6, 1, "a device did not answer in time" },
  { "PERR", 7, 1, "a device's byte had the wrong parity" },
  { NULL, 0, 0, NULL },
};

static const MosRegister data_rows[] = {
  { "DATA", 0, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK,
    G_STRUCT_OFFSET (Ps2, data), 0, 0, NULL,
    "a byte from or to the keyboard, the mouse or the controller", data_read,
    data_write },
};
static const MosRegister command_rows[] = {
  { "STATUS/COMMAND", 0, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (Ps2, status), 0,
    0, status_fields, "state; a command to the controller", status_read,
    command_write },
};

/* Input -------------------------------------------------------------------- */

static Ps2 *
ps2_of_keyboard (gpointer keyboard)
{
  return (Ps2 *) ((guint8 *) keyboard - G_STRUCT_OFFSET (Ps2, keyboard));
}

static Ps2 *
ps2_of_mouse (gpointer mouse)
{
  return (Ps2 *) ((guint8 *) mouse - G_STRUCT_OFFSET (Ps2, mouse));
}

static void
input_key (gpointer device, guint keycode, gboolean down)
{
  Ps2 *self = ps2_of_keyboard (device);

  g_mutex_lock (&self->device.lock);
  mos_ps2_keyboard_key (&self->keyboard, keycode, down);
  update (self);
  g_mutex_unlock (&self->device.lock);
}

static guint
input_key_room (gpointer device)
{
  Ps2  *self = ps2_of_keyboard (device);
  guint room;

  g_mutex_lock (&self->device.lock);
  room = mos_ps2_keyboard_room (&self->keyboard);
  g_mutex_unlock (&self->device.lock);
  return room;
}

static void
input_move (gpointer device, int dx, int dy, int wheel, guint buttons)
{
  Ps2 *self = ps2_of_mouse (device);

  g_mutex_lock (&self->device.lock);
  mos_ps2_mouse_move (&self->mouse, dx, dy, wheel, buttons);
  update (self);
  g_mutex_unlock (&self->device.lock);
}

static gboolean
input_mouse_active (gpointer device)
{
  Ps2     *self = ps2_of_mouse (device);
  gboolean active;

  g_mutex_lock (&self->device.lock);
  active = self->mouse.reporting;
  g_mutex_unlock (&self->device.lock);
  return active;
}

static const MosInputOps keyboard_ops = {
  .key = input_key,
  .key_room = input_key_room,
};
static const MosInputOps mouse_ops = {
  .move = input_move,
  .active = input_mouse_active,
};

/* Life --------------------------------------------------------------------- */

#define STATE(member, kind) MOS_STATE (Ps2, member, kind)

static const MosStateField ps2_state[] = {
  STATE (data, MOS_STATE_U8),
  STATE (full, MOS_STATE_U8),
  STATE (source, MOS_STATE_U8),
  STATE (status, MOS_STATE_U8),
  STATE (outputs, MOS_STATE_U8),
  STATE (command, MOS_STATE_U8),
  STATE (released, MOS_STATE_U8),
  MOS_STATE_ARRAY (Ps2, ram, MOS_STATE_BYTES, RAM_BYTES),
  STATE (next_byte_ns, MOS_STATE_U64),
  MOS_PS2_QUEUE_STATE (Ps2, keyboard.queue),
  STATE (keyboard.enabled, MOS_STATE_U8),
  STATE (keyboard.leds, MOS_STATE_U8),
  STATE (keyboard.set, MOS_STATE_U8),
  STATE (keyboard.rate, MOS_STATE_U8),
  STATE (keyboard.command, MOS_STATE_U8),
  MOS_STATE_ARRAY (Ps2, keyboard.key_types, MOS_STATE_BYTES, 256),
  MOS_PS2_QUEUE_STATE (Ps2, mouse.queue),
  STATE (mouse.id, MOS_STATE_U8),
  STATE (mouse.reporting, MOS_STATE_U8),
  STATE (mouse.remote, MOS_STATE_U8),
  STATE (mouse.wrap, MOS_STATE_U8),
  STATE (mouse.scaling, MOS_STATE_U8),
  STATE (mouse.resolution, MOS_STATE_U8),
  STATE (mouse.rate, MOS_STATE_U8),
  STATE (mouse.command, MOS_STATE_U8),
  MOS_STATE_ARRAY (Ps2, mouse.knock, MOS_STATE_BYTES, 3),
  STATE (mouse.buttons, MOS_STATE_U32),
  STATE (mouse.sent_buttons, MOS_STATE_U32),
  STATE (mouse.dx, MOS_STATE_U32),
  STATE (mouse.dy, MOS_STATE_U32),
  STATE (mouse.dz, MOS_STATE_U32),
  { NULL, 0, MOS_STATE_U8, 0 },
};

static void
map_register (Ps2               *self,
              MosRegisterWindow *registers,
              MosIoWindow       *window,
              const char        *name,
              const MosRegister *row,
              guint16            port)
{
  registers->device = &self->device;
  registers->bank = mos_device_add_bank (&self->device, name, row, 1, 1);
  registers->gap = 0xff;
  mos_device_window_init (&self->device, window, row->name,
                          &mos_register_window_ops, registers, port, 1);
  mos_bus_map_ports (self->device.bus, window);
}

static void
ps2_init (MosDevice *device)
{
  Ps2 *self = ps2_of (device);

  self->keyboard_irq.edges = &device->counters.interrupts;
  self->mouse_irq.edges = &device->counters.interrupts;
  mos_timer_init (&self->byte_timer, device->bus->clock, byte_timer_cb, self);
  mos_timer_init (&self->repeat_timer, device->bus->clock, repeat_timer_cb,
                  self);
  self->keyboard.clock = device->bus->clock;
  self->keyboard.repeat_timer = &self->repeat_timer;
  map_register (self, &self->data_registers, &self->data_window, "data",
                data_rows, DATA_PORT);
  map_register (self, &self->command_registers, &self->command_window,
                "command", command_rows, COMMAND_PORT);
}

static void
ps2_reset (MosDevice *device)
{
  Ps2 *self = ps2_of (device);

  mos_timer_disarm (&self->byte_timer);
  mos_ps2_keyboard_reset (&self->keyboard);
  mos_ps2_mouse_reset (&self->mouse);
  self->data = 0;
  self->full = FALSE;
  self->source = FROM_CONTROLLER;
  self->status = 0;
  self->command = 0;
  self->released = FALSE;
  self->next_byte_ns = 0;
  for (guint i = 0; i < RAM_BYTES; i++)
    self->ram[i] = 0;
  set_mode (self, MODE_START);
  set_outputs (self, OUT_WIRES | OUT_A20 | OUT_NO_RESET);
  update_irqs (self);
}

static gboolean
ps2_loaded (MosDevice *device, GError **error)
{
  Ps2 *self = ps2_of (device);

  if (self->source > FROM_MOUSE)
    self->source = FROM_CONTROLLER;
  self->next_byte_ns =
      MIN (self->next_byte_ns,
           (guint64) mos_clock_now (device->bus->clock) + BYTE_TIME_NS);
  mos_ps2_keyboard_loaded (&self->keyboard);
  mos_ps2_mouse_loaded (&self->mouse);
  /* Not said: where the gate stands is port 92's to save. */
  self->a20.level = (self->outputs & OUT_A20) != 0;
  update (self);
  return TRUE;
}

static void
ps2_clear (MosDevice *device)
{
  Ps2 *self = ps2_of (device);

  if (self->input != NULL) {
    mos_input_port_remove (self->input, &self->keyboard);
    mos_input_port_remove (self->input, &self->mouse);
  }
  mos_timer_clear (&self->byte_timer);
  mos_timer_clear (&self->repeat_timer);
  g_clear_pointer (&self->input, mos_input_port_unref);
}

static const MosDeviceClass ps2_class = {
  .name = "ps2-8042",
  .title = N_ ("Keyboard and mouse"),
  .help = N_ ("An 8042 keyboard controller with a PS/2 keyboard and mouse"),
  .instance_size = sizeof (Ps2),
  .state_version = 1,
  .state = ps2_state,
  .init = ps2_init,
  .reset = ps2_reset,
  .clear = ps2_clear,
  .loaded = ps2_loaded,
};

MosDevice *
mos_ps2_new (MosBus *bus, const char *name, MosInputPort *input)
{
  Ps2 *self;

  g_return_val_if_fail (bus != NULL && input != NULL, NULL);

  self = mos_device_new (&ps2_class, bus, name);
  mos_device_reset (&self->device);
  self->input = mos_input_port_ref (input);
  mos_input_port_add (input, &mouse_ops, &self->mouse);
  mos_input_port_add (input, &keyboard_ops, &self->keyboard);
  return &self->device;
}

MosLine *
mos_ps2_keyboard_irq (MosDevice *device)
{
  return &ps2_of (device)->keyboard_irq;
}

MosLine *
mos_ps2_mouse_irq (MosDevice *device)
{
  return &ps2_of (device)->mouse_irq;
}

MosLine *
mos_ps2_a20 (MosDevice *device)
{
  return &ps2_of (device)->a20;
}

MosLine *
mos_ps2_cpu_reset (MosDevice *device)
{
  return &ps2_of (device)->cpu_reset;
}

guint
mos_ps2_leds (MosDevice *device)
{
  guint leds;

  g_mutex_lock (&device->lock);
  leds = ps2_of (device)->keyboard.leds;
  g_mutex_unlock (&device->lock);
  return leds;
}
