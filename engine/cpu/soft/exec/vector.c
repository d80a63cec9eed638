/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Vector instructions by thunk.
 *
 * Operands are found by their distance from the MosSoftCpu's start, 16 bits
 * each: the first two in op->aux, the third in src2 and src3, the fourth in
 * dst and src. A memory operand is handed over in place when the TLB has its
 * page, else through cpu->scratch.
 *
 * Exceptions: Intel SDM volume 2, "Instruction Exception Specification"; SIMD
 * floating point: volume 1, "SIMD Floating-Point Exceptions". A thunk runs with
 * all exceptions masked. If the guest has one unmasked, registers are saved
 * before and put back when it was raised.
 */
#include "engine/cpu/soft/exec/vector.h"

#include <string.h>

#include "engine/cpu/soft/exec/fpu.h"
#include "engine/cpu/soft/exec/thunk.h"
#include "engine/cpu/x86/bits.h"

#define MXCSR_MASK_SHIFT 7
#define MXCSR_ALL_MASKED 0x1f80u
#define MXCSR_BEFORE     0x07u /* IE, DE, ZE: found before computing */

/* -- gates --------------------------------------------------------------- */

static gboolean
uses_class (const MosLower *l, ZydisRegisterClass klass)
{
  for (guint i = 0; i < l->insn->operand_count; i++) {
    const ZydisDecodedOperand *operand = &l->operands[i];

    if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
        ZydisRegisterGetClass (operand->reg.value) == klass)
      return TRUE;
  }
  return FALSE;
}

static gboolean
uses_mmx (const MosLower *l)
{
  return uses_class (l, ZYDIS_REGCLASS_MMX);
}

MosHandler
mos_vector_gate (const MosLower *l)
{
  gboolean mmx_only = uses_mmx (l) && !uses_class (l, ZYDIS_REGCLASS_XMM);
  gboolean vex = l->insn->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX;

  if (l->row->family == MOS_FAMILY_BITS) /* BMI: no vector registers */
    return (l->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0 ? mos_op_ud : NULL;
  if (vex) {
    if ((l->key & MOS_KEY_AVX) == 0 ||
        (l->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0)
      return mos_op_ud;
  } else {
    if ((l->key & MOS_KEY_EM) != 0)
      return mos_op_ud;
    if (!mmx_only && (l->key & MOS_KEY_SSE) == 0)
      return mos_op_ud;
  }
  if ((l->key & MOS_KEY_TS) != 0)
    return mos_op_nm;
  return NULL;
}

void
mos_mmx_enter (MosSoftCpu *cpu, const MosUop *op)
{
  MosSoftFpu *fpu = &cpu->fpu;

  if ((fpu->fsw & MOS_FSW_ES) != 0)
    mos_fault (cpu, op, MOS_EXC_MF);
  fpu->fsw &= (guint16) ~MOS_FSW_TOP;
  fpu->ftw = 0xff;
}

/* -- operands ------------------------------------------------------------ */

#define OFFSET_NONE 0

static guint16
operand_offset (const ZydisDecodedOperand *operand)
{
  ZydisRegister reg = operand->reg.value;

  if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
    return G_STRUCT_OFFSET (MosSoftCpu, scratch);
  if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER)
    return OFFSET_NONE;
  switch (ZydisRegisterGetClass (reg)) {
  case ZYDIS_REGCLASS_XMM:
  case ZYDIS_REGCLASS_YMM:
    return (guint16) (G_STRUCT_OFFSET (MosSoftCpu, fpu.v) +
                      mos_lower_number (reg) * sizeof (MosVector));
  case ZYDIS_REGCLASS_MMX:
    return (guint16) (G_STRUCT_OFFSET (MosSoftCpu, fpu.st) +
                      mos_lower_number (reg) * 16u);
  default:
    return mos_lower_gpr (reg);
  }
}

static gpointer
at_offset (MosSoftCpu *cpu, guint offset)
{
  return (guint8 *) cpu + offset;
}

static guint
offset_of (const MosUop *op, guint i)
{
  switch (i) {
  case 0:
    return op->aux & 0xffff;
  case 1:
    return op->aux >> 16;
  case 2:
    return op->src2 | (guint) op->src3 << 8;
  default:
    return op->dst | (guint) op->src << 8;
  }
}

static void
set_offset (MosUop *op, guint i, guint16 offset)
{
  switch (i) {
  case 0:
    op->aux = (op->aux & 0xffff0000u) | offset;
    break;
  case 1:
    op->aux = (op->aux & 0xffffu) | (guint32) offset << 16;
    break;
  case 2:
    op->src2 = (guint8) offset;
    op->src3 = (guint8) (offset >> 8);
    break;
  default:
    op->dst = (guint8) offset;
    op->src = (guint8) (offset >> 8);
    break;
  }
}

/* The memory operand's bytes, op->width of them, readable. */
static inline gpointer
source (MosSoftCpu *cpu, const MosUop *op, guint64 lin)
{
  const MosTlbEntry *entry = mos_tlb_slot (cpu, lin);

  /* The host's own alignment rules must never be what a guest runs into. */
  if (G_LIKELY (entry->read == mos_tlb_want (cpu, lin, op->width) &&
                (op->width < 16 || (lin & (op->width - 1)) == 0)))
    return (gpointer) (guintptr) (entry->addend + lin);
  mos_load_bytes (cpu, op, lin, &cpu->scratch, op->width);
  return &cpu->scratch;
}

static inline void
call_thunk (MosSoftCpu *cpu, const MosUop *op, gpointer memory, guint64 thunk)
{
  const guint scratch = G_STRUCT_OFFSET (MosSoftCpu, scratch);
  guint       second = offset_of (op, 1);
  guint       third = offset_of (op, 2);

  ((MosThunk) (guintptr) thunk) (
      at_offset (cpu, offset_of (op, 0)),
      second == scratch ? memory : at_offset (cpu, second),
      third == scratch ? memory : at_offset (cpu, third),
      at_offset (cpu, offset_of (op, 3)), cpu);
}

static inline void
call (MosSoftCpu *cpu, const MosUop *op, gpointer memory)
{
  call_thunk (cpu, op, memory, op->imm);
}

/* -- integer and move forms ---------------------------------------------- */

static const MosUop *
vector_rr (MosSoftCpu *cpu, const MosUop *op)
{
  call (cpu, op, NULL);
  return mos_next (cpu, op);
}

static const MosUop *
vector_rm (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, FALSE);

  call (cpu, op, source (cpu, op, lin));
  return mos_next (cpu, op);
}

static const MosUop *
vector_rm_aligned (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, FALSE);

  if (G_UNLIKELY ((lin & (op->width - 1u)) != 0))
    mos_fault_gp (cpu, op);
  call (cpu, op, source (cpu, op, lin));
  return mos_next (cpu, op);
}

static const MosUop *
vector_mr (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, TRUE);

  call (cpu, op, NULL);
  mos_store_bytes (cpu, op, lin, &cpu->scratch, op->width);
  return op + 1;
}

static const MosUop *
vector_mr_aligned (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, TRUE);

  if ((lin & (op->width - 1u)) != 0)
    mos_fault_gp (cpu, op);
  call (cpu, op, NULL);
  mos_store_bytes (cpu, op, lin, &cpu->scratch, op->width);
  return op + 1;
}

/* -- floating-point forms ------------------------------------------------ */

/* Everything a thunk can change, for taking it back. */
typedef struct {
  MosVector vector;
  guint64   slot[2];
  guint32   fl;
} Backup;

static G_GNUC_NORETURN void
raise_simd (MosSoftCpu *cpu, const MosUop *op)
{
  if ((cpu->cr4 & MOS_CR4_OSXMMEXCPT) != 0)
    mos_fault (cpu, op, MOS_EXC_XM);
  mos_fault_ud (cpu, op);
}

/* With an exception unmasked: run on the side, then commit or fault. */
static void
call_unmasked (MosSoftCpu *cpu, const MosUop *op, gpointer memory)
{
  guint32  mxcsr = cpu->fpu.mxcsr;
  guint32  masks = mxcsr >> MXCSR_MASK_SHIFT & MOS_MXCSR_FLAGS;
  gpointer target = at_offset (cpu, offset_of (op, 0));
  gsize    size = offset_of (op, 0) < sizeof cpu->gpr ? 8 : sizeof (MosVector);
  Backup   backup;
  guint32  raised, unmasked;

  if (target == (gpointer) &cpu->scratch)
    size = 0;
  memcpy (&backup, target, size);
  backup.fl = cpu->fl;
  cpu->scratch_mxcsr = (mxcsr & ~MOS_MXCSR_FLAGS) | MXCSR_ALL_MASKED;
  call_thunk (cpu, op, memory, op->imm + MOS_THUNK_FLOATING_AT);
  raised = cpu->scratch_mxcsr & MOS_MXCSR_FLAGS;
  unmasked = raised & ~masks;
  if ((unmasked & MXCSR_BEFORE) != 0)
    raised &= MXCSR_BEFORE;
  cpu->fpu.mxcsr = mxcsr | raised;
  if (unmasked != 0) {
    memcpy (target, &backup, size);
    cpu->fl = backup.fl;
    raise_simd (cpu, op);
  }
}

/* With a rounding or a mask that is not as after reset. */
G_GNUC_NO_INLINE static void
call_unusual (MosSoftCpu *cpu, const MosUop *op, gpointer memory)
{
  mos_mxcsr_settle (cpu);
  if ((cpu->fpu.mxcsr & MXCSR_ALL_MASKED) != MXCSR_ALL_MASKED) {
    call_unmasked (cpu, op, memory);
    return;
  }
  cpu->scratch_mxcsr = cpu->fpu.mxcsr;
  call_thunk (cpu, op, memory, op->imm + MOS_THUNK_FLOATING_AT);
  cpu->fpu.mxcsr = cpu->scratch_mxcsr;
}

static inline void
call_floating (MosSoftCpu *cpu, const MosUop *op, gpointer memory)
{
  if (G_UNLIKELY ((cpu->fpu.mxcsr & ~MOS_MXCSR_FLAGS) != MOS_MXCSR_RESET)) {
    call_unusual (cpu, op, memory);
    return;
  }
  if (G_UNLIKELY (!cpu->mxcsr_lent)) {
    cpu->mxcsr_lent = TRUE;
    __builtin_ia32_ldmxcsr (MOS_MXCSR_RESET);
  }
  call (cpu, op, memory);
}

static const MosUop *
floating_rr (MosSoftCpu *cpu, const MosUop *op)
{
  call_floating (cpu, op, NULL);
  return mos_next (cpu, op);
}

static const MosUop *
floating_rm (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, FALSE);

  call_floating (cpu, op, source (cpu, op, lin));
  return mos_next (cpu, op);
}

static const MosUop *
floating_rm_aligned (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, FALSE);

  if ((lin & (op->width - 1u)) != 0)
    mos_fault_gp (cpu, op);
  call_floating (cpu, op, source (cpu, op, lin));
  return mos_next (cpu, op);
}

/* VCVTPS2PH is the only one that stores. */
static const MosUop *
floating_mr (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, TRUE);

  mos_check_range (cpu, op, lin, op->width, TRUE);
  call_floating (cpu, op, NULL);
  mos_store_bytes (cpu, op, lin, &cpu->scratch, op->width);
  return op + 1;
}

/* -- MMX forms ----------------------------------------------------------- */

/* A write to MMn sets the exponent of the register to ones. */
static void
mark_mmx (MosSoftCpu *cpu, const MosUop *op)
{
  guint offset = offset_of (op, 0);
  guint first = G_STRUCT_OFFSET (MosSoftCpu, fpu.st);

  if (offset >= first && offset < first + sizeof cpu->fpu.st)
    cpu->fpu.st[(offset - first) / 16].exponent = 0xffff;
}

static const MosUop *
mmx_rr (MosSoftCpu *cpu, const MosUop *op)
{
  mos_mmx_enter (cpu, op);
  call (cpu, op, NULL);
  mark_mmx (cpu, op);
  return op + 1;
}

static const MosUop *
mmx_floating_rr (MosSoftCpu *cpu, const MosUop *op)
{
  mos_mmx_enter (cpu, op);
  call_floating (cpu, op, NULL);
  mark_mmx (cpu, op);
  return op + 1;
}

static gpointer
mmx_source (MosSoftCpu *cpu, const MosUop *op)
{
  guint64  lin = mos_ea (cpu, op, op->width, FALSE);
  gpointer memory;

  if ((cpu->fpu.fsw & MOS_FSW_ES) != 0)
    mos_fault (cpu, op, MOS_EXC_MF);
  /* CVTPD2PI and CVTTPD2PI: the host would fault where the guest should. */
  if (op->width == 16 && (lin & 15) != 0)
    mos_fault_gp (cpu, op);
  memory = source (cpu, op, lin);
  mos_mmx_enter (cpu, op);
  return memory;
}

static const MosUop *
mmx_rm (MosSoftCpu *cpu, const MosUop *op)
{
  call (cpu, op, mmx_source (cpu, op));
  mark_mmx (cpu, op);
  return op + 1;
}

/* VPCMPESTRM and VPCMPISTRM: XMM0 is the result, and what is above it goes. */
static const MosUop *
mask_rr (MosSoftCpu *cpu, const MosUop *op)
{
  call (cpu, op, NULL);
  memset (cpu->fpu.v[0].u8 + 16, 0, 16);
  return op + 1;
}

static const MosUop *
mask_rm (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, FALSE);

  call (cpu, op, source (cpu, op, lin));
  memset (cpu->fpu.v[0].u8 + 16, 0, 16);
  return op + 1;
}

static const MosUop *
mmx_floating_rm (MosSoftCpu *cpu, const MosUop *op)
{
  call_floating (cpu, op, mmx_source (cpu, op));
  mark_mmx (cpu, op);
  return op + 1;
}

static const MosUop *
mmx_mr (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, TRUE);

  if ((cpu->fpu.fsw & MOS_FSW_ES) != 0)
    mos_fault (cpu, op, MOS_EXC_MF);
  mos_check_range (cpu, op, lin, op->width, TRUE);
  mos_mmx_enter (cpu, op);
  call (cpu, op, NULL);
  mos_store_bytes (cpu, op, lin, &cpu->scratch, op->width);
  return op + 1;
}

/* -- lowering ------------------------------------------------------------ */

/* Legacy forms that take 16 bytes of memory at any address. */
static gboolean
takes_unaligned (ZydisMnemonic mnemonic)
{
  switch (mnemonic) {
  case ZYDIS_MNEMONIC_MOVUPS:
  case ZYDIS_MNEMONIC_MOVUPD:
  case ZYDIS_MNEMONIC_MOVDQU:
  case ZYDIS_MNEMONIC_LDDQU:
  case ZYDIS_MNEMONIC_PCMPESTRI:
  case ZYDIS_MNEMONIC_PCMPESTRM:
  case ZYDIS_MNEMONIC_PCMPISTRI:
  case ZYDIS_MNEMONIC_PCMPISTRM:
    return TRUE;
  default:
    return FALSE;
  }
}

/* VEX forms that demand alignment, "Exception type 1". */
static gboolean
needs_aligned (const MosLower *l)
{
  if (l->insn->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX)
    return l->insn->meta.exception_class == ZYDIS_EXCEPTION_CLASS_AVX1;
  return l->memory->size == 128 && l->insn->meta.isa_set != ZYDIS_ISA_SET_SHA &&
         !takes_unaligned (l->insn->mnemonic);
}

static gboolean
is_floating (const MosLower *l)
{
  switch (l->insn->meta.exception_class) {
  case ZYDIS_EXCEPTION_CLASS_SSE2:
  case ZYDIS_EXCEPTION_CLASS_SSE3:
  case ZYDIS_EXCEPTION_CLASS_AVX2:
  case ZYDIS_EXCEPTION_CLASS_AVX3:
  case ZYDIS_EXCEPTION_CLASS_AVX11:
    return TRUE;
  default:
    return l->insn->meta.category == ZYDIS_CATEGORY_CONVERT;
  }
}

static MosHandler
choose_handler (const MosLower *l, gboolean floating)
{
  gboolean store = mos_lower_is_mem (l, 0);
  gboolean aligned = l->memory != NULL && needs_aligned (l);

  if (uses_mmx (l)) {
    if (l->memory == NULL)
      return floating ? mmx_floating_rr : mmx_rr;
    if (store)
      return mmx_mr;
    return floating ? mmx_floating_rm : mmx_rm;
  }
  if (l->insn->mnemonic == ZYDIS_MNEMONIC_VPCMPESTRM ||
      l->insn->mnemonic == ZYDIS_MNEMONIC_VPCMPISTRM)
    return l->memory == NULL ? mask_rr : mask_rm;
  if (floating) {
    if (l->memory == NULL)
      return floating_rr;
    if (store)
      return floating_mr;
    return aligned ? floating_rm_aligned : floating_rm;
  }
  if (l->memory == NULL)
    return vector_rr;
  if (store)
    return aligned ? vector_mr_aligned : vector_mr;
  return aligned ? vector_rm_aligned : vector_rm;
}

gboolean
mos_lower_vector (MosLower *l, const MosSoftInsn *insn)
{
  MosHandler gate = mos_vector_gate (l);
  MosUop    *op = l->op;
  gboolean   floating = is_floating (l);
  MosThunk   thunk;
  guint      n =
      MIN (l->insn->operand_count_visible, (guint) MOS_THUNK_MAX_OPERANDS);

  (void) insn;
  if (gate != NULL) {
    op->fn = gate;
    return TRUE;
  }
  thunk = mos_thunk_find (l->cpu->cpus->thunks, l->insn, l->operands, floating);
  if (thunk == NULL)
    return FALSE;
  op->aux = 0;
  for (guint i = 0; i < n; i++)
    set_offset (op, i, operand_offset (&l->operands[i]));
  op->fn = choose_handler (l, floating);
  op->imm = (guint64) (guintptr) thunk;
  if (l->memory != NULL)
    op->width = (guint8) (l->memory->size / 8);
  return TRUE;
}
