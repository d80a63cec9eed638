/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The x87 unit's registers as FXSAVE and FNSTENV show them.
 *
 * Intel SDM volume 1, "x87 FPU Tag Word" and "FXSAVE Area"; AMD64 APM volume 2,
 * "FXSAVE and FXRSTOR Instructions".
 */
#include "engine/cpu/soft/exec/fpu.h"

#include <string.h>

#define MXCSR_INIT 0x1f80u

enum {
  TAG_VALID,
  TAG_ZERO,
  TAG_SPECIAL,
  TAG_EMPTY
};

void
mos_fpu_init (MosSoftFpu *fpu)
{
  fpu->fcw = MOS_FCW_INIT;
  fpu->fsw = 0;
  fpu->ftw = 0;
  fpu->fop = 0;
  fpu->fcs = fpu->fds = 0;
  fpu->fip = fpu->fdp = 0;
}

void
mos_fpu_reset (MosSoftFpu *fpu)
{
  memset (fpu, 0, sizeof *fpu);
  mos_fpu_init (fpu);
  fpu->mxcsr = MXCSR_INIT;
}

static guint
tag_of (guint16 exponent, guint64 mantissa)
{
  exponent &= 0x7fff;
  if (exponent == 0 && mantissa == 0)
    return TAG_ZERO;
  if (exponent == 0 || exponent == 0x7fff || mantissa >> 63 == 0)
    return TAG_SPECIAL;
  return TAG_VALID;
}

guint16
mos_fpu_full_tags (const MosSoftFpu *fpu)
{
  guint tags = 0;

  for (guint i = 0; i < 8; i++) {
    guint tag = TAG_EMPTY;

    if ((fpu->ftw >> i & 1) != 0)
      tag = tag_of (fpu->st[i].exponent, fpu->st[i].mantissa);
    tags |= tag << (2 * i);
  }
  return (guint16) tags;
}

void
mos_fpu_update_summary (MosSoftFpu *fpu)
{
  if ((fpu->fsw & ~fpu->fcw & MOS_FSW_EXCEPTIONS) != 0)
    fpu->fsw |= MOS_FSW_ES | MOS_FSW_B;
  else
    fpu->fsw &= (guint16) ~(MOS_FSW_ES | MOS_FSW_B);
}

/* -- the FXSAVE area ----------------------------------------------------- */

enum {
  AT_FCW = 0,
  AT_FSW = 2,
  AT_FTW = 4,
  AT_FOP = 6,
  AT_FIP = 8,
  AT_FCS = 12,
  AT_FDP = 16,
  AT_FDS = 20,
  AT_MXCSR = 24,
  AT_MXCSR_MASK = 28,
  AT_ST = 32,
  AT_XMM = 160
};

static void
put (guint8 *image, guint at, guint64 value, guint size)
{
  value = GUINT64_TO_LE (value);
  memcpy (image + at, &value, size);
}

static guint64
get (const guint8 *image, guint at, guint size)
{
  guint64 value = 0;

  memcpy (&value, image + at, size);
  return GUINT64_FROM_LE (value);
}

void
mos_fpu_to_image (const MosSoftFpu *fpu,
                  guint8           *image,
                  gboolean          wide,
                  guint             n_xmm)
{
  put (image, AT_FCW, fpu->fcw, 2);
  put (image, AT_FSW, fpu->fsw, 2);
  put (image, AT_FTW, fpu->ftw, 2);
  put (image, AT_FOP, fpu->fop, 2);
  if (wide) {
    put (image, AT_FIP, fpu->fip, 8);
    put (image, AT_FDP, fpu->fdp, 8);
  } else {
    put (image, AT_FIP, fpu->fip, 4);
    put (image, AT_FCS, fpu->fcs, 4);
    put (image, AT_FDP, fpu->fdp, 4);
    put (image, AT_FDS, fpu->fds, 4);
  }
  put (image, AT_MXCSR, fpu->mxcsr, 4);
  put (image, AT_MXCSR_MASK, MOS_MXCSR_MASK, 4);
  for (guint i = 0; i < 8; i++) {
    guint n = mos_fpu_physical (fpu, i);

    put (image, AT_ST + 16 * i, fpu->st[n].mantissa, 8);
    put (image, AT_ST + 16 * i + 8, fpu->st[n].exponent, 8);
  }
  for (guint i = 0; i < n_xmm; i++)
    memcpy (image + AT_XMM + 16 * i, &fpu->v[i], 16);
}

void
mos_fpu_from_image (MosSoftFpu   *fpu,
                    const guint8 *image,
                    gboolean      wide,
                    guint         n_xmm)
{
  fpu->fcw =
      (guint16) ((get (image, AT_FCW, 2) & MOS_FCW_DEFINED) | MOS_FCW_RESERVED);
  fpu->fsw = (guint16) get (image, AT_FSW, 2);
  fpu->ftw = (guint8) get (image, AT_FTW, 1);
  fpu->fop = (guint16) (get (image, AT_FOP, 2) & 0x7ff);
  if (wide) {
    fpu->fip = get (image, AT_FIP, 8);
    fpu->fdp = get (image, AT_FDP, 8);
    fpu->fcs = fpu->fds = 0;
  } else {
    fpu->fip = get (image, AT_FIP, 4);
    fpu->fcs = (guint16) get (image, AT_FCS, 2);
    fpu->fdp = get (image, AT_FDP, 4);
    fpu->fds = (guint16) get (image, AT_FDS, 2);
  }
  fpu->mxcsr = (guint32) get (image, AT_MXCSR, 4) & MOS_MXCSR_MASK;
  for (guint i = 0; i < 8; i++) {
    guint n = mos_fpu_physical (fpu, i);

    fpu->st[n].mantissa = get (image, AT_ST + 16 * i, 8);
    fpu->st[n].exponent = (guint16) get (image, AT_ST + 16 * i + 8, 2);
  }
  for (guint i = 0; i < n_xmm; i++)
    memcpy (&fpu->v[i], image + AT_XMM + 16 * i, 16);
  mos_fpu_update_summary (fpu);
}

void
mos_mxcsr_return (MosSoftCpu *cpu)
{
  cpu->fpu.mxcsr |= __builtin_ia32_stmxcsr () & MOS_MXCSR_FLAGS;
  __builtin_ia32_ldmxcsr (cpu->host_mxcsr);
  cpu->mxcsr_lent = FALSE;
}
