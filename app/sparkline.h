/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * How busy a machine has been in the last minute, as a line the size of a
 * word. It draws only while it is seen and the machine runs; the number is its
 * accessible description. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_SPARKLINE (mos_sparkline_get_type ())
G_DECLARE_FINAL_TYPE (MosSparkline, mos_sparkline, MOS, SPARKLINE, GtkWidget)

GtkWidget *mos_sparkline_new (void);
void       mos_sparkline_set_vm (MosSparkline *self, MosVm *vm);

G_END_DECLS
