/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A queue's kicks without leaving the kernel.
 *
 * Where the backend can, the two bytes at which a driver kicks a queue add one
 * to an eventfd, and the I/O thread looks at the queue. While the machine
 * stands still the queue is noted instead and looked at when it runs again; a
 * saved machine does not hold such notes, so after loading all queues are
 * looked at once. Where the backend cannot, or for other sizes of access, the
 * kick arrives through the BAR's window.
 */
#include "devices/virtio/virtio-bells.h"

#include <glib-unix.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/base/source.h"

#define KICK_BYTES 2u

static void
ring_noted (gpointer user_data)
{
  MosVirtio *self = user_data;
  guint      rung;

  g_mutex_lock (&self->pci.device.lock);
  rung = self->rung;
  self->rung = 0;
  for (guint i = 0; i < self->info->n_queues; i++)
    if ((rung >> i & 1) != 0)
      mos_virtio_kick (self, i);
  g_mutex_unlock (&self->pci.device.lock);
}

static void
note (MosVirtio *self, guint queues)
{
  MosClock *clock = self->pci.device.bus->clock;

  self->rung |= queues;
  mos_timer_arm (&self->ring_on, mos_clock_now (clock));
}

static gboolean
bell_cb (int fd, GIOCondition events, gpointer user_data)
{
  MosVirtioBell *bell = user_data;
  MosVirtio     *self = bell->virtio;
  eventfd_t      count;

  g_mutex_lock (&self->pci.device.lock);
  if (eventfd_read (fd, &count) == 0) {
    /* As if they had come through the window. */
    self->pci.device.counters.writes += count;
    self->pci.device.counters.bytes += count * KICK_BYTES;
    if (mos_clock_is_paused (self->pci.device.bus->clock))
      note (self, 1u << bell->queue);
    else
      mos_virtio_kick (self, bell->queue);
  }
  g_mutex_unlock (&self->pci.device.lock);
  return G_SOURCE_CONTINUE;
}

static gboolean
open_bell (MosVirtioBell *bell)
{
  if (bell->fd >= 0)
    return TRUE;
  bell->fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell->fd < 0)
    return FALSE;
  bell->source = g_unix_fd_source_new (bell->fd, G_IO_IN);
  g_source_set_callback (bell->source, G_SOURCE_FUNC (bell_cb), bell, NULL);
  g_source_attach (bell->source, bell->virtio->pci.device.bus->io_context);
  return TRUE;
}

static void
move_bell (MosVirtioBell *bell, guint64 gpa)
{
  MosBus             *bus = bell->virtio->pci.device.bus;
  const MosCpuInputs *inputs = bus->cpu_inputs;

  if (gpa == bell->gpa)
    return;
  if (bell->gpa != 0)
    inputs->set_doorbell (bus->cpus, bell->gpa, KICK_BYTES, bell->fd, FALSE);
  bell->gpa = 0;
  if (gpa != 0 && open_bell (bell) &&
      inputs->set_doorbell (bus->cpus, gpa, KICK_BYTES, bell->fd, TRUE))
    bell->gpa = gpa;
}

/* Where the driver kicks queue @index; 0: nowhere that counts. */
static guint64
place_of (MosVirtio *self, guint index)
{
  guint64 base = self->pci.bars[MOS_VIRTIO_BAR].mapped;

  if (base == MOS_PCI_NO_ADDRESS || !self->queues[index].enabled ||
      !mos_virtio_is_running (self))
    return 0;
  return base + MOS_VIRTIO_NOTIFY_AT + index * MOS_VIRTIO_NOTIFY_STEP;
}

void
mos_virtio_bells_update (MosVirtio *self)
{
  const MosBus *bus = self->pci.device.bus;

  if (bus->cpu_inputs == NULL || bus->cpu_inputs->set_doorbell == NULL ||
      bus->io_context == NULL)
    return;
  for (guint i = 0; i < self->info->n_queues; i++)
    move_bell (&self->bells[i], place_of (self, i));
}

void
mos_virtio_bells_init (MosVirtio *self)
{
  mos_timer_init (&self->ring_on, self->pci.device.bus->clock, ring_noted,
                  self);
  for (guint i = 0; i < MOS_VIRTIO_MAX_QUEUES; i++)
    self->bells[i] = (MosVirtioBell){ .virtio = self, .queue = i, .fd = -1 };
}

void
mos_virtio_bells_loaded (MosVirtio *self)
{
  mos_virtio_bells_update (self);
  note (self, (1u << self->info->n_queues) - 1);
}

void
mos_virtio_bells_clear (MosVirtio *self)
{
  const MosBus *bus = self->pci.device.bus;

  mos_timer_clear (&self->ring_on);
  for (guint i = 0; i < MOS_VIRTIO_MAX_QUEUES; i++) {
    MosVirtioBell *bell = &self->bells[i];

    mos_source_clear (&bell->source);
    if (bus->cpu_inputs != NULL && bus->cpu_inputs->set_doorbell != NULL)
      move_bell (bell, 0);
    if (bell->fd >= 0)
      close (bell->fd);
  }
}
