/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Virtio input device (virtio 1.2, "Input Device").
 *
 * Events are those of Linux's evdev: type, code, value, and a SYN at the end
 * of what belongs together. The driver puts empty buffers into queue 0; events
 * wait in a ring of our own until there are some, so nothing is lost while the
 * guest is slow. What does not fit is dropped report by report, and a release
 * always fits. Queue 1 brings the keyboard's lights.
 *
 * What the device can do is asked for through configuration space: the driver
 * writes what it wants to know and reads the answer behind it.
 *
 * Input comes on any thread, kicks on vCPU threads; both take the lock.
 */
#include "devices/virtio/virtio-input.h"

#include <glib/gi18n-lib.h>
#include <linux/input-event-codes.h>
#include <string.h>

#include "devices/virtio/virtio.h"

#define QUEUE_SIZE   64u
#define EVENT_BYTES  8u
#define N_EVENTS     256u /* waiting; a power of two */
#define REPORT_MAX   12u  /* events of one report */
#define RESERVE      64u  /* kept for releases */
#define ANSWER_BYTES 128u
#define CONFIG_BYTES (8u + ANSWER_BYTES)
#define MAX_TAKEN    (4 * QUEUE_SIZE)
#define N_KEYS       248u /* that a keyboard has at most, by key code */
#define BUS_VIRTUAL  6u

enum {
  ASK_NAME = 0x01,
  ASK_SERIAL = 0x02,
  ASK_IDS = 0x03,
  ASK_PROPERTIES = 0x10,
  ASK_EVENTS = 0x11,
  ASK_AXIS = 0x12
};

typedef struct {
  MosVirtio          virtio;
  MosVirtioInputKind kind;
  MosInputPort      *input;
  guint8             select;
  guint8             subselect;
  guint8             answer[ANSWER_BYTES];
  guint8             answer_bytes;
  guint8             leds;
  guint32            first; /* of the waiting events */
  guint32            count;
  guint64            waiting[N_EVENTS]; /* as the guest sees them */
  guint32            buttons;           /* as last reported */
} VirtioInput;

static const struct {
  guint   button; /* MosButtons */
  guint16 code;
} buttons[] = {
  { MOS_BUTTON_LEFT, BTN_LEFT },     { MOS_BUTTON_RIGHT, BTN_RIGHT },
  { MOS_BUTTON_MIDDLE, BTN_MIDDLE }, { MOS_BUTTON_SIDE, BTN_SIDE },
  { MOS_BUTTON_EXTRA, BTN_EXTRA },
};

/* Events ------------------------------------------------------------------- */

static guint
room (const VirtioInput *self)
{
  return N_EVENTS - self->count;
}

static void
add_event (VirtioInput *self, guint16 type, guint16 code, guint32 value)
{
  if (room (self) == 0)
    return;
  self->waiting[(self->first + self->count++) % N_EVENTS] =
      GUINT64_TO_LE (type | (guint64) code << 16 | (guint64) value << 32);
}

/* Hands over what waits while the driver has buffers. */
static void
flush (VirtioInput *self)
{
  MosVirtqueue       *queue = &self->virtio.queues[0];
  MosVirtqueueElement element;
  gboolean            any = FALSE;

  if (!mos_virtio_is_running (&self->virtio))
    return;
  while (self->count > 0 && mos_virtqueue_pop (queue, &element)) {
    guint64 event = self->waiting[self->first % N_EVENTS];
    gsize   written = mos_virtqueue_write (&element, 0, &event, EVENT_BYTES);

    self->first = (self->first + 1) % N_EVENTS;
    self->count--;
    mos_virtqueue_push (queue, &element, (guint32) written);
    any = TRUE;
  }
  if (any)
    mos_virtio_interrupt (&self->virtio, queue);
}

static void
end_report (VirtioInput *self)
{
  add_event (self, EV_SYN, SYN_REPORT, 0);
  flush (self);
}

static gboolean
has_key (guint code)
{
  return code > KEY_RESERVED && code < N_KEYS;
}

static void
input_key (gpointer device, guint keycode, gboolean down)
{
  VirtioInput *self = device;

  if (!has_key (keycode))
    return;
  g_mutex_lock (&self->virtio.pci.device.lock);
  if (!down || room (self) >= RESERVE) {
    add_event (self, EV_KEY, (guint16) keycode, down);
    end_report (self);
  }
  g_mutex_unlock (&self->virtio.pci.device.lock);
}

static void
add_buttons (VirtioInput *self, guint now)
{
  guint changed = self->buttons ^ now;

  for (guint i = 0; i < G_N_ELEMENTS (buttons); i++) {
    if ((changed & buttons[i].button) != 0)
      add_event (self, EV_KEY, buttons[i].code, (now & buttons[i].button) != 0);
  }
  self->buttons = now;
}

static void
input_place (gpointer device, int x, int y, int wheel, guint now)
{
  VirtioInput *self = device;
  gboolean     release;

  g_mutex_lock (&self->virtio.pci.device.lock);
  release = (self->buttons & ~now) != 0;
  if (room (self) >= (release ? REPORT_MAX : RESERVE)) {
    add_event (self, EV_ABS, ABS_X, (guint32) x);
    add_event (self, EV_ABS, ABS_Y, (guint32) y);
    if (wheel != 0)
      add_event (self, EV_REL, REL_WHEEL, (guint32) wheel);
    add_buttons (self, now);
    end_report (self);
  }
  g_mutex_unlock (&self->virtio.pci.device.lock);
}

static gboolean
input_active (gpointer device)
{
  VirtioInput *self = device;
  gboolean     active;

  g_mutex_lock (&self->virtio.pci.device.lock);
  active = mos_virtio_is_running (&self->virtio);
  g_mutex_unlock (&self->virtio.pci.device.lock);
  return active;
}

/* Two events a key. */
static guint
input_key_room (gpointer device)
{
  VirtioInput *self = device;
  guint        left;

  g_mutex_lock (&self->virtio.pci.device.lock);
  left = room (self) > RESERVE ? (room (self) - RESERVE) / 2 : 0;
  g_mutex_unlock (&self->virtio.pci.device.lock);
  return left;
}

static const MosInputOps keyboard_ops = {
  .key = input_key,
  .active = input_active,
  .key_room = input_key_room,
};
static const MosInputOps tablet_ops = {
  .place = input_place,
  .active = input_active,
};

/* Questions ---------------------------------------------------------------- */

static void
answer_bit (VirtioInput *self, guint bit)
{
  self->answer[bit / 8] |= (guint8) (1u << bit % 8);
  self->answer_bytes = (guint8) MAX (self->answer_bytes, bit / 8 + 1);
}

static void
answer_data (VirtioInput *self, const void *data, gsize size)
{
  memcpy (self->answer, data, size);
  self->answer_bytes = (guint8) size;
}

static void
answer_name (VirtioInput *self)
{
  const char *name = self->kind == MOS_VIRTIO_KEYBOARD ? "MultiOS Lab Keyboard"
                                                       : "MultiOS Lab Tablet";

  answer_data (self, name, strlen (name));
}

static void
answer_ids (VirtioInput *self)
{
  guint16 ids[4] = { GUINT16_TO_LE (BUS_VIRTUAL), GUINT16_TO_LE (0x4d4f),
                     GUINT16_TO_LE (1 + self->kind), GUINT16_TO_LE (1) };

  answer_data (self, ids, sizeof ids);
}

static void
answer_events (VirtioInput *self)
{
  gboolean keyboard = self->kind == MOS_VIRTIO_KEYBOARD;

  switch (self->subselect) {
  case EV_KEY:
    for (guint code = 0; keyboard && code < N_KEYS; code++) {
      if (has_key (code))
        answer_bit (self, code);
    }
    for (guint i = 0; !keyboard && i < G_N_ELEMENTS (buttons); i++)
      answer_bit (self, buttons[i].code);
    break;
  case EV_REP:
    /* The guest repeats keys itself. */
    if (keyboard) {
      answer_bit (self, REP_DELAY);
      answer_bit (self, REP_PERIOD);
    }
    break;
  case EV_LED:
    for (guint led = LED_NUML; keyboard && led <= LED_SCROLLL; led++)
      answer_bit (self, led);
    break;
  case EV_REL:
    if (!keyboard)
      answer_bit (self, REL_WHEEL);
    break;
  case EV_ABS:
    if (!keyboard) {
      answer_bit (self, ABS_X);
      answer_bit (self, ABS_Y);
    }
    break;
  default:
    break;
  }
}

static void
answer_axis (VirtioInput *self)
{
  guint32 axis[5] = { 0, GUINT32_TO_LE (MOS_INPUT_ABS_MAX), 0, 0, 0 };

  if (self->kind == MOS_VIRTIO_TABLET && self->subselect <= ABS_Y)
    answer_data (self, axis, sizeof axis);
}

static void
answer (VirtioInput *self)
{
  memset (self->answer, 0, sizeof self->answer);
  self->answer_bytes = 0;
  if (self->select == ASK_NAME && self->subselect == 0)
    answer_name (self);
  else if (self->select == ASK_IDS && self->subselect == 0)
    answer_ids (self);
  else if (self->select == ASK_EVENTS)
    answer_events (self);
  else if (self->select == ASK_AXIS)
    answer_axis (self);
  else if (self->select == ASK_PROPERTIES && self->kind == MOS_VIRTIO_TABLET)
    answer_bit (self, INPUT_PROP_POINTER);
}

static guint8
read_config (MosVirtio *virtio, guint offset)
{
  VirtioInput *self = (VirtioInput *) virtio;

  if (offset >= 8)
    return self->answer[offset - 8];
  if (offset == 0)
    return self->select;
  if (offset == 1)
    return self->subselect;
  return offset == 2 ? self->answer_bytes : 0;
}

static void
write_config (MosVirtio *virtio, guint offset, guint8 value)
{
  VirtioInput *self = (VirtioInput *) virtio;

  if (offset == 0)
    self->select = value;
  else if (offset == 1)
    self->subselect = value;
  answer (self);
}

/* Queues ------------------------------------------------------------------- */

/* The driver says which lights are on. */
static void
take_status (VirtioInput *self, MosVirtqueue *queue)
{
  MosVirtqueueElement element;
  guint               n = 0;

  while (n++ < MAX_TAKEN && mos_virtqueue_pop (queue, &element)) {
    guint64 raw = 0;

    mos_virtqueue_read (&element, 0, &raw, EVENT_BYTES);
    raw = GUINT64_FROM_LE (raw);
    if ((raw & 0xffff) == EV_LED && (raw >> 16 & 0xffff) <= LED_SCROLLL) {
      guint8 light = (guint8) (1u << (raw >> 16 & 0xffff));

      self->leds =
          raw >> 32 != 0 ? self->leds | light : self->leds & (guint8) ~light;
    }
    mos_virtqueue_push (queue, &element, 0);
  }
  mos_virtio_interrupt (&self->virtio, queue);
}

static void
notify (MosVirtio *virtio, MosVirtqueue *queue)
{
  VirtioInput *self = (VirtioInput *) virtio;

  if (queue->index == 0)
    flush (self);
  else
    take_status (self, queue);
}

/* What waited is of no interest to the next driver. */
static void
stopped (MosVirtio *virtio)
{
  VirtioInput *self = (VirtioInput *) virtio;

  self->first = self->count = 0;
  self->buttons = 0;
  self->leds = 0;
  self->select = self->subselect = 0;
  answer (self);
}

static const MosVirtioInfo info = {
  .type = MOS_VIRTIO_INPUT,
  .class_code = 0x098000,
  .n_queues = 2,
  .queue_size = QUEUE_SIZE,
  .config_bytes = CONFIG_BYTES,
  .notify = notify,
  .read_config = read_config,
  .write_config = write_config,
  .stopped = stopped,
};

/* Life --------------------------------------------------------------------- */

static void
input_init (MosDevice *device)
{
  mos_virtio_setup ((MosVirtio *) device, &info, 0);
}

static void
input_reset (MosDevice *device)
{
  mos_virtio_reset ((MosVirtio *) device);
  stopped ((MosVirtio *) device);
}

static gboolean
input_loaded (MosDevice *device, GError **error)
{
  VirtioInput *self = (VirtioInput *) device;

  self->first %= N_EVENTS;
  self->count = MIN (self->count, N_EVENTS);
  answer (self);
  return mos_virtio_loaded (&self->virtio, error);
}

static void
input_clear (MosDevice *device)
{
  VirtioInput *self = (VirtioInput *) device;

  if (self->input != NULL)
    mos_input_port_remove (self->input, self);
  g_clear_pointer (&self->input, mos_input_port_unref);
  mos_virtio_clear (&self->virtio);
}

static const MosStateField state[] = {
  MOS_VIRTIO_STATE_FIELDS,
  MOS_STATE (VirtioInput, select, MOS_STATE_U8),
  MOS_STATE (VirtioInput, subselect, MOS_STATE_U8),
  MOS_STATE (VirtioInput, leds, MOS_STATE_U8),
  MOS_STATE (VirtioInput, first, MOS_STATE_U32),
  MOS_STATE (VirtioInput, count, MOS_STATE_U32),
  MOS_STATE_ARRAY (VirtioInput, waiting, MOS_STATE_U64, N_EVENTS),
  MOS_STATE (VirtioInput, buttons, MOS_STATE_U32),
  { 0 },
};

const MosDeviceClass mos_virtio_input_class = {
  .name = "virtio-input",
  .title = N_ ("Virtio input"),
  .help = N_ ("A keyboard or tablet for guests that know they are virtual"),
  .instance_size = sizeof (VirtioInput),
  .state_version = 1,
  .state = state,
  .init = input_init,
  .reset = input_reset,
  .clear = input_clear,
  .loaded = input_loaded,
};

MosDevice *
mos_virtio_input_new (MosBus            *bus,
                      MosPciBus         *pci,
                      guint              devfn,
                      const char        *name,
                      MosVirtioInputKind kind,
                      MosInputPort      *input)
{
  VirtioInput *self = mos_device_new (&mos_virtio_input_class, bus, name);

  self->kind = kind;
  self->input = mos_input_port_ref (input);
  mos_virtio_attach (&self->virtio, pci, devfn);
  mos_input_port_add (
      input, kind == MOS_VIRTIO_KEYBOARD ? &keyboard_ops : &tablet_ops, self);
  return &self->virtio.pci.device;
}
