/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One thread that looks at all counters, once a second or as asked.
 *
 * Sources (a machine, the host) hand their numbers in; the sampler puts them
 * into the store, works out what they are a second, and tells its listener.
 * Ticks lie on whole multiples of the interval of the store's time. When the
 * host's clock is set, the store's past moves with it and a note says so.
 *
 * Threads: sources and the listener are called on the sampler's thread (or
 * the caller's of mos_sampler_tick()); all other functions from any thread.
 */
#pragma once

#include "engine/monitor/collect.h"
#include "engine/monitor/store.h"

G_BEGIN_DECLS

#define MOS_SAMPLER_MIN_MS 100
#define MOS_SAMPLER_MAX_MS 60000

typedef struct MosSampler MosSampler;

/* A reading and what it comes to: a gauge's value or a counter's growth a
 * second since the tick before. */
typedef struct {
  MosSeriesKey key;
  gint64       value;
  double       shown;
  gboolean     has; /* FALSE: a counter's first reading */
} MosShown;

/* @steady_ms does not jump when clocks are set. */
typedef void (*MosSamplerFunc) (gpointer        user_data,
                                gint64          time_ms,
                                gint64          steady_ms,
                                const MosShown *shown,
                                guint           n);

/* Milliseconds since 1970, and since some start, suspended time counted. */
typedef void (*MosSamplerClock) (gpointer user_data,
                                 gint64  *real_ms,
                                 gint64  *steady_ms);

/* @store is borrowed. @clock NULL: the host's. */
MosSampler *mos_sampler_new (MosStore *store);
void        mos_sampler_free (MosSampler *self); /* stops it */

/* Before the first tick. */
void mos_sampler_set_clock (MosSampler     *self,
                            MosSamplerClock clock,
                            gpointer        user_data);
void mos_sampler_set_listener (MosSampler    *self,
                               MosSamplerFunc func,
                               gpointer       user_data);

typedef struct {
  /* Reads everything; must not call the sampler. */
  void (*collect) (gpointer source, MosReadingFunc func, gpointer user_data);
} MosSamplerSource;

/* Returns an id. Removing waits until the source is not being read. */
guint mos_sampler_add (MosSampler             *self,
                       const MosSamplerSource *klass,
                       gpointer                source);
void  mos_sampler_remove (MosSampler *self, guint id);

/* @machine is gone, its source was removed: so are its samples with the next
 * tick. */
void mos_sampler_forget (MosSampler *self, const char *machine);

/* Clamped to MIN and MAX; takes effect with the next tick. */
void  mos_sampler_set_interval (MosSampler *self, guint interval_ms);
guint mos_sampler_get_interval (MosSampler *self);

/* The thread. */
gboolean mos_sampler_start (MosSampler *self, GError **error);
void     mos_sampler_stop (MosSampler *self);

/* One tick now, on this thread; for tests, benchmarks and last samples. */
void mos_sampler_tick (MosSampler *self);

/* Processor time that ticks have used. */
gint64 mos_sampler_cpu_ns (MosSampler *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosSampler, mos_sampler_free)

G_END_DECLS
