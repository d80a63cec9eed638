/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A PS/2 mouse: standard, with a wheel, with five buttons; inside its
 * controller and under its lock.
 */

#pragma once

#include "devices/input/ps2-queue.h"

G_BEGIN_DECLS

typedef struct {
  MosPs2Queue queue;
  guint8      id; /* 0 standard, 3 wheel, 4 wheel and five buttons */
  guint8      reporting;
  guint8      remote; /* packets on request only */
  guint8      wrap;   /* echoes */
  guint8      scaling;
  guint8      resolution;
  guint8      rate;
  guint8      command;  /* waits for its argument; 0: none */
  guint8      knock[3]; /* the last three sample rates */
  guint32     buttons;  /* MosButtons */
  guint32     sent_buttons;
  guint32     dx, dy, dz; /* movement not reported yet; signed, y up */
} MosPs2Mouse;

void mos_ps2_mouse_reset (MosPs2Mouse *self);

/* A byte from the host. */
void mos_ps2_mouse_write (MosPs2Mouse *self, guint8 byte);

/* @dy is downwards as on the screen, @wheel away from the user. */
void mos_ps2_mouse_move (MosPs2Mouse *self,
                         int          dx,
                         int          dy,
                         int          wheel,
                         guint        buttons);

/* A packet has been read: there may be another. */
void mos_ps2_mouse_next (MosPs2Mouse *self);

void mos_ps2_mouse_loaded (MosPs2Mouse *self);

G_END_DECLS
