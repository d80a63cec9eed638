/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PCI transport of virtio: capabilities, common configuration, kicks,
 * interrupts.
 *
 * Virtio 1.2, "Virtio Over PCI Bus". One 64-bit BAR holds the four structures,
 * 4 KiB apart; MSI-X has a BAR of its own. The fifth capability lets firmware
 * reach the BAR through configuration space. Device identifiers are those of
 * version 1 only; guests older than it have IDE and AHCI.
 */
#include <glib/gi18n-lib.h>

#include "devices/virtio/virtio-bells.h"
#include "engine/base/error.h"

#define BAR          MOS_VIRTIO_BAR
#define MSIX_BAR     1
#define PART_BYTES   0x1000u
#define COMMON_AT    0x0000u
#define ISR_AT       0x1000u
#define CONFIG_AT    0x2000u
#define NOTIFY_AT    MOS_VIRTIO_NOTIFY_AT
#define NOTIFY_STEP  MOS_VIRTIO_NOTIFY_STEP
#define COMMON_BYTES 0x38u
#define NO_VECTOR    0xffffu
#define CAP_VENDOR   0x09
#define VENDOR_ID    0x1af4
#define DEVICE_ID    0x1040

enum {
  FEATURE_INDIRECT = 28,
  FEATURE_EVENT_INDEX = 29,
  FEATURE_VERSION_1 = 32,
  FEATURE_RING_PACKED = 34
};

enum {
  STATUS_FEATURES_OK = 0x08,
  STATUS_DRIVER_OK = 0x04,
  STATUS_NEEDS_RESET = 0x40,
  ISR_QUEUE = 1u << 0,
  ISR_CONFIG = 1u << 1
};

enum {
  CAP_COMMON = 1,
  CAP_NOTIFY = 2,
  CAP_ISR = 3,
  CAP_DEVICE = 4,
  CAP_PCI = 5
};

static guint64
transport_features (void)
{
  return G_GUINT64_CONSTANT (1) << FEATURE_INDIRECT |
         G_GUINT64_CONSTANT (1) << FEATURE_EVENT_INDEX |
         G_GUINT64_CONSTANT (1) << FEATURE_VERSION_1 |
         G_GUINT64_CONSTANT (1) << FEATURE_RING_PACKED;
}

/* -- interrupts ---------------------------------------------------------- */

static void
announce (MosVirtio *self, guint8 isr, guint16 vector)
{
  if (mos_pci_device_msix_enabled (&self->pci)) {
    if (vector < self->pci.n_vectors)
      mos_pci_device_send_message (&self->pci, vector);
    return;
  }
  self->isr |= isr;
  mos_pci_device_set_intx (&self->pci, TRUE);
}

void
mos_virtio_interrupt (MosVirtio *self, MosVirtqueue *queue)
{
  if (mos_virtqueue_wants_interrupt (queue))
    announce (self, ISR_QUEUE, queue->vector);
}

void
mos_virtio_config_changed (MosVirtio *self)
{
  self->generation++;
  if (self->status & STATUS_DRIVER_OK)
    announce (self, ISR_CONFIG, self->config_vector);
}

void
mos_virtio_break (MosVirtio *self)
{
  if (self->status & STATUS_NEEDS_RESET)
    return;
  self->status |= STATUS_NEEDS_RESET;
  mos_virtio_config_changed (self);
}

static void
queue_broken (MosVirtqueue *queue, gpointer user_data)
{
  mos_virtio_break (user_data);
}

/* -- common configuration ------------------------------------------------ */

static MosVirtqueue *
selected_queue (MosVirtio *self)
{
  return self->queue_select < self->info->n_queues
             ? &self->queues[self->queue_select]
             : NULL;
}

static guint64
read_device_feature (MosDevice *device, const MosRegister *row)
{
  MosVirtio *self = (MosVirtio *) device;

  if (self->device_feature_select > 1)
    return 0;
  return (guint32) (self->offered >> (self->device_feature_select * 32));
}

static guint64
read_driver_feature (MosDevice *device, const MosRegister *row)
{
  MosVirtio *self = (MosVirtio *) device;

  if (self->driver_feature_select > 1)
    return 0;
  return (guint32) (self->accepted >> (self->driver_feature_select * 32));
}

static void
write_driver_feature (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVirtio *self = (MosVirtio *) device;
  guint      shift = self->driver_feature_select * 32;

  if (self->driver_feature_select > 1 ||
      (self->status & STATUS_FEATURES_OK) != 0)
    return;
  self->accepted &= ~((guint64) 0xffffffff << shift);
  self->accepted |= value << shift;
}

static guint64
read_n_queues (MosDevice *device, const MosRegister *row)
{
  return ((MosVirtio *) device)->info->n_queues;
}

/* Drivers that take what was not offered, or are older than version 1, are
 * told so by a bit that does not stay. */
static void
accept_features (MosVirtio *self, guint8 *status)
{
  if ((self->accepted & ~self->offered) != 0 ||
      !mos_virtio_has (self, FEATURE_VERSION_1)) {
    *status &= (guint8) ~STATUS_FEATURES_OK;
    return;
  }
  for (guint i = 0; i < self->info->n_queues; i++) {
    self->queues[i].packed = mos_virtio_has (self, FEATURE_RING_PACKED);
    self->queues[i].event_index = mos_virtio_has (self, FEATURE_EVENT_INDEX);
    self->queues[i].indirect = mos_virtio_has (self, FEATURE_INDIRECT);
  }
}

static void
stop (MosVirtio *self)
{
  if (self->info->stopped != NULL)
    self->info->stopped (self);
  self->accepted = 0;
  self->device_feature_select = 0;
  self->driver_feature_select = 0;
  self->status = 0;
  self->isr = 0;
  self->config_vector = NO_VECTOR;
  self->queue_select = 0;
  mos_pci_device_set_intx (&self->pci, FALSE);
  for (guint i = 0; i < MOS_VIRTIO_MAX_QUEUES; i++) {
    mos_virtqueue_reset (&self->queues[i]);
    self->queues[i].packed = FALSE;
    self->queues[i].event_index = FALSE;
    self->queues[i].indirect = FALSE;
  }
  mos_virtio_bells_update (self);
}

static void
write_status (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVirtio *self = (MosVirtio *) device;
  guint8     was = self->status;
  guint8     status = (guint8) value;

  if (status == 0) {
    stop (self);
    return;
  }
  if ((status & STATUS_FEATURES_OK) != 0 && (was & STATUS_FEATURES_OK) == 0)
    accept_features (self, &status);
  self->status = status | (was & STATUS_NEEDS_RESET);
  if ((status & STATUS_DRIVER_OK) != 0 && (was & STATUS_DRIVER_OK) == 0 &&
      self->info->started != NULL)
    self->info->started (self);
  mos_virtio_bells_update (self);
}

/* A vector that does not exist is refused by reading back as none. */
static guint16
valid_vector (MosVirtio *self, guint64 value)
{
  return value < self->pci.n_vectors ? (guint16) value : NO_VECTOR;
}

static void
write_config_vector (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVirtio *self = (MosVirtio *) device;

  self->config_vector = valid_vector (self, value);
}

/* The areas' addresses are written in two halves. */
static guint64 *
area_of (MosVirtqueue *queue, const MosRegister *row)
{
  if (row->offset < 0x28)
    return &queue->descriptors;
  return row->offset < 0x30 ? &queue->driver : &queue->device;
}

static guint
half_of (const MosRegister *row)
{
  return row->offset & 4 ? 32 : 0;
}

static guint64
read_queue (MosDevice *device, const MosRegister *row)
{
  MosVirtio    *self = (MosVirtio *) device;
  MosVirtqueue *queue = selected_queue (self);

  if (queue == NULL)
    return 0;
  switch (row->offset) {
  case 0x18:
    return queue->size;
  case 0x1a:
    return queue->vector;
  case 0x1c:
    return queue->enabled;
  case 0x1e:
    return queue->index;
  default:
    return (guint32) (*area_of (queue, row) >> half_of (row));
  }
}

static void
set_queue_size (MosVirtqueue *queue, guint64 value)
{
  gboolean power_of_two = (value & (value - 1)) == 0;

  if (value > 0 && value <= queue->max_size && (queue->packed || power_of_two))
    queue->size = (guint16) value;
}

/* While a queue is on, only its vector can be changed. */
static void
write_queue (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVirtio    *self = (MosVirtio *) device;
  MosVirtqueue *queue = selected_queue (self);
  guint64      *area;

  if (queue == NULL)
    return;
  if (row->offset == 0x1a)
    queue->vector = valid_vector (self, value);
  if (row->offset == 0x1a || queue->enabled)
    return;
  switch (row->offset) {
  case 0x18:
    set_queue_size (queue, value);
    break;
  case 0x1c:
    if (value == 1 && (self->status & STATUS_FEATURES_OK) != 0)
      mos_virtqueue_start (queue);
    break;
  default:
    area = area_of (queue, row);
    *area &= ~((guint64) 0xffffffff << half_of (row));
    *area |= value << half_of (row);
    break;
  }
}

static const MosField status_fields[] = {
  { "ACKNOWLEDGE", 0, 1, N_ ("the driver has seen it") },
  { "DRIVER", 1, 1, N_ ("the driver knows what it is") },
  { "DRIVER_OK", 2, 1, N_ ("the driver is ready") },
  { "FEATURES_OK", 3, 1, N_ ("the features are agreed on") },
  { "NEEDS_RESET", 6, 1, N_ ("the driver has made a mistake") },
  { "FAILED", 7, 1, N_ ("the driver has given up") },
  { 0 },
};

/* clang-format off */
#define CELL(member) G_STRUCT_OFFSET (MosVirtio, member)

static const MosRegister common_rows[] = {
  { "DEVICE_FEATURE_SELECT", 0x00, 4, MOS_REGISTER_RW, CELL (device_feature_select),
    0, 0, NULL, N_ ("which 32 of the offered features show"), NULL, NULL },
  { "DEVICE_FEATURE", 0x04, 4, MOS_REGISTER_RO, MOS_NO_CELL,
    0, 0, NULL, N_ ("offered features"), read_device_feature, NULL },
  { "DRIVER_FEATURE_SELECT", 0x08, 4, MOS_REGISTER_RW, CELL (driver_feature_select),
    0, 0, NULL, N_ ("which 32 of the accepted features show"), NULL, NULL },
  { "DRIVER_FEATURE", 0x0c, 4, MOS_REGISTER_RW, MOS_NO_CELL,
    0, 0, NULL, N_ ("accepted features"), read_driver_feature, write_driver_feature },
  { "CONFIG_VECTOR", 0x10, 2, MOS_REGISTER_RW, CELL (config_vector),
    0, 0, NULL, N_ ("MSI-X vector of configuration changes"), NULL, write_config_vector },
  { "NUM_QUEUES", 0x12, 2, MOS_REGISTER_RO, MOS_NO_CELL,
    0, 0, NULL, N_ ("how many queues there are"), read_n_queues, NULL },
  { "DEVICE_STATUS", 0x14, 1, MOS_REGISTER_RW, CELL (status),
    0, 0, status_fields, N_ ("how far the driver is; 0 resets"), NULL, write_status },
  { "CONFIG_GENERATION", 0x15, 1, MOS_REGISTER_RO, CELL (generation),
    0, 0, NULL, N_ ("changes with configuration space"), NULL, NULL },
  { "QUEUE_SELECT", 0x16, 2, MOS_REGISTER_RW, CELL (queue_select),
    0, 0, NULL, N_ ("which queue the following is about"), NULL, NULL },
  { "QUEUE_SIZE", 0x18, 2, MOS_REGISTER_RW, MOS_NO_CELL,
    0, 0, NULL, N_ ("entries of its ring"), read_queue, write_queue },
  { "QUEUE_VECTOR", 0x1a, 2, MOS_REGISTER_RW, MOS_NO_CELL,
    0, 0, NULL, N_ ("its MSI-X vector"), read_queue, write_queue },
  { "QUEUE_ENABLE", 0x1c, 2, MOS_REGISTER_RW, MOS_NO_CELL,
    0, 0, NULL, N_ ("1: it is in use"), read_queue, write_queue },
  { "QUEUE_NOTIFY_OFF", 0x1e, 2, MOS_REGISTER_RO, MOS_NO_CELL,
    0, 0, NULL, N_ ("where it is kicked"), read_queue, NULL },
  { "QUEUE_DESC_LOW", 0x20, 4, MOS_REGISTER_RW, MOS_NO_CELL,
    0, 0, NULL, N_ ("where its descriptors are"), read_queue, write_queue },
  { "QUEUE_DESC_HIGH", 0x24, 4, MOS_REGISTER_RW, MOS_NO_CELL,
    0, 0, NULL, N_ ("where its descriptors are"), read_queue, write_queue },
  { "QUEUE_DRIVER_LOW", 0x28, 4, MOS_REGISTER_RW, MOS_NO_CELL,
    0, 0, NULL, N_ ("where the driver's area is"), read_queue, write_queue },
  { "QUEUE_DRIVER_HIGH", 0x2c, 4, MOS_REGISTER_RW, MOS_NO_CELL,
    0, 0, NULL, N_ ("where the driver's area is"), read_queue, write_queue },
  { "QUEUE_DEVICE_LOW", 0x30, 4, MOS_REGISTER_RW, MOS_NO_CELL,
    0, 0, NULL, N_ ("where the device's area is"), read_queue, write_queue },
  { "QUEUE_DEVICE_HIGH", 0x34, 4, MOS_REGISTER_RW, MOS_NO_CELL,
    0, 0, NULL, N_ ("where the device's area is"), read_queue, write_queue },
};
/* clang-format on */

/* -- the BAR ------------------------------------------------------------- */

static guint64
read_config (MosVirtio *self, guint offset, guint size)
{
  guint64 value = 0;

  if (self->info->read_config == NULL)
    return 0;
  for (guint i = 0; i < size && offset + i < self->info->config_bytes; i++)
    value |= (guint64) self->info->read_config (self, offset + i) << (i * 8);
  return value;
}

static void
write_config (MosVirtio *self, guint offset, guint64 value, guint size)
{
  if (self->info->write_config == NULL)
    return;
  for (guint i = 0; i < size && offset + i < self->info->config_bytes; i++)
    self->info->write_config (self, offset + i, (guint8) (value >> (i * 8)));
}

/* Reading takes the interrupt back. */
static guint64
read_isr (MosVirtio *self)
{
  guint8 value = self->isr;

  self->isr = 0;
  mos_pci_device_set_intx (&self->pci, FALSE);
  return value;
}

gboolean
mos_virtio_is_running (const MosVirtio *self)
{
  return (self->status & (STATUS_DRIVER_OK | STATUS_NEEDS_RESET)) ==
         STATUS_DRIVER_OK;
}

void
mos_virtio_kick (MosVirtio *self, guint index)
{
  MosVirtqueue *queue;

  if (index >= self->info->n_queues || !mos_virtio_is_running (self))
    return;
  queue = &self->queues[index];
  if (queue->enabled && mos_pci_device_is_master (&self->pci))
    self->info->notify (self, queue);
}

static guint64
bar_read (gpointer opaque, guint64 offset, guint size)
{
  MosVirtio *self = opaque;
  guint      at = (guint) offset & (PART_BYTES - 1);

  switch (offset & ~(guint64) (PART_BYTES - 1)) {
  case COMMON_AT:
    return at + size <= COMMON_BYTES
               ? mos_register_bank_read (self->common, &self->pci.device, at,
                                         size, 0)
               : 0;
  case ISR_AT:
    return at == 0 ? read_isr (self) : 0;
  case CONFIG_AT:
    return read_config (self, at, size);
  default:
    return 0;
  }
}

static void
bar_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosVirtio *self = opaque;
  guint      at = (guint) offset & (PART_BYTES - 1);

  switch (offset & ~(guint64) (PART_BYTES - 1)) {
  case COMMON_AT:
    if (at + size <= COMMON_BYTES)
      mos_register_bank_write (self->common, &self->pci.device, at, value,
                               size);
    break;
  case CONFIG_AT:
    write_config (self, at, value, size);
    break;
  case NOTIFY_AT:
    mos_virtio_kick (self, at / NOTIFY_STEP);
    break;
  default:
    break;
  }
}

static const MosIoOps bar_ops = {
  .read = bar_read,
  .write = bar_write,
  .max_size = 8,
};

/* -- capabilities -------------------------------------------------------- */

/* Rows of a capability behind its two header bytes; cells are relative. */
#define CAP_ROW(name, offset, bytes, access, reset, read, write)        \
  {                                                                     \
    name, offset, bytes, access, MOS_PCI_CELL (offset), reset, 0, NULL, \
        N_ ("where a structure is"), read, write                        \
  }

static void
add_capability (MosVirtio *self, guint type, guint32 at, guint32 bytes)
{
  gboolean          notify = type == CAP_NOTIFY;
  guint             size = notify ? 20 : 16;
  const MosRegister rows[] = {
    CAP_ROW ("CAP_LEN", 2, 1, MOS_REGISTER_RO, size, NULL, NULL),
    CAP_ROW ("CFG_TYPE", 3, 1, MOS_REGISTER_RO, type, NULL, NULL),
    CAP_ROW ("BAR", 4, 1, MOS_REGISTER_RO, BAR, NULL, NULL),
    CAP_ROW ("OFFSET", 8, 4, MOS_REGISTER_RO, at, NULL, NULL),
    CAP_ROW ("LENGTH", 12, 4, MOS_REGISTER_RO, bytes, NULL, NULL),
    CAP_ROW ("NOTIFY_OFF_MULTIPLIER", 16, 4, MOS_REGISTER_RO, NOTIFY_STEP, NULL,
             NULL),
  };

  mos_pci_device_add_capability (&self->pci, "virtio", CAP_VENDOR, size, rows,
                                 G_N_ELEMENTS (rows) - !notify);
}

/* What the window into the BAR shows: BAR, offset and length as written. */
static gboolean
find_shown (MosVirtio *self, guint *offset, guint *size)
{
  const guint8 *cap = self->pci.config + self->config_capability;
  guint64       at = cap[8] | (guint32) cap[9] << 8 | (guint32) cap[10] << 16 |
               (guint64) cap[11] << 24;

  *size = cap[12];
  *offset = (guint) at;
  return cap[4] == BAR && (*size == 1 || *size == 2 || *size == 4) &&
         at % *size == 0 && at + *size <= 4 * PART_BYTES;
}

static guint64
read_shown (MosDevice *device, const MosRegister *row)
{
  MosVirtio *self = (MosVirtio *) device;
  guint      offset, size;

  return find_shown (self, &offset, &size) ? bar_read (self, offset, size) : 0;
}

static void
write_shown (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVirtio *self = (MosVirtio *) device;
  guint      offset, size;

  if (find_shown (self, &offset, &size))
    bar_write (self, offset, value, size);
}

static void
add_window_capability (MosVirtio *self)
{
  const MosRegister rows[] = {
    CAP_ROW ("CAP_LEN", 2, 1, MOS_REGISTER_RO, 20, NULL, NULL),
    CAP_ROW ("CFG_TYPE", 3, 1, MOS_REGISTER_RO, CAP_PCI, NULL, NULL),
    CAP_ROW ("BAR", 4, 1, MOS_REGISTER_RW, 0, NULL, NULL),
    CAP_ROW ("OFFSET", 8, 4, MOS_REGISTER_RW, 0, NULL, NULL),
    CAP_ROW ("LENGTH", 12, 4, MOS_REGISTER_RW, 0, NULL, NULL),
    CAP_ROW ("PCI_CFG_DATA", 16, 4, MOS_REGISTER_RW | MOS_REGISTER_PEEK, 0,
             read_shown, write_shown),
  };

  self->config_capability = mos_pci_device_add_capability (
      &self->pci, "virtio", CAP_VENDOR, 20, rows, G_N_ELEMENTS (rows));
}

/* -- life ---------------------------------------------------------------- */

/* No lock held. */
static void
bars_changed (MosPciDevice *pci)
{
  MosVirtio *self = (MosVirtio *) pci;

  g_mutex_lock (&pci->device.lock);
  mos_virtio_bells_update (self);
  g_mutex_unlock (&pci->device.lock);
}

void
mos_virtio_setup (MosVirtio *self, const MosVirtioInfo *info, guint64 offered)
{
  MosDevice *device = &self->pci.device;

  g_return_if_fail (info->n_queues <= MOS_VIRTIO_MAX_QUEUES);

  self->info = info;
  self->offered = offered | transport_features ();
  self->pci_info =
      (MosPciInfo){ .vendor_id = VENDOR_ID,
                    .device_id = (guint16) (DEVICE_ID + info->type),
                    .class_code = info->class_code,
                    .revision = 1,
                    .subsystem_vendor_id = VENDOR_ID,
                    .subsystem_id = 0x1100,
                    .interrupt_pin = 1,
                    .changed = bars_changed };
  mos_pci_device_setup (&self->pci, &self->pci_info);
  self->common = mos_device_add_bank (device, "common", common_rows,
                                      G_N_ELEMENTS (common_rows), COMMON_BYTES);
  mos_device_window_init (device, &self->window, "virtio", &bar_ops, self, 0,
                          4 * PART_BYTES);
  mos_pci_device_add_memory_bar (&self->pci, BAR, MOS_PCI_BAR_MEMORY64,
                                 &self->window);
  mos_pci_device_add_msix (&self->pci, MSIX_BAR, info->n_queues + 1);
  add_capability (self, CAP_COMMON, COMMON_AT, COMMON_BYTES);
  add_capability (self, CAP_ISR, ISR_AT, 1);
  add_capability (self, CAP_DEVICE, CONFIG_AT, MAX (info->config_bytes, 4));
  add_capability (self, CAP_NOTIFY, NOTIFY_AT, info->n_queues * NOTIFY_STEP);
  add_window_capability (self);
  for (guint i = 0; i < MOS_VIRTIO_MAX_QUEUES; i++) {
    self->queues[i].memory = device->bus->memory;
    self->queues[i].index = i;
    self->queues[i].max_size = info->queue_size;
    self->queues[i].broken = queue_broken;
    self->queues[i].user_data = self;
  }
  mos_virtio_bells_init (self);
}

void
mos_virtio_attach (MosVirtio *self, MosPciBus *pci, guint devfn)
{
  mos_pci_device_attach (&self->pci, pci, devfn);
  mos_device_reset (&self->pci.device);
}

void
mos_virtio_reset (MosVirtio *self)
{
  mos_pci_device_reset (&self->pci);
  stop (self);
  self->generation = 0;
}

gboolean
mos_virtio_loaded (MosVirtio *self, GError **error)
{
  guint8   status = self->status;
  gboolean sane = (self->accepted & ~self->offered) == 0;

  mos_pci_device_loaded (&self->pci);
  if (status & STATUS_FEATURES_OK)
    accept_features (self, &status);
  for (guint i = 0; i < MOS_VIRTIO_MAX_QUEUES; i++)
    sane = mos_virtqueue_loaded (&self->queues[i]) && sane;
  if (sane)
    mos_virtio_bells_loaded (self);
  if (!sane)
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved state of the device “%s” is damaged"),
                 self->pci.device.name);
  return sane;
}

void
mos_virtio_clear (MosVirtio *self)
{
  mos_virtio_bells_clear (self);
  mos_pci_device_clear (&self->pci);
}
