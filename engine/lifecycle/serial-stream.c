/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A serial port at a pseudo-terminal or a UNIX socket.
 *
 * The listener runs on vCPU threads and only fills a buffer; everything else
 * happens on the machine's I/O thread. The pseudo-terminal's other end stays
 * open here, so that no program at it is silence and not an error.
 */
#include "engine/lifecycle/serial-stream.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/source.h"
#include "engine/base/unix-socket.h"

#define MAX_BUFFER_BYTES 65536u
#define INPUT_BYTES      512u
#define RETRY_MS         20u

struct MosSerialStream {
  char         *name;
  char         *path; /* of the link or socket; removed in the end */
  MosCharPort  *port;
  guint         listener;
  MosLog       *log;
  GMainContext *context;
  int           listening; /* -1: a pseudo-terminal */
  int           other_end; /* of the pseudo-terminal */
  int           fd;        /* -1: nobody is there */

  /* Sources of the I/O thread; NULL when not waited for. */
  GSource *accept, *input, *output, *retry;
  GSource *wake; /* ready while there may be something to write */
  guint8   pending[INPUT_BYTES]; /* that did not fit into the port */
  gsize    n_pending;

  GMutex      lock;
  GByteArray *buffer; /* with lock */
};

/* Sources ------------------------------------------------------------------ */

static void
watch (MosSerialStream  *self,
       GSource         **source,
       int               fd,
       GIOCondition      condition,
       GUnixFDSourceFunc func)
{
  if (*source != NULL)
    return;
  *source = g_unix_fd_source_new (fd, condition);
  g_source_set_callback (*source, G_SOURCE_FUNC (func), self, NULL);
  g_source_attach (*source, self->context);
}

static gboolean accept_cb (int fd, GIOCondition condition, gpointer user_data);

/* The next program waits at the socket until this one has gone. */
static void
hang_up (MosSerialStream *self)
{
  mos_source_clear (&self->input);
  mos_source_clear (&self->output);
  mos_source_clear (&self->retry);
  self->n_pending = 0;
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  if (self->listening >= 0)
    watch (self, &self->accept, self->listening, G_IO_IN, accept_cb);
}

/* To the guest ------------------------------------------------------------- */

static gboolean input_cb (int fd, GIOCondition condition, gpointer user_data);

/* Whether all of it found room. */
static gboolean
feed_pending (MosSerialStream *self)
{
  gsize done = mos_char_port_feed (self->port, self->pending, self->n_pending);

  self->n_pending -= done;
  memmove (self->pending, self->pending + done, self->n_pending);
  return self->n_pending == 0;
}

static gboolean
retry_cb (gpointer user_data)
{
  MosSerialStream *self = user_data;

  if (!feed_pending (self))
    return G_SOURCE_CONTINUE;
  mos_source_clear (&self->retry);
  watch (self, &self->input, self->fd, G_IO_IN | G_IO_HUP, input_cb);
  return G_SOURCE_REMOVE;
}

static gboolean
input_cb (int fd, GIOCondition condition, gpointer user_data)
{
  MosSerialStream *self = user_data;
  gssize           n = read (fd, self->pending, sizeof self->pending);

  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  if (n <= 0) {
    if (self->listening >= 0)
      hang_up (self);
    return G_SOURCE_CONTINUE;
  }
  self->n_pending = (gsize) n;
  if (feed_pending (self))
    return G_SOURCE_CONTINUE;
  /* The guest does not fetch it: ask again in a moment. */
  mos_source_clear (&self->input);
  self->retry = g_timeout_source_new (RETRY_MS);
  g_source_set_callback (self->retry, retry_cb, self, NULL);
  g_source_attach (self->retry, self->context);
  return G_SOURCE_CONTINUE;
}

/* From the guest ----------------------------------------------------------- */

/* On a vCPU's thread. */
static void
output_cb (gpointer user_data, const guint8 *data, gsize size)
{
  MosSerialStream *self = user_data;
  guint            kept;

  if (size > MAX_BUFFER_BYTES) {
    data += size - MAX_BUFFER_BYTES;
    size = MAX_BUFFER_BYTES;
  }
  g_mutex_lock (&self->lock);
  kept = MAX_BUFFER_BYTES - (guint) size;
  if (self->buffer->len > kept)
    g_byte_array_remove_range (self->buffer, 0, self->buffer->len - kept);
  g_byte_array_append (self->buffer, data, (guint) size);
  g_mutex_unlock (&self->lock);
  g_source_set_ready_time (self->wake, 0);
}

static gboolean flush_cb (int fd, GIOCondition condition, gpointer user_data);

/* Writes what the other side takes; waits for it to take more. */
static void
flush (MosSerialStream *self)
{
  gboolean left;
  gssize   n = 0;

  g_mutex_lock (&self->lock);
  if (self->fd < 0)
    g_byte_array_set_size (self->buffer, 0);
  else if (self->buffer->len > 0)
    n = write (self->fd, self->buffer->data, self->buffer->len);
  if (n > 0)
    g_byte_array_remove_range (self->buffer, 0, (guint) n);
  left = self->buffer->len > 0;
  g_mutex_unlock (&self->lock);

  if (n < 0 && errno != EAGAIN && errno != EINTR && self->listening >= 0)
    hang_up (self);
  else if (left)
    watch (self, &self->output, self->fd, G_IO_OUT, flush_cb);
  else
    mos_source_clear (&self->output);
}

static gboolean
flush_cb (int fd, GIOCondition condition, gpointer user_data)
{
  flush (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
wake_dispatch (GSource *source, GSourceFunc func, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return func (user_data);
}

static gboolean
wake_cb (gpointer user_data)
{
  flush (user_data);
  return G_SOURCE_CONTINUE;
}

static const GSourceFuncs wake_funcs = { .dispatch = wake_dispatch };

/* Making ------------------------------------------------------------------- */

static MosSerialStream *
stream_new (const char   *name,
            MosCharPort  *port,
            GMainContext *io_context,
            MosLog       *log)
{
  MosSerialStream *self = g_new0 (MosSerialStream, 1);

  self->name = g_strdup (name);
  self->port = mos_char_port_ref (port);
  self->log = mos_log_ref (log);
  self->context = g_main_context_ref (io_context);
  self->listening = self->other_end = self->fd = -1;
  self->buffer = g_byte_array_new ();
  g_mutex_init (&self->lock);
  self->wake = g_source_new ((GSourceFuncs *) &wake_funcs, sizeof (GSource));
  g_source_set_callback (self->wake, wake_cb, self, NULL);
  g_source_attach (self->wake, io_context);
  return self;
}

static void
listen_to_port (MosSerialStream *self)
{
  self->listener = mos_char_port_add_listener (self->port, output_cb, self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosSerialStream, mos_serial_stream_free)

static gboolean
set_failure (const char *name, const char *what, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
               _ ("The serial port %s cannot be connected to %s: %s"), name,
               what, g_strerror (errno));
  return FALSE;
}

static gboolean
open_terminal (MosSerialStream *self, GError **error)
{
  struct termios mode;
  char           slave[64];

  self->fd = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (self->fd < 0 || grantpt (self->fd) != 0 || unlockpt (self->fd) != 0 ||
      ptsname_r (self->fd, slave, sizeof slave) != 0)
    return set_failure (self->name, _ ("a pseudo-terminal"), error);
  self->other_end = open (slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (self->other_end < 0 || tcgetattr (self->other_end, &mode) != 0)
    return set_failure (self->name, slave, error);
  cfmakeraw (&mode);
  if (tcsetattr (self->other_end, TCSANOW, &mode) != 0 ||
      !g_unix_set_fd_nonblocking (self->fd, TRUE, NULL))
    return set_failure (self->name, slave, error);
  mos_log (self->log, MOS_LOG_INFO, _ ("The serial port %s is at %s"),
           self->name, slave);
  return TRUE;
}

MosSerialStream *
mos_serial_stream_new_pty (const char   *name,
                           const char   *link,
                           MosCharPort  *port,
                           GMainContext *io_context,
                           MosLog       *log,
                           GError      **error)
{
  g_autoptr (MosSerialStream) self = stream_new (name, port, io_context, log);
  char slave[64];

  if (!open_terminal (self, error))
    return NULL;
  if (link != NULL) {
    g_autofree char *target = g_file_read_link (link, NULL);

    if (target != NULL)
      unlink (link);
    if (ptsname_r (self->fd, slave, sizeof slave) != 0 ||
        symlink (slave, link) != 0) {
      set_failure (name, link, error);
      return NULL;
    }
    self->path = g_strdup (link);
  }
  watch (self, &self->input, self->fd, G_IO_IN, input_cb);
  listen_to_port (self);
  return g_steal_pointer (&self);
}

static gboolean
accept_cb (int fd, GIOCondition condition, gpointer user_data)
{
  MosSerialStream *self = user_data;
  int              client = mos_unix_accept (fd);

  if (client < 0)
    return G_SOURCE_CONTINUE;
  self->fd = client;
  mos_source_clear (&self->accept);
  watch (self, &self->input, client, G_IO_IN | G_IO_HUP, input_cb);
  return G_SOURCE_CONTINUE;
}

static gboolean
open_socket (MosSerialStream *self, const char *path, GError **error)
{
  self->listening = mos_unix_listen (path, 1);
  if (self->listening >= 0) {
    self->path = g_strdup (path);
    return TRUE;
  }
  if (errno != EADDRINUSE)
    return set_failure (self->name, path, error);
  g_set_error (error, MOS_ERROR, MOS_ERROR_IN_USE,
               _ ("The serial port %s cannot be connected to %s: something "
                  "else is there; remove it or choose another path"),
               self->name, path);
  return FALSE;
}

MosSerialStream *
mos_serial_stream_new_socket (const char   *name,
                              const char   *path,
                              MosCharPort  *port,
                              GMainContext *io_context,
                              MosLog       *log,
                              GError      **error)
{
  g_autoptr (MosSerialStream) self = stream_new (name, port, io_context, log);

  if (!open_socket (self, path, error))
    return NULL;
  watch (self, &self->accept, self->listening, G_IO_IN, accept_cb);
  listen_to_port (self);
  return g_steal_pointer (&self);
}

void
mos_serial_stream_free (MosSerialStream *self)
{
  if (self == NULL)
    return;
  if (self->listener != 0)
    mos_char_port_remove_listener (self->port, self->listener);
  flush (self);
  hang_up (self);
  mos_source_clear (&self->accept);
  mos_source_clear (&self->wake);
  if (self->listening >= 0)
    close (self->listening);
  if (self->other_end >= 0)
    close (self->other_end);
  if (self->path != NULL)
    unlink (self->path);
  g_byte_array_unref (self->buffer);
  g_main_context_unref (self->context);
  mos_char_port_unref (self->port);
  mos_log_unref (self->log);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self->name);
  g_free (self);
}
