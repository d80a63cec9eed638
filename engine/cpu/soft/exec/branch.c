/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Jumps, calls and returns within a segment.
 *
 * imm is the target's offset from the block's RIP. A jump that stays in the
 * page of its block has a link that needs no check (block.h).
 */
#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/handlers.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/exec/stack.h"
#include "engine/cpu/soft/exec/templates-more.h"
#include "engine/cpu/soft/lower.h"

/* The offset of the target, and whether it lies in the block's page. */
static gboolean
relative (MosLower *l, guint operand)
{
  MosUop *op = l->op;
  guint64 start = l->cpu->gpr[MOS_SLOT_RIP] + l->cpu->seg_base[MOS_SEG_CS];
  guint64 target;

  if ((l->key & MOS_KEY_CS64) != 0)
    op->width = 8;
  op->imm = op->next + l->operands[operand].imm.value.u;
  target = start + op->imm;
  l->ends_block = TRUE;
  return op->width != 2 && (target & MOS_PAGE_MASK) == (start & MOS_PAGE_MASK);
}

static gboolean
lower_jcc (MosLower *l, const MosSoftInsn *insn)
{
  gboolean same_page = relative (l, 0);

  l->op->aux = insn->arg;
  l->op->fn = mos_jcc_handlers[insn->arg][!same_page];
  return TRUE;
}

static const MosUop *
jmp_near (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 target = (cpu->gpr[MOS_SLOT_RIP] + op->imm) & mos_ip_mask (op);

  mos_check_target (cpu, op, target);
  return mos_goto_near (cpu, op, target, 0);
}

static const MosUop *
jmp_far_page (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 target = (cpu->gpr[MOS_SLOT_RIP] + op->imm) & mos_ip_mask (op);

  mos_check_target (cpu, op, target);
  return mos_goto_far (cpu, op, target, 0);
}

static const MosUop *
jmp_r (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 target = mos_reg_get (cpu, op->src, op->width);

  mos_check_target (cpu, op, target);
  return mos_jump (cpu, op, target);
}

static const MosUop *
jmp_m (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, FALSE);
  guint64 target = mos_load (cpu, op, lin, op->width);

  mos_check_target (cpu, op, target);
  return mos_jump (cpu, op, target);
}

/* Direct, indirect by register and memory; FALSE: a far form. */
static gboolean
lower_jump (MosLower  *l,
            MosHandler near_page,
            MosHandler far_page,
            MosHandler by_register,
            MosHandler by_memory)
{
  MosUop *op = l->op;

  if (l->insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
    return FALSE;
  if ((l->key & MOS_KEY_CS64) != 0)
    op->width = 8;
  l->ends_block = TRUE;
  if (mos_lower_is_imm (l, 0)) {
    op->fn = relative (l, 0) ? near_page : far_page;
  } else if (mos_lower_is_reg (l, 0)) {
    op->src = mos_lower_gpr (l->operands[0].reg.value);
    op->fn = by_register;
  } else {
    op->fn = by_memory;
  }
  return TRUE;
}

static gboolean
lower_jmp (MosLower *l, const MosSoftInsn *insn)
{
  return lower_jump (l, jmp_near, jmp_far_page, jmp_r, jmp_m);
}

/* Where a CALL returns to. */
static guint64
return_address (MosSoftCpu *cpu, const MosUop *op)
{
  return cpu->gpr[MOS_SLOT_RIP] + op->next;
}

static const MosUop *
call_near (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 target = (cpu->gpr[MOS_SLOT_RIP] + op->imm) & mos_ip_mask (op);

  mos_check_target (cpu, op, target);
  mos_push (cpu, op, return_address (cpu, op), op->width);
  return mos_goto_near (cpu, op, target, 0);
}

static const MosUop *
call_far_page (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 target = (cpu->gpr[MOS_SLOT_RIP] + op->imm) & mos_ip_mask (op);

  mos_check_target (cpu, op, target);
  mos_push (cpu, op, return_address (cpu, op), op->width);
  return mos_goto_far (cpu, op, target, 0);
}

static const MosUop *
call_r (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 target = mos_reg_get (cpu, op->src, op->width);

  mos_check_target (cpu, op, target);
  mos_push (cpu, op, return_address (cpu, op), op->width);
  return mos_jump (cpu, op, target);
}

static const MosUop *
call_m (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, FALSE);
  guint64 target = mos_load (cpu, op, lin, op->width);

  mos_check_target (cpu, op, target);
  mos_push (cpu, op, return_address (cpu, op), op->width);
  return mos_jump (cpu, op, target);
}

static gboolean
lower_call (MosLower *l, const MosSoftInsn *insn)
{
  return lower_jump (l, call_near, call_far_page, call_r, call_m);
}

static const MosUop *
ret (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 target = mos_top (cpu, op, op->width);

  mos_check_target (cpu, op, target);
  mos_sp_add (cpu, op->width + op->imm);
  return mos_jump (cpu, op, target);
}

static gboolean
lower_ret (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  if (l->insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
    return FALSE;
  if ((l->key & MOS_KEY_CS64) != 0)
    op->width = 8;
  if (mos_lower_is_imm (l, 0))
    op->imm = l->operands[0].imm.value.u;
  op->fn = ret;
  l->ends_block = TRUE;
  return TRUE;
}

static const MosUop *
jump_or_not (MosSoftCpu *cpu, const MosUop *op, gboolean taken)
{
  guint64 rip = cpu->gpr[MOS_SLOT_RIP];

  if (!taken)
    return mos_goto_far (cpu, op, rip + op->next, 1);
  return mos_goto_far (cpu, op, (rip + op->imm) & mos_ip_mask (op), 0);
}

/* rCX is as wide as an address. aux: 0 LOOP, 1 LOOPE, 2 LOOPNE, 3 JrCXZ. */
static const MosUop *
loop (MosSoftCpu *cpu, const MosUop *op)
{
  guint64  count = mos_reg_get (cpu, MOS_RCX * 8, op->addr);
  gboolean zf = (cpu->fl & MOS_FL_ZF) != 0;
  gboolean taken;

  if (op->aux == 3) {
    taken = count == 0;
  } else {
    count--;
    if (op->addr != 8)
      count &= ((guint64) 1 << (8 * op->addr)) - 1;
    taken = count != 0 && (op->aux != 1 || zf) && (op->aux != 2 || !zf);
  }
  if (taken)
    mos_check_target (cpu, op,
                      (cpu->gpr[MOS_SLOT_RIP] + op->imm) & mos_ip_mask (op));
  if (op->aux != 3)
    mos_reg_set (cpu, MOS_RCX * 8, op->addr, count);
  return jump_or_not (cpu, op, taken);
}

static gboolean
lower_loop (MosLower *l, const MosSoftInsn *insn)
{
  relative (l, 0);
  l->op->fn = loop;
  l->op->aux = insn->arg;
  return TRUE;
}

gboolean
mos_lower_fuse (MosUop *first, const MosUop *second)
{
  guint width = mos_width_index (first->width);

  if (second->aux > 15 || first->len == 0 ||
      second->fn != mos_jcc_handlers[second->aux][0])
    return FALSE;
  for (guint i = 0; i < 2; i++) {
    const MosHandler *forms =
        mos_alu_handlers[i == 0 ? MOS_ALU_CMP : MOS_ALU_TEST][width];
    guint form = first->fn == forms[MOS_ALU_RR]   ? 0
                 : first->fn == forms[MOS_ALU_RI] ? 1
                                                  : 2;

    if (form == 2)
      continue;
    first->fn = mos_fused_handlers[i][width][form][second->aux];
    first->fused = first->len;
    first->len = (guint8) (first->len + second->len);
    first->next = second->next;
    first->count = second->count;
    first->disp = (gint32) second->imm;
    return TRUE;
  }
  return FALSE;
}

/* clang-format off */
const MosSoftInsn mos_insns_branch[] = {
  { ZYDIS_MNEMONIC_JO, lower_jcc, NULL, 0 },
  { ZYDIS_MNEMONIC_JNO, lower_jcc, NULL, 1 },
  { ZYDIS_MNEMONIC_JB, lower_jcc, NULL, 2 },
  { ZYDIS_MNEMONIC_JNB, lower_jcc, NULL, 3 },
  { ZYDIS_MNEMONIC_JZ, lower_jcc, NULL, 4 },
  { ZYDIS_MNEMONIC_JNZ, lower_jcc, NULL, 5 },
  { ZYDIS_MNEMONIC_JBE, lower_jcc, NULL, 6 },
  { ZYDIS_MNEMONIC_JNBE, lower_jcc, NULL, 7 },
  { ZYDIS_MNEMONIC_JS, lower_jcc, NULL, 8 },
  { ZYDIS_MNEMONIC_JNS, lower_jcc, NULL, 9 },
  { ZYDIS_MNEMONIC_JP, lower_jcc, NULL, 10 },
  { ZYDIS_MNEMONIC_JNP, lower_jcc, NULL, 11 },
  { ZYDIS_MNEMONIC_JL, lower_jcc, NULL, 12 },
  { ZYDIS_MNEMONIC_JNL, lower_jcc, NULL, 13 },
  { ZYDIS_MNEMONIC_JLE, lower_jcc, NULL, 14 },
  { ZYDIS_MNEMONIC_JNLE, lower_jcc, NULL, 15 },
  { ZYDIS_MNEMONIC_JMP, lower_jmp, NULL, 0 },
  { ZYDIS_MNEMONIC_CALL, lower_call, NULL, 0 },
  { ZYDIS_MNEMONIC_RET, lower_ret, NULL, 0 },
  { ZYDIS_MNEMONIC_LOOP, lower_loop, NULL, 0 },
  { ZYDIS_MNEMONIC_LOOPE, lower_loop, NULL, 1 },
  { ZYDIS_MNEMONIC_LOOPNE, lower_loop, NULL, 2 },
  { ZYDIS_MNEMONIC_JCXZ, lower_loop, NULL, 3 },
  { ZYDIS_MNEMONIC_JECXZ, lower_loop, NULL, 3 },
  { ZYDIS_MNEMONIC_JRCXZ, lower_loop, NULL, 3 },
  { 0 }
};
/* clang-format on */
