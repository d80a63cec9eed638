/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Recording a machine's screen into an animated PNG. A recording hangs on its
 * machine: it goes on while another machine is looked at, and ends with the
 * button, or when the machine is off. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

typedef void (*MosRecordingBegun) (gpointer widget);

/* Ends the recording of @vm, or asks where to and begins one; @begun is called
 * with @widget then, which is also told how it ended. */
void
mos_recording_toggle (GtkWidget *widget, MosVm *vm, MosRecordingBegun begun);

/* For how many seconds @vm has been recorded; -1 if it is not. */
int mos_recording_seconds (MosVm *vm);

G_END_DECLS
