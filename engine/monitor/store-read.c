/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Points of a series: from the step of the pyramid that has about as many as
 * are wanted, and from what is still in memory. A counter's growth is divided
 * by the time it took; one that became smaller began anew.
 */
#include <string.h>

#include "engine/monitor/codec.h"
#include "engine/monitor/store-private.h"

#define MILLI 1000.0

/* -- making points ------------------------------------------------------- */

/* A point being filled. Means weigh by time. */
typedef struct {
  MosPoint point;
  double   sum;
  double   weight;
  guint    n; /* samples */
} Bucket;

static void
bucket_add (Bucket *bucket, gint64 time_ms, gint64 value)
{
  bucket->point.time_ms = time_ms;
  bucket->point.last = value;
  bucket->n++;
}

static void
bucket_shown (Bucket *bucket, double shown, double weight)
{
  MosPoint *point = &bucket->point;

  if (!point->has_rate) {
    point->min = point->max = shown;
    point->has_rate = TRUE;
  }
  point->min = MIN (point->min, shown);
  point->max = MAX (point->max, shown);
  bucket->sum += shown * weight;
  bucket->weight += weight;
}

static void
bucket_end (Bucket *bucket, GArray *points)
{
  if (bucket->n == 0)
    return;
  if (bucket->weight > 0)
    bucket->point.mean = bucket->sum / bucket->weight;
  g_array_append_val (points, bucket->point);
  memset (bucket, 0, sizeof *bucket);
}

static double
growth (gint64 before, gint64 now)
{
  return now >= before ? (double) now - (double) before : (double) now;
}

void
mos_store_make_points (MosMetricKind kind,
                       const gint64 *times,
                       const gint64 *values,
                       guint         n,
                       gboolean      has_before,
                       gint64        gap_ms,
                       guint         factor,
                       GArray       *points)
{
  Bucket bucket = { .n = 0 };

  for (guint i = has_before; i < n; i++) {
    gint64   dt = i > 0 ? times[i] - times[i - 1] : 0;
    gboolean gap = i == 0 || dt > gap_ms || dt <= 0;

    if (gap || bucket.n == factor)
      bucket_end (&bucket, points);
    if (bucket.n == 0)
      bucket.point.gap = gap;
    bucket_add (&bucket, times[i], values[i]);
    if (kind == MOS_METRIC_GAUGE)
      bucket_shown (&bucket, (double) values[i], gap ? 1 : (double) dt);
    else if (!gap)
      bucket_shown (&bucket,
                    growth (values[i - 1], values[i]) * 1000 / (double) dt,
                    (double) dt);
  }
  bucket_end (&bucket, points);
}

/* -- blocks -------------------------------------------------------------- */

static gboolean
next_column (const guint8 **data, gsize *size, GArray *column)
{
  gsize used = mos_codec_unpack (*data, *size, 2 * MOS_STORE_MAX_TICKS, column);

  *data += used;
  *size -= used;
  return used > 0;
}

static void
unpack_raw (MosMetricKind kind,
            gint64        start,
            gint64        gap_ms,
            const guint8 *data,
            gsize         size,
            GArray       *points)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (gint64));
  gboolean has_before;

  if (size < 1)
    return;
  has_before = data[0] != 0;
  data++;
  size--;
  if (!next_column (&data, &size, times) ||
      !next_column (&data, &size, values) || times->len != values->len)
    return;
  for (guint i = 0; i < times->len; i++)
    g_array_index (times, gint64, i) += start;
  mos_store_make_points (kind, (const gint64 *) (gpointer) times->data,
                         (const gint64 *) (gpointer) values->data, times->len,
                         has_before && times->len > 0, gap_ms, 1, points);
}

static void
unpack_points (gint64 start, const guint8 *data, gsize size, GArray *points)
{
  GArray  *columns[6];
  gboolean ok = TRUE;
  guint    n = 0;

  for (guint c = 0; c < G_N_ELEMENTS (columns); c++) {
    columns[c] = g_array_new (FALSE, FALSE, sizeof (gint64));
    ok = ok && next_column (&data, &size, columns[c]);
    n = c == 0 ? columns[c]->len : MIN (n, columns[c]->len);
  }
  for (guint i = 0; ok && i < n; i++) {
    MosPoint point = {
      .time_ms = g_array_index (columns[0], gint64, i) + start,
      .last = g_array_index (columns[1], gint64, i),
      .min = (double) g_array_index (columns[2], gint64, i) / MILLI,
      .max = (double) g_array_index (columns[3], gint64, i) / MILLI,
      .mean = (double) g_array_index (columns[4], gint64, i) / MILLI,
      .has_rate = (g_array_index (columns[5], gint64, i) & 1) != 0,
      .gap = (g_array_index (columns[5], gint64, i) & 2) != 0,
    };

    g_array_append_val (points, point);
  }
  for (guint c = 0; c < G_N_ELEMENTS (columns); c++)
    g_array_unref (columns[c]);
}

/* A series' blocks do not overlap: the first is the last that begins before the
 * range. Said so, only those are looked at, by the index of the series. */
#define RANGE                                                             \
  " FROM block INDEXED BY block_of WHERE series = ?1 AND start <= ?2 AND" \
  " start >= coalesce((SELECT max(start) FROM block INDEXED BY block_of"  \
  " WHERE series = ?1 AND start <= ?3), ?3) AND stop >= ?3 ORDER BY start"

static void
read_blocks (MosStore             *self,
             const MosStoreSeries *series,
             gint64                from_ms,
             gint64                to_ms,
             guint                 tier,
             GArray               *points)
{
  static const char *const statements[MOS_STORE_N_TIERS] = {
    "SELECT start, t0" RANGE,
    "SELECT start, t1" RANGE,
    "SELECT start, t2" RANGE,
    "SELECT start, t3" RANGE,
  };
  MosMetricKind kind = mos_metric_infos[series->key.metric].kind;
  gint64        gap_ms = 5 * MAX (self->interval_ms, 1000);
  sqlite3_stmt *s = mos_store_prepare (self, statements[tier]);

  if (s == NULL)
    return;
  sqlite3_bind_int64 (s, 1, series->id);
  sqlite3_bind_int64 (s, 2, to_ms);
  sqlite3_bind_int64 (s, 3, from_ms);
  while (sqlite3_step (s) == SQLITE_ROW) {
    gint64        start = sqlite3_column_int64 (s, 0);
    const guint8 *data = sqlite3_column_blob (s, 1);
    gsize         size = (gsize) sqlite3_column_bytes (s, 1);

    if (data == NULL)
      continue;
    if (tier == 0)
      unpack_raw (kind, start, gap_ms, data, size, points);
    else
      unpack_points (start, data, size, points);
  }
  sqlite3_finalize (s);
}

static void
read_memory (MosStore             *self,
             const MosStoreSeries *series,
             guint                 factor,
             GArray               *points)
{
  guint              n = series->times->len + series->has_before;
  g_autofree gint64 *times = g_new (gint64, n + 1);
  g_autofree gint64 *values = g_new (gint64, n + 1);

  times[0] = series->before_ms;
  values[0] = series->before;
  if (series->times->len > 0) {
    memcpy (times + series->has_before, series->times->data,
            series->times->len * sizeof (gint64));
    memcpy (values + series->has_before, series->values->data,
            series->times->len * sizeof (gint64));
  }
  mos_store_make_points (mos_metric_infos[series->key.metric].kind, times,
                         values, n, series->has_before,
                         5 * MAX (self->interval_ms, 1000), factor, points);
}

/* Removes what lies outside; blocks and memory come whole. */
static void
cut (GArray *points, gint64 from_ms, gint64 to_ms)
{
  guint first = 0, last = points->len;

  while (first < last &&
         g_array_index (points, MosPoint, first).time_ms < from_ms)
    first++;
  while (last > first &&
         g_array_index (points, MosPoint, last - 1).time_ms > to_ms)
    last--;
  g_array_set_size (points, last);
  if (first > 0)
    g_array_remove_range (points, 0, first);
}

static guint
choose_tier (MosStore *self, gint64 span_ms, guint max_points)
{
  gint64 n = span_ms / MAX (self->interval_ms, 1);
  guint  tier = 0;

  while (max_points > 0 && n > max_points && tier + 1 < MOS_STORE_N_TIERS) {
    n /= MOS_STORE_FACTOR;
    tier++;
  }
  /* A little more than asked for is better than much less. */
  if (tier > 0 && n * MOS_STORE_FACTOR <= 2 * (gint64) max_points)
    tier--;
  return tier;
}

static void
read_tier_locked (MosStore           *self,
                  const MosSeriesKey *key,
                  gint64              from_ms,
                  gint64              to_ms,
                  guint               tier,
                  GArray             *points)
{
  const MosStoreSeries *series = g_hash_table_lookup (self->series, key);
  guint                 factor = 1;

  if (series == NULL)
    return;
  for (guint i = 0; i < tier; i++)
    factor *= MOS_STORE_FACTOR;
  if (self->n_ticks == 0 || from_ms < self->first_ms)
    read_blocks (self, series, from_ms, to_ms, tier, points);
  if (series->times->len > 0)
    read_memory (self, series, factor, points);
  cut (points, from_ms, to_ms);
}

GArray *
mos_store_read (MosStore           *self,
                const MosSeriesKey *key,
                gint64              from_ms,
                gint64              to_ms,
                guint               max_points)
{
  GArray *points = g_array_new (FALSE, TRUE, sizeof (MosPoint));

  g_mutex_lock (&self->lock);
  read_tier_locked (self, key, from_ms, to_ms,
                    choose_tier (self, to_ms - from_ms, max_points), points);
  g_mutex_unlock (&self->lock);
  return points;
}

void
mos_store_grid (MosStore           *self,
                const MosSeriesKey *key,
                gint64              from_ms,
                gint64              step_ms,
                guint               n_cells,
                MosCell            *cells)
{
  g_autoptr (GArray) points = g_array_new (FALSE, TRUE, sizeof (MosPoint));
  gint64 to_ms = from_ms + step_ms * n_cells;
  guint  tier = 0;
  gint64 tier_ms;

  memset (cells, 0, n_cells * sizeof *cells);
  g_mutex_lock (&self->lock);
  /* Coarse points, but several in a cell: they lie across its edges. */
  tier_ms = self->interval_ms * MOS_STORE_FACTOR;
  while (tier + 1 < MOS_STORE_N_TIERS && tier_ms * 4 <= step_ms) {
    tier++;
    tier_ms *= MOS_STORE_FACTOR;
  }
  read_tier_locked (self, key, from_ms + 1, to_ms, tier, points);
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < points->len; i++) {
    const MosPoint *point = &g_array_index (points, MosPoint, i);
    gint64          at = (point->time_ms - from_ms - 1) / step_ms;
    MosCell        *cell;

    if (!point->has_rate || at < 0 || at >= (gint64) n_cells)
      continue;
    cell = &cells[at];
    cell->min = cell->has ? MIN (cell->min, point->min) : point->min;
    cell->max = cell->has ? MAX (cell->max, point->max) : point->max;

    /* Points of one cell cover about the same time. */
    cell->mean += point->mean;
    cell->last = point->last;
    cell->has++;
  }
  for (guint i = 0; i < n_cells; i++) {
    if (!cells[i].has)
      continue;
    cells[i].mean /= cells[i].has;
    cells[i].has = TRUE;
  }
}

/* -- which series there are ---------------------------------------------- */

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  g_autofree char *left = mos_series_key_to_string (a);
  g_autofree char *right = mos_series_key_to_string (b);
  int              by_machine = strcmp (((const MosSeriesKey *) a)->machine,
                                        ((const MosSeriesKey *) b)->machine);

  return by_machine != 0 ? by_machine : strcmp (left, right);
}

GArray *
mos_store_list (MosStore *self, MosMetric metric, const char *machine)
{
  GArray        *keys = g_array_new (FALSE, FALSE, sizeof (MosSeriesKey));
  GHashTableIter iter;
  gpointer       key;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->series);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    const MosSeriesKey *candidate = key;

    if (metric != MOS_N_METRICS && candidate->metric != (gint32) metric)
      continue;
    if (machine != NULL && strcmp (candidate->machine, machine) != 0)
      continue;
    g_array_append_vals (keys, candidate, 1);
  }
  g_mutex_unlock (&self->lock);
  g_array_sort (keys, compare_keys);
  return keys;
}
