/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The schema is in order: every row is complete, its fallback obeys it, no
 * name is there twice, and typing mistakes find their way back.
 */

#include <glib.h>
#include <string.h>

#include "engine/engine.h"

static void
check_rows (const MosKeyInfo *rows)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (const MosKeyInfo *row = rows; row->name != NULL; row++) {
    g_autofree char *allowed = mos_key_info_allowed (row);

    g_test_message ("%s", row->name);
    g_assert_true (g_hash_table_add (names, (gpointer) row->name));
    g_assert_nonnull (row->fallback);
    g_assert_cmpstr (row->title, !=, NULL);
    g_assert_true (g_str_has_suffix (row->help, "."));
    g_assert_cmpuint (strlen (allowed), >, 0);
    g_assert_cmpint (row->minimum, <=, row->maximum);
    g_assert_true ((row->sub != NULL) == (row->type == MOS_KEY_TABLES));
    if (row->type == MOS_KEY_ENUM)
      g_assert_nonnull (row->choices);
    if (row->sub != NULL)
      check_rows (row->sub);
  }
}

static void
test_rows (void)
{
  check_rows (mos_config_schema);
}

static void
test_fallbacks (void)
{
  g_autoptr (MosVmConfig) config = mos_vm_config_new ("x");

  for (const MosKeyInfo *row = mos_config_schema; row->name != NULL; row++) {
    g_autoptr (GError) error = NULL;

    /* An empty path or array stands for "none" and cannot be written. */
    if (g_str_equal (row->fallback, "\"\"") ||
        (row->min_items > 0 && g_str_equal (row->fallback, "[]")))
      continue;
    mos_vm_config_set (config, row->name, row->fallback, &error);
    g_assert_no_error (error);
  }
}

static void
test_find (void)
{
  g_assert_cmpstr (mos_config_schema_find ("memory_mb")->name, ==, "memory_mb");
  g_assert_cmpstr (mos_config_schema_find ("storage.drives.path")->name, ==,
                   "path");
  g_assert_cmpstr (mos_config_schema_find ("storage.drives[12].bus")->name, ==,
                   "bus");
  g_assert_null (mos_config_schema_find ("storage.drives[12]"));
  g_assert_null (mos_config_schema_find ("storage.drives[12"));
  g_assert_null (mos_config_schema_find ("storage"));
  g_assert_null (mos_config_schema_find (""));
}

static void
test_nearest (void)
{
  static const char *const rows[][2] = {
    { "vcpu_cuont", "vcpu_count" },
    { "memory", "memory_mb" },
    { "kernel_path", "boot.kernel_path" },
    { "boot.kernal_path", "boot.kernel_path" },
    { "features.nestd", "features.nested" },
    { "Name", "name" },
    { "zzzzzzzz", NULL },
    { "", NULL },
  };
  const MosKeyInfo *drives = mos_config_schema_find ("storage.drives");
  g_autofree char  *name = g_strnfill (100000, 'a');

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpstr (mos_config_schema_nearest (NULL, rows[i][0]), ==,
                     rows[i][1]);
  g_assert_cmpstr (mos_config_schema_nearest (drives, "read_only"), ==,
                   "readonly");
  g_assert_null (mos_config_schema_nearest (NULL, name));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/schema/rows", test_rows);
  g_test_add_func ("/schema/fallbacks", test_fallbacks);
  g_test_add_func ("/schema/find", test_find);
  g_test_add_func ("/schema/nearest", test_nearest);
  return g_test_run ();
}
