/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Control register bits, modes, and what follows from changing them.
 *
 * Intel SDM volume 3, "Control Registers" and "Model-Specific Registers";
 * MSRs are in msr.c.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"

G_BEGIN_DECLS

enum {
  MOS_CR0_PE = 1u << 0,
  MOS_CR0_MP = 1u << 1,
  MOS_CR0_EM = 1u << 2,
  MOS_CR0_TS = 1u << 3,
  MOS_CR0_ET = 1u << 4,
  MOS_CR0_NE = 1u << 5,
  MOS_CR0_WP = 1u << 16,
  MOS_CR0_AM = 1u << 18,
  MOS_CR0_NW = 1u << 29,
  MOS_CR0_CD = 1u << 30,
  MOS_CR0_PG = 1u << 31
};

enum {
  MOS_CR4_VME = 1u << 0,
  MOS_CR4_PVI = 1u << 1,
  MOS_CR4_TSD = 1u << 2,
  MOS_CR4_DE = 1u << 3,
  MOS_CR4_PSE = 1u << 4,
  MOS_CR4_PAE = 1u << 5,
  MOS_CR4_MCE = 1u << 6,
  MOS_CR4_PGE = 1u << 7,
  MOS_CR4_PCE = 1u << 8,
  MOS_CR4_OSFXSR = 1u << 9,
  MOS_CR4_OSXMMEXCPT = 1u << 10,
  MOS_CR4_UMIP = 1u << 11,
  MOS_CR4_VMXE = 1u << 13,
  MOS_CR4_FSGSBASE = 1u << 16,
  MOS_CR4_PCIDE = 1u << 17,
  MOS_CR4_OSXSAVE = 1u << 18,
  MOS_CR4_SMEP = 1u << 20,
  MOS_CR4_SMAP = 1u << 21
};

enum {
  MOS_EFER_SCE = 1u << 0,
  MOS_EFER_LME = 1u << 8,
  MOS_EFER_LMA = 1u << 10,
  MOS_EFER_NXE = 1u << 11,
  MOS_EFER_SVME = 1u << 12,
  MOS_EFER_FFXSR = 1u << 14
};

/* Recomputes key, TLB mode, segment bases and limits after any change of CR0,
 * CR4, EFER, XCR0, CS, SS, DS, ES, FS, GS, DR7 or RFLAGS (TF, VM, AC). */
void mos_mode_update (MosSoftCpu *cpu);

/* The feature @word (MosCpuidWord) of the model, as CPUID tells it. */
gboolean mos_cpu_has (MosSoftCpu *cpu, guint word, guint bit);
gboolean mos_cpu_has_1g (MosSoftCpu *cpu);
void     mos_cpu_cpuid (MosSoftCpu *cpu,
                        guint32     leaf,
                        guint32     subleaf,
                        guint32     out[4]);
/* Reads features from CPUID; after reset of the model. */
void mos_cpu_init_features (MosSoftCpu *cpu);

static inline guint
mos_cpl (MosSoftCpu *cpu)
{
  return cpu->key & MOS_KEY_CPL;
}

static inline gboolean
mos_real_mode (MosSoftCpu *cpu)
{
  return (cpu->cr0 & MOS_CR0_PE) == 0;
}

static inline guint
mos_iopl (MosSoftCpu *cpu)
{
  return (cpu->rflags >> 12) & 3;
}

static inline gboolean
mos_long_mode (MosSoftCpu *cpu)
{
  return (cpu->efer & MOS_EFER_LMA) != 0;
}

static inline gboolean
mos_is_canonical (guint64 address)
{
  return (guint64) ((gint64) (address << 16) >> 16) == address;
}

/* Moves to control registers with all their checks and effects; FALSE: the
 * value is not allowed (#GP), nothing changed. */
gboolean mos_set_cr0 (MosSoftCpu *cpu, guint64 value);
gboolean mos_set_cr3 (MosSoftCpu *cpu, guint64 value);
gboolean mos_set_cr4 (MosSoftCpu *cpu, guint64 value);
gboolean mos_set_efer (MosSoftCpu *cpu, guint64 value);
gboolean mos_set_xcr0 (MosSoftCpu *cpu, guint64 value);

/* FALSE: #GP. */
gboolean mos_msr_read (MosSoftCpu *cpu, guint32 index, guint64 *value);
gboolean mos_msr_write (MosSoftCpu *cpu, guint32 index, guint64 value);

/* The time-stamp counter now. */
guint64 mos_tsc_read (MosSoftCpu *cpu);

/* SYSRET, IRET, POPF and SYSCALL: the flags that @mask allows change, from
 * @value; and the mode with them. */
void mos_flags_load (MosSoftCpu *cpu, guint64 value, guint64 mask);

G_END_DECLS
