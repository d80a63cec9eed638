/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What `multios run` makes of its command line, and the bridge between a
 * serial port and descriptors; without a machine.
 */

#include <fcntl.h>
#include <glib-unix.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/run-options.h"
#include "app/cli/serial.h"

static const MosCliCommand row = {
  .name = "run",
  .synopsis = "",
  .options = mos_run_option_rows,
  .max_words = 1,
};

static MosRunOptions *
parse (const char *line, GError **error)
{
  g_auto (MosCliArguments) arguments = { NULL, NULL };
  g_auto (GStrv) argv = NULL;
  int argc = 0;

  if (*line != '\0')
    g_assert_true (g_shell_parse_argv (line, &argc, &argv, NULL));
  g_assert_true (mos_cli_parse (&row, argc, argv, &arguments));
  return mos_run_options_new (&arguments, error);
}

static MosRunOptions *
parse_right (const char *line)
{
  g_autoptr (GError) error = NULL;
  MosRunOptions *options = parse (line, &error);

  g_assert_no_error (error);
  return options;
}

static void
test_defaults (void)
{
  g_autoptr (MosRunOptions) options = parse_right ("");

  g_assert_cmpint (options->serial, ==, MOS_SERIAL_TO_STDIO);
  g_assert_cmpint (mos_script_want (options->script), ==, MOS_WANT_NOTHING);
  g_assert_false (mos_vm_config_is_set (options->config, "boot.guest"));
}

static void
test_all_options (void)
{
  g_autoptr (MosRunOptions) options = parse_right (
      "--accel kvm --cpus 3 --memory 2G --kernel /bin/sh --initrd=/bin/sh "
      "--append 'a=\"b\" c' --module '/bin/sh x y' --jit never "
      "--firmware seabios --disk /bin/sh,bus=ide,format=raw,readonly "
      "--cdrom /bin/sh --floppy /bin/sh --set cpu.vendor=intel "
      "--set 'name = \"X\"' --net internal:lab --serial none --debug-exit "
      "--until-screen a --type b --until-serial c --screenshot s.png "
      "--timeout 1.5 --stats t.json");
  MosVmConfig *config = options->config;
  const char  *drives = "storage.drives";

  g_assert_cmpstr (mos_vm_config_get_string (config, "cpu.accel"), ==, "kvm");
  g_assert_cmpint (mos_vm_config_get_int (config, "vcpu_count"), ==, 3);
  g_assert_cmpint (mos_vm_config_get_int (config, "memory_mb"), ==, 2048);
  g_assert_cmpstr (mos_vm_config_get_string (config, "boot.kernel_args"), ==,
                   "a=\"b\" c");
  g_assert_cmpstr (
      mos_vm_config_table_string (config, "boot.modules", 0, "args"), ==,
      "x y");
  g_assert_cmpuint (mos_vm_config_n_tables (config, drives), ==, 3);
  g_assert_cmpstr (mos_vm_config_table_string (config, drives, 0, "bus"), ==,
                   "ide");
  g_assert_true (mos_vm_config_table_bool (config, drives, 0, "readonly"));
  g_assert_cmpstr (mos_vm_config_table_string (config, drives, 2, "kind"), ==,
                   "floppy");
  g_assert_cmpstr (mos_vm_config_get_string (config, "cpu.vendor"), ==,
                   "intel");
  g_assert_cmpstr (mos_vm_config_table_string (
                       config, "devices.network_adapters", 0, "network"),
                   ==, "lab");
  g_assert_true (mos_vm_config_get_bool (config, "devices.debug_exit"));
  g_assert_cmpint (options->serial, ==, MOS_SERIAL_TO_NOBODY);
  g_assert_cmpstr (options->screenshot, ==, "s.png");
  g_assert_cmpstr (options->stats, ==, "t.json");
  g_assert_cmpfloat (options->timeout_s, ==, 1.5);
  g_assert_cmpint (mos_script_want (options->script), ==, MOS_WANT_SCREEN);
}

static void
test_file_and_options (void)
{
  g_autofree char *path =
      g_test_build_filename (G_TEST_DIST, "data", "nested-vm.toml", NULL);
  g_autofree char *line =
      g_strdup_printf ("--guest simple-boot:a=1,b=2 '%s' --net none "
                       "--cpus 1",
                       path);
  g_autoptr (MosRunOptions) options = parse_right (line);
  MosVmConfig *config = options->config;

  g_assert_cmpstr (mos_vm_config_get_string (config, "name"), ==,
                   "Nested Host VM");
  g_assert_cmpint (mos_vm_config_get_int (config, "vcpu_count"), ==, 1);
  g_assert_cmpuint (mos_vm_config_n_tables (config, "devices.network_adapters"),
                    ==, 0);
  g_assert_cmpstr (mos_vm_config_get_string (config, "boot.guest"), ==,
                   "simple-boot");
  g_assert_cmpstr (mos_vm_config_get_string (config, "boot.guest_args"), ==,
                   "a=1,b=2");
}

static void
test_mistakes (void)
{
  static const char *const rows[][2] = {
    { "--cpus 33", "--cpus: vcpu_count: found 33; allowed: an integer, 1 to" },
    { "--memory 65G", "--memory: memory_mb: found 66560; allowed: an integer" },
    { "--accel xen", "--accel: cpu.accel: found \"xen\"; allowed: one of" },
    { "--kernel /nowhere", "boot.kernel_path: found /nowhere (/nowhere: there "
                           "is no such file)" },
    { "--disk a.img,redonly", "storage.drives[0].path: found " },
    { "--disk /bin/sh,bus=scsi", "--disk: storage.drives[0].bus: found" },
    { "--set vcpu_count", "--set: found “vcpu_count”; allowed: KEY=VALUE" },
    { "--set vcpus=2", "--set: vcpus: there is no such key; did you mean" },
    { "--net lan", "--net: found “lan”; allowed: none, nat or internal:NAME" },
    { "--serial tcp",
      "--serial: found “tcp”; allowed: stdio, file:F, pty:LINK, "
      "socket:F or none" },
    { "--timeout 0", "--timeout: found “0”; allowed: seconds" },
    { "--timeout 5m", "--timeout: found “5m”; allowed: seconds" },
    { "--until-serial '('", "--until-serial: “(” is no regular" },
    { "--type '\\q'", "--type: found “\\q”" },
    { "--initrd /bin/sh", "boot.initrd_path: found " },
    { "--deterministic --accel kvm", "cpu.deterministic: found true; all" },
    { "/nowhere.toml", "/nowhere.toml: the machine's file cannot be read" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (parse (rows[i][0], &error));
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, rows[i][1]));
    g_assert_null (strchr (error->message, '\n'));
  }
}

typedef struct {
  GString *seen;
  int      pipe[2];
} Output;

static void
seen_cb (gpointer user_data, const guint8 *data, gsize size)
{
  Output *output = user_data;

  g_string_append_len (output->seen, (const char *) data, (gssize) size);
}

static gpointer
guest_thread (gpointer user_data)
{
  for (guint i = 0; i < 1000; i++)
    mos_char_port_write (user_data, "0123456789", 10);
  return NULL;
}

static void
test_serial_output (void)
{
  g_autoptr (MosCharPort) port = mos_char_port_new (64);
  Output         output = { .seen = g_string_new (NULL) };
  char           bytes[20000];
  MosSerialLink *link;
  GThread       *thread;

  g_assert_true (g_unix_open_pipe (output.pipe, FD_CLOEXEC, NULL));
  link = mos_serial_link_new (port, output.pipe[1], seen_cb, &output);
  thread = g_thread_new ("guest", guest_thread, port);
  while (output.seen->len < 10000)
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
  mos_char_port_write (port, "end", 3);
  g_assert_cmpuint (mos_serial_link_lost (link), ==, 0);
  mos_serial_link_free (link); /* writes the rest */
  g_assert_cmpuint (output.seen->len, ==, 10003);
  g_assert_cmpint (read (output.pipe[0], bytes, sizeof bytes), ==, 10003);
  g_assert_cmpmem (bytes, 10003, output.seen->str, 10003);
  close (output.pipe[0]);
  close (output.pipe[1]);
  g_string_free (output.seen, TRUE);
}

static gboolean
quit_cb (gpointer user_data)
{
  g_assert_not_reached ();
  return G_SOURCE_REMOVE;
}

/* More than the guest's queue holds arrives in order; a closed reader of the
 * output harms nobody. */
static void
test_serial_input (void)
{
  g_autoptr (MosCharPort) port = mos_char_port_new (16);
  g_autoptr (GString) got = g_string_new (NULL);
  Output         output = { .seen = g_string_new (NULL) };
  int            input[2];
  char           bytes[16];
  MosSerialLink *link;

  g_assert_true (g_unix_open_pipe (input, FD_CLOEXEC, NULL));
  link = mos_serial_link_new (port, -1, seen_cb, &output);
  g_assert_false (mos_serial_link_read (link, input[0], quit_cb));
  g_assert_cmpint (write (input[1], "\x01x23456789abcdefghijklmnopqrstuvw", 33),
                   ==, 33);
  close (input[1]);
  while (got->len < 33) {
    gsize n = mos_char_port_read (port, bytes, 3);

    g_string_append_len (got, bytes, (gssize) n);
    if (n == 0)
      g_main_context_iteration (NULL, TRUE);
  }
  g_assert_cmpstr (got->str, ==, "\x01x23456789abcdefghijklmnopqrstuvw");
  mos_serial_link_free (link);
  close (input[0]);
  g_string_free (output.seen, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli-run/defaults", test_defaults);
  g_test_add_func ("/cli-run/all-options", test_all_options);
  g_test_add_func ("/cli-run/file-and-options", test_file_and_options);
  g_test_add_func ("/cli-run/mistakes", test_mistakes);
  g_test_add_func ("/cli-run/serial-output", test_serial_output);
  g_test_add_func ("/cli-run/serial-input", test_serial_input);
  return g_test_run ();
}
