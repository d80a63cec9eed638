/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What moves in a step's text: a register, a graph, the tree; and pictures.
 * Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "tutorials/tutorials.h"

G_BEGIN_DECLS

#define MOS_TYPE_TUTOR_LIVE (mos_tutor_live_get_type ())
G_DECLARE_FINAL_TYPE (MosTutorLive, mos_tutor_live, MOS, TUTOR_LIVE, GtkWidget)

/* Live widget @index of the step at hand; @caption says what it shows. The
 * session outlives it. */
GtkWidget *
mos_tutor_live_new (MosLabSession *session, guint index, const char *caption);
/* Asks the machine; once a second. */
void mos_tutor_live_refresh (MosTutorLive *self);

/* A picture of the lab's folder, or why there is none. */
GtkWidget *mos_tutor_picture_new (const MosLab *lab,
                                  const char   *name,
                                  const char   *caption);

G_END_DECLS
