/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * VM entries: from the checks to the guest's first instruction.
 *
 * Checks look only at what was written since they last held. The state they
 * allow is loaded as it is; an event is injected at the end, through the
 * guest's own IDT, and may fault there like any other.
 *
 * Intel SDM volume 3, "VM Entries".
 */
#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/run.h"
#include "engine/cpu/soft/vmx-private.h"
#include "engine/cpu/x86/msr.h"

/* The bits of CR0 that entries and exits leave alone. */
#define CR0_KEPT (MOS_CR0_ET | MOS_CR0_NW | MOS_CR0_CD)

#define ACTIVITY_HALTED 1

void
mos_vmx_load_segment (MosSegment *seg, const MosVmcs *vmcs, MosSegIndex index)
{
  guint64 access = vmcs->field[MOS_VMCS_GUEST_ES_ACCESS + index];

  *seg = (MosSegment){
    .base = vmcs->field[MOS_VMCS_GUEST_ES_BASE + index],
    .limit = (guint32) vmcs->field[MOS_VMCS_GUEST_ES_LIMIT + index],
    .selector = (guint16) vmcs->field[MOS_VMCS_GUEST_ES_SELECTOR + index],
    .type = access & 0xf,
    .s = (access >> 4) & 1,
    .dpl = (access >> 5) & 3,
    .present = (access >> 7) & 1,
    .avl = (access >> 12) & 1,
    .l = (access >> 13) & 1,
    .db = (access >> 14) & 1,
    .g = (access >> 15) & 1,
    .unusable = (access >> 16) & 1,
  };
}

static void
load_segments (MosSoftCpu *cpu, const MosVmcs *vmcs)
{
  for (guint i = MOS_SEG_ES; i <= MOS_SEG_TR; i++)
    mos_vmx_load_segment (&cpu->seg[i], vmcs, (MosSegIndex) i);
  /* CS and TR are always usable, whatever is said of them. */
  cpu->seg[MOS_SEG_CS].unusable = 0;
  cpu->gdt.base = vmcs->field[MOS_VMCS_GUEST_GDTR_BASE];
  cpu->gdt.limit = (guint16) vmcs->field[MOS_VMCS_GUEST_GDTR_LIMIT];
  cpu->idt.base = vmcs->field[MOS_VMCS_GUEST_IDTR_BASE];
  cpu->idt.limit = (guint16) vmcs->field[MOS_VMCS_GUEST_IDTR_LIMIT];
}

static guint64
guest_efer (MosSoftCpu *cpu, const MosVmcs *vmcs)
{
  gboolean wide = mos_vmcs_on (vmcs, MOS_VMX_GUEST_64);
  guint64  efer = cpu->efer & ~MOS_EFER_LMA;

  if (mos_vmcs_on (vmcs, MOS_VMX_LOAD_EFER))
    return vmcs->field[MOS_VMCS_GUEST_EFER];
  if ((vmcs->field[MOS_VMCS_GUEST_CR0] & MOS_CR0_PG) != 0)
    efer &= ~MOS_EFER_LME;
  return wide ? efer | MOS_EFER_LMA | MOS_EFER_LME : efer;
}

static void
load_registers (MosSoftCpu *cpu, const MosVmcs *vmcs)
{
  MosVmx *vmx = mos_vmx (cpu);

  cpu->efer = guest_efer (cpu, vmcs);
  cpu->cr0 = (cpu->cr0 & CR0_KEPT) |
             (vmcs->field[MOS_VMCS_GUEST_CR0] & G_MAXUINT32 & ~CR0_KEPT);
  cpu->cr3 = vmcs->field[MOS_VMCS_GUEST_CR3];
  cpu->cr4 = vmcs->field[MOS_VMCS_GUEST_CR4];
  if (mos_vmcs_on (vmcs, MOS_VMX_LOAD_DEBUG)) {
    cpu->dr7 = (vmcs->field[MOS_VMCS_GUEST_DR7] & 0xffff2bff) | MOS_DR7_RESET;
    cpu->msr[vmx->debugctl_row] = vmcs->field[MOS_VMCS_GUEST_DEBUGCTL];
  }
  if (mos_vmcs_on (vmcs, MOS_VMX_LOAD_PAT))
    cpu->msr[vmx->pat_row] = vmcs->field[MOS_VMCS_GUEST_PAT];
  cpu->sysenter_cs = vmcs->field[MOS_VMCS_GUEST_SYSENTER_CS];
  cpu->sysenter_esp = vmcs->field[MOS_VMCS_GUEST_SYSENTER_ESP];
  cpu->sysenter_eip = vmcs->field[MOS_VMCS_GUEST_SYSENTER_EIP];
  cpu->gpr[MOS_RSP] = vmcs->field[MOS_VMCS_GUEST_RSP];
  cpu->gpr[MOS_SLOT_RIP] = vmcs->field[MOS_VMCS_GUEST_RIP];
  mos_flags_set_status (cpu, vmcs->field[MOS_VMCS_GUEST_RFLAGS]);
  cpu->rflags = vmcs->field[MOS_VMCS_GUEST_RFLAGS] & MOS_RFLAGS_DEFINED &
                ~MOS_RFLAGS_ARITHMETIC & ~MOS_RFLAGS_ONE;
}

static void
load_blocking (MosSoftCpu *cpu, const MosVmcs *vmcs)
{
  guint64 blocking = vmcs->field[MOS_VMCS_GUEST_INTERRUPTIBILITY];

  cpu->shadow = 0;
  if ((blocking & MOS_VMX_BLOCK_MOV_SS) != 0)
    cpu->shadow |= 1;
  if ((blocking & MOS_VMX_BLOCK_STI) != 0)
    cpu->shadow |= 2;
  /* Of the guest's NMIs, if they are virtual; of all of them else. */
  cpu->nmi_masked = (blocking & MOS_VMX_BLOCK_NMI) != 0;
  cpu->halted = vmcs->field[MOS_VMCS_GUEST_ACTIVITY] == ACTIVITY_HALTED;
}

/* What the checks look at outside the VMCS. */
static void
look_around (MosSoftCpu *cpu, MosVmxCheckInput *in)
{
  MosVmx        *vmx = mos_vmx (cpu);
  const MosVmcs *vmcs = &vmx->vmcs;
  guint64        link = vmcs->field[MOS_VMCS_LINK_POINTER];

  *in = (MosVmxCheckInput){ .vmcs = vmcs,
                            .caps = &vmx->caps,
                            .address = vmx->current,
                            .long_mode = mos_long_mode (cpu) };
  if (mos_vmcs_on (vmcs, MOS_VMX_TPR_SHADOW))
    in->vtpr = mos_vmx_get_vtpr (cpu);
  if (link != MOS_VMCS_NONE && mos_vmx_region_valid (cpu, link))
    in->link_revision = (guint32) mos_vmx_read (cpu, link, 4);
  if (mos_vmx_guest_uses_pae (vmcs) && !mos_vmcs_on (vmcs, MOS_VMX_EPT))
    for (guint i = 0; i < 4; i++)
      in->pdpte[i] = mos_vmx_read (
          cpu, (vmcs->field[MOS_VMCS_GUEST_CR3] & 0xffffffe0) + 8 * i, 8);
}

static void
load_pdptes (MosSoftCpu *cpu, const MosVmxCheckInput *in)
{
  if (!mos_vmx_guest_uses_pae (in->vmcs))
    return;
  for (guint i = 0; i < 4; i++)
    cpu->pdptr[i] = mos_vmcs_on (in->vmcs, MOS_VMX_EPT)
                        ? in->vmcs->field[MOS_VMCS_GUEST_PDPTE0 + i]
                        : in->pdpte[i];
}

/* The MSR-load area; 0, or the number of the entry that could not be loaded,
 * from 1 on. */
static guint32
load_msrs (MosSoftCpu *cpu, const MosVmcs *vmcs)
{
  guint64 at = vmcs->field[MOS_VMCS_ENTRY_MSR_LOAD];
  guint32 n = (guint32) vmcs->field[MOS_VMCS_ENTRY_MSR_LOAD_COUNT];

  for (guint32 i = 0; i < MIN (n, MOS_VMX_MAX_MSRS); i++, at += 16) {
    guint64 which = mos_vmx_read (cpu, at, 8);
    guint64 value = mos_vmx_read (cpu, at + 8, 8);

    if (!mos_vmx_msr_loadable ((guint32) which, which >> 32) ||
        !mos_msr_write (cpu, (guint32) which, value))
      return i + 1;
  }
  return n > MOS_VMX_MAX_MSRS ? MOS_VMX_MAX_MSRS + 1 : 0;
}

/* Debug traps that the guest had coming; injecting most events drops them. */
static void
load_pending_debug (MosSoftCpu *cpu, const MosVmcs *vmcs)
{
  guint64 event = vmcs->field[MOS_VMCS_ENTRY_EVENT];
  guint64 hits = vmcs->field[MOS_VMCS_GUEST_PENDING_DEBUG] & 0x400f;
  guint   type = (event >> 8) & 7;

  cpu->watch_hits = 0;
  if ((event & MOS_VMX_EVENT_VALID) != 0 && type != MOS_VMX_EVENT_SOFTWARE &&
      type != MOS_VMX_EVENT_SOFTWARE_EXCEPTION)
    return;
  cpu->watch_hits = hits;
  if (hits != 0 && (cpu->shadow & 1) == 0)
    __atomic_or_fetch (&cpu->pending, MOS_PENDING_TRAP, __ATOMIC_RELAXED);
}

static void
inject (MosSoftCpu *cpu, const MosVmcs *vmcs)
{
  static const MosDeliveryKind kinds[8] = {
    [MOS_VMX_EVENT_EXTERNAL] = MOS_DELIVERY_INTERRUPT,
    [MOS_VMX_EVENT_NMI] = MOS_DELIVERY_NMI,
    [MOS_VMX_EVENT_HARDWARE] = MOS_DELIVERY_EXCEPTION,
    [MOS_VMX_EVENT_SOFTWARE] = MOS_DELIVERY_SOFTWARE,
    [MOS_VMX_EVENT_PRIVILEGED] = MOS_DELIVERY_INT1,
    [MOS_VMX_EVENT_SOFTWARE_EXCEPTION] = MOS_DELIVERY_SOFTWARE_EXCEPTION,
  };
  guint64     info = vmcs->field[MOS_VMCS_ENTRY_EVENT];
  MosDelivery event = { .kind = kinds[(info >> 8) & 7],
                        .vector = info & 0xff,
                        .has_error = (info & MOS_VMX_EVENT_ERROR) != 0 };
  guint64     next = cpu->gpr[MOS_SLOT_RIP];

  if (event.kind == MOS_DELIVERY_NONE) { /* a pending monitor trap */
    cpu->guest.stepped = TRUE;
    __atomic_or_fetch (&cpu->pending, MOS_PENDING_GUEST, __ATOMIC_RELAXED);
    return;
  }
  if (event.has_error)
    event.error = (guint32) vmcs->field[MOS_VMCS_ENTRY_ERROR];
  if (((info >> 8) & 7) >= MOS_VMX_EVENT_SOFTWARE) {
    event.len = vmcs->field[MOS_VMCS_ENTRY_LENGTH] & 0xf;
    next += event.len;
    if ((cpu->key & MOS_KEY_CS64) == 0)
      next = (guint32) next;
  }
  if (event.kind == MOS_DELIVERY_NMI)
    cpu->nmi_masked = TRUE;
  mos_guest_inject (cpu, &event, next);
}

void
mos_vmx_describe (MosSoftCpu *cpu, MosNestedEntry *entry)
{
  MosVmx        *vmx = mos_vmx (cpu);
  const MosVmcs *vmcs = &vmx->vmcs;
  gboolean       ept = mos_vmcs_on (vmcs, MOS_VMX_EPT);

  *entry = (MosNestedEntry){
    .vendor = MOS_VENDOR_INTEL,
    .block = vmx->current,
    .nested_paging = ept,
    .root = ept ? vmcs->field[MOS_VMCS_EPTP] & MOS_PTE_FRAME_MASK : 0,
    .space = mos_vmcs_on (vmcs, MOS_VMX_VPID)
                 ? (guint32) vmcs->field[MOS_VMCS_VPID]
                 : 0,
    .rip = vmcs->field[MOS_VMCS_GUEST_RIP],
    .cr3 = vmcs->field[MOS_VMCS_GUEST_CR3],
    .host_cr3 = vmcs->field[MOS_VMCS_HOST_CR3],
    .instructions = mos_cpu_retired (cpu)
  };
}

void
mos_vmx_arm (MosSoftCpu *cpu)
{
  MosVmx        *vmx = mos_vmx (cpu);
  const MosVmcs *vmcs = &vmx->vmcs;
  MosGuest      *guest = &cpu->guest;
  gboolean       ept = mos_vmcs_on (vmcs, MOS_VMX_EPT);

  if ((vmx->written & MOS_VMCS_CHECK_CONTROLS) != 0)
    mos_vmx_set_intercepts (cpu);
  vmx->written = 0;
  guest->exceptions = (guint32) vmcs->field[MOS_VMCS_EXCEPTION_BITMAP];
  /* Page faults that do not match leave if the bit is 0. */
  if (vmcs->field[MOS_VMCS_PF_MASK] != 0 || vmcs->field[MOS_VMCS_PF_MATCH] != 0)
    guest->exceptions |= 1u << MOS_EXC_PF;
  guest->paging = ept || mos_vmcs_on (vmcs, MOS_VMX_APIC_ACCESSES);
  guest->lazy_pdptes = FALSE;
  guest->root = ept ? vmcs->field[MOS_VMCS_EPTP] & MOS_PTE_FRAME_MASK : 0;
  guest->tsc_offset = mos_vmcs_on (vmcs, MOS_VMX_TSC_OFFSETTING)
                          ? vmcs->field[MOS_VMCS_TSC_OFFSET]
                          : 0;
  guest->debug_first = TRUE;
  guest->step = mos_vmcs_on (vmcs, MOS_VMX_MTF);
  guest->iret_keeps_nmi = mos_vmcs_on (vmcs, MOS_VMX_NMI) &&
                          !mos_vmcs_on (vmcs, MOS_VMX_VIRTUAL_NMIS);
  guest->cr0_must = vmx->caps.msr[MOS_VMX_MSR_CR0_FIXED0];
  if (mos_vmcs_on (vmcs, MOS_VMX_UNRESTRICTED))
    guest->cr0_must &= ~(MOS_CR0_PE | MOS_CR0_PG);
  guest->cr4_must = MOS_CR4_VMXE;
  vmx->pause_last = vmx->pause_first = 0;
  vmx->tpr_fell = FALSE;
  mos_vmx_tpr_changed (cpu);
}

void
mos_vmx_enter_world (MosSoftCpu *cpu)
{
  const MosVmcs *vmcs = &mos_vmx (cpu)->vmcs;

  if (mos_vmcs_on (vmcs, MOS_VMX_VPID)) {
    mos_world_enter (cpu, (guint32) vmcs->field[MOS_VMCS_VPID]);
    return;
  }
  mos_world_forget (cpu, MOS_VMX_NO_VPID);
  mos_world_enter (cpu, MOS_VMX_NO_VPID);
}

static void
enter (MosSoftCpu *cpu, const MosVmxCheckInput *in, MosNestedEntry *entry)
{
  const MosVmcs *vmcs = in->vmcs;
  guint32        failed;

  mos_world_put_away (cpu);
  load_registers (cpu, vmcs);
  load_segments (cpu, vmcs);
  load_blocking (cpu, vmcs);
  load_pdptes (cpu, in);
  mos_vmx_arm (cpu);
  mos_mode_update (cpu);
  if (G_UNLIKELY (vmcs->field[MOS_VMCS_ENTRY_MSR_LOAD_COUNT] != 0)) {
    failed = load_msrs (cpu, vmcs);
    if (failed != 0) {
      mos_vmx_entry_failed (cpu, MOS_VMX_EXIT_BAD_MSR, failed, entry);
      return;
    }
  }
  mos_vmx (cpu)->vmcs.launched = 1;
  mos_guest_enter (cpu, entry);
  mos_vmx_enter_world (cpu);
  mos_mode_update (cpu);
  mos_guest_release (cpu, MOS_PENDING_INIT);
  load_pending_debug (cpu, vmcs);
  if (G_UNLIKELY (mos_vmcs_on (vmcs, MOS_VMX_PREEMPTION)))
    mos_vmx_start_timer (cpu, vmcs->field[MOS_VMCS_PREEMPTION_TIMER]);
  /* Windows may be open already, and what was held off may be taken now. */
  __atomic_or_fetch (&cpu->pending,
                     MOS_PENDING_GUEST | MOS_PENDING_INTERRUPT |
                         (cpu->nmi_latched != 0 ? MOS_PENDING_NMI : 0),
                     __ATOMIC_RELAXED);
  if ((vmcs->field[MOS_VMCS_ENTRY_EVENT] & MOS_VMX_EVENT_VALID) != 0)
    inject (cpu, vmcs);
}

/* What each table's failure is. */
static const struct {
  const MosVmxCheck *table;
  MosVmxError        error;
} tables[] = {
  { mos_vmx_control_checks, MOS_VMX_ERROR_CONTROLS },
  { mos_vmx_host_checks, MOS_VMX_ERROR_HOST },
  { mos_vmx_guest_checks, 0 },
};

void
mos_vmx_collect_rechecks (MosVmx *vmx)
{
  for (guint t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const MosVmxCheck *c = tables[t].table; c->name != NULL; c++)
      if ((c->looks & MOS_VMCS_CHECK_AROUND) != 0 &&
          vmx->n_rechecks < MOS_VMX_MAX_RECHECKS)
        vmx->rechecks[vmx->n_rechecks++] =
            (MosVmxRecheck){ .check = c, .error = tables[t].error };
}

/* The check that fails, or NULL. Rows of the tables are asked only about what
 * was written. */
static const MosVmxCheck *
find_failure (const MosVmx *vmx, const MosVmxCheckInput *in, MosVmxError *error)
{
  const MosVmxCheck *failed;

  if (vmx->written == 0) {
    for (guint i = 0; i < vmx->n_rechecks; i++)
      if (!vmx->rechecks[i].check->holds (in)) {
        *error = vmx->rechecks[i].error;
        return vmx->rechecks[i].check;
      }
    return NULL;
  }
  for (guint t = 0; t < G_N_ELEMENTS (tables); t++) {
    failed = mos_vmx_check (tables[t].table, in,
                            vmx->written | MOS_VMCS_CHECK_AROUND);
    if (failed != NULL) {
      *error = tables[t].error;
      return failed;
    }
  }
  return NULL;
}

void
mos_vmx_entry (MosSoftCpu *cpu, gboolean launch)
{
  MosVmx            *vmx = mos_vmx (cpu);
  MosVmcs           *vmcs = &vmx->vmcs;
  MosVmxCheckInput   in;
  MosNestedEntry     entry;
  const MosVmxCheck *failed;
  MosVmxError        error = 0;

  if (vmx->current == MOS_VMCS_NONE ||
      (vmcs->revision & MOS_VMCS_SHADOW) != 0) {
    mos_vmx_fail_invalid (cpu);
    return;
  }
  if (launch != (vmcs->launched == 0)) {
    mos_vmx_fail (cpu, launch ? MOS_VMX_ERROR_LAUNCH_NOT_CLEAR
                              : MOS_VMX_ERROR_RESUME_NOT_LAUNCHED);
    return;
  }
  look_around (cpu, &in);
  mos_vmx_describe (cpu, &entry);
  failed = find_failure (vmx, &in, &error);
  if (failed != NULL && error != 0) {
    mos_vmx_fail (cpu, error);
    return;
  }
  if (failed != NULL) {
    mos_vmx_entry_failed (cpu, MOS_VMX_EXIT_BAD_GUEST, failed->qualification,
                          &entry);
    return;
  }
  enter (cpu, &in, &entry);
}
