/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Decoding one instruction into one micro-operation.
 *
 * Zydis says what it is; the index leads to the family's lowering function;
 * this file fills in what all of them share: position, width and the memory
 * operand. What no family wants raises #UD and is counted by name.
 */
#include "engine/cpu/soft/lower.h"

#include <string.h>

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/vector.h"
#include "engine/cpu/soft/fault.h"
#include "engine/cpu/soft/guest.h"
#include "engine/cpu/soft/mmu.h"

#define MAX_ROWS 3

struct MosInsnIndex {
  const MosSoftInsn    *soft[ZYDIS_MNEMONIC_MAX_VALUE + 1][MAX_ROWS];
  const MosInstruction *row[ZYDIS_MNEMONIC_MAX_VALUE + 1];
  const MosFeature     *feature[ZYDIS_ISA_SET_MAX_VALUE + 1];
  ZydisDecoder          decoders[4]; /* real, 16, 32, 64 */
};

MosInsnIndex *
mos_insn_index_new (void)
{
  MosInsnIndex         *self = g_new0 (MosInsnIndex, 1);
  const MosInstruction *row;
  const MosFeature     *feature;

  for (row = mos_instructions; row->mnemonic != ZYDIS_MNEMONIC_INVALID; row++)
    self->row[row->mnemonic] = row;
  for (feature = mos_features; feature->isa_set != ZYDIS_ISA_SET_INVALID;
       feature++)
    self->feature[feature->isa_set] = feature;
  for (guint i = 0; mos_soft_insns[i] != NULL; i++)
    for (const MosSoftInsn *insn = mos_soft_insns[i]; insn->lower != NULL;
         insn++)
      for (guint k = 0; k < MAX_ROWS; k++)
        if (self->soft[insn->mnemonic][k] == NULL) {
          self->soft[insn->mnemonic][k] = insn;
          break;
        }
  ZydisDecoderInit (&self->decoders[0], ZYDIS_MACHINE_MODE_REAL_16,
                    ZYDIS_STACK_WIDTH_16);
  ZydisDecoderInit (&self->decoders[1], ZYDIS_MACHINE_MODE_LEGACY_16,
                    ZYDIS_STACK_WIDTH_16);
  ZydisDecoderInit (&self->decoders[2], ZYDIS_MACHINE_MODE_LEGACY_32,
                    ZYDIS_STACK_WIDTH_32);
  ZydisDecoderInit (&self->decoders[3], ZYDIS_MACHINE_MODE_LONG_64,
                    ZYDIS_STACK_WIDTH_64);
  return self;
}

void
mos_insn_index_free (MosInsnIndex *self)
{
  g_free (self);
}

guint8
mos_lower_gpr (ZydisRegister reg)
{
  if (reg <= ZYDIS_REGISTER_BL)
    return (guint8) ((reg - ZYDIS_REGISTER_AL) * 8);
  if (reg <= ZYDIS_REGISTER_BH)
    return (guint8) ((reg - ZYDIS_REGISTER_AH) * 8 + 1);
  if (reg <= ZYDIS_REGISTER_R15B)
    return (guint8) ((reg - ZYDIS_REGISTER_SPL + 4) * 8);
  return (guint8) (ZydisRegisterGetId (reg) * 8);
}

guint8
mos_lower_number (ZydisRegister reg)
{
  return (guint8) ZydisRegisterGetId (reg);
}

static guint8
reg_offset (ZydisRegister reg)
{
  if (reg >= ZYDIS_REGISTER_AL && reg <= ZYDIS_REGISTER_R15)
    return mos_lower_gpr (reg);
  return mos_lower_number (reg);
}

guint8
mos_lower_override (const MosLower *l, guint8 segment)
{
  static const struct {
    ZydisInstructionAttributes attribute;
    guint8                     segment;
  } overrides[] = {
    { ZYDIS_ATTRIB_HAS_SEGMENT_ES, MOS_SEG_ES },
    { ZYDIS_ATTRIB_HAS_SEGMENT_CS, MOS_SEG_CS },
    { ZYDIS_ATTRIB_HAS_SEGMENT_SS, MOS_SEG_SS },
    { ZYDIS_ATTRIB_HAS_SEGMENT_DS, MOS_SEG_DS },
    { ZYDIS_ATTRIB_HAS_SEGMENT_FS, MOS_SEG_FS },
    { ZYDIS_ATTRIB_HAS_SEGMENT_GS, MOS_SEG_GS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (overrides); i++)
    if ((l->insn->attributes & overrides[i].attribute) != 0)
      return overrides[i].segment;
  return segment;
}

static void
lower_memory (MosLower *l)
{
  const ZydisDecodedOperandMem *mem = &l->memory->mem;
  MosUop                       *op = l->op;

  op->addr = l->insn->address_width / 8;
  op->base = op->index = MOS_OFFSET_ZERO;
  op->disp = (gint32) mem->disp.value;
  if (mem->base == ZYDIS_REGISTER_RIP || mem->base == ZYDIS_REGISTER_EIP) {
    op->base = MOS_OFFSET_RIP;
    op->disp += op->next;
  } else if (mem->base != ZYDIS_REGISTER_NONE) {
    op->base = mos_lower_gpr (mem->base);
  }
  if (mem->index != ZYDIS_REGISTER_NONE) {
    /* VSIB: the index is a vector register's number. */
    op->index = mem->type == ZYDIS_MEMOP_TYPE_VSIB
                    ? mos_lower_number (mem->index)
                    : mos_lower_gpr (mem->index);
    op->scale = mem->scale == 8 ? 3 : mem->scale >> 1;
  }
  op->seg = mem->segment == ZYDIS_REGISTER_NONE
                ? MOS_SEG_DS
                : (guint8) (mem->segment - ZYDIS_REGISTER_ES);
  op->ea = MOS_EA_GENERAL;
  if ((l->key & MOS_KEY_ALIGN) != 0)
    return;
  if ((l->key & MOS_KEY_CS64) != 0) {
    if (op->addr == 8)
      op->ea = MOS_EA_FLAT64;
  } else if (op->addr == 4 && op->seg != MOS_SEG_CS &&
             (l->key & (1u << (MOS_KEY_FLAT_SHIFT + op->seg))) != 0) {
    op->ea = MOS_EA_FLAT32;
  }
}

gboolean
mos_lower_simple (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;
  guint   regs = 0;

  for (guint i = 0; i < l->insn->operand_count_visible; i++) {
    const ZydisDecodedOperand *o = &l->operands[i];

    if (o->type == ZYDIS_OPERAND_TYPE_REGISTER) {
      guint8 offset = reg_offset (o->reg.value);

      if (i == 0)
        op->dst = offset;
      else if (regs <= 1 && (i == 1 || l->memory != NULL))
        op->src = offset;
      else
        op->src2 = offset;
      regs++;
    } else if (o->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
      op->imm = o->imm.value.u;
    }
  }
  op->fn = insn->fn;
  op->aux = insn->arg;
  return insn->fn != NULL;
}

gboolean
mos_lower_last (MosLower *l, const MosSoftInsn *insn)
{
  l->ends_block = TRUE;
  return mos_lower_simple (l, insn);
}

const MosUop *
mos_op_ud (MosSoftCpu *cpu, const MosUop *op)
{
  if (op != NULL) /* always; handlers have a result for the compiler */
    mos_fault_ud (cpu, op);
  return op;
}

const MosUop *
mos_op_nm (MosSoftCpu *cpu, const MosUop *op)
{
  if (op != NULL) /* always; handlers have a result for the compiler */
    mos_fault (cpu, op, MOS_EXC_NM);
  return op;
}

const MosUop *
mos_op_gp (MosSoftCpu *cpu, const MosUop *op)
{
  if (op != NULL) /* always; handlers have a result for the compiler */
    mos_fault_gp (cpu, op);
  return op;
}

const MosUop *
mos_op_nop (MosSoftCpu *cpu, const MosUop *op)
{
  return mos_next (cpu, op);
}

/* #UD for want of us: imm is the mnemonic. */
static const MosUop *
op_unknown (MosSoftCpu *cpu, const MosUop *op)
{
  __atomic_store_n (&cpu->unknown[op->imm], cpu->unknown[op->imm] + 1,
                    __ATOMIC_RELAXED);
  mos_fault_ud (cpu, op);
}

static gboolean
has_feature (MosSoftCpu *cpu, const MosInsnIndex *index, ZydisISASet isa_set)
{
  const MosFeature *feature = index->feature[isa_set];

  if (feature == NULL)
    return FALSE;
  return feature->word == MOS_CPUID_ALWAYS ||
         mos_cpu_has (cpu, feature->word, feature->bit);
}

/* Processors without TZCNT and LZCNT ignore the prefix that makes them; they
 * execute BSF and BSR. */
static void
rename_old (MosSoftCpu              *cpu,
            const MosInsnIndex      *index,
            ZydisDecodedInstruction *insn)
{
  if ((insn->mnemonic != ZYDIS_MNEMONIC_TZCNT &&
       insn->mnemonic != ZYDIS_MNEMONIC_LZCNT) ||
      has_feature (cpu, index, insn->meta.isa_set))
    return;
  insn->mnemonic = insn->mnemonic == ZYDIS_MNEMONIC_TZCNT ? ZYDIS_MNEMONIC_BSF
                                                          : ZYDIS_MNEMONIC_BSR;
  insn->meta.isa_set = ZYDIS_ISA_SET_I386;
}

/* What the host's own units execute for us if no array has it. */
static gboolean
is_vector (const MosLower *l)
{
  if (l->row == NULL)
    return FALSE;
  switch (l->row->family) {
  case MOS_FAMILY_MMX:
  case MOS_FAMILY_SSE:
  case MOS_FAMILY_AVX:
  case MOS_FAMILY_CRYPTO:
    return TRUE;
  case MOS_FAMILY_BITS:
    return l->insn->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX;
  default: /* MOVSD and CMPSD share their names with string instructions */
    return l->insn->mnemonic == ZYDIS_MNEMONIC_MOVSD ||
           l->insn->mnemonic == ZYDIS_MNEMONIC_CMPSD;
  }
}

static gboolean
lower (MosLower *l, const MosInsnIndex *index)
{
  ZydisMnemonic mnemonic = l->insn->mnemonic;

  l->row = index->row[mnemonic];
  l->intercept = l->row != NULL ? l->row->intercept : MOS_INTERCEPT_NONE;
  for (guint i = 0; i < l->insn->operand_count_visible; i++)
    if (l->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
        l->operands[i].visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT) {
      l->memory = &l->operands[i];
      lower_memory (l);
      break;
    }
  for (guint i = 0; i < MAX_ROWS && index->soft[mnemonic][i] != NULL; i++) {
    const MosSoftInsn *insn = index->soft[mnemonic][i];

    if (insn->lower (l, insn))
      return l->op->fn != NULL;
  }
  return is_vector (l) && mos_lower_vector (l, NULL);
}

static const ZydisDecoder *
decoder (const MosInsnIndex *index, guint64 key)
{
  if ((key & MOS_KEY_CS64) != 0)
    return &index->decoders[3];
  if ((key & MOS_KEY_CS32) != 0)
    return &index->decoders[2];
  if ((key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0)
    return &index->decoders[0];
  return &index->decoders[1];
}

/* The gate of guest.h before the operation in @op. */
static void
add_gate (MosUop *op, MosIntercept what)
{
  op[1] = op[0];
  memset (op, 0, sizeof *op);
  op->fn = mos_op_gate;
  op->aux = what;
  op->next = (guint16) (op[1].next - op[1].len);
  op->count = (guint8) (op[1].count - 1);
}

guint
mos_lower_one (MosSoftCpu   *cpu,
               const guint8 *code,
               guint         size,
               MosUop       *op,
               gboolean     *ends,
               gboolean     *before)
{
  const MosInsnIndex     *index = cpu->cpus->insns;
  ZydisDecodedInstruction insn;
  ZydisDecodedOperand     operands[ZYDIS_MAX_OPERAND_COUNT];
  MosLower                l = {
                   .cpu = cpu, .key = cpu->key, .insn = &insn, .op = op, .operands = operands
  };
  ZyanStatus status;

  op->base = op->index = MOS_OFFSET_ZERO;
  op->seg = MOS_SEG_DS;
  op->count++;
  status = mos_decode (decoder (index, cpu->key), code, MIN (size, 15), &insn,
                       operands);
  if (status == ZYDIS_STATUS_NO_MORE_DATA && size < 15)
    return 0;
  if (!ZYAN_SUCCESS (status)) {
    op->fn = status == ZYDIS_STATUS_NO_MORE_DATA ||
                     status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG
                 ? mos_op_gp
                 : mos_op_ud;
    op->len = 1;
    op->next += 1;
    *ends = TRUE;
    return 1;
  }
  op->len = insn.length;
  op->next = (guint16) (op->next + insn.length);
  op->width = insn.operand_width / 8;
  op->addr = insn.address_width / 8;
  rename_old (cpu, index, &insn);
  if (!has_feature (cpu, index, insn.meta.isa_set) || !lower (&l, index)) {
    op->fn = op_unknown;
    op->imm = insn.mnemonic;
    l.ends_block = TRUE;
  }
  *ends = l.ends_block || op->fn == mos_op_ud;
  *before = l.begins_block;
  if (G_UNLIKELY ((cpu->key & MOS_KEY_GUEST) != 0) &&
      l.intercept != MOS_INTERCEPT_NONE && op->fn != op_unknown &&
      op->fn != mos_op_ud) {
    add_gate (op, l.intercept);
    *before = TRUE; /* events that wait come before an exit */
  }
  return insn.length;
}
