/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Where samples are kept.
 *
 * A store is one SQLite file in WAL mode, or lives in memory. Every tick is
 * one small committed row, so a killed program loses at most the tick it was
 * at; every 512 ticks those rows become one block for each series, packed,
 * with a pyramid of three coarser copies (8, 64 and 512 samples in one point:
 * least, greatest, mean), so that any range is drawn from about as many points
 * as there are pixels. Blocks older than the retention go, unless a baseline
 * keeps them.
 *
 * Time is in milliseconds since 1970 and only grows inside a store; when the
 * host's clock is set, mos_store_shift() moves what is there, so that a
 * minute ago stays a minute ago. A full disk never damages what is kept: new
 * samples stay in memory, the newest 2,048 ticks of them, and reach the disk
 * when there is room again.
 *
 * Threads: everything may be called from any thread; one lock.
 */
#pragma once

#include "engine/monitor/metric.h"

G_BEGIN_DECLS

typedef struct MosStore MosStore;

typedef struct {
  gint64   retention_ms; /* 0: 24 hours */
  gint64   interval_ms;  /* between ticks; 0: a second */
  gint64   max_bytes;    /* 0: no limit; tests of a full disk set it */
  gboolean read_only;    /* beside the program that writes */
} MosStoreOptions;

/*
 * @path: the file, made when it is not there; NULL: in memory. A file that is
 * no database is set aside as PATH.broken and a new one begun. MOS_ERROR_SYNTAX
 * if a newer version wrote it, MOS_ERROR_IN_USE if somebody else is writing
 * it, MOS_ERROR_NOT_FOUND if it is not there to read, MOS_ERROR_IO.
 */
MosStore *mos_store_open (const char            *path,
                          const MosStoreOptions *options,
                          GError               **error);
void      mos_store_close (MosStore *self);

void   mos_store_set_retention (MosStore *self, gint64 retention_ms);
void   mos_store_set_interval (MosStore *self, gint64 interval_ms);
gint64 mos_store_get_interval (MosStore *self);

/*
 * Keeps what was read at @time_ms, which must be later than the last tick.
 * FALSE when it is only in memory because the disk would not take it.
 */
gboolean mos_store_append (MosStore         *self,
                           gint64            time_ms,
                           const MosReading *readings,
                           guint             n);
/* Makes blocks of what is not yet in one; on closing it is done anyway. */
gboolean mos_store_flush (MosStore *self);
/* Removes what is older than the retention, seen from @now_ms. */
void mos_store_prune (MosStore *self, gint64 now_ms);
/* Removes all of @machine, baselines and profiles too; its alerts stay in their
 * list. Nothing is removed if it fails. */
gboolean mos_store_forget (MosStore *self, const char *machine);
/* The host's clock was set forward (or back) by @by_ms. */
void mos_store_shift (MosStore *self, gint64 by_ms);

/* Time of the last and first tick, 0 if there is none. */
gint64  mos_store_last_ms (MosStore *self);
gint64  mos_store_first_ms (MosStore *self);
guint64 mos_store_size (MosStore *self); /* on disk */
/* Ticks that are only in memory because the disk is full; 0: all is well. */
guint mos_store_unsaved (MosStore *self);

/* -- reading ------------------------------------------------------------- */

/* All series ever seen of @metric (or, MOS_N_METRICS, all) on @machine (""
 * host and lab, NULL all): array of MosSeriesKey, sorted by their text. */
GArray *mos_store_list (MosStore *self, MosMetric metric, const char *machine);

/* Of one or more samples. min, max, mean: a gauge's value, a counter's growth
 * a second. */
typedef struct {
  gint64   time_ms; /* of the last sample in it */
  gint64   last;    /* exactly as it was read */
  double   min, max, mean;
  gboolean has_rate; /* FALSE: only `last` is known, nothing came before */
  gboolean gap;      /* nothing connects it to the point before */
} MosPoint;

/* The points of @key from @from_ms to @to_ms, ascending, at most about
 * @max_points (0: every sample); element type MosPoint. */
GArray *mos_store_read (MosStore           *self,
                        const MosSeriesKey *key,
                        gint64              from_ms,
                        gint64              to_ms,
                        guint               max_points);

typedef struct {
  double   min, max, mean;
  gint64   last; /* exact; 0 if !has */
  gboolean has;  /* FALSE: no sample fell into it */
} MosCell;

/*
 * The same by columns: cell i holds what came after @from_ms + i * @step_ms
 * up to and with @from_ms + (i + 1) * @step_ms. For graphs that add series.
 */
void mos_store_grid (MosStore           *self,
                     const MosSeriesKey *key,
                     gint64              from_ms,
                     gint64              step_ms,
                     guint               n_cells,
                     MosCell            *cells);

/* -- notes on the time line ---------------------------------------------- */

typedef struct {
  gint64 time_ms;
  char   machine[40];
  char   kind[16]; /* "lifecycle", "alert", "clock", "mark" */
  char  *text;
} MosNote;

void mos_store_add_note (MosStore   *self,
                         gint64      time_ms,
                         const char *machine,
                         const char *kind,
                         const char *text);
/* Of @machine (NULL: all) in a range; free through the array. */
GPtrArray *mos_store_notes (MosStore   *self,
                            const char *machine,
                            gint64      from_ms,
                            gint64      to_ms);
void       mos_note_free (MosNote *note);

/* -- baselines ----------------------------------------------------------- */

/* A named range that retention spares, to compare with. */
typedef struct {
  gint64 id;
  char  *name;
  char   machine[40];
  gint64 from_ms, to_ms;
} MosBaseline;

gint64     mos_store_keep (MosStore   *self,
                           const char *name,
                           const char *machine,
                           gint64      from_ms,
                           gint64      to_ms);
void       mos_store_unkeep (MosStore *self, gint64 id);
GPtrArray *mos_store_baselines (MosStore *self);
void       mos_baseline_free (MosBaseline *baseline);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosStore, mos_store_close)

G_END_DECLS
