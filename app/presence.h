/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the program does for its machines while nobody looks: the computer
 * stays awake, the program stays without a window, and the desktop is told
 * when a machine ends or crashes. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

typedef struct MosPresence MosPresence;

/* Both outlive it. */
MosPresence *mos_presence_new (GtkApplication *application,
                               MosHypervisor  *hypervisor);
void         mos_presence_free (MosPresence *self);

/* How many machines have power. */
guint mos_presence_count_running (MosHypervisor *hypervisor);

/* The window is gone and machines go on: says so once, with a way back. */
void mos_presence_announce (GtkApplication *application,
                            MosHypervisor  *hypervisor);

G_END_DECLS
