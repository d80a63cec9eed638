/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Performance page: graphs over one time axis, of one machine or, in the
 * lab's page, of the host and all machines side by side. Main thread; samples
 * are read on a worker, and nothing at all happens while the page is hidden.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_PERFORMANCE_PAGE (mos_performance_page_get_type ())
G_DECLARE_FINAL_TYPE (MosPerformancePage,
                      mos_performance_page,
                      MOS,
                      PERFORMANCE_PAGE,
                      GtkWidget)

/* @watch may be NULL: nothing is watched, and the page says so. @lab: of all
 * machines. */
GtkWidget *mos_performance_page_new (MosWatch *watch, gboolean lab);
void       mos_performance_page_set_vm (MosPerformancePage *self, MosVm *vm);

G_END_DECLS
