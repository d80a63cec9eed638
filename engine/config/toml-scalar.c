/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The leaves of TOML: strings of four kinds, integers in four bases, floats,
 * booleans, dates and times, after the sections "String" to "Local Time" of
 * TOML 1.0.0. The text is known to be valid UTF-8 and is never read past
 * reader->end, where a NUL stands.
 */

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/config/toml-private.h"

/* Control characters other than tab, which no string and no comment holds. */
static gboolean
is_control (char c)
{
  return ((guchar) c < 0x20 && c != '\t') || c == 0x7f;
}

/* 4 or 8 hexadecimal digits that name a Unicode scalar value. */
static gboolean
read_code_point (MosTomlReader *reader, guint digits, GString *out)
{
  gsize    start = reader->at;
  gunichar point = 0;

  for (guint i = 0; i < digits; i++, reader->at++) {
    int value = g_ascii_xdigit_value (mos_toml_peek (reader, 0));

    if (value < 0)
      return mos_toml_fail (reader, reader->at,
                            _ ("an escape needs %u hexadecimal digits here"),
                            digits);
    point = point << 4 | (gunichar) value;
  }
  if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
    return mos_toml_fail (reader, start, _ ("U+%X is no character"), point);
  g_string_append_unichar (out, point);
  return TRUE;
}

/* After the backslash. */
static gboolean
read_escape (MosTomlReader *reader, GString *out)
{
  static const char from[] = "btnfr\"\\";
  static const char to[] = "\b\t\n\f\r\"\\";
  char              c = mos_toml_peek (reader, 0);
  const char       *found = c != '\0' ? strchr (from, c) : NULL;

  reader->at++;
  if (c == 'u' || c == 'U')
    return read_code_point (reader, c == 'u' ? 4 : 8, out);
  if (found == NULL)
    return mos_toml_fail (reader, reader->at - 2,
                          _ ("there is no such escape; a backslash is "
                             "written \\\\, or use '…' for text as it is"));
  g_string_append_c (out, to[found - from]);
  return TRUE;
}

/* A backslash at a line's end swallows white space up to the next word. */
static gboolean
skip_folded_line (MosTomlReader *reader)
{
  gsize at = reader->at;

  while (at < reader->end &&
         (reader->text[at] == ' ' || reader->text[at] == '\t'))
    at++;
  if (at < reader->end && reader->text[at] == '\r')
    at++;
  if (at >= reader->end || reader->text[at] != '\n')
    return FALSE;
  while (at < reader->end && strchr (" \t\r\n", reader->text[at]) != NULL &&
         (reader->text[at] != '\r' || reader->text[at + 1] == '\n'))
    at++;
  reader->at = at;
  return TRUE;
}

/* How many of QUOTE stand here, at most five. */
static guint
count_quotes (const MosTomlReader *reader, char quote)
{
  guint n = 0;

  while (n < 5 && mos_toml_peek (reader, n) == quote)
    n++;
  return n;
}

/* After the opening """ or '''. */
static gboolean
read_long_string (MosTomlReader *reader, char quote, gsize start, GString *out)
{
  if (mos_toml_peek (reader, 0) == '\r' && mos_toml_peek (reader, 1) == '\n')
    reader->at++;
  if (mos_toml_peek (reader, 0) == '\n')
    reader->at++;

  while (reader->at < reader->end) {
    char  c = reader->text[reader->at];
    guint quotes = c == quote ? count_quotes (reader, quote) : 0;

    if (quotes >= 3) {
      g_string_append_len (out, reader->text + reader->at, quotes - 3);
      reader->at += quotes;
      return TRUE;
    }
    reader->at++;
    if (c == '\\' && quote == '"') {
      if (!skip_folded_line (reader) && !read_escape (reader, out))
        return FALSE;
    } else if (c == '\r' && mos_toml_peek (reader, 0) == '\n') {
      continue; /* one newline, whatever system wrote it */
    } else if (is_control (c) && c != '\n') {
      return mos_toml_fail (reader, reader->at - 1,
                            _ ("a control character must be escaped"));
    } else {
      g_string_append_c (out, c);
    }
  }
  return mos_toml_fail (reader, start, _ ("this string has no end"));
}

gboolean
mos_toml_read_string (MosTomlReader *reader, gboolean multiline, GString *out)
{
  gsize start = reader->at;
  char  quote = mos_toml_peek (reader, 0);

  if (count_quotes (reader, quote) >= 3) {
    if (!multiline)
      return mos_toml_fail (reader, start,
                            _ ("a key cannot be a multi-line string"));
    reader->at += 3;
    return read_long_string (reader, quote, start, out);
  }

  reader->at++;
  while (reader->at < reader->end) {
    char c = reader->text[reader->at++];

    if (c == quote)
      return TRUE;
    if (c == '\n' || c == '\r')
      break;
    if (is_control (c))
      return mos_toml_fail (reader, reader->at - 1,
                            _ ("a control character must be escaped"));
    if (c != '\\' || quote != '"')
      g_string_append_c (out, c);
    else if (!read_escape (reader, out))
      return FALSE;
  }
  return mos_toml_fail (reader, start,
                        _ ("this string has no end on its line"));
}

/* Digits of BASE with single underscores between them, underscores left out
 * in OUT. Returns how many bytes of TEXT they take, 0 if they are wrong. */
static gsize
copy_digits (const char *text, guint base, GString *out)
{
  gsize    i = 0;
  gboolean after_digit = FALSE;

  for (;; i++) {
    int value = g_ascii_xdigit_value (text[i]);

    if (value >= 0 && (guint) value < base) {
      g_string_append_c (out, text[i]);
      after_digit = TRUE;
    } else if (text[i] == '_' && after_digit) {
      after_digit = FALSE;
    } else {
      return after_digit ? i : 0;
    }
  }
}

/* 0x…, 0o…, 0b…: after the prefix, to the end of TEXT. */
static gboolean
parse_based (const char *text, guint base, gint64 *value)
{
  g_autoptr (GString) digits = g_string_new (NULL);
  gsize used = copy_digits (text, base, digits);

  if (used == 0 || text[used] != '\0')
    return FALSE;
  return g_ascii_string_to_signed (digits->str, base, 0, G_MAXINT64, value,
                                   NULL);
}

typedef enum {
  NOT_A_NUMBER,
  TOO_LARGE,
  IS_INTEGER,
  IS_FLOAT
} NumberKind;

static NumberKind
finish_integer (const GString *digits, gint64 *integer)
{
  return g_ascii_string_to_signed (digits->str, 10, G_MININT64, G_MAXINT64,
                                   integer, NULL)
             ? IS_INTEGER
             : TOO_LARGE;
}

static NumberKind
parse_number (const char *text, gint64 *integer, double *real)
{
  g_autoptr (GString) digits = g_string_new (NULL);
  const char *p = text;
  gsize       used;

  if (*p == '+' || *p == '-')
    g_string_append_c (digits, *p++);
  if (g_str_equal (p, "inf") || g_str_equal (p, "nan")) {
    *real = g_ascii_strtod (text, NULL);
    return IS_FLOAT;
  }
  if (p == text && *p == '0' && p[1] != '\0' && strchr ("xob", p[1]) != NULL)
    return parse_based (p + 2,
                        p[1] == 'x'   ? 16
                        : p[1] == 'o' ? 8
                                      : 2,
                        integer)
               ? IS_INTEGER
               : NOT_A_NUMBER;

  used = copy_digits (p, 10, digits);
  if (used == 0 || (*p == '0' && used > 1))
    return NOT_A_NUMBER;
  p += used;
  if (*p == '\0')
    return finish_integer (digits, integer);

  if (*p == '.') {
    g_string_append_c (digits, *p++);
    if ((used = copy_digits (p, 10, digits)) == 0)
      return NOT_A_NUMBER;
    p += used;
  }
  if (*p == 'e' || *p == 'E') {
    g_string_append_c (digits, *p++);
    if (*p == '+' || *p == '-')
      g_string_append_c (digits, *p++);
    if ((used = copy_digits (p, 10, digits)) == 0)
      return NOT_A_NUMBER;
    p += used;
  }
  if (*p != '\0')
    return NOT_A_NUMBER;
  *real = g_ascii_strtod (digits->str, NULL);
  return IS_FLOAT;
}

/* COUNT digits at *P as a number; -1 if they are not there. */
static int
take_digits (const char **p, guint count)
{
  int value = 0;

  for (guint i = 0; i < count; i++, (*p)++) {
    if (!g_ascii_isdigit (**p))
      return -1;
    value = value * 10 + (**p - '0');
  }
  return value;
}

static gboolean
take (const char **p, char c)
{
  if (**p != c)
    return FALSE;
  (*p)++;
  return TRUE;
}

static gboolean
take_date (const char **p)
{
  int year, month, day;

  if ((year = take_digits (p, 4)) < 0 || !take (p, '-') ||
      (month = take_digits (p, 2)) < 0 || !take (p, '-') ||
      (day = take_digits (p, 2)) < 0)
    return FALSE;
  if (year == 0) /* GDate counts from 1; 0 is a leap year, as 4 is */
    year = 4;
  return month >= 1 && month <= 12 && day >= 1 &&
         g_date_valid_dmy ((GDateDay) day, (GDateMonth) month,
                           (GDateYear) year);
}

static gboolean
take_time (const char **p)
{
  int hour, minute, second;

  if ((hour = take_digits (p, 2)) < 0 || !take (p, ':') ||
      (minute = take_digits (p, 2)) < 0 || !take (p, ':') ||
      (second = take_digits (p, 2)) < 0)
    return FALSE;
  if (**p == '.') {
    (*p)++;
    if (!g_ascii_isdigit (**p))
      return FALSE;
    while (g_ascii_isdigit (**p))
      (*p)++;
  }
  return hour <= 23 && minute <= 59 && second <= 60; /* a leap second */
}

static gboolean
take_offset (const char **p)
{
  int hour, minute;

  if (take (p, 'Z') || take (p, 'z'))
    return TRUE;
  if (!take (p, '+') && !take (p, '-'))
    return FALSE;
  return (hour = take_digits (p, 2)) >= 0 && take (p, ':') &&
         (minute = take_digits (p, 2)) >= 0 && hour <= 23 && minute <= 59;
}

static gboolean
is_datetime (const char *text)
{
  const char *p = text;

  if (strlen (text) >= 3 && text[2] == ':')
    return take_time (&p) && *p == '\0';
  if (!take_date (&p))
    return FALSE;
  if (*p == '\0')
    return TRUE;
  if (!take (&p, 'T') && !take (&p, 't') && !take (&p, ' '))
    return FALSE;
  return take_time (&p) && (*p == '\0' || (take_offset (&p) && *p == '\0'));
}

/* Digits, then ":" after two or "-" after four: meant as a time or date. */
static gboolean
looks_like_datetime (const char *text)
{
  gsize digits = strspn (text, "0123456789");

  return (digits == 2 && text[digits] == ':') ||
         (digits == 4 && text[digits] == '-');
}

/* The bytes up to the next separator; a date and a time may have one space
 * between them. */
static char *
take_word (MosTomlReader *reader)
{
  const char *text = reader->text + reader->at;
  gsize       length = strcspn (text, " \t\r\n,]}#=\"'[{");

  if (length == 10 && looks_like_datetime (text) && text[length] == ' ' &&
      g_ascii_isdigit (text[11]) && g_ascii_isdigit (text[12]) &&
      text[13] == ':')
    length += 1 + strcspn (text + 11, " \t\r\n,]}#=\"'[{");
  reader->at += length;
  return g_strndup (text, length);
}

gboolean
mos_toml_read_plain (MosTomlReader *reader, MosTomlNode *node)
{
  gsize            start = reader->at;
  g_autofree char *word = take_word (reader);

  if (*word == '\0')
    return mos_toml_fail (reader, start, _ ("a value is missing here"));
  if (g_str_equal (word, "true") || g_str_equal (word, "false")) {
    node->type = MOS_TOML_BOOLEAN;
    node->as.boolean = *word == 't';
    return TRUE;
  }
  if (looks_like_datetime (word)) {
    if (!is_datetime (word))
      return mos_toml_fail (reader, start, _ ("“%s” is no date or time"), word);
    node->type = MOS_TOML_DATETIME;
    node->as.string.length = strlen (word);
    node->as.string.text = g_steal_pointer (&word);
    return TRUE;
  }

  switch (parse_number (word, &node->as.integer, &node->as.real)) {
  case IS_INTEGER:
    node->type = MOS_TOML_INTEGER;
    return TRUE;
  case IS_FLOAT:
    node->type = MOS_TOML_FLOAT;
    return TRUE;
  case TOO_LARGE:
    return mos_toml_fail (reader, start, _ ("“%s” does not fit into 64 bits"),
                          word);
  case NOT_A_NUMBER:
  default:
    return mos_toml_fail (reader, start,
                          _ ("“%s” is no value; text needs quotes"), word);
  }
}
