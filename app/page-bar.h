/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The tabs of a machine's pages, in a row that scrolls where the window is
 * narrow, and a menu with all of them; and the rows of the lab's pages for the
 * side. Both follow the window's `win.page` action. Main thread.
 */
#pragma once

#include "app/pages.h"

G_BEGIN_DECLS

#define MOS_TYPE_PAGE_BAR (mos_page_bar_get_type ())
G_DECLARE_FINAL_TYPE (MosPageBar, mos_page_bar, MOS, PAGE_BAR, GtkWidget)

GtkWidget *mos_page_bar_new (void);

/* Marks the tab of @id, and brings it into view. */
void mos_page_bar_set_shown (MosPageBar *self, const char *id);

/* A list of the lab's pages; NULL while the table has none. */
GtkWidget *mos_page_list_new (void);
/* Marks the row of @id, or none. */
void mos_page_list_set_shown (GtkWidget *list, const char *id);

G_END_DECLS
