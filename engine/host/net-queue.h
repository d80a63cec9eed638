/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Frames in line, for the network cable alone.
 *
 * A ring of bytes: each frame lies in one piece behind its size, its flags and
 * the time it came. No locks: the cable has them. The first frame stays where
 * it is until it is popped, whatever is pushed meanwhile.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint8 *ring; /* allocated with the first frame */
  guint   capacity;
  guint   head, tail; /* multiples of 8 */
  guint   used;       /* bytes, with what was skipped at the end */
} MosNetQueue;

/* @capacity: a multiple of 8. */
void mos_net_queue_init (MosNetQueue *self, guint capacity);
void mos_net_queue_clear (MosNetQueue *self);
void mos_net_queue_flush (MosNetQueue *self);

/* FALSE if there is no room. */
gboolean mos_net_queue_push (MosNetQueue  *self,
                             const guint8 *frame,
                             guint         size,
                             guint         flags,
                             gint64        since_us);
/* The first frame, or NULL; and what was pushed with it. */
const guint8 *mos_net_queue_peek (MosNetQueue *self,
                                  guint       *size,
                                  guint       *flags,
                                  gint64      *since_us);
void          mos_net_queue_pop (MosNetQueue *self);

G_END_DECLS
