/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Checksums and segmentation. A piece's headers are the frame's own, with
 * lengths, identification, sequence number, flags and checksums set anew, as
 * RFC 791, 8200, 768 and 9293 have them.
 */
#include "devices/net/offload.h"

#include <string.h>

#include "engine/host/net.h"

#define ETHER_BYTES    14u
#define TYPE_IPV4      0x0800u
#define TYPE_IPV6      0x86ddu
#define TYPE_VLAN      0x8100u
#define TYPE_QINQ      0x88a8u
#define IPV4_MIN_BYTES 20u
#define IPV6_BYTES     40u
#define TCP_MIN_BYTES  20u
#define UDP_BYTES      8u
#define PROTOCOL_TCP   6
#define PROTOCOL_UDP   17
#define TCP_FIN_PSH    0x09
#define TCP_CWR        0x80

static guint
get16 (const guint8 *place)
{
  return (guint) place[0] << 8 | place[1];
}

static void
put16 (guint8 *place, guint value)
{
  place[0] = (guint8) (value >> 8);
  place[1] = (guint8) value;
}

static guint32
get32 (const guint8 *place)
{
  return (guint32) get16 (place) << 16 | get16 (place + 2);
}

static void
put32 (guint8 *place, guint32 value)
{
  put16 (place, value >> 16);
  put16 (place + 2, value & 0xffff);
}

guint64
mos_net_sum (const guint8 *data, gsize size, guint64 sum)
{
  while (size >= 4) {
    guint32 word;

    memcpy (&word, data, 4);
    sum += word;
    data += 4;
    size -= 4;
  }
  if (size >= 2) {
    guint16 half;

    memcpy (&half, data, 2);
    sum += half;
    data += 2;
    size -= 2;
  }
  if (size > 0)
    sum += GUINT16_TO_LE (data[0]);
  return sum;
}

guint16
mos_net_sum_fold (guint64 sum)
{
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return (guint16) sum;
}

static void
store_sum (guint8 *place, guint64 sum)
{
  guint16 folded = (guint16) ~mos_net_sum_fold (sum);

  memcpy (place, &folded, 2);
}

gboolean
mos_net_put_checksum (guint8 *frame,
                      gsize   size,
                      gsize   start,
                      gsize   end,
                      gsize   place)
{
  if (end > size || start >= end || place < start || place + 2 > end)
    return FALSE;
  store_sum (frame + place, mos_net_sum (frame + start, end - start, 0));
  return TRUE;
}

gsize
mos_net_find_ip (const guint8 *frame, gsize size, gboolean *ipv4)
{
  gsize at = ETHER_BYTES;

  for (guint tags = 0; tags < 2 && size >= at; tags++) {
    guint type = get16 (frame + at - 2);

    if (type != TYPE_VLAN && type != TYPE_QINQ)
      break;
    at += 4;
  }
  if (size < at + IPV4_MIN_BYTES)
    return 0;
  *ipv4 = get16 (frame + at - 2) == TYPE_IPV4;
  return *ipv4 || get16 (frame + at - 2) == TYPE_IPV6 ? at : 0;
}

gboolean
mos_net_cut_is_sane (const MosNetCut *cut, gsize size)
{
  gsize l3_bytes = cut->ipv4 ? IPV4_MIN_BYTES : IPV6_BYTES;
  gsize l4_bytes = cut->udp ? UDP_BYTES : TCP_MIN_BYTES;

  return size <= MOS_NET_MAX_FRAME && cut->l3 >= ETHER_BYTES &&
         cut->l4 >= cut->l3 + l3_bytes &&
         cut->header_bytes >= cut->l4 + l4_bytes && cut->header_bytes < size &&
         cut->header_bytes <= 512 && cut->mss >= MOS_NET_MIN_MSS;
}

/* Addresses, protocol and length, as the transport's checksum counts them. */
static guint64
pseudo_header (const guint8 *l3, gboolean ipv4, guint protocol, gsize size)
{
  guint64 sum =
      ipv4 ? mos_net_sum (l3 + 12, 8, 0) : mos_net_sum (l3 + 8, 32, 0);

  return sum + GUINT16_TO_BE ((guint16) protocol) +
         GUINT16_TO_BE ((guint16) size);
}

static void
finish_l3 (guint8 *piece, gsize size, const MosNetCut *cut, guint n)
{
  guint8 *l3 = piece + cut->l3;

  if (cut->ipv4) {
    put16 (l3 + 2, (guint) (size - cut->l3));
    put16 (l3 + 4, get16 (l3 + 4) + n);
    put16 (l3 + 10, 0);
    store_sum (l3 + 10, mos_net_sum (l3, cut->l4 - cut->l3, 0));
  } else {
    put16 (l3 + 4, (guint) (size - cut->l3 - IPV6_BYTES));
  }
}

static void
finish_l4 (guint8          *piece,
           gsize            size,
           const MosNetCut *cut,
           gsize            offset,
           gboolean         last)
{
  guint8 *l4 = piece + cut->l4;
  guint8 *checksum = l4 + (cut->udp ? 6 : 16);
  guint64 sum =
      pseudo_header (piece + cut->l3, cut->ipv4,
                     cut->udp ? PROTOCOL_UDP : PROTOCOL_TCP, size - cut->l4);

  if (cut->udp) {
    put16 (l4 + 4, (guint) (size - cut->l4));
  } else {
    put32 (l4 + 4, get32 (l4 + 4) + (guint32) offset);
    if (!last)
      l4[13] &= (guint8) ~TCP_FIN_PSH;
    if (offset > 0)
      l4[13] &= (guint8) ~TCP_CWR;
  }
  put16 (checksum, 0);
  store_sum (checksum, mos_net_sum (l4, size - cut->l4, sum));
  if (cut->udp && get16 (checksum) == 0)
    put16 (checksum, 0xffff);
}

void
mos_net_cut (const guint8    *frame,
             gsize            size,
             const MosNetCut *cut,
             MosNetPieceFunc  func,
             gpointer         user_data)
{
  gsize              payload = size - cut->header_bytes;
  g_autofree guint8 *piece =
      g_malloc (cut->header_bytes + MIN (cut->mss, payload));
  guint n = 0;

  for (gsize offset = 0; offset < payload; offset += cut->mss, n++) {
    gsize bytes = MIN (cut->mss, payload - offset);
    gsize piece_bytes = cut->header_bytes + bytes;

    memcpy (piece, frame, cut->header_bytes);
    memcpy (piece + cut->header_bytes, frame + cut->header_bytes + offset,
            bytes);
    finish_l3 (piece, piece_bytes, cut, n);
    finish_l4 (piece, piece_bytes, cut, offset, offset + bytes == payload);
    func (user_data, piece, piece_bytes);
  }
}
