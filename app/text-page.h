/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The text page: a guest's text screen as text, to select, copy, search and
 * hear, with what scrolled off above it. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_TEXT_PAGE (mos_text_page_get_type ())
G_DECLARE_FINAL_TYPE (MosTextPage, mos_text_page, MOS, TEXT_PAGE, GtkWidget)

GtkWidget *mos_text_page_new (MosHypervisor *hypervisor);
void       mos_text_page_set_vm (GtkWidget *page, MosVm *vm);

G_END_DECLS
