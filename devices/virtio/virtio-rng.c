/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Virtio entropy device (virtio 1.2, "Entropy Device").
 *
 * Buffers are filled with the host kernel's random bytes. A machine whose
 * clock is counted instructions must be the same in each run: it gets a
 * sequence that begins at the same place and is saved with it. What one kick
 * can ask for is bounded; the rest is left for the next. vCPU threads.
 */
#include "devices/virtio/virtio-rng.h"

#include <glib/gi18n-lib.h>
#include <sys/random.h>

#include "devices/virtio/virtio.h"

#define QUEUE_SIZE  64u
#define CHUNK_BYTES 256u
/* Of one buffer; the driver is told how much it got. */
#define BUFFER_MAX 65536u
#define SEED       G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)

typedef struct {
  MosVirtio virtio;
  guint64   sequence; /* counted machines */
  guint64   given;    /* bytes */
} VirtioRng;

/* SplitMix64: a step and a mixing of its bits. */
static guint64
next_number (VirtioRng *self)
{
  guint64 mixed;

  self->sequence += SEED;
  mixed = self->sequence;
  mixed = (mixed ^ mixed >> 30) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  mixed = (mixed ^ mixed >> 27) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return mixed ^ mixed >> 31;
}

/* Returns the bytes it has made; 0 if the host has none. */
static gsize
make (VirtioRng *self, guint8 *data, gsize size)
{
  if (mos_clock_mode (self->virtio.pci.device.bus->clock) == MOS_CLOCK_MANUAL) {
    for (gsize i = 0; i < size; i++)
      data[i] = next_number (self) & 0xff;
    return size;
  }
  return getrandom (data, size, 0) == (gssize) size ? size : 0;
}

static guint32
fill (VirtioRng *self, const MosVirtqueueElement *element)
{
  gsize wanted = MIN (element->in_bytes, BUFFER_MAX);
  gsize done = 0;

  while (done < wanted) {
    guint8 chunk[CHUNK_BYTES];
    gsize  n = make (self, chunk, MIN (wanted - done, CHUNK_BYTES));

    if (n == 0)
      break;
    done += mos_virtqueue_write (element, done, chunk, n);
  }
  self->given += done;
  return done;
}

static void
notify (MosVirtio *virtio, MosVirtqueue *queue)
{
  VirtioRng          *self = (VirtioRng *) virtio;
  MosVirtqueueElement element;

  for (guint n = 0; n < QUEUE_SIZE && mos_virtqueue_pop (queue, &element); n++)
    mos_virtqueue_push (queue, &element, fill (self, &element));
  mos_virtio_interrupt (virtio, queue);
}

static const MosVirtioInfo info = {
  .type = MOS_VIRTIO_RNG,
  .class_code = 0x00ff00,
  .n_queues = 1,
  .queue_size = QUEUE_SIZE,
  .notify = notify,
};

static const MosRegister rows[] = {
  { "GIVEN", 0, 8, MOS_REGISTER_RO, G_STRUCT_OFFSET (VirtioRng, given), 0, 0,
    NULL, N_ ("random bytes given so far") },
};

static void
rng_init (MosDevice *device)
{
  mos_virtio_setup ((MosVirtio *) device, &info, 0);
  mos_device_add_bank (device, "numbers", rows, G_N_ELEMENTS (rows), 8);
}

static void
rng_reset (MosDevice *device)
{
  mos_virtio_reset ((MosVirtio *) device);
}

static gboolean
rng_loaded (MosDevice *device, GError **error)
{
  return mos_virtio_loaded ((MosVirtio *) device, error);
}

static void
rng_clear (MosDevice *device)
{
  mos_virtio_clear ((MosVirtio *) device);
}

static const MosStateField state[] = {
  MOS_VIRTIO_STATE_FIELDS,
  MOS_STATE (VirtioRng, sequence, MOS_STATE_U64),
  MOS_STATE (VirtioRng, given, MOS_STATE_U64),
  { 0 },
};

const MosDeviceClass mos_virtio_rng_class = {
  .name = "virtio-rng",
  .title = N_ ("Virtio random numbers"),
  .help = N_ ("Random bytes for guests that know they are virtual"),
  .instance_size = sizeof (VirtioRng),
  .state_version = 1,
  .state = state,
  .init = rng_init,
  .reset = rng_reset,
  .clear = rng_clear,
  .loaded = rng_loaded,
};

MosDevice *
mos_virtio_rng_new (MosBus *bus, MosPciBus *pci, guint devfn, const char *name)
{
  VirtioRng *self = mos_device_new (&mos_virtio_rng_class, bus, name);

  mos_virtio_attach (&self->virtio, pci, devfn);
  return &self->virtio.pci.device;
}
