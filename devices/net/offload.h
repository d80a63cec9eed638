/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a network card does to a frame on its way out: checksums (RFC 1071),
 * and cutting a long TCP segment into many that fit the wire.
 *
 * Every number may come from a guest: what does not fit the frame is refused,
 * and nothing is written outside it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_NET_MIN_MSS 32u

/* The sum of @size bytes added to @sum, not folded yet; an odd last byte
 * counts as if a zero followed. */
guint64 mos_net_sum (const guint8 *data, gsize size, guint64 sum);
/* Folded to 16 bits, in the order of memory: to be stored as it is. */
guint16 mos_net_sum_fold (guint64 sum);

/*
 * Puts the checksum of bytes @start to @end - 1 at @place, where the sum of
 * the pseudo header is already. FALSE if they are not inside the frame.
 */
gboolean mos_net_put_checksum (guint8 *frame,
                               gsize   size,
                               gsize   start,
                               gsize   end,
                               gsize   place);

/* Where the headers of a frame to be cut are; offsets into the frame. */
typedef struct {
  gsize    l3, l4;
  gsize    header_bytes; /* all headers */
  gsize    mss;          /* payload bytes of each piece */
  gboolean ipv4;         /* else IPv6 */
  gboolean udp;          /* datagrams with a header each; else TCP */
} MosNetCut;

/* Takes one piece with right checksums; only valid during the call. */
typedef void (*MosNetPieceFunc) (gpointer      user_data,
                                 const guint8 *frame,
                                 gsize         size);

/* FALSE if @cut cannot be right. */
gboolean mos_net_cut_is_sane (const MosNetCut *cut, gsize size);
/* Cuts; @cut is sane. */
void mos_net_cut (const guint8    *frame,
                  gsize            size,
                  const MosNetCut *cut,
                  MosNetPieceFunc  func,
                  gpointer         user_data);

/* Where the IP header of a frame begins, past VLAN tags, and what it is; 0 if
 * it is neither IPv4 nor IPv6. */
gsize mos_net_find_ip (const guint8 *frame, gsize size, gboolean *ipv4);

G_END_DECLS
