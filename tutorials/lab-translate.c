/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Translations of labs: lab.de.md beside lab.md has the same steps with the
 * same paragraphs, hints, warnings, labels and quizzes in another language,
 * and nothing that the program executes. Checks and scripts stay in one place.
 * A translation is taken whole or not at all. Any thread.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "tutorials/lab-private.h"

typedef struct {
  const char *name; /* of the translation's file */
  GError    **error;
} Merge;

/* @step: NULL, of the lab as a whole. */
static gboolean
differs (const Merge *merge, const MosLabStep *step, const char *what)
{
  g_set_error (merge->error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("%s:%u: the translation has other %s than the lab"),
               merge->name, step != NULL ? step->line : 1, what);
  return FALSE;
}

static gboolean
same_quiz (const MosLabQuiz *a, const MosLabQuiz *b)
{
  if (!g_str_equal (a->id, b->id) || a->answers->len != b->answers->len)
    return FALSE;
  for (guint i = 0; i < a->answers->len; i++)
    if (((MosLabAnswer *) a->answers->pdata[i])->right !=
        ((MosLabAnswer *) b->answers->pdata[i])->right)
      return FALSE;
  return TRUE;
}

static gboolean
same_step (const Merge *merge, const MosLabStep *a, const MosLabStep *b)
{
  if (g_strcmp0 (a->id, b->id) != 0)
    return differs (merge, b, _ ("steps"));
  if (a->blocks->len != b->blocks->len)
    return differs (merge, b, _ ("paragraphs between fences"));
  for (guint i = 0; i < a->blocks->len; i++)
    if (((MosLabBlock *) a->blocks->pdata[i])->kind !=
        ((MosLabBlock *) b->blocks->pdata[i])->kind)
      return differs (merge, b, _ ("paragraphs between fences"));
  if (a->hints->len != b->hints->len)
    return differs (merge, b, _ ("hints"));
  if (a->wrongs->len != b->wrongs->len)
    return differs (merge, b, _ ("warnings"));
  if (a->values->len != b->values->len)
    return differs (merge, b, _ ("live values"));
  for (guint i = 0; i < a->quizzes->len; i++)
    if (!same_quiz (a->quizzes->pdata[i], b->quizzes->pdata[i]))
      return differs (merge, b, _ ("quizzes"));
  return TRUE;
}

static gboolean
same_lab (const Merge *merge, const MosLab *a, const MosLab *b)
{
  if (!g_str_equal (a->id, b->id) || a->steps->len != b->steps->len)
    return differs (merge, NULL, _ ("steps"));
  if (a->objectives->len != b->objectives->len)
    return differs (merge, NULL, _ ("objectives"));
  for (guint i = 0; i < a->objectives->len; i++)
    if (!g_str_equal (((MosLabObjective *) a->objectives->pdata[i])->id,
                      ((MosLabObjective *) b->objectives->pdata[i])->id))
      return differs (merge, NULL, _ ("objectives"));
  if (!same_step (merge, a->intro, b->intro))
    return FALSE;
  for (guint i = 0; i < a->steps->len; i++)
    if (!same_step (merge, mos_lab_step (a, i), mos_lab_step (b, i)))
      return FALSE;
  return TRUE;
}

static void
swap (char **a, char **b)
{
  char *old = *a;

  *a = *b;
  *b = old;
}

static void
take_quiz (MosLabQuiz *to, MosLabQuiz *from)
{
  swap (&to->question, &from->question);
  for (guint i = 0; i < to->answers->len; i++) {
    MosLabAnswer *answer = g_ptr_array_index (to->answers, i);
    MosLabAnswer *other = g_ptr_array_index (from->answers, i);

    swap (&answer->text, &other->text);
    swap (&answer->why, &other->why);
  }
}

/* Only words; listings stay as they are. */
static void
take_step (MosLabStep *to, MosLabStep *from)
{
  GPtrArray *values = to->values;
  GPtrArray *hints = to->hints;

  to->values = from->values;
  from->values = values;
  to->hints = from->hints;
  from->hints = hints;
  swap (&to->title, &from->title);
  for (guint i = 0; i < to->blocks->len; i++) {
    MosLabBlock *block = g_ptr_array_index (to->blocks, i);
    MosLabBlock *other = g_ptr_array_index (from->blocks, i);

    if (block->kind == MOS_LAB_BLOCK_TEXT ||
        block->kind == MOS_LAB_BLOCK_LIVE ||
        block->kind == MOS_LAB_BLOCK_PICTURE)
      swap (&block->text, &other->text);
    else if (block->kind == MOS_LAB_BLOCK_ACTION)
      swap (&block->label, &other->label);
  }
  for (guint i = 0; i < to->wrongs->len; i++)
    swap (&((MosLabWrong *) to->wrongs->pdata[i])->text,
          &((MosLabWrong *) from->wrongs->pdata[i])->text);
  for (guint i = 0; i < to->actions->len; i++)
    swap (&((MosLabAction *) to->actions->pdata[i])->label,
          &((MosLabAction *) from->actions->pdata[i])->label);
  for (guint i = 0; i < to->quizzes->len; i++)
    take_quiz (to->quizzes->pdata[i], from->quizzes->pdata[i]);
}

gboolean
mos_lab_translate (MosLab     *self,
                   const char *text,
                   gssize      size,
                   const char *name,
                   GError    **error)
{
  Merge merge = { name, error };
  g_autoptr (MosLab) other = NULL;

  g_return_val_if_fail (self != NULL && text != NULL && name != NULL, FALSE);

  other = mos_lab_reader_parse (text, size, name, TRUE, error);
  if (other == NULL || !same_lab (&merge, self, other))
    return FALSE;
  swap (&self->title, &other->title);
  for (guint i = 0; i < self->objectives->len; i++)
    swap (&((MosLabObjective *) self->objectives->pdata[i])->text,
          &((MosLabObjective *) other->objectives->pdata[i])->text);
  take_step (self->intro, other->intro);
  for (guint i = 0; i < self->steps->len; i++)
    take_step (self->steps->pdata[i], other->steps->pdata[i]);
  return TRUE;
}
