/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Somebody works through a lab.
 *
 * The session knows the step at hand, asks its check a few times a second
 * while it is active, remembers what was done, and runs the lab's scripts. The
 * window shows what it says; `multios tutorial run` plays a lab with it.
 *
 * Main-loop object. Signals: "changed" (anything below may be different),
 * "step-done" (guint step), "failed" (string: a script could not go on).
 */
#pragma once

#include "tutorials/lab.h"
#include "tutorials/script.h"

G_BEGIN_DECLS

/* Attempts after which the window offers a hint by itself. */
#define MOS_LAB_FAILURES_BEFORE_HINT 2

#define MOS_LAB_MAX_NOTE 4096

/* What is remembered of one step. */
typedef struct {
  gboolean done;
  gint64   done_us; /* real time */
  guint    seconds; /* spent on it while it was the step at hand */
  guint    failures;
  guint    hints;    /* hints that were looked at */
  gboolean assisted; /* “do it for me” was used */
} MosLabStepRecord;

#define MOS_TYPE_LAB_SESSION (mos_lab_session_get_type ())
G_DECLARE_FINAL_TYPE (MosLabSession, mos_lab_session, MOS, LAB_SESSION, GObject)

/* Both are referenced. */
MosLabSession *mos_lab_session_new (MosLab *lab, MosHypervisor *hypervisor);

MosLab      *mos_lab_session_get_lab (MosLabSession *self);
MosLabWorld *mos_lab_session_get_world (MosLabSession *self);

/* Whether checks are asked periodically; off at first. */
void mos_lab_session_set_active (MosLabSession *self, gboolean active);

/* The step at hand. Going to a step counts its deltas and events anew. */
guint mos_lab_session_get_step (MosLabSession *self);
void  mos_lab_session_go (MosLabSession *self, guint step);

const MosLabStepRecord *mos_lab_session_get_record (MosLabSession *self,
                                                    guint          step);
/* For progress that was kept. */
void  mos_lab_session_set_record (MosLabSession          *self,
                                  guint                   step,
                                  const MosLabStepRecord *record);
guint mos_lab_session_count_done (MosLabSession *self);

/* What the learner wrote down at a step; NULL: nothing. Longer notes than
 * MOS_LAB_MAX_NOTE bytes are cut. */
const char *mos_lab_session_get_note (MosLabSession *self, guint step);
void
mos_lab_session_set_note (MosLabSession *self, guint step, const char *note);

/* Looks now. @attempt: the learner thinks it is done, so “no” is a failure.
 * TRUE if the step is done. A step without check and quiz is done by it. */
gboolean mos_lab_session_check (MosLabSession *self, gboolean attempt);
/* What the check misses, and what is plainly wrong; or NULL. */
const char *mos_lab_session_get_missing (MosLabSession *self);
const char *mos_lab_session_get_warning (MosLabSession *self);

/* The next hint (NULL: there are no more), and how many are out. */
const char *mos_lab_session_next_hint (MosLabSession *self);

/* Quizzes of the step at hand, by index. TRUE: right. */
gboolean mos_lab_session_answer (MosLabSession *self, guint quiz, guint answer);
/* The answer that was chosen; the right one where the step is done or a
 * solution has answered since; -1: none yet. */
int mos_lab_session_get_answer (MosLabSession *self, guint quiz);

/* The text of a block with its {{ }} replaced by values; owned by the caller.
 * @first: index of the block's first value; moved behind its last. */
char *
mos_lab_session_fill_in (MosLabSession *self, const char *text, guint *first);

/* What live widget @index of the step at hand shows now, for the caller to
 * clear; nothing for a tree. */
MosLabValue mos_lab_session_get_live (MosLabSession *self, guint index);

/* Scripts; one at a time: MOS_ERROR_WRONG_STATE by "failed" while busy. */
gboolean mos_lab_session_is_busy (MosLabSession *self);
void     mos_lab_session_cancel (MosLabSession *self);
void     mos_lab_session_set_stage (MosLabSession     *self,
                                    const MosLabStage *stage,
                                    gpointer           stage_data);
void     mos_lab_session_run_action (MosLabSession *self, guint action);
/* Do it for me. */
void mos_lab_session_solve (MosLabSession *self);
/* Does what the step's “mistake” says; nothing if it has none. */
void mos_lab_session_err (MosLabSession *self);
/* Brings about the state that the step at hand starts from: its own “before”,
 * or that of an earlier step and the solutions in between. */
void mos_lab_session_prepare (MosLabSession *self);
/* Deletes the lab's machines and forgets what was done, but for the notes.
 * The last reset can be undone. */
void mos_lab_session_reset (MosLabSession *self);
/* FALSE and the error: not all came back. */
gboolean mos_lab_session_undo_reset (MosLabSession *self, GError **error);

G_END_DECLS
