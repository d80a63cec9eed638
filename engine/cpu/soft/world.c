/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Address spaces over world switches.
 *
 * The TLB's tag is a number of ours; it is never given to another space until
 * all are dropped together (a generation). So a space is kept by remembering
 * its number, and forgotten by forgetting it. The same for the epoch, which
 * validates links between pages: it holds as long as nobody invalidated
 * anything while the space was left.
 *
 * AMD64 APM volume 2, "TLB Control"; Intel SDM volume 3, "Caching Translation
 * Information".
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/mmu.h"

static MosRoots
roots_now (MosSoftCpu *cpu)
{
  return (MosRoots){
    .root = cpu->guest.paging ? cpu->guest.root | 1 : 0,
    .cr0 = cpu->cr0 & (MOS_CR0_PE | MOS_CR0_WP | (guint64) MOS_CR0_PG),
    .cr3 = cpu->cr3,
    .cr4 = cpu->cr4 & (MOS_CR4_PAE | MOS_CR4_PSE | MOS_CR4_PGE | MOS_CR4_SMEP |
                       MOS_CR4_SMAP | MOS_CR4_PCIDE),
    .efer = cpu->efer & (MOS_EFER_NXE | MOS_EFER_LMA),
  };
}

static gboolean
roots_equal (const MosRoots *a, const MosRoots *b)
{
  return a->root == b->root && a->cr0 == b->cr0 && a->cr3 == b->cr3 &&
         a->cr4 == b->cr4 && a->efer == b->efer;
}

static void
put_away (MosSoftCpu *cpu, MosWorld *world)
{
  MosMmu *mmu = cpu->mmu;

  world->generation = mmu->generation;
  world->roots = roots_now (cpu);
  world->tag = cpu->tlb_tag;
  world->epoch = cpu->epoch;
  world->invalidations = mmu->invalidations;
}

/* Watched pages must not be in the TLB, so a debugged space is not kept. */
static gboolean
watches (MosSoftCpu *cpu)
{
  return (cpu->dr7 & 0xff) != 0;
}

static void
take_out (MosSoftCpu *cpu, MosWorld *world)
{
  MosMmu  *mmu = cpu->mmu;
  MosRoots roots = roots_now (cpu);

  if (world->tag == 0 || world->generation != mmu->generation ||
      watches (cpu) || !roots_equal (&roots, &world->roots)) {
    roots.cr3 = world->roots.cr3;
    if (world->generation != mmu->generation ||
        !roots_equal (&roots, &world->roots))
      world->n_pcids = 0;
    world->stamp = ++mmu->last_stamp;
    mos_mmu_switch (cpu);
    return;
  }
  cpu->tlb_tag = world->tag;
  if (world->invalidations == mmu->invalidations)
    cpu->epoch = world->epoch;
  else
    mos_epoch_next (cpu);
}

/* Two guests with one slot push each other out. */
static MosWorld *
slot (MosMmu *mmu, guint32 id)
{
  return &mmu->worlds[id % MOS_N_WORLDS];
}

void
mos_world_enter (MosSoftCpu *cpu, guint32 id)
{
  MosMmu   *mmu = cpu->mmu;
  MosWorld *world = slot (mmu, id);

  if (world->id != id)
    *world = (MosWorld){ .id = id };
  mmu->world = world;
  take_out (cpu, world);
}

void
mos_world_leave (MosSoftCpu *cpu)
{
  MosMmu *mmu = cpu->mmu;

  mmu->world = NULL;
  take_out (cpu, &mmu->host);
}

void
mos_world_put_away (MosSoftCpu *cpu)
{
  MosMmu *mmu = cpu->mmu;

  put_away (cpu, mmu->world != NULL ? mmu->world : &mmu->host);
}

void
mos_world_forget (MosSoftCpu *cpu, guint32 id)
{
  MosWorld *world = slot (cpu->mmu, id);

  if (world->id != id)
    return;
  world->tag = 0;
  world->stamp = ++cpu->mmu->last_stamp;
  world->n_pcids = 0;
  if (world == cpu->mmu->world)
    mos_mmu_switch (cpu);
}

void
mos_worlds_forget (MosSoftCpu *cpu)
{
  MosMmu *mmu = cpu->mmu;

  for (guint i = 0; i < MOS_N_WORLDS; i++)
    mos_world_forget (cpu, mmu->worlds[i].id);
}

void
mos_worlds_forget_root (MosSoftCpu *cpu, guint64 root)
{
  MosMmu *mmu = cpu->mmu;

  for (guint i = 0; i < MOS_N_WORLDS; i++)
    if (mmu->worlds[i].roots.root == (root | 1))
      mos_world_forget (cpu, mmu->worlds[i].id);
}

guint64
mos_world_stamp (MosSoftCpu *cpu)
{
  const MosWorld *world = cpu->mmu->world;

  return world != NULL ? world->stamp : 0;
}

guint16 *
mos_world_pcid (MosWorld *world, guint pcid)
{
  guint n = MIN (world->n_pcids, MOS_WORLD_PCIDS);

  for (guint i = 0; i < n; i++)
    if (world->pcid[i] == pcid)
      return &world->space[i];
  n = world->n_pcids++ % MOS_WORLD_PCIDS;
  if (world->n_pcids == 2 * MOS_WORLD_PCIDS)
    world->n_pcids = MOS_WORLD_PCIDS;
  world->pcid[n] = pcid;
  world->space[n] = 0;
  return &world->space[n];
}
