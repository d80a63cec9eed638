/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Shifts and rotates; SHLD and SHRD.
 *
 * All run as the host's own instruction with the guest's flags loaded, so a
 * count of zero leaves them and undefined ones are the silicon's.
 */
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/handlers.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/exec/templates-more.h"
#include "engine/cpu/soft/lower.h"

static gboolean
lower_shift (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;
  guint   by_cl = mos_lower_is_reg (l, 1) ? 1 : 0;
  guint   in_memory = mos_lower_is_mem (l, 0) ? 2 : 0;

  op->width = (guint8) mos_lower_size (l, 0);
  if (in_memory == 0)
    op->dst = mos_lower_gpr (l->operands[0].reg.value);
  op->imm = mos_lower_is_imm (l, 1) ? l->operands[1].imm.value.u : 1;
  op->fn = mos_shift_handlers[insn->arg][mos_width_index (op->width)]
                             [in_memory + by_cl];
  return TRUE;
}

static guint64
shld (guint64 a, guint64 b, guint8 count, guint width, guint16 *fl)
{
  guint16 f = *fl;

  if (width == 2)
    asm("addb $0x7f, %%al\n\tsahf\n\tshldw %%cl, %w3, %w0\n\t"
        "lahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "c"(count), "r"(b)
        : "cc");
  else if (width == 4)
    asm("addb $0x7f, %%al\n\tsahf\n\tshldl %%cl, %k3, %k0\n\t"
        "lahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "c"(count), "r"(b)
        : "cc");
  else
    asm("addb $0x7f, %%al\n\tsahf\n\tshldq %%cl, %q3, %q0\n\t"
        "lahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "c"(count), "r"(b)
        : "cc");
  *fl = f;
  return a;
}

static guint64
shrd (guint64 a, guint64 b, guint8 count, guint width, guint16 *fl)
{
  guint16 f = *fl;

  if (width == 2)
    asm("addb $0x7f, %%al\n\tsahf\n\tshrdw %%cl, %w3, %w0\n\t"
        "lahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "c"(count), "r"(b)
        : "cc");
  else if (width == 4)
    asm("addb $0x7f, %%al\n\tsahf\n\tshrdl %%cl, %k3, %k0\n\t"
        "lahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "c"(count), "r"(b)
        : "cc");
  else
    asm("addb $0x7f, %%al\n\tsahf\n\tshrdq %%cl, %q3, %q0\n\t"
        "lahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "c"(count), "r"(b)
        : "cc");
  *fl = f;
  return a;
}

/* aux bit 0: right; bit 1: by CL. */
static const MosUop *
double_shift (MosSoftCpu *cpu, const MosUop *op)
{
  guint8 count =
      (op->aux & 2) != 0 ? *mos_r8 (cpu, MOS_RCX * 8) : (guint8) op->imm;
  guint64  b = mos_reg_get (cpu, op->src, op->width);
  gboolean in_memory = op->src2 != 0;
  guint64  lin = in_memory ? mos_ea (cpu, op, op->width, TRUE) : 0;
  guint64  a;
  guint16  fl = cpu->fl;

  /* A read for writing, so that a read-only page faults as such. */
  if (in_memory)
    mos_rmw (cpu, op, lin, op->width);
  a = in_memory ? mos_load (cpu, op, lin, op->width)
                : mos_reg_get (cpu, op->dst, op->width);
  a = (op->aux & 1) != 0 ? shrd (a, b, count, op->width, &fl)
                         : shld (a, b, count, op->width, &fl);
  if (in_memory)
    mos_store (cpu, op, lin, a, op->width);
  else
    mos_reg_set (cpu, op->dst, op->width, a);
  cpu->fl = fl;
  return op + 1;
}

static gboolean
lower_double (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  op->width = (guint8) mos_lower_size (l, 0);
  if (mos_lower_is_reg (l, 0))
    op->dst = mos_lower_gpr (l->operands[0].reg.value);
  op->src2 = l->memory != NULL;
  op->src = mos_lower_gpr (l->operands[1].reg.value);
  op->aux = insn->arg;
  if (mos_lower_is_imm (l, 2))
    op->imm = l->operands[2].imm.value.u;
  else
    op->aux |= 2;
  op->fn = double_shift;
  return TRUE;
}

/* clang-format off */
const MosSoftInsn mos_insns_shift[] = {
  { ZYDIS_MNEMONIC_ROL, lower_shift, NULL, MOS_SHIFT_ROL },
  { ZYDIS_MNEMONIC_ROR, lower_shift, NULL, MOS_SHIFT_ROR },
  { ZYDIS_MNEMONIC_RCL, lower_shift, NULL, MOS_SHIFT_RCL },
  { ZYDIS_MNEMONIC_RCR, lower_shift, NULL, MOS_SHIFT_RCR },
  { ZYDIS_MNEMONIC_SHL, lower_shift, NULL, MOS_SHIFT_SHL },
  { ZYDIS_MNEMONIC_SHR, lower_shift, NULL, MOS_SHIFT_SHR },
  { ZYDIS_MNEMONIC_SAR, lower_shift, NULL, MOS_SHIFT_SAR },
  { ZYDIS_MNEMONIC_SHLD, lower_double, NULL, 0 },
  { ZYDIS_MNEMONIC_SHRD, lower_double, NULL, 1 },
  { 0 }
};
/* clang-format on */
