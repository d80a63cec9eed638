/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Trace page of a machine: record its events, filter and search them,
 * export them. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_TRACE_PAGE (mos_trace_page_get_type ())
G_DECLARE_FINAL_TYPE (MosTracePage, mos_trace_page, MOS, TRACE_PAGE, GtkWidget)

GtkWidget *mos_trace_page_new (void);
void       mos_trace_page_set_vm (MosTracePage *self, MosVm *vm);

G_END_DECLS
