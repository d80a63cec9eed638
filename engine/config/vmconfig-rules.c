/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Rules over several keys, and files that must be there.
 *
 * A rule is a function of the table at the end; the first that is broken ends
 * the validation, with the line of the key to change.
 */

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/config/forward.h"
#include "engine/config/vmconfig-private.h"

typedef gboolean (*Rule) (MosVmConfig *self, GError **error);

/* FOUND is taken. */
static gboolean
complain (MosVmConfig *self,
          const char  *key,
          char        *found,
          const char  *allowed,
          GError     **error)
{
  const MosTomlNode *node;
  MosConfigPlace     place = mos_vm_config_place (self, key, &node);

  mos_config_complain (&place, node, key, found, allowed, NULL, error);
  g_free (found);
  return FALSE;
}

static gboolean
is_word (MosVmConfig *self, const char *key, const char *word)
{
  return g_str_equal (mos_vm_config_get_string (self, key), word);
}

static gboolean
check_template (MosVmConfig *self, GError **error)
{
  const char *id = mos_vm_config_get_string (self, "template");
  gint64      memory = mos_vm_config_get_int (self, "memory_mb");

  for (const MosTemplate *row = mos_templates; row->id != NULL; row++) {
    g_autofree char *allowed = NULL;

    if (!g_str_equal (row->id, id) || memory >= (gint64) row->min_memory_mb)
      continue;
    allowed =
        g_strdup_printf (_ ("at least %" PRIu64 " MiB for the template \"%s\""),
                         row->min_memory_mb, row->id);
    return complain (self, "memory_mb",
                     g_strdup_printf ("%" G_GINT64_FORMAT, memory), allowed,
                     error);
  }
  return TRUE;
}

static gboolean
check_boot (MosVmConfig *self, GError **error)
{
  gboolean    kernel = !is_word (self, "boot.kernel_path", "");
  const char *guest = mos_vm_config_get_string (self, "boot.guest");

  if (kernel && *guest != '\0')
    return complain (self, "boot.guest", mos_toml_quote (guest),
                     _ ("either boot.kernel_path or boot.guest, not both"),
                     error);
  if (!kernel && !is_word (self, "boot.initrd_path", ""))
    return complain (
        self, "boot.initrd_path",
        mos_toml_quote (mos_vm_config_get_string (self, "boot.initrd_path")),
        _ ("only together with boot.kernel_path"), error);
  if (!kernel && mos_vm_config_n_tables (self, "boot.modules") > 0)
    return complain (self, "boot.modules", g_strdup (_ ("a module")),
                     _ ("only together with boot.kernel_path"), error);
  for (guint i = 0; i < mos_vm_config_n_tables (self, "boot.modules"); i++) {
    g_autofree char *key = g_strdup_printf ("boot.modules[%u]", i);

    if (*mos_vm_config_table_string (self, "boot.modules", i, "path") == '\0')
      return complain (self, key, g_strdup (_ ("no path")),
                       _ ("a module with the path of a file"), error);
  }
  return TRUE;
}

static gboolean
check_processors (MosVmConfig *self, GError **error)
{
  static const char *const switches[] = { "cpu.deterministic", "cpu.pmu" };
  const char *only = _ ("only with cpu.accel \"soft\" or \"auto\"");

  if (!is_word (self, "cpu.accel", "kvm"))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (switches); i++)
    if (mos_vm_config_get_bool (self, switches[i]))
      return complain (self, switches[i], g_strdup ("true"), only, error);
  if (is_word (self, "cpu.jit", "always"))
    return complain (self, "cpu.jit", g_strdup ("\"always\""), only, error);
  return TRUE;
}

static gboolean
check_graphics (MosVmConfig *self, GError **error)
{
  gint64 height =
      mos_vm_config_get_nth_int (self, "devices.graphics.resolution", 1, 0);

  if (height > 1600)
    return complain (self, "devices.graphics.resolution",
                     g_strdup_printf (_ ("a height of %" PRId64), height),
                     _ ("at most 2560 by 1600"), error);
  return TRUE;
}

static gboolean
check_serial (MosVmConfig *self, GError **error)
{
  const char *list = "devices.serial";

  for (guint i = 0; i < mos_vm_config_n_tables (self, list); i++) {
    const char      *mode = mos_vm_config_table_string (self, list, i, "mode");
    const char      *path = mos_vm_config_table_string (self, list, i, "path");
    g_autofree char *key = g_strdup_printf ("%s[%u]", list, i);

    if (g_str_equal (mode, "file") && *path == '\0')
      return complain (self, key, g_strdup (_ ("mode \"file\" and no path")),
                       _ ("mode \"file\" with the path to write"), error);
    if (g_str_equal (mode, "socket") && *path == '\0')
      return complain (self, key, g_strdup (_ ("mode \"socket\" and no path")),
                       _ ("mode \"socket\" with the path of the socket"),
                       error);
  }
  return TRUE;
}

/* Pairs of hexadecimal digits with colons, not a group address. */
static gboolean
is_mac (const char *text)
{
  if (strlen (text) != 17)
    return FALSE;
  for (guint i = 0; i < 17; i++)
    if (i % 3 == 2 ? text[i] != ':' : !g_ascii_isxdigit (text[i]))
      return FALSE;
  return (g_ascii_xdigit_value (text[1]) & 1) == 0;
}

static gboolean
check_adapter (MosVmConfig *self, const char *list, guint i, GError **error)
{
  const char *mode = mos_vm_config_table_string (self, list, i, "mode");
  const char *mac = mos_vm_config_table_string (self, list, i, "mac");
  const char *network = mos_vm_config_table_string (self, list, i, "network");
  const char *const *forwards =
      mos_vm_config_table_strings (self, list, i, "forwards");
  g_autofree char *key = g_strdup_printf ("%s[%u]", list, i);
  g_autofree char *mac_key = g_strconcat (key, ".mac", NULL);
  g_autofree char *forwards_key = g_strconcat (key, ".forwards", NULL);

  if (g_str_equal (mode, "Internal") && *network == '\0')
    return complain (self, key,
                     g_strdup (_ ("mode \"Internal\" and no network")),
                     _ ("mode \"Internal\" with the name of a network"), error);
  if (*mac != '\0' && !is_mac (mac))
    return complain (self, mac_key, mos_toml_quote (mac),
                     _ ("six bytes as \"52:54:00:12:34:56\", the first even"),
                     error);
  for (guint j = 0; forwards[j] != NULL; j++) {
    MosForward forward;

    if (!mos_forward_parse (forwards[j], &forward))
      return complain (self, forwards_key, mos_toml_quote (forwards[j]),
                       _ ("\"tcp:HOST:GUEST\" or \"udp:HOST:GUEST\" with port "
                          "numbers, which may have an address before them, as "
                          "\"tcp:127.0.0.1:2222:10.0.2.15:22\""),
                       error);
  }
  return TRUE;
}

static gboolean
check_network (MosVmConfig *self, GError **error)
{
  const char *list = "devices.network_adapters";

  for (guint i = 0; i < mos_vm_config_n_tables (self, list); i++)
    if (!check_adapter (self, list, i, error))
      return FALSE;
  return TRUE;
}

static gboolean
check_storage (MosVmConfig *self, GError **error)
{
  const char *list = "storage.drives";
  guint       floppies = 0;

  for (guint i = 0; i < mos_vm_config_n_tables (self, list); i++) {
    const char      *kind = mos_vm_config_table_string (self, list, i, "kind");
    const char      *bus = mos_vm_config_table_string (self, list, i, "bus");
    const char      *path = mos_vm_config_table_string (self, list, i, "path");
    gboolean         floppy = g_str_equal (kind, "floppy");
    g_autofree char *key = g_strdup_printf ("%s[%u]", list, i);
    g_autofree char *bus_key = g_strconcat (key, ".bus", NULL);

    if (g_str_equal (kind, "disk") && *path == '\0')
      return complain (self, key, g_strdup (_ ("a disk without a path")),
                       _ ("a disk with the path of an image"), error);
    if (!g_str_equal (bus, "auto") && floppy != g_str_equal (bus, "floppy"))
      return complain (self, bus_key, mos_toml_quote (bus),
                       floppy ? _ ("\"floppy\" or \"auto\" for a floppy drive")
                              : _ ("\"auto\", \"ide\", \"ahci\" or "
                                   "\"virtio\" for this drive"),
                       error);
    floppies += floppy;
    if (floppies > 2)
      return complain (self, key, g_strdup (_ ("a third floppy drive")),
                       _ ("at most two floppy drives"), error);
  }
  return TRUE;
}

/* NULL if the file serves, else what is wrong with it. */
static const char *
file_problem (const MosKeyInfo *row, const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct stat      status;

  if (row->output)
    return access (folder, W_OK) == 0 ? NULL
                                      : _ ("its folder cannot be written to");
  if (stat (path, &status) != 0)
    return _ ("there is no such file");
  if (S_ISDIR (status.st_mode))
    return _ ("it is a folder");
  if (!S_ISREG (status.st_mode) && !S_ISBLK (status.st_mode))
    return _ ("it is no regular file");
  if (access (path, R_OK) != 0)
    return _ ("it cannot be read");
  return NULL;
}

static gboolean
check_file (MosVmConfig      *self,
            const MosKeyInfo *row,
            const char       *key,
            GError          **error)
{
  const char        *text = mos_vm_config_get_string (self, key);
  g_autofree char   *path = mos_vm_config_resolve (self, row, text);
  const char        *problem;
  const MosTomlNode *node;
  MosConfigPlace     place = mos_vm_config_place (self, key, &node);
  g_autofree char   *found = NULL;
  g_autofree char   *allowed = NULL;
  g_autoptr (GError) complaint = NULL;

  if (path == NULL || !g_path_is_absolute (path))
    return TRUE;
  problem = file_problem (row, path);
  if (problem == NULL)
    return TRUE;
  found = g_strdup_printf ("%s (%s: %s)", text, path, problem);
  allowed = mos_key_info_allowed (row);
  mos_config_complain (&place, node, key, found, allowed, NULL, &complaint);
  g_set_error_literal (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                       complaint->message);
  return FALSE;
}

static gboolean
check_files (MosVmConfig *self, GError **error)
{
  for (const MosKeyInfo *row = mos_config_schema; row->name != NULL; row++) {
    guint n = row->sub != NULL ? mos_vm_config_n_tables (self, row->name) : 0;

    if (row->type == MOS_KEY_PATH && !check_file (self, row, row->name, error))
      return FALSE;
    for (guint i = 0; i < n; i++) {
      for (const MosKeyInfo *sub = row->sub; sub->name != NULL; sub++) {
        g_autofree char *key =
            g_strdup_printf ("%s[%u].%s", row->name, i, sub->name);

        if (sub->type == MOS_KEY_PATH && !check_file (self, sub, key, error))
          return FALSE;
      }
    }
  }
  return TRUE;
}

gboolean
mos_vm_config_validate (MosVmConfig *self,
                        gboolean     check_files_too,
                        GError     **error)
{
  static const Rule rules[] = {
    check_template, check_boot,    check_processors, check_graphics,
    check_serial,   check_network, check_storage,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    if (!rules[i](self, error))
      return FALSE;
  return !check_files_too || check_files (self, error);
}
