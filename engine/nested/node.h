/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A row of the hierarchy: the host, a machine, or a guest inside one.
 *
 * Objects for lists: a node stays the same object as long as what it shows is
 * the same, and says "changed" when its numbers are new. Children are a
 * GListModel of nodes. Rates are those between the last two updates.
 *
 * Threads: the main loop's.
 */
#pragma once

#include <gio/gio.h>

#include "engine/nested/hierarchy.h"
#include "engine/nested/working-set.h"

G_BEGIN_DECLS

typedef enum {
  MOS_NODE_HOST,
  MOS_NODE_MACHINE,
  MOS_NODE_GUEST
} MosNodeKind;

typedef enum {
  MOS_NODE_OFF,
  MOS_NODE_RUNNING,
  MOS_NODE_PAUSED,
  MOS_NODE_SILENT, /* a guest that has not run for a while */
  MOS_NODE_SAID    /* a guest that only a beacon tells of */
} MosNodeState;

/* Everything that is known of a row now. */
typedef struct {
  MosNodeKind       kind;
  MosNodeState      state;
  char             *name;    /* of the machine, or as the guest says; or NULL */
  const char       *backend; /* of a machine; or NULL */
  MosHierarchyGuest guest;   /* what it counts; of a machine: cells[0] */
  guint64           memory_bytes; /* given to it; 0: unknown */
  MosWorkingSet     working_set;  /* of a guest with nested paging */
  gint64            below_ns;     /* in its guests, and theirs */
} MosNodeFacts;

typedef struct {
  double exits; /* a second, of all reasons */
  double cells[MOS_HIERARCHY_LEVELS][MOS_N_EXITS];
  double own;   /* processors it used itself, 1.0 is one whole */
  double below; /* and its guests */
  double instructions;
} MosNodeRates;

#define MOS_TYPE_HIERARCHY_NODE (mos_hierarchy_node_get_type ())
G_DECLARE_FINAL_TYPE (MosHierarchyNode,
                      mos_hierarchy_node,
                      MOS,
                      HIERARCHY_NODE,
                      GObject)

/* A node without children; nothing is known of it. */
MosHierarchyNode *mos_hierarchy_node_new (MosNodeKind kind, guint64 id);

guint64             mos_hierarchy_node_get_id (MosHierarchyNode *self);
const MosNodeFacts *mos_hierarchy_node_get_facts (MosHierarchyNode *self);
const MosNodeRates *mos_hierarchy_node_get_rates (MosHierarchyNode *self);
/* The name, or what to call it; translated. Owned by the node. */
const char *mos_hierarchy_node_get_title (MosHierarchyNode *self);
guint       mos_hierarchy_node_get_level (MosHierarchyNode *self);
/* NULL for the host. Not referenced. */
MosHierarchyNode *mos_hierarchy_node_get_parent (MosHierarchyNode *self);
/* Of MosHierarchyNode; owned by the node, lives as long. */
GListModel *mos_hierarchy_node_get_children (MosHierarchyNode *self);
/* Entries by level 1 behind one exit; 0: none was seen yet. */
double mos_hierarchy_node_get_multiplication (MosHierarchyNode *self);
/* "running", … stable for JSON; title is translated. */
const char *mos_node_state_name (MosNodeState state);
const char *mos_node_state_title (MosNodeState state);
/* "long", …, the same way. */
const char *mos_guest_mode_name (MosGuestMode mode);
const char *mos_guest_mode_title (MosGuestMode mode);

/* Takes new facts (their name is copied) at @now_us of the monotonic clock and
 * says "changed". */
void mos_hierarchy_node_update (MosHierarchyNode   *self,
                                const MosNodeFacts *facts,
                                gint64              now_us);

/* Makes the children those in @ids, in that order: what stays is the same
 * object. Returns nothing; look them up with _get_children(). */
void mos_hierarchy_node_set_children (MosHierarchyNode *self,
                                      MosNodeKind       kind,
                                      const guint64    *ids,
                                      guint             n_ids);

/* Updates the guests below the machine's node @self from @snapshot, and takes
 * their sums into @facts, which become the machine's own: its cells[0] come in
 * as everything level 0 handled, own_ns as the time of all. @memory (may be
 * NULL) is where nested tables lie. */
void mos_hierarchy_node_update_machine (MosHierarchyNode           *self,
                                        MosNodeFacts               *facts,
                                        const MosHierarchySnapshot *snapshot,
                                        MosMemoryMap               *memory,
                                        gint64                      now_us);

/* The node and all below it, as JSON with stable keys (multios-tree(1)). */
char *mos_hierarchy_node_to_json (MosHierarchyNode *self);

G_END_DECLS
