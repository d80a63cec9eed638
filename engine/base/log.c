/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The ring behind MosLog; see the header. One lock, short sections.
 */
#include "engine/base/log.h"

struct MosLog {
  gatomicrefcount refs;
  GMutex          lock;
  GQueue          lines; /* of MosLogLine, oldest first; under lock */
  guint           capacity;
  guint64         last_serial;
  GHashTable     *once; /* static strings seen by mos_log_once() */
  MosLogFunc      watch;
  gpointer        watch_data;
};

MosLog *
mos_log_new (guint capacity)
{
  MosLog *self = g_new0 (MosLog, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  g_queue_init (&self->lines);
  self->capacity = CLAMP (capacity, 1, 100000);
  self->once = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

MosLog *
mos_log_ref (MosLog *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_log_unref (MosLog *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_queue_clear_full (&self->lines, (GDestroyNotify) mos_log_line_free);
  g_hash_table_unref (self->once);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
add (MosLog *self, MosLogLevel level, char *text)
{
  MosLogLine *line = g_new0 (MosLogLine, 1);

  line->time_us = g_get_real_time ();
  line->level = level;
  line->text = text;

  g_mutex_lock (&self->lock);
  line->serial = ++self->last_serial;
  g_queue_push_tail (&self->lines, line);
  if (self->lines.length > self->capacity)
    mos_log_line_free (g_queue_pop_head (&self->lines));
  if (self->watch != NULL)
    self->watch (line, self->watch_data);
  g_mutex_unlock (&self->lock);
}

void
mos_log (MosLog *self, MosLogLevel level, const char *format, ...)
{
  va_list args;

  if (self == NULL)
    return;
  va_start (args, format);
  add (self, level, g_strdup_vprintf (format, args));
  va_end (args);
}

void
mos_log_once (MosLog     *self,
              const char *key,
              MosLogLevel level,
              const char *format,
              ...)
{
  gboolean first;
  va_list  args;

  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  first = g_hash_table_add (self->once, (gpointer) key);
  g_mutex_unlock (&self->lock);
  if (!first)
    return;

  va_start (args, format);
  add (self, level, g_strdup_vprintf (format, args));
  va_end (args);
}

GPtrArray *
mos_log_lines (MosLog *self, guint64 after)
{
  GPtrArray *lines =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_log_line_free);

  g_mutex_lock (&self->lock);
  for (GList *l = self->lines.head; l != NULL; l = l->next) {
    const MosLogLine *line = l->data;
    MosLogLine       *copy;

    if (line->serial <= after)
      continue;
    copy = g_new (MosLogLine, 1);
    *copy = *line;
    copy->text = g_strdup (line->text);
    g_ptr_array_add (lines, copy);
  }
  g_mutex_unlock (&self->lock);
  return lines;
}

void
mos_log_line_free (MosLogLine *line)
{
  if (line == NULL)
    return;
  g_free (line->text);
  g_free (line);
}

void
mos_log_set_watch (MosLog *self, MosLogFunc func, gpointer user_data)
{
  g_mutex_lock (&self->lock);
  self->watch = func;
  self->watch_data = user_data;
  g_mutex_unlock (&self->lock);
}

const char *
mos_log_level_name (MosLogLevel level)
{
  switch (level) {
  case MOS_LOG_DEBUG:
    return "debug";
  case MOS_LOG_INFO:
    return "info";
  case MOS_LOG_WARNING:
    return "warning";
  case MOS_LOG_ERROR:
  default:
    return "error";
  }
}
