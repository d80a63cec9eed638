/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A wire.
 *
 * A device drives its interrupt output by level; who listens is the board's
 * business. Setting a level twice is free. Any thread that holds the device's
 * lock may set the device's lines; receivers take their own lock, and locks
 * are taken in the order device, interrupt controller, vCPU.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef void (*MosLineFunc) (gpointer receiver, guint pin, gboolean level);

typedef struct {
  MosLineFunc func; /* NULL: connected to nothing */
  gpointer    receiver;
  guint       pin;
  gboolean    level;
  guint64    *edges; /* counts rising edges, or NULL */
} MosLine;

static inline void
mos_line_connect (MosLine *self, MosLineFunc func, gpointer receiver, guint pin)
{
  self->func = func;
  self->receiver = receiver;
  self->pin = pin;
}

static inline void
mos_line_set (MosLine *self, gboolean level)
{
  level = level != FALSE;
  if (self->level == level)
    return;
  self->level = level;
  if (level && self->edges != NULL)
    __atomic_add_fetch (self->edges, 1, __ATOMIC_RELAXED);
  if (self->func != NULL)
    self->func (self->receiver, self->pin, level);
}

static inline void
mos_line_pulse (MosLine *self)
{
  mos_line_set (self, TRUE);
  mos_line_set (self, FALSE);
}

G_END_DECLS
