/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Presenting to a room: larger text in every window, the keys that go to the
 * guest as caps on the screen, a halo around the pointer, a clock that counts
 * down, and a blank screen. Nothing of it is kept in the settings. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* How much larger text becomes. */
#define MOS_PRESENTER_SCALE 1.5

#define MOS_TYPE_PRESENTER (mos_presenter_get_type ())
G_DECLARE_FINAL_TYPE (MosPresenter, mos_presenter, MOS, PRESENTER, GtkWidget)

/* Shows @child and, while it is active, what belongs to presenting over it. */
GtkWidget *mos_presenter_new (GtkWidget *child);

void     mos_presenter_set_active (MosPresenter *self, gboolean active);
gboolean mos_presenter_get_active (MosPresenter *self);

/* How wide what stands at the end of the window is, in pixels: the bar with
 * the clock keeps beside it. */
void mos_presenter_set_beside (MosPresenter *self, int width);

/* Covers everything with black until it is called with FALSE. */
void     mos_presenter_set_blank (MosPresenter *self, gboolean blank);
gboolean mos_presenter_get_blank (MosPresenter *self);

/* A combination that went to the guest; shown for two seconds. */
void mos_presenter_show_keys (MosPresenter *self, const char *keys);
/* A key (Linux key code) that went to the guest, or was let go. */
void mos_presenter_key (MosPresenter *self, guint keycode, gboolean down);

G_END_DECLS
