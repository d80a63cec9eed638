/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A guest's screen as a GTK widget.
 *
 * The picture is cut into tiles at the resolution of the glass. A new frame
 * replaces only the tiles its damage touches, so GTK redraws only those. The
 * frame is taken on the main thread and never waits for the guest.
 *
 * The widget is focusable; once captured (by a click, or Return or Space while
 * focused), every key goes to the guest until the host key is pressed or the
 * focus is lost. The text of text modes is the widget's accessible
 * description, refreshed at most four times a second.
 *
 * Signal "key-sent" (uint, boolean): a key, a Linux key code, has gone to the
 * guest, down or up.
 *
 * Properties: captured (boolean, read-only), scaling (MosScaling), host-key
 * (uint, a Linux key code).
 */
#pragma once

#include "display/tiles.h"
#include "engine/host/input.h"
#include "engine/host/screen.h"

G_BEGIN_DECLS

#define MOS_TYPE_SCREEN_VIEW (mos_screen_view_get_type ())
G_DECLARE_FINAL_TYPE (MosScreenView,
                      mos_screen_view,
                      MOS,
                      SCREEN_VIEW,
                      GtkWidget)

GtkWidget *mos_screen_view_new (void);

/* Either may be NULL. References both. */
void mos_screen_view_set_machine (MosScreenView *self,
                                  MosScreen     *screen,
                                  MosInputPort  *input);

void     mos_screen_view_set_scaling (MosScreenView *self, MosScaling scaling);
void     mos_screen_view_set_host_key (MosScreenView *self, guint keycode);
gboolean mos_screen_view_get_captured (MosScreenView *self);
/* Gives the keyboard back; also without a key, for a button. */
void mos_screen_view_release (MosScreenView *self);

/* Size of the guest's picture; FALSE while there is none. */
gboolean mos_screen_view_get_guest_size (MosScreenView *self,
                                         guint         *width,
                                         guint         *height);

G_END_DECLS
