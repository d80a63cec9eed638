/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A question of a lab's step with its answers. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "tutorials/tutorials.h"

G_BEGIN_DECLS

/* Question @index of the step at hand, which stays at hand while the widget
 * is there. */
GtkWidget *mos_tutor_quiz_new (MosLabSession *session, guint index);

/* Shows which answer the session has: it may have come from a solution. */
void mos_tutor_quiz_refresh (GtkWidget *quiz);

G_END_DECLS
