/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Gathering a summary, its data formats, and advice.
 */
#include "app/summary.h"

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "app/csv.h"

#define MAX_CELLS 240

/* -- gathering ----------------------------------------------------------- */

static void
read_last (MosSummary *self, MosStore *store)
{
  g_autoptr (GArray) keys = mos_store_list (
      store, MOS_N_METRICS, self->machine[0] != '\0' ? self->machine : NULL);

  for (guint i = 0; i < keys->len; i++) {
    MosReading reading = { g_array_index (keys, MosSeriesKey, i), 0 };
    g_autoptr (GArray) points =
        mos_store_read (store, &reading.key, self->from_ms, self->to_ms, 0);

    if (points->len == 0)
      continue;
    reading.value = g_array_index (points, MosPoint, points->len - 1).last;
    g_array_append_val (self->readings, reading);
  }
}

/* One plot of each kind that has anything to show. */
static void
make_plots (MosSummary *self, MosStore *store, const GPtrArray *rules)
{
  const MosPlotMachine machine = { self->machine, self->machine_name };
  gint64               span_ms = MAX (self->to_ms - self->from_ms, 1000);
  gint64               step_ms =
      mos_plot_step (span_ms, mos_store_get_interval (store), MAX_CELLS);
  guint n_machines = self->machine[0] != '\0';

  for (guint i = 0; i < mos_n_graph_infos; i++) {
    g_autoptr (MosPlot) plot = mos_plot_new (&mos_graph_infos[i]);

    mos_plot_load (plot, store, &machine, n_machines, self->from_ms, step_ms,
                   (guint) (span_ms / step_ms + 2));
    if (plot->series->len == 0)
      continue;
    mos_plot_load_alerts (plot, store, rules, &machine, n_machines);
    g_ptr_array_add (self->plots, g_steal_pointer (&plot));
  }
}

MosSummary *
mos_summary_new (MosStore        *store,
                 const char      *title,
                 const char      *machine,
                 const char      *machine_name,
                 const GPtrArray *rules,
                 gint64           from_ms,
                 gint64           to_ms)
{
  MosSummary *self = g_new0 (MosSummary, 1);

  self->title = g_strdup (title);
  self->machine = g_strdup (machine != NULL ? machine : "");
  self->machine_name = g_strdup (machine_name != NULL ? machine_name : "");
  self->from_ms = from_ms;
  self->to_ms = to_ms;
  self->readings = g_array_new (FALSE, FALSE, sizeof (MosReading));
  self->plots = g_ptr_array_new_with_free_func ((GDestroyNotify) mos_plot_free);
  self->profiles =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_profile_free);
  self->advice = g_ptr_array_new_with_free_func (g_free);
  self->notes = mos_store_notes (store, machine, from_ms, to_ms);
  self->alerts = mos_alert_log_list (store, machine, 1000);
  for (guint i = self->alerts->len; i > 0; i--) {
    const MosAlertRecord *record = self->alerts->pdata[i - 1];

    if (record->raised_ms < from_ms || record->raised_ms > to_ms)
      g_ptr_array_remove_index (self->alerts, i - 1);
  }
  read_last (self, store);
  self->levels = mos_summary_count_levels (self);
  make_plots (self, store, rules);
  return self;
}

void
mos_summary_free (MosSummary *self)
{
  if (self == NULL)
    return;
  g_free (self->title);
  g_free (self->machine);
  g_free (self->machine_name);
  g_free (self->configuration);
  g_clear_pointer (&self->levels, g_array_unref);
  g_free (self->ports);
  g_array_unref (self->readings);
  g_ptr_array_unref (self->notes);
  g_ptr_array_unref (self->alerts);
  g_ptr_array_unref (self->plots);
  g_ptr_array_unref (self->profiles);
  g_ptr_array_unref (self->advice);
  g_free (self);
}

/* -- numbers ------------------------------------------------------------- */

static const MosReading *
reading_at (const MosSummary *self, guint i)
{
  return &g_array_index (self->readings, MosReading, i);
}

static const MosMetricInfo *
info_of (const MosReading *reading)
{
  return &mos_metric_infos[reading->key.metric];
}

char *
mos_summary_number (const MosReading *reading)
{
  gint64   value = reading->value;
  guint64  size = value < 0 ? -(guint64) value : (guint64) value;
  guint    divisor, digits;
  GString *text;

  switch (info_of (reading)->unit) {
  case MOS_UNIT_NS:
    divisor = 1000000000;
    digits = 9;
    break;
  case MOS_UNIT_MILLI:
    divisor = 1000;
    digits = 3;
    break;
  case MOS_UNIT_PERCENT:
    divisor = 100;
    digits = 2;
    break;
  case MOS_UNIT_COUNT:
  case MOS_UNIT_BYTES:
  case MOS_UNIT_SECONDS:
  case MOS_N_UNITS:
  default:
    return g_strdup_printf ("%" G_GINT64_FORMAT, value);
  }
  text = g_string_new (value < 0 ? "-" : "");
  g_string_append_printf (text, "%" G_GUINT64_FORMAT ".%0*" G_GUINT64_FORMAT,
                          size / divisor, (int) digits, size % divisor);
  return g_string_free (text, FALSE);
}

/* -- CSV ----------------------------------------------------------------- */

char *
mos_summary_to_csv (const MosSummary *self)
{
  GString *csv = g_string_new ("machine,metric,vcpu,level,handled_by,device,"
                               "label,unit,kind,value\r\n");

  for (guint i = 0; i < self->readings->len; i++) {
    const MosReading    *reading = reading_at (self, i);
    const MosMetricInfo *info = info_of (reading);
    const gint16         numbers[] = { reading->key.vcpu, reading->key.level,
                                       reading->key.handled_by };

    mos_csv_append (csv, reading->key.machine);
    g_string_append_printf (csv, ",%s", info->name);
    for (guint n = 0; n < G_N_ELEMENTS (numbers); n++) {
      g_string_append_c (csv, ',');
      if (numbers[n] != MOS_SERIES_NONE)
        g_string_append_printf (csv, "%d", numbers[n]);
    }
    g_string_append_c (csv, ',');
    mos_csv_append (csv, reading->key.device);
    g_string_append_c (csv, ',');
    mos_csv_append (csv, reading->key.label);
    g_string_append_printf (csv, ",%s,%s,%" G_GINT64_FORMAT "\r\n",
                            mos_unit_name (info->unit),
                            mos_kind_name (info->kind), reading->value);
  }
  return g_string_free (csv, FALSE);
}

/* -- Prometheus ---------------------------------------------------------- */

static void
append_label (GString *text, const char *name, const char *value)
{
  g_string_append_printf (text, "%s%s=\"",
                          text->str[text->len - 1] == '{' ? "" : ",", name);
  for (; *value != '\0'; value++) {
    if (*value == '"' || *value == '\\')
      g_string_append_c (text, '\\');
    if (*value == '\n')
      g_string_append (text, "\\n");
    else
      g_string_append_c (text, *value);
  }
  g_string_append_c (text, '"');
}

static void
append_number_label (GString *text, const char *name, int value)
{
  char digits[16];

  if (value == MOS_SERIES_NONE)
    return;
  g_snprintf (digits, sizeof digits, "%d", value);
  append_label (text, name, digits);
}

/* The labels of @reading; @le replaces the label of a histogram. */
static void
append_labels (GString          *text,
               const MosSummary *self,
               const MosReading *reading,
               const char       *le)
{
  const MosMetricInfo *info = info_of (reading);

  g_string_append_c (text, '{');
  if (reading->key.machine[0] != '\0')
    append_label (text, "machine", reading->key.machine);
  if (self->machine_name[0] != '\0' && reading->key.machine[0] != '\0')
    append_label (text, "name", self->machine_name);
  append_number_label (text, "vcpu", reading->key.vcpu);
  append_number_label (text, "level", reading->key.level);
  append_number_label (text, "handled_by", reading->key.handled_by);
  if (reading->key.device[0] != '\0')
    append_label (text, "device", reading->key.device);
  if (le != NULL)
    append_label (text, "le", le);
  else if (reading->key.label[0] != '\0' && info->kind != MOS_METRIC_HISTOGRAM)
    append_label (text, info->label != NULL ? info->label : "label",
                  reading->key.label);
  if (text->str[text->len - 1] == '{')
    g_string_truncate (text, text->len - 1);
  else
    g_string_append_c (text, '}');
}

/* Buckets of one device, ascending, cumulative, with +Inf and the count. */
static void
append_histogram (GString          *text,
                  const MosSummary *self,
                  const MosReading *first,
                  const char       *name)
{
  gint64 sum = 0;

  for (guint shift = 0; shift < 64; shift++) {
    char   bound[32], seconds[G_ASCII_DTOSTR_BUF_SIZE];
    gint64 count = 0;

    g_snprintf (bound, sizeof bound, "%" G_GUINT64_FORMAT,
                (guint64) 1 << shift);
    for (guint i = 0; i < self->readings->len; i++) {
      const MosReading *other = reading_at (self, i);

      if (other->key.metric == first->key.metric &&
          strcmp (other->key.machine, first->key.machine) == 0 &&
          strcmp (other->key.device, first->key.device) == 0 &&
          (strcmp (other->key.label, bound) == 0 ||
           (shift == 63 && strcmp (other->key.label, "+Inf") == 0)))
        count += other->value;
    }
    sum += count;
    if (count == 0 && shift != 63)
      continue;
    g_ascii_formatd (seconds, sizeof seconds, "%g",
                     (double) ((guint64) 1 << shift) / 1e6);
    g_string_append_printf (text, "%s_bucket", name);
    append_labels (text, self, first, shift == 63 ? "+Inf" : seconds);
    g_string_append_printf (text, " %" G_GINT64_FORMAT "\n", sum);
  }
  g_string_append_printf (text, "%s_count", name);
  append_labels (text, self, first, NULL);
  g_string_append_printf (text, " %" G_GINT64_FORMAT "\n", sum);
}

static gboolean
is_first_of_device (const MosSummary *self, guint i)
{
  const MosReading *reading = reading_at (self, i);

  for (guint j = 0; j < i; j++)
    if (reading_at (self, j)->key.metric == reading->key.metric &&
        strcmp (reading_at (self, j)->key.machine, reading->key.machine) == 0 &&
        strcmp (reading_at (self, j)->key.device, reading->key.device) == 0)
      return FALSE;
  return TRUE;
}

/* With the unit at its end, once. */
static char *
prometheus_name (const MosMetricInfo *info)
{
  gboolean    histogram = info->kind == MOS_METRIC_HISTOGRAM;
  const char *unit = histogram ? "_seconds" : mos_unit_suffix (info->unit);

  return g_strdup_printf ("multios_%s%s%s", info->name,
                          g_str_has_suffix (info->name, unit) ? "" : unit,
                          info->kind == MOS_METRIC_COUNTER ? "_total" : "");
}

static void
append_metric (GString *text, const MosSummary *self, MosMetric metric)
{
  const MosMetricInfo *info = &mos_metric_infos[metric];
  gboolean             histogram = info->kind == MOS_METRIC_HISTOGRAM;
  g_autofree char     *name = prometheus_name (info);
  gboolean             any = FALSE;

  for (guint i = 0; i < self->readings->len; i++) {
    const MosReading *reading = reading_at (self, i);
    g_autofree char  *number = NULL;

    if (reading->key.metric != (gint32) metric)
      continue;
    if (!any)
      g_string_append_printf (text, "# HELP %s %s\n# TYPE %s %s\n", name,
                              info->help, name, mos_kind_name (info->kind));
    any = TRUE;
    if (histogram) {
      if (is_first_of_device (self, i))
        append_histogram (text, self, reading, name);
      continue;
    }
    number = mos_summary_number (reading);
    g_string_append (text, name);
    append_labels (text, self, reading, NULL);
    g_string_append_printf (text, " %s\n", number);
  }
}

char *
mos_summary_to_prometheus (const MosSummary *self)
{
  GString *text = g_string_new (NULL);

  for (guint metric = 0; metric < MOS_N_METRICS; metric++)
    append_metric (text, self, (MosMetric) metric);
  return g_string_free (text, FALSE);
}

/* -- JSON ---------------------------------------------------------------- */

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_levels (JsonBuilder *builder, const MosSummary *self)
{
  json_builder_set_member_name (builder, "hierarchy");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->levels->len; i++) {
    const MosSummaryLevel *level =
        &g_array_index (self->levels, MosSummaryLevel, i);

    json_builder_begin_object (builder);
    add_int (builder, "level", level->level);
    add_int (builder, "exits", level->exits);
    json_builder_set_member_name (builder, "taken_by");
    json_builder_begin_array (builder);
    for (guint by = 0; by <= level->level && by < MOS_HIERARCHY_LEVELS; by++)
      json_builder_add_int_value (builder, level->taken_by[by]);
    json_builder_end_array (builder);
    if (level->own_ns > 0)
      add_int (builder, "own_ns", level->own_ns);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
add_readings (JsonBuilder *builder, const MosSummary *self)
{
  json_builder_set_member_name (builder, "metrics");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->readings->len; i++) {
    const MosReading    *reading = reading_at (self, i);
    const MosMetricInfo *info = info_of (reading);

    json_builder_begin_object (builder);
    add_string (builder, "name", info->name);
    add_string (builder, "unit", mos_unit_name (info->unit));
    add_string (builder, "kind", mos_kind_name (info->kind));
    add_string (builder, "scope", mos_scope_name (info->scope));
    if (reading->key.machine[0] != '\0')
      add_string (builder, "machine", reading->key.machine);
    if (reading->key.vcpu != MOS_SERIES_NONE)
      add_int (builder, "vcpu", reading->key.vcpu);
    if (reading->key.level != MOS_SERIES_NONE)
      add_int (builder, "level", reading->key.level);
    if (reading->key.handled_by != MOS_SERIES_NONE)
      add_int (builder, "handled_by", reading->key.handled_by);
    if (reading->key.device[0] != '\0')
      add_string (builder, "device", reading->key.device);
    if (reading->key.label[0] != '\0')
      add_string (builder, info->label != NULL ? info->label : "label",
                  reading->key.label);
    add_int (builder, "value", reading->value);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
add_timeline (JsonBuilder *builder, const MosSummary *self)
{
  json_builder_set_member_name (builder, "timeline");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->notes->len; i++) {
    const MosNote *note = self->notes->pdata[i];

    json_builder_begin_object (builder);
    add_int (builder, "time_ms", note->time_ms);
    add_string (builder, "kind", note->kind);
    add_string (builder, "text", note->text);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "alerts");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->alerts->len; i++) {
    const MosAlertRecord *record = self->alerts->pdata[i];

    json_builder_begin_object (builder);
    add_string (builder, "rule", record->rule);
    add_string (builder, "severity",
                mos_alert_severity_name (record->severity));
    add_int (builder, "raised_ms", record->raised_ms);
    add_int (builder, "cleared_ms", record->cleared_ms);
    add_string (builder, "text", record->text);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
add_profiles (JsonBuilder *builder, const MosSummary *self)
{
  json_builder_set_member_name (builder, "profiles");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->profiles->len; i++) {
    g_autofree char *json = mos_profile_to_json (self->profiles->pdata[i]);
    g_autoptr (JsonNode) node = json_from_string (json, NULL);

    if (node != NULL)
      json_builder_add_value (builder, g_steal_pointer (&node));
  }
  json_builder_end_array (builder);
}

char *
mos_summary_to_json (const MosSummary *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  add_string (builder, "title", self->title);
  add_int (builder, "from_ms", self->from_ms);
  add_int (builder, "to_ms", self->to_ms);
  add_string (builder, "machine", self->machine);
  add_string (builder, "machine_name", self->machine_name);
  if (self->configuration != NULL)
    add_string (builder, "configuration", self->configuration);
  add_levels (builder, self);
  add_readings (builder, self);
  add_timeline (builder, self);
  add_profiles (builder, self);
  json_builder_set_member_name (builder, "advice");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->advice->len; i++)
    json_builder_add_string_value (builder, self->advice->pdata[i]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  return json_generator_to_data (generator, NULL);
}

/* -- saving -------------------------------------------------------------- */

gboolean
mos_summary_save (const MosSummary *self,
                  const char       *path,
                  const char       *format,
                  GError          **error)
{
  static const struct {
    const char *name;
    char *(*make) (const MosSummary *self);
  } formats[] = {
    { "html", mos_summary_to_html },
    { "json", mos_summary_to_json },
    { "csv", mos_summary_to_csv },
    { "prom", mos_summary_to_prometheus },
    { "pdf", NULL },
  };
  const char *dot = strrchr (path, '.');

  if (format == NULL)
    format = dot != NULL ? dot + 1 : "";
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *text = NULL;

    if (strcmp (formats[i].name, format) != 0)
      continue;
    if (formats[i].make == NULL)
      return mos_summary_save_pdf (self, path, error);
    text = formats[i].make (self);
    if (strcmp (path, "-") == 0) {
      g_print ("%s", text);
      return TRUE;
    }
    return g_file_set_contents (path, text, -1, error);
  }
  g_set_error (
      error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
      _ ("“%s” is no format of reports; allowed: html, pdf, json, csv, "
         "prom"),
      format);
  return FALSE;
}
