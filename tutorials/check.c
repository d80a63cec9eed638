/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Parsing check expressions: a recursive descent over the grammar in check.h.
 *
 * Everything is bounded before it is made: bytes, nodes, depth, parts and
 * arguments. The first mistake ends it; its message has line and column.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "tutorials/check-private.h"

typedef struct {
  MosCheck            *check;
  const MosCheckWorld *world;
  const char          *p; /* what comes next in the source */
  guint                line;
  guint                depth;
  GError             **error;
  gboolean             failed;
} Parser;

typedef struct {
  const char *text;
  MosNodeKind kind;
} Operator;

static guint parse_or (Parser *parser);

G_GNUC_PRINTF (3, 4)
static guint
fail (Parser *parser, MosError code, const char *format, ...)
{
  g_autofree char *message = NULL;
  g_autofree char *where = NULL;
  glong            column =
      g_utf8_pointer_to_offset (parser->check->source, parser->p) + 1;
  va_list args;

  if (parser->failed)
    return 0;
  parser->failed = TRUE;
  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  where = parser->line > 0 ? g_strdup_printf (_ ("line %u, column %ld"),
                                              parser->line, column)
                           : g_strdup_printf (_ ("column %ld"), column);
  g_set_error (parser->error, MOS_ERROR, (int) code, "%s: %s", where, message);
  return 0;
}

static void
skip_blanks (Parser *parser)
{
  while (*parser->p == ' ' || *parser->p == '\t' || *parser->p == '\n' ||
         *parser->p == '\r') {
    if (*parser->p == '\n' && parser->line > 0)
      parser->line++;
    parser->p++;
  }
}

static MosCheckNode *
node (Parser *parser, guint index)
{
  return &parser->check->nodes[index];
}

/* A new node that begins at @begin; its index. */
static guint
add (Parser     *parser,
     MosNodeKind kind,
     const char *begin,
     guint       left,
     guint       right)
{
  MosCheck *check = parser->check;
  MosCheckNode *new;

  if (parser->failed)
    return 0;
  if (check->n_nodes == MOS_CHECK_MAX_NODES)
    return fail (parser, MOS_ERROR_SYNTAX,
                 _ ("the expression has more than %d parts; write a shorter "
                    "one"),
                 MOS_CHECK_MAX_NODES);
  new = &check->nodes[check->n_nodes];
  *new = (MosCheckNode){ .kind = kind,
                         .left = (guint16) left,
                         .right = (guint16) right,
                         .begin = (guint16) (begin - check->source),
                         .end = (guint16) (parser->p - check->source) };
  return check->n_nodes++;
}

static gboolean
is_name_start (char c)
{
  return g_ascii_isalpha (c) || c == '_';
}

/* Letters, digits, _ and inner hyphens of names. */
static char *
take_name (Parser *parser)
{
  const char *begin = parser->p;

  while (g_ascii_isalnum (*parser->p) || *parser->p == '_')
    parser->p++;
  return g_strndup (begin, (gsize) (parser->p - begin));
}

/* Names of queries live as long as the check. */
static const char *
keep_name (Parser *parser)
{
  g_autofree char *name = take_name (parser);

  return g_string_chunk_insert_const (parser->check->names, name);
}

static int
digit_of (char c, guint base)
{
  int digit = g_ascii_xdigit_value (c);

  return digit >= 0 && (guint) digit < base ? digit : -1;
}

static gboolean
take_number (Parser *parser, MosLabValue *value)
{
  const char *p = parser->p;
  guint       base = 10, digits = 0;
  guint64     number = 0;
  char       *end;

  if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
    base = 16;
  else if (p[0] == '0' && (p[1] == 'b' || p[1] == 'B'))
    base = 2;
  if (base != 10)
    p += 2;
  for (; digit_of (*p, base) >= 0 || (*p == '_' && digits > 0); p++) {
    if (*p == '_')
      continue;
    if (number > (G_MAXUINT64 - (guint) digit_of (*p, base)) / base) {
      fail (parser, MOS_ERROR_INVALID_VALUE,
            _ ("the number is larger than 64 bits"));
      return FALSE;
    }
    number = number * base + (guint) digit_of (*p, base);
    digits++;
  }
  if (base == 10 && p[0] == '.' && g_ascii_isdigit (p[1])) {
    *value = mos_lab_value_number (g_ascii_strtod (parser->p, &end));
    parser->p = end;
    return TRUE;
  }
  if (*p == 'K' || *p == 'M' || *p == 'G') {
    guint shift = *p == 'K' ? 10 : *p == 'M' ? 20 : 30;

    if (number > G_MAXUINT64 >> shift)
      digits = 0;
    number <<= shift;
    p++;
  }
  if (digits == 0 || g_ascii_isalnum (*p)) {
    fail (parser, MOS_ERROR_SYNTAX,
          _ ("this is not a number; right would be 1000, 0x7c00, 0b101 or "
             "64K"));
    return FALSE;
  }
  parser->p = p;
  *value = mos_lab_value_bits (number);
  return TRUE;
}

/* After the backslash; FALSE: no such escape. */
static gboolean
take_escape (Parser *parser, GString *text)
{
  static const char *from = "nrt\\\"";
  static const char *to = "\n\r\t\\\"";
  const char *found = *parser->p != '\0' ? strchr (from, *parser->p) : NULL;

  if (found != NULL) {
    g_string_append_c (text, to[found - from]);
    parser->p++;
    return TRUE;
  }
  if (parser->p[0] == 'x' && digit_of (parser->p[1], 16) >= 0 &&
      digit_of (parser->p[2], 16) >= 0) {
    int byte = digit_of (parser->p[1], 16) * 16 + digit_of (parser->p[2], 16);

    if (byte == 0 || byte > 0x7f)
      return FALSE;
    g_string_append_c (text, (char) byte);
    parser->p += 3;
    return TRUE;
  }
  return FALSE;
}

/* @raw: of a regular expression, whose other backslashes stay. */
static char *
take_text (Parser *parser, gboolean raw)
{
  g_autoptr (GString) text = g_string_new (NULL);

  parser->p++;
  while (*parser->p != '"') {
    if (*parser->p == '\0' || *parser->p == '\n') {
      fail (parser, MOS_ERROR_SYNTAX, _ ("the text has no closing quote"));
      return NULL;
    }
    if (*parser->p != '\\') {
      g_string_append_c (text, *parser->p++);
      continue;
    }
    if (raw && parser->p[1] != '"') {
      g_string_append_c (text, *parser->p++);
      if (*parser->p != '\0' && *parser->p != '\n')
        g_string_append_c (text, *parser->p++);
      continue;
    }
    parser->p++;
    if (!take_escape (parser, text)) {
      fail (parser, MOS_ERROR_SYNTAX,
            _ ("there is no such escape; allowed: \\n \\r \\t \\\\ \\\" and "
               "\\x01 to \\x7f"));
      return NULL;
    }
  }
  parser->p++;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A literal; FALSE with nothing taken if there is none. */
static gboolean
take_literal (Parser *parser, MosLabValue *value)
{
  static const char *words[] = { "false", "true" };

  if (*parser->p == '"') {
    char *text = take_text (parser, FALSE);

    *value = mos_lab_value_text (text);
    return text != NULL;
  }
  if (g_ascii_isdigit (*parser->p))
    return take_number (parser, value);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    gsize n = strlen (words[i]);

    if (strncmp (parser->p, words[i], n) == 0 &&
        !g_ascii_isalnum (parser->p[n]) && parser->p[n] != '_') {
      parser->p += n;
      *value = mos_lab_value_bool (i == 1);
      return TRUE;
    }
  }
  return FALSE;
}

static void
take_argument (Parser *parser, MosCheckPart *part)
{
  MosCheckArgument *argument = &part->arguments[part->n_arguments];

  if (part->n_arguments == MOS_CHECK_MAX_ARGUMENTS) {
    fail (parser, MOS_ERROR_SYNTAX, _ ("%s() has more than %d arguments"),
          part->name, MOS_CHECK_MAX_ARGUMENTS);
    return;
  }
  skip_blanks (parser);
  if (take_literal (parser, &argument->value)) {
    part->n_arguments++;
    return;
  }
  if (!parser->failed && is_name_start (*parser->p)) {
    argument->name = keep_name (parser);
    skip_blanks (parser);
    if (*parser->p == '=') {
      parser->p++;
      skip_blanks (parser);
      if (take_literal (parser, &argument->value)) {
        part->n_arguments++;
        return;
      }
    }
  }
  fail (parser, MOS_ERROR_SYNTAX,
        _ ("an argument of %s() must be a number, a “\"text\"”, true, false, "
           "or name=one of these"),
        part->name);
}

static void
take_part (Parser *parser, MosCheckPart *part)
{
  part->name = keep_name (parser);
  skip_blanks (parser);
  if (*parser->p != '(')
    return;
  part->called = TRUE;
  parser->p++;
  skip_blanks (parser);
  if (*parser->p == ')') {
    parser->p++;
    return;
  }
  while (!parser->failed) {
    take_argument (parser, part);
    skip_blanks (parser);
    if (parser->failed || *parser->p == ')')
      break;
    if (*parser->p != ',') {
      fail (parser, MOS_ERROR_SYNTAX, _ ("“,” or “)” must come here"));
      return;
    }
    parser->p++;
  }
  if (!parser->failed)
    parser->p++;
}

/* delta(…): its argument is any expression. */
static guint
parse_delta (Parser *parser, const char *begin)
{
  guint left, index;

  parser->p++;
  left = parse_or (parser);
  skip_blanks (parser);
  if (!parser->failed && *parser->p != ')')
    return fail (parser, MOS_ERROR_SYNTAX, _ ("delta( has no “)”"));
  if (parser->failed)
    return 0;
  parser->p++;
  index = add (parser, MOS_NODE_DELTA, begin, left, 0);
  if (!parser->failed)
    node (parser, index)->delta = (guint16) parser->check->n_deltas++;
  return index;
}

static guint
parse_query (Parser *parser)
{
  const char *begin = parser->p;
  GError     *error = NULL;
  guint       index = add (parser, MOS_NODE_QUERY, begin, 0, 0);
  /* Arguments that were made stay the node's, also after a failure. */
  MosCheckQuery *query = &node (parser, index)->query;

  while (!parser->failed) {
    if (query->n_parts == MOS_CHECK_MAX_PARTS)
      return fail (parser, MOS_ERROR_SYNTAX, _ ("a query has at most %d parts"),
                   MOS_CHECK_MAX_PARTS);
    if (!is_name_start (*parser->p))
      return fail (parser, MOS_ERROR_SYNTAX, _ ("a name must come here"));
    take_part (parser, &query->parts[query->n_parts++]);
    if (parser->failed || *parser->p != '.')
      break;
    parser->p++;
  }
  if (parser->failed)
    return 0;
  node (parser, index)->end = (guint16) (parser->p - parser->check->source);
  if (!parser->world->accept (parser->world, query, &error)) {
    parser->p = begin;
    fail (parser, (MosError) error->code, "%s", error->message);
    g_error_free (error);
    return 0;
  }
  return index;
}

static guint
parse_primary (Parser *parser)
{
  const char *begin = parser->p;
  MosLabValue value = { 0 };
  guint       index;

  if (take_literal (parser, &value)) {
    index = add (parser, MOS_NODE_VALUE, begin, 0, 0);
    if (parser->failed)
      mos_lab_value_clear (&value);
    else
      node (parser, index)->value = value;
    return index;
  }
  if (parser->failed)
    return 0;
  if (*parser->p == '(') {
    parser->p++;
    index = parse_or (parser);
    skip_blanks (parser);
    if (!parser->failed && *parser->p != ')')
      return fail (parser, MOS_ERROR_SYNTAX, _ ("“)” must come here"));
    if (!parser->failed)
      parser->p++;
    return index;
  }
  if (g_str_has_prefix (parser->p, "delta")) {
    const char *p = parser->p + strlen ("delta");

    while (*p == ' ')
      p++;
    if (*p == '(') {
      parser->p = p;
      return parse_delta (parser, begin);
    }
  }
  if (is_name_start (*parser->p))
    return parse_query (parser);
  if (*parser->p == '\0')
    return fail (parser, MOS_ERROR_SYNTAX, _ ("something is missing here"));
  return fail (parser, MOS_ERROR_SYNTAX,
               _ ("a number, a text, a query or “(” must come here"));
}

/* One level deeper, unless that is too deep. */
static gboolean
descend (Parser *parser)
{
  if (parser->failed)
    return FALSE;
  if (++parser->depth > MOS_CHECK_MAX_DEPTH) {
    fail (parser, MOS_ERROR_SYNTAX,
          _ ("the expression is nested more than %d deep"),
          MOS_CHECK_MAX_DEPTH);
    return FALSE;
  }
  return TRUE;
}

static guint
parse_unary (Parser *parser)
{
  const char *begin;
  guint       index;

  skip_blanks (parser);
  begin = parser->p;
  if (*parser->p != '-')
    return parse_primary (parser);
  if (!descend (parser))
    return 0;
  parser->p++;
  index = parse_unary (parser);
  parser->depth--;
  return add (parser, MOS_NODE_NEGATE, begin, index, 0);
}

/* The operator of @operators that comes next, or NULL. Longer ones first. */
static const Operator *
take_operator (Parser *parser, const Operator *operators)
{
  skip_blanks (parser);
  for (const Operator *op = operators; op->text != NULL; op++) {
    gsize n = strlen (op->text);

    if (strncmp (parser->p, op->text, n) != 0)
      continue;
    /* "&&" and "||" are not "&" and "|". */
    if (n == 1 && parser->p[1] == parser->p[0] &&
        (*op->text == '&' || *op->text == '|'))
      continue;
    parser->p += n;
    return op;
  }
  return NULL;
}

static guint
parse_binary (Parser         *parser,
              const Operator *operators,
              guint (*operand) (Parser *))
{
  const char     *begin;
  const Operator *op;
  guint           left;

  skip_blanks (parser);
  begin = parser->p;
  left = operand (parser);
  while (!parser->failed && (op = take_operator (parser, operators)) != NULL) {
    guint right = operand (parser);

    left = add (parser, op->kind, begin, left, right);
  }
  return left;
}

static guint
parse_product (Parser *parser)
{
  static const Operator operators[] = {
    { "*", MOS_NODE_MUL },
    { "/", MOS_NODE_DIV },
    { "%", MOS_NODE_MOD },
    { "&", MOS_NODE_BITAND },
    { "<<", MOS_NODE_SHL },
    { ">>", MOS_NODE_SHR },
    { NULL },
  };

  return parse_binary (parser, operators, parse_unary);
}

static guint
parse_sum (Parser *parser)
{
  static const Operator operators[] = {
    { "+", MOS_NODE_ADD },
    { "-", MOS_NODE_SUB },
    { "|", MOS_NODE_BITOR },
    { NULL },
  };

  return parse_binary (parser, operators, parse_product);
}

/* The literal behind =~. */
static guint
parse_match (Parser *parser, const char *begin, guint left)
{
  g_autofree char *pattern = NULL;
  g_autofree char *limited = NULL;
  GError          *error = NULL;
  const char      *at;
  GRegex          *regex;
  guint            index;

  skip_blanks (parser);
  at = parser->p;
  if (*parser->p != '"')
    return fail (parser, MOS_ERROR_SYNTAX,
                 _ ("a regular expression in double quotes must come behind "
                    "=~"));
  pattern = take_text (parser, TRUE);
  if (pattern == NULL)
    return 0;
  limited = g_strconcat (MOS_CHECK_MATCH_LIMITS, pattern, NULL);
  regex = g_regex_new (limited, G_REGEX_MULTILINE, 0, &error);
  if (regex == NULL) {
    parser->p = at;
    fail (parser, MOS_ERROR_SYNTAX, _ ("“%s” is not a regular expression: %s"),
          pattern, error->message);
    g_error_free (error);
    return 0;
  }
  index = add (parser, MOS_NODE_MATCH, begin, left, 0);
  if (parser->failed)
    g_regex_unref (regex);
  else
    node (parser, index)->regex = regex;
  return index;
}

static guint
parse_comparison (Parser *parser)
{
  static const Operator operators[] = {
    { "==", MOS_NODE_EQ },    { "!=", MOS_NODE_NE },
    { "<=", MOS_NODE_LE },    { ">=", MOS_NODE_GE },
    { "=~", MOS_NODE_MATCH }, { "<", MOS_NODE_LT },
    { ">", MOS_NODE_GT },     { NULL },
  };
  const char     *begin;
  const Operator *op;
  guint           left, right;

  skip_blanks (parser);
  begin = parser->p;
  left = parse_sum (parser);
  if (parser->failed || (op = take_operator (parser, operators)) == NULL)
    return left;
  if (op->kind == MOS_NODE_MATCH)
    return parse_match (parser, begin, left);
  right = parse_sum (parser);
  return add (parser, op->kind, begin, left, right);
}

static guint
parse_not (Parser *parser)
{
  const char *begin;
  guint       index;

  skip_blanks (parser);
  begin = parser->p;
  if (*parser->p != '!' || parser->p[1] == '=')
    return parse_comparison (parser);
  if (!descend (parser))
    return 0;
  parser->p++;
  index = parse_not (parser);
  parser->depth--;
  return add (parser, MOS_NODE_NOT, begin, index, 0);
}

static guint
parse_and (Parser *parser)
{
  static const Operator operators[] = { { "&&", MOS_NODE_AND }, { NULL } };

  return parse_binary (parser, operators, parse_not);
}

static guint
parse_or (Parser *parser)
{
  static const Operator operators[] = { { "||", MOS_NODE_OR }, { NULL } };
  guint                 index;

  if (!descend (parser))
    return 0;
  index = parse_binary (parser, operators, parse_and);
  parser->depth--;
  return index;
}

MosCheck *
mos_check_parse (const char          *source,
                 const MosCheckWorld *world,
                 guint                line,
                 GError             **error)
{
  g_autoptr (MosCheck) check = g_new0 (MosCheck, 1);
  Parser parser = {
    .check = check, .world = world, .line = line, .error = error
  };

  g_return_val_if_fail (source != NULL && world != NULL, NULL);

  check->source = g_strdup (source);
  check->names = g_string_chunk_new (64);
  check->nodes = g_new0 (MosCheckNode, MOS_CHECK_MAX_NODES);
  parser.p = check->source;
  if (strlen (source) > MOS_CHECK_MAX_BYTES) {
    fail (&parser, MOS_ERROR_SYNTAX,
          _ ("the expression is longer than %d bytes"), MOS_CHECK_MAX_BYTES);
    return NULL;
  }
  if (!g_utf8_validate (source, -1, NULL)) {
    fail (&parser, MOS_ERROR_SYNTAX, _ ("the expression is not UTF-8"));
    return NULL;
  }
  check->root = parse_or (&parser);
  skip_blanks (&parser);
  if (!parser.failed && *parser.p != '\0')
    fail (&parser, MOS_ERROR_SYNTAX,
          _ ("an operator or the end must come here; allowed: && || == != < "
             "<= > >= =~ + - * / %% & | << >>"));
  if (parser.failed)
    return NULL;
  check->nodes = g_renew (MosCheckNode, check->nodes, check->n_nodes);
  return g_steal_pointer (&check);
}

void
mos_check_free (MosCheck *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->n_nodes; i++) {
    MosCheckNode *one = &self->nodes[i];

    mos_lab_value_clear (&one->value);
    for (guint p = 0; p < one->query.n_parts; p++)
      for (guint a = 0; a < one->query.parts[p].n_arguments; a++)
        mos_lab_value_clear (&one->query.parts[p].arguments[a].value);
    g_clear_pointer (&one->regex, g_regex_unref);
  }
  g_clear_pointer (&self->names, g_string_chunk_free);
  g_free (self->nodes);
  g_free (self->source);
  g_free (self);
}

const char *
mos_check_source (const MosCheck *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->source;
}

guint
mos_check_n_deltas (const MosCheck *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_deltas;
}
