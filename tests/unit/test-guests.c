/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The list of built-in guests: rows are complete, images are there, arguments
 * are checked.
 */

#include <glib.h>
#include <string.h>

#include "engine/base/error.h"
#include "tutorials/tutorials.h"

static void
test_rows (void)
{
  g_assert_cmpuint (mos_n_guests, >=, 1);
  for (guint i = 0; i < mos_n_guests; i++) {
    g_assert_nonnull (mos_guests[i].name);
    g_assert_nonnull (mos_guests[i].title);
    g_assert_nonnull (mos_guests[i].help);
    g_assert_nonnull (mos_guests[i].make);
    for (guint k = 0; k < i; k++)
      g_assert_cmpstr (mos_guests[i].name, !=, mos_guests[k].name);
  }
}

static void
test_simple_boot (void)
{
  g_autofree char *command_line = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) image = mos_guests[0].make (NULL, &command_line, &error);
  const guint8 *data;
  gsize         size;

  g_assert_no_error (error);
  g_assert_cmpstr (mos_guests[0].name, ==, "simple-boot");
  g_assert_nonnull (command_line);
  data = g_bytes_get_data (image, &size);
  /* The boot sector, and no more than the first track holds behind it. */
  g_assert_cmpuint (size, >, 512);
  g_assert_cmpuint (size, <=, 18 * 512);
  g_assert_cmphex (data[510], ==, 0x55);
  g_assert_cmphex (data[511], ==, 0xaa);
  g_assert_nonnull (
      memmem (data, size, "MultiOS Lab: simple boot guest ready", 36));
}

static void
test_arguments (void)
{
  g_autofree char *command_line = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (mos_guests[0].make ("depth=2", &command_line, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_assert_nonnull (strstr (error->message, "depth=2"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guests/rows", test_rows);
  g_test_add_func ("/guests/simple-boot", test_simple_boot);
  g_test_add_func ("/guests/arguments", test_arguments);
  return g_test_run ();
}
