/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * x87 control: words, environment, whole state, EMMS.
 *
 * The environment has four layouts, by operand size and by whether addresses
 * are real: Intel SDM volume 1, "x87 FPU State Image".
 */
#include <string.h>

#include "engine/cpu/soft/exec/families.h"
#include "engine/cpu/soft/exec/vector.h"
#include "engine/cpu/soft/exec/x87.h"

static const MosUop *
fninit (MosSoftCpu *cpu, const MosUop *op)
{
  mos_fpu_init (&cpu->fpu);
  return op + 1;
}

static const MosUop *
fnclex (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->fpu.fsw &=
      (guint16) ~(MOS_FSW_EXCEPTIONS | MOS_FSW_SF | MOS_FSW_ES | MOS_FSW_B);
  return op + 1;
}

static const MosUop *
fnstcw (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 2, TRUE);

  mos_store (cpu, op, lin, cpu->fpu.fcw, 2);
  return op + 1;
}

static const MosUop *
fnstsw_mem (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 2, TRUE);

  mos_store (cpu, op, lin, cpu->fpu.fsw, 2);
  return op + 1;
}

static const MosUop *
fnstsw_ax (MosSoftCpu *cpu, const MosUop *op)
{
  *mos_r16 (cpu, MOS_RAX * 8) = cpu->fpu.fsw;
  return op + 1;
}

static const MosUop *
fldcw (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, 2, FALSE);
  guint64 fcw = mos_load (cpu, op, lin, 2);

  if ((cpu->fpu.fsw & MOS_FSW_ES) != 0)
    mos_x87_begin (cpu, op, 0);
  cpu->fpu.fcw = (guint16) ((fcw & MOS_FCW_DEFINED) | MOS_FCW_RESERVED);
  mos_fpu_update_summary (&cpu->fpu);
  return op + 1;
}

static const MosUop *
fnop (MosSoftCpu *cpu, const MosUop *op)
{
  if ((cpu->fpu.fsw & MOS_FSW_ES) != 0)
    mos_x87_begin (cpu, op, 0);
  return op + 1;
}

/* FINCSTP, FDECSTP: aux is added to TOP. */
static const MosUop *
move_top (MosSoftCpu *cpu, const MosUop *op)
{
  guint top;

  mos_x87_begin (cpu, op, 0);
  top = (cpu->fpu.fsw >> MOS_FSW_TOP_SHIFT) + op->aux;
  cpu->fpu.fsw = (guint16) ((cpu->fpu.fsw & ~(MOS_FSW_TOP | MOS_FSW_C1)) |
                            (top & 7) << MOS_FSW_TOP_SHIFT);
  return op + 1;
}

static const MosUop *
ffree (MosSoftCpu *cpu, const MosUop *op)
{
  mos_x87_begin (cpu, op, 0);
  cpu->fpu.ftw &= (guint8) ~(1u << mos_fpu_physical (&cpu->fpu, op->src));
  if (op->aux != 0)
    mos_x87_pop (cpu);
  return op + 1;
}

/* -- environment --------------------------------------------------------- */

#define ENV16_BYTES 14u
#define ENV32_BYTES 28u
#define ST_BYTES    80u

static void
put16 (guint8 *image, guint at, guint value)
{
  image[at] = (guint8) value;
  image[at + 1] = (guint8) (value >> 8);
}

static guint
get16 (const guint8 *image, guint at)
{
  return image[at] | (guint) image[at + 1] << 8;
}

/* Where a pointer is an address of 20 bits, not selector and offset. */
static gboolean
real_addresses (const MosSoftCpu *cpu)
{
  return (cpu->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0;
}

static guint
make_environment (const MosSoftCpu *cpu, const MosUop *op, guint8 *image)
{
  const MosSoftFpu *fpu = &cpu->fpu;
  gboolean          real = real_addresses (cpu);
  guint32           ip = (guint32) fpu->fip, dp = (guint32) fpu->fdp;

  if (real) {
    ip += (guint32) fpu->fcs << 4;
    dp += (guint32) fpu->fds << 4;
  }
  if (op->width == 2) {
    put16 (image, 0, fpu->fcw);
    put16 (image, 2, fpu->fsw);
    put16 (image, 4, mos_fpu_full_tags (fpu));
    put16 (image, 6, ip);
    put16 (image, 8, real ? (ip >> 4 & 0xf000) | fpu->fop : fpu->fcs);
    put16 (image, 10, dp);
    put16 (image, 12, real ? dp >> 4 & 0xf000 : fpu->fds);
    return ENV16_BYTES;
  }
  memset (image, 0xff, ENV32_BYTES);
  put16 (image, 0, fpu->fcw);
  put16 (image, 4, fpu->fsw);
  put16 (image, 8, mos_fpu_full_tags (fpu));
  if (real) {
    put16 (image, 12, ip);
    put16 (image, 16, (ip >> 4 & 0xf000) | fpu->fop);
    put16 (image, 18, ip >> 20);
    put16 (image, 20, dp);
    put16 (image, 24, dp >> 4 & 0xf000);
    put16 (image, 26, dp >> 20);
  } else {
    put16 (image, 12, ip);
    put16 (image, 14, ip >> 16);
    put16 (image, 16, fpu->fcs);
    put16 (image, 18, fpu->fop);
    put16 (image, 20, dp);
    put16 (image, 22, dp >> 16);
    put16 (image, 24, fpu->fds);
  }
  return ENV32_BYTES;
}

static void
take_tags (MosSoftFpu *fpu, guint tags)
{
  fpu->ftw = 0;
  for (guint i = 0; i < 8; i++) {
    if ((tags >> (2 * i) & 3) != 3)
      fpu->ftw |= (guint8) (1u << i);
  }
}

static void
take_environment (MosSoftCpu *cpu, const MosUop *op, const guint8 *image)
{
  MosSoftFpu *fpu = &cpu->fpu;
  guint       step = op->width == 2 ? 2 : 4;
  guint32     ip = get16 (image, 3 * step), dp = get16 (image, 5 * step);
  guint       third = get16 (image, 4 * step);

  fpu->fcw =
      (guint16) ((get16 (image, 0) & MOS_FCW_DEFINED) | MOS_FCW_RESERVED);
  fpu->fsw = (guint16) get16 (image, step);
  take_tags (fpu, get16 (image, 2 * step));
  if (real_addresses (cpu)) {
    fpu->fop = third & 0x7ff;
    ip |= (third & 0xf000u) << 4;
    dp |= (get16 (image, 6 * step) & 0xf000u) << 4;
    fpu->fcs = fpu->fds = 0;
  } else {
    fpu->fcs = (guint16) third;
    fpu->fds = (guint16) get16 (image, 6 * step);
    if (step == 4) {
      ip |= (guint32) get16 (image, 14) << 16;
      dp |= (guint32) get16 (image, 22) << 16;
      fpu->fop = get16 (image, 18) & 0x7ff;
    }
  }
  fpu->fip = ip;
  fpu->fdp = dp;
  mos_fpu_update_summary (fpu);
}

static const MosUop *
fnstenv (MosSoftCpu *cpu, const MosUop *op)
{
  guint   size = op->width == 2 ? ENV16_BYTES : ENV32_BYTES;
  guint64 lin = mos_ea (cpu, op, size, TRUE);
  guint8  image[ENV32_BYTES];

  make_environment (cpu, op, image);
  mos_store_bytes (cpu, op, lin, image, size);
  cpu->fpu.fcw |= MOS_FSW_EXCEPTIONS;
  mos_fpu_update_summary (&cpu->fpu);
  return op + 1;
}

static const MosUop *
fldenv (MosSoftCpu *cpu, const MosUop *op)
{
  guint   size = op->width == 2 ? ENV16_BYTES : ENV32_BYTES;
  guint64 lin = mos_ea (cpu, op, size, FALSE);
  guint8  image[ENV32_BYTES];

  if ((cpu->fpu.fsw & MOS_FSW_ES) != 0)
    mos_x87_begin (cpu, op, 0);
  mos_load_bytes (cpu, op, lin, image, size);
  take_environment (cpu, op, image);
  return op + 1;
}

static const MosUop *
fnsave (MosSoftCpu *cpu, const MosUop *op)
{
  guint   env = op->width == 2 ? ENV16_BYTES : ENV32_BYTES;
  guint64 lin = mos_ea (cpu, op, env + ST_BYTES, TRUE);
  guint8  image[ENV32_BYTES + ST_BYTES];

  make_environment (cpu, op, image);
  for (guint i = 0; i < 8; i++) {
    MosFloat80 value = mos_x87_get (cpu, i);

    memcpy (image + env + 10 * i, &value, 10);
  }
  mos_store_bytes (cpu, op, lin, image, env + ST_BYTES);
  mos_fpu_init (&cpu->fpu);
  return op + 1;
}

static const MosUop *
frstor (MosSoftCpu *cpu, const MosUop *op)
{
  guint   env = op->width == 2 ? ENV16_BYTES : ENV32_BYTES;
  guint64 lin = mos_ea (cpu, op, env + ST_BYTES, FALSE);
  guint8  image[ENV32_BYTES + ST_BYTES];

  if ((cpu->fpu.fsw & MOS_FSW_ES) != 0)
    mos_x87_begin (cpu, op, 0);
  mos_load_bytes (cpu, op, lin, image, env + ST_BYTES);
  take_environment (cpu, op, image);
  for (guint i = 0; i < 8; i++) {
    guint n = mos_fpu_physical (&cpu->fpu, i);

    memcpy (&cpu->fpu.st[n].mantissa, image + env + 10 * i, 8);
    memcpy (&cpu->fpu.st[n].exponent, image + env + 10 * i + 8, 2);
  }
  return op + 1;
}

static const MosUop *
emms (MosSoftCpu *cpu, const MosUop *op)
{
  if ((cpu->fpu.fsw & MOS_FSW_ES) != 0)
    mos_fault (cpu, op, MOS_EXC_MF);
  cpu->fpu.ftw = 0;
  /* As every MMX instruction does on AMD's processors; Intel's leave TOP. */
  if (cpu->cpus->vendor == MOS_VENDOR_AMD)
    cpu->fpu.fsw &= (guint16) ~MOS_FSW_TOP;
  return op + 1;
}

/* -- lowering ------------------------------------------------------------ */

static gboolean
lower_control (MosLower *l, const MosSoftInsn *insn)
{
  if (mos_x87_gate (l))
    return TRUE;
  l->op->fn = insn->fn;
  l->op->aux = insn->arg;
  if (mos_lower_is_reg (l, 0))
    l->op->src = mos_lower_number (l->operands[0].reg.value);
  return TRUE;
}

/* FNSTENV and others: 14 or 28 bytes. */
static gboolean
lower_environment (MosLower *l, const MosSoftInsn *insn)
{
  if (!mos_x87_gate (l))
    l->op->fn = insn->fn;
  l->op->width = l->insn->operand_width == 16 ? 2 : 4;
  return TRUE;
}

static gboolean
lower_fnstsw (MosLower *l, const MosSoftInsn *insn)
{
  (void) insn;
  if (!mos_x87_gate (l))
    l->op->fn = l->memory != NULL ? fnstsw_mem : fnstsw_ax;
  return TRUE;
}

/* WAIT obeys CR0.TS only together with CR0.MP, and not CR0.EM. */
static gboolean
lower_fwait (MosLower *l, const MosSoftInsn *insn)
{
  (void) insn;
  if ((l->key & (MOS_KEY_TS | MOS_KEY_MP)) == (MOS_KEY_TS | MOS_KEY_MP))
    l->op->fn = mos_op_nm;
  else
    l->op->fn = fnop;
  return TRUE;
}

static gboolean
lower_emms (MosLower *l, const MosSoftInsn *insn)
{
  if ((l->key & MOS_KEY_EM) != 0)
    l->op->fn = mos_op_ud;
  else if ((l->key & MOS_KEY_TS) != 0)
    l->op->fn = mos_op_nm;
  else
    l->op->fn = insn->fn;
  return TRUE;
}

/* clang-format off */
#define M(name) ZYDIS_MNEMONIC_##name
const MosSoftInsn mos_soft_x87_control[] = {
  { M (FNINIT), lower_control, fninit, 0 },
  { M (FNCLEX), lower_control, fnclex, 0 },
  { M (FNSTCW), lower_control, fnstcw, 0 },
  { M (FLDCW), lower_control, fldcw, 0 },
  { M (FNOP), lower_control, fnop, 0 },
  { M (FENI8087_NOP), lower_control, fnop, 0 },
  { M (FDISI8087_NOP), lower_control, fnop, 0 },
  { M (FSETPM287_NOP), lower_control, fnop, 0 },
  { M (FINCSTP), lower_control, move_top, 1 },
  { M (FDECSTP), lower_control, move_top, 7 },
  { M (FFREE), lower_control, ffree, 0 },
  { M (FFREEP), lower_control, ffree, 1 },
  { M (FNSTSW), lower_fnstsw, NULL, 0 },
  { M (FWAIT), lower_fwait, NULL, 0 },
  { M (FNSTENV), lower_environment, fnstenv, 0 },
  { M (FLDENV), lower_environment, fldenv, 0 },
  { M (FNSAVE), lower_environment, fnsave, 0 },
  { M (FRSTOR), lower_environment, frstor, 0 },
  { M (EMMS), lower_emms, emms, 0 },
  { 0, NULL, NULL, 0 },
};
