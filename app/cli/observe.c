/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Watching one run.
 */
#include "app/cli/observe.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/summary.h"

#define N_PORTS      65536u
#define TRACE_EVENTS (1u << 20)

struct MosObserver {
  const MosObserveOptions *options;
  MosVm                   *vm;
  MosWatch                *watch;
  MosRecorder             *recorder;
  MosProfiler             *profiler;
  MosProfile              *profile;
  MosSymbols              *symbols;
  GArray                  *events;
  guint64                 *ports; /* atomics; for the report's advice */
  guint                    listener;
  gint64                   start_ms;
};

void
mos_observe_options_clear (MosObserveOptions *self)
{
  g_clear_pointer (&self->report, g_free);
  g_clear_pointer (&self->trace, g_free);
  g_clear_pointer (&self->profile, g_free);
  g_clear_pointer (&self->symbols, g_free);
}

gboolean
mos_observe_set_filter (MosObserveOptions *self,
                        const char        *text,
                        GError           **error)
{
  self->has_filter = TRUE;
  return mos_trace_filter_parse (&self->trace_filter, text, error);
}

gboolean
mos_observe_set_profile (MosObserveOptions *self,
                         const char        *text,
                         GError           **error)
{
  const char *colon = strchr (text, ':');

  for (guint i = 0; colon != NULL && colon[1] != '\0' && i < MOS_N_PROFILES;
       i++) {
    const char *name = mos_profile_infos[i].name;

    if (strlen (name) != (gsize) (colon - text) ||
        strncmp (name, text, strlen (name)) != 0)
      continue;
    self->profile_type = (MosProfileType) i;
    g_free (self->profile);
    self->profile = g_strdup (colon + 1);
    return TRUE;
  }
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("found “%s”; allowed: cpu:F, exits:F, memory:F, disk:F"),
               text);
  return FALSE;
}

static void
port_cb (const MosEvent *event, gpointer user_data)
{
  guint64 *ports = user_data;

  __atomic_add_fetch (&ports[event->code & (N_PORTS - 1)], 1, __ATOMIC_RELAXED);
}

static void
begin_report (MosObserver *self, MosHypervisor *hypervisor)
{
  guint interval_ms = self->options->interval_ms;

  self->watch =
      mos_watch_new (hypervisor, NULL, interval_ms != 0 ? interval_ms : 1000);
  self->ports = g_new0 (guint64, N_PORTS);
  self->listener = mos_trace_listen (
      mos_vm_get_trace (self->vm), 1u << MOS_EVENT_PORT, port_cb, self->ports);
}

MosObserver *
mos_observer_new (MosHypervisor           *hypervisor,
                  MosVm                   *vm,
                  const MosObserveOptions *options,
                  GError                 **error)
{
  g_autoptr (MosObserver) self = NULL;

  if (options->report == NULL && options->trace == NULL &&
      options->profile == NULL)
    return NULL;
  self = g_new0 (MosObserver, 1);
  self->options = options;
  self->vm = g_object_ref (vm);
  self->start_ms = g_get_real_time () / 1000;
  if (options->symbols != NULL) {
    self->symbols = mos_symbols_load (options->symbols, error);
    if (self->symbols == NULL)
      return NULL;
  }
  if (options->report != NULL)
    begin_report (self, hypervisor);
  if (options->trace != NULL) {
    MosTraceFilter filter = options->trace_filter;

    if (!options->has_filter)
      mos_trace_filter_init (&filter);
    self->recorder = mos_recorder_new (
        mos_vm_get_trace (vm), &filter,
        (guint) mos_vm_config_get_int (mos_vm_get_config (vm), "vcpu_count"),
        TRACE_EVENTS);
  }
  return g_steal_pointer (&self);
}

gboolean
mos_observer_started (MosObserver *self, GError **error)
{
  if (self == NULL || self->options->profile == NULL)
    return TRUE;
  if (mos_vm_get_state (self->vm) != MOS_VM_RUNNING) {
    /* It has ended already; there was nothing to see. */
    self->profile = mos_profile_new (mos_vm_get_name (self->vm),
                                     self->options->profile_type);
    return TRUE;
  }
  self->profiler = mos_profiler_start (
      self->vm, mos_vm_get_name (self->vm), self->options->profile_type,
      g_steal_pointer (&self->symbols), 0, error);
  return self->profiler != NULL;
}

void
mos_observer_ended (MosObserver *self)
{
  if (self == NULL)
    return;
  if (self->watch != NULL)
    mos_sampler_tick (mos_watch_get_sampler (self->watch));
  if (self->profiler != NULL)
    self->profile = mos_profiler_stop (g_steal_pointer (&self->profiler));
  if (self->recorder != NULL)
    self->events = mos_recorder_events (self->recorder);
  if (self->listener != 0)
    mos_trace_unlisten (mos_vm_get_trace (self->vm), self->listener);
  self->listener = 0;
}

static char *
profile_text (const MosProfile *profile, const char *path)
{
  return g_str_has_suffix (path, ".json") ? mos_profile_to_json (profile)
                                          : mos_profile_to_folded (profile);
}

static gboolean
write_report (MosObserver *self, GError **error)
{
  MosStore        *store = mos_watch_get_store (self->watch);
  g_autofree char *title =
      g_strdup_printf (_ ("Performance of “%s”"), mos_vm_get_name (self->vm));
  g_autoptr (MosSummary) summary = mos_summary_new (
      store, title, mos_vm_get_uuid (self->vm), mos_vm_get_name (self->vm),
      mos_watch_get_rules (self->watch), self->start_ms,
      mos_store_last_ms (store));

  summary->configuration = mos_vm_config_to_toml (mos_vm_get_config (self->vm));
  summary->ports = g_steal_pointer (&self->ports);
  if (self->profile != NULL)
    g_ptr_array_add (summary->profiles, g_steal_pointer (&self->profile));
  mos_summary_advise (summary);
  return mos_summary_save (summary, self->options->report, NULL, error);
}

gboolean
mos_observer_write (MosObserver *self, GError **error)
{
  if (self == NULL)
    return TRUE;
  if (self->events != NULL) {
    g_autofree char *json =
        mos_trace_to_chrome_json (self->events, mos_vm_get_name (self->vm));

    if (!g_file_set_contents (self->options->trace, json, -1, error))
      return FALSE;
  }
  if (self->profile != NULL) {
    g_autofree char *text =
        profile_text (self->profile, self->options->profile);

    if (!g_file_set_contents (self->options->profile, text, -1, error))
      return FALSE;
  }
  return self->watch == NULL || write_report (self, error);
}

void
mos_observer_free (MosObserver *self)
{
  if (self == NULL)
    return;
  mos_observer_ended (self);
  g_clear_object (&self->watch);
  mos_recorder_free (self->recorder);
  mos_profile_free (self->profile);
  mos_symbols_free (self->symbols);
  g_clear_pointer (&self->events, g_array_unref);
  g_free (self->ports);
  g_clear_object (&self->vm);
  g_free (self);
}
