/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a lab that can be read may still lack: what `multios tutorial lint`
 * says. Any thread.
 */
#include <glib/gi18n-lib.h>

#include "tutorials/lab.h"
#include "tutorials/labs.h"

G_GNUC_PRINTF (4, 5)
static void
advise (GPtrArray        *advice,
        const MosLab     *lab,
        const MosLabStep *step,
        const char       *format,
        ...)
{
  g_autofree char *text = NULL;
  va_list          args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (advice, step != NULL
                               ? g_strdup_printf ("%s:%u: %s: %s", lab->id,
                                                  step->line, step->id, text)
                               : g_strdup_printf ("%s: %s", lab->id, text));
}

static gboolean
is_taught (const MosLab *lab, const char *objective)
{
  for (guint i = 0; i < lab->steps->len; i++)
    if (g_ptr_array_find_with_equal_func (mos_lab_step (lab, i)->teaches,
                                          objective, g_str_equal, NULL))
      return TRUE;
  return FALSE;
}

/* A check must say no to something plausible, with words of the author's; a
 * quiz has its wrong answers, which must say why they are. */
static void
look_for_mistakes (GPtrArray *advice, const MosLab *lab, const MosLabStep *step)
{
  if (step->check != NULL && step->mistake == NULL)
    advise (advice, lab, step, _ ("it tries no mistake: ```mistake"));
  if (step->check != NULL && step->wrongs->len == 0)
    advise (advice, lab, step, _ ("it notices no mistake: ```wrong"));
  for (guint i = 0; i < step->quizzes->len; i++) {
    const MosLabQuiz *quiz = g_ptr_array_index (step->quizzes, i);

    for (guint k = 0; k < quiz->answers->len; k++) {
      const MosLabAnswer *answer = g_ptr_array_index (quiz->answers, k);

      if (!answer->right && *answer->why == '\0')
        advise (advice, lab, step,
                _ ("the quiz “%s” does not say why “%s” is wrong"), quiz->id,
                answer->text);
    }
  }
}

static void
look_at_step (GPtrArray *advice, const MosLab *lab, guint index)
{
  const MosLabStep *step = mos_lab_step (lab, index);
  gboolean          asks = step->check != NULL || step->quizzes->len > 0;

  if (!asks)
    advise (advice, lab, step, _ ("it has neither a check nor a quiz"));
  if (asks && step->solve == NULL)
    advise (advice, lab, step, _ ("it has no solution: ```solve"));
  for (guint i = 0; step->solve != NULL && i < step->quizzes->len; i++) {
    const MosLabQuiz *quiz = g_ptr_array_index (step->quizzes, i);

    if (!mos_lab_script_answers (step->solve, quiz->id))
      advise (advice, lab, step,
              _ ("its solution does not answer the quiz “%s”"), quiz->id);
  }
  if (asks && step->hints->len == 0)
    advise (advice, lab, step, _ ("it has no hint"));
  look_for_mistakes (advice, lab, step);
  for (guint i = 0; i < step->blocks->len; i++) {
    const MosLabBlock *block = g_ptr_array_index (step->blocks, i);
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) bytes =
        block->kind == MOS_LAB_BLOCK_PICTURE
            ? mos_labs_picture (lab, block->label, &error)
            : NULL;

    if (error != NULL)
      advise (advice, lab, step, "%s", error->message);
  }
  if (index == 0 || step->before != NULL)
    return;
  /* Prepared by the solutions of the steps before it. */
  for (guint i = index; i > 0 && mos_lab_step (lab, i)->before == NULL; i--)
    if (mos_lab_step (lab, i - 1)->solve == NULL)
      advise (advice, lab, step,
              _ ("it cannot be prepared: “%s” has no solution, and nothing in "
                 "between a “before”"),
              mos_lab_step (lab, i - 1)->id);
}

GPtrArray *
mos_lab_advise (const MosLab *self)
{
  GPtrArray *advice = g_ptr_array_new_with_free_func (g_free);

  g_return_val_if_fail (self != NULL, advice);

  if (self->objectives->len == 0)
    advise (advice, self, NULL, _ ("it has no objectives"));
  for (guint i = 0; i < self->objectives->len; i++) {
    const MosLabObjective *objective = g_ptr_array_index (self->objectives, i);

    if (!is_taught (self, objective->id))
      advise (advice, self, NULL, _ ("no step teaches the objective “%s”"),
              objective->id);
  }
  for (guint i = 0; i < self->steps->len; i++)
    look_at_step (advice, self, i);
  return advice;
}
