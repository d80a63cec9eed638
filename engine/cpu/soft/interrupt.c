/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Delivering interrupts and exceptions through vector table and IDT.
 *
 * Intel SDM volume 3, "Interrupt and Exception Handling"; volume 2, "INT n",
 * "Operation". Everything that can fault comes before anything changes.
 */
#include "engine/cpu/soft/interrupt.h"

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/stack.h"
#include "engine/cpu/soft/guest.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/segment.h"

/* One event on its way in. */
typedef struct {
  guint         vector;
  gboolean      software;
  gboolean      check_dpl;
  gboolean      has_error;
  guint32       error;
  guint64       flags; /* as they are pushed */
  guint64       next;  /* RIP that is pushed */
  const MosUop *op;    /* of a software interrupt, else NULL */
} Event;

/* Error code for a bad gate: the IDT bit. */
G_GNUC_NORETURN static void
gate_fault (MosSoftCpu *cpu, const Event *e, guint vector)
{
  mos_fault_error (cpu, e->op, vector,
                   e->vector * 8 + 2 + (e->software ? 0 : cpu->ext));
}

static void
clear_flags (MosSoftCpu *cpu, gboolean interrupt_gate)
{
  guint64 mask = MOS_RFLAGS_TF | MOS_RFLAGS_NT | MOS_RFLAGS_RF | MOS_RFLAGS_VM;

  if (interrupt_gate)
    mask |= MOS_RFLAGS_IF;
  mos_flags_load (cpu, 0, mask);
}

static void
deliver_real (MosSoftCpu *cpu, const Event *e)
{
  guint64 sp = cpu->gpr[MOS_RSP];
  guint64 lin = cpu->idt.base + 4 * e->vector;
  guint32 entry;

  if (e->vector * 4 + 3 > cpu->idt.limit)
    mos_fault_gp (cpu, e->op);
  entry = (guint32) mos_load_system (cpu, e->op, lin, 4);
  mos_stack_store (cpu, e->op, (sp - 2) & cpu->sp_mask, e->flags, 2);
  mos_stack_store (cpu, e->op, (sp - 4) & cpu->sp_mask,
                   cpu->seg[MOS_SEG_CS].selector, 2);
  mos_stack_store (cpu, e->op, (sp - 6) & cpu->sp_mask, e->next, 2);
  mos_sp_set (cpu, sp - 6);
  mos_segment_real (cpu, MOS_SEG_CS, (guint16) (entry >> 16));
  cpu->gpr[MOS_SLOT_RIP] = entry & 0xffff;
  mos_flags_load (cpu, 0, MOS_RFLAGS_IF | MOS_RFLAGS_TF | MOS_RFLAGS_AC);
  mos_mode_update (cpu);
}

/* The code segment behind a gate. */
static void
read_handler (MosSoftCpu    *cpu,
              const Event   *e,
              guint16        selector,
              MosDescriptor *code)
{
  gboolean lma = mos_long_mode (cpu);

  if (mos_selector_is_null (selector))
    mos_fault_error (cpu, e->op, MOS_EXC_GP, e->software ? 0 : cpu->ext);
  mos_descriptor_read (cpu, e->op, selector, MOS_EXC_GP, code);
  if (!code->seg.s || (code->seg.type & MOS_DESC_CODE) == 0 ||
      code->seg.dpl > mos_cpl (cpu) || (lma && (!code->seg.l || code->seg.db)))
    mos_fault_selector (cpu, e->op, MOS_EXC_GP, selector);
  if (!code->seg.present)
    mos_fault_selector (cpu, e->op, MOS_EXC_NP, selector);
}

static void
push_new (MosSoftCpu       *cpu,
          const Event      *e,
          const MosSegment *ss,
          guint64          *sp,
          guint64           value,
          guint             width)
{
  guint64 mask = ss->db ? 0xffffffff : 0xffff;
  guint64 offset;

  *sp -= width;
  offset = *sp & mask;
  if ((ss->type & 4) != 0 ? offset <= ss->limit
                          : offset + width - 1 > ss->limit)
    mos_fault_error (cpu, e->op, MOS_EXC_SS,
                     (ss->selector & 0xfffcu) | cpu->ext);
  mos_store_system (cpu, e->op, (guint32) (ss->base + offset), value, width);
}

/* To an inner level, also out of virtual-8086 mode. */
static void
deliver_inner (MosSoftCpu    *cpu,
               const Event   *e,
               MosDescriptor *code,
               guint64        offset,
               guint          width,
               gboolean       interrupt_gate)
{
  gboolean      v86 = (cpu->key & MOS_KEY_V86) != 0;
  guint         cpl = code->seg.dpl;
  MosDescriptor stack;
  guint64       sp;
  guint16       ss;

  if (v86 && cpl != 0)
    mos_fault_selector (cpu, e->op, MOS_EXC_GP, code->seg.selector);
  mos_tss_stack (cpu, e->op, cpl, &ss, &sp);
  mos_segment_check_stack (cpu, e->op, ss, cpl, MOS_EXC_TS, &stack);
  if (offset > code->seg.limit)
    mos_fault_error (cpu, e->op, MOS_EXC_GP, cpu->ext);
  if (v86) {
    static const guint8 order[] = { MOS_SEG_GS, MOS_SEG_FS, MOS_SEG_DS,
                                    MOS_SEG_ES };

    for (guint i = 0; i < G_N_ELEMENTS (order); i++)
      push_new (cpu, e, &stack.seg, &sp, cpu->seg[order[i]].selector, width);
  }
  push_new (cpu, e, &stack.seg, &sp, cpu->seg[MOS_SEG_SS].selector, width);
  push_new (cpu, e, &stack.seg, &sp, cpu->gpr[MOS_RSP], width);
  push_new (cpu, e, &stack.seg, &sp, e->flags, width);
  push_new (cpu, e, &stack.seg, &sp, cpu->seg[MOS_SEG_CS].selector, width);
  push_new (cpu, e, &stack.seg, &sp, e->next, width);
  if (e->has_error)
    push_new (cpu, e, &stack.seg, &sp, e->error, width);
  mos_descriptor_access (cpu, e->op, &stack);
  mos_descriptor_access (cpu, e->op, code);
  if (v86) {
    mos_segment_null (cpu, MOS_SEG_ES, 0);
    mos_segment_null (cpu, MOS_SEG_DS, 0);
    mos_segment_null (cpu, MOS_SEG_FS, 0);
    mos_segment_null (cpu, MOS_SEG_GS, 0);
  }
  clear_flags (cpu, interrupt_gate);
  cpu->seg[MOS_SEG_SS] = stack.seg;
  mos_segment_set_code (cpu, code, cpl);
  cpu->gpr[MOS_SLOT_RIP] = offset;
  mos_mode_update (cpu);
  mos_sp_set (cpu, sp);
}

static void
deliver_same (MosSoftCpu    *cpu,
              const Event   *e,
              MosDescriptor *code,
              guint64        offset,
              guint          width,
              gboolean       interrupt_gate)
{
  guint64 words[4] = { e->flags, cpu->seg[MOS_SEG_CS].selector, e->next,
                       e->error };
  guint   n = e->has_error ? 4 : 3;
  guint64 sp = cpu->gpr[MOS_RSP];

  if ((cpu->key & MOS_KEY_V86) != 0)
    mos_fault_selector (cpu, e->op, MOS_EXC_GP, code->seg.selector);
  if (offset > code->seg.limit)
    mos_fault_error (cpu, e->op, MOS_EXC_GP, cpu->ext);
  for (guint i = 0; i < n; i++)
    mos_stack_store (cpu, e->op, (sp - (i + 1) * width) & cpu->sp_mask,
                     words[i], width);
  mos_descriptor_access (cpu, e->op, code);
  mos_sp_set (cpu, sp - n * width);
  clear_flags (cpu, interrupt_gate);
  mos_segment_set_code (cpu, code, mos_cpl (cpu));
  cpu->gpr[MOS_SLOT_RIP] = offset;
  mos_mode_update (cpu);
}

static void
deliver_task (MosSoftCpu *cpu, const Event *e, guint16 selector)
{
  MosDescriptor d;

  if ((selector & 4) != 0 || mos_selector_is_null (selector))
    mos_fault_selector (cpu, e->op, MOS_EXC_GP, selector);
  mos_descriptor_read (cpu, e->op, selector, MOS_EXC_GP, &d);
  if (d.seg.s || (d.seg.type != MOS_DESC_TSS && d.seg.type != MOS_DESC_TSS16))
    mos_fault_selector (cpu, e->op, MOS_EXC_GP, selector);
  if (!d.seg.present)
    mos_fault_selector (cpu, e->op, MOS_EXC_NP, selector);
  mos_task_switch (cpu, e->op, &d, MOS_TASK_CALL, e->next,
                   e->has_error ? &e->error : NULL);
}

static void
deliver_protected (MosSoftCpu *cpu, const Event *e)
{
  guint64       lin = cpu->idt.base + 8 * e->vector;
  guint         offset = e->vector * 8;
  MosDescriptor g, code;
  MosGate       gate;
  guint64       word;
  guint         type, width;

  if (offset + 7 > cpu->idt.limit)
    gate_fault (cpu, e, MOS_EXC_GP);
  word = mos_load_system (cpu, e->op, (guint32) lin, 8);
  g.low = (guint32) word;
  g.high = word >> 32;
  mos_descriptor_decode (&g, 0);
  type = g.seg.type;
  if (g.seg.s || (type != MOS_DESC_TASK && type != MOS_DESC_INT16 &&
                  type != MOS_DESC_TRAP16 && type != MOS_DESC_INT &&
                  type != MOS_DESC_TRAP))
    gate_fault (cpu, e, MOS_EXC_GP);
  if (e->check_dpl && g.seg.dpl < mos_cpl (cpu))
    gate_fault (cpu, e, MOS_EXC_GP);
  if (!g.seg.present)
    gate_fault (cpu, e, MOS_EXC_NP);
  width = type == MOS_DESC_INT || type == MOS_DESC_TRAP ? 4 : 2;
  mos_gate_decode (&g, width == 4, &gate);
  if (type == MOS_DESC_TASK) {
    deliver_task (cpu, e, gate.selector);
    return;
  }
  read_handler (cpu, e, gate.selector, &code);
  if ((code.seg.type & MOS_DESC_CONFORMING) == 0 &&
      code.seg.dpl < mos_cpl (cpu))
    deliver_inner (cpu, e, &code, gate.offset, width, (type & 1) == 0);
  else
    deliver_same (cpu, e, &code, gate.offset, width, (type & 1) == 0);
}

static void
deliver_long (MosSoftCpu *cpu, const Event *e)
{
  guint64       lin = cpu->idt.base + 16 * e->vector;
  guint         old_cpl = mos_cpl (cpu), cpl = old_cpl, type, ist;
  MosDescriptor g, code;
  MosGate       gate;
  guint64       word, sp = cpu->gpr[MOS_RSP];
  guint64       frame[6];
  guint         n = 0;

  if (e->vector * 16 + 15 > cpu->idt.limit)
    gate_fault (cpu, e, MOS_EXC_GP);
  word = mos_load_system (cpu, e->op, lin, 8);
  g.low = (guint32) word;
  g.high = word >> 32;
  mos_descriptor_decode (&g, 0);
  type = g.seg.type;
  if (g.seg.s || (type != MOS_DESC_INT && type != MOS_DESC_TRAP))
    gate_fault (cpu, e, MOS_EXC_GP);
  if (e->check_dpl && g.seg.dpl < old_cpl)
    gate_fault (cpu, e, MOS_EXC_GP);
  if (!g.seg.present)
    gate_fault (cpu, e, MOS_EXC_NP);
  mos_gate_decode (&g, TRUE, &gate);
  gate.offset |= mos_load_system (cpu, e->op, lin + 8, 4) << 32;
  ist = g.high & 7;
  read_handler (cpu, e, gate.selector, &code);
  if ((code.seg.type & MOS_DESC_CONFORMING) == 0)
    cpl = code.seg.dpl;
  if (!mos_is_canonical (gate.offset))
    mos_fault_error (cpu, e->op, MOS_EXC_GP, cpu->ext);
  if (ist != 0)
    sp = mos_tss_stack64 (cpu, e->op, 8 + ist);
  else if (cpl != old_cpl)
    sp = mos_tss_stack64 (cpu, e->op, cpl);
  sp &= ~(guint64) 15;
  frame[n++] = cpu->seg[MOS_SEG_SS].selector;
  frame[n++] = cpu->gpr[MOS_RSP];
  frame[n++] = e->flags;
  frame[n++] = cpu->seg[MOS_SEG_CS].selector;
  frame[n++] = e->next;
  if (e->has_error)
    frame[n++] = e->error;
  cpu->on_stack = TRUE;
  for (guint i = 0; i < n; i++)
    mos_store_system (cpu, e->op, sp - 8 * (i + 1), frame[i], 8);
  cpu->on_stack = FALSE;
  mos_descriptor_access (cpu, e->op, &code);
  clear_flags (cpu, type == MOS_DESC_INT);
  if (cpl != old_cpl)
    mos_segment_null (cpu, MOS_SEG_SS, (guint16) cpl);
  cpu->gpr[MOS_RSP] = sp - 8 * n;
  mos_segment_set_code (cpu, &code, cpl);
  cpu->gpr[MOS_SLOT_RIP] = gate.offset;
  mos_mode_update (cpu);
}

static void
deliver (MosSoftCpu *cpu, const Event *e)
{
  if ((cpu->key & MOS_KEY_REAL) != 0)
    deliver_real (cpu, e);
  else if ((cpu->key & MOS_KEY_LMA) != 0)
    deliver_long (cpu, e);
  else
    deliver_protected (cpu, e);
}

void
mos_interrupt_exception (MosSoftCpu *cpu, const MosFault *fault)
{
  Event e = { .vector = fault->vector,
              .has_error = fault->has_error,
              .error = fault->error,
              .flags = mos_flags_get (cpu),
              .next = cpu->gpr[MOS_SLOT_RIP] };

  if (fault->vector == MOS_EXC_DB) {
    cpu->dr6 |= fault->address;
    cpu->dr7 &= ~MOS_DR7_GD;
  }
  /* Faults resume their instruction without a breakpoint on it; traps (bits
   * of data breakpoints and BS) have ended theirs. */
  if (fault->vector != MOS_EXC_DB && fault->vector != MOS_EXC_DF)
    e.flags |= MOS_RFLAGS_RF;
  cpu->ext = fault->vector == MOS_EXC_DF ? 0 : 1;
  deliver (cpu, &e);
  cpu->ext = 0;
}

void
mos_interrupt_external (MosSoftCpu *cpu, guint vector)
{
  Event e = { .vector = vector,
              .flags = mos_flags_get (cpu),
              .next = cpu->gpr[MOS_SLOT_RIP] };

  cpu->ext = 1;
  deliver (cpu, &e);
  cpu->ext = 0;
}

/* CR4.VME: a software interrupt that the task's bit map leaves to the 8086
 * program goes through its own vector table. */
static gboolean
try_v86_redirect (MosSoftCpu *cpu, const Event *e)
{
  const MosSegment *tr = &cpu->seg[MOS_SEG_TR];
  guint64           flags = e->flags & 0xffff;
  guint64           sp = cpu->gpr[MOS_RSP];
  guint64           map, entry;

  if ((cpu->key & MOS_KEY_V86) == 0 || (cpu->cr4 & MOS_CR4_VME) == 0)
    return FALSE;
  map = mos_load_system (cpu, e->op, tr->base + 102, 2);
  if (map < 32 || map + e->vector / 8 - 32 > tr->limit)
    return FALSE;
  if ((mos_load_system (cpu, e->op, tr->base + map - 32 + e->vector / 8, 1) >>
       (e->vector & 7)) &
      1)
    return FALSE;
  if (mos_iopl (cpu) < 3) {
    flags &= ~MOS_RFLAGS_IF;
    if ((cpu->rflags & MOS_RFLAGS_VIF) != 0)
      flags |= MOS_RFLAGS_IF;
    flags |= MOS_RFLAGS_IOPL;
  }
  entry = mos_load (cpu, e->op, e->vector * 4, 4);
  mos_stack_store (cpu, e->op, (sp - 2) & cpu->sp_mask, flags, 2);
  mos_stack_store (cpu, e->op, (sp - 4) & cpu->sp_mask,
                   cpu->seg[MOS_SEG_CS].selector, 2);
  mos_stack_store (cpu, e->op, (sp - 6) & cpu->sp_mask, e->next, 2);
  mos_sp_set (cpu, sp - 6);
  mos_segment_real (cpu, MOS_SEG_CS, (guint16) (entry >> 16));
  cpu->gpr[MOS_SLOT_RIP] = entry & 0xffff;
  mos_flags_load (cpu, 0,
                  MOS_RFLAGS_TF | MOS_RFLAGS_NT |
                      (mos_iopl (cpu) < 3 ? MOS_RFLAGS_VIF : MOS_RFLAGS_IF));
  mos_mode_update (cpu);
  return TRUE;
}

void
mos_interrupt_software (MosSoftCpu     *cpu,
                        const MosUop   *op,
                        guint           vector,
                        guint64         next,
                        MosDeliveryKind kind)
{
  Event e = { .vector = vector,
              .software = TRUE,
              .check_dpl = kind != MOS_DELIVERY_INT1,
              .flags = mos_flags_get (cpu),
              .next = next,
              .op = op };

  if (G_UNLIKELY (cpu->guest.exceptions != 0) && op != NULL &&
      kind != MOS_DELIVERY_SOFTWARE)
    mos_guest_software (cpu, op, vector, kind, op->len);
  cpu->delivery =
      (MosDelivery){ .kind = kind,
                     .vector = (guint8) vector,
                     .len = op != NULL ? op->len : cpu->delivery.len };
  deliver (cpu, &e);
  cpu->delivery.kind = MOS_DELIVERY_NONE;
}

gboolean
mos_interrupt_v86 (MosSoftCpu   *cpu,
                   const MosUop *op,
                   guint         vector,
                   guint64       next)
{
  Event e = { .vector = vector,
              .software = TRUE,
              .flags = mos_flags_get (cpu),
              .next = next,
              .op = op };

  return try_v86_redirect (cpu, &e);
}
