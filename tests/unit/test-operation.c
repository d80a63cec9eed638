/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Tracked operations: progress from a thread, the ways to end, cancelling,
 * what they write to the log, and that nothing is left of them.
 */
#include <string.h>

#include "engine/engine.h"
#include "engine/lifecycle/operation-private.h"
#include "tests/unit/fake-machine.h"

static void
count_cb (MosOperation *operation, guint *count)
{
  ++*count;
}

static void
notify_cb (MosOperation *operation, GParamSpec *pspec, guint *count)
{
  ++*count;
}

static void
iterate_until (guint *count)
{
  while (*count == 0)
    g_main_context_iteration (NULL, TRUE);
}

static gboolean
good_work (MosOperation *operation, gpointer user_data, GError **error)
{
  for (guint i = 0; i <= 1000; i++)
    mos_operation_set_progress (operation, i / 1000.0);
  return TRUE;
}

static gboolean
bad_work (MosOperation *operation, gpointer user_data, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO, "the disk is full");
  return FALSE;
}

static gboolean
patient_work (MosOperation *operation, gpointer user_data, GError **error)
{
  GCancellable *cancellable = mos_operation_get_cancellable (operation);
  GPollFD       fd;

  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  g_poll (&fd, 1, -1);
  g_cancellable_release_fd (cancellable);
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

static void
test_success (void)
{
  g_autoptr (MosLog) log = mos_log_new (10);
  MosOperation *operation = mos_operation_new ("Paint it", log);
  guint         done = 0, notified = 0;
  double        progress;

  g_signal_connect (operation, "done", G_CALLBACK (count_cb), &done);
  g_signal_connect (operation, "notify::progress", G_CALLBACK (notify_cb),
                    &notified);
  g_assert_cmpstr (mos_operation_get_title (operation), ==, "Paint it");
  g_assert_cmpint (mos_operation_get_state (operation), ==,
                   MOS_OPERATION_RUNNING);
  mos_operation_run (operation, good_work, NULL, NULL, NULL);
  iterate_until (&done);
  g_object_get (operation, "progress", &progress, NULL);
  g_assert_cmpfloat (progress, ==, 1.0);
  g_assert_cmpuint (done, ==, 1);
  g_assert_cmpuint (notified, >=, 1);
  /* A thousand steps are not a thousand callbacks. */
  g_assert_cmpuint (notified, <, 1000);
  g_assert_null (mos_operation_get_error (operation));
  g_assert_true (fake_log_has (log, "Paint it: done in"));
  g_assert_finalize_object (operation);
}

static void
test_failure (void)
{
  g_autoptr (MosLog) log = mos_log_new (10);
  g_autoptr (GError) error = NULL;
  MosOperation *operation = mos_operation_new ("Paint it", log);
  guint         done = 0;

  g_signal_connect (operation, "done", G_CALLBACK (count_cb), &done);
  mos_operation_run (operation, bad_work, NULL, NULL, NULL);
  g_assert_false (mos_operation_wait (operation, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IO);
  g_assert_cmpint (mos_operation_get_state (operation), ==,
                   MOS_OPERATION_FAILED);
  g_assert_cmpstr (mos_operation_get_error (operation)->message, ==,
                   "the disk is full");
  g_assert_true (fake_log_has (log, "Paint it failed: the disk is full"));
  iterate_until (&done);
  g_assert_finalize_object (operation);
}

static void
test_cancel (void)
{
  MosOperation *operation = mos_operation_new ("Wait", NULL);
  guint         done = 0;

  g_signal_connect (operation, "done", G_CALLBACK (count_cb), &done);
  mos_operation_run (operation, patient_work, NULL, NULL, NULL);
  /* Not before somebody says that it can be. */
  mos_operation_cancel (operation);
  g_assert_false (
      g_cancellable_is_cancelled (mos_operation_get_cancellable (operation)));
  mos_operation_set_cancellable (operation, TRUE);
  mos_operation_cancel (operation);
  iterate_until (&done);
  g_assert_cmpint (mos_operation_get_state (operation), ==,
                   MOS_OPERATION_CANCELLED);
  mos_operation_cancel (operation);
  g_assert_finalize_object (operation);
}

static void
turn_round (MosOperation *operation, gpointer user_data, GError **error)
{
  g_assert_true (*(gboolean *) user_data);
  if (*error != NULL)
    g_clear_error (error);
  else
    g_set_error (error, MOS_ERROR, MOS_ERROR_CANCELLED, "overtaken");
}

static void
test_finish_decides (void)
{
  gboolean      flag = TRUE;
  guint         done = 0;
  MosOperation *operation = mos_operation_new ("A", NULL);

  mos_operation_run (operation, bad_work, turn_round, &flag, NULL);
  g_assert_true (mos_operation_wait (operation, NULL));
  g_signal_connect (operation, "done", G_CALLBACK (count_cb), &done);
  iterate_until (&done);
  g_assert_finalize_object (operation);

  done = 0;
  operation = mos_operation_new ("B", NULL);
  g_signal_connect (operation, "done", G_CALLBACK (count_cb), &done);
  mos_operation_run (operation, good_work, turn_round, &flag, NULL);
  g_assert_false (mos_operation_wait (operation, NULL));
  g_assert_cmpint (mos_operation_get_state (operation), ==,
                   MOS_OPERATION_CANCELLED);
  iterate_until (&done);
  g_assert_finalize_object (operation);
}

/* Who connects to one that has failed already still hears of it. */
static void
test_failed_before (void)
{
  guint         done = 0;
  MosOperation *operation = mos_operation_new_failed (
      "C", g_error_new_literal (MOS_ERROR, MOS_ERROR_WRONG_STATE, "no"));

  g_assert_cmpint (mos_operation_get_state (operation), ==,
                   MOS_OPERATION_FAILED);
  g_signal_connect (operation, "done", G_CALLBACK (count_cb), &done);
  iterate_until (&done);
  g_assert_cmpuint (done, ==, 1);
  g_assert_finalize_object (operation);
}

static void
test_unknown_progress (void)
{
  MosOperation *operation = mos_operation_new ("D", NULL);
  guint         done = 0, notified = 0;

  g_signal_connect (operation, "notify::progress", G_CALLBACK (notify_cb),
                    &notified);
  mos_operation_set_progress (operation, -5);
  iterate_until (&notified);
  g_assert_cmpfloat (mos_operation_get_progress (operation), ==, -1.0);
  notified = 0;
  mos_operation_set_progress (operation, 7);
  iterate_until (&notified);
  g_assert_cmpfloat (mos_operation_get_progress (operation), ==, 1.0);
  g_signal_connect (operation, "done", G_CALLBACK (count_cb), &done);
  mos_operation_succeed (operation);
  iterate_until (&done);
  g_assert_finalize_object (operation);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/operation/success", test_success);
  g_test_add_func ("/operation/failure", test_failure);
  g_test_add_func ("/operation/cancel", test_cancel);
  g_test_add_func ("/operation/finish-decides", test_finish_decides);
  g_test_add_func ("/operation/failed-before", test_failed_before);
  g_test_add_func ("/operation/unknown-progress", test_unknown_progress);
  return g_test_run ();
}
