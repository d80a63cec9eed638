/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Virtio network device (virtio 1.2, "Network Device").
 *
 * Queue 0 has the driver's empty buffers, queue 1 its frames, queue 2 its
 * commands. Frames to the guest come on the I/O thread, and wait in the cable
 * while the driver has no buffers. Frames of the guest are copied into the
 * cable by the vCPU that kicks, with checksums filled in and long segments cut;
 * when the cable is full, they wait in the ring until it calls back.
 */
#include "devices/net/virtio-net.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/net/offload.h"
#include "devices/net/virtio-net-private.h"
#include "engine/base/error.h"

#define QUEUE_SIZE   256u
#define HEADER_BYTES 12u
#define CONFIG_BYTES 12u
/* Elements taken by one kick; what is left is taken a moment later. */
#define MAX_TAKEN (4 * QUEUE_SIZE)
/* In the cable, for a frame in pieces. */
#define ROOM_BYTES 98304u

enum {
  QUEUE_RX = 0,
  QUEUE_TX = 1,
  QUEUE_CONTROL = 2
};

enum {
  HEADER_NEEDS_CHECKSUM = 1,
  HEADER_DATA_VALID = 2,
  GSO_NONE = 0,
  GSO_TCP4 = 1,
  GSO_TCP6 = 4,
  GSO_ECN = 0x80,
  LINK_UP = 1
};

/* Before each frame, both ways. */
typedef struct {
  guint8  flags;
  guint8  gso_type;
  guint16 header_bytes;
  guint16 gso_size;
  guint16 csum_start, csum_offset;
  guint16 n_buffers;
} Header;

G_STATIC_ASSERT (sizeof (Header) == HEADER_BYTES);

/* Of frames; what goes through registers is counted by their window. */
static void
count_bytes (MosVirtioNet *self, gsize size)
{
  __atomic_add_fetch (&self->virtio.pci.device.counters.bytes, size,
                      __ATOMIC_RELAXED);
}

/* -- to the guest -------------------------------------------------------- */

/* Writes header and frame into @element from @done on; how far it got. */
static gsize
fill (const MosVirtqueueElement *element,
      const Header              *header,
      const guint8              *frame,
      gsize                      size,
      gsize                      done)
{
  gsize written = 0;

  if (done == 0) {
    mos_virtqueue_write (element, 0, header, HEADER_BYTES);
    written = HEADER_BYTES;
    done = HEADER_BYTES;
  }
  written += mos_virtqueue_write (element, written, frame + done - HEADER_BYTES,
                                  size + HEADER_BYTES - done);
  return written;
}

/* Without buffers the driver is asked to say when there are more. */
static gboolean
take_buffer (MosVirtqueue *queue, MosVirtqueueElement *element)
{
  if (mos_virtqueue_pop (queue, element))
    return TRUE;
  mos_virtqueue_set_kicks (queue, TRUE);
  return mos_virtqueue_has_more (queue) && mos_virtqueue_pop (queue, element);
}

/*
 * Spreads a frame over as many buffers as it takes; FALSE if there are not
 * enough, and then none is used. One buffer must do for a driver that has not
 * agreed to more, and a frame that is too large for it is lost.
 */
static gboolean
spread (MosVirtioNet *self, Header *header, const guint8 *frame, gsize size)
{
  MosVirtqueue    *queue = &self->virtio.queues[QUEUE_RX];
  MosVirtqueueMark mark = mos_virtqueue_mark (queue);
  MosVirtqueueUsed used[QUEUE_SIZE];
  gboolean         merge = mos_virtio_has (&self->virtio, FEATURE_MRG_RXBUF);
  gsize            total = size + HEADER_BYTES, done = 0;
  guint            n = 0;

  while (done < total) {
    MosVirtqueueElement *element = n == 0 ? &self->first : &self->element;
    gsize                written;

    if (n == QUEUE_SIZE || !take_buffer (queue, element)) {
      mos_virtqueue_rewind (queue, mark);
      return FALSE;
    }
    if (n == 0 && element->in_bytes < HEADER_BYTES) {
      mos_virtio_break (&self->virtio);
      return TRUE;
    }
    if (!merge && element->in_bytes < total) {
      mos_virtqueue_rewind (queue, mark);
      return TRUE;
    }
    written = fill (element, header, frame, size, done);
    done += written;
    used[n++] = mos_virtqueue_note (queue, element, (guint32) written);
  }
  header->n_buffers = GUINT16_TO_LE ((guint16) n);
  mos_virtqueue_write (&self->first, 0, header, HEADER_BYTES);
  mos_virtqueue_push_many (queue, used, n);
  count_bytes (self, size);
  mos_virtio_interrupt (&self->virtio, queue);
  return TRUE;
}

static gboolean
deliver (MosVirtioNet *self, const guint8 *frame, gsize size, MosNetFlags flags)
{
  Header header = { 0 };

  if ((flags & MOS_NET_CHECKSUMMED) != 0 &&
      mos_virtio_has (&self->virtio, FEATURE_GUEST_CSUM))
    header.flags = HEADER_DATA_VALID;
  return spread (self, &header, frame, size);
}

static gboolean
port_receive (gpointer      device,
              const guint8 *frame,
              gsize         size,
              MosNetFlags   flags)
{
  MosVirtioNet *self = device;
  gboolean      taken = TRUE;

  g_mutex_lock (&self->virtio.pci.device.lock);
  if (mos_timer_arm_if_paused (&self->go_on))
    taken = FALSE;
  else if (mos_virtio_is_running (&self->virtio) &&
           self->virtio.queues[QUEUE_RX].enabled &&
           mos_pci_device_is_master (&self->virtio.pci) &&
           mos_virtio_net_wants (self, frame, size))
    taken = deliver (self, frame, size, flags) ||
            !mos_virtio_is_running (&self->virtio);
  g_mutex_unlock (&self->virtio.pci.device.lock);
  return taken;
}

/* -- from the guest ------------------------------------------------------ */

static void
send_piece (gpointer user_data, const guint8 *frame, gsize size)
{
  MosVirtioNet *self = user_data;

  mos_net_port_to_peer (self->port, frame, size, MOS_NET_CHECKSUMMED);
}

/* A long segment; what cannot be right is lost. */
static void
send_in_pieces (MosVirtioNet *self, const Header *header, gsize size)
{
  MosNetCut cut = { .mss = GUINT16_FROM_LE (header->gso_size),
                    .l4 = GUINT16_FROM_LE (header->csum_start) };
  guint     type = header->gso_type & ~(guint) GSO_ECN;

  cut.l3 = mos_net_find_ip (self->frame, size, &cut.ipv4);
  if (cut.l3 == 0 || cut.ipv4 != (type == GSO_TCP4) || cut.l4 + 20 > size)
    return;
  cut.header_bytes = cut.l4 + (self->frame[cut.l4 + 12] >> 4) * 4u;
  if (mos_net_cut_is_sane (&cut, size))
    mos_net_cut (self->frame, size, &cut, send_piece, self);
}

static void
send (MosVirtioNet *self, const Header *header, gsize size)
{
  gsize       start = GUINT16_FROM_LE (header->csum_start);
  gsize       place = start + GUINT16_FROM_LE (header->csum_offset);
  MosNetFlags flags = 0;

  switch (header->gso_type & ~(guint) GSO_ECN) {
  case GSO_NONE:
    break;
  case GSO_TCP4:
    if (mos_virtio_has (&self->virtio, FEATURE_HOST_TSO4))
      send_in_pieces (self, header, size);
    return;
  case GSO_TCP6:
    if (mos_virtio_has (&self->virtio, FEATURE_HOST_TSO6))
      send_in_pieces (self, header, size);
    return;
  default:
    return;
  }
  if ((header->flags & HEADER_NEEDS_CHECKSUM) != 0) {
    if (!mos_net_put_checksum (self->frame, size, start, size, place))
      return;
    flags = MOS_NET_CHECKSUMMED;
  }
  mos_net_port_to_peer (self->port, self->frame, size, flags);
}

/* Sends what the ring has, while the cable has room. */
static void
send_all (MosVirtioNet *self)
{
  MosVirtqueue        *queue = &self->virtio.queues[QUEUE_TX];
  MosVirtqueueElement *element = &self->element;
  guint                taken = 0;

  self->tx_waits = FALSE;
  while (mos_virtio_is_running (&self->virtio) &&
         mos_virtqueue_has_more (queue)) {
    Header header = { 0 };
    gsize  size;

    if (!mos_net_port_has_room (self->port, ROOM_BYTES)) {
      self->tx_waits = TRUE;
      break;
    }
    if (taken++ == MAX_TAKEN) {
      self->tx_waits = TRUE;
      mos_timer_arm (&self->go_on,
                     mos_clock_now (self->virtio.pci.device.bus->clock));
      break;
    }
    if (!mos_virtqueue_pop (queue, element))
      break;
    size = mos_virtqueue_read (element, 0, &header, HEADER_BYTES);
    size = mos_virtqueue_read (element, HEADER_BYTES, self->frame,
                               sizeof self->frame);
    if (size + HEADER_BYTES == element->out_bytes && size >= 14)
      send (self, &header, size);
    count_bytes (self, size);
    mos_virtqueue_push (queue, element, 0);
  }
  if (taken > 0)
    mos_virtio_interrupt (&self->virtio, queue);
}

/* Kicks are not needed while what is there is being sent, nor while room is
 * waited for. */
static void
transmit (MosVirtioNet *self)
{
  MosVirtqueue *queue = &self->virtio.queues[QUEUE_TX];

  for (guint turns = 0; turns < MAX_TAKEN; turns++) {
    mos_virtqueue_set_kicks (queue, FALSE);
    send_all (self);
    if (self->tx_waits)
      return;
    mos_virtqueue_set_kicks (queue, TRUE);
    if (!mos_virtio_is_running (&self->virtio) ||
        !mos_virtqueue_has_more (queue))
      return;
  }
}

/* There is room in the cable again. */
static void
port_writable (gpointer device)
{
  MosVirtioNet *self = device;

  g_mutex_lock (&self->virtio.pci.device.lock);
  if (self->tx_waits && !mos_timer_arm_if_paused (&self->go_on))
    transmit (self);
  g_mutex_unlock (&self->virtio.pci.device.lock);
}

static void
go_on_cb (gpointer user_data)
{
  MosVirtioNet *self = user_data;

  port_writable (self);
  mos_net_port_wake (self->port);
}

static void
net_notify (MosVirtio *virtio, MosVirtqueue *queue)
{
  MosVirtioNet *self = (MosVirtioNet *) virtio;

  switch (queue->index) {
  case QUEUE_RX:
    mos_virtqueue_set_kicks (queue, FALSE);
    mos_net_port_wake (self->port);
    break;
  case QUEUE_TX:
    if (!self->tx_waits)
      transmit (self);
    break;
  default:
    mos_virtio_net_control (self, queue);
    break;
  }
}

/* -- the link ------------------------------------------------------------ */

static void
port_link_changed (gpointer device, gboolean up)
{
  MosVirtioNet *self = device;

  g_mutex_lock (&self->virtio.pci.device.lock);
  self->link_up = up ? LINK_UP : 0;
  mos_virtio_config_changed (&self->virtio);
  g_mutex_unlock (&self->virtio.pci.device.lock);
}

static gboolean
port_is_held (gpointer device)
{
  MosVirtioNet *self = device;
  gboolean      held;

  g_mutex_lock (&self->virtio.pci.device.lock);
  held = mos_timer_arm_if_paused (&self->go_on);
  g_mutex_unlock (&self->virtio.pci.device.lock);
  return held;
}

static const MosNetDeviceOps port_ops = {
  .receive = port_receive,
  .writable = port_writable,
  .link_changed = port_link_changed,
  .is_held = port_is_held,
};

/* -- configuration ------------------------------------------------------- */

static guint8
net_read_config (MosVirtio *virtio, guint offset)
{
  const MosVirtioNet *self = (const MosVirtioNet *) virtio;

  if (offset < 6)
    return self->mac[offset];
  switch (offset) {
  case 6:
    return self->link_up;
  case 8:
    return 1; /* pairs of queues */
  case 10:
    return (guint8) self->mtu;
  case 11:
    return (guint8) (self->mtu >> 8);
  default:
    return 0;
  }
}

static void
net_stopped (MosVirtio *virtio)
{
  MosVirtioNet *self = (MosVirtioNet *) virtio;

  self->tx_waits = FALSE;
  mos_virtio_net_filter_reset (self);
}

static const MosVirtioInfo info = {
  .type = MOS_VIRTIO_NET,
  .class_code = 0x020000,
  .n_queues = 3,
  .queue_size = QUEUE_SIZE,
  .config_bytes = CONFIG_BYTES,
  .notify = net_notify,
  .read_config = net_read_config,
  .stopped = net_stopped,
};

/* -- the device ---------------------------------------------------------- */

static guint64
features (void)
{
  static const guint offered[] = {
    FEATURE_CSUM,      FEATURE_GUEST_CSUM, FEATURE_MTU,
    FEATURE_MAC,       FEATURE_HOST_TSO4,  FEATURE_HOST_TSO6,
    FEATURE_MRG_RXBUF, FEATURE_STATUS,     FEATURE_CTRL_VQ,
    FEATURE_CTRL_RX,   FEATURE_CTRL_VLAN,  FEATURE_CTRL_RX_EXTRA,
    FEATURE_CTRL_MAC,
  };
  guint64 bits = 0;

  for (guint i = 0; i < G_N_ELEMENTS (offered); i++)
    bits |= G_GUINT64_CONSTANT (1) << offered[i];
  return bits;
}

static void
net_init (MosDevice *device)
{
  MosVirtioNet *self = (MosVirtioNet *) device;

  mos_timer_init (&self->go_on, device->bus->clock, go_on_cb, self);
  mos_virtio_setup (&self->virtio, &info, features ());
}

static void
net_reset (MosDevice *device)
{
  mos_virtio_reset ((MosVirtio *) device);
}

/* Whether the cable has room is found out anew. */
static gboolean
net_loaded (MosDevice *device, GError **error)
{
  MosVirtioNet *self = (MosVirtioNet *) device;

  self->link_up = mos_net_port_get_link (self->port) ? LINK_UP : 0;
  self->tx_waits = TRUE;
  mos_timer_arm (&self->go_on, mos_clock_now (device->bus->clock));
  if (self->filter.n_macs > MOS_VIRTIO_NET_MAX_MACS ||
      self->filter.n_unicast > self->filter.n_macs) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved state of the device “%s” is damaged"),
                 device->name);
    return FALSE;
  }
  return mos_virtio_loaded (&self->virtio, error);
}

static void
net_clear (MosDevice *device)
{
  MosVirtioNet *self = (MosVirtioNet *) device;

  if (self->port != NULL)
    mos_net_port_set_device (self->port, NULL, NULL);
  mos_timer_clear (&self->go_on);
  mos_virtio_clear (&self->virtio);
  mos_net_port_unref (self->port);
  mos_ram_free (self->rom);
}

#define FILTER(member, kind) MOS_STATE (MosVirtioNet, filter.member, kind)

static const MosStateField state[] = {
  MOS_VIRTIO_STATE_FIELDS,
  MOS_STATE_ARRAY (MosVirtioNet, mac, MOS_STATE_BYTES, 6),
  FILTER (promiscuous, MOS_STATE_U8),
  FILTER (all_multicast, MOS_STATE_U8),
  FILTER (all_unicast, MOS_STATE_U8),
  FILTER (no_multicast, MOS_STATE_U8),
  FILTER (no_unicast, MOS_STATE_U8),
  FILTER (no_broadcast, MOS_STATE_U8),
  FILTER (unicast_overflow, MOS_STATE_U8),
  FILTER (multicast_overflow, MOS_STATE_U8),
  FILTER (n_macs, MOS_STATE_U16),
  FILTER (n_unicast, MOS_STATE_U16),
  MOS_STATE_ARRAY (MosVirtioNet,
                   filter.macs,
                   MOS_STATE_BYTES,
                   MOS_VIRTIO_NET_MAX_MACS * 6),
  MOS_STATE_ARRAY (MosVirtioNet,
                   filter.vlans,
                   MOS_STATE_BYTES,
                   MOS_VIRTIO_NET_VLAN_BYTES),
  { 0 },
};

const MosDeviceClass mos_virtio_net_class = {
  .name = "virtio-net",
  .title = N_ ("Virtio network adapter"),
  .help = N_ ("A network adapter for guests that know they are virtual"),
  .instance_size = sizeof (MosVirtioNet),
  .state_version = 1,
  .state = state,
  .init = net_init,
  .reset = net_reset,
  .clear = net_clear,
  .loaded = net_loaded,
};

MosDevice *
mos_virtio_net_new (MosBus       *bus,
                    MosPciBus    *pci,
                    guint         devfn,
                    const char   *name,
                    const guint8 *mac,
                    guint         mtu,
                    MosNetPort   *port,
                    MosRam       *rom)
{
  MosVirtioNet *self = mos_device_new (&mos_virtio_net_class, bus, name);

  self->port = mos_net_port_ref (port);
  self->mtu = (guint16) CLAMP (mtu, 68, 65535);
  self->link_up = mos_net_port_get_link (port) ? LINK_UP : 0;
  memcpy (self->own_mac, mac, 6);
  mos_virtio_net_filter_reset (self);
  self->rom = rom;
  if (rom != NULL) {
    self->rom_region = (MosMemoryRegion){
      .name = "net-rom", .size = rom->size, .kind = MOS_MEMORY_ROM, .ram = rom
    };
    mos_pci_device_add_rom (&self->virtio.pci, &self->rom_region);
  }
  mos_virtio_attach (&self->virtio, pci, devfn);
  mos_net_port_set_device (port, &port_ops, self);
  return &self->virtio.pci.device;
}
