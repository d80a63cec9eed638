/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Transfers between a controller and a block store.
 *
 * A store answers on any thread. If the device is free then, it hears there;
 * otherwise the answer is put into the gate, which is a source of the I/O
 * thread's context and wakes there once for all that wait.
 * The device's lock guards the list of live transfers and who is cancelled; the
 * gate's lock guards the finished ones and keeps the device alive while a
 * callback is on its way to the device's lock. It is never held while that is
 * taken.
 */
#include "devices/storage/transfer.h"

#include <string.h>

typedef struct {
  GSource       source;
  GMutex        lock;
  GCond         quiet;
  MosTransfers *owner;    /* NULL once that is freed */
  guint         inside;   /* dispatches that use the owner */
  guint         pending;  /* submitted, not yet in finished */
  GQueue        finished; /* of Transfer */
} Gate;

struct MosTransfers {
  MosDevice *device;
  Gate      *gate;
  GQueue     live; /* of Transfer; device's lock */
};

typedef struct {
  MosBlockRequest request;
  struct iovec    iov;    /* a buffer of our own */
  struct iovec   *vector; /* or somebody else's parts */
  MosBlockStore  *store;
  Gate           *gate;
  GList           live_link;     /* device's lock */
  GList           finished_link; /* gate's lock */
  gboolean        cancelled;     /* device's lock */
  int             result;
  MosTransferDone done;
  gpointer        user_data;
} Transfer;

static void
transfer_free (Transfer *transfer)
{
  mos_block_store_unref (transfer->store);
  g_free (transfer->iov.iov_base);
  g_free (transfer->vector);
  g_free (transfer);
}

/* -- the gate ------------------------------------------------------------ */

/* The owner, kept alive until leave(); NULL if it is gone. */
static MosTransfers *
enter (Gate *gate)
{
  MosTransfers *owner;

  g_mutex_lock (&gate->lock);
  owner = gate->owner;
  if (owner != NULL)
    gate->inside++;
  g_mutex_unlock (&gate->lock);
  return owner;
}

static void
leave (Gate *gate)
{
  g_mutex_lock (&gate->lock);
  gate->inside--;
  g_cond_broadcast (&gate->quiet);
  g_mutex_unlock (&gate->lock);
}

static Transfer *
next_finished (Gate *gate)
{
  GList *link;

  g_mutex_lock (&gate->lock);
  link = g_queue_pop_head_link (&gate->finished);
  g_mutex_unlock (&gate->lock);
  return link != NULL ? link->data : NULL;
}

static void
report_locked (MosTransfers *self, Transfer *transfer)
{
  g_queue_unlink (&self->live, &transfer->live_link);
  if (!transfer->cancelled)
    transfer->done (transfer->user_data, transfer->result,
                    transfer->iov.iov_base, transfer->iov.iov_len);
}

static void
report (MosTransfers *self, Transfer *transfer)
{
  g_mutex_lock (&self->device->lock);
  report_locked (self, transfer);
  g_mutex_unlock (&self->device->lock);
  transfer_free (transfer);
}

static gboolean
gate_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Gate         *gate = (Gate *) source;
  MosTransfers *owner = enter (gate);
  Transfer     *transfer;

  if (owner == NULL)
    return G_SOURCE_REMOVE;
  g_source_set_ready_time (source, -1);
  while ((transfer = next_finished (gate)) != NULL)
    report (owner, transfer);
  leave (gate);
  return G_SOURCE_CONTINUE;
}

static void
gate_finalize (GSource *source)
{
  Gate *gate = (Gate *) source;

  g_mutex_clear (&gate->lock);
  g_cond_clear (&gate->quiet);
}

/* GLib wants it writable, though nothing writes to it. */
static Gate *
gate_new (MosTransfers *owner, GMainContext *context)
{
  static const GSourceFuncs funcs = {
    .dispatch = gate_dispatch,
    .finalize = gate_finalize,
  };
  Gate *gate = (Gate *) g_source_new ((GSourceFuncs *) &funcs, sizeof (Gate));

  g_mutex_init (&gate->lock);
  g_cond_init (&gate->quiet);
  g_queue_init (&gate->finished);
  gate->owner = owner;
  g_source_set_static_name (&gate->source, "disk transfers");
  g_source_set_priority (&gate->source, G_PRIORITY_HIGH);
  g_source_attach (&gate->source, context);
  return gate;
}

/* Reports from here if the device is free at this moment, which saves the way
 * over the I/O thread. FALSE also where a store answers within submit: the
 * submitter holds the lock. */
static gboolean
report_at_once (Gate *gate, Transfer *transfer)
{
  MosTransfers *owner = enter (gate);
  gboolean      free = FALSE;

  if (owner != NULL && g_mutex_trylock (&owner->device->lock)) {
    free = TRUE;
    report_locked (owner, transfer);
    g_mutex_unlock (&owner->device->lock);
  }
  if (owner != NULL)
    leave (gate);
  return free;
}

/* Any thread. */
static void
done_cb (MosBlockRequest *request, int result)
{
  Transfer *transfer = request->user_data;
  Gate     *gate = transfer->gate;
  gboolean  reported;

  transfer->result = result;
  reported = report_at_once (gate, transfer);
  g_mutex_lock (&gate->lock);
  if (!reported) {
    g_queue_push_tail_link (&gate->finished, &transfer->finished_link);
    g_source_set_ready_time (&gate->source, 0);
  }
  gate->pending--;
  g_cond_broadcast (&gate->quiet);
  g_mutex_unlock (&gate->lock);
  if (reported)
    transfer_free (transfer);
}

/* -- for devices --------------------------------------------------------- */

MosTransfers *
mos_transfers_new (MosDevice *device)
{
  MosTransfers *self = g_new0 (MosTransfers, 1);

  self->device = device;
  self->gate = gate_new (self, device->bus->io_context);
  g_queue_init (&self->live);
  return self;
}

void
mos_transfers_free (MosTransfers *self)
{
  Transfer *transfer;
  Gate     *gate;

  if (self == NULL)
    return;
  gate = self->gate;
  g_mutex_lock (&gate->lock);
  gate->owner = NULL;
  while (gate->inside > 0 || gate->pending > 0)
    g_cond_wait (&gate->quiet, &gate->lock);
  g_mutex_unlock (&gate->lock);
  g_source_destroy (&gate->source);
  while ((transfer = next_finished (gate)) != NULL)
    transfer_free (transfer);
  g_source_unref (&gate->source);
  g_free (self);
}

static Transfer *
transfer_new (MosTransfers   *self,
              MosBlockStore  *store,
              MosBlockOp      op,
              guint64         offset,
              guint64         size,
              MosTransferDone done,
              gpointer        user_data)
{
  Transfer *transfer = g_new0 (Transfer, 1);

  transfer->store = mos_block_store_ref (store);
  transfer->gate = self->gate;
  transfer->live_link.data = transfer;
  transfer->finished_link.data = transfer;
  transfer->done = done;
  transfer->user_data = user_data;
  transfer->request.op = op;
  transfer->request.offset = offset;
  transfer->request.size = size;
  transfer->request.done = done_cb;
  transfer->request.user_data = transfer;
  g_queue_push_tail_link (&self->live, &transfer->live_link);
  g_mutex_lock (&self->gate->lock);
  self->gate->pending++;
  g_mutex_unlock (&self->gate->lock);
  return transfer;
}

void
mos_transfers_start (MosTransfers   *self,
                     MosBlockStore  *store,
                     MosBlockOp      op,
                     guint64         offset,
                     const void     *data,
                     gsize           size,
                     MosTransferDone done,
                     gpointer        user_data)
{
  Transfer *transfer =
      transfer_new (self, store, op, offset, size, done, user_data);

  if (size > 0) {
    transfer->iov.iov_base = g_malloc (size);
    transfer->iov.iov_len = size;
    transfer->request.iov = &transfer->iov;
    transfer->request.n_iov = 1;
    if (data != NULL)
      memcpy (transfer->iov.iov_base, data, size);
  }
  mos_block_store_submit (store, &transfer->request);
}

void
mos_transfers_start_range (MosTransfers   *self,
                           MosBlockStore  *store,
                           MosBlockOp      op,
                           guint64         offset,
                           guint64         size,
                           MosTransferDone done,
                           gpointer        user_data)
{
  Transfer *transfer =
      transfer_new (self, store, op, offset, size, done, user_data);

  mos_block_store_submit (store, &transfer->request);
}

void
mos_transfers_cancel (MosTransfers *self, gpointer user_data)
{
  for (GList *link = self->live.head; link != NULL; link = link->next) {
    Transfer *transfer = link->data;

    if (user_data == NULL || transfer->user_data == user_data)
      transfer->cancelled = TRUE;
  }
}

void
mos_transfers_start_vector (MosTransfers       *self,
                            MosBlockStore      *store,
                            MosBlockOp          op,
                            guint64             offset,
                            const struct iovec *iov,
                            guint               n_iov,
                            guint64             size,
                            MosTransferDone     done,
                            gpointer            user_data)
{
  Transfer *transfer =
      transfer_new (self, store, op, offset, size, done, user_data);

  transfer->vector = g_memdup2 (iov, sizeof *iov * n_iov);
  transfer->request.iov = transfer->vector;
  transfer->request.n_iov = n_iov;
  mos_block_store_submit (store, &transfer->request);
}

static gboolean
has_pending (MosTransfers *self)
{
  gboolean pending;

  g_mutex_lock (&self->gate->lock);
  pending = self->gate->pending > 0;
  g_mutex_unlock (&self->gate->lock);
  return pending;
}

/* Workers that find the lock taken leave their answers in the gate. */
static void
wait_pending (MosTransfers *self)
{
  g_mutex_lock (&self->gate->lock);
  while (self->gate->pending > 0)
    g_cond_wait (&self->gate->quiet, &self->gate->lock);
  g_mutex_unlock (&self->gate->lock);
}

void
mos_transfers_settle (MosTransfers *self)
{
  Transfer *transfer;

  do {
    wait_pending (self);
    while ((transfer = next_finished (self->gate)) != NULL) {
      report_locked (self, transfer);
      transfer_free (transfer);
    }
  } while (has_pending (self));
}

void
mos_transfers_stop (MosTransfers *self)
{
  mos_transfers_cancel (self, NULL);
  wait_pending (self);
}
