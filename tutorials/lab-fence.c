/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What stands in the fences of a lab: one row and one function a kind. Any
 * thread.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "tutorials/lab-private.h"
#include "tutorials/registers.h"
#include "tutorials/targets.h"

/* One fence on its way into its step. */
typedef struct {
  MosLabReader *reader;
  const char   *argument; /* behind the kind, stripped */
  const char   *body;
  guint         line; /* of the opening ``` */
} Fence;

void
mos_lab_block_free (gpointer block)
{
  MosLabBlock *self = block;

  g_free (self->text);
  g_free (self->label);
  g_free (self);
}

void
mos_lab_wrong_free (gpointer wrong)
{
  MosLabWrong *self = wrong;

  mos_check_free (self->when);
  g_free (self->text);
  g_free (self);
}

void
mos_lab_action_free (gpointer action)
{
  MosLabAction *self = action;

  g_free (self->label);
  mos_lab_script_free (self->script);
  g_free (self);
}

static void
answer_free (gpointer data)
{
  MosLabAnswer *self = data;

  g_free (self->text);
  g_free (self->why);
  g_free (self);
}

void
mos_lab_quiz_free (gpointer quiz)
{
  MosLabQuiz *self = quiz;

  g_free (self->id);
  g_free (self->question);
  g_ptr_array_unref (self->answers);
  g_free (self);
}

void
mos_lab_live_free (gpointer live)
{
  MosLabLive *self = live;

  g_free (self->name);
  mos_check_free (self->value);
  g_free (self);
}

static gboolean
too_many (const Fence *fence, const GPtrArray *list)
{
  if (list->len < MOS_LAB_MAX_ITEMS)
    return FALSE;
  mos_lab_reader_fail (fence->reader, MOS_ERROR_SYNTAX, fence->line,
                       _ ("a step has at most %d of these"), MOS_LAB_MAX_ITEMS);
  return TRUE;
}

static char *
stripped (const char *text)
{
  return g_strstrip (g_strdup (text));
}

/* The message of a check or script has its own line already. */
static gboolean
pass_on (const Fence *fence, GError *error)
{
  g_set_error (fence->reader->error, MOS_ERROR, error->code, "%s: %s",
               fence->reader->name, error->message);
  g_error_free (error);
  return FALSE;
}

static MosCheck *
parse_check (const Fence *fence, const char *source, guint line)
{
  GError   *error = NULL;
  MosCheck *check = mos_check_parse (
      source, mos_lab_world_get_checks (fence->reader->world), line, &error);

  if (check == NULL)
    pass_on (fence, error);
  return check;
}

static MosLabScript *
parse_script (const Fence *fence)
{
  GError       *error = NULL;
  MosLabScript *script =
      mos_lab_script_parse (fence->body, fence->line + 1, &error);

  if (script == NULL)
    pass_on (fence, error);
  return script;
}

static void
add_block (const Fence    *fence,
           MosLabBlockKind kind,
           const char     *text,
           const char     *label,
           guint           index)
{
  MosLabBlock *block = g_new0 (MosLabBlock, 1);

  block->kind = kind;
  block->text = g_strdup (text);
  block->label = g_strdup (label);
  block->index = index;
  g_ptr_array_add (fence->reader->step->blocks, block);
}

static gboolean
twice (const Fence *fence, const char *kind)
{
  return mos_lab_reader_fail (fence->reader, MOS_ERROR_SYNTAX, fence->line,
                              _ ("the step has two fences “%s”"), kind);
}

/* -- kinds --------------------------------------------------------------- */

static gboolean
take_check (const Fence *fence)
{
  MosLabStep *step = fence->reader->step;

  if (step->check != NULL)
    return twice (fence, "check");
  step->check = parse_check (fence, fence->body, fence->line + 1);
  return step->check != NULL;
}

static gboolean
take_hint (const Fence *fence)
{
  MosLabStep *step = fence->reader->step;

  if (too_many (fence, step->hints))
    return FALSE;
  g_ptr_array_add (step->hints, stripped (fence->body));
  return TRUE;
}

static gboolean
take_wrong (const Fence *fence)
{
  MosLabStep  *step = fence->reader->step;
  MosLabWrong *wrong;
  MosCheck    *when;

  if (too_many (fence, step->wrongs))
    return FALSE;
  when = fence->reader->translation
             ? NULL
             : parse_check (fence, fence->argument, fence->line);
  if (when == NULL && !fence->reader->translation)
    return FALSE;
  wrong = g_new0 (MosLabWrong, 1);
  wrong->when = when;
  wrong->text = stripped (fence->body);
  g_ptr_array_add (step->wrongs, wrong);
  return TRUE;
}

static gboolean
take_solve (const Fence *fence)
{
  MosLabStep *step = fence->reader->step;

  if (step->solve != NULL)
    return twice (fence, "solve");
  step->solve = parse_script (fence);
  return step->solve != NULL;
}

static gboolean
take_before (const Fence *fence)
{
  MosLabStep *step = fence->reader->step;

  if (step->before != NULL)
    return twice (fence, "before");
  step->before = parse_script (fence);
  return step->before != NULL;
}

static gboolean
take_mistake (const Fence *fence)
{
  MosLabStep *step = fence->reader->step;

  if (step->mistake != NULL)
    return twice (fence, "mistake");
  step->mistake = parse_script (fence);
  return step->mistake != NULL;
}

static gboolean
take_action (const Fence *fence)
{
  MosLabStep   *step = fence->reader->step;
  MosLabScript *script;
  MosLabAction *action;

  if (*fence->argument == '\0')
    return mos_lab_reader_fail (fence->reader, MOS_ERROR_SYNTAX, fence->line,
                                _ ("an action needs a label: ```action Label"));
  if (too_many (fence, step->actions))
    return FALSE;
  script = parse_script (fence);
  if (script == NULL)
    return FALSE;
  action = g_new0 (MosLabAction, 1);
  action->label = g_strdup (fence->argument);
  action->script = script;
  add_block (fence, MOS_LAB_BLOCK_ACTION, NULL, action->label,
             step->actions->len);
  g_ptr_array_add (step->actions, action);
  return TRUE;
}

static gboolean
take_show (const Fence *fence)
{
  MosLabStep *step = fence->reader->step;

  if (!mos_lab_is_id (fence->argument))
    return mos_lab_reader_fail (fence->reader, MOS_ERROR_SYNTAX, fence->line,
                                _ ("this must be ```show widget-id"));
  if (mos_lab_target_find (fence->argument) == NULL)
    return mos_lab_reader_fail (
        fence->reader, MOS_ERROR_UNKNOWN_KEY, fence->line,
        _ ("the window has no part “%s”; multios tutorial guide lists them"),
        fence->argument);
  g_free (step->show);
  step->show = g_strdup (fence->argument);
  return TRUE;
}

static gboolean
take_teaches (const Fence *fence)
{
  g_auto (GStrv) ids = g_strsplit (fence->argument, ",", MOS_LAB_MAX_ITEMS);

  for (guint i = 0; ids[i] != NULL; i++)
    g_ptr_array_add (fence->reader->step->teaches, stripped (ids[i]));
  return TRUE;
}

/* "+ text -- why" */
static void
add_answer (MosLabQuiz *quiz, const char *line)
{
  MosLabAnswer *answer = g_new0 (MosLabAnswer, 1);
  const char   *why = strstr (line, " -- ");

  answer->right = line[0] == '+';
  if (why == NULL)
    why = line + strlen (line);
  answer->text = g_strstrip (g_strndup (line + 1, (gsize) (why - line - 1)));
  answer->why = *why != '\0' ? stripped (why + 4) : g_strdup ("");
  g_ptr_array_add (quiz->answers, answer);
}

static gboolean
is_answerable (const MosLabQuiz *quiz)
{
  guint right = 0;

  for (guint i = 0; i < quiz->answers->len; i++)
    right += ((MosLabAnswer *) quiz->answers->pdata[i])->right ? 1 : 0;
  return quiz->question != NULL && right > 0 && right < quiz->answers->len &&
         quiz->answers->len <= MOS_LAB_MAX_ITEMS;
}

static gboolean
take_quiz (const Fence *fence)
{
  MosLabStep *step = fence->reader->step;
  MosLabQuiz *quiz;
  g_auto (GStrv) lines = g_strsplit (fence->body, "\n", -1);

  if (!mos_lab_is_id (fence->argument))
    return mos_lab_reader_fail (fence->reader, MOS_ERROR_SYNTAX, fence->line,
                                _ ("this must be ```quiz id"));
  if (too_many (fence, step->quizzes))
    return FALSE;
  quiz = g_new0 (MosLabQuiz, 1);
  quiz->id = g_strdup (fence->argument);
  quiz->answers = g_ptr_array_new_with_free_func (answer_free);
  add_block (fence, MOS_LAB_BLOCK_QUIZ, NULL, NULL, step->quizzes->len);
  g_ptr_array_add (step->quizzes, quiz);
  for (guint i = 0; lines[i] != NULL; i++) {
    char *line = g_strstrip (lines[i]);

    if (*line == '\0')
      continue;
    if (*line == '?' && quiz->question == NULL)
      quiz->question = stripped (line + 1);
    else if ((*line == '+' || *line == '-') && quiz->question != NULL)
      add_answer (quiz, line);
    else
      return mos_lab_reader_fail (
          fence->reader, MOS_ERROR_SYNTAX, fence->line + 1 + i,
          _ ("a quiz is “? question”, then “+ right -- why” and “- wrong -- "
             "why”"));
  }
  if (!is_answerable (quiz))
    return mos_lab_reader_fail (
        fence->reader, MOS_ERROR_SYNTAX, fence->line,
        _ ("a quiz needs a question, a right answer and a wrong one, and at "
           "most %d answers"),
        MOS_LAB_MAX_ITEMS);
  return TRUE;
}

static char *
one_line (const char *text)
{
  return g_strdelimit (stripped (text), "\n", ' ');
}

static const struct {
  const char    *name;
  MosLabLiveKind kind;
} live_kinds[] = {
  { "register", MOS_LAB_LIVE_REGISTER },
  { "graph", MOS_LAB_LIVE_GRAPH },
  { "rate", MOS_LAB_LIVE_RATE },
  { "tree", MOS_LAB_LIVE_TREE },
};

/* The expression behind it; @about is the rest of the argument. */
static gboolean
parse_live (const Fence *fence, MosLabLive *live, const char *about)
{
  g_autofree char *source = NULL;

  if (live->kind == MOS_LAB_LIVE_TREE)
    return *about == '\0' ||
           mos_lab_reader_fail (fence->reader, MOS_ERROR_SYNTAX, fence->line,
                                _ ("a tree has nothing behind it"));
  if (live->kind == MOS_LAB_LIVE_REGISTER) {
    live->name = g_ascii_strdown (about, -1);
    source = g_strconcat ("cpu.", live->name, NULL);
    live->fields = mos_lab_register_fields (live->name);
    if (live->fields == NULL)
      return mos_lab_reader_fail (
          fence->reader, MOS_ERROR_INVALID_VALUE, fence->line,
          _ ("“%s” is no register with fields, such as cr0, cr4, efer, rflags"),
          about);
  }
  live->value =
      parse_check (fence, source != NULL ? source : about, fence->line);
  return live->value != NULL;
}

static gboolean
take_live (const Fence *fence)
{
  MosLabStep      *step = fence->reader->step;
  gsize            length = strcspn (fence->argument, " \t");
  g_autofree char *kind = g_strndup (fence->argument, length);
  g_autofree char *about = stripped (fence->argument + length);
  g_autofree char *caption = one_line (fence->body);
  MosLabLive      *live;

  if (too_many (fence, step->lives))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (live_kinds); i++) {
    if (!g_str_equal (live_kinds[i].name, kind))
      continue;
    live = g_new0 (MosLabLive, 1);
    live->kind = live_kinds[i].kind;
    add_block (fence, MOS_LAB_BLOCK_LIVE, caption, NULL, step->lives->len);
    g_ptr_array_add (step->lives, live);
    return fence->reader->translation || parse_live (fence, live, about);
  }
  return mos_lab_reader_fail (
      fence->reader, MOS_ERROR_SYNTAX, fence->line,
      _ ("this must be ```live register NAME, graph EXPRESSION, rate "
         "EXPRESSION or tree"));
}

/* One word, so that it stays in the lab's folder. */
static gboolean
take_picture (const Fence *fence)
{
  const char      *name = fence->argument;
  g_autofree char *caption = one_line (fence->body);

  if (!g_ascii_isalnum (name[0]) || strlen (name) > 64 ||
      strspn (name,
              "abcdefghijklmnopqrstuvwxyz"
              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != strlen (name) ||
      (!g_str_has_suffix (name, ".svg") && !g_str_has_suffix (name, ".png")))
    return mos_lab_reader_fail (
        fence->reader, MOS_ERROR_SYNTAX, fence->line,
        _ ("this must be ```picture NAME.svg or NAME.png"));
  if (*caption == '\0')
    return mos_lab_reader_fail (
        fence->reader, MOS_ERROR_SYNTAX, fence->line,
        _ ("a picture needs words for who does not see it"));
  add_block (fence, MOS_LAB_BLOCK_PICTURE, caption, name, 0);
  return TRUE;
}

static const struct {
  const char *name;
  gboolean (*take) (const Fence *fence);
  gboolean words; /* something to translate */
} kinds[] = {
  { "check", take_check, FALSE },   { "hint", take_hint, TRUE },
  { "wrong", take_wrong, TRUE },    { "solve", take_solve, FALSE },
  { "before", take_before, FALSE }, { "action", take_action, TRUE },
  { "show", take_show, FALSE },     { "teaches", take_teaches, FALSE },
  { "quiz", take_quiz, TRUE },      { "mistake", take_mistake, FALSE },
  { "live", take_live, TRUE },      { "picture", take_picture, TRUE },
};

gboolean
mos_lab_reader_fence (MosLabReader *reader,
                      const char   *info,
                      const char   *body,
                      guint         line)
{
  gsize            length = strcspn (info, " \t");
  g_autofree char *kind = g_strndup (info, length);
  g_autofree char *argument = stripped (info + length);
  Fence            fence = { reader, argument, body, line };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (!g_str_equal (kinds[i].name, kind))
      continue;
    if (reader->step == reader->lab->intro)
      return mos_lab_reader_fail (
          reader, MOS_ERROR_SYNTAX, line,
          _ ("“%s” belongs to a step, and none has begun: “## Title”"), kind);
    if (reader->translation && !kinds[i].words)
      return mos_lab_reader_fail (
          reader, MOS_ERROR_SYNTAX, line,
          _ ("“%s” belongs into lab.md; a translation has words only"), kind);
    return kinds[i].take (&fence);
  }
  add_block (&fence, MOS_LAB_BLOCK_LISTING, body, kind, 0);
  return TRUE;
}
