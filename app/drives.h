/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The removable drives of a machine, for a menu: change or take out what is
 * in them, also while it runs. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* A menu with a section for each CD and floppy drive; NULL if there is none.
 * Its items activate `console.change-medium(u)` and `console.eject(u)`. */
GMenuModel *mos_drives_menu (MosVm *vm);

/* Asks for an image, or takes out what is in the drive; reports mistakes in
 * the window of @widget. */
void mos_drives_change (GtkWidget *widget, MosVm *vm, guint drive);
void mos_drives_eject (GtkWidget *widget, MosVm *vm, guint drive);

/* Puts a file that was dropped into the drive that takes it: an .iso into a CD
 * drive, what has a floppy's size into a floppy drive. NULL, or why not; free
 * it. */
char *mos_drives_insert (MosVm *vm, const char *path);

G_END_DECLS
