/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Labs in one file: packed, read, installed; changed bundles and those with
 * tricks in them are refused with the reason. Labs that require themselves.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "tutorials/bundle.h"
#include "tutorials/labs.h"

#define BLOCK 512

static const char lab_text[] =
    "---\nid: packed\ntitle: Packed\nlevel: beginner\nminutes: 5\n"
    "objectives:\n- one: One\n---\nText.\n\n## Step {#step}\n"
    "```check\nmachine.exists\n```\n";

typedef struct {
  char       *folder;
  GByteArray *bytes;
} Fixture;

static void
put (const Fixture *self, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  self->folder = g_dir_make_tmp ("test-bundle-XXXXXX", NULL);
  put (self, "lab.md", lab_text);
  put (self, "files/start/main.c", "int main;\n");
  bytes = mos_bundle_pack (self->folder, "Ada", &error);
  g_assert_no_error (error);
  self->bytes = g_bytes_unref_to_array (g_steal_pointer (&bytes));
}

static void
remove_all (const char *folder)
{
  g_autofree char *command = g_strdup_printf ("rm -r '%s'", folder);

  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  remove_all (self->folder);
  g_free (self->folder);
  g_byte_array_unref (self->bytes);
}

static MosBundle *
parse (const Fixture *self, GError **error)
{
  return mos_bundle_parse (self->bytes->data, self->bytes->len, "x.mlab",
                           error);
}

/* The header of the member @path. */
static guint8 *
header_of (const Fixture *self, const char *path)
{
  for (guint at = 0; at + BLOCK <= self->bytes->len; at += BLOCK)
    if (strcmp ((const char *) self->bytes->data + at, path) == 0)
      return self->bytes->data + at;
  g_error ("no %s", path);
}

static void
sum_up (guint8 *header)
{
  guint sum = 0;

  memset (header + 148, ' ', 8);
  for (guint i = 0; i < BLOCK; i++)
    sum += header[i];
  g_snprintf ((char *) header + 148, 7, "%06o", sum);
}

static void
refused (const Fixture *self, const char *why)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosBundle) bundle = parse (self, &error);

  g_assert_null (bundle);
  g_assert_nonnull (error);
  if (!g_str_has_prefix (error->message, "x.mlab: ") ||
      strstr (error->message, why) == NULL)
    g_error ("“%s” does not say “%s”", error->message, why);
}

static void
test_round (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosBundle) bundle = parse (self, &error);
  g_autofree char *place = NULL;
  g_autofree char *again = NULL;
  g_autofree char *file = NULL;
  g_autofree char *text = NULL;
  g_autoptr (MosLab) lab = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (mos_bundle_get_author (bundle), ==, "Ada");
  g_assert_cmpuint (mos_bundle_n_files (bundle), ==, 2);
  g_assert_cmpstr (mos_bundle_get_lab (bundle)->id, ==, "packed");
  place = mos_bundle_install (bundle, FALSE, &error);
  g_assert_no_error (error);
  file = g_build_filename (place, "files", "start", "main.c", NULL);
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "int main;\n");
  lab = mos_labs_find ("packed", &error);
  g_assert_no_error (error);

  g_assert_null (mos_bundle_install (bundle, FALSE, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_clear_error (&error);
  again = mos_bundle_install (bundle, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again, ==, place);
  remove_all (place);
}

/* Each byte of the contents counts, and the message names the file. */
static void
test_changed (Fixture *self, gconstpointer data)
{
  static const char *const members[] = { "lab.md", "files/start/main.c",
                                         "MANIFEST" };

  for (guint i = 0; i < G_N_ELEMENTS (members); i++) {
    guint8 *header = header_of (self, members[i]);

    header[BLOCK + 5] ^= 1;
    refused (self, members[i]);
    header[BLOCK + 5] ^= 1;
  }
  header_of (self, "lab.md")[3] ^= 1;
  refused (self, "no lab bundle");
}

static void
test_tricks (Fixture *self, gconstpointer data)
{
  static const char *const paths[] = {
    "../lab.md",    "/etc/passwd", "a/b/c/d",     "files/../x", ".hidden",
    "files/.git/x", "lab.md/x",    "program.exe", "files\\x",   "files//x"
  };
  guint8 *header = header_of (self, "lab.md");
  char    old[100];

  memcpy (old, header, sizeof old);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    memset (header, 0, 100);
    g_strlcpy ((char *) header, paths[i], 100);
    sum_up (header);
    refused (self, paths[i]);
  }
  memcpy (header, old, sizeof old);
  for (const char *type = "123456LKx"; *type != '\0'; type++) {
    header[156] = (guint8) *type;
    sum_up (header);
    refused (self, "plain files");
  }
  header[156] = '0';
  memcpy (header + 124, "77777777777", 12);
  sum_up (header);
  refused (self, "larger than");
}

static void
test_cut (Fixture *self, gconstpointer data)
{
  /* Without the end mark and the last file's bytes. */
  guint n = self->bytes->len - 3 * BLOCK;

  for (guint length = 0; length < n; length += 100) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MosBundle) bundle =
        mos_bundle_parse (self->bytes->data, length, "x.mlab", &error);

    g_assert_null (bundle);
    g_assert_nonnull (error);
  }
}

/* Packing refuses what reading would. */
static void
test_pack (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *link = g_build_filename (self->folder, "lab.xx.md", NULL);

  g_assert_cmpint (symlink ("/etc/passwd", link), ==, 0);
  g_assert_null (mos_bundle_pack (self->folder, NULL, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_clear_error (&error);
  g_unlink (link);
  put (self, "program.exe", "x");
  g_assert_null (mos_bundle_pack (self->folder, NULL, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
}

static MosLab *
make_lab (const char *id, const char *requires)
{
  g_autofree char *text = g_strdup_printf (
      "---\nid: %s\ntitle: T\nlevel: beginner\nminutes: 5\nrequires: %s\n---\n"
      "## S\n",
      id, requires);
  MosLab *lab = mos_lab_parse (text, -1, "c.md", NULL);

  g_assert_nonnull (lab);
  return lab;
}

static void
test_circles (void)
{
  g_autoptr (GPtrArray) labs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_lab_unref);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (labs, make_lab ("a", "b"));
  g_ptr_array_add (labs, make_lab ("b", "d, c"));
  g_ptr_array_add (labs, make_lab ("c", "a"));
  g_ptr_array_add (labs, make_lab ("d", "nowhere"));
  g_ptr_array_add (labs, make_lab ("e", "a"));
  g_assert_false (mos_labs_check_requires (labs, labs->pdata[0], &error));
  g_assert_cmpstr (error->message, ==,
                   "a:6: the lab requires itself: a → b → c → a");
  g_assert_true (mos_labs_check_requires (labs, labs->pdata[3], NULL));
  g_assert_true (mos_labs_check_requires (labs, labs->pdata[4], NULL));
}

/* Missing, no file, and too large are three things. */
static void
test_no_file (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->folder, "big.mlab", NULL);
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) folder = NULL;
  g_autoptr (GError) large = NULL;
  FILE *file;

  g_assert_null (mos_bundle_load (path, &missing));
  g_assert_error (missing, MOS_ERROR, MOS_ERROR_NOT_FOUND);
  g_assert_null (mos_bundle_load (self->folder, &folder));
  g_assert_nonnull (strstr (folder->message, " is no file"));
  file = g_fopen (path, "w");
  g_assert_cmpint (ftruncate (fileno (file), MOS_BUNDLE_MAX_BYTES + 1), ==, 0);
  fclose (file);
  g_assert_null (mos_bundle_load (path, &large));
  g_assert_nonnull (strstr (large->message,
                            " is too large: it has 16777217 bytes, and at "
                            "most 16777216 are read"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
#define ADD(name, function) \
  g_test_add (name, Fixture, NULL, set_up, function, tear_down)
  ADD ("/bundle/round", test_round);
  ADD ("/bundle/changed", test_changed);
  ADD ("/bundle/tricks", test_tricks);
  ADD ("/bundle/cut", test_cut);
  ADD ("/bundle/pack", test_pack);
  ADD ("/bundle/no-file", test_no_file);
  g_test_add_func ("/bundle/circles", test_circles);
  return g_test_run ();
}
