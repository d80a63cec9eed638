/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Contexts and guests: finding, making, letting go.
 *
 * Both tables have a fixed size. When one is full, what was used longest ago
 * makes place, but never what a vCPU runs or has just left. Counts of a guest
 * that goes are added to those of its level, so that sums stay right.
 * Everything here is called with the lock held, by vCPUs.
 */
#include <string.h>

#include "engine/nested/hierarchy-private.h"

/* -- what readers look at ------------------------------------------------ */

void
mos_hierarchy_change_begin (MosHierarchy *self)
{
  __atomic_store_n (&self->version, self->version + 1, __ATOMIC_RELAXED);
  __atomic_thread_fence (__ATOMIC_RELEASE);
}

void
mos_hierarchy_change_end (MosHierarchy *self)
{
  __atomic_store_n (&self->version, self->version + 1, __ATOMIC_RELEASE);
}

/* -- contexts ------------------------------------------------------------ */

static guint
bucket_of (guint16 owner, guint64 block)
{
  guint64 hash = ((block >> 4) ^ ((guint64) owner << 40)) * 0x9e3779b97f4a7c15;

  return (guint) (hash >> 54) % MOS_HIERARCHY_BUCKETS;
}

MosContext *
mos_hierarchy_find_context (MosHierarchy *self, guint16 owner, guint64 block)
{
  guint16 i = self->buckets[bucket_of (owner, block)];

  while (i != MOS_NO_CONTEXT) {
    MosContext *context = &self->contexts[i];

    if (context->owner == owner && context->block == block)
      return context;
    i = context->next;
  }
  return NULL;
}

static void
link_context (MosHierarchy *self, MosContext *context)
{
  guint bucket = bucket_of (context->owner, context->block);

  context->next = self->buckets[bucket];
  self->buckets[bucket] = (guint16) (context - self->contexts);
}

static void
unlink_context (MosHierarchy *self, MosContext *context)
{
  guint16 *place = &self->buckets[bucket_of (context->owner, context->block)];

  while (*place != (guint16) (context - self->contexts))
    place = &self->contexts[*place].next;
  *place = context->next;
}

void
mos_hierarchy_move_context (MosHierarchy *self,
                            MosContext   *context,
                            guint64       block)
{
  unlink_context (self, context);
  context->block = block;
  link_context (self, context);
}

/* Marks everything that vCPUs run through, or have just left. */
static void
pin_all (MosHierarchy *self)
{
  for (guint i = 0; i < MOS_HIERARCHY_BLOCKS; i++)
    self->contexts[i].pinned = self->contexts[i].used_at == self->clock;
  for (guint i = 0; i < self->n_vcpus; i++) {
    const MosHierarchyCpu *cpu = &self->cpus[i];
    MosContext            *context = mos_context_get (cpu->outer);

    for (guint n = 0; context != NULL && n < MOS_HIERARCHY_LEVELS; n++) {
      MosContext *parent = mos_context_get (context->parent);

      context->pinned = TRUE;
      if (parent != NULL)
        parent->pinned = TRUE;
      context = mos_context_get (context->inner);
    }
  }
}

static MosContext *
find_place (MosHierarchy *self)
{
  MosContext *oldest = NULL;

  for (guint i = 0; i < MOS_HIERARCHY_BLOCKS; i++)
    if (!self->contexts[i].used)
      return &self->contexts[i];
  pin_all (self);
  for (guint i = 0; i < MOS_HIERARCHY_BLOCKS; i++) {
    MosContext *context = &self->contexts[i];

    if (!context->pinned &&
        (oldest == NULL || context->used_at < oldest->used_at))
      oldest = context;
  }
  if (oldest != NULL)
    mos_hierarchy_drop_context (self, oldest);
  return oldest;
}

MosContext *
mos_hierarchy_add_context (MosHierarchy *self, guint16 owner, guint64 block)
{
  MosContext *context = find_place (self);
  guint32     generation;

  if (context == NULL)
    return NULL;
  generation = context->generation + 1;
  memset (context, 0, sizeof *context);
  context->used = TRUE;
  context->generation = generation;
  context->owner = owner;
  context->guest = MOS_NO_GUEST;
  context->block = block;
  context->used_at = self->clock;
  link_context (self, context);
  return context;
}

void
mos_hierarchy_drop_context (MosHierarchy *self, MosContext *context)
{
  if (!context->used)
    return;
  unlink_context (self, context);
  context->used = FALSE;
  context->generation++;
  mos_hierarchy_join (self, context, MOS_NO_GUEST);
}

/* -- guests -------------------------------------------------------------- */

/* Adds a slot's counters to those of its level, and zeroes them. */
static void
fold_rows (MosHierarchy *self, guint index, guint level)
{
  for (guint i = 0; i < self->n_vcpus; i++) {
    MosGuestRow *row = &self->cpus[i].rows[index];

    if (row->seen == 0)
      continue;
    for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
      for (guint n = 0; n < MOS_N_EXITS; n++)
        MOS_TALLY (self->gone[level][by][n], MOS_LOOK (row->cells[by][n]));
    memset (row, 0, sizeof *row);
  }
}

static void
drop_guest (MosHierarchy *self, guint16 index)
{
  MosGuest *guest = &self->guests[index];

  if (!guest->used || index == MOS_HIERARCHY_MACHINE)
    return;
  /* Its own guests go first: a child always has a parent. */
  for (guint i = 0; i < MOS_HIERARCHY_BLOCKS; i++)
    if (self->contexts[i].used && self->contexts[i].owner == index)
      mos_hierarchy_drop_context (self, &self->contexts[i]);

  mos_hierarchy_change_begin (self);
  fold_rows (self, index, guest->level);
  MOS_PUT (guest->used, 0);
  MOS_PUT (guest->generation, guest->generation + 1);
  mos_hierarchy_change_end (self);
}

static gboolean
is_running (MosHierarchy *self, guint16 index)
{
  for (guint i = 0; i < MOS_HIERARCHY_BLOCKS; i++)
    if (self->contexts[i].used && self->contexts[i].pinned &&
        (self->contexts[i].guest == index || self->contexts[i].owner == index))
      return TRUE;
  return FALSE;
}

static guint16
find_slot (MosHierarchy *self)
{
  guint16 oldest = MOS_NO_GUEST;

  for (guint16 i = 1; i < MOS_HIERARCHY_GUESTS; i++)
    if (!self->guests[i].used)
      return i;
  pin_all (self);
  for (guint16 i = 1; i < MOS_HIERARCHY_GUESTS; i++) {
    const MosGuest *guest = &self->guests[i];

    if (oldest != MOS_NO_GUEST &&
        guest->used_at >= self->guests[oldest].used_at)
      continue;
    if (!is_running (self, i))
      oldest = i;
  }
  if (oldest == MOS_NO_GUEST)
    return MOS_NO_GUEST;
  for (guint i = 0; i < MOS_HIERARCHY_BLOCKS; i++)
    if (self->contexts[i].used && self->contexts[i].guest == oldest)
      mos_hierarchy_drop_context (self, &self->contexts[i]);
  drop_guest (self, oldest);
  MOS_TALLY (self->forgotten, 1);
  return oldest;
}

guint16
mos_hierarchy_add_guest (MosHierarchy         *self,
                         guint16               parent,
                         const MosNestedEntry *entry)
{
  guint16   index = find_slot (self);
  MosGuest *guest;

  if (index == MOS_NO_GUEST)
    return MOS_NO_GUEST;
  guest = &self->guests[index];
  mos_hierarchy_change_begin (self);
  /* What a vCPU may have counted after the last guest here was gone. */
  fold_rows (self, index, MAX (guest->level, 2));
  MOS_PUT (guest->parent, parent);
  MOS_PUT (guest->level, self->guests[parent].level + 1);
  MOS_PUT (guest->serial, ++self->n_serial);
  MOS_PUT (guest->vendor, entry->vendor);
  MOS_PUT (guest->root, entry->root);
  MOS_PUT (guest->nested_paging, entry->nested_paging);
  MOS_PUT (guest->n_contexts, 0);
  MOS_PUT (guest->deeper, FALSE);
  guest->used_at = self->clock;
  memset (guest->name, 0, sizeof guest->name);
  MOS_PUT (guest->generation, guest->generation + 1);
  MOS_PUT (guest->used, 1);
  mos_hierarchy_change_end (self);
  return index;
}

void
mos_hierarchy_join (MosHierarchy *self, MosContext *context, guint16 guest)
{
  guint16 old = context->guest;

  if (old == guest)
    return;
  context->guest = guest;
  if (guest != MOS_NO_GUEST)
    MOS_PUT (self->guests[guest].n_contexts,
             self->guests[guest].n_contexts + 1);
  if (old == MOS_NO_GUEST)
    return;
  MOS_PUT (self->guests[old].n_contexts, self->guests[old].n_contexts - 1);
  if (self->guests[old].n_contexts == 0)
    drop_guest (self, old);
}

void
mos_hierarchy_tables_init (MosHierarchy *self)
{
  MosGuest *machine = &self->guests[MOS_HIERARCHY_MACHINE];

  memset (self->buckets, 0xff, sizeof self->buckets);
  machine->used = 1;
  machine->level = 1;
  machine->parent = MOS_NO_GUEST;
}
