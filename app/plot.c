/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The table of graphs, and filling one from the store.
 */
#include "app/plot.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/csv.h"

#define MAX_SERIES 24u
#define DAY_MS     (24 * 3600 * G_GINT64_CONSTANT (1000))

/* clang-format off */
const MosGraphInfo mos_graph_infos[] = {
  { "cpu", N_ ("Guest processor time"), MOS_METRIC_GUEST_CPU,
    MOS_PLOT_STACKED, MOS_GROUP_VCPU, FALSE },
  { "exits-by-reason", N_ ("Exits by reason"), MOS_METRIC_EXITS,
    MOS_PLOT_STACKED, MOS_GROUP_LABEL, FALSE },
  { "exits-by-handler", N_ ("Exits by who took them"), MOS_METRIC_EXITS,
    MOS_PLOT_STACKED, MOS_GROUP_HANDLER, FALSE },
  { "exits-by-level", N_ ("Exits by level"), MOS_METRIC_EXITS,
    MOS_PLOT_LINES, MOS_GROUP_LEVEL, FALSE },
  { "time-by-level", N_ ("Time by level"), MOS_METRIC_LEVEL_TIME,
    MOS_PLOT_STACKED, MOS_GROUP_LEVEL, FALSE },
  { "instructions", N_ ("Instructions"), MOS_METRIC_INSTRUCTIONS,
    MOS_PLOT_LINES, MOS_GROUP_VCPU, FALSE },
  { "memory", N_ ("Memory resident"), MOS_METRIC_MEMORY_RESIDENT,
    MOS_PLOT_LINES, MOS_GROUP_NONE, FALSE },
  { "memory-dirtied", N_ ("Memory changed"), MOS_METRIC_MEMORY_DIRTIED,
    MOS_PLOT_LINES, MOS_GROUP_NONE, FALSE },
  { "memory-ballooned", N_ ("Memory ballooned"), MOS_METRIC_MEMORY_BALLOONED,
    MOS_PLOT_LINES, MOS_GROUP_NONE, FALSE },
  { "interrupts", N_ ("Interrupts injected"), MOS_METRIC_INTERRUPTS,
    MOS_PLOT_LINES, MOS_GROUP_VCPU, FALSE },
  { "faults", N_ ("Faults by vector"), MOS_METRIC_FAULTS,
    MOS_PLOT_STACKED, MOS_GROUP_LABEL, FALSE },
  { "tlb", N_ ("TLB misses"), MOS_METRIC_TLB_MISSES,
    MOS_PLOT_LINES, MOS_GROUP_VCPU, FALSE },
  { "devices", N_ ("Device accesses"), MOS_METRIC_DEVICE_WRITES,
    MOS_PLOT_HEAT, MOS_GROUP_DEVICE, FALSE },
  { "device-bytes", N_ ("Device bytes"), MOS_METRIC_DEVICE_BYTES,
    MOS_PLOT_STACKED, MOS_GROUP_DEVICE, FALSE },
  { "disk-read", N_ ("Disk bytes read"), MOS_METRIC_DISK_READ_BYTES,
    MOS_PLOT_LINES, MOS_GROUP_DEVICE, FALSE },
  { "disk-write", N_ ("Disk bytes written"), MOS_METRIC_DISK_WRITE_BYTES,
    MOS_PLOT_LINES, MOS_GROUP_DEVICE, FALSE },
  { "disk-latency", N_ ("Disk latency (µs)"), MOS_METRIC_DISK_LATENCY,
    MOS_PLOT_HISTOGRAM, MOS_GROUP_LABEL, FALSE },
  { "net-sent", N_ ("Network bytes sent"), MOS_METRIC_NET_TX_BYTES,
    MOS_PLOT_LINES, MOS_GROUP_DEVICE, FALSE },
  { "net-received", N_ ("Network bytes received"), MOS_METRIC_NET_RX_BYTES,
    MOS_PLOT_LINES, MOS_GROUP_DEVICE, FALSE },
  { "net-latency", N_ ("Network latency (µs)"), MOS_METRIC_NET_LATENCY,
    MOS_PLOT_HISTOGRAM, MOS_GROUP_LABEL, FALSE },
  { "frames", N_ ("Frames"), MOS_METRIC_FRAMES,
    MOS_PLOT_LINES, MOS_GROUP_NONE, FALSE },
  { "backend", N_ ("Statistics of the backend"), MOS_METRIC_BACKEND,
    MOS_PLOT_HEAT, MOS_GROUP_LABEL, FALSE },
  { "host-cpu", N_ ("Host processors"), MOS_METRIC_HOST_CPU,
    MOS_PLOT_LINES, MOS_GROUP_NONE, TRUE },
  { "host-memory", N_ ("Host memory in use"), MOS_METRIC_HOST_MEMORY_USED,
    MOS_PLOT_LINES, MOS_GROUP_NONE, TRUE },
  { "host-disk", N_ ("Disk in use"), MOS_METRIC_HOST_DISK_USED,
    MOS_PLOT_LINES, MOS_GROUP_NONE, TRUE },
  { "overcommit", N_ ("Overcommitment"), MOS_METRIC_LAB_OVERCOMMIT,
    MOS_PLOT_LINES, MOS_GROUP_NONE, TRUE },
  { "run-delay", N_ ("Run-queue delay"), MOS_METRIC_LAB_RUN_DELAY,
    MOS_PLOT_LINES, MOS_GROUP_NONE, TRUE },
  { "steal", N_ ("Stolen time"), MOS_METRIC_HOST_STEAL,
    MOS_PLOT_LINES, MOS_GROUP_NONE, TRUE },
  { "lab-cpu", N_ ("Processor time of the lab"), MOS_METRIC_LAB_CPU,
    MOS_PLOT_LINES, MOS_GROUP_NONE, TRUE },
  { "sampler", N_ ("Cost of watching"), MOS_METRIC_LAB_SAMPLER,
    MOS_PLOT_LINES, MOS_GROUP_NONE, TRUE },
};
/* clang-format on */
const guint mos_n_graph_infos = G_N_ELEMENTS (mos_graph_infos);

const MosGraphInfo *
mos_graph_find (const char *id)
{
  for (guint i = 0; i < mos_n_graph_infos; i++)
    if (strcmp (mos_graph_infos[i].id, id) == 0)
      return &mos_graph_infos[i];
  return NULL;
}

/* -- life ---------------------------------------------------------------- */

static void
series_free (gpointer data)
{
  MosPlotSeries *series = data;

  g_free (series->title);
  g_free (series->cells);
  g_free (series);
}

static void
flag_free (gpointer data)
{
  MosPlotFlag *flag = data;

  g_free (flag->text);
  g_free (flag);
}

MosPlot *
mos_plot_new (const MosGraphInfo *info)
{
  MosPlot *self = g_new0 (MosPlot, 1);

  self->info = info;
  self->step_ms = 1000;
  self->series = g_ptr_array_new_with_free_func (series_free);
  self->flags = g_ptr_array_new_with_free_func (flag_free);
  return self;
}

void
mos_plot_free (MosPlot *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->series);
  g_ptr_array_unref (self->flags);
  g_free (self);
}

gint64
mos_plot_step (gint64 span_ms, gint64 interval_ms, guint max_cells)
{
  static const gint64 steps[] = { 100,    200,    500,    1000,   2000,
                                  5000,   10000,  20000,  30000,  60000,
                                  120000, 300000, 600000, 1800000 };
  guint               i = 0;

  while (i + 1 < G_N_ELEMENTS (steps) &&
         (steps[i] < interval_ms || span_ms / steps[i] > max_cells))
    i++;
  return steps[i];
}

/* -- filling ------------------------------------------------------------- */

static char *
group_title (MosPlotGroup group, const MosSeriesKey *key)
{
  switch (group) {
  case MOS_GROUP_VCPU:
    if (key->vcpu != MOS_SERIES_NONE)
      return g_strdup_printf (_ ("vCPU %d"), key->vcpu);
    break;
  case MOS_GROUP_DEVICE:
    return g_strdup (key->device);
  case MOS_GROUP_LABEL:
    return g_strdup (key->label);
  case MOS_GROUP_LEVEL:
    return g_strdup_printf (_ ("level %d"), key->level);
  case MOS_GROUP_HANDLER:
    if (key->handled_by <= 0)
      return g_strdup_printf (_ ("level %d, taken by the lab"), key->level);
    return g_strdup_printf (_ ("level %d, taken by level %d"), key->level,
                            key->handled_by);
  case MOS_GROUP_NONE:
  default:
    break;
  }
  return g_strdup (_ (mos_metric_infos[key->metric].title));
}

static MosPlotSeries *
find_series (MosPlot *self, const char *title, gboolean baseline)
{
  MosPlotSeries *series;

  for (guint i = 0; i < self->series->len; i++) {
    series = g_ptr_array_index (self->series, i);
    if (series->baseline == baseline && g_str_equal (series->title, title))
      return series;
  }
  series = g_new0 (MosPlotSeries, 1);
  series->title = g_strdup (title);
  series->baseline = baseline;
  series->cells = g_new0 (MosCell, self->n_cells);
  g_ptr_array_add (self->series, series);
  return series;
}

static void
add_cells (MosCell *to, const MosCell *from, guint n)
{
  for (guint i = 0; i < n; i++) {
    if (!from[i].has)
      continue;
    to[i].mean += from[i].mean;
    to[i].min += from[i].min;
    to[i].max += from[i].max;
    to[i].last += from[i].last;
    to[i].has = TRUE;
  }
}

static void
load_machine (MosPlot              *self,
              MosStore             *store,
              const MosPlotMachine *machine,
              gboolean              by_machine,
              gint64                from_ms,
              gboolean              baseline)
{
  g_autoptr (GArray) keys = mos_store_list (
      store, self->info->metric, machine != NULL ? machine->uuid : "");
  g_autofree MosCell *cells = g_new (MosCell, self->n_cells);

  for (guint i = 0; i < keys->len; i++) {
    const MosSeriesKey *key = &g_array_index (keys, MosSeriesKey, i);
    g_autofree char    *title = by_machine ? g_strdup (machine->name)
                                           : group_title (self->info->group, key);
    MosPlotSeries      *series;

    mos_store_grid (store, key, from_ms, self->step_ms, self->n_cells, cells);
    series = find_series (self, title, baseline);
    add_cells (series->cells, cells, self->n_cells);
  }
}

static double
weight (const MosPlot *self, const MosPlotSeries *series)
{
  double sum = 0;

  for (guint i = 0; i < self->n_cells; i++)
    sum += series->cells[i].has ? ABS (series->cells[i].mean) : 0;
  return sum;
}

static gboolean
has_any (const MosPlot *self, const MosPlotSeries *series)
{
  for (guint i = 0; i < self->n_cells; i++)
    if (series->cells[i].has)
      return TRUE;
  return FALSE;
}

/* Series without a sample in the range go; the smallest are added up. */
static void
thin_out (MosPlot *self)
{
  for (guint i = self->series->len; i > 0; i--)
    if (!has_any (self, self->series->pdata[i - 1]))
      g_ptr_array_remove_index (self->series, i - 1);
  while (self->series->len > MAX_SERIES) {
    guint          least = 0;
    double         least_weight = G_MAXDOUBLE;
    MosPlotSeries *others;

    for (guint i = 0; i < self->series->len; i++) {
      MosPlotSeries *series = self->series->pdata[i];
      double         w = weight (self, series);

      if (w >= least_weight || g_str_equal (series->title, _ ("others")))
        continue;
      least = i;
      least_weight = w;
    }
    others = find_series (self, _ ("others"), FALSE);
    add_cells (others->cells,
               ((MosPlotSeries *) self->series->pdata[least])->cells,
               self->n_cells);
    g_ptr_array_remove_index (self->series, least);
  }
}

/* Bounds of a histogram stand in order of their numbers. */
static int
compare_bounds (gconstpointer a, gconstpointer b)
{
  const MosPlotSeries *left = *(MosPlotSeries *const *) a;
  const MosPlotSeries *right = *(MosPlotSeries *const *) b;
  double               x = g_ascii_strtod (left->title, NULL);
  double               y = g_ascii_strtod (right->title, NULL);

  return (x > y) - (x < y);
}

static void
load_all (MosPlot              *self,
          MosStore             *store,
          const MosPlotMachine *machines,
          guint                 n_machines,
          gint64                from_ms,
          gboolean              baseline)
{
  if (self->info->host)
    load_machine (self, store, NULL, FALSE, from_ms, baseline);
  for (guint i = 0; i < n_machines && !self->info->host; i++)
    load_machine (self, store, &machines[i], n_machines > 1, from_ms, baseline);
  if (self->info->style == MOS_PLOT_HISTOGRAM)
    g_ptr_array_sort (self->series, compare_bounds);
}

void
mos_plot_load (MosPlot              *self,
               MosStore             *store,
               const MosPlotMachine *machines,
               guint                 n_machines,
               gint64                from_ms,
               gint64                step_ms,
               guint                 n_cells)
{
  g_ptr_array_set_size (self->series, 0);
  self->step_ms = MAX (step_ms, 1);
  self->from_ms = from_ms - from_ms % self->step_ms;
  self->n_cells = MAX (n_cells, 1);
  load_all (self, store, machines, n_machines, self->from_ms, FALSE);
  thin_out (self);
}

void
mos_plot_load_baseline (MosPlot              *self,
                        MosStore             *store,
                        const MosPlotMachine *machines,
                        guint                 n_machines,
                        gint64                ago_ms)
{
  load_all (self, store, machines, n_machines,
            self->from_ms - (ago_ms - ago_ms % self->step_ms), TRUE);
  for (guint i = self->series->len; i > 0; i--)
    if (!has_any (self, self->series->pdata[i - 1]))
      g_ptr_array_remove_index (self->series, i - 1);
}

static gboolean
is_wanted (const char           *machine,
           const MosPlotMachine *machines,
           guint                 n_machines)
{
  if (machine[0] == '\0')
    return TRUE;
  for (guint i = 0; i < n_machines; i++)
    if (g_str_equal (machines[i].uuid, machine))
      return TRUE;
  return FALSE;
}

static const MosAlertRule *
find_rule (const GPtrArray *rules, const char *id)
{
  for (guint i = 0; rules != NULL && i < rules->len; i++) {
    const MosAlertRule *rule = rules->pdata[i];

    if (g_str_equal (rule->id, id))
      return rule;
  }
  return NULL;
}

void
mos_plot_load_alerts (MosPlot              *self,
                      MosStore             *store,
                      const GPtrArray      *rules,
                      const MosPlotMachine *machines,
                      guint                 n_machines)
{
  g_autoptr (GPtrArray) records = mos_alert_log_list (store, NULL, 200);
  const MosMetricInfo *info = &mos_metric_infos[self->info->metric];

  g_ptr_array_set_size (self->flags, 0);
  self->has_threshold = FALSE;
  for (guint i = 0; rules != NULL && i < rules->len; i++) {
    const MosAlertRule *rule = rules->pdata[i];

    if (rule->metric != self->info->metric || !rule->enabled)
      continue;
    self->has_threshold = TRUE;
    self->threshold =
        info->kind != MOS_METRIC_GAUGE && info->unit == MOS_UNIT_NS
            ? rule->threshold * 1e7
            : rule->threshold / mos_unit_scale (info->unit);
  }
  for (guint i = 0; i < records->len; i++) {
    const MosAlertRecord *record = records->pdata[i];
    const MosAlertRule   *rule = find_rule (rules, record->rule);
    MosPlotFlag          *flag;

    if (rule == NULL || rule->metric != self->info->metric ||
        !is_wanted (record->machine, machines, n_machines) ||
        record->raised_ms < self->from_ms ||
        record->raised_ms > self->from_ms + self->step_ms * self->n_cells)
      continue;
    flag = g_new0 (MosPlotFlag, 1);
    flag->time_ms = record->raised_ms;
    flag->severity = record->severity;
    flag->text = g_strdup (record->text);
    g_ptr_array_add (self->flags, flag);
  }
}

/* -- words --------------------------------------------------------------- */

int
mos_plot_last_cell (const MosPlot *self)
{
  for (int cell = (int) self->n_cells - 1; cell >= 0; cell--)
    for (guint i = 0; i < self->series->len; i++)
      if (((MosPlotSeries *) self->series->pdata[i])->cells[cell].has)
        return cell;
  return -1;
}

char *
mos_plot_format_time (const MosPlot *self, gint64 time_ms)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (time_ms / 1000);
  gint64 span_ms = self->step_ms * self->n_cells;

  if (time == NULL)
    return g_strdup ("");
  return g_date_time_format (time, span_ms > DAY_MS / 2     ? "%a %R"
                                   : self->step_ms >= 60000 ? "%R"
                                                            : "%T");
}

char *
mos_plot_describe (const MosPlot *self, int cell)
{
  g_autofree char *time = NULL;
  GString         *text;

  if (cell < 0)
    cell = mos_plot_last_cell (self);
  if (cell < 0 || cell >= (int) self->n_cells)
    return g_strdup (_ ("no samples"));
  time =
      mos_plot_format_time (self, self->from_ms + (cell + 1) * self->step_ms);
  text = g_string_new (time);
  for (guint i = 0; i < self->series->len; i++) {
    const MosPlotSeries *series = self->series->pdata[i];
    g_autofree char     *value = NULL;

    if (!series->cells[cell].has)
      continue;
    value = mos_metric_format (self->info->metric, series->cells[cell].mean);
    g_string_append_printf (
        text, "%s %s%s %s", text->len == strlen (time) ? ":" : ",",
        series->title, series->baseline ? _ (" (baseline)") : "", value);
  }
  if (text->len == strlen (time))
    g_string_append (text, _ (": nothing"));
  return g_string_free (text, FALSE);
}

char *
mos_plot_to_csv (const MosPlot *self)
{
  GString *csv = g_string_new ("time");

  for (guint i = 0; i < self->series->len; i++) {
    g_string_append_c (csv, ',');
    mos_csv_append (csv, ((MosPlotSeries *) self->series->pdata[i])->title);
  }
  g_string_append (csv, "\r\n");
  for (guint cell = 0; cell < self->n_cells; cell++) {
    gint64 ms = self->from_ms + (cell + 1) * self->step_ms;
    g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (ms / 1000);
    g_autofree char *stamp = g_date_time_format (time, "%FT%T");

    g_string_append_printf (csv, "%s.%03dZ", stamp, (int) (ms % 1000));
    for (guint i = 0; i < self->series->len; i++) {
      const MosPlotSeries *series = self->series->pdata[i];
      char                 number[G_ASCII_DTOSTR_BUF_SIZE];

      g_string_append_c (csv, ',');
      if (series->cells[cell].has)
        g_string_append (csv, g_ascii_dtostr (number, sizeof number,
                                              series->cells[cell].mean));
    }
    g_string_append (csv, "\r\n");
  }
  return g_string_free (csv, FALSE);
}
