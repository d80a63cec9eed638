/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * String instructions: MOVS, STOS, LODS, SCAS, CMPS.
 *
 * With REP, what lies in one page of host memory is moved or filled at once.
 * Registers follow every step, so a fault or an interrupt in between leaves
 * them as the manual wants and the instruction starts again from there. Every
 * few thousand bytes the loop looks for something pending.
 */
#include "engine/cpu/soft/exec/string.h"

#include <string.h>

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"

#define STEPS_BETWEEN_LOOKS 64u

guint64
mos_string_mask (const MosUop *op)
{
  return G_MAXUINT64 >> (64 - 8 * op->addr);
}

guint64
mos_string_count (MosSoftCpu *cpu, const MosUop *op)
{
  if (op->src3 == MOS_REP_NONE)
    return 1;
  return cpu->gpr[MOS_RCX] & mos_string_mask (op);
}

void
mos_string_advance (MosSoftCpu *cpu, const MosUop *op, guint reg, guint64 n)
{
  guint64 step = n * op->width;

  if ((cpu->rflags & MOS_RFLAGS_DF) != 0)
    step = -step;
  mos_reg_set (cpu, reg * 8, op->addr, cpu->gpr[reg] + step);
}

void
mos_string_done (MosSoftCpu *cpu, const MosUop *op, guint64 n)
{
  if (op->src3 != MOS_REP_NONE)
    mos_reg_set (cpu, MOS_RCX * 8, op->addr, cpu->gpr[MOS_RCX] - n);
}

/* How many elements from register @reg on lie in one page, in the segment and
 * before the address wraps; at least 1, for the access that faults. */
guint64
mos_string_span (MosSoftCpu *cpu, const MosUop *op, guint reg, guint seg)
{
  guint64  mask = mos_string_mask (op);
  guint64  offset = cpu->gpr[reg] & mask;
  guint64  lin = offset + cpu->seg_base[seg];
  guint64  bytes = MOS_PAGE_SIZE - (lin & (MOS_PAGE_SIZE - 1));
  gboolean flat = (cpu->key & MOS_KEY_CS64) != 0 ||
                  (cpu->key & (1u << (MOS_KEY_FLAT_SHIFT + seg))) != 0;

  if ((cpu->rflags & MOS_RFLAGS_DF) != 0 ||
      (cpu->key & (MOS_KEY_STEP | MOS_KEY_ALIGN)) != 0)
    return 1;
  if (op->addr != 8)
    bytes = MIN (bytes, mask - offset + 1);
  if (!flat) {
    const MosSegment *segment = &cpu->seg[seg];

    /* Expand-down segments go one by one. */
    if (segment->limit < offset ||
        (!mos_real_mode (cpu) && (segment->type & 0xc) == 4))
      return 1;
    bytes = MIN (bytes, (guint64) segment->limit - offset + 1);
  }
  return MAX (bytes / op->width, 1);
}

const MosUop *
mos_string_pause (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->budget -= mos_op_before (op);
  cpu->gpr[MOS_SLOT_RIP] += mos_op_start (op);
  return NULL;
}

gboolean
mos_string_must_pause (MosSoftCpu *cpu)
{
  return (cpu->key & MOS_KEY_STEP) != 0 ||
         __atomic_load_n (&cpu->pending, __ATOMIC_RELAXED) != 0;
}

guint64
mos_string_address (MosSoftCpu   *cpu,
                    const MosUop *op,
                    guint         reg,
                    guint         seg,
                    gboolean      write)
{
  return mos_linear (cpu, op, seg, cpu->gpr[reg] & mos_string_mask (op),
                     op->width, write);
}

/* Several elements by a host copy; 0: do one the slow way. */
static guint64
move_many (MosSoftCpu *cpu, const MosUop *op, guint64 count)
{
  guint64 n = MIN (mos_string_span (cpu, op, MOS_RSI, op->seg),
                   mos_string_span (cpu, op, MOS_RDI, MOS_SEG_ES));
  guint8 *from, *to, *flags, *from_flags;
  guint64 lin, bytes;

  n = MIN (n, count);
  if (n < 2)
    return 0;
  bytes = n * op->width;
  lin = mos_linear (cpu, op, op->seg, cpu->gpr[MOS_RSI] & mos_string_mask (op),
                    op->width, FALSE);
  from = mos_host_range (cpu, op, lin, bytes, FALSE, &from_flags);
  lin = mos_linear (cpu, op, MOS_SEG_ES,
                    cpu->gpr[MOS_RDI] & mos_string_mask (op), op->width, TRUE);
  to = from != NULL ? mos_host_range (cpu, op, lin, bytes, TRUE, &flags) : NULL;
  if (to == NULL)
    return 0;
  if (to > from && to < from + bytes) {
    /* Overlapping upwards: each element is read after the one before was
     * written, which repeats a pattern. */
    for (guint64 i = 0; i < bytes; i += op->width)
      memmove (to + i, from + i, op->width);
  } else {
    memmove (to, from, bytes);
  }
  if (*(volatile guint8 *) flags != 0)
    mos_store_note (cpu, flags, lin, (guint) bytes);
  return n;
}

static const MosUop *
movs (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 count = mos_string_count (cpu, op);

  for (guint steps = 0; count > 0; steps++) {
    guint64 n = count > 1 ? move_many (cpu, op, count) : 0;

    if (n == 0) {
      guint64 from = mos_string_address (cpu, op, MOS_RSI, op->seg, FALSE);
      guint64 to = mos_string_address (cpu, op, MOS_RDI, MOS_SEG_ES, TRUE);
      guint64 value = mos_load (cpu, op, from, op->width);

      mos_store (cpu, op, to, value, op->width);
      n = 1;
    }
    mos_string_advance (cpu, op, MOS_RSI, n);
    mos_string_advance (cpu, op, MOS_RDI, n);
    mos_string_done (cpu, op, n);
    count -= n;
    if (count > 0 && mos_string_must_pause (cpu) &&
        (n > 1 || steps % STEPS_BETWEEN_LOOKS == 0))
      return mos_string_pause (cpu, op);
  }
  return op + 1;
}

static void
fill (guint8 *to, guint64 value, guint width, guint64 n)
{
  switch (width) {
  case 1:
    memset (to, (int) (guint8) value, n);
    break;
  case 2:
    for (guint64 i = 0; i < n; i++)
      memcpy (to + 2 * i, &value, 2);
    break;
  case 4:
    for (guint64 i = 0; i < n; i++)
      memcpy (to + 4 * i, &value, 4);
    break;
  default:
    for (guint64 i = 0; i < n; i++)
      memcpy (to + 8 * i, &value, 8);
    break;
  }
}

static guint64
fill_many (MosSoftCpu *cpu, const MosUop *op, guint64 count)
{
  guint64 n = MIN (mos_string_span (cpu, op, MOS_RDI, MOS_SEG_ES), count);
  guint8 *to, *flags;
  guint64 lin;

  if (n < 2)
    return 0;
  lin = mos_linear (cpu, op, MOS_SEG_ES,
                    cpu->gpr[MOS_RDI] & mos_string_mask (op), op->width, TRUE);
  to = mos_host_range (cpu, op, lin, n * op->width, TRUE, &flags);
  if (to == NULL)
    return 0;
  fill (to, cpu->gpr[MOS_RAX], op->width, n);
  if (*(volatile guint8 *) flags != 0)
    mos_store_note (cpu, flags, lin, (guint) n * op->width);
  return n;
}

static const MosUop *
stos (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 count = mos_string_count (cpu, op);

  for (guint steps = 0; count > 0; steps++) {
    guint64 n = count > 1 ? fill_many (cpu, op, count) : 0;

    if (n == 0) {
      guint64 to = mos_string_address (cpu, op, MOS_RDI, MOS_SEG_ES, TRUE);

      mos_store (cpu, op, to, cpu->gpr[MOS_RAX], op->width);
      n = 1;
    }
    mos_string_advance (cpu, op, MOS_RDI, n);
    mos_string_done (cpu, op, n);
    count -= n;
    if (count > 0 && mos_string_must_pause (cpu) &&
        (n > 1 || steps % STEPS_BETWEEN_LOOKS == 0))
      return mos_string_pause (cpu, op);
  }
  return op + 1;
}

static const MosUop *
lods (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 count = mos_string_count (cpu, op);

  for (guint steps = 1; count > 0; steps++) {
    guint64 from = mos_string_address (cpu, op, MOS_RSI, op->seg, FALSE);

    mos_reg_set (cpu, MOS_RAX * 8, op->width,
                 mos_load (cpu, op, from, op->width));
    mos_string_advance (cpu, op, MOS_RSI, 1);
    mos_string_done (cpu, op, 1);
    if (--count > 0 && mos_string_must_pause (cpu) &&
        ((cpu->key & MOS_KEY_STEP) != 0 || steps % STEPS_BETWEEN_LOOKS == 0))
      return mos_string_pause (cpu, op);
  }
  return op + 1;
}

/* SCAS, and CMPS with aux set: until the count or the condition ends it. */
static const MosUop *
scan_or_compare (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 count = mos_string_count (cpu, op);

  for (guint steps = 1; count > 0; steps++) {
    guint64  a, b;
    gboolean equal;

    if (op->aux) {
      guint64 from = mos_string_address (cpu, op, MOS_RSI, op->seg, FALSE);

      a = mos_load (cpu, op, from, op->width);
    } else {
      a = mos_reg_get (cpu, MOS_RAX * 8, op->width);
    }
    b = mos_load (cpu, op,
                  mos_string_address (cpu, op, MOS_RDI, MOS_SEG_ES, FALSE),
                  op->width);
    cpu->fl = mos_flags_of_compare (a, b, op->width);
    equal = a == b;
    if (op->aux)
      mos_string_advance (cpu, op, MOS_RSI, 1);
    mos_string_advance (cpu, op, MOS_RDI, 1);
    mos_string_done (cpu, op, 1);
    count--;
    if ((op->src3 == MOS_REP_EQUAL && !equal) ||
        (op->src3 == MOS_REP_NOT_EQUAL && equal))
      break;
    if (count > 0 && mos_string_must_pause (cpu) &&
        ((cpu->key & MOS_KEY_STEP) != 0 || steps % STEPS_BETWEEN_LOOKS == 0))
      return mos_string_pause (cpu, op);
  }
  return op + 1;
}

gboolean
mos_lower_string (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  /* MOVSD and CMPSD are SSE2's too. */
  if (l->insn->meta.isa_set == ZYDIS_ISA_SET_SSE2)
    return FALSE;
  op->width = (guint8) (insn->arg & 0xf);
  op->aux = insn->arg >> 4;
  op->seg = mos_lower_override (l, MOS_SEG_DS);
  op->src3 = MOS_REP_NONE;
  if ((l->insn->attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE)) !=
      0)
    op->src3 = MOS_REP_EQUAL;
  else if ((l->insn->attributes & ZYDIS_ATTRIB_HAS_REPNE) != 0)
    op->src3 = MOS_REP_NOT_EQUAL;
  op->fn = insn->fn;
  return TRUE;
}

/* clang-format off */
const MosSoftInsn mos_insns_string[] = {
  { ZYDIS_MNEMONIC_MOVSB, mos_lower_string, movs, 1 },
  { ZYDIS_MNEMONIC_MOVSW, mos_lower_string, movs, 2 },
  { ZYDIS_MNEMONIC_MOVSD, mos_lower_string, movs, 4 },
  { ZYDIS_MNEMONIC_MOVSQ, mos_lower_string, movs, 8 },
  { ZYDIS_MNEMONIC_STOSB, mos_lower_string, stos, 1 },
  { ZYDIS_MNEMONIC_STOSW, mos_lower_string, stos, 2 },
  { ZYDIS_MNEMONIC_STOSD, mos_lower_string, stos, 4 },
  { ZYDIS_MNEMONIC_STOSQ, mos_lower_string, stos, 8 },
  { ZYDIS_MNEMONIC_LODSB, mos_lower_string, lods, 1 },
  { ZYDIS_MNEMONIC_LODSW, mos_lower_string, lods, 2 },
  { ZYDIS_MNEMONIC_LODSD, mos_lower_string, lods, 4 },
  { ZYDIS_MNEMONIC_LODSQ, mos_lower_string, lods, 8 },
  { ZYDIS_MNEMONIC_SCASB, mos_lower_string, scan_or_compare, 1 },
  { ZYDIS_MNEMONIC_SCASW, mos_lower_string, scan_or_compare, 2 },
  { ZYDIS_MNEMONIC_SCASD, mos_lower_string, scan_or_compare, 4 },
  { ZYDIS_MNEMONIC_SCASQ, mos_lower_string, scan_or_compare, 8 },
  { ZYDIS_MNEMONIC_CMPSB, mos_lower_string, scan_or_compare, 1 + 16 },
  { ZYDIS_MNEMONIC_CMPSW, mos_lower_string, scan_or_compare, 2 + 16 },
  { ZYDIS_MNEMONIC_CMPSD, mos_lower_string, scan_or_compare, 4 + 16 },
  { ZYDIS_MNEMONIC_CMPSQ, mos_lower_string, scan_or_compare, 8 + 16 },
  { 0 }
};
/* clang-format on */
