/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What goes: old blocks, series of which nothing is left, and all of a machine
 * that is no more. Rows of ticks keep their values until they become blocks;
 * those of a series that is gone are nobody's then.
 */
#include "engine/monitor/store-private.h"

static gboolean
has_blocks (MosStore *self, gint64 series)
{
  sqlite3_stmt *s =
      mos_store_prepare (self, "SELECT 1 FROM block WHERE series = ? LIMIT 1");
  gboolean has;

  if (s == NULL)
    return TRUE; /* in doubt */
  sqlite3_bind_int64 (s, 1, series);
  has = sqlite3_step (s) != SQLITE_DONE;
  sqlite3_finalize (s);
  return has;
}

/* Series would pile up with the machines that had them. */
static void
prune_series (MosStore *self, gint64 old_ms)
{
  GHashTableIter iter;
  gpointer       value;

  g_hash_table_iter_init (&iter, self->series);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const MosStoreSeries *series = value;
    sqlite3_stmt         *s;

    if (series->times->len > 0 || series->before_ms >= old_ms ||
        has_blocks (self, series->id))
      continue;
    s = mos_store_prepare (self, "DELETE FROM series WHERE id = ?");
    if (s == NULL)
      continue;
    sqlite3_bind_int64 (s, 1, series->id);
    if (mos_store_finish (s))
      g_hash_table_iter_remove (&iter);
  }
}

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
  gint64 old_ms;

  g_mutex_lock (&self->lock);
  old_ms = now_ms - self->retention_ms;
  for (guint i = 0; i < G_N_ELEMENTS (statements); i++) {
    sqlite3_stmt *s = mos_store_prepare (self, statements[i]);

    if (s == NULL)
      continue;
    sqlite3_bind_int64 (s, 1, old_ms);
    mos_store_finish (s);
  }
  prune_series (self, old_ms);
  mos_store_run (self, "PRAGMA incremental_vacuum(64)");
  g_mutex_unlock (&self->lock);
}

/* All or nothing, in the file. */
static gboolean
delete_rows (MosStore *self, const char *machine)
{
  static const char *const statements[] = {
    "DELETE FROM block WHERE series IN"
    " (SELECT id FROM series WHERE machine = ?1)",
    "DELETE FROM series WHERE machine = ?1",
    "DELETE FROM note WHERE machine = ?1",
    "DELETE FROM keep WHERE machine = ?1",
    "DELETE FROM profile WHERE machine = ?1",
  };
  gboolean ok = mos_store_run (self, "BEGIN IMMEDIATE");

  if (!ok)
    return FALSE;
  for (guint i = 0; ok && i < G_N_ELEMENTS (statements); i++) {
    sqlite3_stmt *s = mos_store_prepare (self, statements[i]);

    if (s != NULL)
      mos_store_bind_text (s, 1, machine);
    ok = mos_store_finish (s);
  }
  if (ok && mos_store_run (self, "COMMIT"))
    return TRUE;
  mos_store_run (self, "ROLLBACK");
  return FALSE;
}

gboolean
mos_store_forget (MosStore *self, const char *machine)
{
  gboolean ok;

  g_return_val_if_fail (*machine != '\0', FALSE);

  g_mutex_lock (&self->lock);
  ok = !self->read_only && delete_rows (self, machine);
  if (ok)
    mos_series_key_forget (self->series, machine);
  g_mutex_unlock (&self->lock);
  return ok;
}
