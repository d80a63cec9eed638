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
#include "engine/cpu/x86/bits.h"

G_BEGIN_DECLS

/* Recomputes key, TLB mode, segment bases and limits after any change of CR0,
 * CR4, EFER, XCR0, CS, SS, DS, ES, FS, GS, DR7 or RFLAGS (TF, VM, AC). */
void mos_mode_update (MosSoftCpu *cpu);

/* The feature @word (MosCpuidWord) of the model, as CPUID tells it. */
gboolean mos_cpu_has (MosSoftCpu *cpu, guint word, guint bit);
gboolean mos_cpu_has_1g (MosSoftCpu *cpu);
void
mos_cpu_cpuid (MosSoftCpu *cpu, guint32 leaf, guint32 subleaf, guint32 out[4]);
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

/* Instructions retired before the running block. */
static inline guint64
mos_cpu_retired (const MosSoftCpu *cpu)
{
  return cpu->retired + (guint64) (cpu->budget_start - cpu->budget);
}

/* What RDMSR, RDTSC and their like put into EDX:EAX. */
static inline void
mos_set_edx_eax (MosSoftCpu *cpu, guint64 value)
{
  cpu->gpr[MOS_RAX] = (guint32) value;
  cpu->gpr[MOS_RDX] = value >> 32;
}

/* Moves to control registers with all their checks and effects; FALSE: the
 * value is not allowed (#GP), nothing changed. */
gboolean mos_set_cr0 (MosSoftCpu *cpu, guint64 value);
gboolean mos_set_cr3 (MosSoftCpu *cpu, guint64 value);
gboolean mos_set_cr4 (MosSoftCpu *cpu, guint64 value);
gboolean mos_set_efer (MosSoftCpu *cpu, guint64 value);
gboolean mos_set_xcr0 (MosSoftCpu *cpu, guint64 value);

/* The bits that this model has; others must be 0 (of CR0: are ignored). */
guint64 mos_cr0_known (void);
guint64 mos_cr4_known (MosSoftCpu *cpu);
guint64 mos_efer_known (MosSoftCpu *cpu);

/* FALSE: #GP. */
gboolean mos_msr_read (MosSoftCpu *cpu, guint32 index, guint64 *value);
gboolean mos_msr_write (MosSoftCpu *cpu, guint32 index, guint64 value);

void mos_msr_reset (MosSoftCpu *cpu, gboolean init);
void mos_msr_save (MosSoftCpu *cpu, MosCpuState *state);
void mos_msr_load (MosSoftCpu *cpu, const MosCpuState *state);

/* The time-stamp counter now. */
guint64 mos_tsc_read (MosSoftCpu *cpu);

/* SYSRET, IRET, POPF and SYSCALL: the flags that @mask allows change, from
 * @value; and the mode with them. */
void mos_flags_load (MosSoftCpu *cpu, guint64 value, guint64 mask);

G_END_DECLS
