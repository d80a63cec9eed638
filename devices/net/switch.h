/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A learning switch, for an internal network.
 *
 * Machines on their own I/O threads plug their cables in; a frame goes to the
 * port behind which its address was last seen, else to all others. The table
 * of addresses is bounded and forgets. Frames that go to all are limited a
 * second and port, so guests that make a loop do not drown the others.
 */
#pragma once

#include "engine/host/net.h"

G_BEGIN_DECLS

#define MOS_SWITCH_MAX_PORTS       64
#define MOS_SWITCH_MAX_ADDRESSES   1024
#define MOS_SWITCH_FLOODS_PER_S    20000
#define MOS_SWITCH_ADDRESS_LIFE_US (300 * G_TIME_SPAN_SECOND)

typedef struct MosSwitch MosSwitch;

typedef struct {
  guint64 forwarded; /* to the one port it was for */
  guint64 flooded;   /* to all others */
  guint64 filtered;  /* for the port it came from */
  guint64 dropped;   /* malformed, or one flood too many */
} MosSwitchCounters;

MosSwitch *mos_switch_new (void);
/* No port is plugged in. */
void mos_switch_free (MosSwitch *self);

/* Takes the peer's end of @port, which is referenced, or gives it back. FALSE
 * if all ports are taken. Any thread; remove waits for a frame under way. */
gboolean mos_switch_add (MosSwitch *self, MosNetPort *port);
void     mos_switch_remove (MosSwitch *self, MosNetPort *port);

guint mos_switch_n_ports (MosSwitch *self);
guint mos_switch_n_addresses (MosSwitch *self);
/* FALSE if @port is not plugged in. Any thread. */
gboolean mos_switch_counters (MosSwitch         *self,
                              MosNetPort        *port,
                              MosSwitchCounters *counters);

G_END_DECLS
