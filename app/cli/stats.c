/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The statistics of a run: from the counters of the processors and devices of
 * one machine.
 */

#include "app/cli/stats.h"

#include "app/cli/json.h"

/* Every exit that the processors counted is the machine's own (level 1) and
 * was handled by the lab (level 0). */
static void
add_exits (JsonBuilder *builder, const MosVcpuCounters *counters)
{
  json_builder_set_member_name (builder, "exits");
  json_builder_begin_array (builder);
  for (guint i = 0; i < MOS_N_EXITS; i++) {
    if (counters->exits[i] == 0)
      continue;
    json_builder_begin_object (builder);
    mos_json_add_int (builder, "level", 1);
    mos_json_add_string (builder, "reason", mos_exit_infos[i].name);
    mos_json_add_int (builder, "handled_by", 0);
    mos_json_add_int (builder, "count", (gint64) counters->exits[i]);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
add_device_cb (gpointer user_data, const char *name, const MosIoCounters *c)
{
  JsonBuilder *builder = user_data;

  json_builder_begin_object (builder);
  mos_json_add_string (builder, "name", name);
  mos_json_add_int (builder, "accesses", (gint64) (c->reads + c->writes));
  mos_json_add_int (builder, "bytes", (gint64) c->bytes);
  mos_json_add_int (builder, "interrupts", (gint64) c->interrupts);
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
add_tree (JsonBuilder *builder, MosVm *vm)
{
  json_builder_set_member_name (builder, "tree");
  json_builder_begin_object (builder);
  mos_json_add_string (builder, "name", "host");
  mos_json_add_int (builder, "level", 0);
  json_builder_set_member_name (builder, "children");
  json_builder_begin_array (builder);
  json_builder_begin_object (builder);
  mos_json_add_string (builder, "name", mos_vm_get_name (vm));
  mos_json_add_int (builder, "level", 1);
  json_builder_set_member_name (builder, "children");
  json_builder_begin_array (builder);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

char *
mos_stats_collect (MosVm *vm, double wall_s, const char *ended_by, int status)
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
  add_exits (builder, &counters);
  json_builder_set_member_name (builder, "unknown_instructions");
  json_builder_begin_object (builder);
  mos_vm_foreach_unknown_instruction (vm, add_unknown_cb, builder);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "devices");
  json_builder_begin_array (builder);
  mos_vm_foreach_device (vm, add_device_cb, builder);
  json_builder_end_array (builder);
  add_tree (builder, vm);
  json_builder_end_object (builder);
  return mos_json_text (builder, TRUE);
}
