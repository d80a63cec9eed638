/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * VT-x of one processor: what it can do, its life, and how it is saved.
 *
 * Intel SDM volume 3, "Introduction to Virtual Machine Extensions".
 */
#include "engine/cpu/soft/vmx.h"

#include <string.h>

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/segment.h"
#include "engine/cpu/soft/vmx-private.h"
#include "engine/cpu/soft/walk.h"
#include "engine/cpu/x86/instructions.h"
#include "engine/cpu/x86/msr.h"

/* -- machine memory ------------------------------------------------------ */

guint8 *
mos_vmx_ram (MosSoftCpu *cpu, guint64 address, guint size)
{
  const MosMemoryRange *range = mos_phys_find (cpu, address);

  if (range == NULL || range->kind != MOS_MEMORY_RAM ||
      range->size - (address - range->gpa) < size)
    return NULL;
  return range->hva + (address - range->gpa);
}

void
mos_vmx_wrote (MosSoftCpu *cpu, guint64 address)
{
  const MosMemoryRange *range = mos_phys_find (cpu, address);
  guint8               *flags;

  if (range == NULL || range->kind != MOS_MEMORY_RAM)
    return;
  flags = range->page_flags + ((address - range->gpa) >> MOS_PAGE_SHIFT);
  if (*(volatile guint8 *) flags != 0)
    mos_store_note (cpu, flags, 0, MOS_PAGE_SIZE);
}

guint64
mos_vmx_read (MosSoftCpu *cpu, guint64 address, guint size)
{
  const guint8 *host = mos_vmx_ram (cpu, address, size);
  guint64       value = G_MAXUINT64;

  if (host == NULL)
    return size == 8 ? value : value >> (64 - 8 * size);
  value = 0;
  memcpy (&value, host, size);
  return value;
}

void
mos_vmx_store_current (MosSoftCpu *cpu)
{
  MosVmx *vmx = mos_vmx (cpu);
  guint8 *region;

  if (vmx->current == MOS_VMCS_NONE)
    return;
  region = mos_vmx_ram (cpu, vmx->current, MOS_VMCS_BYTES);
  if (region == NULL)
    return;
  mos_vmcs_store (&vmx->vmcs, region);
  mos_vmx_wrote (cpu, vmx->current);
}

/* -- what it can do ------------------------------------------------------ */

gboolean
mos_vmx_read_msr (MosSoftCpu *cpu, guint32 index, guint64 *value)
{
  if (cpu->guest.ops != &mos_vmx_ops || !mos_cpu_has (cpu, MOS_CPUID_1_ECX, 5))
    return FALSE;
  *value = mos_vmx (cpu)->caps.msr[index - MOS_MSR_VMX_BASIC];
  return TRUE;
}

static guint32
missing (MosSoftCpu *cpu)
{
  guint32 off = 0;

  if (!mos_cpu_has (cpu, MOS_CPUID_80000001_EDX, 27))
    off |= (guint32) mos_vmx_control_mask (MOS_VMX_RDTSCP);
  if (!mos_cpu_has (cpu, MOS_CPUID_7_EBX, 10))
    off |= (guint32) mos_vmx_control_mask (MOS_VMX_INVPCID);
  if (!mos_cpu_has (cpu, MOS_CPUID_1_ECX, 30))
    off |= (guint32) mos_vmx_control_mask (MOS_VMX_RDRAND);
  if (!mos_cpu_has (cpu, MOS_CPUID_7_EBX, 18))
    off |= (guint32) mos_vmx_control_mask (MOS_VMX_RDSEED);
  return off;
}

static guint
row_of (guint32 index)
{
  return (guint) (mos_msr_find (index) - mos_msrs);
}

static guint
phys_bits (MosSoftCpu *cpu)
{
  guint bits = 52;

  while (bits > 36 && ((cpu->phys_reserved >> (bits - 1)) & 1) != 0)
    bits--;
  return bits;
}

static void
timer_cb (gpointer user_data)
{
  mos_cpu_notify (user_data, MOS_PENDING_GUEST);
}

static void
find_quick_fields (MosVmx *vmx)
{
  memset (vmx->quick, MOS_VMX_NOT_QUICK, sizeof vmx->quick);
  for (guint i = 0; i < MOS_VMCS_SLOTS; i++) {
    guint64 encoding = mos_vmcs_fields[i].encoding;

    if (vmx->has[i] && (encoding & ~MOS_VMX_QUICK_BITS) == 0)
      vmx->quick[mos_vmx_quick (encoding)] = (guint8) i;
  }
}

static gpointer
create (MosSoftCpu *cpu)
{
  MosVmx     *vmx = g_new0 (MosVmx, 1);
  MosVmxModel model = { .cr4 = mos_cr4_known (cpu),
                        .efer = mos_efer_known (cpu),
                        .debugctl = mos_msr_find (MOS_MSR_DEBUGCTL)->writable,
                        .phys_bits = phys_bits (cpu),
                        .proc2_off = missing (cpu) };

  mos_vmx_caps_init (&vmx->caps, &model);
  for (guint i = 0; i < MOS_VMCS_SLOTS; i++)
    vmx->has[i] = mos_vmx_has_field (&vmx->caps, (MosVmcsField) i);
  find_quick_fields (vmx);
  mos_vmx_collect_rechecks (vmx);
  vmx->current = MOS_VMCS_NONE;
  vmx->debugctl_row = row_of (MOS_MSR_DEBUGCTL);
  vmx->pat_row = row_of (MOS_MSR_PAT);
  mos_timer_init (&vmx->timer, cpu->cpus->cpus.bus->clock, timer_cb, cpu);
  return vmx;
}

static void
destroy (gpointer vendor)
{
  MosVmx *vmx = vendor;

  mos_timer_clear (&vmx->timer);
  g_free (vmx);
}

/* -- its life ------------------------------------------------------------ */

/* INIT in a guest goes to the hypervisor; in VMX operation nobody sees it. */
static gboolean
take_init (MosSoftCpu *cpu)
{
  mos_vmx_exit (cpu, MOS_VMX_EXIT_INIT, 0);
  return TRUE;
}

static gboolean
take_shutdown (MosSoftCpu *cpu)
{
  cpu->delivery.kind = MOS_DELIVERY_NONE;
  mos_vmx_exit (cpu, MOS_VMX_EXIT_TRIPLE_FAULT, 0);
  return !mos_vmx (cpu)->aborted;
}

static void
leave_for_task (MosSoftCpu *cpu)
{
  mos_vmx_exit (cpu, MOS_VMX_EXIT_TASK_SWITCH, cpu->guest.fault.code);
}

static void
task_switch (MosSoftCpu    *cpu,
             const MosUop  *op,
             guint          how,
             guint16        selector,
             const guint32 *error_code)
{
  static const guint8 sources[] = {
    [MOS_TASK_CALL] = 0, [MOS_TASK_RETURN] = 1, [MOS_TASK_JUMP] = 2
  };
  guint64 source = cpu->delivery.kind != MOS_DELIVERY_NONE ? 3 : sources[how];

  cpu->guest.fault.code = selector | source << 30;
  if (op != NULL)
    mos_vmx (cpu)->vmcs.field[MOS_VMCS_EXIT_LENGTH] = op->len;
  mos_guest_unwind (cpu, op, leave_for_task);
}

static void
reset (MosSoftCpu *cpu, gboolean init)
{
  MosVmx *vmx = mos_vmx (cpu);

  if (cpu->guest.active) {
    mos_timer_disarm (&vmx->timer);
    mos_guest_left (cpu, NULL);
    mos_world_leave (cpu);
  }
  mos_vmx_store_current (cpu);
  vmx->on = FALSE;
  vmx->aborted = FALSE;
  vmx->current = MOS_VMCS_NONE;
  cpu->guest.cr0_must = 0;
  cpu->guest.cr4_must = 0;
  cpu->guest.hold = 0;
  cpu->guest.held = 0;
  mos_worlds_forget (cpu);
}

/* -- saving -------------------------------------------------------------- */

#define SAVED_MAGIC   0x584d564du /* "MVMX" */
#define SAVED_VERSION 1u

enum {
  SAVED_GUEST = 1 << 0, /* in guest mode */
  SAVED_INIT = 1 << 1,  /* INIT waits for the end of VMX operation */
  SAVED_TPR = 1 << 2,   /* an exit for the task priority is due */
  SAVED_STEP = 1 << 3   /* one for the monitor trap is */
};

typedef struct {
  guint32 magic;
  guint32 version;
  guint32 flags;
  guint32 reserved;
  guint64 vmxon;
  guint64 current;
  guint64 timer; /* what is left of the preemption timer */
  MosVmcs vmcs;
} Saved;

static GBytes *
save (MosSoftCpu *cpu)
{
  MosVmx *vmx = mos_vmx (cpu);
  Saved   saved = { .magic = SAVED_MAGIC,
                    .version = SAVED_VERSION,
                    .vmxon = vmx->vmxon,
                    .current = vmx->current,
                    .vmcs = vmx->vmcs };

  if (!vmx->on)
    return NULL;
  if (cpu->guest.active) {
    saved.flags |= SAVED_GUEST;
    saved.flags |= vmx->tpr_fell ? SAVED_TPR : 0;
    saved.flags |= cpu->guest.stepped ? SAVED_STEP : 0;
    if (mos_vmcs_on (&vmx->vmcs, MOS_VMX_PREEMPTION))
      saved.timer = mos_vmx_timer_left (cpu);
  }
  if ((cpu->guest.held & MOS_PENDING_INIT) != 0)
    saved.flags |= SAVED_INIT;
  return g_bytes_new (&saved, sizeof saved);
}

/* Whether a guest can run under the controls and come back. */
static gboolean
can_run (MosSoftCpu *cpu)
{
  MosVmx          *vmx = mos_vmx (cpu);
  MosVmxCheckInput in = { .vmcs = &vmx->vmcs,
                          .caps = &vmx->caps,
                          .address = vmx->current,
                          .long_mode =
                              mos_vmcs_on (&vmx->vmcs, MOS_VMX_HOST_64),
                          .vtpr = 0xf0 };

  return vmx->current != MOS_VMCS_NONE &&
         (vmx->vmcs.revision & MOS_VMCS_SHADOW) == 0 &&
         mos_vmx_check (mos_vmx_control_checks, &in, MOS_VMCS_CHECK_ALL) ==
             NULL &&
         mos_vmx_check (mos_vmx_host_checks, &in, MOS_VMCS_CHECK_ALL) == NULL;
}

static void
resume_guest (MosSoftCpu *cpu, const Saved *saved)
{
  MosVmx        *vmx = mos_vmx (cpu);
  MosNestedEntry entry;

  mos_world_put_away (cpu);
  vmx->written = MOS_VMCS_CHECK_ALL;
  mos_vmx_arm (cpu);
  mos_vmx_describe (cpu, &entry);
  entry.rip = cpu->gpr[MOS_SLOT_RIP];
  entry.cr3 = cpu->cr3;
  mos_guest_enter (cpu, &entry);
  mos_vmx_enter_world (cpu);
  if (mos_vmcs_on (&vmx->vmcs, MOS_VMX_PREEMPTION))
    mos_vmx_start_timer (cpu, saved->timer);
  vmx->tpr_fell = (saved->flags & SAVED_TPR) != 0;
  cpu->guest.stepped = (saved->flags & SAVED_STEP) != 0;
  cpu->guest.hold = 0;
  mos_mode_update (cpu);
  mos_cpu_notify (cpu, MOS_PENDING_GUEST);
}

static gboolean
load (MosSoftCpu *cpu, GBytes *bytes)
{
  MosVmx *vmx = mos_vmx (cpu);
  Saved   saved;

  if (g_bytes_get_size (bytes) != sizeof saved)
    return FALSE;
  memcpy (&saved, g_bytes_get_data (bytes, NULL), sizeof saved);
  if (saved.magic != SAVED_MAGIC || saved.version != SAVED_VERSION ||
      !mos_vmx_region_valid (cpu, saved.vmxon) ||
      (saved.current != MOS_VMCS_NONE &&
       !mos_vmx_region_valid (cpu, saved.current)))
    return FALSE;
  mos_vmcs_load (&vmx->vmcs, &saved.vmcs);
  vmx->current = saved.current;
  if ((saved.flags & SAVED_GUEST) != 0 && !can_run (cpu)) {
    vmx->current = MOS_VMCS_NONE;
    return FALSE;
  }
  vmx->on = TRUE;
  vmx->vmxon = saved.vmxon;
  vmx->written = MOS_VMCS_CHECK_ALL;
  cpu->guest.cr0_must = vmx->caps.msr[MOS_VMX_MSR_CR0_FIXED0];
  cpu->guest.cr4_must = MOS_CR4_VMXE;
  cpu->guest.hold = MOS_PENDING_INIT;
  if ((saved.flags & SAVED_INIT) != 0)
    cpu->guest.held = MOS_PENDING_INIT;
  if ((saved.flags & SAVED_GUEST) != 0)
    resume_guest (cpu, &saved);
  return TRUE;
}

const MosGuestOps mos_vmx_ops = {
  .create = create,
  .destroy = destroy,
  .instruction = mos_vmx_instruction,
  .exception = mos_vmx_exception,
  .events = mos_vmx_events,
  .init = take_init,
  .shutdown = take_shutdown,
  .translate = mos_vmx_translate,
  .nested_fault = mos_vmx_nested_fault,
  .apic_access = mos_vmx_apic_access,
  .task_switch = task_switch,
  .reset = reset,
  .save = save,
  .load = load,
};
