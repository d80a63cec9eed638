/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios guests`: the guests that ship with the program, for --guest and
 * boot.guest.
 */

#include <glib/gi18n-lib.h>

#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "tutorials/tutorials.h"

static const MosCliOption json_options[] = {
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

static void
add_guest_json (JsonBuilder *builder, const MosGuestInfo *guest)
{
  json_builder_begin_object (builder);
  mos_json_add_string (builder, "name", guest->name);
  mos_json_add_string (builder, "title", _ (guest->title));
  mos_json_add_string (builder, "help", _ (guest->help));
  if (guest->arguments != NULL)
    mos_json_add_string (builder, "arguments", _ (guest->arguments));
  json_builder_end_object (builder);
}

static void
print_guest (const MosGuestInfo *guest)
{
  g_print ("%s\n    %s: %s\n", guest->name, _ (guest->title), _ (guest->help));
  if (guest->arguments != NULL)
    g_print ("    %s\n", _ (guest->arguments));
}

static int
run_guests (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < mos_n_guests; i++) {
    if (mos_cli_has (arguments, "json"))
      add_guest_json (builder, &mos_guests[i]);
    else
      print_guest (&mos_guests[i]);
  }
  json_builder_end_array (builder);
  if (mos_cli_has (arguments, "json"))
    mos_json_print (builder);
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_guests = {
  .name = "guests",
  .synopsis = "[OPTION…]",
  .summary = N_ ("print the built-in guests and their arguments"),
  .options = json_options,
  .run = run_guests,
};
