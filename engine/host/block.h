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
  gint64        submitted_us; /* the store's */
};

/* Answers within 1, 2, 4, … microseconds; the last bucket takes the rest. */
#define MOS_BLOCK_N_LATENCIES 24u

/* Relaxed atomics; read by the sampler. */
typedef struct {
  guint64 reads;  /* requests answered */
  guint64 writes; /* all that are no reads */
  guint64 read_bytes;
  guint64 write_bytes;
  guint64 errors;
  guint64 latency[MOS_BLOCK_N_LATENCIES];
} MosBlockCounters;

typedef struct {
  const char *name; /* "raw" */
  /* Starts @request, which is in range and allowed, without blocking for long;
   * the store calls mos_block_store_complete() once for each. Any thread. */
  void (*submit) (MosBlockStore *self, MosBlockRequest *request);
  /* No request is under way. Ends with mos_block_store_clear(). */
  void (*free) (MosBlockStore *self);
} MosBlockStoreOps;

/* Implementations embed it first. */
struct MosBlockStore {
  const MosBlockStoreOps *ops;
  gatomicrefcount         refs;
  char                   *path; /* for people */
  guint64                 size; /* bytes */
  gboolean                read_only;
  GMutex                  lock;
  GCond                   idle;      /* in_flight came down to 0 */
  guint                   in_flight; /* under lock: submitted, not answered */
  MosBlockCounters        counters;
};

MosBlockStore *mos_block_store_ref (MosBlockStore *self);
/* Drains and frees with the last reference. */
void mos_block_store_unref (MosBlockStore *self);

/*
 * Carries out @request, sooner or later. Answers -EINVAL to a range outside
 * the store or one that differs from the sum of @iov, -EROFS to a change of a
 * read-only store. done is called before this returns only if
 * request->context is NULL. Any thread.
 */
void mos_block_store_submit (MosBlockStore *self, MosBlockRequest *request);

/* Waits until all submitted requests have been carried out; their done may
 * still stand in the queue of its context. Not on an I/O thread's callback. */
void mos_block_store_drain (MosBlockStore *self);

/* Waiting forms, for set-up and tools; not on vCPU threads. The first two give
 * 0 or a negative errno, the others MOS_ERROR_IO. @data is not used by flush,
 * discard and write-zeroes. */
int      mos_block_store_wait (MosBlockStore *self,
                               MosBlockOp     op,
                               guint64        offset,
                               void          *data,
                               guint64        size);
int      mos_block_store_waitv (MosBlockStore *self,
                                MosBlockOp     op,
                                guint64        offset,
                                struct iovec  *iov,
                                guint          n_iov,
                                guint64        size);
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

/* -- for implementations ------------------------------------------------- */

/* @path is copied. size and read_only are set by the caller. */
void mos_block_store_init (MosBlockStore          *self,
                           const MosBlockStoreOps *ops,
                           const char             *path);
void mos_block_store_clear (MosBlockStore *self);

/* Answers @request; after that neither it nor, if the caller has no reference,
 * the store may be touched. Any thread. */
void mos_block_store_complete (MosBlockStore   *self,
                               MosBlockRequest *request,
                               int              result);

/* Copies between a flat buffer and @iov, starting @skip bytes into it. */
void mos_iov_read (const struct iovec *iov,
                   guint               n_iov,
                   gsize               skip,
                   void               *to,
                   gsize               size);
void mos_iov_write (const struct iovec *iov,
                    guint               n_iov,
                    gsize               skip,
                    const void         *from,
                    gsize               size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosBlockStore, mos_block_store_unref)

G_END_DECLS
