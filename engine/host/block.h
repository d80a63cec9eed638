/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Where a disk's blocks are kept.
 *
 * A MosBlockStore is an opened image: raw today, other formats behind the same
 * functions. Devices submit requests and get an answer on the machine's I/O
 * thread; nothing blocks a vCPU. Requests are answered in any order; a flush
 * covers everything answered before it was submitted.
 */
#pragma once

#include <gio/gio.h>
#include <sys/uio.h>

G_BEGIN_DECLS

#define MOS_BLOCK_SECTOR 512u

typedef struct MosBlockStore   MosBlockStore;
typedef struct MosBlockRequest MosBlockRequest;

typedef enum {
  MOS_BLOCK_READ,
  MOS_BLOCK_WRITE,
  MOS_BLOCK_FLUSH,
  MOS_BLOCK_DISCARD,
  MOS_BLOCK_WRITE_ZEROES
} MosBlockOp;

/* @result: 0, or a negative errno. */
typedef void (*MosBlockDone) (MosBlockRequest *request, int result);

/* Owned by the submitter and alive until done is called. */
struct MosBlockRequest {
  MosBlockOp    op;
  guint64       offset; /* bytes */
  guint64       size;   /* bytes; the sum of @iov for reads and writes */
  struct iovec *iov;
  guint         n_iov;
  MosBlockDone  done; /* on the submitter's context */
  gpointer      user_data;
  GMainContext *context;      /* where done runs; NULL: any thread */
  gpointer      private_data; /* the store's */
};

typedef struct {
  const char *name; /* "raw" */
  /* Never blocks for long; may call done before it returns only if
   * request->context is NULL. Out-of-range requests answer -EINVAL. */
  void (*submit) (MosBlockStore *self, MosBlockRequest *request);
  /* Waits until all submitted requests have been carried out. */
  void (*drain) (MosBlockStore *self);
  void (*free) (MosBlockStore *self);
} MosBlockStoreOps;

/* Implementations embed it first. */
struct MosBlockStore {
  const MosBlockStoreOps *ops;
  gatomicrefcount         refs;
  char                   *path; /* for people */
  guint64                 size; /* bytes */
  gboolean                read_only;
};

void           mos_block_store_init (MosBlockStore          *self,
                                     const MosBlockStoreOps *ops,
                                     const char             *path);
MosBlockStore *mos_block_store_ref (MosBlockStore *self);
/* Drains and frees with the last reference. */
void mos_block_store_unref (MosBlockStore *self);

void mos_block_store_submit (MosBlockStore *self, MosBlockRequest *request);

/* Waiting forms, for set-up and tools; not on vCPU threads. */
gboolean mos_block_store_read (MosBlockStore *self,
                               guint64        offset,
                               void          *data,
                               gsize          size,
                               GError       **error);
gboolean mos_block_store_write (MosBlockStore *self,
                                guint64        offset,
                                const void    *data,
                                gsize          size,
                                GError       **error);
gboolean mos_block_store_flush (MosBlockStore *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosBlockStore, mos_block_store_unref)

G_END_DECLS
