/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A forwarded port as people write it: PROTOCOL:[ADDRESS:]PORT:[ADDRESS:]PORT,
 * first of the host, then of the guest. "tcp:2222:22" is port 2222 of this
 * host's loopback, "tcp:0.0.0.0:2222:22" that of all its addresses,
 * "udp:[::1]:5353:10.0.2.20:53" names both.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_FORWARD_ADDRESS_BYTES 48

typedef struct {
  gboolean udp;                             /* else TCP */
  char     host[MOS_FORWARD_ADDRESS_BYTES]; /* IPv4 or IPv6; never empty */
  guint16  host_port;
  char     guest[MOS_FORWARD_ADDRESS_BYTES]; /* "": the first that NAT gives */
  guint16  guest_port;
} MosForward;

/* FALSE if @text is no forward. */
gboolean mos_forward_parse (const char *text, MosForward *forward);

G_END_DECLS
