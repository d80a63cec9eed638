/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Ticks: collect, work out rates, keep, tell.
 *
 * `tick` is held during a tick, so sources come and go between ticks; `lock`
 * guards what the thread waits for.
 */
#include "engine/monitor/sampler.h"

#include <glib/gi18n-lib.h>
#include <time.h>

/* What clocks may differ between two ticks without having been set. */
#define JUMP_MS 2000
/* Old blocks are removed every so many ticks. */
#define PRUNE_TICKS 256
/* No rate is worked out over a longer gap than so many intervals. */
#define GAP_INTERVALS 5

typedef struct {
  guint                   id;
  const MosSamplerSource *klass;
  gpointer                source;
} Source;

typedef struct {
  MosSeriesKey key;
  gint64       steady_ms;
  gint64       value;
} Last;

struct MosSampler {
  MosStore       *store;
  MosSamplerClock clock;
  gpointer        clock_data;
  MosSamplerFunc  func;
  gpointer        user_data;

  GMutex      tick; /* the following */
  GArray     *sources;
  guint       last_source;
  GArray     *readings; /* of MosReading */
  GArray     *shown;    /* of MosShown */
  GHashTable *last;     /* of Last by key */
  GPtrArray  *gone;     /* of char *: machines to be forgotten */
  gboolean    has_clock;
  gint64      offset_ms; /* real minus steady, at the tick before */
  gint64      steady_ms; /* of the tick before; 0: none */
  guint       n_ticks;
  gint64      cpu_ns; /* atomic */

  GMutex   lock; /* the following */
  GCond    cond;
  GThread *thread;
  gboolean stopping;
  guint    interval_ms;
};

static gint64
clock_ms (clockid_t clock)
{
  struct timespec time;

  if (clock_gettime (clock, &time) != 0)
    return 0;
  return time.tv_sec * G_GINT64_CONSTANT (1000) + time.tv_nsec / 1000000;
}

static void
host_clock (gpointer user_data, gint64 *real_ms, gint64 *steady_ms)
{
  *real_ms = clock_ms (CLOCK_REALTIME);
  *steady_ms = clock_ms (CLOCK_BOOTTIME);
}

MosSampler *
mos_sampler_new (MosStore *store)
{
  MosSampler *self = g_new0 (MosSampler, 1);

  self->store = store;
  self->clock = host_clock;
  self->interval_ms = 1000;
  self->sources = g_array_new (FALSE, FALSE, sizeof (Source));
  self->readings = g_array_new (FALSE, FALSE, sizeof (MosReading));
  self->shown = g_array_new (FALSE, FALSE, sizeof (MosShown));
  self->last = g_hash_table_new_full (mos_series_key_hash, mos_series_key_equal,
                                      NULL, g_free);
  self->gone = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&self->tick);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  return self;
}

/* What a full disk does not let go now is tried again. */
static void
forget_gone (MosSampler *self)
{
  for (guint i = self->gone->len; i > 0; i--) {
    char *machine = self->gone->pdata[i - 1];

    mos_series_key_forget (self->last, machine);
    if (mos_store_forget (self->store, machine))
      g_ptr_array_remove_index (self->gone, i - 1);
  }
}

void
mos_sampler_free (MosSampler *self)
{
  if (self == NULL)
    return;
  mos_sampler_stop (self);
  forget_gone (self);
  g_ptr_array_unref (self->gone);
  g_array_unref (self->sources);
  g_array_unref (self->readings);
  g_array_unref (self->shown);
  g_hash_table_unref (self->last);
  g_mutex_clear (&self->tick);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
mos_sampler_set_clock (MosSampler     *self,
                       MosSamplerClock clock,
                       gpointer        user_data)
{
  self->clock = clock;
  self->clock_data = user_data;
}

void
mos_sampler_set_listener (MosSampler    *self,
                          MosSamplerFunc func,
                          gpointer       user_data)
{
  g_mutex_lock (&self->tick);
  self->func = func;
  self->user_data = user_data;
  g_mutex_unlock (&self->tick);
}

guint
mos_sampler_add (MosSampler             *self,
                 const MosSamplerSource *klass,
                 gpointer                source)
{
  Source added = { 0, klass, source };

  g_mutex_lock (&self->tick);
  added.id = ++self->last_source;
  g_array_append_val (self->sources, added);
  g_mutex_unlock (&self->tick);
  return added.id;
}

void
mos_sampler_remove (MosSampler *self, guint id)
{
  g_mutex_lock (&self->tick);
  for (guint i = 0; i < self->sources->len; i++) {
    if (g_array_index (self->sources, Source, i).id != id)
      continue;
    g_array_remove_index (self->sources, i);
    break;
  }
  g_mutex_unlock (&self->tick);
}

void
mos_sampler_forget (MosSampler *self, const char *machine)
{
  g_mutex_lock (&self->tick);
  g_ptr_array_add (self->gone, g_strdup (machine));
  g_mutex_unlock (&self->tick);
}

/* -- time ---------------------------------------------------------------- */

/* Milliseconds for this tick, later than all before. */
static gint64
tick_time (MosSampler *self, gint64 *steady_ms)
{
  gint64 real_ms, jump_ms, last_ms = mos_store_last_ms (self->store);

  self->clock (self->clock_data, &real_ms, steady_ms);
  if (!self->has_clock) {
    /* Samples from the future: the clock was set back between two runs. */
    if (last_ms > real_ms + JUMP_MS)
      jump_ms = real_ms - last_ms - 1;
    else
      jump_ms = 0;
    self->has_clock = TRUE;
  } else {
    jump_ms = real_ms - *steady_ms - self->offset_ms;
    if (ABS (jump_ms) < JUMP_MS)
      jump_ms = 0;
  }
  self->offset_ms = real_ms - *steady_ms;
  if (jump_ms != 0 && last_ms != 0) {
    g_autofree char *text = g_strdup_printf (
        _ ("The computer's clock was set by %+.1f s"), (double) jump_ms / 1000);

    mos_store_shift (self->store, jump_ms);
    mos_store_add_note (self->store, real_ms, NULL, "clock", text);
  }
  return MAX (real_ms, mos_store_last_ms (self->store) + 1);
}

/* -- a tick -------------------------------------------------------------- */

static void
reading_cb (gpointer user_data, const MosSeriesKey *key, gint64 value)
{
  MosSampler *self = user_data;
  MosReading  reading = { *key, value };

  g_array_append_val (self->readings, reading);
}

/* A counter that appears on a machine that was looked at before was 0. */
static Last *
find_last (MosSampler *self, const MosSeriesKey *key)
{
  Last *last = g_hash_table_lookup (self->last, key);

  if (last != NULL)
    return last;
  last = g_new0 (Last, 1);
  last->key = *key;
  if (key->machine[0] != '\0')
    last->steady_ms = self->steady_ms;
  g_hash_table_insert (self->last, &last->key, last);
  return last;
}

static void
work_out (MosSampler *self, const MosReading *reading, gint64 steady_ms)
{
  MosMetricKind kind = mos_metric_infos[reading->key.metric].kind;
  Last         *last = find_last (self, &reading->key);
  gint64        dt = steady_ms - last->steady_ms;
  MosShown      shown = { .key = reading->key, .value = reading->value };

  if (kind == MOS_METRIC_GAUGE) {
    shown.shown = (double) reading->value;
    shown.has = TRUE;
  } else if (last->steady_ms != 0 && dt > 0 &&
             dt <= GAP_INTERVALS * (gint64) MAX (self->interval_ms, 1000)) {
    gint64 grown = reading->value >= last->value ? reading->value - last->value
                                                 : reading->value;

    shown.shown = (double) grown * 1000 / (double) dt;
    shown.has = TRUE;
  }
  last->steady_ms = steady_ms;
  last->value = reading->value;
  g_array_append_val (self->shown, shown);
}

/* Whether anything was read of @machine in this tick. */
static gboolean
is_read (MosSampler *self, const char *machine, gint64 steady_ms)
{
  MosSeriesKey key;
  const Last  *last;

  mos_series_key_init (&key, MOS_METRIC_UPTIME, machine);
  last = g_hash_table_lookup (self->last, &key);
  return last != NULL && last->steady_ms == steady_ms;
}

/* Sources leave out what is 0. A counter that was more a tick ago has begun
 * anew with its machine; that it is 0 is kept, so that what it grows by next is
 * not spread over the time before. */
static void
add_fallen (MosSampler *self, gint64 steady_ms)
{
  GHashTableIter iter;
  gpointer       value;

  if (self->steady_ms == 0 || self->steady_ms == steady_ms)
    return;
  g_hash_table_iter_init (&iter, self->last);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Last *last = value;
    MosReading  reading = { last->key, 0 };

    if (last->steady_ms != self->steady_ms || last->value == 0 ||
        last->key.machine[0] == '\0' ||
        mos_metric_infos[last->key.metric].kind == MOS_METRIC_GAUGE ||
        !is_read (self, last->key.machine, steady_ms))
      continue;
    g_array_append_val (self->readings, reading);
    work_out (self, &reading, steady_ms);
  }
}

/* Series of machines that are gone would pile up. */
static gboolean
is_old_cb (gpointer key, gpointer value, gpointer user_data)
{
  return ((Last *) value)->steady_ms < *(gint64 *) user_data;
}

static void
tick_locked (MosSampler *self)
{
  gint64 steady_ms, time_ms = tick_time (self, &steady_ms);

  g_array_set_size (self->readings, 0);
  g_array_set_size (self->shown, 0);
  for (guint i = 0; i < self->sources->len; i++) {
    const Source *source = &g_array_index (self->sources, Source, i);

    source->klass->collect (source->source, reading_cb, self);
  }
  for (guint i = 0; i < self->readings->len; i++)
    work_out (self, &g_array_index (self->readings, MosReading, i), steady_ms);
  add_fallen (self, steady_ms);
  self->steady_ms = steady_ms;
  mos_store_append (self->store, time_ms,
                    (const MosReading *) (gpointer) self->readings->data,
                    self->readings->len);
  if (self->func != NULL)
    self->func (self->user_data, time_ms, steady_ms,
                (const MosShown *) (gpointer) self->shown->data,
                self->shown->len);
  forget_gone (self);
  if (++self->n_ticks % PRUNE_TICKS == 0) {
    gint64 old_ms = steady_ms - 10 * MOS_SAMPLER_MAX_MS;

    mos_store_prune (self->store, time_ms);
    g_hash_table_foreach_remove (self->last, is_old_cb, &old_ms);
  }
}

static gint64
thread_ns (void)
{
  struct timespec time;

  if (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time) != 0)
    return 0;
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

void
mos_sampler_tick (MosSampler *self)
{
  gint64 start_ns = thread_ns ();

  g_mutex_lock (&self->tick);
  tick_locked (self);
  g_mutex_unlock (&self->tick);
  __atomic_add_fetch (&self->cpu_ns, thread_ns () - start_ns, __ATOMIC_RELAXED);
}

gint64
mos_sampler_cpu_ns (MosSampler *self)
{
  return __atomic_load_n (&self->cpu_ns, __ATOMIC_RELAXED);
}

/* -- the thread ---------------------------------------------------------- */

/* Until a little after the next multiple of the interval, so that a tick that
 * comes early is still in its second; FALSE when it is time to end. */
static gboolean
wait_for_tick (MosSampler *self)
{
  gint64   real_ms, steady_ms, wait_ms, late_ms;
  gboolean go_on;

  self->clock (self->clock_data, &real_ms, &steady_ms);
  g_mutex_lock (&self->lock);
  late_ms = self->interval_ms / 8;
  wait_ms = self->interval_ms - (real_ms - late_ms) % self->interval_ms;
  if (wait_ms < self->interval_ms / 10) /* woken early: that one was it */
    wait_ms += self->interval_ms;
  if (!self->stopping)
    g_cond_wait_until (&self->cond, &self->lock,
                       g_get_monotonic_time () + wait_ms * 1000);
  go_on = !self->stopping;
  g_mutex_unlock (&self->lock);
  return go_on;
}

static gpointer
sampler_thread (gpointer user_data)
{
  MosSampler *self = user_data;

  while (wait_for_tick (self))
    mos_sampler_tick (self);
  return NULL;
}

gboolean
mos_sampler_start (MosSampler *self, GError **error)
{
  g_return_val_if_fail (self->thread == NULL, FALSE);

  self->stopping = FALSE;
  self->thread = g_thread_try_new ("sampler", sampler_thread, self, error);
  return self->thread != NULL;
}

void
mos_sampler_stop (MosSampler *self)
{
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->thread, g_thread_join);
}

void
mos_sampler_set_interval (MosSampler *self, guint interval_ms)
{
  g_mutex_lock (&self->lock);
  self->interval_ms =
      CLAMP (interval_ms, MOS_SAMPLER_MIN_MS, MOS_SAMPLER_MAX_MS);
  mos_store_set_interval (self->store, self->interval_ms);
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

guint
mos_sampler_get_interval (MosSampler *self)
{
  guint interval_ms;

  g_mutex_lock (&self->lock);
  interval_ms = self->interval_ms;
  g_mutex_unlock (&self->lock);
  return interval_ms;
}
