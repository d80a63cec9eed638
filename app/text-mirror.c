/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Recognising that a text screen scrolled. Main thread.
 */
#include "app/text-mirror.h"

struct MosTextMirror {
  GStrv rows; /* as of the last call, or NULL */
};

MosTextMirror *
mos_text_mirror_new (void)
{
  return g_new0 (MosTextMirror, 1);
}

void
mos_text_mirror_clear (MosTextMirror *self)
{
  g_clear_pointer (&self->rows, g_strfreev);
}

void
mos_text_mirror_free (MosTextMirror *self)
{
  if (self == NULL)
    return;
  mos_text_mirror_clear (self);
  g_free (self);
}

/* How many rows that are not blank are the same when the old screen is moved
 * up by @shift; and how many were to be compared. */
static guint
count_same (const char *const *old,
            const char *const *now,
            guint              n,
            guint              shift,
            guint             *compared)
{
  guint same = 0;

  *compared = 0;
  for (guint i = 0; i + shift < n; i++) {
    if (old[i + shift][0] == '\0')
      continue;
    ++*compared;
    same += g_str_equal (old[i + shift], now[i]);
  }
  return same;
}

/* The row with the cursor may have changed in between, nothing else. */
static guint
find_shift (const char *const *old, const char *const *now, guint n)
{
  guint compared;
  guint same = count_same (old, now, n, 0, &compared);

  if (same + 1 >= compared)
    return 0;
  for (guint shift = 1; shift < n; shift++) {
    same = count_same (old, now, n, shift, &compared);
    if (same > 0 && same + 1 >= compared)
      return shift;
  }
  return 0;
}

guint
mos_text_mirror_take (MosTextMirror *self, const char *const *rows)
{
  guint n = g_strv_length ((GStrv) rows);
  guint shift = 0;

  if (self->rows != NULL && g_strv_length (self->rows) == n)
    shift = find_shift ((const char *const *) self->rows, rows, n);
  g_strfreev (self->rows);
  self->rows = g_strdupv ((GStrv) rows);
  return shift;
}
