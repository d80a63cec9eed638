/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Telling the user: events and errors as toasts of the window.
 *
 * A toast is short; the whole message is behind its "Details" button and in
 * the log. Main thread.
 */
#pragma once

#include <adwaita.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* Something has happened. @widget: any of the window's. */
void mos_report_event (GtkWidget *widget, const char *text);

/* Shows a toast of one's own; takes the reference. */
void mos_report_toast (AdwToastOverlay *overlay, AdwToast *toast);

/* Something has happened that can be undone for some time: "Undo" calls @undo
 * with @data, an object, first (swapped). */
void mos_report_undoable (GtkWidget  *widget,
                          const char *text,
                          GCallback   undo,
                          gpointer    data);

/* Something went wrong. @log gets the message if it is not there yet (an
 * operation writes its own); may be NULL. */
void mos_report_error (GtkWidget *widget, MosLog *log, const GError *error);

/* Follows an operation to its end and reports its failure, not its success.
 * Takes the reference. */
void mos_report_operation (GtkWidget *widget, MosOperation *operation);

G_END_DECLS
