/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The observer: what a vCPU's thread does at every entry and exit.
 *
 * Most entries go on where the last exit was: same block, same nested root,
 * the instruction after. Those touch nothing but the vCPU's own counters.
 * Only others take the lock and look at what happened (discover.c).
 */
#include "engine/nested/hierarchy.h"

#ifdef __x86_64__
#include <x86intrin.h>
#endif

#include "engine/nested/hierarchy-private.h"

#define LONGEST_INSTRUCTION 15

/* A hypervisor that takes longer to answer an exit has slept. About 1 ms. */
#define MAX_BUSY_TICKS 3000000

/* -- time ---------------------------------------------------------------- */

static guint64
raw_ticks (void)
{
#ifdef __x86_64__
  return __rdtsc ();
#else
  return (guint64) g_get_monotonic_time ();
#endif
}

/* From 1 on: 0 means never. */
guint64
mos_hierarchy_ticks (MosHierarchy *self)
{
  guint64 since = MOS_LOOK (self->paused_since);
  guint64 now = since != 0 ? since : raw_ticks ();

  return now - self->first_ticks - MOS_LOOK (self->paused_ticks) + 1;
}

double
mos_hierarchy_ns_per_tick (MosHierarchy *self)
{
  guint64 ticks = raw_ticks () - self->first_ticks;
  gint64  us = g_get_monotonic_time () - self->first_us;

  return ticks > 0 && us > 0 ? (double) us * 1000 / (double) ticks : 1;
}

void
mos_hierarchy_set_paused (MosHierarchy *self, gboolean paused)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->lock);
  if (paused && self->paused_since == 0) {
    MOS_PUT (self->paused_since, raw_ticks ());
  } else if (!paused && self->paused_since != 0) {
    MOS_TALLY (self->paused_ticks, raw_ticks () - self->paused_since);
    MOS_PUT (self->paused_since, 0);
  }
  g_mutex_unlock (&self->lock);
}

/* -- entries ------------------------------------------------------------- */

static gboolean
is_same (const MosHierarchyCpu *cpu, const MosNestedEntry *entry)
{
  return cpu->left && cpu->simple && entry->block == cpu->block &&
         entry->root == cpu->root && cpu->row != NULL &&
         entry->rip - cpu->exit.rip <= LONGEST_INSTRUCTION;
}

static void
look_closer (MosHierarchy         *self,
             MosHierarchyCpu      *cpu,
             const MosNestedEntry *entry)
{
  MosContext *leaf;
  guint       guest = 0;

  g_mutex_lock (&self->lock);
  MOS_PUT (cpu->wants, 0);
  leaf = mos_hierarchy_enter (self, cpu, entry);
  if (leaf != NULL)
    guest = leaf->guest;
  cpu->row = &cpu->rows[guest];
  cpu->guest = guest;
  MOS_PUT (cpu->thread, g_thread_self ());
  g_mutex_unlock (&self->lock);
}

static guint64 *
entered_cb (MosNestedObserver    *observer,
            MosVcpu              *vcpu,
            const MosNestedEntry *entry)
{
  MosHierarchy    *self = (MosHierarchy *) observer;
  MosHierarchyCpu *cpu = &self->cpus[vcpu->index];
  MosGuestRow     *row;
  guint64          now;

  if (is_same (cpu, entry)) {
    MOS_TALLY (cpu->row->returns, 1);
    MOS_TALLY (cpu->row->return_entries, 1);
    cpu->left = FALSE;
  } else {
    look_closer (self, cpu, entry);
  }
  now = mos_hierarchy_ticks (self);
  if (cpu->left_ticks != 0)
    MOS_TALLY (cpu->rows[MOS_HIERARCHY_MACHINE].ticks,
               MIN (now - MIN (now, cpu->left_ticks), MAX_BUSY_TICKS));
  row = cpu->row;
  cpu->inside = TRUE;
  cpu->entries++;
  cpu->vendor = entry->vendor;
  cpu->block = entry->block;
  cpu->root = entry->root;
  cpu->cr3 = entry->cr3;
  MOS_PUT (cpu->host_space, entry->host_cr3 >> 12);
  cpu->since_instructions = entry->instructions;
  MOS_PUT (row->block, entry->block);
  MOS_PUT (row->rip, entry->rip);
  MOS_PUT (row->cr3, entry->cr3);
  MOS_PUT (row->space, entry->space);
  MOS_PUT (row->mode, entry->mode);
  MOS_TALLY (row->entries, 1);
  MOS_PUT (cpu->since, now);
  MOS_PUT (row->seen, now);
  MOS_PUT (cpu->running, cpu->guest);
  return row->cells[0];
}

/* -- exits --------------------------------------------------------------- */

/* An entry that failed at once ran nobody: it is the next level's exit, but
 * of no guest that we know. */
static void
count_failed (MosHierarchy *self, MosHierarchyCpu *cpu)
{
  MOS_TALLY (cpu->failed, 1);
}

static void
left_cb (MosNestedObserver *observer, MosVcpu *vcpu, const MosNestedExit *exit)
{
  MosHierarchy    *self = (MosHierarchy *) observer;
  MosHierarchyCpu *cpu = &self->cpus[vcpu->index];
  MosGuestRow     *row = cpu->row;
  guint64          now;

  if (!cpu->inside || (guint) exit->reason >= MOS_N_EXITS) {
    count_failed (self, cpu);
    return;
  }
  now = mos_hierarchy_ticks (self);
  cpu->inside = FALSE;
  cpu->left = TRUE;
  cpu->left_ticks = now;
  cpu->exit = *exit;
  cpu->simple = exit->reason != MOS_EXIT_ENTRY &&
                exit->reason != MOS_EXIT_VIRTUALIZATION && !cpu->shared;
  MOS_TALLY (row->cells[1][exit->reason], 1);
  MOS_TALLY (row->ticks, now - MIN (now, cpu->since));
  MOS_TALLY (row->instructions,
             exit->instructions -
                 MIN (exit->instructions, cpu->since_instructions));
  MOS_PUT (row->rip, exit->rip);
  MOS_PUT (row->seen, now);
  MOS_PUT (cpu->running, 0);
  MOS_PUT (cpu->wants, exit->reason == MOS_EXIT_ENTRY);
}

static void
forgot_cb (MosNestedObserver *observer, MosVcpu *vcpu)
{
  MosHierarchy    *self = (MosHierarchy *) observer;
  MosHierarchyCpu *cpu = &self->cpus[vcpu->index];

  g_mutex_lock (&self->lock);
  cpu->inside = cpu->left = FALSE;
  cpu->row = NULL;
  cpu->left_ticks = 0;
  cpu->side = (MosHypervisorSide){ 0 };
  cpu->lent = mos_context_ref (NULL);
  cpu->outer = cpu->leaf = mos_context_ref (NULL);
  MOS_PUT (cpu->running, 0);
  MOS_PUT (cpu->wants, 0);
  self->clock++;
  for (guint i = 0; i < MOS_HIERARCHY_BLOCKS; i++)
    if (self->contexts[i].used &&
        self->contexts[i].owner == MOS_HIERARCHY_MACHINE &&
        self->contexts[i].vcpu == vcpu->index)
      mos_hierarchy_drop_context (self, &self->contexts[i]);
  g_mutex_unlock (&self->lock);
}

/* Who a vCPU was found in. It is as if the guest had been entered by a
 * hypervisor that has answered everything before. */
static void
sampled_cb (MosNestedObserver    *observer,
            MosVcpu              *vcpu,
            const MosNestedEntry *entry)
{
  MosHierarchy    *self = (MosHierarchy *) observer;
  MosHierarchyCpu *cpu = &self->cpus[vcpu->index];
  MosGuestRow     *row;

  if (entry == NULL) {
    MOS_PUT (cpu->running, 0);
    return;
  }
  cpu->left = FALSE;
  cpu->side = (MosHypervisorSide){ 0 };
  look_closer (self, cpu, entry);
  row = cpu->row;
  MOS_PUT (row->block, entry->block);
  MOS_PUT (row->rip, entry->rip);
  MOS_PUT (row->cr3, entry->cr3);
  MOS_PUT (row->space, entry->space);
  MOS_PUT (row->mode, entry->mode);
  MOS_TALLY (row->sampled, 1);
  MOS_PUT (row->seen, mos_hierarchy_ticks (self));
  MOS_PUT (cpu->running, cpu->guest);
}

static guint
level_cb (MosNestedObserver *observer, MosVcpu *vcpu)
{
  MosHierarchy    *self = (MosHierarchy *) observer;
  MosHierarchyCpu *cpu = &self->cpus[vcpu->index];
  guint            guest = MOS_LOOK (cpu->running);

  return guest != 0 ? MOS_LOOK (self->guests[guest].level) : 2;
}

static void
heard_cb (MosBeaconSink *sink,
          const guint16 *path,
          guint          n_hops,
          const char    *name,
          gsize          size)
{
  MosHierarchy *self =
      (MosHierarchy *) ((char *) sink - G_STRUCT_OFFSET (MosHierarchy, beacon));

  mos_hierarchy_say (self, path, n_hops, name, size);
}

/* -- the object ---------------------------------------------------------- */

MosHierarchy *
mos_hierarchy_new (guint n_vcpus)
{
  MosHierarchy *self;

  g_return_val_if_fail (n_vcpus > 0, NULL);

  self = g_new0 (MosHierarchy, 1);
  self->observer.entered = entered_cb;
  self->observer.left = left_cb;
  self->observer.forgot = forgot_cb;
  self->observer.sampled = sampled_cb;
  self->observer.level = level_cb;
  self->beacon.heard = heard_cb;
  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->n_vcpus = n_vcpus;
  self->cpus = g_new0 (MosHierarchyCpu, n_vcpus);
  /* Pages that are never touched cost nothing. */
  for (guint i = 0; i < n_vcpus; i++)
    self->cpus[i].rows = g_new0 (MosGuestRow, MOS_HIERARCHY_GUESTS);
  mos_hierarchy_tables_init (self);
  self->first_ticks = raw_ticks ();
  self->first_us = g_get_monotonic_time ();
  return self;
}

MosHierarchy *
mos_hierarchy_ref (MosHierarchy *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_hierarchy_unref (MosHierarchy *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  for (guint i = 0; i < self->n_vcpus; i++)
    g_free (self->cpus[i].rows);
  g_free (self->cpus);
  g_mutex_clear (&self->lock);
  g_free (self);
}

MosBeaconSink *
mos_hierarchy_beacon (MosHierarchy *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return &self->beacon;
}

MosNestedObserver *
mos_hierarchy_observer (MosHierarchy *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return &self->observer;
}
