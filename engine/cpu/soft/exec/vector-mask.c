/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Vector instructions that a thunk cannot do, because which memory they touch
 * depends on a register: masked moves and gathers. And MXCSR, VZEROALL.
 *
 * An element whose mask bit is clear is not accessed and cannot fault. Gathers
 * write each element and clear its mask as they go, so after a fault they are
 * resumed (Intel SDM volume 2, "VPGATHERDD").
 */
#include <string.h>

#include "engine/cpu/soft/exec/families.h"
#include "engine/cpu/soft/exec/fpu.h"
#include "engine/cpu/soft/exec/vector.h"

/* -- MASKMOVQ, MASKMOVDQU ------------------------------------------------ */

static void
store_masked_bytes (MosSoftCpu   *cpu,
                    const MosUop *op,
                    const guint8 *data,
                    const guint8 *mask,
                    guint         n)
{
  guint64 rdi = *mos_r64 (cpu, MOS_RDI * 8);

  if (op->addr == 2)
    rdi = (guint16) rdi;
  else if (op->addr == 4)
    rdi = (guint32) rdi;
  for (guint pass = 0; pass < 2; pass++) {
    for (guint i = 0; i < n; i++) {
      guint64 lin;

      if ((mask[i] & 0x80) == 0)
        continue;
      lin = mos_linear (cpu, op, op->seg, rdi + i, 1, TRUE);
      if (pass == 0)
        mos_check_range (cpu, op, lin, 1, TRUE);
      else
        mos_store (cpu, op, lin, data[i], 1);
    }
  }
}

static const MosUop *
maskmovdqu (MosSoftCpu *cpu, const MosUop *op)
{
  store_masked_bytes (cpu, op, cpu->fpu.v[op->dst].u8, cpu->fpu.v[op->src].u8,
                      16);
  return op + 1;
}

static const MosUop *
maskmovq (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 data, mask;

  mos_mmx_enter (cpu, op);
  data = cpu->fpu.st[op->dst].mantissa;
  mask = cpu->fpu.st[op->src].mantissa;
  store_masked_bytes (cpu, op, (const guint8 *) &data, (const guint8 *) &mask,
                      8);
  return op + 1;
}

/* -- VMASKMOV, VPMASKMOV ------------------------------------------------- */

static gboolean
is_chosen (const MosVector *mask, guint i, guint size)
{
  return size == 4 ? mask->u32[i] >> 31 != 0 : mask->u64[i] >> 63 != 0;
}

/* dst = memory where src (the mask) has the sign bit; aux: element size. */
static const MosUop *
mask_load (MosSoftCpu *cpu, const MosUop *op)
{
  const MosVector *mask = &cpu->fpu.v[op->src];
  guint            size = op->aux;
  guint64          lin = mos_ea (cpu, op, size, FALSE);
  MosVector        result = { .u64 = { 0 } };

  for (guint i = 0; i < op->width / size; i++) {
    guint64 value;

    if (!is_chosen (mask, i, size))
      continue;
    value = mos_load (cpu, op, lin + i * size, size);
    memcpy (&result.u8[i * size], &value, size);
  }
  cpu->fpu.v[op->dst] = result;
  return op + 1;
}

static const MosUop *
mask_store (MosSoftCpu *cpu, const MosUop *op)
{
  const MosVector *mask = &cpu->fpu.v[op->src];
  const MosVector *data = &cpu->fpu.v[op->src2];
  guint            size = op->aux;
  guint64          lin = mos_ea (cpu, op, size, TRUE);

  for (guint pass = 0; pass < 2; pass++) {
    for (guint i = 0; i < op->width / size; i++) {
      guint64 value = 0;

      if (!is_chosen (mask, i, size))
        continue;
      memcpy (&value, &data->u8[i * size], size);
      if (pass == 0)
        mos_check_range (cpu, op, lin + i * size, size, TRUE);
      else
        mos_store (cpu, op, lin + i * size, value, size);
    }
  }
  return op + 1;
}

/* -- gathers ------------------------------------------------------------- */

enum {
  WIDE_INDEX = 1u << 8 /* aux: indices are 64 bits; low byte: element size */
};

static guint64
gather_offset (MosSoftCpu *cpu, const MosUop *op, guint i)
{
  const MosVector *index = &cpu->fpu.v[op->index];
  gint64           part = (op->aux & WIDE_INDEX) != 0 ? (gint64) index->u64[i]
                                                      : (gint64) (gint32) index->u32[i];
  guint64 offset = *mos_r64 (cpu, op->base) + ((guint64) part << op->scale) +
                   (guint64) (gint64) op->disp;

  return op->addr == 4 ? (guint32) offset : offset;
}

static const MosUop *
gather (MosSoftCpu *cpu, const MosUop *op)
{
  MosVector *dst = &cpu->fpu.v[op->dst];
  MosVector *mask = &cpu->fpu.v[op->src2];
  guint      size = op->aux & 0xff;
  guint      index_size = (op->aux & WIDE_INDEX) != 0 ? 8 : 4;
  guint      n = op->width / MAX (size, index_size);

  /* All sign bits are spread first, so that a resumed one sees the same. */
  for (guint i = 0; i < n; i++) {
    guint64 ones = is_chosen (mask, i, size) ? G_MAXUINT64 : 0;

    memcpy (&mask->u8[i * size], &ones, size);
  }
  for (guint i = 0; i < n; i++) {
    guint64 lin, value, zero = 0;

    if (!is_chosen (mask, i, size))
      continue;
    lin =
        mos_linear (cpu, op, op->seg, gather_offset (cpu, op, i), size, FALSE);
    value = mos_load (cpu, op, lin, size);
    memcpy (&dst->u8[i * size], &value, size);
    memcpy (&mask->u8[i * size], &zero, size);
  }
  memset (&dst->u8[n * size], 0, sizeof *dst - n * size);
  memset (mask, 0, sizeof *mask);
  return op + 1;
}

/* -- MXCSR, VZERO -------------------------------------------------------- */

static const MosUop *
ldmxcsr (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 4, FALSE);
  guint64 value = mos_load (cpu, op, lin, 4);

  if ((value & ~(guint64) MOS_MXCSR_MASK) != 0)
    mos_fault_gp (cpu, op);
  mos_mxcsr_settle (cpu);
  cpu->fpu.mxcsr = (guint32) value;
  return op + 1;
}

static const MosUop *
stmxcsr (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 4, TRUE);

  mos_mxcsr_settle (cpu);
  mos_store (cpu, op, lin, cpu->fpu.mxcsr, 4);
  return op + 1;
}

/* Outside 64-bit mode only the first eight registers are cleared. */
static const MosUop *
vzero (MosSoftCpu *cpu, const MosUop *op)
{
  guint n = (cpu->key & MOS_KEY_CS64) != 0 ? 16 : 8;

  for (guint i = 0; i < n; i++) {
    guint keep = op->aux;

    memset (&cpu->fpu.v[i].u8[keep], 0, sizeof (MosVector) - keep);
  }
  return op + 1;
}

/* -- lowering ------------------------------------------------------------ */

static gboolean
lower_gated (MosLower *l, const MosSoftInsn *insn)
{
  MosHandler gate = mos_vector_gate (l);

  l->op->fn = gate != NULL ? gate : insn->fn;
  l->op->aux = insn->arg;
  return TRUE;
}

/* The hidden memory operand's segment and address size. */
static gboolean
lower_maskmov (MosLower *l, const MosSoftInsn *insn)
{
  ZydisRegister segment = ZYDIS_REGISTER_DS;

  for (guint i = 0; i < l->insn->operand_count; i++) {
    if (l->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
      segment = l->operands[i].mem.segment;
  }
  l->op->seg = (guint8) ZydisRegisterGetId (segment);
  l->op->addr = (guint8) (l->insn->address_width / 8);
  l->op->dst = mos_lower_number (l->operands[0].reg.value);
  l->op->src = mos_lower_number (l->operands[1].reg.value);
  return lower_gated (l, insn);
}

/* VMASKMOV: register, mask, memory; or memory, mask, register. */
static gboolean
lower_masked (MosLower *l, const MosSoftInsn *insn)
{
  gboolean store = mos_lower_is_mem (l, 0);

  lower_gated (l, insn);
  l->op->src = mos_lower_number (l->operands[1].reg.value);
  l->op->width = (guint8) mos_lower_size (l, 1);
  if (l->op->fn != NULL)
    return TRUE;
  if (store)
    l->op->src2 = mos_lower_number (l->operands[2].reg.value);
  else
    l->op->dst = mos_lower_number (l->operands[0].reg.value);
  l->op->fn = store ? mask_store : mask_load;
  return TRUE;
}

static gboolean
lower_gather (MosLower *l, const MosSoftInsn *insn)
{
  const ZydisDecodedOperand *operands = l->operands;
  MosUop                    *op = l->op;

  lower_gated (l, insn);
  op->dst = mos_lower_number (operands[0].reg.value);
  op->src2 = mos_lower_number (operands[2].reg.value);
  op->index = mos_lower_number (operands[1].mem.index);
  /* Registers must differ, or #UD. */
  if (op->dst == op->src2 || op->dst == op->index || op->src2 == op->index)
    return FALSE;
  op->base = operands[1].mem.base == ZYDIS_REGISTER_NONE
                 ? MOS_OFFSET_ZERO
                 : mos_lower_gpr (operands[1].mem.base);
  op->scale = (guint8) g_bit_nth_lsf (MAX (operands[1].mem.scale, 1), -1);
  op->disp = (gint32) operands[1].mem.disp.value;
  op->seg = (guint8) ZydisRegisterGetId (operands[1].mem.segment);
  op->addr = (guint8) (l->insn->address_width / 8);
  /* As many elements as the wider of index and data registers hold. */
  op->width = (guint8) (l->insn->raw.vex.L != 0 ? 32 : 16);
  return TRUE;
}

/* clang-format off */
#define M(name) ZYDIS_MNEMONIC_##name
const MosSoftInsn mos_soft_vector_masks[] = {
  { M (MASKMOVQ), lower_maskmov, maskmovq, 0 },
  { M (MASKMOVDQU), lower_maskmov, maskmovdqu, 0 },
  { M (VMASKMOVDQU), lower_maskmov, maskmovdqu, 0 },
  { M (VMASKMOVPS), lower_masked, NULL, 4 },
  { M (VMASKMOVPD), lower_masked, NULL, 8 },
  { M (VPMASKMOVD), lower_masked, NULL, 4 },
  { M (VPMASKMOVQ), lower_masked, NULL, 8 },
  { M (VGATHERDPS), lower_gather, gather, 4 },
  { M (VGATHERDPD), lower_gather, gather, 8 },
  { M (VGATHERQPS), lower_gather, gather, 4 | WIDE_INDEX },
  { M (VGATHERQPD), lower_gather, gather, 8 | WIDE_INDEX },
  { M (VPGATHERDD), lower_gather, gather, 4 },
  { M (VPGATHERDQ), lower_gather, gather, 8 },
  { M (VPGATHERQD), lower_gather, gather, 4 | WIDE_INDEX },
  { M (VPGATHERQQ), lower_gather, gather, 8 | WIDE_INDEX },
  { M (LDMXCSR), lower_gated, ldmxcsr, 0 },
  { M (STMXCSR), lower_gated, stmxcsr, 0 },
  { M (VLDMXCSR), lower_gated, ldmxcsr, 0 },
  { M (VSTMXCSR), lower_gated, stmxcsr, 0 },
  { M (VZEROALL), lower_gated, vzero, 0 },
  { M (VZEROUPPER), lower_gated, vzero, 16 },
  { 0, NULL, NULL, 0 },
};
