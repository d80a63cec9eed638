/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A byte stream between a guest's port and the host.
 *
 * The device end is a serial port or a console; the host end a terminal, a
 * file, standard output. Both ends may be missing. Guest to host never blocks
 * the vCPU: the host's function must queue. Host to guest waits in a bounded
 * queue until the device asks for it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct MosCharPort MosCharPort;

typedef void (*MosCharFunc) (gpointer      user_data,
                             const guint8 *data,
                             gsize         size);
typedef void (*MosCharReadyFunc) (gpointer user_data);

/* @capacity: bytes of input that may wait, 1 to 1 MiB. Reference counted. */
MosCharPort *mos_char_port_new (gsize capacity);
MosCharPort *mos_char_port_ref (MosCharPort *self);
void         mos_char_port_unref (MosCharPort *self);

/* Host end. Output listeners are called on the vCPU's thread; any number.
 * Returns an id; removing waits until the function is not running. */
guint mos_char_port_add_listener (MosCharPort *self,
                                  MosCharFunc  func,
                                  gpointer     user_data);
void  mos_char_port_remove_listener (MosCharPort *self, guint id);
/* Input to the guest; returns how many bytes fit. Any thread. */
gsize mos_char_port_feed (MosCharPort *self, const void *data, gsize size);

/* Device end. @ready is called on the feeding thread when the queue stops
 * being empty, and must take the device's lock itself. */
void  mos_char_port_set_device (MosCharPort     *self,
                                MosCharReadyFunc ready,
                                gpointer         user_data);
void  mos_char_port_write (MosCharPort *self, const void *data, gsize size);
gsize mos_char_port_read (MosCharPort *self, void *data, gsize size);
gsize mos_char_port_pending (MosCharPort *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosCharPort, mos_char_port_unref)

G_END_DECLS
