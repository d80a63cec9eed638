/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a range of time was like, as a document: configuration, what happened
 * when, graphs, every counter, exits, a profile, the hierarchy, and advice.
 *
 * A summary is gathered once from a store and written in any form: HTML in one
 * file, PDF, JSON, CSV, Prometheus text. All of them show the same numbers,
 * the last readings in the range. No toolkit; any thread, one at a time.
 */
#pragma once

#include "app/plot.h"

G_BEGIN_DECLS

typedef struct {
  char      *title;
  gint64     from_ms, to_ms;
  char      *machine;       /* a uuid; "": the host and all machines */
  char      *machine_name;  /* or "" */
  char      *configuration; /* TOML, or NULL */
  GArray    *levels;        /* of MosSummaryLevel, ascending */
  GArray    *readings;      /* of MosReading, sorted by key */
  GPtrArray *notes;         /* of MosNote */
  GPtrArray *alerts;        /* of MosAlertRecord */
  GPtrArray *plots;         /* of MosPlot */
  GPtrArray *profiles;      /* of MosProfile; added by the caller */
  GPtrArray *advice;        /* of char * */
  guint64   *ports;         /* accesses by port, 65,536, or NULL; owned */
} MosSummary;

/* What a level of guests cost: its exits by who took them, its own time. */
typedef struct {
  guint  level;
  gint64 exits;
  gint64 taken_by[MOS_HIERARCHY_LEVELS]; /* 0: the lab */
  gint64 own_ns;                         /* 0: not known */
} MosSummaryLevel;

/* From the readings; and one of them in a sentence. */
GArray *mos_summary_count_levels (const MosSummary *self);
char   *mos_summary_level_describe (const MosSummary      *self,
                                    const MosSummaryLevel *level);

/* @machine NULL: the host and all. */
MosSummary *mos_summary_new (MosStore        *store,
                             const char      *title,
                             const char      *machine,
                             const char      *machine_name,
                             const GPtrArray *rules,
                             gint64           from_ms,
                             gint64           to_ms);
void        mos_summary_free (MosSummary *self);

/* Looks at the numbers and says what would help; after everything else has
 * been added. */
void mos_summary_advise (MosSummary *self);

char *mos_summary_to_html (const MosSummary *self);
char *mos_summary_to_json (const MosSummary *self);
char *mos_summary_to_csv (const MosSummary *self);
char *mos_summary_to_prometheus (const MosSummary *self);
gboolean
mos_summary_save_pdf (const MosSummary *self, const char *path, GError **error);

/* "html", "pdf", "json", "csv", "prom"; by the ending of @path if @format is
 * NULL. MOS_ERROR_INVALID_VALUE names the formats. */
gboolean mos_summary_save (const MosSummary *self,
                           const char       *path,
                           const char       *format,
                           GError          **error);

/* The value in people's unit, exactly, in decimal. */
char *mos_summary_number (const MosReading *reading);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosSummary, mos_summary_free)

G_END_DECLS
