/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Instructions that leave the segment or the privilege level.
 *
 * The work is in transfer.c and interrupt.c; here are operands, and the fast
 * system calls. All end their block.
 */
#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/interrupt.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/segment.h"

/* RIP and mode have been set: accounts the instructions and goes on there. */
static const MosUop *
arrived (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->budget -= op->count;
  return mos_arrive (cpu, op);
}

static guint64
next_rip (MosSoftCpu *cpu, const MosUop *op)
{
  return cpu->gpr[MOS_SLOT_RIP] + op->next;
}

/* imm: offset, aux: selector; or both from memory (src2). */
static void
far_target (MosSoftCpu   *cpu,
            const MosUop *op,
            guint16      *selector,
            guint64      *offset)
{
  guint64 lin;

  if (op->src2 == 0) {
    *selector = (guint16) op->aux;
    *offset = op->imm;
    return;
  }
  lin = mos_ea (cpu, op, op->width + 2, FALSE);
  *offset = mos_load (cpu, op, lin, op->width);
  *selector = (guint16) mos_load (cpu, op, lin + op->width, 2);
}

static const MosUop *
jmp_far (MosSoftCpu *cpu, const MosUop *op)
{
  guint16 selector;
  guint64 offset;

  far_target (cpu, op, &selector, &offset);
  mos_far_jump (cpu, op, selector, offset, op->width);
  return arrived (cpu, op);
}

static const MosUop *
call_far (MosSoftCpu *cpu, const MosUop *op)
{
  guint16 selector;
  guint64 offset;

  far_target (cpu, op, &selector, &offset);
  mos_far_call (cpu, op, selector, offset, op->width, next_rip (cpu, op));
  return arrived (cpu, op);
}

static const MosUop *
ret_far (MosSoftCpu *cpu, const MosUop *op)
{
  mos_far_return (cpu, op, op->width, (guint) op->imm);
  return arrived (cpu, op);
}

static gboolean
lower_far (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  if (l->insn->meta.branch_type != ZYDIS_BRANCH_TYPE_FAR)
    return FALSE;
  if (l->operands[0].type == ZYDIS_OPERAND_TYPE_POINTER) {
    op->imm = l->operands[0].ptr.offset;
    op->aux = l->operands[0].ptr.segment;
  } else if (l->memory != NULL) {
    op->src2 = 1;
  } else if (mos_lower_is_imm (l, 0)) {
    op->imm = l->operands[0].imm.value.u;
  }
  op->fn = insn->fn;
  l->ends_block = TRUE;
  return TRUE;
}

static const MosUop *
iret (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->step_off = TRUE;
  mos_interrupt_return (cpu, op, op->aux);
  cpu->step_off = FALSE;
  return arrived (cpu, op);
}

/* imm: vector. */
static const MosUop *
int_n (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 next = next_rip (cpu, op);

  if ((cpu->key & MOS_KEY_V86) != 0) {
    if (mos_interrupt_v86 (cpu, op, (guint) op->imm, next))
      return arrived (cpu, op);
    if (mos_iopl (cpu) < 3)
      mos_fault_gp (cpu, op);
  }
  mos_interrupt_software (cpu, op, (guint) op->imm, next,
                          MOS_DELIVERY_SOFTWARE);
  cpu->step_off = TRUE;
  return arrived (cpu, op);
}

static const MosUop *
int3 (MosSoftCpu *cpu, const MosUop *op)
{
  mos_interrupt_software (cpu, op, MOS_EXC_BP, next_rip (cpu, op),
                          MOS_DELIVERY_SOFTWARE_EXCEPTION);
  cpu->step_off = TRUE;
  return arrived (cpu, op);
}

static const MosUop *
int1 (MosSoftCpu *cpu, const MosUop *op)
{
  mos_interrupt_software (cpu, op, MOS_EXC_DB, next_rip (cpu, op),
                          MOS_DELIVERY_INT1);
  cpu->step_off = TRUE;
  return arrived (cpu, op);
}

static const MosUop *
into (MosSoftCpu *cpu, const MosUop *op)
{
  if ((cpu->fl & MOS_FL_OF) == 0)
    return mos_leave (cpu, op);
  mos_interrupt_software (cpu, op, MOS_EXC_OF, next_rip (cpu, op),
                          MOS_DELIVERY_SOFTWARE_EXCEPTION);
  return arrived (cpu, op);
}

static const MosUop *
bound (MosSoftCpu *cpu, const MosUop *op)
{
  guint   bits = 8 * op->width;
  guint64 lin = mos_ea (cpu, op, 2 * op->width, FALSE);
  gint64  low = (gint64) (mos_load (cpu, op, lin, op->width) << (64 - bits));
  gint64  high =
      (gint64) (mos_load (cpu, op, lin + op->width, op->width) << (64 - bits));
  gint64 index =
      (gint64) (mos_reg_get (cpu, op->dst, op->width) << (64 - bits));

  if (index < low || index > high)
    mos_fault (cpu, op, MOS_EXC_BR);
  return op + 1;
}

static void
flat_segment (MosSegment *s, guint16 selector, guint8 type, guint8 dpl)
{
  *s = (MosSegment){ .selector = selector,
                     .limit = 0xffffffff,
                     .type = type,
                     .s = 1,
                     .dpl = dpl,
                     .present = 1,
                     .db = 1,
                     .g = 1 };
}

static void
set_flat (MosSoftCpu *cpu, guint16 cs, guint16 ss, guint dpl, gboolean wide)
{
  flat_segment (&cpu->seg[MOS_SEG_CS], cs, 11, (guint8) dpl);
  flat_segment (&cpu->seg[MOS_SEG_SS], ss, 3, (guint8) dpl);
  cpu->seg[MOS_SEG_CS].l = wide;
  cpu->seg[MOS_SEG_CS].db = !wide;
}

static const MosUop *
syscall_op (MosSoftCpu *cpu, const MosUop *op)
{
  guint16 cs = (guint16) ((cpu->star >> 32) & 0xfffc);
  guint64 next = next_rip (cpu, op);

  if ((cpu->efer & MOS_EFER_SCE) == 0 || (cpu->key & MOS_KEY_REAL) != 0)
    mos_fault_ud (cpu, op);
  if ((cpu->key & MOS_KEY_LMA) != 0) {
    gboolean cs64 = (cpu->key & MOS_KEY_CS64) != 0;

    cpu->gpr[MOS_RCX] = next;
    cpu->gpr[MOS_R11] = mos_flags_get (cpu);
    mos_flags_load (cpu, 0, (cpu->sfmask | MOS_RFLAGS_RF) & ~MOS_RFLAGS_ONE);
    set_flat (cpu, cs, (guint16) (cs + 8), 0, TRUE);
    cpu->gpr[MOS_SLOT_RIP] = cs64 ? cpu->lstar : cpu->cstar;
  } else {
    cpu->gpr[MOS_RCX] = (guint32) next;
    mos_flags_load (cpu, 0, MOS_RFLAGS_IF | MOS_RFLAGS_VM | MOS_RFLAGS_RF);
    set_flat (cpu, cs, (guint16) (cs + 8), 0, FALSE);
    cpu->gpr[MOS_SLOT_RIP] = (guint32) cpu->star;
  }
  mos_mode_update (cpu);
  return arrived (cpu, op);
}

static const MosUop *
sysret (MosSoftCpu *cpu, const MosUop *op)
{
  guint16 base = (guint16) (cpu->star >> 48);
  guint64 flags = cpu->gpr[MOS_R11];
  guint64 rip = cpu->gpr[MOS_RCX];

  if ((cpu->efer & MOS_EFER_SCE) == 0 || (cpu->key & MOS_KEY_REAL) != 0)
    mos_fault_ud (cpu, op);
  if (mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
  if ((cpu->key & MOS_KEY_CS64) != 0) {
    gboolean wide = op->width == 8;

    if (wide && !mos_is_canonical (rip) &&
        cpu->cpus->vendor == MOS_VENDOR_INTEL)
      mos_fault_gp (cpu, op);
    mos_flags_load (cpu, flags,
                    MOS_RFLAGS_DEFINED & ~(MOS_RFLAGS_RF | MOS_RFLAGS_VM));
    set_flat (cpu, (guint16) ((wide ? base + 16 : base) | 3),
              (guint16) ((base + 8) | 3), 3, wide);
    cpu->gpr[MOS_SLOT_RIP] = wide ? rip : (guint32) rip;
  } else {
    mos_flags_load (cpu, MOS_RFLAGS_IF, MOS_RFLAGS_IF);
    set_flat (cpu, (guint16) (base | 3), (guint16) ((base + 8) | 3), 3, FALSE);
    cpu->gpr[MOS_SLOT_RIP] = (guint32) rip;
  }
  mos_mode_update (cpu);
  return arrived (cpu, op);
}

static const MosUop *
sysenter (MosSoftCpu *cpu, const MosUop *op)
{
  guint16  cs = (guint16) (cpu->sysenter_cs & 0xfffc);
  gboolean lma = mos_long_mode (cpu);

  if ((cpu->key & MOS_KEY_REAL) != 0 || cs == 0)
    mos_fault_gp (cpu, op);
  mos_flags_load (cpu, 0, MOS_RFLAGS_VM | MOS_RFLAGS_IF | MOS_RFLAGS_RF);
  set_flat (cpu, cs, (guint16) (cs + 8), 0, lma);
  cpu->gpr[MOS_RSP] = lma ? cpu->sysenter_esp : (guint32) cpu->sysenter_esp;
  cpu->gpr[MOS_SLOT_RIP] =
      lma ? cpu->sysenter_eip : (guint32) cpu->sysenter_eip;
  mos_mode_update (cpu);
  return arrived (cpu, op);
}

static const MosUop *
sysexit (MosSoftCpu *cpu, const MosUop *op)
{
  guint16  cs = (guint16) (cpu->sysenter_cs & 0xfffc);
  gboolean wide = op->width == 8;

  if ((cpu->key & MOS_KEY_REAL) != 0 || cs == 0 || mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
  if (wide && (!mos_is_canonical (cpu->gpr[MOS_RCX]) ||
               !mos_is_canonical (cpu->gpr[MOS_RDX])))
    mos_fault_gp (cpu, op);
  set_flat (cpu, (guint16) ((cs + (wide ? 32 : 16)) | 3),
            (guint16) ((cs + (wide ? 40 : 24)) | 3), 3, wide);
  cpu->gpr[MOS_RSP] = wide ? cpu->gpr[MOS_RCX] : (guint32) cpu->gpr[MOS_RCX];
  cpu->gpr[MOS_SLOT_RIP] =
      wide ? cpu->gpr[MOS_RDX] : (guint32) cpu->gpr[MOS_RDX];
  mos_mode_update (cpu);
  return arrived (cpu, op);
}

/* AMD's processors have SYSENTER and SYSEXIT in legacy mode only. */
static gboolean
lower_sysenter (MosLower *l, const MosSoftInsn *insn)
{
  if ((l->key & MOS_KEY_LMA) != 0 && l->cpu->cpus->vendor == MOS_VENDOR_AMD) {
    l->op->fn = mos_op_ud;
    return TRUE;
  }
  return mos_lower_last (l, insn);
}

/* Intel's have SYSCALL in 64-bit mode only. */
static gboolean
lower_syscall (MosLower *l, const MosSoftInsn *insn)
{
  if ((l->key & MOS_KEY_CS64) == 0 &&
      l->cpu->cpus->vendor == MOS_VENDOR_INTEL) {
    l->op->fn = mos_op_ud;
    return TRUE;
  }
  l->op->width =
      (l->insn->attributes & ZYDIS_ATTRIB_HAS_REX) != 0 && l->insn->raw.rex.W
          ? 8
          : 4;
  l->op->fn = insn->fn;
  l->ends_block = TRUE;
  return TRUE;
}

static gboolean
lower_sysexit (MosLower *l, const MosSoftInsn *insn)
{
  if (!lower_sysenter (l, insn))
    return FALSE;
  l->op->width =
      (l->insn->attributes & ZYDIS_ATTRIB_HAS_REX) != 0 && l->insn->raw.rex.W
          ? 8
          : 4;
  return TRUE;
}

/* clang-format off */
const MosSoftInsn mos_insns_far[] = {
  { ZYDIS_MNEMONIC_JMP, lower_far, jmp_far, 0 },
  { ZYDIS_MNEMONIC_CALL, lower_far, call_far, 0 },
  { ZYDIS_MNEMONIC_RET, lower_far, ret_far, 0 },
  { ZYDIS_MNEMONIC_IRET, mos_lower_last, iret, 2 },
  { ZYDIS_MNEMONIC_IRETD, mos_lower_last, iret, 4 },
  { ZYDIS_MNEMONIC_IRETQ, mos_lower_last, iret, 8 },
  { ZYDIS_MNEMONIC_INT, mos_lower_last, int_n, 0 },
  { ZYDIS_MNEMONIC_INT3, mos_lower_last, int3, 0 },
  { ZYDIS_MNEMONIC_INT1, mos_lower_last, int1, 0 },
  { ZYDIS_MNEMONIC_INTO, mos_lower_last, into, 0 },
  { ZYDIS_MNEMONIC_BOUND, mos_lower_simple, bound, 0 },
  { ZYDIS_MNEMONIC_SYSCALL, lower_syscall, syscall_op, 0 },
  { ZYDIS_MNEMONIC_SYSRET, lower_syscall, sysret, 0 },
  { ZYDIS_MNEMONIC_SYSENTER, lower_sysenter, sysenter, 0 },
  { ZYDIS_MNEMONIC_SYSEXIT, lower_sysexit, sysexit, 0 },
  { 0 }
};
/* clang-format on */
