/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Text as strokes on a US keyboard, for the input port alone.
 *
 * A MosTyping is the queue of texts that wait for their turn, so that two
 * callers do not type into each other's words. Any thread.
 */

#pragma once

#include "engine/host/input.h"

G_BEGIN_DECLS

typedef struct MosTyping MosTyping;

MosTyping *mos_typing_new (void);
void       mos_typing_free (MosTyping *self);

/* See mos_input_port_type(); holds a reference to @port until it is done or
 * @context is gone. */
void mos_typing_start (MosTyping    *self,
                       MosInputPort *port,
                       GMainContext *context,
                       const char   *text,
                       MosTypedFunc  done,
                       gpointer      user_data);

/* The Linux key code that makes @character, and that of the key to hold
 * meanwhile (Shift, or Ctrl for a control character that has no key of its
 * own) or 0; 0 if no key does. */
guint mos_typing_key (char character, guint *held);

G_END_DECLS
