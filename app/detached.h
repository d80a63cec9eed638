/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The detached viewer of a machine: at most one each. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* Opens it, full screen on @monitor if that is not negative; if it is open, it
 * is closed and opened there. It closes itself when the machine is deleted.
 * Reports in @widget's window. */
void mos_detached_show (GtkWidget *widget, MosVm *vm, int monitor);

G_END_DECLS
