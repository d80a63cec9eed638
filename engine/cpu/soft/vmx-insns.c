/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The instructions of VT-x in root operation.
 *
 * In a guest each of them leaves (vmx-gate.c), but for VMREAD and VMWRITE with
 * a shadow VMCS. Failure is told in flags and, if there is a current VMCS, by
 * a number in it.
 *
 * Intel SDM volume 3, "VMX Instruction Reference".
 */
#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/vmx-private.h"
#include "engine/cpu/x86/msr.h"

#define FEATURE_LOCK 1u
#define FEATURE_VMX  4u

void
mos_vmx_succeed (MosSoftCpu *cpu)
{
  cpu->fl = MOS_FL_ONE;
}

void
mos_vmx_fail_invalid (MosSoftCpu *cpu)
{
  cpu->fl = MOS_FL_ONE | MOS_FL_CF;
}

void
mos_vmx_fail (MosSoftCpu *cpu, MosVmxError error)
{
  MosVmx *vmx = mos_vmx (cpu);

  if (vmx->current == MOS_VMCS_NONE) {
    mos_vmx_fail_invalid (cpu);
    return;
  }
  if (cpu->guest.active) {
    guint64 *cell = mos_vmx_shadow_field (cpu, MOS_VMCS_INSTRUCTION_ERROR);

    if (cell != NULL)
      *cell = error;
    mos_vmx_wrote (cpu, mos_vmx_field (cpu, MOS_VMCS_LINK_POINTER));
  } else {
    vmx->vmcs.field[MOS_VMCS_INSTRUCTION_ERROR] = error;
  }
  cpu->fl = MOS_FL_ONE | MOS_FL_ZF;
}

/* #UD where VT-x does not exist at all. */
static inline void
need_mode (MosSoftCpu *cpu, const MosUop *op)
{
  if (cpu->guest.ops != &mos_vmx_ops ||
      (cpu->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0 ||
      (mos_long_mode (cpu) && (cpu->key & MOS_KEY_CS64) == 0))
    mos_fault_ud (cpu, op);
}

/* What all but VMXON ask for first. */
static inline MosVmx *
need_root (MosSoftCpu *cpu, const MosUop *op)
{
  need_mode (cpu, op);
  if (!mos_vmx (cpu)->on)
    mos_fault_ud (cpu, op);
  if (mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
  return mos_vmx (cpu);
}

static guint64
pointer_operand (MosSoftCpu *cpu, const MosUop *op)
{
  return mos_load (cpu, op, mos_ea (cpu, op, 8, FALSE), 8);
}

gboolean
mos_vmx_region_valid (MosSoftCpu *cpu, guint64 address)
{
  return (address & (MOS_VMCS_BYTES - 1)) == 0 &&
         (address >> mos_vmx (cpu)->caps.phys_bits) == 0;
}

static guint32
revision_at (MosSoftCpu *cpu, guint64 address)
{
  return (guint32) mos_vmx_read (cpu, address, 4);
}

static const MosUop *
vmxon (MosSoftCpu *cpu, const MosUop *op)
{
  MosVmx           *vmx = mos_vmx (cpu);
  const MosMsrInfo *info = mos_msr_find (MOS_MSR_FEATURE_CONTROL);
  guint64           feature, address;

  need_mode (cpu, op);
  if ((cpu->cr4 & MOS_CR4_VMXE) == 0)
    mos_fault_ud (cpu, op);
  if (mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
  if (vmx->on) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_VMXON_ROOT);
    return mos_leave (cpu, op);
  }
  feature = cpu->msr[info - mos_msrs];
  if ((feature & (FEATURE_LOCK | FEATURE_VMX)) != (FEATURE_LOCK | FEATURE_VMX))
    mos_fault_gp (cpu, op);
  if ((cpu->cr0 & vmx->caps.msr[MOS_VMX_MSR_CR0_FIXED0]) !=
      vmx->caps.msr[MOS_VMX_MSR_CR0_FIXED0])
    mos_fault_gp (cpu, op);
  if (~__atomic_load_n (&cpu->cpus->a20_mask, __ATOMIC_RELAXED) != 0)
    mos_fault_gp (cpu, op);
  address = pointer_operand (cpu, op);
  if (!mos_vmx_region_valid (cpu, address) ||
      revision_at (cpu, address) != MOS_VMCS_REVISION) {
    mos_vmx_fail_invalid (cpu);
    return mos_leave (cpu, op);
  }
  vmx->on = TRUE;
  vmx->vmxon = address;
  vmx->current = MOS_VMCS_NONE;
  cpu->guest.cr0_must = vmx->caps.msr[MOS_VMX_MSR_CR0_FIXED0];
  cpu->guest.cr4_must = MOS_CR4_VMXE;
  cpu->guest.hold |= MOS_PENDING_INIT;
  mos_worlds_forget (cpu);
  mos_vmx_succeed (cpu);
  return mos_leave (cpu, op);
}

static const MosUop *
vmxoff (MosSoftCpu *cpu, const MosUop *op)
{
  MosVmx *vmx = need_root (cpu, op);

  mos_vmx_store_current (cpu);
  vmx->on = FALSE;
  vmx->current = MOS_VMCS_NONE;
  cpu->guest.cr0_must = 0;
  cpu->guest.cr4_must = 0;
  mos_guest_release (cpu, MOS_PENDING_INIT);
  if (cpu->cpus->observer != NULL)
    cpu->cpus->observer->forgot (cpu->cpus->observer, &cpu->vcpu);
  mos_vmx_succeed (cpu);
  return mos_leave (cpu, op);
}

static const MosUop *
vmclear (MosSoftCpu *cpu, const MosUop *op)
{
  MosVmx *vmx = need_root (cpu, op);
  guint64 address = pointer_operand (cpu, op);
  guint8 *region;

  if (!mos_vmx_region_valid (cpu, address)) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_VMCLEAR_ADDRESS);
    return op + 1;
  }
  if (address == vmx->vmxon) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_VMCLEAR_VMXON);
    return op + 1;
  }
  if (address == vmx->current) {
    vmx->vmcs.launched = 0;
    mos_vmx_store_current (cpu);
    vmx->current = MOS_VMCS_NONE;
  } else {
    region = mos_vmx_ram (cpu, address, MOS_VMCS_BYTES);
    if (region != NULL) {
      ((MosVmcs *) (gpointer) region)->launched = 0;
      mos_vmx_wrote (cpu, address);
    }
  }
  mos_vmx_succeed (cpu);
  return op + 1;
}

static const MosUop *
vmptrld (MosSoftCpu *cpu, const MosUop *op)
{
  MosVmx *vmx = need_root (cpu, op);
  guint64 address = pointer_operand (cpu, op);
  guint8 *region;

  if (!mos_vmx_region_valid (cpu, address)) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_VMPTRLD_ADDRESS);
    return op + 1;
  }
  if (address == vmx->vmxon) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_VMPTRLD_VMXON);
    return op + 1;
  }
  region = mos_vmx_ram (cpu, address, MOS_VMCS_BYTES);
  if (region == NULL || (*(guint32 *) (gpointer) region & ~MOS_VMCS_SHADOW) !=
                            MOS_VMCS_REVISION) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_VMPTRLD_REVISION);
    return op + 1;
  }
  if (address != vmx->current) {
    mos_vmx_store_current (cpu);
    mos_vmcs_load (&vmx->vmcs, region);
    vmx->current = address;
    vmx->written = MOS_VMCS_CHECK_ALL;
  }
  mos_vmx_succeed (cpu);
  return op + 1;
}

static const MosUop *
vmptrst (MosSoftCpu *cpu, const MosUop *op)
{
  MosVmx *vmx = need_root (cpu, op);

  mos_store (cpu, op, mos_ea (cpu, op, 8, TRUE), vmx->current, 8);
  mos_vmx_succeed (cpu);
  return op + 1;
}

/* VMREAD r/m, r: src2 says that the destination is in memory. */
static const MosUop *
vmread (MosSoftCpu *cpu, const MosUop *op)
{
  guint64  encoding = mos_reg_get (cpu, op->src, op->width);
  int      field = mos_vmcs_find (encoding);
  MosVmx  *vmx;
  guint64 *cell, value;

  if (G_UNLIKELY (cpu->guest.active)) {
    need_mode (cpu, op);
    if (mos_cpl (cpu) != 0)
      mos_fault_gp (cpu, op);
    vmx = mos_vmx (cpu);
    cell = field < 0 ? NULL : mos_vmx_shadow_field (cpu, field);
    if (mos_vmx_field (cpu, MOS_VMCS_LINK_POINTER) == MOS_VMCS_NONE) {
      mos_vmx_fail_invalid (cpu);
      return op + 1;
    }
  } else {
    vmx = need_root (cpu, op);
    if (G_UNLIKELY (vmx->current == MOS_VMCS_NONE)) {
      mos_vmx_fail_invalid (cpu);
      return op + 1;
    }
    cell = field < 0 ? NULL : &vmx->vmcs.field[field];
  }
  if (G_UNLIKELY (cell == NULL || !vmx->has[field])) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_FIELD);
    return op + 1;
  }
  value = *cell;
  if (G_UNLIKELY (cpu->guest.active))
    value &= mos_vmcs_mask ((MosVmcsField) field);
  if ((encoding & 1) != 0)
    value >>= 32;
  if (op->src2)
    mos_store (cpu, op, mos_ea (cpu, op, op->width, TRUE), value, op->width);
  else
    mos_reg_set (cpu, op->dst, op->width, value);
  mos_vmx_succeed (cpu);
  return mos_next (cpu, op);
}

/* VMWRITE r, r/m. */
static const MosUop *
vmwrite (MosSoftCpu *cpu, const MosUop *op)
{
  guint64  encoding = mos_reg_get (cpu, op->dst, op->width);
  int      field = mos_vmcs_find (encoding);
  gboolean guest = cpu->guest.active;
  MosVmx  *vmx;
  guint64 *cell, value;

  if (G_UNLIKELY (guest)) {
    need_mode (cpu, op);
    if (mos_cpl (cpu) != 0)
      mos_fault_gp (cpu, op);
    vmx = mos_vmx (cpu);
  } else {
    vmx = need_root (cpu, op);
  }
  value = op->src2 ? mos_load (cpu, op, mos_ea (cpu, op, op->width, FALSE),
                               op->width)
                   : mos_reg_get (cpu, op->src, op->width);
  if (G_UNLIKELY (guest ? mos_vmx_field (cpu, MOS_VMCS_LINK_POINTER) ==
                              MOS_VMCS_NONE
                        : vmx->current == MOS_VMCS_NONE)) {
    mos_vmx_fail_invalid (cpu);
    return op + 1;
  }
  if (G_UNLIKELY (field < 0 || !vmx->has[field])) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_FIELD);
    return op + 1;
  }
  if (mos_vmcs_type ((MosVmcsField) field) == MOS_VMCS_TYPE_EXIT &&
      !mos_vmx_can (&vmx->caps, MOS_VMX_MISC_VMWRITE_ANY)) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_READ_ONLY);
    return op + 1;
  }
  cell = guest ? mos_vmx_shadow_field (cpu, field) : &vmx->vmcs.field[field];
  if (cell != NULL) {
    if ((encoding & 1) != 0)
      value = (*cell & G_MAXUINT32) | value << 32;
    *cell = value & mos_vmcs_mask ((MosVmcsField) field);
  }
  if (guest)
    mos_vmx_wrote (cpu, mos_vmx_field (cpu, MOS_VMCS_LINK_POINTER));
  else
    vmx->written |= mos_vmcs_fields[field].checks;
  mos_vmx_succeed (cpu);
  return mos_next (cpu, op);
}

/* The slot of @encoding in a VMCS if nothing about it is special, or
 * MOS_VMX_NOT_QUICK. For 64-bit code at privilege level 0 outside guests. */
static inline guint
quick_slot (MosSoftCpu *cpu, guint64 encoding)
{
  const MosVmx *vmx = mos_vmx (cpu);

  if (G_UNLIKELY (cpu->guest.ops != &mos_vmx_ops ||
                  vmx->current == MOS_VMCS_NONE ||
                  (encoding & ~MOS_VMX_QUICK_BITS) != 0))
    return MOS_VMX_NOT_QUICK;
  return vmx->quick[mos_vmx_quick (encoding)];
}

static const MosUop *
vmread_quick (MosSoftCpu *cpu, const MosUop *op)
{
  guint slot = quick_slot (cpu, *mos_r64 (cpu, op->src));

  if (G_UNLIKELY (slot == MOS_VMX_NOT_QUICK))
    return vmread (cpu, op);
  *mos_r64 (cpu, op->dst) = mos_vmx (cpu)->vmcs.field[slot];
  mos_vmx_succeed (cpu);
  return mos_next (cpu, op);
}

static const MosUop *
vmwrite_quick (MosSoftCpu *cpu, const MosUop *op)
{
  static const guint64 masks[] = {
    [MOS_VMCS_WIDTH_16] = G_MAXUINT16,
    [MOS_VMCS_WIDTH_64] = G_MAXUINT64,
    [MOS_VMCS_WIDTH_32] = G_MAXUINT32,
    [MOS_VMCS_WIDTH_NATURAL] = G_MAXUINT64,
  };
  guint64 encoding = *mos_r64 (cpu, op->dst);
  guint   slot = quick_slot (cpu, encoding);
  MosVmx *vmx;

  if (G_UNLIKELY (slot == MOS_VMX_NOT_QUICK ||
                  (encoding >> 10 & 3) == MOS_VMCS_TYPE_EXIT))
    return vmwrite (cpu, op);
  vmx = mos_vmx (cpu);
  vmx->vmcs.field[slot] = *mos_r64 (cpu, op->src) & masks[encoding >> 13];
  vmx->written |= mos_vmcs_fields[slot].checks;
  mos_vmx_succeed (cpu);
  return mos_next (cpu, op);
}

static const MosUop *
vmentry (MosSoftCpu *cpu, const MosUop *op)
{
  need_root (cpu, op);
  /* RIP behind it is where a failure goes on, and an exit does not care. */
  if (mos_op_before (op) == 0 && (mos_vmx_shadow (cpu) & 1) != 0 &&
      mos_vmx (cpu)->current != MOS_VMCS_NONE) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_BLOCKED);
    return mos_leave (cpu, op);
  }
  mos_leave (cpu, op);
  mos_vmx_entry (cpu, op->aux != 0);
  return NULL;
}

static const MosUop *
vmcall (MosSoftCpu *cpu, const MosUop *op)
{
  need_root (cpu, op);
  mos_vmx_fail (cpu, MOS_VMX_ERROR_VMCALL_ROOT);
  return op + 1;
}

static void
load_descriptor (MosSoftCpu *cpu, const MosUop *op, guint64 words[2])
{
  mos_load_bytes (cpu, op, mos_ea (cpu, op, 16, FALSE), words, 16);
}

static const MosUop *
invept (MosSoftCpu *cpu, const MosUop *op)
{
  MosVmx *vmx = need_root (cpu, op);
  guint64 type = mos_reg_get (cpu, op->dst, op->width);
  guint64 words[2] = { 0, 0 };

  if (type == 1 || type == 2)
    load_descriptor (cpu, op, words);
  if (type < 1 || type > 2 ||
      (type == 1 && !mos_vmx_eptp_valid (&vmx->caps, words[0]))) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_INV_OPERAND);
    return mos_leave (cpu, op);
  }
  if (type == 1)
    mos_worlds_forget_root (cpu, words[0] & MOS_PTE_FRAME_MASK);
  else
    mos_worlds_forget (cpu);
  mos_vmx_succeed (cpu);
  return mos_leave (cpu, op);
}

static const MosUop *
invvpid (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 type = mos_reg_get (cpu, op->dst, op->width);
  guint64 words[2] = { 0, 0 };

  need_root (cpu, op);
  if (type <= 3)
    load_descriptor (cpu, op, words);
  if (type > 3 || (words[0] >> 16) != 0 || (type != 2 && words[0] == 0) ||
      (type == 0 && !mos_is_canonical (words[1]))) {
    mos_vmx_fail (cpu, MOS_VMX_ERROR_INV_OPERAND);
    return mos_leave (cpu, op);
  }
  if (type == 2)
    mos_worlds_forget (cpu);
  else
    mos_world_forget (cpu, (guint32) words[0]);
  mos_vmx_succeed (cpu);
  return mos_leave (cpu, op);
}

/* Operands of their own size: 64 bits in 64-bit mode, 32 else. */
static gboolean
lower_field (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;

  op->width = (l->key & MOS_KEY_CS64) != 0 ? 8 : 4;
  op->fn = insn->fn;
  op->src2 = l->memory != NULL;
  if (mos_lower_is_reg (l, 0))
    op->dst = mos_lower_gpr (l->operands[0].reg.value);
  if (mos_lower_is_reg (l, 1))
    op->src = mos_lower_gpr (l->operands[1].reg.value);
  return TRUE;
}

/* Most are by hypervisors of 64 bits, with registers. */
static gboolean
lower_quick (MosLower *l, const MosSoftInsn *insn)
{
  lower_field (l, insn);
  if (l->memory == NULL &&
      (l->key & (MOS_KEY_CS64 | MOS_KEY_CPL | MOS_KEY_GUEST)) == MOS_KEY_CS64)
    l->op->fn = insn->arg != 0 ? vmwrite_quick : vmread_quick;
  return TRUE;
}

static gboolean
lower_invalidate (MosLower *l, const MosSoftInsn *insn)
{
  lower_field (l, insn);
  l->ends_block = TRUE;
  return TRUE;
}

/* clang-format off */
const MosSoftInsn mos_insns_vmx[] = {
  { ZYDIS_MNEMONIC_VMXON, mos_lower_last, vmxon, 0 },
  { ZYDIS_MNEMONIC_VMXOFF, mos_lower_last, vmxoff, 0 },
  { ZYDIS_MNEMONIC_VMCLEAR, mos_lower_simple, vmclear, 0 },
  { ZYDIS_MNEMONIC_VMPTRLD, mos_lower_simple, vmptrld, 0 },
  { ZYDIS_MNEMONIC_VMPTRST, mos_lower_simple, vmptrst, 0 },
  { ZYDIS_MNEMONIC_VMREAD, lower_quick, vmread, 0 },
  { ZYDIS_MNEMONIC_VMWRITE, lower_quick, vmwrite, 1 },
  { ZYDIS_MNEMONIC_VMLAUNCH, mos_lower_last, vmentry, 1 },
  { ZYDIS_MNEMONIC_VMRESUME, mos_lower_last, vmentry, 0 },
  { ZYDIS_MNEMONIC_VMCALL, mos_lower_simple, vmcall, 0 },
  { ZYDIS_MNEMONIC_INVEPT, lower_invalidate, invept, 0 },
  { ZYDIS_MNEMONIC_INVVPID, lower_invalidate, invvpid, 0 },
  { 0 }
};
/* clang-format on */
