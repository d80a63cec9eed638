/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A vCPU's translation caches; mmu.c's own, and mode changes point into it.
 *
 * Everything here belongs to the vCPU's thread.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"
#include "engine/cpu/soft/exec/fpu.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/watch.h"

G_BEGIN_DECLS

#define MOS_FETCH_SIZE  256u
#define MOS_N_WORLDS    32u
#define MOS_WORLD_PCIDS 8u

/* Translations for code: they must allow execution. */
typedef struct {
  guint64       tag;
  const guint8 *hva; /* of the page */
  guint8       *page_flags;
} MosFetchEntry;

/* What must be as it was for translations to hold. */
typedef struct {
  guint64 root; /* of nested tables; 0: none */
  guint64 cr0, cr3, cr4, efer;
} MosRoots;

/* An address space that is left and may be entered again. */
typedef struct {
  guint32  id; /* ASID, VPID; 0: the slot is free */
  guint32  generation;
  MosRoots roots;
  guint64  tag;
  guint64  stamp; /* of what is cached about its nested tables */
  guint64  epoch;
  guint64  invalidations;
  guint64  pcid[MOS_WORLD_PCIDS]; /* of the guest, and their numbers */
  guint16  space[MOS_WORLD_PCIDS];
  guint    n_pcids;
} MosWorld;

struct MosMmu {
  /* Of the host and, behind them, of guests: a world switch does not push out
   * what lies at the same addresses. */
  MosTlbEntry   tlb[2 * MOS_N_TLB_MODES][MOS_TLB_SIZE];
  MosFetchEntry fetch[2 * 2][MOS_FETCH_SIZE]; /* supervisor, user */
  MosJumpEntry  jumps[MOS_JUMP_SIZE];
  guint16       pcids[4096]; /* address space number by PCID; 0: none */
  guint         spaces;      /* the last number handed out */
  guint32       generation;  /* of these numbers: all are dropped at once */
  guint64       last_epoch;
  guint64       last_stamp;
  guint64       invalidations;        /* what ended epochs, except switches */
  MosWorld      host;                 /* while a guest runs */
  MosWorld     *world;                /* of the guest that runs, or NULL */
  MosWorld      worlds[MOS_N_WORLDS]; /* of guests, by number */
  GArray       *ranges;               /* of MosMemoryRange; NULL: ask the map */
  const MosMemoryRange *last_range;   /* found last, in ranges; or NULL */
  GPtrArray *old_ranges; /* may be in use until the run loop is back */
};

typedef enum {
  MOS_PLACE_RAM,
  MOS_PLACE_ROM,
  MOS_PLACE_IO,
  MOS_PLACE_LAPIC,
  MOS_PLACE_APIC, /* of a hypervisor in the machine, for its guest */
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

/* The tables of the world at hand. */
static inline MosTlbEntry *
mos_tlb_table (MosSoftCpu *cpu, MosTlbMode mode)
{
  return cpu->mmu->tlb[mode + (cpu->guest.active ? MOS_N_TLB_MODES : 0)];
}

/* Links between pages and indirect jumps made before hold no longer: another
 * address space begins. */
static inline void
mos_epoch_next (MosSoftCpu *cpu)
{
  cpu->epoch = ++cpu->mmu->last_epoch;
}

/* The same, and neither do those of spaces that are left at the moment. */
static inline void
mos_epoch_invalidate (MosSoftCpu *cpu)
{
  cpu->mmu->invalidations++;
  mos_epoch_next (cpu);
}

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

/* Where the number of the guest's @pcid stands, 0 if it has none yet; the
 * oldest gives way. world.c. */
guint16 *mos_world_pcid (MosWorld *world, guint pcid);

/* Around calls of devices: the vCPU does not use its TLB meanwhile, and drops
 * it afterwards if the address map changed. */
static inline void
mos_io_begin (MosSoftCpu *cpu)
{
  mos_mxcsr_settle (cpu);
  __atomic_store_n (&cpu->busy, 0, __ATOMIC_RELEASE);
}

static inline void
mos_io_end (MosSoftCpu *cpu)
{
  __atomic_store_n (&cpu->busy, 1, __ATOMIC_RELAXED);
  /* Either we see the flag of who changes the map, or he sees us busy. The
   * barrier in between is his, in soft.c. */
  if (G_LIKELY (cpu->cpus->barrier))
    __atomic_signal_fence (__ATOMIC_SEQ_CST);
  else
    __atomic_thread_fence (__ATOMIC_SEQ_CST);
  if (G_UNLIKELY ((__atomic_load_n (&cpu->pending, __ATOMIC_ACQUIRE) &
                   MOS_PENDING_FLUSH) != 0))
    mos_io_map_changed (cpu);
}

static inline void
mos_cpu_count (MosSoftCpu *cpu, const MosUop *op, MosExitReason reason)
{
  __atomic_store_n (&cpu->counters.exits[reason],
                    cpu->counters.exits[reason] + 1, __ATOMIC_RELAXED);
  if (mos_trace_wants (cpu->trace, MOS_EVENT_EXIT))
    mos_cpu_trace (cpu, op, MOS_EVENT_EXIT, reason, 0);
  if (G_UNLIKELY (cpu->guest.counters != NULL))
    __atomic_store_n (&cpu->guest.counters[reason],
                      cpu->guest.counters[reason] + 1, __ATOMIC_RELAXED);
}

G_END_DECLS
