/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Opening a store, taking ticks in, and making blocks of them.
 *
 * The tables: `series` names the series; `fresh` has a row for each tick that
 * is in no block yet (pairs of series and value); `block` has a row for each
 * 512 ticks of a series with its pyramid, coarse columns first, so that
 * SQLite never touches the pages of the fine ones unless they are asked for.
 * Blocks are written and the fresh rows removed in one transaction.
 */
#include "engine/monitor/store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/monitor/codec.h"
#include "engine/monitor/store-private.h"

#define VERSION     1
#define DAY_MS      (24 * 3600 * G_GINT64_CONSTANT (1000))
#define BUSY_MS     2000
#define MILLI       1000.0
#define MAX_MILLI   9.0e18
#define RETRY_TICKS 32u

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, machine TEXT,"
    " metric TEXT, vcpu INTEGER, level INTEGER, handled_by INTEGER,"
    " device TEXT, label TEXT);"
    "CREATE TABLE IF NOT EXISTS fresh (time INTEGER PRIMARY KEY, data BLOB);"
    "CREATE TABLE IF NOT EXISTS block (series INTEGER, start INTEGER,"
    " stop INTEGER, n INTEGER, t3 BLOB, t2 BLOB, t1 BLOB, t0 BLOB);"
    "CREATE INDEX IF NOT EXISTS block_of ON block (series, start);"
    "CREATE INDEX IF NOT EXISTS block_age ON block (stop);"
    "CREATE TABLE IF NOT EXISTS note (time INTEGER, machine TEXT, kind TEXT,"
    " text TEXT);"
    "CREATE INDEX IF NOT EXISTS note_time ON note (time);"
    "CREATE TABLE IF NOT EXISTS keep (id INTEGER PRIMARY KEY, name TEXT,"
    " machine TEXT, start INTEGER, stop INTEGER);"
    "CREATE TABLE IF NOT EXISTS rule (id TEXT PRIMARY KEY, text TEXT);"
    "CREATE TABLE IF NOT EXISTS alert (id INTEGER PRIMARY KEY, rule TEXT,"
    " machine TEXT, severity INTEGER, raised INTEGER, cleared INTEGER,"
    " seen INTEGER, value REAL, text TEXT);"
    "CREATE TABLE IF NOT EXISTS profile (id INTEGER PRIMARY KEY, name TEXT,"
    " machine TEXT, time INTEGER, data BLOB);";

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

static gint64
ask_int (MosStore *self, const char *sql)
{
  sqlite3_stmt *statement = mos_store_prepare (self, sql);
  gint64        value = 0;

  if (statement != NULL && sqlite3_step (statement) == SQLITE_ROW)
    value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return value;
}

/* -- series -------------------------------------------------------------- */

static void
series_free (gpointer data)
{
  MosStoreSeries *self = data;

  g_array_unref (self->times);
  g_array_unref (self->values);
  g_free (self);
}

static MosStoreSeries *
add_series (MosStore *self, const MosSeriesKey *key, gint64 id)
{
  MosStoreSeries *series = g_new0 (MosStoreSeries, 1);

  series->key = *key;
  series->id = id;
  series->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  series->values = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->last_id = MAX (self->last_id, id);
  g_hash_table_insert (self->series, &series->key, series);
  return series;
}

static MosStoreSeries *
intern (MosStore *self, const MosSeriesKey *key)
{
  MosStoreSeries *series = g_hash_table_lookup (self->series, key);

  if (series != NULL)
    return series;
  series = add_series (self, key, self->last_id + 1);
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

static const char *
column_text (sqlite3_stmt *s, int column)
{
  const char *text = (const char *) sqlite3_column_text (s, column);

  return text != NULL ? text : "";
}

/* Names of metrics that this version does not know stay in the file. */
static void
load_series (MosStore *self)
{
  sqlite3_stmt *s = mos_store_prepare (
      self, "SELECT id, machine, metric, vcpu, level, handled_by, device,"
            " label FROM series");

  while (s != NULL && sqlite3_step (s) == SQLITE_ROW) {
    MosSeriesKey key;
    MosMetric    metric;
    gint64       id = sqlite3_column_int64 (s, 0);

    self->last_id = MAX (self->last_id, id);
    if (!mos_metric_find (column_text (s, 2), &metric))
      continue;
    mos_series_key_init (&key, metric, column_text (s, 1));
    key.vcpu = (gint16) sqlite3_column_int (s, 3);
    key.level = (gint16) sqlite3_column_int (s, 4);
    key.handled_by = (gint16) sqlite3_column_int (s, 5);
    mos_series_key_set_device (&key, column_text (s, 6));
    mos_series_key_set_label (&key, column_text (s, 7));
    if (g_hash_table_lookup (self->series, &key) == NULL)
      add_series (self, &key, id)->is_saved = TRUE;
  }
  sqlite3_finalize (s);
}

/* -- ticks --------------------------------------------------------------- */

static void
push (MosStoreSeries *series, gint64 time_ms, gint64 value)
{
  g_array_append_val (series->times, time_ms);
  g_array_append_val (series->values, value);
}

static void
count_tick (MosStore *self, gint64 time_ms)
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

static void
load_tick (MosStore     *self,
           gint64        time_ms,
           const guint8 *data,
           gsize         size,
           GHashTable   *by_id)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (gint64));
  gsize used = mos_codec_unpack (data, size, MOS_CODEC_MAX_VALUES, ids);

  if (used == 0 || mos_codec_unpack (data + used, size - used,
                                     MOS_CODEC_MAX_VALUES, values) == 0)
    return;
  for (guint i = 0; i < MIN (ids->len, values->len); i++) {
    MosStoreSeries *series =
        g_hash_table_lookup (by_id, &g_array_index (ids, gint64, i));

    if (series != NULL)
      push (series, time_ms, g_array_index (values, gint64, i));
  }
  count_tick (self, time_ms);
}

/* The last sample of a block, from its coarsest columns. */
static void
load_before (MosStoreSeries *series,
             gint64          start,
             const guint8   *data,
             gsize           size)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) lasts = g_array_new (FALSE, FALSE, sizeof (gint64));
  gsize used = mos_codec_unpack (data, size, MOS_CODEC_MAX_VALUES, times);

  if (used == 0 || times->len == 0 ||
      mos_codec_unpack (data + used, size - used, MOS_CODEC_MAX_VALUES,
                        lasts) == 0 ||
      lasts->len != times->len)
    return;
  series->has_before = TRUE;
  series->before_ms = start + g_array_index (times, gint64, times->len - 1);
  series->before = g_array_index (lasts, gint64, lasts->len - 1);
}

static void
load_befores (MosStore *self, GHashTable *by_id)
{
  sqlite3_stmt *s = mos_store_prepare (
      self, "SELECT series, start, t3 FROM block WHERE stop >="
            " (SELECT max(stop) FROM block) - ?");

  if (s == NULL)
    return;
  sqlite3_bind_int64 (s, 1, 5 * MAX (self->interval_ms, 1000));
  while (sqlite3_step (s) == SQLITE_ROW) {
    gint64          id = sqlite3_column_int64 (s, 0);
    MosStoreSeries *series = g_hash_table_lookup (by_id, &id);
    const guint8   *data = sqlite3_column_blob (s, 2);

    if (series != NULL && data != NULL)
      load_before (series, sqlite3_column_int64 (s, 1), data,
                   (gsize) sqlite3_column_bytes (s, 2));
  }
  sqlite3_finalize (s);
}

/* What a program before this one had not made blocks of. */
static void
load_fresh (MosStore *self)
{
  g_autoptr (GHashTable) by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  sqlite3_stmt *s =
      mos_store_prepare (self, "SELECT time, data FROM fresh ORDER BY time");
  GHashTableIter iter;
  gpointer       value;

  g_hash_table_iter_init (&iter, self->series);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_hash_table_insert (by_id, &((MosStoreSeries *) value)->id, value);
  load_befores (self, by_id);
  while (s != NULL && sqlite3_step (s) == SQLITE_ROW)
    load_tick (self, sqlite3_column_int64 (s, 0), sqlite3_column_blob (s, 1),
               (gsize) sqlite3_column_bytes (s, 1), by_id);
  sqlite3_finalize (s);
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

static gboolean
flush_locked (MosStore *self)
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
    push (intern (self, &readings[i].key), time_ms, readings[i].value);
  count_tick (self, time_ms);
  saved = try_save_tick (self, time_ms, readings, n);
  if (!saved)
    self->unsaved++;
  if (self->n_ticks >= self->retry)
    saved = flush_locked (self);
  g_mutex_unlock (&self->lock);
  return saved;
}

gboolean
mos_store_flush (MosStore *self)
{
  gboolean ok;

  g_mutex_lock (&self->lock);
  ok = flush_locked (self);
  g_mutex_unlock (&self->lock);
  return ok;
}

/* -- age ----------------------------------------------------------------- */

void
mos_store_prune (MosStore *self, gint64 now_ms)
{
  static const char *const statements[] = {
    "DELETE FROM block WHERE stop < ?1 AND NOT EXISTS (SELECT 1 FROM keep"
    " WHERE keep.start <= block.stop AND keep.stop >= block.start AND"
    " keep.machine IN ('', (SELECT machine FROM series"
    " WHERE series.id = block.series)))",
    "DELETE FROM note WHERE time < ?1 AND NOT EXISTS (SELECT 1 FROM keep"
    " WHERE keep.start <= note.time AND keep.stop >= note.time)",
  };

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < G_N_ELEMENTS (statements); i++) {
    sqlite3_stmt *s = mos_store_prepare (self, statements[i]);

    if (s == NULL)
      continue;
    sqlite3_bind_int64 (s, 1, now_ms - self->retention_ms);
    mos_store_finish (s);
  }
  mos_store_run (self, "PRAGMA incremental_vacuum(64)");
  g_mutex_unlock (&self->lock);
}

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
  flush_locked (self);
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
  first_ms = ask_int (self, "SELECT min(start) FROM block");
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
  bytes = (guint64) (ask_int (self, "PRAGMA page_count") *
                     ask_int (self, "PRAGMA page_size"));
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

/* -- opening ------------------------------------------------------------- */

static gboolean
take_lock (MosStore *self, GError **error)
{
  g_autofree char *path = g_strconcat (self->path, ".lock", NULL);

  self->lock_fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (self->lock_fd < 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
                 _ ("The samples' file %s cannot be locked: %s"), path,
                 g_strerror (errno));
    return FALSE;
  }
  if (flock (self->lock_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_IN_USE,
               _ ("Another MultiOS Lab is writing %s; samples of this one are "
                  "kept in memory only"),
               self->path);
  return FALSE;
}

static int
open_database (MosStore *self)
{
  int flags = self->read_only ? SQLITE_OPEN_READONLY
                              : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  int result =
      sqlite3_open_v2 (self->path != NULL ? self->path : ":memory:", &self->db,
                       flags | SQLITE_OPEN_NOMUTEX, NULL);

  sqlite3_busy_timeout (self->db, BUSY_MS);
  if (result == SQLITE_OK && !self->read_only)
    result = sqlite3_exec (self->db,
                           "PRAGMA auto_vacuum = INCREMENTAL;"
                           "PRAGMA journal_mode = WAL;"
                           "PRAGMA synchronous = NORMAL;"
                           "PRAGMA journal_size_limit = 4194304",
                           NULL, NULL, NULL);
  if (result == SQLITE_OK)
    result = sqlite3_exec (self->db, "SELECT count(*) FROM sqlite_master", NULL,
                           NULL, NULL);
  return result;
}

/* Somebody else's bytes, or damaged ones, are kept beside. */
static gboolean
set_aside (MosStore *self)
{
  g_autofree char *aside = g_strconcat (self->path, ".broken", NULL);
  g_autofree char *wal = g_strconcat (self->path, "-wal", NULL);

  g_clear_pointer (&self->db, sqlite3_close);
  g_unlink (wal);
  return g_rename (self->path, aside) == 0;
}

static gboolean
check_version (MosStore *self, GError **error)
{
  gint64 version = ask_int (self, "PRAGMA user_version");

  if (version <= VERSION)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
               _ ("%s was written by a newer MultiOS Lab (version %d of the "
                  "format; this one reads up to %d)"),
               self->path, (int) version, VERSION);
  return FALSE;
}

static gboolean
prepare_database (MosStore              *self,
                  const MosStoreOptions *options,
                  GError               **error)
{
  int result = open_database (self);

  if ((result == SQLITE_NOTADB || result == SQLITE_CORRUPT) &&
      self->path != NULL && !self->read_only && set_aside (self))
    result = open_database (self);
  if (result != SQLITE_OK) {
    g_set_error (error, MOS_ERROR,
                 result == SQLITE_CANTOPEN ? MOS_ERROR_NOT_FOUND : MOS_ERROR_IO,
                 _ ("The samples in %s cannot be opened: %s"),
                 self->path != NULL ? self->path : _ ("memory"),
                 sqlite3_errmsg (self->db));
    return FALSE;
  }
  if (!check_version (self, error))
    return FALSE;
  if (self->read_only)
    return TRUE;
  if (!mos_store_run (self, schema) ||
      !mos_store_run (self, "PRAGMA user_version = 1")) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
                 _ ("The samples in %s cannot be written: %s"), self->path,
                 sqlite3_errmsg (self->db));
    return FALSE;
  }
  if (options->max_bytes > 0) {
    char sql[64];

    g_snprintf (sql, sizeof sql, "PRAGMA max_page_count = %" G_GINT64_FORMAT,
                options->max_bytes / 4096);
    mos_store_run (self, sql);
  }
  return TRUE;
}

MosStore *
mos_store_open (const char            *path,
                const MosStoreOptions *options,
                GError               **error)
{
  static const MosStoreOptions defaults = { 0 };
  g_autoptr (MosStore) self = g_new0 (MosStore, 1);

  if (options == NULL)
    options = &defaults;
  g_mutex_init (&self->lock);
  self->path = g_strdup (path);
  self->lock_fd = -1;
  self->read_only = options->read_only;
  self->retention_ms =
      options->retention_ms > 0 ? options->retention_ms : DAY_MS;
  self->interval_ms = options->interval_ms > 0 ? options->interval_ms : 1000;
  self->retry = MOS_STORE_BLOCK;
  self->series = g_hash_table_new_full (
      mos_series_key_hash, mos_series_key_equal, NULL, series_free);
  if (path != NULL && !self->read_only && !take_lock (self, error))
    return NULL;
  if (!prepare_database (self, options, error))
    return NULL;
  load_series (self);
  load_fresh (self);
  if (self->last_ms == 0)
    self->last_ms = ask_int (self, "SELECT max(stop) FROM block");
  if (!self->read_only)
    flush_locked (self);
  return g_steal_pointer (&self);
}

void
mos_store_close (MosStore *self)
{
  if (self == NULL)
    return;
  if (self->db != NULL && !self->read_only && self->last_ms != 0)
    flush_locked (self);
  g_clear_pointer (&self->series, g_hash_table_unref);
  g_clear_pointer (&self->db, sqlite3_close);
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_free (self->path);
  g_mutex_clear (&self->lock);
  g_free (self);
}
