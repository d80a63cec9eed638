/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Somebody works through a lab: the step at hand, its check, scripts. Main
 * loop.
 */
#include "tutorials/session.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "tutorials/clean.h"
#include "tutorials/workspace.h"

#define LOOK_MS     250
#define WORD_JOINER "\xe2\x81\xa0" /* U+2060, without a width */

struct _MosLabSession {
  GObject parent_instance;

  MosLab            *lab;
  MosLabWorld       *world;
  MosLabStepRecord  *records; /* one a step */
  guint              step;
  gint64             since_us; /* the step has been at hand; 0: not active */
  double            *baseline; /* of the step's check */
  double            *wrong_baselines[MOS_LAB_MAX_ITEMS];
  int                answers[MOS_LAB_MAX_ITEMS];
  char              *missing;
  char              *warning;
  guint              source;
  const MosLabStage *stage;
  gpointer           stage_data;

  char            **notes; /* one a step, or NULL */
  MosClean         *clean; /* the last reset, or NULL */
  MosLabStepRecord *old_records;
  guint             old_step;

  GQueue        queue; /* of const MosLabScript *: what is still to run */
  GCancellable *cancellable;
  gboolean      busy;
};

G_DEFINE_FINAL_TYPE (MosLabSession, mos_lab_session, G_TYPE_OBJECT)

enum {
  CHANGED,
  STEP_DONE,
  FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static const MosLabStep *
at_hand (MosLabSession *self)
{
  return mos_lab_step (self->lab, self->step);
}

static void
changed (MosLabSession *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

/* -- time ---------------------------------------------------------------- */

/* Time counts while the step is at hand and the session active. */
static void
settle_time (MosLabSession *self)
{
  gint64 now_us = g_get_monotonic_time ();

  if (self->since_us != 0 && !self->records[self->step].done)
    self->records[self->step].seconds +=
        (guint) ((now_us - self->since_us) / G_USEC_PER_SEC);
  self->since_us = self->source != 0 ? now_us : 0;
}

/* -- looking ------------------------------------------------------------- */

/* The numbers of its deltas now; NULL if it has none. */
static double *
take_baseline (MosLabSession *self, const MosCheck *check)
{
  double *baseline;

  if (check == NULL || mos_check_n_deltas (check) == 0)
    return NULL;
  baseline = g_new0 (double, mos_check_n_deltas (check));
  mos_check_baseline (check, mos_lab_world_get_checks (self->world), baseline);
  return baseline;
}

static void
drop_baselines (MosLabSession *self)
{
  g_clear_pointer (&self->baseline, g_free);
  for (guint i = 0; i < MOS_LAB_MAX_ITEMS; i++)
    g_clear_pointer (&self->wrong_baselines[i], g_free);
}

static void
begin_step (MosLabSession *self)
{
  const MosLabStep *step = at_hand (self);

  drop_baselines (self);
  g_clear_pointer (&self->missing, g_free);
  g_clear_pointer (&self->warning, g_free);
  for (guint i = 0; i < MOS_LAB_MAX_ITEMS; i++)
    self->answers[i] = -1;
  mos_lab_world_forget (self->world);
  self->baseline = take_baseline (self, step->check);
  for (guint i = 0; i < step->wrongs->len; i++)
    self->wrong_baselines[i] = take_baseline (
        self, ((MosLabWrong *) g_ptr_array_index (step->wrongs, i))->when);
}

/* What is plainly wrong now; TRUE if it is something else than before. */
static gboolean
look_for_mistakes (MosLabSession *self)
{
  const MosLabStep *step = at_hand (self);
  const char       *found = NULL;

  for (guint i = 0; i < step->wrongs->len && found == NULL; i++) {
    const MosLabWrong *wrong = g_ptr_array_index (step->wrongs, i);

    if (mos_check_evaluate (wrong->when, mos_lab_world_get_checks (self->world),
                            self->wrong_baselines[i], NULL))
      found = wrong->text;
  }
  if (g_strcmp0 (found, self->warning) == 0)
    return FALSE;
  g_free (self->warning);
  self->warning = g_strdup (found);
  return TRUE;
}

static char *
quizzes_missing (MosLabSession *self)
{
  const MosLabStep *step = at_hand (self);

  for (guint i = 0; i < step->quizzes->len; i++) {
    const MosLabQuiz *quiz = g_ptr_array_index (step->quizzes, i);

    if (!mos_lab_world_get_quiz (self->world, quiz->id))
      return g_strdup_printf (_ ("The question “%s” waits for its answer"),
                              quiz->question);
  }
  return NULL;
}

static void
finish_step (MosLabSession *self)
{
  MosLabStepRecord *record = &self->records[self->step];

  settle_time (self);
  record->done = TRUE;
  record->done_us = g_get_real_time ();
  g_clear_pointer (&self->missing, g_free);
  g_signal_emit (self, signals[STEP_DONE], 0, self->step);
  changed (self);
}

gboolean
mos_lab_session_check (MosLabSession *self, gboolean attempt)
{
  const MosLabStep *step;
  MosLabStepRecord *record;
  g_autofree char  *missing = NULL;
  gboolean          news;

  g_return_val_if_fail (MOS_IS_LAB_SESSION (self), FALSE);

  step = at_hand (self);
  record = &self->records[self->step];
  if (record->done)
    return TRUE;
  mos_lab_world_refresh (self->world);
  news = look_for_mistakes (self);
  if (step->check != NULL)
    mos_check_evaluate (step->check, mos_lab_world_get_checks (self->world),
                        self->baseline, &missing);
  if (missing == NULL)
    missing = quizzes_missing (self);
  if (missing == NULL &&
      (attempt || step->check != NULL || step->quizzes->len > 0)) {
    finish_step (self);
    return TRUE;
  }
  if (attempt && missing != NULL)
    record->failures++;
  news = news || attempt || g_strcmp0 (missing, self->missing) != 0;
  g_free (self->missing);
  self->missing = g_steal_pointer (&missing);
  if (news)
    changed (self);
  return FALSE;
}

static gboolean
look_cb (gpointer user_data)
{
  mos_lab_session_check (user_data, FALSE);
  return G_SOURCE_CONTINUE;
}

void
mos_lab_session_set_active (MosLabSession *self, gboolean active)
{
  g_return_if_fail (MOS_IS_LAB_SESSION (self));

  if (active == (self->source != 0))
    return;
  if (active)
    self->source = g_timeout_add (LOOK_MS, look_cb, self);
  else
    g_clear_handle_id (&self->source, g_source_remove);
  settle_time (self);
}

const char *
mos_lab_session_get_missing (MosLabSession *self)
{
  return self->missing;
}

const char *
mos_lab_session_get_warning (MosLabSession *self)
{
  return self->warning;
}

/* -- steps --------------------------------------------------------------- */

MosLab *
mos_lab_session_get_lab (MosLabSession *self)
{
  return self->lab;
}

MosLabWorld *
mos_lab_session_get_world (MosLabSession *self)
{
  return self->world;
}

guint
mos_lab_session_get_step (MosLabSession *self)
{
  return self->step;
}

void
mos_lab_session_go (MosLabSession *self, guint step)
{
  g_return_if_fail (MOS_IS_LAB_SESSION (self));
  g_return_if_fail (step < self->lab->steps->len);

  settle_time (self);
  self->step = step;
  begin_step (self);
  changed (self);
}

const MosLabStepRecord *
mos_lab_session_get_record (MosLabSession *self, guint step)
{
  g_return_val_if_fail (step < self->lab->steps->len, NULL);

  return &self->records[step];
}

void
mos_lab_session_set_record (MosLabSession          *self,
                            guint                   step,
                            const MosLabStepRecord *record)
{
  g_return_if_fail (step < self->lab->steps->len && record != NULL);

  self->records[step] = *record;
  changed (self);
}

guint
mos_lab_session_count_done (MosLabSession *self)
{
  guint n = 0;

  for (guint i = 0; i < self->lab->steps->len; i++)
    n += self->records[i].done ? 1 : 0;
  return n;
}

const char *
mos_lab_session_get_note (MosLabSession *self, guint step)
{
  g_return_val_if_fail (step < self->lab->steps->len, NULL);

  return self->notes[step];
}

void
mos_lab_session_set_note (MosLabSession *self, guint step, const char *note)
{
  const char *end;

  g_return_if_fail (step < self->lab->steps->len);

  g_clear_pointer (&self->notes[step], g_free);
  if (note == NULL || *note == '\0')
    return;
  self->notes[step] = g_strndup (note, MOS_LAB_MAX_NOTE);
  /* Where it was cut, or was no text before. */
  g_utf8_validate (self->notes[step], -1, &end);
  self->notes[step][end - self->notes[step]] = '\0';
}

/* -- help ---------------------------------------------------------------- */

const char *
mos_lab_session_next_hint (MosLabSession *self)
{
  const MosLabStep *step = at_hand (self);
  MosLabStepRecord *record = &self->records[self->step];
  const char       *hint;

  if (record->hints >= step->hints->len)
    return NULL;
  hint = g_ptr_array_index (step->hints, record->hints);
  record->hints++;
  changed (self);
  return hint;
}

gboolean
mos_lab_session_answer (MosLabSession *self, guint quiz, guint answer)
{
  const MosLabStep   *step = at_hand (self);
  const MosLabQuiz   *asked;
  const MosLabAnswer *given;

  g_return_val_if_fail (quiz < step->quizzes->len, FALSE);
  asked = g_ptr_array_index (step->quizzes, quiz);
  g_return_val_if_fail (answer < asked->answers->len, FALSE);
  given = g_ptr_array_index (asked->answers, answer);

  self->answers[quiz] = (int) answer;
  mos_lab_world_set_quiz (self->world, asked->id, given->right);
  if (!given->right && !self->records[self->step].done)
    self->records[self->step].failures++;
  mos_lab_session_check (self, FALSE);
  changed (self);
  return given->right;
}

static int
find_right (const MosLabQuiz *quiz)
{
  for (guint i = 0; i < quiz->answers->len; i++)
    if (((const MosLabAnswer *) quiz->answers->pdata[i])->right)
      return (int) i;
  return -1;
}

int
mos_lab_session_get_answer (MosLabSession *self, guint quiz)
{
  const MosLabStep *step = at_hand (self);
  const MosLabQuiz *asked;
  int               given;
  gboolean          right;

  if (quiz >= step->quizzes->len)
    return -1;
  asked = g_ptr_array_index (step->quizzes, quiz);
  given = self->answers[quiz];
  right = mos_lab_world_get_quiz (self->world, asked->id);
  if (given < 0)
    return right || self->records[self->step].done ? find_right (asked) : -1;
  /* Somebody else may have answered it since: a solution. */
  if (right &&
      !((const MosLabAnswer *) asked->answers->pdata[(guint) given])->right)
    return find_right (asked);
  return given;
}

char *
mos_lab_session_fill_in (MosLabSession *self, const char *text, guint *first)
{
  GString    *filled = g_string_new (NULL);
  const char *p = text;
  const char *open;

  while ((open = strstr (p, "{{")) != NULL &&
         *first < at_hand (self)->values->len) {
    const MosCheck *value = g_ptr_array_index (at_hand (self)->values, *first);
    g_auto (MosLabValue) now = mos_check_value (
        value, mos_lab_world_get_checks (self->world), self->baseline);
    g_autofree char *shown = mos_lab_value_describe (&now);
    const char      *close = strstr (open, "}}");

    g_string_append_len (filled, p, open - p);
    /* A number at the beginning of a line is no item of a list. */
    if (filled->len == 0 || filled->str[filled->len - 1] == '\n')
      g_string_append (filled, WORD_JOINER);
    g_string_append (filled, shown);
    p = close != NULL ? close + 2 : open + strlen (open);
    ++*first;
  }
  g_string_append (filled, p);
  return g_string_free (filled, FALSE);
}

MosLabValue
mos_lab_session_get_live (MosLabSession *self, guint index)
{
  const MosLabStep *step = at_hand (self);
  const MosCheck   *value;

  if (index >= step->lives->len)
    return (MosLabValue){ .type = MOS_LAB_NULL };
  value = ((MosLabLive *) g_ptr_array_index (step->lives, index))->value;
  return value != NULL
             ? mos_check_value (value, mos_lab_world_get_checks (self->world),
                                NULL)
             : (MosLabValue){ .type = MOS_LAB_NULL };
}

/* -- scripts ------------------------------------------------------------- */

static void run_next (MosLabSession *self);

static void
end_run (MosLabSession *self)
{
  g_queue_clear (&self->queue);
  g_clear_object (&self->cancellable);
  self->busy = FALSE;
  mos_lab_session_check (self, FALSE);
  changed (self);
}

static void
ran_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MosLabSession) self = user_data;
  g_autoptr (GError) error = NULL;

  if (mos_lab_script_run_finish (result, &error)) {
    run_next (self);
    return;
  }
  end_run (self);
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_signal_emit (self, signals[FAILED], 0, error->message);
}

static void
run_next (MosLabSession *self)
{
  const MosLabScript *script = g_queue_pop_head (&self->queue);

  if (script == NULL) {
    end_run (self);
    return;
  }
  mos_lab_script_run (script, self->world, self->stage, self->stage_data,
                      self->cancellable, ran_cb, g_object_ref (self));
}

/* Runs what is in the queue, unless something runs. */
static void
run_queue (MosLabSession *self)
{
  if (self->busy) {
    g_signal_emit (self, signals[FAILED], 0,
                   _ ("Another action is still under way"));
    return;
  }
  self->busy = TRUE;
  self->cancellable = g_cancellable_new ();
  changed (self);
  run_next (self);
}

static void
enqueue (MosLabSession *self, const MosLabScript *script)
{
  if (script != NULL && !self->busy)
    g_queue_push_tail (&self->queue, (gpointer) script);
}

gboolean
mos_lab_session_is_busy (MosLabSession *self)
{
  return self->busy;
}

void
mos_lab_session_cancel (MosLabSession *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
}

void
mos_lab_session_set_stage (MosLabSession     *self,
                           const MosLabStage *stage,
                           gpointer           stage_data)
{
  self->stage = stage;
  self->stage_data = stage_data;
}

void
mos_lab_session_run_action (MosLabSession *self, guint action)
{
  const MosLabStep *step = at_hand (self);

  g_return_if_fail (action < step->actions->len);

  enqueue (
      self,
      ((MosLabAction *) g_ptr_array_index (step->actions, action))->script);
  run_queue (self);
}

void
mos_lab_session_solve (MosLabSession *self)
{
  if (!self->busy)
    self->records[self->step].assisted = TRUE;
  enqueue (self, at_hand (self)->solve);
  run_queue (self);
}

void
mos_lab_session_err (MosLabSession *self)
{
  enqueue (self, at_hand (self)->mistake);
  run_queue (self);
}

void
mos_lab_session_prepare (MosLabSession *self)
{
  guint first = self->step;

  while (first > 0 && mos_lab_step (self->lab, first)->before == NULL)
    first--;
  enqueue (self, mos_lab_step (self->lab, first)->before);
  for (guint i = first; i < self->step; i++)
    enqueue (self, mos_lab_step (self->lab, i)->solve);
  run_queue (self);
}

/* -- anew ---------------------------------------------------------------- */

static void
take (gpointer user_data, const char *role, MosVm *vm)
{
  mos_clean_vm (user_data, vm, role);
}

static void
bring_back (gpointer user_data, const char *role, MosVm *vm)
{
  mos_lab_world_bind (user_data, role, vm);
}

void
mos_lab_session_reset (MosLabSession *self)
{
  gsize size = self->lab->steps->len * sizeof *self->records;

  mos_lab_session_cancel (self);
  g_clear_pointer (&self->clean, mos_clean_unref);
  self->clean = mos_clean_new (mos_lab_world_get_hypervisor (self->world));
  mos_lab_world_foreach (self->world, take, self->clean);
  mos_lab_world_unbind_all (self->world);
  g_free (self->old_records);
  self->old_records = g_memdup2 (self->records, size);
  self->old_step = self->step;
  memset (self->records, 0, size);
  mos_lab_world_forget_quizzes (self->world);
  mos_lab_session_go (self, 0);
}

gboolean
mos_lab_session_undo_reset (MosLabSession *self, GError **error)
{
  g_autoptr (MosClean) clean = g_steal_pointer (&self->clean);
  g_autofree MosLabStepRecord *records = g_steal_pointer (&self->old_records);
  gboolean                     ok;

  if (clean == NULL)
    return TRUE;
  mos_lab_session_cancel (self);
  ok = mos_clean_undo (clean, bring_back, self->world, error);
  memcpy (self->records, records, self->lab->steps->len * sizeof *records);
  mos_lab_session_go (self, self->old_step);
  return ok;
}

/* -- object -------------------------------------------------------------- */

static void
mos_lab_session_dispose (GObject *object)
{
  MosLabSession *self = MOS_LAB_SESSION (object);

  mos_lab_session_cancel (self);
  g_clear_handle_id (&self->source, g_source_remove);
  G_OBJECT_CLASS (mos_lab_session_parent_class)->dispose (object);
}

static void
mos_lab_session_finalize (GObject *object)
{
  MosLabSession *self = MOS_LAB_SESSION (object);

  g_queue_clear (&self->queue);
  g_clear_object (&self->cancellable);
  mos_lab_world_free (self->world);
  for (guint i = 0; i < self->lab->steps->len; i++)
    g_free (self->notes[i]);
  g_free (self->notes);
  mos_clean_unref (self->clean);
  g_free (self->old_records);
  mos_lab_unref (self->lab);
  g_free (self->records);
  drop_baselines (self);
  g_free (self->missing);
  g_free (self->warning);
  G_OBJECT_CLASS (mos_lab_session_parent_class)->finalize (object);
}

static void
mos_lab_session_class_init (MosLabSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mos_lab_session_dispose;
  object_class->finalize = mos_lab_session_finalize;
  signals[CHANGED] =
      g_signal_new ("changed", MOS_TYPE_LAB_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                    NULL, NULL, G_TYPE_NONE, 0);
  signals[STEP_DONE] =
      g_signal_new ("step-done", MOS_TYPE_LAB_SESSION, G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[FAILED] =
      g_signal_new ("failed", MOS_TYPE_LAB_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                    NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
mos_lab_session_init (MosLabSession *self)
{
  g_queue_init (&self->queue);
}

MosLabSession *
mos_lab_session_new (MosLab *lab, MosHypervisor *hypervisor)
{
  MosLabSession   *self;
  g_autofree char *workspace = NULL;

  g_return_val_if_fail (lab != NULL && MOS_IS_HYPERVISOR (hypervisor), NULL);

  self = g_object_new (MOS_TYPE_LAB_SESSION, NULL);
  self->lab = mos_lab_ref (lab);
  self->world = mos_lab_world_new (hypervisor);
  workspace = mos_workspace_folder (lab);
  mos_lab_world_set_lab (self->world, lab, workspace);
  self->records = g_new0 (MosLabStepRecord, lab->steps->len);
  self->notes = g_new0 (char *, lab->steps->len);
  begin_step (self);
  return self;
}
