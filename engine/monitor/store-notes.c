/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What stands beside the samples on the time line: notes (a start, an alert,
 * a clock that was set) and baselines, the ranges that retention spares.
 */
#include "engine/monitor/store-private.h"

static const char *
text_of (sqlite3_stmt *s, int column)
{
  const char *text = (const char *) sqlite3_column_text (s, column);

  return text != NULL ? text : "";
}

void
mos_store_add_note (MosStore   *self,
                    gint64      time_ms,
                    const char *machine,
                    const char *kind,
                    const char *text)
{
  sqlite3_stmt *s;

  g_mutex_lock (&self->lock);
  s = mos_store_prepare (self, "INSERT INTO note VALUES (?, ?, ?, ?)");
  if (s != NULL) {
    sqlite3_bind_int64 (s, 1, time_ms);
    mos_store_bind_text (s, 2, machine != NULL ? machine : "");
    mos_store_bind_text (s, 3, kind);
    mos_store_bind_text (s, 4, text);
    mos_store_finish (s);
  }
  g_mutex_unlock (&self->lock);
}

void
mos_note_free (MosNote *note)
{
  if (note == NULL)
    return;
  g_free (note->text);
  g_free (note);
}

GPtrArray *
mos_store_notes (MosStore   *self,
                 const char *machine,
                 gint64      from_ms,
                 gint64      to_ms)
{
  GPtrArray *notes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_note_free);
  sqlite3_stmt *s;

  g_mutex_lock (&self->lock);
  s = mos_store_prepare (
      self, "SELECT time, machine, kind, text FROM note WHERE time BETWEEN ?"
            " AND ? AND (?3 IS NULL OR machine IN ('', ?3)) ORDER BY time");
  if (s != NULL) {
    sqlite3_bind_int64 (s, 1, from_ms);
    sqlite3_bind_int64 (s, 2, to_ms);
    if (machine != NULL)
      mos_store_bind_text (s, 3, machine);
  }
  while (s != NULL && sqlite3_step (s) == SQLITE_ROW) {
    MosNote *note = g_new0 (MosNote, 1);

    note->time_ms = sqlite3_column_int64 (s, 0);
    g_strlcpy (note->machine, text_of (s, 1), sizeof note->machine);
    g_strlcpy (note->kind, text_of (s, 2), sizeof note->kind);
    note->text = g_strdup (text_of (s, 3));
    g_ptr_array_add (notes, note);
  }
  sqlite3_finalize (s);
  g_mutex_unlock (&self->lock);
  return notes;
}

gint64
mos_store_keep (MosStore   *self,
                const char *name,
                const char *machine,
                gint64      from_ms,
                gint64      to_ms)
{
  sqlite3_stmt *s;
  gint64        id = 0;

  g_mutex_lock (&self->lock);
  s = mos_store_prepare (
      self,
      "INSERT INTO keep (name, machine, start, stop) VALUES (?, ?, ?, ?)");
  if (s != NULL) {
    mos_store_bind_text (s, 1, name);
    mos_store_bind_text (s, 2, machine != NULL ? machine : "");
    sqlite3_bind_int64 (s, 3, from_ms);
    sqlite3_bind_int64 (s, 4, to_ms);
    if (mos_store_finish (s))
      id = sqlite3_last_insert_rowid (self->db);
  }
  g_mutex_unlock (&self->lock);
  return id;
}

void
mos_store_unkeep (MosStore *self, gint64 id)
{
  sqlite3_stmt *s;

  g_mutex_lock (&self->lock);
  s = mos_store_prepare (self, "DELETE FROM keep WHERE id = ?");
  if (s != NULL) {
    sqlite3_bind_int64 (s, 1, id);
    mos_store_finish (s);
  }
  g_mutex_unlock (&self->lock);
}

void
mos_baseline_free (MosBaseline *baseline)
{
  if (baseline == NULL)
    return;
  g_free (baseline->name);
  g_free (baseline);
}

GPtrArray *
mos_store_baselines (MosStore *self)
{
  GPtrArray *all =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_baseline_free);
  sqlite3_stmt *s;

  g_mutex_lock (&self->lock);
  s = mos_store_prepare (
      self, "SELECT id, name, machine, start, stop FROM keep ORDER BY id");
  while (s != NULL && sqlite3_step (s) == SQLITE_ROW) {
    MosBaseline *baseline = g_new0 (MosBaseline, 1);

    baseline->id = sqlite3_column_int64 (s, 0);
    baseline->name = g_strdup (text_of (s, 1));
    g_strlcpy (baseline->machine, text_of (s, 2), sizeof baseline->machine);
    baseline->from_ms = sqlite3_column_int64 (s, 3);
    baseline->to_ms = sqlite3_column_int64 (s, 4);
    g_ptr_array_add (all, baseline);
  }
  sqlite3_finalize (s);
  g_mutex_unlock (&self->lock);
  return all;
}
