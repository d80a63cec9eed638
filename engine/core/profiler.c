/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Profilers. The profile is filled under `lock`, on the vCPUs' threads; exits
 * are counted by address first and get their names at the end, so that the
 * path of an exit stays short.
 */
#include "engine/core/profiler.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/monitor/guest.h"
#include "engine/monitor/kallsyms.h"

#define MEMORY_MS  1000
#define MAX_CELLS  32768u /* 64 GiB */
#define MAX_PLACES 100000u
/* When a kernel is asked for its names again: after this, and after so many
 * times of what asking took. */
#define NAMES_US   250000
#define NAMES_REST 50

typedef struct {
  guint64 rip;
  guint32 reason;
  guint32 detail; /* port, or G_MAXUINT32 */
} Place;

struct MosProfiler {
  MosVm      *vm;
  MosSymbols *symbols;
  gint64      start_us;
  guint       hz;
  guint       listener;
  GThread    *thread;

  GMutex       lock; /* the following */
  GCond        cond;
  gboolean     stopping;
  MosProfile  *profile;
  GHashTable  *places; /* Place to guint64 */
  MosHeatCell *cells;
  guint        n_rounds;
  gint64       names_us; /* when names are looked for again */

  /* Disk requests by bucket when it began; by drive. */
  GHashTable *before;
};

static guint
place_hash (gconstpointer data)
{
  const Place *place = data;
  guint64      mixed = place->rip * 0x9e3779b97f4a7c15u ^
                  (guint64) place->reason << 32 ^ place->detail;

  return (guint) (mixed ^ mixed >> 32);
}

static gboolean
place_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Place)) == 0;
}

/* -- processors ---------------------------------------------------------- */

static void
cpu_sample (MosProfiler *self, const MosCpuState *state, MosBus *bus)
{
  guint64 frames[MOS_GUEST_MAX_FRAMES];
  guint   n;

  if (state->mp_state != MOS_MP_RUNNABLE) {
    mos_profile_add (self->profile, "[idle]", 1);
    return;
  }
  n = mos_guest_stack (state, bus->memory, frames);
  mos_profile_add_frames (self->profile, self->symbols, frames, n, NULL, 1);
}

/* Nobody gave us names: a Linux has its own, once it is there. */
static void
look_for_names (MosProfiler *self, const MosCpuState *state, MosBus *bus)
{
  gint64 now_us = g_get_monotonic_time ();

  if (self->symbols != NULL || self->profile->type == MOS_PROFILE_MEMORY ||
      now_us < self->names_us)
    return;
  self->symbols = mos_kallsyms_find (state, bus->memory);
  now_us += NAMES_REST * (g_get_monotonic_time () - now_us);
  self->names_us = now_us + NAMES_US;
}

static void
probe_cb (gpointer           user_data,
          MosVcpu           *vcpu,
          const MosCpuState *state,
          MosBus            *bus)
{
  MosProfiler *self = user_data;

  g_mutex_lock (&self->lock);
  look_for_names (self, state, bus);
  if (self->profile->type == MOS_PROFILE_CPU)
    cpu_sample (self, state, bus);
  else if (self->profile->type == MOS_PROFILE_MEMORY)
    mos_guest_heat (state, bus->memory, self->cells, MAX_CELLS);
  g_mutex_unlock (&self->lock);
}

static gpointer
probe_thread (gpointer user_data)
{
  MosProfiler *self = user_data;
  gint64       period_us = G_USEC_PER_SEC / self->hz;
  gint64       next_us = g_get_monotonic_time () + period_us;

  g_mutex_lock (&self->lock);
  while (!self->stopping) {
    if (g_cond_wait_until (&self->cond, &self->lock, next_us))
      continue;
    self->n_rounds++;
    g_mutex_unlock (&self->lock);
    mos_vm_probe (self->vm);
    next_us = MAX (next_us + period_us, g_get_monotonic_time ());
    g_mutex_lock (&self->lock);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* -- exits --------------------------------------------------------------- */

static void
exit_cb (const MosEvent *event, gpointer user_data)
{
  MosProfiler *self = user_data;
  const Place  key = { event->a, event->code, G_MAXUINT32 };
  guint64     *count;

  g_mutex_lock (&self->lock);
  count = g_hash_table_lookup (self->places, &key);
  if (count == NULL && g_hash_table_size (self->places) < MAX_PLACES) {
    count = g_new0 (guint64, 1);
    g_hash_table_insert (self->places, g_memdup2 (&key, sizeof key), count);
  }
  if (count != NULL)
    ++*count;
  g_mutex_unlock (&self->lock);
}

static void
name_places (MosProfiler *self)
{
  GHashTableIter iter;
  gpointer       key, value;

  g_hash_table_iter_init (&iter, self->places);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const Place *place = key;
    guint64      offset = 0;
    const char  *name = mos_symbols_find (self->symbols, place->rip, &offset);
    const char  *reason = place->reason < MOS_N_EXITS
                              ? mos_exit_infos[place->reason].name
                              : "other";
    g_autofree char *stack = NULL;

    if (name != NULL)
      stack = g_strdup_printf ("%s;%s+0x%" G_GINT64_MODIFIER "x", reason, name,
                               offset);
    else
      stack =
          g_strdup_printf ("%s;0x%" G_GINT64_MODIFIER "x", reason, place->rip);
    mos_profile_add (self->profile, stack, *(guint64 *) value);
  }
}

/* -- memory -------------------------------------------------------------- */

/* Pages over all rounds, so that what was hot for long is large. */
static void
name_cells (MosProfiler *self)
{
  for (guint i = 0; i < MAX_CELLS; i++) {
    const MosHeatCell *cell = &self->cells[i];
    char               stack[64];

    if (cell->present == 0)
      continue;
    g_snprintf (stack, sizeof stack, "dirty;%u MiB", i * 2);
    if (cell->dirty > 0)
      mos_profile_add (self->profile, stack, cell->dirty);
    g_snprintf (stack, sizeof stack, "accessed;%u MiB", i * 2);
    if (cell->accessed > cell->dirty)
      mos_profile_add (self->profile, stack, cell->accessed - cell->dirty);
    g_snprintf (stack, sizeof stack, "untouched;%u MiB", i * 2);
    if (cell->present > cell->accessed)
      mos_profile_add (self->profile, stack, cell->present - cell->accessed);
  }
}

/* -- disks --------------------------------------------------------------- */

typedef struct {
  MosProfiler *self;
  gboolean     at_end;
} Latencies;

static void
latency_cb (gpointer user_data, const MosSeriesKey *key, gint64 value)
{
  Latencies *latencies = user_data;
  gint64    *before;

  if (key->metric != MOS_METRIC_DISK_LATENCY)
    return;
  before = g_hash_table_lookup (latencies->self->before, key);
  if (!latencies->at_end) {
    g_hash_table_insert (latencies->self->before, g_memdup2 (key, sizeof *key),
                         g_memdup2 (&value, sizeof value));
    return;
  }
  value -= before != NULL ? *before : 0;
  if (value > 0) {
    g_autofree char *stack =
        g_strdup_printf ("%s;≤ %s µs", key->device, key->label);

    mos_profile_add (latencies->self->profile, stack, (guint64) value);
  }
}

static void
read_latencies (MosProfiler *self, gboolean at_end)
{
  Latencies latencies = { self, at_end };

  mos_vm_collect (self->vm, NULL, latency_cb, &latencies);
}

/* -- the door ------------------------------------------------------------ */

static gboolean
start_thread (MosProfiler *self, GError **error)
{
  if (self->profile->type == MOS_PROFILE_MEMORY) {
    self->hz = 1000 / MEMORY_MS;
    self->cells = g_new0 (MosHeatCell, MAX_CELLS);
  } else if (self->profile->type == MOS_PROFILE_EXITS) {
    self->hz = 1; /* only to look for names */
  }
  mos_vm_set_probe (self->vm, probe_cb, self);
  self->thread = g_thread_try_new ("profiler", probe_thread, self, error);
  return self->thread != NULL;
}

static gboolean
begin (MosProfiler *self, GError **error)
{
  switch (self->profile->type) {
  case MOS_PROFILE_EXITS:
    self->listener = mos_trace_listen (mos_vm_get_trace (self->vm),
                                       1u << MOS_EVENT_EXIT, exit_cb, self);
    return self->symbols != NULL || start_thread (self, error);
  case MOS_PROFILE_DISK:
    read_latencies (self, FALSE);
    return TRUE;
  case MOS_PROFILE_CPU:
  case MOS_PROFILE_MEMORY:
  case MOS_N_PROFILES:
  default:
    return start_thread (self, error);
  }
}

static void
end (MosProfiler *self)
{
  if (self->listener != 0)
    mos_trace_unlisten (mos_vm_get_trace (self->vm), self->listener);
  if (self->thread != NULL) {
    g_mutex_lock (&self->lock);
    self->stopping = TRUE;
    g_cond_signal (&self->cond);
    g_mutex_unlock (&self->lock);
    g_thread_join (self->thread);
  }
  mos_vm_set_probe (self->vm, NULL, NULL);
}

static void
profiler_free (MosProfiler *self)
{
  mos_profile_free (self->profile);
  mos_symbols_free (self->symbols);
  g_hash_table_unref (self->places);
  g_hash_table_unref (self->before);
  g_free (self->cells);
  g_object_unref (self->vm);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

MosProfiler *
mos_profiler_start (MosVm         *vm,
                    const char    *name,
                    MosProfileType type,
                    MosSymbols    *symbols,
                    guint          hz,
                    GError       **error)
{
  MosProfiler *self = g_new0 (MosProfiler, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->vm = g_object_ref (vm);
  self->symbols = symbols;
  self->hz =
      CLAMP (hz != 0 ? hz : MOS_PROFILER_DEFAULT_HZ, 1, MOS_PROFILER_MAX_HZ);
  self->profile = mos_profile_new (name, type);
  g_strlcpy (self->profile->machine, mos_vm_get_uuid (vm),
             sizeof self->profile->machine);
  g_free (self->profile->machine_name);
  self->profile->machine_name = g_strdup (mos_vm_get_name (vm));
  self->profile->start_ms = g_get_real_time () / 1000;
  self->start_us = g_get_monotonic_time ();
  self->places =
      g_hash_table_new_full (place_hash, place_equal, g_free, g_free);
  self->before = g_hash_table_new_full (mos_series_key_hash,
                                        mos_series_key_equal, g_free, g_free);
  if (mos_vm_get_state (vm) != MOS_VM_RUNNING) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_WRONG_STATE,
                 _ ("“%s” can be profiled only while it runs"),
                 mos_vm_get_name (vm));
    profiler_free (self);
    return NULL;
  }
  if (!begin (self, error)) {
    end (self);
    profiler_free (self);
    return NULL;
  }
  return self;
}

MosProfile *
mos_profiler_stop (MosProfiler *self)
{
  MosProfile *profile;

  end (self);
  if (self->profile->type == MOS_PROFILE_EXITS)
    name_places (self);
  else if (self->profile->type == MOS_PROFILE_MEMORY)
    name_cells (self);
  else if (self->profile->type == MOS_PROFILE_DISK)
    read_latencies (self, TRUE);
  profile = g_steal_pointer (&self->profile);
  profile->seconds =
      (double) (g_get_monotonic_time () - self->start_us) / G_USEC_PER_SEC;
  profiler_free (self);
  return profile;
}

guint64
mos_profiler_count (MosProfiler *self)
{
  guint64 count;

  g_mutex_lock (&self->lock);
  count = self->profile->total;
  g_mutex_unlock (&self->lock);
  return count;
}
