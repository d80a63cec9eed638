/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Blocks are put together in a buffer and written when it is full or its owner
 * says so. A frame that would make the file too large ends the capture, as
 * does an error; the guest's traffic goes on. The I/O thread.
 */
#include "devices/net/pcapng.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"

#define BUFFER_BYTES    65536u
#define MAX_NAME_BYTES  64u
#define LINK_ETHERNET   1u
#define SECTION_BLOCK   0x0a0d0d0au
#define INTERFACE_BLOCK 1u
#define PACKET_BLOCK    6u
#define BYTE_ORDER_MARK 0x1a2b3c4du
#define VERSION_MAJOR   1u
#define PACKET_BYTES    32u /* of a packet block, without frame and options */
#define PACKET_OPTIONS  12u

enum {
  OPTION_END = 0,
  OPTION_APPLICATION = 4, /* of a section */
  OPTION_NAME = 2,        /* of an interface */
  OPTION_DESCRIPTION = 3,
  OPTION_TIME_UNIT = 9,
  OPTION_FLAGS = 2, /* of a packet */
  FLAG_INBOUND = 1,
  FLAG_OUTBOUND = 2
};

struct MosPcapng {
  int     fd; /* -1: over */
  char   *path;
  MosLog *log;
  guint64 max_bytes;
  guint   snap_bytes;
  guint64 written; /* with what is in the buffer */
  guint   used;
  guint8  buffer[BUFFER_BYTES];
};

static void
end_capture (MosPcapng *self, const char *why)
{
  if (self->fd < 0)
    return;
  close (self->fd);
  self->fd = -1;
  self->used = 0;
  mos_log (self->log, MOS_LOG_WARNING, _ ("The capture in %s has ended: %s"),
           self->path, why);
}

static void
write_all (MosPcapng *self, const guint8 *data, gsize size)
{
  while (size > 0 && self->fd >= 0) {
    gssize n = write (self->fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      end_capture (self, g_strerror (errno));
      return;
    }
    data += n;
    size -= (gsize) n;
  }
}

void
mos_pcapng_flush (MosPcapng *self)
{
  guint used = self->used;

  self->used = 0;
  write_all (self, self->buffer, used);
}

static void
put (MosPcapng *self, const void *data, gsize size)
{
  self->written += size;
  if (size > BUFFER_BYTES - self->used)
    mos_pcapng_flush (self);
  if (size > BUFFER_BYTES) {
    write_all (self, data, size);
    return;
  }
  memcpy (self->buffer + self->used, data, size);
  self->used += (guint) size;
}

static guint
padded (gsize size)
{
  return (guint) (size + 3) & ~3u;
}

/* The file is in the byte order of the host, which its first block tells. */
static void
put32 (MosPcapng *self, guint32 value)
{
  put (self, &value, sizeof value);
}

static void
put_padded (MosPcapng *self, const void *data, gsize size)
{
  static const guint8 zeros[4];

  put (self, data, size);
  put (self, zeros, padded (size) - size);
}

static void
add_option (GByteArray *array, guint16 code, const void *data, gsize size)
{
  static const guint8 zeros[4];
  guint16             head[2] = { code, (guint16) size };

  g_byte_array_append (array, (const guint8 *) head, sizeof head);
  if (size == 0)
    return;
  g_byte_array_append (array, data, (guint) size);
  g_byte_array_append (array, zeros, padded (size) - (guint) size);
}

/* A block with @body, which is as long as a multiple of four. */
static void
put_block (MosPcapng *self, guint32 type, const GByteArray *body)
{
  guint32 total = 12 + body->len;

  put32 (self, type);
  put32 (self, total);
  put (self, body->data, body->len);
  put32 (self, total);
}

static void
put_section (MosPcapng *self)
{
  static const char application[] = "MultiOS Lab";
  g_autoptr (GByteArray) body = g_byte_array_new ();
  guint32 mark = BYTE_ORDER_MARK;
  guint16 version[2] = { VERSION_MAJOR, 0 };
  gint64  length = -1; /* not told */

  g_byte_array_append (body, (const guint8 *) &mark, sizeof mark);
  g_byte_array_append (body, (const guint8 *) version, sizeof version);
  g_byte_array_append (body, (const guint8 *) &length, sizeof length);
  add_option (body, OPTION_APPLICATION, application, strlen (application));
  add_option (body, OPTION_END, NULL, 0);
  put_block (self, SECTION_BLOCK, body);
}

static void
put_interface (MosPcapng *self, const char *name)
{
  static const char description[] = "Network adapter of a MultiOS Lab machine";
  const guint8      microseconds = 6;
  guint16           link[2] = { LINK_ETHERNET, 0 };
  guint32           snap = self->snap_bytes;
  gsize             length = MIN (strlen (name), MAX_NAME_BYTES);
  g_autoptr (GByteArray) body = g_byte_array_new ();

  g_byte_array_append (body, (const guint8 *) link, sizeof link);
  g_byte_array_append (body, (const guint8 *) &snap, sizeof snap);
  add_option (body, OPTION_NAME, name, length);
  add_option (body, OPTION_DESCRIPTION, description, strlen (description));
  add_option (body, OPTION_TIME_UNIT, &microseconds, 1);
  add_option (body, OPTION_END, NULL, 0);
  put_block (self, INTERFACE_BLOCK, body);
}

void
mos_pcapng_tap (gpointer        user_data,
                MosNetDirection direction,
                const guint8   *frame,
                gsize           size)
{
  MosPcapng *self = user_data;
  guint      kept =
      (guint) (self->snap_bytes > 0 ? MIN (size, self->snap_bytes) : size);
  guint32 total = PACKET_BYTES + padded (kept) + PACKET_OPTIONS;
  guint64 now_us = (guint64) g_get_real_time ();
  guint16 flags_head[2] = { OPTION_FLAGS, 4 };

  if (self->fd < 0)
    return;
  if (self->max_bytes > 0 && self->written + total > self->max_bytes) {
    mos_pcapng_flush (self);
    end_capture (self, _ ("it is as large as it may get"));
    return;
  }
  put32 (self, PACKET_BLOCK);
  put32 (self, total);
  put32 (self, 0); /* the interface */
  put32 (self, (guint32) (now_us >> 32));
  put32 (self, (guint32) now_us);
  put32 (self, kept);
  put32 (self, (guint32) size);
  put_padded (self, frame, kept);
  put (self, flags_head, sizeof flags_head);
  put32 (self, direction == MOS_NET_TO_PEER ? FLAG_OUTBOUND : FLAG_INBOUND);
  put32 (self, OPTION_END);
  put32 (self, total);
}

MosPcapng *
mos_pcapng_new (const char *path,
                const char *name,
                guint64     max_bytes,
                guint       snap_bytes,
                MosLog     *log,
                GError    **error)
{
  MosPcapng *self;
  int        fd =
      open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);

  if (fd < 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
                 _ ("the capture file %s cannot be written: %s"), path,
                 g_strerror (errno));
    return NULL;
  }
  self = g_new0 (MosPcapng, 1);
  self->fd = fd;
  self->path = g_strdup (path);
  self->log = mos_log_ref (log);
  self->max_bytes = max_bytes;
  self->snap_bytes = snap_bytes;
  put_section (self);
  put_interface (self, name);
  mos_pcapng_flush (self);
  return self;
}

void
mos_pcapng_free (MosPcapng *self)
{
  if (self == NULL)
    return;
  mos_pcapng_flush (self);
  if (self->fd >= 0)
    close (self->fd);
  mos_log_unref (self->log);
  g_free (self->path);
  g_free (self);
}
