/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The guests that ship with the program: one row each.
 *
 * A guest is built from its source in tutorials/guests/ together with the
 * program and travels inside it as a resource, so it is there without a
 * download and without a file that could be missing. Any thread.
 */

#include "tutorials/guests.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "tutorials/guests/resources.h"

#define FOLDER "/org/multios/Lab/guests/"

/* Once a process, at the first use. */
static gpointer
register_images (gpointer unused)
{
  mos_guest_images_register_resource ();
  return NULL;
}

static GBytes *
load (const char *file, GError **error)
{
  static GOnce     once = G_ONCE_INIT;
  g_autofree char *path = g_strconcat (FOLDER, file, NULL);

  g_once (&once, register_images, NULL);
  return g_resource_lookup_data (mos_guest_images_get_resource (), path,
                                 G_RESOURCE_LOOKUP_FLAGS_NONE, error);
}

/* For a guest that is the same whatever it is told. */
static GBytes *
make_plain (const char *name,
            const char *file,
            const char *arguments,
            char      **command_line,
            GError    **error)
{
  if (arguments != NULL && *arguments != '\0') {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("The guest %s takes no arguments, but was given “%s”; "
                    "leave them out"),
                 name, arguments);
    return NULL;
  }
  *command_line = g_strdup ("");
  return load (file, error);
}

static GBytes *
make_simple_boot (const char *arguments, char **command_line, GError **error)
{
  return make_plain ("simple-boot", "simple-boot.bin", arguments, command_line,
                     error);
}

static GBytes *
make_screen_modes (const char *arguments, char **command_line, GError **error)
{
  return make_plain ("screen-modes", "screen-modes.bin", arguments,
                     command_line, error);
}

/* "mode=32" or "mode=64". */
static GBytes *
make_monitor (const char *arguments, char **command_line, GError **error)
{
  gboolean wide = g_strcmp0 (arguments, "mode=64") == 0;

  if (!wide && arguments != NULL && *arguments != '\0' &&
      !g_str_equal (arguments, "mode=32")) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("The guest monitor does not know “%s”; allowed: mode=32, "
                    "mode=64"),
                 arguments);
    return NULL;
  }
  *command_line = g_strdup ("");
  return load (wide ? "monitor64.elf" : "monitor32.elf", error);
}

/* One argument of matryoshka: a number in a range, or a word. */
static const struct {
  const char        *name;
  guint64            min, max;
  const char *const *words;
} matryoshka_arguments[] = {
  { "depth", 1, 8, NULL },
  { "work", 0, 0,
    (const char *const[]){ "idle", "compute", "cpuid", "port", "memory",
                           NULL } },
  { "count", 0, G_MAXUINT32, NULL },
  { "beacon", 0, 1, NULL },
  { "exit", 0, 1, NULL },
};

static gboolean
check_value (guint row, const char *argument, const char *value, GError **error)
{
  const char *const *words = matryoshka_arguments[row].words;

  if (words == NULL)
    return g_ascii_string_to_unsigned (value, 10, matryoshka_arguments[row].min,
                                       matryoshka_arguments[row].max, NULL,
                                       error);
  if (g_strv_contains (words, value))
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("“%s” is not one of idle, compute, cpuid, port, memory"),
               value);
  return FALSE;
}

static gboolean
check_argument (const char *argument, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (matryoshka_arguments); i++) {
    gsize n = strlen (matryoshka_arguments[i].name);
    g_autoptr (GError) why = NULL;

    if (strncmp (argument, matryoshka_arguments[i].name, n) != 0 ||
        argument[n] != '=')
      continue;
    if (check_value (i, argument, argument + n + 1, &why))
      return TRUE;
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("matryoshka: %s: %s"), argument, why->message);
    return FALSE;
  }
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("matryoshka: there is no argument “%s”; there are depth, "
                  "work, count, beacon and exit, as depth=4"),
               argument);
  return FALSE;
}

static GBytes *
make_matryoshka (const char *arguments, char **command_line, GError **error)
{
  g_auto (GStrv) parts =
      g_strsplit (arguments != NULL ? arguments : "", ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0' && !check_argument (parts[i], error))
      return NULL;
  *command_line = g_strjoinv (" ", parts);
  return load ("matryoshka.bin", error);
}

/* One argument of the workload guest. */
static gboolean
is_workload_argument (const char *argument)
{
  static const char *const words[] = {
    "work=tick",  "work=wait",   "work=pages",   "work=move", "work=lock",
    "work=all",   "wait=poll",   "wait=halt",    "pages=4k",  "pages=2m",
    "device=dma", "device=mmio", "device=ports", NULL
  };

  if (g_str_has_prefix (argument, "hz="))
    return g_ascii_string_to_unsigned (argument + 3, 10, 19, 20000, NULL, NULL);
  return g_strv_contains (words, argument);
}

static GBytes *
make_workload (const char *arguments, char **command_line, GError **error)
{
  g_auto (GStrv) parts =
      g_strsplit (arguments != NULL ? arguments : "", ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0' && !is_workload_argument (parts[i])) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                   _ ("The guest workload does not know “%s”; multios guests "
                      "says what it takes"),
                   parts[i]);
      return NULL;
    }
  *command_line = g_strjoinv (" ", parts);
  return load ("workload.elf", error);
}

const MosGuestInfo mos_guests[] = {
  { "simple-boot", N_ ("Simple Boot"),
    N_ ("A boot sector that paints the screen, echoes keys and talks on the "
        "serial port"),
    NULL, make_simple_boot },
  { "screen-modes", N_ ("Screen Modes"),
    N_ ("Sets every mode of the display and draws into it; any key goes on"),
    NULL, make_screen_modes },
  { "monitor", N_ ("Monitor"),
    N_ ("A small kernel with a command line for ports, memory, page tables, "
        "interrupts and the demo device"),
    N_ ("mode=32 or mode=64"), make_monitor },
  { "matryoshka", N_ ("Matryoshka"),
    N_ ("A hypervisor that runs itself inside itself; the machine needs "
        "features.nested"),
    N_ ("depth=1…8 (2): how many of them; work=idle|compute|cpuid|port|memory "
        "(idle): what the innermost measures, count=N times; beacon=0|1 (1): "
        "whether they say their names; exit=0|1 (0): end when the work is "
        "done"),
    make_matryoshka },
  { "workload", N_ ("Workload"),
    N_ ("Does work in wasteful ways and in better ones, and stops"),
    N_ ("work=tick|wait|pages|move|lock|all; hz=19…20000 (100): timer "
        "interrupts a second; wait=poll|halt (halt): how it waits; "
        "pages=4k|2m (4k); device=ports|mmio|dma (ports): how 4 KiB go to the "
        "demo device"),
    make_workload },
};
const guint mos_n_guests = G_N_ELEMENTS (mos_guests);
