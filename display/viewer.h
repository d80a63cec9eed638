/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A guest's screen in a window of its own, through SDL2: beside the program's
 * window, or full screen on a monitor of one's choice, for the projector.
 *
 * The rules of the keyboard are those of MosScreenView: a click captures, the
 * host key or losing the focus releases. A guest that wants steps of the
 * pointer gets them without edges here, because SDL can hold the pointer. F11
 * fills the monitor while the guest does not have the keys. Main thread.
 */
#pragma once

#include "engine/host/input.h"
#include "engine/host/screen.h"

G_BEGIN_DECLS

typedef struct MosViewer MosViewer;

/* The user closed the window; free the viewer now or later. */
typedef void (*MosViewerClosed) (MosViewer *self, gpointer user_data);

typedef struct {
  MosScreen      *screen;
  MosInputPort   *input;
  const char     *title;    /* of the window */
  const char     *hint;     /* of the window while captured: the way out */
  guint           host_key; /* Linux key code */
  int             monitor;  /* full screen there; negative: a window */
  MosViewerClosed closed;
  gpointer        user_data;
} MosViewerSpec;

/* References screen and input, copies the texts. MOS_ERROR_NO_HARDWARE when
 * there is no display for SDL. */
MosViewer *mos_viewer_new (const MosViewerSpec *spec, GError **error);
void       mos_viewer_free (MosViewer *self);

/* How many monitors there are; 0 without a display. */
guint mos_viewer_count_monitors (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosViewer, mos_viewer_free)

G_END_DECLS
