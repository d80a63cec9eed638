/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Bytes a PS/2 device has yet to send.
 *
 * Answers to commands overtake events: a driver waits for the answer next.
 * Belongs to its device, under the controller's lock. Its members are saved
 * state, so every index is checked against a mask before use.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_PS2_QUEUE_BYTES 64 /* a power of two */

typedef struct {
  guint8 bytes[MOS_PS2_QUEUE_BYTES];
  guint8 first;
  guint8 count;
} MosPs2Ring;

typedef struct {
  MosPs2Ring replies;
  MosPs2Ring events;
  guint8     last; /* as sent, for "resend" */
} MosPs2Queue;

/* For a device's state list: @path is the member, e.g. keyboard.queue. */
#define MOS_PS2_QUEUE_STATE(type, path)                          \
  MOS_STATE_ARRAY (type, path.replies.bytes, MOS_STATE_BYTES,    \
                   MOS_PS2_QUEUE_BYTES),                         \
      MOS_STATE (type, path.replies.first, MOS_STATE_U8),        \
      MOS_STATE (type, path.replies.count, MOS_STATE_U8),        \
      MOS_STATE_ARRAY (type, path.events.bytes, MOS_STATE_BYTES, \
                       MOS_PS2_QUEUE_BYTES),                     \
      MOS_STATE (type, path.events.first, MOS_STATE_U8),         \
      MOS_STATE (type, path.events.count, MOS_STATE_U8),         \
      MOS_STATE (type, path.last, MOS_STATE_U8)

static inline guint
mos_ps2_ring_room (const MosPs2Ring *self)
{
  return MOS_PS2_QUEUE_BYTES - MIN (self->count, MOS_PS2_QUEUE_BYTES);
}

static inline void
mos_ps2_ring_push (MosPs2Ring *self, guint8 byte)
{
  if (mos_ps2_ring_room (self) == 0)
    return;
  self->bytes[(self->first + self->count) % MOS_PS2_QUEUE_BYTES] = byte;
  self->count++;
}

static inline void
mos_ps2_queue_clear (MosPs2Queue *self)
{
  self->replies.count = 0;
  self->events.count = 0;
}

static inline gboolean
mos_ps2_queue_is_empty (const MosPs2Queue *self)
{
  return self->replies.count == 0 && self->events.count == 0;
}

/* The next byte; not when empty. */
static inline guint8
mos_ps2_queue_pop (MosPs2Queue *self)
{
  MosPs2Ring *ring = self->replies.count > 0 ? &self->replies : &self->events;

  self->last = ring->bytes[ring->first % MOS_PS2_QUEUE_BYTES];
  ring->first = (ring->first + 1) % MOS_PS2_QUEUE_BYTES;
  ring->count--;
  return self->last;
}

G_END_DECLS
