/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * FXSAVE, FXRSTOR, XSAVE, XSAVEOPT, XSAVEC, XRSTOR, XGETBV, XSETBV.
 *
 * Components are x87 (0), SSE (1) and AVX (2). Whether one is in its initial
 * state is found by looking, when it is saved. Intel SDM volume 1, "Managing
 * State Using the XSAVE Feature Set".
 */
#include <string.h>

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/families.h"
#include "engine/cpu/soft/exec/fpu.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/x86/bits.h"

#define XSTATE_X87 1u
#define XSTATE_SSE 2u
#define XSTATE_AVX 4u
#define XSTATE_ALL (XSTATE_X87 | XSTATE_SSE | XSTATE_AVX)

#define HEADER_AT     512u
#define HEADER_BYTES  64u
#define AVX_AT        576u
#define AVX_BYTES     256u
#define AREA_BYTES    (AVX_AT + AVX_BYTES)
#define XCOMP_COMPACT (G_GUINT64_CONSTANT (1) << 63)
#define ST_AND_BEFORE 160u /* bytes of the legacy area before XMM0 */
#define MXCSR_AT      24u

static guint
n_xmm (const MosSoftCpu *cpu)
{
  return (cpu->key & MOS_KEY_CS64) != 0 ? 16 : 8;
}

static gboolean
is_wide (const MosSoftCpu *cpu, const MosUop *op)
{
  return (cpu->key & MOS_KEY_CS64) != 0 && op->aux != 0;
}

static gboolean
is_zero (gconstpointer data, gsize size)
{
  const guint8 *bytes = data;

  return bytes[0] == 0 && memcmp (bytes, bytes + 1, size - 1) == 0;
}

static gboolean
x87_in_use (const MosSoftFpu *fpu)
{
  return fpu->fcw != MOS_FCW_INIT || fpu->fsw != 0 || fpu->ftw != 0 ||
         fpu->fop != 0 || fpu->fip != 0 || fpu->fdp != 0 ||
         !is_zero (fpu->st, sizeof fpu->st);
}

/* XINUSE: which of @mask's components are not in their initial state. */
static guint64
in_use (const MosSoftCpu *cpu, guint64 mask)
{
  const MosSoftFpu *fpu = &cpu->fpu;
  guint64           used = 0;

  if ((mask & XSTATE_X87) != 0 && x87_in_use (fpu))
    used |= XSTATE_X87;
  for (guint i = 0; i < n_xmm (cpu); i++) {
    if (!is_zero (&fpu->v[i], 16))
      used |= XSTATE_SSE;
    if (!is_zero (&fpu->v[i].u64[2], 16))
      used |= XSTATE_AVX;
  }
  return used & mask;
}

/* -- FXSAVE, FXRSTOR ----------------------------------------------------- */

static const MosUop *
fxsave (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, MOS_FXSAVE_BYTES, TRUE);
  guint   n = (cpu->key & MOS_KEY_SSE) != 0 ? n_xmm (cpu) : 0;
  guint8  image[MOS_FXSAVE_BYTES];

  mos_mxcsr_settle (cpu);
  if ((lin & 15) != 0)
    mos_fault_gp (cpu, op);
  mos_check_range (cpu, op, lin, MOS_FXSAVE_BYTES, TRUE);
  /* What it does not write stays as it is. */
  mos_load_bytes (cpu, op, lin, image, sizeof image);
  mos_fpu_to_image (&cpu->fpu, image, is_wide (cpu, op), n);
  mos_store_bytes (cpu, op, lin, image, sizeof image);
  return op + 1;
}

static guint32
image_mxcsr (const guint8 *image)
{
  guint32 mxcsr;

  memcpy (&mxcsr, image + MXCSR_AT, sizeof mxcsr);
  return mxcsr;
}

static const MosUop *
fxrstor (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, MOS_FXSAVE_BYTES, FALSE);
  guint   n = (cpu->key & MOS_KEY_SSE) != 0 ? n_xmm (cpu) : 0;
  guint32 mxcsr;
  guint8  image[MOS_FXSAVE_BYTES];

  mos_mxcsr_settle (cpu);
  mxcsr = cpu->fpu.mxcsr;
  if ((lin & 15) != 0)
    mos_fault_gp (cpu, op);
  mos_load_bytes (cpu, op, lin, image, sizeof image);
  if (n != 0 && (image_mxcsr (image) & ~MOS_MXCSR_MASK) != 0)
    mos_fault_gp (cpu, op);
  mos_fpu_from_image (&cpu->fpu, image, is_wide (cpu, op), n);
  if (n == 0)
    cpu->fpu.mxcsr = mxcsr;
  return op + 1;
}

/* -- XSAVE and theirs ---------------------------------------------------- */

enum {
  WIDE = 1u << 0, /* aux: REX.W */
  COMPACT = 1u << 1,
  OPTIMISED = 1u << 2 /* components in their initial state are not written */
};

static guint64
requested (const MosSoftCpu *cpu)
{
  guint64 mask = cpu->gpr[MOS_RDX] << 32 | (guint32) cpu->gpr[MOS_RAX];

  return mask & cpu->xcr0;
}

/* Where the AVX part lies, and how far the area reaches for @mask. */
static guint
area_bytes (guint64 mask)
{
  return (mask & XSTATE_AVX) != 0 ? AREA_BYTES : HEADER_AT + HEADER_BYTES;
}

static void
put_avx (const MosSoftCpu *cpu, guint8 *area)
{
  for (guint i = 0; i < n_xmm (cpu); i++)
    memcpy (area + AVX_AT + 16 * i, &cpu->fpu.v[i].u64[2], 16);
}

static void
put_legacy (const MosSoftCpu *cpu, const MosUop *op, guint64 mask, guint8 *area)
{
  guint8 image[MOS_FXSAVE_BYTES];

  memcpy (image, area, sizeof image);
  mos_fpu_to_image (&cpu->fpu, image, (op->aux & WIDE) != 0, n_xmm (cpu));
  if ((mask & XSTATE_X87) != 0) {
    memcpy (area, image, MXCSR_AT);
    memcpy (area + 32, image + 32, ST_AND_BEFORE - 32);
  }
  if ((mask & XSTATE_SSE) != 0)
    memcpy (area + ST_AND_BEFORE, image + ST_AND_BEFORE, 16u * n_xmm (cpu));
  if ((mask & (XSTATE_SSE | XSTATE_AVX)) != 0)
    memcpy (area + MXCSR_AT, image + MXCSR_AT, 8);
}

static const MosUop *
xsave (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 mask = requested (cpu);
  guint   size = area_bytes (mask);
  guint64 lin = mos_ea (cpu, op, size, TRUE);
  guint64 used = in_use (cpu, mask);
  guint64 write = mask, header[2];
  guint8  area[AREA_BYTES];

  mos_mxcsr_settle (cpu);
  if ((lin & 63) != 0)
    mos_fault_gp (cpu, op);
  mos_check_range (cpu, op, lin, size, TRUE);
  mos_load_bytes (cpu, op, lin, area, size);
  memcpy (header, area + HEADER_AT, sizeof header);
  if ((op->aux & (COMPACT | OPTIMISED)) != 0) {
    write = used;
    /* MXCSR is no part of XINUSE for SSE, unless it is not as after reset. */
    if ((mask & XSTATE_SSE) != 0 && cpu->fpu.mxcsr != 0x1f80 &&
        (op->aux & COMPACT) != 0)
      write |= XSTATE_SSE;
  }
  if ((op->aux & COMPACT) != 0) {
    header[0] = write;
    header[1] = XCOMP_COMPACT | mask;
  } else {
    header[0] = (header[0] & ~mask) | used;
  }
  put_legacy (cpu, op, write, area);
  if ((op->aux & COMPACT) == 0 && (mask & (XSTATE_SSE | XSTATE_AVX)) != 0) {
    guint8 image[MOS_FXSAVE_BYTES] = { 0 };

    mos_fpu_to_image (&cpu->fpu, image, FALSE, 0);
    memcpy (area + MXCSR_AT, image + MXCSR_AT, 8);
  }
  if ((write & XSTATE_AVX) != 0)
    put_avx (cpu, area);
  if ((op->aux & COMPACT) != 0)
    memset (area + HEADER_AT, 0, HEADER_BYTES);
  memcpy (area + HEADER_AT, header,
          (op->aux & COMPACT) != 0 ? sizeof header : 8);
  mos_store_bytes (cpu, op, lin, area, size);
  return op + 1;
}

/* #GP for a header that cannot be. */
static void
check_header (MosSoftCpu *cpu, const MosUop *op, const guint64 *header)
{
  gboolean compact = (header[1] & XCOMP_COMPACT) != 0;
  guint64  bv = header[0];

  if ((bv & ~cpu->xcr0) != 0)
    mos_fault_gp (cpu, op);
  if (compact) {
    if ((header[1] & ~XCOMP_COMPACT & ~cpu->xcr0) != 0 ||
        (bv & ~header[1]) != 0)
      mos_fault_gp (cpu, op);
  } else if (header[1] != 0) {
    mos_fault_gp (cpu, op);
  }
  for (guint i = 2; i < 8; i++) {
    if (header[i] != 0 && (compact || i == 2))
      mos_fault_gp (cpu, op);
  }
}

static void
take_x87 (MosSoftCpu *cpu, const MosUop *op, const guint8 *area, gboolean init)
{
  guint32 mxcsr = cpu->fpu.mxcsr;

  if (init) {
    mos_fpu_init (&cpu->fpu);
    memset (cpu->fpu.st, 0, sizeof cpu->fpu.st);
  } else {
    mos_fpu_from_image (&cpu->fpu, area, (op->aux & WIDE) != 0, 0);
    cpu->fpu.mxcsr = mxcsr;
  }
}

static const MosUop *
xrstor (MosSoftCpu *cpu, const MosUop *op)
{
  guint64  mask = requested (cpu);
  guint64  lin = mos_ea (cpu, op, HEADER_AT + HEADER_BYTES, FALSE);
  guint64  header[8];
  gboolean compact;
  guint8   area[AREA_BYTES] = { 0 };

  mos_mxcsr_settle (cpu);
  if ((lin & 63) != 0)
    mos_fault_gp (cpu, op);
  mos_load_bytes (cpu, op, lin, area, HEADER_AT + HEADER_BYTES);
  memcpy (header, area + HEADER_AT, sizeof header);
  check_header (cpu, op, header);
  compact = (header[1] & XCOMP_COMPACT) != 0;
  if ((mask & header[0] & XSTATE_AVX) != 0)
    mos_load_bytes (cpu, op, lin + AVX_AT, area + AVX_AT, AVX_BYTES);
  /* The standard form loads MXCSR for SSE and AVX even if they are initial. */
  if ((compact ? mask & header[0] & XSTATE_SSE
               : mask & (XSTATE_SSE | XSTATE_AVX)) != 0 &&
      (image_mxcsr (area) & ~MOS_MXCSR_MASK) != 0)
    mos_fault_gp (cpu, op);

  if ((mask & XSTATE_X87) != 0)
    take_x87 (cpu, op, area, (header[0] & XSTATE_X87) == 0);
  for (guint i = 0; i < n_xmm (cpu); i++) {
    MosVector *v = &cpu->fpu.v[i];

    if ((mask & XSTATE_SSE) != 0) {
      memset (v, 0, 16);
      if ((header[0] & XSTATE_SSE) != 0)
        memcpy (v, area + ST_AND_BEFORE + 16 * i, 16);
    }
    if ((mask & XSTATE_AVX) != 0) {
      memset (&v->u64[2], 0, 16);
      if ((header[0] & XSTATE_AVX) != 0)
        memcpy (&v->u64[2], area + AVX_AT + 16 * i, 16);
    }
  }
  if (compact) {
    if ((mask & XSTATE_SSE) != 0)
      cpu->fpu.mxcsr =
          (header[0] & XSTATE_SSE) != 0 ? image_mxcsr (area) : 0x1f80;
  } else if ((mask & (XSTATE_SSE | XSTATE_AVX)) != 0) {
    cpu->fpu.mxcsr = image_mxcsr (area);
  }
  return op + 1;
}

static const MosUop *
xgetbv (MosSoftCpu *cpu, const MosUop *op)
{
  guint32 which = (guint32) cpu->gpr[MOS_RCX];
  guint64 value = cpu->xcr0;

  if (which == 1)
    value = in_use (cpu, cpu->xcr0);
  else if (which != 0)
    mos_fault_gp (cpu, op);
  mos_set_edx_eax (cpu, value);
  return op + 1;
}

static const MosUop *
xsetbv (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 value = cpu->gpr[MOS_RDX] << 32 | (guint32) cpu->gpr[MOS_RAX];

  if ((cpu->key & MOS_KEY_CPL) != 0 || (guint32) cpu->gpr[MOS_RCX] != 0 ||
      (value & XSTATE_X87) == 0 || (value & ~(guint64) XSTATE_ALL) != 0 ||
      (value & (XSTATE_SSE | XSTATE_AVX)) == XSTATE_AVX)
    mos_fault_gp (cpu, op);
  cpu->xcr0 = value;
  mos_mode_update (cpu);
  return mos_leave (cpu, op);
}

/* -- lowering ------------------------------------------------------------ */

static gboolean
lower_fxsave (MosLower *l, const MosSoftInsn *insn)
{
  if ((l->key & (MOS_KEY_EM | MOS_KEY_TS)) != 0)
    l->op->fn = mos_op_nm;
  else
    l->op->fn = insn->fn;
  l->op->aux = insn->arg;
  return TRUE;
}

static gboolean
lower_xsave (MosLower *l, const MosSoftInsn *insn)
{
  l->op->aux = insn->arg;
  if ((l->key & MOS_KEY_XSAVE) == 0)
    l->op->fn = mos_op_ud;
  else if ((l->key & MOS_KEY_TS) != 0)
    l->op->fn = mos_op_nm;
  else
    l->op->fn = insn->fn;
  return TRUE;
}

/* XGETBV, XSETBV: CR0.TS does not matter. */
static gboolean
lower_xcr (MosLower *l, const MosSoftInsn *insn)
{
  l->op->fn = (l->key & MOS_KEY_XSAVE) == 0 ? mos_op_ud : insn->fn;
  l->ends_block = insn->arg != 0;
  return TRUE;
}

/* clang-format off */
#define M(name) ZYDIS_MNEMONIC_##name
const MosSoftInsn mos_soft_xsave[] = {
  { M (FXSAVE), lower_fxsave, fxsave, 0 },
  { M (FXSAVE64), lower_fxsave, fxsave, WIDE },
  { M (FXRSTOR), lower_fxsave, fxrstor, 0 },
  { M (FXRSTOR64), lower_fxsave, fxrstor, WIDE },
  { M (XSAVE), lower_xsave, xsave, 0 },
  { M (XSAVE64), lower_xsave, xsave, WIDE },
  { M (XSAVEOPT), lower_xsave, xsave, OPTIMISED },
  { M (XSAVEOPT64), lower_xsave, xsave, OPTIMISED | WIDE },
  { M (XSAVEC), lower_xsave, xsave, COMPACT },
  { M (XSAVEC64), lower_xsave, xsave, COMPACT | WIDE },
  { M (XRSTOR), lower_xsave, xrstor, 0 },
  { M (XRSTOR64), lower_xsave, xrstor, WIDE },
  { M (XGETBV), lower_xcr, xgetbv, 0 },
  { M (XSETBV), lower_xcr, xsetbv, 1 },
  { 0, NULL, NULL, 0 },
};
