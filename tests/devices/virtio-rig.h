/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A virtio driver for tests: it finds the structures through the capabilities,
 * negotiates, sets up queues of either kind, and sends elements.
 */
#pragma once

#include "devices/chipset/pci.h"
#include "tests/devices/storage-rig.h"

#define VIRTIO_BAR_GPA    G_GUINT64_CONSTANT (0xe0000000)
#define VIRTIO_RING_GPA   0x10000u
#define VIRTIO_TABLE_GPA  0x18000u
#define VIRTIO_MORE_GPA   0x100000u /* rings of other queues than 0 */
#define VIRTIO_RING_SIZE  8u
#define VIRTIO_RIG_QUEUES 10u

enum {
  VIRTIO_INDIRECT = 28,
  VIRTIO_EVENT_INDEX = 29,
  VIRTIO_VERSION_1 = 32,
  VIRTIO_PACKED = 34
};

/* One part of an element; write: by the device. */
typedef struct {
  guint64  gpa;
  guint32  length;
  gboolean write;
} VirtioPart;

/* Where the driver is in a ring. */
typedef struct {
  guint32  ring;                  /* guest-physical; 0: not set up */
  guint16  next_avail, next_used; /* packed: positions */
  gboolean avail_wrap, used_wrap;
  guint16  next_id;
  guint16  kicked; /* split: next_avail when the driver last thought of it */
} VirtioPositions;

typedef struct {
  StorageRig *rig;
  MosPciBus  *pci;
  guint       devfn;
  guint64     common, isr, config, notify; /* guest-physical */
  guint64     offered, accepted;
  guint       queue; /* that is used now */

  VirtioPositions now;
  VirtioPositions positions[VIRTIO_RIG_QUEUES];
} VirtioDriver;

/* Maps the BARs, finds the structures, resets. */
void virtio_driver_init (VirtioDriver *self,
                         StorageRig   *rig,
                         MosPciBus    *pci,
                         guint         devfn);
/* Accepts @features of what is offered; TRUE if the device agrees. */
gboolean virtio_driver_negotiate (VirtioDriver *self, guint64 features);
/* Sets queue 0 up and says that the driver is ready. */
void virtio_driver_start (VirtioDriver *self);
/* From now on with @queue, which is set up if it is not; for others than 0
 * before the driver is ready. */
void virtio_driver_use (VirtioDriver *self, guint queue);
/* Offers an element; with @indirect through a table. */
void virtio_driver_offer (VirtioDriver     *self,
                          const VirtioPart *parts,
                          guint             n,
                          gboolean          indirect);
/* Kicks if the device wants to hear of what was offered, as a driver does. */
void virtio_driver_kick (VirtioDriver *self);
/* Ring and driver as they were after the first @n elements: what loading an
 * older state does to memory. Split. */
void virtio_driver_rewind (VirtioDriver *self, guint16 n);
/* Takes one used element; FALSE if there is none. */
gboolean virtio_driver_take (VirtioDriver *self, guint32 *written);
/* Offers, kicks and waits; returns the bytes written. */
guint32 virtio_driver_do (VirtioDriver     *self,
                          const VirtioPart *parts,
                          guint             n,
                          gboolean          indirect);

guint32 virtio_read (VirtioDriver *self, guint64 gpa, guint size);
void virtio_write (VirtioDriver *self, guint64 gpa, guint64 value, guint size);
