/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The driver's side of virtio, as small as it can be.
 */
#include "tests/devices/virtio-rig.h"

#include <string.h>

#define DRIVER_AT 0x1000u
#define DEVICE_AT 0x2000u

enum {
  NEXT = 1,
  WRITE = 2,
  INDIRECT = 4,
  AVAIL = 1 << 7,
  USED = 1 << 15
};

guint32
virtio_read (VirtioDriver *self, guint64 gpa, guint size)
{
  guint32 value = 0;

  mos_memory_map_read (self->rig->bus->memory, gpa, &value, size);
  return value;
}

void
virtio_write (VirtioDriver *self, guint64 gpa, guint64 value, guint size)
{
  mos_memory_map_write (self->rig->bus->memory, gpa, &value, size);
}

static guint32
config_read (VirtioDriver *self, guint offset, guint size)
{
  return mos_pci_bus_config_read (self->pci, self->devfn, offset, size);
}

static void
find_structures (VirtioDriver *self)
{
  guint at = config_read (self, MOS_PCI_CAPABILITIES, 1);

  for (; at != 0; at = config_read (self, at + 1, 1)) {
    guint64 place = VIRTIO_BAR_GPA + config_read (self, at + 8, 4);

    if (config_read (self, at, 1) != 0x09)
      continue;
    switch (config_read (self, at + 3, 1)) {
    case 1:
      self->common = place;
      break;
    case 2:
      self->notify = place;
      break;
    case 3:
      self->isr = place;
      break;
    case 4:
      self->config = place;
      break;
    default:
      break;
    }
  }
}

void
virtio_driver_init (VirtioDriver *self,
                    StorageRig   *rig,
                    MosPciBus    *pci,
                    guint         devfn)
{
  *self = (VirtioDriver){ .rig = rig, .pci = pci, .devfn = devfn };
  self->now.ring = VIRTIO_RING_GPA;
  mos_pci_bus_config_write (pci, devfn, 0x20, (guint32) VIRTIO_BAR_GPA, 4);
  mos_pci_bus_config_write (pci, devfn, 0x24, VIRTIO_BAR_GPA >> 32, 4);
  mos_pci_bus_config_write (pci, devfn, MOS_PCI_COMMAND, 6, 2);
  find_structures (self);
  g_assert_cmpuint (self->common, !=, 0);
  g_assert_cmpuint (self->notify, !=, 0);
  virtio_write (self, self->common + 0x14, 0, 1);
  g_assert_cmpuint (virtio_read (self, self->common + 0x14, 1), ==, 0);
  virtio_write (self, self->common + 0x14, 3, 1);
  for (guint i = 0; i < 2; i++) {
    virtio_write (self, self->common, i, 4);
    self->offered |= (guint64) virtio_read (self, self->common + 4, 4)
                     << (i * 32);
  }
}

gboolean
virtio_driver_negotiate (VirtioDriver *self, guint64 features)
{
  for (guint i = 0; i < 2; i++) {
    virtio_write (self, self->common + 8, i, 4);
    virtio_write (self, self->common + 0xc, features >> (i * 32), 4);
  }
  virtio_write (self, self->common + 0x14, 0x0b, 1);
  self->accepted = features;
  return (virtio_read (self, self->common + 0x14, 1) & 8) != 0;
}

static void
set_up_queue (VirtioDriver *self)
{
  guint64 common = self->common;

  memset (rig_ram (self->rig, self->now.ring), 0, 0x3000);
  virtio_write (self, common + 0x16, self->queue, 2);
  virtio_write (self, common + 0x18, VIRTIO_RING_SIZE, 2);
  virtio_write (self, common + 0x20, self->now.ring, 4);
  virtio_write (self, common + 0x28, self->now.ring + DRIVER_AT, 4);
  virtio_write (self, common + 0x30, self->now.ring + DEVICE_AT, 4);
  virtio_write (self, common + 0x1c, 1, 2);
  self->now.avail_wrap = TRUE;
  self->now.used_wrap = TRUE;
}

void
virtio_driver_start (VirtioDriver *self)
{
  set_up_queue (self);
  virtio_write (self, self->common + 0x14, 0x0f, 1);
}

void
virtio_driver_use (VirtioDriver *self, guint queue)
{
  self->positions[self->queue] = self->now;
  self->queue = queue;
  self->now = self->positions[queue];
  if (self->now.ring == 0) {
    self->now.ring = VIRTIO_MORE_GPA + queue * 0x4000u;
    set_up_queue (self);
  }
}

static gboolean
has (const VirtioDriver *self, guint feature)
{
  return (self->accepted >> feature & 1) != 0;
}

static void
put_descriptor (VirtioDriver *self,
                guint64       table,
                guint         index,
                guint64       address,
                guint32       length,
                guint16       third,
                guint16       fourth)
{
  guint64 at = table + index * 16;

  virtio_write (self, at, address, 8);
  virtio_write (self, at + 8, length, 4);
  virtio_write (self, at + 12, third, 2);
  virtio_write (self, at + 14, fourth, 2);
}

/* A table at VIRTIO_TABLE_GPA; returns its bytes. */
static guint32
put_table (VirtioDriver *self, const VirtioPart *parts, guint n)
{
  for (guint i = 0; i < n; i++) {
    guint16 flags = parts[i].write ? WRITE : 0;

    if (has (self, VIRTIO_PACKED))
      put_descriptor (self, VIRTIO_TABLE_GPA, i, parts[i].gpa, parts[i].length,
                      0, flags);
    else
      put_descriptor (self, VIRTIO_TABLE_GPA, i, parts[i].gpa, parts[i].length,
                      (guint16) (flags | (i + 1 < n ? NEXT : 0)),
                      (guint16) (i + 1));
  }
  return n * 16;
}

static void
offer_split (VirtioDriver *self, const VirtioPart *parts, guint n)
{
  guint16 first = self->now.next_id;

  for (guint i = 0; i < n; i++) {
    guint index = (first + i) % VIRTIO_RING_SIZE;

    put_descriptor (
        self, self->now.ring, index, parts[i].gpa, parts[i].length,
        (guint16) ((parts[i].write ? WRITE : 0) | (i + 1 < n ? NEXT : 0)),
        (guint16) ((index + 1) % VIRTIO_RING_SIZE));
  }
  virtio_write (self,
                (self->now.ring + DRIVER_AT) + 4 +
                    self->now.next_avail % VIRTIO_RING_SIZE * 2,
                first % VIRTIO_RING_SIZE, 2);
  self->now.next_id = (guint16) (first + n);
  virtio_write (self, (self->now.ring + DRIVER_AT) + 2, ++self->now.next_avail,
                2);
}

static void
offer_packed (VirtioDriver     *self,
              const VirtioPart *parts,
              guint             n,
              guint16           more_flags)
{
  guint16 first = self->now.next_avail;
  guint16 first_flags = 0;

  for (guint i = 0; i < n; i++) {
    guint16 flags =
        (guint16) ((parts[i].write ? WRITE : 0) | (i + 1 < n ? NEXT : 0) |
                   more_flags | (self->now.avail_wrap ? AVAIL : USED));

    if (i == 0)
      first_flags = flags;
    /* The first becomes valid last. */
    put_descriptor (self, self->now.ring, self->now.next_avail, parts[i].gpa,
                    parts[i].length, self->now.next_id,
                    i == 0 ? (self->now.avail_wrap ? USED : AVAIL) : flags);
    if (++self->now.next_avail == VIRTIO_RING_SIZE) {
      self->now.next_avail = 0;
      self->now.avail_wrap = !self->now.avail_wrap;
    }
  }
  virtio_write (self, self->now.ring + first * 16 + 14, first_flags, 2);
  self->now.next_id++;
}

void
virtio_driver_offer (VirtioDriver     *self,
                     const VirtioPart *parts,
                     guint             n,
                     gboolean          indirect)
{
  VirtioPart table = { .gpa = VIRTIO_TABLE_GPA };

  if (indirect) {
    table.length = put_table (self, parts, n);
    if (has (self, VIRTIO_PACKED)) {
      offer_packed (self, &table, 1, INDIRECT);
      return;
    }
    offer_split (self, &table, 1);
    virtio_write (self,
                  self->now.ring +
                      (self->now.next_id - 1) % VIRTIO_RING_SIZE * 16 + 12,
                  INDIRECT, 2);
    return;
  }
  if (has (self, VIRTIO_PACKED))
    offer_packed (self, parts, n, 0);
  else
    offer_split (self, parts, n);
}

/* What a split ring's device says about kicks: an index that has been passed,
 * or a flag. */
static gboolean
is_wanted (VirtioDriver *self)
{
  guint64 device = self->now.ring + DEVICE_AT;
  guint16 now = self->now.next_avail;
  guint16 old = self->now.kicked;
  guint16 event =
      (guint16) virtio_read (self, device + 4 + 8 * VIRTIO_RING_SIZE, 2);

  self->now.kicked = now;
  if (!has (self, VIRTIO_EVENT_INDEX))
    return (virtio_read (self, device, 2) & 1) == 0;
  return (guint16) (now - event - 1) < (guint16) (now - old);
}

void
virtio_driver_kick (VirtioDriver *self)
{
  if (!has (self, VIRTIO_PACKED) && !is_wanted (self))
    return;
  virtio_write (self, self->notify + self->queue * 4ull, self->queue, 2);
}

void
virtio_driver_rewind (VirtioDriver *self, guint16 n)
{
  guint64 device = self->now.ring + DEVICE_AT;

  virtio_write (self, self->now.ring + DRIVER_AT + 2, n, 2);
  virtio_write (self, device + 4 + 8 * VIRTIO_RING_SIZE, n, 2);
  self->now.next_avail = self->now.next_used = self->now.kicked = n;
}

static gboolean
take_packed (VirtioDriver *self, guint32 *written)
{
  guint64 at = self->now.ring + self->now.next_used * 16;
  guint16 flags = (guint16) virtio_read (self, at + 14, 2);

  if (((flags & AVAIL) != 0) != self->now.used_wrap ||
      ((flags & USED) != 0) != self->now.used_wrap)
    return FALSE;
  *written = virtio_read (self, at + 8, 4);
  return TRUE;
}

gboolean
virtio_driver_take (VirtioDriver *self, guint32 *written)
{
  if (has (self, VIRTIO_PACKED))
    return take_packed (self, written);
  if ((guint16) virtio_read (self, (self->now.ring + DEVICE_AT) + 2, 2) ==
      self->now.next_used)
    return FALSE;
  *written = virtio_read (self,
                          (self->now.ring + DEVICE_AT) + 8 +
                              self->now.next_used % VIRTIO_RING_SIZE * 8,
                          4);
  self->now.next_used++;
  return TRUE;
}

typedef struct {
  VirtioDriver *driver;
  guint32       written;
} Wait;

static gboolean
try_take (gpointer data)
{
  Wait *wait = data;

  return virtio_driver_take (wait->driver, &wait->written);
}

guint32
virtio_driver_do (VirtioDriver     *self,
                  const VirtioPart *parts,
                  guint             n,
                  gboolean          indirect)
{
  Wait  wait = { .driver = self };
  guint used = indirect ? 1 : n;

  virtio_driver_offer (self, parts, n, indirect);
  virtio_driver_kick (self);
  g_assert_true (rig_wait (self->rig, try_take, &wait));
  if (has (self, VIRTIO_PACKED)) {
    self->now.next_used = (guint16) (self->now.next_used + used);
    if (self->now.next_used >= VIRTIO_RING_SIZE) {
      self->now.next_used -= VIRTIO_RING_SIZE;
      self->now.used_wrap = !self->now.used_wrap;
    }
  }
  return wait.written;
}
