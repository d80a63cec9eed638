/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Virtio console with several ports (virtio 1.2, "Console Device").
 *
 * A port has two queues, input and output; behind port 0's lie two for control
 * messages, by which driver and device introduce the ports to each other.
 * Messages to the driver wait in a small ring of our own until it has given
 * buffers. Input stays in its MosCharPort until then, which bounds it; output
 * goes to the port's listeners at once. A driver that knows no ports gets
 * port 0 alone.
 *
 * Threads: kicks on vCPU threads, input on the feeding thread; both take the
 * lock.
 */
#include "devices/virtio/virtio-console.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/virtio/virtio.h"

#define QUEUE_SIZE    64u
#define CONFIG_BYTES  12u
#define CONTROL_IN    2u
#define CONTROL_OUT   3u
#define N_MESSAGES    64u /* waiting; more are lost */
#define MESSAGE_BYTES 8u
#define PORT_NAME_MAX 16u
#define CHUNK_BYTES   1024u
/* What a kick moves at most, so that a vCPU gets back to its guest. */
#define KICK_MAX (QUEUE_SIZE * 65536u)

enum {
  FEATURE_MULTIPORT = 1
};

enum {
  DEVICE_READY = 0,
  PORT_ADD = 1,
  PORT_READY = 3,
  CONSOLE_PORT = 4,
  PORT_OPEN = 6,
  PORT_NAME = 7
};

typedef struct {
  guint32 port;
  guint16 event;
  guint16 value;
} Message;

typedef struct VirtioConsole VirtioConsole;

typedef struct {
  VirtioConsole *console;
  guint          number;
  MosCharPort   *port;
  gboolean       is_open; /* by the guest */
  guint64        sent, received;
} Port;

struct VirtioConsole {
  MosVirtio virtio;
  guint     n_ports;
  Port      ports[MOS_VIRTIO_CONSOLE_PORTS];
  guint32   first, count; /* of the messages */
  guint32   lost;
  guint32   message_ports[N_MESSAGES];
  guint32   messages[N_MESSAGES]; /* event, value << 16 */
};

/* Port 0 has queues 0 and 1, port n has 2 n + 2 and the next. */
static guint
input_queue (guint port)
{
  return port == 0 ? 0 : 2 * port + 2;
}

/* -- control messages ---------------------------------------------------- */

static guint32
put_name (VirtioConsole *self, const MosVirtqueueElement *element, guint port)
{
  char name[PORT_NAME_MAX];
  int  size = g_snprintf (name, sizeof name, "multios.%u", port);

  return (guint32) mos_virtqueue_write (element, MESSAGE_BYTES, name,
                                        (gsize) size + 1);
}

static void
flush_messages (VirtioConsole *self)
{
  MosVirtqueue       *queue = &self->virtio.queues[CONTROL_IN];
  MosVirtqueueElement element;
  gboolean            any = FALSE;

  if (!mos_virtio_is_running (&self->virtio))
    return;
  while (self->count > 0 && mos_virtqueue_pop (queue, &element)) {
    guint   at = self->first % N_MESSAGES;
    guint   event = self->messages[at] & 0xffff;
    Message message = { GUINT32_TO_LE (self->message_ports[at]),
                        GUINT16_TO_LE (event),
                        GUINT16_TO_LE (self->messages[at] >> 16) };
    guint32 written =
        (guint32) mos_virtqueue_write (&element, 0, &message, sizeof message);

    if (event == PORT_NAME)
      written += put_name (self, &element, self->message_ports[at]);
    self->first = (self->first + 1) % N_MESSAGES;
    self->count--;
    mos_virtqueue_push (queue, &element, written);
    any = TRUE;
  }
  if (any)
    mos_virtio_interrupt (&self->virtio, queue);
}

static void
send (VirtioConsole *self, guint port, guint16 event, guint16 value)
{
  guint at = (self->first + self->count) % N_MESSAGES;

  if (self->count == N_MESSAGES) {
    self->lost++;
    return;
  }
  self->message_ports[at] = port;
  self->messages[at] = event | (guint32) value << 16;
  self->count++;
}

static void
receive (VirtioConsole *self, const Message *message)
{
  guint32  port = GUINT32_FROM_LE (message->port);
  guint16  value = GUINT16_FROM_LE (message->value);
  gboolean exists = port < self->n_ports;

  switch (GUINT16_FROM_LE (message->event)) {
  case DEVICE_READY:
    for (guint i = 0; i < self->n_ports && value == 1; i++)
      send (self, i, PORT_ADD, 1);
    break;
  case PORT_READY:
    if (!exists || value != 1)
      break;
    send (self, port, CONSOLE_PORT, 1);
    send (self, port, PORT_NAME, 1);
    send (self, port, PORT_OPEN, 1);
    break;
  case PORT_OPEN:
    if (exists)
      self->ports[port].is_open = value == 1;
    break;
  default:
    break;
  }
}

static void
take_messages (VirtioConsole *self, MosVirtqueue *queue)
{
  MosVirtqueueElement element;

  for (guint n = 0; n < QUEUE_SIZE && mos_virtqueue_pop (queue, &element);
       n++) {
    Message message;

    if (mos_virtqueue_read (&element, 0, &message, sizeof message) ==
        sizeof message)
      receive (self, &message);
    mos_virtqueue_push (queue, &element, 0);
  }
  mos_virtio_interrupt (&self->virtio, queue);
  flush_messages (self);
}

/* -- bytes --------------------------------------------------------------- */

static guint32
fill (Port *port, const MosVirtqueueElement *element)
{
  gsize done = 0;

  while (done < element->in_bytes) {
    guint8 chunk[CHUNK_BYTES];
    gsize  n = mos_char_port_read (port->port, chunk,
                                   MIN (sizeof chunk, element->in_bytes - done));

    if (n == 0)
      break;
    done += mos_virtqueue_write (element, done, chunk, n);
  }
  port->received += done;
  return (guint32) done;
}

static void
flush_input (Port *port)
{
  MosVirtio          *virtio = &port->console->virtio;
  MosVirtqueue       *queue = &virtio->queues[input_queue (port->number)];
  MosVirtqueueElement element;
  gboolean            any = FALSE;

  if (!mos_virtio_is_running (virtio))
    return;
  while (mos_char_port_pending (port->port) > 0 &&
         mos_virtqueue_pop (queue, &element)) {
    mos_virtqueue_push (queue, &element, fill (port, &element));
    any = TRUE;
  }
  if (any)
    mos_virtio_interrupt (virtio, queue);
}

static void
ready_cb (gpointer user_data)
{
  Port   *port = user_data;
  GMutex *lock = &port->console->virtio.pci.device.lock;

  g_mutex_lock (lock);
  flush_input (port);
  g_mutex_unlock (lock);
}

/* A copy goes out, which the guest cannot change any more. */
static gsize
send_bytes (Port *port, const MosVirtqueueElement *element, gsize max)
{
  gsize done = 0;

  while (done < max) {
    guint8 chunk[CHUNK_BYTES];
    gsize  n = mos_virtqueue_read (element, done, chunk,
                                   MIN (sizeof chunk, max - done));

    if (n == 0)
      break;
    mos_char_port_write (port->port, chunk, n);
    done += n;
  }
  port->sent += done;
  return done;
}

static void
take_output (Port *port, MosVirtqueue *queue)
{
  MosVirtqueueElement element;
  gsize               left = KICK_MAX;

  for (guint n = 0; n < QUEUE_SIZE && mos_virtqueue_pop (queue, &element);
       n++) {
    left -= send_bytes (port, &element, left);
    mos_virtqueue_push (queue, &element, 0);
  }
  mos_virtio_interrupt (&port->console->virtio, queue);
}

static void
notify (MosVirtio *virtio, MosVirtqueue *queue)
{
  VirtioConsole *self = (VirtioConsole *) virtio;
  guint          port = queue->index < 2 ? 0 : queue->index / 2 - 1;

  if (queue->index == CONTROL_IN)
    flush_messages (self);
  else if (queue->index == CONTROL_OUT)
    take_messages (self, queue);
  else if (port < self->n_ports && queue->index % 2 == 0)
    flush_input (&self->ports[port]);
  else if (port < self->n_ports)
    take_output (&self->ports[port], queue);
}

/* Columns and rows are the terminal's business and not told. */
static guint8
read_config (MosVirtio *virtio, guint offset)
{
  return offset == 4 ? MOS_VIRTIO_CONSOLE_PORTS : 0;
}

static void
stopped (MosVirtio *virtio)
{
  VirtioConsole *self = (VirtioConsole *) virtio;

  self->first = self->count = 0;
  for (guint i = 0; i < MOS_VIRTIO_CONSOLE_PORTS; i++)
    self->ports[i].is_open = FALSE;
}

static const MosVirtioInfo info = {
  .type = MOS_VIRTIO_CONSOLE,
  .class_code = 0x078000,
  .n_queues = 2 * MOS_VIRTIO_CONSOLE_PORTS + 2,
  .queue_size = QUEUE_SIZE,
  .config_bytes = CONFIG_BYTES,
  .notify = notify,
  .read_config = read_config,
  .stopped = stopped,
};

/* -- life ---------------------------------------------------------------- */

#define PORT_ROW(n, offset, member, name, help)                            \
  {                                                                        \
    name, offset, 8, MOS_REGISTER_RO,                                      \
        G_STRUCT_OFFSET (VirtioConsole, ports[n].member), 0, 0, NULL, help \
  }

static const MosRegister rows[] = {
  PORT_ROW (0, 0, sent, "PORT0_OUT", N_ ("bytes from the guest")),
  PORT_ROW (0, 8, received, "PORT0_IN", N_ ("bytes to the guest")),
  PORT_ROW (1, 16, sent, "PORT1_OUT", N_ ("bytes from the guest")),
  PORT_ROW (1, 24, received, "PORT1_IN", N_ ("bytes to the guest")),
  PORT_ROW (2, 32, sent, "PORT2_OUT", N_ ("bytes from the guest")),
  PORT_ROW (2, 40, received, "PORT2_IN", N_ ("bytes to the guest")),
  PORT_ROW (3, 48, sent, "PORT3_OUT", N_ ("bytes from the guest")),
  PORT_ROW (3, 56, received, "PORT3_IN", N_ ("bytes to the guest")),
};

static void
console_init (MosDevice *device)
{
  mos_virtio_setup ((MosVirtio *) device, &info, 1u << FEATURE_MULTIPORT);
  mos_device_add_bank (device, "ports", rows, G_N_ELEMENTS (rows), 64);
}

static void
console_reset (MosDevice *device)
{
  mos_virtio_reset ((MosVirtio *) device);
}

static gboolean
console_loaded (MosDevice *device, GError **error)
{
  VirtioConsole *self = (VirtioConsole *) device;

  self->first %= N_MESSAGES;
  self->count = MIN (self->count, N_MESSAGES);
  return mos_virtio_loaded (&self->virtio, error);
}

static void
console_clear (MosDevice *device)
{
  VirtioConsole *self = (VirtioConsole *) device;

  for (guint i = 0; i < self->n_ports; i++) {
    mos_char_port_set_device (self->ports[i].port, NULL, NULL);
    g_clear_pointer (&self->ports[i].port, mos_char_port_unref);
  }
  mos_virtio_clear (&self->virtio);
}

#define PORT_STATE(n)                                          \
  MOS_STATE (VirtioConsole, ports[n].is_open, MOS_STATE_BOOL), \
      MOS_STATE (VirtioConsole, ports[n].sent, MOS_STATE_U64), \
      MOS_STATE (VirtioConsole, ports[n].received, MOS_STATE_U64)

static const MosStateField state[] = {
  MOS_VIRTIO_STATE_FIELDS,
  MOS_STATE (VirtioConsole, first, MOS_STATE_U32),
  MOS_STATE (VirtioConsole, count, MOS_STATE_U32),
  MOS_STATE_ARRAY (VirtioConsole, message_ports, MOS_STATE_U32, N_MESSAGES),
  MOS_STATE_ARRAY (VirtioConsole, messages, MOS_STATE_U32, N_MESSAGES),
  PORT_STATE (0),
  PORT_STATE (1),
  PORT_STATE (2),
  PORT_STATE (3),
  { 0 },
};

const MosDeviceClass mos_virtio_console_class = {
  .name = "virtio-console",
  .title = N_ ("Virtio console"),
  .help = N_ ("Consoles for guests that know they are virtual"),
  .instance_size = sizeof (VirtioConsole),
  .state_version = 1,
  .state = state,
  .init = console_init,
  .reset = console_reset,
  .clear = console_clear,
  .loaded = console_loaded,
};

MosDevice *
mos_virtio_console_new (MosBus             *bus,
                        MosPciBus          *pci,
                        guint               devfn,
                        const char         *name,
                        MosCharPort *const *ports,
                        guint               n_ports)
{
  VirtioConsole *self = mos_device_new (&mos_virtio_console_class, bus, name);

  self->n_ports = MIN (n_ports, MOS_VIRTIO_CONSOLE_PORTS);
  for (guint i = 0; i < self->n_ports; i++) {
    self->ports[i].console = self;
    self->ports[i].number = i;
    self->ports[i].port = mos_char_port_ref (ports[i]);
  }
  mos_virtio_attach (&self->virtio, pci, devfn);
  for (guint i = 0; i < self->n_ports; i++)
    mos_char_port_set_device (ports[i], ready_cb, &self->ports[i]);
  return &self->virtio.pci.device;
}
