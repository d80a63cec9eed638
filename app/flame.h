/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A flame graph: the stacks of a profile as boxes, callers below, as wide as
 * they were often met. A click or Return makes a box as wide as the widget,
 * the arrow keys go from box to box, Escape back out. With a profile to compare
 * with, what grew is patterned. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_FLAME (mos_flame_get_type ())
G_DECLARE_FINAL_TYPE (MosFlame, mos_flame, MOS, FLAME, GtkWidget)

GtkWidget *mos_flame_new (void);

/* Both may be NULL; only read during the call. */
void mos_flame_set_profile (MosFlame         *self,
                            const MosProfile *profile,
                            const MosProfile *before);

G_END_DECLS
