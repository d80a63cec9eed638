/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Values of check expressions. Any thread.
 */
#include "tutorials/value.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define MAX_DESCRIBED 60 /* characters of a text that a message shows */

MosLabValue
mos_lab_value_bool (gboolean truth)
{
  return (MosLabValue){ .type = MOS_LAB_BOOL, .truth = truth != FALSE };
}

MosLabValue
mos_lab_value_number (double number)
{
  MosLabValue value = { .type = MOS_LAB_NUMBER, .number = number };

  if (number >= 0 && number < 18446744073709551616.0 &&
      floor (number) == number) {
    value.whole = TRUE;
    value.bits = (guint64) number;
  }
  return value;
}

MosLabValue
mos_lab_value_bits (guint64 bits)
{
  return (MosLabValue){
    .type = MOS_LAB_NUMBER, .number = (double) bits, .bits = bits, .whole = TRUE
  };
}

MosLabValue
mos_lab_value_text (char *text)
{
  if (text == NULL)
    return (MosLabValue){ .type = MOS_LAB_NULL };
  if (!g_utf8_validate (text, -1, NULL)) {
    char *valid = g_utf8_make_valid (text, -1);

    g_free (text);
    text = valid;
  }
  return (MosLabValue){ .type = MOS_LAB_TEXT, .text = text };
}

MosLabValue
mos_lab_value_copy (const MosLabValue *self)
{
  MosLabValue copy = *self;

  copy.text = g_strdup (self->text);
  return copy;
}

void
mos_lab_value_clear (MosLabValue *self)
{
  if (self == NULL)
    return;
  g_free (self->text);
  *self = (MosLabValue){ .type = MOS_LAB_NULL };
}

gboolean
mos_lab_value_true (const MosLabValue *self)
{
  switch (self->type) {
  case MOS_LAB_BOOL:
    return self->truth;
  case MOS_LAB_NUMBER:
    return self->number != 0;
  case MOS_LAB_TEXT:
    return self->text[0] != '\0';
  case MOS_LAB_NULL:
  case MOS_LAB_ANY:
  default:
    return FALSE;
  }
}

static char *
describe_text (const char *text)
{
  glong            length = g_utf8_strlen (text, -1);
  g_autofree char *cut = NULL;

  if (length == 0)
    return g_strdup (_ ("an empty text"));
  if (length <= MAX_DESCRIBED)
    return g_strdup_printf (_ ("“%s”"), text);
  /* The end is what has just come. */
  cut = g_utf8_substring (text, length - MAX_DESCRIBED, length);
  return g_strdup_printf (_ ("“…%s”"), cut);
}

char *
mos_lab_value_describe (const MosLabValue *self)
{
  switch (self->type) {
  case MOS_LAB_BOOL:
    return g_strdup (self->truth ? _ ("true") : _ ("false"));
  case MOS_LAB_NUMBER:
    if (self->whole && self->bits >= 0x10000)
      return g_strdup_printf ("%" G_GUINT64_FORMAT " (0x%" G_GINT64_MODIFIER
                              "x)",
                              self->bits, self->bits);
    if (self->whole)
      return g_strdup_printf ("%" G_GUINT64_FORMAT, self->bits);
    return g_strdup_printf ("%g", self->number);
  case MOS_LAB_TEXT:
    return describe_text (self->text);
  case MOS_LAB_NULL:
  case MOS_LAB_ANY:
  default:
    return g_strdup (_ ("not there"));
  }
}

const char *
mos_lab_type_name (MosLabType type)
{
  switch (type) {
  case MOS_LAB_BOOL:
    return _ ("a truth value");
  case MOS_LAB_NUMBER:
    return _ ("a number");
  case MOS_LAB_TEXT:
    return _ ("a text");
  case MOS_LAB_NULL:
    return _ ("nothing");
  case MOS_LAB_ANY:
  default:
    return _ ("any value");
  }
}
