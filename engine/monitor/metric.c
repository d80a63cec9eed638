/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What is made of a row of the metric table: names, numbers for people, and
 * the keys of series. Any thread.
 */
#include "engine/monitor/metric.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static const struct {
  const char *name;
  const char *suffix;
  double      scale;
} units[MOS_N_UNITS] = {
  [MOS_UNIT_COUNT] = { "count", "", 1 },
  [MOS_UNIT_BYTES] = { "bytes", "_bytes", 1 },
  [MOS_UNIT_NS] = { "ns", "_seconds", 1e-9 },
  [MOS_UNIT_MILLI] = { "milli", "", 1e-3 },
  [MOS_UNIT_PERCENT] = { "percent/100", "_percent", 1e-2 },
  [MOS_UNIT_SECONDS] = { "s", "_seconds", 1 },
};

static const char *const scopes[MOS_N_SCOPES] = {
  [MOS_SCOPE_HOST] = "host",       [MOS_SCOPE_LAB] = "lab",
  [MOS_SCOPE_MACHINE] = "machine", [MOS_SCOPE_VCPU] = "vcpu",
  [MOS_SCOPE_DEVICE] = "device",   [MOS_SCOPE_LEVEL] = "level",
};

static const char *const kinds[] = {
  [MOS_METRIC_COUNTER] = "counter",
  [MOS_METRIC_GAUGE] = "gauge",
  [MOS_METRIC_HISTOGRAM] = "histogram",
};

gboolean
mos_metric_find (const char *name, MosMetric *metric)
{
  for (guint i = 0; i < MOS_N_METRICS; i++) {
    if (strcmp (mos_metric_infos[i].name, name) != 0)
      continue;
    *metric = (MosMetric) i;
    return TRUE;
  }
  return FALSE;
}

const char *
mos_unit_name (MosMetricUnit unit)
{
  return units[unit].name;
}

double
mos_unit_scale (MosMetricUnit unit)
{
  return units[unit].scale;
}

const char *
mos_unit_suffix (MosMetricUnit unit)
{
  return units[unit].suffix;
}

const char *
mos_scope_name (MosMetricScope scope)
{
  return scopes[scope];
}

const char *
mos_kind_name (MosMetricKind kind)
{
  return kinds[kind];
}

/* -- numbers for people -------------------------------------------------- */

static char *
format_count (double value, const char *suffix)
{
  static const char *const prefixes[] = { "", " k", " M", " G", " T" };
  guint                    i = 0;
  double                   size = ABS (value);

  while (size >= 10000 && i + 1 < G_N_ELEMENTS (prefixes)) {
    size /= 1000;
    value /= 1000;
    i++;
  }
  if (i == 0 && size < 10 && value != (double) (gint64) value)
    return g_strdup_printf ("%.2f%s%s", value, prefixes[i], suffix);
  if (size >= 1000 || i == 0)
    return g_strdup_printf ("%.0f%s%s", value, prefixes[i], suffix);
  return g_strdup_printf ("%.1f%s%s", value, prefixes[i], suffix);
}

static char *
format_bytes (double value, const char *suffix)
{
  static const char *const prefixes[] = { "B", "KiB", "MiB", "GiB", "TiB" };
  guint                    i = 0;

  while (ABS (value) >= 1024 && i + 1 < G_N_ELEMENTS (prefixes)) {
    value /= 1024;
    i++;
  }
  return g_strdup_printf (i == 0 ? "%.0f %s%s" : "%.1f %s%s", value,
                          prefixes[i], suffix);
}

static char *
format_seconds (double seconds)
{
  if (seconds >= 60)
    return g_strdup_printf (_ ("%.0f min %.0f s"),
                            (double) (int) (seconds / 60),
                            seconds - 60 * (int) (seconds / 60));
  if (seconds >= 1 || seconds == 0)
    return g_strdup_printf (_ ("%.3g s"), seconds);
  if (seconds >= 1e-3)
    return g_strdup_printf (_ ("%.3g ms"), seconds * 1e3);
  return g_strdup_printf (_ ("%.3g µs"), seconds * 1e6);
}

static char *
format_unit (MosMetricUnit unit, double value, const char *suffix)
{
  switch (unit) {
  case MOS_UNIT_BYTES:
    return format_bytes (value, suffix);
  case MOS_UNIT_NS:
  case MOS_UNIT_SECONDS:
    return format_seconds (value * units[unit].scale);
  case MOS_UNIT_PERCENT:
    return g_strdup_printf (_ ("%.1f %%"), value / 100);
  case MOS_UNIT_MILLI:
    return g_strdup_printf ("%.2f", value / 1000);
  case MOS_UNIT_COUNT:
  case MOS_N_UNITS:
  default:
    return format_count (value, suffix);
  }
}

char *
mos_metric_format (MosMetric metric, double shown)
{
  const MosMetricInfo *info = &mos_metric_infos[metric];

  if (info->kind == MOS_METRIC_GAUGE)
    return format_unit (info->unit, shown, "");
  if (info->unit == MOS_UNIT_NS) /* of a second: how busy */
    return g_strdup_printf (_ ("%.1f %%"), shown / 1e7);
  return format_unit (info->unit, shown, _ ("/s"));
}

char *
mos_metric_format_total (MosMetric metric, gint64 value)
{
  const MosMetricInfo *info = &mos_metric_infos[metric];

  if (info->kind != MOS_METRIC_GAUGE && info->unit == MOS_UNIT_COUNT)
    return g_strdup_printf ("%" G_GINT64_FORMAT, value);
  return format_unit (info->unit, (double) value, "");
}

/* -- series -------------------------------------------------------------- */

void
mos_series_key_init (MosSeriesKey *self, MosMetric metric, const char *machine)
{
  memset (self, 0, sizeof *self);
  self->metric = metric;
  self->vcpu = self->level = self->handled_by = MOS_SERIES_NONE;
  if (machine != NULL)
    g_strlcpy (self->machine, machine, sizeof self->machine);
}

/* Nothing that stood there before may show behind the end. */
static void
set_text (char *to, gsize size, const char *text)
{
  memset (to, 0, size);
  g_strlcpy (to, text, size);
}

void
mos_series_key_set_device (MosSeriesKey *self, const char *device)
{
  set_text (self->device, sizeof self->device, device);
}

void
mos_series_key_set_label (MosSeriesKey *self, const char *label)
{
  set_text (self->label, sizeof self->label, label);
}

guint
mos_series_key_hash (gconstpointer self)
{
  const guint8 *bytes = self;
  guint64       hash = 0xcbf29ce484222325u;

  G_STATIC_ASSERT (sizeof (MosSeriesKey) % sizeof (guint64) == 0 ||
                   sizeof (MosSeriesKey) % sizeof (guint32) == 0);
  for (gsize i = 0; i < sizeof (MosSeriesKey); i += sizeof (guint32)) {
    guint32 word;

    memcpy (&word, bytes + i, sizeof word);
    hash = (hash ^ word) * 0x100000001b3u;
  }
  return (guint) (hash ^ hash >> 32);
}

gboolean
mos_series_key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (MosSeriesKey)) == 0;
}

static gboolean
is_of_machine (gpointer key, gpointer value, gpointer machine)
{
  return strcmp (((const MosSeriesKey *) key)->machine, machine) == 0;
}

void
mos_series_key_forget (GHashTable *table, const char *machine)
{
  g_hash_table_foreach_remove (table, is_of_machine, (gpointer) machine);
}

static void
append (GString *text, const char *name, const char *value)
{
  g_string_append_printf (
      text, "%s%s=%s", text->str[text->len - 1] == '{' ? "" : ",", name, value);
}

static void
append_number (GString *text, const char *name, int value)
{
  char digits[16];

  if (value == MOS_SERIES_NONE)
    return;
  g_snprintf (digits, sizeof digits, "%d", value);
  append (text, name, digits);
}

char *
mos_series_key_to_string (const MosSeriesKey *self)
{
  const MosMetricInfo *info = &mos_metric_infos[self->metric];
  GString             *text = g_string_new (info->name);

  g_string_append_c (text, '{');
  append_number (text, "vcpu", self->vcpu);
  if (self->device[0] != '\0')
    append (text, "device", self->device);
  append_number (text, "level", self->level);
  if (self->label[0] != '\0')
    append (text, info->label != NULL ? info->label : "label", self->label);
  append_number (text, "handled_by", self->handled_by);
  if (text->str[text->len - 1] == '{')
    g_string_truncate (text, text->len - 1);
  else
    g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

char *
mos_series_key_to_title (const MosSeriesKey *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (self->device[0] != '\0')
    g_string_append_printf (text, " %s", self->device);
  if (self->vcpu != MOS_SERIES_NONE)
    g_string_append_printf (text, _ (" vCPU %d"), self->vcpu);
  if (self->level > 1)
    g_string_append_printf (text, _ (" level %d"), self->level);
  if (self->label[0] != '\0')
    g_string_append_printf (text, " %s", self->label);
  if (self->handled_by > 0)
    g_string_append_printf (text, _ (" taken by level %d"), self->handled_by);
  if (text->len == 0)
    return g_strdup (_ (mos_metric_infos[self->metric].title));
  return g_strdup (text->str + 1);
}
