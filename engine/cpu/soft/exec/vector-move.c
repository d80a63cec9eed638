/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The vector moves that code is full of, without a thunk: whole registers,
 * and the low 4 or 8 bytes.
 *
 * All other moves (MOVHPS, VEX forms …) go the way of vector.c.
 */
#include "engine/cpu/soft/exec/families.h"
#include "engine/cpu/soft/exec/vector.h"

/* 16 bytes with any alignment and any aliasing. */
typedef struct {
  guint64 low;
  guint64 high;
} __attribute__ ((packed, may_alias, aligned (1))) Half;

static const MosUop *
move_rr (MosSoftCpu *cpu, const MosUop *op)
{
  *(Half *) &cpu->fpu.v[op->dst] = *(Half *) &cpu->fpu.v[op->src];
  return mos_next (cpu, op);
}

static inline __attribute__ ((always_inline)) void
load_half (MosSoftCpu *cpu, const MosUop *op, guint64 lin)
{
  const MosTlbEntry *entry = mos_tlb_slot (cpu, lin);

  if (G_LIKELY (entry->read == mos_tlb_want (cpu, lin, 16)))
    *(Half *) &cpu->fpu.v[op->dst] =
        *(const Half *) (guintptr) (entry->addend + lin);
  else
    mos_load_bytes (cpu, op, lin, &cpu->fpu.v[op->dst], 16);
}

static inline __attribute__ ((always_inline)) void
store_half (MosSoftCpu *cpu, const MosUop *op, guint64 lin)
{
  const MosTlbEntry *entry = mos_tlb_slot (cpu, lin);

  if (G_UNLIKELY (entry->write != mos_tlb_want (cpu, lin, 16))) {
    mos_store_bytes (cpu, op, lin, &cpu->fpu.v[op->src], 16);
    return;
  }
  *(Half *) (guintptr) (entry->addend + lin) =
      *(const Half *) &cpu->fpu.v[op->src];
  if (G_UNLIKELY (*(volatile guint8 *) entry->page_flags != 0))
    mos_store_note (cpu, entry->page_flags, lin, 16);
}

static const MosUop *
move_rm (MosSoftCpu *cpu, const MosUop *op)
{
  load_half (cpu, op, mos_ea (cpu, op, 16, FALSE));
  return mos_next (cpu, op);
}

static const MosUop *
move_rm_aligned (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 16, FALSE);

  if (G_UNLIKELY ((lin & 15) != 0))
    mos_fault_gp (cpu, op);
  load_half (cpu, op, lin);
  return mos_next (cpu, op);
}

static const MosUop *
move_mr (MosSoftCpu *cpu, const MosUop *op)
{
  store_half (cpu, op, mos_ea (cpu, op, 16, TRUE));
  return mos_next (cpu, op);
}

static const MosUop *
move_mr_aligned (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 16, TRUE);

  if (G_UNLIKELY ((lin & 15) != 0))
    mos_fault_gp (cpu, op);
  store_half (cpu, op, lin);
  return mos_next (cpu, op);
}

/* MOVSS, MOVSD, MOVQ: the low part from memory, the rest zero. */
static const MosUop *
low4_rm (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 4, FALSE);
  guint64 value = mos_load (cpu, op, lin, 4);

  cpu->fpu.v[op->dst].u64[0] = value;
  cpu->fpu.v[op->dst].u64[1] = 0;
  return mos_next (cpu, op);
}

static const MosUop *
low8_rm (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 8, FALSE);
  guint64 value = mos_load (cpu, op, lin, 8);

  cpu->fpu.v[op->dst].u64[0] = value;
  cpu->fpu.v[op->dst].u64[1] = 0;
  return mos_next (cpu, op);
}

static const MosUop *
low4_mr (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 4, TRUE);

  mos_store (cpu, op, lin, cpu->fpu.v[op->src].u32[0], 4);
  return mos_next (cpu, op);
}

static const MosUop *
low8_mr (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 8, TRUE);

  mos_store (cpu, op, lin, cpu->fpu.v[op->src].u64[0], 8);
  return mos_next (cpu, op);
}

static const MosUop *
low4_rr (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->fpu.v[op->dst].u32[0] = cpu->fpu.v[op->src].u32[0];
  return mos_next (cpu, op);
}

static const MosUop *
low8_rr (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->fpu.v[op->dst].u64[0] = cpu->fpu.v[op->src].u64[0];
  return mos_next (cpu, op);
}

/* MOVQ between registers clears the upper half. */
static const MosUop *
movq_rr (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->fpu.v[op->dst].u64[0] = cpu->fpu.v[op->src].u64[0];
  cpu->fpu.v[op->dst].u64[1] = 0;
  return mos_next (cpu, op);
}

/* MOVD, MOVQ with a general register. */
static const MosUop *
from_gpr (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->fpu.v[op->dst].u64[0] = mos_reg_get (cpu, op->src, op->width);
  cpu->fpu.v[op->dst].u64[1] = 0;
  return mos_next (cpu, op);
}

static const MosUop *
to_gpr (MosSoftCpu *cpu, const MosUop *op)
{
  mos_reg_set (cpu, op->dst, op->width, cpu->fpu.v[op->src].u64[0]);
  return mos_next (cpu, op);
}

/* MOVNTI. */
static const MosUop *
movnti (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, TRUE);

  mos_store (cpu, op, lin, mos_reg_get (cpu, op->src, op->width), op->width);
  return op + 1;
}

/* -- lowering ------------------------------------------------------------ */

static gboolean
is_xmm (const MosLower *l, guint operand)
{
  return mos_lower_is_reg (l, operand) &&
         ZydisRegisterGetClass (l->operands[operand].reg.value) ==
             ZYDIS_REGCLASS_XMM;
}

static gboolean
is_gpr (const MosLower *l, guint operand)
{
  ZydisRegisterClass klass;

  if (!mos_lower_is_reg (l, operand))
    return FALSE;
  klass = ZydisRegisterGetClass (l->operands[operand].reg.value);
  return klass == ZYDIS_REGCLASS_GPR32 || klass == ZYDIS_REGCLASS_GPR64;
}

static void
set_numbers (MosLower *l)
{
  if (is_xmm (l, 0))
    l->op->dst = mos_lower_number (l->operands[0].reg.value);
  if (is_xmm (l, 1))
    l->op->src = mos_lower_number (l->operands[1].reg.value);
}

/* insn->arg: the address must be aligned. */
static gboolean
lower_whole (MosLower *l, const MosSoftInsn *insn)
{
  MosHandler gate = mos_vector_gate (l);

  set_numbers (l);
  if (gate != NULL)
    l->op->fn = gate;
  else if (mos_lower_is_mem (l, 0))
    l->op->fn = insn->arg != 0 ? move_mr_aligned : move_mr;
  else if (mos_lower_is_mem (l, 1))
    l->op->fn = insn->arg != 0 ? move_rm_aligned : move_rm;
  else
    l->op->fn = move_rr;
  return TRUE;
}

/* insn->arg: 4 for MOVSS, 8 for MOVSD. The string MOVSD is not ours. */
static gboolean
lower_scalar (MosLower *l, const MosSoftInsn *insn)
{
  MosHandler gate;

  if (!is_xmm (l, 0) && !is_xmm (l, 1))
    return FALSE;
  gate = mos_vector_gate (l);
  set_numbers (l);
  if (gate != NULL)
    l->op->fn = gate;
  else if (mos_lower_is_mem (l, 0))
    l->op->fn = insn->arg == 4 ? low4_mr : low8_mr;
  else if (mos_lower_is_mem (l, 1))
    l->op->fn = insn->arg == 4 ? low4_rm : low8_rm;
  else
    l->op->fn = insn->arg == 4 ? low4_rr : low8_rr;
  return TRUE;
}

/* MOVD and MOVQ; forms with MMX registers are not ours. */
static gboolean
lower_low (MosLower *l, const MosSoftInsn *insn)
{
  MosHandler gate;
  MosUop    *op = l->op;
  guint      size = insn->arg;

  if (!is_xmm (l, 0) && !is_xmm (l, 1))
    return mos_lower_vector (l, insn);
  gate = mos_vector_gate (l);
  set_numbers (l);
  if (gate != NULL) {
    op->fn = gate;
  } else if (mos_lower_is_mem (l, 0)) {
    size = l->memory->size / 8;
    op->fn = size == 4 ? low4_mr : low8_mr;
  } else if (mos_lower_is_mem (l, 1)) {
    size = l->memory->size / 8;
    op->fn = size == 4 ? low4_rm : low8_rm;
  } else if (is_gpr (l, 0)) {
    op->fn = to_gpr;
    op->dst = mos_lower_gpr (l->operands[0].reg.value);
    op->width = (guint8) mos_lower_size (l, 0);
  } else if (is_gpr (l, 1)) {
    op->fn = from_gpr;
    op->src = mos_lower_gpr (l->operands[1].reg.value);
    op->width = (guint8) mos_lower_size (l, 1);
  } else {
    op->fn = movq_rr;
  }
  return TRUE;
}

/* MOVNTI needs no OSFXSR and no gate. */
static gboolean
lower_movnti (MosLower *l, const MosSoftInsn *insn)
{
  l->op->fn = insn->fn;
  l->op->src = mos_lower_gpr (l->operands[1].reg.value);
  l->op->width = (guint8) mos_lower_size (l, 1);
  return TRUE;
}

/* clang-format off */
#define M(name) ZYDIS_MNEMONIC_##name
const MosSoftInsn mos_soft_vector_moves[] = {
  { M (MOVAPS), lower_whole, NULL, 1 },
  { M (MOVAPD), lower_whole, NULL, 1 },
  { M (MOVDQA), lower_whole, NULL, 1 },
  { M (MOVUPS), lower_whole, NULL, 0 },
  { M (MOVUPD), lower_whole, NULL, 0 },
  { M (MOVDQU), lower_whole, NULL, 0 },
  { M (LDDQU), lower_whole, NULL, 0 },
  { M (MOVNTDQ), lower_whole, NULL, 1 },
  { M (MOVNTPS), lower_whole, NULL, 1 },
  { M (MOVNTPD), lower_whole, NULL, 1 },
  { M (MOVNTDQA), lower_whole, NULL, 1 },
  { M (MOVSS), lower_scalar, NULL, 4 },
  { M (MOVSD), lower_scalar, NULL, 8 },
  { M (MOVD), lower_low, NULL, 4 },
  { M (MOVQ), lower_low, NULL, 8 },
  { M (MOVNTI), lower_movnti, movnti, 0 },
  { 0, NULL, NULL, 0 },
};
