/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What happens to a guest between its instructions.
 *
 * In the order of the manual: a fallen task priority, the monitor trap, debug
 * traps, the preemption timer, NMI window and NMIs, interrupt window and
 * interrupts.
 *
 * Intel SDM volume 3, "VMX Non-Root Operation": "Exceptions", "Changes in the
 * Handling of Interrupts", "VMX-Preemption Timer", "Monitor Trap Flag".
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/run.h"
#include "engine/cpu/soft/vmx-private.h"

guint32
mos_vmx_event_info (const MosDelivery *event)
{
  static const guint8 types[] = {
    [MOS_DELIVERY_INTERRUPT] = MOS_VMX_EVENT_EXTERNAL,
    [MOS_DELIVERY_NMI] = MOS_VMX_EVENT_NMI,
    [MOS_DELIVERY_EXCEPTION] = MOS_VMX_EVENT_HARDWARE,
    [MOS_DELIVERY_SOFTWARE] = MOS_VMX_EVENT_SOFTWARE,
    [MOS_DELIVERY_SOFTWARE_EXCEPTION] = MOS_VMX_EVENT_SOFTWARE_EXCEPTION,
    [MOS_DELIVERY_INT1] = MOS_VMX_EVENT_PRIVILEGED,
  };

  return event->vector | (guint32) types[event->kind] << 8 |
         (event->has_error ? MOS_VMX_EVENT_ERROR : 0) | MOS_VMX_EVENT_VALID;
}

/* Page faults go by bitmap and error code together. */
static gboolean
page_fault_leaves (MosSoftCpu *cpu, const MosFault *fault)
{
  gboolean matches = (fault->error & mos_vmx_field (cpu, MOS_VMCS_PF_MASK)) ==
                     mos_vmx_field (cpu, MOS_VMCS_PF_MATCH);
  gboolean bit =
      ((mos_vmx_field (cpu, MOS_VMCS_EXCEPTION_BITMAP) >> MOS_EXC_PF) & 1) != 0;

  return bit == matches;
}

gboolean
mos_vmx_exception (MosSoftCpu     *cpu,
                   const MosFault *fault,
                   MosDeliveryKind kind,
                   guint           len)
{
  MosVmcs    *vmcs = &mos_vmx (cpu)->vmcs;
  MosDelivery event = { .kind = kind,
                        .vector = fault->vector,
                        .has_error = fault->has_error,
                        .error = fault->error };

  if (fault->vector == MOS_EXC_PF && !page_fault_leaves (cpu, fault))
    return FALSE;
  vmcs->field[MOS_VMCS_EXIT_EVENT] = mos_vmx_event_info (&event);
  vmcs->field[MOS_VMCS_EXIT_ERROR] = fault->error;
  if (kind != MOS_DELIVERY_EXCEPTION)
    vmcs->field[MOS_VMCS_EXIT_LENGTH] = len;
  /* A double fault tells nothing of what it came from. */
  if (fault->vector == MOS_EXC_DF)
    cpu->delivery.kind = MOS_DELIVERY_NONE;
  /* Faults begin their instruction anew without a breakpoint on it. */
  if (kind == MOS_DELIVERY_EXCEPTION && fault->vector != MOS_EXC_DB &&
      fault->vector != MOS_EXC_DF)
    cpu->rflags |= MOS_RFLAGS_RF;
  mos_vmx_exit (cpu, MOS_VMX_EXIT_EXCEPTION,
                fault->vector == MOS_EXC_PF || fault->vector == MOS_EXC_DB
                    ? fault->address
                    : 0);
  return TRUE;
}

/* -- the preemption timer ------------------------------------------------ */

static gint64
now_ns (MosSoftCpu *cpu)
{
  gint64 now = mos_clock_now (cpu->cpus->cpus.bus->clock);

  if (cpu->cpus->deterministic)
    now += cpu->budget_start - cpu->budget;
  return now;
}

void
mos_vmx_start_timer (MosSoftCpu *cpu, guint64 value)
{
  MosVmx *vmx = mos_vmx (cpu);
  gint64  now = now_ns (cpu);

  vmx->deadline_ns =
      now + (gint64) ((value & G_MAXUINT32) << MOS_VMX_TIMER_SHIFT);
  if (value != 0)
    mos_timer_arm (&vmx->timer, vmx->deadline_ns);
}

guint64
mos_vmx_timer_left (MosSoftCpu *cpu)
{
  gint64 left = mos_vmx (cpu)->deadline_ns - now_ns (cpu);

  return left <= 0 ? 0 : (guint64) left >> MOS_VMX_TIMER_SHIFT;
}

void
mos_vmx_stop_timer (MosSoftCpu *cpu)
{
  mos_timer_disarm (&mos_vmx (cpu)->timer);
}

/* -- events -------------------------------------------------------------- */

static void
clear_pending (MosSoftCpu *cpu, guint bits)
{
  __atomic_and_fetch (&cpu->pending, ~bits, __ATOMIC_SEQ_CST);
}

static void
leave_for_event (MosSoftCpu *cpu, MosVmxExit reason, guint32 info)
{
  mos_vmx (cpu)->vmcs.field[MOS_VMCS_EXIT_EVENT] = info;
  mos_vmx_exit (cpu, reason, 0);
}

/* TRUE: something happened. */
static gboolean
take_nmi (MosSoftCpu *cpu)
{
  gboolean leaves = mos_vmx_control (cpu, MOS_VMX_NMI);
  gboolean virtual = mos_vmx_control (cpu, MOS_VMX_VIRTUAL_NMIS);

  clear_pending (cpu, MOS_PENDING_NMI);
  if (cpu->nmi_masked && !virtual)
    return FALSE;
  if (__atomic_exchange_n (&cpu->nmi_latched, 0, __ATOMIC_SEQ_CST) == 0)
    return FALSE;
  if (!leaves) {
    mos_run_nmi (cpu);
    return TRUE;
  }
  leave_for_event (cpu, MOS_VMX_EXIT_EXCEPTION,
                   MOS_EXC_NMI | MOS_VMX_EVENT_NMI << 8 | MOS_VMX_EVENT_VALID);
  cpu->nmi_masked = TRUE;
  return TRUE;
}

static void
take_interrupt (MosSoftCpu *cpu)
{
  gboolean leaves = mos_vmx_control (cpu, MOS_VMX_EXTERNAL);
  gboolean open = (cpu->rflags & MOS_RFLAGS_IF) != 0;
  guint32  info = 0;
  int      vector;

  clear_pending (cpu, MOS_PENDING_INTERRUPT);
  if (open && mos_vmx_control (cpu, MOS_VMX_INTERRUPT_WINDOW)) {
    mos_vmx_exit (cpu, MOS_VMX_EXIT_INTERRUPT_WINDOW, 0);
    return;
  }
  if ((!leaves && !open) || !mos_lapic_has_interrupt (cpu))
    return;
  if (leaves && !mos_vmx_control (cpu, MOS_VMX_ACKNOWLEDGE)) {
    leave_for_event (cpu, MOS_VMX_EXIT_EXTERNAL, 0);
    return;
  }
  vector = mos_lapic_take_interrupt (cpu);
  if (vector < 0)
    return;
  if (mos_lapic_has_interrupt (cpu))
    __atomic_or_fetch (&cpu->pending, MOS_PENDING_INTERRUPT, __ATOMIC_RELAXED);
  if (!leaves) {
    mos_run_interrupt (cpu, (guint) vector);
    return;
  }
  info = (guint32) vector | MOS_VMX_EVENT_VALID;
  leave_for_event (cpu, MOS_VMX_EXIT_EXTERNAL, info);
}

/* The exits that no event of the machine causes. TRUE: left. */
static gboolean
take_own (MosSoftCpu *cpu)
{
  MosVmx *vmx = mos_vmx (cpu);

  if (vmx->tpr_fell) {
    vmx->tpr_fell = FALSE;
    mos_vmx_exit (cpu, MOS_VMX_EXIT_TPR, 0);
    return TRUE;
  }
  if (cpu->guest.stepped) {
    cpu->guest.stepped = FALSE;
    mos_vmx_exit (cpu, MOS_VMX_EXIT_MTF, 0);
    return TRUE;
  }
  return FALSE;
}

static gboolean
timer_expired (MosSoftCpu *cpu)
{
  return mos_vmx_control (cpu, MOS_VMX_PREEMPTION) &&
         now_ns (cpu) >= mos_vmx (cpu)->deadline_ns;
}

void
mos_vmx_events (MosSoftCpu *cpu, guint pending, guint held)
{
  if ((pending & MOS_PENDING_GUEST) != 0 && take_own (cpu))
    return;
  if ((pending & MOS_PENDING_TRAP) != 0) {
    mos_run_traps (cpu);
    if (!cpu->guest.active)
      return;
  }
  if ((pending & MOS_PENDING_GUEST) != 0) {
    if (timer_expired (cpu)) {
      mos_vmx_exit (cpu, MOS_VMX_EXIT_PREEMPTION, 0);
      return;
    }
    if (mos_vmx_control (cpu, MOS_VMX_NMI_WINDOW) && !cpu->nmi_masked) {
      if (held == 0) {
        mos_vmx_exit (cpu, MOS_VMX_EXIT_NMI_WINDOW, 0);
        return;
      }
      __atomic_or_fetch (&cpu->pending, MOS_PENDING_GUEST, __ATOMIC_RELAXED);
    }
  }
  if (held != 0)
    return;
  if ((pending & MOS_PENDING_NMI) != 0 && take_nmi (cpu))
    return;
  if ((pending & MOS_PENDING_INTERRUPT) != 0)
    take_interrupt (cpu);
}
