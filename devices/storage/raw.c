/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Raw images, behind a small pool of threads.
 *
 * Requests run in any order and several at a time, which the contract of a
 * MosBlockStore allows: a flush covers what was answered before, and that is
 * in the file by then. A file that ends within a sector reads as if it were
 * filled up with zeros. One that grew shorter while it was open answers -EIO,
 * and a write must not silently make it longer again.
 */
#include "devices/storage/raw.h"

#include <errno.h>
#include <string.h>

#include "devices/storage/file.h"
#include "devices/storage/qcow2.h"

#define N_THREADS 4

typedef struct {
  MosBlockStore store;
  MosImageFile  file;
  GThreadPool  *pool;
  gboolean      probed;
} RawStore;

/* Does @request turn the image into one of another format? */
static gboolean
disguises (RawStore *self, const MosBlockRequest *request)
{
  guint8 first[4];

  if (!self->probed || request->offset != 0 || request->size < sizeof first)
    return FALSE;
  mos_iov_read (request->iov, request->n_iov, 0, first, sizeof first);
  return memcmp (first, MOS_QCOW2_MAGIC, sizeof first) == 0;
}

static int
write_data (RawStore *self, const MosBlockRequest *request)
{
  if (disguises (self, request))
    return -EPERM;
  if (mos_image_file_size (&self->file) < self->file.size)
    return -EIO;
  return mos_image_file_writev (&self->file, request->offset, request->iov,
                                request->n_iov);
}

static int
zero_data (RawStore *self, const MosBlockRequest *request)
{
  if (mos_image_file_size (&self->file) < self->file.size)
    return -EIO;
  return mos_image_file_zero (&self->file, request->offset, request->size);
}

static int
carry_out (RawStore *self, const MosBlockRequest *request)
{
  switch (request->op) {
  case MOS_BLOCK_READ:
    return mos_image_file_readv (&self->file, request->offset, request->iov,
                                 request->n_iov, self->file.size);
  case MOS_BLOCK_WRITE:
    return write_data (self, request);
  case MOS_BLOCK_FLUSH:
    return self->store.read_only ? 0 : mos_image_file_flush (&self->file);
  case MOS_BLOCK_DISCARD:
    return mos_image_file_discard (&self->file, request->offset, request->size);
  case MOS_BLOCK_WRITE_ZEROES:
    return zero_data (self, request);
  default:
    return -EINVAL;
  }
}

static void
work_cb (gpointer data, gpointer user_data)
{
  RawStore        *self = user_data;
  MosBlockRequest *request = data;

  mos_block_store_complete (&self->store, request, carry_out (self, request));
}

static void
raw_submit (MosBlockStore *store, MosBlockRequest *request)
{
  RawStore *self = (RawStore *) store;

  g_thread_pool_push (self->pool, request, NULL);
}

static void
raw_free (MosBlockStore *store)
{
  RawStore *self = (RawStore *) store;

  if (self->pool != NULL)
    g_thread_pool_free (self->pool, FALSE, FALSE);
  mos_image_file_close (&self->file);
  mos_block_store_clear (store);
  g_free (self);
}

static const MosBlockStoreOps raw_ops = {
  .name = "raw",
  .submit = raw_submit,
  .free = raw_free,
};

MosBlockStore *
mos_raw_store_open (const char *path,
                    gboolean    read_only,
                    gboolean    probed,
                    GError    **error)
{
  MosImageFile file;
  RawStore    *self;

  if (!mos_image_file_open (&file, path, read_only, error))
    return NULL;
  self = g_new0 (RawStore, 1);
  mos_block_store_init (&self->store, &raw_ops, path);
  self->file = file;
  self->probed = probed;
  self->store.read_only = read_only;
  self->store.size =
      (file.size + MOS_BLOCK_SECTOR - 1) / MOS_BLOCK_SECTOR * MOS_BLOCK_SECTOR;
  self->pool = g_thread_pool_new (work_cb, self, N_THREADS, FALSE, NULL);
  return &self->store;
}
