/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Virtio socket device (virtio 1.2, "Socket Device").
 *
 * Queue 0 has the driver's empty buffers, queue 1 its packets, queue 2 buffers
 * for events. Every packet begins with a header that names both ends of a
 * stream and tells how much its sender can take. What a stream has to say
 * waits as one bit for each operation, answers to packets of no stream in a
 * small ring; while that is full the driver's packets wait in theirs. Streams
 * are not saved with the machine: the driver is told that they are gone.
 *
 * Threads: kicks on vCPU threads, sockets on the I/O thread; both take the
 * lock, and neither waits.
 */
#include "devices/virtio/virtio-vsock.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "devices/virtio/virtio-vsock-private.h"
#include "engine/base/error.h"
#include "engine/base/source.h"
#include "engine/base/unix-socket.h"

#define QUEUE_SIZE   128u
#define CONFIG_BYTES 8u
#define TYPE_STREAM  1u
#define MAX_PACKET   65536u
#define BACKLOG      16
/* Packets of one kick, and of one look at a socket; then others' turn. */
#define MAX_AT_ONCE  QUEUE_SIZE
#define PUMP_AT_ONCE 16u

enum {
  QUEUE_RX = 0,
  QUEUE_TX = 1,
  QUEUE_EVENT = 2
};

enum {
  FEATURE_STREAM = 0
};

typedef struct {
  guint64 src_cid, dst_cid;
  guint32 src_port, dst_port;
  guint32 size;
  guint16 type, operation;
  guint32 flags;
  guint32 room, taken; /* of its sender's buffer */
} Header;

G_STATIC_ASSERT (G_STRUCT_OFFSET (Header, taken) + 4 == MOS_VSOCK_HEADER_BYTES);

static Header
swapped (Header header)
{
  return (Header){
    GUINT64_FROM_LE (header.src_cid),   GUINT64_FROM_LE (header.dst_cid),
    GUINT32_FROM_LE (header.src_port),  GUINT32_FROM_LE (header.dst_port),
    GUINT32_FROM_LE (header.size),      GUINT16_FROM_LE (header.type),
    GUINT16_FROM_LE (header.operation), GUINT32_FROM_LE (header.flags),
    GUINT32_FROM_LE (header.room),      GUINT32_FROM_LE (header.taken),
  };
}

/* -- to the guest -------------------------------------------------------- */

static gboolean
can_send (MosVirtioVsock *self)
{
  return mos_virtio_is_running (&self->virtio) &&
         mos_pci_device_is_master (&self->virtio.pci) &&
         !mos_timer_arm_if_paused (&self->go_on);
}

/* Without buffers the driver is asked to say when there are more. */
static gboolean
take_buffer (MosVirtioVsock *self, MosVirtqueueElement *element)
{
  MosVirtqueue *queue = &self->virtio.queues[QUEUE_RX];

  if (self->starved)
    return FALSE;
  if (!mos_virtqueue_pop (queue, element)) {
    mos_virtqueue_set_kicks (queue, TRUE);
    if (!mos_virtqueue_pop (queue, element)) {
      self->starved = TRUE;
      return FALSE;
    }
    mos_virtqueue_set_kicks (queue, FALSE);
  }
  if (element->in_bytes >= MOS_VSOCK_HEADER_BYTES)
    return TRUE;
  mos_virtio_break (&self->virtio);
  return FALSE;
}

static void
put_header (const MosVirtqueueElement *element, Header header)
{
  header = swapped (header);
  mos_virtqueue_write (element, 0, &header, MOS_VSOCK_HEADER_BYTES);
}

/* The header of a packet of @stream; tells the guest what room there is. */
static Header
header_of (MosVsockStream *stream, guint operation)
{
  stream->told = stream->taken;
  return (Header){ .src_cid = MOS_VSOCK_HOST_CID,
                   .dst_cid = stream->device->cid,
                   .src_port = stream->host_port,
                   .dst_port = stream->guest_port,
                   .type = TYPE_STREAM,
                   .operation = (guint16) operation,
                   .room = MOS_VSOCK_BUFFER_BYTES,
                   .taken = stream->taken };
}

/* Sends one of the packets that @stream waits with. */
static gboolean
send_waiting (MosVsockStream *stream)
{
  MosVirtioVsock     *self = stream->device;
  MosVirtqueueElement element;
  guint               operation = (guint) g_bit_nth_lsf (stream->waiting, -1);
  Header              header;

  if (!take_buffer (self, &element))
    return FALSE;
  stream->waiting &= ~(1u << operation);
  header = header_of (stream, operation);
  if (operation == MOS_VSOCK_SHUTDOWN)
    header.flags = MOS_VSOCK_NO_SEND;
  put_header (&element, header);
  mos_virtqueue_push (&self->virtio.queues[QUEUE_RX], &element,
                      MOS_VSOCK_HEADER_BYTES);
  if (operation == MOS_VSOCK_RST)
    mos_vsock_stream_remove (stream);
  return TRUE;
}

/* Answers to packets of no stream. */
static gboolean
send_refusals (MosVirtioVsock *self)
{
  while (self->n_refusals > 0) {
    MosVirtqueueElement element;
    const guint32      *ports = self->refusals[self->n_refusals - 1];

    if (!take_buffer (self, &element))
      return FALSE;
    put_header (&element, (Header){ .src_cid = ports[2],
                                    .dst_cid = self->cid,
                                    .src_port = ports[1],
                                    .dst_port = ports[0],
                                    .type = TYPE_STREAM,
                                    .operation = MOS_VSOCK_RST });
    mos_virtqueue_push (&self->virtio.queues[QUEUE_RX], &element,
                        MOS_VSOCK_HEADER_BYTES);
    self->n_refusals--;
  }
  return TRUE;
}

static void
send_event (MosVirtioVsock *self)
{
  MosVirtqueue       *queue = &self->virtio.queues[QUEUE_EVENT];
  MosVirtqueueElement element;
  const guint32       transport_reset = 0;

  if (!self->reset_waiting || !mos_virtqueue_pop (queue, &element))
    return;
  mos_virtqueue_write (&element, 0, &transport_reset, sizeof transport_reset);
  mos_virtqueue_push (queue, &element,
                      MIN (element.in_bytes, sizeof transport_reset));
  mos_virtio_interrupt (&self->virtio, queue);
  self->reset_waiting = FALSE;
}

void
mos_vsock_flush (MosVirtioVsock *self)
{
  guint i = 0;

  if (!can_send (self))
    return;
  send_event (self);
  if (send_refusals (self))
    while (i < self->streams->len) {
      MosVsockStream *stream = g_ptr_array_index (self->streams, i);

      if (stream->waiting == 0)
        i++;
      else if (!send_waiting (stream))
        break;
    }
  mos_virtio_interrupt (&self->virtio, &self->virtio.queues[QUEUE_RX]);
}

/* Reads into the parts of @element behind the header. */
static gssize
read_socket (MosVsockStream            *stream,
             const MosVirtqueueElement *element,
             gsize                      size)
{
  struct iovec parts[MOS_VIRTQUEUE_MAX_PARTS];
  gsize        skip = MOS_VSOCK_HEADER_BYTES;
  guint        n = 0;

  for (guint i = 0; i < element->n_in && size > 0; i++) {
    struct iovec part = element->iov[element->n_out + i];

    if (skip >= part.iov_len) {
      skip -= part.iov_len;
      continue;
    }
    part.iov_base = (guint8 *) part.iov_base + skip;
    part.iov_len = MIN (part.iov_len - skip, size);
    skip = 0;
    size -= part.iov_len;
    parts[n++] = part;
  }
  return readv (stream->fd, parts, (int) n);
}

/* The socket's end: the guest reads no more, but may still write. */
static void
end_input (MosVsockStream *stream)
{
  stream->host_ended = TRUE;
  stream->waiting |= 1u << MOS_VSOCK_SHUTDOWN;
  mos_vsock_stream_ended (stream);
}

/* Moves one packet; FALSE if there is nothing more to move. */
static gboolean
pump_once (MosVsockStream *stream)
{
  MosVirtioVsock     *self = stream->device;
  MosVirtqueue       *queue = &self->virtio.queues[QUEUE_RX];
  MosVirtqueueMark    mark = mos_virtqueue_mark (queue);
  MosVirtqueueElement element;
  Header              header;
  gsize               size = MIN (mos_vsock_stream_credit (stream), MAX_PACKET);
  gssize              n;

  if (size == 0 || !take_buffer (self, &element))
    return FALSE;
  size = MIN (size, element.in_bytes - MOS_VSOCK_HEADER_BYTES);
  n = size > 0 ? read_socket (stream, &element, size) : -1;
  if (n <= 0) {
    gboolean later = n < 0 && (size == 0 || errno == EAGAIN || errno == EINTR);

    mos_virtqueue_rewind (queue, mark);
    if (size == 0)
      mos_virtio_break (&self->virtio);
    else if (n == 0)
      end_input (stream);
    else if (!later)
      mos_vsock_stream_break (stream);
    return FALSE;
  }
  stream->sent += (guint32) n;
  self->to_guest += (guint64) n;
  header = header_of (stream, MOS_VSOCK_RW);
  header.size = (guint32) n;
  put_header (&element, header);
  mos_virtqueue_push (queue, &element, MOS_VSOCK_HEADER_BYTES + (guint32) n);
  __atomic_add_fetch (&self->virtio.pci.device.counters.bytes, (guint64) n,
                      __ATOMIC_RELAXED);
  return TRUE;
}

void
mos_vsock_pump (MosVsockStream *stream)
{
  guint n = 0;

  if (!can_send (stream->device))
    return;
  while (n < PUMP_AT_ONCE && stream->state == MOS_VSOCK_OPEN &&
         !stream->host_ended && pump_once (stream))
    n++;
  mos_virtio_interrupt (&stream->device->virtio,
                        &stream->device->virtio.queues[QUEUE_RX]);
}

/* -- from the guest ------------------------------------------------------ */

static MosVsockStream *
find_stream (MosVirtioVsock *self, const Header *header)
{
  for (guint i = 0; i < self->streams->len; i++) {
    MosVsockStream *stream = g_ptr_array_index (self->streams, i);

    if (stream->state != MOS_VSOCK_GREETING &&
        stream->host_port == header->dst_port &&
        stream->guest_port == header->src_port)
      return stream;
  }
  return NULL;
}

/* There is room: the driver's packets wait otherwise. */
static void
refuse (MosVirtioVsock *self, const Header *header)
{
  guint32 *ports = self->refusals[self->n_refusals];

  if (header->operation == MOS_VSOCK_RST ||
      self->n_refusals == MOS_VSOCK_MAX_REFUSALS)
    return;
  ports[0] = header->src_port;
  ports[1] = header->dst_port;
  ports[2] = (guint32) header->dst_cid;
  self->n_refusals++;
}

/* A guest calls a program of the host. */
static void
answer_call (MosVirtioVsock *self, const Header *header)
{
  g_autofree char *path =
      g_strdup_printf ("%s_%u", self->path, header->dst_port);
  int             fd = mos_unix_connect (path);
  MosVsockStream *stream = fd >= 0 ? mos_vsock_stream_new (self, fd) : NULL;

  if (stream == NULL) {
    self->refused += fd < 0;
    refuse (self, header);
    return;
  }
  self->opened++;
  stream->state = MOS_VSOCK_OPEN;
  stream->host_port = header->dst_port;
  stream->guest_port = header->src_port;
  stream->guest_room = header->room;
  stream->guest_taken = header->taken;
  stream->waiting = 1u << MOS_VSOCK_RESPONSE;
  mos_vsock_stream_watch (stream);
}

static void
receive_data (MosVsockStream            *stream,
              const MosVirtqueueElement *element,
              const Header              *header)
{
  if (header->size > element->out_bytes - MOS_VSOCK_HEADER_BYTES ||
      (stream->guest_ended & MOS_VSOCK_NO_SEND) != 0 ||
      !mos_vsock_stream_write (stream, element, header->size)) {
    mos_vsock_stream_break (stream);
    return;
  }
  stream->device->from_guest += header->size;
  __atomic_add_fetch (&stream->device->virtio.pci.device.counters.bytes,
                      header->size, __ATOMIC_RELAXED);
}

/* A packet of a stream that there is. */
static void
receive (MosVsockStream            *stream,
         const MosVirtqueueElement *element,
         const Header              *header)
{
  gboolean open = stream->state == MOS_VSOCK_OPEN;

  stream->guest_room = header->room;
  stream->guest_taken = header->taken;
  if (header->operation == MOS_VSOCK_RST) {
    mos_vsock_stream_remove (stream);
    return;
  }
  if (stream->state == MOS_VSOCK_CONNECTING &&
      header->operation == MOS_VSOCK_RESPONSE)
    mos_vsock_stream_opened (stream);
  else if (open && header->operation == MOS_VSOCK_RW)
    receive_data (stream, element, header);
  else if (open && header->operation == MOS_VSOCK_SHUTDOWN) {
    stream->guest_ended |= header->flags & MOS_VSOCK_NEITHER;
    mos_vsock_stream_ended (stream);
  } else if (open && header->operation == MOS_VSOCK_CREDIT_REQUEST)
    stream->waiting |= 1u << MOS_VSOCK_CREDIT_UPDATE;
  else if (!open || header->operation != MOS_VSOCK_CREDIT_UPDATE)
    mos_vsock_stream_break (stream);
  mos_vsock_stream_watch (stream);
}

static void
take_packet (MosVirtioVsock *self, const MosVirtqueueElement *element)
{
  Header          header = { 0 };
  MosVsockStream *stream;

  if (mos_virtqueue_read (element, 0, &header, MOS_VSOCK_HEADER_BYTES) !=
      MOS_VSOCK_HEADER_BYTES)
    return;
  header = swapped (header);
  if (header.src_cid != self->cid)
    return;
  stream = header.dst_cid == MOS_VSOCK_HOST_CID && header.type == TYPE_STREAM
               ? find_stream (self, &header)
               : NULL;
  if (stream != NULL) {
    g_atomic_ref_count_inc (&stream->refs);
    receive (stream, element, &header);
    mos_vsock_stream_unref (stream);
  } else if (header.operation == MOS_VSOCK_REQUEST &&
             header.dst_cid == MOS_VSOCK_HOST_CID && header.type == TYPE_STREAM)
    answer_call (self, &header);
  else
    refuse (self, &header);
}

static void
take_packets (MosVirtioVsock *self)
{
  MosVirtqueue       *queue = &self->virtio.queues[QUEUE_TX];
  MosVirtqueueElement element;
  guint               n = 0;

  while (n < MAX_AT_ONCE && self->n_refusals < MOS_VSOCK_MAX_REFUSALS &&
         mos_virtio_is_running (&self->virtio) &&
         mos_virtqueue_pop (queue, &element)) {
    take_packet (self, &element);
    mos_virtqueue_push (queue, &element, 0);
    n++;
  }
  if (n > 0)
    mos_virtio_interrupt (&self->virtio, queue);
  mos_vsock_flush (self);
  /* The rest is for later, so that a vCPU gets back to its guest. */
  if (self->n_refusals < MOS_VSOCK_MAX_REFUSALS &&
      mos_virtio_is_running (&self->virtio) && mos_virtqueue_has_more (queue))
    mos_timer_arm (&self->go_on,
                   mos_clock_now (self->virtio.pci.device.bus->clock));
}

static void
watch_all (MosVirtioVsock *self)
{
  for (guint i = 0; i < self->streams->len; i++)
    mos_vsock_stream_watch (g_ptr_array_index (self->streams, i));
}

static void
vsock_notify (MosVirtio *virtio, MosVirtqueue *queue)
{
  MosVirtioVsock *self = (MosVirtioVsock *) virtio;

  if (queue->index == QUEUE_RX) {
    self->starved = FALSE;
    mos_virtqueue_set_kicks (queue, FALSE);
    mos_vsock_flush (self);
  }
  take_packets (self);
  watch_all (self);
}

static void
go_on_cb (gpointer user_data)
{
  MosVirtioVsock *self = user_data;

  g_mutex_lock (&self->virtio.pci.device.lock);
  if (!mos_timer_arm_if_paused (&self->go_on)) {
    take_packets (self);
    watch_all (self);
  }
  g_mutex_unlock (&self->virtio.pci.device.lock);
}

/* -- the device ---------------------------------------------------------- */

static guint8
vsock_read_config (MosVirtio *virtio, guint offset)
{
  return (guint8) (((MosVirtioVsock *) virtio)->cid >> (offset * 8));
}

static void
drop_streams (MosVirtioVsock *self)
{
  while (self->streams->len > 0)
    mos_vsock_stream_remove (g_ptr_array_index (self->streams, 0));
  self->n_refusals = 0;
  self->starved = FALSE;
}

static void
vsock_stopped (MosVirtio *virtio)
{
  MosVirtioVsock *self = (MosVirtioVsock *) virtio;

  drop_streams (self);
  self->reset_waiting = FALSE;
}

static const MosVirtioInfo info = {
  .type = MOS_VIRTIO_VSOCK,
  .class_code = 0x078000,
  .n_queues = 3,
  .queue_size = QUEUE_SIZE,
  .config_bytes = CONFIG_BYTES,
  .notify = vsock_notify,
  .read_config = vsock_read_config,
  .stopped = vsock_stopped,
};

#define COUNTER(name, offset, member, help)                        \
  {                                                                \
    name, offset, 8, MOS_REGISTER_RO,                              \
        G_STRUCT_OFFSET (MosVirtioVsock, member), 0, 0, NULL, help \
  }

static const MosRegister rows[] = {
  COUNTER ("OPENED", 0, opened, N_ ("streams so far")),
  COUNTER ("REFUSED", 8, refused, N_ ("streams that nobody took")),
  COUNTER ("TO_GUEST", 16, to_guest, N_ ("bytes to the guest")),
  COUNTER ("FROM_GUEST", 24, from_guest, N_ ("bytes from the guest")),
};

static void
vsock_init (MosDevice *device)
{
  MosVirtioVsock *self = (MosVirtioVsock *) device;

  self->listening = -1;
  self->streams = g_ptr_array_new ();
  mos_timer_init (&self->go_on, device->bus->clock, go_on_cb, self);
  mos_virtio_setup (&self->virtio, &info, 1u << FEATURE_STREAM);
  mos_device_add_bank (device, "streams", rows, G_N_ELEMENTS (rows), 32);
}

static void
vsock_reset (MosDevice *device)
{
  mos_virtio_reset ((MosVirtio *) device);
}

static gboolean
vsock_loaded (MosDevice *device, GError **error)
{
  MosVirtioVsock *self = (MosVirtioVsock *) device;

  drop_streams (self);
  self->reset_waiting = TRUE;
  mos_timer_arm (&self->go_on, mos_clock_now (device->bus->clock));
  return mos_virtio_loaded (&self->virtio, error);
}

static void
vsock_clear (MosDevice *device)
{
  MosVirtioVsock *self = (MosVirtioVsock *) device;

  mos_timer_clear (&self->go_on);
  mos_source_clear (&self->accept);
  if (self->listening >= 0) {
    close (self->listening);
    unlink (self->path);
  }
  drop_streams (self);
  g_ptr_array_unref (self->streams);
  mos_virtio_clear (&self->virtio);
  g_free (self->path);
}

static const MosStateField state[] = {
  MOS_VIRTIO_STATE_FIELDS,
  MOS_STATE (MosVirtioVsock, opened, MOS_STATE_U64),
  MOS_STATE (MosVirtioVsock, refused, MOS_STATE_U64),
  MOS_STATE (MosVirtioVsock, to_guest, MOS_STATE_U64),
  MOS_STATE (MosVirtioVsock, from_guest, MOS_STATE_U64),
  { 0 },
};

const MosDeviceClass mos_virtio_vsock_class = {
  .name = "virtio-vsock",
  .title = N_ ("Virtio sockets"),
  .help = N_ ("Sockets between the guest and programs of the host"),
  .instance_size = sizeof (MosVirtioVsock),
  .state_version = 1,
  .state = state,
  .init = vsock_init,
  .reset = vsock_reset,
  .clear = vsock_clear,
  .loaded = vsock_loaded,
};

static gboolean
start_listening (MosVirtioVsock *self, GError **error)
{
  self->listening = mos_unix_listen (self->path, BACKLOG);
  if (self->listening < 0) {
    gboolean taken = errno == EADDRINUSE;

    g_set_error (error, MOS_ERROR, taken ? MOS_ERROR_IN_USE : MOS_ERROR_IO,
                 _ ("The guest's sockets cannot be connected to %s: %s"),
                 self->path,
                 taken ? _ ("something else is there; remove it or choose "
                            "another path")
                       : g_strerror (errno));
    return FALSE;
  }
  self->accept = g_unix_fd_source_new (self->listening, G_IO_IN);
  g_source_set_callback (self->accept, G_SOURCE_FUNC (mos_vsock_accept_cb),
                         self, NULL);
  g_source_attach (self->accept, self->virtio.pci.device.bus->io_context);
  return TRUE;
}

MosDevice *
mos_virtio_vsock_new (MosBus     *bus,
                      MosPciBus  *pci,
                      guint       devfn,
                      const char *name,
                      guint32     cid,
                      const char *path,
                      GError    **error)
{
  MosVirtioVsock *self = mos_device_new (&mos_virtio_vsock_class, bus, name);

  self->cid = cid;
  self->path = g_strdup (path);
  mos_virtio_attach (&self->virtio, pci, devfn);
  return start_listening (self, error) ? &self->virtio.pci.device : NULL;
}
