/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Where a beacon is heard: names that guests give themselves.
 *
 * Whoever wants to hear embeds it; the beacon device calls it on the thread of
 * the vCPU that wrote. Everything in it comes from a guest and is untrusted.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_BEACON_MAX_HOPS 8
#define MOS_BEACON_MAX_NAME 64 /* bytes */

typedef struct MosBeaconSink MosBeaconSink;

struct MosBeaconSink {
  /* @path has @n_hops numbers, the outermost first: 0 hops is the machine
   * itself. @name is @size bytes of anything, not ended by a 0; none: it takes
   * its name back. Must not block; called at most so often as the device lets
   * through. */
  void (*heard) (MosBeaconSink *self,
                 const guint16 *path,
                 guint          n_hops,
                 const char    *name,
                 gsize          size);
};

G_END_DECLS
