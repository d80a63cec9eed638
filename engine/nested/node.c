/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The object: facts, rates, children. How guests become children is in
 * node-update.c, and nodes as text in node-json.c.
 */
#include "engine/nested/node.h"

#include <glib/gi18n-lib.h>

#include "engine/nested/node-private.h"

enum {
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MosHierarchyNode, mos_hierarchy_node, G_TYPE_OBJECT)

static const struct {
  const char *name;
  const char *title;
} states[] = {
  [MOS_NODE_OFF] = { "off", N_ ("Off") },
  [MOS_NODE_RUNNING] = { "running", N_ ("Running") },
  [MOS_NODE_PAUSED] = { "paused", N_ ("Paused") },
  [MOS_NODE_SILENT] = { "silent", N_ ("Silent") },
  [MOS_NODE_SAID] = { "said", N_ ("By its own word") },
};

static const struct {
  const char *name;
  const char *title;
} modes[MOS_N_GUEST_MODES] = {
  [MOS_GUEST_MODE_UNKNOWN] = { "unknown", N_ ("unknown mode") },
  [MOS_GUEST_MODE_REAL] = { "real", N_ ("real mode") },
  [MOS_GUEST_MODE_VIRTUAL_8086] = { "v8086", N_ ("virtual 8086 mode") },
  [MOS_GUEST_MODE_PROTECTED] = { "protected", N_ ("protected mode") },
  [MOS_GUEST_MODE_COMPATIBILITY] = { "compatibility",
                                     N_ ("compatibility mode") },
  [MOS_GUEST_MODE_LONG] = { "long", N_ ("64-bit mode") },
};

static void
mos_hierarchy_node_finalize (GObject *object)
{
  MosHierarchyNode *self = MOS_HIERARCHY_NODE (object);

  for (guint i = 0;
       i < g_list_model_get_n_items (G_LIST_MODEL (self->children)); i++) {
    g_autoptr (MosHierarchyNode) child =
        g_list_model_get_item (G_LIST_MODEL (self->children), i);

    child->parent = NULL;
  }
  g_object_unref (self->children);
  g_free (self->facts.name);
  g_free (self->title);
  G_OBJECT_CLASS (mos_hierarchy_node_parent_class)->finalize (object);
}

static void
mos_hierarchy_node_class_init (MosHierarchyNodeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mos_hierarchy_node_finalize;
  signals[CHANGED] =
      g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mos_hierarchy_node_init (MosHierarchyNode *self)
{
  self->children = g_list_store_new (MOS_TYPE_HIERARCHY_NODE);
}

MosHierarchyNode *
mos_hierarchy_node_new (MosNodeKind kind, guint64 id)
{
  MosHierarchyNode *self = g_object_new (MOS_TYPE_HIERARCHY_NODE, NULL);

  self->id = id;
  self->facts.kind = kind;
  self->facts.guest.level = kind == MOS_NODE_HOST ? 0 : 1;
  return self;
}

/* -- looking ------------------------------------------------------------- */

guint64
mos_hierarchy_node_get_id (MosHierarchyNode *self)
{
  g_return_val_if_fail (MOS_IS_HIERARCHY_NODE (self), 0);

  return self->id;
}

const MosNodeFacts *
mos_hierarchy_node_get_facts (MosHierarchyNode *self)
{
  g_return_val_if_fail (MOS_IS_HIERARCHY_NODE (self), NULL);

  return &self->facts;
}

const MosNodeRates *
mos_hierarchy_node_get_rates (MosHierarchyNode *self)
{
  g_return_val_if_fail (MOS_IS_HIERARCHY_NODE (self), NULL);

  return &self->rates;
}

const char *
mos_hierarchy_node_get_title (MosHierarchyNode *self)
{
  const MosNodeFacts *facts;

  g_return_val_if_fail (MOS_IS_HIERARCHY_NODE (self), NULL);

  facts = &self->facts;
  g_free (self->title);
  if (facts->name != NULL && *facts->name != '\0')
    self->title = g_strdup (facts->name);
  else if (facts->kind == MOS_NODE_HOST)
    self->title = g_strdup (_ ("This host"));
  else
    self->title = g_strdup_printf (_ ("Guest %u"), facts->guest.serial);
  return self->title;
}

guint
mos_hierarchy_node_get_level (MosHierarchyNode *self)
{
  g_return_val_if_fail (MOS_IS_HIERARCHY_NODE (self), 0);

  return self->facts.guest.level;
}

MosHierarchyNode *
mos_hierarchy_node_get_parent (MosHierarchyNode *self)
{
  g_return_val_if_fail (MOS_IS_HIERARCHY_NODE (self), NULL);

  return self->parent;
}

GListModel *
mos_hierarchy_node_get_children (MosHierarchyNode *self)
{
  g_return_val_if_fail (MOS_IS_HIERARCHY_NODE (self), NULL);

  return G_LIST_MODEL (self->children);
}

double
mos_hierarchy_node_get_multiplication (MosHierarchyNode *self)
{
  const MosHierarchyGuest *guest;

  g_return_val_if_fail (MOS_IS_HIERARCHY_NODE (self), 0);

  guest = &self->facts.guest;
  return guest->returns > 0
             ? (double) guest->return_entries / (double) guest->returns
             : 0;
}

const char *
mos_node_state_name (MosNodeState state)
{
  g_return_val_if_fail (state < G_N_ELEMENTS (states), NULL);

  return states[state].name;
}

const char *
mos_node_state_title (MosNodeState state)
{
  g_return_val_if_fail (state < G_N_ELEMENTS (states), NULL);

  return _ (states[state].title);
}

const char *
mos_guest_mode_name (MosGuestMode mode)
{
  g_return_val_if_fail (mode < MOS_N_GUEST_MODES, NULL);

  return modes[mode].name;
}

const char *
mos_guest_mode_title (MosGuestMode mode)
{
  g_return_val_if_fail (mode < MOS_N_GUEST_MODES, NULL);

  return _ (modes[mode].title);
}

/* -- changing ------------------------------------------------------------ */

static double
rate (guint64 now, guint64 before, double seconds)
{
  return now > before ? (double) (now - before) / seconds : 0;
}

static void
take_rates (MosHierarchyNode *self, const MosNodeFacts *now, double seconds)
{
  const MosNodeFacts *old = &self->facts;
  MosNodeRates       *rates = &self->rates;

  rates->exits = 0;
  for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
    for (guint n = 0; n < MOS_N_EXITS; n++) {
      rates->cells[by][n] =
          rate (now->guest.cells[by][n], old->guest.cells[by][n], seconds);
      rates->exits += rates->cells[by][n];
    }
  rates->own = rate ((guint64) MAX (now->guest.own_ns, 0),
                     (guint64) MAX (old->guest.own_ns, 0), seconds * 1e9);
  rates->below = rate ((guint64) MAX (now->below_ns, 0),
                       (guint64) MAX (old->below_ns, 0), seconds * 1e9);
  rates->instructions =
      rate (now->guest.instructions, old->guest.instructions, seconds);
}

void
mos_hierarchy_node_update (MosHierarchyNode   *self,
                           const MosNodeFacts *facts,
                           gint64              now_us)
{
  char *name;

  g_return_if_fail (MOS_IS_HIERARCHY_NODE (self) && facts != NULL);

  if (self->updated_us != 0 && now_us > self->updated_us)
    take_rates (self, facts,
                (double) (now_us - self->updated_us) / G_USEC_PER_SEC);
  self->updated_us = now_us;
  name = g_strdup (facts->name);
  g_free (self->facts.name);
  self->facts = *facts;
  self->facts.name = name;
  g_signal_emit (self, signals[CHANGED], 0);
}

static gint
find_child (MosHierarchyNode *self, guint64 id, guint from)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->children));

  for (guint i = from; i < n; i++) {
    g_autoptr (MosHierarchyNode) child =
        g_list_model_get_item (G_LIST_MODEL (self->children), i);

    if (child->id == id)
      return (gint) i;
  }
  return -1;
}

void
mos_hierarchy_node_set_children (MosHierarchyNode *self,
                                 MosNodeKind       kind,
                                 const guint64    *ids,
                                 guint             n_ids)
{
  g_return_if_fail (MOS_IS_HIERARCHY_NODE (self));

  for (guint i = 0; i < n_ids; i++) {
    gint at = find_child (self, ids[i], i);

    if (at < 0) {
      g_autoptr (MosHierarchyNode) child =
          mos_hierarchy_node_new (kind, ids[i]);

      child->parent = self;
      g_list_store_insert (self->children, i, child);
    }
    /* Those between are gone. */
    for (; at > (gint) i; at--) {
      g_autoptr (MosHierarchyNode) child =
          g_list_model_get_item (G_LIST_MODEL (self->children), i);

      child->parent = NULL;
      g_list_store_remove (self->children, i);
    }
  }
  while (g_list_model_get_n_items (G_LIST_MODEL (self->children)) > n_ids)
    g_list_store_remove (self->children, n_ids);
}
