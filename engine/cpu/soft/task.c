/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Hardware task switches, between 16-bit and 32-bit task state segments.
 *
 * The old task is saved, TR and the static registers change, then the new
 * selectors are loaded; a fault in that last part belongs to the new task.
 *
 * Intel SDM volume 3, "Task Switching".
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/stack.h"
#include "engine/cpu/soft/guest.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/segment.h"

/* Offsets in the two formats; selectors are 2 (16-bit) or 4 bytes apart. */
typedef struct {
  guint cr3; /* 0: none */
  guint eip;
  guint flags;
  guint regs; /* EAX, in encoding order */
  guint segs; /* ES, in encoding order */
  guint n_segs;
  guint ldt;
  guint size;  /* of a register */
  guint limit; /* the least that is enough */
} Layout;

static const Layout layout16 = { 0, 14, 16, 18, 34, 4, 42, 2, 43 };
static const Layout layout32 = { 28, 32, 36, 40, 72, 6, 96, 4, 103 };

typedef struct {
  guint64 cr3, eip, flags, regs[8];
  guint16 segs[6], ldt;
} Task;

static void
save_task (MosSoftCpu   *cpu,
           const MosUop *op,
           const Layout *layout,
           guint64       next,
           guint64       flags)
{
  guint64 base = cpu->seg[MOS_SEG_TR].base;

  mos_check_system (cpu, op, base + layout->eip, layout->ldt - layout->eip,
                    TRUE);
  mos_store_system (cpu, op, base + layout->eip, next, layout->size);
  mos_store_system (cpu, op, base + layout->flags, flags, layout->size);
  for (guint i = 0; i < 8; i++)
    mos_store_system (cpu, op, base + layout->regs + i * layout->size,
                      cpu->gpr[i], layout->size);
  for (guint i = 0; i < layout->n_segs; i++)
    mos_store_system (cpu, op, base + layout->segs + i * layout->size,
                      cpu->seg[i].selector, 2);
}

static void
read_task (MosSoftCpu   *cpu,
           const MosUop *op,
           const Layout *layout,
           guint64       base,
           Task         *task)
{
  task->cr3 =
      layout->cr3 != 0 ? mos_load_system (cpu, op, base + layout->cr3, 4) : 0;
  task->eip = mos_load_system (cpu, op, base + layout->eip, layout->size);
  task->flags = mos_load_system (cpu, op, base + layout->flags, layout->size);
  for (guint i = 0; i < 8; i++)
    task->regs[i] = mos_load_system (
        cpu, op, base + layout->regs + i * layout->size, layout->size);
  for (guint i = 0; i < 6; i++)
    task->segs[i] =
        i < layout->n_segs
            ? (guint16) mos_load_system (
                  cpu, op, base + layout->segs + i * layout->size, 2)
            : 0;
  task->ldt = (guint16) mos_load_system (cpu, op, base + layout->ldt, 2);
}

static void
set_busy (MosSoftCpu *cpu, const MosUop *op, guint64 lin, gboolean busy)
{
  guint64 byte = mos_load_system (cpu, op, lin + 5, 1);

  mos_store_system (cpu, op, lin + 5, busy ? byte | 2 : byte & ~(guint64) 2, 1);
}

/* The new task's CS; errors are #TS with its selector. */
static void
load_code (MosSoftCpu *cpu, guint16 selector)
{
  MosDescriptor d;
  guint         rpl = selector & 3;

  if (mos_selector_is_null (selector))
    mos_fault_selector (cpu, NULL, MOS_EXC_TS, selector);
  mos_descriptor_read (cpu, NULL, selector, MOS_EXC_TS, &d);
  if (!d.seg.s || (d.seg.type & MOS_DESC_CODE) == 0 ||
      ((d.seg.type & MOS_DESC_CONFORMING) != 0 ? d.seg.dpl > rpl
                                               : d.seg.dpl != rpl))
    mos_fault_selector (cpu, NULL, MOS_EXC_TS, selector);
  if (!d.seg.present)
    mos_fault_selector (cpu, NULL, MOS_EXC_NP, selector);
  mos_descriptor_access (cpu, NULL, &d);
  mos_segment_set_code (cpu, &d, rpl);
}

static void
load_data (MosSoftCpu *cpu, guint seg, guint16 selector, guint cpl)
{
  MosDescriptor d;
  guint         rpl = selector & 3;
  gboolean      code;

  if (mos_selector_is_null (selector)) {
    mos_segment_null (cpu, seg, selector);
    return;
  }
  mos_descriptor_read (cpu, NULL, selector, MOS_EXC_TS, &d);
  code = (d.seg.type & MOS_DESC_CODE) != 0;
  if (!d.seg.s || (code && (d.seg.type & MOS_DESC_WRITABLE) == 0) ||
      ((!code || (d.seg.type & MOS_DESC_CONFORMING) == 0) &&
       MAX (rpl, cpl) > d.seg.dpl))
    mos_fault_selector (cpu, NULL, MOS_EXC_TS, selector);
  if (!d.seg.present)
    mos_fault_selector (cpu, NULL, MOS_EXC_NP, selector);
  mos_descriptor_access (cpu, NULL, &d);
  cpu->seg[seg] = d.seg;
}

static void
load_selectors (MosSoftCpu *cpu, const Task *task)
{
  guint         cpl = task->segs[MOS_SEG_CS] & 3;
  MosDescriptor stack;

  /* Until a descriptor is loaded the segment is not usable. */
  for (guint i = 0; i < 6; i++) {
    cpu->seg[i] = (MosSegment){ .selector = task->segs[i], .unusable = 1 };
    cpu->seg[i].dpl = (guint8) cpl;
  }
  mos_segment_load_ldt (cpu, NULL, task->ldt, MOS_EXC_TS);
  if ((cpu->rflags & MOS_RFLAGS_VM) != 0) {
    for (guint i = 0; i < 6; i++)
      mos_segment_real (cpu, i, task->segs[i]);
    return;
  }
  load_code (cpu, task->segs[MOS_SEG_CS]);
  mos_segment_check_stack (cpu, NULL, task->segs[MOS_SEG_SS], cpl, MOS_EXC_TS,
                           &stack);
  mos_descriptor_access (cpu, NULL, &stack);
  cpu->seg[MOS_SEG_SS] = stack.seg;
  load_data (cpu, MOS_SEG_ES, task->segs[MOS_SEG_ES], cpl);
  load_data (cpu, MOS_SEG_DS, task->segs[MOS_SEG_DS], cpl);
  load_data (cpu, MOS_SEG_FS, task->segs[MOS_SEG_FS], cpl);
  load_data (cpu, MOS_SEG_GS, task->segs[MOS_SEG_GS], cpl);
}

static void
push_error (MosSoftCpu *cpu, gboolean wide, guint32 error)
{
  guint   width = wide ? 4 : 2;
  guint64 sp = (cpu->gpr[MOS_RSP] - width) & cpu->sp_mask;

  mos_stack_store (cpu, NULL, sp, error, width);
  mos_sp_set (cpu, sp);
}

void
mos_task_switch (MosSoftCpu          *cpu,
                 const MosUop        *op,
                 const MosDescriptor *d,
                 MosTaskSwitch        how,
                 guint64              next,
                 const guint32       *error_code)
{
  MosSegment   *tr = &cpu->seg[MOS_SEG_TR];
  const Layout *old_layout = (tr->type & 8) != 0 ? &layout32 : &layout16;
  const Layout *layout = (d->seg.type & 8) != 0 ? &layout32 : &layout16;
  guint64       old_lin = cpu->gdt.base + (tr->selector & 0xfff8);
  guint16       old_selector = tr->selector;
  guint64       flags = mos_flags_get (cpu);
  Task          task;

  if (G_UNLIKELY (cpu->guest.active))
    cpu->guest.ops->task_switch (cpu, op, how, d->seg.selector, error_code);
  if (d->seg.limit < layout->limit)
    mos_fault_selector (cpu, op, MOS_EXC_TS, d->seg.selector);
  read_task (cpu, op, layout, d->seg.base, &task);
  if (how == MOS_TASK_RETURN)
    flags &= ~MOS_RFLAGS_NT;
  save_task (cpu, op, old_layout, next, flags);
  if (how != MOS_TASK_CALL)
    set_busy (cpu, op, old_lin, FALSE);
  if (how == MOS_TASK_CALL)
    mos_store_system (cpu, op, d->seg.base, old_selector, 2);
  if (how != MOS_TASK_RETURN)
    set_busy (cpu, op, d->lin, TRUE);

  /* From here on it is the new task's. */
  cpu->budget -= op != NULL ? op->count : 0;
  cpu->seg[MOS_SEG_TR] = d->seg;
  cpu->seg[MOS_SEG_TR].type |= 2;
  cpu->cr0 |= MOS_CR0_TS;
  if (layout->cr3 != 0 && (cpu->cr0 & MOS_CR0_PG) != 0)
    mos_set_cr3 (cpu, task.cr3);
  cpu->gpr[MOS_SLOT_RIP] = task.eip;
  for (guint i = 0; i < 8; i++)
    mos_reg_set (cpu, i * 8, layout->size, task.regs[i]);
  if (how == MOS_TASK_CALL)
    task.flags |= MOS_RFLAGS_NT;
  mos_flags_load (cpu, task.flags, MOS_RFLAGS_DEFINED);
  cpu->dr7 &= ~(guint64) 0x155; /* local breakpoints */
  load_selectors (cpu, &task);
  mos_mode_update (cpu);
  if (error_code != NULL)
    push_error (cpu, layout->size == 4, *error_code);
  if (op != NULL)
    cpu->budget += op->count; /* the caller accounts it */
  if (task.eip > cpu->seg[MOS_SEG_CS].limit)
    mos_fault_gp (cpu, NULL);
}
