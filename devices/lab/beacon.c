/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Words come in one by one and are put together here. vCPUs that write at the
 * same time spoil each other's message, and nothing else.
 */
#include "devices/lab/beacon.h"

#include <string.h>

#define MAGIC        0x4d42u
#define VERSION      1u
#define MAX_A_SECOND 64u

typedef struct {
  MosDevice      device;
  MosBeaconSink *sink;
  MosIoWindow    window;

  /* The message that is coming in. */
  guint16 path[MOS_BEACON_MAX_HOPS];
  guint8  name[MOS_BEACON_MAX_NAME];
  guint32 n_hops;
  guint32 size;
  guint32 n_words; /* that came, with word 0; 0: between messages */

  gint64 second_ns; /* when this second of messages began */
  guint  n_heard;   /* messages in it */
} MosBeacon;

static gboolean
begin (MosBeacon *self, guint32 word)
{
  guint32 n_hops = (word >> 8) & 15, size = word & 255;

  if (word >> 16 != MAGIC || ((word >> 12) & 15) != VERSION ||
      n_hops > MOS_BEACON_MAX_HOPS || size > MOS_BEACON_MAX_NAME)
    return FALSE;
  self->n_hops = n_hops;
  self->size = size;
  return TRUE;
}

static void
take (MosBeacon *self, guint32 word)
{
  guint32 at = self->n_words - 1;

  if (at < self->n_hops) {
    self->path[at] = (guint16) word;
    return;
  }
  at = (at - self->n_hops) * 4;
  for (guint i = 0; i < 4 && at + i < self->size; i++)
    self->name[at + i] = (guint8) (word >> (8 * i));
}

static gboolean
may_speak (MosBeacon *self)
{
  gint64 now_ns = mos_clock_now (self->device.bus->clock);

  if (now_ns - self->second_ns >= 1000000000 || now_ns < self->second_ns) {
    self->second_ns = now_ns;
    self->n_heard = 0;
  }
  return self->n_heard++ < MAX_A_SECOND;
}

static guint64
beacon_read (gpointer opaque, guint64 offset, guint size)
{
  return offset == 0 && size == 4 ? MOS_BEACON_SIGNATURE
                                  : (guint64) -1 >> (64 - 8 * size);
}

static void
beacon_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosBeacon *self = opaque;

  if (offset != 0 || size != 4)
    return;
  if (self->n_words > 0)
    take (self, (guint32) value);
  else if (!begin (self, (guint32) value))
    return;
  self->n_words++;
  if (self->n_words < 1 + self->n_hops + (self->size + 3) / 4)
    return;
  self->n_words = 0;
  if (self->sink != NULL && may_speak (self))
    self->sink->heard (self->sink, self->path, self->n_hops,
                       (const char *) self->name, self->size);
}

static const MosIoOps beacon_ops = {
  .read = beacon_read,
  .write = beacon_write,
};

static void
beacon_reset (MosDevice *device)
{
  ((MosBeacon *) device)->n_words = 0;
}

static gboolean
beacon_loaded (MosDevice *device, GError **error)
{
  MosBeacon *self = (MosBeacon *) device;

  /* A message that a file says is half in, and cannot be, is dropped. */
  if (self->n_hops > MOS_BEACON_MAX_HOPS || self->size > MOS_BEACON_MAX_NAME ||
      self->n_words > self->n_hops + (self->size + 3) / 4)
    self->n_words = self->n_hops = self->size = 0;
  return TRUE;
}

static const MosStateField beacon_state[] = {
  MOS_STATE_ARRAY (MosBeacon, path, MOS_STATE_U16, MOS_BEACON_MAX_HOPS),
  MOS_STATE_ARRAY (MosBeacon, name, MOS_STATE_U8, MOS_BEACON_MAX_NAME),
  MOS_STATE (MosBeacon, n_hops, MOS_STATE_U32),
  MOS_STATE (MosBeacon, size, MOS_STATE_U32),
  MOS_STATE (MosBeacon, n_words, MOS_STATE_U32),
  { NULL },
};

const MosDeviceClass mos_beacon_class = {
  .name = "beacon",
  .title = "Beacon",
  .help = "A port where guests at any level say who they are",
  .instance_size = sizeof (MosBeacon),
  .state_version = 1,
  .state = beacon_state,
  .reset = beacon_reset,
  .loaded = beacon_loaded,
};

MosDevice *
mos_beacon_new (MosBus *bus, MosBeaconSink *sink)
{
  MosBeacon *self = mos_device_new (&mos_beacon_class, bus, "beacon");

  self->sink = sink;
  mos_device_window_init (&self->device, &self->window, "beacon", &beacon_ops,
                          self, MOS_BEACON_PORT, 4);
  mos_bus_map_ports (bus, &self->window);
  return &self->device;
}
