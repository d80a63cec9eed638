/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Where cables lead.
 *
 * A MosNetworks is all the networks of a lab: the way out through the host,
 * and internal ones by name. Who composes the program hands one in; machines
 * connect their cables to it when they start. A MosNetLink is such a
 * connection, and what was asked for with it: forwarded ports, a capture.
 */
#pragma once

#include "engine/base/log.h"
#include "engine/config/forward.h"
#include "engine/host/net.h"

G_BEGIN_DECLS

typedef struct MosNetworks MosNetworks;
typedef struct MosNetLink  MosNetLink;

typedef enum {
  MOS_NETWORK_NONE, /* nothing at the other end */
  MOS_NETWORK_NAT,
  MOS_NETWORK_INTERNAL
} MosNetworkMode;

/* Only valid during connect. */
typedef struct {
  MosNetworkMode    mode;
  const char       *name;    /* the adapter's, for people: "eth0" */
  const char       *network; /* internal: which one */
  guint             mtu;
  const MosForward *forwards; /* NAT */
  guint             n_forwards;
  gboolean          restricted;    /* NAT: nothing but forwards passes */
  const char       *capture;       /* file to be written, or NULL */
  guint64           capture_bytes; /* it may get so large; 0: any size */
  guint             snap_bytes;    /* of each frame; 0: all */
} MosNetWish;

struct MosNetworks {
  gatomicrefcount refs;
  void (*free) (MosNetworks *self);
  /*
   * Connects @port, which is referenced, to what @wish says; its frames are
   * handled on @io_context. The log gets what happens later. Any thread, while
   * nobody runs the context. MOS_ERROR_IN_USE, _IO, _NO_MEMORY say what to
   * change, without the key.
   */
  MosNetLink *(*connect) (MosNetworks      *self,
                          const MosNetWish *wish,
                          MosNetPort       *port,
                          GMainContext     *io_context,
                          MosLog           *log,
                          GError          **error);
};

/* Implementations embed it first. */
struct MosNetLink {
  void (*free) (MosNetLink *self);
};

MosNetworks *mos_networks_ref (MosNetworks *self);
void         mos_networks_unref (MosNetworks *self);

/* Pulls it off; what was captured is on the disk then. While nobody runs the
 * I/O context. NULL is fine. */
void mos_net_link_free (MosNetLink *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosNetworks, mos_networks_unref)

G_END_DECLS
