/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The statistics of a run: from the counters of the processors and devices of
 * one machine.
 */

#include "app/cli/stats.h"

#include <string.h>

#include "app/cli/json.h"

static void
add_cells (JsonBuilder *builder, guint level, MosHierarchyCells cells)
{
  for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
    for (guint i = 0; i < MOS_N_EXITS; i++) {
      if (cells[by][i] == 0)
        continue;
      json_builder_begin_object (builder);
      mos_json_add_int (builder, "level", level);
      mos_json_add_string (builder, "reason", mos_exit_infos[i].name);
      mos_json_add_int (builder, "handled_by", by);
      mos_json_add_int (builder, "count", (gint64) cells[by][i]);
      json_builder_end_object (builder);
    }
}

/* The processors count what level 0 handled for anybody; what a level 2 or
 * deeper did is known guest by guest. */
static void
add_exits (JsonBuilder *builder, MosVm *vm, const MosVcpuCounters *counters)
{
  g_autoptr (MosHierarchy) hierarchy = mos_vm_ref_hierarchy (vm);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  MosHierarchyCells cells[MOS_HIERARCHY_LEVELS] = { 0 };

  if (hierarchy != NULL)
    mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  memcpy (cells, snapshot.gone, sizeof cells);
  for (guint i = 0; snapshot.guests != NULL && i < snapshot.guests->len; i++) {
    const MosHierarchyGuest *guest =
        &g_array_index (snapshot.guests, MosHierarchyGuest, i);

    for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
      for (guint n = 0; n < MOS_N_EXITS; n++)
        cells[guest->level][by][n] += guest->cells[by][n];
  }
  for (guint n = 0; n < MOS_N_EXITS; n++) {
    guint64 others = cells[0][0][n];

    for (guint level = 2; level < MOS_HIERARCHY_LEVELS; level++)
      others += cells[level][0][n];
    cells[1][0][n] = counters->exits[n] - MIN (counters->exits[n], others);
  }

  json_builder_set_member_name (builder, "exits");
  json_builder_begin_array (builder);
  for (guint level = 0; level < MOS_HIERARCHY_LEVELS; level++)
    add_cells (builder, level, cells[level]);
  json_builder_end_array (builder);
}

static void
add_device_cb (gpointer             user_data,
               const char          *name,
               const MosIoCounters *c,
               guint64              time_ns)
{
  JsonBuilder *builder = user_data;

  json_builder_begin_object (builder);
  mos_json_add_string (builder, "name", name);
  mos_json_add_int (builder, "accesses", (gint64) (c->reads + c->writes));
  mos_json_add_int (builder, "bytes", (gint64) c->bytes);
  mos_json_add_int (builder, "interrupts", (gint64) c->interrupts);
  mos_json_add_int (builder, "time_ns", (gint64) time_ns);
  json_builder_end_object (builder);
}

static void
add_unknown_cb (gpointer    user_data,
                const char *name,
                const char *unit,
                guint64     value)
{
  mos_json_add_int (user_data, name, (gint64) value);
}

static void
add_tree (JsonBuilder *builder, MosHypervisor *hypervisor)
{
  g_autofree char *text = NULL;

  mos_hypervisor_update_tree (hypervisor);
  text = mos_hierarchy_node_to_json (mos_hypervisor_get_tree (hypervisor));
  json_builder_set_member_name (builder, "tree");
  json_builder_add_value (builder, json_from_string (text, NULL));
}

char *
mos_stats_collect (MosHypervisor *hypervisor,
                   MosVm         *vm,
                   double         wall_s,
                   const char    *ended_by,
                   int            status)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  MosVcpuCounters counters = { { 0 } };
  const char     *backend = mos_vm_get_backend_name (vm);

  mos_vm_get_counters (vm, &counters);
  json_builder_begin_object (builder);
  mos_json_add_double (builder, "wall_s", wall_s);
  mos_json_add_string (builder, "ended_by", ended_by);
  mos_json_add_int (builder, "status", status);
  mos_json_add_string (builder, "backend", backend != NULL ? backend : "");
  if (counters.instructions_known)
    mos_json_add_int (builder, "guest_instructions",
                      (gint64) counters.instructions);
  mos_json_add_int (builder, "interrupts", (gint64) counters.interrupts);
  mos_json_add_double (builder, "guest_s", (double) counters.run_ns / 1e9);
  add_exits (builder, vm, &counters);
  json_builder_set_member_name (builder, "unknown_instructions");
  json_builder_begin_object (builder);
  mos_vm_foreach_unknown_instruction (vm, add_unknown_cb, builder);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "devices");
  json_builder_begin_array (builder);
  mos_vm_foreach_device (vm, add_device_cb, builder);
  json_builder_end_array (builder);
  add_tree (builder, hypervisor);
  json_builder_end_object (builder);
  return mos_json_text (builder, TRUE);
}
