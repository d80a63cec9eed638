/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Profiles as JSON, and in the store's file.
 */
#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/monitor/profile.h"
#include "engine/monitor/store-private.h"

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

char *
mos_profile_to_json (const MosProfile *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  GHashTableIter iter;
  gpointer       key, value;

  json_builder_begin_object (builder);
  add_string (builder, "name", self->name);
  add_string (builder, "machine", self->machine);
  add_string (builder, "machine_name", self->machine_name);
  add_string (builder, "type", mos_profile_infos[self->type].name);
  add_int (builder, "start_ms", self->start_ms);
  json_builder_set_member_name (builder, "seconds");
  json_builder_add_double_value (builder, self->seconds);
  add_int (builder, "total", (gint64) self->total);
  json_builder_set_member_name (builder, "stacks");
  json_builder_begin_object (builder);
  g_hash_table_iter_init (&iter, self->stacks);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    g_autofree char *valid = g_utf8_make_valid (key, -1);

    add_int (builder, valid, *(gint64 *) value);
  }
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  return json_generator_to_data (generator, NULL);
}

static void
take_stacks (MosProfile *self, JsonObject *stacks)
{
  JsonObjectIter iter;
  const char    *name;
  JsonNode      *node;

  json_object_iter_init (&iter, stacks);
  while (json_object_iter_next (&iter, &name, &node))
    if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_int (node) > 0)
      mos_profile_add (self, name, (guint64) json_node_get_int (node));
}

MosProfile *
mos_profile_from_json (const char *json, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode   *root;
  JsonObject *object;
  MosProfile *self;
  guint       type = 0;

  if (!json_parser_load_from_data (parser, json, -1, NULL) ||
      (root = json_parser_get_root (parser)) == NULL ||
      !JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("This is not a profile"));
    return NULL;
  }
  object = json_node_get_object (root);
  while (type < MOS_N_PROFILES &&
         g_strcmp0 (mos_profile_infos[type].name,
                    json_object_get_string_member_with_default (object, "type",
                                                                "")) != 0)
    type++;
  if (type == MOS_N_PROFILES || !json_object_has_member (object, "stacks") ||
      json_object_get_object_member (object, "stacks") == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("This is not a profile, or a newer program wrote it"));
    return NULL;
  }
  self = mos_profile_new (
      json_object_get_string_member_with_default (object, "name", ""),
      (MosProfileType) type);
  g_strlcpy (self->machine,
             json_object_get_string_member_with_default (object, "machine", ""),
             sizeof self->machine);
  g_free (self->machine_name);
  self->machine_name = g_strdup (
      json_object_get_string_member_with_default (object, "machine_name", ""));
  self->start_ms =
      json_object_get_int_member_with_default (object, "start_ms", 0);
  self->seconds =
      json_object_get_double_member_with_default (object, "seconds", 0);
  take_stacks (self, json_object_get_object_member (object, "stacks"));
  return self;
}

/* -- in the store -------------------------------------------------------- */

gint64
mos_profile_save (MosStore *store, MosProfile *self)
{
  g_autofree char *json = mos_profile_to_json (self);
  sqlite3_stmt    *s;

  g_mutex_lock (&store->lock);
  s = mos_store_prepare (store, "INSERT INTO profile (name, machine, time,"
                                " data) VALUES (?, ?, ?, ?)");
  if (s != NULL) {
    mos_store_bind_text (s, 1, self->name);
    mos_store_bind_text (s, 2, self->machine);
    sqlite3_bind_int64 (s, 3, self->start_ms);
    sqlite3_bind_blob64 (s, 4, json, strlen (json), SQLITE_STATIC);
    if (mos_store_finish (s))
      self->id = sqlite3_last_insert_rowid (store->db);
  }
  g_mutex_unlock (&store->lock);
  return self->id;
}

static MosProfile *
read_row (sqlite3_stmt *s)
{
  const char      *data = sqlite3_column_blob (s, 1);
  int              size = sqlite3_column_bytes (s, 1);
  g_autofree char *json = g_strndup (data != NULL ? data : "", (gsize) size);
  MosProfile      *self = mos_profile_from_json (json, NULL);

  if (self != NULL)
    self->id = sqlite3_column_int64 (s, 0);
  return self;
}

GPtrArray *
mos_profile_list (MosStore *store)
{
  GPtrArray *all =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_profile_free);
  sqlite3_stmt *s;

  g_mutex_lock (&store->lock);
  s = mos_store_prepare (store,
                         "SELECT id, data FROM profile ORDER BY id DESC");
  while (s != NULL && sqlite3_step (s) == SQLITE_ROW) {
    MosProfile *profile = read_row (s);

    if (profile != NULL)
      g_ptr_array_add (all, profile);
  }
  sqlite3_finalize (s);
  g_mutex_unlock (&store->lock);
  return all;
}

MosProfile *
mos_profile_load (MosStore *store, gint64 id)
{
  MosProfile   *profile = NULL;
  sqlite3_stmt *s;

  g_mutex_lock (&store->lock);
  s = mos_store_prepare (store, "SELECT id, data FROM profile WHERE id = ?");
  if (s != NULL) {
    sqlite3_bind_int64 (s, 1, id);
    if (sqlite3_step (s) == SQLITE_ROW)
      profile = read_row (s);
  }
  sqlite3_finalize (s);
  g_mutex_unlock (&store->lock);
  return profile;
}

void
mos_profile_remove (MosStore *store, gint64 id)
{
  sqlite3_stmt *s;

  g_mutex_lock (&store->lock);
  s = mos_store_prepare (store, "DELETE FROM profile WHERE id = ?");
  if (s != NULL) {
    sqlite3_bind_int64 (s, 1, id);
    mos_store_finish (s);
  }
  g_mutex_unlock (&store->lock);
}
