/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The x87 unit's registers: names of the bits, and access to the stack.
 *
 * MosSoftFpu.st[] is indexed by physical register number (so MM n is st[n]);
 * ST(i) is physical register TOP + i. The image that FXSAVE writes is in stack
 * order; mos_fpu_to_image() and _from_image() turn it.
 *
 * Intel SDM volume 1, "x87 FPU Execution Environment".
 */
#pragma once

#include "engine/cpu/soft/cpu.h"
#include "engine/cpu/soft/fault.h"

G_BEGIN_DECLS

enum {
  MOS_FSW_IE = 1u << 0,
  MOS_FSW_DE = 1u << 1,
  MOS_FSW_ZE = 1u << 2,
  MOS_FSW_OE = 1u << 3,
  MOS_FSW_UE = 1u << 4,
  MOS_FSW_PE = 1u << 5,
  MOS_FSW_SF = 1u << 6,
  MOS_FSW_ES = 1u << 7,
  MOS_FSW_C0 = 1u << 8,
  MOS_FSW_C1 = 1u << 9,
  MOS_FSW_C2 = 1u << 10,
  MOS_FSW_TOP = 7u << 11,
  MOS_FSW_C3 = 1u << 14,
  MOS_FSW_B = 1u << 15
};

#define MOS_FSW_TOP_SHIFT  11
#define MOS_FSW_EXCEPTIONS 0x3fu
#define MOS_FSW_CONDITIONS (MOS_FSW_C0 | MOS_FSW_C1 | MOS_FSW_C2 | MOS_FSW_C3)
#define MOS_FCW_RESERVED   0x0040u /* always reads as one */
#define MOS_FCW_DEFINED    0x1f7fu /* bits 7 and 13 to 15 cannot be set */
#define MOS_FCW_INIT       0x037fu
#define MOS_FXSAVE_BYTES   512u
#define MOS_MXCSR_MASK     0xffffu /* bits that may be set */
#define MOS_MXCSR_FLAGS    0x3fu
#define MOS_MXCSR_RESET    0x1f80u

/* Physical number of ST(@i). */
static inline guint
mos_fpu_physical (const MosSoftFpu *fpu, guint i)
{
  return ((fpu->fsw >> MOS_FSW_TOP_SHIFT) + i) & 7;
}

static inline gboolean
mos_fpu_is_empty (const MosSoftFpu *fpu, guint i)
{
  return (fpu->ftw >> mos_fpu_physical (fpu, i) & 1) == 0;
}

/* FNINIT. */
void mos_fpu_init (MosSoftFpu *fpu);
/* Power-up and INIT#: FNINIT, and MXCSR; registers zero. */
void mos_fpu_reset (MosSoftFpu *fpu);

/* The full tag word that FNSTENV shows, from values and ftw. */
guint16 mos_fpu_full_tags (const MosSoftFpu *fpu);

/*
 * The 512-byte FXSAVE area: @wide is the 64-bit form of the instruction and
 * data pointers. to_image leaves the bytes behind the XMM registers alone, and
 * copies @n_xmm of these; from_image trusts nothing but does not check MXCSR.
 */
void mos_fpu_to_image (const MosSoftFpu *fpu,
                       guint8           *image,
                       gboolean          wide,
                       guint             n_xmm);
void mos_fpu_from_image (MosSoftFpu   *fpu,
                         const guint8 *image,
                         gboolean      wide,
                         guint         n_xmm);

/*
 * While the guest's MXCSR is as after reset but for its flags, its instructions
 * run with the host's own MXCSR and raise flags there: it is lent. Whoever
 * looks at fpu.mxcsr or sets it, and whoever runs other code that may compute
 * with floating point (a device, another processor's turn), first calls this.
 */
void mos_mxcsr_return (MosSoftCpu *cpu);

static inline void
mos_mxcsr_settle (MosSoftCpu *cpu)
{
  if (G_UNLIKELY (cpu->mxcsr_lent))
    mos_mxcsr_return (cpu);
}

/* Sets ES and B by what is raised and unmasked. */
void mos_fpu_update_summary (MosSoftFpu *fpu);

G_END_DECLS
