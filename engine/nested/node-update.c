/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * From a snapshot of a machine's hierarchy to the nodes below it.
 */
#include <string.h>

#include "engine/nested/node-private.h"

/* A guest that has not run for this long is called silent. */
#define SILENT_NS (5 * G_GINT64_CONSTANT (1000000000))

/* Tables of nested page tables are looked at so often, and so many. */
#define WALK_US    (2 * G_USEC_PER_SEC)
#define MAX_TABLES 1024

typedef struct {
  const MosHierarchySnapshot *snapshot;
  MosMemoryMap               *memory;
  gint64                      now_us;
  gboolean                    paused;
  double                      share; /* of the clock's time that was theirs */
} Update;

static const MosHierarchyGuest *
guest_at (const Update *update, guint i)
{
  return &g_array_index (update->snapshot->guests, MosHierarchyGuest, i);
}

static MosNodeState
state_of (const Update *update, const MosHierarchyGuest *guest)
{
  if (guest->only_said)
    return MOS_NODE_SAID;
  if (update->paused)
    return MOS_NODE_PAUSED;
  return guest->silent_ns > SILENT_NS ? MOS_NODE_SILENT : MOS_NODE_RUNNING;
}

static void
read_working_set (const Update            *update,
                  MosHierarchyNode        *node,
                  const MosHierarchyGuest *guest,
                  MosNodeFacts            *facts)
{
  facts->working_set = node->facts.working_set;
  if (guest->only_said || !guest->nested_paging || update->memory == NULL)
    return;
  if (node->walked_us == 0 || update->now_us - node->walked_us >= WALK_US) {
    mos_working_set_read (&facts->working_set, update->memory, guest->vendor,
                          guest->root, MAX_TABLES);
    node->walked_us = update->now_us;
  }
}

static gint64
update_children (const Update *update, MosHierarchyNode *node, gint parent);

/* Returns the time spent in it and below. */
static gint64
update_guest (const Update *update, MosHierarchyNode *node, guint i)
{
  const MosHierarchyGuest *guest = guest_at (update, i);
  MosNodeFacts             facts = { .kind = MOS_NODE_GUEST,
                                     .state = state_of (update, guest),
                                     .name = (char *) guest->name,
                                     .guest = *guest };

  facts.guest.own_ns = (gint64) ((double) guest->own_ns * update->share);
  facts.below_ns = update_children (update, node, (gint) i);
  read_working_set (update, node, guest, &facts);
  facts.memory_bytes = facts.working_set.mapped_bytes;
  mos_hierarchy_node_update (node, &facts, update->now_us);
  return facts.guest.own_ns + facts.below_ns;
}

static gint64
update_children (const Update *update, MosHierarchyNode *node, gint parent)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (guint));
  gint64 sum_ns = 0;

  for (guint i = 0; i < update->snapshot->guests->len; i++)
    if (guest_at (update, i)->parent == parent) {
      g_array_append_val (ids, guest_at (update, i)->id);
      g_array_append_val (places, i);
    }
  mos_hierarchy_node_set_children (
      node, MOS_NODE_GUEST, (const guint64 *) (gpointer) ids->data, ids->len);
  for (guint i = 0; i < places->len; i++) {
    g_autoptr (MosHierarchyNode) child =
        g_list_model_get_item (G_LIST_MODEL (node->children), i);

    sum_ns += update_guest (update, child, g_array_index (places, guint, i));
  }
  return sum_ns;
}

/* What level 0 handled for guests is not the machine's own. */
static void
subtract_guests (MosNodeFacts *facts, const MosHierarchySnapshot *snapshot)
{
  guint64 *own = facts->guest.cells[0];

  for (guint n = 0; n < MOS_N_EXITS; n++) {
    guint64 others = 0;

    for (guint i = 0; i < snapshot->guests->len; i++)
      others +=
          g_array_index (snapshot->guests, MosHierarchyGuest, i).cells[0][n];
    for (guint level = 0; level < MOS_HIERARCHY_LEVELS; level++)
      others += snapshot->gone[level][0][n];
    own[n] -= MIN (own[n], others);
  }
}

/* Guests are timed by the clock, a machine by the processor time it got: on a
 * busy host the clock runs on while nobody runs. What part of it counts. */
static double
cpu_share (const MosNodeFacts *facts, const MosHierarchySnapshot *snapshot)
{
  gint64 clock_ns = snapshot->busy_ns;

  for (guint i = 0; i < snapshot->guests->len; i++)
    clock_ns += g_array_index (snapshot->guests, MosHierarchyGuest, i).own_ns;
  return facts->guest.own_ns > 0 && clock_ns > facts->guest.own_ns
             ? (double) facts->guest.own_ns / (double) clock_ns
             : 1;
}

void
mos_hierarchy_node_update_machine (MosHierarchyNode           *self,
                                   MosNodeFacts               *facts,
                                   const MosHierarchySnapshot *snapshot,
                                   MosMemoryMap               *memory,
                                   gint64                      now_us)
{
  Update update = { snapshot, memory, now_us, facts->state == MOS_NODE_PAUSED,
                    1 };

  g_return_if_fail (MOS_IS_HIERARCHY_NODE (self) && facts != NULL);

  if (snapshot == NULL || snapshot->guests == NULL) {
    mos_hierarchy_node_set_children (self, MOS_NODE_GUEST, NULL, 0);
  } else {
    subtract_guests (facts, snapshot);
    update.share = cpu_share (facts, snapshot);
    facts->below_ns = update_children (&update, self, -1);
    facts->guest.own_ns -= MIN (facts->guest.own_ns, facts->below_ns);
  }
  mos_hierarchy_node_update (self, facts, now_us);
}
