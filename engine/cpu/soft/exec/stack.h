/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The stack: pushing and popping by the rules of the mode.
 *
 * The stack pointer's width follows SS (sp_mask), the segment's limit is
 * checked unless it has none, and a bad address is #SS. Nothing is changed if
 * the access faults; the stack pointer moves last.
 */
#pragma once

#include "engine/cpu/soft/mmu.h"

G_BEGIN_DECLS

guint64 mos_stack_linear (MosSoftCpu   *cpu,
                          const MosUop *op,
                          guint64       sp,
                          guint         size,
                          gboolean      write);
void    mos_stack_store_slow (MosSoftCpu   *cpu,
                              const MosUop *op,
                              guint64       lin,
                              guint64       value,
                              guint         size);
guint64 mos_stack_load_slow (MosSoftCpu   *cpu,
                             const MosUop *op,
                             guint64       lin,
                             guint         size);

static inline void
mos_stack_store (MosSoftCpu   *cpu,
                 const MosUop *op,
                 guint64       sp,
                 guint64       value,
                 guint         size)
{
  guint64            lin = (cpu->key & MOS_KEY_CS64) != 0
                               ? sp
                               : mos_stack_linear (cpu, op, sp, size, TRUE);
  const MosTlbEntry *entry = mos_tlb_slot (cpu, lin);

  if (G_LIKELY (entry->write == mos_tlb_want (cpu, lin, size)))
    mos_store (cpu, op, lin, value, size);
  else
    mos_stack_store_slow (cpu, op, lin, value, size);
}

static inline guint64
mos_stack_load (MosSoftCpu *cpu, const MosUop *op, guint64 sp, guint size)
{
  guint64            lin = (cpu->key & MOS_KEY_CS64) != 0
                               ? sp
                               : mos_stack_linear (cpu, op, sp, size, FALSE);
  const MosTlbEntry *entry = mos_tlb_slot (cpu, lin);

  if (G_LIKELY (entry->read == mos_tlb_want (cpu, lin, size)))
    return mos_load (cpu, op, lin, size);
  return mos_stack_load_slow (cpu, op, lin, size);
}

/* The stack pointer, as wide as it counts. */
static inline guint64
mos_sp (MosSoftCpu *cpu)
{
  return cpu->gpr[MOS_RSP] & cpu->sp_mask;
}

static inline void
mos_sp_set (MosSoftCpu *cpu, guint64 sp)
{
  cpu->gpr[MOS_RSP] = (cpu->gpr[MOS_RSP] & ~cpu->sp_mask) | (sp & cpu->sp_mask);
}

static inline void
mos_push (MosSoftCpu *cpu, const MosUop *op, guint64 value, guint size)
{
  guint64 sp = (cpu->gpr[MOS_RSP] - size) & cpu->sp_mask;

  mos_stack_store (cpu, op, sp, value, size);
  mos_sp_set (cpu, sp);
}

/* Reads the top; the caller moves the pointer by mos_sp_add(). */
static inline guint64
mos_top (MosSoftCpu *cpu, const MosUop *op, guint size)
{
  return mos_stack_load (cpu, op, mos_sp (cpu), size);
}

static inline void
mos_sp_add (MosSoftCpu *cpu, guint64 bytes)
{
  mos_sp_set (cpu, cpu->gpr[MOS_RSP] + bytes);
}

static inline guint64
mos_pop (MosSoftCpu *cpu, const MosUop *op, guint size)
{
  guint64 value = mos_top (cpu, op, size);

  mos_sp_add (cpu, size);
  return value;
}

G_END_DECLS
