/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Frames in line. A record that would not fit before the ring's end starts at
 * its beginning, and a mark says so.
 */
#include "engine/host/net-queue.h"

#include <string.h>

#define SKIP G_MAXUINT32 /* as a size: go on at the beginning */

typedef struct {
  guint32 size;
  guint32 flags;
  gint64  since_us;
} Header;

#define HEADER_BYTES (guint) sizeof (Header)

static guint
record_bytes (guint size)
{
  return HEADER_BYTES + ((size + 7u) & ~7u);
}

static guint32
header_size (const MosNetQueue *self)
{
  guint32 size;

  memcpy (&size, self->ring + self->head, sizeof size);
  return size;
}

void
mos_net_queue_init (MosNetQueue *self, guint capacity)
{
  *self = (MosNetQueue){ .capacity = capacity };
}

void
mos_net_queue_clear (MosNetQueue *self)
{
  g_clear_pointer (&self->ring, g_free);
  mos_net_queue_flush (self);
}

void
mos_net_queue_flush (MosNetQueue *self)
{
  self->head = 0;
  self->tail = 0;
  self->used = 0;
}

/* Makes @bytes in a row free at the tail. */
static gboolean
make_room (MosNetQueue *self, guint bytes)
{
  const guint32 skip = SKIP;
  guint         free_bytes = self->capacity - self->used;
  guint         to_end = self->capacity - self->tail;

  if (bytes > free_bytes)
    return FALSE;
  if (bytes <= to_end)
    return TRUE;
  if (bytes + to_end > free_bytes)
    return FALSE;
  memcpy (self->ring + self->tail, &skip, sizeof skip);
  self->used += to_end;
  self->tail = 0;
  return TRUE;
}

gboolean
mos_net_queue_push (MosNetQueue  *self,
                    const guint8 *frame,
                    guint         size,
                    guint         flags,
                    gint64        since_us)
{
  const Header header = { size, flags, since_us };
  guint        bytes = record_bytes (size);

  if (self->ring == NULL)
    self->ring = g_malloc (self->capacity);
  if (!make_room (self, bytes))
    return FALSE;
  memcpy (self->ring + self->tail, &header, sizeof header);
  memcpy (self->ring + self->tail + HEADER_BYTES, frame, size);
  self->used += bytes;
  self->tail += bytes;
  if (self->tail == self->capacity)
    self->tail = 0;
  return TRUE;
}

const guint8 *
mos_net_queue_peek (MosNetQueue *self,
                    guint       *size,
                    guint       *flags,
                    gint64      *since_us)
{
  Header header;

  if (self->used > 0 && header_size (self) == SKIP) {
    self->used -= self->capacity - self->head;
    self->head = 0;
  }
  if (self->used == 0)
    return NULL;
  memcpy (&header, self->ring + self->head, sizeof header);
  *size = header.size;
  *flags = header.flags;
  *since_us = header.since_us;
  return self->ring + self->head + HEADER_BYTES;
}

void
mos_net_queue_pop (MosNetQueue *self)
{
  guint bytes = record_bytes (header_size (self));

  self->used -= bytes;
  self->head += bytes;
  if (self->head == self->capacity)
    self->head = 0;
}
