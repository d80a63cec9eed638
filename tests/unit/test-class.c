/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Classes: the file and what is wrong with it, labs and time, what an export
 * says of it, and making everything clean with a way back.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "tests/unit/fake-machine.h"
#include "tutorials/tutorials.h"

#define MINUTE_US (G_GINT64_CONSTANT (60) * G_USEC_PER_SEC)

static MosClass *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  MosClass *self = mos_class_parse (text, -1, "class.toml", &error);

  g_assert_no_error (error);
  g_assert_nonnull (self);
  return self;
}

static void
refuse (const char *text, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mos_class_parse (text, -1, "class.toml", &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, message));
  g_assert_true (g_str_has_prefix (error->message, "class.toml:"));
}

static void
test_file (void)
{
  g_autoptr (MosClass) self =
      parse ("name = \"Group \\\"3\\\"\"\nlabs = [\"simple-boot\", \"x-1\"]\n"
             "until = 2026-11-29T10:30:00+01:00\n"
             "keep = [\"8f7b1c9e-1111-4222-8333-123456789abc\"]\n");
  g_autofree char *text = mos_class_to_text (self);
  g_autoptr (MosClass) again = parse (text);

  g_assert_cmpstr (again->name, ==, "Group \"3\"");
  g_assert_cmpuint (g_strv_length (again->labs), ==, 2);
  g_assert_cmpint (again->until_us, ==,
                   G_GINT64_CONSTANT (1795944600) * G_USEC_PER_SEC);
  g_assert_true (
      mos_class_keeps (again, "8f7b1c9e-1111-4222-8333-123456789abc"));
  g_assert_false (
      mos_class_keeps (again, "8f7b1c9e-1111-4222-8333-123456789abd"));
  g_assert_false (mos_class_keeps (NULL, "any"));
}

static void
test_mistakes (void)
{
  refuse ("labs = []\n", "no name");
  refuse ("name = \"\"\n", ":1: name must be");
  refuse ("name = \"a\\nb\"\n", "on one line");
  refuse ("\nname = 3\n", ":2: name must be");
  refuse ("name = \"a\"\nuntil = 3\n", ":2: until must be");
  refuse ("name = \"a\"\nlabs = \"simple-boot\"\n", ":2: labs must be");
  refuse ("name = \"a\"\nlabs = [\"../x\"]\n", "labs must be");
  refuse ("name = \"a\"\nkeep = [\"x\"]\n", "keep must be");
  refuse ("name = \"a\"\nlab = []\n", ":2: there is no key");
  refuse ("name = \"a\n", "class.toml:");
}

static void
test_meaning (void)
{
  g_autoptr (MosClass) all = parse ("name = \"a\"\n");
  g_autoptr (MosClass) one = parse ("name = \"a\"\nlabs = [\"multi-os\"]\n");
  g_autoptr (GError) error = NULL;
  g_autofree char *none = mos_class_describe_time (all, 0);
  g_autofree char *over = NULL;
  g_autofree char *left = NULL;

  g_assert_true (mos_class_allows (NULL, "multi-os"));
  g_assert_true (mos_class_allows (all, "multi-os"));
  g_assert_true (mos_class_allows (one, "multi-os"));
  g_assert_false (mos_class_check (one, "simple-boot", &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_WRONG_STATE);
  g_assert_nonnull (strstr (error->message, "multi-os"));
  g_assert_cmpstr (none, ==, "");
  one->until_us = 100 * MINUTE_US;
  g_assert_cmpuint (mos_class_minutes_left (one, 40 * MINUTE_US), ==, 60);
  g_assert_cmpuint (mos_class_minutes_left (one, 99 * MINUTE_US + 1), ==, 1);
  g_assert_cmpuint (mos_class_minutes_left (one, 100 * MINUTE_US), ==, 0);
  left = mos_class_describe_time (one, 98 * MINUTE_US);
  g_assert_cmpstr (left, ==, "2 minutes left");
  over = mos_class_describe_time (one, 101 * MINUTE_US);
  g_assert_cmpstr (over, ==, "The time is over");
}

static void
test_begin_and_end (void)
{
  const char *labs[] = { "simple-boot", NULL };
  const char *wrong[] = { "no-such-lab", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (MosClass) self = NULL;

  g_assert_null (mos_class_load (&error));
  g_assert_no_error (error);
  g_assert_false (mos_class_end (&error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (mos_class_begin ("Ada's", wrong, 0, NULL, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (mos_class_begin ("", labs, 0, NULL, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_clear_error (&error);
  g_assert_true (mos_class_begin ("Ada's", labs, 45, NULL, &error));
  g_assert_no_error (error);
  self = mos_class_load (&error);
  g_assert_no_error (error);
  g_assert_cmpstr (self->name, ==, "Ada's");
  g_assert_false (self->fixed);
  g_assert_cmpuint (mos_class_minutes_left (self, g_get_real_time ()), >=, 44);
  g_assert_true (mos_class_end (&error));
  g_assert_no_error (error);
}

/* The administrator's goes before the user's, who cannot end it. */
static void
test_fixed (void)
{
  const char *const *dirs = g_get_system_config_dirs ();
  g_autofree char   *folder = g_build_filename (dirs[0], "multios-lab", NULL);
  g_autofree char   *path = g_build_filename (folder, "class.toml", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MosClass) self = NULL;

  g_assert_true (mos_class_begin ("Mine", NULL, 0, NULL, NULL));
  g_mkdir_with_parents (folder, 0700);
  g_assert_true (g_file_set_contents (path, "name = \"Theirs\"\n", -1, NULL));
  self = mos_class_load (&error);
  g_assert_no_error (error);
  g_assert_cmpstr (self->name, ==, "Theirs");
  g_assert_true (self->fixed);
  g_assert_false (mos_class_end (&error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IN_USE);
  g_clear_error (&error);
  g_assert_false (mos_class_begin ("Mine", NULL, 0, NULL, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IN_USE);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "nonsense", -1, NULL));
  g_assert_null (mos_class_load (&error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_SYNTAX);
  g_clear_error (&error);
  g_unlink (path);
  g_assert_true (mos_class_end (&error));
}

/* One step done in time, one too late; a note that stays at home. */
static void
keep_some_progress (MosHypervisor *hypervisor, gint64 now_us)
{
  g_autoptr (MosLab) lab = mos_labs_find ("simple-boot", NULL);
  g_autoptr (MosLabSession) session = mos_lab_session_new (lab, hypervisor);
  MosLabStepRecord record = { .done = TRUE, .done_us = now_us };

  mos_lab_session_set_record (session, 0, &record);
  record.done_us = now_us + 100 * MINUTE_US;
  mos_lab_session_set_record (session, 1, &record);
  mos_lab_session_set_note (session, 0, "my secret");
  g_assert_true (mos_progress_save (session, NULL));
}

static void
test_export (void)
{
  MosHypervisor   *hypervisor = fake_hypervisor_new (NULL);
  g_autofree char *json = NULL;
  g_autofree char *csv = NULL;
  g_autofree char *forged = NULL;
  g_autoptr (MosProgressGrade) grade = NULL;
  const MosProgressScore *score;
  g_autoptr (GError) error = NULL;

  fake_reset ();
  g_assert_true (mos_class_begin ("Group 3", NULL, 45, NULL, NULL));
  keep_some_progress (hypervisor, g_get_real_time ());
  json = mos_progress_export ("Ada");
  csv = mos_progress_export_csv ("Ada");
  g_assert_null (strstr (json, "secret"));
  g_assert_nonnull (strstr (csv, "\"Ada\",\"Group 3\",\"simple-boot\","));
  grade = mos_progress_grade (json, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (grade->class_name, ==, "Group 3");
  g_assert_cmpuint (grade->scores->len, ==, 1);
  score = grade->scores->pdata[0];
  g_assert_cmpfloat (score->points, ==, 1);
  g_assert_cmpuint (score->late, ==, 1);
  /* Another class's name is another checksum. */
  memcpy (strstr (json, "Group 3"), "Group 4", 7);
  g_assert_null (mos_progress_grade (json, -1, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_SYNTAX);
  g_assert_true (mos_class_end (NULL));
  g_object_unref (hypervisor);
}

static void
count_back (gpointer user_data, const char *role, MosVm *vm)
{
  g_assert_cmpstr (role, ==, "machine");
  ++*(guint *) user_data;
}

static void
test_clean (void)
{
  MosHypervisor   *hypervisor = fake_hypervisor_new (NULL);
  MosVm           *kept = fake_vm_new (hypervisor, "kept");
  MosVm           *running = fake_vm_new (hypervisor, "running");
  MosVm           *off = fake_vm_new (hypervisor, "off");
  const char      *keep[] = { mos_vm_get_uuid (kept), NULL };
  g_autofree char *folder = mos_workspaces_folder ();
  g_autofree char *below = g_build_filename (folder, "lab", NULL);
  g_autofree char *file = g_build_filename (below, "mine.c", NULL);
  g_autoptr (MosClass) class = NULL;
  g_autoptr (MosClean) clean = mos_clean_new (hypervisor);
  g_autoptr (MosLab) lab = mos_labs_find ("simple-boot", NULL);
  g_autoptr (GError) error = NULL;
  guint back = 0;

  fake_reset ();
  g_assert_true (mos_class_begin ("Group 3", NULL, 0, keep, NULL));
  class = mos_class_load (NULL);
  fake_ok (mos_vm_start (running));
  keep_some_progress (hypervisor, 1);
  g_mkdir_with_parents (below, 0700);
  g_assert_true (g_file_set_contents (file, "int x;", -1, NULL));
  g_assert_cmpuint (mos_clean_count (hypervisor, class), ==, 2);
  mos_clean_vm (clean, off, "machine");
  mos_clean_all (clean, class);
  while (mos_clean_is_busy (clean))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (hypervisor)), ==,
                    1);
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (mos_progress_count_done (lab), ==, 0);
  g_assert_true (mos_clean_undo (clean, count_back, &back, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (back, ==, 1);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (hypervisor)), ==,
                    3);
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (mos_progress_count_done (lab), ==, 2);
  g_assert_true (mos_class_end (NULL));
  g_object_unref (hypervisor);
}

/* Undone before the machine was off: it stays. */
static void
test_clean_undone_at_once (void)
{
  MosHypervisor *hypervisor = fake_hypervisor_new (NULL);
  MosVm         *running = fake_vm_new (hypervisor, "running");
  g_autoptr (MosClean) clean = mos_clean_new (hypervisor);

  fake_reset ();
  fake_ok (mos_vm_start (running));
  mos_clean_vm (clean, running, NULL);
  g_assert_true (mos_clean_undo (clean, NULL, NULL, NULL));
  while (mos_clean_is_busy (clean))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (hypervisor)), ==,
                    1);
  g_object_unref (hypervisor);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_func ("/class/file", test_file);
  g_test_add_func ("/class/file/mistakes", test_mistakes);
  g_test_add_func ("/class/meaning", test_meaning);
  g_test_add_func ("/class/begin-and-end", test_begin_and_end);
  g_test_add_func ("/class/fixed", test_fixed);
  g_test_add_func ("/class/export", test_export);
  g_test_add_func ("/class/clean", test_clean);
  g_test_add_func ("/class/clean/undone-at-once", test_clean_undone_at_once);
  return g_test_run ();
}
