/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Receiving with the 82540EM (Software Developer's Manual, "Packet Reception").
 *
 * A frame passes the address filters and goes into as many descriptors as it
 * takes. The wire's padding and checksum sequence are made up, the latter as
 * zeros: nothing can have damaged the frame. Without descriptors the frame
 * waits in the cable.
 */
#include <string.h>

#include "devices/net/e1000-private.h"
#include "devices/net/offload.h"

#define DESCRIPTOR_BYTES 16u
#define MIN_FRAME        60u
#define MAX_FRAME        1518u /* without the checksum sequence, with a tag */
#define FCS_BYTES        4u

enum {
  RCTL_ENABLE = 1u << 1,
  RCTL_UNICAST = 1u << 3,
  RCTL_MULTICAST = 1u << 4,
  RCTL_LONG = 1u << 5,
  RCTL_BROADCAST = 1u << 15,
  RCTL_VLAN_FILTER = 1u << 18,
  RCTL_LARGE = 1u << 25,
  RCTL_STRIP = 1u << 26,
  RXCSUM_IP = 1u << 8,
  RXCSUM_L4 = 1u << 9
};

enum {
  STATUS_DONE = 1u << 0,
  STATUS_END = 1u << 1,
  STATUS_UNCHECKED = 1u << 2,
  STATUS_VLAN = 1u << 3,
  STATUS_L4 = 1u << 5,
  STATUS_IP = 1u << 6,
  STATUS_INEXACT = 1u << 7
};

/* A frame on its way into memory. */
typedef struct {
  const guint8 *bytes;
  gsize         size; /* with what is made up at the end */
  guint16       tag;
  guint8        status; /* of its last descriptor */
} Arrival;

/* -- filters ------------------------------------------------------------- */

static gboolean
is_own (const MosE1000 *self, const guint8 *mac)
{
  guint32 low = mac[0] | (guint32) mac[1] << 8 | (guint32) mac[2] << 16 |
                (guint32) mac[3] << 24;
  guint32 high = mac[4] | (guint32) mac[5] << 8;

  for (guint i = 0; i < MOS_E1000_N_ADDRESSES; i++)
    if ((self->addresses[i * 2 + 1] & MOS_E1000_ADDRESS_VALID) != 0 &&
        self->addresses[i * 2] == low &&
        (self->addresses[i * 2 + 1] & 0xffff) == high)
      return TRUE;
  return FALSE;
}

/* Twelve bits of the address, from where RCTL says, are an index. */
static gboolean
is_hashed (const MosE1000 *self, const guint8 *mac)
{
  static const guint shifts[] = { 4, 3, 2, 0 };
  guint hash = (mac[4] | (guint) mac[5] << 8) >> shifts[self->rctl >> 12 & 3];

  hash &= 0xfff;
  return (self->multicast[hash >> 5] >> (hash & 31) & 1) != 0;
}

static gboolean
is_tagged (const MosE1000 *self, const guint8 *frame)
{
  return ((guint32) frame[12] << 8 | frame[13]) == (self->vet & 0xffff);
}

static gboolean
has_vlan (const MosE1000 *self, const guint8 *frame)
{
  guint id = ((guint) frame[14] << 8 | frame[15]) & 0xfff;

  return (self->vlans[id >> 5] >> (id & 31) & 1) != 0;
}

static gboolean
wants (const MosE1000 *self, const guint8 *frame, guint8 *status)
{
  static const guint8 broadcast[6] = { 255, 255, 255, 255, 255, 255 };

  if ((self->rctl & RCTL_VLAN_FILTER) != 0 && is_tagged (self, frame) &&
      !has_vlan (self, frame))
    return FALSE;
  if (is_own (self, frame))
    return TRUE;
  if (memcmp (frame, broadcast, 6) == 0 && (self->rctl & RCTL_BROADCAST) != 0)
    return TRUE;
  if ((frame[0] & 1) == 0)
    return (self->rctl & RCTL_UNICAST) != 0;
  if ((self->rctl & RCTL_MULTICAST) != 0)
    return TRUE;
  *status |= STATUS_INEXACT;
  return is_hashed (self, frame);
}

/* -- descriptors --------------------------------------------------------- */

static guint
buffer_bytes (const MosE1000 *self)
{
  guint size = 2048u >> (self->rctl >> 16 & 3);

  return (self->rctl & RCTL_LARGE) != 0 ? MAX (size * 16, 4096) : size;
}

static guint
n_descriptors (const MosE1000 *self)
{
  return self->rdlen / DESCRIPTOR_BYTES;
}

/* How many the driver has given; the tail is the first that it has not. */
static guint
n_free (const MosE1000 *self)
{
  guint n = n_descriptors (self);

  if (n == 0 || self->rdh >= n || self->rdt >= n)
    return 0;
  return (self->rdt + n - self->rdh) % n;
}

/* Writes @size bytes of the frame from @done on; what is beyond its bytes are
 * zeros. */
static void
write_part (MosE1000      *self,
            guint64        gpa,
            const Arrival *arrival,
            gsize          real,
            gsize          done,
            gsize          size)
{
  static const guint8 zeros[MIN_FRAME + FCS_BYTES];
  MosMemoryMap       *memory = self->pci.device.bus->memory;
  gsize               from_frame = done < real ? MIN (size, real - done) : 0;

  if (from_frame > 0)
    mos_memory_map_write (memory, gpa, arrival->bytes + done, from_frame);
  if (from_frame < size)
    mos_memory_map_write (memory, gpa + from_frame, zeros, size - from_frame);
}

static void
fill_descriptors (MosE1000 *self, const Arrival *arrival, gsize real)
{
  MosMemoryMap *memory = self->pci.device.bus->memory;
  guint64       base = (guint64) self->rdbah << 32 | self->rdbal;
  gsize         room = buffer_bytes (self);
  gsize         start = MIN (self->rxcsum & 0xff, real);
  guint16       sum =
      mos_net_sum_fold (mos_net_sum (arrival->bytes + start, real - start, 0));

  for (gsize done = 0; done < arrival->size;) {
    guint64  gpa = base + self->rdh * DESCRIPTOR_BYTES;
    gsize    size = MIN (room, arrival->size - done);
    gboolean last = done + size == arrival->size;
    guint64  word;

    write_part (self, mos_memory_map_read_u64 (memory, gpa), arrival, real,
                done, size);
    word = size | (guint64) sum << 16 |
           (guint64) (last ? arrival->status : STATUS_DONE) << 32 |
           (guint64) arrival->tag << 48;
    mos_memory_map_write_u64 (memory, gpa + 8, word);
    self->rdh = self->rdh + 1 < n_descriptors (self) ? self->rdh + 1 : 0;
    done += size;
  }
}

static void
count_received (MosE1000 *self, const guint8 *frame, gsize size)
{
  mos_e1000_count_frame (self, size);
  mos_e1000_count (self, MOS_E1000_GPRC, 1);
  mos_e1000_count (self, MOS_E1000_TPR, 1);
  mos_e1000_count (self, MOS_E1000_PRC64 + mos_e1000_size_class (size), 1);
  mos_e1000_count64 (self, MOS_E1000_GORC, MAX (size, MIN_FRAME) + FCS_BYTES);
  mos_e1000_count64 (self, MOS_E1000_TOR, MAX (size, MIN_FRAME) + FCS_BYTES);
  if (frame[0] == 0xff)
    mos_e1000_count (self, MOS_E1000_BPRC, 1);
  else if ((frame[0] & 1) != 0)
    mos_e1000_count (self, MOS_E1000_MPRC, 1);
}

static void
announce (MosE1000 *self)
{
  guint share = self->rctl >> 8 & 3;

  if (self->rdtr != 0)
    mos_e1000_delay (self, &self->rx_delay, self->rdtr & 0xffff, self->radv);
  else
    mos_e1000_interrupt (self, MOS_E1000_RXT0);
  if (n_free (self) <= n_descriptors (self) >> (1 + share))
    mos_e1000_interrupt (self, MOS_E1000_RXDMT0);
}

/* What the hardware says of the frame's checksums: those that the lab has
 * computed are right, others are the driver's to look at. */
static guint8
checksum_status (const MosE1000 *self, MosNetFlags flags)
{
  guint8 status = 0;

  if ((flags & MOS_NET_CHECKSUMMED) == 0)
    return STATUS_UNCHECKED;
  if ((self->rxcsum & RXCSUM_IP) != 0)
    status |= STATUS_IP;
  if ((self->rxcsum & RXCSUM_L4) != 0)
    status |= STATUS_L4;
  return status != 0 ? status : STATUS_UNCHECKED;
}

/* Takes the tag out, into the descriptor; the addresses move up to the rest. */
static void
take_tag (MosE1000 *self, Arrival *arrival, guint8 *copy, gsize *size)
{
  arrival->tag = (guint16) (arrival->bytes[14] << 8 | arrival->bytes[15]);
  arrival->status |= STATUS_VLAN;
  memcpy (copy, arrival->bytes, 12);
  memcpy (copy + 12, arrival->bytes + 16, *size - 16);
  arrival->bytes = copy;
  *size -= 4;
}

gboolean
mos_e1000_receive (MosE1000     *self,
                   const guint8 *frame,
                   gsize         size,
                   MosNetFlags   flags)
{
  Arrival arrival = { .bytes = frame, .status = STATUS_DONE | STATUS_END };
  g_autofree guint8 *copy = NULL;
  gsize              real = size;
  guint              needed;

  if ((self->rctl & RCTL_ENABLE) == 0 || size < 14 ||
      !mos_pci_device_is_master (&self->pci) ||
      !wants (self, frame, &arrival.status))
    return TRUE;
  if (size > MAX_FRAME && (self->rctl & RCTL_LONG) == 0) {
    mos_e1000_count (self, MOS_E1000_ROC, 1);
    return TRUE;
  }
  arrival.status |= checksum_status (self, flags);
  if ((self->ctrl & MOS_E1000_CTRL_VME) != 0 && size >= 18 &&
      is_tagged (self, frame)) {
    copy = g_malloc (size);
    take_tag (self, &arrival, copy, &real);
  }
  arrival.size =
      MAX (real, MIN_FRAME) + ((self->rctl & RCTL_STRIP) != 0 ? 0 : FCS_BYTES);
  needed =
      (guint) ((arrival.size + buffer_bytes (self) - 1) / buffer_bytes (self));
  if (needed >= n_descriptors (self)) {
    mos_e1000_count (self, MOS_E1000_MPC, 1);
    return TRUE;
  }
  if (needed > n_free (self))
    return FALSE;
  fill_descriptors (self, &arrival, real);
  count_received (self, arrival.bytes, real);
  announce (self);
  return TRUE;
}
