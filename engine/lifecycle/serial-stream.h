/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A serial port that leads to another program of the host: a pseudo-terminal,
 * or a UNIX socket for one program at a time.
 *
 * Output that nobody fetches is kept up to a bound and then lost, the oldest
 * first, as on a cable; without a program on the socket it goes nowhere. Input
 * waits in the host's buffers while the guest does not fetch it.
 */
#pragma once

#include "engine/base/log.h"
#include "engine/host/char.h"

G_BEGIN_DECLS

typedef struct MosSerialStream MosSerialStream;

/* Opens a pseudo-terminal, whose name is logged, and which @link (or NULL)
 * leads to as a symbolic link; one that is there is replaced. @name: of the
 * port, for the log. MOS_ERROR_IO. */
MosSerialStream *mos_serial_stream_new_pty (const char   *name,
                                            const char   *link,
                                            MosCharPort  *port,
                                            GMainContext *io_context,
                                            MosLog       *log,
                                            GError      **error);

/* Listens at @path. A socket that nobody listens at any more is replaced;
 * MOS_ERROR_IN_USE if somebody does, MOS_ERROR_IO. */
MosSerialStream *mos_serial_stream_new_socket (const char   *name,
                                               const char   *path,
                                               MosCharPort  *port,
                                               GMainContext *io_context,
                                               MosLog       *log,
                                               GError      **error);

/* Hangs up and removes link or socket. The I/O thread has ended, or this is
 * it. */
void mos_serial_stream_free (MosSerialStream *self);

G_END_DECLS
