/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A machine in the list: its picture or state icon, its name, its state in
 * words. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_MACHINE_ROW (mos_machine_row_get_type ())
G_DECLARE_FINAL_TYPE (MosMachineRow,
                      mos_machine_row,
                      MOS,
                      MACHINE_ROW,
                      GtkListBoxRow)

GtkWidget *mos_machine_row_new (MosVm *vm);
MosVm     *mos_machine_row_get_vm (MosMachineRow *self);

/* Lets the user type a new name in place. */
void mos_machine_row_rename (MosMachineRow *self);

/* The same for a group that is not there yet; the machine moves into it. */
void mos_machine_row_new_group (MosMachineRow *self);
/* Moves @vm into the group of that name; "" for none. */
gboolean mos_machine_row_move (MosVm *vm, const char *group, GError **error);

/* The icon for a state; there is always a word beside it. */
const char *mos_machine_row_state_icon (MosVmState state);

G_END_DECLS
