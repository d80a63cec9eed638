/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Kicks that come through eventfds; private to the transport. With the
 * device's lock held unless it says otherwise.
 */
#pragma once

#include "devices/virtio/virtio.h"

G_BEGIN_DECLS

#define MOS_VIRTIO_BAR         4
#define MOS_VIRTIO_NOTIFY_AT   0x3000u /* in the BAR */
#define MOS_VIRTIO_NOTIFY_STEP 4u

void mos_virtio_bells_init (MosVirtio *self);
/* Bells of running queues ring, those of others do not. */
void mos_virtio_bells_update (MosVirtio *self);
/* Kicks of before the machine was saved may have been on their way. */
void mos_virtio_bells_loaded (MosVirtio *self);
/* No lock held. */
void mos_virtio_bells_clear (MosVirtio *self);

/* virtio-pci.c: the driver has kicked queue @index. */
void mos_virtio_kick (MosVirtio *self, guint index);

G_END_DECLS
