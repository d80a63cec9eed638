/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The insides of a MosStore: store-open.c, store.c (ticks, blocks),
 * store-forget.c (age, machines that are gone), store-read.c (points and
 * cells), store-notes.c (notes, baselines), and what else keeps rows in the
 * same file (alerts, profiles).
 */
#pragma once

#include <sqlite3.h>

#include "engine/monitor/store.h"

G_BEGIN_DECLS

/* Ticks in a block, samples in a point of each step of the pyramid. */
#define MOS_STORE_BLOCK     512u
#define MOS_STORE_FACTOR    8u
#define MOS_STORE_N_TIERS   4u
#define MOS_STORE_MAX_TICKS (4 * MOS_STORE_BLOCK)

typedef struct {
  MosSeriesKey key;
  gint64       id;
  gboolean     is_saved; /* its row is in the file */
  /* What is not in a block yet. */
  GArray *times;  /* of gint64 */
  GArray *values; /* of gint64 */
  /* The last sample before those. */
  gboolean has_before;
  gint64   before_ms;
  gint64   before;
} MosStoreSeries;

struct MosStore {
  GMutex   lock;
  sqlite3 *db;
  char    *path;
  int      lock_fd; /* -1: none */
  gboolean read_only;

  /* All with lock. */
  gint64      retention_ms;
  gint64      interval_ms;
  GHashTable *series; /* MosSeriesKey to MosStoreSeries, which owns the key */
  gint64      last_id;
  gint64      last_ms;
  gint64      first_ms;  /* of what is in memory */
  guint       n_ticks;   /* in memory, not in blocks */
  guint       unsaved;   /* of those, not even as a tick's row */
  guint       retry;     /* flush again when there are so many ticks */
  gint64      before_ms; /* of the tick before the last one */
};

/* Prepared each time; the number of calls is small. NULL on failure. */
sqlite3_stmt *mos_store_prepare (MosStore *self, const char *sql);
gboolean      mos_store_run (MosStore *self, const char *sql);
/* Steps a statement that returns nothing and finalises it. */
gboolean mos_store_finish (sqlite3_stmt *statement);
void     mos_store_bind_text (sqlite3_stmt *s, int at, const char *text);

gint64 mos_store_ask_int (MosStore *self, const char *sql);

/* store.c, for store-open.c. With lock. */
MosStoreSeries      *
mos_store_add_series (MosStore *self, const MosSeriesKey *key, gint64 id);
void mos_store_series_free (gpointer series);
void mos_store_push (MosStoreSeries *series, gint64 time_ms, gint64 value);
void mos_store_count_tick (MosStore *self, gint64 time_ms);
gboolean mos_store_flush_locked (MosStore *self);

/* store-read.c: points of raw samples, @factor in one, appended to @points.
 * The first of @n may be only what came before (@has_before). */
void mos_store_make_points (MosMetricKind kind,
                            const gint64 *times,
                            const gint64 *values,
                            guint         n,
                            gboolean      has_before,
                            gint64        gap_ms,
                            guint         factor,
                            GArray       *points);

G_END_DECLS
