/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * RDMSR and WRMSR.
 *
 * The table in engine/cpu/x86 says which registers there are, on which
 * vendor's processors, and which bits a write may set; here is where each one
 * lives, and what the special ones do. The time-stamp counter is the machine's
 * clock at one tick a nanosecond plus what the guest added.
 */
#include "engine/cpu/x86/msr.h"

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/vmx.h"

/* The variable behind a register that is not special. */
static guint64 *
cell (MosSoftCpu *cpu, const MosMsrInfo *info)
{
  switch (info->index) {
  case MOS_MSR_STAR:
    return &cpu->star;
  case MOS_MSR_LSTAR:
    return &cpu->lstar;
  case MOS_MSR_CSTAR:
    return &cpu->cstar;
  case MOS_MSR_SFMASK:
    return &cpu->sfmask;
  case MOS_MSR_KERNEL_GS_BASE:
    return &cpu->kernel_gs_base;
  case MOS_MSR_SYSENTER_CS:
    return &cpu->sysenter_cs;
  case MOS_MSR_SYSENTER_ESP:
    return &cpu->sysenter_esp;
  case MOS_MSR_SYSENTER_EIP:
    return &cpu->sysenter_eip;
  case MOS_MSR_TSC_AUX:
    return &cpu->tsc_aux;
  case MOS_MSR_FS_BASE:
    return &cpu->seg[MOS_SEG_FS].base;
  case MOS_MSR_GS_BASE:
    return &cpu->seg[MOS_SEG_GS].base;
  case MOS_MSR_TSC_ADJUST:
    return &cpu->tsc_adjust;
  default:
    return &cpu->msr[info - mos_msrs];
  }
}

static gint64
clock_now (MosSoftCpu *cpu)
{
  gint64 now = mos_clock_now (cpu->cpus->cpus.bus->clock);

  /* A manual clock stands still while a turn lasts. */
  if (cpu->cpus->deterministic)
    now += cpu->budget_start - cpu->budget;
  return now;
}

guint64
mos_tsc_read (MosSoftCpu *cpu)
{
  return (guint64) clock_now (cpu) + cpu->tsc_offset + cpu->guest.tsc_offset;
}

static gboolean
present (MosSoftCpu *cpu, const MosMsrInfo *info)
{
  if (info == NULL)
    return FALSE;
  if ((info->flags & MOS_MSR_AMD) != 0 && cpu->cpus->vendor != MOS_VENDOR_AMD)
    return FALSE;
  return (info->flags & MOS_MSR_INTEL) == 0 ||
         cpu->cpus->vendor == MOS_VENDOR_INTEL;
}

gboolean
mos_msr_read (MosSoftCpu *cpu, guint32 index, guint64 *value)
{
  const MosMsrInfo *info;
  gboolean          ok;

  if (index >= MOS_MSR_X2APIC_FIRST && index <= MOS_MSR_X2APIC_LAST)
    return mos_lapic_read_msr (cpu, index, value);
  if (mos_pmu_read_msr (cpu, index, value, &ok))
    return ok;
  info = mos_msr_find (index);
  if (!present (cpu, info))
    return FALSE;
  if (index >= MOS_MSR_VMX_BASIC && index <= MOS_MSR_VMX_LAST)
    return mos_vmx_read_msr (cpu, index, value);
  switch (index) {
  case MOS_MSR_TSC:
    *value = mos_tsc_read (cpu);
    break;
  case MOS_MSR_APIC_BASE:
    *value = cpu->lapic.base;
    break;
  case MOS_MSR_EFER:
    *value = cpu->efer;
    break;
  case MOS_MSR_TSC_DEADLINE:
    *value = mos_lapic_get_deadline (cpu);
    break;
  case MOS_MSR_DEBUGCTL:
    *value = *cell (cpu, info) | (cpu->pmu.freezes ? MOS_PMU_FREEZES : 0);
    break;
  case MOS_MSR_MISC_ENABLE:
    *value = *cell (cpu, info) | (cpu->pmu.present ? MOS_PMU_PERFMON : 0);
    break;
  default:
    *value = info->writable != 0 || (info->flags & MOS_MSR_STATE) != 0 ||
                     (info->flags & MOS_MSR_SPECIAL) != 0
                 ? *cell (cpu, info)
                 : info->reset;
    break;
  }
  return TRUE;
}

gboolean
mos_msr_write (MosSoftCpu *cpu, guint32 index, guint64 value)
{
  const MosMsrInfo *info;
  gboolean          ok;

  if (index >= MOS_MSR_X2APIC_FIRST && index <= MOS_MSR_X2APIC_LAST)
    return mos_lapic_write_msr (cpu, index, value);
  if (mos_pmu_write_msr (cpu, index, value, &ok))
    return ok;
  info = mos_msr_find (index);
  if (!present (cpu, info))
    return FALSE;
  if (index == MOS_MSR_EFER)
    return mos_set_efer (cpu, value);
  if (!mos_msr_check_write (info, value, &value))
    return FALSE;
  switch (index) {
  case MOS_MSR_TSC:
    cpu->tsc_adjust += value - mos_tsc_read (cpu);
    cpu->tsc_offset += value - mos_tsc_read (cpu);
    break;
  case MOS_MSR_TSC_ADJUST:
    cpu->tsc_offset += value - cpu->tsc_adjust;
    cpu->tsc_adjust = value;
    break;
  case MOS_MSR_FEATURE_CONTROL:
    if ((*cell (cpu, info) & 1) != 0) /* locked */
      return FALSE;
    *cell (cpu, info) = value;
    break;
  case MOS_MSR_APIC_BASE:
    return mos_lapic_set_base (cpu, value);
  case MOS_MSR_TSC_DEADLINE:
    mos_lapic_set_deadline (cpu, value);
    break;
  case MOS_MSR_FS_BASE:
  case MOS_MSR_GS_BASE:
    *cell (cpu, info) = value;
    mos_mode_update (cpu);
    break;
  case MOS_MSR_VM_CR:
    /* LOCK keeps itself and SVMDIS; while AMD-V is on it cannot be forbidden.
     */
    if ((*cell (cpu, info) & MOS_VM_CR_LOCK) != 0)
      value = *cell (cpu, info);
    if ((value & MOS_VM_CR_SVMDIS) != 0 && (cpu->efer & MOS_EFER_SVME) != 0)
      return FALSE;
    *cell (cpu, info) = value;
    break;
  case MOS_MSR_VM_HSAVE_PA:
    if ((value & cpu->phys_reserved) != 0)
      return FALSE;
    *cell (cpu, info) = value;
    break;
  default:
    *cell (cpu, info) = value;
    break;
  }
  return TRUE;
}

void
mos_msr_reset (MosSoftCpu *cpu, gboolean init)
{
  for (guint i = 0; i < mos_n_msrs; i++) {
    const MosMsrInfo *info = &mos_msrs[i];

    if ((init && (info->flags & MOS_MSR_KEPT_BY_INIT) != 0) ||
        (info->flags & MOS_MSR_SPECIAL) != 0)
      continue;
    *cell (cpu, info) = info->reset;
  }
  if (!init) {
    mos_pmu_reset (cpu);
    cpu->tsc_adjust = 0;
    cpu->msr[0] = 0;
    for (guint i = 0; i < mos_n_msrs; i++)
      if (mos_msrs[i].index == MOS_MSR_FEATURE_CONTROL)
        cpu->msr[i] = mos_msrs[i].reset;
  }
}

void
mos_msr_save (MosSoftCpu *cpu, MosCpuState *state)
{
  for (guint i = 0; i < mos_n_msrs; i++) {
    MosMsrEntry *entry;
    guint64      value;

    if ((mos_msrs[i].flags & MOS_MSR_STATE) == 0 ||
        !mos_msr_read (cpu, mos_msrs[i].index, &value))
      continue;
    entry = mos_cpu_state_msr (state, mos_msrs[i].index);
    if (entry != NULL)
      entry->value = value;
  }
  mos_pmu_save (cpu, state);
}

void
mos_msr_load (MosSoftCpu *cpu, const MosCpuState *state)
{
  for (guint i = 0; i < state->n_msrs && i < MOS_STATE_MAX_MSRS; i++) {
    const MosMsrInfo *info = mos_msr_find (state->msrs[i].index);
    guint64           value = state->msrs[i].value;

    if (mos_pmu_load (cpu, state->msrs[i].index, value) ||
        !present (cpu, info) || (info->flags & MOS_MSR_STATE) == 0)
      continue;
    if (info->index == MOS_MSR_TSC)
      cpu->tsc_offset = value - (guint64) clock_now (cpu);
    else if (info->index == MOS_MSR_TSC_DEADLINE)
      cpu->lapic.tsc_deadline = value;
    else if (info->writable != 0 && mos_msr_check_write (info, value, &value))
      *cell (cpu, info) = value;
  }
}
