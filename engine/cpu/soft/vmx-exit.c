/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * VM exits: the guest's state is saved, the hypervisor's loaded.
 *
 * Intel SDM volume 3, "VM Exits": "Recording VM-Exit Information and Updating
 * VM-entry Control Fields", "Saving Guest State", "Saving MSRs", "Loading Host
 * State", "Loading MSRs", "VMX Aborts".
 */
#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/vmx-private.h"

#define CR0_KEPT (MOS_CR0_ET | MOS_CR0_NW | MOS_CR0_CD)

/* Why an exit failed. */
enum {
  ABORT_SAVE_MSR = 1,
  ABORT_PDPTES = 2,
  ABORT_LOAD_MSR = 4
};

static guint64
access_rights (const MosSegment *seg)
{
  guint64 access = seg->type | (guint64) seg->s << 4 | (guint64) seg->dpl << 5 |
                   (guint64) seg->present << 7 | (guint64) seg->avl << 12 |
                   (guint64) seg->l << 13 | (guint64) seg->db << 14 |
                   (guint64) seg->g << 15;

  return seg->unusable ? access | 1u << 16 : access;
}

static void
save_segments (const MosSoftCpu *cpu, MosVmcs *vmcs)
{
  for (guint i = MOS_SEG_ES; i <= MOS_SEG_TR; i++) {
    const MosSegment *seg = &cpu->seg[i];

    vmcs->field[MOS_VMCS_GUEST_ES_SELECTOR + i] = seg->selector;
    vmcs->field[MOS_VMCS_GUEST_ES_BASE + i] = seg->base;
    vmcs->field[MOS_VMCS_GUEST_ES_LIMIT + i] = seg->limit;
    vmcs->field[MOS_VMCS_GUEST_ES_ACCESS + i] = access_rights (seg);
  }
  vmcs->field[MOS_VMCS_GUEST_GDTR_BASE] = cpu->gdt.base;
  vmcs->field[MOS_VMCS_GUEST_GDTR_LIMIT] = cpu->gdt.limit;
  vmcs->field[MOS_VMCS_GUEST_IDTR_BASE] = cpu->idt.base;
  vmcs->field[MOS_VMCS_GUEST_IDTR_LIMIT] = cpu->idt.limit;
}

static void
save_registers (MosSoftCpu *cpu, MosVmcs *vmcs)
{
  const MosVmx *vmx = mos_vmx (cpu);
  guint64       wide = mos_vmx_control_mask (MOS_VMX_GUEST_64);

  vmcs->field[MOS_VMCS_GUEST_CR0] = cpu->cr0;
  vmcs->field[MOS_VMCS_GUEST_CR3] = cpu->cr3;
  vmcs->field[MOS_VMCS_GUEST_CR4] = cpu->cr4;
  if (mos_vmcs_on (vmcs, MOS_VMX_SAVE_DEBUG)) {
    vmcs->field[MOS_VMCS_GUEST_DR7] = cpu->dr7;
    vmcs->field[MOS_VMCS_GUEST_DEBUGCTL] = cpu->msr[vmx->debugctl_row];
  }
  if (mos_vmcs_on (vmcs, MOS_VMX_SAVE_PAT))
    vmcs->field[MOS_VMCS_GUEST_PAT] = cpu->msr[vmx->pat_row];
  if (mos_vmcs_on (vmcs, MOS_VMX_SAVE_EFER))
    vmcs->field[MOS_VMCS_GUEST_EFER] = cpu->efer;
  vmcs->field[MOS_VMCS_ENTRY_CONTROLS] &= ~wide;
  if (mos_long_mode (cpu))
    vmcs->field[MOS_VMCS_ENTRY_CONTROLS] |= wide;
  vmcs->field[MOS_VMCS_GUEST_SYSENTER_CS] = (guint32) cpu->sysenter_cs;
  vmcs->field[MOS_VMCS_GUEST_SYSENTER_ESP] = cpu->sysenter_esp;
  vmcs->field[MOS_VMCS_GUEST_SYSENTER_EIP] = cpu->sysenter_eip;
  vmcs->field[MOS_VMCS_GUEST_RSP] = cpu->gpr[MOS_RSP];
  vmcs->field[MOS_VMCS_GUEST_RIP] = cpu->gpr[MOS_SLOT_RIP];
  vmcs->field[MOS_VMCS_GUEST_RFLAGS] = mos_flags_get (cpu);
  if (mos_vmcs_on (vmcs, MOS_VMX_EPT))
    for (guint i = 0; i < 4; i++)
      vmcs->field[MOS_VMCS_GUEST_PDPTE0 + i] = cpu->pdptr[i];
}

static void
save_blocking (MosSoftCpu *cpu, MosVmcs *vmcs)
{
  guint   shadow = mos_vmx_shadow (cpu);
  guint64 blocking = 0;
  guint64 pending = cpu->watch_hits & 0xf;

  if ((shadow & 1) != 0)
    blocking |= MOS_VMX_BLOCK_MOV_SS;
  else if ((shadow & 2) != 0)
    blocking |= MOS_VMX_BLOCK_STI;
  if (cpu->nmi_masked)
    blocking |= MOS_VMX_BLOCK_NMI;
  vmcs->field[MOS_VMCS_GUEST_INTERRUPTIBILITY] = blocking;
  vmcs->field[MOS_VMCS_GUEST_ACTIVITY] = cpu->halted ? 1 : 0;
  /* A step held up by blocking, or one that was about to be told. */
  if (pending != 0)
    pending |= 1u << 12; /* a breakpoint is enabled */
  if ((cpu->watch_hits & MOS_DR6_BS) != 0 ||
      (((blocking & 3) != 0 || cpu->halted) &&
       (cpu->rflags & MOS_RFLAGS_TF) != 0))
    pending |= MOS_DR6_BS;
  vmcs->field[MOS_VMCS_GUEST_PENDING_DEBUG] = pending;
}

/* FALSE: an entry may not be stored. */
static gboolean
store_msrs (MosSoftCpu *cpu, const MosVmcs *vmcs)
{
  guint64 at = vmcs->field[MOS_VMCS_EXIT_MSR_STORE];
  guint64 n = vmcs->field[MOS_VMCS_EXIT_MSR_STORE_COUNT];

  if (n > MOS_VMX_MAX_MSRS)
    return FALSE;
  for (; n > 0; n--, at += 16) {
    guint64 which = mos_vmx_read (cpu, at, 8);
    guint64 value;
    guint8 *host;

    if (!mos_vmx_msr_storable ((guint32) which, which >> 32) ||
        !mos_msr_read (cpu, (guint32) which, &value))
      return FALSE;
    host = mos_vmx_ram (cpu, at + 8, 8);
    if (host != NULL) {
      *(guint64 *) (gpointer) host = value;
      mos_vmx_wrote (cpu, at + 8);
    }
  }
  return TRUE;
}

static gboolean
load_msrs (MosSoftCpu *cpu, const MosVmcs *vmcs)
{
  guint64 at = vmcs->field[MOS_VMCS_EXIT_MSR_LOAD];
  guint64 n = vmcs->field[MOS_VMCS_EXIT_MSR_LOAD_COUNT];

  if (n > MOS_VMX_MAX_MSRS)
    return FALSE;
  for (; n > 0; n--, at += 16) {
    guint64 which = mos_vmx_read (cpu, at, 8);

    if (!mos_vmx_msr_loadable ((guint32) which, which >> 32) ||
        !mos_msr_write (cpu, (guint32) which, mos_vmx_read (cpu, at + 8, 8)))
      return FALSE;
  }
  return TRUE;
}

static void
load_host_segment (MosSoftCpu    *cpu,
                   const MosVmcs *vmcs,
                   guint          seg,
                   MosVmcsField   selector,
                   gboolean       wide)
{
  gboolean code = seg == MOS_SEG_CS;
  guint16  value = (guint16) vmcs->field[selector];

  cpu->seg[seg] = (MosSegment){ .selector = value,
                                .limit = G_MAXUINT32,
                                .type = code ? 11 : 3,
                                .s = 1,
                                .present = 1,
                                .l = code && wide,
                                .db = !(code && wide),
                                .g = 1,
                                .unusable = !code && value == 0 };
}

static void
load_host_segments (MosSoftCpu *cpu, const MosVmcs *vmcs, gboolean wide)
{
  for (guint i = MOS_SEG_ES; i <= MOS_SEG_GS; i++)
    load_host_segment (cpu, vmcs, i,
                       (MosVmcsField) (MOS_VMCS_HOST_ES_SELECTOR + i), wide);
  cpu->seg[MOS_SEG_FS].base = vmcs->field[MOS_VMCS_HOST_FS_BASE];
  cpu->seg[MOS_SEG_GS].base = vmcs->field[MOS_VMCS_HOST_GS_BASE];
  cpu->seg[MOS_SEG_LDTR] = (MosSegment){ .unusable = 1 };
  cpu->seg[MOS_SEG_TR] =
      (MosSegment){ .base = vmcs->field[MOS_VMCS_HOST_TR_BASE],
                    .limit = 0x67,
                    .selector =
                        (guint16) vmcs->field[MOS_VMCS_HOST_TR_SELECTOR],
                    .type = MOS_DESC_TSS_BUSY,
                    .present = 1 };
  cpu->gdt.base = vmcs->field[MOS_VMCS_HOST_GDTR_BASE];
  cpu->gdt.limit = 0xffff;
  cpu->idt.base = vmcs->field[MOS_VMCS_HOST_IDTR_BASE];
  cpu->idt.limit = 0xffff;
}

static void
load_host_registers (MosSoftCpu *cpu, const MosVmcs *vmcs, gboolean wide)
{
  MosVmx *vmx = mos_vmx (cpu);

  if (mos_vmcs_on (vmcs, MOS_VMX_EXIT_EFER))
    cpu->efer = vmcs->field[MOS_VMCS_HOST_EFER];
  else if (wide)
    cpu->efer |= MOS_EFER_LMA | MOS_EFER_LME;
  else
    cpu->efer &= ~(MOS_EFER_LMA | MOS_EFER_LME);
  cpu->cr0 = (cpu->cr0 & CR0_KEPT) |
             (vmcs->field[MOS_VMCS_HOST_CR0] & G_MAXUINT32 & ~CR0_KEPT);
  cpu->cr3 = vmcs->field[MOS_VMCS_HOST_CR3];
  cpu->cr4 = vmcs->field[MOS_VMCS_HOST_CR4];
  if (wide)
    cpu->cr4 |= MOS_CR4_PAE;
  else
    cpu->cr4 &= ~MOS_CR4_PCIDE;
  cpu->dr7 = MOS_DR7_RESET;
  cpu->msr[vmx->debugctl_row] = 0;
  if (mos_vmcs_on (vmcs, MOS_VMX_EXIT_PAT))
    cpu->msr[vmx->pat_row] = vmcs->field[MOS_VMCS_HOST_PAT];
  cpu->sysenter_cs = vmcs->field[MOS_VMCS_HOST_SYSENTER_CS];
  cpu->sysenter_esp = vmcs->field[MOS_VMCS_HOST_SYSENTER_ESP];
  cpu->sysenter_eip = vmcs->field[MOS_VMCS_HOST_SYSENTER_EIP];
  cpu->gpr[MOS_RSP] = vmcs->field[MOS_VMCS_HOST_RSP];
  cpu->gpr[MOS_SLOT_RIP] = vmcs->field[MOS_VMCS_HOST_RIP];
  mos_flags_set_status (cpu, 0);
  cpu->rflags = 0;
  cpu->shadow = 0;
  cpu->guest.shadow = 0;
  cpu->halted = FALSE;
  cpu->watch_hits = 0;
}

/* An exit that cannot be done ends the processor's work: only RESET helps. */
static void
vmx_abort (MosSoftCpu *cpu, guint32 why)
{
  MosVmx *vmx = mos_vmx (cpu);

  vmx->aborted = TRUE;
  vmx->vmcs.abort = why;
  mos_vmx_store_current (cpu);
  cpu->shutdown = TRUE;
}

static void
load_host (MosSoftCpu *cpu)
{
  MosVmx        *vmx = mos_vmx (cpu);
  const MosVmcs *vmcs = &vmx->vmcs;
  gboolean       wide = mos_vmcs_on (vmcs, MOS_VMX_HOST_64);

  load_host_registers (cpu, vmcs, wide);
  load_host_segments (cpu, vmcs, wide);
  cpu->guest.cr0_must = vmx->caps.msr[MOS_VMX_MSR_CR0_FIXED0];
  cpu->guest.hold |= MOS_PENDING_INIT;
  mos_mode_update (cpu);
  mos_world_leave (cpu);
  if (!mos_vmcs_on (vmcs, MOS_VMX_VPID))
    mos_mmu_switch (cpu);
  if (!wide && (cpu->cr4 & MOS_CR4_PAE) != 0 &&
      !mos_mmu_load_pdptrs (cpu, cpu->cr3))
    vmx_abort (cpu, ABORT_PDPTES);
  if (G_UNLIKELY (vmcs->field[MOS_VMCS_EXIT_MSR_LOAD_COUNT] != 0) &&
      !load_msrs (cpu, vmcs))
    vmx_abort (cpu, ABORT_LOAD_MSR);
  __atomic_and_fetch (&cpu->pending, ~(guint) MOS_PENDING_GUEST,
                      __ATOMIC_SEQ_CST);
  /* What was held off in the guest may be taken now. */
  __atomic_or_fetch (&cpu->pending,
                     MOS_PENDING_INTERRUPT |
                         (cpu->nmi_latched != 0 ? MOS_PENDING_NMI : 0),
                     __ATOMIC_RELAXED);
}

/* The exit reason in the words of both vendors. */
static MosExitReason
reason_of (const MosVmcs *vmcs, MosVmxExit reason, guint64 qualification)
{
  switch (reason) {
  case MOS_VMX_EXIT_IO:
    return (qualification & 8) != 0 ? MOS_EXIT_PORT_IN : MOS_EXIT_PORT_OUT;
  case MOS_VMX_EXIT_CR_ACCESS:
    return ((qualification >> 4) & 3) == 1 ? MOS_EXIT_CR_READ
                                           : MOS_EXIT_CR_WRITE;
  case MOS_VMX_EXIT_EXCEPTION:
    return ((vmcs->field[MOS_VMCS_EXIT_EVENT] >> 8) & 7) == MOS_VMX_EVENT_NMI
               ? MOS_EXIT_NMI
               : MOS_EXIT_EXCEPTION;
  case MOS_VMX_EXIT_APIC_ACCESS:
    return ((qualification >> 12) & 0xf) == 1 ? MOS_EXIT_MMIO_WRITE
                                              : MOS_EXIT_MMIO_READ;
  default:
    return mos_vmx_exits[reason].reason;
  }
}

static void
record (MosSoftCpu *cpu, MosVmcs *vmcs, guint32 reason, guint64 qualification)
{
  const MosDelivery *event = &cpu->delivery;

  vmcs->field[MOS_VMCS_EXIT_REASON] = reason;
  vmcs->field[MOS_VMCS_QUALIFICATION] = qualification;
  if ((reason & MOS_VMX_EXIT_FAILED) != 0)
    return;
  vmcs->field[MOS_VMCS_ENTRY_EVENT] &= ~(guint64) MOS_VMX_EVENT_VALID;
  vmcs->field[MOS_VMCS_VECTORING_EVENT] = 0;
  if (G_LIKELY (event->kind == MOS_DELIVERY_NONE))
    return;
  vmcs->field[MOS_VMCS_VECTORING_EVENT] = mos_vmx_event_info (event);
  vmcs->field[MOS_VMCS_VECTORING_ERROR] = event->error;
  if (event->len != 0)
    vmcs->field[MOS_VMCS_EXIT_LENGTH] = event->len;
}

static void
tell (MosSoftCpu *cpu, guint32 reason, guint64 qualification, guint64 rip)
{
  const MosVmcs *vmcs = &mos_vmx (cpu)->vmcs;
  MosNestedExit  exit = {
     .reason = reason_of (vmcs, (MosVmxExit) (reason & 0xffff), qualification),
     .code = reason & 0xffff,
     .info1 = qualification,
     .info2 = vmcs->field[MOS_VMCS_GUEST_PHYSICAL],
     .rip = rip,
     .operand = mos_vmx (cpu)->operand,
     .failed = (reason & MOS_VMX_EXIT_FAILED) != 0,
     .instructions = mos_cpu_retired (cpu)
  };

  mos_vmx (cpu)->operand = 0;
  mos_guest_left (cpu, &exit);
}

void
mos_vmx_exit (MosSoftCpu *cpu, MosVmxExit reason, guint64 qualification)
{
  MosVmx  *vmx = mos_vmx (cpu);
  MosVmcs *vmcs = &vmx->vmcs;
  guint64  rip = cpu->gpr[MOS_SLOT_RIP];
  gboolean failed = FALSE;

  record (cpu, vmcs, reason, qualification);
  if (G_UNLIKELY (mos_vmcs_on (vmcs, MOS_VMX_PREEMPTION))) {
    if (mos_vmcs_on (vmcs, MOS_VMX_SAVE_TIMER))
      vmcs->field[MOS_VMCS_PREEMPTION_TIMER] = mos_vmx_timer_left (cpu);
    mos_vmx_stop_timer (cpu);
  }
  save_registers (cpu, vmcs);
  save_segments (cpu, vmcs);
  save_blocking (cpu, vmcs);
  if (G_UNLIKELY (vmcs->field[MOS_VMCS_EXIT_MSR_STORE_COUNT] != 0))
    failed = !store_msrs (cpu, vmcs);
  mos_world_put_away (cpu);
  tell (cpu, reason, qualification, rip);
  load_host (cpu);
  if (failed)
    vmx_abort (cpu, ABORT_SAVE_MSR);
}

void
mos_vmx_exit_op (MosSoftCpu   *cpu,
                 const MosUop *op,
                 MosVmxExit    reason,
                 guint64       qualification)
{
  mos_vmx (cpu)->vmcs.field[MOS_VMCS_EXIT_LENGTH] = op->len;
  mos_vmx_exit (cpu, reason, qualification);
}

void
mos_vmx_entry_failed (MosSoftCpu           *cpu,
                      MosVmxExit            reason,
                      guint64               qualification,
                      const MosNestedEntry *entry)
{
  MosVmcs      *vmcs = &mos_vmx (cpu)->vmcs;
  MosNestedExit exit = { .reason = MOS_EXIT_ENTRY_FAILED,
                         .code = reason,
                         .info1 = qualification,
                         .rip = vmcs->field[MOS_VMCS_GUEST_RIP],
                         .failed = TRUE,
                         .instructions = entry->instructions };

  record (cpu, vmcs, reason | MOS_VMX_EXIT_FAILED, qualification);
  if (reason == MOS_VMX_EXIT_BAD_GUEST)
    mos_world_put_away (cpu);
  mos_guest_disarm (cpu);
  mos_guest_refused (cpu, entry, &exit);
  load_host (cpu);
}
