/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Opening a store: the tables, what an earlier program left, and closing.
 *
 * `series` names the series; `fresh` has a row for each tick that is in no
 * block yet; `block` has a row for each 512 ticks of a series with its pyramid,
 * coarse columns first, so that SQLite never touches the pages of the fine ones
 * unless they are asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/monitor/codec.h"
#include "engine/monitor/store-private.h"

#define VERSION 1
#define DAY_MS  (24 * 3600 * G_GINT64_CONSTANT (1000))
#define BUSY_MS 2000

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

/* -- what is there ------------------------------------------------------- */

static const char *
column_text (sqlite3_stmt *s, int column)
{
  const char *text = (const char *) sqlite3_column_text (s, column);

  return text != NULL ? text : "";
}

/* The next series gets a higher number; the file may say anything. */
static void
take_id (MosStore *self, gint64 id)
{
  self->last_id = CLAMP (id, self->last_id, G_MAXINT64 / 2);
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

    take_id (self, id);
    if (!mos_metric_find (column_text (s, 2), &metric))
      continue;
    mos_series_key_init (&key, metric, column_text (s, 1));
    key.vcpu = (gint16) sqlite3_column_int (s, 3);
    key.level = (gint16) sqlite3_column_int (s, 4);
    key.handled_by = (gint16) sqlite3_column_int (s, 5);
    mos_series_key_set_device (&key, column_text (s, 6));
    mos_series_key_set_label (&key, column_text (s, 7));
    if (g_hash_table_lookup (self->series, &key) == NULL)
      mos_store_add_series (self, &key, id)->is_saved = TRUE;
  }
  sqlite3_finalize (s);
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
      mos_store_push (series, time_ms, g_array_index (values, gint64, i));
    else /* of a machine that is gone: its number is taken all the same */
      take_id (self, g_array_index (ids, gint64, i));
  }
  mos_store_count_tick (self, time_ms);
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
  /* A graph of a day is some thousand pages, which are wanted again and again
   * while it is looked at. */
  if (result == SQLITE_OK)
    result =
        sqlite3_exec (self->db, "PRAGMA cache_size = -16384", NULL, NULL, NULL);
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
  gint64 version = mos_store_ask_int (self, "PRAGMA user_version");

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
      mos_series_key_hash, mos_series_key_equal, NULL, mos_store_series_free);
  if (path != NULL && !self->read_only && !take_lock (self, error))
    return NULL;
  if (!prepare_database (self, options, error))
    return NULL;
  load_series (self);
  load_fresh (self);
  if (self->last_ms == 0)
    self->last_ms = mos_store_ask_int (self, "SELECT max(stop) FROM block");
  if (!self->read_only)
    mos_store_flush_locked (self);
  return g_steal_pointer (&self);
}

void
mos_store_close (MosStore *self)
{
  if (self == NULL)
    return;
  if (self->db != NULL && !self->read_only && self->last_ms != 0)
    mos_store_flush_locked (self);
  g_clear_pointer (&self->series, g_hash_table_unref);
  g_clear_pointer (&self->db, sqlite3_close);
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_free (self->path);
  g_mutex_clear (&self->lock);
  g_free (self);
}
