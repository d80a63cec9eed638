/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The tree of everything that runs: the host, its machines, and the guests
 * inside them. Main loop.
 */
#include "engine/core/hypervisor-private.h"

/* A guest that has not run for this long has ended, for all we can tell. */
#define GONE_NS (60 * G_GINT64_CONSTANT (1000000000))

typedef struct {
  MosHierarchyNode           *node;
  MosNodeFacts               *facts;
  const MosHierarchySnapshot *snapshot;
  gint64                      now_us;
  gboolean                    done;
} Update;

static MosNodeState
state_of (MosVm *vm)
{
  switch (mos_vm_get_state (vm)) {
  case MOS_VM_RUNNING:
  case MOS_VM_RESUMING:
  case MOS_VM_STOPPING:
    return MOS_NODE_RUNNING;
  case MOS_VM_PAUSING:
  case MOS_VM_PAUSED:
  case MOS_VM_CRASHED:
    return MOS_NODE_PAUSED;
  case MOS_VM_STOPPED:
  case MOS_VM_STARTING:
  case MOS_VM_DELETED:
  case MOS_N_VM_STATES:
  default:
    return MOS_NODE_OFF;
  }
}

/* While the machine's memory is there. */
static void
update_alive (gpointer user_data, MosBus *bus, MosCpus *cpus)
{
  Update *update = user_data;

  mos_hierarchy_node_update_machine (update->node, update->facts,
                                     update->snapshot, bus->memory,
                                     update->now_us);
  update->done = TRUE;
}

static void
update_machine (MosHierarchyNode *node, MosVm *vm, gint64 now_us)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (vm);
  g_autoptr (MosHierarchy) hierarchy = mos_vm_ref_hierarchy (vm);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  MosVmConfig    *config = mos_vm_get_config (vm);
  MosVcpuCounters counters = { { 0 } };
  MosNodeFacts    facts = {
       .kind = MOS_NODE_MACHINE,
       .state = state_of (vm),
       .name = (char *) mos_vm_get_name (vm),
       .backend = mos_vm_get_backend_name (vm),
       .guest.level = 1,
       .guest.n_vcpus = (guint) mos_vm_config_get_int (config, "vcpu_count"),
       .memory_bytes = (guint64) mos_vm_config_get_int (config, "memory_mb") << 20,
  };
  Update update = { node, &facts, &snapshot, now_us, FALSE };

  mos_vm_get_counters (vm, &counters);
  for (guint n = 0; n < MOS_N_EXITS; n++)
    facts.guest.cells[0][n] = counters.exits[n];
  facts.guest.instructions = counters.instructions;
  facts.guest.own_ns = counters.run_ns;
  if (hierarchy != NULL)
    mos_hierarchy_read (hierarchy, GONE_NS, &snapshot);
  if (machine != NULL)
    mos_machine_visit (machine, update_alive, &update);
  if (!update.done)
    mos_hierarchy_node_update_machine (node, &facts, NULL, NULL, now_us);
}

void
mos_tree_update (MosHierarchyNode *tree, MosHypervisor *self)
{
  GListModel         *vms = G_LIST_MODEL (self);
  guint               n = g_list_model_get_n_items (vms);
  g_autofree guint64 *ids = g_new0 (guint64, n + 1);
  gint64              now_us = g_get_monotonic_time ();
  MosNodeFacts facts = { .kind = MOS_NODE_HOST, .state = MOS_NODE_RUNNING };

  for (guint i = 0; i < n; i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (vms, i);

    ids[i] = GPOINTER_TO_SIZE (vm);
  }
  mos_hierarchy_node_set_children (tree, MOS_NODE_MACHINE, ids, n);
  for (guint i = 0; i < n; i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (vms, i);
    g_autoptr (MosHierarchyNode) node =
        g_list_model_get_item (mos_hierarchy_node_get_children (tree), i);

    update_machine (node, vm, now_us);
    facts.below_ns += mos_hierarchy_node_get_facts (node)->guest.own_ns +
                      mos_hierarchy_node_get_facts (node)->below_ns;
  }
  facts.guest.n_vcpus = g_get_num_processors ();
  mos_hierarchy_node_update (tree, &facts, now_us);
}
