/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The beacon: a port where guests say who they are.
 *
 * A 32-bit read of port 0x5e0 gives 0x4d420001, "there is a beacon, version
 * 1". A message is written to it as a few 32-bit words:
 *
 *   word 0       bits 31-16 0x4d42, 15-12 version 1, 11-8 hops (at most 8),
 *                7-0 bytes of the name (at most 64; 0 takes it back)
 *   per hop      bits 15-0: the number a hypervisor has for its guest, the
 *                outermost hypervisor's first
 *   the name     UTF-8, four bytes a word, the first in bits 7-0
 *
 * A guest that speaks for itself writes no hops. A hypervisor that traps its
 * guest's writes hands the message on to where it is itself heard: with one
 * hop more in word 0, and its own number for the guest as the first hop. It
 * may answer the read itself, so that its guests need not know.
 *
 * Words that begin no message are ignored; messages beyond 64 a second too.
 */
#pragma once

#include "engine/bus/device.h"
#include "engine/host/beacon.h"

G_BEGIN_DECLS

#define MOS_BEACON_PORT      0x5e0
#define MOS_BEACON_SIGNATURE 0x4d420001

extern const MosDeviceClass mos_beacon_class;

/* @sink may be NULL: nobody listens; else it outlives the device. */
MosDevice *mos_beacon_new (MosBus *bus, MosBeaconSink *sink);

G_END_DECLS
