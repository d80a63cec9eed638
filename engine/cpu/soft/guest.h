/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Guest mode: what AMD-V (svm.c) and VT-x (vmx.c) share.
 *
 * A vendor's instruction (VMRUN, VMLAUNCH) fills MosSoftCpu.guest, loads the
 * guest's state and calls mos_guest_enter(); from then on MOS_KEY_GUEST is in
 * every block's key and guest code leaves through one of these doors:
 *
 *   gate       an operation before each instruction whose row names an
 *              intercept: faults that go first are checked, then, if the bit
 *              in guest.intercepts is set, ops->instruction is asked
 *   exception  a fault or trap whose vector is in guest.exceptions
 *   events     interrupts, NMI, INIT between instructions: ops->events
 *   unwind     from the depth of a memory access: a nested page fault, a task
 *              switch, a software exception. mos_guest_unwind() drops the
 *              instruction like a fault does and calls back with RIP at it
 *
 * Whoever leaves saves the guest's state (RIP stands at the instruction),
 * loads the host's and calls mos_guest_left().
 *
 * Translations: the TLB holds linear to host for guests as for everybody.
 * What a guest has cached is kept over world switches by its number (ASID,
 * VPID) for as long as the roots are the same; see mos_world_enter() in mmu.h.
 *
 * AMD64 APM volume 2, "Secure Virtual Machine"; Intel SDM volume 3,
 * "Introduction to Virtual Machine Extensions".
 */
#pragma once

#include "engine/cpu/nested.h"
#include "engine/cpu/soft/cpu.h"

G_BEGIN_DECLS

typedef enum {
  MOS_GATE_PASS, /* not intercepted: execute it */
  MOS_GATE_DONE, /* it has been executed in another way */
  MOS_GATE_LEFT  /* the guest has been left */
} MosGateResult;

struct MosGuestOps {
  gpointer (*create) (MosSoftCpu *cpu); /* -> guest.vendor */
  void (*destroy) (gpointer vendor);

  /* @op is the instruction; RIP is still the block's. Before leaving call
   * mos_guest_stop_at (cpu, op). */
  MosGateResult (*instruction) (MosSoftCpu   *cpu,
                                const MosUop *op,
                                MosIntercept  what);

  /* @fault is about to be delivered, RIP is the one to report, cpu->delivery
   * is the event whose delivery caused it, if any. @kind tells INT3 and INT1
   * from processor-made exceptions, @len is their length. TRUE: left. */
  gboolean (*exception) (MosSoftCpu     *cpu,
                         const MosFault *fault,
                         MosDeliveryKind kind,
                         guint           len);

  /* Between instructions, with something in @pending (MOS_PENDING_…): all of
   * take_events() in run.c, by its parts below. @held: interrupt shadow. */
  void (*events) (MosSoftCpu *cpu, guint pending, guint held);
  /* INIT arrived while active; TRUE: left. */
  gboolean (*init) (MosSoftCpu *cpu);
  /* A triple fault; TRUE: left. */
  gboolean (*shutdown) (MosSoftCpu *cpu);

  /* Guest-physical to machine-physical while guest.paging: FALSE after
   * filling guest.fault (unless MOS_NESTED_PEEK). */
  gboolean (*translate) (MosSoftCpu    *cpu,
                         guint64        gpa,
                         guint64        linear,
                         guint          access,
                         MosNestedPage *page);
  /* Leaves for guest.fault. */
  void (*nested_fault) (MosSoftCpu *cpu);
  /* An access to a page that translate() called virtual_apic; @value NULL: a
   * fetch, which does not return. It may leave: mos_guest_unwind(). */
  void (*apic_access) (MosSoftCpu   *cpu,
                       const MosUop *op,
                       guint64       address,
                       guint64      *value,
                       guint         size,
                       gboolean      write);
  /* A task switch is about to happen, by @op or (NULL) by cpu->delivery; if it
   * is intercepted, this does not return: mos_guest_unwind(). @how is a
   * MosTaskSwitch. */
  void (*task_switch) (MosSoftCpu    *cpu,
                       const MosUop  *op,
                       guint          how,
                       guint16        selector,
                       const guint32 *error_code);

  /* RESET# or INIT (@init): everything back, without an exit. */
  void (*reset) (MosSoftCpu *cpu, gboolean init);
  /* MosCpuState.nested: NULL if there is nothing to tell. Loading gets what
   * anybody may have made up, after the rest of the state was loaded; FALSE:
   * it cannot be, and nothing of it was taken. */
  GBytes *(*save) (MosSoftCpu *cpu);
  gboolean (*load) (MosSoftCpu *cpu, GBytes *saved);
};

void mos_guest_init (MosSoftCpu *cpu, const MosGuestOps *ops);
void mos_guest_clear (MosSoftCpu *cpu);

/* Guest mode begins; state, intercepts and the rest of cpu->guest are set. The
 * observer of the machine hears of it; @entry->mode is filled in. */
void mos_guest_enter (MosSoftCpu *cpu, MosNestedEntry *entry);
/* It ended with an exit: guest.active is cleared and the host's state loaded
 * after this call. @exit NULL: it ended without one (reset, INIT, a loaded
 * state). */
void mos_guest_left (MosSoftCpu *cpu, const MosNestedExit *exit);
/* What was set for an entry that does not come about is taken back. */
void mos_guest_disarm (MosSoftCpu *cpu);
/* VMRUN or a VM entry that failed before it began. */
void mos_guest_refused (MosSoftCpu           *cpu,
                        const MosNestedEntry *entry,
                        const MosNestedExit  *exit);

/* The operation put before instructions that may be intercepted; aux is the
 * MosIntercept. */
const MosUop *mos_op_gate (MosSoftCpu *cpu, const MosUop *op);

/* RIP and instruction count as before @op, for good: ends the block. */
void mos_guest_stop_at (MosSoftCpu *cpu, const MosUop *op);

/* Drops the instruction @op (NULL: none is under way) and calls @leave with
 * RIP at it. */
G_GNUC_NORETURN void mos_guest_unwind (MosSoftCpu   *cpu,
                                       const MosUop *op,
                                       void (*leave) (MosSoftCpu *cpu));
/* The same for the nested fault in guest.fault. */
G_GNUC_NORETURN void mos_guest_fault (MosSoftCpu *cpu, const MosUop *op);

/* Before INT3, INTO or INT1 is delivered: leaves if it is intercepted. */
void mos_guest_software (MosSoftCpu     *cpu,
                         const MosUop   *op,
                         guint           vector,
                         MosDeliveryKind kind,
                         guint           len);

/* Events in guest.hold are taken again. */
void mos_guest_release (MosSoftCpu *cpu, guint bits);

/* Delivers @event as entries inject it, right now, through the IDT of the
 * state just loaded. RIP returns to @next if it is a software's. Faults do
 * not come back; call it last, with the block's count settled. */
void mos_guest_inject (MosSoftCpu *cpu, const MosDelivery *event, guint64 next);

G_END_DECLS
