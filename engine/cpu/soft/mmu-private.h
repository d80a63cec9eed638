/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A vCPU's translation caches; mmu.c's own, and mode changes point into it.
 *
 * Everything here belongs to the vCPU's thread.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"
#include "engine/cpu/soft/watch.h"

G_BEGIN_DECLS

#define MOS_FETCH_SIZE 256u

/* Translations for code: they must allow execution. */
typedef struct {
  guint64       tag;
  const guint8 *hva; /* of the page */
  guint8       *page_flags;
} MosFetchEntry;

struct MosMmu {
  MosTlbEntry   tlb[MOS_N_TLB_MODES][MOS_TLB_SIZE];
  MosFetchEntry fetch[2][MOS_FETCH_SIZE]; /* supervisor, user */
  MosJumpEntry  jumps[MOS_JUMP_SIZE];
  guint16       pcids[4096]; /* address space number by PCID; 0: none */
  guint         spaces;      /* the last number handed out */
  GArray       *ranges;      /* of MosMemoryRange; NULL: ask the map */
  GPtrArray    *old_ranges;  /* may be in use until the run loop is back */
};

typedef enum {
  MOS_PLACE_RAM,
  MOS_PLACE_ROM,
  MOS_PLACE_IO,
  MOS_PLACE_LAPIC,
  MOS_PLACE_HOLE
} MosPlaceKind;

/* What an address is, at the end of all translation. */
typedef struct {
  MosPlaceKind          kind;
  guint64               gpa;
  guint8               *hva;   /* RAM, ROM */
  guint8               *flags; /* RAM, ROM */
  const MosMemoryRange *range;
} MosPlace;

static inline guint
mos_tlb_index (guint64 lin)
{
  return (lin >> MOS_PAGE_SHIFT) & (MOS_TLB_SIZE - 1);
}

static inline guint
mos_fetch_index (guint64 lin)
{
  return (lin >> MOS_PAGE_SHIFT) & (MOS_FETCH_SIZE - 1);
}

static inline void
mos_cpu_count (MosSoftCpu *cpu, const MosUop *op, MosExitReason reason)
{
  __atomic_store_n (&cpu->counters.exits[reason],
                    cpu->counters.exits[reason] + 1, __ATOMIC_RELAXED);
  if (mos_trace_wants (cpu->cpus->cpus.bus->trace, MOS_EVENT_EXIT))
    mos_cpu_trace (cpu, op, MOS_EVENT_EXIT, reason, 0);
}

G_END_DECLS
