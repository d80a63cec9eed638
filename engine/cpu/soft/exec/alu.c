/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Integer arithmetic, moves, conditions: choosing among the hot handlers.
 *
 * The handlers are generated (handlers.h); here an instruction's operands
 * pick one. What is rare has a handler here.
 */
#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/handlers.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"

static gboolean
has_lock (const MosLower *l)
{
  return (l->insn->attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0;
}

static guint8
reg_of (const MosLower *l, guint operand)
{
  return mos_lower_gpr (l->operands[operand].reg.value);
}

static gboolean
lower_alu (MosLower *l, const MosSoftInsn *insn)
{
  MosUop           *op = l->op;
  const MosHandler *forms;

  op->width = (guint8) mos_lower_size (l, 0);
  forms = mos_alu_handlers[insn->arg][mos_width_index (op->width)];
  if (mos_lower_is_reg (l, 0))
    op->dst = reg_of (l, 0);
  if (mos_lower_is_imm (l, 1))
    op->imm = l->operands[1].imm.value.u;
  else if (mos_lower_is_reg (l, 1))
    op->src = reg_of (l, 1);
  if (mos_lower_is_mem (l, 0)) {
    gboolean imm = mos_lower_is_imm (l, 1);

    if (has_lock (l))
      op->fn = forms[imm ? MOS_ALU_LOCK_MI : MOS_ALU_LOCK_MR];
    else
      op->fn = forms[(imm ? MOS_ALU_MI : MOS_ALU_MR) + op->ea];
  } else if (mos_lower_is_mem (l, 1)) {
    op->fn = forms[MOS_ALU_RM + op->ea];
  } else {
    op->fn = forms[mos_lower_is_imm (l, 1) ? MOS_ALU_RI : MOS_ALU_RR];
  }
  return TRUE;
}

/* MOV with a 64-bit absolute address, which does not fit the displacement:
 * imm holds it, src2 says whether it is a store. */
static const MosUop *
mov_absolute (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin =
      mos_linear (cpu, op, op->seg, op->imm, op->width, op->src2 != 0);

  if (op->src2 != 0)
    mos_store (cpu, op, lin, mos_reg_get (cpu, op->src, op->width), op->width);
  else
    mos_reg_set (cpu, op->dst, op->width, mos_load (cpu, op, lin, op->width));
  return op + 1;
}

static gboolean
is_absolute (const MosLower *l)
{
  return l->memory != NULL && l->memory->mem.base == ZYDIS_REGISTER_NONE &&
         l->memory->mem.index == ZYDIS_REGISTER_NONE &&
         l->memory->mem.disp.value != (gint32) l->memory->mem.disp.value;
}

static gboolean
lower_mov (MosLower *l, const MosSoftInsn *insn)
{
  MosUop           *op = l->op;
  const MosHandler *forms;

  for (guint i = 0; i < 2; i++)
    if (mos_lower_is_reg (l, i)) {
      ZydisRegister reg = l->operands[i].reg.value;

      if (reg < ZYDIS_REGISTER_AL || reg > ZYDIS_REGISTER_R15)
        return FALSE; /* segment, control, debug: other families */
    }
  op->width = (guint8) mos_lower_size (l, 0);
  forms = mos_mov_handlers[mos_width_index (op->width)];
  if (mos_lower_is_reg (l, 0))
    op->dst = reg_of (l, 0);
  if (mos_lower_is_imm (l, 1))
    op->imm = l->operands[1].imm.value.u;
  else if (mos_lower_is_reg (l, 1))
    op->src = reg_of (l, 1);
  if (is_absolute (l)) {
    op->imm = (guint64) l->memory->mem.disp.value;
    op->src2 = mos_lower_is_mem (l, 0);
    op->fn = mov_absolute;
  } else if (mos_lower_is_mem (l, 0)) {
    op->fn =
        forms[(mos_lower_is_imm (l, 1) ? MOS_ALU_MI : MOS_ALU_MR) + op->ea];
  } else if (mos_lower_is_mem (l, 1)) {
    op->fn = forms[MOS_ALU_RM + op->ea];
  } else {
    op->fn = forms[mos_lower_is_imm (l, 1) ? MOS_ALU_RI : MOS_ALU_RR];
  }
  return TRUE;
}

static gboolean
lower_unary (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;
  guint   form = 0;

  op->width = (guint8) mos_lower_size (l, 0);
  if (mos_lower_is_reg (l, 0))
    op->dst = reg_of (l, 0);
  else
    form = has_lock (l) ? 2 : 1;
  op->fn = mos_unary_handlers[insn->arg][mos_width_index (op->width)][form];
  return TRUE;
}

/* MOVZX, MOVSX, MOVSXD; arg: sign. */
static gboolean
lower_extend (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;
  guint   from = mos_width_index (mos_lower_size (l, 1));
  guint   width = mos_width_index (mos_lower_size (l, 0));

  op->width = (guint8) mos_lower_size (l, 0);
  op->dst = reg_of (l, 0);
  if (mos_lower_is_reg (l, 1)) {
    op->src = reg_of (l, 1);
    op->fn = mos_extend_handlers[insn->arg][from][width][0];
  } else {
    op->fn = mos_extend_handlers[insn->arg][from][width][1 + op->ea];
  }
  return TRUE;
}

static const MosUop *
lea_cut (MosSoftCpu *cpu, const MosUop *op)
{
  mos_reg_set (cpu, op->dst, op->width, mos_ea_offset (cpu, op));
  return mos_next (cpu, op);
}

static gboolean
lower_lea (MosLower *l, const MosSoftInsn *insn)
{
  MosUop  *op = l->op;
  gboolean full;

  op->width = (guint8) mos_lower_size (l, 0);
  op->dst = reg_of (l, 0);
  full = op->addr >= op->width;
  op->fn = full ? mos_lea_handlers[mos_width_index (op->width)] : lea_cut;
  return TRUE;
}

static const MosUop *
set_m (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 1, TRUE);

  mos_store (cpu, op, lin, (guint64) mos_cond (cpu, op->aux), 1);
  return mos_next (cpu, op);
}

static gboolean
lower_setcc (MosLower *l, const MosSoftInsn *insn)
{
  l->op->aux = insn->arg;
  if (mos_lower_is_reg (l, 0)) {
    l->op->dst = reg_of (l, 0);
    l->op->fn = mos_setcc_handlers[insn->arg];
  } else {
    l->op->fn = set_m;
  }
  return TRUE;
}

static gboolean
lower_cmov (MosLower *l, const MosSoftInsn *insn)
{
  MosUop           *op = l->op;
  const MosHandler *forms;

  op->width = (guint8) mos_lower_size (l, 0);
  forms = mos_cmov_handlers[insn->arg][mos_width_index (op->width)];
  op->dst = reg_of (l, 0);
  if (mos_lower_is_reg (l, 1))
    op->src = reg_of (l, 1);
  op->fn = forms[mos_lower_is_mem (l, 1)];
  return TRUE;
}

static const MosUop *
cbw (MosSoftCpu *cpu, const MosUop *op)
{
  *mos_r16 (cpu, 0) = (guint16) (gint8) *mos_r8 (cpu, 0);
  return mos_next (cpu, op);
}

static const MosUop *
cwde (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->gpr[MOS_RAX] = (guint32) (gint16) *mos_r16 (cpu, 0);
  return mos_next (cpu, op);
}

static const MosUop *
cdqe (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->gpr[MOS_RAX] = (guint64) (gint64) (gint32) *mos_r32 (cpu, 0);
  return mos_next (cpu, op);
}

static const MosUop *
cwd (MosSoftCpu *cpu, const MosUop *op)
{
  *mos_r16 (cpu, MOS_RDX * 8) = *mos_r16 (cpu, 0) >> 15 ? 0xffff : 0;
  return mos_next (cpu, op);
}

static const MosUop *
cdq (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->gpr[MOS_RDX] = *mos_r32 (cpu, 0) >> 31 ? 0xffffffff : 0;
  return mos_next (cpu, op);
}

static const MosUop *
cqo (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->gpr[MOS_RDX] = (guint64) ((gint64) cpu->gpr[MOS_RAX] >> 63);
  return mos_next (cpu, op);
}

static const MosUop *
clc (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->fl = (guint16) (cpu->fl & ~MOS_FL_CF);
  return mos_next (cpu, op);
}

static const MosUop *
stc (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->fl |= MOS_FL_CF;
  return mos_next (cpu, op);
}

static const MosUop *
cmc (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->fl ^= MOS_FL_CF;
  return mos_next (cpu, op);
}

static const MosUop *
cld (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->rflags &= ~MOS_RFLAGS_DF;
  return mos_next (cpu, op);
}

static const MosUop *
std_flag (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->rflags |= MOS_RFLAGS_DF;
  return mos_next (cpu, op);
}

static const MosUop *
lahf (MosSoftCpu *cpu, const MosUop *op)
{
  *mos_r8 (cpu, 1) = (guint8) ((cpu->fl >> 8 & 0xd5) | 2);
  return mos_next (cpu, op);
}

static const MosUop *
sahf (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->fl = (guint16) ((cpu->fl & MOS_FL_OF) | MOS_FL_ONE |
                       ((*mos_r8 (cpu, 1) & 0xd5u) << 8));
  return mos_next (cpu, op);
}

static const MosUop *
salc (MosSoftCpu *cpu, const MosUop *op)
{
  *mos_r8 (cpu, 0) = (cpu->fl & MOS_FL_CF) != 0 ? 0xff : 0;
  return mos_next (cpu, op);
}

/* AL = [rBX + AL]; the segment may be overridden. */
static const MosUop *
xlat (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 offset = cpu->gpr[MOS_RBX] + *mos_r8 (cpu, 0);
  guint64 lin;

  offset &= G_MAXUINT64 >> (64 - 8 * op->addr);
  lin = mos_linear (cpu, op, op->seg, offset, 1, FALSE);
  *mos_r8 (cpu, 0) = (guint8) mos_load (cpu, op, lin, 1);
  return mos_next (cpu, op);
}

static gboolean
lower_xlat (MosLower *l, const MosSoftInsn *insn)
{
  l->op->seg = mos_lower_override (l, MOS_SEG_DS);
  l->op->fn = insn->fn;
  return TRUE;
}

/* ADCX and ADOX: one flag in and out, the others untouched. */
static const MosUop *
add_with (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 b = op->src2 ? mos_load (cpu, op, mos_ea (cpu, op, op->width, FALSE),
                                   op->width)
                       : mos_reg_get (cpu, op->src, op->width);
  guint64 a = mos_reg_get (cpu, op->dst, op->width);
  guint   bit = op->aux;
  guint64 carry = (cpu->fl & bit) != 0;
  guint64 sum = a + b + carry;

  if (op->width == 4)
    mos_flag_put (cpu, bit, sum >> 32 != 0);
  else
    mos_flag_put (cpu, bit, sum < a || (sum == a && carry != 0));
  mos_reg_set (cpu, op->dst, op->width, sum);
  return mos_next (cpu, op);
}

static gboolean
lower_add_with (MosLower *l, const MosSoftInsn *insn)
{
  mos_lower_simple (l, insn);
  l->op->width = (guint8) mos_lower_size (l, 0);
  l->op->src2 = l->memory != NULL;
  return TRUE;
}

/* clang-format off */
const MosSoftInsn mos_insns_alu[] = {
  { ZYDIS_MNEMONIC_ADD, lower_alu, NULL, MOS_ALU_ADD },
  { ZYDIS_MNEMONIC_OR, lower_alu, NULL, MOS_ALU_OR },
  { ZYDIS_MNEMONIC_ADC, lower_alu, NULL, MOS_ALU_ADC },
  { ZYDIS_MNEMONIC_SBB, lower_alu, NULL, MOS_ALU_SBB },
  { ZYDIS_MNEMONIC_AND, lower_alu, NULL, MOS_ALU_AND },
  { ZYDIS_MNEMONIC_SUB, lower_alu, NULL, MOS_ALU_SUB },
  { ZYDIS_MNEMONIC_XOR, lower_alu, NULL, MOS_ALU_XOR },
  { ZYDIS_MNEMONIC_CMP, lower_alu, NULL, MOS_ALU_CMP },
  { ZYDIS_MNEMONIC_TEST, lower_alu, NULL, MOS_ALU_TEST },
  { ZYDIS_MNEMONIC_MOV, lower_mov, NULL, 0 },
  { ZYDIS_MNEMONIC_INC, lower_unary, NULL, MOS_UNARY_INC },
  { ZYDIS_MNEMONIC_DEC, lower_unary, NULL, MOS_UNARY_DEC },
  { ZYDIS_MNEMONIC_NEG, lower_unary, NULL, MOS_UNARY_NEG },
  { ZYDIS_MNEMONIC_NOT, lower_unary, NULL, MOS_UNARY_NOT },
  { ZYDIS_MNEMONIC_MOVZX, lower_extend, NULL, 0 },
  { ZYDIS_MNEMONIC_MOVSX, lower_extend, NULL, 1 },
  { ZYDIS_MNEMONIC_MOVSXD, lower_extend, NULL, 1 },
  { ZYDIS_MNEMONIC_LEA, lower_lea, NULL, 0 },
  { ZYDIS_MNEMONIC_SETO, lower_setcc, NULL, 0 },
  { ZYDIS_MNEMONIC_SETNO, lower_setcc, NULL, 1 },
  { ZYDIS_MNEMONIC_SETB, lower_setcc, NULL, 2 },
  { ZYDIS_MNEMONIC_SETNB, lower_setcc, NULL, 3 },
  { ZYDIS_MNEMONIC_SETZ, lower_setcc, NULL, 4 },
  { ZYDIS_MNEMONIC_SETNZ, lower_setcc, NULL, 5 },
  { ZYDIS_MNEMONIC_SETBE, lower_setcc, NULL, 6 },
  { ZYDIS_MNEMONIC_SETNBE, lower_setcc, NULL, 7 },
  { ZYDIS_MNEMONIC_SETS, lower_setcc, NULL, 8 },
  { ZYDIS_MNEMONIC_SETNS, lower_setcc, NULL, 9 },
  { ZYDIS_MNEMONIC_SETP, lower_setcc, NULL, 10 },
  { ZYDIS_MNEMONIC_SETNP, lower_setcc, NULL, 11 },
  { ZYDIS_MNEMONIC_SETL, lower_setcc, NULL, 12 },
  { ZYDIS_MNEMONIC_SETNL, lower_setcc, NULL, 13 },
  { ZYDIS_MNEMONIC_SETLE, lower_setcc, NULL, 14 },
  { ZYDIS_MNEMONIC_SETNLE, lower_setcc, NULL, 15 },
  { ZYDIS_MNEMONIC_CMOVO, lower_cmov, NULL, 0 },
  { ZYDIS_MNEMONIC_CMOVNO, lower_cmov, NULL, 1 },
  { ZYDIS_MNEMONIC_CMOVB, lower_cmov, NULL, 2 },
  { ZYDIS_MNEMONIC_CMOVNB, lower_cmov, NULL, 3 },
  { ZYDIS_MNEMONIC_CMOVZ, lower_cmov, NULL, 4 },
  { ZYDIS_MNEMONIC_CMOVNZ, lower_cmov, NULL, 5 },
  { ZYDIS_MNEMONIC_CMOVBE, lower_cmov, NULL, 6 },
  { ZYDIS_MNEMONIC_CMOVNBE, lower_cmov, NULL, 7 },
  { ZYDIS_MNEMONIC_CMOVS, lower_cmov, NULL, 8 },
  { ZYDIS_MNEMONIC_CMOVNS, lower_cmov, NULL, 9 },
  { ZYDIS_MNEMONIC_CMOVP, lower_cmov, NULL, 10 },
  { ZYDIS_MNEMONIC_CMOVNP, lower_cmov, NULL, 11 },
  { ZYDIS_MNEMONIC_CMOVL, lower_cmov, NULL, 12 },
  { ZYDIS_MNEMONIC_CMOVNL, lower_cmov, NULL, 13 },
  { ZYDIS_MNEMONIC_CMOVLE, lower_cmov, NULL, 14 },
  { ZYDIS_MNEMONIC_CMOVNLE, lower_cmov, NULL, 15 },
  { ZYDIS_MNEMONIC_CBW, mos_lower_simple, cbw, 0 },
  { ZYDIS_MNEMONIC_CWDE, mos_lower_simple, cwde, 0 },
  { ZYDIS_MNEMONIC_CDQE, mos_lower_simple, cdqe, 0 },
  { ZYDIS_MNEMONIC_CWD, mos_lower_simple, cwd, 0 },
  { ZYDIS_MNEMONIC_CDQ, mos_lower_simple, cdq, 0 },
  { ZYDIS_MNEMONIC_CQO, mos_lower_simple, cqo, 0 },
  { ZYDIS_MNEMONIC_CLC, mos_lower_simple, clc, 0 },
  { ZYDIS_MNEMONIC_STC, mos_lower_simple, stc, 0 },
  { ZYDIS_MNEMONIC_CMC, mos_lower_simple, cmc, 0 },
  { ZYDIS_MNEMONIC_CLD, mos_lower_simple, cld, 0 },
  { ZYDIS_MNEMONIC_STD, mos_lower_simple, std_flag, 0 },
  { ZYDIS_MNEMONIC_LAHF, mos_lower_simple, lahf, 0 },
  { ZYDIS_MNEMONIC_SAHF, mos_lower_simple, sahf, 0 },
  { ZYDIS_MNEMONIC_SALC, mos_lower_simple, salc, 0 },
  { ZYDIS_MNEMONIC_XLAT, lower_xlat, xlat, 0 },
  { ZYDIS_MNEMONIC_NOP, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_ADCX, lower_add_with, add_with, MOS_FL_CF },
  { ZYDIS_MNEMONIC_ADOX, lower_add_with, add_with, MOS_FL_OF },
  { 0 }
};
/* clang-format on */
