/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Segments: descriptors, loading them, and transfers between them.
 *
 * A function that takes an operation may fault; then nothing has changed.
 * Selector errors carry the selector and, while an event is being delivered,
 * the EXT bit (cpu->ext).
 *
 * Intel SDM volume 3, "Protected-Mode Memory Management", "Protection",
 * "Task Management".
 */
#pragma once

#include "engine/cpu/soft/cpu.h"
#include "engine/cpu/soft/fault.h"

G_BEGIN_DECLS

/* A descriptor as it lies in its table, decoded. */
typedef struct {
  MosSegment seg; /* selector as asked for */
  guint64    lin; /* where it lies */
  guint32    low; /* its two words */
  guint32    high;
} MosDescriptor;

/* A gate's fields. */
typedef struct {
  guint16 selector;
  guint64 offset;
  guint8  count; /* parameters of a call gate */
} MosGate;

G_GNUC_NORETURN void mos_fault_selector (MosSoftCpu   *cpu,
                                         const MosUop *op,
                                         guint         vector,
                                         guint16       selector);

/* Reads the descriptor; @vector with the selector if it lies outside its
 * table. The selector must not be null. */
void mos_descriptor_read (MosSoftCpu    *cpu,
                          const MosUop  *op,
                          guint16        selector,
                          guint          vector,
                          MosDescriptor *d);
/* The same without faults, for LAR and its kin; FALSE: not there. */
gboolean mos_descriptor_peek (MosSoftCpu    *cpu,
                              const MosUop  *op,
                              guint16        selector,
                              MosDescriptor *d);
/* In long mode the upper half of a system descriptor's base. */
guint64
mos_descriptor_high (MosSoftCpu *cpu, const MosUop *op, const MosDescriptor *d);
void mos_descriptor_decode (MosDescriptor *d, guint16 selector);
/* Sets the accessed bit in memory. */
void
mos_descriptor_access (MosSoftCpu *cpu, const MosUop *op, MosDescriptor *d);
void mos_gate_decode (const MosDescriptor *d, gboolean wide, MosGate *gate);

static inline gboolean
mos_selector_is_null (guint16 selector)
{
  return (selector & 0xfffc) == 0;
}

/* What real and virtual-8086 mode make of a selector. */
void mos_segment_real (MosSoftCpu *cpu, guint seg, guint16 selector);
/* The null selector in a data segment or SS. */
void mos_segment_null (MosSoftCpu *cpu, guint seg, guint16 selector);
/* MOV and POP to ES, SS, DS, FS, GS, in any mode. */
void mos_segment_load (MosSoftCpu   *cpu,
                       const MosUop *op,
                       guint         seg,
                       guint16       selector);
/* Checks an SS for @cpl without loading it; @vector is #GP or #TS. */
void mos_segment_check_stack (MosSoftCpu    *cpu,
                              const MosUop  *op,
                              guint16        selector,
                              guint          cpl,
                              guint          vector,
                              MosDescriptor *d);
/* After a transfer to a lower privilege: data segments it may not have. */
void mos_segment_drop_data (MosSoftCpu *cpu, guint cpl);
void mos_segment_load_ldt (MosSoftCpu   *cpu,
                           const MosUop *op,
                           guint16       selector,
                           guint         vector);
void mos_segment_load_tr (MosSoftCpu *cpu, const MosUop *op, guint16 selector);

/* Loads CS and sets CPL to @cpl (through SS.DPL in the caller's hands). */
void mos_segment_set_code (MosSoftCpu *cpu, const MosDescriptor *d, guint cpl);

/* The stack for privilege level @cpl from the TSS: SS and SP. */
void mos_tss_stack (MosSoftCpu   *cpu,
                    const MosUop *op,
                    guint         cpl,
                    guint16      *ss,
                    guint64      *sp);
/* Long mode: RSP0-2 (0 to 2) and IST1-7 (8 + n). */
guint64 mos_tss_stack64 (MosSoftCpu *cpu, const MosUop *op, guint which);

/* Far transfers; @width is the operand size, @next what a call returns to. */
void mos_far_jump (MosSoftCpu   *cpu,
                   const MosUop *op,
                   guint16       selector,
                   guint64       offset,
                   guint         width);
void mos_far_call (MosSoftCpu   *cpu,
                   const MosUop *op,
                   guint16       selector,
                   guint64       offset,
                   guint         width,
                   guint64       next);
void
mos_far_return (MosSoftCpu *cpu, const MosUop *op, guint width, guint release);

typedef enum {
  MOS_TASK_JUMP,
  MOS_TASK_CALL, /* and interrupts through task gates */
  MOS_TASK_RETURN
} MosTaskSwitch;

/* Leaves for the task of @d, a TSS descriptor that was checked to be one. RIP
 * of the old task will be @next. */
void mos_task_switch (MosSoftCpu          *cpu,
                      const MosUop        *op,
                      const MosDescriptor *d,
                      MosTaskSwitch        how,
                      guint64              next,
                      const guint32       *error_code);

G_END_DECLS
