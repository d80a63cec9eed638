/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A machine's console: the guest's screen, and a bar that says who has the
 * keyboard and how to change that. Main thread.
 *
 * Properties: captured (boolean, read-only): the guest has the keyboard.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_CONSOLE (mos_console_get_type ())
G_DECLARE_FINAL_TYPE (MosConsole, mos_console, MOS, CONSOLE, GtkWidget)

/* NULL for none. References the machine. */
void mos_console_set_vm (MosConsole *self, MosVm *vm);

gboolean mos_console_get_captured (MosConsole *self);
void     mos_console_focus_screen (MosConsole *self);

/* The bar under the screen goes away on the full screen. */
void mos_console_set_bar_visible (MosConsole *self, gboolean visible);

/* Asks where, then writes the guest's screen as PNG. */
void mos_console_save_picture (MosConsole *self);

/* In full screen: shows the bar over the picture for a moment. */
void mos_console_set_full (MosConsole *self, gboolean full);

G_END_DECLS
