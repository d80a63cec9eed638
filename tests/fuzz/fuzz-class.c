/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as a class's file: read, and then the same when it is written and
 * read again; or refused with the file's name.
 */

#include <glib.h>

#include "tests/fuzz/fuzz.h"
#include "tutorials/class.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *input = g_strndup ((const char *) data, size);
  g_autoptr (MosClass) class = mos_class_parse (input, -1, "class", &error);
  g_autoptr (MosClass) again = NULL;
  g_autofree char *text = NULL;

  g_assert_true ((class == NULL) == (error != NULL));
  if (class == NULL) {
    g_assert_true (g_str_has_prefix (error->message, "class:"));
    return 0;
  }
  text = mos_class_to_text (class);
  again = mos_class_parse (text, -1, "class", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->name, ==, class->name);
  g_assert_cmpint (again->until_us, ==, MAX (class->until_us, 0));
  g_assert_cmpuint (g_strv_length (again->labs), ==,
                    g_strv_length (class->labs));
  return 0;
}
