/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A capture of one cable, as a pcapng file (draft-ietf-opsawg-pcapng).
 *
 * One section, one Ethernet interface with name, description and snapshot
 * length; each frame with its time to the microsecond, its full length and its
 * direction as the guest sees it. The file is whole after every write, so a
 * killed program leaves one that opens.
 */
#pragma once

#include "engine/base/log.h"
#include "engine/host/net.h"

G_BEGIN_DECLS

typedef struct MosPcapng MosPcapng;

/* Writes @path anew. @max_bytes: how large the file may get, 0 for any size;
 * @snap_bytes: how much of each frame, 0 for all. @name is the adapter's. What
 * goes wrong later is said once in @log. MOS_ERROR_IO. */
MosPcapng *mos_pcapng_new (const char *path,
                           const char *name,
                           guint64     max_bytes,
                           guint       snap_bytes,
                           MosLog     *log,
                           GError    **error);
/* Writes what is left. */
void mos_pcapng_free (MosPcapng *self);

/* MosNetTapFunc; one thread at a time. */
void mos_pcapng_tap (gpointer        self,
                     MosNetDirection direction,
                     const guint8   *frame,
                     gsize           size);
/* Writes out what has been taken so far. */
void mos_pcapng_flush (MosPcapng *self);

G_END_DECLS
