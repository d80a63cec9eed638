/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Operands of the differential test that are made with care: differential.h.
 *
 * Layouts: Intel SDM volume 1, "x87 FPU State Image", "FXSAVE Area", "XSAVE
 * Area".
 */
#include "tests/cpu/differential.h"

#include <string.h>

#define HEADER_AT   512u
#define AVX_AT      576u
#define STATE_BYTES 1024u /* no instruction here reaches further */

guint64
case_random (guint64 *state)
{
  guint64 x = *state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  x = (x ^ (x >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return x ^ (x >> 31);
}

guint64
case_interesting (guint64 *state)
{
  guint64 x = case_random (state);

  switch (x & 7) {
  case 0:
    return (x >> 3) & 0xff;
  case 1:
    return ~((x >> 3) & 0xff);
  case 2:
    return (guint64) 1 << (x >> 58);
  case 3:
    return ((guint64) 1 << (x >> 58)) - 1;
  case 4:
    return (guint64) (gint64) (gint32) (x >> 8);
  default:
    return case_random (state);
  }
}

static void
random_vectors (guint64 *state, guint8 *x)
{
  for (guint i = 0; i < 32; i++) {
    guint64 words[2];
    guint   kind = (guint) case_random (state) & 3;

    for (guint k = 0; k < 2; k++) {
      double d = (double) (gint32) case_random (state) / 256.0;
      float  s[2] = { (float) (gint32) case_random (state) / 64.0f,
                      (float) (gint16) case_random (state) };

      if (kind == 0)
        words[k] = case_interesting (state);
      else if (kind == 1)
        memcpy (&words[k], &d, 8);
      else if (kind == 2)
        memcpy (&words[k], s, 8);
      else
        words[k] = case_random (state);
    }
    memcpy (x + (i < 16 ? 160 + 16 * i : AVX_AT + 16 * (i - 16)), words, 16);
  }
}

void
case_random_fpu (guint64 *state, guint8 *x)
{
  guint16 fcw =
      (guint16) (0x37f & ~0xf00u) | (guint16) (case_random (state) & 0xf00);
  guint32 mxcsr = 0x1f80 | (guint32) (case_random (state) & 0xe07f & ~0x40u);

  memset (x, 0, STATE_BYTES);
  if ((fcw & 0x300) == 0x100)
    fcw |= 0x200; /* a reserved precision */
  memcpy (x, &fcw, 2);
  x[3] = (guint8) (case_random (state) & 0x38); /* TOP */
  x[4] = (guint8) case_random (state);
  memcpy (x + 24, &mxcsr, 4);
  for (guint i = 0; i < 8; i++) {
    guint64 mantissa = case_interesting (state);
    guint16 exponent = (guint16) case_random (state);

    if ((case_random (state) & 3) != 0)
      exponent =
          (guint16) (0x3fff - 32 + (exponent & 63)) | (exponent & 0x8000);
    if ((case_random (state) & 15) != 0)
      mantissa |= (guint64) 1 << 63;
    memcpy (x + 32 + 16 * i, &mantissa, 8);
    memcpy (x + 32 + 16 * i + 8, &exponent, 2);
  }
  random_vectors (state, x);
  x[HEADER_AT] = 7;
}

/* -- gathers ------------------------------------------------------------- */

static gboolean
has_wide_indices (ZydisMnemonic mnemonic)
{
  return mnemonic == ZYDIS_MNEMONIC_VPGATHERQD ||
         mnemonic == ZYDIS_MNEMONIC_VPGATHERQQ ||
         mnemonic == ZYDIS_MNEMONIC_VGATHERQPS ||
         mnemonic == ZYDIS_MNEMONIC_VGATHERQPD;
}

gboolean
case_is_gather (ZydisMnemonic mnemonic)
{
  return has_wide_indices (mnemonic) || mnemonic == ZYDIS_MNEMONIC_VPGATHERDD ||
         mnemonic == ZYDIS_MNEMONIC_VPGATHERDQ ||
         mnemonic == ZYDIS_MNEMONIC_VGATHERDPS ||
         mnemonic == ZYDIS_MNEMONIC_VGATHERDPD;
}

void
case_place_lanes (guint64 *state, Case *c, ZydisRegister index)
{
  guint n = (guint) ZydisRegisterGetId (index);
  guint bytes = has_wide_indices (c->insn.mnemonic) ? 8 : 4;

  for (guint lane = 0; lane < 32 / bytes; lane++) {
    guint64 r = case_random (state);
    gint64  value = (gint64) (r & 0x1ff) - 0x30;
    guint   at = lane * bytes;

    if ((r >> 32 & 63) == 0)
      value = 0x7ff00000 | (r & 0xfffff); /* not mapped */
    memcpy (c->xsave +
                (at < 16 ? 160 + 16 * n + at : AVX_AT + 16 * n + at - 16),
            &value, bytes);
  }
}

/* -- states -------------------------------------------------------------- */

/* What an instruction reads or writes. */
typedef enum {
  NOTHING,
  CONTROL_WORD,
  MXCSR,
  ENVIRONMENT, /* and FNSAVE's image, which begins with it */
  FX_AREA,
  X_AREA
} Kind;

static Kind
kind_of (const Case *c)
{
  switch (c->insn.mnemonic) {
  case ZYDIS_MNEMONIC_FLDCW:
    return CONTROL_WORD;
  case ZYDIS_MNEMONIC_LDMXCSR:
  case ZYDIS_MNEMONIC_VLDMXCSR:
    return MXCSR;
  case ZYDIS_MNEMONIC_FNSTENV:
  case ZYDIS_MNEMONIC_FNSAVE:
  case ZYDIS_MNEMONIC_FLDENV:
  case ZYDIS_MNEMONIC_FRSTOR:
    return ENVIRONMENT;
  case ZYDIS_MNEMONIC_FXSAVE:
  case ZYDIS_MNEMONIC_FXSAVE64:
  case ZYDIS_MNEMONIC_FXRSTOR:
  case ZYDIS_MNEMONIC_FXRSTOR64:
    return FX_AREA;
  case ZYDIS_MNEMONIC_XSAVE:
  case ZYDIS_MNEMONIC_XSAVE64:
  case ZYDIS_MNEMONIC_XSAVEOPT:
  case ZYDIS_MNEMONIC_XSAVEOPT64:
  case ZYDIS_MNEMONIC_XRSTOR:
  case ZYDIS_MNEMONIC_XRSTOR64:
    return X_AREA;
  default:
    return NOTHING;
  }
}

/* Any status, exceptions pending too, with registers of any contents. */
static void
put_area (guint64 *state, guint8 *x)
{
  guint64 r = case_random (state);
  guint32 mxcsr;

  case_random_fpu (state, x);
  x[0] = (guint8) r;
  x[1] = (guint8) (r >> 8 & 0x1f);
  x[2] = (guint8) (r >> 16);
  x[3] = (guint8) (r >> 24);
  memcpy (&mxcsr, x + 24, 4);
  mxcsr = (mxcsr ^ (guint32) (r >> 32)) & 0xffff;
  if ((r >> 48 & 15) == 0)
    mxcsr |= 1u << (18 + (r >> 52) % 14); /* #GP */
  memcpy (x + 24, &mxcsr, 4);
}

/* Some registers as they are after a reset, which the mask @in_use lacks. */
static void
reset_components (guint8 *x, guint in_use)
{
  const guint16 fcw = 0x37f;

  if ((in_use & 1) == 0) {
    memset (x, 0, 24);
    memset (x + 32, 0, 128);
    memcpy (x, &fcw, 2);
  }
  if ((in_use & 2) == 0)
    memset (x + 160, 0, 256);
  if ((in_use & 4) == 0)
    memset (x + AVX_AT, 0, 256);
  x[HEADER_AT] = (guint8) in_use;
}

/* Components in the image and asked for; now and then a header that cannot
 * be. */
static gboolean
put_header (guint64 *state, Case *c, guint8 *x)
{
  const ZydisDecodedOperandMem *mem = &c->operands[0].mem;
  guint64                       r = case_random (state);

  if (ZydisRegisterGetId (mem->base) % 2 == 0 &&
      ZydisRegisterGetId (mem->base) <= 2)
    return FALSE;
  if (mem->index != ZYDIS_REGISTER_NONE &&
      ZydisRegisterGetId (mem->index) % 2 == 0 &&
      ZydisRegisterGetId (mem->index) <= 2)
    return FALSE;
  memset (x + HEADER_AT, 0, 64);
  x[HEADER_AT] = (guint8) (r & 7);
  if ((r >> 8 & 31) == 0)
    x[HEADER_AT + 2] = 0x10; /* a component nobody has */
  if ((r >> 8 & 31) == 1)
    x[HEADER_AT + 8 + (r >> 16) % 7] = 1; /* XCOMP_BV */
  if ((r >> 8 & 31) == 2)
    x[HEADER_AT + 16 + (r >> 16 & 7)] = 1;
  c->gpr[0] = (c->gpr[0] & ~G_GUINT64_CONSTANT (0xffffffff)) | (r >> 32 & 7);
  c->gpr[2] &= ~G_GUINT64_CONSTANT (0xffffffff);
  case_random_fpu (state, c->xsave);
  if ((r >> 40 & 3) == 0)
    reset_components (c->xsave, r >> 42 & 7);
  return TRUE;
}

/* Where an exception that is not masked leaves the same on all processors:
 * they differ in whether loads are done and comparisons have a result. */
static gboolean
is_arithmetic (ZydisMnemonic mnemonic)
{
  switch (mnemonic) {
  case ZYDIS_MNEMONIC_FADD:
  case ZYDIS_MNEMONIC_FMUL:
  case ZYDIS_MNEMONIC_FSUB:
  case ZYDIS_MNEMONIC_FSUBR:
  case ZYDIS_MNEMONIC_FDIV:
  case ZYDIS_MNEMONIC_FDIVR:
  case ZYDIS_MNEMONIC_FIADD:
  case ZYDIS_MNEMONIC_FIMUL:
  case ZYDIS_MNEMONIC_FISUB:
  case ZYDIS_MNEMONIC_FISUBR:
  case ZYDIS_MNEMONIC_FIDIV:
  case ZYDIS_MNEMONIC_FIDIVR:
    return TRUE;
  default:
    return FALSE;
  }
}

/* Half the time a special number in ST(0) or in memory, and exceptions that
 * are not masked: what comes first of several is the point. */
static void
put_floats (guint64 *state, Case *c, guint64 at)
{
  static const struct {
    guint64 mantissa;
    guint16 exponent;
  } tops[] = {
    { G_GUINT64_CONSTANT (0xc000000000000000), 0x7fff }, /* quiet NaN */
    { G_GUINT64_CONSTANT (0xa000000000000000), 0x7fff }, /* signaling NaN */
    { G_GUINT64_CONSTANT (0x8000000000000000), 0xffff }, /* -infinity */
    { G_GUINT64_CONSTANT (0x4000000000000000), 0x7fff }, /* pseudo-infinity */
    { G_GUINT64_CONSTANT (0x4000000000000000), 0x3fff }, /* unnormal */
    { G_GUINT64_CONSTANT (0x8000000000000001), 0 },      /* pseudo-denormal */
    { G_GUINT64_CONSTANT (0x8000000000000000), 0x3fff }, /* 1 */
    { 5, 0 },                                            /* denormal */
    { 0, 0x8000 },                                       /* -0 */
  };
  static const guint64 doubles[] = {
    5, /* denormal */
    G_GUINT64_CONSTANT (0x7ff8000000000001),
    G_GUINT64_CONSTANT (0x7ff0000000000001), /* signaling NaN */
    G_GUINT64_CONSTANT (0xfff0000000000000),
    G_GUINT64_CONSTANT (0x3ff0000000000000),
    0,
  };
  static const guint32 floats[] = { 5,          0x7fc00001, 0x7f800001,
                                    0xff800000, 0x3f800000, 0 };
  guint64              r = case_random (state);
  guint                which = (r >> 8) % G_N_ELEMENTS (tops);
  guint                first = (c->xsave[3] >> 3) & 7;

  if ((r & 1) != 0) {
    memcpy (c->xsave + 32, &tops[which].mantissa, 8);
    memcpy (c->xsave + 40, &tops[which].exponent, 2);
    if ((r & 6) != 0)
      c->xsave[4] |= (guint8) (1u << first); /* mostly not empty */
  }
  c->xsave[0] = 0x7f;
  if ((r >> 16 & 1) != 0 && is_arithmetic (c->insn.mnemonic))
    c->xsave[0] = (guint8) (0x40 | (r >> 24 & 0x3f));
  if ((r >> 17 & 1) == 0 || at >= sizeof c->data - 8)
    return;
  which = (r >> 32) % G_N_ELEMENTS (doubles);
  if (c->operands[0].size == 32)
    memcpy (c->data + at, &floats[which], 4);
  else
    memcpy (c->data + at, &doubles[which], 8);
}

gboolean
case_place_state (guint64 *state, Case *c)
{
  guint64 at = c->at - NATIVE_DATA, r = case_random (state);
  guint8  area[STATE_BYTES];
  guint   bytes = STATE_BYTES;
  Kind    kind = kind_of (c);
  guint   word = c->insn.operand_width == 16 ? 2 : 4;

  if (kind == NOTHING && c->insn.meta.isa_set == ZYDIS_ISA_SET_X87)
    put_floats (state, c, at);
  if (kind == NOTHING || at >= sizeof c->data)
    return TRUE;
  put_area (state, area);
  switch (kind) {
  case CONTROL_WORD:
    bytes = 2;
    break;
  case MXCSR:
    bytes = 4;
    memmove (area, area + 24, 4);
    break;
  case ENVIRONMENT:
    /* The rest is any bytes. */
    bytes = 3 * word;
    memmove (area + word, area + 2, 2);
    memcpy (area + 2 * word, &r, 2);
    break;
  case FX_AREA:
    bytes = HEADER_AT;
    break;
  default:
    if (!put_header (state, c, area))
      return FALSE;
    break;
  }
  memcpy (c->data + at, area, MIN (bytes, sizeof c->data - at));
  return TRUE;
}

void
case_forget (const Case *c, guint8 *data, gboolean fault)
{
  guint64 at = c->at - NATIVE_DATA;
  Kind    kind = kind_of (c);
  guint   word = c->insn.operand_width == 16 ? 2 : 4;

  if (kind == NOTHING || at >= NATIVE_PAGES * 4096)
    return;
  data += at;
  if (fault) {
    memset (data, 0, MIN (STATE_BYTES, NATIVE_PAGES * 4096 - at));
  } else if (kind == ENVIRONMENT) {
    memset (data + 3 * word, 0, 4 * word);
  } else if (kind == FX_AREA || kind == X_AREA) {
    memset (data + 6, 0, 18);
    memset (data + 28, 0, 4);
  }
}
