/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V: entering and leaving guests.
 *
 * The VMCB is read when VMRUN begins and written when the guest is left; the
 * control area in between is our copy, as a processor may cache it. Clean bits
 * are not needed: reading a field costs less than asking for it.
 *
 * AMD64 APM volume 2, "VMRUN Instruction", "#VMEXIT".
 */
#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/segment.h"
#include "engine/cpu/soft/svm-private.h"
#include "engine/cpu/soft/walk.h"
#include "engine/cpu/x86/msr.h"

/* What GIF holds off. */
#define HELD (MOS_PENDING_INTERRUPT | MOS_PENDING_NMI | MOS_PENDING_INIT)

static gpointer
svm_create (MosSoftCpu *cpu)
{
  MosSvm *self = g_new0 (MosSvm, 1);

  self->gif = TRUE;
  self->pat = &cpu->msr[mos_msr_find (MOS_MSR_PAT) - mos_msrs];
  self->cr4_known = mos_cr4_known (cpu);
  self->efer_known = mos_efer_known (cpu);
  for (guint code = 0; code < G_N_ELEMENTS (self->reasons); code++) {
    const MosVmcbExit *row = mos_vmcb_exit_find (code);

    self->reasons[code] = row != NULL ? (guint8) row->reason : MOS_EXIT_OTHER;
    if (row != NULL)
      self->codes[row->intercept] = (guint8) code;
  }
  return self;
}

static void
svm_destroy (gpointer vendor)
{
  g_free (vendor);
}

guint8 *
mos_svm_page (MosSoftCpu *cpu, guint64 address, guint8 **flags)
{
  const MosMemoryRange *range;
  guint64               offset;

  if ((address & 0xfff) != 0 || (address & cpu->phys_reserved) != 0 ||
      (address >> 52) != 0)
    return NULL;
  range = mos_phys_find (cpu, address);
  if (range == NULL || range->kind != MOS_MEMORY_RAM)
    return NULL;
  offset = address - range->gpa;
  *flags = range->page_flags + (offset >> MOS_PAGE_SHIFT);
  return range->hva + offset;
}

static void
set_gif (MosSoftCpu *cpu, gboolean on)
{
  MosSvm *self = mos_svm (cpu);

  if (self->gif == on)
    return;
  self->gif = on;
  if (!on) {
    cpu->guest.hold |= HELD;
    return;
  }
  mos_guest_release (cpu, HELD);
  __atomic_or_fetch (&cpu->pending,
                     MOS_PENDING_INTERRUPT |
                         (cpu->nmi_latched != 0 ? MOS_PENDING_NMI : 0),
                     __ATOMIC_SEQ_CST);
}

void
mos_svm_set_gif (MosSoftCpu *cpu, gboolean on)
{
  MosSvm *self = mos_svm (cpu);

  if (!cpu->guest.active || (self->vintr & MOS_VINTR_GIF_ENABLE) == 0) {
    set_gif (cpu, on);
    return;
  }
  self->vintr = on ? self->vintr | MOS_VINTR_GIF : self->vintr & ~MOS_VINTR_GIF;
  if (on)
    __atomic_or_fetch (&cpu->pending, MOS_PENDING_INTERRUPT, __ATOMIC_RELAXED);
}

guint64
mos_svm_event_pack (const MosDelivery *event)
{
  static const guint8 types[] = {
    [MOS_DELIVERY_INTERRUPT] = MOS_SVM_EVENT_TYPE_INTR,
    [MOS_DELIVERY_NMI] = MOS_SVM_EVENT_TYPE_NMI,
    [MOS_DELIVERY_EXCEPTION] = MOS_SVM_EVENT_TYPE_EXCEPTION,
    [MOS_DELIVERY_SOFTWARE] = MOS_SVM_EVENT_TYPE_SOFTWARE,
    [MOS_DELIVERY_SOFTWARE_EXCEPTION] = MOS_SVM_EVENT_TYPE_EXCEPTION,
    [MOS_DELIVERY_INT1] = MOS_SVM_EVENT_TYPE_EXCEPTION,
  };
  guint64 info;

  if (event->kind == MOS_DELIVERY_NONE)
    return 0;
  info =
      MOS_SVM_EVENT_VALID | event->vector | (guint64) types[event->kind] << 8;
  if (event->has_error)
    info |= MOS_SVM_EVENT_HAS_ERROR | (guint64) event->error << 32;
  return info;
}

gboolean
mos_svm_event_unpack (guint64 info, MosDelivery *event)
{
  *event = (MosDelivery){ .vector = (guint8) info };
  switch (MOS_SVM_EVENT_TYPE (info)) {
  case MOS_SVM_EVENT_TYPE_INTR:
    event->kind = MOS_DELIVERY_INTERRUPT;
    break;
  case MOS_SVM_EVENT_TYPE_NMI:
    event->kind = MOS_DELIVERY_NMI;
    event->vector = MOS_EXC_NMI;
    break;
  case MOS_SVM_EVENT_TYPE_EXCEPTION:
    if (event->vector == MOS_EXC_NMI || event->vector >= MOS_N_EXCEPTIONS)
      return FALSE;
    event->kind = event->vector == MOS_EXC_BP || event->vector == MOS_EXC_OF
                      ? MOS_DELIVERY_SOFTWARE_EXCEPTION
                      : MOS_DELIVERY_EXCEPTION;
    event->has_error = (info & MOS_SVM_EVENT_HAS_ERROR) != 0;
    event->error = (guint32) (info >> 32);
    break;
  case MOS_SVM_EVENT_TYPE_SOFTWARE:
    event->kind = MOS_DELIVERY_SOFTWARE;
    break;
  default:
    return FALSE;
  }
  return TRUE;
}

static MosNestedEntry
describe_entry (MosSoftCpu *cpu, const guint8 *vmcb)
{
  const MosSvm *self = mos_svm (cpu);

  return (MosNestedEntry){
    .vendor = MOS_VENDOR_AMD,
    .block = self->vmcb,
    .root = mos_vmcb_get64 (self->control, MOS_VMCB_NCR3),
    .nested_paging = self->control[MOS_VMCB_NESTED] & 1,
    .space = mos_vmcb_get32 (self->control, MOS_VMCB_ASID),
    .rip = mos_vmcb_get64 (vmcb, MOS_VMCB_RIP),
    .cr3 = mos_vmcb_get64 (vmcb, MOS_VMCB_CR3),
    .host_cr3 = cpu->cr3,
    .instructions = mos_cpu_retired (cpu),
  };
}

static void
write_exit (guint8 *vmcb, guint64 code, guint64 info1, guint64 info2)
{
  mos_vmcb_put64 (vmcb, MOS_VMCB_EXITCODE, code);
  mos_vmcb_put64 (vmcb, MOS_VMCB_EXITINFO1, info1);
  mos_vmcb_put64 (vmcb, MOS_VMCB_EXITINFO2, info2);
}

/* VMEXIT_INVALID: the guest never ran and the host goes on behind VMRUN. */
static void
refuse (MosSoftCpu *cpu, guint8 *vmcb, guint8 *flags)
{
  MosNestedEntry entry = describe_entry (cpu, vmcb);
  MosNestedExit  exit = { .reason = MOS_EXIT_ENTRY_FAILED,
                          .code = MOS_SVM_INVALID,
                          .rip = entry.rip,
                          .failed = TRUE,
                          .instructions = entry.instructions };

  write_exit (vmcb, MOS_SVM_INVALID, 0, 0);
  if (*(volatile guint8 *) flags != 0)
    mos_store_note (cpu, flags, 0, MOS_PAGE_SIZE);
  set_gif (cpu, FALSE);
  mos_guest_refused (cpu, &entry, &exit);
}

/* EVENTINJ; does not come back if delivering it faults. */
static void
inject (MosSoftCpu *cpu)
{
  MosSvm     *self = mos_svm (cpu);
  guint64     info = mos_vmcb_get64 (self->control, MOS_VMCB_EVENTINJ);
  guint64     next = cpu->gpr[MOS_SLOT_RIP];
  MosDelivery event;

  if ((info & MOS_SVM_EVENT_VALID) == 0 || !mos_svm_event_unpack (info, &event))
    return;
  if (event.kind == MOS_DELIVERY_SOFTWARE ||
      event.kind == MOS_DELIVERY_SOFTWARE_EXCEPTION) {
    guint64 nrip = mos_vmcb_get64 (self->control, MOS_VMCB_NRIP);

    if (nrip != 0)
      next = nrip;
  }
  if (event.kind == MOS_DELIVERY_NMI)
    cpu->nmi_masked = TRUE;
  mos_guest_inject (cpu, &event, next);
}

static void
control_tlb (MosSoftCpu *cpu, guint32 asid)
{
  switch (mos_svm (cpu)->control[MOS_VMCB_TLB_CONTROL]) {
  case MOS_TLB_KEEP:
    break;
  case MOS_TLB_FLUSH_ASID:
  case MOS_TLB_FLUSH_ASID_LOCAL:
    mos_world_forget (cpu, asid);
    break;
  default:
    mos_mmu_flush (cpu);
    break;
  }
}

void
mos_svm_run (MosSoftCpu *cpu, guint64 address)
{
  MosSvm        *self = mos_svm (cpu);
  MosNestedEntry entry;
  guint8        *flags;
  guint8        *vmcb = mos_svm_page (cpu, address, &flags);
  guint32        asid;

  if (vmcb == NULL)
    return;
  self->vmcb = address;
  memcpy (self->control, vmcb, sizeof self->control);
  if (!mos_svm_check (cpu, vmcb)) {
    refuse (cpu, vmcb, flags);
    return;
  }
  entry = describe_entry (cpu, vmcb);
  asid = mos_vmcb_get32 (self->control, MOS_VMCB_ASID);
  mos_svm_save_host (cpu);
  control_tlb (cpu, asid);
  mos_world_put_away (cpu);
  mos_svm_load_guest (cpu, vmcb);
  mos_svm_arm (cpu);
  set_gif (cpu, TRUE);
  mos_guest_enter (cpu, &entry);
  mos_world_enter (cpu, asid);
  mos_mode_update (cpu);
  if (!cpu->guest.paging && (cpu->cr0 & MOS_CR0_PG) != 0 &&
      (cpu->cr4 & MOS_CR4_PAE) != 0 && !mos_long_mode (cpu) &&
      !mos_mmu_load_pdptrs (cpu, cpu->cr3)) {
    mos_svm_exit (cpu, MOS_SVM_INVALID, 0, 0);
    return;
  }
  inject (cpu);
}

static MosExitReason
reason_of (const MosSvm *self, guint64 code, guint64 info1)
{
  if (code == MOS_SVM_IOIO)
    return (info1 & 1) != 0 ? MOS_EXIT_PORT_IN : MOS_EXIT_PORT_OUT;
  if (code == MOS_SVM_MSR)
    return info1 != 0 ? MOS_EXIT_MSR_WRITE : MOS_EXIT_MSR_READ;
  if (code < G_N_ELEMENTS (self->reasons))
    return self->reasons[code];
  return code == MOS_SVM_NPF ? MOS_EXIT_NESTED_FAULT : MOS_EXIT_ENTRY_FAILED;
}

static void
store_control (MosSoftCpu *cpu, guint8 *vmcb)
{
  const MosSvm *self = mos_svm (cpu);
  guint64       shadow = 0;

  if (cpu->shadow != 0 ||
      (cpu->guest.shadow != 0 && cpu->guest.shadow_budget == cpu->budget))
    shadow = 1;
  mos_vmcb_put64 (vmcb, MOS_VMCB_VINTR, self->vintr);
  mos_vmcb_put64 (vmcb, MOS_VMCB_SHADOW, shadow);
  mos_vmcb_put64 (vmcb, MOS_VMCB_EXITINTINFO,
                  mos_svm_event_pack (&cpu->delivery));
  mos_vmcb_put64 (vmcb, MOS_VMCB_EVENTINJ,
                  mos_vmcb_get64 (self->control, MOS_VMCB_EVENTINJ) &
                      ~MOS_SVM_EVENT_VALID);
  mos_vmcb_put64 (vmcb, MOS_VMCB_NRIP, self->nrip);
}

void
mos_svm_exit (MosSoftCpu *cpu, guint64 code, guint64 info1, guint64 info2)
{
  MosSvm       *self = mos_svm (cpu);
  MosNestedExit exit = {
    .reason = reason_of (self, code, info1),
    .code = code,
    .info1 = info1,
    .info2 = info2,
    .rip = cpu->gpr[MOS_SLOT_RIP],
    .failed = code == MOS_SVM_INVALID,
    .operand = code == MOS_SVM_VMRUN ? cpu->gpr[MOS_RAX] : 0,
    .instructions = mos_cpu_retired (cpu),
  };
  guint8 *flags;
  guint8 *vmcb = mos_svm_page (cpu, self->vmcb, &flags);

  mos_world_put_away (cpu);
  if (vmcb != NULL) {
    write_exit (vmcb, code, info1, info2);
    if (code != MOS_SVM_INVALID) {
      store_control (cpu, vmcb);
      mos_svm_store_guest (cpu, vmcb);
    }
    if (*(volatile guint8 *) flags != 0)
      mos_store_note (cpu, flags, 0, MOS_PAGE_SIZE);
  }
  self->nrip = 0;
  cpu->delivery.kind = MOS_DELIVERY_NONE;
  cpu->delivering = -1;
  cpu->shadow = 0;
  cpu->guest.shadow = 0;
  cpu->halted = FALSE;
  cpu->watch_hits = 0;
  mos_guest_left (cpu, &exit);
  set_gif (cpu, FALSE);
  mos_svm_load_host (cpu);
  mos_world_leave (cpu);
  mos_mode_update (cpu);
}

static gboolean
svm_init_event (MosSoftCpu *cpu)
{
  if ((mos_svm (cpu)->misc1 & MOS_SVM1_INIT) == 0)
    return FALSE;
  /* It waits until the host sets GIF. */
  __atomic_or_fetch (&cpu->pending, MOS_PENDING_INIT, __ATOMIC_SEQ_CST);
  mos_svm_exit (cpu, MOS_SVM_INIT, 0, 0);
  return TRUE;
}

static gboolean
svm_shutdown (MosSoftCpu *cpu)
{
  if ((mos_svm (cpu)->misc1 & MOS_SVM1_SHUTDOWN) == 0)
    return FALSE;
  mos_svm_exit (cpu, MOS_SVM_SHUTDOWN, 0, 0);
  return TRUE;
}

static void
svm_reset (MosSoftCpu *cpu, gboolean init)
{
  MosSvm *self = mos_svm (cpu);

  if (cpu->guest.active) {
    mos_world_put_away (cpu);
    mos_guest_left (cpu, NULL);
    mos_world_leave (cpu);
  }
  self->gif = TRUE;
  mos_guest_release (cpu, HELD);
}

const MosGuestOps mos_svm_ops = {
  .create = svm_create,
  .destroy = svm_destroy,
  .instruction = mos_svm_instruction,
  .exception = mos_svm_exception,
  .events = mos_svm_events,
  .init = svm_init_event,
  .shutdown = svm_shutdown,
  .translate = mos_svm_translate,
  .nested_fault = mos_svm_nested_fault,
  .task_switch = mos_svm_task_switch,
  .reset = svm_reset,
  .save = mos_svm_save,
  .load = mos_svm_load,
};

guint8 *
mos_svm_operand (MosSoftCpu   *cpu,
                 const MosUop *op,
                 guint64       address,
                 gboolean      write,
                 guint8      **flags)
{
  MosNestedPage page = { .address = address };
  guint8       *vmcb;

  if (cpu->guest.paging &&
      (mos_vmcb_get64 (mos_svm (cpu)->control, MOS_VMCB_VIRT) &
       MOS_VIRT_VMLOAD) != 0) {
    if ((address & 0xfff) != 0)
      mos_fault_gp (cpu, op);
    if (!mos_svm_translate (cpu, address, 0,
                            MOS_NESTED_NO_LINEAR |
                                (write ? MOS_NESTED_WRITE : MOS_NESTED_READ),
                            &page))
      mos_guest_fault (cpu, op);
  }
  vmcb = mos_svm_page (cpu, page.address, flags);
  if (vmcb == NULL)
    mos_fault_gp (cpu, op);
  return vmcb;
}
