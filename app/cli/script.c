/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The steps of a run. Serial output is a stream: a wait uses up what it
 * matched and everything before, as `expect` does. The screen is a state: a
 * wait looks at all of it. Serial output need not be UTF-8, so it is matched
 * as bytes; in both, ^ and $ stand for the ends of lines.
 */

#include "app/cli/script.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/engine.h"

typedef struct {
  MosScriptStep step;
  char         *given; /* as on the command line */
  char         *text;  /* to type */
  GRegex       *regex; /* to wait for */
} Step;

struct MosScript {
  GPtrArray *steps;
  guint      next;
  gboolean   typing;
  gboolean   ended; /* the step before next was a wait */
  GString   *serial;
};

static void
step_free (Step *step)
{
  g_free (step->given);
  g_free (step->text);
  g_clear_pointer (&step->regex, g_regex_unref);
  g_free (step);
}

MosScript *
mos_script_new (void)
{
  MosScript *self = g_new0 (MosScript, 1);

  self->steps = g_ptr_array_new_with_free_func ((GDestroyNotify) step_free);
  self->serial = g_string_new (NULL);
  return self;
}

void
mos_script_free (MosScript *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->steps);
  g_string_free (self->serial, TRUE);
  g_free (self);
}

/* The character that stands after a backslash, 0 if there is none; moves *P
 * over it. */
static char
unescape_one (const char **p)
{
  static const char from[] = "ntbe\\";
  static const char to[] = "\n\t\b\033\\";
  char              c = **p;
  const char       *found = c != '\0' ? strchr (from, c) : NULL;

  if (found != NULL) {
    (*p)++;
    return to[found - from];
  }
  if (c == 'x' && g_ascii_isxdigit ((*p)[1]) && g_ascii_isxdigit ((*p)[2])) {
    int value =
        g_ascii_xdigit_value ((*p)[1]) * 16 + g_ascii_xdigit_value ((*p)[2]);

    *p += 3;
    return (char) value;
  }
  return '\0';
}

static char *
unescape (const char *text, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (const char *p = text; *p != '\0';) {
    char c = *p++;

    if (c == '\\') {
      c = unescape_one (&p);
      if (c == '\0') {
        g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                     _ ("found “\\%.1s” in “%s”; allowed: \\n, \\t, "
                        "\\b, \\e, \\\\ and \\xHH"),
                     p, text);
        return NULL;
      }
    }
    if ((guchar) c >= 0x80) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                   _ ("found a character in “%s” that is not ASCII; "
                      "allowed: what a US keyboard types"),
                   text);
      return NULL;
    }
    g_string_append_c (out, c);
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static const char *
option_name (MosScriptStep step)
{
  static const char *const names[] = {
    [MOS_SCRIPT_UNTIL_SERIAL] = "--until-serial",
    [MOS_SCRIPT_UNTIL_SCREEN] = "--until-screen",
    [MOS_SCRIPT_TYPE] = "--type",
  };

  return names[step];
}

gboolean
mos_script_add (MosScript    *self,
                MosScriptStep step,
                const char   *text,
                GError      **error)
{
  GRegexCompileFlags flags = G_REGEX_MULTILINE | G_REGEX_NEWLINE_ANYCRLF;
  g_autoptr (GError) problem = NULL;
  Step *row = g_new0 (Step, 1);

  row->step = step;
  row->given = g_strdup (text);
  if (step == MOS_SCRIPT_TYPE) {
    row->text = unescape (text, error);
  } else {
    if (step == MOS_SCRIPT_UNTIL_SERIAL)
      flags |= G_REGEX_RAW;
    row->regex = g_regex_new (text, flags, 0, &problem);
    if (problem != NULL)
      g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                   _ ("“%s” is no regular expression: %s"), text,
                   problem->message);
  }
  if (row->text == NULL && row->regex == NULL) {
    step_free (row);
    return FALSE;
  }
  g_ptr_array_add (self->steps, row);
  return TRUE;
}

static Step *
current (MosScript *self)
{
  return self->next < self->steps->len ? self->steps->pdata[self->next] : NULL;
}

/* Serial output that is already there may satisfy the next step at once. */
static void
match_serial (MosScript *self)
{
  for (;;) {
    Step *step = current (self);
    g_autoptr (GMatchInfo) match = NULL;
    int end = 0;

    if (step == NULL || step->step != MOS_SCRIPT_UNTIL_SERIAL ||
        !g_regex_match_full (step->regex, self->serial->str,
                             (gssize) self->serial->len, 0, 0, &match, NULL) ||
        !g_match_info_fetch_pos (match, 0, NULL, &end))
      return;
    g_string_erase (self->serial, 0, end);
    self->next++;
    self->ended = TRUE;
  }
}

static void
advance (MosScript *self, gboolean waited)
{
  self->next++;
  self->ended = waited;
  match_serial (self);
}

MosScriptWant
mos_script_want (MosScript *self)
{
  Step *step = current (self);

  if (step == NULL)
    return self->ended ? MOS_WANT_END : MOS_WANT_NOTHING;
  if (step->step == MOS_SCRIPT_TYPE)
    return self->typing ? MOS_WANT_TYPED : MOS_WANT_TYPE;
  return step->step == MOS_SCRIPT_UNTIL_SERIAL ? MOS_WANT_SERIAL
                                               : MOS_WANT_SCREEN;
}

char *
mos_script_describe (MosScript *self)
{
  Step *step = current (self);

  if (step == NULL)
    return NULL;
  return g_strdup_printf ("%s '%s'", option_name (step->step), step->given);
}

void
mos_script_serial (MosScript *self, const void *data, gsize size)
{
  const char *bytes = data;

  if (self->next >= self->steps->len)
    return;
  if (size > MOS_SCRIPT_SERIAL_BYTES) {
    bytes += size - MOS_SCRIPT_SERIAL_BYTES;
    size = MOS_SCRIPT_SERIAL_BYTES;
  }
  g_string_append_len (self->serial, bytes, (gssize) size);
  if (self->serial->len > MOS_SCRIPT_SERIAL_BYTES)
    g_string_erase (self->serial, 0,
                    (gssize) (self->serial->len - MOS_SCRIPT_SERIAL_BYTES));
  match_serial (self);
}

void
mos_script_screen (MosScript *self, const char *text)
{
  Step *step = current (self);

  if (step != NULL && step->step == MOS_SCRIPT_UNTIL_SCREEN &&
      g_regex_match (step->regex, text, 0, NULL))
    advance (self, TRUE);
}

const char *
mos_script_take_text (MosScript *self)
{
  g_return_val_if_fail (mos_script_want (self) == MOS_WANT_TYPE, "");
  self->typing = TRUE;
  return current (self)->text;
}

void
mos_script_typed (MosScript *self)
{
  g_return_if_fail (mos_script_want (self) == MOS_WANT_TYPED);
  self->typing = FALSE;
  advance (self, FALSE);
}
