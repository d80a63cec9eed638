/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * XCHG, XADD, CMPXCHG and its double forms.
 *
 * With memory they are done by the host's atomic operations whether locked or
 * not; what has no host address is done under the lock for split accesses.
 * CMPXCHG writes its destination even if the comparison fails, so it faults
 * like a write.
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"

/* Returns @expression, in which T is the unsigned type of @width bytes. */
#define RETURN_BY_WIDTH(width, expression) \
  switch (width) {                         \
  case 1: {                                \
    typedef guint8 T;                      \
    return expression;                     \
  }                                        \
  case 2: {                                \
    typedef guint16 T;                     \
    return expression;                     \
  }                                        \
  case 4: {                                \
    typedef guint32 T;                     \
    return expression;                     \
  }                                        \
  default: {                               \
    typedef guint64 T;                     \
    return expression;                     \
  }                                        \
  }

/* What was there, all three. */
static guint64
host_exchange (gpointer p, guint64 value, guint width)
{
  RETURN_BY_WIDTH (width,
                   __atomic_exchange_n ((T *) p, (T) value, __ATOMIC_SEQ_CST));
}

static guint64
host_add (gpointer p, guint64 value, guint width)
{
  RETURN_BY_WIDTH (width,
                   __atomic_fetch_add ((T *) p, (T) value, __ATOMIC_SEQ_CST));
}

/* @value is stored if there was @expected. */
static guint64
host_swap (gpointer p, guint64 expected, guint64 value, guint width)
{
  RETURN_BY_WIDTH (
      width, __sync_val_compare_and_swap ((T *) p, (T) expected, (T) value));
}

/* dst: the register operand, or the first of two; src2 says memory. */
static const MosUop *
xchg (MosSoftCpu *cpu, const MosUop *op)
{
  guint    width = op->width;
  guint64  b = mos_reg_get (cpu, op->src, width);
  guint64  a, lin;
  gpointer p;

  if (op->src2 == 0) {
    a = mos_reg_get (cpu, op->dst, width);
    mos_reg_set (cpu, op->dst, width, b);
    mos_reg_set (cpu, op->src, width, a);
    return mos_next (cpu, op);
  }
  lin = mos_ea (cpu, op, width, TRUE);
  p = mos_rmw (cpu, op, lin, width);
  if (G_LIKELY (p != NULL)) {
    a = host_exchange (p, b, width);
    mos_rmw_done (cpu, lin);
  } else {
    mos_split_begin (cpu);
    a = mos_load_slow (cpu, op, lin, width);
    mos_store_slow (cpu, op, lin, b, width);
    mos_split_end (cpu);
  }
  mos_reg_set (cpu, op->src, width, a);
  return mos_next (cpu, op);
}

static const MosUop *
xadd (MosSoftCpu *cpu, const MosUop *op)
{
  guint    width = op->width;
  guint64  b = mos_reg_get (cpu, op->src, width);
  guint64  a, lin;
  gpointer p;

  if (op->src2 == 0) {
    a = mos_reg_get (cpu, op->dst, width);
    cpu->fl = mos_flags_of_add (a, b, width);
    mos_reg_set (cpu, op->src, width, a);
    mos_reg_set (cpu, op->dst, width, a + b);
    return mos_next (cpu, op);
  }
  lin = mos_ea (cpu, op, width, TRUE);
  p = mos_rmw (cpu, op, lin, width);
  if (G_LIKELY (p != NULL)) {
    a = host_add (p, b, width);
    mos_rmw_done (cpu, lin);
  } else {
    mos_split_begin (cpu);
    a = mos_load_slow (cpu, op, lin, width);
    mos_store_slow (cpu, op, lin, a + b, width);
    mos_split_end (cpu);
  }
  cpu->fl = mos_flags_of_add (a, b, width);
  mos_reg_set (cpu, op->src, width, a);
  return mos_next (cpu, op);
}

static const MosUop *
cmpxchg (MosSoftCpu *cpu, const MosUop *op)
{
  guint    width = op->width;
  guint64  expected = mos_reg_get (cpu, MOS_RAX * 8, width);
  guint64  b = mos_reg_get (cpu, op->src, width);
  guint64  a, lin;
  gpointer p;

  if (op->src2 == 0) {
    a = mos_reg_get (cpu, op->dst, width);
    cpu->fl = mos_flags_of_compare (expected, a, width);
    if (a == expected)
      mos_reg_set (cpu, op->dst, width, b);
    else
      mos_reg_set (cpu, MOS_RAX * 8, width, a);
    return mos_next (cpu, op);
  }
  lin = mos_ea (cpu, op, width, TRUE);
  p = mos_rmw (cpu, op, lin, width);
  if (G_LIKELY (p != NULL)) {
    a = host_swap (p, expected, b, width);
    mos_rmw_done (cpu, lin);
  } else {
    mos_split_begin (cpu);
    a = mos_load_slow (cpu, op, lin, width);
    mos_store_slow (cpu, op, lin, a == expected ? b : a, width);
    mos_split_end (cpu);
  }
  cpu->fl = mos_flags_of_compare (expected, a, width);
  if (a != expected)
    mos_reg_set (cpu, MOS_RAX * 8, width, a);
  return mos_next (cpu, op);
}

static const MosUop *
cmpxchg8b (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 expected =
      (guint64) *mos_r32 (cpu, MOS_RDX * 8) << 32 | *mos_r32 (cpu, MOS_RAX * 8);
  guint64 value =
      (guint64) *mos_r32 (cpu, MOS_RCX * 8) << 32 | *mos_r32 (cpu, MOS_RBX * 8);
  guint64  lin = mos_ea (cpu, op, 8, TRUE);
  gpointer p = mos_rmw (cpu, op, lin, 8);
  guint64  a;

  if (G_LIKELY (p != NULL)) {
    a = host_swap (p, expected, value, 8);
    mos_rmw_done (cpu, lin);
  } else {
    mos_split_begin (cpu);
    a = mos_load_slow (cpu, op, lin, 8);
    mos_store_slow (cpu, op, lin, a == expected ? value : a, 8);
    mos_split_end (cpu);
  }
  mos_flag_put (cpu, MOS_FL_ZF, a == expected);
  if (a != expected)
    mos_set_edx_eax (cpu, a);
  return op + 1;
}

typedef struct {
  guint64 half[2];
} MosPair;

static gboolean
host_swap16 (gpointer p, guint64 expected[2], guint64 low, guint64 high)
{
  gboolean same;

  asm volatile("lock cmpxchg16b %1\n\tsete %b0"
               : "=q"(same), "+m"(*(MosPair *) p), "+a"(expected[0]),
                 "+d"(expected[1])
               : "b"(low), "c"(high)
               : "cc", "memory");
  return same & 1;
}

static const MosUop *
cmpxchg16b (MosSoftCpu *cpu, const MosUop *op)
{
  guint64  old[2] = { cpu->gpr[MOS_RAX], cpu->gpr[MOS_RDX] };
  guint64  lin = mos_ea (cpu, op, 16, TRUE);
  guint64  low = cpu->gpr[MOS_RBX], high = cpu->gpr[MOS_RCX];
  gboolean same;
  gpointer p;

  if ((lin & 15) != 0)
    mos_fault_gp (cpu, op);
  p = mos_rmw (cpu, op, lin, 16);
  if (p != NULL) {
    same = host_swap16 (p, old, low, high);
    mos_rmw_done (cpu, lin);
  } else {
    guint64 a[2];

    mos_split_begin (cpu);
    mos_load_bytes (cpu, op, lin, a, 16);
    same = a[0] == old[0] && a[1] == old[1];
    old[0] = a[0];
    old[1] = a[1];
    if (same) {
      a[0] = low;
      a[1] = high;
    }
    mos_store_bytes (cpu, op, lin, a, 16);
    mos_split_end (cpu);
  }
  mos_flag_put (cpu, MOS_FL_ZF, same);
  if (!same) {
    cpu->gpr[MOS_RAX] = old[0];
    cpu->gpr[MOS_RDX] = old[1];
  }
  return op + 1;
}

static gboolean
lower_two (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;
  guint   mem = mos_lower_is_mem (l, 1); /* XCHG may name memory second */

  op->width = (guint8) mos_lower_size (l, 0);
  op->src = mos_lower_gpr (l->operands[mem ? 0 : 1].reg.value);
  op->src2 = l->memory != NULL;
  if (op->src2 == 0)
    op->dst = mos_lower_gpr (l->operands[0].reg.value);
  op->fn = insn->fn;
  return TRUE;
}

/* F3 90 is PAUSE, but with REX.B the register counts: XCHG R8, rAX. */
static gboolean
lower_pause (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  if ((l->insn->attributes & ZYDIS_ATTRIB_HAS_REX) == 0 ||
      l->insn->raw.rex.B == 0)
    return FALSE;
  if (l->insn->raw.rex.W)
    op->width = 8;
  else
    op->width =
        (l->insn->attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE) != 0 ? 2 : 4;
  op->dst = MOS_R8 * 8;
  op->src = MOS_RAX * 8;
  op->fn = insn->fn;
  return TRUE;
}

/* clang-format off */
const MosSoftInsn mos_insns_atomic[] = {
  { ZYDIS_MNEMONIC_XCHG, lower_two, xchg, 0 },
  { ZYDIS_MNEMONIC_PAUSE, lower_pause, xchg, 0 },
  { ZYDIS_MNEMONIC_XADD, lower_two, xadd, 0 },
  { ZYDIS_MNEMONIC_CMPXCHG, lower_two, cmpxchg, 0 },
  { ZYDIS_MNEMONIC_CMPXCHG8B, mos_lower_simple, cmpxchg8b, 0 },
  { ZYDIS_MNEMONIC_CMPXCHG16B, mos_lower_simple, cmpxchg16b, 0 },
  { 0 }
};
/* clang-format on */
