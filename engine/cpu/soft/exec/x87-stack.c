/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The register stack and the common beginning and end of x87 instructions.
 */
#include "engine/cpu/soft/exec/x87.h"
#include "engine/cpu/x86/bits.h"

gboolean
mos_x87_gate (MosLower *l)
{
  if ((l->key & (MOS_KEY_EM | MOS_KEY_TS)) == 0)
    return FALSE;
  l->op->fn = mos_op_nm;
  return TRUE;
}

void
mos_x87_begin (MosSoftCpu *cpu, const MosUop *op, guint64 lin)
{
  MosSoftFpu *fpu = &cpu->fpu;

  /* With CR0.NE clear the PC's external logic answers; its IGNNE# input lets
   * the instruction go on. */
  if ((fpu->fsw & MOS_FSW_ES) != 0 && (cpu->cr0 & MOS_CR0_NE) != 0)
    mos_fault (cpu, op, MOS_EXC_MF);
  fpu->fip = cpu->gpr[MOS_SLOT_RIP] + op->next - op->len;
  fpu->fcs = cpu->seg[MOS_SEG_CS].selector;
  if (lin != 0) {
    fpu->fdp = lin - cpu->seg_base[op->seg];
    fpu->fds = cpu->seg[op->seg].selector;
  }
}

static MosFloat80
from_integer (guint64 raw, guint width)
{
  gint64     number = (gint64) raw;
  MosFloat80 value = { 0 };

  if (width == 2)
    number = (gint16) raw;
  else if (width == 4)
    number = (gint32) (guint32) raw;
  __asm__ volatile("fildll %1\n\tfstpt %0" : "=m"(value) : "m"(number));
  value.padding[0] = 0;
  return value;
}

MosFloat80
mos_x87_load (MosSoftCpu   *cpu,
              const MosUop *op,
              guint64       lin,
              gboolean      integer,
              guint16      *fsw)
{
  guint64    raw = mos_load (cpu, op, lin, op->width);
  guint32    low = (guint32) raw;
  MosFloat80 value = { 0 };
  guint16    status = 0;

  *fsw = 0;
  if (integer)
    return from_integer (raw, op->width);
  if (op->width == 4)
    __asm__ volatile("fnclex\n\tflds %2\n\tfnstsw %1\n\tfstpt %0\n\tfnclex"
                     : "=m"(value), "=&a"(status)
                     : "m"(low));
  else
    __asm__ volatile("fnclex\n\tfldl %2\n\tfnstsw %1\n\tfstpt %0\n\tfnclex"
                     : "=m"(value), "=&a"(status)
                     : "m"(raw));
  *fsw = status & (MOS_FSW_IE | MOS_FSW_DE);
  return value;
}

MosFloat80
mos_x87_get (const MosSoftCpu *cpu, guint i)
{
  guint n = mos_fpu_physical (&cpu->fpu, i);

  return (MosFloat80){ .mantissa = cpu->fpu.st[n].mantissa,
                       .exponent = cpu->fpu.st[n].exponent };
}

void
mos_x87_set (MosSoftCpu *cpu, guint i, MosFloat80 value)
{
  guint n = mos_fpu_physical (&cpu->fpu, i);

  cpu->fpu.st[n].mantissa = value.mantissa;
  cpu->fpu.st[n].exponent = value.exponent;
  cpu->fpu.ftw |= (guint8) (1u << n);
}

static void
move_top (MosSoftFpu *fpu, guint by)
{
  guint top = (fpu->fsw >> MOS_FSW_TOP_SHIFT) + by;

  fpu->fsw =
      (guint16) ((fpu->fsw & ~MOS_FSW_TOP) | (top & 7) << MOS_FSW_TOP_SHIFT);
}

void
mos_x87_push (MosSoftCpu *cpu, MosFloat80 value)
{
  move_top (&cpu->fpu, 7);
  mos_x87_set (cpu, 0, value);
}

void
mos_x87_pop (MosSoftCpu *cpu)
{
  MosSoftFpu *fpu = &cpu->fpu;

  fpu->ftw &= (guint8) ~(1u << mos_fpu_physical (fpu, 0));
  move_top (fpu, 1);
}

gboolean
mos_x87_raise (MosSoftCpu *cpu, guint16 fsw, guint stopping)
{
  MosSoftFpu *fpu = &cpu->fpu;
  guint       raised = fsw & MOS_FSW_EXCEPTIONS;

  fpu->fsw = (guint16) ((fpu->fsw & ~MOS_FSW_C1) | (fsw & MOS_FSW_C1) | raised);
  mos_fpu_update_summary (fpu);
  return (raised & ~fpu->fcw & stopping) == 0;
}

gboolean
mos_x87_underflow (MosSoftCpu *cpu)
{
  cpu->fpu.fsw |= MOS_FSW_SF;
  return mos_x87_raise (cpu, MOS_FSW_IE, MOS_FSW_IE);
}

gboolean
mos_x87_overflow (MosSoftCpu *cpu)
{
  cpu->fpu.fsw |= MOS_FSW_SF;
  return mos_x87_raise (cpu, MOS_FSW_IE | MOS_FSW_C1, MOS_FSW_IE);
}
