/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Blocks: finding, making, linking and dropping them.
 *
 * A block begins anywhere and ends with a jump, with an instruction that
 * changes what blocks depend on, before CLI, at the end of its page or after
 * MOS_BLOCK_MAX_OPS. It is found by the host address of its first byte and
 * the mode bits; the guest's page tables may change without touching it.
 *
 * Links to a block in the same page are always valid: if the page still maps
 * here for us, it does for it. Links into another page carry the epoch they
 * were checked in, which every change of translation moves, and the address:
 * the page that we run from may be mapped twice, with other neighbours.
 *
 * When code of a page is written, all blocks there are put to sleep: the first
 * operation of each, and all of the one that runs, become one that leaves for
 * the run loop, so whoever runs it or links to it notices before the next
 * instruction. Looked for again, a block wakes up if its bytes are as they
 * were: a guest whose data lie beside its code pays a comparison for each
 * write. Its memory is reused only between blocks.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"
#include "engine/cpu/soft/fault.h"

G_BEGIN_DECLS

typedef struct MosCode MosCode;

/* @shared: other processors write to the same memory at the same time. NULL
 * without room. */
MosCode *mos_code_new (gboolean shared);
void     mos_code_free (MosCode *self);

/* The block at CS:RIP (cpu->gpr[MOS_SLOT_RIP]); makes it if needed. Faults
 * with op NULL if the code cannot be fetched. */
MosBlock *mos_block_find (MosSoftCpu *cpu);

/* The same from the run loop, which comes to the same few places again. */
MosBlock *mos_block_next (MosSoftCpu *cpu);

/* Drops all blocks; only from the run loop. */
void mos_code_flush (MosSoftCpu *cpu);
/* Puts the blocks of a host page to sleep. */
void mos_code_drop_page (MosSoftCpu *cpu, const guint8 *page_flags);
/* Whether @cpu may have made a block of what lies in these @size bytes of a
 * page with MOS_PAGE_CODE. With several processors: TRUE, the others are not
 * asked. */
gboolean mos_code_is_at (MosSoftCpu   *cpu,
                         const guint8 *page_flags,
                         guint         offset,
                         guint         size);
/* A vCPU or a device wrote to the page with MOS_PAGE_CODE: clears the flag,
 * drops the page here (@cpu may be NULL) and tells all other processors. */
void mos_code_written (MosSoftCpus *cpus, MosSoftCpu *cpu, guint8 *page_flags);
/* Handles the mailbox that MOS_PENDING_CODE announces. */
void mos_code_take_mail (MosSoftCpu *cpu);

/* Out-of-line ends of a block; the target is checked and RIP is set. */
const MosUop *
mos_goto_slow (MosSoftCpu *cpu, const MosUop *op, guint64 target, guint which);
const MosUop *mos_jump_slow (MosSoftCpu *cpu, const MosUop *op, guint64 target);

/* Goes on at RIP after a jump that may have changed mode and segments, and has
 * accounted for itself; as mos_jump(), or to the run loop if that must look. */
const MosUop *mos_arrive (MosSoftCpu *cpu, const MosUop *op);

/* #GP(0) unless RIP may be @target. */
static inline void
mos_check_target (MosSoftCpu *cpu, const MosUop *op, guint64 target)
{
  if (G_UNLIKELY (target + cpu->ip_bias > cpu->ip_limit))
    mos_fault_gp (cpu, op);
}

static inline const MosUop *
mos_enter (MosSoftCpu *cpu, MosBlock *block)
{
  const MosUop *op = block->ops;

  cpu->block = block;
#if MOS_SOFT_THREADED
  return op->fn (cpu, op);
#else
  return op;
#endif
}

/* Ends the block: RIP goes to @target through link @which, same page. */
static inline __attribute__ ((always_inline)) const MosUop *
mos_goto_near (MosSoftCpu *cpu, const MosUop *op, guint64 target, guint which)
{
  MosBlock *next = cpu->block->link[which].block;

  cpu->budget -= op->count;
  cpu->gpr[MOS_SLOT_RIP] = target;
  if (G_UNLIKELY (next == NULL || cpu->budget < 0 ||
                  *(volatile guint32 *) &cpu->pending != 0))
    return mos_goto_slow (cpu, op, target, which);
  return mos_enter (cpu, next);
}

/* The same, another page. */
static inline __attribute__ ((always_inline)) const MosUop *
mos_goto_far (MosSoftCpu *cpu, const MosUop *op, guint64 target, guint which)
{
  const MosLink *link = &cpu->block->link[which];
  guint64        lin = target + cpu->seg_base[MOS_SEG_CS];

  cpu->budget -= op->count;
  cpu->gpr[MOS_SLOT_RIP] = target;
  if (G_UNLIKELY (link->lin != lin || link->epoch != cpu->epoch ||
                  cpu->budget < 0 || *(volatile guint32 *) &cpu->pending != 0))
    return mos_goto_slow (cpu, op, target, which);
  return mos_enter (cpu, link->block);
}

static inline MosJumpEntry *
mos_jump_slot (MosSoftCpu *cpu, guint64 lin)
{
  return &cpu->jumps[(lin ^ (lin >> MOS_JUMP_BITS)) & (MOS_JUMP_SIZE - 1)];
}

/* Ends the block: an indirect jump; @target was checked. */
static inline __attribute__ ((always_inline)) const MosUop *
mos_jump (MosSoftCpu *cpu, const MosUop *op, guint64 target)
{
  guint64             lin = target + cpu->seg_base[MOS_SEG_CS];
  const MosJumpEntry *entry = mos_jump_slot (cpu, lin);

  cpu->budget -= op->count;
  cpu->gpr[MOS_SLOT_RIP] = target;
  if (G_UNLIKELY (entry->lin != lin || entry->epoch != cpu->epoch ||
                  entry->key != cpu->key || cpu->budget < 0 ||
                  *(volatile guint32 *) &cpu->pending != 0))
    return mos_jump_slow (cpu, op, target);
  return mos_enter (cpu, entry->block);
}

/* Ends the block behind @op and returns to the run loop. */
static inline const MosUop *
mos_leave (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->budget -= op->count;
  cpu->gpr[MOS_SLOT_RIP] += op->next;
  return NULL;
}

/* Ends the block at @target, for jumps that change mode or segment. */
static inline const MosUop *
mos_leave_to (MosSoftCpu *cpu, const MosUop *op, guint64 target)
{
  cpu->budget -= op->count;
  cpu->gpr[MOS_SLOT_RIP] = target;
  return NULL;
}

G_END_DECLS
