/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Virtio memory balloon (virtio 1.2, "Traditional Memory Balloon Device").
 *
 * The guest puts the numbers of pages it does without into queue 0, and takes
 * pages back through queue 1. What lies in the balloon is dropped on the host
 * and reads as zeros when the guest uses it again. Behind these come, if the
 * driver accepts them, a queue whose one buffer carries statistics back and
 * forth, and one that reports pages which happen to be free.
 *
 * A guest can only drop its own RAM. Threads: kicks on vCPU threads, questions
 * on any; both take the lock.
 */
#include "devices/virtio/virtio-balloon.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/virtio/virtio.h"

#define QUEUE_SIZE   128u
#define CONFIG_BYTES 16u
#define PFN_SHIFT    12u
#define PFNS_AT_ONCE 256u
#define ELEMENT_MAX  0x100000u /* bytes of page numbers that are read */
#define STAT_BYTES   10u
#define N_STATS      10u
#define N_QUEUES     4u
#define NO_QUEUE     N_QUEUES

enum {
  FEATURE_STATS = 1,
  FEATURE_DEFLATE_ON_OOM = 2,
  FEATURE_REPORTING = 5
};

enum {
  STAT_SWAP_IN = 0,
  STAT_SWAP_OUT = 1,
  STAT_MAJOR_FAULTS = 2,
  STAT_MINOR_FAULTS = 3,
  STAT_FREE = 4,
  STAT_TOTAL = 5,
  STAT_AVAILABLE = 6,
  STAT_CACHES = 7
};

typedef struct {
  MosVirtio virtio;
  guint32   target; /* pages */
  guint32   actual; /* as the driver writes it */
  guint64   discarded;
  guint64   stats[N_STATS];

  /* The buffer for statistics, while we have it. */
  gboolean stats_held;
  guint16  stats_id;
  guint16  stats_descriptors;
} VirtioBalloon;

/* A run of pages that are dropped at once. */
typedef struct {
  guint64 first, end; /* page numbers */
} Run;

static void
drop (VirtioBalloon *self, Run *run)
{
  if (run->end > run->first)
    self->discarded += mos_memory_map_discard (
        self->virtio.pci.device.bus->memory, run->first << PFN_SHIFT,
        (run->end - run->first) << PFN_SHIFT);
  *run = (Run){ 0, 0 };
}

/* Guests give pages in a row, upwards or downwards. */
static void
add_page (VirtioBalloon *self, Run *run, guint32 pfn)
{
  if (run->end > run->first && pfn == run->end) {
    run->end++;
  } else if (run->end > run->first && pfn + 1ull == run->first) {
    run->first--;
  } else {
    drop (self, run);
    *run = (Run){ pfn, pfn + 1ull };
  }
}

static void
inflate (VirtioBalloon *self, const MosVirtqueueElement *element)
{
  gsize size = MIN (element->out_bytes, ELEMENT_MAX);
  Run   run = { 0, 0 };

  for (gsize at = 0; at + 4 <= size;) {
    guint32 pfns[PFNS_AT_ONCE];
    gsize   n = mos_virtqueue_read (element, at, pfns, sizeof pfns) / 4;

    if (n == 0)
      break;
    for (gsize i = 0; i < n; i++)
      add_page (self, &run, GUINT32_FROM_LE (pfns[i]));
    at += n * 4;
  }
  drop (self, &run);
}

/* Each part is memory that is free now. */
static void
take_report (VirtioBalloon *self, const MosVirtqueueElement *element)
{
  MosMemoryMap *map = self->virtio.pci.device.bus->memory;
  guint64       mask = MOS_PAGE_SIZE - 1;

  for (guint i = 0; i < element->n_in; i++) {
    guint   at = element->n_out + i;
    guint64 first = (element->gpa[at] + mask) & ~mask;
    guint64 end = (element->gpa[at] + element->iov[at].iov_len) & ~mask;

    if (end > first)
      self->discarded += mos_memory_map_discard (map, first, end - first);
  }
}

static void
take_stats (VirtioBalloon *self, const MosVirtqueueElement *element)
{
  guint8 raw[N_STATS * 2 * STAT_BYTES];
  gsize  size = mos_virtqueue_read (element, 0, raw, sizeof raw);

  for (gsize at = 0; at + STAT_BYTES <= size; at += STAT_BYTES) {
    guint16 tag;
    guint64 value;

    memcpy (&tag, raw + at, 2);
    memcpy (&value, raw + at + 2, 8);
    tag = GUINT16_FROM_LE (tag);
    if (tag < N_STATS)
      self->stats[tag] = GUINT64_FROM_LE (value);
  }
  self->stats_held = TRUE;
  self->stats_id = element->id;
  self->stats_descriptors = element->n_descriptors;
}

/* Queues of features that were not accepted are not there at all. */
static guint
stats_queue (const VirtioBalloon *self)
{
  return mos_virtio_has (&self->virtio, FEATURE_STATS) ? 2 : NO_QUEUE;
}

static guint
report_queue (const VirtioBalloon *self)
{
  if (!mos_virtio_has (&self->virtio, FEATURE_REPORTING))
    return NO_QUEUE;
  return stats_queue (self) == NO_QUEUE ? 2 : 3;
}

static void
notify (MosVirtio *virtio, MosVirtqueue *queue)
{
  VirtioBalloon      *self = (VirtioBalloon *) virtio;
  MosVirtqueueElement element;

  for (guint n = 0; n < QUEUE_SIZE && mos_virtqueue_pop (queue, &element);
       n++) {
    if (queue->index == 0)
      inflate (self, &element);
    else if (queue->index == report_queue (self))
      take_report (self, &element);
    if (queue->index == stats_queue (self)) {
      take_stats (self, &element);
      continue; /* it goes back with the next question */
    }
    mos_virtqueue_push (queue, &element, 0);
  }
  mos_virtio_interrupt (virtio, queue);
}

static void
ask_for_stats (VirtioBalloon *self)
{
  MosVirtqueueElement element = { .id = self->stats_id,
                                  .n_descriptors = self->stats_descriptors };
  MosVirtqueue       *queue;

  if (!self->stats_held || !mos_virtio_is_running (&self->virtio) ||
      stats_queue (self) == NO_QUEUE)
    return;
  queue = &self->virtio.queues[stats_queue (self)];
  self->stats_held = FALSE;
  mos_virtqueue_push (queue, &element, 0);
  mos_virtio_interrupt (&self->virtio, queue);
}

static guint8
read_config (MosVirtio *virtio, guint offset)
{
  VirtioBalloon *self = (VirtioBalloon *) virtio;

  if (offset < 4)
    return self->target >> 8 * offset & 0xff;
  return offset < 8 ? self->actual >> 8 * (offset - 4) & 0xff : 0;
}

static void
write_config (MosVirtio *virtio, guint offset, guint8 value)
{
  VirtioBalloon *self = (VirtioBalloon *) virtio;
  guint          shift = 8 * (offset & 3);

  if (offset < 4 || offset >= 8)
    return;
  self->actual &= ~(0xffu << shift);
  self->actual |= (guint32) value << shift;
}

static void
stopped (MosVirtio *virtio)
{
  VirtioBalloon *self = (VirtioBalloon *) virtio;

  self->actual = 0;
  self->stats_held = FALSE;
  memset (self->stats, 0xff, sizeof self->stats);
}

static const MosVirtioInfo info = {
  .type = MOS_VIRTIO_BALLOON,
  .class_code = 0x00ff00,
  .n_queues = N_QUEUES,
  .queue_size = QUEUE_SIZE,
  .config_bytes = CONFIG_BYTES,
  .notify = notify,
  .read_config = read_config,
  .write_config = write_config,
  .stopped = stopped,
};

/* -- the host's side ----------------------------------------------------- */

void
mos_virtio_balloon_set_target (MosDevice *device, guint64 bytes)
{
  VirtioBalloon *self = (VirtioBalloon *) device;

  g_mutex_lock (&device->lock);
  self->target = MIN (bytes >> PFN_SHIFT, G_MAXUINT32);
  mos_virtio_config_changed (&self->virtio);
  g_mutex_unlock (&device->lock);
}

guint64
mos_virtio_balloon_actual (MosDevice *device)
{
  VirtioBalloon *self = (VirtioBalloon *) device;
  guint64        bytes;

  g_mutex_lock (&device->lock);
  bytes = (guint64) self->actual << PFN_SHIFT;
  g_mutex_unlock (&device->lock);
  return bytes;
}

void
mos_virtio_balloon_get (MosDevice *device, MosBalloonReport *report)
{
  VirtioBalloon *self = (VirtioBalloon *) device;

  g_mutex_lock (&device->lock);
  *report = (MosBalloonReport){
    .target = (guint64) self->target << PFN_SHIFT,
    .actual = (guint64) self->actual << PFN_SHIFT,
    .discarded = self->discarded,
    .free = self->stats[STAT_FREE],
    .total = self->stats[STAT_TOTAL],
    .available = self->stats[STAT_AVAILABLE],
    .caches = self->stats[STAT_CACHES],
    .swapped_in = self->stats[STAT_SWAP_IN],
    .swapped_out = self->stats[STAT_SWAP_OUT],
    .major_faults = self->stats[STAT_MAJOR_FAULTS],
    .minor_faults = self->stats[STAT_MINOR_FAULTS],
  };
  ask_for_stats (self);
  g_mutex_unlock (&device->lock);
}

/* -- life ---------------------------------------------------------------- */

static const MosRegister rows[] = {
  { "NUM_PAGES", 0, 4, MOS_REGISTER_RO, G_STRUCT_OFFSET (VirtioBalloon, target),
    0, 0, NULL, N_ ("pages that the guest is asked for") },
  { "ACTUAL", 4, 4, MOS_REGISTER_RO, G_STRUCT_OFFSET (VirtioBalloon, actual), 0,
    0, NULL, N_ ("pages in the balloon") },
  { "DISCARDED", 8, 8, MOS_REGISTER_RO,
    G_STRUCT_OFFSET (VirtioBalloon, discarded), 0, 0, NULL,
    N_ ("bytes given back to the host so far") },
};

static void
balloon_init (MosDevice *device)
{
  mos_virtio_setup ((MosVirtio *) device, &info,
                    1u << FEATURE_STATS | 1u << FEATURE_DEFLATE_ON_OOM |
                        1u << FEATURE_REPORTING);
  mos_device_add_bank (device, "balloon", rows, G_N_ELEMENTS (rows), 16);
}

static void
balloon_reset (MosDevice *device)
{
  mos_virtio_reset ((MosVirtio *) device);
}

static gboolean
balloon_loaded (MosDevice *device, GError **error)
{
  return mos_virtio_loaded ((MosVirtio *) device, error);
}

static void
balloon_clear (MosDevice *device)
{
  mos_virtio_clear ((MosVirtio *) device);
}

static const MosStateField state[] = {
  MOS_VIRTIO_STATE_FIELDS,
  MOS_STATE (VirtioBalloon, target, MOS_STATE_U32),
  MOS_STATE (VirtioBalloon, actual, MOS_STATE_U32),
  MOS_STATE (VirtioBalloon, discarded, MOS_STATE_U64),
  MOS_STATE_ARRAY (VirtioBalloon, stats, MOS_STATE_U64, N_STATS),
  MOS_STATE (VirtioBalloon, stats_held, MOS_STATE_BOOL),
  MOS_STATE (VirtioBalloon, stats_id, MOS_STATE_U16),
  MOS_STATE (VirtioBalloon, stats_descriptors, MOS_STATE_U16),
  { 0 },
};

const MosDeviceClass mos_virtio_balloon_class = {
  .name = "virtio-balloon",
  .title = N_ ("Virtio memory balloon"),
  .help = N_ ("Takes memory from guests that know they are virtual"),
  .instance_size = sizeof (VirtioBalloon),
  .state_version = 1,
  .state = state,
  .init = balloon_init,
  .reset = balloon_reset,
  .clear = balloon_clear,
  .loaded = balloon_loaded,
};

MosDevice *
mos_virtio_balloon_new (MosBus     *bus,
                        MosPciBus  *pci,
                        guint       devfn,
                        const char *name,
                        guint64     target_bytes)
{
  VirtioBalloon *self = mos_device_new (&mos_virtio_balloon_class, bus, name);

  self->target = MIN (target_bytes >> PFN_SHIFT, G_MAXUINT32);
  mos_virtio_attach (&self->virtio, pci, devfn);
  return &self->virtio.pci.device;
}
