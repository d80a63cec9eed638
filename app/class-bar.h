/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The class at hand, above the labs: its name and how much time is left; and
 * the dialogs that begin it and export what was done. Nothing is shown when
 * there is no class. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "tutorials/tutorials.h"

G_BEGIN_DECLS

#define MOS_TYPE_CLASS_BAR (mos_class_bar_get_type ())
G_DECLARE_FINAL_TYPE (MosClassBar, mos_class_bar, MOS, CLASS_BAR, GtkWidget)

/* Signal "changed": other labs are open now, or its file can not be read. */
GtkWidget *mos_class_bar_new (MosHypervisor *hypervisor);

/* NULL: there is none. */
const MosClass *mos_class_bar_get (MosClassBar *self);
/* What is wrong with its file, or NULL. */
const char *mos_class_bar_get_mistake (MosClassBar *self);

/* Asks for name, labs and time. */
void mos_class_bar_begin (MosClassBar *self);
void mos_class_bar_end (MosClassBar *self);
/* Asks for the learner's name and a file. */
void mos_class_bar_export (MosClassBar *self);

G_END_DECLS
