/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A virtio queue: what a driver offers, and giving it back.
 *
 * Virtio 1.2, "Split Virtqueues" and "Packed Virtqueues", with indirect
 * descriptors and event indexes. A device takes elements (pop), works with
 * their parts, which point into guest memory, gives them back (push), and then
 * says so (notify). Everything in the rings is the guest's word: a ring that
 * makes no sense breaks its device, which then waits for a reset.
 *
 * All of it runs with the device's lock held.
 */
#pragma once

#include <sys/uio.h>

#include "engine/bus/device.h"

G_BEGIN_DECLS

/* Parts of one element; more break the queue. */
#define MOS_VIRTQUEUE_MAX_PARTS 288u
#define MOS_VIRTQUEUE_MAX_SIZE  256u

typedef struct MosVirtqueue MosVirtqueue;

/* First the parts that the device reads, then those that it writes. */
typedef struct {
  guint16      id;
  guint16      n_descriptors; /* of the ring */
  guint        n_out, n_in;
  guint64      out_bytes, in_bytes;
  struct iovec iov[MOS_VIRTQUEUE_MAX_PARTS];
  guint64      gpa[MOS_VIRTQUEUE_MAX_PARTS];
} MosVirtqueueElement;

struct MosVirtqueue {
  MosMemoryMap *memory;
  void (*broken) (MosVirtqueue *self, gpointer user_data);
  gpointer user_data;
  guint    index;
  guint16  max_size;

  /* Negotiated, the same for all queues of a device. */
  gboolean packed, event_index, indirect;

  /* As the driver sets them. */
  guint16  size;
  guint16  vector;
  gboolean enabled;
  gboolean is_broken;
  guint64  descriptors, driver, device; /* guest-physical */

  /* How far we are. */
  guint16  next_avail, next_used;
  gboolean avail_wrap, used_wrap; /* packed */
  guint16  signalled;             /* next_used when last notified */
  gboolean signalled_valid;
  gboolean kicks_off; /* the driver was told not to kick */

  /* Where the areas are in host memory, for one state of the map. */
  guint   generation; /* 0: not looked up */
  guint8 *descriptors_hva, *driver_hva, *device_hva;
};

/* Back to what reset gives; memory, broken, index and max_size stay. */
void mos_virtqueue_reset (MosVirtqueue *self);
/* After the driver has enabled it. */
void mos_virtqueue_start (MosVirtqueue *self);
/* After loading: FALSE if the values cannot be right. */
gboolean mos_virtqueue_loaded (MosVirtqueue *self);

/* Takes the next element; FALSE if there is none. */
gboolean mos_virtqueue_pop (MosVirtqueue *self, MosVirtqueueElement *element);
/* Would pop find something? */
gboolean mos_virtqueue_has_more (MosVirtqueue *self);
/* Gives @element back, @written bytes of its in-parts having been written. */
void mos_virtqueue_push (MosVirtqueue              *self,
                         const MosVirtqueueElement *element,
                         guint32                    written);

/* Several elements that belong together: the driver sees all or none of them.
 * Take them one by one, note what was written, push them at once; or go back
 * to the mark, as if they had not been taken. */
typedef struct {
  guint16  next_avail;
  gboolean avail_wrap;
} MosVirtqueueMark;
typedef struct {
  guint16 id;
  guint16 n_descriptors;
  guint32 written;
} MosVirtqueueUsed;
MosVirtqueueMark mos_virtqueue_mark (const MosVirtqueue *self);
void             mos_virtqueue_rewind (MosVirtqueue *self, MosVirtqueueMark to);
MosVirtqueueUsed mos_virtqueue_note (MosVirtqueue              *self,
                                     const MosVirtqueueElement *element,
                                     guint32                    written);
void             mos_virtqueue_push_many (MosVirtqueue           *self,
                                          const MosVirtqueueUsed *used,
                                          guint                   n);

/* Does the driver want to hear of what was pushed since last asked? */
gboolean mos_virtqueue_wants_interrupt (MosVirtqueue *self);
/* Tells the driver whether to kick; at first it does. Before sleeping: on,
 * then see whether there is more. */
void mos_virtqueue_set_kicks (MosVirtqueue *self, gboolean wanted);

/* Copies from the out-parts and into the in-parts; returns the bytes. */
gsize mos_virtqueue_read (const MosVirtqueueElement *element,
                          gsize                      offset,
                          void                      *data,
                          gsize                      size);
gsize mos_virtqueue_write (const MosVirtqueueElement *element,
                           gsize                      offset,
                           const void                *data,
                           gsize                      size);

G_END_DECLS
