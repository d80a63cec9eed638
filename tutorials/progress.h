/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a learner has done: one small file a lab, below
 * $XDG_STATE_HOME/multios-lab/progress.
 *
 * Files are replaced whole, so that a killed program leaves the old or the new
 * one. A file that cannot be read counts as none. Any thread.
 */
#pragma once

#include "tutorials/session.h"

G_BEGIN_DECLS

/* Brings what was kept of the session's lab into it; steps are known by id, so
 * a lab may change in between. */
void     mos_progress_load (MosLabSession *session);
gboolean mos_progress_save (MosLabSession *session, GError **error);
/* Forgets it. */
void mos_progress_forget (const MosLab *lab);

/* How many steps of @lab were done, without a session. */
guint mos_progress_count_done (const MosLab *lab);

/*
 * All that was done, for the teacher: JSON with the learner's chosen name, the
 * labs with their steps, times, failures and help, and a checksum over it that
 * tells accidental changes from what was written. Owned by the caller.
 */
char *mos_progress_export (const char *learner);
/* The same as a table: learner, lab, step, done, seconds, failures, hints,
 * assisted. */
char *mos_progress_export_csv (const char *learner);

/* One lab of an exported file, as points: done steps of all, those done with
 * “do it for me” count half. */
typedef struct {
  char  *lab;
  double points;
  guint  steps;
} MosProgressScore;

/* The learner's name and scores (of MosProgressScore) from an export;
 * MOS_ERROR_SYNTAX if it is none or was changed. */
gboolean mos_progress_grade (const char *json,
                             gssize      size,
                             char      **learner,
                             GPtrArray **scores,
                             GError    **error);

G_END_DECLS
