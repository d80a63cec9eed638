/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The main window: the list of machines, and the one that is chosen. Main
 * thread.
 */
#pragma once

#include <adwaita.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_WINDOW (mos_window_get_type ())
G_DECLARE_FINAL_TYPE (MosWindow, mos_window, MOS, WINDOW, AdwApplicationWindow)

MosWindow *mos_window_new (GtkApplication *application,
                           MosHypervisor  *hypervisor);

/* Adds a machine file, or offers to make a machine that starts from an image
 * or a kernel. Reports what is wrong with the file. */
void mos_window_open_file (MosWindow *self, GFile *file);

/* The window closes, and asks first if machines are running. */
void mos_window_ask_to_close (MosWindow *self);

/* The chosen machine, or NULL. */
MosVm *mos_window_get_vm (MosWindow *self);
void   mos_window_select (MosWindow *self, MosVm *vm);

G_END_DECLS
