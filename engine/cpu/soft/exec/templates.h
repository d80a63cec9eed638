/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the hot integer handlers have in common.
 *
 * Each function here is a handler but for its parameters: the arithmetic, the
 * width and how a memory operand is addressed. generate-handlers.py writes
 * the plain handlers that call them with constants; the compiler then makes
 * straight code of each.
 */
#pragma once

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/mmu.h"

G_BEGIN_DECLS

#define ALWAYS static inline __attribute__ ((always_inline))

/* a OP b, flags in and out. */
typedef guint64 (*MosBinary) (guint64 a, guint64 b, guint16 *fl);
/* OP on memory, with the LOCK prefix. */
typedef void (*MosLocked) (gpointer p, guint64 b, guint16 *fl);

ALWAYS guint64
host_get (gpointer p, guint w)
{
  if (w == 1)
    return *(volatile guint8 *) p;
  if (w == 2)
    return *(volatile MosU16 *) p;
  if (w == 4)
    return *(volatile MosU32 *) p;
  return *(volatile MosU64 *) p;
}

ALWAYS void
host_set (gpointer p, guint w, guint64 value)
{
  if (w == 1)
    *(volatile guint8 *) p = (guint8) value;
  else if (w == 2)
    *(volatile MosU16 *) p = (guint16) value;
  else if (w == 4)
    *(volatile MosU32 *) p = (guint32) value;
  else
    *(volatile MosU64 *) p = value;
}

ALWAYS const MosUop *
binary_rr (MosSoftCpu *cpu, const MosUop *op, MosBinary f, guint w)
{
  guint64 a = mos_reg_get (cpu, op->dst, w);
  guint64 b = mos_reg_get (cpu, op->src, w);
  guint16 fl = cpu->fl;

  a = f (a, b, &fl);
  cpu->fl = fl;
  mos_reg_set (cpu, op->dst, w, a);
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
binary_ri (MosSoftCpu *cpu, const MosUop *op, MosBinary f, guint w)
{
  guint64 a = mos_reg_get (cpu, op->dst, w);
  guint16 fl = cpu->fl;

  a = f (a, op->imm, &fl);
  cpu->fl = fl;
  mos_reg_set (cpu, op->dst, w, a);
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
binary_rm (MosSoftCpu   *cpu,
           const MosUop *op,
           MosBinary     f,
           guint         w,
           MosEaForm     form)
{
  guint64 lin = mos_ea_form (cpu, op, w, FALSE, form);
  guint64 b = mos_load (cpu, op, lin, w);
  guint64 a = mos_reg_get (cpu, op->dst, w);
  guint16 fl = cpu->fl;

  a = f (a, b, &fl);
  cpu->fl = fl;
  mos_reg_set (cpu, op->dst, w, a);
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
binary_mem (MosSoftCpu   *cpu,
            const MosUop *op,
            MosBinary     f,
            guint         w,
            MosEaForm     form,
            guint64       b)
{
  guint64  lin = mos_ea_form (cpu, op, w, TRUE, form);
  gpointer p = mos_rmw (cpu, op, lin, w);
  guint16  fl = cpu->fl;
  guint64  a;

  if (G_LIKELY (p != NULL)) {
    a = host_get (p, w);
    a = f (a, b, &fl);
    cpu->fl = fl;
    host_set (p, w, a);
    mos_rmw_done (cpu, lin);
  } else {
    a = mos_load_slow (cpu, op, lin, w);
    a = f (a, b, &fl);
    mos_store_slow (cpu, op, lin, a, w);
    cpu->fl = fl;
  }
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
binary_mr (MosSoftCpu   *cpu,
           const MosUop *op,
           MosBinary     f,
           guint         w,
           MosEaForm     form)
{
  return binary_mem (cpu, op, f, w, form, mos_reg_get (cpu, op->src, w));
}

ALWAYS const MosUop *
binary_mi (MosSoftCpu   *cpu,
           const MosUop *op,
           MosBinary     f,
           guint         w,
           MosEaForm     form)
{
  return binary_mem (cpu, op, f, w, form, op->imm);
}

/* LOCK: one host access with the same prefix. What crosses a page, or is a
 * device, is done under a lock that all processors share. */
ALWAYS const MosUop *
locked_mem (MosSoftCpu   *cpu,
            const MosUop *op,
            MosBinary     f,
            MosLocked     locked,
            guint         w,
            guint64       b)
{
  guint64  lin = mos_ea (cpu, op, w, TRUE);
  gpointer p = mos_rmw (cpu, op, lin, w);
  guint16  fl = cpu->fl;
  guint64  a;

  if (G_LIKELY (p != NULL)) {
    locked (p, b, &fl);
    cpu->fl = fl;
    mos_rmw_done (cpu, lin);
  } else {
    mos_split_begin (cpu);
    a = mos_load_slow (cpu, op, lin, w);
    a = f (a, b, &fl);
    mos_store_slow (cpu, op, lin, a, w);
    mos_split_end (cpu);
    cpu->fl = fl;
  }
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
locked_mr (MosSoftCpu   *cpu,
           const MosUop *op,
           MosBinary     f,
           MosLocked     locked,
           guint         w)
{
  return locked_mem (cpu, op, f, locked, w, mos_reg_get (cpu, op->src, w));
}

ALWAYS const MosUop *
locked_mi (MosSoftCpu   *cpu,
           const MosUop *op,
           MosBinary     f,
           MosLocked     locked,
           guint         w)
{
  return locked_mem (cpu, op, f, locked, w, op->imm);
}

/* CMP and TEST: flags only. */
ALWAYS const MosUop *
compare (MosSoftCpu *cpu, const MosUop *op, MosBinary f, guint64 a, guint64 b)
{
  guint16 fl = cpu->fl;

  f (a, b, &fl);
  cpu->fl = fl;
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
compare_rr (MosSoftCpu *cpu, const MosUop *op, MosBinary f, guint w)
{
  return compare (cpu, op, f, mos_reg_get (cpu, op->dst, w),
                  mos_reg_get (cpu, op->src, w));
}

ALWAYS const MosUop *
compare_ri (MosSoftCpu *cpu, const MosUop *op, MosBinary f, guint w)
{
  return compare (cpu, op, f, mos_reg_get (cpu, op->dst, w), op->imm);
}

ALWAYS const MosUop *
compare_rm (MosSoftCpu   *cpu,
            const MosUop *op,
            MosBinary     f,
            guint         w,
            MosEaForm     form)
{
  guint64 lin = mos_ea_form (cpu, op, w, FALSE, form);
  guint64 b = mos_load (cpu, op, lin, w);

  return compare (cpu, op, f, mos_reg_get (cpu, op->dst, w), b);
}

ALWAYS const MosUop *
compare_mr (MosSoftCpu   *cpu,
            const MosUop *op,
            MosBinary     f,
            guint         w,
            MosEaForm     form)
{
  guint64 lin = mos_ea_form (cpu, op, w, FALSE, form);
  guint64 a = mos_load (cpu, op, lin, w);

  return compare (cpu, op, f, a, mos_reg_get (cpu, op->src, w));
}

ALWAYS const MosUop *
compare_mi (MosSoftCpu   *cpu,
            const MosUop *op,
            MosBinary     f,
            guint         w,
            MosEaForm     form)
{
  guint64 lin = mos_ea_form (cpu, op, w, FALSE, form);
  guint64 a = mos_load (cpu, op, lin, w);

  return compare (cpu, op, f, a, op->imm);
}

ALWAYS const MosUop *
move_rr (MosSoftCpu *cpu, const MosUop *op, guint w)
{
  mos_reg_set (cpu, op->dst, w, mos_reg_get (cpu, op->src, w));
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
move_ri (MosSoftCpu *cpu, const MosUop *op, guint w)
{
  mos_reg_set (cpu, op->dst, w, op->imm);
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
move_rm (MosSoftCpu *cpu, const MosUop *op, guint w, MosEaForm form)
{
  guint64 lin = mos_ea_form (cpu, op, w, FALSE, form);

  mos_reg_set (cpu, op->dst, w, mos_load (cpu, op, lin, w));
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
move_mr (MosSoftCpu *cpu, const MosUop *op, guint w, MosEaForm form)
{
  guint64 lin = mos_ea_form (cpu, op, w, TRUE, form);

  mos_store (cpu, op, lin, mos_reg_get (cpu, op->src, w), w);
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
move_mi (MosSoftCpu *cpu, const MosUop *op, guint w, MosEaForm form)
{
  guint64 lin = mos_ea_form (cpu, op, w, TRUE, form);

  mos_store (cpu, op, lin, op->imm, w);
  return mos_next (cpu, op);
}

G_END_DECLS
