/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Sockets under a driver that writes anything anywhere, and programs of the
 * host that call, write, read and hang up at any moment. The first byte picks
 * features; then sixes of bytes say what to do and with what.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/virtio/virtio-vsock.h"
#include "engine/base/unix-socket.h"
#include "tests/devices/virtio-rig.h"
#include "tests/fuzz/fuzz.h"

#define DEVFN      MOS_PCI_DEVFN (4, 0)
#define CID        3u
#define STEP_BYTES 6u
#define N_CALLERS  4u
#define PACKET_GPA 0x40000u

typedef struct {
  guint64 src_cid, dst_cid;
  guint32 src_port, dst_port, size;
  guint16 type, operation;
  guint32 flags, room, taken;
} Header;

typedef struct {
  VirtioDriver driver;
  const char  *path;
  int          listening;
  int          callers[N_CALLERS]; /* -1: none */
  guint32      ports[4];           /* that the device has chosen */
} Target;

static void
hang_up (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

static void
call (Target *self, const uint8_t *step)
{
  static const char *const lines[] = { "CONNECT 5\n", "CONNECT 6\nmore",
                                       "CONNECT x\n", "CONN" };
  int                     *fd = &self->callers[step[1] % N_CALLERS];
  const char              *line = lines[step[2] % G_N_ELEMENTS (lines)];
  char                     bytes[512];

  switch (step[3] & 3) {
  case 0:
    hang_up (fd);
    *fd = step[3] & 4 ? mos_unix_accept (self->listening)
                      : mos_unix_connect (self->path);
    if (*fd >= 0 && (step[3] & 4) == 0)
      send (*fd, line, strlen (line), MSG_NOSIGNAL);
    break;
  case 1:
    if (*fd >= 0)
      send (*fd, memset (bytes, step[4], sizeof bytes), step[5] * 2u,
            MSG_NOSIGNAL);
    break;
  case 2:
    if (*fd >= 0 && recv (*fd, bytes, sizeof bytes, 0) == 0)
      hang_up (fd);
    break;
  default:
    if (*fd >= 0 && (step[3] & 8) != 0)
      shutdown (*fd, step[4] % 3);
    else
      hang_up (fd);
    break;
  }
}

/* A packet that mostly makes sense. */
static void
send_packet (Target *self, const uint8_t *step)
{
  Header     header = { .src_cid = CID,
                        .dst_cid = step[5] == 7 ? 9 : 2,
                        .src_port = 5 + (step[1] & 1),
                        .dst_port =
                        step[1] & 2 ? 99 : self->ports[step[1] >> 2 & 3],
                        .size = step[2] * 8u,
                        .type = step[5] == 9 ? 2 : 1,
                        .operation = step[3] % 9,
                        .flags = step[4] & 3,
                        .room = step[4] * 64u,
                        .taken = step[5] };
  VirtioPart parts[] = { { PACKET_GPA, 44, FALSE },
                         { PACKET_GPA + 64, header.size + 1, FALSE } };

  memcpy (rig_ram (self->driver.rig, PACKET_GPA), &header, 44);
  virtio_driver_use (&self->driver, 1);
  virtio_driver_offer (&self->driver, parts, 1 + (header.size > 0),
                       step[5] & 1);
  virtio_driver_kick (&self->driver);
}

static void
give_buffer (Target *self, const uint8_t *step)
{
  guint      at = step[1] % 8 * 0x1000u;
  VirtioPart parts[] = { { 0x50000 + at, step[2] * 16u + 1, TRUE },
                         { 0x60000 + at, step[3] * 8u + 1, TRUE } };
  guint32    port;

  /* Ports of the device's calls, where packets came before. */
  memcpy (&port, rig_ram (self->driver.rig, 0x50000 + at + 16), 4);
  self->ports[step[1] & 3] = port;
  virtio_driver_use (&self->driver, step[4] & 2);
  virtio_driver_offer (&self->driver, parts, 1 + (step[4] & 1),
                       (step[4] & 4) != 0);
  virtio_driver_kick (&self->driver);
}

static void
act (Target *self, const uint8_t *step)
{
  VirtioDriver *driver = &self->driver;
  guint         where = step[1] | (guint) step[2] << 8;

  switch (step[0] % 10) {
  case 0:
  case 1:
    call (self, step);
    break;
  case 2:
  case 3:
  case 4:
    send_packet (self, step);
    break;
  case 5:
  case 6:
    give_buffer (self, step);
    break;
  case 7:
    virtio_write (driver,
                  step[0] & 0x40 ? driver->notify + where % 64
                                 : driver->common + where % 0x38,
                  step[3], 1u << (step[4] % 3));
    break;
  case 8:
    rig_ram (driver->rig, step[0] & 0x40 ? VIRTIO_MORE_GPA
                                         : VIRTIO_RING_GPA)[where % 0x10000] =
        step[3];
    break;
  default:
    rig_settle (driver->rig);
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *name = g_strdup_printf ("fuzz-vsock-%d", (int) getpid ());
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), name, NULL);
  g_autofree char *port_path = g_strconcat (path, "_99", NULL);
  guint8           kind = size > 0 ? data[0] : 0;
  guint64          features = 1ull << VIRTIO_VERSION_1;
  Target           self = { .path = path, .callers = { -1, -1, -1, -1 } };
  MosPciBus       *pci;
  StorageRig       rig;

  storage_rig_init (&rig);
  pci = mos_pci_bus_new (rig.bus);
  g_assert_nonnull (
      mos_virtio_vsock_new (rig.bus, pci, DEVFN, "vsock", CID, path, NULL));
  self.listening = mos_unix_listen (port_path, 8);
  g_assert_cmpint (self.listening, >=, 0);
  virtio_driver_init (&self.driver, &rig, pci, DEVFN);
  features |= (guint64) (kind & 1) << VIRTIO_PACKED | (guint64) (kind >> 1 & 3)
                                                          << VIRTIO_INDIRECT;
  virtio_driver_negotiate (&self.driver, features);
  virtio_driver_use (&self.driver, 1);
  virtio_driver_use (&self.driver, 2);
  virtio_driver_use (&self.driver, 0);
  virtio_driver_start (&self.driver);
  for (size_t i = 1; i + STEP_BYTES <= size && i < 6000; i += STEP_BYTES)
    act (&self, data + i);
  rig_settle (&rig);
  storage_rig_clear (&rig);
  for (guint i = 0; i < N_CALLERS; i++)
    hang_up (&self.callers[i]);
  close (self.listening);
  unlink (port_path);
  return 0;
}
