/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A request with everything copied, and the worker that answers it.
 */
#include "app/performance-load.h"

static void
machine_free (gpointer data)
{
  MosPerformanceMachine *machine = data;

  g_free (machine->uuid);
  g_free (machine->name);
  g_free (machine);
}

MosPerformanceMachine *
mos_performance_machine_new (const char *uuid, const char *name)
{
  MosPerformanceMachine *machine = g_new (MosPerformanceMachine, 1);

  machine->uuid = g_strdup (uuid);
  machine->name = g_strdup (name);
  return machine;
}

MosPerformanceRequest *
mos_performance_request_new (MosWatch *watch)
{
  MosPerformanceRequest *self = g_new0 (MosPerformanceRequest, 1);

  self->watch = g_object_ref (watch);
  self->infos = g_ptr_array_new ();
  self->machines = g_ptr_array_new_with_free_func (machine_free);
  return self;
}

void
mos_performance_request_free (MosPerformanceRequest *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->infos);
  g_ptr_array_unref (self->machines);
  g_object_unref (self->watch);
  g_free (self);
}

typedef struct {
  MosPerformanceRequest *request;
  GPtrArray             *rules;
} Work;

static void
work_free (gpointer data)
{
  Work *work = data;

  g_ptr_array_unref (work->rules);
  g_free (work);
}

/* The watch may have its last reference here; it belongs to the main loop. */
static gboolean
drop_cb (gpointer data)
{
  mos_performance_request_free (data);
  return G_SOURCE_REMOVE;
}

static void
work_cb (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Work                      *work = data;
  MosPerformanceRequest     *request = work->request;
  MosStore                  *store = mos_watch_get_store (request->watch);
  guint                      n = request->machines->len;
  g_autofree MosPlotMachine *machines = g_new (MosPlotMachine, n + 1);
  GPtrArray                 *plots =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_plot_free);

  for (guint i = 0; i < n; i++) {
    const MosPerformanceMachine *machine = request->machines->pdata[i];

    machines[i] = (MosPlotMachine){ machine->uuid, machine->name };
  }
  for (guint i = 0; i < request->infos->len; i++) {
    MosPlot *plot = mos_plot_new (request->infos->pdata[i]);

    mos_plot_load (plot, store, machines, n, request->from_ms, request->step_ms,
                   request->n_cells);
    if (request->baseline_ago_ms != 0)
      mos_plot_load_baseline (plot, store, machines, n,
                              request->baseline_ago_ms);
    mos_plot_load_alerts (plot, store, work->rules, machines, n);
    g_ptr_array_add (plots, plot);
  }
  g_task_return_pointer (task, plots, (GDestroyNotify) g_ptr_array_unref);
  g_main_context_invoke (NULL, drop_cb, request);
}

void
mos_performance_load (MosPerformanceRequest *request,
                      gpointer               source,
                      GAsyncReadyCallback    func,
                      gpointer               user_data)
{
  g_autoptr (GTask) task = g_task_new (source, NULL, func, user_data);
  const GPtrArray *rules = mos_watch_get_rules (request->watch);
  Work            *work = g_new0 (Work, 1);

  work->request = request;
  work->rules =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_alert_rule_free);
  for (guint i = 0; i < rules->len; i++)
    g_ptr_array_add (work->rules, mos_alert_rule_copy (rules->pdata[i]));
  g_task_set_task_data (task, work, work_free);
  g_task_run_in_thread (task, work_cb);
}

GPtrArray *
mos_performance_load_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}
