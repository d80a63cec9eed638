/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A machine's configuration: the examples of the requirements document, every
 * kind of mistake with its message, saving and loading as the identity, and
 * edits that leave comments where they are.
 */

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "engine/engine.h"

static MosVmConfig *
load_example (const char *name)
{
  g_autofree char *path =
      g_test_build_filename (G_TEST_DIST, "data", name, NULL);
  g_autoptr (GError) error = NULL;
  MosVmConfig *config = mos_vm_config_load (path, &error);

  g_assert_no_error (error);
  return config;
}

static void
test_basic_example (void)
{
  g_autoptr (MosVmConfig) config = load_example ("basic-vm.toml");
  g_autofree char *kernel = mos_vm_config_get_path (config, "boot.kernel_path");
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (mos_vm_config_get_string (config, "name"), ==,
                   "Basic Linux VM");
  g_assert_cmpint (mos_vm_config_get_int (config, "vcpu_count"), ==, 2);
  g_assert_cmpint (mos_vm_config_get_int (config, "memory_mb"), ==, 2048);
  g_assert_cmpstr (mos_vm_config_get_string (config, "boot.boot_order"), ==,
                   "DiskFirst");
  g_assert_cmpstr (
      mos_vm_config_get_string (config, "devices.graphics.card_type"), ==,
      "VGA");
  g_assert_cmpint (
      mos_vm_config_get_nth_int (config, "devices.graphics.resolution", 1, 0),
      ==, 768);
  g_assert_true (mos_vm_config_get_bool (config, "features.debug"));
  g_assert_true (g_str_has_suffix (kernel, "/tests/data/linux_kernel.bin"));

  /* The kernel is not there, which only a start minds. */
  g_assert_false (mos_vm_config_validate (config, TRUE, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message,
                            "basic-vm.toml:7: boot.kernel_path: found "
                            "linux_kernel.bin"));
}

static void
test_nested_example (void)
{
  g_autoptr (MosVmConfig) config = load_example ("nested-vm.toml");
  const char *list = "devices.network_adapters";

  g_assert_cmpuint (mos_vm_config_n_tables (config, list), ==, 1);
  g_assert_cmpstr (
      mos_vm_config_table_string (config, list, 0, "interface_name"), ==,
      "eth0");
  g_assert_cmpstr (mos_vm_config_table_string (config, list, 0, "mode"), ==,
                   "NAT");
  g_assert_true (mos_vm_config_get_bool (config, "features.nested"));
  g_assert_true (
      mos_vm_config_get_bool (config, "features.performance_monitoring"));
}

static void
test_demo_example (void)
{
  g_autoptr (MosVmConfig) config = load_example ("educational-demo.toml");

  g_assert_true (mos_vm_config_get_bool (config, "features.demo_device"));
  g_assert_true (mos_vm_config_get_bool (config, "devices.demo_device"));
  g_assert_true (
      mos_vm_config_get_bool (config, "devices.educational_features"));
}

static void
test_identity (void)
{
  static const char *const names[] = { "basic-vm.toml", "nested-vm.toml",
                                       "educational-demo.toml" };
  g_autofree char *folder = g_dir_make_tmp ("test-vmconfig-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "m.toml", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *from =
        g_test_build_filename (G_TEST_DIST, "data", names[i], NULL);
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *text = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (MosVmConfig) config = NULL;

    g_assert_true (g_file_get_contents (from, &before, NULL, NULL));
    config = mos_vm_config_load (from, NULL);
    text = mos_vm_config_to_toml (config);
    g_assert_cmpstr (text, ==, before);

    /* In the same folder nothing changes at all. */
    g_clear_object (&config);
    config = mos_vm_config_load_data (before, -1, path, NULL);
    g_assert_true (mos_vm_config_save (config, path, &error));
    g_assert_no_error (error);
    g_assert_true (g_file_get_contents (path, &after, NULL, NULL));
    g_assert_cmpstr (after, ==, before);
  }
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_move_keeps_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("test-vmconfig-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "m.toml", NULL);
  g_autoptr (MosVmConfig) config = load_example ("basic-vm.toml");
  g_autoptr (MosVmConfig) again = NULL;
  g_autofree char *before = mos_vm_config_get_path (config, "boot.kernel_path");
  g_autofree char *after = NULL;

  g_assert_true (mos_vm_config_save (config, path, NULL));
  again = mos_vm_config_load (path, NULL);
  after = mos_vm_config_get_path (again, "boot.kernel_path");
  g_assert_cmpstr (after, ==, before);
  g_assert_true (g_path_is_absolute (
      mos_vm_config_get_string (again, "boot.kernel_path")));
  g_assert_cmpstr (mos_vm_config_get_string (again, "boot.firmware"), ==,
                   "seabios");
  g_unlink (path);
  g_rmdir (folder);
}

static const struct {
  const char *text;
  MosError    code;
  const char *message;
} mistakes[] = {
  { "vcpu_cuont = 2\n", MOS_ERROR_UNKNOWN_KEY,
    "m.toml:1: vcpu_cuont: there is no such key; did you mean “vcpu_count”?" },
  { "\n[boot]\nkernel = \"x\"\n[qqqq]\n", MOS_ERROR_UNKNOWN_KEY,
    "m.toml:3: boot.kernel: there is no such key" },
  { "[qqqqqqq]\na = 1\n", MOS_ERROR_UNKNOWN_KEY,
    "m.toml:1: qqqqqqq: there is no such key; “multios config schema” lists "
    "them all" },
  { "[[storage.drives]]\npath = \"a\"\nread_only = true\n",
    MOS_ERROR_UNKNOWN_KEY,
    "m.toml:3: storage.drives[0].read_only: there is no such key; did you "
    "mean “storage.drives.readonly”?" },
  { "vcpu_count = \"two\"\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: vcpu_count: found \"two\", a string; allowed: an integer, 1 to "
    "32" },
  { "vcpu_count = 33\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: vcpu_count: found 33; allowed: an integer, 1 to 32" },
  { "vcpu_count = 0\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: vcpu_count: found 0; allowed: an integer, 1 to 32" },
  { "name = \"x\"\nmemory_mb = 66560\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:2: memory_mb: found 66560; allowed: an integer, 1 to 65536 MiB "
    "(Memory Allocation Failed: a machine has at most 64 GiB)" },
  { "template = \"educational\"\nmemory_mb = 511\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:2: memory_mb: found 511; allowed: at least 512 MiB for the "
    "template \"educational\"" },
  { "memory_mb = 1.5\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: memory_mb: found a floating-point number; allowed: an "
    "integer" },
  { "architecture = \"arm\"\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: architecture: found \"arm\"; allowed: one of \"x86_64\"" },
  { "name = \"\"\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: name: found \"\"; allowed: a string of 1 to 128 characters" },
  { "format_version = 2\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: format_version: found 2; allowed: an integer, 1 to 1 (a newer "
    "MultiOS Lab wrote this file; open it with that)" },
  { "boot = 3\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: boot: found 3; allowed: a table" },
  { "features.debug = 1\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: features.debug: found 1, an integer; allowed: true or false" },
  { "devices.graphics.resolution = [1024]\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: devices.graphics.resolution: found 1 element; allowed: an "
    "array of 2 integers, each 200 to 2560" },
  { "devices.graphics.resolution = [\n1024,\n76]\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:3: devices.graphics.resolution: found 76; allowed" },
  { "devices.serial = [ 1 ]\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: devices.serial[0]: found 1, an integer; allowed: an array of "
    "at most 4 tables" },
  { "[[devices.serial]]\n[[devices.serial]]\n[[devices.serial]]\n"
    "[[devices.serial]]\n[[devices.serial]]\n",
    MOS_ERROR_INVALID_VALUE,
    "m.toml:5: devices.serial: found 5 tables; allowed: an array of at most 4 "
    "tables" },
  { "[[devices.serial]]\nmode = \"file\"\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: devices.serial[0]: found mode \"file\" and no path" },
  { "boot.kernel_path = \"k\"\nboot.guest = \"g\"\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:2: boot.guest: found \"g\"; allowed: either" },
  { "boot.initrd_path = \"k\"\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: boot.initrd_path: found \"k\"; allowed: only together" },
  { "cpu.accel = \"KVM\"\ncpu.deterministic = true\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:2: cpu.deterministic: found true; allowed: only with" },
  { "cpu.accel = \"KVM\"\ncpu.pmu = true\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:2: cpu.pmu: found true; allowed: only with" },
  { "[[storage.drives]]\nkind = \"floppy\"\nbus = \"ide\"\n",
    MOS_ERROR_INVALID_VALUE, "m.toml:3: storage.drives[0].bus: found \"ide\"" },
  { "[[storage.drives]]\n", MOS_ERROR_INVALID_VALUE,
    "m.toml:1: storage.drives[0]: found a disk without a path" },
  { "devices.network_adapters = [ { mode = \"Internal\" } ]\n",
    MOS_ERROR_INVALID_VALUE, "m.toml:1: devices.network_adapters[0]: found" },
  { "devices.network_adapters = [ { mac = \"53:54:00:12:34:56\" } ]\n",
    MOS_ERROR_INVALID_VALUE,
    "m.toml:1: devices.network_adapters[0].mac: found" },
  { "devices.network_adapters = [ { forwards = [\"tcp:1\"] } ]\n",
    MOS_ERROR_INVALID_VALUE,
    "m.toml:1: devices.network_adapters[0].forwards: found \"tcp:1\"" },
  { "name = x\n", MOS_ERROR_SYNTAX,
    "m.toml:1:8: “x” is no value; text needs quotes" },
  { "name = \"a\"\nname = \"b\"\n", MOS_ERROR_SYNTAX, "m.toml:2:1: “name” is" },
};

static void
test_mistakes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mistakes); i++) {
    g_autoptr (GError) error = NULL;
    MosVmConfig *config =
        mos_vm_config_load_data (mistakes[i].text, -1, "m.toml", &error);

    g_test_message ("%s", error != NULL ? error->message : "no error");
    g_assert_null (config);
    g_assert_error (error, MOS_ERROR, (int) mistakes[i].code);
    g_assert_true (g_str_has_prefix (error->message, mistakes[i].message));
    g_assert_null (strchr (error->message, '\n'));
  }
}

/* Lines are told only as long as they are those of the file. */
static void
test_lines_after_edits (void)
{
  g_autoptr (MosVmConfig) config = mos_vm_config_load_data (
      "name = \"x\"\n[boot]\nkernel_path = \"k\"\n", -1, "m.toml", NULL);
  g_autoptr (MosVmConfig) copy = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (mos_vm_config_set (config, "memory_mb", "64", NULL));
  copy = mos_vm_config_copy (config);
  g_assert_false (mos_vm_config_validate (copy, TRUE, &error));
  g_assert_true (g_str_has_prefix (error->message, "m.toml:3: boot.kernel_"));
  g_clear_error (&error);
  g_assert_true (mos_vm_config_set (copy, "boot.kernel_path", "l", NULL));
  g_assert_false (mos_vm_config_validate (copy, TRUE, &error));
  g_assert_true (g_str_has_prefix (error->message, "m.toml: boot.kernel_"));
}

static void
test_missing_file (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mos_vm_config_load ("/nowhere/m.toml", &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND);
  g_assert_true (g_str_has_prefix (error->message, "/nowhere/m.toml: "));
  g_clear_error (&error);
  g_assert_null (mos_vm_config_load ("/", &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IO);
}

static void
test_extension_space (void)
{
  static const char text[] = "name = \"x\"\nx-note = 1\n[x-vendor.a]\n"
                             "anything = { goes = [1, 2] }\n"
                             "[[storage.drives]]\npath = \"a\"\nx-id = 7\n";
  g_autoptr (MosVmConfig) config =
      mos_vm_config_load_data (text, -1, NULL, NULL);
  g_autofree char *after = NULL;

  g_assert_nonnull (config);
  after = mos_vm_config_to_toml (config);
  g_assert_cmpstr (after, ==, text);
}

static void
test_edit_keeps_comments (void)
{
  g_autoptr (MosVmConfig) config =
      mos_vm_config_load_data ("# My machine\nname = \"x\" # its name\n\n"
                               "[boot]  # how it starts\n"
                               "kernel_args = \"a\"\n",
                               -1, NULL, NULL);
  g_autofree char *text = NULL;
  const char      *name = mos_vm_config_get_string (config, "name");

  g_assert_true (mos_vm_config_set (config, "name", "y", NULL));
  g_assert_cmpstr (name, ==, "x"); /* still there */
  g_assert_true (mos_vm_config_set (config, "memory_mb", "2G", NULL));
  g_assert_true (mos_vm_config_set (config, "features.nested", "on", NULL));
  g_assert_true (mos_vm_config_set (config, "devices.graphics.resolution",
                                    "800x600", NULL));
  g_assert_true (mos_vm_config_add_table (
      config, "storage.drives", "{ path = \"a.img\", bus = \"ide\" }", NULL));
  g_assert_true (
      mos_vm_config_set (config, "storage.drives[0].readonly", "yes", NULL));
  mos_vm_config_unset (config, "boot.kernel_args");
  text = mos_vm_config_to_toml (config);
  g_assert_cmpstr (text, ==,
                   "# My machine\nname = \"y\" # its name\nmemory_mb = 2048\n"
                   "\n[boot]  # how it starts\n"
                   "\n[features]\nnested = true\n"
                   "\n[devices]\ngraphics.resolution = [800, 600]\n"
                   "\n[[storage.drives]]\npath = \"a.img\"\nbus = \"ide\"\n"
                   "readonly = true\n");
}

static void
test_set_refuses (void)
{
  static const char *const rows[][3] = {
    { "vcpu_count", "33", "vcpu_count: found 33; allowed: an integer, 1 to" },
    { "memory_mb", "65G", "memory_mb: found 66560; allowed: an integer, 1" },
    { "memory_mb", "lots", "memory_mb: found “lots”; allowed: an integer" },
    { "memory_mb", "1\nname = 2", "memory_mb: found “1\nname = 2”; allowed" },
    { "cpu.vendor", "via", "cpu.vendor: found \"via\"; allowed: one of " },
    { "cpu.vender", "amd", "cpu.vender: there is no such key; did you mean" },
    { "storage.drives.path", "a", "storage.drives.path: there is no such" },
    { "storage.drives[0].path", "a", "storage.drives[0].path: there is no" },
    { "storage.drives", "[{ pth = 'a' }]", "storage.drives[0].pth: there is" },
    { "features.debug", "maybe", "features.debug: found “maybe”; allowed" },
    { "name", "\xff", "name: found “" },
  };
  g_autoptr (MosVmConfig) config = mos_vm_config_new ("x");
  g_autofree char *before = mos_vm_config_to_toml (config);
  g_autofree char *after = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (mos_vm_config_set (config, rows[i][0], rows[i][1], &error));
    g_test_message ("%s", error->message);
    g_assert_true (g_str_has_prefix (error->message, rows[i][2]));
  }
  after = mos_vm_config_to_toml (config);
  g_assert_cmpstr (after, ==, before);
}

static void
test_tables (void)
{
  g_autoptr (MosVmConfig) config = mos_vm_config_new ("x");
  g_autoptr (GError) error = NULL;
  const char *list = "devices.serial";

  for (guint i = 0; i < 4; i++)
    g_assert_true (
        mos_vm_config_add_table (config, list, "{ mode = \"NONE\" }", NULL));
  g_assert_false (mos_vm_config_add_table (config, list, "{}", &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_assert_cmpstr (mos_vm_config_table_string (config, list, 3, "mode"), ==,
                   "none");
  mos_vm_config_remove_table (config, list, 0);
  mos_vm_config_remove_table (config, list, 7);
  g_assert_cmpuint (mos_vm_config_n_tables (config, list), ==, 3);
  mos_vm_config_unset (config, list);
  g_assert_cmpuint (mos_vm_config_n_tables (config, list), ==, 0);
}

static void
test_templates (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosVmConfig) minimal = mos_vm_config_new_minimal ("a", 1, 512);
  g_autoptr (MosVmConfig) edu = mos_vm_config_new_educational ("b");
  g_autoptr (MosVmConfig) nested = mos_vm_config_new_nested ("c \"q\"", 2);
  g_autoptr (MosVmConfig) plain = mos_vm_config_new ("d");

  for (const MosTemplate *row = mos_templates; row->id != NULL; row++) {
    g_autoptr (MosVmConfig) config =
        mos_vm_config_new_from_template (row->id, "n", &error);

    g_assert_no_error (error);
    g_assert_cmpint (mos_vm_config_get_int (config, "memory_mb"), >=,
                     (gint64) row->min_memory_mb);
    g_assert_true (mos_vm_config_validate (config, TRUE, &error));
    g_assert_no_error (error);
  }
  g_assert_null (mos_vm_config_new_from_template ("huge", "n", &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_UNKNOWN_KEY);

  g_assert_cmpstr (mos_vm_config_get_string (minimal, "boot.guest"), ==,
                   "simple-boot");
  g_assert_cmpint (mos_vm_config_get_int (edu, "memory_mb"), >=, 512);
  g_assert_true (mos_vm_config_get_bool (nested, "features.nested"));
  g_assert_cmpstr (mos_vm_config_get_string (nested, "name"), ==, "c \"q\"");
  g_assert_false (mos_vm_config_is_set (plain, "boot.guest"));
}

static void
test_memory (void)
{
  static const struct {
    const char *text;
    guint64     mb;
  } right[] = { { "512", 512 },    { "512M", 512 }, { "2G", 2048 },
                { "3 GiB", 3072 }, { "1mb", 1 },    { "0", 0 } };
  static const char *const wrong[] = { "",
                                       "G",
                                       "-1",
                                       "1T",
                                       "1.5G",
                                       " 1",
                                       "99999999999999999999",
                                       "9999999999999999G" };
  guint64                  mb;

  for (gsize i = 0; i < G_N_ELEMENTS (right); i++) {
    g_assert_true (mos_parse_memory_mb (right[i].text, &mb, NULL));
    g_assert_cmpuint (mb, ==, right[i].mb);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (mos_parse_memory_mb (wrong[i], &mb, &error));
    g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  }
}

/* A value that ROW allows, as a person types it; NULL for some rows. */
static char *
random_value (GRand *random, const MosKeyInfo *row)
{
  guint n = 0;

  switch (row->type) {
  case MOS_KEY_INTEGER:
    return g_strdup_printf ("%d",
                            g_rand_int_range (random, (gint32) row->minimum,
                                              (gint32) row->maximum + 1));
  case MOS_KEY_BOOLEAN:
    return g_strdup (g_rand_boolean (random) ? "true" : "false");
  case MOS_KEY_ENUM:
    while (row->choices[n] != NULL)
      n++;
    return g_strdup (row->choices[g_rand_int_range (random, 0, (gint32) n)]);
  case MOS_KEY_STRING:
  case MOS_KEY_PATH: {
    GString *text = g_string_new ("v");

    for (guint i = 0; i < 20; i++)
      g_string_append_unichar (text,
                               (gunichar) g_rand_int_range (random, 1, 0x2ff));
    return g_string_free (text, FALSE);
  }
  case MOS_KEY_INTEGERS:
    return g_strdup ("1280x1024");
  case MOS_KEY_STRINGS:
    return g_strdup ("[ \"a\", 'b\"', ]");
  case MOS_KEY_TABLES:
  default:
    return NULL;
  }
}

static gboolean
set_random (MosVmConfig *config, GRand *random, const MosKeyInfo *row)
{
  g_autofree char *value = random_value (random, row);

  if (value == NULL)
    return mos_vm_config_add_table (config, row->name, "{ x-a = 1 }", NULL);
  /* What looks quoted is read as TOML; what has blanks around loses them. */
  if (row->type == MOS_KEY_STRING || row->type == MOS_KEY_PATH)
    return mos_vm_config_set_string (config, row->name, value, NULL);
  return mos_vm_config_set (config, row->name, value, NULL);
}

static void
assert_same (MosVmConfig *a, MosVmConfig *b)
{
  for (const MosKeyInfo *row = mos_config_schema; row->name != NULL; row++) {
    g_assert_cmpint (mos_vm_config_is_set (a, row->name), ==,
                     mos_vm_config_is_set (b, row->name));
    switch (row->type) {
    case MOS_KEY_INTEGER:
      g_assert_cmpint (mos_vm_config_get_int (a, row->name), ==,
                       mos_vm_config_get_int (b, row->name));
      break;
    case MOS_KEY_BOOLEAN:
      g_assert_cmpint (mos_vm_config_get_bool (a, row->name), ==,
                       mos_vm_config_get_bool (b, row->name));
      break;
    case MOS_KEY_STRING:
    case MOS_KEY_PATH:
    case MOS_KEY_ENUM:
      g_assert_cmpstr (mos_vm_config_get_string (a, row->name), ==,
                       mos_vm_config_get_string (b, row->name));
      break;
    case MOS_KEY_STRINGS:
      g_assert_cmpstrv (mos_vm_config_get_strings (a, row->name),
                        mos_vm_config_get_strings (b, row->name));
      break;
    case MOS_KEY_INTEGERS:
      g_assert_cmpint (mos_vm_config_get_nth_int (a, row->name, 1, 0), ==,
                       mos_vm_config_get_nth_int (b, row->name, 1, 0));
      break;
    case MOS_KEY_TABLES:
    default:
      g_assert_cmpuint (mos_vm_config_n_tables (a, row->name), ==,
                        mos_vm_config_n_tables (b, row->name));
      break;
    }
  }
}

/* Random configurations, in random order, through text and back. */
static void
test_round_trip (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (11);
  guint n_keys = 0;

  while (mos_config_schema[n_keys].name != NULL)
    n_keys++;
  for (guint round = 0; round < 200; round++) {
    g_autoptr (MosVmConfig) config = mos_vm_config_new ("random");
    g_autoptr (MosVmConfig) copy = NULL;
    g_autoptr (MosVmConfig) again = NULL;
    g_autofree char *text = NULL;
    g_autofree char *text_again = NULL;
    g_autoptr (GError) error = NULL;

    for (guint i = 0; i < 15; i++) {
      const MosKeyInfo *row =
          &mos_config_schema[g_rand_int_range (random, 0, (gint32) n_keys)];

      g_assert_true (set_random (config, random, row) ||
                     row->type == MOS_KEY_TABLES);
      if (g_rand_int_range (random, 0, 8) == 0)
        mos_vm_config_unset (config, row->name);
    }
    copy = mos_vm_config_copy (config);
    assert_same (config, copy);
    if (!mos_vm_config_validate (config, FALSE, NULL))
      continue; /* such a file would be refused */
    text = mos_vm_config_to_toml (config);
    again = mos_vm_config_load_data (text, -1, NULL, &error);
    g_assert_no_error (error);
    assert_same (config, again);
    text_again = mos_vm_config_to_toml (again);
    g_assert_cmpstr (text_again, ==, text);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vmconfig/basic-example", test_basic_example);
  g_test_add_func ("/vmconfig/nested-example", test_nested_example);
  g_test_add_func ("/vmconfig/demo-example", test_demo_example);
  g_test_add_func ("/vmconfig/identity", test_identity);
  g_test_add_func ("/vmconfig/move-keeps-files", test_move_keeps_files);
  g_test_add_func ("/vmconfig/mistakes", test_mistakes);
  g_test_add_func ("/vmconfig/lines-after-edits", test_lines_after_edits);
  g_test_add_func ("/vmconfig/missing-file", test_missing_file);
  g_test_add_func ("/vmconfig/extension-space", test_extension_space);
  g_test_add_func ("/vmconfig/edit-keeps-comments", test_edit_keeps_comments);
  g_test_add_func ("/vmconfig/set-refuses", test_set_refuses);
  g_test_add_func ("/vmconfig/tables", test_tables);
  g_test_add_func ("/vmconfig/templates", test_templates);
  g_test_add_func ("/vmconfig/memory", test_memory);
  g_test_add_func ("/vmconfig/round-trip", test_round_trip);
  return g_test_run ();
}
