/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The insides of a MosHierarchyNode, for node.c (the object), node-update.c
 * (from a snapshot to nodes) and node-json.c (from nodes to text). All on the
 * main loop.
 */
#pragma once

#include "engine/nested/node.h"

G_BEGIN_DECLS

struct _MosHierarchyNode {
  GObject parent_instance;

  guint64           id;
  MosHierarchyNode *parent; /* cleared when it goes */
  GListStore       *children;
  MosNodeFacts      facts;
  MosNodeRates      rates;
  gint64            updated_us;
  gint64            walked_us; /* when the working set was read */
  char             *title;     /* what _get_title() gave out last */
};

G_END_DECLS
