/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Control registers and modes.
 *
 * mos_mode_update() is the one place that knows how the architectural state
 * decides what blocks look like and how addresses are made. Everything that
 * changes such state calls it and leaves its block.
 *
 * Intel SDM volume 3, "Control Registers", "Mode Switching", "Paging".
 */
#include "engine/cpu/soft/control.h"

#include <string.h>

#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/x86/instructions.h"
#include "engine/cpu/x86/msr.h"

#define CR0_KNOWN                                                   \
  (MOS_CR0_PE | MOS_CR0_MP | MOS_CR0_EM | MOS_CR0_TS | MOS_CR0_ET | \
   MOS_CR0_NE | MOS_CR0_WP | MOS_CR0_AM | MOS_CR0_NW | MOS_CR0_CD | \
   (guint64) MOS_CR0_PG)

/* No limit to check: reads and writes anywhere in 4 GiB are fine. */
static gboolean
is_flat (MosSoftCpu *cpu, const MosSegment *seg)
{
  if (seg->limit != 0xffffffff || seg->unusable)
    return FALSE;
  if ((cpu->cr0 & MOS_CR0_PE) == 0)
    return TRUE;
  /* Writable data, not expand-down. */
  return seg->s && (seg->type & 0xe) == 2;
}

static guint64
segment_key (MosSoftCpu *cpu)
{
  guint64 key = 0;

  for (guint i = MOS_SEG_ES; i <= MOS_SEG_GS; i++)
    if (i == MOS_SEG_CS ? cpu->seg[i].limit == 0xffffffff
                        : is_flat (cpu, &cpu->seg[i]))
      key |= (guint64) 1 << (MOS_KEY_FLAT_SHIFT + i);
  return key;
}

/* @bit if @on, without a branch: what modes do is hard to predict. */
static inline guint64
when (gboolean on, guint64 bit)
{
  return (guint64) (on != 0) * bit;
}

static guint64
unit_key (MosSoftCpu *cpu)
{
  return when ((cpu->cr0 & MOS_CR0_TS) != 0, MOS_KEY_TS) |
         when ((cpu->cr0 & MOS_CR0_EM) != 0, MOS_KEY_EM) |
         when ((cpu->cr0 & MOS_CR0_MP) != 0, MOS_KEY_MP) |
         when ((cpu->cr4 & MOS_CR4_OSFXSR) != 0, MOS_KEY_SSE) |
         when ((cpu->cr4 & MOS_CR4_OSXSAVE) != 0, MOS_KEY_XSAVE) |
         when ((cpu->xcr0 & 6) == 6, MOS_KEY_AVX);
}

static void
update_addressing (MosSoftCpu *cpu)
{
  cpu->seg_base[MOS_SEG_FS] = cpu->seg[MOS_SEG_FS].base;
  cpu->seg_base[MOS_SEG_GS] = cpu->seg[MOS_SEG_GS].base;
  if ((cpu->key & MOS_KEY_CS64) != 0) {
    memset (cpu->seg_base, 0, MOS_SEG_FS * sizeof cpu->seg_base[0]);
    cpu->sp_mask = G_MAXUINT64;
    cpu->ip_bias = (guint64) 1 << 47;
    cpu->ip_limit = ((guint64) 1 << 48) - 1;
  } else {
    for (guint i = MOS_SEG_ES; i < MOS_SEG_FS; i++)
      cpu->seg_base[i] = cpu->seg[i].base;
    cpu->sp_mask = cpu->seg[MOS_SEG_SS].db ? 0xffffffff : 0xffff;
    cpu->ip_bias = 0;
    cpu->ip_limit = cpu->seg[MOS_SEG_CS].limit;
  }
}

void
mos_mode_update (MosSoftCpu *cpu)
{
  gboolean real = (cpu->cr0 & MOS_CR0_PE) == 0;
  gboolean v86 = !real && (cpu->rflags & MOS_RFLAGS_VM) != 0;
  guint    cpl = real ? 0 : v86 ? 3 : cpu->seg[MOS_SEG_SS].dpl;
  gboolean lma = (cpu->efer & MOS_EFER_LMA) != 0;
  gboolean cs64 = lma && cpu->seg[MOS_SEG_CS].l;
  gboolean steps = ((cpu->rflags & MOS_RFLAGS_TF) | (cpu->dr7 & 0xff) |
                    (guint64) cpu->guest.step) != 0;
  gboolean aligns = cpl == 3 && (cpu->cr0 & MOS_CR0_AM) != 0 &&
                    (cpu->rflags & MOS_RFLAGS_AC) != 0;

  cpu->key = cpl | when (real, MOS_KEY_REAL) | when (v86, MOS_KEY_V86) |
             when (lma, MOS_KEY_LMA) | when (cs64, MOS_KEY_CS64) |
             when (!cs64 && cpu->seg[MOS_SEG_CS].db, MOS_KEY_CS32) |
             when (cpu->seg[MOS_SEG_SS].db, MOS_KEY_SS32) |
             (cs64 ? 0 : segment_key (cpu)) | when (steps, MOS_KEY_STEP) |
             when (aligns, MOS_KEY_ALIGN) |
             when (cpu->guest.active, MOS_KEY_GUEST) | unit_key (cpu);
  cpu->tlb_mode =
      cpl == 3 ? MOS_TLB_USER
      : (cpu->cr4 & MOS_CR4_SMAP) != 0 && (cpu->rflags & MOS_RFLAGS_AC) != 0
          ? MOS_TLB_SUPERVISOR_AC
          : MOS_TLB_SUPERVISOR;
  cpu->tlb = mos_tlb_table (cpu, cpu->tlb_mode);
  cpu->jumps = cpu->mmu->jumps;
  update_addressing (cpu);
}

void
mos_flags_load (MosSoftCpu *cpu, guint64 value, guint64 mask)
{
  guint64 old = mos_flags_get (cpu);
  guint64 flags = (old & ~mask) | (value & mask);

  mos_flags_set_status (cpu, flags);
  cpu->rflags = flags & ~(guint64) (MOS_RFLAGS_ARITHMETIC | MOS_RFLAGS_ONE);
  if ((flags & ~old & MOS_RFLAGS_IF) != 0)
    __atomic_or_fetch (&cpu->pending, MOS_PENDING_INTERRUPT, __ATOMIC_RELAXED);
  if (((flags ^ old) & (MOS_RFLAGS_TF | MOS_RFLAGS_AC | MOS_RFLAGS_VM)) != 0)
    mos_mode_update (cpu);
}

/* PAE paging outside long mode keeps the top level in registers. */
static gboolean
uses_pdptrs (guint64 cr0, guint64 cr4, guint64 efer)
{
  return (cr0 & MOS_CR0_PG) != 0 && (cr4 & MOS_CR4_PAE) != 0 &&
         (efer & MOS_EFER_LMA) == 0;
}

gboolean
mos_set_cr0 (MosSoftCpu *cpu, guint64 value)
{
  guint64  old = cpu->cr0;
  guint64  efer = cpu->efer;
  gboolean was_pg = (old & MOS_CR0_PG) != 0;
  gboolean pg = (value & MOS_CR0_PG) != 0;

  if ((value >> 32) != 0)
    return FALSE;
  value = (value & CR0_KNOWN) | MOS_CR0_ET;
  if (pg && (value & MOS_CR0_PE) == 0)
    return FALSE;
  if ((value & cpu->guest.cr0_must) != cpu->guest.cr0_must)
    return FALSE;
  if ((value & MOS_CR0_NW) != 0 && (value & MOS_CR0_CD) == 0)
    return FALSE;
  if (pg && !was_pg && (efer & MOS_EFER_LME) != 0) {
    if ((cpu->cr4 & MOS_CR4_PAE) == 0 || cpu->seg[MOS_SEG_CS].l)
      return FALSE;
    efer |= MOS_EFER_LMA;
  } else if (!pg && was_pg) {
    if ((cpu->key & MOS_KEY_CS64) != 0 || (cpu->cr4 & MOS_CR4_PCIDE) != 0)
      return FALSE;
    efer &= ~(guint64) MOS_EFER_LMA;
  }
  if (uses_pdptrs (value, cpu->cr4, efer) &&
      ((value ^ old) & (MOS_CR0_PG | MOS_CR0_CD | MOS_CR0_NW)) != 0 &&
      !mos_mmu_load_pdptrs (cpu, cpu->cr3))
    return FALSE;
  cpu->cr0 = value;
  cpu->efer = efer;
  if (((value ^ old) & (MOS_CR0_PG | MOS_CR0_WP | MOS_CR0_PE)) != 0)
    mos_mmu_flush (cpu);
  mos_mode_update (cpu);
  return TRUE;
}

gboolean
mos_set_cr3 (MosSoftCpu *cpu, guint64 value)
{
  gboolean pcide = (cpu->cr4 & MOS_CR4_PCIDE) != 0;
  gboolean keep = pcide && (value >> 63) != 0;

  if (pcide)
    value &= ~((guint64) 1 << 63);
  if (mos_long_mode (cpu)) {
    if ((value &
         (cpu->phys_reserved | G_GUINT64_CONSTANT (0xfff0000000000000))) != 0)
      return FALSE;
  } else {
    value &= G_MAXUINT32;
    if (uses_pdptrs (cpu->cr0, cpu->cr4, cpu->efer) &&
        !mos_mmu_load_pdptrs (cpu, value))
      return FALSE;
  }
  cpu->cr3 = value;
  if (pcide)
    mos_mmu_switch_pcid (cpu, value & 0xfff, keep);
  else
    mos_mmu_switch (cpu);
  return TRUE;
}

guint64
mos_cr0_known (void)
{
  return CR0_KNOWN;
}

guint64
mos_cr4_known (MosSoftCpu *cpu)
{
  guint64 known = MOS_CR4_VME | MOS_CR4_PVI | MOS_CR4_TSD | MOS_CR4_DE |
                  MOS_CR4_PSE | MOS_CR4_PAE | MOS_CR4_MCE | MOS_CR4_PGE |
                  MOS_CR4_PCE | MOS_CR4_OSFXSR | MOS_CR4_OSXMMEXCPT;

  if (mos_cpu_has (cpu, MOS_CPUID_1_ECX, 17))
    known |= MOS_CR4_PCIDE;
  if (mos_cpu_has (cpu, MOS_CPUID_1_ECX, 26))
    known |= MOS_CR4_OSXSAVE;
  if (mos_cpu_has (cpu, MOS_CPUID_1_ECX, 5))
    known |= MOS_CR4_VMXE;
  if (mos_cpu_has (cpu, MOS_CPUID_7_EBX, 0))
    known |= MOS_CR4_FSGSBASE;
  if (mos_cpu_has (cpu, MOS_CPUID_7_EBX, 7))
    known |= MOS_CR4_SMEP;
  if (mos_cpu_has (cpu, MOS_CPUID_7_EBX, 20))
    known |= MOS_CR4_SMAP;
  if (mos_cpu_has (cpu, MOS_CPUID_7_ECX, 2))
    known |= MOS_CR4_UMIP;
  return known;
}

gboolean
mos_set_cr4 (MosSoftCpu *cpu, guint64 value)
{
  guint64 old = cpu->cr4;
  guint64 changed = value ^ old;

  if ((value & ~mos_cr4_known (cpu)) != 0 ||
      (value & cpu->guest.cr4_must) != cpu->guest.cr4_must)
    return FALSE;
  if (mos_long_mode (cpu) && (value & MOS_CR4_PAE) == 0)
    return FALSE;
  if ((value & ~old & MOS_CR4_PCIDE) != 0 &&
      (!mos_long_mode (cpu) || (cpu->cr3 & 0xfff) != 0))
    return FALSE;
  if (uses_pdptrs (cpu->cr0, value, cpu->efer) &&
      (changed & (MOS_CR4_PAE | MOS_CR4_PSE | MOS_CR4_PGE | MOS_CR4_SMEP)) !=
          0 &&
      !mos_mmu_load_pdptrs (cpu, cpu->cr3))
    return FALSE;
  cpu->cr4 = value;
  if ((changed & (MOS_CR4_PAE | MOS_CR4_PSE | MOS_CR4_PGE | MOS_CR4_SMEP |
                  MOS_CR4_SMAP | MOS_CR4_PCIDE)) != 0)
    mos_mmu_flush (cpu);
  mos_mode_update (cpu);
  return TRUE;
}

guint64
mos_efer_known (MosSoftCpu *cpu)
{
  guint64 known = 0;

  if (mos_cpu_has (cpu, MOS_CPUID_80000001_EDX, 11))
    known |= MOS_EFER_SCE;
  if (mos_cpu_has (cpu, MOS_CPUID_80000001_EDX, 29))
    known |= MOS_EFER_LME | MOS_EFER_LMA;
  if (mos_cpu_has (cpu, MOS_CPUID_80000001_EDX, 20))
    known |= MOS_EFER_NXE;
  if (mos_cpu_has (cpu, MOS_CPUID_80000001_EDX, 25))
    known |= MOS_EFER_FFXSR;
  if (mos_cpu_has (cpu, MOS_CPUID_80000001_ECX, 2))
    known |= MOS_EFER_SVME;
  return known;
}

gboolean
mos_set_efer (MosSoftCpu *cpu, guint64 value)
{
  guint64 vm_cr;

  if ((value & ~mos_efer_known (cpu)) != 0)
    return FALSE;
  if ((value & ~cpu->efer & MOS_EFER_SVME) != 0 &&
      mos_msr_read (cpu, MOS_MSR_VM_CR, &vm_cr) &&
      (vm_cr & MOS_VM_CR_SVMDIS) != 0)
    return FALSE;
  value = (value & ~(guint64) MOS_EFER_LMA) | (cpu->efer & MOS_EFER_LMA);
  if (((value ^ cpu->efer) & MOS_EFER_LME) != 0 && (cpu->cr0 & MOS_CR0_PG) != 0)
    return FALSE;
  if (((value ^ cpu->efer) & MOS_EFER_NXE) != 0) {
    cpu->efer = value;
    mos_mmu_flush (cpu);
  }
  cpu->efer = value;
  mos_mode_update (cpu);
  return TRUE;
}

gboolean
mos_set_xcr0 (MosSoftCpu *cpu, guint64 value)
{
  guint32 leaf[4];

  mos_cpu_cpuid (cpu, 0xd, 0, leaf);
  if ((value & 1) == 0 || (value & ~(leaf[0] | ((guint64) leaf[3] << 32))) != 0)
    return FALSE;
  if ((value & 6) == 4)
    return FALSE;
  cpu->xcr0 = value;
  mos_mode_update (cpu);
  return TRUE;
}

gboolean
mos_cpu_has (MosSoftCpu *cpu, guint word, guint bit)
{
  return ((cpu->features[word] >> bit) & 1) != 0;
}

gboolean
mos_cpu_has_1g (MosSoftCpu *cpu)
{
  return mos_cpu_has (cpu, MOS_CPUID_80000001_EDX, 26);
}

static const MosCpuidEntry *
cpuid_entry (MosSoftCpu *cpu, guint32 leaf, guint32 subleaf)
{
  for (guint i = 0; i < cpu->n_cpuid; i++)
    if (cpu->cpuid[i].leaf == leaf &&
        (!cpu->cpuid[i].subleaf_matters || cpu->cpuid[i].subleaf == subleaf))
      return &cpu->cpuid[i];
  return NULL;
}

/* Bytes that XSAVE needs for the components in @xcr0, standard format. */
static guint32
xsave_bytes (guint64 xcr0)
{
  return (xcr0 & 4) != 0 ? 832 : 576;
}

void
mos_cpu_cpuid (MosSoftCpu *cpu, guint32 leaf, guint32 subleaf, guint32 out[4])
{
  const MosCpuidEntry *entry = cpuid_entry (cpu, leaf, subleaf);
  const MosCpuidEntry *first = cpuid_entry (cpu, leaf & 0x80000000, 0);
  const MosCpuidEntry *basic = cpuid_entry (cpu, 0, 0);

  out[0] = out[1] = out[2] = out[3] = 0;
  /* Above the highest leaf Intel answers with the highest basic one; AMD
   * with zeros. Hypervisor leaves are where they are. */
  if (entry == NULL && (leaf & 0x40000000) == 0 && basic != NULL &&
      (first == NULL || leaf > first->eax) &&
      cpu->cpus->vendor == MOS_VENDOR_INTEL)
    entry = cpuid_entry (cpu, basic->eax, subleaf);
  if (entry == NULL)
    return;
  out[0] = entry->eax;
  out[1] = entry->ebx;
  out[2] = entry->ecx;
  out[3] = entry->edx;
  if (leaf == 1) {
    out[2] &= ~(1u << 27);
    if ((cpu->cr4 & MOS_CR4_OSXSAVE) != 0)
      out[2] |= 1u << 27;
    if ((cpu->lapic.base & (1u << 11)) == 0)
      out[3] &= ~(1u << 9);
  } else if (leaf == 0xd && subleaf == 0) {
    out[1] = xsave_bytes (cpu->xcr0);
  } else if (leaf == 0xd && subleaf == 1) {
    out[1] = xsave_bytes (cpu->xcr0);
  }
}

void
mos_cpu_init_features (MosSoftCpu *cpu)
{
  guint32 l1[4], l7[4], ld1[4], l81[4], l88[4];
  guint   bits;

  mos_cpu_cpuid (cpu, 1, 0, l1);
  mos_cpu_cpuid (cpu, 7, 0, l7);
  mos_cpu_cpuid (cpu, 0xd, 1, ld1);
  mos_cpu_cpuid (cpu, 0x80000001, 0, l81);
  mos_cpu_cpuid (cpu, 0x80000008, 0, l88);
  cpu->features[MOS_CPUID_1_ECX] = l1[2];
  cpu->features[MOS_CPUID_1_EDX] = l1[3];
  cpu->features[MOS_CPUID_7_EBX] = l7[1];
  cpu->features[MOS_CPUID_7_ECX] = l7[2];
  cpu->features[MOS_CPUID_D1_EAX] = ld1[0];
  cpu->features[MOS_CPUID_80000001_ECX] = l81[2];
  cpu->features[MOS_CPUID_80000001_EDX] = l81[3];
  bits = l88[0] & 0xff;
  if (bits < 36 || bits > 52)
    bits = 40;
  cpu->phys_reserved = (((guint64) 1 << 52) - 1) & ~(((guint64) 1 << bits) - 1);
}
