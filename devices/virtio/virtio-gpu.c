/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Virtio GPU device, two-dimensional (virtio 1.2, "GPU Device").
 *
 * Queue 0 brings commands: make a picture here, attach guest memory to it,
 * copy parts over, show it, say that a part has changed. Queue 1 moves the
 * pointer. Each command is answered before the next; a fence is just part of
 * the answer then. One display, whose size the window may suggest.
 *
 * Threads: kicks on vCPU threads, painting on the I/O thread or one that
 * captures; the device's lock around all of it.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/video/edid.h"
#include "devices/virtio/virtio-gpu-private.h"

#define QUEUE_SIZE     64u
#define CONFIG_BYTES   16u
#define N_SCANOUTS     16u /* in an answer; one is there */
#define DEFAULT_WIDTH  1024u
#define DEFAULT_HEIGHT 768u
#define FLAG_FENCE     1u

enum {
  FEATURE_EDID = 1
};

enum {
  GET_DISPLAY_INFO = 0x100,
  CREATE_2D = 0x101,
  UNREF = 0x102,
  SET_SCANOUT = 0x103,
  FLUSH = 0x104,
  TRANSFER_2D = 0x105,
  ATTACH_BACKING = 0x106,
  DETACH_BACKING = 0x107,
  GET_EDID = 0x10a,
  UPDATE_CURSOR = 0x300,
  MOVE_CURSOR = 0x301,
  OK_NO_DATA = 0x1100,
  OK_DISPLAY_INFO = 0x1101,
  OK_EDID = 0x1104,
  ERROR_UNSPECIFIED = 0x1200,
  ERROR_NO_MEMORY = 0x1201,
  ERROR_SCANOUT = 0x1202,
  ERROR_RESOURCE = 0x1203,
  ERROR_PARAMETER = 0x1205
};

/* As in the queue: little endian, which we read field by field. */
typedef struct {
  guint32 type;
  guint32 flags;
  guint64 fence;
  guint32 context;
  guint32 ring;
} Header;

/* What follows the header in commands, by number of 32-bit words. */
#define MAX_WORDS 12u

typedef struct {
  MosVirtioGpu              *gpu;
  const MosVirtqueueElement *element;
  Header                     header;
  guint32                    words[MAX_WORDS];
  guint32                    written; /* of the answer */
} Command;

static MosGpuRect
rect_at (const Command *command, guint word)
{
  const guint32 *w = command->words + word;

  return (MosGpuRect){ w[0], w[1], w[2], w[3] };
}

static guint32
type_of (MosGpuResult result)
{
  static const guint32 types[] = {
    [MOS_GPU_OK] = OK_NO_DATA,
    [MOS_GPU_NO_MEMORY] = ERROR_NO_MEMORY,
    [MOS_GPU_BAD_RESOURCE] = ERROR_RESOURCE,
    [MOS_GPU_BAD_PARAMETER] = ERROR_PARAMETER,
  };

  return types[result];
}

/* Appends @data behind the header of the answer. */
static void
answer (Command *command, gsize offset, const void *data, gsize size)
{
  gsize at = sizeof (Header) + offset;

  command->written =
      (guint32) (at + mos_virtqueue_write (command->element, at, data, size));
}

static guint32
get_display_info (Command *command)
{
  guint32 modes[N_SCANOUTS * 6] = { 0 };

  modes[2] = GUINT32_TO_LE (command->gpu->preferred_width);
  modes[3] = GUINT32_TO_LE (command->gpu->preferred_height);
  modes[4] = GUINT32_TO_LE (1);
  answer (command, 0, modes, sizeof modes);
  return OK_DISPLAY_INFO;
}

static guint32
get_edid (Command *command)
{
  guint32 size[2] = { GUINT32_TO_LE (MOS_EDID_BYTES), 0 };
  guint8  edid[1024] = { 0 };

  if (command->words[0] != 0)
    return ERROR_SCANOUT;
  mos_edid_fill (edid, command->gpu->preferred_width,
                 command->gpu->preferred_height);
  answer (command, 0, size, sizeof size);
  answer (command, sizeof size, edid, sizeof edid);
  return OK_EDID;
}

static guint32
create_2d (Command *command)
{
  const guint32 *w = command->words;

  return type_of (mos_gpu_create (command->gpu, w[0], w[1], w[2], w[3]));
}

static guint32
unref (Command *command)
{
  return type_of (mos_gpu_unref (command->gpu, command->words[0]));
}

static guint32
set_scanout (Command *command)
{
  MosVirtioGpu         *self = command->gpu;
  MosGpuRect            rect = rect_at (command, 0);
  guint32               id = command->words[5];
  const MosGpuResource *resource;

  if (command->words[4] != 0)
    return ERROR_SCANOUT;
  if (id == 0) {
    self->scanout = 0;
    return OK_NO_DATA;
  }
  resource = mos_gpu_find (self, id);
  if (resource == NULL)
    return ERROR_RESOURCE;
  if (!mos_gpu_has_rect (resource, &rect))
    return ERROR_PARAMETER;
  self->scanout = id;
  self->shown = rect;
  self->repaint = TRUE;
  return OK_NO_DATA;
}

static guint32
flush (Command *command)
{
  MosGpuRect            rect = rect_at (command, 0);
  const MosGpuResource *resource =
      mos_gpu_find (command->gpu, command->words[4]);

  if (resource == NULL)
    return ERROR_RESOURCE;
  if (!mos_gpu_has_rect (resource, &rect))
    return ERROR_PARAMETER;
  command->gpu->flushes++;
  if (resource->id == command->gpu->scanout)
    mos_gpu_damage (command->gpu, &rect);
  return OK_NO_DATA;
}

static guint32
transfer_2d (Command *command)
{
  const guint32 *w = command->words;
  MosGpuRect     rect = rect_at (command, 0);

  return type_of (mos_gpu_transfer (command->gpu, w[6], &rect,
                                    w[4] | (guint64) w[5] << 32));
}

static guint32
attach_backing (Command *command)
{
  MosGpuResource *resource = mos_gpu_find (command->gpu, command->words[0]);
  guint32         n = command->words[1];
  gsize           at = sizeof (Header) + 8;
  MosGpuEntry    *entries;

  if (resource == NULL || resource->n_entries > 0)
    return ERROR_RESOURCE;
  if (n == 0 || n > MOS_GPU_MAX_ENTRIES ||
      command->element->out_bytes < at + n * 16ull)
    return ERROR_PARAMETER;
  entries = g_try_new0 (MosGpuEntry, n);
  if (entries == NULL)
    return ERROR_NO_MEMORY;
  for (guint32 i = 0; i < n; i++) {
    guint64 raw[2];

    mos_virtqueue_read (command->element, at + i * 16, raw, sizeof raw);
    entries[i].gpa = GUINT64_FROM_LE (raw[0]);
    entries[i].size = GUINT64_FROM_LE (raw[1]) & 0xffffffffu;
  }
  g_free (resource->entries);
  resource->entries = entries;
  resource->n_entries = n;
  return OK_NO_DATA;
}

static guint32
detach_backing (Command *command)
{
  MosGpuResource *resource = mos_gpu_find (command->gpu, command->words[0]);

  if (resource == NULL)
    return ERROR_RESOURCE;
  g_clear_pointer (&resource->entries, g_free);
  resource->n_entries = 0;
  return OK_NO_DATA;
}

/* Words: scanout, x, y, padding, resource, hot x, hot y. */
static guint32
move_cursor (Command *command)
{
  MosVirtioGpu *self = command->gpu;

  if (command->words[0] != 0)
    return ERROR_SCANOUT;
  mos_gpu_damage_cursor (self);
  self->cursor_x = command->words[1];
  self->cursor_y = command->words[2];
  mos_gpu_damage_cursor (self);
  return OK_NO_DATA;
}

static guint32
update_cursor (Command *command)
{
  MosVirtioGpu *self = command->gpu;
  guint32       id = command->words[4];

  if (command->words[0] != 0)
    return ERROR_SCANOUT;
  if (id != 0 && mos_gpu_find (self, id) == NULL)
    return ERROR_RESOURCE;
  mos_gpu_damage_cursor (self);
  self->cursor_resource = id;
  self->cursor_x = command->words[1];
  self->cursor_y = command->words[2];
  self->hot_x = command->words[5];
  self->hot_y = command->words[6];
  mos_gpu_load_cursor (self);
  mos_gpu_damage_cursor (self);
  return OK_NO_DATA;
}

static const struct {
  guint32 type;
  guint   words; /* that follow the header */
  guint   queue;
  guint32 (*run) (Command *command);
} commands[] = {
  { GET_DISPLAY_INFO, 0, 0, get_display_info },
  { CREATE_2D, 4, 0, create_2d },
  { UNREF, 1, 0, unref },
  { SET_SCANOUT, 6, 0, set_scanout },
  { FLUSH, 5, 0, flush },
  { TRANSFER_2D, 7, 0, transfer_2d },
  { ATTACH_BACKING, 2, 0, attach_backing },
  { DETACH_BACKING, 1, 0, detach_backing },
  { GET_EDID, 1, 0, get_edid },
  { UPDATE_CURSOR, 7, 1, update_cursor },
  { MOVE_CURSOR, 7, 1, move_cursor },
};

static guint32
run (Command *command, guint queue)
{
  guint32 type = GUINT32_FROM_LE (command->header.type);
  gsize   size = mos_virtqueue_read (command->element, sizeof (Header),
                                     command->words, sizeof command->words);

  for (guint i = 0; i < MAX_WORDS; i++)
    command->words[i] = GUINT32_FROM_LE (command->words[i]);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (commands[i].type != type || commands[i].queue != queue)
      continue;
    if (size < commands[i].words * 4)
      return ERROR_PARAMETER;
    return commands[i].run (command);
  }
  return ERROR_UNSPECIFIED;
}

static void
execute (MosVirtioGpu *self, MosVirtqueue *queue, MosVirtqueueElement *element)
{
  Command command = { .gpu = self,
                      .element = element,
                      .written = sizeof (Header) };
  Header  reply = { 0 };

  if (mos_virtqueue_read (element, 0, &command.header, sizeof (Header)) <
      sizeof (Header))
    command.header = (Header){ 0 };
  reply.type = GUINT32_TO_LE (run (&command, queue->index));
  if (GUINT32_FROM_LE (command.header.flags) & FLAG_FENCE) {
    reply.flags = GUINT32_TO_LE (FLAG_FENCE);
    reply.fence = command.header.fence;
    reply.context = command.header.context;
  }
  mos_virtqueue_write (element, 0, &reply, sizeof reply);
  mos_virtqueue_push (queue, element,
                      (guint32) MIN (command.written, element->in_bytes));
}

static void
notify (MosVirtio *virtio, MosVirtqueue *queue)
{
  MosVirtqueueElement element;

  for (guint n = 0; n < QUEUE_SIZE && mos_virtqueue_pop (queue, &element); n++)
    execute ((MosVirtioGpu *) virtio, queue, &element);
  mos_virtio_interrupt (virtio, queue);
}

/* Events, events to clear, displays, capability sets. */
static guint8
read_config (MosVirtio *virtio, guint offset)
{
  MosVirtioGpu *self = (MosVirtioGpu *) virtio;

  if (offset < 4)
    return self->events >> 8 * offset & 0xff;
  return offset == 8 ? 1 : 0;
}

static void
write_config (MosVirtio *virtio, guint offset, guint8 value)
{
  MosVirtioGpu *self = (MosVirtioGpu *) virtio;

  if (offset >= 4 && offset < 8)
    self->events &= ~((guint32) value << 8 * (offset - 4));
}

static void
stopped (MosVirtio *virtio)
{
  MosVirtioGpu *self = (MosVirtioGpu *) virtio;

  if (self->resources != NULL)
    mos_gpu_clear_resources (self);
  self->damage.n_rects = 0;
  self->events = 0;
}

static const MosVirtioInfo info = {
  .type = MOS_VIRTIO_GPU,
  .class_code = 0x038000,
  .n_queues = 2,
  .queue_size = QUEUE_SIZE,
  .config_bytes = CONFIG_BYTES,
  .notify = notify,
  .read_config = read_config,
  .write_config = write_config,
  .stopped = stopped,
};

/* Life --------------------------------------------------------------------- */

static const MosRegister rows[] = {
  { "SCANOUT", 0, 4, MOS_REGISTER_RO, G_STRUCT_OFFSET (MosVirtioGpu, scanout),
    0, 0, NULL, N_ ("the picture that is shown, 0 for none") },
  { "CURSOR", 4, 4, MOS_REGISTER_RO,
    G_STRUCT_OFFSET (MosVirtioGpu, cursor_resource), 0, 0, NULL,
    N_ ("the picture of the pointer, 0 for none") },
  { "BYTES", 8, 8, MOS_REGISTER_RO, G_STRUCT_OFFSET (MosVirtioGpu, bytes), 0, 0,
    NULL, N_ ("what all pictures take") },
  { "FLUSHES", 16, 8, MOS_REGISTER_RO, G_STRUCT_OFFSET (MosVirtioGpu, flushes),
    0, 0, NULL, N_ ("how often the guest said that a part has changed") },
};

static void
gpu_init (MosDevice *device)
{
  MosVirtioGpu *self = (MosVirtioGpu *) device;

  mos_virtio_setup (&self->virtio, &info, 1u << FEATURE_EDID);
  self->resources = g_ptr_array_new_with_free_func (mos_gpu_resource_free);
  mos_device_add_bank (device, "display", rows, G_N_ELEMENTS (rows), 24);
}

static void
gpu_reset (MosDevice *device)
{
  mos_virtio_reset ((MosVirtio *) device);
}

static gboolean
gpu_loaded (MosDevice *device, GError **error)
{
  MosVirtioGpu *self = (MosVirtioGpu *) device;

  self->repaint = TRUE;
  mos_gpu_load_cursor (self);
  return mos_virtio_loaded (&self->virtio, error);
}

static void
gpu_save_extra (MosDevice *device, GVariantBuilder *builder)
{
  mos_gpu_save ((MosVirtioGpu *) device, builder);
}

static gboolean
gpu_load_extra (MosDevice *device, GVariant *dict, GError **error)
{
  return mos_gpu_load ((MosVirtioGpu *) device, dict, error);
}

static void
gpu_clear (MosDevice *device)
{
  MosVirtioGpu *self = (MosVirtioGpu *) device;

  if (self->screen != NULL)
    mos_screen_set_source (self->screen, NULL, NULL);
  g_clear_pointer (&self->screen, mos_screen_unref);
  mos_virtio_clear (&self->virtio);
  g_clear_pointer (&self->resources, g_ptr_array_unref);
}

static const MosStateField state[] = {
  MOS_VIRTIO_STATE_FIELDS,
  MOS_STATE (MosVirtioGpu, scanout, MOS_STATE_U32),
  MOS_STATE (MosVirtioGpu, shown.x, MOS_STATE_U32),
  MOS_STATE (MosVirtioGpu, shown.y, MOS_STATE_U32),
  MOS_STATE (MosVirtioGpu, shown.width, MOS_STATE_U32),
  MOS_STATE (MosVirtioGpu, shown.height, MOS_STATE_U32),
  MOS_STATE (MosVirtioGpu, events, MOS_STATE_U32),
  MOS_STATE (MosVirtioGpu, cursor_resource, MOS_STATE_U32),
  MOS_STATE (MosVirtioGpu, cursor_x, MOS_STATE_U32),
  MOS_STATE (MosVirtioGpu, cursor_y, MOS_STATE_U32),
  MOS_STATE (MosVirtioGpu, hot_x, MOS_STATE_U32),
  MOS_STATE (MosVirtioGpu, hot_y, MOS_STATE_U32),
  { 0 },
};

const MosDeviceClass mos_virtio_gpu_class = {
  .name = "virtio-gpu",
  .title = N_ ("Virtio display adapter"),
  .help = N_ ("Pictures from guests that know they are virtual"),
  .instance_size = sizeof (MosVirtioGpu),
  .state_version = 1,
  .state = state,
  .init = gpu_init,
  .reset = gpu_reset,
  .clear = gpu_clear,
  .loaded = gpu_loaded,
  .save_extra = gpu_save_extra,
  .load_extra = gpu_load_extra,
};

MosDevice *
mos_virtio_gpu_new (MosBus                *bus,
                    MosPciBus             *pci,
                    guint                  devfn,
                    const char            *name,
                    MosScreen             *screen,
                    const MosScreenSource *below,
                    gpointer               below_data,
                    guint                  width,
                    guint                  height)
{
  MosVirtioGpu *self = mos_device_new (&mos_virtio_gpu_class, bus, name);

  self->below = below;
  self->below_data = below_data;
  self->preferred_width = width > 0 ? width : DEFAULT_WIDTH;
  self->preferred_height = height > 0 ? height : DEFAULT_HEIGHT;
  mos_virtio_attach (&self->virtio, pci, devfn);
  self->screen = mos_screen_ref (screen);
  mos_screen_set_source (screen, &mos_gpu_screen_source, self);
  return &self->virtio.pci.device;
}
