/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Taking ticks in and making blocks of them.
 *
 * Blocks are written and the rows of their ticks removed in one transaction.
 */
#include "engine/monitor/store.h"

#include <string.h>

#include "engine/monitor/codec.h"
#include "engine/monitor/store-private.h"

#define DAY_MS      (24 * 3600 * G_GINT64_CONSTANT (1000))
#define MILLI       1000.0
#define MAX_MILLI   9.0e18
#define RETRY_TICKS 32u

/* -- SQLite -------------------------------------------------------------- */

sqlite3_stmt *
mos_store_prepare (MosStore *self, const char *sql)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL) != SQLITE_OK)
    g_clear_pointer (&statement, sqlite3_finalize);
  return statement;
}

gboolean
mos_store_run (MosStore *self, const char *sql)
{
  return sqlite3_exec (self->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

gboolean
mos_store_finish (sqlite3_stmt *statement)
{
  int result;

  if (statement == NULL)
    return FALSE;
  do
    result = sqlite3_step (statement);
  while (result == SQLITE_ROW);
  sqlite3_finalize (statement);
  return result == SQLITE_DONE;
}

void
mos_store_bind_text (sqlite3_stmt *s, int at, const char *text)
{
  sqlite3_bind_text (s, at, text, -1, SQLITE_TRANSIENT);
}

gint64
mos_store_ask_int (MosStore *self, const char *sql)
{
  sqlite3_stmt *statement = mos_store_prepare (self, sql);
  gint64        value = 0;

  if (statement != NULL && sqlite3_step (statement) == SQLITE_ROW)
    value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return value;
}

/* -- series -------------------------------------------------------------- */

void
mos_store_series_free (gpointer data)
{
  MosStoreSeries *self = data;

  g_array_unref (self->times);
  g_array_unref (self->values);
  g_free (self);
}

MosStoreSeries *
mos_store_add_series (MosStore *self, const MosSeriesKey *key, gint64 id)
{
  MosStoreSeries *series = g_new0 (MosStoreSeries, 1);

  series->key = *key;
  series->id = id;
  /* Of a block's size from the beginning: what is held does not grow. */
  series->times =
      g_array_sized_new (FALSE, FALSE, sizeof (gint64), MOS_STORE_BLOCK);
  series->values =
      g_array_sized_new (FALSE, FALSE, sizeof (gint64), MOS_STORE_BLOCK);
  self->last_id = CLAMP (id, self->last_id, G_MAXINT64 / 2);
  g_hash_table_insert (self->series, &series->key, series);
  return series;
}

static MosStoreSeries *
intern (MosStore *self, const MosSeriesKey *key)
{
  MosStoreSeries *series = g_hash_table_lookup (self->series, key);

  if (series != NULL)
    return series;
  series = mos_store_add_series (self, key, self->last_id + 1);
  /* A counter that appears on a machine that was looked at before was 0. */
  if (key->machine[0] != '\0' && self->before_ms != 0) {
    series->has_before = TRUE;
    series->before_ms = self->before_ms;
  }
  return series;
}

static gboolean
save_series (MosStore *self, const MosStoreSeries *series)
{
  const MosSeriesKey *key = &series->key;
  sqlite3_stmt       *s = mos_store_prepare (
            self, "INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

  if (s == NULL)
    return FALSE;
  sqlite3_bind_int64 (s, 1, series->id);
  mos_store_bind_text (s, 2, key->machine);
  mos_store_bind_text (s, 3, mos_metric_infos[key->metric].name);
  sqlite3_bind_int (s, 4, key->vcpu);
  sqlite3_bind_int (s, 5, key->level);
  sqlite3_bind_int (s, 6, key->handled_by);
  mos_store_bind_text (s, 7, key->device);
  mos_store_bind_text (s, 8, key->label);
  return mos_store_finish (s);
}

/* -- ticks --------------------------------------------------------------- */

void
mos_store_push (MosStoreSeries *series, gint64 time_ms, gint64 value)
{
  g_array_append_val (series->times, time_ms);
  g_array_append_val (series->values, value);
}

void
mos_store_count_tick (MosStore *self, gint64 time_ms)
{
  if (self->n_ticks == 0)
    self->first_ms = time_ms;
  self->n_ticks++;
  self->last_ms = time_ms;
}

/* A tick's row: the columns of series and of values. */
static GByteArray *
pack_tick (MosStore *self, const MosReading *readings, guint n)
{
  g_autofree gint64 *ids = g_new (gint64, n);
  g_autofree gint64 *values = g_new (gint64, n);
  GByteArray        *bytes = g_byte_array_new ();

  for (guint i = 0; i < n; i++) {
    ids[i] = intern (self, &readings[i].key)->id;
    values[i] = readings[i].value;
  }
  mos_codec_pack (bytes, ids, n);
  mos_codec_pack (bytes, values, n);
  return bytes;
}

static gboolean
save_tick (MosStore *self, gint64 time_ms, const MosReading *readings, guint n)
{
  g_autoptr (GByteArray) bytes = pack_tick (self, readings, n);
  sqlite3_stmt *s;

  for (guint i = 0; i < n; i++) {
    MosStoreSeries *series = intern (self, &readings[i].key);

    if (!series->is_saved && !save_series (self, series))
      return FALSE;
  }
  s = mos_store_prepare (self, "INSERT OR REPLACE INTO fresh VALUES (?, ?)");
  if (s == NULL)
    return FALSE;
  sqlite3_bind_int64 (s, 1, time_ms);
  sqlite3_bind_blob64 (s, 2, bytes->data, bytes->len, SQLITE_STATIC);
  return mos_store_finish (s);
}

/* All or nothing. */
static gboolean
transaction (MosStore *self, gboolean ok)
{
  if (ok && mos_store_run (self, "COMMIT"))
    return TRUE;
  mos_store_run (self, "ROLLBACK");
  return FALSE;
}

static gboolean
try_save_tick (MosStore         *self,
               gint64            time_ms,
               const MosReading *readings,
               guint             n)
{
  gboolean ok;

  if (!mos_store_run (self, "BEGIN IMMEDIATE"))
    return FALSE;
  ok = transaction (self, save_tick (self, time_ms, readings, n));
  for (guint i = 0; ok && i < n; i++)
    intern (self, &readings[i].key)->is_saved = TRUE;
  return ok;
}

/* -- blocks -------------------------------------------------------------- */

static gint64
to_milli (double value)
{
  double milli = value * MILLI;

  return (gint64) CLAMP (milli, -MAX_MILLI, MAX_MILLI);
}

/* The raw tier: whether it begins with the sample before, times from the
 * block's start, values. */
static GByteArray *
pack_raw (gboolean      has_before,
          const gint64 *times,
          const gint64 *values,
          guint         n,
          gint64        start)
{
  g_autofree gint64 *relative = g_new (gint64, n);
  GByteArray        *bytes = g_byte_array_new ();
  guint8             flag = has_before;

  for (guint i = 0; i < n; i++)
    relative[i] = times[i] - start;
  g_byte_array_append (bytes, &flag, 1);
  mos_codec_pack (bytes, relative, n);
  mos_codec_pack (bytes, values, n);
  return bytes;
}

static GByteArray *
pack_points (const GArray *points, gint64 start)
{
  GByteArray        *bytes = g_byte_array_new ();
  g_autofree gint64 *column = g_new (gint64, MAX (points->len, 1));

  for (guint c = 0; c < 6; c++) {
    for (guint i = 0; i < points->len; i++) {
      const MosPoint *point = &g_array_index (points, MosPoint, i);
      const gint64    fields[6] = {
           point->time_ms - start, point->last,
           to_milli (point->min),  to_milli (point->max),
           to_milli (point->mean), point->has_rate | point->gap << 1
      };

      column[i] = fields[c];
    }
    mos_codec_pack (bytes, column, points->len);
  }
  return bytes;
}

static gboolean
save_block (MosStore *self, const MosStoreSeries *series)
{
  sqlite3_stmt *s = mos_store_prepare (
      self, "INSERT INTO block (series, start, stop, n, t3, t2, t1, t0)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  MosMetricKind kind = mos_metric_infos[series->key.metric].kind;
  guint         n = series->times->len + series->has_before;
  gint64        start = g_array_index (series->times, gint64, 0);
  gint64 stop = g_array_index (series->times, gint64, series->times->len - 1);
  g_autofree gint64 *times = g_new (gint64, n);
  g_autofree gint64 *values = g_new (gint64, n);
  guint              factor = MOS_STORE_FACTOR;
  g_autoptr (GByteArray) raw = NULL;

  if (s == NULL)
    return FALSE;
  times[0] = series->before_ms;
  values[0] = series->before;
  memcpy (times + series->has_before, series->times->data,
          series->times->len * sizeof (gint64));
  memcpy (values + series->has_before, series->values->data,
          series->times->len * sizeof (gint64));
  sqlite3_bind_int64 (s, 1, series->id);
  sqlite3_bind_int64 (s, 2, start);
  sqlite3_bind_int64 (s, 3, stop);
  sqlite3_bind_int64 (s, 4, series->times->len);
  for (int tier = 1; tier < (int) MOS_STORE_N_TIERS; tier++) {
    g_autoptr (GArray) points = g_array_new (FALSE, TRUE, sizeof (MosPoint));
    g_autoptr (GByteArray) bytes = NULL;

    mos_store_make_points (kind, times, values, n, series->has_before,
                           5 * MAX (self->interval_ms, 1000), factor, points);
    bytes = pack_points (points, start);
    sqlite3_bind_blob64 (s, 8 - tier, bytes->data, bytes->len,
                         SQLITE_TRANSIENT);
    factor *= MOS_STORE_FACTOR;
  }
  raw = pack_raw (series->has_before, times, values, n, start);
  sqlite3_bind_blob64 (s, 8, raw->data, raw->len, SQLITE_STATIC);
  return mos_store_finish (s);
}

static gboolean
save_blocks (MosStore *self)
{
  GHashTableIter iter;
  gpointer       value;

  g_hash_table_iter_init (&iter, self->series);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    MosStoreSeries *series = value;

    if (series->times->len == 0)
      continue;
    if (!series->is_saved && !save_series (self, series))
      return FALSE;
    if (!save_block (self, series))
      return FALSE;
  }
  return mos_store_run (self, "DELETE FROM fresh");
}

/* Forgets the first @n samples; the last of them came before the rest. */
static void
series_drop (MosStoreSeries *series, guint n)
{
  n = MIN (n, series->times->len);
  if (n == 0)
    return;
  series->has_before = TRUE;
  series->before_ms = g_array_index (series->times, gint64, n - 1);
  series->before = g_array_index (series->values, gint64, n - 1);
  g_array_remove_range (series->times, 0, n);
  g_array_remove_range (series->values, 0, n);
}

static void
drop_all (MosStore *self, guint n, gboolean saved)
{
  GHashTableIter iter;
  gpointer       value;

  g_hash_table_iter_init (&iter, self->series);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    MosStoreSeries *series = value;

    series->is_saved |= saved && series->times->len > 0;
    series_drop (series, n);
  }
  self->n_ticks -= MIN (n, self->n_ticks);
  self->unsaved = MIN (self->unsaved, self->n_ticks);
}

gboolean
mos_store_flush_locked (MosStore *self)
{
  if (self->n_ticks == 0 || self->read_only)
    return TRUE;
  if (!mos_store_run (self, "BEGIN IMMEDIATE") ||
      !transaction (self, save_blocks (self))) {
    self->retry = self->n_ticks + RETRY_TICKS;
    if (self->n_ticks >= MOS_STORE_MAX_TICKS)
      drop_all (self, MOS_STORE_BLOCK, FALSE);
    return FALSE;
  }
  drop_all (self, G_MAXUINT, TRUE);
  self->n_ticks = self->unsaved = 0;
  self->retry = MOS_STORE_BLOCK;
  return TRUE;
}

gboolean
mos_store_append (MosStore         *self,
                  gint64            time_ms,
                  const MosReading *readings,
                  guint             n)
{
  gboolean saved;

  g_return_val_if_fail (!self->read_only, FALSE);

  g_mutex_lock (&self->lock);
  if (time_ms <= self->last_ms) {
    g_mutex_unlock (&self->lock);
    g_return_val_if_reached (FALSE);
  }
  self->before_ms = self->last_ms;
  for (guint i = 0; i < n; i++)
    mos_store_push (intern (self, &readings[i].key), time_ms,
                    readings[i].value);
  mos_store_count_tick (self, time_ms);
  saved = try_save_tick (self, time_ms, readings, n);
  if (!saved)
    self->unsaved++;
  if (self->n_ticks >= self->retry)
    saved = mos_store_flush_locked (self);
  g_mutex_unlock (&self->lock);
  return saved;
}

gboolean
mos_store_flush (MosStore *self)
{
  gboolean ok;

  g_mutex_lock (&self->lock);
  ok = mos_store_flush_locked (self);
  g_mutex_unlock (&self->lock);
  return ok;
}

/* -- the clock ------------------------------------------------------------- */

static void
shift_memory (MosStore *self, gint64 by_ms)
{
  GHashTableIter iter;
  gpointer       value;

  g_hash_table_iter_init (&iter, self->series);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    MosStoreSeries *series = value;

    series->before_ms += by_ms;
    for (guint i = 0; i < series->times->len; i++)
      g_array_index (series->times, gint64, i) += by_ms;
  }
  if (self->last_ms != 0)
    self->last_ms += by_ms;
  self->first_ms += by_ms;
}

void
mos_store_shift (MosStore *self, gint64 by_ms)
{
  static const char *const statements[] = {
    "UPDATE block SET start = start + ?1, stop = stop + ?1",
    "UPDATE note SET time = time + ?1",
    "UPDATE keep SET start = start + ?1, stop = stop + ?1",
    "UPDATE alert SET raised = raised + ?1, cleared ="
    " CASE cleared WHEN 0 THEN 0 ELSE cleared + ?1 END",
  };

  g_mutex_lock (&self->lock);
  mos_store_flush_locked (self);
  for (guint i = 0; i < G_N_ELEMENTS (statements); i++) {
    sqlite3_stmt *s = mos_store_prepare (self, statements[i]);

    if (s == NULL)
      continue;
    sqlite3_bind_int64 (s, 1, by_ms);
    mos_store_finish (s);
  }
  shift_memory (self, by_ms);
  g_mutex_unlock (&self->lock);
}

void
mos_store_set_retention (MosStore *self, gint64 retention_ms)
{
  g_mutex_lock (&self->lock);
  self->retention_ms = retention_ms > 0 ? retention_ms : DAY_MS;
  g_mutex_unlock (&self->lock);
}

void
mos_store_set_interval (MosStore *self, gint64 interval_ms)
{
  g_mutex_lock (&self->lock);
  self->interval_ms = interval_ms > 0 ? interval_ms : 1000;
  g_mutex_unlock (&self->lock);
}

gint64
mos_store_get_interval (MosStore *self)
{
  gint64 interval_ms;

  g_mutex_lock (&self->lock);
  interval_ms = self->interval_ms;
  g_mutex_unlock (&self->lock);
  return interval_ms;
}

gint64
mos_store_last_ms (MosStore *self)
{
  gint64 last_ms;

  g_mutex_lock (&self->lock);
  last_ms = self->last_ms;
  g_mutex_unlock (&self->lock);
  return last_ms;
}

gint64
mos_store_first_ms (MosStore *self)
{
  gint64 first_ms;

  g_mutex_lock (&self->lock);
  first_ms = mos_store_ask_int (self, "SELECT min(start) FROM block");
  if (first_ms == 0)
    first_ms = self->first_ms;
  g_mutex_unlock (&self->lock);
  return first_ms;
}

guint64
mos_store_size (MosStore *self)
{
  guint64 bytes;

  g_mutex_lock (&self->lock);
  bytes = (guint64) (mos_store_ask_int (self, "PRAGMA page_count") *
                     mos_store_ask_int (self, "PRAGMA page_size"));
  g_mutex_unlock (&self->lock);
  return bytes;
}

guint
mos_store_unsaved (MosStore *self)
{
  guint unsaved;

  g_mutex_lock (&self->lock);
  unsaved = self->unsaved;
  g_mutex_unlock (&self->lock);
  return unsaved;
}
