/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Why a check does not hold, in words for the learner: "Serial port: “hello”
 * is not there yet".
 *
 * The names come from the world; where it has none (a test's), the source is
 * quoted. A regular expression is read to the learner as what it looks for,
 * with dots where anything may stand. Main loop.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "tutorials/check-private.h"

static const MosCheckNode *
node (const MosCheckEvaluation *e, guint index)
{
  return &e->check->nodes[index];
}

/* The node as the author wrote it. */
static char *
source_of (const MosCheckEvaluation *e, const MosCheckNode *op)
{
  char *text =
      g_strndup (e->check->source + op->begin, (gsize) (op->end - op->begin));

  return g_strstrip (text);
}

static char *
title_of (const MosCheckEvaluation *e, const MosCheckNode *op)
{
  if (op->kind == MOS_NODE_DELTA) {
    g_autofree char *what = title_of (e, node (e, op->left));

    return g_strdup_printf (_ ("%s since this step began"), what);
  }
  return op->kind == MOS_NODE_QUERY && e->world->title != NULL
             ? e->world->title (e->world, &op->query)
             : source_of (e, op);
}

static char *
describe (const MosCheckEvaluation *e,
          const MosCheckNode       *query,
          const MosLabValue        *value)
{
  const char *word = NULL;

  if (value->type == MOS_LAB_TEXT && query->kind == MOS_NODE_QUERY &&
      e->world->word != NULL)
    word = e->world->word (e->world, &query->query, value->text);
  return word != NULL ? g_strdup (word) : mos_lab_value_describe (value);
}

/* Where the author thinks in hexadecimal, the learner may too. */
static gboolean
is_hexadecimal (const char *source)
{
  return g_str_has_prefix (source, "0x");
}

static const char *
wanted (MosNodeKind kind)
{
  switch (kind) {
  case MOS_NODE_EQ:
    /* Translators: %s are what is asked, what is there, what should be */
    return N_ ("%s: %s; it should be %s");
  case MOS_NODE_NE:
    return N_ ("%s: %s; it should be anything but %s");
  case MOS_NODE_LT:
    return N_ ("%s: %s; it should be less than %s");
  case MOS_NODE_LE:
    return N_ ("%s: %s; it should be at most %s");
  case MOS_NODE_GT:
    return N_ ("%s: %s; it should be more than %s");
  default:
    return N_ ("%s: %s; it should be at least %s");
  }
}

static char *
explain_comparison (const MosCheckEvaluation *e, const MosCheckNode *op)
{
  const MosCheckNode *asked = node (e, op->left);
  const MosCheckNode *limit = node (e, op->right);
  g_auto (MosLabValue) left = mos_check_node_value (e, op->left);
  g_auto (MosLabValue) right = mos_check_node_value (e, op->right);
  g_autofree char *what = title_of (e, asked);
  g_autofree char *have = describe (e, asked, &left);
  g_autofree char *want = NULL;

  if (limit->kind == MOS_NODE_VALUE && right.type == MOS_LAB_NUMBER) {
    want = source_of (e, limit);
    if (is_hexadecimal (want) && left.type == MOS_LAB_NUMBER && left.whole) {
      g_free (have);
      have = g_strdup_printf ("0x%" G_GINT64_MODIFIER "x", left.bits);
    }
  } else {
    want = describe (e, asked, &right);
  }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return g_strdup_printf (_ (wanted (op->kind)), what, have, want);
#pragma GCC diagnostic pop
}

/* -- patterns ------------------------------------------------------------ */

static void
append_anything (GString *out)
{
  if (out->len > 0 && !g_str_has_suffix (out->str, "…"))
    g_string_append (out, "…");
}

/* Behind a set, whose "]" may be its first member. */
static const char *
skip_set (const char *p)
{
  p++;
  if (*p == '^')
    p++;
  if (*p == ']')
    p++;
  while (*p != '\0' && *p != ']')
    p++;
  return *p != '\0' ? p + 1 : p;
}

/* One part of a pattern; returns what is behind it. */
static const char *
append_part (GString *out, const char *p)
{
  switch (*p) {
  case '\\':
    if (p[1] == '\0')
      return p + 1;
    if (g_ascii_isalnum (p[1]))
      append_anything (out);
    else
      g_string_append_c (out, p[1]);
    return p + 2;
  case '[':
    append_anything (out);
    return skip_set (p);
  case '.':
    append_anything (out);
    return p + 1;
  case '{':
    while (*p != '\0' && *p != '}')
      p++;
    return *p != '\0' ? p + 1 : p;
  case '(':
  case ')':
  case '^':
  case '$':
  case '*':
  case '+':
  case '?':
    return p + 1;
  case '|':
    g_string_append (out, _ ("” or “"));
    return p + 1;
  default:
    g_string_append_c (out, *p);
    return p + 1;
  }
}

/* What the pattern looks for, in quotes. */
static char *
read_pattern (const GRegex *regex)
{
  const char *p = g_regex_get_pattern (regex) + strlen (MOS_CHECK_MATCH_LIMITS);
  g_autoptr (GString) text = g_string_new (NULL);

  while (*p != '\0')
    p = append_part (text, p);
  if (g_str_has_suffix (text->str, "…"))
    g_string_truncate (text, text->len - strlen ("…"));
  return g_strdup_printf (_ ("“%s”"), text->str);
}

static char *
explain_match (const MosCheckEvaluation *e,
               const MosCheckNode       *op,
               gboolean                  there)
{
  g_autofree char *whose = title_of (e, node (e, op->left));
  g_autofree char *text = read_pattern (op->regex);

  return there ? g_strdup_printf (_ ("%s: %s is still there"), whose, text)
               : g_strdup_printf (_ ("%s: %s is not there yet"), whose, text);
}

/* -- all of them --------------------------------------------------------- */

/* The node below is true and should not be. */
static char *
explain_not (const MosCheckEvaluation *e, const MosCheckNode *op)
{
  g_autofree char *what = title_of (e, op);

  if (op->kind == MOS_NODE_MATCH)
    return explain_match (e, op, TRUE);
  return g_strdup_printf (_ ("%s: should not be so, but still is"), what);
}

/* "!a || b" asks for b where there is a: nobody is told to do away with a. */
static char *
explain_or (const MosCheckEvaluation *e, const MosCheckNode *op)
{
  g_autofree char *left = NULL;
  g_autofree char *right = NULL;

  if (node (e, op->left)->kind == MOS_NODE_NOT)
    return mos_check_explain (e, op->right);
  left = mos_check_explain (e, op->left);
  right = mos_check_explain (e, op->right);
  return g_strdup_printf (_ ("%s; or: %s"), left, right);
}

static char *
explain_value (const MosCheckEvaluation *e, guint index)
{
  const MosCheckNode *op = node (e, index);
  g_auto (MosLabValue) value = mos_check_node_value (e, index);
  g_autofree char *what = title_of (e, op);
  g_autofree char *have = describe (e, op, &value);
  char            *sentence = NULL;

  if (op->kind == MOS_NODE_QUERY && e->world->lacking != NULL)
    sentence = e->world->lacking (e->world, &op->query);
  return sentence != NULL ? sentence : g_strdup_printf ("%s: %s", what, have);
}

char *
mos_check_explain (const MosCheckEvaluation *e, guint index)
{
  const MosCheckNode *op = node (e, index);

  switch (op->kind) {
  case MOS_NODE_AND:
    return mos_check_explain (e, mos_check_node_true (e, op->left) ? op->right
                                                                   : op->left);
  case MOS_NODE_OR:
    return explain_or (e, op);
  case MOS_NODE_NOT:
    return explain_not (e, node (e, op->left));
  case MOS_NODE_EQ:
  case MOS_NODE_NE:
  case MOS_NODE_LT:
  case MOS_NODE_LE:
  case MOS_NODE_GT:
  case MOS_NODE_GE:
    return explain_comparison (e, op);
  case MOS_NODE_MATCH:
    return explain_match (e, op, FALSE);
  default:
    return explain_value (e, index);
  }
}
