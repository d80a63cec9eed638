/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A PS/2 mouse.
 *
 * After the IBM PS/2 Hardware Interface Technical Reference, "Mouse", and
 * Microsoft's IntelliMouse and IntelliMouse Explorer extensions: a mouse that
 * is set to the sample rates 200, 100, 80 turns into one with a wheel, and to
 * 200, 200, 80 after that into one with five buttons.
 *
 * Movement is added up until the guest has read the packet before, so a slow
 * guest lags by one packet and not by a queue; a change of the buttons gets a
 * packet of its own at once.
 */

#include "devices/input/ps2-mouse.h"

#include <string.h>

#include "engine/host/input.h"

#define ACK            0xfa
#define RESEND         0xfe
#define PASSED         0xaa
#define PACKET_BYTES   4
#define MOVEMENT_MAX   4096 /* kept for later at most */
#define DEFAULT_RATE   100
#define DEFAULT_DETAIL 2

enum {
  ID_STANDARD = 0,
  ID_WHEEL = 3,
  ID_EXPLORER = 4
};

enum {
  CMD_SCALE_1 = 0xe6,
  CMD_SCALE_2 = 0xe7,
  CMD_RESOLUTION = 0xe8,
  CMD_STATUS = 0xe9,
  CMD_STREAM = 0xea,
  CMD_READ = 0xeb,
  CMD_UNWRAP = 0xec,
  CMD_WRAP = 0xee,
  CMD_REMOTE = 0xf0,
  CMD_IDENTIFY = 0xf2,
  CMD_RATE = 0xf3,
  CMD_ENABLE = 0xf4,
  CMD_DISABLE = 0xf5,
  CMD_DEFAULTS = 0xf6,
  CMD_RESEND = 0xfe,
  CMD_RESET = 0xff
};

/* Packets ------------------------------------------------------------------ */

/* Movement scaled 2:1, as the reference lists it. */
static int
scale (int value)
{
  static const guint8 small[] = { 0, 1, 1, 3, 6, 9 };
  int                 size = ABS (value);
  int scaled = size < (int) G_N_ELEMENTS (small) ? small[size] : size * 2;

  return value < 0 ? -scaled : scaled;
}

static gboolean
has_movement (const MosPs2Mouse *self)
{
  return (self->dx | self->dy) != 0 ||
         (self->dz != 0 && self->id != ID_STANDARD);
}

/* Takes at most what nine bits hold; the rest stays for the next packet. */
static int
take (guint32 *movement, int limit)
{
  int value = CLAMP ((int) *movement, -limit, limit);

  *movement = (guint32) ((int) *movement - value);
  return value;
}

static guint8
wheel_byte (MosPs2Mouse *self)
{
  guint8 byte;

  if (self->id == ID_WHEEL)
    return (guint8) take (&self->dz, 127);
  byte = (guint8) take (&self->dz, 7) & 0x0f;
  if ((self->buttons & MOS_BUTTON_SIDE) != 0)
    byte |= 0x10;
  if ((self->buttons & MOS_BUTTON_EXTRA) != 0)
    byte |= 0x20;
  return byte;
}

static void
put_packet (MosPs2Mouse *self, MosPs2Ring *ring)
{
  gboolean stretch = self->scaling == 2 && !self->remote;
  int      limit = stretch ? 127 : 255;
  int      dx = take (&self->dx, limit);
  int      dy = take (&self->dy, limit);
  guint8   flags = 0x08;

  if (stretch) {
    dx = scale (dx);
    dy = scale (dy);
  }
  flags |=
      self->buttons & (MOS_BUTTON_LEFT | MOS_BUTTON_RIGHT | MOS_BUTTON_MIDDLE);
  flags |= dx < 0 ? 0x10 : 0;
  flags |= dy < 0 ? 0x20 : 0;
  mos_ps2_ring_push (ring, flags);
  mos_ps2_ring_push (ring, (guint8) dx);
  mos_ps2_ring_push (ring, (guint8) dy);
  if (self->id == ID_STANDARD)
    self->dz = 0;
  else
    mos_ps2_ring_push (ring, wheel_byte (self));
  self->sent_buttons = self->buttons;
}

void
mos_ps2_mouse_next (MosPs2Mouse *self)
{
  gboolean press = self->buttons != self->sent_buttons;
  guint    needed = press ? PACKET_BYTES : MOS_PS2_QUEUE_BYTES;

  if (!self->reporting || self->remote || self->wrap)
    return;
  if (!press && !has_movement (self))
    return;
  if (mos_ps2_ring_room (&self->queue.events) >= needed)
    put_packet (self, &self->queue.events);
}

static void
add_movement (guint32 *movement, gint64 delta)
{
  gint64 sum = (int) *movement + delta;

  *movement = (guint32) (int) CLAMP (sum, -MOVEMENT_MAX, MOVEMENT_MAX);
}

void
mos_ps2_mouse_move (MosPs2Mouse *self, int dx, int dy, int wheel, guint buttons)
{
  self->buttons = buttons & 0x1f;
  if (self->reporting || self->remote) {
    add_movement (&self->dx, dx);
    add_movement (&self->dy, -(gint64) dy);
    add_movement (&self->dz, -(gint64) wheel);
  }
  mos_ps2_mouse_next (self);
}

/* Commands ----------------------------------------------------------------- */

static void
reply (MosPs2Mouse *self, guint8 byte)
{
  mos_ps2_ring_push (&self->queue.replies, byte);
}

static void
forget_movement (MosPs2Mouse *self)
{
  self->dx = self->dy = self->dz = 0;
  self->queue.events.count = 0;
  self->sent_buttons = self->buttons;
}

static void
set_defaults (MosPs2Mouse *self)
{
  self->rate = DEFAULT_RATE;
  self->resolution = DEFAULT_DETAIL;
  self->scaling = 1;
  self->remote = FALSE;
  self->reporting = FALSE;
  forget_movement (self);
}

void
mos_ps2_mouse_reset (MosPs2Mouse *self)
{
  mos_ps2_queue_clear (&self->queue);
  set_defaults (self);
  self->id = ID_STANDARD;
  self->wrap = FALSE;
  self->command = 0;
  memset (self->knock, 0, sizeof self->knock);
}

static void
set_rate (MosPs2Mouse *self, guint8 rate)
{
  static const guint8 wheel[] = { 200, 100, 80 };
  static const guint8 explorer[] = { 200, 200, 80 };

  self->rate = rate;
  self->knock[0] = self->knock[1];
  self->knock[1] = self->knock[2];
  self->knock[2] = rate;
  if (memcmp (self->knock, wheel, sizeof wheel) == 0 && self->id == ID_STANDARD)
    self->id = ID_WHEEL;
  else if (memcmp (self->knock, explorer, sizeof explorer) == 0 &&
           self->id == ID_WHEEL)
    self->id = ID_EXPLORER;
}

static void
send_status (MosPs2Mouse *self)
{
  guint8 status = 0;

  if ((self->buttons & MOS_BUTTON_RIGHT) != 0)
    status |= 0x01;
  if ((self->buttons & MOS_BUTTON_MIDDLE) != 0)
    status |= 0x02;
  if ((self->buttons & MOS_BUTTON_LEFT) != 0)
    status |= 0x04;
  status |= self->scaling == 2 ? 0x10 : 0;
  status |= self->reporting ? 0x20 : 0;
  status |= self->remote ? 0x40 : 0;
  reply (self, status);
  reply (self, self->resolution);
  reply (self, self->rate);
}

static void
take_argument (MosPs2Mouse *self, guint8 byte)
{
  if (self->command == CMD_RATE)
    set_rate (self, byte);
  else
    self->resolution = byte & 3;
  self->command = 0;
  reply (self, ACK);
}

/* Commands that are answered with more than ACK. FALSE: not one of them. */
static gboolean
take_question (MosPs2Mouse *self, guint8 byte)
{
  switch (byte) {
  case CMD_STATUS:
    reply (self, ACK);
    send_status (self);
    return TRUE;
  case CMD_READ:
    reply (self, ACK);
    put_packet (self, &self->queue.replies);
    return TRUE;
  case CMD_IDENTIFY:
    reply (self, ACK);
    reply (self, self->id);
    return TRUE;
  case CMD_RESEND:
    reply (self, self->queue.last);
    return TRUE;
  case CMD_RESET:
    mos_ps2_mouse_reset (self);
    reply (self, ACK);
    reply (self, PASSED);
    reply (self, ID_STANDARD);
    return TRUE;
  default:
    return FALSE;
  }
}

static void
take_command (MosPs2Mouse *self, guint8 byte)
{
  switch (byte) {
  case CMD_SCALE_1:
  case CMD_SCALE_2:
    self->scaling = 1 + (byte - CMD_SCALE_1);
    break;
  case CMD_RESOLUTION:
  case CMD_RATE:
    self->command = byte;
    break;
  case CMD_STREAM:
  case CMD_REMOTE:
    self->remote = byte == CMD_REMOTE;
    forget_movement (self);
    break;
  case CMD_WRAP:
    self->wrap = TRUE;
    break;
  case CMD_UNWRAP:
    self->wrap = FALSE;
    break;
  case CMD_ENABLE:
  case CMD_DISABLE:
    self->reporting = byte == CMD_ENABLE;
    forget_movement (self);
    break;
  case CMD_DEFAULTS:
    set_defaults (self);
    break;
  default:
    reply (self, RESEND);
    return;
  }
  reply (self, ACK);
}

void
mos_ps2_mouse_write (MosPs2Mouse *self, guint8 byte)
{
  self->queue.replies.count = 0;
  if (self->wrap && byte != CMD_RESET && byte != CMD_UNWRAP)
    reply (self, byte);
  else if (self->command != 0)
    take_argument (self, byte);
  else if (!take_question (self, byte))
    take_command (self, byte);
}

void
mos_ps2_mouse_loaded (MosPs2Mouse *self)
{
  self->queue.replies.count =
      MIN (self->queue.replies.count, MOS_PS2_QUEUE_BYTES);
  self->queue.events.count =
      MIN (self->queue.events.count, MOS_PS2_QUEUE_BYTES);
  if (self->id != ID_WHEEL && self->id != ID_EXPLORER)
    self->id = ID_STANDARD;
  if (self->command != CMD_RATE)
    self->command = self->command == CMD_RESOLUTION ? CMD_RESOLUTION : 0;
  self->buttons &= 0x1f;
  add_movement (&self->dx, 0);
  add_movement (&self->dy, 0);
  add_movement (&self->dz, 0);
}
