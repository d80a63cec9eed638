/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * x87 loads, stores, constants, exchanges and conditional moves.
 *
 * Conversions run on the host with the guest's control word; an unmasked
 * exception leaves memory and stack as they were.
 */
#include <string.h>

#include "engine/cpu/soft/exec/families.h"
#include "engine/cpu/soft/exec/x87.h"

enum {
  POP = 1u << 8,
  INTEGER = 1u << 9,
  TRUNCATE = 1u << 10
};

/* -- loads --------------------------------------------------------------- */

static void
push_checked (MosSoftCpu *cpu, MosFloat80 value, guint16 fsw)
{
  if (!mos_fpu_is_empty (&cpu->fpu, 7)) {
    if (mos_x87_overflow (cpu))
      mos_x87_push (cpu, MOS_X87_INDEFINITE);
    return;
  }
  if (mos_x87_raise (cpu, fsw & ~MOS_FSW_C1, MOS_X87_BEFORE))
    mos_x87_push (cpu, value);
}

static const MosUop *
fld_reg (MosSoftCpu *cpu, const MosUop *op)
{
  MosFloat80 value = mos_x87_get (cpu, op->src);

  mos_x87_begin (cpu, op, 0);
  if (mos_fpu_is_empty (&cpu->fpu, op->src)) {
    if (mos_x87_underflow (cpu))
      mos_x87_push (cpu, MOS_X87_INDEFINITE);
    return op + 1;
  }
  push_checked (cpu, value, 0);
  return op + 1;
}

static const MosUop *
fld_mem (MosSoftCpu *cpu, const MosUop *op)
{
  guint64    lin = mos_ea (cpu, op, op->width, FALSE);
  MosFloat80 value = { 0 };
  guint16    fsw = 0;

  if (op->width == 10)
    mos_load_bytes (cpu, op, lin, &value, 10);
  else
    value = mos_x87_load (cpu, op, lin, FALSE, &fsw);
  mos_x87_begin (cpu, op, lin);
  push_checked (cpu, value, fsw);
  return op + 1;
}

static const MosUop *
fild (MosSoftCpu *cpu, const MosUop *op)
{
  guint64    lin = mos_ea (cpu, op, op->width, FALSE);
  guint16    fsw;
  MosFloat80 value = mos_x87_load (cpu, op, lin, TRUE, &fsw);

  mos_x87_begin (cpu, op, lin);
  push_checked (cpu, value, fsw);
  return op + 1;
}

static const MosUop *
fbld (MosSoftCpu *cpu, const MosUop *op)
{
  guint64    lin = mos_ea (cpu, op, 10, FALSE);
  guint8     packed[10];
  MosFloat80 value;

  mos_load_bytes (cpu, op, lin, packed, 10);
  __asm__ volatile("fbld %1\n\tfstpt %0" : "=m"(value) : "m"(packed));
  mos_x87_begin (cpu, op, lin);
  push_checked (cpu, value, 0);
  return op + 1;
}

/* -- stores -------------------------------------------------------------- */

#define HOST_STORE(name, target)                                 \
  __asm__ volatile("fnclex\n\tfldcw %[cw]\n\tfldt %[v]\n\t" name \
                   " %[t]\n\tfnstsw %[sw]\n\tfnclex\n\tfninit"   \
                   : [t] "+m"(target), [sw] "=&a"(fsw)           \
                   : [v] "m"(value), [cw] "m"(fcw))

/* Converts to op->width bytes in @out under all-masked @fcw. */
static guint16
convert (const MosUop *op, guint16 fcw, MosFloat80 value, guint64 *out)
{
  guint16 fsw = 0;
  guint32 small = 0;
  guint16 word = 0;

  if ((op->aux & TRUNCATE) != 0)
    fcw |= 0x0c00;
  if ((op->aux & INTEGER) == 0) {
    if (op->width == 4) {
      HOST_STORE ("fstps", small);
      *out = small;
    } else {
      HOST_STORE ("fstpl", *out);
    }
  } else if (op->width == 2) {
    HOST_STORE ("fistps", word);
    *out = word;
  } else if (op->width == 4) {
    HOST_STORE ("fistpl", small);
    *out = small;
  } else {
    HOST_STORE ("fistpll", *out);
  }
  return fsw;
}

/* What a masked stack underflow stores. */
static guint64
indefinite (const MosUop *op)
{
  if ((op->aux & INTEGER) != 0)
    return G_GUINT64_CONSTANT (1) << (op->width * 8 - 1);
  return op->width == 4 ? 0xffc00000u : G_GUINT64_CONSTANT (0xfff8) << 48;
}

static const MosUop *
store_number (MosSoftCpu *cpu, const MosUop *op)
{
  const guint stopping =
      MOS_X87_BEFORE | ((op->aux & INTEGER) != 0 ? 0 : MOS_FSW_OE | MOS_FSW_UE);
  guint64 lin = mos_ea (cpu, op, op->width, TRUE);
  guint64 out = 0;
  guint16 fsw;

  mos_check_range (cpu, op, lin, op->width, TRUE);
  mos_x87_begin (cpu, op, lin);
  if (mos_fpu_is_empty (&cpu->fpu, 0)) {
    if (!mos_x87_underflow (cpu))
      return op + 1;
    out = indefinite (op);
  } else {
    fsw = convert (op, (guint16) (cpu->fpu.fcw | MOS_FSW_EXCEPTIONS),
                   mos_x87_get (cpu, 0), &out);
    if (!mos_x87_raise (cpu, fsw, stopping))
      return op + 1;
  }
  mos_store (cpu, op, lin, out, op->width);
  if ((op->aux & POP) != 0)
    mos_x87_pop (cpu);
  return op + 1;
}

static const MosUop *
fstp_extended (MosSoftCpu *cpu, const MosUop *op)
{
  guint64    lin = mos_ea (cpu, op, 10, TRUE);
  MosFloat80 value = mos_x87_get (cpu, 0);

  mos_check_range (cpu, op, lin, 10, TRUE);
  mos_x87_begin (cpu, op, lin);
  if (mos_fpu_is_empty (&cpu->fpu, 0)) {
    if (!mos_x87_underflow (cpu))
      return op + 1;
    value = MOS_X87_INDEFINITE;
  } else {
    mos_x87_raise (cpu, 0, 0);
  }
  mos_store_bytes (cpu, op, lin, &value, 10);
  mos_x87_pop (cpu);
  return op + 1;
}

static const MosUop *
fbstp (MosSoftCpu *cpu, const MosUop *op)
{
  static const guint8 packed_indefinite[10] = { 0, 0, 0,    0,    0,
                                                0, 0, 0xc0, 0xff, 0xff };
  guint64             lin = mos_ea (cpu, op, 10, TRUE);
  MosFloat80          value = mos_x87_get (cpu, 0);
  guint16             fcw = (guint16) (cpu->fpu.fcw | MOS_FSW_EXCEPTIONS);
  guint16             fsw;
  guint8              packed[10];

  mos_check_range (cpu, op, lin, 10, TRUE);
  mos_x87_begin (cpu, op, lin);
  if (mos_fpu_is_empty (&cpu->fpu, 0)) {
    if (!mos_x87_underflow (cpu))
      return op + 1;
    memcpy (packed, packed_indefinite, 10);
  } else {
    HOST_STORE ("fbstp", packed);
    if (!mos_x87_raise (cpu, fsw, MOS_X87_BEFORE))
      return op + 1;
  }
  mos_store_bytes (cpu, op, lin, packed, 10);
  mos_x87_pop (cpu);
  return op + 1;
}

static const MosUop *
fst_reg (MosSoftCpu *cpu, const MosUop *op)
{
  MosFloat80 value = mos_x87_get (cpu, 0);

  mos_x87_begin (cpu, op, 0);
  if (mos_fpu_is_empty (&cpu->fpu, 0)) {
    if (!mos_x87_underflow (cpu))
      return op + 1;
    value = MOS_X87_INDEFINITE;
  } else {
    mos_x87_raise (cpu, 0, 0);
  }
  mos_x87_set (cpu, op->dst, value);
  if ((op->aux & POP) != 0)
    mos_x87_pop (cpu);
  return op + 1;
}

/* An undocumented FSTP: an empty register is popped without an exception, and
 * nothing is stored. */
static const MosUop *
fstpnce (MosSoftCpu *cpu, const MosUop *op)
{
  mos_x87_begin (cpu, op, 0);
  mos_x87_raise (cpu, 0, 0);
  if (!mos_fpu_is_empty (&cpu->fpu, 0))
    mos_x87_set (cpu, op->dst, mos_x87_get (cpu, 0));
  mos_x87_pop (cpu);
  return op + 1;
}

/* -- moves inside the stack ---------------------------------------------- */

static const MosUop *
fxch (MosSoftCpu *cpu, const MosUop *op)
{
  MosFloat80 a = mos_x87_get (cpu, 0);
  MosFloat80 b = mos_x87_get (cpu, op->src);

  mos_x87_begin (cpu, op, 0);
  if (mos_fpu_is_empty (&cpu->fpu, 0) ||
      mos_fpu_is_empty (&cpu->fpu, op->src)) {
    gboolean empty_a = mos_fpu_is_empty (&cpu->fpu, 0);
    gboolean empty_b = mos_fpu_is_empty (&cpu->fpu, op->src);

    if (!mos_x87_underflow (cpu))
      return op + 1;
    if (empty_a)
      a = MOS_X87_INDEFINITE;
    if (empty_b)
      b = MOS_X87_INDEFINITE;
  } else {
    mos_x87_raise (cpu, 0, 0);
  }
  mos_x87_set (cpu, 0, b);
  mos_x87_set (cpu, op->src, a);
  return op + 1;
}

/* aux: the flag, and bit 31 if the move happens when it is clear. FCMOVBE
 * looks at two flags. */
static const MosUop *
fcmov (MosSoftCpu *cpu, const MosUop *op)
{
  guint set = (cpu->fl & op->aux & 0xffff) != 0;

  mos_x87_begin (cpu, op, 0);
  if (mos_fpu_is_empty (&cpu->fpu, 0) ||
      mos_fpu_is_empty (&cpu->fpu, op->src)) {
    if (mos_x87_underflow (cpu))
      mos_x87_set (cpu, 0, MOS_X87_INDEFINITE);
    return op + 1;
  }
  mos_x87_raise (cpu, 0, 0);
  if (set != (op->aux >> 31))
    mos_x87_set (cpu, 0, mos_x87_get (cpu, op->src));
  return op + 1;
}

typedef enum {
  C_ONE,
  C_L2T,
  C_L2E,
  C_PI,
  C_LG2,
  C_LN2,
  C_ZERO
} Constant;

#define HOST_CONSTANT(name)                                     \
  __asm__ volatile("fldcw %1\n\t" name "\n\tfstpt %0\n\tfninit" \
                   : "=m"(value)                                \
                   : "m"(fcw))

static const MosUop *
fld_constant (MosSoftCpu *cpu, const MosUop *op)
{
  MosFloat80 value = { 0 };
  guint16    fcw = (guint16) (cpu->fpu.fcw | MOS_FSW_EXCEPTIONS);

  switch ((Constant) op->aux) {
  case C_ONE:
    HOST_CONSTANT ("fld1");
    break;
  case C_L2T:
    HOST_CONSTANT ("fldl2t");
    break;
  case C_L2E:
    HOST_CONSTANT ("fldl2e");
    break;
  case C_PI:
    HOST_CONSTANT ("fldpi");
    break;
  case C_LG2:
    HOST_CONSTANT ("fldlg2");
    break;
  case C_LN2:
    HOST_CONSTANT ("fldln2");
    break;
  case C_ZERO:
  default:
    break;
  }
  mos_x87_begin (cpu, op, 0);
  push_checked (cpu, value, 0);
  return op + 1;
}

static const MosUop *
fabs_fchs (MosSoftCpu *cpu, const MosUop *op)
{
  MosFloat80 value = mos_x87_get (cpu, 0);

  mos_x87_begin (cpu, op, 0);
  if (mos_fpu_is_empty (&cpu->fpu, 0)) {
    if (!mos_x87_underflow (cpu))
      return op + 1;
    value = MOS_X87_INDEFINITE;
  } else {
    mos_x87_raise (cpu, 0, 0);
    value.exponent =
        op->aux != 0 ? value.exponent ^ 0x8000 : value.exponent & 0x7fff;
  }
  mos_x87_set (cpu, 0, value);
  return op + 1;
}

/* -- lowering ------------------------------------------------------------ */

static gboolean
lower_load (MosLower *l, const MosSoftInsn *insn)
{
  if (mos_x87_gate (l))
    return TRUE;
  l->op->aux = insn->arg;
  if (l->memory != NULL) {
    l->op->width = (guint8) (l->memory->size / 8);
    l->op->fn = insn->fn != NULL ? insn->fn : fld_mem;
    return TRUE;
  }
  for (guint i = 0; i < l->insn->operand_count_visible; i++) {
    if (mos_lower_is_reg (l, i))
      l->op->src = mos_lower_number (l->operands[i].reg.value);
  }
  l->op->fn = fld_reg;
  return TRUE;
}

static gboolean
lower_store (MosLower *l, const MosSoftInsn *insn)
{
  if (mos_x87_gate (l))
    return TRUE;
  l->op->aux = insn->arg;
  if (l->memory == NULL) {
    l->op->dst = mos_lower_number (l->operands[0].reg.value);
    l->op->fn = fst_reg;
    return TRUE;
  }
  l->op->width = (guint8) (l->memory->size / 8);
  l->op->fn = l->op->width == 10 ? fstp_extended : store_number;
  if (insn->fn != NULL)
    l->op->fn = insn->fn;
  return TRUE;
}

static gboolean
lower_fstpnce (MosLower *l, const MosSoftInsn *insn)
{
  if (!mos_x87_gate (l))
    l->op->fn = insn->fn;
  l->op->dst = mos_lower_number (l->operands[0].reg.value);
  return TRUE;
}

/* FXCH, FCMOVcc: the register that is not ST(0) is the last one. */
static gboolean
lower_pair (MosLower *l, const MosSoftInsn *insn)
{
  if (mos_x87_gate (l))
    return TRUE;
  l->op->aux = insn->arg;
  l->op->fn = insn->fn;
  l->op->src = 1;
  for (guint i = 0; i < l->insn->operand_count_visible; i++) {
    if (mos_lower_is_reg (l, i))
      l->op->src = mos_lower_number (l->operands[i].reg.value);
  }
  return TRUE;
}

#define UNLESS (1u << 31)

/* clang-format off */
#define M(name) ZYDIS_MNEMONIC_##name
const MosSoftInsn mos_soft_x87_moves[] = {
  { M (FLD), lower_load, NULL, 0 },
  { M (FILD), lower_load, fild, 0 },
  { M (FBLD), lower_load, fbld, 0 },
  { M (FST), lower_store, NULL, 0 },
  { M (FSTP), lower_store, NULL, POP },
  { M (FSTPNCE), lower_fstpnce, fstpnce, POP },
  { M (FIST), lower_store, NULL, INTEGER },
  { M (FISTP), lower_store, NULL, INTEGER | POP },
  { M (FISTTP), lower_store, NULL, INTEGER | POP | TRUNCATE },
  { M (FBSTP), lower_store, fbstp, POP },
  { M (FXCH), lower_pair, fxch, 0 },
  { M (FCMOVB), lower_pair, fcmov, MOS_FL_CF },
  { M (FCMOVE), lower_pair, fcmov, MOS_FL_ZF },
  { M (FCMOVBE), lower_pair, fcmov, MOS_FL_CF | MOS_FL_ZF },
  { M (FCMOVU), lower_pair, fcmov, MOS_FL_PF },
  { M (FCMOVNB), lower_pair, fcmov, MOS_FL_CF | UNLESS },
  { M (FCMOVNE), lower_pair, fcmov, MOS_FL_ZF | UNLESS },
  { M (FCMOVNBE), lower_pair, fcmov, MOS_FL_CF | MOS_FL_ZF | UNLESS },
  { M (FCMOVNU), lower_pair, fcmov, MOS_FL_PF | UNLESS },
  { M (FLD1), lower_pair, fld_constant, C_ONE },
  { M (FLDL2T), lower_pair, fld_constant, C_L2T },
  { M (FLDL2E), lower_pair, fld_constant, C_L2E },
  { M (FLDPI), lower_pair, fld_constant, C_PI },
  { M (FLDLG2), lower_pair, fld_constant, C_LG2 },
  { M (FLDLN2), lower_pair, fld_constant, C_LN2 },
  { M (FLDZ), lower_pair, fld_constant, C_ZERO },
  { M (FABS), lower_pair, fabs_fchs, 0 },
  { M (FCHS), lower_pair, fabs_fchs, 1 },
  { 0, NULL, NULL, 0 },
};
