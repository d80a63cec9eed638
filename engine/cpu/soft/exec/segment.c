/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Segment registers and what looks at descriptors.
 *
 * Loading SS holds interrupts off for one instruction, so that MOV SS and MOV
 * rSP stay together. All loads end their block: what is flat is part of a
 * block's key.
 */
#include "engine/cpu/soft/segment.h"

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/exec/stack.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"

static guint8
seg_of (ZydisRegister reg)
{
  return (guint8) (reg - ZYDIS_REGISTER_ES);
}

static gboolean
is_segment (const MosLower *l, guint operand)
{
  return mos_lower_is_reg (l, operand) &&
         l->operands[operand].reg.value >= ZYDIS_REGISTER_ES &&
         l->operands[operand].reg.value <= ZYDIS_REGISTER_GS;
}

static const MosUop *
loaded (MosSoftCpu *cpu, const MosUop *op, guint seg)
{
  if (seg == MOS_SEG_SS)
    cpu->shadow = 1;
  return mos_leave (cpu, op);
}

/* dst: segment; from src, or memory with src2. */
static const MosUop *
mov_to_segment (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 value = op->src2 ? mos_load (cpu, op, mos_ea (cpu, op, 2, FALSE), 2)
                           : mos_reg_get (cpu, op->src, 2);

  mos_segment_load (cpu, op, op->dst, (guint16) value);
  return loaded (cpu, op, op->dst);
}

static const MosUop *
mov_from_segment_r (MosSoftCpu *cpu, const MosUop *op)
{
  mos_reg_set (cpu, op->dst, op->width, cpu->seg[op->src].selector);
  return mos_next (cpu, op);
}

static const MosUop *
mov_from_segment_m (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 2, TRUE);

  mos_store (cpu, op, lin, cpu->seg[op->src].selector, 2);
  return mos_next (cpu, op);
}

static gboolean
lower_mov (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  if (is_segment (l, 0)) {
    op->dst = seg_of (l->operands[0].reg.value);
    op->src2 = l->memory != NULL;
    if (op->src2 == 0)
      op->src = mos_lower_gpr (l->operands[1].reg.value);
    op->fn = op->dst == MOS_SEG_CS ? mos_op_ud : mov_to_segment;
    l->ends_block = TRUE;
    return TRUE;
  }
  if (!is_segment (l, 1))
    return FALSE;
  op->src = seg_of (l->operands[1].reg.value);
  if (l->memory != NULL) {
    op->fn = mov_from_segment_m;
  } else {
    op->dst = mos_lower_gpr (l->operands[0].reg.value);
    op->width = (guint8) mos_lower_size (l, 0);
    op->fn = mov_from_segment_r;
  }
  return TRUE;
}

static const MosUop *
push_segment (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 sp = (cpu->gpr[MOS_RSP] - op->width) & cpu->sp_mask;

  /* Only the selector is written; the slot is as wide as operands are. */
  mos_stack_store (cpu, op, sp, cpu->seg[op->src].selector,
                   op->width == 4 ? 2 : op->width);
  mos_sp_set (cpu, sp);
  return op + 1;
}

static const MosUop *
pop_segment (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 value = mos_top (cpu, op, op->width == 8 ? 8 : 2);
  guint64 sp = cpu->gpr[MOS_RSP] + op->width;
  guint64 mask = cpu->sp_mask;

  mos_segment_load (cpu, op, op->dst, (guint16) value);
  cpu->gpr[MOS_RSP] = (cpu->gpr[MOS_RSP] & ~mask) | (sp & mask);
  return loaded (cpu, op, op->dst);
}

static gboolean
lower_push (MosLower *l, const MosSoftInsn *insn)
{
  if (!is_segment (l, 0))
    return FALSE;
  l->op->src = seg_of (l->operands[0].reg.value);
  l->op->fn = push_segment;
  return TRUE;
}

static gboolean
lower_pop (MosLower *l, const MosSoftInsn *insn)
{
  if (!is_segment (l, 0))
    return FALSE;
  l->op->dst = seg_of (l->operands[0].reg.value);
  l->op->fn = pop_segment;
  l->ends_block = TRUE;
  return TRUE;
}

/* LDS and kin; aux: the segment. */
static const MosUop *
load_pointer (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width + 2, FALSE);
  guint64 offset = mos_load (cpu, op, lin, op->width);
  guint16 selector = (guint16) mos_load (cpu, op, lin + op->width, 2);

  mos_segment_load (cpu, op, op->aux, selector);
  mos_reg_set (cpu, op->dst, op->width, offset);
  return loaded (cpu, op, op->aux);
}

static gboolean
lower_pointer (MosLower *l, const MosSoftInsn *insn)
{
  mos_lower_last (l, insn);
  l->op->width = (guint8) mos_lower_size (l, 0);
  return TRUE;
}

/* The selector operand of the checks below. */
static guint16
selector_operand (MosSoftCpu *cpu, const MosUop *op)
{
  if (op->src2)
    return (guint16) mos_load (cpu, op, mos_ea (cpu, op, 2, FALSE), 2);
  return *mos_r16 (cpu, op->src);
}

/* Whether LAR, LSL, VERR and VERW may see the descriptor at all. */
static gboolean
visible (MosSoftCpu *cpu, const MosDescriptor *d)
{
  guint rpl = d->seg.selector & 3;

  if (d->seg.s && (d->seg.type & 0xc) == 0xc)
    return TRUE;
  return d->seg.dpl >= MAX (rpl, mos_cpl (cpu));
}

static gboolean
lar_type (MosSoftCpu *cpu, guint type)
{
  if (mos_long_mode (cpu))
    return type == MOS_DESC_LDT || type == MOS_DESC_TSS ||
           type == MOS_DESC_TSS_BUSY || type == MOS_DESC_CALL;
  return type != 0 && type != 6 && type != 7 && type != 8 && type != 10 &&
         type != 13 && type != 14 && type != 15;
}

static gboolean
lsl_type (MosSoftCpu *cpu, guint type)
{
  if (type == MOS_DESC_LDT || type == MOS_DESC_TSS || type == MOS_DESC_TSS_BUSY)
    return TRUE;
  return !mos_long_mode (cpu) &&
         (type == MOS_DESC_TSS16 || type == MOS_DESC_TSS16_BUSY);
}

/* aux: 0 LAR, 1 LSL. */
static const MosUop *
lar_lsl (MosSoftCpu *cpu, const MosUop *op)
{
  guint16       selector = selector_operand (cpu, op);
  MosDescriptor d;
  gboolean      ok =
      !mos_selector_is_null (selector) &&
      mos_descriptor_peek (cpu, op, selector, &d) && visible (cpu, &d) &&
      (d.seg.s ||
       (op->aux ? lsl_type (cpu, d.seg.type) : lar_type (cpu, d.seg.type)));

  if (ok)
    mos_reg_set (cpu, op->dst, op->width,
                 op->aux ? d.seg.limit : d.high & 0x00ffff00);
  mos_flag_put (cpu, MOS_FL_ZF, ok);
  return op + 1;
}

/* aux: 0 VERR, 1 VERW. */
static const MosUop *
verify (MosSoftCpu *cpu, const MosUop *op)
{
  guint16       selector = selector_operand (cpu, op);
  MosDescriptor d;
  gboolean      ok = !mos_selector_is_null (selector) &&
                mos_descriptor_peek (cpu, op, selector, &d) && d.seg.s &&
                visible (cpu, &d);

  if (ok) {
    gboolean code = (d.seg.type & MOS_DESC_CODE) != 0;
    gboolean rw = (d.seg.type & MOS_DESC_WRITABLE) != 0;

    ok = op->aux ? !code && rw : !code || rw;
  }
  mos_flag_put (cpu, MOS_FL_ZF, ok);
  return op + 1;
}

static gboolean
lower_check (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;
  guint   source = l->insn->operand_count_visible - 1u;

  if ((l->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0)
    return FALSE;
  op->src2 = l->memory != NULL;
  if (op->src2 == 0)
    op->src = mos_lower_gpr (l->operands[source].reg.value);
  if (source == 1) {
    op->dst = mos_lower_gpr (l->operands[0].reg.value);
    op->width = (guint8) mos_lower_size (l, 0);
  }
  op->aux = insn->arg;
  op->fn = insn->fn;
  return TRUE;
}

static const MosUop *
arpl (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = op->src2 ? mos_ea (cpu, op, 2, TRUE) : 0;
  guint64 a =
      op->src2 ? mos_load (cpu, op, lin, 2) : mos_reg_get (cpu, op->dst, 2);
  guint64  rpl = mos_reg_get (cpu, op->src, 2) & 3;
  gboolean raise = (a & 3) < rpl;

  if (op->src2)
    mos_store (cpu, op, lin, raise ? (a & ~(guint64) 3) | rpl : a, 2);
  else if (raise)
    mos_reg_set (cpu, op->dst, 2, (a & ~(guint64) 3) | rpl);
  mos_flag_put (cpu, MOS_FL_ZF, raise);
  return op + 1;
}

static gboolean
lower_arpl (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  op->src2 = l->memory != NULL;
  if (op->src2 == 0)
    op->dst = mos_lower_gpr (l->operands[0].reg.value);
  op->src = mos_lower_gpr (l->operands[1].reg.value);
  op->fn = arpl;
  return TRUE;
}

static const MosUop *
load_system (MosSoftCpu *cpu, const MosUop *op)
{
  guint16 selector;

  if (mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
  selector = selector_operand (cpu, op);
  if (op->aux)
    mos_segment_load_tr (cpu, op, selector);
  else
    mos_segment_load_ldt (cpu, op, selector, MOS_EXC_GP);
  return op + 1;
}

/* SLDT, STR: aux is the register. */
static const MosUop *
store_system (MosSoftCpu *cpu, const MosUop *op)
{
  guint16 selector = cpu->seg[op->aux].selector;

  if ((cpu->cr4 & MOS_CR4_UMIP) != 0 && mos_cpl (cpu) > 0)
    mos_fault_gp (cpu, op);
  if (op->src2)
    mos_store (cpu, op, mos_ea (cpu, op, 2, TRUE), selector, 2);
  else
    mos_reg_set (cpu, op->dst, op->width, selector);
  return op + 1;
}

static gboolean
lower_store (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  if ((l->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0)
    return FALSE;
  op->src2 = l->memory != NULL;
  if (op->src2 == 0) {
    op->dst = mos_lower_gpr (l->operands[0].reg.value);
    op->width = (guint8) mos_lower_size (l, 0);
  }
  op->aux = insn->arg;
  op->fn = store_system;
  return TRUE;
}

/* clang-format off */
const MosSoftInsn mos_insns_segment[] = {
  { ZYDIS_MNEMONIC_MOV, lower_mov, NULL, 0 },
  { ZYDIS_MNEMONIC_PUSH, lower_push, NULL, 0 },
  { ZYDIS_MNEMONIC_POP, lower_pop, NULL, 0 },
  { ZYDIS_MNEMONIC_LES, lower_pointer, load_pointer, MOS_SEG_ES },
  { ZYDIS_MNEMONIC_LDS, lower_pointer, load_pointer, MOS_SEG_DS },
  { ZYDIS_MNEMONIC_LSS, lower_pointer, load_pointer, MOS_SEG_SS },
  { ZYDIS_MNEMONIC_LFS, lower_pointer, load_pointer, MOS_SEG_FS },
  { ZYDIS_MNEMONIC_LGS, lower_pointer, load_pointer, MOS_SEG_GS },
  { ZYDIS_MNEMONIC_LAR, lower_check, lar_lsl, 0 },
  { ZYDIS_MNEMONIC_LSL, lower_check, lar_lsl, 1 },
  { ZYDIS_MNEMONIC_VERR, lower_check, verify, 0 },
  { ZYDIS_MNEMONIC_VERW, lower_check, verify, 1 },
  { ZYDIS_MNEMONIC_ARPL, lower_arpl, NULL, 0 },
  { ZYDIS_MNEMONIC_LLDT, lower_check, load_system, 0 },
  { ZYDIS_MNEMONIC_LTR, lower_check, load_system, 1 },
  { ZYDIS_MNEMONIC_SLDT, lower_store, NULL, MOS_SEG_LDTR },
  { ZYDIS_MNEMONIC_STR, lower_store, NULL, MOS_SEG_TR },
  { 0 }
};
/* clang-format on */
