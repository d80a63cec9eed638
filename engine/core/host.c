/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the host is and can do for machines, as lines for people and as JSON
 * with stable keys. Read from /proc and uname(); what cannot be read is left
 * out.
 */
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/utsname.h>

#include "engine/core/hypervisor-private.h"

/* The rest of the first line of @text that begins with @key and a colon. */
static char *
find_line (const char *text, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    const char *colon = strchr (lines[i], ':');

    if (colon != NULL && g_str_has_prefix (lines[i], key) &&
        strspn (lines[i] + strlen (key), " \t") ==
            (gsize) (colon - lines[i]) - strlen (key))
      return g_strstrip (g_strdup (colon + 1));
  }
  return NULL;
}

static char *
read_fact (const char *file, const char *key)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (file, &text, NULL, NULL) ? find_line (text, key)
                                                       : NULL;
}

static guint64
read_mib (const char *key)
{
  g_autofree char *value = read_fact ("/proc/meminfo", key);

  return value != NULL ? g_ascii_strtoull (value, NULL, 10) / 1024 : 0;
}

typedef struct {
  char          *cpu;
  char          *vendor;
  guint          n_cpus;
  guint64        memory_mb;
  guint64        available_mb;
  struct utsname kernel;
} Facts;

static void
facts_read (Facts *self)
{
  memset (self, 0, sizeof *self);
  self->cpu = read_fact ("/proc/cpuinfo", "model name");
  self->vendor = read_fact ("/proc/cpuinfo", "vendor_id");
  self->n_cpus = g_get_num_processors ();
  self->memory_mb = read_mib ("MemTotal");
  self->available_mb = read_mib ("MemAvailable");
  uname (&self->kernel);
}

static void
facts_clear (Facts *self)
{
  g_free (self->cpu);
  g_free (self->vendor);
}

/* -- JSON ---------------------------------------------------------------- */

static void
add_string (JsonBuilder *builder, const char *key, const char *value)
{
  json_builder_set_member_name (builder, key);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_int (JsonBuilder *builder, const char *key, guint64 value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_int_value (builder, (gint64) value);
}

static void
add_bool (JsonBuilder *builder, const char *key, gboolean value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_boolean_value (builder, value);
}

static void
add_double (JsonBuilder *builder, const char *key, double value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_double_value (builder, value);
}

static void
add_backend (JsonBuilder            *builder,
             MosParts               *parts,
             const MosBackendReport *report)
{
  g_autoptr (GPtrArray) blockers =
      mos_parts_nesting_blockers (parts, report, NULL);

  json_builder_begin_object (builder);
  add_string (builder, "name", report->klass->name);
  add_string (builder, "title", _ (report->klass->title));
  add_bool (builder, "usable", report->info.usable);
  add_string (builder, "why_not", report->info.why_not);
  add_string (builder, "details", report->info.details);
  add_bool (builder, "irqchip", report->info.irqchip);
  add_bool (builder, "nested_svm", report->info.nested_svm);
  add_bool (builder, "nested_vmx", report->info.nested_vmx);
  add_bool (builder, "deterministic", report->info.deterministic);
  add_bool (builder, "pmu", report->info.pmu);
  add_int (builder, "max_vcpus", report->info.max_vcpus);
  add_double (builder, "mips", report->mips);
  add_double (builder, "exits_per_s", report->exits_per_s);
  json_builder_set_member_name (builder, "nesting_blockers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < blockers->len; i++) {
    const MosNestingBlocker *one = g_ptr_array_index (blockers, i);

    json_builder_begin_object (builder);
    add_string (builder, "id", one->id);
    add_string (builder, "title", one->title);
    add_string (builder, "remedy", one->remedy);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
add_limits (JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "limits");
  json_builder_begin_object (builder);
  add_int (builder, "machines", MOS_MAX_VMS);
  add_int (builder, "vcpus", MOS_MAX_VCPUS);
  add_int (builder, "memory_mb", MOS_MAX_MEMORY_MB);
  json_builder_end_object (builder);
}

static char *
describe_json (const Facts           *facts,
               MosParts              *parts,
               const MosBackendClass *chosen,
               const char            *why)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  add_string (builder, "cpu", facts->cpu);
  add_string (builder, "vendor", facts->vendor);
  add_int (builder, "cpus", facts->n_cpus);
  add_int (builder, "memory_mb", facts->memory_mb);
  add_int (builder, "available_mb", facts->available_mb);
  add_string (builder, "kernel", facts->kernel.release);
  json_builder_set_member_name (builder, "backends");
  json_builder_begin_array (builder);
  for (guint i = 0; i < parts->backends->len; i++)
    add_backend (builder, parts,
                 &g_array_index (parts->backends, MosBackendReport, i));
  json_builder_end_array (builder);
  add_string (builder, "auto", chosen != NULL ? chosen->name : NULL);
  add_string (builder, "why", why);
  add_limits (builder);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  return json_generator_to_data (generator, NULL);
}

/* -- text ---------------------------------------------------------------- */

/* The card of the settings window, as text. */
static void
describe_blockers (GString *text, GPtrArray *blockers)
{
  g_autofree char *lines = mos_nesting_describe (blockers, "    - ");

  if (blockers->len == 0)
    return;
  g_string_append_printf (text, "  %s\n%s\n    %s\n",
                          _ ("Nested Virtualization Not Supported:"), lines,
                          _ ("The software CPU nests on every host: cpu.accel "
                             "= \"soft\"."));
}

static void
describe_backend (GString                *text,
                  MosParts               *parts,
                  const MosBackendReport *report)
{
  const MosBackendInfo *info = &report->info;
  g_autoptr (GPtrArray) blockers =
      mos_parts_nesting_blockers (parts, report, NULL);

  g_string_append_printf (text, "%s (%s): %s\n", _ (report->klass->title),
                          report->klass->name,
                          info->usable ? _ ("usable") : _ ("not usable"));
  if (!info->usable && info->why_not != NULL)
    g_string_append_printf (text, "  %s\n", info->why_not);
  if (info->details != NULL)
    g_string_append_printf (text, "  %s\n", info->details);
  if (!info->usable)
    return;
  g_string_append_printf (
      text, _ ("  nested: AMD-V %s, Intel VT-x %s; at most %u vCPUs\n"),
      info->nested_svm ? _ ("yes") : _ ("no"),
      info->nested_vmx ? _ ("yes") : _ ("no"), info->max_vcpus);
  describe_blockers (text, blockers);
  if (report->mips > 0)
    g_string_append_printf (text,
                            _ ("  measured: %.1f million instructions a "
                               "second, %.0f exits a second\n"),
                            report->mips, report->exits_per_s);
}

static char *
describe_text (const Facts           *facts,
               MosParts              *parts,
               const MosBackendClass *chosen,
               const char            *why)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, _ ("Processor: %s, %u threads\n"),
                          facts->cpu != NULL ? facts->cpu : _ ("unknown"),
                          facts->n_cpus);
  g_string_append_printf (
      text, _ ("Memory: %" PRIu64 " MiB, %" PRIu64 " MiB available\n"),
      facts->memory_mb, facts->available_mb);
  g_string_append_printf (text, _ ("Kernel: %s %s\n"), facts->kernel.sysname,
                          facts->kernel.release);
  for (guint i = 0; i < parts->backends->len; i++)
    describe_backend (text, parts,
                      &g_array_index (parts->backends, MosBackendReport, i));
  if (chosen != NULL)
    g_string_append_printf (text, _ ("“auto” is %s: %s\n"), chosen->name, why);
  else
    g_string_append_printf (text, _ ("“auto” finds nothing: %s\n"), why);
  return g_string_free (text, FALSE);
}

char *
mos_host_describe (MosHypervisor *self, MosParts *parts, gboolean json)
{
  g_autofree char *why = NULL;
  g_autoptr (GError) error = NULL;
  const MosBackendClass *chosen;
  Facts                  facts;
  char                  *text;

  mos_parts_measure (parts);
  chosen = mos_hypervisor_choose_backend (self, "auto", &why, &error);
  if (chosen == NULL)
    why = g_strdup (error->message);
  facts_read (&facts);
  text = json ? describe_json (&facts, parts, chosen, why)
              : describe_text (&facts, parts, chosen, why);
  facts_clear (&facts);
  return text;
}
