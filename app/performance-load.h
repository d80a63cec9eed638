/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Filling plots on a worker thread, so that a day of samples never holds up
 * the window. Main thread.
 */
#pragma once

#include "app/plot.h"

G_BEGIN_DECLS

typedef struct {
  MosWatch  *watch;
  GPtrArray *infos;    /* of const MosGraphInfo */
  GPtrArray *machines; /* of MosPerformanceMachine, owned */
  gint64     from_ms, step_ms;
  guint      n_cells;
  gint64     baseline_ago_ms; /* 0: none */
} MosPerformanceRequest;

typedef struct {
  char *uuid;
  char *name;
} MosPerformanceMachine;

MosPerformanceMachine *mos_performance_machine_new (const char *uuid,
                                                    const char *name);

MosPerformanceRequest *mos_performance_request_new (MosWatch *watch);
void mos_performance_request_free (MosPerformanceRequest *self);

/* Takes @request over. @func gets the plots, in the order of the infos, as the
 * result of the task. */
void mos_performance_load (MosPerformanceRequest *request,
                           gpointer               source,
                           GAsyncReadyCallback    func,
                           gpointer               user_data);
/* Array of MosPlot; free it. */
GPtrArray *mos_performance_load_finish (GAsyncResult *result);

G_END_DECLS
