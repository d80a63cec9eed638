/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The command line of `multios`: every command explains itself, mistakes are
 * one line and status 2, the manual page names every command and option, and
 * `config` does what it says.
 */

#include <glib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "app/cli/cli.h"
#include "app/cli/screenshot.h"
#include "engine/engine.h"

/* What the last run printed. */
static GString *output;
static GString *complaints;

static void
take_output (const char *text)
{
  g_string_append (output, text);
}

static void
take_complaints (const char *text)
{
  g_string_append (complaints, text);
}

/* Runs "multios LINE" as a shell would. */
static int
run (const char *line)
{
  g_autofree char *whole = g_strconcat ("multios ", line, NULL);
  g_auto (GStrv) argv = NULL;
  GPrintFunc out, err;
  int        argc, status;

  g_assert_true (g_shell_parse_argv (whole, &argc, &argv, NULL));
  g_string_truncate (output, 0);
  g_string_truncate (complaints, 0);
  out = g_set_print_handler (take_output);
  err = g_set_printerr_handler (take_complaints);
  status = mos_cli_main (argc, argv);
  g_set_print_handler (out);
  g_set_printerr_handler (err);
  return status;
}

static void
assert_one_line (const char *text)
{
  const char *newline = strchr (text, '\n');

  g_assert_true (newline != NULL && newline[1] == '\0');
}

static void
test_help (void)
{
  g_assert_cmpint (run (""), ==, MOS_CLI_OK);
  for (gsize i = 0; mos_cli_commands[i] != NULL; i++) {
    const MosCliCommand *command = mos_cli_commands[i];
    g_autofree char     *line = g_strconcat (command->name, " --help", NULL);

    g_assert_cmpint (run ("--help"), ==, MOS_CLI_OK);
    g_assert_nonnull (strstr (output->str, command->name));
    g_assert_cmpint (run (line), ==, MOS_CLI_OK);
    g_assert_nonnull (strstr (output->str, command->summary));
    for (gsize j = 0;
         command->options != NULL && command->options[j].name != NULL; j++)
      g_assert_nonnull (strstr (output->str, command->options[j].name));
    g_assert_cmpuint (complaints->len, ==, 0);
  }
}

static void
test_mistakes (void)
{
  static const char *const lines[][2] = {
    { "nonsense", "multios: there is no command “nonsense”" },
    { "config", "multios config: what about it? check, show, schema" },
    { "config chek a.toml", "multios config: what about it?" },
    { "config check", "multios config check: something is missing" },
    { "config show a b", "multios config show: “b” is one word too many" },
    { "config show --jsn a",
      "multios config show: there is no option “--jsn”" },
    { "config show -j a", "multios config show: there is no option “-j”" },
    { "config show --json=1 a", "multios config show: --json takes no value" },
    { "bench kvm-exit --rounds 0",
      "multios bench kvm-exit: --rounds: found “0”; allowed: 1 to " },
    { "run --cpus 33", "multios run: --cpus: vcpu_count: found 33; allowed" },
    { "run a b", "multios run: “b” is one word too many" },
    { "version a", "multios version: “a” is one word too many" },
    { "tutorial list a", "multios tutorial list: “a” is one word too many" },
    { "tutorial run nonsense", "multios tutorial run: there is no lab “" },
    { "tutorial run simple-boot --step nonsense",
      "multios tutorial run: the lab simple-boot has no step “nonsense”" },
    { "tutorial run simple-boot --accel nonsense",
      "multios tutorial run: cpu.accel: found \"nonsense\"; allowed: " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_assert_cmpint (run (lines[i][0]), ==, MOS_CLI_USAGE);
    g_test_message ("%s", complaints->str);
    g_assert_true (g_str_has_prefix (complaints->str, lines[i][1]));
    assert_one_line (complaints->str);
    g_assert_cmpuint (output->len, ==, 0);
  }
}

/* "until-serial" as the page writes it. */
static char *
in_roff (const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, "-", 0);

  return g_strjoinv ("\\-", parts);
}

static void
test_manual (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "data",
                                                 "man", "multios.1.in", NULL);
  g_autofree char *page = NULL;

  g_assert_true (g_file_get_contents (path, &page, NULL, NULL));
  for (gsize i = 0; mos_cli_commands[i] != NULL; i++) {
    const MosCliCommand *command = mos_cli_commands[i];
    g_autofree char     *words = in_roff (command->name);
    g_autofree char     *head = g_strdup_printf (".SS %s", words);
    char                *section = strstr (page, head);
    g_autofree char     *text = NULL;

    g_test_message ("%s", command->name);
    g_assert_nonnull (section);
    section += strlen (head);
    text = g_strdup (section);
    if (strstr (text, "\n.S") != NULL)
      *strstr (text, "\n.S") = '\0';
    for (gsize j = 0;
         command->options != NULL && command->options[j].name != NULL; j++) {
      g_autofree char *name = in_roff (command->options[j].name);
      g_autofree char *option = g_strconcat ("\\-\\-", name, NULL);

      g_test_message ("%s", option);
      g_assert_nonnull (strstr (text, option));
    }
  }
}

static char *
data_file (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "data", name, NULL);
}

static void
test_config_check (void)
{
  g_autofree char *basic = data_file ("basic-vm.toml");
  g_autofree char *demo = data_file ("educational-demo.toml");
  g_autofree char *line =
      g_strdup_printf ("config check '%s' '%s'", demo, basic);
  g_autofree char *lax =
      g_strdup_printf ("config check --no-files '%s'", basic);
  g_autofree char *json = g_strdup_printf ("config check --json '%s'", basic);
  g_autoptr (JsonNode) root = NULL;
  JsonObject *result;

  g_assert_cmpint (run (line), ==, MOS_CLI_USAGE);
  g_assert_nonnull (strstr (output->str, "educational-demo.toml: right"));
  g_assert_nonnull (strstr (complaints->str, "basic-vm.toml:7: "
                                             "boot.kernel_path"));
  assert_one_line (complaints->str);
  g_assert_cmpint (run (lax), ==, MOS_CLI_OK);

  g_assert_cmpint (run (json), ==, MOS_CLI_USAGE);
  root = json_from_string (output->str, NULL);
  result = json_array_get_object_element (json_node_get_array (root), 0);
  g_assert_false (json_object_get_boolean_member (result, "ok"));
}

static void
test_config_show (void)
{
  g_autofree char *path = data_file ("nested-vm.toml");
  g_autofree char *line = g_strdup_printf ("config show '%s'", path);
  g_autofree char *json = g_strdup_printf ("config show '%s' --json", path);
  g_autoptr (JsonNode) root = NULL;
  JsonObject *values, *adapter;

  g_assert_cmpint (run (line), ==, MOS_CLI_OK);
  g_assert_nonnull (strstr (output->str, "\nmemory_mb = 4096\n"));
  g_assert_nonnull (
      strstr (output->str, "\nboot.firmware = \"seabios\"  # default\n"));

  g_assert_cmpint (run (json), ==, MOS_CLI_OK);
  root = json_from_string (output->str, NULL);
  values = json_node_get_object (root);
  g_assert_cmpint (json_object_get_int_member (values, "vcpu_count"), ==, 4);
  adapter = json_array_get_object_element (
      json_object_get_array_member (values, "devices.network_adapters"), 0);
  g_assert_cmpstr (json_object_get_string_member (adapter, "mode"), ==, "NAT");
}

static void
test_config_schema (void)
{
  g_autoptr (JsonNode) root = NULL;
  guint n = 0;

  while (mos_config_schema[n].name != NULL)
    n++;
  g_assert_cmpint (run ("config schema --json"), ==, MOS_CLI_OK);
  root = json_from_string (output->str, NULL);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (root)), ==, n);
  g_assert_cmpint (run ("config schema"), ==, MOS_CLI_OK);
  g_assert_cmpint (run ("config schema --man"), ==, MOS_CLI_OK);
  g_assert_nonnull (strstr (output->str, ".B boot.kernel_path\n"));
}

static void
test_screenshot (void)
{
  static const guint32 pixels[] = { 0xffff0000, 0xff00ff00, 0xff0000ff,
                                    0xffffffff };
  static const char    signature[] = "\x89PNG\r\n\x1a\n";
  g_autofree char     *folder = g_dir_make_tmp ("test-cli-XXXXXX", NULL);
  g_autofree char     *path = g_build_filename (folder, "a.png", NULL);
  g_autofree char     *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_assert_true (mos_screenshot_save (path, pixels, 2, 2, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_cmpmem (bytes, 8, signature, 8);
  g_unlink (path);
  g_rmdir (folder);
  g_assert_false (mos_screenshot_save (path, pixels, 2, 2, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IO);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  output = g_string_new (NULL);
  complaints = g_string_new (NULL);
  g_test_add_func ("/cli/help", test_help);
  g_test_add_func ("/cli/mistakes", test_mistakes);
  g_test_add_func ("/cli/manual", test_manual);
  g_test_add_func ("/cli/config-check", test_config_check);
  g_test_add_func ("/cli/config-show", test_config_show);
  g_test_add_func ("/cli/config-schema", test_config_schema);
  g_test_add_func ("/cli/screenshot", test_screenshot);
  status = g_test_run ();
  g_string_free (output, TRUE);
  g_string_free (complaints, TRUE);
  return status;
}
