/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The hot integer handlers, by what the decoder found.
 *
 * generate-handlers.py writes them from templates.h and templates-more.h;
 * alu.c, shift.c and branch.c choose among them. A width is an index 0 to 3
 * for 1, 2, 4, 8 bytes.
 */
#pragma once

#include "engine/cpu/soft/uop.h"

G_BEGIN_DECLS

typedef enum {
  MOS_ALU_ADD,
  MOS_ALU_OR,
  MOS_ALU_ADC,
  MOS_ALU_SBB,
  MOS_ALU_AND,
  MOS_ALU_SUB,
  MOS_ALU_XOR,
  MOS_ALU_CMP,
  MOS_ALU_TEST,
  MOS_N_ALU
} MosAlu;

/* RM, MR and MI are followed by their MosEaForm. */
enum {
  MOS_ALU_RR,
  MOS_ALU_RI,
  MOS_ALU_RM,
  MOS_ALU_MR = MOS_ALU_RM + 3,
  MOS_ALU_MI = MOS_ALU_MR + 3,
  MOS_ALU_LOCK_MR = MOS_ALU_MI + 3,
  MOS_ALU_LOCK_MI,
  MOS_N_ALU_FORMS
};

typedef enum {
  MOS_UNARY_INC,
  MOS_UNARY_DEC,
  MOS_UNARY_NEG,
  MOS_UNARY_NOT,
  MOS_N_UNARY
} MosUnaryOp;

typedef enum {
  MOS_SHIFT_ROL,
  MOS_SHIFT_ROR,
  MOS_SHIFT_RCL,
  MOS_SHIFT_RCR,
  MOS_SHIFT_SHL,
  MOS_SHIFT_SHR,
  MOS_SHIFT_SAR,
  MOS_N_SHIFTS
} MosShift;

extern const MosHandler mos_alu_handlers[MOS_N_ALU][4][MOS_N_ALU_FORMS];
extern const MosHandler mos_unary_handlers[MOS_N_UNARY][4][3]; /* r, m, lock */
/* by immediate, by CL; of a register, of memory */
extern const MosHandler mos_shift_handlers[MOS_N_SHIFTS][4][4];
extern const MosHandler mos_mov_handlers[4][MOS_N_ALU_FORMS];
/* zero or sign, source width, width, register or memory by form */
extern const MosHandler mos_extend_handlers[2][3][4][4];
extern const MosHandler mos_lea_handlers[4];     /* full address size only */
extern const MosHandler mos_jcc_handlers[16][2]; /* same page, other page */
extern const MosHandler mos_setcc_handlers[16];
extern const MosHandler mos_cmov_handlers[16][4][2];
/* CMP or TEST, width, rr or ri, condition */
extern const MosHandler mos_fused_handlers[2][4][2][16];

/* 1, 2, 4, 8 bytes to 0, 1, 2, 3. */
static inline guint
mos_width_index (guint bytes)
{
  return bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3;
}

G_END_DECLS
