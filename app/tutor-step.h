/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One step of a lab in the sidebar: its text with live values, buttons and
 * questions, whether it is done, what is missing, help. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "tutorials/tutorials.h"

G_BEGIN_DECLS

#define MOS_TYPE_TUTOR_STEP (mos_tutor_step_get_type ())
G_DECLARE_FINAL_TYPE (MosTutorStep, mos_tutor_step, MOS, TUTOR_STEP, GtkWidget)

/* Signal "noted": the learner has changed the note at the step. */

/* Follows the session; NULL: shows nothing. The session's live values are
 * shown once a second while the widget is mapped. */
void mos_tutor_step_set_session (MosTutorStep *self, MosLabSession *session);

G_END_DECLS
