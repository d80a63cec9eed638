/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * System instructions: control and debug registers, tables, MSRs, hints.
 *
 * What changes a block's key, the interrupt flag or translations ends its
 * block. Intel SDM volume 2, by instruction.
 */
#include <string.h>

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/checks.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/mmu.h"

static void
need_cpl0 (MosSoftCpu *cpu, const MosUop *op)
{
  if (mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
}

static const MosUop *
cli (MosSoftCpu *cpu, const MosUop *op)
{
  if (mos_real_mode (cpu) || mos_cpl (cpu) <= mos_iopl (cpu))
    cpu->rflags &= ~MOS_RFLAGS_IF;
  else if (mos_cpl (cpu) == 3 &&
           (cpu->cr4 &
            ((cpu->key & MOS_KEY_V86) != 0 ? MOS_CR4_VME : MOS_CR4_PVI)) != 0)
    cpu->rflags &= ~MOS_RFLAGS_VIF;
  else
    mos_fault_gp (cpu, op);
  return op + 1;
}

static const MosUop *
sti (MosSoftCpu *cpu, const MosUop *op)
{
  if (mos_real_mode (cpu) || mos_cpl (cpu) <= mos_iopl (cpu)) {
    gboolean was_off = (cpu->rflags & MOS_RFLAGS_IF) == 0;

    mos_flags_load (cpu, MOS_RFLAGS_IF, MOS_RFLAGS_IF);
    cpu->shadow = was_off ? 2 : 0;
  } else if (mos_cpl (cpu) == 3 &&
             (cpu->cr4 & ((cpu->key & MOS_KEY_V86) != 0 ? MOS_CR4_VME
                                                        : MOS_CR4_PVI)) != 0 &&
             (cpu->rflags & MOS_RFLAGS_VIP) == 0) {
    cpu->rflags |= MOS_RFLAGS_VIF;
  } else {
    mos_fault_gp (cpu, op);
  }
  return mos_leave (cpu, op);
}

/* Interrupts that wait come before CLI, or a loop of STI, NOP, CLI would
 * never see one. */
static gboolean
lower_cli (MosLower *l, const MosSoftInsn *insn)
{
  l->op->fn = cli;
  l->begins_block = TRUE;
  return TRUE;
}

static const MosUop *
hlt (MosSoftCpu *cpu, const MosUop *op)
{
  need_cpl0 (cpu, op);
  mos_cpu_count (cpu, op, MOS_EXIT_HLT);
  cpu->halted = TRUE;
  return mos_leave (cpu, op);
}

/* MWAIT is a hint: waiting until the next interrupt would be allowed only if
 * writes woke us, so it goes on at once. */
static const MosUop *
monitor (MosSoftCpu *cpu, const MosUop *op)
{
  need_cpl0 (cpu, op);
  mos_load (cpu, op,
            mos_linear (cpu, op, MOS_SEG_DS, cpu->gpr[MOS_RAX], 1, FALSE), 1);
  return op + 1;
}

static const MosUop *
mwait (MosSoftCpu *cpu, const MosUop *op)
{
  need_cpl0 (cpu, op);
  return mos_leave (cpu, op);
}

static const MosUop *
clts (MosSoftCpu *cpu, const MosUop *op)
{
  need_cpl0 (cpu, op);
  cpu->cr0 &= ~MOS_CR0_TS;
  mos_mode_update (cpu);
  return mos_leave (cpu, op);
}

static const MosUop *
cpuid (MosSoftCpu *cpu, const MosUop *op)
{
  guint32 words[4];

  mos_cpu_count (cpu, op, MOS_EXIT_CPUID);
  mos_cpu_cpuid (cpu, *mos_r32 (cpu, MOS_RAX * 8), *mos_r32 (cpu, MOS_RCX * 8),
                 words);
  cpu->gpr[MOS_RAX] = words[0];
  cpu->gpr[MOS_RBX] = words[1];
  cpu->gpr[MOS_RCX] = words[2];
  cpu->gpr[MOS_RDX] = words[3];
  return mos_leave (cpu, op);
}

static const MosUop *
privileged_nop (MosSoftCpu *cpu, const MosUop *op)
{
  need_cpl0 (cpu, op);
  return op + 1;
}

static const MosUop *
invlpg (MosSoftCpu *cpu, const MosUop *op)
{
  need_cpl0 (cpu, op);
  mos_mmu_flush_page (cpu, mos_ea_offset (cpu, op) + cpu->seg_base[op->seg]);
  return mos_leave (cpu, op);
}

static const MosUop *
invpcid (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 type = mos_reg_get (cpu, op->dst, op->width);
  guint64 descriptor[2];

  need_cpl0 (cpu, op);
  mos_load_bytes (cpu, op, mos_ea (cpu, op, 16, FALSE), descriptor, 16);
  if (type > 3 || (type < 2 && (descriptor[0] >> 12) != 0) ||
      (type == 0 && !mos_is_canonical (descriptor[1])))
    mos_fault_gp (cpu, op);
  if (type == 0)
    mos_mmu_flush_page (cpu, descriptor[1]);
  else
    mos_mmu_flush (cpu);
  return mos_leave (cpu, op);
}

static guint64
read_cr (MosSoftCpu *cpu, const MosUop *op, guint n)
{
  switch (n) {
  case 0:
    return cpu->cr0;
  case 2:
    return cpu->cr2;
  case 3:
    return cpu->cr3;
  case 4:
    return cpu->cr4;
  case 8:
    return mos_lapic_get_cr8 (cpu);
  default:
    mos_fault_ud (cpu, op);
  }
}

static const MosUop *
mov_from_cr (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 value;

  need_cpl0 (cpu, op);
  value = read_cr (cpu, op, op->src);
  mos_reg_set (cpu, op->dst, op->width, value);
  return op + 1;
}

static const MosUop *
mov_to_cr (MosSoftCpu *cpu, const MosUop *op)
{
  guint64  value = mos_reg_get (cpu, op->src, op->width);
  gboolean ok = TRUE;

  need_cpl0 (cpu, op);
  switch (op->dst) {
  case 0:
    ok = mos_set_cr0 (cpu, value);
    break;
  case 2:
    cpu->cr2 = value;
    break;
  case 3:
    ok = mos_set_cr3 (cpu, value);
    break;
  case 4:
    ok = mos_set_cr4 (cpu, value);
    break;
  case 8:
    ok = (value >> 4) == 0;
    if (ok)
      mos_lapic_set_cr8 (cpu, value);
    break;
  default:
    mos_fault_ud (cpu, op);
  }
  if (!ok)
    mos_fault_gp (cpu, op);
  return mos_leave (cpu, op);
}

guint
mos_debug_register (MosSoftCpu *cpu, const MosUop *op, guint n)
{
  need_cpl0 (cpu, op);
  if (n == 4 || n == 5) {
    if ((cpu->cr4 & MOS_CR4_DE) != 0)
      mos_fault_ud (cpu, op);
    n += 2;
  }
  if ((cpu->dr7 & MOS_DR7_GD) != 0) {
    mos_fault_debug (cpu, op, MOS_DR6_BD);
  }
  return n;
}

static const MosUop *
mov_from_dr (MosSoftCpu *cpu, const MosUop *op)
{
  guint n = mos_debug_register (cpu, op, op->src);

  mos_reg_set (cpu, op->dst, op->width,
               n < 4    ? cpu->dr[n]
               : n == 6 ? cpu->dr6
                        : cpu->dr7);
  return op + 1;
}

static const MosUop *
mov_to_dr (MosSoftCpu *cpu, const MosUop *op)
{
  guint   n = mos_debug_register (cpu, op, op->dst);
  guint64 value = mos_reg_get (cpu, op->src, op->width);

  if (n >= 6 && (value >> 32) != 0)
    mos_fault_gp (cpu, op);
  if (n < 4)
    cpu->dr[n] = value;
  else if (n == 6)
    cpu->dr6 = (value & 0xe00f) | MOS_DR6_RESET;
  else
    cpu->dr7 = (value & 0xffff2bff) | MOS_DR7_RESET;
  /* RF lasts for one instruction; outside step mode nobody has cleared it. */
  cpu->rflags &= ~(guint64) MOS_RFLAGS_RF;
  /* Watched pages must not be in the TLB, others may come back. */
  mos_mmu_flush (cpu);
  mos_mode_update (cpu);
  return mos_leave (cpu, op);
}

static gboolean
lower_mov (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  for (guint i = 0; i < 2; i++) {
    ZydisRegister reg = mos_lower_is_reg (l, i) ? l->operands[i].reg.value
                                                : ZYDIS_REGISTER_NONE;
    gboolean      cr = reg >= ZYDIS_REGISTER_CR0 && reg <= ZYDIS_REGISTER_CR15;
    gboolean      dr = reg >= ZYDIS_REGISTER_DR0 && reg <= ZYDIS_REGISTER_DR15;
    guint8        other;

    if (!cr && !dr)
      continue;
    other = mos_lower_gpr (l->operands[1 - i].reg.value);
    op->width = (l->key & MOS_KEY_CS64) != 0 ? 8 : 4;
    op->dst = i == 0 ? mos_lower_number (reg) : other;
    op->src = i == 0 ? other : mos_lower_number (reg);
    op->fn = cr ? (i == 0 ? mov_to_cr : mov_from_cr)
                : (i == 0 ? mov_to_dr : mov_from_dr);
    l->ends_block = i == 0;
    l->intercept =
        cr ? (i == 0 ? MOS_INTERCEPT_CR_WRITE : MOS_INTERCEPT_CR_READ)
           : (i == 0 ? MOS_INTERCEPT_DR_WRITE : MOS_INTERCEPT_DR_READ);
    return TRUE;
  }
  return FALSE;
}

/* CR4.UMIP: user code may not look at the tables. */
static void
need_umip (MosSoftCpu *cpu, const MosUop *op)
{
  if ((cpu->cr4 & MOS_CR4_UMIP) != 0 && mos_cpl (cpu) > 0)
    mos_fault_gp (cpu, op);
}

static const MosUop *
store_table (MosSoftCpu *cpu, const MosUop *op)
{
  const MosTableRegister *table = op->aux ? &cpu->idt : &cpu->gdt;
  guint                   width = (cpu->key & MOS_KEY_CS64) != 0 ? 8 : 4;
  guint8                  bytes[10];

  need_umip (cpu, op);
  memcpy (bytes, &table->limit, 2);
  memcpy (bytes + 2, &table->base, width);
  mos_store_bytes (cpu, op, mos_ea (cpu, op, 2 + width, TRUE), bytes,
                   2 + width);
  return op + 1;
}

static const MosUop *
load_table (MosSoftCpu *cpu, const MosUop *op)
{
  MosTableRegister *table = op->aux ? &cpu->idt : &cpu->gdt;
  gboolean          cs64 = (cpu->key & MOS_KEY_CS64) != 0;
  guint             width = cs64 ? 8 : 4;
  guint64           lin, base;
  guint16           limit;

  need_cpl0 (cpu, op);
  lin = mos_ea (cpu, op, 2 + width, FALSE);
  limit = (guint16) mos_load (cpu, op, lin, 2);
  base = mos_load (cpu, op, lin + 2, width);
  if (!cs64 && op->width == 2)
    base &= 0xffffff;
  if (cs64 && !mos_is_canonical (base))
    mos_fault_gp (cpu, op);
  table->limit = limit;
  table->base = base;
  return op + 1;
}

static const MosUop *
smsw (MosSoftCpu *cpu, const MosUop *op)
{
  need_umip (cpu, op);
  if (op->src2)
    mos_store (cpu, op, mos_ea (cpu, op, 2, TRUE), cpu->cr0, 2);
  else
    mos_reg_set (cpu, op->dst, op->width, cpu->cr0);
  return op + 1;
}

static const MosUop *
lmsw (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 value;

  need_cpl0 (cpu, op);
  value = op->src2 ? mos_load (cpu, op, mos_ea (cpu, op, 2, FALSE), 2)
                   : mos_reg_get (cpu, op->dst, 2);
  /* It can set PE but not clear it. */
  value = (cpu->cr0 & ~(guint64) 0xe) | (value & 0xf);
  if (!mos_set_cr0 (cpu, value))
    mos_fault_gp (cpu, op);
  return mos_leave (cpu, op);
}

static gboolean
lower_msw (MosLower *l, const MosSoftInsn *insn)
{
  mos_lower_simple (l, insn);
  l->op->src2 = l->memory != NULL;
  l->op->width = (guint8) mos_lower_size (l, 0);
  l->ends_block = insn->fn == lmsw;
  return TRUE;
}

static const MosUop *
rdmsr (MosSoftCpu *cpu, const MosUop *op)
{
  gboolean ok;
  guint64  value;

  need_cpl0 (cpu, op);
  mos_cpu_count (cpu, op, MOS_EXIT_MSR_READ);
  cpu->pmu.ahead = mos_op_before (op);
  ok = mos_msr_read (cpu, *mos_r32 (cpu, MOS_RCX * 8), &value);
  cpu->pmu.ahead = 0;
  if (!ok)
    mos_fault_gp (cpu, op);
  mos_set_edx_eax (cpu, value);
  return op + 1;
}

static const MosUop *
wrmsr (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 value =
      (guint64) *mos_r32 (cpu, MOS_RDX * 8) << 32 | *mos_r32 (cpu, MOS_RAX * 8);
  gboolean ok;

  need_cpl0 (cpu, op);
  mos_cpu_count (cpu, op, MOS_EXIT_MSR_WRITE);
  cpu->pmu.ahead = mos_op_before (op);
  ok = mos_msr_write (cpu, *mos_r32 (cpu, MOS_RCX * 8), value);
  cpu->pmu.ahead = 0;
  if (!ok)
    mos_fault_gp (cpu, op);
  return mos_leave (cpu, op);
}

/* aux: RDTSCP. */
static const MosUop *
rdtsc (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 value;

  if ((cpu->cr4 & MOS_CR4_TSD) != 0 && mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
  value = mos_tsc_read (cpu);
  mos_set_edx_eax (cpu, value);
  if (op->aux)
    cpu->gpr[MOS_RCX] = (guint32) cpu->tsc_aux;
  return op + 1;
}

static const MosUop *
rdpmc (MosSoftCpu *cpu, const MosUop *op)
{
  gboolean ok;
  guint64  value;

  if ((cpu->cr4 & MOS_CR4_PCE) == 0 && mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
  cpu->pmu.ahead = mos_op_before (op);
  ok = mos_pmu_read (cpu, *mos_r32 (cpu, MOS_RCX * 8), &value);
  cpu->pmu.ahead = 0;
  if (!ok)
    mos_fault_gp (cpu, op);
  mos_set_edx_eax (cpu, value);
  return op + 1;
}

static const MosUop *
rdpid (MosSoftCpu *cpu, const MosUop *op)
{
  mos_reg_set (cpu, op->dst, (cpu->key & MOS_KEY_CS64) != 0 ? 8 : 4,
               cpu->tsc_aux);
  return op + 1;
}

/* The generator is seeded at reset, the same for the same machine, so that
 * deterministic runs stay so; it is for guests, not for keys of ours. */
static const MosUop *
rdrand (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 x = cpu->random += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  x = (x ^ (x >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  mos_reg_set (cpu, op->dst, op->width, x ^ (x >> 31));
  cpu->fl = MOS_FL_ONE | MOS_FL_CF;
  return op + 1;
}

/* aux: bit 0 GS, bit 1 write. */
static const MosUop *
fsgsbase (MosSoftCpu *cpu, const MosUop *op)
{
  MosSegment *s = &cpu->seg[(op->aux & 1) != 0 ? MOS_SEG_GS : MOS_SEG_FS];
  guint64     value;

  if ((cpu->key & MOS_KEY_CS64) == 0 || (cpu->cr4 & MOS_CR4_FSGSBASE) == 0)
    mos_fault_ud (cpu, op);
  if ((op->aux & 2) == 0) {
    mos_reg_set (cpu, op->dst, op->width, s->base);
    return op + 1;
  }
  value = mos_reg_get (cpu, op->dst, op->width);
  if (!mos_is_canonical (value))
    mos_fault_gp (cpu, op);
  s->base = value;
  mos_mode_update (cpu);
  return op + 1;
}

static const MosUop *
swapgs (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 base = cpu->seg[MOS_SEG_GS].base;

  need_cpl0 (cpu, op);
  cpu->seg[MOS_SEG_GS].base = cpu->kernel_gs_base;
  cpu->seg_base[MOS_SEG_GS] = cpu->kernel_gs_base;
  cpu->kernel_gs_base = base;
  return op + 1;
}

/* aux: the value of AC. */
static const MosUop *
set_ac (MosSoftCpu *cpu, const MosUop *op)
{
  if (mos_cpl (cpu) != 0)
    mos_fault_ud (cpu, op);
  mos_flags_load (cpu, op->aux ? MOS_RFLAGS_AC : 0, MOS_RFLAGS_AC);
  return mos_leave (cpu, op);
}

static const MosUop *
fence (MosSoftCpu *cpu, const MosUop *op)
{
  __atomic_thread_fence (__ATOMIC_SEQ_CST);
  return mos_next (cpu, op);
}

static const MosUop *
clflush (MosSoftCpu *cpu, const MosUop *op)
{
  mos_load (cpu, op, mos_ea (cpu, op, 1, FALSE), 1);
  return mos_next (cpu, op);
}

/* clang-format off */
const MosSoftInsn mos_insns_system[] = {
  { ZYDIS_MNEMONIC_MOV, lower_mov, NULL, 0 },
  { ZYDIS_MNEMONIC_CLI, lower_cli, cli, 0 },
  { ZYDIS_MNEMONIC_STI, mos_lower_last, sti, 0 },
  { ZYDIS_MNEMONIC_HLT, mos_lower_last, hlt, 0 },
  { ZYDIS_MNEMONIC_MONITOR, mos_lower_simple, monitor, 0 },
  { ZYDIS_MNEMONIC_MWAIT, mos_lower_last, mwait, 0 },
  { ZYDIS_MNEMONIC_CLTS, mos_lower_last, clts, 0 },
  { ZYDIS_MNEMONIC_CPUID, mos_lower_last, cpuid, 0 },
  { ZYDIS_MNEMONIC_INVD, mos_lower_simple, privileged_nop, 0 },
  { ZYDIS_MNEMONIC_WBINVD, mos_lower_simple, privileged_nop, 0 },
  { ZYDIS_MNEMONIC_INVLPG, mos_lower_last, invlpg, 0 },
  { ZYDIS_MNEMONIC_INVPCID, mos_lower_last, invpcid, 0 },
  { ZYDIS_MNEMONIC_SGDT, mos_lower_simple, store_table, 0 },
  { ZYDIS_MNEMONIC_SIDT, mos_lower_simple, store_table, 1 },
  { ZYDIS_MNEMONIC_LGDT, mos_lower_simple, load_table, 0 },
  { ZYDIS_MNEMONIC_LIDT, mos_lower_simple, load_table, 1 },
  { ZYDIS_MNEMONIC_SMSW, lower_msw, smsw, 0 },
  { ZYDIS_MNEMONIC_LMSW, lower_msw, lmsw, 0 },
  { ZYDIS_MNEMONIC_RDMSR, mos_lower_simple, rdmsr, 0 },
  { ZYDIS_MNEMONIC_WRMSR, mos_lower_last, wrmsr, 0 },
  { ZYDIS_MNEMONIC_RDTSC, mos_lower_simple, rdtsc, 0 },
  { ZYDIS_MNEMONIC_RDTSCP, mos_lower_simple, rdtsc, 1 },
  { ZYDIS_MNEMONIC_RDPMC, mos_lower_simple, rdpmc, 0 },
  { ZYDIS_MNEMONIC_RDPID, mos_lower_simple, rdpid, 0 },
  { ZYDIS_MNEMONIC_RDRAND, mos_lower_simple, rdrand, 0 },
  { ZYDIS_MNEMONIC_RDSEED, mos_lower_simple, rdrand, 0 },
  { ZYDIS_MNEMONIC_RDFSBASE, mos_lower_simple, fsgsbase, 0 },
  { ZYDIS_MNEMONIC_RDGSBASE, mos_lower_simple, fsgsbase, 1 },
  { ZYDIS_MNEMONIC_WRFSBASE, mos_lower_simple, fsgsbase, 2 },
  { ZYDIS_MNEMONIC_WRGSBASE, mos_lower_simple, fsgsbase, 3 },
  { ZYDIS_MNEMONIC_SWAPGS, mos_lower_simple, swapgs, 0 },
  { ZYDIS_MNEMONIC_STAC, mos_lower_last, set_ac, 1 },
  { ZYDIS_MNEMONIC_CLAC, mos_lower_last, set_ac, 0 },
  { ZYDIS_MNEMONIC_PAUSE, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_LFENCE, mos_lower_simple, fence, 0 },
  { ZYDIS_MNEMONIC_MFENCE, mos_lower_simple, fence, 0 },
  { ZYDIS_MNEMONIC_SFENCE, mos_lower_simple, fence, 0 },
  { ZYDIS_MNEMONIC_CLFLUSH, mos_lower_simple, clflush, 0 },
  { ZYDIS_MNEMONIC_CLFLUSHOPT, mos_lower_simple, clflush, 0 },
  { ZYDIS_MNEMONIC_CLWB, mos_lower_simple, clflush, 0 },
  { ZYDIS_MNEMONIC_PREFETCHT0, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_PREFETCHT1, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_PREFETCHT2, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_PREFETCHNTA, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_PREFETCH, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_PREFETCHW, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_ENDBR32, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_ENDBR64, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_RDSSPD, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_RDSSPQ, mos_lower_simple, mos_op_nop, 0 },
  { ZYDIS_MNEMONIC_UD0, mos_lower_simple, mos_op_ud, 0 },
  { ZYDIS_MNEMONIC_UD1, mos_lower_simple, mos_op_ud, 0 },
  { ZYDIS_MNEMONIC_UD2, mos_lower_simple, mos_op_ud, 0 },
  { 0 }
};
/* clang-format on */
