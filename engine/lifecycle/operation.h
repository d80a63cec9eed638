/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Something that takes a while, tracked.
 *
 * Every lifecycle step is a MosOperation: it has a title, a progress from 0 to
 * 1, may be cancelled, ends once with success or an error, and is written to
 * the machine's log. Main-loop object; work happens on a thread behind it.
 *
 * Properties: title (string), progress (double, -1 unknown), state
 * (MosOperationState), cancellable (boolean); notify is emitted on the main
 * context. Signal "done" once, always from the main loop: it also comes for an
 * operation that had failed when it was returned.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum {
  MOS_OPERATION_RUNNING,
  MOS_OPERATION_SUCCEEDED,
  MOS_OPERATION_FAILED,
  MOS_OPERATION_CANCELLED
} MosOperationState;

#define MOS_TYPE_OPERATION_STATE (mos_operation_state_get_type ())
GType mos_operation_state_get_type (void);

#define MOS_TYPE_OPERATION (mos_operation_get_type ())
G_DECLARE_FINAL_TYPE (MosOperation, mos_operation, MOS, OPERATION, GObject)

const char       *mos_operation_get_title (MosOperation *self);
double            mos_operation_get_progress (MosOperation *self);
MosOperationState mos_operation_get_state (MosOperation *self);
/* NULL unless failed; owned by the operation. */
const GError *mos_operation_get_error (MosOperation *self);
void          mos_operation_cancel (MosOperation *self);

/* Iterates the default main context until it is done; for tools and tests. */
gboolean mos_operation_wait (MosOperation *self, GError **error);

G_END_DECLS
