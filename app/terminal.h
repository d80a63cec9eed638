/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A terminal on a guest's serial port. What the guest sends is shown, what
 * is typed is sent. Main thread; the guest's bytes come in on a vCPU's.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_TERMINAL (mos_terminal_get_type ())
G_DECLARE_FINAL_TYPE (MosTerminal, mos_terminal, MOS, TERMINAL, GtkWidget)

/* Listens to @port as long as it lives. @name is for screen readers. */
GtkWidget *mos_terminal_new (MosCharPort *port, const char *name);

void mos_terminal_copy (MosTerminal *self);
void mos_terminal_clear (MosTerminal *self);

G_END_DECLS
