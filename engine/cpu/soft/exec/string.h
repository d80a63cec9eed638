/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What all string instructions share: counts, registers, pauses.
 *
 * src3 of an operation says how it repeats, width how large an element is,
 * seg where DS:rSI really points. INS and OUTS (io.c) use these too.
 */
#pragma once

#include "engine/cpu/soft/lower.h"

G_BEGIN_DECLS

enum {
  MOS_REP_NONE,
  MOS_REP_EQUAL, /* also plain REP */
  MOS_REP_NOT_EQUAL
};

gboolean mos_lower_string (MosLower *l, const MosSoftInsn *insn);

guint64 mos_string_mask (const MosUop *op);
guint64 mos_string_count (MosSoftCpu *cpu, const MosUop *op);
/* Moves register @reg by @n elements, in the direction of DF. */
void
mos_string_advance (MosSoftCpu *cpu, const MosUop *op, guint reg, guint64 n);
/* Counts @n elements off rCX, if it repeats. */
void mos_string_done (MosSoftCpu *cpu, const MosUop *op, guint64 n);
guint64
mos_string_span (MosSoftCpu *cpu, const MosUop *op, guint reg, guint seg);
guint64  mos_string_address (MosSoftCpu   *cpu,
                             const MosUop *op,
                             guint         reg,
                             guint         seg,
                             gboolean      write);
gboolean mos_string_must_pause (MosSoftCpu *cpu);
/* Ends the block so that the instruction goes on later. */
const MosUop *mos_string_pause (MosSoftCpu *cpu, const MosUop *op);

G_END_DECLS
