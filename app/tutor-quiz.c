/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Questions: a card with the answers to choose from and, under them, why the
 * chosen one is right or not. Main thread.
 */
#include "app/tutor-quiz.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/access.h"
#include "app/tutor-text.h"

#define QUIZ_KEY   "quiz"
#define ANSWER_KEY "answer"

typedef struct {
  MosLabSession    *session;
  const MosLabQuiz *quiz; /* the lab's */
  guint             index;
  GPtrArray        *buttons;
  GtkWidget        *why;
  gboolean          filling; /* the answer is put there, not given */
} Quiz;

static void
quiz_free (gpointer data)
{
  Quiz *self = data;

  g_ptr_array_unref (self->buttons);
  g_object_unref (self->session);
  g_free (self);
}

/* Many explanations begin with this word themselves. */
static char *
explain_answer (const MosLabAnswer *given)
{
  const char      *word = given->right ? _ ("Right.") : _ ("No.");
  g_autofree char *bare = g_strndup (word, strlen (word) - 1);
  char            *text;

  if (g_str_has_prefix (given->why, bare))
    return g_strdup (given->why);
  text = g_strdup_printf ("%s %s", word, given->why);
  return g_strstrip (text);
}

static void
answer_cb (GtkCheckButton *button, Quiz *self)
{
  guint answer =
      GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), ANSWER_KEY));
  const MosLabAnswer *given = g_ptr_array_index (self->quiz->answers, answer);
  g_autofree char    *text = NULL;

  if (!gtk_check_button_get_active (button))
    return;
  text = explain_answer (given);
  gtk_label_set_label (GTK_LABEL (self->why), text);
  gtk_widget_set_visible (self->why, TRUE);
  gtk_widget_remove_css_class (self->why, given->right ? "error" : "success");
  gtk_widget_add_css_class (self->why, given->right ? "success" : "error");
  if (!self->filling)
    mos_lab_session_answer (self->session, self->index, answer);
}

static GtkWidget *
make_answer (Quiz *self, guint index)
{
  const MosLabAnswer *answer = g_ptr_array_index (self->quiz->answers, index);
  GtkWidget          *button = gtk_check_button_new ();
  GtkWidget          *label = mos_tutor_label_new (answer->text);

  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_set_margin_start (label, 6);
  gtk_check_button_set_child (GTK_CHECK_BUTTON (button), label);
  mos_access_name (button, answer->text);
  if (index > 0)
    gtk_check_button_set_group (GTK_CHECK_BUTTON (button),
                                self->buttons->pdata[0]);
  g_object_set_data (G_OBJECT (button), ANSWER_KEY, GUINT_TO_POINTER (index));
  g_signal_connect (button, "toggled", G_CALLBACK (answer_cb), self);
  g_ptr_array_add (self->buttons, button);
  return button;
}

GtkWidget *
mos_tutor_quiz_new (MosLabSession *session, guint index)
{
  const MosLabStep *step;
  Quiz             *self;
  GtkWidget        *box, *question;

  g_return_val_if_fail (MOS_IS_LAB_SESSION (session), NULL);

  step = mos_lab_step (mos_lab_session_get_lab (session),
                       mos_lab_session_get_step (session));
  self = g_new0 (Quiz, 1);
  self->session = g_object_ref (session);
  self->quiz = g_ptr_array_index (step->quizzes, index);
  self->index = index;
  self->buttons = g_ptr_array_new ();
  self->why = mos_tutor_label_new (NULL);
  gtk_widget_set_visible (self->why, FALSE);

  box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  g_object_set_data_full (G_OBJECT (box), QUIZ_KEY, self, quiz_free);
  question = mos_tutor_text_new (self->quiz->question);
  gtk_widget_add_css_class (question, "heading");
  gtk_box_append (GTK_BOX (box), question);
  for (guint i = 0; i < self->quiz->answers->len; i++)
    gtk_box_append (GTK_BOX (box), make_answer (self, i));
  gtk_box_append (GTK_BOX (box), self->why);
  gtk_widget_add_css_class (box, "card");
  gtk_widget_add_css_class (box, "quiz");
  return box;
}

void
mos_tutor_quiz_refresh (GtkWidget *quiz)
{
  Quiz *self = g_object_get_data (G_OBJECT (quiz), QUIZ_KEY);
  int   answer;

  g_return_if_fail (self != NULL);

  answer = mos_lab_session_get_answer (self->session, self->index);
  if (answer < 0)
    return;
  self->filling = TRUE;
  gtk_check_button_set_active (self->buttons->pdata[answer], TRUE);
  self->filling = FALSE;
}
