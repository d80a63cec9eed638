/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * More of templates.h: one operand, conditions, jumps, the stack.
 *
 * A conditional jump's imm is the offset of its target from the block's RIP
 * and next the offset behind it, so a block works at any address.
 */
#pragma once

#include "engine/cpu/soft/exec/templates.h"

G_BEGIN_DECLS

/* Sign-extends @value from @from bytes. */
ALWAYS guint64
sign_extend (guint64 value, guint from)
{
  if (from == 1)
    return (guint64) (gint64) (gint8) value;
  if (from == 2)
    return (guint64) (gint64) (gint16) value;
  if (from == 4)
    return (guint64) (gint64) (gint32) value;
  return value;
}

ALWAYS const MosUop *
extend_rr (MosSoftCpu   *cpu,
           const MosUop *op,
           guint         w,
           guint         from,
           gboolean      sign)
{
  guint64 value = mos_reg_get (cpu, op->src, from);

  mos_reg_set (cpu, op->dst, w, sign ? sign_extend (value, from) : value);
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
extend_rm (MosSoftCpu   *cpu,
           const MosUop *op,
           guint         w,
           guint         from,
           gboolean      sign,
           MosEaForm     form)
{
  guint64 lin = mos_ea_form (cpu, op, from, FALSE, form);
  guint64 value = mos_load (cpu, op, lin, from);

  mos_reg_set (cpu, op->dst, w, sign ? sign_extend (value, from) : value);
  return mos_next (cpu, op);
}

typedef guint64 (*MosUnary) (guint64 a, guint16 *fl);
typedef void (*MosLockedUnary) (gpointer p, guint16 *fl);

ALWAYS const MosUop *
unary_r (MosSoftCpu *cpu, const MosUop *op, MosUnary f, guint w)
{
  guint16 fl = cpu->fl;
  guint64 a = mos_reg_get (cpu, op->dst, w);

  a = f (a, &fl);
  cpu->fl = fl;
  mos_reg_set (cpu, op->dst, w, a);
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
unary_m (MosSoftCpu *cpu, const MosUop *op, MosUnary f, guint w)
{
  guint64  lin = mos_ea (cpu, op, w, TRUE);
  gpointer p = mos_rmw (cpu, op, lin, w);
  guint16  fl = cpu->fl;
  guint64  a;

  if (G_LIKELY (p != NULL)) {
    a = f (host_get (p, w), &fl);
    host_set (p, w, a);
    mos_rmw_done (cpu, lin);
  } else {
    a = f (mos_load_slow (cpu, op, lin, w), &fl);
    mos_store_slow (cpu, op, lin, a, w);
  }
  cpu->fl = fl;
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
locked_m (MosSoftCpu    *cpu,
          const MosUop  *op,
          MosUnary       f,
          MosLockedUnary locked,
          guint          w)
{
  guint64  lin = mos_ea (cpu, op, w, TRUE);
  gpointer p = mos_rmw (cpu, op, lin, w);
  guint16  fl = cpu->fl;
  guint64  a;

  if (G_LIKELY (p != NULL)) {
    locked (p, &fl);
    mos_rmw_done (cpu, lin);
  } else {
    mos_split_begin (cpu);
    a = f (mos_load_slow (cpu, op, lin, w), &fl);
    mos_store_slow (cpu, op, lin, a, w);
    mos_split_end (cpu);
  }
  cpu->fl = fl;
  return mos_next (cpu, op);
}

/* Shifts: the count is CL (@by_cl) or the immediate. */
ALWAYS const MosUop *
shift_r (MosSoftCpu   *cpu,
         const MosUop *op,
         MosBinary     f,
         guint         w,
         gboolean      by_cl)
{
  guint64 count = by_cl ? *mos_r8 (cpu, MOS_RCX * 8) : op->imm;
  guint64 a = mos_reg_get (cpu, op->dst, w);
  guint16 fl = cpu->fl;

  a = f (a, count, &fl);
  cpu->fl = fl;
  mos_reg_set (cpu, op->dst, w, a);
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
shift_m (MosSoftCpu   *cpu,
         const MosUop *op,
         MosBinary     f,
         guint         w,
         gboolean      by_cl)
{
  guint64 count = by_cl ? *mos_r8 (cpu, MOS_RCX * 8) : op->imm;

  return binary_mem (cpu, op, f, w, op->ea, count);
}

ALWAYS const MosUop *
lea (MosSoftCpu *cpu, const MosUop *op, guint w)
{
  guint64 sum = *mos_r64 (cpu, op->base) +
                (*mos_r64 (cpu, op->index) << op->scale) +
                (guint64) (gint64) op->disp;

  mos_reg_set (cpu, op->dst, w, sum);
  return mos_next (cpu, op);
}

/* What a near jump of this operand size leaves of RIP. */
ALWAYS guint64
mos_ip_mask (const MosUop *op)
{
  return G_MAXUINT64 >> (64 - 8 * op->width);
}

ALWAYS const MosUop *
jump_if (MosSoftCpu *cpu, const MosUop *op, guint cc, gboolean far_page)
{
  guint64 rip = cpu->gpr[MOS_SLOT_RIP];

  if (mos_cond (cpu, cc)) {
    rip = (rip + op->imm) & mos_ip_mask (op);
    mos_check_target (cpu, op, rip);
    if (far_page)
      return mos_goto_far (cpu, op, rip, 0);
    return mos_goto_near (cpu, op, rip, 0);
  }
  /* If one of the two lies in another page, only it needs the check; but
   * the fall-through may be the first byte of the next page. */
  return mos_goto_far (cpu, op, rip + op->next, 1);
}

/* CMP or TEST (same page, no limit: the target needs no check) and the
 * conditional jump behind it, in one. */
ALWAYS const MosUop *
fused (MosSoftCpu   *cpu,
       const MosUop *op,
       MosBinary     f,
       guint64       a,
       guint64       b,
       guint         cc)
{
  guint64 rip = cpu->gpr[MOS_SLOT_RIP];
  guint64 target = rip + (guint64) (gint64) op->disp;
  guint16 fl = cpu->fl;

  f (a, b, &fl);
  cpu->fl = fl;
  if (mos_cond_of (fl, cc))
    return mos_goto_near (cpu, op, target, 0);
  return mos_goto_near (cpu, op, rip + op->next, 1);
}

ALWAYS const MosUop *
fused_rr (MosSoftCpu *cpu, const MosUop *op, MosBinary f, guint w, guint cc)
{
  return fused (cpu, op, f, mos_reg_get (cpu, op->dst, w),
                mos_reg_get (cpu, op->src, w), cc);
}

ALWAYS const MosUop *
fused_ri (MosSoftCpu *cpu, const MosUop *op, MosBinary f, guint w, guint cc)
{
  return fused (cpu, op, f, mos_reg_get (cpu, op->dst, w), op->imm, cc);
}

ALWAYS const MosUop *
set_r (MosSoftCpu *cpu, const MosUop *op, guint cc)
{
  *mos_r8 (cpu, op->dst) = (guint8) mos_cond (cpu, cc);
  return mos_next (cpu, op);
}

/* A 32-bit CMOV clears the upper half even if it does not move. */
ALWAYS const MosUop *
cmov_rr (MosSoftCpu *cpu, const MosUop *op, guint w, guint cc)
{
  guint offset = mos_cond (cpu, cc) ? op->src : op->dst;

  mos_reg_set (cpu, op->dst, w, mos_reg_get (cpu, offset, w));
  return mos_next (cpu, op);
}

ALWAYS const MosUop *
cmov_rm (MosSoftCpu *cpu, const MosUop *op, guint w, guint cc)
{
  guint64 lin = mos_ea (cpu, op, w, FALSE);
  guint64 value = mos_load (cpu, op, lin, w);

  if (!mos_cond (cpu, cc))
    value = mos_reg_get (cpu, op->dst, w);
  mos_reg_set (cpu, op->dst, w, value);
  return mos_next (cpu, op);
}

G_END_DECLS
