/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Multiplication and division.
 *
 * Products run as the host's own instruction. Quotients are computed after
 * all that raises #DE is ruled out, as the host's #DE would be ours.
 */
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/fault.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"

__extension__ typedef unsigned __int128 Wide;

/* The r/m operand: src2 says memory. */
static guint64
operand (MosSoftCpu *cpu, const MosUop *op)
{
  if (op->src2 == 0)
    return mos_reg_get (cpu, op->src, op->width);
  return mos_load (cpu, op, mos_ea (cpu, op, op->width, FALSE), op->width);
}

/* rDX:rAX = a * b; for bytes AX. */
static void
put_product (MosSoftCpu *cpu, guint width, guint64 low, guint64 high)
{
  if (width == 1) {
    *mos_r16 (cpu, 0) = (guint16) low;
    return;
  }
  mos_reg_set (cpu, MOS_RAX * 8, width, low);
  mos_reg_set (cpu, MOS_RDX * 8, width, high);
}

/* At every width by the host's own instruction. */
#define HOST_PRODUCT(text)                           \
  asm(text "\n\tmovq %%rax, %1\n\tlahf\n\tseto %%al" \
      : "+a"(a), "=&r"(low), "+d"(high)              \
      : "q"(b)                                       \
      : "cc")

#define PRODUCT(name, insn)                                     \
  static const MosUop *name (MosSoftCpu *cpu, const MosUop *op) \
  {                                                             \
    guint64 b = operand (cpu, op);                              \
    guint64 a = cpu->gpr[MOS_RAX];                              \
    guint64 low, high = 0;                                      \
                                                                \
    switch (op->width) {                                        \
    case 1:                                                     \
      HOST_PRODUCT (insn "b %b3");                              \
      break;                                                    \
    case 2:                                                     \
      HOST_PRODUCT (insn "w %w3");                              \
      break;                                                    \
    case 4:                                                     \
      HOST_PRODUCT (insn "l %k3");                              \
      break;                                                    \
    default:                                                    \
      HOST_PRODUCT (insn "q %q3");                              \
      break;                                                    \
    }                                                           \
    cpu->fl = (guint16) a;                                      \
    put_product (cpu, op->width, low, high);                    \
    return op + 1;                                              \
  }

PRODUCT (mul, "mul")
PRODUCT (imul1, "imul")

#define HOST_IMUL(text) \
  asm(text "\n\tlahf\n\tseto %%al" : "+r"(a), "=a"(f) : "r"(b) : "cc")

static guint64
imul2 (guint64 a, guint64 b, guint width, guint16 *fl)
{
  guint16 f;

  if (width == 2)
    HOST_IMUL ("imulw %w2, %w0");
  else if (width == 4)
    HOST_IMUL ("imull %k2, %k0");
  else
    HOST_IMUL ("imulq %q2, %q0");
  *fl = f;
  return a;
}

/* Two operands, or three: aux says that imm is the second factor. */
static const MosUop *
imul (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 b = operand (cpu, op);
  guint64 a = op->aux ? op->imm : mos_reg_get (cpu, op->dst, op->width);
  guint16 fl;

  a = imul2 (a, b, op->width, &fl);
  cpu->fl = fl;
  mos_reg_set (cpu, op->dst, op->width, a);
  return op + 1;
}

static void
divide_bytes (MosSoftCpu *cpu, const MosUop *op, guint8 b)
{
  guint16 a = *mos_r16 (cpu, 0);

  if (b == 0 || a / b > 0xff)
    mos_fault (cpu, op, MOS_EXC_DE);
  *mos_r16 (cpu, 0) = (guint16) (a / b | (a % b) << 8);
}

static const MosUop *
divide (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 b = operand (cpu, op);
  guint   bits = 8 * op->width;
  Wide    a;

  if (op->width == 1) {
    divide_bytes (cpu, op, (guint8) b);
    return op + 1;
  }
  a = (Wide) mos_reg_get (cpu, MOS_RDX * 8, op->width) << bits |
      mos_reg_get (cpu, MOS_RAX * 8, op->width);
  if (b == 0 || (guint64) (a >> bits) >= b)
    mos_fault (cpu, op, MOS_EXC_DE);
  mos_reg_set (cpu, MOS_RAX * 8, op->width, (guint64) (a / b));
  mos_reg_set (cpu, MOS_RDX * 8, op->width, (guint64) (a % b));
  return op + 1;
}

static void
idivide_bytes (MosSoftCpu *cpu, const MosUop *op, gint8 b)
{
  gint a = (gint16) *mos_r16 (cpu, 0);

  if (b == 0 || a / b > 127 || a / b < -128)
    mos_fault (cpu, op, MOS_EXC_DE);
  *mos_r16 (cpu, 0) = (guint16) ((guint8) (a / b) | (guint8) (a % b) << 8);
}

/* Magnitudes first: -2^127 / -1 must not reach the compiler's division. */
static const MosUop *
idivide (MosSoftCpu *cpu, const MosUop *op)
{
  guint64  value = operand (cpu, op);
  guint    bits = 8 * op->width;
  gint64   b = (gint64) (value << (64 - bits)) >> (64 - bits);
  Wide     a, magnitude, quotient;
  guint64  divisor = b < 0 ? -(guint64) b : (guint64) b;
  guint64  limit, rest;
  gboolean negative;

  if (op->width == 1) {
    idivide_bytes (cpu, op, (gint8) value);
    return op + 1;
  }
  a = (Wide) mos_reg_get (cpu, MOS_RDX * 8, op->width) << bits |
      mos_reg_get (cpu, MOS_RAX * 8, op->width);
  negative = (guint64) (a >> (2 * bits - 1)) & 1;
  magnitude = negative ? -a : a;
  if (op->width != 8)
    magnitude &= ((Wide) 1 << (2 * bits)) - 1;
  if (b == 0)
    mos_fault (cpu, op, MOS_EXC_DE);
  quotient = magnitude / divisor;
  rest = (guint64) (magnitude % divisor);
  limit = ((guint64) 1 << (bits - 1)) - (negative == (b < 0));
  if (quotient > limit)
    mos_fault (cpu, op, MOS_EXC_DE);
  mos_reg_set (cpu, MOS_RAX * 8, op->width,
               negative != (b < 0) ? -(guint64) quotient : (guint64) quotient);
  mos_reg_set (cpu, MOS_RDX * 8, op->width, negative ? -rest : rest);
  return op + 1;
}

/* One operand: MUL, DIV, IDIV and the short IMUL. */
static gboolean
lower_one_operand (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  op->width = (guint8) mos_lower_size (l, 0);
  op->src2 = l->memory != NULL;
  if (op->src2 == 0)
    op->src = mos_lower_gpr (l->operands[0].reg.value);
  op->fn = insn->fn;
  return TRUE;
}

static gboolean
lower_imul (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  if (l->insn->operand_count_visible == 1)
    return lower_one_operand (l, insn);
  op->width = (guint8) mos_lower_size (l, 0);
  op->dst = mos_lower_gpr (l->operands[0].reg.value);
  op->src2 = l->memory != NULL;
  if (op->src2 == 0)
    op->src = mos_lower_gpr (l->operands[1].reg.value);
  if (mos_lower_is_imm (l, 2)) {
    op->imm = l->operands[2].imm.value.u;
    op->aux = 1;
  }
  op->fn = imul;
  return TRUE;
}

/* clang-format off */
const MosSoftInsn mos_insns_muldiv[] = {
  { ZYDIS_MNEMONIC_MUL, lower_one_operand, mul, 0 },
  { ZYDIS_MNEMONIC_IMUL, lower_imul, imul1, 0 },
  { ZYDIS_MNEMONIC_DIV, lower_one_operand, divide, 0 },
  { ZYDIS_MNEMONIC_IDIV, lower_one_operand, idivide, 0 },
  { 0 }
};
/* clang-format on */
