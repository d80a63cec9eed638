/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A PS/2 keyboard.
 *
 * After the IBM PS/2 Hardware Interface Technical Reference, "Keyboards":
 * commands, scan code sets 1 to 3, set 3's key types, typematic by the
 * machine's clock. Everything runs under the controller's lock.
 */

#include "devices/input/ps2-keyboard.h"

#include <linux/input-event-codes.h>

#include "devices/input/ps2-keys.h"

#define ACK          0xfa
#define RESEND       0xfe
#define PASSED       0xaa /* basic assurance test */
#define RELEASED     0xf0
#define EXTENDED     0xe0
#define OVERRUN      0x00 /* 0xff in set 1 */
#define DEFAULT_RATE 0x2b /* 10.9 a second after 500 ms */
#define EVENT_BYTES  8    /* the longest sequence, Pause */

enum {
  CMD_SET_LEDS = 0xed,
  CMD_ECHO = 0xee,
  CMD_SET = 0xf0,
  CMD_IDENTIFY = 0xf2,
  CMD_RATE = 0xf3,
  CMD_ENABLE = 0xf4,
  CMD_DISABLE = 0xf5,
  CMD_DEFAULTS = 0xf6,
  CMD_ALL_TYPEMATIC = 0xf7, /* …, ALL_BREAK, ALL_MAKE */
  CMD_ALL_BOTH = 0xfa,
  CMD_KEY_TYPEMATIC = 0xfb, /* …, KEY_BREAK */
  CMD_KEY_MAKE = 0xfd,
  CMD_RESEND = 0xfe,
  CMD_RESET = 0xff
};

enum {
  MOD_SHIFT = 0x03,
  MOD_CTRL = 0x0c,
  MOD_ALT = 0x30
};

static const struct {
  guint8 keycode;
  guint8 bit;
} modifier_keys[] = {
  { KEY_LEFTSHIFT, 0x01 }, { KEY_RIGHTSHIFT, 0x02 }, { KEY_LEFTCTRL, 0x04 },
  { KEY_RIGHTCTRL, 0x08 }, { KEY_LEFTALT, 0x10 },    { KEY_RIGHTALT, 0x20 },
};

/* Set 2 to set 1, after the 8042's built-in table. */
static const guint8 set2_to_set1[128] = {
  0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e,
  0x0f, 0x29, 0x59, 0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71,
  0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b, 0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04,
  0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d, 0x69, 0x31, 0x30, 0x23,
  0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f, 0x6b,
  0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19,
  0x0c, 0x61, 0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c,
  0x1b, 0x75, 0x2b, 0x63, 0x76, 0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b,
  0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f, 0x52, 0x53, 0x50, 0x4c, 0x4d,
  0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
};

guint8
mos_ps2_translate (guint8 byte)
{
  if (byte < G_N_ELEMENTS (set2_to_set1))
    return set2_to_set1[byte];
  if (byte == 0x83)
    return 0x41;
  return byte == 0x84 ? 0x54 : byte;
}

/* Keys --------------------------------------------------------------------- */

/* Sends a set 2 sequence in the set in use. */
static void
send_codes (MosPs2Keyboard *self, const guint8 *codes, guint n)
{
  gboolean released = FALSE;

  if (mos_ps2_ring_room (&self->queue.events) < EVENT_BYTES) {
    /* The last place says that something is missing. */
    if (mos_ps2_ring_room (&self->queue.events) == EVENT_BYTES - 1)
      mos_ps2_ring_push (&self->queue.events, self->set == 1 ? 0xff : OVERRUN);
    return;
  }
  for (guint i = 0; i < n; i++) {
    if (self->set != 1) {
      mos_ps2_ring_push (&self->queue.events, codes[i]);
    } else if (codes[i] == RELEASED) {
      released = TRUE;
    } else {
      guint8 code = mos_ps2_translate (codes[i]);

      mos_ps2_ring_push (&self->queue.events, released ? code | 0x80 : code);
      released = FALSE;
    }
  }
}

static void
send_set3 (MosPs2Keyboard *self, guint8 code, gboolean down, gboolean repeat)
{
  guint8 codes[] = { RELEASED, code };
  guint8 type = self->key_types[code];

  if (code == 0 || (repeat && (type & MOS_PS2_TYPEMATIC) == 0))
    return;
  if (down)
    send_codes (self, codes + 1, 1);
  else if ((type & MOS_PS2_BREAK) != 0)
    send_codes (self, codes, 2);
}

static void
send_key (MosPs2Keyboard  *self,
          const MosPs2Key *key,
          gboolean         down,
          gboolean         repeat)
{
  guint8 codes[3];
  guint  n = 0;

  if (self->set == 3) {
    send_set3 (self, key->set3, down, repeat);
    return;
  }
  if (key->extended)
    codes[n++] = EXTENDED;
  if (!down)
    codes[n++] = RELEASED;
  codes[n++] = key->set2;
  send_codes (self, codes, n);
}

/* Print Screen looks like other keys, depending on what is held with it. */
static void
send_print_screen (MosPs2Keyboard *self, gboolean down, gboolean repeat)
{
  static const guint8 make[] = { 0xe0, 0x12, 0xe0, 0x7c };
  static const guint8 release[] = { 0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12 };
  static const guint8 make_alt[] = { 0x84 };
  static const guint8 release_alt[] = { 0xf0, 0x84 };
  gboolean            alt = (self->modifiers & MOD_ALT) != 0;
  /* With Shift or Control the fake Shift is left out. */
  gboolean plain = (self->modifiers & (MOD_SHIFT | MOD_CTRL)) == 0;

  if (self->set == 3)
    send_set3 (self, 0x57, down, repeat);
  else if (alt && down)
    send_codes (self, make_alt, sizeof make_alt);
  else if (alt)
    send_codes (self, release_alt, sizeof release_alt);
  else if (down && (plain && !repeat))
    send_codes (self, make, sizeof make);
  else if (down)
    send_codes (self, make + 2, 2);
  else
    send_codes (self, release, plain ? sizeof release : 3);
}

/* Pause says everything when it goes down. */
static void
send_pause (MosPs2Keyboard *self, gboolean down, gboolean repeat)
{
  static const guint8 pause[] = {
    0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77
  };
  static const guint8 ctrl_break[] = { 0xe0, 0x7e, 0xe0, 0xf0, 0x7e };

  if (self->set == 3)
    send_set3 (self, 0x62, down, repeat);
  else if (!down || repeat)
    return;
  else if ((self->modifiers & MOD_CTRL) != 0)
    send_codes (self, ctrl_break, sizeof ctrl_break);
  else
    send_codes (self, pause, sizeof pause);
}

static void
send (MosPs2Keyboard *self, guint keycode, gboolean down, gboolean repeat)
{
  const MosPs2Key *key;

  if (keycode == KEY_SYSRQ)
    send_print_screen (self, down, repeat);
  else if (keycode == KEY_PAUSE)
    send_pause (self, down, repeat);
  else if ((key = mos_ps2_key_find (keycode)) != NULL)
    send_key (self, key, down, repeat);
}

static gint64
repeat_delay_ns (const MosPs2Keyboard *self)
{
  return (1 + (self->rate >> 5 & 3)) * G_GINT64_CONSTANT (250000000);
}

static gint64
repeat_period_ns (const MosPs2Keyboard *self)
{
  return (8 + (self->rate & 7)) *
         (G_GINT64_CONSTANT (1) << (self->rate >> 3 & 3)) *
         G_GINT64_CONSTANT (4170000);
}

static void
stop_repeat (MosPs2Keyboard *self)
{
  self->repeat_key = 0;
  mos_timer_disarm (self->repeat_timer);
}

void
mos_ps2_keyboard_key (MosPs2Keyboard *self, guint keycode, gboolean down)
{
  for (guint i = 0; i < G_N_ELEMENTS (modifier_keys); i++) {
    if (modifier_keys[i].keycode != keycode)
      continue;
    if (down)
      self->modifiers |= modifier_keys[i].bit;
    else
      self->modifiers &= (guint8) ~modifier_keys[i].bit;
  }
  if (!self->enabled)
    return;
  send (self, keycode, down, FALSE);
  if (down) {
    self->repeat_key = keycode;
    mos_timer_arm (self->repeat_timer,
                   mos_clock_now (self->clock) + repeat_delay_ns (self));
  } else if (keycode == self->repeat_key) {
    stop_repeat (self);
  }
}

void
mos_ps2_keyboard_repeat (MosPs2Keyboard *self)
{
  if (self->repeat_key == 0 || !self->enabled)
    return;
  /* A guest that does not read is not buried in repeats. */
  if (self->queue.events.count == 0)
    send (self, self->repeat_key, TRUE, TRUE);
  mos_timer_arm (self->repeat_timer,
                 mos_clock_now (self->clock) + repeat_period_ns (self));
}

guint
mos_ps2_keyboard_room (const MosPs2Keyboard *self)
{
  if (!self->enabled)
    return 0;
  return mos_ps2_ring_room (&self->queue.events) / EVENT_BYTES;
}

/* Commands ----------------------------------------------------------------- */

static void
reply (MosPs2Keyboard *self, guint8 byte)
{
  mos_ps2_ring_push (&self->queue.replies, byte);
}

static void
set_defaults (MosPs2Keyboard *self)
{
  self->rate = DEFAULT_RATE;
  self->set = 2;
  self->queue.events.count = 0;
  mos_ps2_key_default_types (self->key_types);
  stop_repeat (self);
}

void
mos_ps2_keyboard_reset (MosPs2Keyboard *self)
{
  mos_ps2_queue_clear (&self->queue);
  set_defaults (self);
  self->enabled = TRUE;
  self->leds = 0;
  self->command = 0;
  self->modifiers = 0;
}

static void
set_all_types (MosPs2Keyboard *self, guint8 command)
{
  static const guint8 types[] = { MOS_PS2_TYPEMATIC, MOS_PS2_BREAK,
                                  MOS_PS2_MAKE,
                                  MOS_PS2_TYPEMATIC | MOS_PS2_BREAK };

  for (guint i = 0; i < G_N_ELEMENTS (self->key_types); i++)
    self->key_types[i] = types[command - CMD_ALL_TYPEMATIC];
}

/* The argument of the command before. FALSE if it cannot be one. */
static gboolean
take_argument (MosPs2Keyboard *self, guint8 byte)
{
  static const guint8 types[] = { MOS_PS2_TYPEMATIC, MOS_PS2_BREAK,
                                  MOS_PS2_MAKE };
  guint8              command = self->command;

  if (byte >= CMD_SET_LEDS) {
    /* A new command instead: the old one is dropped. */
    self->command = 0;
    return FALSE;
  }
  if (command >= CMD_KEY_TYPEMATIC && command <= CMD_KEY_MAKE) {
    /* Any number of keys, until the next command. */
    self->key_types[byte] = types[command - CMD_KEY_TYPEMATIC];
    reply (self, ACK);
    return TRUE;
  }
  self->command = 0;
  if (command == CMD_SET && byte > 3) {
    reply (self, RESEND);
    return TRUE;
  }
  reply (self, ACK);
  if (command == CMD_SET_LEDS) {
    self->leds = byte & 7;
  } else if (command == CMD_RATE) {
    self->rate = byte & 0x7f;
  } else if (byte == 0) {
    reply (self, self->set);
  } else {
    self->set = byte;
    self->queue.events.count = 0;
    stop_repeat (self);
  }
  return TRUE;
}

static void
reset_by_command (MosPs2Keyboard *self)
{
  mos_ps2_keyboard_reset (self);
  reply (self, ACK);
  reply (self, PASSED);
}

static void
identify (MosPs2Keyboard *self)
{
  reply (self, ACK);
  reply (self, 0xab);
  reply (self, 0x83);
}

static void
take_command (MosPs2Keyboard *self, guint8 byte)
{
  switch (byte) {
  case CMD_ECHO:
    reply (self, CMD_ECHO);
    return;
  case CMD_IDENTIFY:
    identify (self);
    return;
  case CMD_RESEND:
    reply (self, self->queue.last);
    return;
  case CMD_RESET:
    reset_by_command (self);
    return;
  case CMD_SET_LEDS:
  case CMD_SET:
  case CMD_RATE:
  case CMD_KEY_TYPEMATIC:
  case CMD_KEY_TYPEMATIC + 1:
  case CMD_KEY_MAKE:
    self->command = byte;
    break;
  case CMD_ENABLE:
    self->queue.events.count = 0;
    self->enabled = TRUE;
    break;
  case CMD_DISABLE:
    set_defaults (self);
    self->enabled = FALSE;
    break;
  case CMD_DEFAULTS:
    set_defaults (self);
    break;
  case CMD_ALL_TYPEMATIC:
  case CMD_ALL_TYPEMATIC + 1:
  case CMD_ALL_TYPEMATIC + 2:
  case CMD_ALL_BOTH:
    set_all_types (self, byte);
    break;
  default:
    reply (self, RESEND);
    return;
  }
  reply (self, ACK);
}

void
mos_ps2_keyboard_write (MosPs2Keyboard *self, guint8 byte)
{
  /* What it had still to say is overtaken. */
  self->queue.replies.count = 0;
  if (self->command != 0 && take_argument (self, byte))
    return;
  take_command (self, byte);
}

void
mos_ps2_keyboard_loaded (MosPs2Keyboard *self)
{
  self->queue.replies.count =
      MIN (self->queue.replies.count, MOS_PS2_QUEUE_BYTES);
  self->queue.events.count =
      MIN (self->queue.events.count, MOS_PS2_QUEUE_BYTES);
  self->set = CLAMP (self->set, 1, 3);
  if (self->command != 0 && self->command < CMD_SET_LEDS)
    self->command = 0;
  /* Whoever held a key down then does not now. */
  stop_repeat (self);
  self->modifiers = 0;
}
