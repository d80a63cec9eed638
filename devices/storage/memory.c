/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A disk in memory: the floppies of built-in guests, and tests.
 *
 * Nothing waits here, so requests are carried out where they are submitted.
 * The lock keeps two of them apart.
 */
#include <errno.h>
#include <string.h>

#include "devices/storage/image.h"

typedef struct {
  MosBlockStore store;
  GMutex        data_lock;
  guint8       *data;
} MemoryStore;

static int
carry_out (MemoryStore *self, const MosBlockRequest *request)
{
  guint8 *place = self->data + request->offset;

  switch (request->op) {
  case MOS_BLOCK_READ:
    mos_iov_write (request->iov, request->n_iov, 0, place, request->size);
    return 0;
  case MOS_BLOCK_WRITE:
    mos_iov_read (request->iov, request->n_iov, 0, place, request->size);
    return 0;
  case MOS_BLOCK_WRITE_ZEROES:
    memset (place, 0, request->size);
    return 0;
  case MOS_BLOCK_FLUSH:
  case MOS_BLOCK_DISCARD:
    return 0;
  default:
    return -EINVAL;
  }
}

static void
memory_submit (MosBlockStore *store, MosBlockRequest *request)
{
  MemoryStore *self = (MemoryStore *) store;
  int          result;

  g_mutex_lock (&self->data_lock);
  result = carry_out (self, request);
  g_mutex_unlock (&self->data_lock);
  mos_block_store_complete (store, request, result);
}

static void
memory_free (MosBlockStore *store)
{
  MemoryStore *self = (MemoryStore *) store;

  g_mutex_clear (&self->data_lock);
  g_free (self->data);
  mos_block_store_clear (store);
  g_free (self);
}

static const MosBlockStoreOps memory_ops = {
  .name = "memory",
  .submit = memory_submit,
  .free = memory_free,
};

MosBlockStore *
mos_memory_store_new (GBytes *bytes, gboolean writable_copy)
{
  MemoryStore  *self = g_new0 (MemoryStore, 1);
  gsize         size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  mos_block_store_init (&self->store, &memory_ops, "built-in");
  g_mutex_init (&self->data_lock);
  self->store.read_only = !writable_copy;
  self->store.size =
      (size + MOS_BLOCK_SECTOR - 1) / MOS_BLOCK_SECTOR * MOS_BLOCK_SECTOR;
  self->data = g_malloc0 (MAX (self->store.size, MOS_BLOCK_SECTOR));
  if (size > 0)
    memcpy (self->data, data, size);
  return &self->store;
}
