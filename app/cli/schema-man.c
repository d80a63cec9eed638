/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The manual page multios-machine(5): a text around the list of keys, which
 * comes from the schema and so cannot be out of date.
 */

#include "app/cli/schema-man.h"

#include <glib/gi18n-lib.h>

#include "engine/engine.h"

static const char head[] =
    ".SH NAME\n"
    "multios\\-machine \\- the file that describes a machine\n"
    ".SH DESCRIPTION\n"
    "A machine of\n"
    ".BR multios\\-lab (1)\n"
    "and\n"
    ".BR multios (1)\n"
    "is a TOML 1.0 file.\n"
    "Keys may be written in tables or dotted; a key that this page does not\n"
    "list is refused, unless a part of it begins with\n"
    ".BR x\\- :\n"
    "there other programs may keep what they like.\n"
    "Relative paths start at the file's folder.\n"
    "Comments and layout are kept when the lab changes a value.\n"
    ".PP\n"
    ".nf\n"
    "name = \"FreeDOS\"\n"
    "memory_mb = 64\n"
    "[[storage.drives]]\n"
    "path = \"freedos.img\"\n"
    "kind = \"floppy\"\n"
    ".fi\n"
    ".SH KEYS\n";

static const char tail[] =
    ".SH SEE ALSO\n.BR multios (1),\n.BR multios\\-lab (1)\n";

/* Roff reads backslashes and dots at a line's start. */
static char *
escape (const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (*text == '.' || *text == '\'')
    g_string_append (out, "\\&");
  for (const char *p = text; *p != '\0'; p++) {
    if (*p == '\\')
      g_string_append (out, "\\e");
    else if (*p == '-')
      g_string_append (out, "\\-");
    else
      g_string_append_c (out, *p);
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
print_row (const MosKeyInfo *row)
{
  g_autofree char *allowed = mos_key_info_allowed (row);
  g_autofree char *name = escape (row->name);
  g_autofree char *help = escape (_ (row->help));
  g_autofree char *range = escape (allowed);
  g_autofree char *fallback = escape (row->fallback);

  g_print (".TP\n.B %s\n%s\n", name, help);
  if (row->reserved)
    g_print ("%s\n", _ ("It is kept, but without effect so far."));
  g_print (_ ("Allowed: %s; default: %s.\n"), range, fallback);
  if (row->sub == NULL)
    return;
  g_print (".RS\n");
  for (const MosKeyInfo *sub = row->sub; sub->name != NULL; sub++)
    print_row (sub);
  g_print (".RE\n");
}

void
mos_cli_print_schema_man (void)
{
  g_print (".\\\" SPDX-License-Identifier: GPL-3.0-or-later\n"
           ".\\\" Made by “multios config schema --man”.\n"
           ".TH MULTIOS\\-MACHINE 5 \"\" \"MultiOS Lab %s\" "
           "\"File Formats\"\n%s",
           mos_version_string (), head);
  for (const MosKeyInfo *row = mos_config_schema; row->name != NULL; row++)
    print_row (row);
  g_print ("%s", tail);
}
