/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A small live picture of a machine's screen: once a second, and only while
 * it can be seen and the machine runs. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_THUMBNAIL (mos_thumbnail_get_type ())
G_DECLARE_FINAL_TYPE (MosThumbnail, mos_thumbnail, MOS, THUMBNAIL, GtkWidget)

GtkWidget *mos_thumbnail_new (void);

/* NULL for none. References the machine. */
void mos_thumbnail_set_vm (MosThumbnail *self, MosVm *vm);

G_END_DECLS
