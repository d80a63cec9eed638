/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The control queue of virtio-net, and the filters it sets (virtio 1.2,
 * "Control Virtqueue").
 *
 * A command is a class, a number and data; a byte says whether it was
 * understood. Until the driver has set a filter, everything is received. Lock
 * held.
 */
#include <string.h>

#include "devices/net/virtio-net-private.h"

#define MAX_COMMANDS 1024u /* in one kick */

enum {
  CLASS_RX = 0,
  CLASS_MAC = 1,
  CLASS_VLAN = 2
};

enum {
  RX_PROMISCUOUS = 0,
  RX_ALL_MULTICAST = 1,
  RX_ALL_UNICAST = 2,
  RX_NO_MULTICAST = 3,
  RX_NO_UNICAST = 4,
  RX_NO_BROADCAST = 5,
  MAC_TABLE_SET = 0,
  MAC_ADDRESS_SET = 1,
  VLAN_ADD = 0,
  VLAN_REMOVE = 1
};

enum {
  ANSWER_OK = 0,
  ANSWER_ERROR = 1
};

void
mos_virtio_net_filter_reset (MosVirtioNet *self)
{
  memset (&self->filter, 0, sizeof self->filter);
  self->filter.promiscuous = TRUE;
  memcpy (self->mac, self->own_mac, sizeof self->mac);
}

/* -- receiving ----------------------------------------------------------- */

static gboolean
has_vlan (const MosVirtioNetFilter *filter, const guint8 *frame, gsize size)
{
  guint id;

  if (size < 18 || frame[12] != 0x81 || frame[13] != 0)
    return TRUE;
  id = ((guint) frame[14] << 8 | frame[15]) & 0xfff;
  return (filter->vlans[id / 8] & 1u << (id % 8)) != 0;
}

static gboolean
is_listed (const MosVirtioNetFilter *filter,
           const guint8             *mac,
           guint                     first,
           guint                     end)
{
  for (guint i = first; i < end; i++)
    if (memcmp (filter->macs + i * 6, mac, 6) == 0)
      return TRUE;
  return FALSE;
}

gboolean
mos_virtio_net_wants (MosVirtioNet *self, const guint8 *frame, gsize size)
{
  static const guint8       broadcast[6] = { 255, 255, 255, 255, 255, 255 };
  const MosVirtioNetFilter *filter = &self->filter;

  if (size < 14)
    return FALSE;
  if (filter->promiscuous)
    return TRUE;
  if (mos_virtio_has (&self->virtio, FEATURE_CTRL_VLAN) &&
      !has_vlan (filter, frame, size))
    return FALSE;
  if (memcmp (frame, broadcast, 6) == 0)
    return !filter->no_broadcast;
  if (frame[0] & 1)
    return !filter->no_multicast &&
           (filter->all_multicast || filter->multicast_overflow ||
            is_listed (filter, frame, filter->n_unicast, filter->n_macs));
  return !filter->no_unicast &&
         (filter->all_unicast || filter->unicast_overflow ||
          memcmp (frame, self->mac, 6) == 0 ||
          is_listed (filter, frame, 0, filter->n_unicast));
}

/* -- commands ------------------------------------------------------------ */

static gboolean
set_mode (MosVirtioNetFilter *filter, guint8 command, guint8 value)
{
  guint8 *const modes[] = {
    [RX_PROMISCUOUS] = &filter->promiscuous,
    [RX_ALL_MULTICAST] = &filter->all_multicast,
    [RX_ALL_UNICAST] = &filter->all_unicast,
    [RX_NO_MULTICAST] = &filter->no_multicast,
    [RX_NO_UNICAST] = &filter->no_unicast,
    [RX_NO_BROADCAST] = &filter->no_broadcast,
  };

  if (command >= G_N_ELEMENTS (modes))
    return FALSE;
  *modes[command] = value != 0;
  return TRUE;
}

/* Reads one list at *@offset behind the addresses so far. */
static gboolean
read_macs (const MosVirtqueueElement *element,
           MosVirtioNetFilter        *filter,
           gsize                     *offset,
           guint8                    *overflow)
{
  guint32 n;

  if (mos_virtqueue_read (element, *offset, &n, 4) != 4)
    return FALSE;
  n = GUINT32_FROM_LE (n);
  *offset += 4;
  if (n > (element->out_bytes - *offset) / 6)
    return FALSE;
  *overflow = n > MOS_VIRTIO_NET_MAX_MACS - filter->n_macs;
  if (!*overflow) {
    mos_virtqueue_read (element, *offset, filter->macs + filter->n_macs * 6,
                        n * 6);
    filter->n_macs = (guint16) (filter->n_macs + n);
  }
  *offset += (gsize) n * 6;
  return TRUE;
}

/* A list that is not whole changes nothing. */
static gboolean
set_table (MosVirtioNet *self, const MosVirtqueueElement *element)
{
  MosVirtioNetFilter fresh = self->filter;
  gsize              offset = 2;

  fresh.n_macs = 0;
  if (!read_macs (element, &fresh, &offset, &fresh.unicast_overflow))
    return FALSE;
  fresh.n_unicast = fresh.n_macs;
  if (!read_macs (element, &fresh, &offset, &fresh.multicast_overflow))
    return FALSE;
  self->filter = fresh;
  return TRUE;
}

static gboolean
set_address (MosVirtioNet *self, const MosVirtqueueElement *element)
{
  guint8 mac[6];

  if (mos_virtqueue_read (element, 2, mac, 6) != 6)
    return FALSE;
  memcpy (self->mac, mac, 6);
  return TRUE;
}

static gboolean
set_vlan (MosVirtioNet              *self,
          const MosVirtqueueElement *element,
          guint8                     command)
{
  guint8 *place;
  guint16 id;

  if (mos_virtqueue_read (element, 2, &id, 2) != 2)
    return FALSE;
  id = GUINT16_FROM_LE (id);
  if (id > 4095 || command > VLAN_REMOVE)
    return FALSE;
  place = &self->filter.vlans[id / 8];
  if (command == VLAN_ADD)
    *place |= (guint8) (1u << (id % 8));
  else
    *place &= (guint8) ~(1u << (id % 8));
  return TRUE;
}

static gboolean
carry_out (MosVirtioNet *self, const MosVirtqueueElement *element)
{
  guint8 head[3] = { 0 };
  gsize  bytes = mos_virtqueue_read (element, 0, head, sizeof head);

  if (bytes < 2)
    return FALSE;
  switch (head[0]) {
  case CLASS_RX:
    return bytes == 3 && mos_virtio_has (&self->virtio, FEATURE_CTRL_RX) &&
           (head[1] <= RX_ALL_MULTICAST ||
            mos_virtio_has (&self->virtio, FEATURE_CTRL_RX_EXTRA)) &&
           set_mode (&self->filter, head[1], head[2]);
  case CLASS_MAC:
    if (head[1] == MAC_TABLE_SET)
      return mos_virtio_has (&self->virtio, FEATURE_CTRL_RX) &&
             set_table (self, element);
    return head[1] == MAC_ADDRESS_SET &&
           mos_virtio_has (&self->virtio, FEATURE_CTRL_MAC) &&
           set_address (self, element);
  case CLASS_VLAN:
    return mos_virtio_has (&self->virtio, FEATURE_CTRL_VLAN) &&
           set_vlan (self, element, head[1]);
  default:
    return FALSE;
  }
}

void
mos_virtio_net_control (MosVirtioNet *self, MosVirtqueue *queue)
{
  guint taken = 0;

  while (mos_virtqueue_pop (queue, &self->element)) {
    guint8 answer;

    if (++taken > MAX_COMMANDS || self->element.in_bytes < 1) {
      mos_virtio_break (&self->virtio);
      return;
    }
    answer = carry_out (self, &self->element) ? ANSWER_OK : ANSWER_ERROR;
    mos_virtqueue_write (&self->element, 0, &answer, 1);
    mos_virtqueue_push (queue, &self->element, 1);
    mos_virtio_interrupt (&self->virtio, queue);
  }
}
