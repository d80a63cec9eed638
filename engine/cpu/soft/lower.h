/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * From a decoded instruction to a micro-operation.
 *
 * Each file in exec/ exports a constant array of MosSoftInsn: a mnemonic and
 * the function that lowers it. Before that function runs, the operation has
 * its position (next, len, count), its width (Zydis's operand width) and, if
 * the instruction has a memory operand, base, index, scale, disp, seg, ea and
 * addr. The function chooses a handler and fills in the rest. Returning FALSE
 * means #UD.
 *
 * What is true of the instruction on any processor (feature, flags, who may
 * execute it) stands in engine/cpu/x86/instructions.h; the features are
 * checked before the function is called.
 */
#pragma once

#include <Zydis/Zydis.h>

#include "engine/cpu/soft/cpu.h"
#include "engine/cpu/x86/instructions.h"

G_BEGIN_DECLS

typedef struct MosLower    MosLower;
typedef struct MosSoftInsn MosSoftInsn;

typedef gboolean (*MosLowerFunc) (MosLower *l, const MosSoftInsn *insn);

struct MosSoftInsn {
  ZydisMnemonic mnemonic;
  MosLowerFunc  lower;
  MosHandler    fn;  /* for mos_lower_simple() and families with one handler */
  guint32       arg; /* the family's own */
};

struct MosLower {
  MosSoftCpu                    *cpu;
  guint64                        key; /* MOS_KEY_… the block is made for */
  const MosInstruction          *row;
  const ZydisDecodedInstruction *insn;
  const ZydisDecodedOperand     *operands;
  const ZydisDecodedOperand     *memory; /* the explicit one, or NULL */
  MosUop                        *op;
  gboolean                       ends_block; /* set by the function */
  /* set by the function: interrupts come before it */
  gboolean     begins_block;
  MosIntercept intercept; /* the row's; operands may tell more */
};

/* Looking up by mnemonic and extension; built once for all processors. */
typedef struct MosInsnIndex MosInsnIndex;

MosInsnIndex *mos_insn_index_new (void);
void          mos_insn_index_free (MosInsnIndex *self);

/*
 * Decodes the instruction at @code (up to @size bytes, at most 15) and fills
 * in @op, whose next, count and fused are its predecessor's. Sets @ends: the
 * block ends with it; @before: it must be the first of its block. Returns its
 * length; 0: it goes on behind @size. What cannot be decoded or executed
 * becomes an operation that raises #UD, with length 1. In guest mode an
 * instruction that may be intercepted becomes two: @op must have room.
 */
guint mos_lower_one (MosSoftCpu   *cpu,
                     const guint8 *code,
                     guint         size,
                     MosUop       *op,
                     gboolean     *ends,
                     gboolean     *before);

/* Makes one of a comparison and the conditional jump behind it, in @first. */
gboolean mos_lower_fuse (MosUop *first, const MosUop *second);

/* All instructions we execute; arrays end with a row without function. */
extern const MosSoftInsn *const mos_soft_insns[];

/* op->fn = insn->fn, op->aux = insn->arg; src and dst from the first two
 * operands if they are registers, imm from an immediate. */
gboolean mos_lower_simple (MosLower *l, const MosSoftInsn *insn);
/* The same and the block ends; the handler returns mos_leave() or jumps. */
gboolean mos_lower_last (MosLower *l, const MosSoftInsn *insn);

/* Byte offset of a general register of any width (AH: 1). */
guint8 mos_lower_gpr (ZydisRegister reg);
/* Number of a register of any other class: XMM3, YMM3, MM3, ST3: 3. */
guint8 mos_lower_number (ZydisRegister reg);

/* The segment of a hidden memory operand: an override, or @segment. */
guint8 mos_lower_override (const MosLower *l, guint8 segment);

static inline gboolean
mos_lower_is_reg (const MosLower *l, guint operand)
{
  return operand < l->insn->operand_count_visible &&
         l->operands[operand].type == ZYDIS_OPERAND_TYPE_REGISTER;
}

static inline gboolean
mos_lower_is_mem (const MosLower *l, guint operand)
{
  return operand < l->insn->operand_count_visible &&
         l->operands[operand].type == ZYDIS_OPERAND_TYPE_MEMORY;
}

static inline gboolean
mos_lower_is_imm (const MosLower *l, guint operand)
{
  return operand < l->insn->operand_count_visible &&
         l->operands[operand].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
}

/* Operand size in bytes, from the operand itself. */
static inline guint
mos_lower_size (const MosLower *l, guint operand)
{
  return l->operands[operand].size / 8;
}

/* Raise #UD, #NM as the handler of an operation: for instructions that the
 * block's mode makes fault (CR0.TS, CR4.OSFXSR, …). */
const MosUop *mos_op_ud (MosSoftCpu *cpu, const MosUop *op);
const MosUop *mos_op_nm (MosSoftCpu *cpu, const MosUop *op);
const MosUop *mos_op_gp (MosSoftCpu *cpu, const MosUop *op);
const MosUop *mos_op_nop (MosSoftCpu *cpu, const MosUop *op);

G_END_DECLS
