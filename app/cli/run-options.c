/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The options of `multios run`.  Each is a row: most set a key of the machine,
 * the others have a function.  They are applied in the order given, after the
 * machine's file.  Paths of options start at the working folder, those of
 * --set at the machine's file, as if they stood in it.
 */

#include "app/cli/run-options.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static char *
absolute (const char *path)
{
  return g_canonicalize_filename (path, NULL);
}

/* Sets a key to a path of the command line. */
static gboolean
set_path (MosRunOptions *self,
          const char    *key,
          const char    *value,
          GError       **error)
{
  g_autofree char *path = absolute (value);

  return mos_vm_config_set_string (self->config, key, path, error);
}

static gboolean
apply_kernel (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  mos_vm_config_unset (self->config, "boot.guest");
  mos_vm_config_unset (self->config, "boot.guest_args");
  return set_path (self, "boot.kernel_path", value, error);
}

static gboolean
apply_initrd (gpointer target, const char *value, GError **error)
{
  return set_path (target, "boot.initrd_path", value, error);
}

/* Words are not read as TOML here: quotes are the kernel's. */
static gboolean
apply_append (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  return mos_vm_config_set_string (self->config, "boot.kernel_args", value,
                                   error);
}

/* NAME or NAME:key=value,… */
static gboolean
apply_guest (gpointer target, const char *value, GError **error)
{
  MosRunOptions   *self = target;
  const char      *colon = strchr (value, ':');
  g_autofree char *name = colon != NULL
                              ? g_strndup (value, (gsize) (colon - value))
                              : g_strdup (value);

  mos_vm_config_unset (self->config, "boot.kernel_path");
  mos_vm_config_unset (self->config, "boot.initrd_path");
  mos_vm_config_unset (self->config, "boot.modules");
  return mos_vm_config_set_string (self->config, "boot.guest", name, error) &&
         mos_vm_config_set_string (self->config, "boot.guest_args",
                                   colon != NULL ? colon + 1 : "", error);
}

/* "F ARGS" */
static gboolean
apply_module (gpointer target, const char *value, GError **error)
{
  MosRunOptions   *self = target;
  gsize            length = strcspn (value, " ");
  g_autofree char *file = g_strndup (value, length);
  g_autofree char *path = absolute (file);
  g_autofree char *quoted_path = mos_toml_quote (path);
  g_autofree char *quoted_args =
      mos_toml_quote (value[length] == ' ' ? value + length + 1 : "");
  g_autofree char *table =
      g_strdup_printf ("{ path = %s, args = %s }", quoted_path, quoted_args);

  return mos_vm_config_add_table (self->config, "boot.modules", table, error);
}

static gboolean
apply_firmware (gpointer target, const char *value, GError **error)
{
  static const char *const words[] = { "seabios", "ovmf", NULL };
  MosRunOptions           *self = target;
  g_autofree char         *word = g_ascii_strdown (value, -1);

  if (g_strv_contains (words, word))
    return mos_vm_config_set_string (self->config, "boot.firmware", word,
                                     error);
  return set_path (self, "boot.firmware", value, error);
}

static gboolean
apply_variables (gpointer target, const char *value, GError **error)
{
  return set_path (target, "boot.variables_path", value, error);
}

/* Takes "KEY=…" or "readonly" off the end of TEXT, if it stands there after a
 * comma, and adds it to TABLE; so a file's name may have commas too. */
static gboolean
take_drive_option (char *text, GString *table)
{
  char *comma = strrchr (text, ',');

  if (comma == NULL)
    return FALSE;
  if (g_str_equal (comma + 1, "readonly")) {
    g_string_append (table, ", readonly = true");
  } else if (g_str_has_prefix (comma + 1, "format=") ||
             g_str_has_prefix (comma + 1, "bus=")) {
    const char      *equals = strchr (comma, '=');
    g_autofree char *quoted = mos_toml_quote (equals + 1);

    g_string_append_printf (table, ", %.*s = %s", (int) (equals - comma - 1),
                            comma + 1, quoted);
  } else {
    return FALSE;
  }
  *comma = '\0';
  return TRUE;
}

static gboolean
add_drive (MosRunOptions *self,
           const char    *kind,
           const char    *value,
           GError       **error)
{
  g_autoptr (GString) table = g_string_new (NULL);
  g_autofree char *text = g_strdup (value);
  g_autofree char *path = NULL;
  g_autofree char *quoted = NULL;

  while (take_drive_option (text, table))
    continue;
  path = absolute (text);
  quoted = mos_toml_quote (path);
  g_string_append (table, " }");
  g_string_prepend (table, quoted);
  g_string_prepend (table, "\", path = ");
  g_string_prepend (table, kind);
  g_string_prepend (table, "{ kind = \"");
  return mos_vm_config_add_table (self->config, "storage.drives", table->str,
                                  error);
}

static gboolean
apply_disk (gpointer target, const char *value, GError **error)
{
  return add_drive (target, "disk", value, error);
}

static gboolean
apply_cdrom (gpointer target, const char *value, GError **error)
{
  return add_drive (target, "cdrom", value, error);
}

static gboolean
apply_floppy (gpointer target, const char *value, GError **error)
{
  return add_drive (target, "floppy", value, error);
}

static gboolean
apply_set (gpointer target, const char *value, GError **error)
{
  MosRunOptions   *self = target;
  const char      *equals = strchr (value, '=');
  g_autofree char *key = NULL;

  if (equals == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("found “%s”; allowed: KEY=VALUE, as vcpu_count=2"), value);
    return FALSE;
  }
  key = g_strstrip (g_strndup (value, (gsize) (equals - value)));
  return mos_vm_config_set (self->config, key, equals + 1, error);
}

static gboolean
apply_net (gpointer target, const char *value, GError **error)
{
  static const char list[] = "devices.network_adapters";
  MosRunOptions    *self = target;
  g_autofree char  *table = NULL;

  mos_vm_config_unset (self->config, list);
  if (g_str_equal (value, "none"))
    return TRUE;
  if (g_str_equal (value, "nat")) {
    table = g_strdup ("{ mode = \"NAT\" }");
  } else if (g_str_has_prefix (value, "internal:")) {
    g_autofree char *name = mos_toml_quote (value + strlen ("internal:"));

    table = g_strdup_printf ("{ mode = \"Internal\", network = %s }", name);
  } else {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("found “%s”; allowed: none, nat or internal:NAME"), value);
    return FALSE;
  }
  return mos_vm_config_add_table (self->config, list, table, error);
}

/* Another program's end, which the machine itself sees to. */
static gboolean
apply_serial_stream (MosRunOptions *self, const char *value, GError **error)
{
  const char *colon = strchr (value, ':');

  if (g_str_has_prefix (value, "pty:"))
    self->serial_mode = "pty";
  else if (g_str_has_prefix (value, "socket:"))
    self->serial_mode = "socket";
  if (self->serial_mode == NULL || colon[1] == '\0') {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("found “%s”; allowed: stdio, file:F, pty:LINK, socket:F or "
                    "none"),
                 value);
    return FALSE;
  }
  self->serial = MOS_SERIAL_TO_NOBODY;
  g_free (self->serial_path);
  self->serial_path = absolute (colon + 1);
  return TRUE;
}

static gboolean
apply_serial (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  self->serial_given = TRUE;
  self->serial_mode = NULL;
  if (g_str_equal (value, "stdio")) {
    self->serial = MOS_SERIAL_TO_STDIO;
  } else if (g_str_equal (value, "none")) {
    self->serial = MOS_SERIAL_TO_NOBODY;
  } else if (g_str_has_prefix (value, "file:")) {
    self->serial = MOS_SERIAL_TO_FILE;
    g_free (self->serial_path);
    self->serial_path = absolute (value + strlen ("file:"));
  } else {
    return apply_serial_stream (self, value, error);
  }
  return TRUE;
}

static gboolean
apply_until_serial (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  return mos_script_add (self->script, MOS_SCRIPT_UNTIL_SERIAL, value, error);
}

static gboolean
apply_until_screen (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  return mos_script_add (self->script, MOS_SCRIPT_UNTIL_SCREEN, value, error);
}

static gboolean
apply_type (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  return mos_script_add (self->script, MOS_SCRIPT_TYPE, value, error);
}

static gboolean
apply_screenshot (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  g_free (self->screenshot);
  self->screenshot = g_strdup (value);
  return TRUE;
}

static gboolean
apply_stats (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  g_free (self->stats);
  self->stats = g_strdup (value);
  return TRUE;
}

static gboolean
apply_log (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  g_free (self->log);
  mos_observe_options_clear (&self->observe);
  self->log = g_strdup (value);
  return TRUE;
}

static gboolean
apply_timeout (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;
  char          *end;

  self->timeout_s = g_ascii_strtod (value, &end);
  if (end != value && *end == '\0' && self->timeout_s > 0 &&
      self->timeout_s <= 1e6)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("found “%s”; allowed: seconds, more than 0 to 1000000"),
               value);
  return FALSE;
}

static gboolean
apply_report (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  g_free (self->observe.report);
  self->observe.report = g_strdup (value);
  return TRUE;
}

static gboolean
apply_trace (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  g_free (self->observe.trace);
  self->observe.trace = g_strdup (value);
  return TRUE;
}

static gboolean
apply_trace_filter (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  return mos_observe_set_filter (&self->observe, value, error);
}

static gboolean
apply_profile (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  return mos_observe_set_profile (&self->observe, value, error);
}

static gboolean
apply_symbols (gpointer target, const char *value, GError **error)
{
  MosRunOptions *self = target;

  g_free (self->observe.symbols);
  self->observe.symbols = g_strdup (value);
  return TRUE;
}

const MosCliOption mos_run_option_rows[] = {
  { "accel", "auto|kvm|soft", N_ ("what runs the guest's code"), "cpu.accel",
    NULL },
  { "cpus", "N", N_ ("how many virtual processors"), "vcpu_count", NULL },
  { "memory", "SIZE", N_ ("512, 512M or 2G"), "memory_mb", NULL },
  { "kernel", "F", N_ ("start a kernel directly"), NULL, apply_kernel },
  { "initrd", "F", N_ ("the kernel's initial RAM disk"), NULL, apply_initrd },
  { "append", "S", N_ ("the kernel's command line"), NULL, apply_append },
  { "guest", "NAME[:key=value,…]", N_ ("a built-in guest; see multios guests"),
    NULL, apply_guest },
  { "module", "\"F ARGS\"", N_ ("a multiboot module; may be repeated"), NULL,
    apply_module },
  { "deterministic", NULL, N_ ("two runs are the same (software processor)"),
    "cpu.deterministic", NULL },
  { "jit", "auto|always|never", N_ ("what the software processor compiles"),
    "cpu.jit", NULL },
  { "firmware", "seabios|ovmf|F", N_ ("the firmware: BIOS, UEFI or a file"),
    NULL, apply_firmware },
  { "variables", "F", N_ ("where UEFI keeps its settings"), NULL,
    apply_variables },
  { "disk", "F[,format=raw|qcow2][,bus=virtio|ahci|ide][,readonly]",
    N_ ("a disk; may be repeated"), NULL, apply_disk },
  { "cdrom", "F", N_ ("a CD image"), NULL, apply_cdrom },
  { "floppy", "F[,readonly]", N_ ("a floppy image"), NULL, apply_floppy },
  { "set", "KEY=VALUE", N_ ("any key of multios-machine(5)"), NULL, apply_set },
  { "net", "none|nat|internal:NAME", N_ ("one network adapter, or none"), NULL,
    apply_net },
  { "serial", "stdio|file:F|pty:LINK|socket:F|none",
    N_ ("where COM1 leads; stdio"), NULL, apply_serial },
  { "debug-exit", NULL,
    N_ ("a guest's write of v to port 0xf4 ends with status (v << 1) | 1"),
    "devices.debug_exit", NULL },
  { "until-serial", "REGEX", N_ ("wait for this serial output"), NULL,
    apply_until_serial },
  { "until-screen", "REGEX", N_ ("wait for this text on the screen"), NULL,
    apply_until_screen },
  { "type", "TEXT", N_ ("type on the keyboard; \\n is Enter"), NULL,
    apply_type },
  { "screenshot", "F.png", N_ ("write the screen when the run ends"), NULL,
    apply_screenshot },
  { "timeout", "SECONDS", N_ ("end with status 124 when they have passed"),
    NULL, apply_timeout },
  { "stats", "F.json", N_ ("write counters when the run ends"), NULL,
    apply_stats },
  { "report", "F.html|pdf|json|csv|prom", N_ ("write a report of the run"),
    NULL, apply_report },
  { "trace", "F.json", N_ ("write the last events, for Chrome or Perfetto"),
    NULL, apply_trace },
  { "trace-filter", "FILTER", N_ ("which events; see the manual"), NULL,
    apply_trace_filter },
  { "profile", "cpu|exits|memory|disk:F",
    N_ ("write a profile, folded or (F.json) JSON"), NULL, apply_profile },
  { "symbols", "F", N_ ("names for it: System.map, kallsyms or ELF"), NULL,
    apply_symbols },
  { "log", "F", N_ ("write the machine\'s log when the run ends"), NULL,
    apply_log },
  { NULL },
};

static gboolean
apply (MosRunOptions *self, const MosCliGiven *given, GError **error)
{
  const MosCliOption *option = given->option;
  gboolean            ok;

  if (option->key != NULL)
    ok =
        mos_vm_config_set (self->config, option->key,
                           given->value != NULL ? given->value : "true", error);
  else
    ok = option->apply (self, given->value, error);
  if (!ok)
    g_prefix_error (error, "--%s: ", option->name);
  return ok;
}

/* COM1 as the machine's file has it, unless the command line said. */
static void
adopt_serial (MosRunOptions *self)
{
  static const char list[] = "devices.serial";
  const char       *mode;

  if (self->serial_given || mos_vm_config_n_tables (self->config, list) == 0)
    return;
  mode = mos_vm_config_table_string (self->config, list, 0, "mode");
  if (g_str_equal (mode, "file") || g_str_equal (mode, "none"))
    self->serial = MOS_SERIAL_TO_NOBODY; /* the machine sees to it */
}

/* The command line decides about COM1, so the file must not write it too. */
static gboolean
override_serial (MosRunOptions *self, GError **error)
{
  static const char list[] = "devices.serial";

  const char *mode = self->serial_mode != NULL ? self->serial_mode : "terminal";

  if (!self->serial_given)
    return TRUE;
  if (mos_vm_config_n_tables (self->config, list) == 0) {
    if (self->serial_mode == NULL)
      return TRUE;
    if (!mos_vm_config_add_table (self->config, list, "{ }", error))
      return FALSE;
  }
  if (!mos_vm_config_set (self->config, "devices.serial[0].mode", mode, error))
    return FALSE;
  return self->serial_mode == NULL ||
         mos_vm_config_set_string (self->config, "devices.serial[0].path",
                                   self->serial_path, error);
}

MosRunOptions *
mos_run_options_new (const MosCliArguments *arguments, GError **error)
{
  g_autoptr (MosRunOptions) self = g_new0 (MosRunOptions, 1);

  self->script = mos_script_new ();
  if (arguments->words->len > 0)
    self->config = mos_vm_config_load (arguments->words->pdata[0], error);
  else
    self->config = mos_vm_config_new ("multios run");
  if (self->config == NULL)
    return NULL;
  for (guint i = 0; i < arguments->options->len; i++)
    if (!apply (self, &g_array_index (arguments->options, MosCliGiven, i),
                error))
      return NULL;
  adopt_serial (self);
  if (!override_serial (self, error) ||
      !mos_vm_config_validate (self->config, TRUE, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
mos_run_options_free (MosRunOptions *self)
{
  if (self == NULL)
    return;
  g_clear_object (&self->config);
  mos_script_free (self->script);
  g_free (self->serial_path);
  g_free (self->screenshot);
  g_free (self->stats);
  g_free (self->log);
  g_free (self);
}
