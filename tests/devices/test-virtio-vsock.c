/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Sockets between guest and host, as a driver and as programs of the host use
 * them.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/virtio/virtio-vsock.h"
#include "engine/base/error.h"
#include "engine/base/unix-socket.h"
#include "tests/devices/virtio-rig.h"

#define DEVFN        MOS_PCI_DEVFN (13, 0)
#define CID          77u
#define HEADER_BYTES 44u
#define BUFFER_BYTES 0x1000u
#define BUFFERS_GPA  0x20000u
#define PACKET_GPA   0x60000u
#define EVENT_GPA    0x90000u
#define ROOM         (256u << 10) /* that the device gives a stream */
#define BIT(n)       (G_GUINT64_CONSTANT (1) << (n))

enum {
  RX,
  TX,
  EVENTS
};

enum {
  REQUEST = 1,
  RESPONSE,
  RST,
  SHUTDOWN,
  RW,
  CREDIT_UPDATE,
  CREDIT_REQUEST
};

typedef struct {
  guint64 src_cid, dst_cid;
  guint32 src_port, dst_port, size;
  guint16 type, operation;
  guint32 flags, room, taken;
} Header;

typedef struct {
  StorageRig   rig;
  MosPciBus   *pci;
  VirtioDriver driver;
  MosDevice   *device;
  char        *folder, *path;
  guint        buffer; /* that the next packet comes in */
  Header       got;
  guint8       data[BUFFER_BYTES];
} Fixture;

static void
give_buffer (Fixture *f)
{
  VirtioPart part = { BUFFERS_GPA + f->driver.now.next_id % VIRTIO_RING_SIZE *
                                        BUFFER_BYTES,
                      BUFFER_BYTES, TRUE };

  virtio_driver_offer (&f->driver, &part, 1, FALSE);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  storage_rig_init (&f->rig);
  f->pci = mos_pci_bus_new (f->rig.bus);
  f->folder = g_dir_make_tmp ("test-vsock-XXXXXX", NULL);
  f->path = g_build_filename (f->folder, "sock", NULL);
  f->device = mos_virtio_vsock_new (f->rig.bus, f->pci, DEVFN, "vsock", CID,
                                    f->path, &error);
  g_assert_no_error (error);
  virtio_driver_init (&f->driver, &f->rig, f->pci, DEVFN);
  g_assert_true (virtio_driver_negotiate (
      &f->driver, BIT (VIRTIO_VERSION_1) | BIT (VIRTIO_EVENT_INDEX)));
  virtio_driver_use (&f->driver, TX);
  virtio_driver_use (&f->driver, EVENTS);
  virtio_driver_use (&f->driver, RX);
  virtio_driver_start (&f->driver);
  for (guint i = 0; i + 1 < VIRTIO_RING_SIZE; i++)
    give_buffer (f);
  virtio_driver_kick (&f->driver);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  storage_rig_clear (&f->rig);
  /* The device has taken its own socket away. */
  g_assert_cmpint (g_access (f->path, F_OK), !=, 0);
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_free (f->folder);
  g_free (f->path);
}

static gboolean
has_packet (gpointer data)
{
  Fixture *f = data;
  guint32  written;

  if (!virtio_driver_take (&f->driver, &written))
    return FALSE;
  memcpy (&f->got, rig_ram (&f->rig, BUFFERS_GPA + f->buffer * BUFFER_BYTES),
          HEADER_BYTES);
  memcpy (
      f->data,
      rig_ram (&f->rig, BUFFERS_GPA + f->buffer * BUFFER_BYTES + HEADER_BYTES),
      BUFFER_BYTES - HEADER_BYTES);
  f->buffer = (f->buffer + 1) % VIRTIO_RING_SIZE;
  g_assert_cmpuint (written, ==, HEADER_BYTES + f->got.size);
  return TRUE;
}

/* The next packet, whose buffer the device gets back. */
static void
expect_packet (Fixture *f, guint operation)
{
  virtio_driver_use (&f->driver, RX);
  g_assert_true (rig_wait (&f->rig, has_packet, f));
  g_assert_cmpuint (f->got.operation, ==, operation);
  g_assert_cmpuint (f->got.dst_cid, ==, CID);
  g_assert_cmpuint (f->got.type, ==, 1);
  give_buffer (f);
  virtio_driver_kick (&f->driver);
}

static void
expect_silence (Fixture *f)
{
  guint32 written;

  rig_settle (&f->rig);
  virtio_driver_use (&f->driver, RX);
  g_assert_false (virtio_driver_take (&f->driver, &written));
}

static gboolean
is_sent (gpointer data)
{
  guint32 written;

  return virtio_driver_take (&((Fixture *) data)->driver, &written);
}

static void
send_header (Fixture *f, Header header, const void *data)
{
  VirtioPart parts[] = { { PACKET_GPA, HEADER_BYTES, FALSE },
                         { PACKET_GPA + HEADER_BYTES, header.size, FALSE } };

  memcpy (rig_ram (&f->rig, PACKET_GPA), &header, HEADER_BYTES);
  if (header.size > 0)
    memcpy (rig_ram (&f->rig, PACKET_GPA + HEADER_BYTES), data, header.size);
  virtio_driver_use (&f->driver, TX);
  virtio_driver_offer (&f->driver, parts, header.size > 0 ? 2 : 1, FALSE);
  virtio_driver_kick (&f->driver);
  g_assert_true (rig_wait (&f->rig, is_sent, f));
}

static Header
header (guint operation, guint32 guest_port, guint32 host_port)
{
  return (Header){ .src_cid = CID,
                   .dst_cid = 2,
                   .src_port = guest_port,
                   .dst_port = host_port,
                   .type = 1,
                   .operation = (guint16) operation,
                   .room = 65536 };
}

static void
send_data (Fixture *f, guint32 guest_port, guint32 host_port, const char *text)
{
  Header head = header (RW, guest_port, host_port);

  head.size = (guint32) strlen (text);
  send_header (f, head, text);
}

/* A program of the host that calls port 1234 of the guest; what it reads
 * first is checked. */
static int
call_guest (Fixture *f)
{
  g_autofree char *wanted = NULL;
  char             text[32] = "";
  int              fd = mos_unix_connect (f->path);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (send (fd, "CONNECT 1234\nhello", 18, 0), ==, 18);
  expect_packet (f, REQUEST);
  g_assert_cmpuint (f->got.src_cid, ==, 2);
  g_assert_cmpuint (f->got.dst_port, ==, 1234);
  g_assert_cmpuint (f->got.room, ==, ROOM);
  send_header (f, header (RESPONSE, 1234, f->got.src_port), NULL);
  wanted = g_strdup_printf ("OK %u\n", f->got.src_port);
  g_assert_cmpint (recv (fd, text, sizeof text - 1, 0), ==, strlen (wanted));
  g_assert_cmpstr (text, ==, wanted);
  expect_packet (f, RW);
  g_assert_cmpmem (f->data, f->got.size, "hello", 5);
  return fd;
}

static void
expect_end (int fd)
{
  char byte;

  g_assert_cmpint (recv (fd, &byte, 1, 0), ==, 0);
  close (fd);
}

/* -- tests --------------------------------------------------------------- */

static void
test_from_host (Fixture *f, gconstpointer data)
{
  char    text[16];
  int     fd = call_guest (f);
  guint32 port = f->got.src_port;

  g_assert_cmpuint (virtio_read (&f->driver, f->driver.config, 4), ==, CID);
  send_data (f, 1234, port, "answer");
  g_assert_cmpint (recv (fd, text, sizeof text, 0), ==, 6);
  g_assert_cmpmem (text, 6, "answer", 6);
  /* The guest closes, and is told that the stream is gone. */
  send_header (f,
               (Header){ .src_cid = CID,
                         .dst_cid = 2,
                         .src_port = 1234,
                         .dst_port = port,
                         .type = 1,
                         .operation = SHUTDOWN,
                         .flags = 3 },
               NULL);
  expect_packet (f, RST);
  expect_end (fd);
}

static void
test_from_guest (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_strconcat (f->path, "_99", NULL);
  char             text[16];
  int              listening, fd;

  /* Nobody listens. */
  send_header (f, header (REQUEST, 5000, 99), NULL);
  expect_packet (f, RST);
  g_assert_cmpuint (f->got.src_port, ==, 99);
  g_assert_cmpuint (f->got.dst_port, ==, 5000);

  listening = mos_unix_listen (path, 1);
  send_header (f, header (REQUEST, 5000, 99), NULL);
  expect_packet (f, RESPONSE);
  fd = mos_unix_accept (listening);
  g_assert_cmpint (fd, >=, 0);
  send_data (f, 5000, 99, "to the host");
  g_assert_cmpint (recv (fd, text, sizeof text, 0), ==, 11);
  g_assert_cmpint (send (fd, "to the guest", 12, 0), ==, 12);
  expect_packet (f, RW);
  g_assert_cmpmem (f->data, f->got.size, "to the guest", 12);
  /* The host has no more to say, but still listens. */
  shutdown (fd, SHUT_WR);
  expect_packet (f, SHUTDOWN);
  g_assert_cmpuint (f->got.flags, ==, 2);
  send_data (f, 5000, 99, "bye");
  g_assert_cmpint (recv (fd, text, sizeof text, 0), ==, 3);
  send_header (f, header (RST, 5000, 99), NULL);
  expect_end (fd);
  expect_silence (f);
  close (listening);
  g_unlink (path);
}

/* The guest takes no more than it has room for, until it says so. */
static void
test_credit_to_guest (Fixture *f, gconstpointer data)
{
  static char text[8000];
  int         fd = call_guest (f);
  guint32     port = f->got.src_port;
  Header      news = header (CREDIT_UPDATE, 1234, port);

  news.room = 1000;
  news.taken = 5;
  send_header (f, news, NULL);
  for (guint i = 0; i < sizeof text; i++)
    text[i] = (char) (i * 7);
  g_assert_cmpint (send (fd, text, sizeof text, 0), ==, sizeof text);
  expect_packet (f, RW);
  g_assert_cmpmem (f->data, f->got.size, text, 1000);
  expect_silence (f);
  news.taken = 5 + 400;
  send_header (f, news, NULL);
  expect_packet (f, RW);
  g_assert_cmpmem (f->data, f->got.size, text + 1000, 400);
  /* A guest that has taken more than it got has no room. */
  news.taken = 5 + 9000;
  send_header (f, news, NULL);
  expect_silence (f);
  close (fd);
}

/* A host that does not read is written to until the room is used up. */
static void
test_credit_to_host (Fixture *f, gconstpointer data)
{
  static char text[0x8000], got[0x8000];
  const guint buffer = 4096; /* of the sockets, about */
  int         fd = call_guest (f);
  guint32     port = f->got.src_port;
  guint64     sent = 0, read = 0;
  Header      head = header (RW, 1234, port);

  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  head.size = sizeof text;
  while (sent < 8u << 20) {
    for (guint i = 0; i < sizeof text; i++)
      text[i] = (char) ((sent + i) * 3 >> 4);
    send_header (f, head, text);
    sent += sizeof text;
    /* Some of it is left; the device tells when there is room again. */
    while (sent - read > ROOM - sizeof text) {
      gssize n;

      rig_settle (&f->rig);
      n = recv (fd, got, sizeof got, 0);
      if (n < 0)
        continue;
      for (gssize i = 0; i < n; i++)
        g_assert_cmpint (got[i], ==, (char) ((read + (guint64) i) * 3 >> 4));
      read += (guint64) n;
      virtio_driver_use (&f->driver, RX);
      while (has_packet (f)) {
        g_assert_cmpuint (f->got.operation, ==, CREDIT_UPDATE);
        g_assert_cmpuint (sent - f->got.taken, <=, ROOM);
        give_buffer (f);
        virtio_driver_kick (&f->driver);
      }
    }
  }
  /* More than there is room for is a mistake, and ends the stream. */
  for (guint i = 0; i < ROOM / sizeof text + 32; i++)
    send_header (f, head, text);
  expect_packet (f, RST);
  close (fd);
}

/* What makes no sense is answered with a reset, or not at all. */
static void
test_nonsense (Fixture *f, gconstpointer data)
{
  Header head = header (RW, 1, 2);

  send_header (f, head, NULL);
  expect_packet (f, RST);
  head.operation = 99;
  send_header (f, head, NULL);
  expect_packet (f, RST);
  head.operation = RST;
  send_header (f, head, NULL);
  expect_silence (f);
  head = header (REQUEST, 1, 2);
  head.dst_cid = 5;
  send_header (f, head, NULL);
  expect_packet (f, RST);
  g_assert_cmpuint (f->got.src_cid, ==, 5);
  head = header (REQUEST, 1, 2);
  head.src_cid = CID + 1;
  send_header (f, head, NULL);
  expect_silence (f);
}

static void
test_callers (Fixture *f, gconstpointer data)
{
  int fd = mos_unix_connect (f->path);

  send (fd, "CONNECT 12x\n", 12, 0);
  rig_settle (&f->rig);
  expect_end (fd);
  fd = mos_unix_connect (f->path);
  send (fd, "CONNECT 111111111111111111111", 29, 0);
  rig_settle (&f->rig);
  g_assert_cmpint (recv (fd, &(char){ 0 }, 1, 0), <=, 0);
  close (fd);
  /* The guest refuses. */
  fd = mos_unix_connect (f->path);
  send (fd, "CONNECT 7\n", 10, 0);
  expect_packet (f, REQUEST);
  send_header (f, header (RST, 7, f->got.src_port), NULL);
  rig_settle (&f->rig);
  expect_end (fd);
  expect_silence (f);
}

/* While the machine stands still nothing reaches the guest. */
static void
test_paused (Fixture *f, gconstpointer data)
{
  int fd = call_guest (f);

  mos_clock_pause (f->rig.bus->clock);
  g_assert_cmpint (send (fd, "later", 5, 0), ==, 5);
  expect_silence (f);
  mos_clock_resume (f->rig.bus->clock);
  expect_packet (f, RW);
  g_assert_cmpmem (f->data, f->got.size, "later", 5);
  close (fd);
}

static gboolean
has_event (gpointer data)
{
  guint32 written = 0;

  return virtio_driver_take (&((Fixture *) data)->driver, &written) &&
         written == 4;
}

/* Streams do not survive: the guest is told. */
static void
test_saved (Fixture *f, gconstpointer data)
{
  VirtioPart part = { EVENT_GPA, 8, TRUE };
  int        fd = call_guest (f);
  g_autoptr (GVariant) state = NULL;

  virtio_driver_use (&f->driver, EVENTS);
  memset (rig_ram (&f->rig, EVENT_GPA), 0xff, 8);
  virtio_driver_offer (&f->driver, &part, 1, FALSE);
  virtio_driver_kick (&f->driver);
  state = mos_bus_save (f->rig.bus);
  g_assert_false (has_event (f));
  g_assert_true (mos_bus_load (f->rig.bus, state, NULL));
  expect_end (fd);
  g_assert_true (rig_wait (&f->rig, has_event, f));
  g_assert_cmpuint (virtio_read (&f->driver, EVENT_GPA, 4), ==, 0);
}

static void
test_taken (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mos_virtio_vsock_new (f->rig.bus, f->pci,
                                       MOS_PCI_DEVFN (14, 0), "other", CID,
                                       f->path, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IN_USE);
  g_assert_nonnull (strstr (error->message, f->path));
}

#define ADD(name, func) \
  g_test_add ("/virtio-vsock/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("from-host", test_from_host);
  ADD ("from-guest", test_from_guest);
  ADD ("credit-to-guest", test_credit_to_guest);
  ADD ("credit-to-host", test_credit_to_host);
  ADD ("nonsense", test_nonsense);
  ADD ("callers", test_callers);
  ADD ("paused", test_paused);
  ADD ("saved", test_saved);
  ADD ("taken", test_taken);
  return g_test_run ();
}
