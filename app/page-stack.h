/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The pages of one scope, of which one is shown; made when first shown. Main
 * thread.
 */
#pragma once

#include "app/pages.h"

G_BEGIN_DECLS

#define MOS_TYPE_PAGE_STACK (mos_page_stack_get_type ())
G_DECLARE_FINAL_TYPE (MosPageStack, mos_page_stack, MOS, PAGE_STACK, GtkWidget)

GtkWidget *mos_page_stack_new (MosPageScope scope, MosHypervisor *hypervisor);

/* NULL for none. */
void mos_page_stack_set_vm (MosPageStack *self, MosVm *vm);

/* FALSE if there is no such page in this stack. */
gboolean mos_page_stack_show (MosPageStack *self, const char *id);

/* The page that is shown; NULL before the first. */
const char *mos_page_stack_get_shown (MosPageStack *self);

/* The page, made now if it was not yet; NULL if there is none. */
GtkWidget *mos_page_stack_get_page (MosPageStack *self, const char *id);

G_END_DECLS
