/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios-lab`: sets up translation and resources, then hands over to the
 * application object.  Run from a build folder it finds its schema and its
 * translations there; `./lab run` says where.
 */

#include "config.h"

#include <glib/gi18n-lib.h>
#include <locale.h>

#include "app/application.h"
#include "data/resources.h"
#include "engine/engine.h"

static int
handle_options_cb (GApplication *application,
                   GVariantDict *options,
                   gpointer      user_data)
{
  if (g_variant_dict_contains (options, "version")) {
    g_print ("multios-lab %s\n", mos_version_string ());
    return 0;
  }
  return -1;
}

/* Not installed yet: the build folder has the translations. */
static void
bind_translations (void)
{
  const char      *build = g_getenv ("MOS_BUILD_ROOT");
  g_autofree char *folder = build != NULL ? g_build_filename (build, "po", NULL)
                                          : g_strdup (MOS_LOCALE_DIR);

  bindtextdomain (GETTEXT_PACKAGE, folder);
}

int
main (int argc, char **argv)
{
  g_autoptr (MosApplication) application = NULL;

  setlocale (LC_ALL, "");
  bind_translations ();
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_application_name (_ ("MultiOS Lab"));
  mos_app_register_resource ();

  application = mos_application_new ();
  g_application_add_main_option (G_APPLICATION (application), "version", 0, 0,
                                 G_OPTION_ARG_NONE, _ ("Print the version"),
                                 NULL);
  g_signal_connect (application, "handle-local-options",
                    G_CALLBACK (handle_options_cb), NULL);
  return g_application_run (G_APPLICATION (application), argc, argv);
}
