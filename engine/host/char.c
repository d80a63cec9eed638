/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A byte stream between a guest's port and the host.
 *
 * Three locks keep three promises. The queue lock guards the bytes on their
 * way to the guest and is never held around a call. The listener lock is held
 * while output listeners run, so that removing one waits for it. The device
 * lock is held while the device is told about input, so that taking the device
 * away waits for it. A device may call in here with its own lock held: that
 * reaches only the queue and the listener lock.
 */

#include "engine/host/char.h"

#include <string.h>

#define CAPACITY_MAX_BYTES (1024u * 1024u)

typedef struct {
  guint       id;
  MosCharFunc func;
  gpointer    user_data;
} Listener;

struct MosCharPort {
  gatomicrefcount refs;

  GMutex  queue_lock;
  guint8 *queue; /* a ring */
  gsize   capacity;
  gsize   first; /* index of the oldest byte */
  gsize   used;

  GMutex  listener_lock;
  GArray *listeners; /* of Listener */
  guint   next_id;

  GMutex           device_lock;
  MosCharReadyFunc ready;
  gpointer         ready_data;
};

MosCharPort *
mos_char_port_new (gsize capacity)
{
  MosCharPort *self = g_new0 (MosCharPort, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->queue_lock);
  g_mutex_init (&self->listener_lock);
  g_mutex_init (&self->device_lock);
  self->capacity = CLAMP (capacity, 1, CAPACITY_MAX_BYTES);
  self->queue = g_malloc (self->capacity);
  self->listeners = g_array_new (FALSE, FALSE, sizeof (Listener));
  self->next_id = 1;
  return self;
}

MosCharPort *
mos_char_port_ref (MosCharPort *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_char_port_unref (MosCharPort *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_array_unref (self->listeners);
  g_free (self->queue);
  g_mutex_clear (&self->queue_lock);
  g_mutex_clear (&self->listener_lock);
  g_mutex_clear (&self->device_lock);
  g_free (self);
}

guint
mos_char_port_add_listener (MosCharPort *self,
                            MosCharFunc  func,
                            gpointer     user_data)
{
  Listener listener = { 0, func, user_data };

  g_return_val_if_fail (self != NULL && func != NULL, 0);

  g_mutex_lock (&self->listener_lock);
  listener.id = self->next_id++;
  g_array_append_val (self->listeners, listener);
  g_mutex_unlock (&self->listener_lock);
  return listener.id;
}

void
mos_char_port_remove_listener (MosCharPort *self, guint id)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->listener_lock);
  for (guint i = 0; i < self->listeners->len; i++) {
    if (g_array_index (self->listeners, Listener, i).id == id) {
      g_array_remove_index (self->listeners, i);
      break;
    }
  }
  g_mutex_unlock (&self->listener_lock);
}

gsize
mos_char_port_feed (MosCharPort *self, const void *data, gsize size)
{
  gboolean was_empty;
  gsize    fits, last, head;

  g_return_val_if_fail (self != NULL, 0);

  g_mutex_lock (&self->queue_lock);
  was_empty = self->used == 0;
  fits = MIN (size, self->capacity - self->used);
  last = (self->first + self->used) % self->capacity;
  head = MIN (fits, self->capacity - last);
  if (fits > 0) {
    memcpy (self->queue + last, data, head);
    memcpy (self->queue, (const guint8 *) data + head, fits - head);
    self->used += fits;
  }
  g_mutex_unlock (&self->queue_lock);

  if (was_empty && fits > 0) {
    g_mutex_lock (&self->device_lock);
    if (self->ready != NULL)
      self->ready (self->ready_data);
    g_mutex_unlock (&self->device_lock);
  }
  return fits;
}

void
mos_char_port_set_device (MosCharPort     *self,
                          MosCharReadyFunc ready,
                          gpointer         user_data)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->device_lock);
  self->ready = ready;
  self->ready_data = user_data;
  g_mutex_unlock (&self->device_lock);
}

void
mos_char_port_write (MosCharPort *self, const void *data, gsize size)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->listener_lock);
  for (guint i = 0; i < self->listeners->len; i++) {
    Listener *listener = &g_array_index (self->listeners, Listener, i);

    listener->func (listener->user_data, data, size);
  }
  g_mutex_unlock (&self->listener_lock);
}

gsize
mos_char_port_read (MosCharPort *self, void *data, gsize size)
{
  gsize there, head;

  g_return_val_if_fail (self != NULL, 0);

  g_mutex_lock (&self->queue_lock);
  there = MIN (size, self->used);
  head = MIN (there, self->capacity - self->first);
  if (there > 0) {
    memcpy (data, self->queue + self->first, head);
    memcpy ((guint8 *) data + head, self->queue, there - head);
    self->first = (self->first + there) % self->capacity;
    self->used -= there;
  }
  g_mutex_unlock (&self->queue_lock);
  return there;
}

gsize
mos_char_port_pending (MosCharPort *self)
{
  gsize pending;

  g_return_val_if_fail (self != NULL, 0);

  g_mutex_lock (&self->queue_lock);
  pending = self->used;
  g_mutex_unlock (&self->queue_lock);
  return pending;
}
