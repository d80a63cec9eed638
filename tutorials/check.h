/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Check expressions: how a step of a lab asks the live machine.
 *
 *   machine.state == "running" && delta(exits("cpuid")) >= 1000
 *   serial =~ "login:" || device("lab").reg("CTRL").bit(0)
 *
 *   expression = and { "||" and }
 *   and        = not { "&&" not }
 *   not        = "!" not | comparison
 *   comparison = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "=~") sum ]
 *   sum        = product { ("+" | "-" | "|") product }
 *   product    = unary { ("*" | "/" | "%" | "&" | "<<" | ">>") unary }
 *   unary      = "-" unary | primary
 *   primary    = NUMBER | TEXT | "true" | "false" | "(" expression ")"
 *              | "delta" "(" expression ")" | query
 *   query      = part { "." part }
 *   part       = NAME [ "(" [ argument { "," argument } ] ")" ]
 *   argument   = [ NAME "=" ] ( NUMBER | TEXT | "true" | "false" )
 *
 * Numbers are decimal, 0x hexadecimal or 0b binary, with _ between digits and
 * K, M or G (1024) behind them; texts stand in "double quotes" with \n \t \\
 * \" \xHH. "=~" has a literal regular expression at its right. delta() is how
 * much its number has grown since the step began. What is not there (no such
 * machine, switched off) is nothing, and compares with nothing but itself.
 *
 * An expression comes from the internet: it cannot call code, loop or store,
 * has at most MOS_CHECK_MAX_NODES parts, and regular expressions match with a
 * limit. What a query means is the world's business (world.h).
 */

/*
 * Threads: a MosCheck does not change once parsed; any thread.
 */
#pragma once

#include "tutorials/value.h"

G_BEGIN_DECLS

#define MOS_CHECK_MAX_BYTES     4096
#define MOS_CHECK_MAX_NODES     256
#define MOS_CHECK_MAX_DEPTH     32
#define MOS_CHECK_MAX_PARTS     8
#define MOS_CHECK_MAX_ARGUMENTS 4

/* One argument of a part; a literal. */
typedef struct {
  const char *name; /* NULL: by position */
  MosLabValue value;
} MosCheckArgument;

/* `exits("io", level=2)` in a query. */
typedef struct {
  const char      *name;
  MosCheckArgument arguments[MOS_CHECK_MAX_ARGUMENTS];
  guint            n_arguments;
  gboolean         called; /* has parentheses */
} MosCheckPart;

typedef struct {
  MosCheckPart parts[MOS_CHECK_MAX_PARTS];
  guint        n_parts;
  guint        row; /* what the world's check function chose; see below */
} MosCheckQuery;

/* What the queries mean. */
typedef struct MosCheckWorld MosCheckWorld;
struct MosCheckWorld {
  /* Whether there is such a query; sets query->row to whatever @answer needs
   * to find it again. MOS_ERROR_UNKNOWN_KEY or _INVALID_VALUE. Needs no
   * machine: it is also called by a world that only knows the table. */
  gboolean (*accept) (const MosCheckWorld *self,
                      MosCheckQuery       *query,
                      GError             **error);
  /* The value now. */
  MosLabValue (*answer) (const MosCheckWorld *self, const MosCheckQuery *query);

  /* For sentences; each may be missing, and then the source is quoted. */

  /* What is asked: "Register (CR0)"; owned by the caller. */
  char *(*title) (const MosCheckWorld *self, const MosCheckQuery *query);
  /* The sentence while it is not true, or NULL; owned by the caller. */
  char *(*lacking) (const MosCheckWorld *self, const MosCheckQuery *query);
  /* The word for a text that it may be ("running"), or NULL. */
  const char *(*word) (const MosCheckWorld *self,
                       const MosCheckQuery *query,
                       const char          *text);
};

typedef struct MosCheck MosCheck;

/* MOS_ERROR_SYNTAX and the errors of accept(); the message tells the column.
 * @line (1 is the first) is where @source stands in its file, for messages;
 * 0: not in a file. */
MosCheck *mos_check_parse (const char          *source,
                           const MosCheckWorld *world,
                           guint                line,
                           GError             **error);
void      mos_check_free (MosCheck *self);

const char *mos_check_source (const MosCheck *self);

/* How often delta() stands in it, and the numbers there now: what
 * mos_check_evaluate() takes as @baseline. */
guint mos_check_n_deltas (const MosCheck *self);
void  mos_check_baseline (const MosCheck      *self,
                          const MosCheckWorld *world,
                          double              *baseline);

/*
 * Whether it holds. @baseline has mos_check_n_deltas() numbers, or is NULL
 * (zeros). If @missing is not NULL and it does not hold, *@missing becomes a
 * sentence for the learner: which part is not true, what is there instead.
 */
gboolean mos_check_evaluate (const MosCheck      *self,
                             const MosCheckWorld *world,
                             const double        *baseline,
                             char               **missing);

/* The value instead, for live text; the caller clears it. */
MosLabValue mos_check_value (const MosCheck      *self,
                             const MosCheckWorld *world,
                             const double        *baseline);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosCheck, mos_check_free)

G_END_DECLS
