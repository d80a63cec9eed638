/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Bit tests and scans, byte order, counts.
 *
 * BT and its kin address a bit string: with a register as index the operand
 * may lie anywhere around the address (Intel SDM volume 2, "BT"). Scans run as
 * the host's instruction, also for what the manual leaves undefined.
 */
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"

enum {
  BT,
  BTS,
  BTR,
  BTC
};

enum {
  HAS_LOCK = 1u << 8, /* aux */
  IS_MEMORY = 1u << 9
};

static guint64
change (guint what, guint64 value, guint64 bit)
{
  switch (what) {
  case BTS:
    return value | bit;
  case BTR:
    return value & ~bit;
  case BTC:
    return value ^ bit;
  default:
    return value;
  }
}

static void
set_carry (MosSoftCpu *cpu, gboolean on)
{
  mos_flag_put (cpu, MOS_FL_CF, on);
}

static const MosUop *
bit_r (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 index = op->src2 ? op->imm : mos_reg_get (cpu, op->src, op->width);
  guint64 bit = (guint64) 1 << (index & (8 * op->width - 1));
  guint64 value = mos_reg_get (cpu, op->dst, op->width);

  set_carry (cpu, (value & bit) != 0);
  if (op->aux != BT)
    mos_reg_set (cpu, op->dst, op->width, change (op->aux, value, bit));
  return mos_next (cpu, op);
}

/* The address of the word that holds the bit. */
static guint64
bit_address (MosSoftCpu *cpu, const MosUop *op, gboolean write, guint64 *bit)
{
  guint   bits = 8 * op->width;
  guint64 index;
  guint64 offset;

  if (op->src2) {
    *bit = (guint64) 1 << (op->imm & (bits - 1));
    return mos_ea (cpu, op, op->width, write);
  }
  index = mos_reg_get (cpu, op->src, op->width);
  *bit = (guint64) 1 << (index & (bits - 1));
  /* Sign-extended, in words. */
  index = (guint64) ((gint64) (index << (64 - bits)) >> (64 - bits));
  offset = mos_ea_offset (cpu, op) +
           (guint64) ((gint64) index >> (bits == 16   ? 4
                                         : bits == 32 ? 5
                                                      : 6)) *
               op->width;
  if (op->addr != 8)
    offset &= ((guint64) 1 << (8 * op->addr)) - 1;
  return mos_linear (cpu, op, op->seg, offset, op->width, write);
}

static void
locked_change (gpointer p, guint what, guint width, guint64 bit, guint64 *old)
{
  guint64 value, wanted;

  do {
    if (width == 2)
      value = __atomic_load_n ((guint16 *) p, __ATOMIC_RELAXED);
    else if (width == 4)
      value = __atomic_load_n ((guint32 *) p, __ATOMIC_RELAXED);
    else
      value = __atomic_load_n ((guint64 *) p, __ATOMIC_RELAXED);
    wanted = change (what, value, bit);
  } while (width == 2 ? !__sync_bool_compare_and_swap (
                            (guint16 *) p, (guint16) value, (guint16) wanted)
           : width == 4
               ? !__sync_bool_compare_and_swap ((guint32 *) p, (guint32) value,
                                                (guint32) wanted)
               : !__sync_bool_compare_and_swap ((guint64 *) p, value, wanted));
  *old = value;
}

static const MosUop *
bit_m (MosSoftCpu *cpu, const MosUop *op)
{
  guint    what = op->aux & 3;
  guint64  bit, value;
  guint64  lin = bit_address (cpu, op, what != BT, &bit);
  gpointer p;

  if (what == BT) {
    value = mos_load (cpu, op, lin, op->width);
  } else if ((p = mos_rmw (cpu, op, lin, op->width)) != NULL &&
             (op->aux & HAS_LOCK) != 0) {
    locked_change (p, what, op->width, bit, &value);
    mos_rmw_done (cpu, lin);
  } else {
    if ((op->aux & HAS_LOCK) != 0)
      mos_split_begin (cpu);
    value = mos_load (cpu, op, lin, op->width);
    mos_store (cpu, op, lin, change (what, value, bit), op->width);
    if ((op->aux & HAS_LOCK) != 0)
      mos_split_end (cpu);
  }
  set_carry (cpu, (value & bit) != 0);
  return op + 1;
}

static gboolean
lower_bit (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  op->width = (guint8) mos_lower_size (l, 0);
  op->aux = insn->arg;
  if (mos_lower_is_imm (l, 1)) {
    op->imm = l->operands[1].imm.value.u;
    op->src2 = 1;
  } else {
    op->src = mos_lower_gpr (l->operands[1].reg.value);
  }
  if (l->memory != NULL) {
    if ((l->insn->attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0)
      op->aux |= HAS_LOCK;
    op->fn = bit_m;
  } else {
    op->dst = mos_lower_gpr (l->operands[0].reg.value);
    op->fn = bit_r;
  }
  return TRUE;
}

/* Scans: the destination of the host's instruction starts as the guest's, so
 * a source of zero leaves it as the host does. */
static guint64
scan (guint what, guint64 a, guint64 b, guint width, guint16 *fl)
{
  guint16 f = *fl;

  if (what == ZYDIS_MNEMONIC_BSF && width == 2)
    asm("addb $0x7f, %%al\n\tsahf\n\tbsfw %w2, %w0\n\tlahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "r"(b)
        : "cc");
  else if (what == ZYDIS_MNEMONIC_BSF && width == 4)
    asm("addb $0x7f, %%al\n\tsahf\n\tbsfl %k2, %k0\n\tlahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "r"(b)
        : "cc");
  else if (what == ZYDIS_MNEMONIC_BSF)
    asm("addb $0x7f, %%al\n\tsahf\n\tbsfq %q2, %q0\n\tlahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "r"(b)
        : "cc");
  else if (width == 2)
    asm("addb $0x7f, %%al\n\tsahf\n\tbsrw %w2, %w0\n\tlahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "r"(b)
        : "cc");
  else if (width == 4)
    asm("addb $0x7f, %%al\n\tsahf\n\tbsrl %k2, %k0\n\tlahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "r"(b)
        : "cc");
  else
    asm("addb $0x7f, %%al\n\tsahf\n\tbsrq %q2, %q0\n\tlahf\n\tseto %%al"
        : "+r"(a), "+a"(f)
        : "r"(b)
        : "cc");
  *fl = f;
  return a;
}

static guint64
source (MosSoftCpu *cpu, const MosUop *op)
{
  if (op->src2 == 0)
    return mos_reg_get (cpu, op->src, op->width);
  return mos_load (cpu, op, mos_ea (cpu, op, op->width, FALSE), op->width);
}

/* With a source of zero the register stays, and so does its upper half. */
static const MosUop *
bit_scan (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 b = source (cpu, op);
  guint64 a = *mos_r64 (cpu, op->dst);
  guint16 fl = cpu->fl;

  a = scan (op->aux, a, b, op->width, &fl);
  cpu->fl = fl;
  if (b != 0 || op->width != 4)
    mos_reg_set (cpu, op->dst, op->width, a);
  else
    *mos_r64 (cpu, op->dst) = a;
  return op + 1;
}

/* The counts set CF or ZF and clear the rest as the host does; computed, since
 * a host may lack them. */
static const MosUop *
count_zeros (MosSoftCpu *cpu, const MosUop *op)
{
  guint   bits = 8 * op->width;
  guint64 b = source (cpu, op);
  guint64 n = bits;

  if (b != 0)
    n = op->aux == ZYDIS_MNEMONIC_TZCNT
            ? (guint64) __builtin_ctzll (b)
            : (guint64) __builtin_clzll (b) - (64 - bits);
  mos_flag_put (cpu, MOS_FL_CF, b == 0);
  mos_flag_put (cpu, MOS_FL_ZF, n == 0);
  mos_reg_set (cpu, op->dst, op->width, n);
  return op + 1;
}

static const MosUop *
popcnt (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 b = source (cpu, op);

  cpu->fl = (guint16) (MOS_FL_ONE | (b == 0 ? MOS_FL_ZF : 0));
  mos_reg_set (cpu, op->dst, op->width, (guint64) __builtin_popcountll (b));
  return op + 1;
}

static gboolean
lower_scan (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  op->width = (guint8) mos_lower_size (l, 0);
  op->dst = mos_lower_gpr (l->operands[0].reg.value);
  op->src2 = l->memory != NULL;
  if (op->src2 == 0)
    op->src = mos_lower_gpr (l->operands[1].reg.value);
  op->aux = (guint32) insn->mnemonic;
  op->fn = insn->fn;
  return TRUE;
}

/* dst: the high half, src3: the low one; if both name one register, it gets
 * the high half. No flags. */
static const MosUop *
mulx (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 a = mos_reg_get (cpu, MOS_RDX * 8, op->width);
  guint64 b = source (cpu, op);
  guint64 low = a * b, high;

  if (op->width == 4)
    high = low >> 32;
  else
    asm("mulq %3" : "=a"(low), "=d"(high) : "0"(a), "r"(b) : "cc");
  mos_reg_set (cpu, op->src3, op->width, low);
  mos_reg_set (cpu, op->dst, op->width, high);
  return op + 1;
}

static gboolean
lower_mulx (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  op->width = (guint8) mos_lower_size (l, 0);
  op->dst = mos_lower_gpr (l->operands[0].reg.value);
  op->src3 = mos_lower_gpr (l->operands[1].reg.value);
  op->src2 = l->memory != NULL;
  if (op->src2 == 0)
    op->src = mos_lower_gpr (l->operands[2].reg.value);
  op->fn = mulx;
  return TRUE;
}

static guint64
swap (guint64 value, guint width)
{
  switch (width) {
  case 2:
    return GUINT16_SWAP_LE_BE ((guint16) value);
  case 4:
    return GUINT32_SWAP_LE_BE ((guint32) value);
  default:
    return GUINT64_SWAP_LE_BE (value);
  }
}

/* BSWAP of 16 bits gives zero on every processor that was looked at. */
static const MosUop *
bswap (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 value = mos_reg_get (cpu, op->dst, op->width);

  mos_reg_set (cpu, op->dst, op->width,
               op->width == 2 ? 0 : swap (value, op->width));
  return mos_next (cpu, op);
}

static const MosUop *
movbe_load (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, FALSE);

  mos_reg_set (cpu, op->dst, op->width,
               swap (mos_load (cpu, op, lin, op->width), op->width));
  return mos_next (cpu, op);
}

static const MosUop *
movbe_store (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 lin = mos_ea (cpu, op, op->width, TRUE);

  mos_store (cpu, op, lin,
             swap (mos_reg_get (cpu, op->src, op->width), op->width),
             op->width);
  return mos_next (cpu, op);
}

static gboolean
lower_movbe (MosLower *l, const MosSoftInsn *insn)
{
  mos_lower_simple (l, insn);
  l->op->width = (guint8) mos_lower_size (l, 0);
  if (mos_lower_is_mem (l, 0))
    l->op->fn = movbe_store;
  return TRUE;
}

/* clang-format off */
const MosSoftInsn mos_insns_bits[] = {
  { ZYDIS_MNEMONIC_BT, lower_bit, NULL, BT },
  { ZYDIS_MNEMONIC_BTS, lower_bit, NULL, BTS },
  { ZYDIS_MNEMONIC_BTR, lower_bit, NULL, BTR },
  { ZYDIS_MNEMONIC_BTC, lower_bit, NULL, BTC },
  { ZYDIS_MNEMONIC_BSF, lower_scan, bit_scan, 0 },
  { ZYDIS_MNEMONIC_BSR, lower_scan, bit_scan, 0 },
  { ZYDIS_MNEMONIC_TZCNT, lower_scan, count_zeros, 0 },
  { ZYDIS_MNEMONIC_LZCNT, lower_scan, count_zeros, 0 },
  { ZYDIS_MNEMONIC_POPCNT, lower_scan, popcnt, 0 },
  { ZYDIS_MNEMONIC_MULX, lower_mulx, NULL, 0 },
  { ZYDIS_MNEMONIC_BSWAP, mos_lower_simple, bswap, 0 },
  { ZYDIS_MNEMONIC_MOVBE, lower_movbe, movbe_load, 0 },
  { 0 }
};
/* clang-format on */
