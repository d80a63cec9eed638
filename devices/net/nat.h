/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The way out through the host: a router with DHCP, DNS and address
 * translation at the far end of a cable, by libslirp.
 *
 * The guest's network is 10.0.2.0/24 and fec0::/64, its gateway 10.0.2.2,
 * which is also the host's loopback, its name server 10.0.2.3. Needs no rights
 * of the host.
 */
#pragma once

#include "engine/host/network.h"

G_BEGIN_DECLS

typedef struct MosNat MosNat;

/*
 * Puts itself at the peer's end of @port and works on @io_context. @lock is
 * held around every call of libslirp, which has variables of its own that all
 * machines share; it outlives the NAT. Errors name the port that is taken.
 */
MosNat *mos_nat_new (const MosNetWish *wish,
                     MosNetPort       *port,
                     GMainContext     *io_context,
                     GMutex           *lock,
                     GError          **error);
/* While nobody runs the context. */
void mos_nat_free (MosNat *self);

G_END_DECLS
