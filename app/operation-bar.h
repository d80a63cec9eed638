/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A bar that shows the running operation of a machine, with its progress and
 * a way to cancel. It appears only when the operation takes longer than half
 * a second. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_OPERATION_BAR (mos_operation_bar_get_type ())
G_DECLARE_FINAL_TYPE (MosOperationBar,
                      mos_operation_bar,
                      MOS,
                      OPERATION_BAR,
                      GtkWidget)

/* The machine to follow; NULL for none. */
void mos_operation_bar_set_vm (MosOperationBar *self, MosVm *vm);

G_END_DECLS
