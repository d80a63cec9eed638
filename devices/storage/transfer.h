/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A device's requests to its disks.
 *
 * A controller starts a transfer while it holds its lock and is called back,
 * holding it again, on the machine's I/O thread or one of the store's. In
 * between it may be reset, loaded with another state, or freed: a cancelled
 * transfer is carried out but not reported. The data lies in the transfer, so
 * a request that is still under way never writes into a device that has moved
 * on.
 */
#pragma once

#include "engine/bus/device.h"
#include "engine/host/block.h"

G_BEGIN_DECLS

typedef struct MosTransfers MosTransfers;

/* @result: 0 or a negative errno. @data: what was read, @size bytes; only
 * valid during the call. The device's lock is held. */
typedef void (*MosTransferDone) (gpointer      user_data,
                                 int           result,
                                 const guint8 *data,
                                 gsize         size);

/* All transfers of @device. Free it in the device's clear, lock not held. */
MosTransfers *mos_transfers_new (MosDevice *device);
void          mos_transfers_free (MosTransfers *self);

/*
 * Starts @op on @store. @data: for a write, copied; otherwise NULL. @size is
 * bounded by the caller, not by the guest. Lock held; @done is never called
 * before this returns.
 */
void mos_transfers_start (MosTransfers   *self,
                          MosBlockStore  *store,
                          MosBlockOp      op,
                          guint64         offset,
                          const void     *data,
                          gsize           size,
                          MosTransferDone done,
                          gpointer        user_data);

/* As that, for a discard or write-zeroes of any length. */
void mos_transfers_start_range (MosTransfers   *self,
                                MosBlockStore  *store,
                                MosBlockOp      op,
                                guint64         offset,
                                guint64         size,
                                MosTransferDone done,
                                gpointer        user_data);

/* As mos_transfers_start(), straight from or into @iov, which is copied; what
 * it points to, guest memory, lives longer than the device. */
void mos_transfers_start_vector (MosTransfers       *self,
                                 MosBlockStore      *store,
                                 MosBlockOp          op,
                                 guint64             offset,
                                 const struct iovec *iov,
                                 guint               n_iov,
                                 guint64             size,
                                 MosTransferDone     done,
                                 gpointer            user_data);

/* None that was started with @user_data so far will be reported; NULL means
 * all of them. Lock held. */
void mos_transfers_cancel (MosTransfers *self, gpointer user_data);

/* Waits for all and reports them here and now, and those that they start. Lock
 * held; for saving a device that cannot start its requests again. */
void mos_transfers_settle (MosTransfers *self);

/* Cancels all and waits until no store touches their memory any more. Lock
 * held. */
void mos_transfers_stop (MosTransfers *self);

G_END_DECLS
