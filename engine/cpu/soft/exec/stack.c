/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * PUSH, POP and their relatives.
 *
 * Intel SDM volume 1, "Procedure Stack". The forms with segment registers are
 * in segment.c.
 */
#include "engine/cpu/soft/exec/stack.h"

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/lower.h"

guint64
mos_stack_linear (MosSoftCpu   *cpu,
                  const MosUop *op,
                  guint64       sp,
                  guint         size,
                  gboolean      write)
{
  const guint64 flat = (guint64) 1 << (MOS_KEY_FLAT_SHIFT + MOS_SEG_SS);

  if ((cpu->key & (flat | MOS_KEY_ALIGN)) == flat)
    return (guint32) (sp + cpu->seg_base[MOS_SEG_SS]);
  return mos_linear (cpu, op, MOS_SEG_SS, sp, size, write);
}

void
mos_stack_store_slow (MosSoftCpu   *cpu,
                      const MosUop *op,
                      guint64       lin,
                      guint64       value,
                      guint         size)
{
  cpu->on_stack = TRUE;
  mos_store_slow (cpu, op, lin, value, size);
  cpu->on_stack = FALSE;
}

guint64
mos_stack_load_slow (MosSoftCpu *cpu, const MosUop *op, guint64 lin, guint size)
{
  guint64 value;

  cpu->on_stack = TRUE;
  value = mos_load_slow (cpu, op, lin, size);
  cpu->on_stack = FALSE;
  return value;
}

static const MosUop *
push8_r (MosSoftCpu *cpu, const MosUop *op)
{
  mos_push (cpu, op, *mos_r64 (cpu, op->src), 8);
  return mos_next (cpu, op);
}

static const MosUop *
push_r (MosSoftCpu *cpu, const MosUop *op)
{
  mos_push (cpu, op, mos_reg_get (cpu, op->src, op->width), op->width);
  return mos_next (cpu, op);
}

static const MosUop *
push_i (MosSoftCpu *cpu, const MosUop *op)
{
  mos_push (cpu, op, op->imm, op->width);
  return mos_next (cpu, op);
}

static const MosUop *
push_m (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, FALSE);

  mos_push (cpu, op, mos_load (cpu, op, lin, op->width), op->width);
  return mos_next (cpu, op);
}

static const MosUop *
pop8_r (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 value = mos_top (cpu, op, 8);

  cpu->gpr[MOS_RSP] += 8;
  *mos_r64 (cpu, op->dst) = value;
  return mos_next (cpu, op);
}

static const MosUop *
pop_r (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 value = mos_pop (cpu, op, op->width);

  mos_reg_set (cpu, op->dst, op->width, value);
  return mos_next (cpu, op);
}

/* An address with rSP in it is computed after the pop. */
static const MosUop *
pop_m (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 old = cpu->gpr[MOS_RSP];
  guint64 value = mos_top (cpu, op, op->width);
  guint64 lin;

  mos_sp_add (cpu, op->width);
  cpu->rsp_saved = old;
  cpu->rsp_moved = TRUE;
  lin = mos_ea (cpu, op, op->width, TRUE);
  mos_store (cpu, op, lin, value, op->width);
  cpu->rsp_moved = FALSE;
  return mos_next (cpu, op);
}

static gboolean
lower_push (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  if (mos_lower_is_reg (l, 0)) {
    if (l->operands[0].reg.value > ZYDIS_REGISTER_R15)
      return FALSE;
    op->src = mos_lower_gpr (l->operands[0].reg.value);
    op->fn = op->width == 8 ? push8_r : push_r;
  } else if (mos_lower_is_imm (l, 0)) {
    op->imm = l->operands[0].imm.value.u;
    op->fn = push_i;
  } else {
    op->fn = push_m;
  }
  return TRUE;
}

static gboolean
lower_pop (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  if (mos_lower_is_reg (l, 0)) {
    if (l->operands[0].reg.value > ZYDIS_REGISTER_R15)
      return FALSE;
    op->dst = mos_lower_gpr (l->operands[0].reg.value);
    op->fn = op->width == 8 ? pop8_r : pop_r;
  } else {
    op->fn = pop_m;
  }
  return TRUE;
}

static const MosUop *
pusha (MosSoftCpu *cpu, const MosUop *op)
{
  guint   width = op->width;
  guint64 sp = cpu->gpr[MOS_RSP];

  /* All of the frame first, then nothing can fail. */
  for (guint i = 8; i-- > 0;) {
    guint64 at = (sp - width * (8 - i)) & cpu->sp_mask;

    mos_check_range (cpu, op, mos_stack_linear (cpu, op, at, width, TRUE),
                     width, TRUE);
  }
  for (guint i = 0; i < 8; i++)
    mos_stack_store (cpu, op, (sp - width * (i + 1)) & cpu->sp_mask,
                     mos_reg_get (cpu, i * 8, width), width);
  mos_sp_set (cpu, sp - 8 * width);
  return op + 1;
}

static const MosUop *
popa (MosSoftCpu *cpu, const MosUop *op)
{
  guint   width = op->width;
  guint64 values[8];

  for (guint i = 0; i < 8; i++)
    values[i] = mos_stack_load (
        cpu, op, (cpu->gpr[MOS_RSP] + i * width) & cpu->sp_mask, width);
  for (guint i = 0; i < 8; i++)
    if (7 - i != MOS_RSP)
      mos_reg_set (cpu, (7 - i) * 8, width, values[i]);
  mos_sp_add (cpu, 8 * width);
  return op + 1;
}

/* In virtual-8086 mode with IOPL < 3 both are the monitor's. */
static gboolean
v86_denied (MosSoftCpu *cpu)
{
  return (cpu->key & MOS_KEY_V86) != 0 && mos_iopl (cpu) < 3;
}

static gboolean
has_vme (MosSoftCpu *cpu, const MosUop *op)
{
  return (cpu->cr4 & MOS_CR4_VME) != 0 && op->width == 2;
}

static const MosUop *
pushf (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 flags = mos_flags_get (cpu) & ~(MOS_RFLAGS_RF | MOS_RFLAGS_VM);

  if (v86_denied (cpu)) {
    if (!has_vme (cpu, op))
      mos_fault_gp (cpu, op);
    flags &= ~MOS_RFLAGS_IF;
    if ((cpu->rflags & MOS_RFLAGS_VIF) != 0)
      flags |= MOS_RFLAGS_IF;
    flags |= MOS_RFLAGS_IOPL;
  }
  mos_push (cpu, op, flags, op->width);
  return op + 1;
}

static const MosUop *
popf (MosSoftCpu *cpu, const MosUop *op)
{
  guint   cpl = mos_cpl (cpu);
  guint64 mask = MOS_RFLAGS_ARITHMETIC | MOS_RFLAGS_TF | MOS_RFLAGS_DF |
                 MOS_RFLAGS_NT | MOS_RFLAGS_AC | MOS_RFLAGS_ID;
  guint64 flags = mos_top (cpu, op, op->width);

  if (v86_denied (cpu)) {
    if (!has_vme (cpu, op) || (flags & MOS_RFLAGS_TF) != 0 ||
        ((flags & MOS_RFLAGS_IF) != 0 && (cpu->rflags & MOS_RFLAGS_VIP) != 0))
      mos_fault_gp (cpu, op);
    mask = (mask | MOS_RFLAGS_VIF) & ~MOS_RFLAGS_AC & ~MOS_RFLAGS_ID;
    if ((flags & MOS_RFLAGS_IF) != 0)
      flags |= MOS_RFLAGS_VIF;
    else
      flags &= ~MOS_RFLAGS_VIF;
    mos_sp_add (cpu, op->width);
    mos_flags_load (cpu, flags, mask);
    return mos_leave (cpu, op);
  }
  if (cpl == 0)
    mask |= MOS_RFLAGS_IOPL;
  if (cpl <= mos_iopl (cpu))
    mask |= MOS_RFLAGS_IF;
  if (op->width == 2)
    mask &= 0xffff;
  mos_sp_add (cpu, op->width);
  mos_flags_load (cpu, flags, mask);
  return mos_leave (cpu, op);
}

static gboolean
lower_flags (MosLower *l, const MosSoftInsn *insn)
{
  l->op->width = (guint8) insn->arg;
  l->op->fn = insn->fn;
  l->ends_block = insn->fn == popf;
  return TRUE;
}

/* dst holds the nesting level, imm the size of the frame. */
static const MosUop *
enter (MosSoftCpu *cpu, const MosUop *op)
{
  guint   width = op->width;
  guint   level = op->aux % 32;
  guint64 sp = (cpu->gpr[MOS_RSP] - width) & cpu->sp_mask;
  guint64 frame = sp;
  guint64 bp = cpu->gpr[MOS_RBP];

  mos_stack_store (cpu, op, sp, mos_reg_get (cpu, MOS_RBP * 8, width), width);
  for (guint i = 1; i < level; i++) {
    bp -= width;
    sp = (sp - width) & cpu->sp_mask;
    mos_stack_store (cpu, op, sp,
                     mos_stack_load (cpu, op, bp & cpu->sp_mask, width), width);
  }
  if (level > 0) {
    sp = (sp - width) & cpu->sp_mask;
    mos_stack_store (cpu, op, sp, frame, width);
  }
  sp = (sp - op->imm) & cpu->sp_mask;
  /* The last byte of the frame must be writable, but is not written. */
  mos_check_range (cpu, op, mos_stack_linear (cpu, op, sp, width, TRUE), width,
                   TRUE);
  mos_reg_set (cpu, MOS_RBP * 8, width, frame);
  mos_sp_set (cpu, sp);
  return op + 1;
}

static gboolean
lower_enter (MosLower *l, const MosSoftInsn *insn)
{
  l->op->imm = l->operands[0].imm.value.u;
  l->op->aux = (guint32) l->operands[1].imm.value.u;
  l->op->fn = enter;
  return TRUE;
}

static const MosUop *
leave (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 sp = cpu->gpr[MOS_RBP] & cpu->sp_mask;
  guint64 value = mos_stack_load (cpu, op, sp, op->width);

  mos_sp_set (cpu, sp + op->width);
  mos_reg_set (cpu, MOS_RBP * 8, op->width, value);
  return mos_next (cpu, op);
}

/* clang-format off */
const MosSoftInsn mos_insns_stack[] = {
  { ZYDIS_MNEMONIC_PUSH, lower_push, NULL, 0 },
  { ZYDIS_MNEMONIC_POP, lower_pop, NULL, 0 },
  { ZYDIS_MNEMONIC_PUSHA, mos_lower_simple, pusha, 0 },
  { ZYDIS_MNEMONIC_PUSHAD, mos_lower_simple, pusha, 0 },
  { ZYDIS_MNEMONIC_POPA, mos_lower_simple, popa, 0 },
  { ZYDIS_MNEMONIC_POPAD, mos_lower_simple, popa, 0 },
  { ZYDIS_MNEMONIC_PUSHF, lower_flags, pushf, 2 },
  { ZYDIS_MNEMONIC_PUSHFD, lower_flags, pushf, 4 },
  { ZYDIS_MNEMONIC_PUSHFQ, lower_flags, pushf, 8 },
  { ZYDIS_MNEMONIC_POPF, lower_flags, popf, 2 },
  { ZYDIS_MNEMONIC_POPFD, lower_flags, popf, 4 },
  { ZYDIS_MNEMONIC_POPFQ, lower_flags, popf, 8 },
  { ZYDIS_MNEMONIC_ENTER, lower_enter, NULL, 0 },
  { ZYDIS_MNEMONIC_LEAVE, mos_lower_simple, leave, 0 },
  { 0 }
};
/* clang-format on */
