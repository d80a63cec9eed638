/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The memory balloon: memory that the guest gives back to the host.
 */
#pragma once

#include "devices/chipset/pci.h"

G_BEGIN_DECLS

extern const MosDeviceClass mos_virtio_balloon_class;

/* Takes slot @devfn; the bus owns the device. @target_bytes: how much the
 * guest is asked for from the beginning. */
MosDevice *mos_virtio_balloon_new (MosBus     *bus,
                                   MosPciBus  *pci,
                                   guint       devfn,
                                   const char *name,
                                   guint64     target_bytes);

/* Asks the guest to give back @bytes altogether; it may do so slowly, or not
 * all. Any thread, no lock held. */
void mos_virtio_balloon_set_target (MosDevice *device, guint64 bytes);

/* How many bytes are in the balloon. Any thread, no lock held. */
guint64 mos_virtio_balloon_actual (MosDevice *device);

/* What the guest last said of its memory, in bytes; G_MAXUINT64: nothing. */
typedef struct {
  guint64 target;
  guint64 actual;    /* in the balloon */
  guint64 discarded; /* given back so far, reported free pages included */
  guint64 free;
  guint64 total;
  guint64 available;
  guint64 caches;
  guint64 swapped_in, swapped_out;
  guint64 major_faults, minor_faults; /* numbers, not bytes */
} MosBalloonReport;

/* Fills in @report and asks the guest for newer numbers. Any thread, no lock
 * held. */
void mos_virtio_balloon_get (MosDevice *device, MosBalloonReport *report);

G_END_DECLS
