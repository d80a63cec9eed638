/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Jobs: two atomics and what never changes. Any thread.
 */
#include "app/job.h"

#define WHOLE 10000

struct MosJob {
  gatomicrefcount refs;
  char           *title;
  GCancellable   *cancellable;
  gint            progress; /* atomic, of WHOLE */
  gint            ended;    /* atomic */
};

MosJob *
mos_job_new (const char *title)
{
  MosJob *self = g_new0 (MosJob, 1);

  g_atomic_ref_count_init (&self->refs);
  self->title = g_strdup (title);
  self->cancellable = g_cancellable_new ();
  return self;
}

MosJob *
mos_job_ref (MosJob *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_job_unref (MosJob *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_object_unref (self->cancellable);
  g_free (self->title);
  g_free (self);
}

const char *
mos_job_get_title (MosJob *self)
{
  return self->title;
}

GCancellable *
mos_job_get_cancellable (MosJob *self)
{
  return self->cancellable;
}

void
mos_job_set_progress (MosJob *self, double share)
{
  g_atomic_int_set (&self->progress, (gint) (CLAMP (share, 0, 1) * WHOLE));
}

double
mos_job_get_progress (MosJob *self)
{
  return (double) g_atomic_int_get (&self->progress) / WHOLE;
}

void
mos_job_end (MosJob *self)
{
  g_atomic_int_set (&self->ended, TRUE);
}

gboolean
mos_job_has_ended (MosJob *self)
{
  return g_atomic_int_get (&self->ended);
}
