/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * For whoever implements an operation.
 *
 * Two shapes: an operation that works on a thread (mos_operation_run()), and
 * one that waits for something and is ended by whoever hears of it
 * (mos_operation_succeed(), mos_operation_fail()).
 */
#pragma once

#include "engine/base/log.h"
#include "engine/lifecycle/operation.h"

G_BEGIN_DECLS

/* Starts at once. @log may be NULL; the first and the last line go there. */
MosOperation *mos_operation_new (const char *title, MosLog *log);

/* One that has failed before it began; takes @error. "done" still comes. */
MosOperation *mos_operation_new_failed (const char *title, GError *error);

/* Whether mos_operation_cancel() does anything from now on. Main loop. */
void mos_operation_set_cancellable (MosOperation *self, gboolean cancellable);
/* Triggered by mos_operation_cancel(); any thread may look at it. */
GCancellable *mos_operation_get_cancellable (MosOperation *self);

/* Any thread. @progress: 0 to 1, or -1 when nobody can tell. */
void mos_operation_set_progress (MosOperation *self, double progress);

/* End it, once; main loop. fail takes @error; MOS_ERROR_CANCELLED and
 * G_IO_ERROR_CANCELLED become the state MOS_OPERATION_CANCELLED. */
void mos_operation_succeed (MosOperation *self);
void mos_operation_fail (MosOperation *self, GError *error);

/* On a thread of its own; FALSE with @error set means failure. */
typedef gboolean (*MosOperationWork) (MosOperation *self,
                                      gpointer      user_data,
                                      GError      **error);
/* On the main loop when the work is over, before the operation ends: @error
 * is NULL for success. May replace the outcome by changing @error. */
typedef void (*MosOperationFinish) (MosOperation *self,
                                    gpointer      user_data,
                                    GError      **error);

/*
 * Runs @work, then @finish (may be NULL), then ends the operation and frees
 * @user_data. The operation keeps itself alive until then.
 */
void mos_operation_run (MosOperation      *self,
                        MosOperationWork   work,
                        MosOperationFinish finish,
                        gpointer           user_data,
                        GDestroyNotify     free_data);

G_END_DECLS
