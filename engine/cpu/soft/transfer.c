/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Far jumps, calls, returns and IRET.
 *
 * Each reads and checks everything first; then nothing can fault any more and
 * CS, SS, RSP, RIP and flags change together.
 *
 * Intel SDM volume 2, "JMP", "CALL", "RET", "IRET", "Operation".
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/stack.h"
#include "engine/cpu/soft/interrupt.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/segment.h"

/* Flags that IRET to an outer or the same level may always change. */
#define IRET_FLAGS                                                         \
  (MOS_RFLAGS_ARITHMETIC | MOS_RFLAGS_TF | MOS_RFLAGS_DF | MOS_RFLAGS_NT | \
   MOS_RFLAGS_RF | MOS_RFLAGS_AC | MOS_RFLAGS_ID)

static guint64
width_mask (guint width)
{
  return G_MAXUINT64 >> (64 - 8 * width);
}

/* RIP must fit the code segment it goes to. */
static void
check_offset (MosSoftCpu       *cpu,
              const MosUop     *op,
              const MosSegment *cs,
              guint64           offset)
{
  if (mos_long_mode (cpu) && cs->l) {
    if (!mos_is_canonical (offset))
      mos_fault_error (cpu, op, MOS_EXC_GP, cpu->ext);
  } else if (offset > cs->limit) {
    mos_fault_error (cpu, op, MOS_EXC_GP, cpu->ext);
  }
}

/* A code segment that a jump or call may reach directly. */
static void
check_direct (MosSoftCpu *cpu, const MosUop *op, const MosDescriptor *d)
{
  const MosSegment *s = &d->seg;
  guint             cpl = mos_cpl (cpu);

  if ((s->type & MOS_DESC_CONFORMING) != 0) {
    if (s->dpl > cpl)
      mos_fault_selector (cpu, op, MOS_EXC_GP, s->selector);
  } else if ((s->selector & 3u) > cpl || s->dpl != cpl) {
    mos_fault_selector (cpu, op, MOS_EXC_GP, s->selector);
  }
  if (mos_long_mode (cpu) && s->l && s->db)
    mos_fault_selector (cpu, op, MOS_EXC_GP, s->selector);
  if (!s->present)
    mos_fault_selector (cpu, op, MOS_EXC_NP, s->selector);
}

static void
real_jump (MosSoftCpu *cpu, const MosUop *op, guint16 selector, guint64 offset)
{
  if (offset > cpu->seg[MOS_SEG_CS].limit)
    mos_fault_gp (cpu, op);
  mos_segment_real (cpu, MOS_SEG_CS, selector);
  cpu->gpr[MOS_SLOT_RIP] = offset;
  mos_mode_update (cpu);
}

/* The gate's own rights, before it is looked into. */
static void
check_gate (MosSoftCpu *cpu, const MosUop *op, const MosDescriptor *d)
{
  if (d->seg.dpl < mos_cpl (cpu) || d->seg.dpl < (d->seg.selector & 3u))
    mos_fault_selector (cpu, op, MOS_EXC_GP, d->seg.selector);
  if (!d->seg.present)
    mos_fault_selector (cpu, op, MOS_EXC_NP, d->seg.selector);
}

/* The TSS that a task gate or selector means, checked to be free. */
static void
read_task (MosSoftCpu    *cpu,
           const MosUop  *op,
           guint16        selector,
           MosDescriptor *d)
{
  if ((selector & 4) != 0 || mos_selector_is_null (selector))
    mos_fault_selector (cpu, op, MOS_EXC_GP, selector);
  mos_descriptor_read (cpu, op, selector, MOS_EXC_GP, d);
  if (d->seg.s ||
      (d->seg.type != MOS_DESC_TSS && d->seg.type != MOS_DESC_TSS16))
    mos_fault_selector (cpu, op, MOS_EXC_GP, selector);
  if (!d->seg.present)
    mos_fault_selector (cpu, op, MOS_EXC_NP, selector);
}

/* The code segment and offset behind a call gate. */
static void
read_call_gate (MosSoftCpu          *cpu,
                const MosUop        *op,
                const MosDescriptor *g,
                MosDescriptor       *code,
                MosGate             *gate)
{
  gboolean lma = mos_long_mode (cpu);
  guint    cpl = mos_cpl (cpu);

  mos_gate_decode (g, g->seg.type == MOS_DESC_CALL, gate);
  if (lma) {
    guint64 upper = mos_load_system (cpu, op, g->lin + 8, 8);

    if ((upper >> 40 & 0x1f) != 0)
      mos_fault_selector (cpu, op, MOS_EXC_GP, g->seg.selector);
    gate->offset |= upper << 32;
  }
  if (mos_selector_is_null (gate->selector))
    mos_fault_gp (cpu, op);
  mos_descriptor_read (cpu, op, gate->selector, MOS_EXC_GP, code);
  if (!code->seg.s || (code->seg.type & MOS_DESC_CODE) == 0 ||
      code->seg.dpl > cpl || (lma && (!code->seg.l || code->seg.db)))
    mos_fault_selector (cpu, op, MOS_EXC_GP, gate->selector);
  if (!code->seg.present)
    mos_fault_selector (cpu, op, MOS_EXC_NP, gate->selector);
}

static gboolean
is_call_gate (MosSoftCpu *cpu, const MosSegment *s)
{
  return !s->s && (s->type == MOS_DESC_CALL ||
                   (s->type == MOS_DESC_CALL16 && !mos_long_mode (cpu)));
}

/* Jumps and calls to a task gate or TSS; FALSE: it is neither. */
static gboolean
try_task (MosSoftCpu          *cpu,
          const MosUop        *op,
          const MosDescriptor *d,
          MosTaskSwitch        how,
          guint64              next)
{
  MosDescriptor tss;
  MosGate       gate;

  if (d->seg.s || mos_long_mode (cpu))
    return FALSE;
  if (d->seg.type == MOS_DESC_TASK) {
    check_gate (cpu, op, d);
    mos_gate_decode (d, FALSE, &gate);
    read_task (cpu, op, gate.selector, &tss);
  } else if (d->seg.type == MOS_DESC_TSS || d->seg.type == MOS_DESC_TSS16) {
    check_gate (cpu, op, d);
    read_task (cpu, op, d->seg.selector, &tss);
  } else {
    return FALSE;
  }
  mos_task_switch (cpu, op, &tss, how, next, NULL);
  return TRUE;
}

void
mos_far_jump (MosSoftCpu   *cpu,
              const MosUop *op,
              guint16       selector,
              guint64       offset,
              guint         width)
{
  MosDescriptor d, code;
  MosGate       gate;
  guint         cpl = mos_cpl (cpu);

  if ((cpu->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0) {
    real_jump (cpu, op, selector, offset);
    return;
  }
  if (mos_selector_is_null (selector))
    mos_fault_gp (cpu, op);
  mos_descriptor_read (cpu, op, selector, MOS_EXC_GP, &d);
  if (d.seg.s && (d.seg.type & MOS_DESC_CODE) != 0) {
    check_direct (cpu, op, &d);
    check_offset (cpu, op, &d.seg, offset);
    mos_descriptor_access (cpu, op, &d);
    mos_segment_set_code (cpu, &d, cpl);
    cpu->gpr[MOS_SLOT_RIP] = offset;
  } else if (is_call_gate (cpu, &d.seg)) {
    check_gate (cpu, op, &d);
    read_call_gate (cpu, op, &d, &code, &gate);
    if ((code.seg.type & MOS_DESC_CONFORMING) == 0 && code.seg.dpl != cpl)
      mos_fault_selector (cpu, op, MOS_EXC_GP, gate.selector);
    check_offset (cpu, op, &code.seg, gate.offset);
    mos_descriptor_access (cpu, op, &code);
    mos_segment_set_code (cpu, &code, cpl);
    cpu->gpr[MOS_SLOT_RIP] = gate.offset;
  } else if (!try_task (cpu, op, &d, MOS_TASK_JUMP,
                        cpu->gpr[MOS_SLOT_RIP] + op->next)) {
    mos_fault_selector (cpu, op, MOS_EXC_GP, selector);
  }
  mos_mode_update (cpu);
}

/* Pushes CS and the return address on the present stack. */
static void
push_return (MosSoftCpu *cpu, const MosUop *op, guint width, guint64 next)
{
  guint64 sp = cpu->gpr[MOS_RSP];
  guint64 first = (sp - width) & cpu->sp_mask;
  guint64 second = (sp - 2 * width) & cpu->sp_mask;

  mos_stack_store (cpu, op, first, cpu->seg[MOS_SEG_CS].selector, width);
  mos_stack_store (cpu, op, second, next, width);
}

/* Parameters of the outer stack for a gate with a count; read before. */
static void
read_parameters (MosSoftCpu   *cpu,
                 const MosUop *op,
                 guint         count,
                 guint         width,
                 guint64       out[32])
{
  for (guint i = 0; i < count; i++)
    out[i] = mos_stack_load (
        cpu, op, (cpu->gpr[MOS_RSP] + i * width) & cpu->sp_mask, width);
}

/* Stores through a stack segment that is not loaded yet. */
static void
store_new_stack (MosSoftCpu       *cpu,
                 const MosUop     *op,
                 const MosSegment *ss,
                 guint64           sp,
                 guint64           value,
                 guint             width)
{
  guint64 mask = ss->db ? 0xffffffff : 0xffff;
  guint64 offset = sp & mask;

  if ((ss->type & 4) != 0 ? offset <= ss->limit
                          : offset + width - 1 > ss->limit)
    mos_fault_selector (cpu, op, MOS_EXC_SS, ss->selector);
  mos_store_system (cpu, op, (guint32) (ss->base + offset), value, width);
}

/* A call gate to an inner level, outside long mode. */
static void
call_inner (MosSoftCpu    *cpu,
            const MosUop  *op,
            MosDescriptor *code,
            const MosGate *gate,
            guint          width,
            guint64        next)
{
  guint         cpl = code->seg.dpl;
  MosDescriptor stack;
  guint64       parameters[32], sp;
  guint16       ss;

  mos_tss_stack (cpu, op, cpl, &ss, &sp);
  mos_segment_check_stack (cpu, op, ss, cpl, MOS_EXC_TS, &stack);
  read_parameters (cpu, op, gate->count, width, parameters);
  check_offset (cpu, op, &code->seg, gate->offset);
  store_new_stack (cpu, op, &stack.seg, sp -= width,
                   cpu->seg[MOS_SEG_SS].selector, width);
  store_new_stack (cpu, op, &stack.seg, sp -= width, cpu->gpr[MOS_RSP], width);
  for (guint i = gate->count; i-- > 0;)
    store_new_stack (cpu, op, &stack.seg, sp -= width, parameters[i], width);
  store_new_stack (cpu, op, &stack.seg, sp -= width,
                   cpu->seg[MOS_SEG_CS].selector, width);
  store_new_stack (cpu, op, &stack.seg, sp -= width, next, width);
  mos_descriptor_access (cpu, op, &stack);
  mos_descriptor_access (cpu, op, code);
  cpu->seg[MOS_SEG_SS] = stack.seg;
  mos_segment_set_code (cpu, code, cpl);
  cpu->gpr[MOS_SLOT_RIP] = gate->offset;
  mos_mode_update (cpu);
  mos_sp_set (cpu, sp);
}

static void
call_inner64 (MosSoftCpu    *cpu,
              const MosUop  *op,
              MosDescriptor *code,
              const MosGate *gate,
              guint64        next)
{
  guint   cpl = code->seg.dpl;
  guint64 sp = mos_tss_stack64 (cpu, op, cpl);

  check_offset (cpu, op, &code->seg, gate->offset);
  mos_store_system (cpu, op, sp - 8, cpu->seg[MOS_SEG_SS].selector, 8);
  mos_store_system (cpu, op, sp - 16, cpu->gpr[MOS_RSP], 8);
  mos_store_system (cpu, op, sp - 24, cpu->seg[MOS_SEG_CS].selector, 8);
  mos_store_system (cpu, op, sp - 32, next, 8);
  mos_descriptor_access (cpu, op, code);
  mos_segment_set_code (cpu, code, cpl);
  mos_segment_null (cpu, MOS_SEG_SS, (guint16) cpl);
  cpu->gpr[MOS_RSP] = sp - 32;
  cpu->gpr[MOS_SLOT_RIP] = gate->offset;
  mos_mode_update (cpu);
}

static void
call_gate (MosSoftCpu          *cpu,
           const MosUop        *op,
           const MosDescriptor *g,
           guint64              next)
{
  MosDescriptor code;
  MosGate       gate;
  guint         cpl = mos_cpl (cpu);
  guint         width = mos_long_mode (cpu)              ? 8
                        : g->seg.type == MOS_DESC_CALL16 ? 2
                                                         : 4;

  check_gate (cpu, op, g);
  read_call_gate (cpu, op, g, &code, &gate);
  if ((code.seg.type & MOS_DESC_CONFORMING) == 0 && code.seg.dpl < cpl) {
    if (width == 8)
      call_inner64 (cpu, op, &code, &gate, next);
    else
      call_inner (cpu, op, &code, &gate, width, next);
    return;
  }
  check_offset (cpu, op, &code.seg, gate.offset);
  push_return (cpu, op, width, next);
  mos_descriptor_access (cpu, op, &code);
  mos_sp_add (cpu, -(guint64) (2 * width));
  mos_segment_set_code (cpu, &code, cpl);
  cpu->gpr[MOS_SLOT_RIP] = gate.offset;
  mos_mode_update (cpu);
}

void
mos_far_call (MosSoftCpu   *cpu,
              const MosUop *op,
              guint16       selector,
              guint64       offset,
              guint         width,
              guint64       next)
{
  MosDescriptor d;

  if ((cpu->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0) {
    if (offset > cpu->seg[MOS_SEG_CS].limit)
      mos_fault_gp (cpu, op);
    push_return (cpu, op, width, next);
    mos_sp_add (cpu, -(guint64) (2 * width));
    real_jump (cpu, op, selector, offset);
    return;
  }
  if (mos_selector_is_null (selector))
    mos_fault_gp (cpu, op);
  mos_descriptor_read (cpu, op, selector, MOS_EXC_GP, &d);
  if (d.seg.s && (d.seg.type & MOS_DESC_CODE) != 0) {
    check_direct (cpu, op, &d);
    check_offset (cpu, op, &d.seg, offset);
    push_return (cpu, op, width, next);
    mos_descriptor_access (cpu, op, &d);
    mos_sp_add (cpu, -(guint64) (2 * width));
    mos_segment_set_code (cpu, &d, mos_cpl (cpu));
    cpu->gpr[MOS_SLOT_RIP] = offset;
    mos_mode_update (cpu);
  } else if (is_call_gate (cpu, &d.seg)) {
    call_gate (cpu, op, &d, next);
  } else if (!try_task (cpu, op, &d, MOS_TASK_CALL, next)) {
    mos_fault_selector (cpu, op, MOS_EXC_GP, selector);
  }
}

/* The code segment a return goes to. */
static void
read_return_code (MosSoftCpu    *cpu,
                  const MosUop  *op,
                  guint16        selector,
                  MosDescriptor *d)
{
  const MosSegment *s = &d->seg;
  guint             rpl = selector & 3;

  if (mos_selector_is_null (selector))
    mos_fault_gp (cpu, op);
  mos_descriptor_read (cpu, op, selector, MOS_EXC_GP, d);
  if (!s->s || (s->type & MOS_DESC_CODE) == 0 || rpl < mos_cpl (cpu) ||
      ((s->type & MOS_DESC_CONFORMING) != 0 ? s->dpl > rpl : s->dpl != rpl) ||
      (mos_long_mode (cpu) && s->l && s->db))
    mos_fault_selector (cpu, op, MOS_EXC_GP, selector);
  if (!s->present)
    mos_fault_selector (cpu, op, MOS_EXC_NP, selector);
}

/* The stack segment a return to an outer level goes to; FALSE: null, which
 * 64-bit code below level 3 may have. */
static gboolean
read_return_stack (MosSoftCpu       *cpu,
                   const MosUop     *op,
                   guint16           selector,
                   const MosSegment *code,
                   MosDescriptor    *d)
{
  guint rpl = code->selector & 3;

  if (mos_selector_is_null (selector)) {
    if (!mos_long_mode (cpu) || !code->l || rpl == 3 || (selector & 3u) != rpl)
      mos_fault_gp (cpu, op);
    return FALSE;
  }
  mos_segment_check_stack (cpu, op, selector, rpl, MOS_EXC_GP, d);
  return TRUE;
}

static void
enter_outer (MosSoftCpu    *cpu,
             const MosUop  *op,
             MosDescriptor *code,
             MosDescriptor *stack,
             guint16        ss,
             guint64        sp,
             guint64        rip)
{
  guint cpl = code->seg.selector & 3;
  guint old = mos_cpl (cpu);

  mos_descriptor_access (cpu, op, code);
  if (stack != NULL)
    mos_descriptor_access (cpu, op, stack);
  mos_segment_set_code (cpu, code, cpl);
  if (stack != NULL)
    cpu->seg[MOS_SEG_SS] = stack->seg;
  else
    mos_segment_null (cpu, MOS_SEG_SS, ss);
  cpu->gpr[MOS_SLOT_RIP] = rip;
  if (cpl > old)
    mos_segment_drop_data (cpu, cpl);
  mos_mode_update (cpu);
  if (cpu->sp_mask == 0xffff)
    mos_sp_set (cpu, sp);
  else
    cpu->gpr[MOS_RSP] = sp & cpu->sp_mask;
}

/* The @n th word of @width bytes on the stack. */
static guint64
stack_word (MosSoftCpu *cpu, const MosUop *op, guint width, guint bytes)
{
  return mos_stack_load (cpu, op, (cpu->gpr[MOS_RSP] + bytes) & cpu->sp_mask,
                         width);
}

void
mos_far_return (MosSoftCpu *cpu, const MosUop *op, guint width, guint release)
{
  guint64       rip = stack_word (cpu, op, width, 0);
  guint16       cs = (guint16) stack_word (cpu, op, width, width);
  MosDescriptor code, stack;

  if ((cpu->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0) {
    real_jump (cpu, op, cs, rip);
    mos_sp_add (cpu, 2 * width + release);
    return;
  }
  read_return_code (cpu, op, cs, &code);
  if ((cs & 3u) == mos_cpl (cpu)) {
    check_offset (cpu, op, &code.seg, rip);
    mos_descriptor_access (cpu, op, &code);
    mos_sp_add (cpu, 2 * width + release);
    mos_segment_set_code (cpu, &code, cs & 3);
    cpu->gpr[MOS_SLOT_RIP] = rip;
    mos_mode_update (cpu);
  } else {
    guint64  sp = stack_word (cpu, op, width, 2 * width + release);
    guint16  ss = (guint16) stack_word (cpu, op, width, 3 * width + release);
    gboolean real_stack = read_return_stack (cpu, op, ss, &code.seg, &stack);

    check_offset (cpu, op, &code.seg, rip);
    enter_outer (cpu, op, &code, real_stack ? &stack : NULL, ss, sp + release,
                 rip);
  }
}

static guint64
iret_mask (MosSoftCpu *cpu, guint width)
{
  guint64 mask = IRET_FLAGS;

  if (mos_cpl (cpu) == 0)
    mask |= MOS_RFLAGS_IOPL | MOS_RFLAGS_VIF | MOS_RFLAGS_VIP;
  if (mos_cpl (cpu) <= mos_iopl (cpu))
    mask |= MOS_RFLAGS_IF;
  return width == 2 ? mask & 0xffff : mask;
}

static void
iret_real (MosSoftCpu *cpu, const MosUop *op, guint width)
{
  guint64 rip = stack_word (cpu, op, width, 0);
  guint16 cs = (guint16) stack_word (cpu, op, width, width);
  guint64 flags = stack_word (cpu, op, width, 2 * width);
  guint64 mask = IRET_FLAGS | MOS_RFLAGS_IF | MOS_RFLAGS_IOPL;

  if ((cpu->key & MOS_KEY_V86) != 0) {
    mask &= ~MOS_RFLAGS_IOPL;
    if (mos_iopl (cpu) < 3) {
      if ((cpu->cr4 & MOS_CR4_VME) == 0 || width != 2 ||
          (flags & MOS_RFLAGS_TF) != 0 ||
          ((flags & MOS_RFLAGS_IF) != 0 && (cpu->rflags & MOS_RFLAGS_VIP) != 0))
        mos_fault_gp (cpu, op);
      mask = (mask & ~MOS_RFLAGS_IF & 0xffff) | MOS_RFLAGS_VIF;
      flags |= (flags & MOS_RFLAGS_IF) != 0 ? MOS_RFLAGS_VIF : 0;
    }
  }
  if (width == 2)
    mask &= 0xffff | MOS_RFLAGS_VIF;
  real_jump (cpu, op, cs, rip & width_mask (width));
  mos_sp_add (cpu, 3 * width);
  mos_flags_load (cpu, flags, mask);
}

/* From level 0 to virtual-8086 mode: nine double words. */
static void
iret_v86 (MosSoftCpu *cpu, const MosUop *op, guint64 flags)
{
  static const guint8 order[] = { MOS_SEG_SS, MOS_SEG_ES, MOS_SEG_DS,
                                  MOS_SEG_FS, MOS_SEG_GS };
  guint64             words[9];

  for (guint i = 0; i < 9; i++)
    words[i] = stack_word (cpu, op, 4, 4 * i);
  if ((words[0] & 0xffffffff) > 0xffff)
    mos_fault_gp (cpu, op);
  mos_flags_load (cpu, flags,
                  IRET_FLAGS | MOS_RFLAGS_IOPL | MOS_RFLAGS_IF | MOS_RFLAGS_VM |
                      MOS_RFLAGS_VIF | MOS_RFLAGS_VIP);
  mos_segment_real (cpu, MOS_SEG_CS, (guint16) words[1]);
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    mos_segment_real (cpu, order[i], (guint16) words[4 + i]);
  cpu->gpr[MOS_RSP] = words[3];
  cpu->gpr[MOS_SLOT_RIP] = words[0] & 0xffff;
  mos_mode_update (cpu);
}

/* Back to the task that the back link names. */
static void
iret_task (MosSoftCpu *cpu, const MosUop *op)
{
  guint16 link =
      (guint16) mos_load_system (cpu, op, cpu->seg[MOS_SEG_TR].base, 2);
  MosDescriptor d;

  if ((link & 4) != 0 || mos_selector_is_null (link))
    mos_fault_selector (cpu, op, MOS_EXC_TS, link);
  mos_descriptor_read (cpu, op, link, MOS_EXC_TS, &d);
  if (d.seg.s ||
      (d.seg.type != MOS_DESC_TSS_BUSY && d.seg.type != MOS_DESC_TSS16_BUSY))
    mos_fault_selector (cpu, op, MOS_EXC_TS, link);
  if (!d.seg.present)
    mos_fault_selector (cpu, op, MOS_EXC_NP, link);
  mos_task_switch (cpu, op, &d, MOS_TASK_RETURN,
                   cpu->gpr[MOS_SLOT_RIP] + op->next, NULL);
}

static void
iret_protected (MosSoftCpu *cpu, const MosUop *op, guint width)
{
  gboolean      cs64 = (cpu->key & MOS_KEY_CS64) != 0;
  guint64       rip = stack_word (cpu, op, width, 0);
  guint16       cs = (guint16) stack_word (cpu, op, width, width);
  guint64       flags = stack_word (cpu, op, width, 2 * width);
  guint64       mask = iret_mask (cpu, width);
  MosDescriptor code, stack;

  if ((flags & MOS_RFLAGS_VM) != 0 && mos_cpl (cpu) == 0 && width == 4 &&
      !mos_long_mode (cpu)) {
    iret_v86 (cpu, op, flags);
    return;
  }
  read_return_code (cpu, op, cs, &code);
  if ((cs & 3u) == mos_cpl (cpu) && !cs64) {
    check_offset (cpu, op, &code.seg, rip);
    mos_descriptor_access (cpu, op, &code);
    mos_sp_add (cpu, 3 * width);
    mos_segment_set_code (cpu, &code, cs & 3);
    cpu->gpr[MOS_SLOT_RIP] = rip;
    mos_mode_update (cpu);
  } else {
    guint64  sp = stack_word (cpu, op, width, 3 * width);
    guint16  ss = (guint16) stack_word (cpu, op, width, 4 * width);
    gboolean real_stack = read_return_stack (cpu, op, ss, &code.seg, &stack);

    check_offset (cpu, op, &code.seg, rip);
    enter_outer (cpu, op, &code, real_stack ? &stack : NULL, ss, sp, rip);
  }
  mos_flags_load (cpu, flags, mask);
}

void
mos_interrupt_return (MosSoftCpu *cpu, const MosUop *op, guint width)
{
  if ((cpu->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0) {
    iret_real (cpu, op, width);
  } else if ((cpu->rflags & MOS_RFLAGS_NT) != 0) {
    if (mos_long_mode (cpu))
      mos_fault_gp (cpu, op);
    iret_task (cpu, op);
  } else {
    iret_protected (cpu, op, width);
  }
  if (G_UNLIKELY (cpu->guest.active)) {
    if (cpu->guest.iret_keeps_nmi)
      return;
    __atomic_or_fetch (&cpu->pending, MOS_PENDING_GUEST, __ATOMIC_RELAXED);
  }
  cpu->nmi_masked = FALSE;
  if (__atomic_load_n (&cpu->nmi_latched, __ATOMIC_RELAXED) != 0)
    __atomic_or_fetch (&cpu->pending, MOS_PENDING_NMI, __ATOMIC_RELAXED);
}
