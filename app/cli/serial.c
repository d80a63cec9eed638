/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The bridge between a guest's serial port and file descriptors.
 *
 * A processor's thread only appends to a queue under a lock. The queue has a
 * bound, since a guest can send faster than a terminal scrolls; beyond it
 * bytes are lost and counted. Input that the guest does not take is tried
 * again every RETRY_MS and no more is read meanwhile.
 */

#include "app/cli/serial.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define QUEUE_BYTES (4 * 1024 * 1024)
#define INPUT_BYTES 256
#define RETRY_MS    20
#define ESCAPE_KEY  1 /* Control+A */

struct MosSerialLink {
  MosCharPort  *port;
  guint         listener;
  int           output; /* -1: none, or it cannot be written any more */
  MosSerialFunc func;
  gpointer      user_data;

  GMutex      lock;
  GByteArray *queue;     /* with lock */
  gboolean    scheduled; /* with lock */
  guint64     lost;      /* with lock */

  int            input;
  GSource       *source; /* reads, or tries again */
  guint8         pending[INPUT_BYTES];
  gsize          n_pending;
  gboolean       is_terminal;
  gboolean       after_escape;
  struct termios before;
  GSourceFunc    quit;
};

static void
write_all (MosSerialLink *self, const guint8 *data, gsize size)
{
  while (size > 0 && self->output >= 0) {
    gssize n = write (self->output, data, size);

    if (n >= 0) {
      data += n;
      size -= (gsize) n;
    } else if (errno == EAGAIN) {
      struct pollfd poll_fd = { .fd = self->output, .events = POLLOUT };

      poll (&poll_fd, 1, -1);
    } else if (errno != EINTR) {
      self->output = -1; /* a closed pipe, a full disk: nobody reads on */
    }
  }
}

/* Main loop: everything that is queued. */
static void
drain (MosSerialLink *self)
{
  g_autoptr (GByteArray) data = NULL;

  g_mutex_lock (&self->lock);
  data = self->queue;
  self->queue = g_byte_array_new ();
  self->scheduled = FALSE;
  g_mutex_unlock (&self->lock);
  if (data->len == 0)
    return;
  write_all (self, data->data, data->len);
  self->func (self->user_data, data->data, data->len);
}

static gboolean
drain_cb (gpointer user_data)
{
  drain (user_data);
  return G_SOURCE_REMOVE;
}

/* A processor's thread. */
static void
output_cb (gpointer user_data, const guint8 *data, gsize size)
{
  MosSerialLink *self = user_data;
  gboolean       schedule = FALSE;

  g_mutex_lock (&self->lock);
  if (self->queue->len + size > QUEUE_BYTES) {
    self->lost += size;
  } else {
    g_byte_array_append (self->queue, data, (guint) size);
    schedule = !self->scheduled;
    self->scheduled = TRUE;
  }
  g_mutex_unlock (&self->lock);
  if (schedule)
    g_idle_add_full (G_PRIORITY_DEFAULT, drain_cb, self, NULL);
}

MosSerialLink *
mos_serial_link_new (MosCharPort  *port,
                     int           output,
                     MosSerialFunc func,
                     gpointer      user_data)
{
  MosSerialLink *self = g_new0 (MosSerialLink, 1);

  self->port = mos_char_port_ref (port);
  self->output = output;
  self->func = func;
  self->user_data = user_data;
  self->input = -1;
  self->queue = g_byte_array_new ();
  g_mutex_init (&self->lock);
  self->listener = mos_char_port_add_listener (port, output_cb, self);
  return self;
}

static void
stop_reading (MosSerialLink *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

void
mos_serial_link_free (MosSerialLink *self)
{
  if (self == NULL)
    return;
  mos_char_port_remove_listener (self->port, self->listener);
  while (g_idle_remove_by_data (self))
    continue;
  drain (self);
  stop_reading (self);
  if (self->is_terminal)
    tcsetattr (self->input, TCSADRAIN, &self->before);
  g_byte_array_unref (self->queue);
  g_mutex_clear (&self->lock);
  mos_char_port_unref (self->port);
  g_free (self);
}

guint64
mos_serial_link_lost (MosSerialLink *self)
{
  guint64 lost;

  g_mutex_lock (&self->lock);
  lost = self->lost;
  g_mutex_unlock (&self->lock);
  return lost;
}

static gboolean input_cb (int fd, GIOCondition condition, gpointer user_data);
static gboolean retry_cb (gpointer user_data);

static void
watch (MosSerialLink *self, gboolean retry)
{
  stop_reading (self);
  if (retry) {
    self->source = g_timeout_source_new (RETRY_MS);
    g_source_set_callback (self->source, retry_cb, self, NULL);
  } else {
    self->source =
        g_unix_fd_source_new (self->input, G_IO_IN | G_IO_HUP | G_IO_ERR);
    g_source_set_callback (self->source, G_SOURCE_FUNC (input_cb), self, NULL);
  }
  g_source_attach (self->source, NULL);
}

/* Whether the guest has taken everything. */
static gboolean
feed (MosSerialLink *self)
{
  gsize taken = mos_char_port_feed (self->port, self->pending, self->n_pending);

  self->n_pending -= taken;
  memmove (self->pending, self->pending + taken, self->n_pending);
  return self->n_pending == 0;
}

static gboolean
retry_cb (gpointer user_data)
{
  MosSerialLink *self = user_data;

  if (!feed (self))
    return G_SOURCE_CONTINUE;
  watch (self, FALSE);
  return G_SOURCE_REMOVE;
}

/* Takes Control+A and what follows it out of the pending bytes; TRUE if that
 * was the wish to quit. */
static gboolean
take_escapes (MosSerialLink *self)
{
  gsize    kept = 0;
  gboolean quit = FALSE;

  for (gsize i = 0; i < self->n_pending; i++) {
    guint8 c = self->pending[i];

    if (self->after_escape) {
      self->after_escape = FALSE;
      quit = quit || c == 'x' || c == 'X';
      if (c == ESCAPE_KEY)
        self->pending[kept++] = c;
    } else if (c == ESCAPE_KEY) {
      self->after_escape = TRUE;
    } else {
      self->pending[kept++] = c;
    }
  }
  self->n_pending = kept;
  return quit;
}

static gboolean
input_cb (int fd, GIOCondition condition, gpointer user_data)
{
  MosSerialLink *self = user_data;
  gssize         n = read (fd, self->pending, sizeof self->pending);

  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  if (n <= 0)
    return G_SOURCE_REMOVE;
  self->n_pending = (gsize) n;
  if (self->is_terminal && take_escapes (self)) {
    self->quit (self->user_data);
    return G_SOURCE_REMOVE;
  }
  if (feed (self))
    return G_SOURCE_CONTINUE;
  watch (self, TRUE);
  return G_SOURCE_REMOVE;
}

/* In the background, changing the terminal would stop the process. */
static gboolean
make_raw (MosSerialLink *self)
{
  struct termios raw;

  if (!isatty (self->input) || tcgetpgrp (self->input) != getpgrp () ||
      tcgetattr (self->input, &self->before) != 0)
    return FALSE;
  raw = self->before;
  cfmakeraw (&raw);
  return tcsetattr (self->input, TCSADRAIN, &raw) == 0;
}

gboolean
mos_serial_link_read (MosSerialLink *self, int input, GSourceFunc quit)
{
  self->input = input;
  self->quit = quit;
  self->is_terminal = make_raw (self);
  watch (self, FALSE);
  return self->is_terminal;
}
