/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A PS/2 keyboard with scan code sets 1, 2 and 3, inside its controller.
 */

#pragma once

#include "devices/input/ps2-queue.h"
#include "engine/bus/clock.h"

G_BEGIN_DECLS

typedef struct {
  MosPs2Queue queue;
  guint8      enabled; /* scanning */
  guint8      leds;
  guint8      set;     /* 1 to 3 */
  guint8      rate;    /* as in command F3 */
  guint8      command; /* waits for its argument; 0: none */
  guint8      modifiers;
  guint32     repeat_key;     /* Linux key code; 0: none */
  guint8      key_types[256]; /* set 3: by code */

  MosClock *clock;
  MosTimer *repeat_timer; /* the controller's */
} MosPs2Keyboard;

/* As at power on. */
void mos_ps2_keyboard_reset (MosPs2Keyboard *self);

/* A byte from the host. */
void mos_ps2_keyboard_write (MosPs2Keyboard *self, guint8 byte);

/* A key moved; and: the last one is still held. */
void mos_ps2_keyboard_key (MosPs2Keyboard *self, guint keycode, gboolean down);
void mos_ps2_keyboard_repeat (MosPs2Keyboard *self);

/* How many key events fit. */
guint mos_ps2_keyboard_room (const MosPs2Keyboard *self);

/* After loading: forces values into their ranges. */
void mos_ps2_keyboard_loaded (MosPs2Keyboard *self);

/* What the controller makes of a set 2 byte in set 1 (not of the 0xf0 that
 * comes before a release). */
guint8 mos_ps2_translate (guint8 byte);

G_END_DECLS
