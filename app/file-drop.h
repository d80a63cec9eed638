/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Files dropped on a widget, from other programs: a machine's row, which is
 * its file outside, is no new machine on its own window. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* @files: of GFile, at least one; the drop's. Returns whether they were taken.
 */
typedef gboolean (*MosFileDropFunc) (gpointer data, GSList *files);

/* @data: lives at least as long as @widget. */
void mos_file_drop_add (GtkWidget *widget, MosFileDropFunc func, gpointer data);

G_END_DECLS
