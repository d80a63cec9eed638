/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The run loop of one processor.
 *
 * It finds a block and runs it; blocks jump to each other until something is
 * pending, a budget of instructions is used up or an instruction wants to
 * leave. In between, in the order of the manual: machine events (flushes),
 * INIT, debug traps, NMI, interrupts. Faults land here by a long jump and are
 * delivered; a fault while delivering becomes a double fault or shutdown.
 *
 * Intel SDM volume 3, "Priority Among Concurrent Events".
 */
#include "engine/cpu/soft/run.h"

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/fpu.h"
#include "engine/cpu/soft/guest.h"
#include "engine/cpu/soft/interrupt.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/mmu.h"

#define BUDGET         ((gint64) 1 << 18) /* then counters are published */
#define NOT_DELIVERING (-1)
#define BENIGN         256 /* makes no double fault */

void
mos_cpu_notify (MosSoftCpu *cpu, guint bits)
{
  __atomic_or_fetch (&cpu->pending, bits, __ATOMIC_SEQ_CST);
  if (__atomic_load_n (&cpu->sleeping, __ATOMIC_SEQ_CST) == 0)
    return;
  /* It waits, or has seen the bits. Signalled with the lock held, it would wake
   * up only to wait for that. */
  g_mutex_lock (&cpu->sleep_lock);
  g_mutex_unlock (&cpu->sleep_lock);
  g_cond_signal (&cpu->sleep_cond);
}

void
mos_cpu_settle (MosSoftCpu *cpu)
{
  mos_mxcsr_settle (cpu);
  cpu->retired = mos_cpu_retired (cpu);
  cpu->budget_start = cpu->budget;
  __atomic_store_n (&cpu->counters.instructions, cpu->retired,
                    __ATOMIC_RELAXED);
}

static void
clear_pending (MosSoftCpu *cpu, guint bits)
{
  __atomic_and_fetch (&cpu->pending, ~bits, __ATOMIC_SEQ_CST);
}

/* Contributory exceptions and page faults make double faults of each other. */
static gboolean
is_contributory (guint vector)
{
  return vector == MOS_EXC_DE || (vector >= MOS_EXC_TS && vector <= MOS_EXC_GP);
}

/* What comes of @second while @first is being delivered. */
static void
combine (MosSoftCpu *cpu)
{
  int   first = cpu->delivering;
  guint second = cpu->fault.vector;

  if (first == MOS_EXC_DF) {
    cpu->shutdown = TRUE;
    return;
  }
  if ((is_contributory ((guint) first) && is_contributory (second)) ||
      (first == MOS_EXC_PF &&
       (is_contributory (second) || second == MOS_EXC_PF)))
    cpu->fault = (MosFault){ .vector = MOS_EXC_DF, .has_error = TRUE };
}

/* After a long jump: RIP and counts of before the faulting instruction. */
static void
land (MosSoftCpu *cpu)
{
  const MosUop *op = cpu->fault_op;

  if (op != NULL) {
    cpu->budget -= mos_op_before (op);
    cpu->gpr[MOS_SLOT_RIP] += mos_op_start (op);
  }
  if (cpu->rsp_moved)
    cpu->gpr[MOS_RSP] = cpu->rsp_saved;
  cpu->rsp_moved = FALSE;
  cpu->ext = 0;
  cpu->on_stack = FALSE;
  mos_mode_update (cpu);
}

/* The guest has done one instruction, or taken one event. */
static void
note_step (MosSoftCpu *cpu)
{
  cpu->guest.stepped = TRUE;
  __atomic_or_fetch (&cpu->pending, MOS_PENDING_GUEST, __ATOMIC_RELAXED);
}

static void
delivered (MosSoftCpu *cpu)
{
  cpu->delivering = NOT_DELIVERING;
  cpu->delivery.kind = MOS_DELIVERY_NONE;
  if (G_UNLIKELY (cpu->guest.step))
    note_step (cpu);
}

/* Whether a hypervisor in the machine wants cpu->fault for itself. */
static gboolean
intercepted (MosSoftCpu *cpu)
{
  return ((cpu->guest.exceptions >> (cpu->fault.vector & 31)) & 1) != 0 &&
         cpu->guest.ops->exception (cpu, &cpu->fault, MOS_DELIVERY_EXCEPTION,
                                    0);
}

/* Whether cpu->fault goes to the IDT, as itself or as a double fault. */
static gboolean
settle_fault (MosSoftCpu *cpu)
{
  if (intercepted (cpu))
    return FALSE;
  if (cpu->fault.vector == MOS_EXC_PF)
    cpu->cr2 = cpu->fault.address;
  if (cpu->delivering == NOT_DELIVERING)
    return TRUE;
  combine (cpu);
  if (cpu->shutdown) {
    if (cpu->guest.active && cpu->guest.ops->shutdown (cpu))
      cpu->shutdown = FALSE;
    return FALSE;
  }
  return cpu->fault.vector != MOS_EXC_DF || !intercepted (cpu);
}

/* Delivers cpu->fault; a fault in it comes back through land(). */
static void
deliver_fault (MosSoftCpu *cpu)
{
  const MosFault *fault = &cpu->fault;

  cpu->halted = FALSE;
  if (settle_fault (cpu)) {
    cpu->delivering = fault->vector;
    cpu->delivery = (MosDelivery){ .kind = MOS_DELIVERY_EXCEPTION,
                                   .vector = fault->vector,
                                   .has_error = fault->has_error,
                                   .error = fault->error };
    mos_cpu_count_fault (cpu);
    mos_interrupt_exception (cpu, fault);
  }
  delivered (cpu);
}

static void
deliver_event (MosSoftCpu *cpu, MosDeliveryKind kind, guint vector)
{
  cpu->halted = FALSE;
  cpu->delivering = BENIGN;
  cpu->delivery = (MosDelivery){ .kind = kind, .vector = (guint8) vector };
  mos_cpu_bump (&cpu->counters.interrupts);
  if (mos_trace_wants (cpu->trace, MOS_EVENT_INJECT))
    mos_cpu_trace (cpu, NULL, MOS_EVENT_INJECT, vector, 0);
  mos_interrupt_external (cpu, vector);
  delivered (cpu);
}

void
mos_run_interrupt (MosSoftCpu *cpu, guint vector)
{
  deliver_event (cpu, MOS_DELIVERY_INTERRUPT, vector);
}

void
mos_run_nmi (MosSoftCpu *cpu)
{
  cpu->nmi_masked = TRUE;
  deliver_event (cpu, MOS_DELIVERY_NMI, MOS_EXC_NMI);
}

void
mos_run_traps (MosSoftCpu *cpu)
{
  guint64 dr6 = cpu->watch_hits;

  clear_pending (cpu, MOS_PENDING_TRAP);
  cpu->watch_hits = 0;
  if (dr6 == 0)
    return;
  cpu->fault = (MosFault){ .vector = MOS_EXC_DB, .address = dr6 };
  deliver_fault (cpu);
}

void
mos_guest_inject (MosSoftCpu *cpu, const MosDelivery *event, guint64 next)
{
  cpu->halted = FALSE;
  cpu->delivering =
      event->kind == MOS_DELIVERY_EXCEPTION ? event->vector : BENIGN;
  cpu->delivery = *event;
  switch (event->kind) {
  case MOS_DELIVERY_INTERRUPT:
  case MOS_DELIVERY_NMI:
    mos_interrupt_external (cpu, event->vector);
    break;
  case MOS_DELIVERY_EXCEPTION:
    cpu->fault = (MosFault){ .vector = event->vector,
                             .has_error = event->has_error,
                             .error = event->error };
    mos_interrupt_exception (cpu, &cpu->fault);
    break;
  default:
    mos_interrupt_software (cpu, NULL, event->vector, next, event->kind);
    break;
  }
  delivered (cpu);
}

/* INIT: everything but what the manual's table keeps. */
static void
take_init (MosSoftCpu *cpu)
{
  /* A start-up message may have followed already. */
  clear_pending (cpu, MOS_PENDING_INIT);
  if (G_UNLIKELY (cpu->guest.active) && cpu->guest.ops->init (cpu))
    return;
  mos_cpu_init (cpu);
}

static void
take_sipi (MosSoftCpu *cpu)
{
  clear_pending (cpu, MOS_PENDING_SIPI);
  if (!cpu->waiting)
    return;
  cpu->waiting = FALSE;
  mos_cpu_start_at (cpu, __atomic_load_n (&cpu->sipi_vector, __ATOMIC_ACQUIRE));
}

/* Events between instructions. @held: interrupts are off for one more. */
static void
take_events (MosSoftCpu *cpu, guint pending, guint held)
{
  /* For the events of guest mode; without it, it came too late. */
  if (G_UNLIKELY ((pending & MOS_PENDING_GUEST) != 0))
    clear_pending (cpu, MOS_PENDING_GUEST);
  if (G_UNLIKELY (cpu->guest.active)) {
    cpu->guest.ops->events (cpu, pending, held);
    return;
  }
  if ((pending & MOS_PENDING_TRAP) != 0)
    mos_run_traps (cpu);
  if (held != 0)
    return;
  if ((pending & MOS_PENDING_NMI) != 0) {
    clear_pending (cpu, MOS_PENDING_NMI);
    if (!cpu->nmi_masked &&
        __atomic_exchange_n (&cpu->nmi_latched, 0, __ATOMIC_SEQ_CST)) {
      mos_run_nmi (cpu);
      return;
    }
  }
  if ((pending & MOS_PENDING_INTERRUPT) != 0) {
    int vector;

    /* Cleared first: what comes after the look sets it again. STI, POPF,
     * IRET, EOI and a lower task priority ask for another look. */
    clear_pending (cpu, MOS_PENDING_INTERRUPT);
    if ((cpu->rflags & MOS_RFLAGS_IF) == 0)
      return;
    vector = mos_lapic_take_interrupt (cpu);
    if (vector < 0)
      return;
    if (mos_lapic_has_interrupt (cpu))
      __atomic_or_fetch (&cpu->pending, MOS_PENDING_INTERRUPT,
                         __ATOMIC_RELAXED);
    mos_run_interrupt (cpu, (guint) vector);
  }
}

/* TRUE: go on; FALSE: the owner wants the thread back. */
static gboolean
take_pending (MosSoftCpu *cpu)
{
  guint pending = __atomic_load_n (&cpu->pending, __ATOMIC_ACQUIRE);
  guint held = cpu->shadow;

  if (G_UNLIKELY (cpu->mmu->old_ranges->len > 0))
    g_ptr_array_set_size (cpu->mmu->old_ranges, 0);
  if (pending == 0)
    return TRUE;
  if ((pending & MOS_PENDING_FLUSH) != 0) {
    clear_pending (cpu, MOS_PENDING_FLUSH);
    mos_mmu_flush_map (cpu);
  }
  if ((pending & MOS_PENDING_CODE) != 0)
    mos_code_take_mail (cpu);
  if ((pending & MOS_PENDING_ARENA) != 0) {
    clear_pending (cpu, MOS_PENDING_ARENA);
    mos_code_flush (cpu);
  }
  if ((pending & MOS_PENDING_YIELD) != 0)
    clear_pending (cpu, MOS_PENDING_YIELD);
  if ((pending & (MOS_PENDING_KICK | MOS_PENDING_YIELD)) != 0)
    return FALSE;
  if (G_UNLIKELY ((pending & cpu->guest.hold) != 0)) {
    cpu->guest.held |= pending & cpu->guest.hold;
    clear_pending (cpu, cpu->guest.hold);
    pending &= ~cpu->guest.hold;
  }
  if ((pending & MOS_PENDING_INIT) != 0)
    take_init (cpu);
  if ((pending & MOS_PENDING_SIPI) != 0)
    take_sipi (cpu);
  if (cpu->waiting || cpu->shutdown) /* nothing else gets through */
    clear_pending (cpu,
                   MOS_PENDING_INTERRUPT | MOS_PENDING_NMI | MOS_PENDING_TRAP);
  else
    take_events (cpu, pending, held);
  return TRUE;
}

/* Single-step and instruction breakpoints: blocks are one instruction long. */
static void
before_step (MosSoftCpu *cpu)
{
  guint64 lin = cpu->gpr[MOS_SLOT_RIP] + cpu->seg_base[MOS_SEG_CS];
  guint64 hits = 0;

  if ((cpu->rflags & MOS_RFLAGS_RF) == 0)
    for (guint i = 0; i < 4; i++)
      if (((cpu->dr7 >> (2 * i)) & 3) != 0 &&
          ((cpu->dr7 >> (16 + 4 * i)) & 3) == 0 && cpu->dr[i] == lin)
        hits |= (guint64) 1 << i;
  if (hits != 0)
    mos_fault_debug (cpu, NULL, hits);
  cpu->step_off = FALSE;
  /* For this instruction only; IRET may set it for the next. A fault pushes it
   * set in any case. */
  cpu->rflags &= ~(guint64) MOS_RFLAGS_RF;
}

/* @tf: TF as it was before the instruction. */
static void
after_step (MosSoftCpu *cpu, gboolean tf)
{
  if (tf && cpu->step_off)
    tf = FALSE;
  cpu->step_off = FALSE;
  if (cpu->guest.step)
    note_step (cpu);
  /* A new SS holds traps off until the instruction behind it is done (SDM
   * volume 3, "Masking Exceptions and Interrupts When Switching Stacks"). */
  if ((cpu->shadow & 1) != 0)
    return;
  if (tf)
    cpu->watch_hits |= (guint64) 1 << 14;
  if (cpu->watch_hits != 0)
    __atomic_or_fetch (&cpu->pending, MOS_PENDING_TRAP, __ATOMIC_RELAXED);
}

static void
run_block (MosSoftCpu *cpu)
{
  gboolean      step = (cpu->key & MOS_KEY_STEP) != 0;
  gboolean      tf = (cpu->rflags & MOS_RFLAGS_TF) != 0;
  gboolean      guest = cpu->guest.active;
  const MosUop *op;
  MosBlock     *block;

  if (G_UNLIKELY (step))
    before_step (cpu);
  block = mos_block_next (cpu);
  if (block == NULL)
    return;
  cpu->guest.shadow = cpu->shadow;
  cpu->guest.shadow_budget = cpu->budget;
  cpu->shadow = 0;
  cpu->block = block;
  op = block->ops;
  do
    op = op->fn (cpu, op);
  while (op != NULL);
  if (G_UNLIKELY (step) && cpu->guest.active == guest)
    after_step (cpu, tf);
}

/* What a loaded state says was on its way in. */
static void
deliver_injected (MosSoftCpu *cpu)
{
  int vector = cpu->injected;

  cpu->injected = -1;
  if (cpu->injected_exception) {
    cpu->injected_exception = FALSE;
    deliver_fault (cpu);
  } else {
    mos_run_interrupt (cpu, (guint) vector);
  }
}

/* A guest is left from amid an instruction, which has not happened. */
static void
unwind (MosSoftCpu *cpu)
{
  void (*leave) (MosSoftCpu *) = cpu->guest.unwind;

  cpu->guest.unwind = NULL;
  leave (cpu);
  delivered (cpu);
}

MosStop
mos_cpu_execute (MosSoftCpu *cpu, gint64 budget)
{
  cpu->budget = cpu->budget_start = budget > 0 ? budget : BUDGET;
  if (G_UNLIKELY (cpu->pmu.present))
    mos_pmu_begin (cpu);
  if (setjmp (cpu->fault_jump) != 0) {
    land (cpu);
    if (G_UNLIKELY (cpu->guest.unwind != NULL))
      unwind (cpu);
    else
      deliver_fault (cpu);
  }
  if (G_UNLIKELY (cpu->injected_exception || cpu->injected >= 0))
    deliver_injected (cpu);
  for (;;) {
    if (!take_pending (cpu))
      break;
    if (G_UNLIKELY (cpu->shutdown || cpu->halted || cpu->waiting)) {
      mos_cpu_settle (cpu);
      if (cpu->shutdown)
        return MOS_STOP_SHUTDOWN;
      if (__atomic_load_n (&cpu->pending, __ATOMIC_ACQUIRE) == 0)
        return MOS_STOP_IDLE;
      continue;
    }
    if (G_UNLIKELY (cpu->budget <= 0)) {
      if (G_UNLIKELY (cpu->pmu.running != 0) && mos_pmu_expired (cpu))
        continue;
      mos_cpu_settle (cpu);
      if (budget > 0)
        return MOS_STOP_LOOK;
      cpu->budget = cpu->budget_start = BUDGET;
      if (G_UNLIKELY (cpu->pmu.present))
        mos_pmu_begin (cpu);
    }
    if (G_UNLIKELY (cpu->pmu.by_place))
      mos_pmu_look_at_place (cpu);
    run_block (cpu);
  }
  mos_cpu_settle (cpu);
  return MOS_STOP_LOOK;
}

gboolean
mos_cpu_take_kick (MosSoftCpu *cpu)
{
  guint old = __atomic_fetch_and (&cpu->pending, ~(guint) MOS_PENDING_KICK,
                                  __ATOMIC_SEQ_CST);

  return (old & MOS_PENDING_KICK) != 0;
}

/* Sleeps until a signal, or until the time of a timer of the machine's clock,
 * and calls that. With sleep_lock held. */
static gboolean
sleep_once (MosSoftCpu *cpu)
{
  MosClock *clock = cpu->cpus->cpus.bus->clock;
  gint64    until_us;

  if (!mos_clock_watch (clock, &until_us)) {
    g_cond_wait (&cpu->sleep_cond, &cpu->sleep_lock);
    return FALSE;
  }
  if (until_us == MOS_CLOCK_NEVER) {
    g_cond_wait (&cpu->sleep_cond, &cpu->sleep_lock);
  } else if (!g_cond_wait_until (&cpu->sleep_cond, &cpu->sleep_lock,
                                 until_us)) {
    /* What it calls may notify this processor. */
    __atomic_store_n (&cpu->sleeping, 0, __ATOMIC_SEQ_CST);
    g_mutex_unlock (&cpu->sleep_lock);
    mos_clock_run_due (clock);
    g_mutex_lock (&cpu->sleep_lock);
    __atomic_store_n (&cpu->sleeping, 1, __ATOMIC_SEQ_CST);
  }
  return TRUE;
}

static void
sleep_until (MosSoftCpu *cpu, guint bits)
{
  gboolean watches = FALSE;

  __atomic_store_n (&cpu->busy, 0, __ATOMIC_SEQ_CST);
  g_mutex_lock (&cpu->sleep_lock);
  __atomic_store_n (&cpu->sleeping, 1, __ATOMIC_SEQ_CST);
  while ((__atomic_load_n (&cpu->pending, __ATOMIC_SEQ_CST) & bits) == 0)
    watches |= sleep_once (cpu);
  __atomic_store_n (&cpu->sleeping, 0, __ATOMIC_SEQ_CST);
  g_mutex_unlock (&cpu->sleep_lock);
  if (watches)
    mos_clock_unwatch (cpu->cpus->cpus.bus->clock);
  __atomic_store_n (&cpu->busy, 1, __ATOMIC_SEQ_CST);
}

void
mos_cpu_sleep (MosSoftCpu *cpu)
{
  sleep_until (cpu, G_MAXUINT);
}

void
mos_cpu_sleep_until_kick (MosSoftCpu *cpu)
{
  sleep_until (cpu, MOS_PENDING_KICK);
}
