/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The instructions of AMD-V.
 *
 * Intercepts have been looked at by the gate before them; what arrives here is
 * a host's, or a guest's that its hypervisor lets through. All end their
 * block.
 *
 * AMD64 APM volume 3, "System Instruction Reference".
 */
#include "engine/cpu/soft/svm.h"

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"

static void
check (MosSoftCpu *cpu, const MosUop *op)
{
  if (cpu->guest.ops == NULL || (cpu->efer & MOS_EFER_SVME) == 0 ||
      (cpu->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0)
    mos_fault_ud (cpu, op);
  if (mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
}

/* rAX in the instruction's address size. */
static guint64
operand (MosSoftCpu *cpu, const MosUop *op)
{
  return mos_reg_get (cpu, MOS_RAX * 8, op->addr);
}

static const MosUop *
vmrun (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 address = operand (cpu, op);
  guint8 *flags;

  check (cpu, op);
  if (mos_svm_page (cpu, address, &flags) == NULL)
    mos_fault_gp (cpu, op);
  cpu->budget -= op->count;
  cpu->gpr[MOS_SLOT_RIP] += op->next;
  mos_svm_run (cpu, address);
  return NULL;
}

static const MosUop *
vmload (MosSoftCpu *cpu, const MosUop *op)
{
  guint8 *flags;

  check (cpu, op);
  mos_svm_vmload (cpu,
                  mos_svm_operand (cpu, op, operand (cpu, op), FALSE, &flags));
  return mos_leave (cpu, op);
}

static const MosUop *
vmsave (MosSoftCpu *cpu, const MosUop *op)
{
  guint8 *flags;
  guint8 *vmcb;

  check (cpu, op);
  vmcb = mos_svm_operand (cpu, op, operand (cpu, op), TRUE, &flags);
  mos_svm_vmsave (cpu, vmcb);
  if (*(volatile guint8 *) flags != 0)
    mos_store_note (cpu, flags, 0, MOS_PAGE_SIZE);
  return mos_leave (cpu, op);
}

/* VMMCALL that nobody intercepts. */
static const MosUop *
vmmcall (MosSoftCpu *cpu, const MosUop *op)
{
  mos_fault_ud (cpu, op);
}

/* aux: the flag. */
static const MosUop *
set_gif (MosSoftCpu *cpu, const MosUop *op)
{
  check (cpu, op);
  mos_svm_set_gif (cpu, op->aux != 0);
  return mos_leave (cpu, op);
}

static const MosUop *
invlpga (MosSoftCpu *cpu, const MosUop *op)
{
  guint32 asid = *mos_r32 (cpu, MOS_RCX * 8);

  check (cpu, op);
  if (asid != 0) /* nested translations do not know the address */
    mos_world_forget (cpu, asid);
  mos_mmu_flush_page (cpu, operand (cpu, op));
  return mos_leave (cpu, op);
}

/* SKINIT needs a security processor, which no model of ours announces. */
static gboolean
lower_skinit (MosLower *l, const MosSoftInsn *insn)
{
  l->op->fn = mos_op_ud;
  l->ends_block = TRUE;
  return TRUE;
}

/* clang-format off */
const MosSoftInsn mos_insns_svm[] = {
  { ZYDIS_MNEMONIC_VMRUN, mos_lower_last, vmrun, 0 },
  { ZYDIS_MNEMONIC_VMLOAD, mos_lower_last, vmload, 0 },
  { ZYDIS_MNEMONIC_VMSAVE, mos_lower_last, vmsave, 0 },
  { ZYDIS_MNEMONIC_VMMCALL, mos_lower_last, vmmcall, 0 },
  { ZYDIS_MNEMONIC_STGI, mos_lower_last, set_gif, 1 },
  { ZYDIS_MNEMONIC_CLGI, mos_lower_last, set_gif, 0 },
  { ZYDIS_MNEMONIC_INVLPGA, mos_lower_last, invlpga, 0 },
  { ZYDIS_MNEMONIC_SKINIT, lower_skinit, NULL, 0 },
  { 0 }
};
/* clang-format on */
