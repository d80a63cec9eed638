/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The columns of the hierarchy's table, and a node in words. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* For a view of GtkTreeListRow with MosHierarchyNode items. */
void mos_hierarchy_add_columns (GtkColumnView *view);

/* Everything that is known of @node, some lines. Free it. */
char *mos_hierarchy_describe (MosHierarchyNode *node);

G_END_DECLS
