/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Recognising that a text screen scrolled, and that it did not.
 */
#include "app/text-mirror.h"

static guint
take (MosTextMirror *mirror, const char *screen)
{
  g_auto (GStrv) rows = g_strsplit (screen, "|", -1);

  return mos_text_mirror_take (mirror, (const char *const *) rows);
}

static void
test_scrolling (void)
{
  g_autoptr (MosTextMirror) mirror = mos_text_mirror_new ();

  g_assert_cmpuint (take (mirror, "a|b|c|$ "), ==, 0);
  g_assert_cmpuint (take (mirror, "a|b|c|$ ls"), ==, 0);
  g_assert_cmpuint (take (mirror, "b|c|$ ls|one"), ==, 1);
  g_assert_cmpuint (take (mirror, "$ ls|one|two|three"), ==, 2);
  /* The row of the cursor was finished before it moved up. */
  g_assert_cmpuint (take (mirror, "one|two|three and more|four"), ==, 1);
}

static void
test_standing_still (void)
{
  g_autoptr (MosTextMirror) mirror = mos_text_mirror_new ();

  g_assert_cmpuint (take (mirror, "||||"), ==, 0);
  g_assert_cmpuint (take (mirror, "x||||"), ==, 0);
  g_assert_cmpuint (take (mirror, "x|y|||"), ==, 0);
  /* Cleared: nothing of before is left. */
  g_assert_cmpuint (take (mirror, "||||"), ==, 0);
  /* Another size is another screen. */
  g_assert_cmpuint (take (mirror, "a|b"), ==, 0);
  g_assert_cmpuint (take (mirror, "b|c|d"), ==, 0);
  mos_text_mirror_clear (mirror);
  g_assert_cmpuint (take (mirror, "c|d|e"), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text-mirror/scrolling", test_scrolling);
  g_test_add_func ("/text-mirror/standing-still", test_standing_still);
  return g_test_run ();
}
