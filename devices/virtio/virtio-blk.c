/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Virtio block device (virtio 1.2, "Block Device").
 *
 * A request is a header, data and a byte for its status. Data goes between the
 * image and guest memory without a copy; many requests are under way at once
 * and are answered as they end. The vCPU that kicks only hands them to the
 * store; answers come on the I/O thread. While that happens no more kicks are
 * asked for.
 */
#include "devices/virtio/virtio-blk.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/storage/transfer.h"
#include "devices/virtio/virtio.h"

#define SECTOR            512u
#define QUEUE_SIZE        256u
#define HEADER_BYTES      16u
#define ID_BYTES          20u
#define RANGE_BYTES       16u
#define MAX_RANGES        16u
#define MAX_RANGE_SECTORS 0x400000u /* 2 GiB */
#define SEG_MAX           254u      /* with header and status, a queue full */
#define CONFIG_BYTES      60u
/* In one kick; those that are wrong are answered at once and come again. */
#define MAX_TAKEN (4 * QUEUE_SIZE)

enum {
  FEATURE_SEG_MAX = 2,
  FEATURE_GEOMETRY = 4,
  FEATURE_READ_ONLY = 5,
  FEATURE_BLOCK_SIZE = 6,
  FEATURE_FLUSH = 9,
  FEATURE_TOPOLOGY = 10,
  FEATURE_CONFIG_WCE = 11,
  FEATURE_DISCARD = 13,
  FEATURE_WRITE_ZEROES = 14
};

enum {
  TYPE_IN = 0,
  TYPE_OUT = 1,
  TYPE_FLUSH = 4,
  TYPE_GET_ID = 8,
  TYPE_DISCARD = 11,
  TYPE_WRITE_ZEROES = 13
};

enum {
  STATUS_OK = 0,
  STATUS_IO_ERROR = 1,
  STATUS_UNSUPPORTED = 2
};

enum {
  CONFIG_WRITEBACK = 32
};

typedef struct VirtioBlk VirtioBlk;

typedef struct {
  VirtioBlk          *blk;
  MosVirtqueue       *queue;
  MosVirtqueueElement element;
  guint32             type;
  guint32             written; /* in-bytes, without the status */
  GList               link;
  /* Discard and write-zeroes: ranges that are still to do. */
  guint8 ranges[MAX_RANGES * RANGE_BYTES];
  guint  n_ranges, next_range;
} Request;

struct VirtioBlk {
  MosVirtio      virtio;
  MosBlockStore *store;
  MosTransfers  *transfers;
  guint8         config[CONFIG_BYTES];
  guint8         writeback;
  GQueue         idle; /* of Request, to be used again */
  GQueue         busy;
};

/* -- requests ------------------------------------------------------------ */

static Request *
request_new (VirtioBlk *self)
{
  GList   *link = g_queue_pop_head_link (&self->idle);
  Request *request;

  if (link != NULL) {
    request = link->data;
  } else {
    request = g_new0 (Request, 1);
    request->blk = self;
    request->link.data = request;
  }
  g_queue_push_tail_link (&self->busy, &request->link);
  return request;
}

static void
request_end (Request *request)
{
  VirtioBlk *self = request->blk;

  g_queue_unlink (&self->busy, &request->link);
  g_queue_push_head_link (&self->idle, &request->link);
}

/* Answers: the status is the last byte of the in-parts. */
static void
finish (Request *request, guint8 status)
{
  MosVirtqueueElement *element = &request->element;
  guint32              last = (guint32) element->in_bytes - 1;

  mos_virtqueue_write (element, last, &status, 1);
  if (status != STATUS_OK)
    request->written = 0;
  /* Only a prefix can be told as written; the status lies at its end. */
  mos_virtqueue_push (request->queue, element,
                      request->written + 1 == element->in_bytes
                          ? (guint32) element->in_bytes
                          : 1);
  if (request->written + 1 != element->in_bytes)
    mos_memory_map_note_write (
        request->queue->memory,
        element->gpa[element->n_out + element->n_in - 1],
        element->iov[element->n_out + element->n_in - 1].iov_len);
  mos_virtio_interrupt (&request->blk->virtio, request->queue);
  request_end (request);
}

static void
done_cb (gpointer user_data, int result, const guint8 *data, gsize size)
{
  finish (user_data, result == 0 ? STATUS_OK : STATUS_IO_ERROR);
}

static gboolean
is_write_through (VirtioBlk *self)
{
  return !mos_virtio_has (&self->virtio, FEATURE_FLUSH) || !self->writeback;
}

static void
start_flush (Request *request)
{
  VirtioBlk *self = request->blk;

  mos_transfers_start (self->transfers, self->store, MOS_BLOCK_FLUSH, 0, NULL,
                       0, done_cb, request);
}

static void
written_cb (gpointer user_data, int result, const guint8 *data, gsize size)
{
  Request *request = user_data;

  if (result == 0 && is_write_through (request->blk))
    start_flush (request);
  else
    finish (request, result == 0 ? STATUS_OK : STATUS_IO_ERROR);
}

/* The parts from @skip on, @size bytes, in @parts; returns how many. */
static guint
cut_parts (const struct iovec *iov,
           guint               n,
           guint64             skip,
           guint64             size,
           struct iovec       *parts)
{
  guint count = 0;

  for (guint i = 0; i < n && size > 0; i++) {
    gsize length = iov[i].iov_len;

    if (skip >= length) {
      skip -= length;
      continue;
    }
    parts[count].iov_base = (guint8 *) iov[i].iov_base + skip;
    parts[count].iov_len = MIN (length - skip, size);
    size -= parts[count].iov_len;
    skip = 0;
    count++;
  }
  return count;
}

static void
start_data (Request *request, guint64 sector, gboolean write)
{
  VirtioBlk           *self = request->blk;
  MosVirtqueueElement *element = &request->element;
  struct iovec         parts[MOS_VIRTQUEUE_MAX_PARTS];
  guint64              size =
      write ? element->out_bytes - HEADER_BYTES : element->in_bytes - 1;
  guint n = write ? cut_parts (element->iov, element->n_out, HEADER_BYTES, size,
                               parts)
                  : cut_parts (element->iov + element->n_out, element->n_in, 0,
                               size, parts);

  if (size % SECTOR != 0 || sector > self->store->size / SECTOR ||
      size > self->store->size - sector * SECTOR) {
    finish (request, STATUS_IO_ERROR);
    return;
  }
  request->written = write ? 0 : (guint32) size;
  mos_transfers_start_vector (
      self->transfers, self->store, write ? MOS_BLOCK_WRITE : MOS_BLOCK_READ,
      sector * SECTOR, parts, n, size, write ? written_cb : done_cb, request);
}

/* -- ranges -------------------------------------------------------------- */

static void next_range (Request *request);

static void
range_done_cb (gpointer user_data, int result, const guint8 *data, gsize size)
{
  Request *request = user_data;

  if (result != 0)
    finish (request, STATUS_IO_ERROR);
  else
    next_range (request);
}

static void
next_range (Request *request)
{
  VirtioBlk    *self = request->blk;
  const guint8 *range = request->ranges + request->next_range * RANGE_BYTES;
  guint64       sector;
  guint32       count;

  if (request->next_range == request->n_ranges) {
    if (is_write_through (self))
      start_flush (request);
    else
      finish (request, STATUS_OK);
    return;
  }
  memcpy (&sector, range, sizeof sector);
  memcpy (&count, range + 8, sizeof count);
  sector = GUINT64_FROM_LE (sector);
  count = GUINT32_FROM_LE (count);
  request->next_range++;
  if (count > MAX_RANGE_SECTORS || sector > self->store->size / SECTOR ||
      count > self->store->size / SECTOR - sector) {
    finish (request, STATUS_IO_ERROR);
    return;
  }
  mos_transfers_start_range (
      self->transfers, self->store,
      request->type == TYPE_DISCARD ? MOS_BLOCK_DISCARD
                                    : MOS_BLOCK_WRITE_ZEROES,
      sector * SECTOR, (guint64) count * SECTOR, range_done_cb, request);
}

static void
start_ranges (Request *request)
{
  MosVirtqueueElement *element = &request->element;
  guint64              bytes = element->out_bytes - HEADER_BYTES;

  if (bytes == 0 || bytes % RANGE_BYTES != 0 ||
      bytes > sizeof request->ranges) {
    finish (request, STATUS_UNSUPPORTED);
    return;
  }
  mos_virtqueue_read (element, HEADER_BYTES, request->ranges, bytes);
  request->n_ranges = (guint) (bytes / RANGE_BYTES);
  request->next_range = 0;
  next_range (request);
}

static void
give_id (Request *request)
{
  MosVirtqueueElement *element = &request->element;
  char                 id[ID_BYTES] = "";
  guint64              size = MIN (element->in_bytes - 1, sizeof id);

  memcpy (id, request->blk->virtio.pci.device.name,
          MIN (strlen (request->blk->virtio.pci.device.name), sizeof id));
  request->written = (guint32) mos_virtqueue_write (element, 0, id, size);
  finish (request, STATUS_OK);
}

static void
start (Request *request)
{
  VirtioBlk *self = request->blk;
  guint8     header[HEADER_BYTES];
  guint64    sector;

  mos_virtqueue_read (&request->element, 0, header, sizeof header);
  memcpy (&request->type, header, 4);
  memcpy (&sector, header + 8, 8);
  request->type = GUINT32_FROM_LE (request->type);
  sector = GUINT64_FROM_LE (sector);
  request->written = 0;
  switch (request->type) {
  case TYPE_IN:
    start_data (request, sector, FALSE);
    break;
  case TYPE_OUT:
    if (self->store->read_only)
      finish (request, STATUS_IO_ERROR);
    else
      start_data (request, sector, TRUE);
    break;
  case TYPE_FLUSH:
    start_flush (request);
    break;
  case TYPE_GET_ID:
    give_id (request);
    break;
  case TYPE_DISCARD:
  case TYPE_WRITE_ZEROES:
    if (self->store->read_only)
      finish (request, STATUS_IO_ERROR);
    else
      start_ranges (request);
    break;
  default:
    finish (request, STATUS_UNSUPPORTED);
    break;
  }
}

/* Takes what is there. A driver that offers more than its ring holds, while
 * nothing of it can have been answered, offers some of it twice. */
static void
take_requests (VirtioBlk *self, MosVirtqueue *queue, guint *taken)
{
  Request *request = request_new (self);

  while (mos_virtqueue_pop (queue, &request->element)) {
    request->queue = queue;
    if (++*taken > MAX_TAKEN || self->busy.length > QUEUE_SIZE ||
        request->element.out_bytes < HEADER_BYTES ||
        request->element.in_bytes < 1) {
      mos_virtio_break (&self->virtio);
      break;
    }
    start (request);
    request = request_new (self);
  }
  request_end (request);
}

static void
blk_notify (MosVirtio *virtio, MosVirtqueue *queue)
{
  guint taken = 0;

  do {
    mos_virtqueue_set_kicks (queue, FALSE);
    take_requests ((VirtioBlk *) virtio, queue, &taken);
    mos_virtqueue_set_kicks (queue, TRUE);
    /* What came before kicks were on again was not announced. */
  } while (taken <= MAX_TAKEN && mos_virtio_is_running (virtio) &&
           mos_virtqueue_has_more (queue));
}

/* -- configuration ------------------------------------------------------- */

static void
put (VirtioBlk *self, guint offset, guint bytes, guint64 value)
{
  for (guint i = 0; i < bytes; i++)
    self->config[offset + i] = (guint8) (value >> (i * 8));
}

static void
fill_config (VirtioBlk *self)
{
  guint64 sectors = self->store->size / SECTOR;
  guint64 cylinders = MIN (sectors / (16 * 63), 65535);

  put (self, 0, 8, sectors);
  put (self, 12, 4, SEG_MAX);
  put (self, 16, 2, cylinders);
  put (self, 18, 1, 16);
  put (self, 19, 1, 63);
  put (self, 20, 4, SECTOR);
  put (self, 24, 1, 3); /* physical blocks of 8 sectors */
  put (self, 26, 2, 1);
  put (self, 34, 2, 1); /* one queue */
  put (self, 36, 4, MAX_RANGE_SECTORS);
  put (self, 40, 4, MAX_RANGES);
  put (self, 44, 4, 8);
  put (self, 48, 4, MAX_RANGE_SECTORS);
  put (self, 52, 4, MAX_RANGES);
  put (self, 56, 1, 1); /* zeroing may free space */
}

static guint8
blk_read_config (MosVirtio *virtio, guint offset)
{
  VirtioBlk *self = (VirtioBlk *) virtio;

  return offset == CONFIG_WRITEBACK ? self->writeback : self->config[offset];
}

static void
blk_write_config (MosVirtio *virtio, guint offset, guint8 value)
{
  if (offset == CONFIG_WRITEBACK && mos_virtio_has (virtio, FEATURE_CONFIG_WCE))
    ((VirtioBlk *) virtio)->writeback = value & 1;
}

/* Requests under way must not reach guest memory that is somebody else's. */
static void
blk_stopped (MosVirtio *virtio)
{
  VirtioBlk *self = (VirtioBlk *) virtio;
  GList     *link;

  mos_transfers_stop (self->transfers);
  while ((link = self->busy.head) != NULL)
    request_end (link->data);
  self->writeback = 1;
}

static const MosVirtioInfo info = {
  .type = MOS_VIRTIO_BLOCK,
  .class_code = 0x010000,
  .n_queues = 1,
  .queue_size = QUEUE_SIZE,
  .config_bytes = CONFIG_BYTES,
  .notify = blk_notify,
  .read_config = blk_read_config,
  .write_config = blk_write_config,
  .stopped = blk_stopped,
};

/* -- the device ---------------------------------------------------------- */

static void
blk_init (MosDevice *device)
{
  VirtioBlk *self = (VirtioBlk *) device;
  guint64    features = 0;

  features |= 1u << FEATURE_SEG_MAX | 1u << FEATURE_GEOMETRY |
              1u << FEATURE_BLOCK_SIZE | 1u << FEATURE_FLUSH |
              1u << FEATURE_TOPOLOGY | 1u << FEATURE_CONFIG_WCE |
              1u << FEATURE_DISCARD | 1u << FEATURE_WRITE_ZEROES;
  g_queue_init (&self->idle);
  g_queue_init (&self->busy);
  self->transfers = mos_transfers_new (device);
  mos_virtio_setup (&self->virtio, &info, features);
}

static void
blk_reset (MosDevice *device)
{
  mos_virtio_reset ((MosVirtio *) device);
}

/* What has been taken from the queue is not in the saved state. */
static void
blk_saved (MosDevice *device)
{
  mos_transfers_settle (((VirtioBlk *) device)->transfers);
}

static gboolean
blk_loaded (MosDevice *device, GError **error)
{
  VirtioBlk *self = (VirtioBlk *) device;

  mos_transfers_stop (self->transfers);
  return mos_virtio_loaded (&self->virtio, error);
}

static void
blk_clear (MosDevice *device)
{
  VirtioBlk *self = (VirtioBlk *) device;
  GList     *link;

  mos_virtio_clear (&self->virtio);
  mos_transfers_free (self->transfers);
  while ((link = g_queue_pop_head_link (&self->idle)) != NULL)
    g_free (link->data);
  while ((link = g_queue_pop_head_link (&self->busy)) != NULL)
    g_free (link->data);
  mos_block_store_unref (self->store);
}

static const MosStateField state[] = {
  MOS_VIRTIO_STATE_FIELDS,
  MOS_STATE (VirtioBlk, writeback, MOS_STATE_U8),
  { 0 },
};

const MosDeviceClass mos_virtio_blk_class = {
  .name = "virtio-blk",
  .title = N_ ("Virtio disk"),
  .help = N_ ("A block device for guests that know they are virtual"),
  .instance_size = sizeof (VirtioBlk),
  .state_version = 1,
  .state = state,
  .init = blk_init,
  .reset = blk_reset,
  .clear = blk_clear,
  .saved = blk_saved,
  .loaded = blk_loaded,
};

MosDevice *
mos_virtio_blk_new (MosBus        *bus,
                    MosPciBus     *pci,
                    guint          devfn,
                    const char    *name,
                    MosBlockStore *store)
{
  VirtioBlk *self = mos_device_new (&mos_virtio_blk_class, bus, name);

  self->store = mos_block_store_ref (store);
  if (store->read_only)
    self->virtio.offered |= 1u << FEATURE_READ_ONLY;
  fill_config (self);
  mos_virtio_attach (&self->virtio, pci, devfn);
  return &self->virtio.pci.device;
}
