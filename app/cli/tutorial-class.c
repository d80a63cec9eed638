/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios tutorial class`: the teacher's side. What the window can do with a
 * class, for scripts that prepare a room of computers.
 */

#include <gio/gio.h>
#include <glib/gi18n-lib.h>

#include "app/bus-names.h"
#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/lab.h"
#include "tutorials/tutorials.h"

static void
print_json (const MosClass *class)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  if (class != NULL) {
    mos_json_add_string (builder, "name", class->name);
    json_builder_set_member_name (builder, "labs");
    json_builder_begin_array (builder);
    for (guint i = 0; class->labs[i] != NULL; i++)
      json_builder_add_string_value (builder, class->labs[i]);
    json_builder_end_array (builder);
    mos_json_add_boolean (builder, "fixed", class->fixed);
    if (class->until_us > 0) {
      mos_json_add_int (builder, "until", class->until_us / G_USEC_PER_SEC);
      mos_json_add_int (builder, "minutes_left",
                        mos_class_minutes_left (class, g_get_real_time ()));
    }
  }
  json_builder_end_object (builder);
  mos_json_print (builder);
}

static int
run_show (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosClass) class = mos_class_load (&error);
  g_autofree char *time = NULL;
  g_autofree char *labs = NULL;

  if (error != NULL)
    return mos_cli_complain (self, "%s", error->message);
  if (mos_cli_has (arguments, "json")) {
    print_json (class);
    return MOS_CLI_OK;
  }
  if (class == NULL) {
    g_print (_ ("There is no class; all labs are open.\n"));
    return MOS_CLI_OK;
  }
  time = mos_class_describe_time (class, g_get_real_time ());
  labs = g_strjoinv (", ", class->labs);
  g_print (_ ("Class: %s\n"), class->name);
  g_print (_ ("Labs: %s\n"), *labs != '\0' ? labs : _ ("all"));
  if (*time != '\0')
    g_print ("%s\n", time);
  if (class->fixed)
    g_print (_ ("This computer's administrator has set it.\n"));
  return MOS_CLI_OK;
}

/* UUIDs of the machines there are, as the folder has them. */
static char **
list_machines (void)
{
  g_autoptr (MosHypervisor) hypervisor = mos_lab_new (TRUE);
  char **uuids = mos_clean_list (hypervisor);

  mos_hypervisor_shutdown (hypervisor);
  return uuids;
}

static int
run_begin (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *name = mos_cli_value (arguments, "name");
  const char *list = mos_cli_value (arguments, "labs");
  const char *time = mos_cli_value (arguments, "minutes");
  guint64     minutes = 0;
  g_auto (GStrv) labs = NULL;
  g_auto (GStrv) keep = NULL;
  g_autoptr (GError) error = NULL;

  if (name == NULL)
    return mos_cli_complain (self, _ ("a class needs --name NAME"));
  if (time != NULL && !g_ascii_string_to_unsigned (
                          time, 10, 1, MOS_CLASS_MAX_MINUTES, &minutes, NULL))
    return mos_cli_complain (self, _ ("--minutes %s: from 1 to %d"), time,
                             MOS_CLASS_MAX_MINUTES);
  if (list != NULL)
    labs = g_strsplit (list, ",", -1);
  keep = list_machines ();
  if (!mos_class_begin (name, (const char *const *) labs, (guint) minutes,
                        (const char *const *) keep, &error))
    return mos_cli_complain (self, "%s", error->message);
  return run_show (self, arguments);
}

static int
run_end (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (GError) error = NULL;

  if (!mos_class_end (&error))
    return mos_cli_complain (self, "%s", error->message);
  return MOS_CLI_OK;
}

/* Whether the program that runs has taken it upon itself. */
static gboolean
ask_program (void)
{
  g_autoptr (GDBusConnection) bus =
      g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autoptr (GVariant) reply = NULL;

  if (bus == NULL)
    return FALSE;
  reply = g_dbus_connection_call_sync (
      bus, MOS_BUS_NAME, MOS_BUS_PATH, "org.freedesktop.Application",
      "ActivateAction",
      g_variant_new_parsed ("('reset-class', @av [], @a{sv} {})"), NULL,
      G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL);
  return reply != NULL;
}

/* In the window it can be undone; without one what is deleted stays deleted,
 * so it is asked for twice. */
static int
run_reset (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosClass) class = mos_class_load (&error);
  g_autoptr (MosHypervisor) hypervisor = NULL;
  g_autoptr (MosClean) clean = NULL;
  guint n;

  if (error != NULL)
    return mos_cli_complain (self, "%s", error->message);
  if (mos_cli_has (arguments, "yes") && ask_program ())
    return MOS_CLI_OK;
  hypervisor = mos_lab_new (TRUE);
  n = mos_clean_count (hypervisor, class);
  if (mos_cli_has (arguments, "yes")) {
    clean = mos_clean_new (hypervisor);
    mos_clean_all (clean, class);
    while (mos_clean_is_busy (clean))
      g_main_context_iteration (NULL, TRUE);
    g_print (g_dngettext (GETTEXT_PACKAGE, "%u machine deleted\n",
                          "%u machines deleted\n", n),
             n);
  } else {
    g_print (g_dngettext (GETTEXT_PACKAGE,
                          "%u machine, progress and sources of the labs would "
                          "go; say --yes\n",
                          "%u machines, progress and sources of the labs would "
                          "go; say --yes\n",
                          n),
             n);
  }
  mos_hypervisor_shutdown (hypervisor);
  return MOS_CLI_OK;
}

static const struct {
  const char *verb;
  int (*run) (const MosCliCommand *self, const MosCliArguments *arguments);
} verbs[] = {
  { "show", run_show },
  { "begin", run_begin },
  { "end", run_end },
  { "reset", run_reset },
};

static int
run_class (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *verb =
      arguments->words->len > 0 ? arguments->words->pdata[0] : "show";

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (verbs[i].verb, verb))
      return verbs[i].run (self, arguments);
  return mos_cli_complain (self, _ ("“%s” is none of show, begin, end, reset"),
                           verb);
}

static const MosCliOption class_options[] = {
  { .name = "name", .argument = "NAME", .help = N_ ("of the class") },
  { .name = "labs",
    .argument = "ID,…",
    .help = N_ ("the labs that are open; all if not given") },
  { .name = "minutes",
    .argument = "N",
    .help = N_ ("how long it lasts; later steps count nothing") },
  { .name = "yes", .help = N_ ("reset without asking") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

const MosCliCommand mos_cli_tutorial_class = {
  .name = "tutorial class",
  .synopsis = "[show|begin|end|reset] [OPTION…]",
  .summary = N_ ("choose labs and time for a class; clean up after it"),
  .options = class_options,
  .max_words = 1,
  .run = run_class,
};
