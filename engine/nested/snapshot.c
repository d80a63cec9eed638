/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Taking a copy of a hierarchy while it changes.
 *
 * The vCPUs make `version` odd while guests come and go; a reader that sees it
 * odd, or changed under its hands, starts again. Nobody waits for a reader.
 * Counters are read one by one, so the sums of a running machine may be a few
 * exits apart from each other; those of one that stands still are exact.
 */
#include <string.h>

#include "engine/nested/hierarchy-private.h"

/* If the guests change faster than this they are not worth waiting for. */
#define MAX_TRIES 200

typedef struct {
  MosHierarchy         *self;
  MosHierarchySnapshot *out;
  gint64                silent_ns;
  double                ns_per_tick;
  guint64               now;
  gboolean              shown[MOS_HIERARCHY_GUESTS];
  gint                  places[MOS_HIERARCHY_GUESTS];
} Reading;

static void
copy_name (char *to, const char *from)
{
  for (guint i = 0; i < MOS_HIERARCHY_NAME - 1; i++)
    to[i] = MOS_LOOK (from[i]);
  to[MOS_HIERARCHY_NAME - 1] = '\0';
}

static guint64
last_seen (MosHierarchy *self, guint index)
{
  guint64 seen = 0;

  for (guint i = 0; i < self->n_vcpus; i++)
    seen = MAX (seen, MOS_LOOK (self->cpus[i].rows[index].seen));
  return seen;
}

/* A control block that was never fit to be entered is nobody's guest. */
static gboolean
has_run (MosHierarchy *self, guint index)
{
  for (guint i = 0; i < self->n_vcpus; i++) {
    const MosGuestRow *row = &self->cpus[i].rows[index];

    if (MOS_LOOK (row->sampled) != 0 ||
        MOS_LOOK (row->entries) >
            MOS_LOOK (row->cells[1][MOS_EXIT_ENTRY_FAILED]))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_on_cpu (MosHierarchy *self, guint index)
{
  for (guint i = 0; i < self->n_vcpus; i++)
    if (MOS_LOOK (self->cpus[i].running) == index)
      return TRUE;
  return FALSE;
}

/* -- one guest ----------------------------------------------------------- */

static void
add_row (const Reading     *reading,
         MosHierarchyGuest *guest,
         const MosGuestRow *row,
         guint64           *newest)
{
  guint64 seen = MOS_LOOK (row->seen);

  guest->entries += MOS_LOOK (row->entries);
  guest->instructions += MOS_LOOK (row->instructions);
  guest->sampled = guest->sampled || MOS_LOOK (row->sampled) != 0;
  guest->returns += MOS_LOOK (row->returns);
  guest->return_entries += MOS_LOOK (row->return_entries);
  guest->own_ns +=
      (gint64) ((double) MOS_LOOK (row->ticks) * reading->ns_per_tick);
  for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
    for (guint n = 0; n < MOS_N_EXITS; n++)
      guest->cells[by][n] += MOS_LOOK (row->cells[by][n]);
  if (seen < *newest)
    return;
  *newest = seen;
  guest->block = MOS_LOOK (row->block);
  guest->rip = MOS_LOOK (row->rip);
  guest->cr3 = MOS_LOOK (row->cr3);
  guest->space = (guint32) MOS_LOOK (row->space);
  guest->mode =
      (MosGuestMode) MIN (MOS_LOOK (row->mode), MOS_N_GUEST_MODES - 1);
}

/* What it did since it was entered last, if it is running now. */
static void
add_current (const Reading *reading, MosHierarchyGuest *guest, guint index)
{
  for (guint i = 0; i < reading->self->n_vcpus; i++) {
    const MosHierarchyCpu *cpu = &reading->self->cpus[i];
    guint64                since = MOS_LOOK (cpu->since);

    if (MOS_LOOK (cpu->running) != index)
      continue;
    guest->running = TRUE;
    /* A sample says nothing of how long. */
    if (guest->sampled)
      continue;
    if (since < reading->now)
      guest->own_ns +=
          (gint64) ((double) (reading->now - since) * reading->ns_per_tick);
  }
}

static void
read_guest (Reading *reading, guint index)
{
  MosHierarchy      *self = reading->self;
  const MosGuest    *guest = &self->guests[index];
  MosHierarchyGuest *out;
  guint16            parent = MOS_LOOK (guest->parent);
  guint              n_contexts = MOS_LOOK (guest->n_contexts);
  guint64            newest = 0;

  g_array_set_size (reading->out->guests, reading->out->guests->len + 1);
  out = &g_array_index (reading->out->guests, MosHierarchyGuest,
                        reading->out->guests->len - 1);
  reading->places[index] = (gint) reading->out->guests->len - 1;
  out->id = (guint64) MOS_LOOK (guest->generation) << 16 | index;
  out->parent = parent == MOS_HIERARCHY_MACHINE || parent == MOS_NO_GUEST
                    ? -1
                    : reading->places[parent];
  out->level = MIN (MOS_LOOK (guest->level), MOS_HIERARCHY_LEVELS - 1);
  out->serial = MOS_LOOK (guest->serial);
  out->vendor = MOS_LOOK (guest->vendor);
  out->root = MOS_LOOK (guest->root);
  out->nested_paging = MOS_LOOK (guest->nested_paging);
  out->deeper = MOS_LOOK (guest->deeper);
  out->n_vcpus = n_contexts <= 64 ? n_contexts : 0;
  copy_name (out->name, guest->name);
  for (guint i = 0; i < self->n_vcpus; i++)
    add_row (reading, out, &self->cpus[i].rows[index], &newest);
  add_current (reading, out, index);
  if (!out->running && reading->now > newest)
    out->silent_ns =
        (gint64) ((double) (reading->now - newest) * reading->ns_per_tick);
}

/* -- names that only beacons told ---------------------------------------- */

/* The guest that only beacons know as child @number of @parent; made if it is
 * not there. Its index. */
static gint
add_said (Reading *reading, gint parent, guint level, guint number, guint first)
{
  GArray           *guests = reading->out->guests;
  MosHierarchyGuest guest = {
    .only_said = TRUE, .parent = parent, .level = level, .serial = number
  };

  for (guint i = first; i < guests->len; i++) {
    const MosHierarchyGuest *other =
        &g_array_index (guests, MosHierarchyGuest, i);

    if (other->parent == parent && other->serial == number)
      return (gint) i;
  }
  if (parent >= 0)
    guest.id = g_array_index (guests, MosHierarchyGuest, parent).id;
  guest.id = ((guest.id ^ (number + 1)) * 0x100000001b3) |
             G_GUINT64_CONSTANT (1) << 63;
  g_array_append_val (guests, guest);
  return (gint) guests->len - 1;
}

static void
read_names (Reading *reading)
{
  MosHierarchy *self = reading->self;
  guint         n_said = MIN (MOS_LOOK (self->n_said), MOS_HIERARCHY_SAID);
  guint         first = reading->out->guests->len;

  copy_name (reading->out->name, self->guests[MOS_HIERARCHY_MACHINE].name);
  for (guint i = 0; i < n_said; i++) {
    const MosSaidName *said = &self->said[i];
    guint n_hops = MIN (MOS_LOOK (said->n_hops), MOS_HIERARCHY_LEVELS - 2);
    gint  place = -1;

    for (guint n = 0; n < n_hops; n++)
      place = add_said (reading, place, n + 2, MOS_LOOK (said->path[n]), first);
    if (place >= 0)
      copy_name (
          g_array_index (reading->out->guests, MosHierarchyGuest, place).name,
          said->name);
  }
}

/* -- all of them --------------------------------------------------------- */

static void
add_gone (Reading *reading, guint index)
{
  guint level = MIN (MOS_LOOK (reading->self->guests[index].level),
                     MOS_HIERARCHY_LEVELS - 1);

  if (level < 2)
    level = 0;
  for (guint i = 0; i < reading->self->n_vcpus; i++)
    for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
      for (guint n = 0; n < MOS_N_EXITS; n++)
        reading->out->gone[level][by][n] +=
            MOS_LOOK (reading->self->cpus[i].rows[index].cells[by][n]);
}

static void
choose_shown (Reading *reading)
{
  MosHierarchy *self = reading->self;

  for (guint i = 1; i < MOS_HIERARCHY_GUESTS; i++) {
    guint64 seen;
    double  silent;

    if (!MOS_LOOK (self->guests[i].used) || !has_run (self, i))
      continue;
    seen = last_seen (self, i);
    silent = reading->now > seen ? (double) (reading->now - seen) : 0;
    if (!is_on_cpu (self, i) &&
        silent * reading->ns_per_tick > (double) reading->silent_ns)
      continue;
    /* And all that it lies in. */
    for (guint up = i, n = 0;
         up != MOS_HIERARCHY_MACHINE && up < MOS_HIERARCHY_GUESTS &&
         n < MOS_HIERARCHY_LEVELS;
         up = MOS_LOOK (self->guests[up].parent), n++)
      reading->shown[up] = TRUE;
  }
}

static void
read_all (Reading *reading)
{
  MosHierarchy *self = reading->self;

  choose_shown (reading);
  /* Level by level, so parents come first. */
  for (guint level = 2; level < MOS_HIERARCHY_LEVELS; level++)
    for (guint i = 1; i < MOS_HIERARCHY_GUESTS; i++)
      if (reading->shown[i] && MOS_LOOK (self->guests[i].level) == level)
        read_guest (reading, i);
  /* Also of slots that are free again: a vCPU may still be in a guest that
   * another one has let go. Most slots never had one. */
  for (guint i = 0; i < MOS_HIERARCHY_GUESTS; i++)
    if (!reading->shown[i] && (i == MOS_HIERARCHY_MACHINE ||
                               MOS_LOOK (self->guests[i].generation) != 0))
      add_gone (reading, i);
  for (guint level = 0; level < MOS_HIERARCHY_LEVELS; level++)
    for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
      for (guint n = 0; n < MOS_N_EXITS; n++)
        reading->out->gone[level][by][n] += MOS_LOOK (self->gone[level][by][n]);
  for (guint i = 0; i < self->n_vcpus; i++)
    reading->out->gone[2][1][MOS_EXIT_ENTRY_FAILED] +=
        MOS_LOOK (self->cpus[i].failed);
  reading->out->busy_ns = 0;
  for (guint i = 0; i < self->n_vcpus; i++)
    reading->out->busy_ns +=
        (gint64) ((double) MOS_LOOK (
                      self->cpus[i].rows[MOS_HIERARCHY_MACHINE].ticks) *
                  reading->ns_per_tick);
  reading->out->forgotten = MOS_LOOK (self->forgotten);
  read_names (reading);
}

/* -- the door ------------------------------------------------------------ */

void
mos_hierarchy_read (MosHierarchy         *self,
                    gint64                silent_ns,
                    MosHierarchySnapshot *snapshot)
{
  Reading reading = { .self = self, .out = snapshot, .silent_ns = silent_ns };

  g_return_if_fail (self != NULL && snapshot != NULL);

  if (snapshot->guests == NULL)
    snapshot->guests = g_array_new (FALSE, TRUE, sizeof (MosHierarchyGuest));
  reading.ns_per_tick = mos_hierarchy_ns_per_tick (self);
  for (guint i = 0; i < MAX_TRIES; i++) {
    guint version = __atomic_load_n (&self->version, __ATOMIC_ACQUIRE);

    if ((version & 1) != 0) {
      g_thread_yield ();
      continue;
    }
    g_array_set_size (snapshot->guests, 0);
    memset (snapshot->gone, 0, sizeof snapshot->gone);
    memset (reading.shown, 0, sizeof reading.shown);
    memset (reading.places, -1, sizeof reading.places);
    reading.now = mos_hierarchy_ticks (self);
    read_all (&reading);
    __atomic_thread_fence (__ATOMIC_ACQUIRE);
    if (MOS_LOOK (self->version) == version)
      break;
  }
}

void
mos_hierarchy_snapshot_clear (MosHierarchySnapshot *self)
{
  if (self != NULL)
    g_clear_pointer (&self->guests, g_array_unref);
}
