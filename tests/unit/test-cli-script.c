/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The steps of a run, without a machine: each waits for the one before,
 * serial output is used up, the screen is looked at as it is.
 */

#include <glib.h>
#include <string.h>

#include "app/cli/script.h"
#include "engine/engine.h"

static void
add (MosScript *script, MosScriptStep step, const char *text)
{
  g_autoptr (GError) error = NULL;

  mos_script_add (script, step, text, &error);
  g_assert_no_error (error);
}

static void
serial (MosScript *script, const char *text)
{
  mos_script_serial (script, text, strlen (text));
}

static void
test_empty (void)
{
  g_autoptr (MosScript) script = mos_script_new ();

  serial (script, "anything");
  mos_script_screen (script, "anything");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_NOTHING);
  g_assert_null (mos_script_describe (script));
}

static void
test_in_order (void)
{
  g_autoptr (MosScript) script = mos_script_new ();
  g_autofree char *what = NULL;

  add (script, MOS_SCRIPT_UNTIL_SCREEN, "A:");
  add (script, MOS_SCRIPT_TYPE, "dir\\n");
  add (script, MOS_SCRIPT_UNTIL_SCREEN, "bytes free");

  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_SCREEN);
  mos_script_screen (script, "1 bytes free");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_SCREEN);
  mos_script_screen (script, "FreeDOS\nA:\\>");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_TYPE);
  g_assert_cmpstr (mos_script_take_text (script), ==, "dir\n");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_TYPED);
  mos_script_screen (script, "bytes free");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_TYPED);
  mos_script_typed (script);
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_SCREEN);
  what = mos_script_describe (script);
  g_assert_cmpstr (what, ==, "--until-screen 'bytes free'");
  mos_script_screen (script, "12 bytes free");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_END);
}

static void
test_ends_with_typing (void)
{
  g_autoptr (MosScript) script = mos_script_new ();

  add (script, MOS_SCRIPT_UNTIL_SERIAL, "x");
  add (script, MOS_SCRIPT_TYPE, "");
  serial (script, "x");
  mos_script_take_text (script);
  mos_script_typed (script);
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_NOTHING);
}

static void
test_serial_is_used_up (void)
{
  g_autoptr (MosScript) script = mos_script_new ();

  add (script, MOS_SCRIPT_UNTIL_SERIAL, "^ok$");
  add (script, MOS_SCRIPT_UNTIL_SERIAL, "ok");
  add (script, MOS_SCRIPT_UNTIL_SERIAL, "a\\d+b");
  serial (script, "not ok\r\no");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_SERIAL);
  serial (script, "k\r\n");
  serial (script, "\xff\xfe a12");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_SERIAL);
  /* Both are satisfied by one piece. */
  serial (script, "3b ok a1b");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_END);
}

static void
test_serial_before_the_step (void)
{
  g_autoptr (MosScript) script = mos_script_new ();

  add (script, MOS_SCRIPT_UNTIL_SCREEN, "s");
  add (script, MOS_SCRIPT_UNTIL_SERIAL, "early");
  serial (script, "early");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_SCREEN);
  mos_script_screen (script, "s");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_END);
}

static void
test_serial_is_bounded (void)
{
  g_autoptr (MosScript) script = mos_script_new ();
  g_autofree char *flood = g_strnfill (10 * MOS_SCRIPT_SERIAL_BYTES, 'x');

  add (script, MOS_SCRIPT_UNTIL_SERIAL, "first.*last");
  serial (script, "first");
  serial (script, flood);
  serial (script, "last");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_SERIAL);
  serial (script, "first last");
  g_assert_cmpint (mos_script_want (script), ==, MOS_WANT_END);
}

static void
test_escapes (void)
{
  static const char *const wrong[] = { "\\", "\\q", "\\x4", "\\xzz", "é" };
  g_autoptr (MosScript) script = mos_script_new ();

  add (script, MOS_SCRIPT_TYPE, "a\\tb\\\\n\\e\\x41\\b");
  g_assert_cmpstr (mos_script_take_text (script), ==, "a\tb\\n\033A\b");
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (mos_script_add (script, MOS_SCRIPT_TYPE, wrong[i], &error));
    g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  }
}

static void
test_bad_regex (void)
{
  g_autoptr (MosScript) script = mos_script_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (
      mos_script_add (script, MOS_SCRIPT_UNTIL_SERIAL, "a(", &error));
  g_assert_true (g_str_has_prefix (error->message, "“a(” is no regular"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli-script/empty", test_empty);
  g_test_add_func ("/cli-script/in-order", test_in_order);
  g_test_add_func ("/cli-script/ends-with-typing", test_ends_with_typing);
  g_test_add_func ("/cli-script/serial-is-used-up", test_serial_is_used_up);
  g_test_add_func ("/cli-script/serial-before", test_serial_before_the_step);
  g_test_add_func ("/cli-script/serial-is-bounded", test_serial_is_bounded);
  g_test_add_func ("/cli-script/escapes", test_escapes);
  g_test_add_func ("/cli-script/bad-regex", test_bad_regex);
  return g_test_run ();
}
