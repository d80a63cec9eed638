/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios tutorial list`, `lint` and `run`: labs without the window.
 *
 * `run` plays a lab by its own solutions on real machines, and tells for each
 * step whether its check was false before and true after: what a lab's author
 * and the tests want to know.
 */

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>

#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/lab.h"
#include "tutorials/tutorials.h"

/* How long after its solution a check may take to hold. */
#define SETTLE_MS 10000

static const MosCliOption json_options[] = {
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

static const MosCliOption run_options[] = {
  { .name = "step",
    .argument = "ID",
    .help = N_ ("only this step, from the state it begins in") },
  { .name = "each",
    .help = N_ ("every step by itself, from the state it begins in") },
  { .name = "mistakes",
    .help = N_ ("first each step's mistake and wrong answers, which must be "
                "noticed") },
  { .name = "accel",
    .argument = "HOW",
    .help = N_ ("what runs the machines, unless the lab says: auto, kvm, "
                "soft") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

/* -- list ---------------------------------------------------------------- */

static void
add_lab_json (JsonBuilder *builder, const MosLab *lab)
{
  json_builder_begin_object (builder);
  mos_json_add_string (builder, "id", lab->id);
  mos_json_add_string (builder, "title", lab->title);
  mos_json_add_string (builder, "level", mos_lab_level_name (lab->level));
  mos_json_add_int (builder, "minutes", lab->minutes);
  mos_json_add_int (builder, "steps", lab->steps->len);
  mos_json_add_boolean (builder, "shipped", lab->shipped);
  json_builder_end_object (builder);
}

static int
run_list (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (GPtrArray) mistakes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) labs = mos_labs_list (mistakes);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  gboolean json = mos_cli_has (arguments, "json");

  json_builder_begin_array (builder);
  for (guint i = 0; i < labs->len; i++) {
    const MosLab *lab = g_ptr_array_index (labs, i);

    if (json)
      add_lab_json (builder, lab);
    else if (lab->minutes == 0)
      g_print ("%-24s %-13s %8s  %s\n", lab->id,
               mos_lab_level_title (lab->level), _ ("variable"), lab->title);
    else
      g_print ("%-24s %-13s %4u min  %s\n", lab->id,
               mos_lab_level_title (lab->level), lab->minutes, lab->title);
  }
  json_builder_end_array (builder);
  if (json)
    mos_json_print (builder);
  for (guint i = 0; i < mistakes->len; i++)
    mos_cli_complain (self, "%s", (const char *) mistakes->pdata[i]);
  return MOS_CLI_OK;
}

/* -- lint ---------------------------------------------------------------- */

/* Whether it is there in German, and fits. */
static gboolean
check_german (const MosLab *lab, gboolean *there, GError **error)
{
  g_autofree char *name = NULL;
  g_autoptr (GBytes) bytes = mos_labs_translation (lab, "de", &name);
  g_autoptr (MosLab) copy = NULL;
  gsize       size;
  const char *text;

  *there = bytes != NULL;
  if (bytes == NULL)
    return TRUE;
  copy = mos_labs_find (lab->path != NULL ? lab->path : lab->id, error);
  text = g_bytes_get_data (bytes, &size);
  return copy != NULL &&
         mos_lab_translate (copy, text, (gssize) size, name, error);
}

static int
run_lint (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (GPtrArray) labs = mos_labs_list (NULL);
  int status = MOS_CLI_OK;

  for (guint i = 0; i < arguments->words->len; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MosLab) lab = mos_labs_find (arguments->words->pdata[i], &error);
    g_autoptr (GPtrArray) advice = NULL;
    gboolean german;

    if (lab == NULL) {
      status = mos_cli_complain (self, "%s", error->message);
      continue;
    }
    if (!check_german (lab, &german, &error) ||
        !mos_labs_check_requires (labs, lab, &error)) {
      status = mos_cli_complain (self, "%s", error->message);
      continue;
    }
    advice = mos_lab_advise (lab);
    for (guint k = 0; k < advice->len; k++)
      status = mos_cli_complain (self, "%s", (const char *) advice->pdata[k]);
    if (advice->len == 0)
      g_print (german ? _ ("%s: %u steps, no mistakes, also in German\n")
                      : _ ("%s: %u steps, no mistakes\n"),
               lab->id, lab->steps->len);
  }
  return status;
}

/* -- run ----------------------------------------------------------------- */

typedef struct {
  MosLabSession *session;
  char          *failure; /* what a script complained about */
  gboolean       quit;    /* a time has passed */
  gboolean       mistakes;
} Play;

static void
failed_cb (MosLabSession *session, const char *message, Play *play)
{
  g_free (play->failure);
  play->failure = g_strdup (message);
}

static gboolean
quit_cb (gpointer user_data)
{
  ((Play *) user_data)->quit = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
is_done (const Play *play)
{
  return mos_lab_session_get_record (play->session,
                                     mos_lab_session_get_step (play->session))
      ->done;
}

static gboolean
wait_until_idle (Play *play)
{
  while (mos_lab_session_is_busy (play->session))
    g_main_context_iteration (NULL, TRUE);
  return play->failure == NULL;
}

/* Until the check holds; it may take a moment after the solution. */
static gboolean
wait_until_done (Play *play)
{
  guint source;

  play->quit = FALSE;
  source = g_timeout_add (SETTLE_MS, quit_cb, play);
  while (!play->quit && !mos_lab_session_check (play->session, FALSE))
    g_main_context_iteration (NULL, TRUE);
  if (!play->quit)
    g_source_remove (source);
  return is_done (play);
}

/* Wrong answers leave the step undone. */
static gboolean
answer_wrong (Play *play, const MosLabStep *step)
{
  for (guint i = 0; i < step->quizzes->len; i++) {
    const MosLabQuiz *quiz = g_ptr_array_index (step->quizzes, i);

    for (guint k = 0; k < quiz->answers->len; k++)
      if (!((MosLabAnswer *) g_ptr_array_index (quiz->answers, k))->right &&
          mos_lab_session_answer (play->session, i, k))
        return FALSE;
  }
  return !is_done (play);
}

/* Until the mistake is noticed: by what the author wrote for it. */
static gboolean
wait_until_warned (Play *play)
{
  guint source;

  play->quit = FALSE;
  source = g_timeout_add (SETTLE_MS, quit_cb, play);
  while (!play->quit && !is_done (play) &&
         mos_lab_session_get_warning (play->session) == NULL) {
    g_main_context_iteration (NULL, TRUE);
    mos_lab_session_check (play->session, FALSE);
  }
  if (!play->quit)
    g_source_remove (source);
  return mos_lab_session_get_warning (play->session) != NULL;
}

/* NULL, or what went wrong with going wrong. */
static const char *
play_mistake (Play *play, const MosLabStep *step)
{
  if (!answer_wrong (play, step))
    return "wrong-answer-accepted";
  if (step->mistake == NULL)
    return NULL;
  mos_lab_session_err (play->session);
  if (!wait_until_idle (play))
    return "mistake-failed";
  if (!wait_until_warned (play) && !is_done (play))
    return "mistake-unnoticed";
  return is_done (play) ? "mistake-accepted" : NULL;
}

static const char *
play_step (Play *play, guint index, gboolean prepare)
{
  g_clear_pointer (&play->failure, g_free);
  mos_lab_session_go (play->session, index);
  if (prepare) {
    mos_lab_session_prepare (play->session);
    if (!wait_until_idle (play))
      return "not-prepared";
    mos_lab_session_go (play->session, index);
  }
  mos_lab_session_set_active (play->session, TRUE);
  if (mos_lab_session_check (play->session, FALSE))
    return "true-before";
  if (play->mistakes) {
    const char *result = play_mistake (
        play, mos_lab_step (mos_lab_session_get_lab (play->session), index));

    if (result != NULL)
      return result;
  }
  mos_lab_session_solve (play->session);
  if (!wait_until_idle (play))
    return "not-solved";
  return wait_until_done (play) ? "ok" : "false-after";
}

static gboolean
play_and_tell (Play        *play,
               guint        index,
               gboolean     prepare,
               JsonBuilder *builder,
               gboolean     json)
{
  const MosLabStep *step =
      mos_lab_step (mos_lab_session_get_lab (play->session), index);
  gint64      begun_us = g_get_monotonic_time ();
  const char *result = play_step (play, index, prepare);
  double      seconds = (double) (g_get_monotonic_time () - begun_us) / 1e6;
  const char *why = play->failure != NULL
                        ? play->failure
                        : mos_lab_session_get_missing (play->session);

  mos_lab_session_set_active (play->session, FALSE);
  if (!json) {
    g_print ("%-20s %-13s %6.1f s  %s\n", step->id, result, seconds,
             g_str_equal (result, "ok") || why == NULL ? "" : why);
  } else {
    json_builder_begin_object (builder);
    mos_json_add_string (builder, "step", step->id);
    mos_json_add_string (builder, "result", result);
    mos_json_add_double (builder, "seconds", seconds);
    if (why != NULL)
      mos_json_add_string (builder, "why", why);
    json_builder_end_object (builder);
  }
  return g_str_equal (result, "ok");
}

static int
play_lab (const MosCliArguments *arguments,
          MosLab                *lab,
          int                    only,
          const char            *workspace,
          MosHypervisor         *hypervisor)
{
  g_autoptr (MosLabSession) session = mos_lab_session_new (lab, hypervisor);
  MosLabWorld *world = mos_lab_session_get_world (session);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  gboolean json = mos_cli_has (arguments, "json");
  gboolean each = mos_cli_has (arguments, "each");
  Play     play = { .session = session,
                    .mistakes = mos_cli_has (arguments, "mistakes") };
  gboolean ok = TRUE;

  mos_lab_world_set_lab (world, lab, workspace);
  mos_lab_world_set_accel (world, mos_cli_value (arguments, "accel"));
  g_signal_connect (session, "failed", G_CALLBACK (failed_cb), &play);
  json_builder_begin_array (builder);
  for (guint i = 0; i < lab->steps->len; i++) {
    if (only >= 0 && (guint) only != i)
      continue;
    if (each && i > 0)
      mos_lab_session_reset (session);
    ok = play_and_tell (&play, i, each || only >= 0, builder, json) && ok;
  }
  json_builder_end_array (builder);
  if (json)
    mos_json_print (builder);
  g_signal_handlers_disconnect_by_data (session, &play);
  g_free (play.failure);
  return ok ? MOS_CLI_OK : MOS_CLI_FAILED;
}

/* Said once, before the first step would stumble over it. */
static gboolean
is_accel (const char *accel, GError **error)
{
  g_autoptr (MosVmConfig) config = mos_vm_config_new ("lab");

  return accel == NULL || mos_vm_config_set (config, "cpu.accel", accel, error);
}

static int
run_run (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *step = mos_cli_value (arguments, "step");
  g_autoptr (GError) error = NULL;
  g_autoptr (MosLab) lab = mos_labs_find (arguments->words->pdata[0], &error);
  g_autoptr (MosHypervisor) hypervisor = NULL;
  g_autofree char *workspace = NULL;
  int              only = -1, status;

  if (lab == NULL || !is_accel (mos_cli_value (arguments, "accel"), &error))
    return mos_cli_complain (self, "%s", error->message);
  if (step != NULL && (only = mos_lab_find_step (lab, step)) < 0)
    return mos_cli_complain (self, _ ("the lab %s has no step “%s”"), lab->id,
                             step);
  workspace = g_dir_make_tmp ("multios-lab-XXXXXX", &error);
  if (workspace == NULL)
    return mos_cli_complain (self, "%s", error->message);
  hypervisor = mos_lab_new (FALSE);
  status = play_lab (arguments, lab, only, workspace, hypervisor);
  mos_hypervisor_shutdown (hypervisor);
  mos_workspace_remove (workspace);
  return status;
}

/* -- progress ------------------------------------------------------------ */

static int
run_export (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char      *learner = mos_cli_value (arguments, "name");
  g_autofree char *text = NULL;

  if (learner == NULL)
    learner = g_get_real_name ();
  text = mos_cli_has (arguments, "csv") ? mos_progress_export_csv (learner)
                                        : mos_progress_export (learner);
  g_print ("%s%s", text, mos_cli_has (arguments, "csv") ? "" : "\n");
  return MOS_CLI_OK;
}

/* The last line is for autograders: {"scores": {"simple-boot": 0.9}}. */
static void
print_scores (const GPtrArray *scores)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "scores");
  json_builder_begin_object (builder);
  for (guint i = 0; i < scores->len; i++) {
    const MosProgressScore *score = g_ptr_array_index (scores, i);

    mos_json_add_double (builder, score->lab,
                         score->steps > 0 ? 100 * score->points / score->steps
                                          : 0);
  }
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  text = mos_json_text (builder, FALSE);
  g_print ("%s\n", text);
}

static int
run_grade (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char      *path = arguments->words->pdata[0];
  g_autofree char *text = NULL;
  g_autoptr (MosProgressGrade) grade = NULL;
  g_autoptr (GError) error = NULL;
  gboolean passed = TRUE;
  gsize    size;

  if (!g_file_get_contents (path, &text, &size, &error))
    return mos_cli_complain (self, "%s", error->message);
  grade = mos_progress_grade (text, (gssize) size, &error);
  if (grade == NULL)
    return mos_cli_complain (self, "%s: %s", path, error->message);
  g_print (_ ("Learner: %s\n"), grade->learner);
  if (grade->class_name != NULL)
    g_print (_ ("Class: %s\n"), grade->class_name);
  for (guint i = 0; i < grade->scores->len; i++) {
    const MosProgressScore *score = g_ptr_array_index (grade->scores, i);

    passed = passed && score->points >= score->steps;
    g_print (_ ("%-24s %5.1f of %u\n"), score->lab, score->points,
             score->steps);
    if (score->late > 0)
      g_print (g_dngettext (GETTEXT_PACKAGE, "%-24s %u step too late\n",
                            "%-24s %u steps too late\n", score->late),
               "", score->late);
  }
  print_scores (grade->scores);
  return passed && grade->scores->len > 0 ? MOS_CLI_OK : MOS_CLI_FAILED;
}

static const MosCliOption export_options[] = {
  { .name = "name",
    .argument = "NAME",
    .help = N_ ("the learner; otherwise the user's full name") },
  { .name = "csv", .help = N_ ("a table instead of JSON") },
  { NULL },
};

const MosCliCommand mos_cli_tutorial_export = {
  .name = "tutorial export",
  .synopsis = "[OPTION…]",
  .summary = N_ ("print what was done in the labs, for the teacher"),
  .options = export_options,
  .run = run_export,
};

const MosCliCommand mos_cli_tutorial_grade = {
  .name = "tutorial grade",
  .synopsis = "FILE",
  .summary = N_ ("turn a learner's exported progress into points"),
  .min_words = 1,
  .max_words = 1,
  .run = run_grade,
};

const MosCliCommand mos_cli_tutorial_list = {
  .name = "tutorial list",
  .synopsis = "[--json]",
  .summary = N_ ("list the labs"),
  .options = json_options,
  .run = run_list,
};

const MosCliCommand mos_cli_tutorial_lint = {
  .name = "tutorial lint",
  .synopsis = "LAB…",
  .summary = N_ ("check labs, by id, file or folder"),
  .min_words = 1,
  .max_words = G_MAXUINT,
  .run = run_lint,
};

const MosCliCommand mos_cli_tutorial_run = {
  .name = "tutorial run",
  .synopsis = "LAB [OPTION…]",
  .summary = N_ ("play a lab by its own solutions"),
  .options = run_options,
  .min_words = 1,
  .max_words = 1,
  .run = run_run,
};
