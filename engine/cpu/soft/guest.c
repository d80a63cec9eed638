/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Guest mode: gates, ways out, the observer.
 *
 * What belongs to one vendor is in svm.c and vmx.c and reached by the table in
 * guest.h.
 */
#include "engine/cpu/soft/guest.h"

#include <string.h>

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/checks.h"
#include "engine/cpu/soft/fault.h"
#include "engine/cpu/soft/interrupt.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/watch.h"

void
mos_guest_init (MosSoftCpu *cpu, const MosGuestOps *ops)
{
  cpu->guest.ops = ops;
  if (ops != NULL)
    cpu->guest.vendor = ops->create (cpu);
}

void
mos_guest_clear (MosSoftCpu *cpu)
{
  if (cpu->guest.ops != NULL)
    cpu->guest.ops->destroy (cpu->guest.vendor);
  memset (&cpu->guest, 0, sizeof cpu->guest);
}

void
mos_guest_enter (MosSoftCpu *cpu, MosNestedEntry *entry)
{
  MosNestedObserver *observer = cpu->cpus->observer;

  cpu->guest.active = TRUE;
  cpu->guest.counters = NULL;
  if (observer != NULL) {
    entry->mode = mos_guest_mode (!mos_real_mode (cpu), mos_long_mode (cpu),
                                  cpu->seg[MOS_SEG_CS].l,
                                  (cpu->rflags & MOS_RFLAGS_VM) != 0);
    cpu->guest.counters = observer->entered (observer, &cpu->vcpu, entry);
  }
  if (mos_trace_wants (cpu->trace, MOS_EVENT_LEVEL))
    mos_cpu_trace_level (cpu, mos_cpu_level (cpu), MOS_EVENT_ENTERED,
                         entry->block, entry->rip);
  cpu->guest.block = entry->block;
}

void
mos_guest_disarm (MosSoftCpu *cpu)
{
  MosGuest *guest = &cpu->guest;

  guest->active = FALSE;
  guest->paging = FALSE;
  guest->lazy_pdptes = FALSE;
  guest->exceptions = 0;
  guest->tsc_offset = 0;
  guest->step = FALSE;
  guest->stepped = FALSE;
  guest->debug_first = FALSE;
  guest->iret_keeps_nmi = FALSE;
  guest->counters = NULL;
  guest->op = NULL;
}

void
mos_guest_left (MosSoftCpu *cpu, const MosNestedExit *exit)
{
  MosNestedObserver *observer = cpu->cpus->observer;

  if (exit != NULL && cpu->guest.active &&
      mos_trace_wants (cpu->trace, MOS_EVENT_LEVEL))
    mos_cpu_trace_level (cpu, mos_cpu_level (cpu), exit->reason,
                         cpu->guest.block, exit->rip);
  mos_guest_disarm (cpu);
  if (observer == NULL)
    return;
  if (exit != NULL)
    observer->left (observer, &cpu->vcpu, exit);
  else
    observer->forgot (observer, &cpu->vcpu);
}

void
mos_guest_refused (MosSoftCpu           *cpu,
                   const MosNestedEntry *entry,
                   const MosNestedExit  *exit)
{
  MosNestedObserver *observer = cpu->cpus->observer;

  if (observer == NULL)
    return;
  observer->entered (observer, &cpu->vcpu, entry);
  observer->left (observer, &cpu->vcpu, exit);
}

void
mos_guest_stop_at (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->budget -= mos_op_before (op);
  cpu->gpr[MOS_SLOT_RIP] += mos_op_start (op);
}

void
mos_guest_unwind (MosSoftCpu   *cpu,
                  const MosUop *op,
                  void (*leave) (MosSoftCpu *cpu))
{
  cpu->guest.unwind = leave;
  cpu->fault_op = op;
  if (cpu->holds_split)
    mos_split_end (cpu);
  longjmp (cpu->fault_jump, 1);
}

void
mos_guest_fault (MosSoftCpu *cpu, const MosUop *op)
{
  mos_guest_unwind (cpu, op, cpu->guest.ops->nested_fault);
}

void
mos_guest_release (MosSoftCpu *cpu, guint bits)
{
  guint back = cpu->guest.held & bits;

  cpu->guest.hold &= ~bits;
  cpu->guest.held &= ~bits;
  if (back != 0)
    __atomic_or_fetch (&cpu->pending, back, __ATOMIC_SEQ_CST);
}

/* The faults that come before an intercept is looked at. */
static void
check_before (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  guint before = mos_intercepts[what].before;

  if ((before & MOS_BEFORE_DR) != 0 && cpu->guest.debug_first)
    return;

  if ((before & MOS_BEFORE_OSXSAVE) != 0 && (cpu->cr4 & MOS_CR4_OSXSAVE) == 0)
    mos_fault_ud (cpu, op);
  if ((before & MOS_BEFORE_CR) != 0) {
    guint n = what == MOS_INTERCEPT_CR_WRITE ? op->dst : op->src;

    if (n == 1 || (n > 4 && n != 8))
      mos_fault_ud (cpu, op);
  }
  if ((before & MOS_BEFORE_CPL0) != 0 && mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
  if ((before & MOS_BEFORE_TSD) != 0 && (cpu->cr4 & MOS_CR4_TSD) != 0 &&
      mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
  if ((before & MOS_BEFORE_PCE) != 0 && (cpu->cr4 & MOS_CR4_PCE) == 0 &&
      mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
  if ((before & MOS_BEFORE_UMIP) != 0 && (cpu->cr4 & MOS_CR4_UMIP) != 0 &&
      mos_cpl (cpu) != 0)
    mos_fault_gp (cpu, op);
  if ((before & MOS_BEFORE_DR) != 0)
    mos_debug_register (cpu, op,
                        what == MOS_INTERCEPT_DR_WRITE ? op->dst : op->src);
  if ((before & MOS_BEFORE_PORT) != 0)
    mos_port_check (cpu, op, mos_port_of (cpu, op, what), op->width);
}

static const MosUop *
ask (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  check_before (cpu, op, what);
  cpu->guest.op = op;
  switch (cpu->guest.ops->instruction (cpu, op, what)) {
  case MOS_GATE_PASS:
    return op;
  case MOS_GATE_DONE:
    return mos_leave (cpu, op);
  default:
    return NULL;
  }
}

const MosUop *
mos_op_gate (MosSoftCpu *cpu, const MosUop *op)
{
  guint what = op->aux;

  if (((cpu->guest.intercepts[what >> 6] >> (what & 63)) & 1) != 0)
    return ask (cpu, op + 1, what);
  cpu->guest.op = op + 1;
  return mos_next (cpu, op);
}

static void
leave_software (MosSoftCpu *cpu)
{
  MosDelivery event = cpu->delivery;

  cpu->delivery.kind = MOS_DELIVERY_NONE;
  cpu->guest.ops->exception (cpu, &cpu->fault, event.kind, event.len);
}

void
mos_guest_software (MosSoftCpu     *cpu,
                    const MosUop   *op,
                    guint           vector,
                    MosDeliveryKind kind,
                    guint           len)
{
  if (((cpu->guest.exceptions >> vector) & 1) == 0)
    return;
  cpu->fault = (MosFault){ .vector = (guint8) vector };
  cpu->delivery = (MosDelivery){ .kind = kind,
                                 .vector = (guint8) vector,
                                 .len = (guint8) len };
  mos_guest_unwind (cpu, op, leave_software);
}
