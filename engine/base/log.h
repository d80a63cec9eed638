/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A machine's log: what a person reads to learn what happened.
 *
 * A bounded ring of lines with time and severity. Any thread may write; lines
 * are one sentence each. Guests can cause a line at most once per kind of
 * trouble (mos_log_once()), so a hostile guest cannot flood it. The window is
 * told through a callback that must only post elsewhere.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  MOS_LOG_DEBUG,
  MOS_LOG_INFO,
  MOS_LOG_WARNING,
  MOS_LOG_ERROR
} MosLogLevel;

typedef struct {
  gint64      time_us; /* g_get_real_time() */
  guint64     serial;  /* 1 for the first line ever, never reused */
  MosLogLevel level;
  char       *text;
} MosLogLine;

typedef struct MosLog MosLog;

typedef void (*MosLogFunc) (const MosLogLine *line, gpointer user_data);

/* @capacity: how many lines are kept, 1 to 100,000. Reference counted. */
MosLog *mos_log_new (guint capacity);
MosLog *mos_log_ref (MosLog *self);
void    mos_log_unref (MosLog *self);

/* Adds a line. Any thread. A NULL @self writes nothing. */
void mos_log (MosLog *self, MosLogLevel level, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* As mos_log(), but only the first time for this @key (a static string). */
void mos_log_once (MosLog     *self,
                   const char *key,
                   MosLogLevel level,
                   const char *format,
                   ...) G_GNUC_PRINTF (4, 5);

/* Copies the lines with serial > @after, oldest first; free with
 * mos_log_line_free() through the array. Any thread. */
GPtrArray *mos_log_lines (MosLog *self, guint64 after);
void       mos_log_line_free (MosLogLine *line);

/* One watcher, called under the log's lock on the writing thread; NULL ends
 * it, and no call is running any more when this returns. */
void mos_log_set_watch (MosLog *self, MosLogFunc func, gpointer user_data);

/* "info", "warning", … for display and JSON. */
const char *mos_log_level_name (MosLogLevel level);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosLog, mos_log_unref)

G_END_DECLS
