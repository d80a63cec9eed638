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

/* The folder with those files; owned by the caller. */
char *mos_progress_folder (void);

/*
 * All that was done, for the teacher: JSON with the learner's chosen name, the
 * class at hand, the labs with their steps, times, failures and help, and a
 * checksum over it that tells accidental changes from what was written. Notes
 * stay with the learner. Owned by the caller.
 */
char *mos_progress_export (const char *learner);
/* The same as a table: learner, class, lab, step, done, seconds, failures,
 * hints, assisted, late. */
char *mos_progress_export_csv (const char *learner);

/* One lab of an exported file, as points: done steps of all, those done with
 * “do it for me” count half, those done after the class's time nothing. */
typedef struct {
  char  *lab;
  double points;
  guint  steps;
  guint  late;
} MosProgressScore;

typedef struct {
  char      *learner;
  char      *class_name; /* NULL: of no class */
  GPtrArray *scores;     /* of MosProgressScore */
} MosProgressGrade;

/* From an export; MOS_ERROR_SYNTAX if it is none or was changed. */
MosProgressGrade      *
mos_progress_grade (const char *json, gssize size, GError **error);
void mos_progress_grade_free (MosProgressGrade *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosProgressGrade, mos_progress_grade_free)

G_END_DECLS
