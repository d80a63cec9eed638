/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The sidebar for learning: the labs by level, and the one at hand. Main
 * thread.
 */
#pragma once

#include <adwaita.h>

#include "tutorials/tutorials.h"

G_BEGIN_DECLS

#define MOS_TYPE_TUTOR (mos_tutor_get_type ())
G_DECLARE_FINAL_TYPE (MosTutor, mos_tutor, MOS, TUTOR, GtkWidget)

MosTutor *mos_tutor_new (MosHypervisor *hypervisor);

/* Opens the lab with this id; FALSE if there is none. */
gboolean mos_tutor_open (MosTutor *self, const char *id);

/* Deletes the machines that the class at hand does not keep, and puts what was
 * done in the labs aside; offers to undo it. */
void mos_tutor_reset_all (MosTutor *self);

/* The session at hand, or NULL. */
MosLabSession *mos_tutor_get_session (MosTutor *self);

/* What the window shows, for checks. */
void mos_tutor_set_fact (MosTutor *self, const char *name, const char *value);

G_END_DECLS
