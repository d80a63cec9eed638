/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What files are recognised as, what a machine makes of them, and keys by
 * name. No window; it is here because the code is the application's.
 */

#include <glib/gstdio.h>
#include <linux/input-event-codes.h>
#include <string.h>

#include "app/keys.h"
#include "app/medium.h"

static char *
write_file (const char *folder,
            const char *name,
            gsize       size,
            gsize       at,
            const char *bytes,
            gsize       n,
            gboolean    boots)
{
  char              *path = g_build_filename (folder, name, NULL);
  g_autofree guint8 *data = g_malloc0 (MAX (size, 1));

  if (n > 0)
    memcpy (data + at, bytes, n);
  if (boots)
    memcpy (data + 510, "\x55\xaa", 2);
  g_assert_true (
      g_file_set_contents (path, (char *) data, (gssize) size, NULL));
  return path;
}

static void
test_kinds (void)
{
  static const struct {
    const char   *name;
    gsize         size;
    gsize         at;
    const char   *bytes;
    gsize         n;
    gboolean      boots;
    MosMediumKind kind;
  } files[] = {
    { "a.toml", 10, 0, "name", 4, FALSE, MOS_MEDIUM_MACHINE },
    { "a.iso", 0x9000, 0x8001, "CD001", 5, FALSE, MOS_MEDIUM_CDROM },
    { "noname", 0x9000, 0x8001, "CD001", 5, TRUE, MOS_MEDIUM_CDROM },
    { "elf", 64, 0,
      "\x7f"
      "ELF",
      4, FALSE, MOS_MEDIUM_KERNEL },
    { "vmlinuz", 4096, 0x202, "HdrS", 4, TRUE, MOS_MEDIUM_KERNEL },
    { "d.qcow2", 4096, 0, "QFI\xfb", 4, FALSE, MOS_MEDIUM_DISK },
    { "f.img", 1474560, 0, "", 0, FALSE, MOS_MEDIUM_FLOPPY },
    { "sector", 512, 0, "", 0, TRUE, MOS_MEDIUM_FLOPPY },
    { "mbr", 1 << 20, 0, "", 0, TRUE, MOS_MEDIUM_DISK },
    { "data.img", 1 << 20, 0, "", 0, FALSE, MOS_MEDIUM_DISK },
    { "flat.bin", 100, 0, "", 0, FALSE, MOS_MEDIUM_KERNEL },
    { "odd.img", 1000, 0, "", 0, FALSE, MOS_MEDIUM_NONE },
    { "empty.bin", 0, 0, "", 0, FALSE, MOS_MEDIUM_NONE },
    { "photo.jpg", 1000, 0, "\xff\xd8", 2, FALSE, MOS_MEDIUM_NONE },
  };
  g_autofree char *folder = g_dir_make_tmp ("multios-medium-XXXXXX", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MosMedium) medium = NULL;
    g_autofree char *path =
        write_file (folder, files[i].name, files[i].size, files[i].at,
                    files[i].bytes, files[i].n, files[i].boots);

    medium = mos_medium_probe (path, &error);
    if (files[i].kind == MOS_MEDIUM_NONE) {
      g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
      g_assert_nonnull (strstr (error->message, path));
    } else {
      g_assert_no_error (error);
      g_assert_cmpint (medium->kind, ==, files[i].kind);
    }
    g_unlink (path);
  }
  g_rmdir (folder);
}

static void
test_unreadable (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mos_medium_probe ("/nowhere/at all.iso", &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (mos_medium_probe (g_get_tmp_dir (), &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
}

static void
test_apply (void)
{
  g_autoptr (MosVmConfig) config = mos_vm_config_new ("Machine");
  g_autoptr (GError) error = NULL;
  /* Everything a path may hold that TOML would read otherwise. */
  MosMedium        medium = { .kind = MOS_MEDIUM_FLOPPY,
                              .path = (char *) "/a \"b\" \\ c\n.img",
                              .format = "raw" };
  g_autofree char *path = NULL;

  g_assert_true (mos_medium_apply (&medium, config, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (mos_vm_config_n_tables (config, "storage.drives"), ==, 1);
  path = mos_vm_config_table_path (config, "storage.drives", 0, "path");
  g_assert_cmpstr (path, ==, medium.path);
  g_assert_cmpstr (mos_vm_config_get_string (config, "boot.boot_order"), ==,
                   "FloppyFirst");

  medium.kind = MOS_MEDIUM_MACHINE;
  g_assert_false (mos_medium_apply (&medium, config, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
}

/* -- keys ---------------------------------------------------------------- */

static void
key_cb (gpointer device, guint keycode, gboolean down)
{
  GString *log = device;

  g_string_append_printf (log, "%c%u ", down ? '+' : '-', keycode);
}

static void
test_keys (void)
{
  static const MosInputOps ops = { .key = key_cb };
  g_autoptr (MosInputPort) port = mos_input_port_new ();
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *expected =
      g_strdup_printf ("+%u +%u +%u -%u -%u -%u ", KEY_LEFTCTRL, KEY_LEFTALT,
                       KEY_DELETE, KEY_DELETE, KEY_LEFTALT, KEY_LEFTCTRL);

  mos_input_port_add (port, &ops, log);
  g_assert_true (mos_keys_send (port, "Ctrl+Alt+Delete", &error));
  g_assert_cmpstr (log->str, ==, expected);
  g_string_truncate (log, 0);
  g_assert_false (mos_keys_send (port, "Ctrl+Nonsense", &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_clear_error (&error);
  g_assert_false (mos_keys_send (port, "", &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_assert_cmpstr (log->str, ==, "");
  mos_input_port_remove (port, log);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/medium/kinds", test_kinds);
  g_test_add_func ("/medium/unreadable", test_unreadable);
  g_test_add_func ("/medium/apply", test_apply);
  g_test_add_func ("/keys/send", test_keys);
  return g_test_run ();
}
