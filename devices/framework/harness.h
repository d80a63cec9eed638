/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A bench for a single device: a bus whose clock is moved by hand and whose
 * processors only write down what reaches them.
 *
 * A test (or the author of a new device) makes the device on harness->bus and
 * then is its driver: ports, memory, time. Everything runs on one thread.
 */
#pragma once

#include "engine/bus/device.h"

G_BEGIN_DECLS

#define MOS_HARNESS_MAX_MESSAGES 64

typedef struct {
  guint64 address;
  guint32 data;
} MosHarnessMessage;

typedef struct {
  MosBus *bus;
  /* What the processors saw. */
  gboolean          intr; /* the 8259's output */
  gboolean          a20;
  MosHarnessMessage messages[MOS_HARNESS_MAX_MESSAGES];
  guint             n_messages; /* counts on when the array is full */
  /* What was asked of the machine's owner, by MosBusRequest. */
  guint requests[MOS_BUS_EXIT + 1];
  guint exit_code;
  /* What mos_device_harness_record() connected. */
  gboolean level;
  guint    rises;
} MosDeviceHarness;

MosDeviceHarness *mos_device_harness_new (void);
void              mos_device_harness_free (MosDeviceHarness *self);

/* Connects @line to level and rises. */
void mos_device_harness_record (MosDeviceHarness *self, MosLine *line);

/* Moves the clock on by @ns and runs what is due. */
void mos_device_harness_advance (MosDeviceHarness *self, gint64 ns);

guint32 mos_device_harness_in (MosDeviceHarness *self, guint port, guint size);
void    mos_device_harness_out (MosDeviceHarness *self,
                                guint             port,
                                guint32           value,
                                guint             size);

/* Saves @device, resets the bus, and loads it again; TRUE if it took it. */
gboolean mos_device_harness_save_and_load (MosDeviceHarness *self,
                                           MosDevice        *device);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosDeviceHarness, mos_device_harness_free)

G_END_DECLS
