/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A picture of a guest's screen in a file that the user chooses. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* Asks where to, captures the screen then, and reports in @widget's window. */
void mos_picture_save (GtkWidget *widget, MosVm *vm);

/* "NAME 2026-11-28 17-20-00.SUFFIX"; free it. */
char *mos_picture_name (MosVm *vm, const char *suffix);

G_END_DECLS
