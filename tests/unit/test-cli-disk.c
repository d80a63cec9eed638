/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios disk`: images made, described, copied, resized and checked as a
 * person does it, with the mistakes a person makes.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "app/cli/cli.h"
#include "app/cli/command.h"

typedef struct {
  char    *folder;
  GString *output;
  GString *complaints;
} Fixture;

/* g_print() has no place for user data. */
static Fixture *the_fixture;

static void
print_cb (const char *text)
{
  g_string_append (the_fixture->output, text);
}

static void
complain_cb (const char *text)
{
  g_string_append (the_fixture->complaints, text);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("multios-disk-XXXXXX", NULL);
  fixture->output = g_string_new (NULL);
  fixture->complaints = g_string_new (NULL);
  the_fixture = fixture;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "a.qcow2", "b.raw", "c.qcow2" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (fixture->folder, names[i], NULL);

    g_unlink (path);
  }
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_string_free (fixture->output, TRUE);
  g_string_free (fixture->complaints, TRUE);
}

/* "disk @line", where a word with a dot in it is a file of the folder. */
static int
run (Fixture *fixture, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 0);
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  GPrintFunc print, complain;
  int        status;

  g_ptr_array_add (argv, g_strdup ("multios"));
  g_ptr_array_add (argv, g_strdup ("disk"));
  for (gsize i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv,
                     strchr (words[i], '.') != NULL
                         ? g_build_filename (fixture->folder, words[i], NULL)
                         : g_strdup (words[i]));
  g_string_truncate (fixture->output, 0);
  g_string_truncate (fixture->complaints, 0);
  print = g_set_print_handler (print_cb);
  complain = g_set_printerr_handler (complain_cb);
  status = mos_cli_main ((int) argv->len, (char **) argv->pdata);
  g_set_print_handler (print);
  g_set_printerr_handler (complain);
  return status;
}

static void
expect_output (Fixture *fixture, const char *text)
{
  if (strstr (fixture->output->str, text) == NULL)
    g_error ("“%s” does not say “%s”", fixture->output->str, text);
}

static void
expect_complaint (Fixture *fixture, const char *line, const char *text)
{
  g_assert_cmpint (run (fixture, line), ==, MOS_CLI_USAGE);
  if (strstr (fixture->complaints->str, text) == NULL)
    g_error ("“%s” does not say “%s”", fixture->complaints->str, text);
  g_assert_cmpuint (fixture->output->len, ==, 0);
}

static void
test_life (Fixture *fixture, gconstpointer unused)
{
  g_assert_cmpint (run (fixture, "create a.qcow2 10M"), ==, MOS_CLI_OK);
  g_assert_cmpint (run (fixture, "info a.qcow2"), ==, MOS_CLI_OK);
  expect_output (fixture, "format:   qcow2");
  g_assert_cmpint (run (fixture, "info a.qcow2 --json"), ==, MOS_CLI_OK);
  expect_output (fixture, "10485760");
  g_assert_cmpint (run (fixture, "resize a.qcow2 +2M"), ==, MOS_CLI_OK);
  g_assert_cmpint (run (fixture, "check a.qcow2"), ==, MOS_CLI_OK);
  expect_output (fixture, "in order");
  g_assert_cmpint (run (fixture, "check a.qcow2 --json --repair"), ==,
                   MOS_CLI_OK);
  expect_output (fixture, "\"errors\"");
  g_assert_cmpint (run (fixture, "convert a.qcow2 b.raw --format raw"), ==,
                   MOS_CLI_OK);
  g_assert_cmpint (run (fixture, "info b.raw --json"), ==, MOS_CLI_OK);
  expect_output (fixture, "12582912");
  expect_output (fixture, "raw");
  g_assert_cmpint (run (fixture, "resize b.raw 1M --shrink"), ==, MOS_CLI_OK);
  g_assert_cmpint (run (fixture, "create c.qcow2 --backing b.raw"), ==,
                   MOS_CLI_OK);
  g_assert_cmpint (run (fixture, "info c.qcow2"), ==, MOS_CLI_OK);
  expect_output (fixture, "lies on:");
}

static void
test_mistakes (Fixture *fixture, gconstpointer unused)
{
  expect_complaint (fixture, "create a.qcow2", "how large");
  expect_complaint (fixture, "create a.qcow2 huge", "is no size");
  expect_complaint (fixture, "create a.qcow2 0", "0 bytes");
  expect_complaint (fixture, "create a.qcow2 1M --format vmdk",
                    "no disk image");
  expect_complaint (fixture, "info a.qcow2", "no disk image");
  g_assert_cmpint (run (fixture, "create a.qcow2 4M"), ==, MOS_CLI_OK);
  expect_complaint (fixture, "create a.qcow2 4M", "exists");
  expect_complaint (fixture, "resize a.qcow2 1M", "--shrink");
  g_assert_cmpint (run (fixture, "create b.raw 1M --format raw"), ==,
                   MOS_CLI_OK);
  expect_complaint (fixture, "check b.raw", "nothing to check");
  expect_complaint (fixture, "convert a.qcow2 b.raw", "exists");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/cli/disk/life", Fixture, NULL, set_up, test_life, tear_down);
  g_test_add ("/cli/disk/mistakes", Fixture, NULL, set_up, test_mistakes,
              tear_down);
  return g_test_run ();
}
