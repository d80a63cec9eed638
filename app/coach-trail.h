/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The way of the pointer from one widget to another, drawn over both: what a
 * hand would do. It grows in under a second, or is there at once where
 * animations are switched off. Takes no input. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MOS_TYPE_COACH_TRAIL (mos_coach_trail_get_type ())
G_DECLARE_FINAL_TYPE (MosCoachTrail,
                      mos_coach_trail,
                      MOS,
                      COACH_TRAIL,
                      GtkWidget)

/* Over everything in the outermost GtkOverlay around @from, which must be
 * around @to as well, until it is removed; NULL if there is none. Holds
 * neither widget. */
GtkWidget *mos_coach_trail_add (GtkWidget *from, GtkWidget *to);
void       mos_coach_trail_remove (MosCoachTrail *self);

G_END_DECLS
