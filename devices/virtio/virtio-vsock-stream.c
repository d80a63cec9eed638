/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One stream of virtio-vsock: a socket of the host and how far both sides are
 * (virtio 1.2, "Socket Device", "Buffer Space Management").
 *
 * A socket is watched only for what can be gone on with: input while the guest
 * has buffers and room for it, output while something is left to write. What
 * the guest sends is bounded by the room it has been told of. A stream's
 * sources hold references to it, so that one which is dispatched while another
 * thread ends the stream finds it closed.
 */
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/virtio/virtio-vsock-private.h"
#include "engine/base/source.h"
#include "engine/base/unix-socket.h"

#define CHUNK_BYTES 4096u
/* The guest is told of so much room that has become free. */
#define NEWS_BYTES (MOS_VSOCK_BUFFER_BYTES / 4)
#define FIRST_PORT 0x40000000u

static GMutex *
lock_of (MosVsockStream *self)
{
  return &self->device->virtio.pci.device.lock;
}

void
mos_vsock_stream_unref (gpointer data)
{
  MosVsockStream *self = data;

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_byte_array_unref (self->out);
  g_free (self);
}

/* -- sources ------------------------------------------------------------- */

static void
add_source (MosVsockStream   *self,
            GSource         **source,
            GIOCondition      events,
            GUnixFDSourceFunc func)
{
  if (*source != NULL)
    return;
  g_atomic_ref_count_inc (&self->refs);
  *source = g_unix_fd_source_new (self->fd, events);
  g_source_set_callback (*source, G_SOURCE_FUNC (func), self,
                         mos_vsock_stream_unref);
  g_source_attach (*source, self->device->virtio.pci.device.bus->io_context);
}

static void
close_socket (MosVsockStream *self)
{
  mos_source_clear (&self->input);
  mos_source_clear (&self->output);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

void
mos_vsock_stream_remove (MosVsockStream *self)
{
  close_socket (self);
  self->state = MOS_VSOCK_DEAD;
  self->waiting = 0;
  if (g_ptr_array_remove_fast (self->device->streams, self))
    mos_vsock_stream_unref (self);
}

void
mos_vsock_stream_break (MosVsockStream *self)
{
  gboolean known = self->state == MOS_VSOCK_OPEN ||
                   (self->state == MOS_VSOCK_CONNECTING &&
                    (self->waiting & 1u << MOS_VSOCK_REQUEST) == 0);

  if (self->state == MOS_VSOCK_DEAD)
    return;
  if (!known) {
    mos_vsock_stream_remove (self);
    return;
  }
  close_socket (self);
  self->state = MOS_VSOCK_DEAD;
  self->waiting = 1u << MOS_VSOCK_RST;
}

/* -- to the host --------------------------------------------------------- */

static void
count_taken (MosVsockStream *self, gsize size)
{
  self->taken += (guint32) size;
  if (self->taken - self->told >= NEWS_BYTES)
    self->waiting |= 1u << MOS_VSOCK_CREDIT_UPDATE;
}

/* Returns what the socket takes; an error ends the stream. */
static gsize
try_write (MosVsockStream *self, const guint8 *data, gsize size)
{
  gssize n = send (self->fd, data, size, MSG_NOSIGNAL);

  if (n >= 0) {
    count_taken (self, (gsize) n);
    return (gsize) n;
  }
  if (errno != EAGAIN && errno != EINTR)
    mos_vsock_stream_break (self);
  return 0;
}

static void
write_out (MosVsockStream *self)
{
  while (self->fd >= 0 && self->out->len > 0) {
    gsize n = try_write (self, self->out->data, self->out->len);

    if (n == 0)
      break;
    g_byte_array_remove_range (self->out, 0, (guint) n);
  }
  if (self->fd >= 0 && self->out->len == 0)
    mos_vsock_stream_ended (self);
}

static gboolean
output_cb (int fd, GIOCondition events, gpointer user_data)
{
  MosVsockStream *self = user_data;

  g_mutex_lock (lock_of (self));
  if (self->fd >= 0) {
    write_out (self);
    mos_vsock_flush (self->device);
    mos_vsock_stream_watch (self);
  }
  g_mutex_unlock (lock_of (self));
  return G_SOURCE_CONTINUE;
}

gboolean
mos_vsock_stream_write (MosVsockStream            *self,
                        const MosVirtqueueElement *element,
                        guint32                    size)
{
  guint32 done = 0;

  if (size > MOS_VSOCK_BUFFER_BYTES - (self->received - self->taken))
    return FALSE;
  self->received += size;
  while (done < size && self->fd >= 0) {
    guint8 chunk[CHUNK_BYTES];
    gsize n = mos_virtqueue_read (element, MOS_VSOCK_HEADER_BYTES + done, chunk,
                                  MIN (sizeof chunk, size - done));
    gsize written = 0;

    if (n == 0)
      return FALSE;
    if (self->out->len == 0)
      written = try_write (self, chunk, n);
    if (written < n)
      g_byte_array_append (self->out, chunk + written, (guint) (n - written));
    done += (guint32) n;
  }
  return TRUE;
}

void
mos_vsock_stream_ended (MosVsockStream *self)
{
  if (self->out->len > 0)
    return;
  if (self->guest_ended == MOS_VSOCK_NEITHER ||
      (self->host_ended && (self->guest_ended & MOS_VSOCK_NO_SEND) != 0))
    mos_vsock_stream_break (self);
  else if ((self->guest_ended & MOS_VSOCK_NO_SEND) != 0)
    shutdown (self->fd, SHUT_WR);
}

/* -- from the host ------------------------------------------------------- */

static gboolean
has_port (MosVirtioVsock *device, guint32 port)
{
  for (guint i = 0; i < device->streams->len; i++) {
    const MosVsockStream *stream = g_ptr_array_index (device->streams, i);

    if (stream->host_port == port)
      return TRUE;
  }
  return FALSE;
}

static void
connect_guest (MosVsockStream *self)
{
  static const char word[] = "CONNECT ";
  guint64           port;

  self->line[self->line_bytes] = '\0';
  if (!g_str_has_prefix (self->line, word) ||
      !g_ascii_string_to_unsigned (self->line + strlen (word), 10, 0,
                                   G_MAXUINT32, &port, NULL) ||
      !mos_virtio_is_running (&self->device->virtio)) {
    mos_vsock_stream_remove (self);
    return;
  }
  do {
    self->device->next_port = FIRST_PORT | (self->device->next_port + 1);
  } while (has_port (self->device, self->device->next_port));
  self->host_port = self->device->next_port;
  self->guest_port = (guint32) port;
  self->state = MOS_VSOCK_CONNECTING;
  self->waiting = 1u << MOS_VSOCK_REQUEST;
}

/* What follows the line is the guest's, so it is read byte by byte. */
static void
read_greeting (MosVsockStream *self)
{
  while (self->state == MOS_VSOCK_GREETING) {
    char   byte;
    gssize n = recv (self->fd, &byte, 1, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (n <= 0 || self->line_bytes + 1 >= sizeof self->line)
      mos_vsock_stream_remove (self);
    else if (byte == '\n')
      connect_guest (self);
    else
      self->line[self->line_bytes++] = byte;
  }
}

void
mos_vsock_stream_opened (MosVsockStream *self)
{
  char text[32];
  int  size = g_snprintf (text, sizeof text, "OK %u\n", self->host_port);

  self->state = MOS_VSOCK_OPEN;
  self->device->opened++;
  /* A fresh socket has room for it. */
  if (send (self->fd, text, (gsize) size, MSG_NOSIGNAL) != size)
    mos_vsock_stream_break (self);
}

guint32
mos_vsock_stream_credit (const MosVsockStream *self)
{
  guint32 under_way = self->sent - self->guest_taken;

  return under_way < self->guest_room ? self->guest_room - under_way : 0;
}

static gboolean
input_cb (int fd, GIOCondition events, gpointer user_data)
{
  MosVsockStream *self = user_data;

  g_mutex_lock (lock_of (self));
  if (self->fd >= 0 && !mos_timer_arm_if_paused (&self->device->go_on)) {
    if (self->state == MOS_VSOCK_GREETING)
      read_greeting (self);
    else if (self->state == MOS_VSOCK_OPEN)
      mos_vsock_pump (self);
    else if (self->state == MOS_VSOCK_CONNECTING)
      mos_vsock_stream_break (self);
    mos_vsock_flush (self->device);
  }
  mos_vsock_stream_watch (self);
  g_mutex_unlock (lock_of (self));
  return G_SOURCE_CONTINUE;
}

/* What of the socket's input can be gone on with. A caller that hangs up while
 * the guest has not answered is told by the other events, which always come. */
static GIOCondition
wanted_input (MosVsockStream *self)
{
  switch (self->state) {
  case MOS_VSOCK_GREETING:
    return G_IO_IN;
  case MOS_VSOCK_CONNECTING:
    return G_IO_HUP;
  case MOS_VSOCK_OPEN:
    return !self->host_ended && !self->device->starved &&
                   (self->guest_ended & MOS_VSOCK_NO_RECEIVE) == 0 &&
                   mos_vsock_stream_credit (self) > 0
               ? G_IO_IN
               : 0;
  default:
    return 0;
  }
}

void
mos_vsock_stream_watch (MosVsockStream *self)
{
  GIOCondition wanted = wanted_input (self);

  if (self->fd < 0)
    return;
  if (mos_timer_arm_if_paused (&self->device->go_on))
    wanted = 0;
  if (self->input != NULL && wanted != self->input_events)
    mos_source_clear (&self->input);
  self->input_events = wanted;
  if (wanted != 0)
    add_source (self, &self->input, wanted, input_cb);
  if (self->out->len > 0)
    add_source (self, &self->output, G_IO_OUT, output_cb);
  else
    mos_source_clear (&self->output);
}

/* -- making -------------------------------------------------------------- */

MosVsockStream *
mos_vsock_stream_new (MosVirtioVsock *device, int fd)
{
  MosVsockStream *self;

  if (device->streams->len >= MOS_VSOCK_MAX_STREAMS) {
    device->refused++;
    close (fd);
    return NULL;
  }
  self = g_new0 (MosVsockStream, 1);
  g_atomic_ref_count_init (&self->refs);
  self->device = device;
  self->fd = fd;
  self->out = g_byte_array_new ();
  g_ptr_array_add (device->streams, self);
  return self;
}

gboolean
mos_vsock_accept_cb (int fd, GIOCondition events, gpointer user_data)
{
  MosVirtioVsock *device = user_data;
  int             caller = mos_unix_accept (fd);
  MosVsockStream *stream;

  if (caller < 0)
    return G_SOURCE_CONTINUE;
  g_mutex_lock (&device->virtio.pci.device.lock);
  stream = mos_vsock_stream_new (device, caller);
  if (stream != NULL)
    mos_vsock_stream_watch (stream);
  g_mutex_unlock (&device->virtio.pci.device.lock);
  return G_SOURCE_CONTINUE;
}
