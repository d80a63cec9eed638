/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The cheapest clock there is: the processor's time stamp counter, for spans
 * that are summed up often and read seldom. How long a tick is follows from
 * how many there were since a beginning.
 */
#pragma once

#include <glib.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

G_BEGIN_DECLS

/* A beginning, and what a tick was found to last: zero at first, then it stays,
 * so that sums of ticks that grow are times that grow. */
typedef struct {
  guint64 ticks;
  gint64  us;      /* monotonic */
  guint64 ns_each; /* atomic; in units of 2 to the power of -32 */
} MosTicks;

static inline guint64
mos_ticks_now (void)
{
#ifdef __x86_64__
  return __rdtsc ();
#else
  return (guint64) g_get_monotonic_time ();
#endif
}

static inline MosTicks
mos_ticks_begin (void)
{
  return (MosTicks){ mos_ticks_now (), g_get_monotonic_time (), 0 };
}

/* @ticks in nanoseconds; 0 for the first tenth of a second after the
 * beginning. Any thread. */
static inline guint64
mos_ticks_to_ns (MosTicks *self, guint64 ticks)
{
  guint64 each = __atomic_load_n (&self->ns_each, __ATOMIC_RELAXED);
  gint64  us = g_get_monotonic_time () - self->us;

  if (each == 0 && us >= 100000) {
    double  passed = (double) (mos_ticks_now () - self->ticks);
    guint64 found = (guint64) ((double) us * 1000 * 4294967296.0 / passed);

    if (__atomic_compare_exchange_n (&self->ns_each, &each, found, FALSE,
                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
      each = found;
  }
  return (guint64) ((double) ticks * (double) each / 4294967296.0);
}

G_END_DECLS
