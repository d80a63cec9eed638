/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A machine's log, as a list that follows its end. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_LOG_PAGE (mos_log_page_get_type ())
G_DECLARE_FINAL_TYPE (MosLogPage, mos_log_page, MOS, LOG_PAGE, GtkWidget)

/* The log to show; NULL for none. */
void mos_log_page_set_log (MosLogPage *self, MosLog *log);

G_END_DECLS
