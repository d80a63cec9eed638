/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A token bucket: how many bytes a second may pass.
 *
 * Bytes flow in at the rate and up to a burst of 50 ms (at least 64 KiB) wait
 * there. A frame passes while there is any; it may take the bucket into debt,
 * so frames larger than the burst pass too and are paid off afterwards.
 * Reference counted, since the adapters of a machine may share one. Any
 * thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct MosNetBucket MosNetBucket;

/* @rate: bytes a second, 1 to 10^12. Starts full. */
MosNetBucket *mos_net_bucket_new (guint64 rate);
MosNetBucket *mos_net_bucket_ref (MosNetBucket *self);
void          mos_net_bucket_unref (MosNetBucket *self);

/* Microseconds from @now_us (monotonic) until a frame may pass; 0: now. */
gint64 mos_net_bucket_wait (MosNetBucket *self, gint64 now_us);
/* @size bytes have passed. */
void mos_net_bucket_take (MosNetBucket *self, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosNetBucket, mos_net_bucket_unref)

G_END_DECLS
