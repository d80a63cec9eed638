/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Tokens are counted in bytes times 10^6, so that a microsecond's share of any
 * rate is a whole number.
 */
#include "engine/host/net-bucket.h"

#define MAX_RATE       G_GUINT64_CONSTANT (1000000000000)
#define BURST_US       50000
#define MIN_BURST      65536
#define UNITS_PER_BYTE G_GINT64_CONSTANT (1000000)
/* Longer gaps fill any bucket. */
#define MAX_GAP_US (4 * G_TIME_SPAN_SECOND)

struct MosNetBucket {
  gatomicrefcount refs;
  GMutex          lock;
  gint64          rate;   /* bytes a second = units a microsecond */
  gint64          burst;  /* units */
  gint64          tokens; /* units; negative: in debt */
  gint64          filled_us;
};

MosNetBucket *
mos_net_bucket_new (guint64 rate)
{
  MosNetBucket *self = g_new0 (MosNetBucket, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->rate = (gint64) CLAMP (rate, 1, MAX_RATE);
  self->burst = MAX (self->rate * BURST_US, MIN_BURST * UNITS_PER_BYTE);
  self->tokens = self->burst;
  self->filled_us = g_get_monotonic_time ();
  return self;
}

MosNetBucket *
mos_net_bucket_ref (MosNetBucket *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_net_bucket_unref (MosNetBucket *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
fill_locked (MosNetBucket *self, gint64 now_us)
{
  gint64 gap_us = CLAMP (now_us - self->filled_us, 0, MAX_GAP_US);

  self->tokens = MIN (self->tokens + gap_us * self->rate, self->burst);
  self->filled_us = MAX (now_us, self->filled_us);
}

gint64
mos_net_bucket_wait (MosNetBucket *self, gint64 now_us)
{
  gint64 wait_us;

  g_mutex_lock (&self->lock);
  fill_locked (self, now_us);
  wait_us = self->tokens > 0 ? 0 : -self->tokens / self->rate + 1;
  g_mutex_unlock (&self->lock);
  return wait_us;
}

void
mos_net_bucket_take (MosNetBucket *self, gsize size)
{
  g_mutex_lock (&self->lock);
  self->tokens -= (gint64) size * UNITS_PER_BYTE;
  g_mutex_unlock (&self->lock);
}
