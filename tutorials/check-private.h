/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The parsed form of a check, shared by its parser and its evaluation.
 */
#pragma once

#include "tutorials/check.h"

G_BEGIN_DECLS

/* What one regular expression may cost, in PCRE's units of matching; stands
 * before the author's pattern. */
#define MOS_CHECK_MATCH_LIMITS "(*LIMIT_MATCH=100000)(*LIMIT_DEPTH=1000)"

typedef enum {
  MOS_NODE_VALUE, /* a literal */
  MOS_NODE_QUERY,
  MOS_NODE_DELTA, /* growth of @left */
  MOS_NODE_NOT,
  MOS_NODE_NEGATE,
  MOS_NODE_AND,
  MOS_NODE_OR,
  MOS_NODE_EQ,
  MOS_NODE_NE,
  MOS_NODE_LT,
  MOS_NODE_LE,
  MOS_NODE_GT,
  MOS_NODE_GE,
  MOS_NODE_MATCH,
  MOS_NODE_ADD,
  MOS_NODE_SUB,
  MOS_NODE_BITOR,
  MOS_NODE_MUL,
  MOS_NODE_DIV,
  MOS_NODE_MOD,
  MOS_NODE_BITAND,
  MOS_NODE_SHL,
  MOS_NODE_SHR
} MosNodeKind;

typedef struct {
  MosNodeKind   kind;
  guint16       left, right; /* indices of nodes */
  guint16       begin, end;  /* bytes of the source */
  guint16       delta;       /* number of a MOS_NODE_DELTA */
  MosLabValue   value;
  MosCheckQuery query;
  GRegex       *regex; /* of MOS_NODE_MATCH */
} MosCheckNode;

struct MosCheck {
  char         *source;
  GStringChunk *names;
  MosCheckNode *nodes;
  guint         n_nodes;
  guint         root;
  guint         n_deltas;
};

/* One look at a check; @baseline may be NULL. */
typedef struct {
  const MosCheck      *check;
  const MosCheckWorld *world;
  const double        *baseline;
} MosCheckEvaluation;

/* check-evaluate.c: what node @index is now; the caller clears it. */
MosLabValue mos_check_node_value (const MosCheckEvaluation *e, guint index);
gboolean    mos_check_node_true (const MosCheckEvaluation *e, guint index);

/* check-explain.c: why node @index, which is false, is false: a sentence for
 * the learner, without a full stop; owned by the caller. */
char *mos_check_explain (const MosCheckEvaluation *e, guint index);

G_END_DECLS
