/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A serial port's output in a file. The listener runs on vCPU threads, the
 * flush on the machine's I/O thread; the buffer between them has a lock.
 */
#include "engine/lifecycle/serial-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

#include "engine/base/error.h"

#define MAX_BUFFER_BYTES (1u << 20)

struct MosSerialFile {
  int          fd;
  char        *path;
  MosCharPort *port;
  guint        listener;
  MosLog      *log;
  GSource     *source; /* ready while there is something to write */

  GMutex      lock;
  GByteArray *buffer; /* with lock */
};

static void
complain (MosSerialFile *self, const char *why)
{
  mos_log_once (self->log, "serial-file", MOS_LOG_WARNING,
                _ ("Output of a serial port is lost: %s: %s"), self->path, why);
}

/* On a vCPU's thread. */
static void
output_cb (gpointer user_data, const guint8 *data, gsize size)
{
  MosSerialFile *self = user_data;
  gboolean       full;

  g_mutex_lock (&self->lock);
  full = self->buffer->len + size > MAX_BUFFER_BYTES;
  if (!full)
    g_byte_array_append (self->buffer, data, (guint) size);
  g_mutex_unlock (&self->lock);
  if (full)
    complain (self, _ ("the disk does not keep up"));
  else
    g_source_set_ready_time (self->source, 0);
}

static void
write_all (MosSerialFile *self, const guint8 *data, gsize size)
{
  while (size > 0) {
    gssize n = write (self->fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      complain (self, g_strerror (errno));
      return;
    }
    data += n;
    size -= (gsize) n;
  }
}

static void
flush (MosSerialFile *self)
{
  g_autoptr (GByteArray) full = NULL;

  g_mutex_lock (&self->lock);
  full = self->buffer;
  self->buffer = g_byte_array_new ();
  g_mutex_unlock (&self->lock);
  write_all (self, full->data, full->len);
}

static gboolean
source_dispatch (GSource *source, GSourceFunc func, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return func (user_data);
}

static gboolean
flush_cb (gpointer user_data)
{
  flush (user_data);
  return G_SOURCE_CONTINUE;
}

static const GSourceFuncs source_funcs = { .dispatch = source_dispatch };

MosSerialFile *
mos_serial_file_new (const char   *path,
                     MosCharPort  *port,
                     GMainContext *io_context,
                     MosLog       *log,
                     GError      **error)
{
  MosSerialFile *self;
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

  if (fd < 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
                 _ ("writing the output of a serial port to %s: %s"), path,
                 g_strerror (errno));
    return NULL;
  }
  self = g_new0 (MosSerialFile, 1);
  self->fd = fd;
  self->path = g_strdup (path);
  self->port = mos_char_port_ref (port);
  self->log = mos_log_ref (log);
  self->buffer = g_byte_array_new ();
  g_mutex_init (&self->lock);
  self->source =
      g_source_new ((GSourceFuncs *) &source_funcs, sizeof (GSource));
  g_source_set_callback (self->source, flush_cb, self, NULL);
  g_source_attach (self->source, io_context);
  self->listener = mos_char_port_add_listener (port, output_cb, self);
  return self;
}

void
mos_serial_file_free (MosSerialFile *self)
{
  if (self == NULL)
    return;
  mos_char_port_remove_listener (self->port, self->listener);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  flush (self);
  close (self->fd);
  g_byte_array_unref (self->buffer);
  mos_char_port_unref (self->port);
  mos_log_unref (self->log);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self);
}
