/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A file that takes what a guest writes to a serial port.
 *
 * The vCPU only fills a bounded buffer; the machine's I/O thread writes it. If
 * the disk cannot keep up or is full, output is lost and the log says so once.
 */
#pragma once

#include "engine/base/log.h"
#include "engine/host/char.h"

G_BEGIN_DECLS

typedef struct MosSerialFile MosSerialFile;

/* Begins the file anew. MOS_ERROR_IO with the path and the reason. */
MosSerialFile *mos_serial_file_new (const char   *path,
                                    MosCharPort  *port,
                                    GMainContext *io_context,
                                    MosLog       *log,
                                    GError      **error);

/* Writes what is left and closes. The I/O thread has ended, or this is it. */
void mos_serial_file_free (MosSerialFile *self);

G_END_DECLS
