/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Decimal adjustment: AAA, AAS, AAM, AAD, DAA, DAS.
 *
 * They do not exist in 64-bit mode, so the host cannot execute them for us;
 * these follow the "Operation" sections of the Intel SDM volume 2. Flags that
 * are undefined there are set from the result.
 */
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/fault.h"
#include "engine/cpu/soft/lower.h"

static void
put_flags (MosSoftCpu *cpu, guint8 result, gboolean af, gboolean cf)
{
  guint fl = MOS_FL_ONE;

  if (result == 0)
    fl |= MOS_FL_ZF;
  if ((result & 0x80) != 0)
    fl |= MOS_FL_SF;
  if (__builtin_parity (result) == 0)
    fl |= MOS_FL_PF;
  if (af)
    fl |= MOS_FL_AF;
  if (cf)
    fl |= MOS_FL_CF;
  cpu->fl = (guint16) fl;
}

static gboolean
adjusts (MosSoftCpu *cpu)
{
  return (*mos_r8 (cpu, 0) & 0xf) > 9 || (cpu->fl & MOS_FL_AF) != 0;
}

/* aux: 1 AAA, 0 AAS. */
static const MosUop *
aaa (MosSoftCpu *cpu, const MosUop *op)
{
  gboolean adjust = adjusts (cpu);
  guint16 *ax = mos_r16 (cpu, 0);

  if (adjust && op->aux == 1)
    *ax = (guint16) (*ax + 0x106);
  else if (adjust)
    *ax = (guint16) (*ax - 0x106);
  *ax &= 0xff0f;
  put_flags (cpu, (guint8) *ax, adjust, adjust);
  return op + 1;
}

static const MosUop *
aam (MosSoftCpu *cpu, const MosUop *op)
{
  guint8 al = *mos_r8 (cpu, 0);
  guint8 base = (guint8) op->imm;

  if (base == 0)
    mos_fault (cpu, op, MOS_EXC_DE);
  *mos_r8 (cpu, 1) = al / base;
  *mos_r8 (cpu, 0) = al % base;
  put_flags (cpu, al % base, FALSE, FALSE);
  return op + 1;
}

static const MosUop *
aad (MosSoftCpu *cpu, const MosUop *op)
{
  guint8 al = (guint8) (*mos_r8 (cpu, 0) + *mos_r8 (cpu, 1) * (guint8) op->imm);

  *mos_r16 (cpu, 0) = al;
  put_flags (cpu, al, FALSE, FALSE);
  return op + 1;
}

static const MosUop *
daa (MosSoftCpu *cpu, const MosUop *op)
{
  guint8   al = *mos_r8 (cpu, 0);
  gboolean af = adjusts (cpu);
  gboolean cf = al > 0x99 || (cpu->fl & MOS_FL_CF) != 0;

  if (af)
    al = (guint8) (al + 6);
  if (cf)
    al = (guint8) (al + 0x60);
  *mos_r8 (cpu, 0) = al;
  put_flags (cpu, al, af, cf);
  return op + 1;
}

static const MosUop *
das (MosSoftCpu *cpu, const MosUop *op)
{
  guint8   old = *mos_r8 (cpu, 0);
  guint8   al = old;
  gboolean af = adjusts (cpu);
  gboolean cf = (cpu->fl & MOS_FL_CF) != 0;
  gboolean carry = FALSE;

  if (af) {
    carry = cf || al < 6;
    al = (guint8) (al - 6);
  }
  if (old > 0x99 || cf) {
    al = (guint8) (al - 0x60);
    carry = TRUE;
  }
  *mos_r8 (cpu, 0) = al;
  put_flags (cpu, al, af, carry);
  return op + 1;
}

/* clang-format off */
const MosSoftInsn mos_insns_bcd[] = {
  { ZYDIS_MNEMONIC_AAA, mos_lower_simple, aaa, 1 },
  { ZYDIS_MNEMONIC_AAS, mos_lower_simple, aaa, 0 },
  { ZYDIS_MNEMONIC_AAM, mos_lower_simple, aam, 0 },
  { ZYDIS_MNEMONIC_AAD, mos_lower_simple, aad, 0 },
  { ZYDIS_MNEMONIC_DAA, mos_lower_simple, daa, 0 },
  { ZYDIS_MNEMONIC_DAS, mos_lower_simple, das, 0 },
  { 0 }
};
/* clang-format on */
