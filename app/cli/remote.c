/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios list`, `start`, `pause`, `resume`, `stop`, `reset`, `screenshot`:
 * the companion of the program that runs, over the session bus. Only `start`
 * starts the program when it does not run, which then stays without a window;
 * `list` reads the machines' folder instead, where all of them are off.
 */
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/bus-names.h"
#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/cli/screenshot.h"
#include "app/lab.h"

#define DEFAULT_TIMEOUT_S 60
#define MAX_TIMEOUT_S     86400

/* -- talking ------------------------------------------------------------- */

/* Nobody has the program's name, or there is no session bus at all. */
static gboolean
is_away (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
         g_error_matches (error, G_DBUS_ERROR,
                          G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
         (error->domain == G_IO_ERROR && error->code != G_IO_ERROR_TIMED_OUT &&
          error->code != G_IO_ERROR_DBUS_ERROR);
}

/* The code for what went wrong, after saying it. */
static int
explain (const MosCliCommand *command, GError *error)
{
  g_autofree char *remote = g_dbus_error_get_remote_error (error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)) {
    mos_cli_complain (command, _ ("the time is over; the program goes on"));
    return MOS_CLI_TIMEOUT;
  }
  if (is_away (error)) {
    mos_cli_complain (command, _ ("MultiOS Lab does not run; start it with "
                                  "multios-lab, or a machine with “multios "
                                  "run”"));
    return MOS_CLI_AWAY;
  }
  if (remote != NULL)
    g_dbus_error_strip_remote_error (error);
  mos_cli_complain (command, "%s", error->message);
  return g_strcmp0 (remote, MOS_BUS_ERROR_NOT_FOUND) == 0 ? MOS_CLI_USAGE
                                                          : MOS_CLI_FAILED;
}

static GVariant *
call (const char *method,
      GVariant   *parameters,
      const char *reply,
      gboolean    start_program,
      int         timeout_s,
      GError    **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (
      parameters != NULL ? parameters : g_variant_new ("()"));
  g_autoptr (GDBusConnection) bus =
      g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, error);

  if (bus == NULL)
    return NULL;
  return g_dbus_connection_call_sync (
      bus, MOS_BUS_NAME, MOS_BUS_PATH, MOS_BUS_INTERFACE, method, owned,
      G_VARIANT_TYPE (reply),
      start_program ? G_DBUS_CALL_FLAGS_NONE : G_DBUS_CALL_FLAGS_NO_AUTO_START,
      timeout_s * 1000, NULL, error);
}

/* -- list ---------------------------------------------------------------- */

typedef struct {
  const char *uuid, *name, *state, *backend;
  guint64     memory_mb;
  guint       cpus;
} Row;

static void
add_row (const Row *row, JsonBuilder *json)
{
  if (json == NULL) {
    g_print ("%-10s %s\n", row->state, row->name);
    return;
  }
  json_builder_begin_object (json);
  mos_json_add_string (json, "name", row->name);
  mos_json_add_string (json, "uuid", row->uuid);
  mos_json_add_string (json, "state", row->state);
  if (row->backend != NULL && *row->backend != '\0')
    mos_json_add_string (json, "backend", row->backend);
  mos_json_add_int (json, "memory_mb", (gint64) row->memory_mb);
  mos_json_add_int (json, "cpus", row->cpus);
  json_builder_end_object (json);
}

static void
add_rows (GVariant *machines, JsonBuilder *json)
{
  g_autoptr (GVariant) array = g_variant_get_child_value (machines, 0);

  for (gsize i = 0; i < g_variant_n_children (array); i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (array, i);
    Row row = { "", "", "", "", 0, 0 };

    g_variant_lookup (child, "uuid", "&s", &row.uuid);
    g_variant_lookup (child, "name", "&s", &row.name);
    g_variant_lookup (child, "state", "&s", &row.state);
    g_variant_lookup (child, "backend", "&s", &row.backend);
    g_variant_lookup (child, "memory-mb", "t", &row.memory_mb);
    g_variant_lookup (child, "cpus", "u", &row.cpus);
    add_row (&row, json);
  }
}

/* The program does not run: nothing does. */
static void
add_kept_rows (JsonBuilder *json)
{
  g_autoptr (MosHypervisor) hypervisor = mos_lab_new (TRUE);
  GListModel *all = G_LIST_MODEL (hypervisor);

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, i);
    MosVmConfig *config = mos_vm_get_config (vm);
    Row          row = {
               .uuid = mos_vm_get_uuid (vm),
               .name = mos_vm_get_name (vm),
               .state = mos_vm_state_name (mos_vm_get_state (vm)),
               .memory_mb = (guint64) mos_vm_config_get_int (config, "memory_mb"),
               .cpus = (guint) mos_vm_config_get_int (config, "vcpu_count"),
    };

    add_row (&row, json);
  }
  mos_hypervisor_shutdown (hypervisor);
}

static int
run_list (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (JsonBuilder) json =
      mos_cli_has (arguments, "json") ? json_builder_new () : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) machines =
      call ("List", NULL, "(aa{sv})", FALSE, DEFAULT_TIMEOUT_S, &error);

  if (machines == NULL && !is_away (error))
    return explain (self, error);
  if (json != NULL)
    json_builder_begin_array (json);
  if (machines != NULL)
    add_rows (machines, json);
  else
    add_kept_rows (json);
  if (json != NULL) {
    json_builder_end_array (json);
    mos_json_print (json);
  }
  return MOS_CLI_OK;
}

/* -- verbs --------------------------------------------------------------- */

static gboolean
get_timeout (const MosCliCommand   *self,
             const MosCliArguments *arguments,
             int                   *timeout_s)
{
  const char *text = mos_cli_value (arguments, "timeout");
  guint64     value = DEFAULT_TIMEOUT_S;

  if (text != NULL &&
      !g_ascii_string_to_unsigned (text, 10, 1, MAX_TIMEOUT_S, &value, NULL)) {
    mos_cli_complain (self, _ ("--timeout %s: from 1 to %d seconds"), text,
                      MAX_TIMEOUT_S);
    return FALSE;
  }
  *timeout_s = (int) value;
  return TRUE;
}

/* The words are machines; each is dealt with, the first failure is returned. */
static int
run_verb (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (JsonBuilder) json =
      mos_cli_has (arguments, "json") ? json_builder_new () : NULL;
  const char *verb =
      mos_cli_has (arguments, "force") ? "force-stop" : self->name;
  int code = MOS_CLI_OK;
  int timeout_s = 0;

  if (!get_timeout (self, arguments, &timeout_s))
    return MOS_CLI_USAGE;
  if (json != NULL)
    json_builder_begin_array (json);
  for (guint i = 0; i < arguments->words->len; i++) {
    const char *name = g_ptr_array_index (arguments->words, i);
    const char *uuid = NULL, *state = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) reply =
        call ("Act", g_variant_new ("(ss)", name, verb), "(ss)",
              g_str_equal (verb, "start"), timeout_s, &error);

    if (reply == NULL) {
      int failure = explain (self, error);

      code = code == MOS_CLI_OK ? failure : code;
      continue;
    }
    g_variant_get (reply, "(&s&s)", &uuid, &state);
    if (json == NULL)
      continue;
    json_builder_begin_object (json);
    mos_json_add_string (json, "name", name);
    mos_json_add_string (json, "uuid", uuid);
    mos_json_add_string (json, "state", state);
    json_builder_end_object (json);
  }
  if (json != NULL) {
    json_builder_end_array (json);
    mos_json_print (json);
  }
  return code;
}

/* -- screenshot ---------------------------------------------------------- */

static int
run_screenshot (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char      *name = g_ptr_array_index (arguments->words, 0);
  g_autofree char *file =
      arguments->words->len > 1
          ? g_strdup (g_ptr_array_index (arguments->words, 1))
          : g_strdelimit (g_strdup_printf ("%s.png", name), "/", '-');
  guint         width = 0, height = 0;
  gsize         size = 0;
  gconstpointer pixels;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) bytes = NULL;
  g_autoptr (GVariant) reply =
      call ("Screenshot", g_variant_new ("(s)", name), "(uuay)", FALSE,
            DEFAULT_TIMEOUT_S, &error);

  if (reply == NULL)
    return explain (self, error);
  g_variant_get (reply, "(uu@ay)", &width, &height, &bytes);
  pixels = g_variant_get_fixed_array (bytes, &size, 1);
  if (width == 0 || height == 0 || width > MOS_SCREEN_MAX_WIDTH ||
      height > MOS_SCREEN_MAX_HEIGHT ||
      size != (gsize) width * height * sizeof (guint32)) {
    mos_cli_complain (self, _ ("the program answered with a broken picture"));
    return MOS_CLI_FAILED;
  }
  if (!mos_screenshot_save (file, pixels, width, height, &error)) {
    mos_cli_complain (self, "%s", error->message);
    return MOS_CLI_USAGE;
  }
  if (mos_cli_has (arguments, "json")) {
    g_autoptr (JsonBuilder) json = json_builder_new ();

    json_builder_begin_object (json);
    mos_json_add_string (json, "file", file);
    mos_json_add_int (json, "width", width);
    mos_json_add_int (json, "height", height);
    json_builder_end_object (json);
    mos_json_print (json);
  }
  return MOS_CLI_OK;
}

/* -- tree ---------------------------------------------------------------- */

static void
print_node (JsonObject *node, guint depth)
{
  JsonArray *children = json_object_get_array_member (node, "children");

  g_print ("%*sL%d %s", (int) (2 * depth), "",
           (int) json_object_get_int_member (node, "level"),
           json_object_get_string_member (node, "name"));
  if (json_object_has_member (node, "state"))
    g_print (", %s", json_object_get_string_member (node, "state"));
  if (json_object_has_member (node, "exits_per_s"))
    g_print (_ (", %.0f exits/s"),
             json_object_get_double_member (node, "exits_per_s"));
  if (json_object_has_member (node, "multiplication"))
    g_print (_ (", multiplication %.2f"),
             json_object_get_double_member (node, "multiplication"));
  g_print ("\n");
  for (guint i = 0; i < json_array_get_length (children); i++)
    print_node (json_array_get_object_element (children, i), depth + 1);
}

static int
run_tree (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GVariant) reply =
      call ("Tree", NULL, "(s)", FALSE, DEFAULT_TIMEOUT_S, &error);
  const char *text;

  if (reply == NULL)
    return explain (self, error);
  g_variant_get (reply, "(&s)", &text);
  if (mos_cli_has (arguments, "json")) {
    g_print ("%s\n", text);
    return MOS_CLI_OK;
  }
  root = json_from_string (text, NULL);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    mos_cli_complain (self, _ ("the program answered with a broken tree"));
    return MOS_CLI_FAILED;
  }
  print_node (json_node_get_object (root), 0);
  return MOS_CLI_OK;
}

/* -- rows ---------------------------------------------------------------- */

static const MosCliOption json_options[] = {
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

static const MosCliOption verb_options[] = {
  { .name = "timeout",
    .argument = "SECONDS",
    .help = N_ ("wait no longer, status 124; 60 if not given") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

static const MosCliOption stop_options[] = {
  { .name = "force", .help = N_ ("switch off at once") },
  { .name = "timeout",
    .argument = "SECONDS",
    .help = N_ ("wait no longer, status 124; 60 if not given") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

const MosCliCommand mos_cli_list = {
  .name = "list",
  .synopsis = "[OPTION…]",
  .summary = N_ ("print the machines of the lab and their states"),
  .options = json_options,
  .run = run_list,
};

const MosCliCommand mos_cli_tree = {
  .name = "tree",
  .synopsis = "[OPTION…]",
  .summary = N_ ("print the host, its machines and the guests inside them"),
  .options = json_options,
  .run = run_tree,
};

const MosCliCommand mos_cli_start = {
  .name = "start",
  .synopsis = "MACHINE… [OPTION…]",
  .summary = N_ ("start machines of the lab"),
  .options = verb_options,
  .min_words = 1,
  .max_words = 64,
  .run = run_verb,
};

const MosCliCommand mos_cli_pause = {
  .name = "pause",
  .synopsis = "MACHINE… [OPTION…]",
  .summary = N_ ("pause machines of the lab"),
  .options = verb_options,
  .min_words = 1,
  .max_words = 64,
  .run = run_verb,
};

const MosCliCommand mos_cli_resume = {
  .name = "resume",
  .synopsis = "MACHINE… [OPTION…]",
  .summary = N_ ("let paused machines of the lab go on"),
  .options = verb_options,
  .min_words = 1,
  .max_words = 64,
  .run = run_verb,
};

const MosCliCommand mos_cli_stop = {
  .name = "stop",
  .synopsis = "MACHINE… [OPTION…]",
  .summary = N_ ("shut machines of the lab down"),
  .options = stop_options,
  .min_words = 1,
  .max_words = 64,
  .run = run_verb,
};

const MosCliCommand mos_cli_reset = {
  .name = "reset",
  .synopsis = "MACHINE… [OPTION…]",
  .summary = N_ ("reset machines of the lab"),
  .options = verb_options,
  .min_words = 1,
  .max_words = 64,
  .run = run_verb,
};

const MosCliCommand mos_cli_screenshot = {
  .name = "screenshot",
  .synopsis = "MACHINE [FILE.png] [OPTION…]",
  .summary = N_ ("save the screen of a machine of the lab"),
  .options = json_options,
  .min_words = 1,
  .max_words = 2,
  .run = run_screenshot,
};
