/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Virtio devices on PCI (virtio 1.2, "Virtio Over PCI Bus").
 *
 * A model's instance begins with a MosVirtio. Its class's init calls
 * mos_virtio_setup(), its constructor mos_virtio_attach(); reset, loaded and
 * clear call their namesakes here; the state list begins with
 * MOS_VIRTIO_STATE_FIELDS. The transport then does features, status, queues
 * and interrupts, and calls the model when the driver kicks a queue.
 *
 *   notify: while (mos_virtqueue_pop (queue, &element)) …
 *           mos_virtqueue_push (queue, &element, written);
 *           mos_virtio_interrupt (self, queue);
 *
 * With KVM kicks do not leave the kernel: they come through eventfds, and
 * notify runs on the I/O thread instead of the vCPU's.
 *
 * Everything here runs with the device's lock held, unless it says otherwise.
 */
#pragma once

#include "devices/chipset/pci.h"
#include "devices/virtio/virtqueue.h"

G_BEGIN_DECLS

#define MOS_VIRTIO_MAX_QUEUES 10

/* Device types. */
enum {
  MOS_VIRTIO_NET = 1,
  MOS_VIRTIO_BLOCK = 2,
  MOS_VIRTIO_CONSOLE = 3,
  MOS_VIRTIO_RNG = 4,
  MOS_VIRTIO_BALLOON = 5,
  MOS_VIRTIO_GPU = 16,
  MOS_VIRTIO_INPUT = 18,
  MOS_VIRTIO_VSOCK = 19
};

typedef struct MosVirtio MosVirtio;

typedef struct {
  guint   type;       /* MOS_VIRTIO_… */
  guint32 class_code; /* of the PCI function */
  guint   n_queues;
  guint16 queue_size;   /* a power of two, at most MOS_VIRTQUEUE_MAX_SIZE */
  guint   config_bytes; /* of the device's own configuration space */
  /* The driver has kicked @queue. */
  void (*notify) (MosVirtio *self, MosVirtqueue *queue);
  /* Configuration space, byte by byte; NULL: it reads zeros, writes nothing.
   * @offset is inside it. */
  guint8 (*read_config) (MosVirtio *self, guint offset);
  void (*write_config) (MosVirtio *self, guint offset, guint8 value);
  /* The driver is ready: self->accepted is final. Optional. */
  void (*started) (MosVirtio *self);
  /* The driver resets the device: nothing may touch guest memory after this.
   * Optional. */
  void (*stopped) (MosVirtio *self);
} MosVirtioInfo;

/* A queue's kicks as an eventfd, where the backend has that. */
typedef struct {
  MosVirtio *virtio;
  guint      queue;
  int        fd; /* -1: none */
  GSource   *source;
  guint64    gpa; /* where it rings; 0: nowhere */
} MosVirtioBell;

struct MosVirtio {
  MosPciDevice         pci;
  const MosVirtioInfo *info;
  MosPciInfo           pci_info;
  MosRegisterBank     *common;
  MosIoWindow          window;
  guint                config_capability; /* where its registers are */

  guint64      offered; /* features of the model; the transport adds its own */
  guint64      accepted;
  guint32      device_feature_select, driver_feature_select;
  guint8       status;
  guint8       generation; /* of configuration space */
  guint8       isr;
  guint16      config_vector;
  guint16      queue_select;
  MosVirtqueue queues[MOS_VIRTIO_MAX_QUEUES];

  MosVirtioBell bells[MOS_VIRTIO_MAX_QUEUES];
  guint         rung;    /* bit n: queue n, while the machine stood still */
  MosTimer      ring_on; /* when it runs again */
};

/* From klass->init; @info lives forever. @offered: the model's features. */
void
mos_virtio_setup (MosVirtio *self, const MosVirtioInfo *info, guint64 offered);
/* Takes the slot. No lock. */
void mos_virtio_attach (MosVirtio *self, MosPciBus *pci, guint devfn);
/* From klass->reset, ->loaded and ->clear (no lock). */
void     mos_virtio_reset (MosVirtio *self);
gboolean mos_virtio_loaded (MosVirtio *self, GError **error);
void     mos_virtio_clear (MosVirtio *self);

static inline gboolean
mos_virtio_has (const MosVirtio *self, guint feature)
{
  return (self->accepted >> feature & 1) != 0;
}

/* Is the driver ready, and has it made no mistake? */
gboolean mos_virtio_is_running (const MosVirtio *self);
/* Interrupts for @queue if the driver wants that now. */
void mos_virtio_interrupt (MosVirtio *self, MosVirtqueue *queue);
/* Configuration space has changed. */
void mos_virtio_config_changed (MosVirtio *self);
/* The driver did something that makes no sense: wait for its reset. */
void mos_virtio_break (MosVirtio *self);

/* The rows of queue @n. */
#define MOS_VIRTIO_QUEUE_FIELDS(n)                                 \
  MOS_STATE (MosVirtio, queues[n].size, MOS_STATE_U16),            \
      MOS_STATE (MosVirtio, queues[n].vector, MOS_STATE_U16),      \
      MOS_STATE (MosVirtio, queues[n].enabled, MOS_STATE_BOOL),    \
      MOS_STATE (MosVirtio, queues[n].is_broken, MOS_STATE_BOOL),  \
      MOS_STATE (MosVirtio, queues[n].descriptors, MOS_STATE_U64), \
      MOS_STATE (MosVirtio, queues[n].driver, MOS_STATE_U64),      \
      MOS_STATE (MosVirtio, queues[n].device, MOS_STATE_U64),      \
      MOS_STATE (MosVirtio, queues[n].next_avail, MOS_STATE_U16),  \
      MOS_STATE (MosVirtio, queues[n].next_used, MOS_STATE_U16),   \
      MOS_STATE (MosVirtio, queues[n].avail_wrap, MOS_STATE_BOOL), \
      MOS_STATE (MosVirtio, queues[n].used_wrap, MOS_STATE_BOOL)

#define MOS_VIRTIO_STATE_FIELDS                                         \
  MOS_PCI_STATE_FIELDS, MOS_STATE (MosVirtio, accepted, MOS_STATE_U64), \
      MOS_STATE (MosVirtio, device_feature_select, MOS_STATE_U32),      \
      MOS_STATE (MosVirtio, driver_feature_select, MOS_STATE_U32),      \
      MOS_STATE (MosVirtio, status, MOS_STATE_U8),                      \
      MOS_STATE (MosVirtio, generation, MOS_STATE_U8),                  \
      MOS_STATE (MosVirtio, isr, MOS_STATE_U8),                         \
      MOS_STATE (MosVirtio, config_vector, MOS_STATE_U16),              \
      MOS_STATE (MosVirtio, queue_select, MOS_STATE_U16),               \
      MOS_VIRTIO_QUEUE_FIELDS (0), MOS_VIRTIO_QUEUE_FIELDS (1),         \
      MOS_VIRTIO_QUEUE_FIELDS (2), MOS_VIRTIO_QUEUE_FIELDS (3),         \
      MOS_VIRTIO_QUEUE_FIELDS (4), MOS_VIRTIO_QUEUE_FIELDS (5),         \
      MOS_VIRTIO_QUEUE_FIELDS (6), MOS_VIRTIO_QUEUE_FIELDS (7),         \
      MOS_VIRTIO_QUEUE_FIELDS (8), MOS_VIRTIO_QUEUE_FIELDS (9)

G_END_DECLS
