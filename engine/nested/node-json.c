/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Nodes as JSON, for `multios tree --json` and the statistics of a run. The
 * keys are stable; multios(1) lists them. Numbers that are not known are left
 * out.
 */
#include <json-glib/json-glib.h>

#include "engine/nested/node-private.h"

static void
add_int (JsonBuilder *builder, const char *key, guint64 value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_int_value (builder, (gint64) MIN (value, G_MAXINT64));
}

static void
add_double (JsonBuilder *builder, const char *key, double value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_double_value (builder, value);
}

static void
add_string (JsonBuilder *builder, const char *key, const char *value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_string_value (builder, value);
}

/* Addresses are strings: JSON's numbers lose bits. */
static void
add_address (JsonBuilder *builder, const char *key, guint64 value)
{
  char text[24];

  g_snprintf (text, sizeof text, "0x%" G_GINT64_MODIFIER "x", value);
  add_string (builder, key, text);
}

static void
add_exits (JsonBuilder *builder, const MosHierarchyGuest *guest)
{
  json_builder_set_member_name (builder, "exits");
  json_builder_begin_array (builder);
  for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
    for (guint n = 0; n < MOS_N_EXITS; n++) {
      if (guest->cells[by][n] == 0)
        continue;
      json_builder_begin_object (builder);
      add_string (builder, "reason", mos_exit_infos[n].name);
      add_int (builder, "handled_by", by);
      add_int (builder, "count", guest->cells[by][n]);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_guest (JsonBuilder *builder, const MosNodeFacts *facts)
{
  const MosHierarchyGuest *guest = &facts->guest;

  add_string (builder, "extension",
              guest->vendor == MOS_VENDOR_AMD ? "svm" : "vmx");
  add_address (builder, "block", guest->block);
  json_builder_set_member_name (builder, "nested_paging");
  json_builder_add_boolean_value (builder, guest->nested_paging);
  if (guest->nested_paging)
    add_address (builder, "root", guest->root);
  add_int (builder, "space", guest->space);
  add_string (builder, "mode", mos_guest_mode_name (guest->mode));
  json_builder_set_member_name (builder, "in_guest");
  json_builder_add_boolean_value (builder, guest->running);
  add_address (builder, "rip", guest->rip);
  add_address (builder, "cr3", guest->cr3);
  if (guest->sampled) {
    json_builder_set_member_name (builder, "sampled");
    json_builder_add_boolean_value (builder, TRUE);
  } else {
    add_int (builder, "entries", guest->entries);
  }
  if (facts->working_set.has_accessed)
    add_int (builder, "accessed_bytes", facts->working_set.accessed_bytes);
  if (guest->deeper) {
    json_builder_set_member_name (builder, "deeper");
    json_builder_add_boolean_value (builder, TRUE);
  }
}

static const char *
kind_name (MosNodeKind kind)
{
  switch (kind) {
  case MOS_NODE_HOST:
    return "host";
  case MOS_NODE_MACHINE:
    return "machine";
  case MOS_NODE_GUEST:
  default:
    return "guest";
  }
}

/* Not translated, unlike its title. */
static void
add_name (JsonBuilder *builder, const MosNodeFacts *facts)
{
  g_autofree char *number = NULL;

  if (facts->kind == MOS_NODE_HOST) {
    add_string (builder, "name", "host");
  } else if (facts->name != NULL && *facts->name != '\0') {
    add_string (builder, "name", facts->name);
  } else {
    number = g_strdup_printf ("guest %u", facts->guest.serial);
    add_string (builder, "name", number);
  }
}

static void
add_node (JsonBuilder *builder, MosHierarchyNode *self)
{
  const MosNodeFacts *facts = &self->facts;
  double multiplication = mos_hierarchy_node_get_multiplication (self);
  guint  n = g_list_model_get_n_items (G_LIST_MODEL (self->children));

  json_builder_begin_object (builder);
  add_name (builder, facts);
  add_int (builder, "level", facts->guest.level);
  add_string (builder, "kind", kind_name (facts->kind));
  if (facts->kind != MOS_NODE_HOST)
    add_string (builder, "state", mos_node_state_name (facts->state));
  if (facts->backend != NULL)
    add_string (builder, "backend", facts->backend);
  if (facts->guest.n_vcpus > 0)
    add_int (builder, "vcpus", facts->guest.n_vcpus);
  if (facts->memory_bytes > 0)
    add_int (builder, "memory_bytes", facts->memory_bytes);
  if (facts->kind != MOS_NODE_HOST && facts->state != MOS_NODE_SAID &&
      !facts->guest.sampled) {
    add_double (builder, "own_s", (double) facts->guest.own_ns / 1e9);
    add_double (builder, "below_s", (double) facts->below_ns / 1e9);
    add_double (builder, "exits_per_s", self->rates.exits);
    add_double (builder, "own_cpu", self->rates.own);
    if (facts->guest.instructions > 0)
      add_int (builder, "instructions", facts->guest.instructions);
    if (multiplication > 0)
      add_double (builder, "multiplication", multiplication);
    add_exits (builder, &facts->guest);
  }
  if (facts->kind == MOS_NODE_GUEST && facts->state != MOS_NODE_SAID)
    add_guest (builder, facts);
  json_builder_set_member_name (builder, "children");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++) {
    g_autoptr (MosHierarchyNode) child =
        g_list_model_get_item (G_LIST_MODEL (self->children), i);

    add_node (builder, child);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

char *
mos_hierarchy_node_to_json (MosHierarchyNode *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;

  g_return_val_if_fail (MOS_IS_HIERARCHY_NODE (self), NULL);

  add_node (builder, self);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  return json_generator_to_data (generator, NULL);
}
