/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a check says now; check-explain.c tells which part is to blame.
 *
 * Nothing (no such machine, switched off) is carried through arithmetic and
 * makes every comparison but “nothing equals nothing” false. Each evaluation
 * visits a node once; there is nothing to loop over.
 */
#include <math.h>
#include <string.h>

#include "tutorials/check-private.h"

typedef MosCheckEvaluation Evaluation;

static MosLabValue value_of (const Evaluation *e, guint index);

static const MosCheckNode *
node (const Evaluation *e, guint index)
{
  return &e->check->nodes[index];
}

static gboolean
truth_of (const Evaluation *e, guint index)
{
  g_auto (MosLabValue) value = value_of (e, index);

  return mos_lab_value_true (&value);
}

static gboolean
as_number (const MosLabValue *value, double *number)
{
  if (value->type == MOS_LAB_BOOL)
    *number = value->truth ? 1 : 0;
  else if (value->type == MOS_LAB_NUMBER)
    *number = value->number;
  else
    return FALSE;
  return TRUE;
}

static gboolean
as_bits (const MosLabValue *value, guint64 *bits)
{
  if (value->type == MOS_LAB_BOOL)
    *bits = value->truth ? 1 : 0;
  else if (value->type == MOS_LAB_NUMBER && value->whole)
    *bits = value->bits;
  else
    return FALSE;
  return TRUE;
}

/* Registers of 64 bits do not fit a double: whole numbers stay whole as long
 * as the result does. */
static MosLabValue
compute_bits (MosNodeKind kind, guint64 a, guint64 b, gboolean *done)
{
  guint64 result = 0;

  *done = TRUE;
  switch (kind) {
  case MOS_NODE_ADD:
    *done = !__builtin_add_overflow (a, b, &result);
    break;
  case MOS_NODE_SUB:
    *done = !__builtin_sub_overflow (a, b, &result);
    break;
  case MOS_NODE_MUL:
    *done = !__builtin_mul_overflow (a, b, &result);
    break;
  case MOS_NODE_DIV:
    *done = b != 0 && a % b == 0;
    result = *done ? a / b : 0;
    break;
  case MOS_NODE_MOD:
    *done = b != 0;
    result = *done ? a % b : 0;
    break;
  case MOS_NODE_BITAND:
    result = a & b;
    break;
  case MOS_NODE_BITOR:
    result = a | b;
    break;
  case MOS_NODE_SHL:
    result = b < 64 ? a << b : 0;
    break;
  case MOS_NODE_SHR:
    result = b < 64 ? a >> b : 0;
    break;
  default:
    *done = FALSE;
    break;
  }
  return mos_lab_value_bits (result);
}

static MosLabValue
compute (const Evaluation *e, const MosCheckNode *op)
{
  g_auto (MosLabValue) left = value_of (e, op->left);
  g_auto (MosLabValue) right = value_of (e, op->right);
  MosLabValue nothing = { .type = MOS_LAB_NULL };
  guint64     ba, bb;
  double      a, b;
  gboolean    done;

  if (as_bits (&left, &ba) && as_bits (&right, &bb)) {
    MosLabValue whole = compute_bits (op->kind, ba, bb, &done);

    if (done)
      return whole;
  }
  if (!as_number (&left, &a) || !as_number (&right, &b))
    return nothing;
  switch (op->kind) {
  case MOS_NODE_ADD:
    return mos_lab_value_number (a + b);
  case MOS_NODE_SUB:
    return mos_lab_value_number (a - b);
  case MOS_NODE_MUL:
    return mos_lab_value_number (a * b);
  case MOS_NODE_DIV:
    return b != 0 ? mos_lab_value_number (a / b) : nothing;
  case MOS_NODE_MOD:
    return b != 0 ? mos_lab_value_number (fmod (a, b)) : nothing;
  default:
    return nothing;
  }
}

/* -1, 0, 1; FALSE: they cannot be compared. */
static gboolean
order (const MosLabValue *left, const MosLabValue *right, int *result)
{
  guint64 ba, bb;
  double  a, b;

  if (left->type == MOS_LAB_TEXT && right->type == MOS_LAB_TEXT) {
    *result = g_strcmp0 (left->text, right->text);
    return TRUE;
  }
  if (as_bits (left, &ba) && as_bits (right, &bb)) {
    *result = ba < bb ? -1 : ba > bb;
    return TRUE;
  }
  if (!as_number (left, &a) || !as_number (right, &b) || isnan (a) || isnan (b))
    return FALSE;
  *result = a < b ? -1 : a > b;
  return TRUE;
}

static gboolean
compare (const Evaluation *e, const MosCheckNode *op)
{
  g_auto (MosLabValue) left = value_of (e, op->left);
  g_auto (MosLabValue) right = value_of (e, op->right);
  int result;

  if (left.type == MOS_LAB_NULL || right.type == MOS_LAB_NULL)
    return op->kind == MOS_NODE_EQ && left.type == right.type;
  if (!order (&left, &right, &result))
    return op->kind == MOS_NODE_NE;
  switch (op->kind) {
  case MOS_NODE_EQ:
    return result == 0;
  case MOS_NODE_NE:
    return result != 0;
  case MOS_NODE_LT:
    return result < 0;
  case MOS_NODE_LE:
    return result <= 0;
  case MOS_NODE_GT:
    return result > 0;
  default:
    return result >= 0;
  }
}

/* A match that runs into its limit is none. */
static gboolean
matches (const Evaluation *e, const MosCheckNode *op)
{
  g_auto (MosLabValue) left = value_of (e, op->left);

  return left.type == MOS_LAB_TEXT &&
         g_regex_match (op->regex, left.text, 0, NULL);
}

static MosLabValue
grown (const Evaluation *e, const MosCheckNode *delta)
{
  g_auto (MosLabValue) now = value_of (e, delta->left);
  double number;

  if (!as_number (&now, &number))
    return (MosLabValue){ .type = MOS_LAB_NULL };
  if (e->baseline != NULL)
    number -= e->baseline[delta->delta];
  /* A machine that was started anew counts from zero. */
  return mos_lab_value_number (number < 0 && e->baseline != NULL
                                   ? number + e->baseline[delta->delta]
                                   : number);
}

static MosLabValue
value_of (const Evaluation *e, guint index)
{
  const MosCheckNode *op = node (e, index);

  switch (op->kind) {
  case MOS_NODE_VALUE:
    return mos_lab_value_copy (&op->value);
  case MOS_NODE_QUERY:
    return e->world->answer (e->world, &op->query);
  case MOS_NODE_DELTA:
    return grown (e, op);
  case MOS_NODE_NOT:
    return mos_lab_value_bool (!truth_of (e, op->left));
  case MOS_NODE_NEGATE: {
    g_auto (MosLabValue) value = value_of (e, op->left);
    double number;

    if (!as_number (&value, &number))
      return (MosLabValue){ .type = MOS_LAB_NULL };
    return mos_lab_value_number (-number);
  }
  case MOS_NODE_AND:
    return mos_lab_value_bool (truth_of (e, op->left) &&
                               truth_of (e, op->right));
  case MOS_NODE_OR:
    return mos_lab_value_bool (truth_of (e, op->left) ||
                               truth_of (e, op->right));
  case MOS_NODE_EQ:
  case MOS_NODE_NE:
  case MOS_NODE_LT:
  case MOS_NODE_LE:
  case MOS_NODE_GT:
  case MOS_NODE_GE:
    return mos_lab_value_bool (compare (e, op));
  case MOS_NODE_MATCH:
    return mos_lab_value_bool (matches (e, op));
  case MOS_NODE_ADD:
  case MOS_NODE_SUB:
  case MOS_NODE_BITOR:
  case MOS_NODE_MUL:
  case MOS_NODE_DIV:
  case MOS_NODE_MOD:
  case MOS_NODE_BITAND:
  case MOS_NODE_SHL:
  case MOS_NODE_SHR:
  default:
    return compute (e, op);
  }
}

MosLabValue
mos_check_node_value (const MosCheckEvaluation *e, guint index)
{
  return value_of (e, index);
}

gboolean
mos_check_node_true (const MosCheckEvaluation *e, guint index)
{
  return truth_of (e, index);
}

gboolean
mos_check_evaluate (const MosCheck      *self,
                    const MosCheckWorld *world,
                    const double        *baseline,
                    char               **missing)
{
  Evaluation e = { self, world, baseline };

  g_return_val_if_fail (self != NULL && world != NULL, FALSE);

  if (truth_of (&e, self->root))
    return TRUE;
  if (missing != NULL)
    *missing = mos_check_explain (&e, self->root);
  return FALSE;
}

MosLabValue
mos_check_value (const MosCheck      *self,
                 const MosCheckWorld *world,
                 const double        *baseline)
{
  Evaluation e = { self, world, baseline };

  g_return_val_if_fail (self != NULL && world != NULL,
                        ((MosLabValue){ .type = MOS_LAB_NULL }));

  return value_of (&e, self->root);
}

void
mos_check_baseline (const MosCheck      *self,
                    const MosCheckWorld *world,
                    double              *baseline)
{
  Evaluation e = { self, world, NULL };

  g_return_if_fail (self != NULL && world != NULL);

  for (guint i = 0; i < self->n_nodes; i++) {
    const MosCheckNode *op = &self->nodes[i];

    if (op->kind == MOS_NODE_DELTA) {
      g_auto (MosLabValue) now = value_of (&e, op->left);
      double number = 0;

      as_number (&now, &number);
      baseline[op->delta] = number;
    }
  }
}
