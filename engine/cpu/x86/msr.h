/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The model-specific registers a guest may find, one row each.
 *
 * The software CPU executes RDMSR and WRMSR from these rows; the saved state
 * carries the rows marked MOS_MSR_STATE on either backend; the inspector names
 * and explains the values. A register without a row raises #GP. Intel SDM
 * volume 4, "Model-Specific Registers"; AMD APM volume 2, "MSR
 * Cross-Reference".
 */

#pragma once

#include "engine/base/fields.h"

G_BEGIN_DECLS

/* Indices that code names. */
#define MOS_MSR_TSC               0x00000010u
#define MOS_MSR_APIC_BASE         0x0000001bu
#define MOS_MSR_FEATURE_CONTROL   0x0000003au
#define MOS_MSR_TSC_ADJUST        0x0000003bu
#define MOS_MSR_BIOS_UPDT_TRIG    0x00000079u
#define MOS_MSR_BIOS_SIGN_ID      0x0000008bu
#define MOS_MSR_MTRR_CAP          0x000000feu
#define MOS_MSR_ARCH_CAPABILITIES 0x0000010au
#define MOS_MSR_SYSENTER_CS       0x00000174u
#define MOS_MSR_SYSENTER_ESP      0x00000175u
#define MOS_MSR_SYSENTER_EIP      0x00000176u
#define MOS_MSR_MCG_CAP           0x00000179u
#define MOS_MSR_MCG_STATUS        0x0000017au
#define MOS_MSR_MCG_CTL           0x0000017bu
#define MOS_MSR_MISC_ENABLE       0x000001a0u
#define MOS_MSR_DEBUGCTL          0x000001d9u
#define MOS_MSR_MTRR_PHYS_BASE0   0x00000200u /* to 0x20f, base and mask */
#define MOS_MSR_MTRR_FIX_64K      0x00000250u
#define MOS_MSR_PAT               0x00000277u
#define MOS_MSR_MTRR_DEF_TYPE     0x000002ffu
#define MOS_MSR_VMX_BASIC         0x00000480u
#define MOS_MSR_VMX_LAST          0x00000491u
#define MOS_MSR_TSC_DEADLINE      0x000006e0u
#define MOS_MSR_X2APIC_FIRST      0x00000800u
#define MOS_MSR_X2APIC_LAST       0x000008ffu
#define MOS_MSR_XSS               0x00000da0u
#define MOS_MSR_EFER              0xc0000080u
#define MOS_MSR_STAR              0xc0000081u
#define MOS_MSR_LSTAR             0xc0000082u
#define MOS_MSR_CSTAR             0xc0000083u
#define MOS_MSR_SFMASK            0xc0000084u
#define MOS_MSR_FS_BASE           0xc0000100u
#define MOS_MSR_GS_BASE           0xc0000101u
#define MOS_MSR_KERNEL_GS_BASE    0xc0000102u
#define MOS_MSR_TSC_AUX           0xc0000103u
#define MOS_MSR_SYSCFG            0xc0010010u
#define MOS_MSR_HWCR              0xc0010015u
#define MOS_MSR_VM_CR             0xc0010114u
#define MOS_MSR_VM_HSAVE_PA       0xc0010117u

typedef enum {
  /* Saved among MosCpuState.msrs. The others are constant, or SPECIAL with a
   * field of their own there, or take what is written and forget it. */
  MOS_MSR_STATE = 1 << 0,
  /* Reading or writing does more than a variable would: the processor knows
   * it by index. The row still says which bits may be written. */
  MOS_MSR_SPECIAL = 1 << 1,
  /* A write must be a canonical address. */
  MOS_MSR_CANONICAL = 1 << 2,
  /* A write that sets other bits is taken without them, not #GP. */
  MOS_MSR_LENIENT = 1 << 3,
  /* Each byte is a memory type: 0, 1, 4, 5, 6, and 7 in the PAT. */
  MOS_MSR_TYPES = 1 << 4,
  /* Only on processors of one vendor. */
  MOS_MSR_AMD = 1 << 5,
  MOS_MSR_INTEL = 1 << 6,
  /* INIT leaves it alone. */
  MOS_MSR_KEPT_BY_INIT = 1 << 7
} MosMsrFlags;

typedef struct {
  guint32         index;
  const char     *name;     /* without the maker's prefix: "SYSENTER_CS" */
  guint64         reset;    /* after RESET# */
  guint64         writable; /* bits a write may set; 0: read only, #GP */
  guint           flags;    /* MosMsrFlags */
  const MosField *fields;   /* or NULL */
  const char     *help;     /* one sentence, translatable */
} MosMsrInfo;

/* Ascending by index. */
extern const MosMsrInfo mos_msrs[];
extern const guint      mos_n_msrs;

/* The row of @index, or NULL. */
const MosMsrInfo *mos_msr_find (guint32 index);

/*
 * What a plain register holds after the guest writes @value over @old: TRUE
 * and the new value in @result, or FALSE for #GP. MOS_MSR_SPECIAL registers
 * are checked by it too, but their effect is the caller's.
 */
gboolean
mos_msr_check_write (const MosMsrInfo *info, guint64 value, guint64 *result);

G_END_DECLS
