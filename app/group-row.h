/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The heading of a group in the list of machines: activating it, or the left
 * and right arrow keys, collapse and expand it. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "app/library-model.h"

G_BEGIN_DECLS

#define MOS_TYPE_GROUP_ROW (mos_group_row_get_type ())
G_DECLARE_FINAL_TYPE (MosGroupRow, mos_group_row, MOS, GROUP_ROW, GtkListBoxRow)

GtkWidget *mos_group_row_new (MosGroup *group);
void       mos_group_row_toggle (MosGroupRow *self);

G_END_DECLS
