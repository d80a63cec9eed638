/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a check computes with: nothing, a truth value, a number or a text.
 *
 * Numbers are doubles; whole ones are exact up to 2^53, and a register that is
 * larger keeps its bits in @bits, which comparisons for equality, bit tests
 * and printing use. Plain data of whoever holds it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  MOS_LAB_NULL, /* there is nothing to ask: no machine, switched off, … */
  MOS_LAB_BOOL,
  MOS_LAB_NUMBER,
  MOS_LAB_TEXT,
  MOS_LAB_ANY /* in tables only: any of these */
} MosLabType;

typedef struct {
  MosLabType type;
  gboolean   truth;
  double     number;
  guint64    bits;  /* the number, if is_whole */
  gboolean   whole; /* 0 to G_MAXUINT64, no fraction */
  char      *text;  /* owned; UTF-8 */
} MosLabValue;

MosLabValue mos_lab_value_bool (gboolean truth);
MosLabValue mos_lab_value_number (double number);
MosLabValue mos_lab_value_bits (guint64 bits);
/* Takes @text over; NULL is MOS_LAB_NULL. Bytes that are not UTF-8 are
 * replaced. */
MosLabValue mos_lab_value_text (char *text);
MosLabValue mos_lab_value_copy (const MosLabValue *self);
void        mos_lab_value_clear (MosLabValue *self);

/* As a condition: nothing, false, 0 and "" are false. */
gboolean mos_lab_value_true (const MosLabValue *self);
/* For people: "running" in quotes, 42, yes, nothing; long texts are cut. */
char *mos_lab_value_describe (const MosLabValue *self);

const char *mos_lab_type_name (MosLabType type);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MosLabValue, mos_lab_value_clear)

G_END_DECLS
