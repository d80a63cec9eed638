/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios config check`, `show` and `schema`: a machine's file looked at
 * without starting it.  What they print comes from the schema's rows.
 */

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>

#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/cli/schema-man.h"
#include "engine/engine.h"

static const MosCliOption check_options[] = {
  { .name = "no-files", .help = N_ ("do not mind files that are not there") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

static const MosCliOption json_options[] = {
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

static const MosCliOption schema_options[] = {
  { .name = "json", .help = N_ ("print JSON") },
  { .name = "man", .help = N_ ("print the manual page multios-machine(5)") },
  { NULL },
};

/* The keys set in CONFIG that have no effect yet; NULL if there are none. */
static char *
reserved_keys (MosVmConfig *config)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const MosKeyInfo *row = mos_config_schema; row->name != NULL; row++)
    if (row->reserved && mos_vm_config_is_set (config, row->name))
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "",
                              row->name);
  if (names->len == 0)
    return NULL;
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
add_check_json (JsonBuilder  *builder,
                const char   *path,
                const GError *error,
                const char   *reserved)
{
  json_builder_begin_object (builder);
  mos_json_add_string (builder, "file", path);
  mos_json_add_boolean (builder, "ok", error == NULL);
  if (error != NULL)
    mos_json_add_string (builder, "error", error->message);
  if (reserved != NULL)
    mos_json_add_string (builder, "reserved", reserved);
  json_builder_end_object (builder);
}

static int
run_check (const MosCliCommand *self, const MosCliArguments *arguments)
{
  gboolean json = mos_cli_has (arguments, "json");
  gboolean files = !mos_cli_has (arguments, "no-files");
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  int status = MOS_CLI_OK;

  json_builder_begin_array (builder);
  for (guint i = 0; i < arguments->words->len; i++) {
    const char *path = arguments->words->pdata[i];
    g_autoptr (GError) error = NULL;
    g_autoptr (MosVmConfig) config = mos_vm_config_load (path, &error);
    g_autofree char *reserved = NULL;

    if (config != NULL && mos_vm_config_validate (config, files, &error))
      reserved = reserved_keys (config);
    if (error != NULL)
      status = MOS_CLI_USAGE;
    if (json)
      add_check_json (builder, path, error, reserved);
    else if (error != NULL)
      mos_cli_complain (self, "%s", error->message);
    else if (reserved != NULL)
      g_print (_ ("%s: right; kept, but without effect so far: %s\n"), path,
               reserved);
    else
      g_print (_ ("%s: right\n"), path);
  }
  json_builder_end_array (builder);
  if (json)
    mos_json_print (builder);
  return status;
}

/* Everything about CONFIG's key NAME (of ROW) as JSON. */
static void
add_value (JsonBuilder      *builder,
           MosVmConfig      *config,
           const MosKeyInfo *row,
           const char       *name)
{
  const char *const *strings;

  switch (row->type) {
  case MOS_KEY_INTEGER:
    json_builder_add_int_value (builder, mos_vm_config_get_int (config, name));
    return;
  case MOS_KEY_BOOLEAN:
    json_builder_add_boolean_value (builder,
                                    mos_vm_config_get_bool (config, name));
    return;
  case MOS_KEY_INTEGERS:
    json_builder_begin_array (builder);
    for (guint i = 0; i < row->max_items; i++) {
      gint64 value = mos_vm_config_get_nth_int (config, name, i, G_MININT64);

      if (value != G_MININT64)
        json_builder_add_int_value (builder, value);
    }
    json_builder_end_array (builder);
    return;
  case MOS_KEY_STRINGS:
    strings = mos_vm_config_get_strings (config, name);
    json_builder_begin_array (builder);
    for (guint i = 0; strings[i] != NULL; i++)
      json_builder_add_string_value (builder, strings[i]);
    json_builder_end_array (builder);
    return;
  case MOS_KEY_TABLES:
    json_builder_begin_array (builder);
    for (guint i = 0; i < mos_vm_config_n_tables (config, name); i++) {
      json_builder_begin_object (builder);
      for (const MosKeyInfo *sub = row->sub; sub->name != NULL; sub++) {
        g_autofree char *full =
            g_strdup_printf ("%s[%u].%s", name, i, sub->name);

        json_builder_set_member_name (builder, sub->name);
        add_value (builder, config, sub, full);
      }
      json_builder_end_object (builder);
    }
    json_builder_end_array (builder);
    return;
  case MOS_KEY_STRING:
  case MOS_KEY_PATH:
  case MOS_KEY_ENUM:
  default:
    json_builder_add_string_value (builder,
                                   mos_vm_config_get_string (config, name));
    return;
  }
}

/* "memory_mb = 512" for every key; defaults are marked. */
static void
print_values (MosVmConfig *config, JsonObject *values)
{
  for (const MosKeyInfo *row = mos_config_schema; row->name != NULL; row++) {
    g_autofree char *value =
        json_to_string (json_object_get_member (values, row->name), FALSE);

    g_print ("%s = %s%s\n", row->name, value,
             mos_vm_config_is_set (config, row->name) ? "" : _ ("  # default"));
  }
}

static int
run_show (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosVmConfig) config =
      mos_vm_config_load (arguments->words->pdata[0], &error);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) values = NULL;

  if (config == NULL)
    return mos_cli_complain (self, "%s", error->message);
  json_builder_begin_object (builder);
  for (const MosKeyInfo *row = mos_config_schema; row->name != NULL; row++) {
    json_builder_set_member_name (builder, row->name);
    add_value (builder, config, row, row->name);
  }
  json_builder_end_object (builder);
  if (mos_cli_has (arguments, "json")) {
    mos_json_print (builder);
  } else {
    values = json_builder_get_root (builder);
    print_values (config, json_node_get_object (values));
  }
  return MOS_CLI_OK;
}

static void
print_row (const MosKeyInfo *row, const char *indent)
{
  g_autofree char *allowed = mos_key_info_allowed (row);

  g_print (_ ("%s%s\n%s    %s\n%s    allowed: %s; default: %s\n"), indent,
           row->name, indent, _ (row->help), indent, allowed, row->fallback);
  for (const MosKeyInfo *sub = row->sub; sub != NULL && sub->name != NULL;
       sub++)
    print_row (sub, "    ");
}

static void
add_row_json (JsonBuilder *builder, const MosKeyInfo *row)
{
  g_autofree char *allowed = mos_key_info_allowed (row);

  json_builder_begin_object (builder);
  mos_json_add_string (builder, "name", row->name);
  mos_json_add_string (builder, "type", mos_key_type_name (row->type));
  mos_json_add_string (builder, "allowed", allowed);
  mos_json_add_string (builder, "default", row->fallback);
  if (row->unit != NULL)
    mos_json_add_string (builder, "unit", row->unit);
  if (row->type == MOS_KEY_INTEGER || row->type == MOS_KEY_INTEGERS) {
    mos_json_add_int (builder, "minimum", row->minimum);
    mos_json_add_int (builder, "maximum", row->maximum);
  }
  if (row->choices != NULL) {
    json_builder_set_member_name (builder, "choices");
    json_builder_begin_array (builder);
    for (guint i = 0; row->choices[i] != NULL; i++)
      json_builder_add_string_value (builder, row->choices[i]);
    json_builder_end_array (builder);
  }
  mos_json_add_boolean (builder, "live", row->live);
  mos_json_add_boolean (builder, "reserved", row->reserved);
  mos_json_add_string (builder, "help", _ (row->help));
  if (row->sub != NULL) {
    json_builder_set_member_name (builder, "keys");
    json_builder_begin_array (builder);
    for (const MosKeyInfo *sub = row->sub; sub->name != NULL; sub++)
      add_row_json (builder, sub);
    json_builder_end_array (builder);
  }
  json_builder_end_object (builder);
}

static int
run_schema (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (mos_cli_has (arguments, "man")) {
    mos_cli_print_schema_man ();
    return MOS_CLI_OK;
  }
  json_builder_begin_array (builder);
  for (const MosKeyInfo *row = mos_config_schema; row->name != NULL; row++) {
    if (mos_cli_has (arguments, "json"))
      add_row_json (builder, row);
    else
      print_row (row, "");
  }
  json_builder_end_array (builder);
  if (mos_cli_has (arguments, "json"))
    mos_json_print (builder);
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_config_check = {
  .name = "config check",
  .synopsis = "MACHINE.toml… [OPTION…]",
  .summary = N_ ("check the files of machines"),
  .options = check_options,
  .min_words = 1,
  .max_words = G_MAXUINT,
  .run = run_check,
};

const MosCliCommand mos_cli_config_show = {
  .name = "config show",
  .synopsis = "MACHINE.toml [OPTION…]",
  .summary = N_ ("print all values of a machine, defaults too"),
  .options = json_options,
  .min_words = 1,
  .max_words = 1,
  .run = run_show,
};

const MosCliCommand mos_cli_config_schema = {
  .name = "config schema",
  .synopsis = "[OPTION…]",
  .summary = N_ ("print all keys a machine's file may have"),
  .options = schema_options,
  .run = run_schema,
};
