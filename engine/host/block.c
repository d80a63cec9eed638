/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What all block stores share: references, the checks that a guest's request
 * must pass, bringing the answer to the right thread, and waiting.
 *
 * A store's own code sees only requests that lie inside it and are allowed, so
 * no format has to repeat these checks.
 */
#include "engine/host/block.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"

void
mos_block_store_init (MosBlockStore          *self,
                      const MosBlockStoreOps *ops,
                      const char             *path)
{
  self->ops = ops;
  self->path = g_strdup (path);
  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  g_cond_init (&self->idle);
}

void
mos_block_store_clear (MosBlockStore *self)
{
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->idle);
  g_clear_pointer (&self->path, g_free);
}

MosBlockStore *
mos_block_store_ref (MosBlockStore *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_block_store_unref (MosBlockStore *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  mos_block_store_drain (self);
  self->ops->free (self);
}

/* -- requests ------------------------------------------------------------ */

static gboolean
answer_cb (gpointer data)
{
  MosBlockRequest *request = data;

  request->done (request, GPOINTER_TO_INT (request->private_data));
  return G_SOURCE_REMOVE;
}

/* Calls done on the request's thread. */
static void
answer (MosBlockRequest *request, int result)
{
  GSource *source;

  if (request->context == NULL) {
    request->done (request, result);
    return;
  }
  request->private_data = GINT_TO_POINTER (result);
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, answer_cb, request, NULL);
  g_source_attach (source, request->context);
  g_source_unref (source);
}

static guint64
iov_bytes (const MosBlockRequest *request)
{
  guint64 sum = 0;

  for (guint i = 0; i < request->n_iov; i++)
    sum += request->iov[i].iov_len;
  return sum;
}

/* 0, or why the store must not see @request. */
static int
refusal (MosBlockStore *self, const MosBlockRequest *request)
{
  gboolean moves_data =
      request->op == MOS_BLOCK_READ || request->op == MOS_BLOCK_WRITE;
  gboolean changes =
      request->op != MOS_BLOCK_READ && request->op != MOS_BLOCK_FLUSH;

  if (request->op == MOS_BLOCK_FLUSH)
    return 0;
  if (request->offset > self->size ||
      request->size > self->size - request->offset)
    return -EINVAL;
  if (moves_data && iov_bytes (request) != request->size)
    return -EINVAL;
  if (changes && self->read_only)
    return -EROFS;
  return 0;
}

void
mos_block_store_submit (MosBlockStore *self, MosBlockRequest *request)
{
  int result = refusal (self, request);

  if (result != 0 || (request->size == 0 && request->op != MOS_BLOCK_FLUSH)) {
    answer (request, result);
    return;
  }
  request->submitted_us = g_get_monotonic_time ();
  g_mutex_lock (&self->lock);
  self->in_flight++;
  g_mutex_unlock (&self->lock);
  self->ops->submit (self, request);
}

static void
add (guint64 *counter, guint64 amount)
{
  __atomic_add_fetch (counter, amount, __ATOMIC_RELAXED);
}

static void
count (MosBlockStore *self, const MosBlockRequest *request, int result)
{
  MosBlockCounters *counters = &self->counters;
  guint64           us =
      (guint64) MAX (g_get_monotonic_time () - request->submitted_us, 0);
  guint bucket = 0;

  while (bucket + 1 < MOS_BLOCK_N_LATENCIES && us > (guint64) 1 << bucket)
    bucket++;
  add (&counters->latency[bucket], 1);
  if (result < 0)
    add (&counters->errors, 1);
  if (request->op == MOS_BLOCK_READ) {
    add (&counters->reads, 1);
    add (&counters->read_bytes, result < 0 ? 0 : request->size);
  } else {
    add (&counters->writes, 1);
    add (&counters->write_bytes,
         result < 0 || request->op != MOS_BLOCK_WRITE ? 0 : request->size);
  }
}

void
mos_block_store_complete (MosBlockStore   *self,
                          MosBlockRequest *request,
                          int              result)
{
  /* Queued first, so that after draining nothing more is added; but called
   * last, since done may give the store's last reference away. */
  gboolean queue = request->context != NULL;

  count (self, request, result);
  if (queue)
    answer (request, result);
  g_mutex_lock (&self->lock);
  if (--self->in_flight == 0)
    g_cond_broadcast (&self->idle);
  g_mutex_unlock (&self->lock);
  if (!queue)
    answer (request, result);
}

void
mos_block_store_drain (MosBlockStore *self)
{
  g_mutex_lock (&self->lock);
  while (self->in_flight > 0)
    g_cond_wait (&self->idle, &self->lock);
  g_mutex_unlock (&self->lock);
}

/* -- waiting forms ------------------------------------------------------- */

typedef struct {
  GMutex   lock;
  GCond    cond;
  gboolean answered;
  int      result;
} Waiter;

static void
wake_cb (MosBlockRequest *request, int result)
{
  Waiter *waiter = request->user_data;

  g_mutex_lock (&waiter->lock);
  waiter->answered = TRUE;
  waiter->result = result;
  g_cond_signal (&waiter->cond);
  g_mutex_unlock (&waiter->lock);
}

int
mos_block_store_waitv (MosBlockStore *self,
                       MosBlockOp     op,
                       guint64        offset,
                       struct iovec  *iov,
                       guint          n_iov,
                       guint64        size)
{
  Waiter          waiter = { 0 };
  MosBlockRequest request = { .op = op,
                              .offset = offset,
                              .size = size,
                              .iov = iov,
                              .n_iov = n_iov,
                              .done = wake_cb,
                              .user_data = &waiter };

  g_mutex_init (&waiter.lock);
  g_cond_init (&waiter.cond);
  mos_block_store_submit (self, &request);
  g_mutex_lock (&waiter.lock);
  while (!waiter.answered)
    g_cond_wait (&waiter.cond, &waiter.lock);
  g_mutex_unlock (&waiter.lock);
  g_mutex_clear (&waiter.lock);
  g_cond_clear (&waiter.cond);
  return waiter.result;
}

int
mos_block_store_wait (MosBlockStore *self,
                      MosBlockOp     op,
                      guint64        offset,
                      void          *data,
                      guint64        size)
{
  struct iovec iov = { .iov_base = data, .iov_len = size };

  return mos_block_store_waitv (self, op, offset, &iov, 1, size);
}

gboolean
mos_block_store_read (MosBlockStore *self,
                      guint64        offset,
                      void          *data,
                      gsize          size,
                      GError       **error)
{
  int result = mos_block_store_wait (self, MOS_BLOCK_READ, offset, data, size);

  if (result == 0)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
               _ ("Cannot read %zu bytes at %llu of “%s”: %s"), size,
               (unsigned long long) offset, self->path, g_strerror (-result));
  return FALSE;
}

gboolean
mos_block_store_write (MosBlockStore *self,
                       guint64        offset,
                       const void    *data,
                       gsize          size,
                       GError       **error)
{
  int result =
      mos_block_store_wait (self, MOS_BLOCK_WRITE, offset, (void *) data, size);

  if (result == 0)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
               _ ("Cannot write %zu bytes at %llu of “%s”: %s"), size,
               (unsigned long long) offset, self->path, g_strerror (-result));
  return FALSE;
}

gboolean
mos_block_store_flush (MosBlockStore *self, GError **error)
{
  int result = mos_block_store_wait (self, MOS_BLOCK_FLUSH, 0, NULL, 0);

  if (result == 0)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
               _ ("Cannot bring “%s” safely to its disk: %s"), self->path,
               g_strerror (-result));
  return FALSE;
}

/* -- vectors ------------------------------------------------------------- */

static void
copy_iov (const struct iovec *iov,
          guint               n_iov,
          gsize               skip,
          guint8             *flat,
          gsize               size,
          gboolean            into_iov)
{
  for (guint i = 0; i < n_iov && size > 0; i++) {
    gsize   count;
    guint8 *part;

    if (skip >= iov[i].iov_len) {
      skip -= iov[i].iov_len;
      continue;
    }
    part = (guint8 *) iov[i].iov_base + skip;
    count = MIN (size, iov[i].iov_len - skip);
    if (into_iov)
      memcpy (part, flat, count);
    else
      memcpy (flat, part, count);
    flat += count;
    size -= count;
    skip = 0;
  }
}

void
mos_iov_read (const struct iovec *iov,
              guint               n_iov,
              gsize               skip,
              void               *to,
              gsize               size)
{
  copy_iov (iov, n_iov, skip, to, size, FALSE);
}

void
mos_iov_write (const struct iovec *iov,
               guint               n_iov,
               gsize               skip,
               const void         *from,
               gsize               size)
{
  copy_iov (iov, n_iov, skip, (guint8 *) from, size, TRUE);
}
