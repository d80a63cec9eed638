/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A guest's serial port on this process's terminal, pipes or a file.
 *
 * What the guest sends arrives on its processors' threads and is carried to
 * the main loop, where it is written and shown to a function. What is typed
 * goes to the guest; an interactive terminal is switched to raw mode, so that
 * Control+C is the guest's, and back at the end.
 */

#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

typedef struct MosSerialLink MosSerialLink;

/* Main loop: more output, after it was written. */
typedef void (*MosSerialFunc) (gpointer      user_data,
                               const guint8 *data,
                               gsize         size);

/*
 * Output of PORT goes to OUTPUT (a descriptor, not closed here, or -1) and
 * FUNC. Main loop.
 */
MosSerialLink *mos_serial_link_new (MosCharPort  *port,
                                    int           output,
                                    MosSerialFunc func,
                                    gpointer      user_data);
/* Writes out what is left, and gives the terminal back. */
void mos_serial_link_free (MosSerialLink *self);

/*
 * Input from the descriptor INPUT until its end. On a terminal in the
 * foreground, Control+A then X calls QUIT; Control+A twice is one for the
 * guest. Returns whether it is such a terminal.
 */
gboolean
mos_serial_link_read (MosSerialLink *self, int input, GSourceFunc quit);

/* Bytes that were lost because nobody took them in time. */
guint64 mos_serial_link_lost (MosSerialLink *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosSerialLink, mos_serial_link_free)

G_END_DECLS
